//! How Instagram refuses: the documented table, and what people met besides.
//!
//! All of them come with HTTP 400 (Instagram Platform: error codes). Parameters that do not read are refused by the
//! network's own exception, everything else by the one of OAuth: nothing should depend on it (in2code-de/instagram 25).

use std::collections::BTreeMap;

use crate::{
    Fault, When,
    meta::error::{GraphError, Kind},
};

/// The exception for parameters.
pub const KIND: Kind = Kind("IGApiException");

/// A refusal: code, subcode, message, then title and text for people.
#[derive(Debug, Clone, Copy)]
pub struct Row(i64, Option<u32>, &'static str, &'static str, &'static str);

const SERVER: &str = "An unknown error has occurred.";
const FATAL: &str = "Fatal";
const INVALID: &str = "Invalid parameter";

/// All that can be refused with; a knob names a row by `code/subcode`, or by its code where it has no subcode.
pub const ROWS: &[Row] = &[
    Row(-2, Some(2_207_003), SERVER, "Timeout", "It takes too long to download the media."),
    Row(
        -2,
        Some(2_207_020),
        SERVER,
        "Media expired",
        "The media you are trying to access has expired. Please try to upload again.",
    ),
    Row(-1, Some(2_207_001), FATAL, "Server error", "Instagram server error. Try again."),
    Row(-1, Some(2_207_032), FATAL, "Create media fail", "Create media fail, please try to re-create media"),
    Row(-1, Some(2_207_053), FATAL, "Unknown upload error", "unknown upload error"),
    Row(-1, Some(2_207_073), FATAL, "Cannot delete", "This type of media cannot be deleted."),
    // The codes of these five are not known; people met their subcodes (Postiz).
    Row(-1, Some(2_207_076), FATAL, "Incompatible video", "The video cannot be processed."),
    Row(-1, Some(2_207_077), FATAL, "Video download failed", "The video cannot be downloaded."),
    Row(-1, Some(2_207_081), FATAL, "No trial reels", "This account does not support trial reels."),
    Row(-1, Some(2_207_082), FATAL, "Upload failed", "Media upload has failed."),
    Row(-1, Some(2_207_085), FATAL, "Processing failed", "The video cannot be processed."),
    Row(1, None, SERVER, "", ""),
    Row(
        1,
        Some(2_207_057),
        "Invalid thumbnail offset",
        "Invalid offset",
        "Thumbnail offset must be greater than or equal to 0 and less than video duration",
    ),
    Row(2, None, "Service temporarily unavailable", "", ""),
    Row(4, None, "(#4) Application request limit reached", "", ""),
    Row(
        4,
        Some(2_207_051),
        "Application request limit reached",
        "Action is blocked",
        "We restrict certain activity to protect our community. Tell us if you think we made a mistake.",
    ),
    Row(
        9,
        Some(2_207_042),
        "Application does not have permission for this action",
        "Limit reached",
        "You reached maximum number of posts that is allowed to be published by Content Publishing API.",
    ),
    Row(10, None, "(#10) Application does not have permission for this action", "", ""),
    Row(17, None, "(#17) User request limit reached", "", ""),
    // The answer to a comment that was made although its fields were asked for (brightbean 140).
    Row(20, Some(1_772_107), "The endpoint does not support the requested response format", "", ""),
    Row(24, Some(2_207_006), "The requested resource does not exist", "Media not found", "The media cannot be found"),
    Row(
        24,
        Some(2_207_008),
        "The requested resource does not exist",
        "Media builder not found",
        "The media builder does not exist or has been expired.",
    ),
    Row(
        25,
        Some(2_207_050),
        "The user is not allowed to do this",
        "Restricted",
        "The Instagram account is restricted.",
    ),
    Row(
        100,
        Some(33),
        "Unsupported get request. Object with ID does not exist, cannot be loaded due to missing permissions, or does not support this operation",
        "",
        "",
    ),
    Row(
        100,
        Some(2_108_006),
        INVALID,
        "Media posted before business account conversion",
        "The media was posted before the most recent time that the user's account was converted to a business account from a personal account.",
    ),
    Row(100, Some(2_207_023), INVALID, "Unknown media type", "The media type is unknown."),
    Row(
        100,
        Some(2_207_028),
        INVALID,
        "Carousel",
        "Your post won't work as a carousel. Carousels need at least 2 photos/videos and no more than 10 photos/videos.",
    ),
    Row(
        100,
        Some(2_207_035),
        INVALID,
        "Invalid tags",
        "Product tag positions should not be specified for video media.",
    ),
    Row(100, Some(2_207_036), INVALID, "Invalid tags", "Product tag positions are required for photo media."),
    Row(100, Some(2_207_037), INVALID, "Invalid tags", "We couldn't add all of your product tags."),
    Row(100, Some(2_207_040), INVALID, "Too many tags", "Cannot use more than 20 tags per created media."),
    Row(
        100,
        Some(2_207_067),
        "Media type VIDEO is no longer supported",
        "VIDEO is no longer supported",
        "Use the REELS media_type to publish a video to your Instagram feed.",
    ),
    Row(110, Some(2_207_018), "Invalid user id", "Cannot load user", "The user cannot be tagged or invited."),
    Row(190, None, "Invalid OAuth access token - Cannot parse access token", "", ""),
    Row(190, Some(458), "Error validating access token: The user has not authorized the application.", "", ""),
    Row(
        190,
        Some(460),
        "Error validating access token: The session has been invalidated because the user changed their password.",
        "",
        "",
    ),
    Row(190, Some(463), "Error validating access token: Session has expired.", "", ""),
    Row(200, None, "(#200) Permissions error", "", ""),
    Row(
        352,
        Some(2_207_026),
        "The video format is not supported",
        "Unsupported format",
        "The video format is not supported. Please check spec for supported format",
    ),
    Row(368, None, "The action attempted has been deemed abusive or is otherwise disallowed", "", ""),
    Row(613, None, "(#613) Calls to this api have exceeded the rate limit.", "", ""),
    Row(
        9_004,
        Some(2_207_052),
        "Only photo or video can be accepted as media type.",
        "Media download has failed",
        "The media could not be fetched from this uri.",
    ),
    Row(
        9_007,
        Some(2_207_027),
        "Media ID is not available",
        "Cannot publish",
        "The media is not ready for publishing, please wait for a moment",
    ),
    Row(
        36_000,
        Some(2_207_004),
        "The image size is too large.",
        "Image size too large",
        "The image is too large to download. It should be less than 8 MiB.",
    ),
    Row(
        36_001,
        Some(2_207_005),
        "The image format is not supported.",
        "Unsupported format",
        "The image format is not supported. Supported formats are: JPEG.",
    ),
    Row(
        36_003,
        Some(2_207_009),
        "The aspect ratio is not supported.",
        "Invalid aspect ratio",
        "The submitted image cannot be published. Please submit an image with a valid aspect ratio.",
    ),
    Row(
        36_004,
        Some(2_207_010),
        "The caption is too long.",
        "Caption too long",
        "The maximum number of characters permitted for a caption is 2200. Please submit media with a shorter caption.",
    ),
    Row(
        80_002,
        None,
        "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.",
        "",
        "",
    ),
];

impl Row {
    fn is(&self, name: &str) -> bool {
        let Row(code, subcode, ..) = self;
        match (name.split_once('/'), subcode) {
            (Some((first, second)), Some(subcode)) => first == code.to_string() && second == subcode.to_string(),
            (None, None) => name == code.to_string(),
            _ => false,
        }
    }
}

fn row(name: &str) -> Option<GraphError> {
    let Row(code, subcode, message, title, text) = *ROWS.iter().find(|row| row.is(name))?;
    let error = GraphError::new("OAuthException", code, message);
    let error = subcode.into_iter().fold(error, GraphError::with_subcode);
    Some(if title.is_empty() { error } else { error.for_people(title, text) })
}

/// The refusal of a row.
pub fn refusal(name: &str) -> GraphError {
    row(name).unwrap_or_else(|| GraphError::new("OAuthException", 1, SERVER))
}

/// A refusal with a text of its own for people, in place of the row's.
pub fn refusal_saying(name: &str, title: &str, text: impl Into<String>) -> GraphError {
    refusal(name).for_people(title, text)
}

/// The refusal of a row as something that goes wrong once, before or after the call had its effect.
pub fn fault(name: &str, when: When) -> Fault {
    Fault::Status { status: 400, when, body: Some(refusal(name).body().to_string()), headers: BTreeMap::new() }
}

/// Whether all names in a knob are rows.
///
/// # Errors
/// The first that is not.
pub fn check<'a>(mut names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    names.find(|name| row(name).is_none()).map_or(Ok(()), |name| Err(format!("there is no refusal `{name}`")))
}

/// 9004 / 2207052: nothing that can be published is at the address. Often it passes by itself (Postiz 1900).
pub fn not_fetched(address: &str) -> GraphError {
    let text = format!("The media could not be fetched from this uri: {address}");
    refusal_saying("9004/2207052", "Media download has failed", text)
}

/// 24 / 2207008: a container that is not there, not yet there, expired, or of someone else.
pub fn no_container(id: &str) -> GraphError {
    let text = format!("The media builder with creation id = {id} does not exist or has been expired.");
    refusal_saying("24/2207008", "Media builder not found", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name_and_none_twice() {
        for Row(code, subcode, ..) in ROWS {
            let name = subcode.map_or_else(|| code.to_string(), |subcode| format!("{code}/{subcode}"));
            assert_eq!(ROWS.iter().filter(|row| row.is(&name)).count(), 1, "{name}");
            let body = refusal(&name).body();
            assert_eq!(body["error"]["code"], *code);
            assert_eq!(body["error"]["error_subcode"].as_u64(), subcode.map(u64::from));
        }
        assert!(check(["4", "4/2207051"].into_iter()).is_ok());
        assert_eq!(check(["4/1"].into_iter()), Err("there is no refusal `4/1`".into()));
    }
}
