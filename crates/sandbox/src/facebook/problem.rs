//! How Facebook refuses.

use http::StatusCode;
use serde_json::json;

use crate::meta::{error::GraphError, params::Params};

/// The type of most refusals.
pub const KIND: &str = "OAuthException";

/// A refusal that can be turned on: its word, HTTP status, code, subcode, message, and the title for people.
type Row = (&'static str, u16, i64, u32, &'static str, &'static str);

/// Refusals that a knob turns on, by word. Codes and subcodes are documented or were reported with these words; the codes
/// around the subcodes 1404006 to 1404112 and 4854002 are not known, and stand here with that of a blocked action.
pub const TABLE: &[Row] = &[
    ("unknown", 500, 1, 0, "An unknown error has occurred.", ""),
    ("too_much_data", 500, 1, 0, "Please reduce the amount of data you're asking for, then retry your request", ""),
    ("service", 500, 2, 0, "An unexpected error has occurred. Please retry your request later.", ""),
    ("unavailable", 503, 2, 1_363_047, "Service temporarily unavailable", "Temporarily Unavailable"),
    ("app_limit", 400, 4, 0, "(#4) Application request limit reached", ""),
    ("user_limit", 400, 17, 0, "(#17) User request limit reached", ""),
    ("page_limit", 400, 32, 0, "(#32) Page request limit reached", ""),
    ("custom_limit", 400, 613, 0, "(#613) Calls to this api have exceeded the rate limit.", ""),
    ("page_case_limit", 400, 80_001, 0, "(#80001) There have been too many calls to this Page account.", ""),
    ("permission", 403, 10, 0, "(#10) Application does not have permission for this action", ""),
    ("missing_task", 403, 200, 0, MISSING_TASK, ""),
    ("missing_video_task", 400, 100, 0, "(#100) No permission to publish the video", ""),
    ("authorisation_required", 400, 368, 1_404_078, "Page Publishing Authorisation Required", "Authorisation Required"),
    ("confirm_identity", 400, 368, 4_854_002, "Confirm your identity before you can publish", "Confirm Your Identity"),
    ("security_check", 400, 368, 1_404_006, "We require a security check for this comment", "Security Check Required"),
    ("community_standards", 400, 368, 1_404_102, "This content goes against our Community Standards", "Not Posted"),
    ("account_limited", 400, 368, 1_404_112, "Your account is limited", "Account Limited"),
    (
        "abusive",
        400,
        368,
        1_346_003,
        "The action attempted has been deemed abusive or is otherwise disallowed",
        "Blocked",
    ),
    ("blocked", 400, 368, 0, "The action attempted has been deemed abusive or is otherwise disallowed", ""),
    ("too_fast", 400, 368, 1_390_008, "It looks like you were misusing this feature by going too fast.", "Slow Down"),
    ("already_posted", 400, 368, 0, "It looks like you already posted this.", "Duplicate Post"),
    ("duplicate", 400, 506, 0, "(#506) Duplicate status message", "Duplicate Status Update"),
    ("photos_posted", 400, 100, 1_366_051, "Invalid parameter", "Photos Already Posted"),
    ("session_expired", 400, 190, 463, "Error validating access token: Session has expired.", ""),
    (
        "password_changed",
        400,
        190,
        460,
        "Error validating access token: The session has been invalidated because the user \
      changed their password or Facebook has changed the session for security reasons.",
        "",
    ),
    (
        "checkpoint",
        400,
        190,
        459,
        "Error validating access token: You cannot access the app till you log in to \
      www.facebook.com and follow the instructions given.",
        "",
    ),
    ("app_removed", 400, 190, 458, "Error validating access token: The user has not authorized application.", ""),
    ("not_used_for_long", 400, 190, 493, "Error validating access token: The session is invalid.", ""),
    ("unfetched_video", 400, 389, 1_363_057, "(#389) Unable to fetch video file from URL.", "Video Not Fetched"),
    ("upload", 400, 6_000, 1_363_045, "There was a problem uploading your video file.", "Problem With File"),
    ("unscraped_link", 400, 100, 1_609_005, "(#1609005) We couldn't load the link", "Link Not Loaded"),
    ("bad_proof", 400, 100, 0, BAD_PROOF, ""),
];

/// What people with a lesser role on the page see, whatever scopes they gave (Postiz 1892).
const MISSING_TASK: &str = "(#200) If posting to a group, requires app being installed in the group, and \
    either publish_to_groups permission with user token, or both pages_read_engagement and pages_manage_posts permission \
    with page token; If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin with \
    sufficient administrative permission";
const BAD_PROOF: &str = "Invalid appsecret_proof provided in the API argument";

/// The refusal with this word.
pub fn named(word: &str) -> Option<GraphError> {
    let (_, status, code, subcode, message, title) = TABLE.iter().find(|row| row.0 == word)?;
    let kind = if *message == BAD_PROOF { "GraphMethodException" } else { KIND };
    let mut error =
        GraphError::new(kind, *code, *message).with_status(StatusCode::from_u16(*status).unwrap_or_default());
    if *subcode > 0 {
        error = error.with_subcode(*subcode);
    }
    if !title.is_empty() {
        error = error.for_people(title, *message);
    }
    let transient = matches!(*code, 2 | 4 | 17 | 32 | 613 | 80_001);
    Some(if transient { error.transient() } else { error })
}

fn row(word: &str) -> GraphError {
    named(word).unwrap_or_else(|| GraphError::new(KIND, 1, "An unknown error has occurred."))
}

/// 100 with this text.
pub fn invalid(message: impl Into<String>) -> GraphError {
    GraphError::new(KIND, 100, message)
}

/// 100: a parameter is wrong.
pub fn param(name: &str, why: &str) -> GraphError {
    invalid(format!("(#100) Param {name} {why}"))
}

/// 100: a parameter is none of some words.
pub fn one_of(name: &str, words: &[&str]) -> GraphError {
    invalid(format!("(#100) Param {name} must be one of {{{}}}", words.join(", ").to_uppercase()))
}

/// A parameter that must be there.
///
/// # Errors
/// 100 if it is not.
pub fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, GraphError> {
    params.get(name).ok_or_else(|| invalid(format!("(#100) The parameter {name} is required")))
}

/// 100: a field that this kind of object does not have.
pub fn no_field(kind: &str, name: &str) -> GraphError {
    invalid(format!("(#100) Tried accessing nonexisting field ({name}) on node type ({kind})"))
}

/// 100 / 33: nothing that this caller may see has this id.
pub fn no_object(method: &str, id: &str) -> GraphError {
    let message = format!(
        "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
         or does not support this operation. Please read the Graph API documentation at \
         https://developers.facebook.com/docs/graph-api"
    );
    GraphError::new("GraphMethodException", 100, message).with_subcode(33)
}

/// 200: the scopes or tasks for publishing are missing.
pub fn missing_task() -> GraphError {
    row("missing_task")
}

/// 100 without a word on tasks: the same for films (Postiz, facebook-api-video-upload 21).
pub fn missing_video_task() -> GraphError {
    row("missing_video_task")
}

/// 10: a scope is missing for reading.
pub fn wants_scope(scope: &str) -> GraphError {
    let message = format!(
        "(#10) This endpoint requires the '{scope}' permission or the 'Page Public Content Access' feature. Refer to \
         https://developers.facebook.com/docs/apps/review/login-permissions for details"
    );
    GraphError::new(KIND, 10, message).with_status(StatusCode::FORBIDDEN)
}

/// 200: a scope or task is missing for something else.
pub fn wants(scope: &str) -> GraphError {
    GraphError::new(KIND, 200, format!("(#200) Requires {scope} permission to manage the object"))
        .with_status(StatusCode::FORBIDDEN)
}

/// 190 without a subcode: a page's edge was called with a person's token (facebook-php-business-sdk 428).
pub fn wants_page_token() -> GraphError {
    GraphError::token(None, "(#190) This method must be called with a Page Access Token")
}

/// 190 without a subcode: the person has no role on this page any more; their other pages keep working (Postiz 1912).
pub fn lost_role() -> GraphError {
    GraphError::token(
        None,
        "Any of the pages_read_engagement, pages_manage_metadata, pages_read_user_content, pages_manage_ads, \
         pages_show_list or pages_messaging permission(s) must be granted before impersonating a user's page.",
    )
}

/// 100 of another type: a proof is missing or wrong.
pub fn proof(is_missing: bool) -> GraphError {
    match is_missing {
        true => GraphError::new(
            "GraphMethodException",
            100,
            "API calls from the server require an appsecret_proof argument",
        ),
        false => row("bad_proof"),
    }
}

/// 80001: the page's calls of the day are used up.
pub fn page_case_limit() -> GraphError {
    row("page_case_limit")
}

/// 506: the same as the post before.
pub fn duplicate() -> GraphError {
    row("duplicate")
}

/// 100 / 1366051: the pictures stand in a post already.
pub fn photos_posted() -> GraphError {
    row("photos_posted")
}

/// 100 / 1366046: a picture is too large or of another type (php-graph-sdk 315).
pub fn bad_photo() -> GraphError {
    invalid("Invalid parameter").with_subcode(1_366_046).for_people(
        "Can't Read Files",
        "Your photos couldn't be uploaded. Photos should be less than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF or WebP \
         files.",
    )
}

/// 389: an address gave no film.
pub fn unfetched_video() -> GraphError {
    row("unfetched_video")
}

/// 6000: nothing, or not everything, was uploaded before the finish.
pub fn upload_missing() -> GraphError {
    GraphError::new(KIND, 6_000, "There was a problem uploading your video file. Please try again with another file.")
        .for_people("Video Upload Is Missing", "Upload the video before you finish.")
}

/// 6000 / 1363045: another number of bytes came than was said (AiToEarn 592).
pub fn upload() -> GraphError {
    row("upload")
}

/// 6001 / 1363037: a piece does not begin where the last ended; where it should is told (restfb 737).
pub fn offsets(start: u64, end: u64) -> GraphError {
    let text = "There was a problem uploading your video. Please try again.";
    GraphError::new(KIND, 6_001, text)
        .with_subcode(1_363_037)
        .for_people("Error Uploading Video", text)
        .with_data(json!({ "start_offset": start, "end_offset": end }))
}

/// 613: the daily quota of something is used up.
pub fn quota() -> GraphError {
    row("custom_limit")
}

/// 500 and code 2, although what was asked for has happened.
pub fn service() -> GraphError {
    row("service")
}
