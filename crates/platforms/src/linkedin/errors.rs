//! What LinkedIn's refusals mean. Each documented name, number and status is a row; the first row that fits decides.
//!
//! Source: the pages on errors of each API, and where clients report more: tokens that are refused for their first seconds
//! (omniauth-linkedin-oauth2 17), the shapes of a duplicate (Linkedin-RSS 5), retired versions (n8n 14737), texts that are too
//! long (n8n 22899), posts that can't be commented on yet.

use std::time::Duration;

use base::{Text, say};
use connector::FailureKind as K;

use super::ABOUT;
use crate::kit::judge::{Doubt, Judge, Row, Said, Shape, Sign, Told, Waits, is_trouble};

/// What was asked for. The same answer means different things to a visible write and to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A file, or a step of its way; no one sees it.
    Upload,
    /// The visible write.
    Publish,
    /// A comment, which is visible too.
    Comment,
    /// A change of what is there.
    Edit,
    /// The end of it.
    Delete,
    /// Any read.
    Read,
    /// Exchanging the code.
    Code,
    /// New tokens for the refresh token, which stays valid.
    Refresh,
    /// What the app says or asks about a token.
    Token,
}

const WRITES: &[Asked] = &[Asked::Publish, Asked::Comment, Asked::Edit];
const SIGN_IN: &[Asked] = &[Asked::Code, Asked::Refresh, Asked::Token];

/// How soon a file or a new post is asked about again, and a call after a short burst.
const SOON: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
/// A day's quota is new at midnight UTC; no header says so.
const QUOTA: Duration = Duration::from_secs(60 * 60);

const SECRET_WRONG: Text = say!(
    "LinkedIn doesn't recognise the app's ID and secret. An operator must compare them with the app's page at LinkedIn, under Auth."
);
const REDIRECT: Text = say!(
    "LinkedIn doesn't know our callback address for this app. An operator must add it, character by character, under Auth, Authorized redirect URLs."
);
const CODE_DEAD: Text = say!(
    "LinkedIn didn't accept the code from the consent page, which works once and for half an hour. Connect the channel again."
);
const RECONNECT: Text = say!(
    "LinkedIn no longer accepts this channel's login: it has expired, or access was revoked. Reconnect the channel."
);
const EXPIRED: Text = say!("LinkedIn no longer accepts the access token.");
const VERSION: Text = say!(
    "LinkedIn no longer serves this version of its API. An operator must update Fanfare, or enter a newer version under Settings, Installation."
);
const SLOW_DOWN: Text = say!("Rate limit at LinkedIn reached. Fanfare tries again later.");
const DAY_USED_UP: Text =
    say!("The day's quota at LinkedIn is used up. It begins anew at midnight UTC; Fanfare tries again until then.");
const NO_PERMISSION: Text = say!(
    "LinkedIn doesn't let this channel do that: the app lacks a permission, or the member lost their role at the organisation. Give them the role, then reconnect the channel; for comments and changes the app needs the Community Management API."
);
const GONE: Text = say!("LinkedIn has no such post, or this channel can't see it.");
const NOT_YET: Text = say!("LinkedIn doesn't take comments on the new post yet. Fanfare tries again in a few seconds.");
const TOO_LONG: Text = say!("LinkedIn says a text is too long. Shorten it.");
const REFUSED: Text =
    say!("LinkedIn refused this post as invalid. Its own words are in the technical log. Change the post.");
const NOT_READY: Text = say!("LinkedIn is still working on the file. Fanfare checks again, then publishes.");
const FILE: Text = say!("LinkedIn can't use the file. Convert it or use another one.");
const AGAIN: Text = say!("The file didn't reach LinkedIn whole. Fanfare sends it again.");
const BUG: Text = say!("LinkedIn doesn't understand the request.");

/// Names of what is wrong with a body.
const BODY: &[&str] = &[
    "MISSING_FIELD",
    "INVALID_URN_TYPE",
    "INVALID_URN_ID",
    "INVALID_VALUE_FOR_FIELD",
    "INVALID_VIDEO_ID",
    "ILLEGAL_ARGUMENT",
    "PARAM_MISSING",
    "QUERY_PARAM_NOT_ALLOWED",
    "LENGTH_REQUIRED",
];

#[rustfmt::skip]
pub(super) const ROWS: &[Row<Asked>] = &[
    // Signing in.
    Row::new(&[400, 401, 403], Sign::Name(&["invalid_client", "unauthorized_client"]), K::AppMisconfigured, SECRET_WRONG).of(SIGN_IN),
    Row::new(&[400, 401], Sign::Words(&["redirect uri", "redirect_uri"]), K::AppMisconfigured, REDIRECT).of(&[Asked::Code]),
    Row::new(&[400, 401, 403], Sign::Any, K::ReconnectNeeded, CODE_DEAD).of(&[Asked::Code]),
    Row::new(&[400, 401], Sign::Name(&["invalid_grant", "invalid_request"]), K::ReconnectNeeded, RECONNECT).of(SIGN_IN),
    // The version, which an operator can change.
    Row::new(&[426], Sign::Any, K::AppMisconfigured, VERSION).by_anyone(),
    Row::new(&[], Sign::Name(&["NONEXISTENT_VERSION", "VERSION_MISSING"]), K::AppMisconfigured, VERSION),
    // What only holds for now.
    Row::new(&[429], Sign::Words(&["day limit"]), K::RateLimited, DAY_USED_UP).for_now(Some(QUOTA)),
    Row::new(&[429], Sign::Any, K::RateLimited, SLOW_DOWN).by_anyone(),
    Row::new(&[], Sign::Words(&["unable to obtain activity"]), K::RemoteNotFound, NOT_YET).of(&[Asked::Comment]).for_now(Some(SOON)),
    Row::new(&[], Sign::Name(&["MEDIA_ASSET_WAITING_UPLOAD"]), K::MediaNotReady, NOT_READY).for_now(Some(SOON)),
    // The login.
    Row::new(&[401], Sign::Number(&[65_601]), K::ReconnectNeeded, RECONNECT),
    Row::new(&[401], Sign::Name(&["REVOKED_ACCESS_TOKEN"]), K::ReconnectNeeded, RECONNECT),
    Row::new(&[401], Sign::Number(&[65_600, 65_602, 65_604]), K::TokenExpired, EXPIRED),
    Row::new(&[401], Sign::Name(&["INVALID_ACCESS_TOKEN", "EXPIRED_ACCESS_TOKEN", "EMPTY_ACCESS_TOKEN"]), K::TokenExpired, EXPIRED),
    Row::new(&[401], Sign::Any, K::TokenExpired, EXPIRED),
    // The same post again. The answer names the one that is there.
    Row::saying(&[400, 409, 422], Sign::Name(&["DUPLICATE_POST"]), K::Duplicate, duplicate).of(WRITES),
    Row::saying(&[400, 409, 422], Sign::Words(&["duplicate"]), K::Duplicate, duplicate).of(WRITES),
    // Files.
    Row::new(&[], Sign::Name(&["MEDIA_ASSET_PROCESSING_FAILED"]), K::MediaRefused, FILE),
    Row::new(&[], Sign::Name(&["EXPIRED_UPLOAD_URL", "UPDATING_ASSET_FAILED"]), K::MediaNotReady, AGAIN),
    Row::new(&[404], Sign::Any, K::MediaNotReady, AGAIN).of(&[Asked::Upload]),
    Row::new(&[413, 415], Sign::Any, K::MediaRefused, FILE).of(&[Asked::Upload]).by_anyone(),
    // Permissions.
    Row::new(&[403], Sign::Name(&["ACCESS_DENIED"]), K::ScopeMissing, NO_PERMISSION),
    Row::new(&[403], Sign::Number(&[100]), K::ScopeMissing, NO_PERMISSION),
    Row::new(&[403], Sign::Any, K::ScopeMissing, NO_PERMISSION),
    Row::new(&[404], Sign::Any, K::RemoteNotFound, GONE),
    // The content.
    Row::new(&[400, 422], Sign::Name(&["FIELD_LENGTH_TOO_LONG", "FIELD_ARRAY_SIZE_TOO_HIGH"]), K::ContentRefused, TOO_LONG).of(WRITES),
    // It may be that of another call at the same time: whether it was applied is looked up.
    Row::new(&[409], Sign::Any, K::Unavailable, say!("LinkedIn was changing the same thing at that moment.")).in_doubt(),
    Row::new(&[400, 422], Sign::Name(BODY), K::ContentRefused, REFUSED).of(WRITES),
    Row::new(&[400, 422], Sign::Any, K::ContentRefused, REFUSED).of(WRITES),
    Row::new(&[400, 422], Sign::Any, K::MediaRefused, FILE).of(&[Asked::Upload]),
    Row::new(&[400, 405, 411, 422], Sign::Any, K::BadAnswer, BUG),
];

/// The post that is there already, if the answer names one. Its URN stands in the message, or in the description alone.
fn duplicate(said: &Said) -> Text {
    let named = ["urn:li:share:", "urn:li:ugcpost:", "urn:li:activity:"].into_iter().find_map(|kind| {
        let (_, behind) = said.words.split_once(kind)?;
        let number: String = behind.chars().take_while(char::is_ascii_digit).collect();
        let kind = if kind.contains("ugc") { "urn:li:ugcPost:" } else { kind };
        (!number.is_empty()).then(|| format!("{kind}{number}"))
    });
    match named {
        Some(post) => say!(
            "LinkedIn says this channel has just posted the same ({post}). Look at that post before you publish again, or change the text."
        ),
        None => say!("LinkedIn says this channel has just posted the same. Look at its page, or change the text."),
    }
}

/// What LinkedIn's answers mean.
pub static JUDGE: Judge<Asked> = Judge {
    shape: Shape {
        at: &["", "/errorDetails/inputErrors"],
        names: &["code", "error"],
        numbers: &["serviceErrorCode"],
        words: &["message", "description", "error_description"],
        plain: false,
        challenge: false,
    },
    rows: ROWS,
    // A file that nothing shows is no one's; a refresh token stays valid.
    harmless: &[Asked::Upload, Asked::Read, Asked::Refresh, Asked::Token],
    trouble: is_trouble,
    waits: Waits {
        told: &[Told::RetryAfter],
        unsaid: MINUTE,
        min: SOON,
        max: Duration::from_secs(24 * 60 * 60),
        past_is_now: false,
    },
    doubt,
    inside: None,
};

fn doubt(asked: Asked, doubt: Doubt) -> Text {
    doubt.told(ABOUT.name).then(match asked {
        Asked::Publish | Asked::Comment => say!("The post may be live. Fanfare checks before doing anything else."),
        Asked::Edit => say!("The change may have been made. Making it again does no harm."),
        Asked::Delete => say!("The post may be gone. Deleting it again does no harm."),
        Asked::Code => say!("The code works only once. Connect the channel again."),
        _ => say!("Nothing was changed; Fanfare asks again."),
    })
}
