//! What Facebook's refusals mean. Each documented code is a row; the first row that fits decides.
//!
//! Source: the Graph API's and the Pages API's pages on errors, and what clients report: two shapes of a duplicate (koala
//! 422), lost pages behind a living token (Postiz 1912), missing tasks behind code 100 (Postiz), a wrong proof (facebook-python-
//! business-sdk 528), a code that was used (socialite 385).

use std::time::Duration;

use base::{Text, say};
use connector::FailureKind as K;

use super::ABOUT;
use crate::{
    kit::judge::{Doubt, Judge, Row, Shape, Sign, is_trouble},
    meta::errors::{MISSING, PERMISSION, RATE, RESTRICTED, SHAPE, TOKEN, TROUBLE, WAITS},
};

/// What was asked for. The same code means different things to a visible write and to a read.
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
    /// A longer-lived token for one that stays valid.
    Token,
    /// What the app is asked or told about itself and about a grant.
    App,
}

const WRITES: &[Asked] = &[Asked::Publish, Asked::Comment, Asked::Edit];
const SIGN_IN: &[Asked] = &[Asked::Code, Asked::Token, Asked::App];

/// How long to wait until what was refused by mistake is asked again, or a file that did not arrive whole is sent again.
const AGAIN: Duration = Duration::from_secs(30);

const SLOW_DOWN: Text = say!("Rate limit at Facebook reached. Fanfare tries again later.");
const RECONNECT: Text = say!(
    "Facebook no longer accepts this channel's login: it has expired, or access was revoked. Reconnect the channel."
);
const SECRET_WRONG: Text = say!(
    "Facebook doesn't recognise the app's ID and secret. An operator must compare them with the app's page at Facebook, under App settings, Basic."
);
const PAGE_LOST: Text = say!(
    "The person who connected this page, or the app, no longer has the right to do this there. Someone with full control of the page must allow it, under Page access; then reconnect the channel and leave all permissions on."
);
const BLOCKED: Text =
    say!("Facebook has restricted what this page or account can do. Settle it at Facebook, then publish again.");
const CONFIRM: Text = say!(
    "Facebook wants the page's owner to confirm who they are before it takes more posts. Do that at Facebook, then publish again."
);
const DUPLICATE: Text =
    say!("Facebook says this page has just posted the same. Change the post, or check the page before publishing it.");
const AGAINST_RULES: Text = say!("Facebook refuses this content under its rules. Change the post.");
const FILE: Text = say!("Facebook can't use the file. Convert it or use another one.");
const GONE: Text = say!("Facebook has no such post, or this page can't see it.");
const RETRY: Text = say!("The file didn't reach Facebook whole. Fanfare sends it again.");
const TOO_LONG: Text = say!("Facebook says the text is too long. Shorten it.");

#[rustfmt::skip]
pub(super) const ROWS: &[Row<Asked>] = &[
    // Signing in.
    Row::new(&[], Sign::Words(&["client secret", "client_secret", "client_id", "validating application", "application id"]), K::AppMisconfigured, SECRET_WRONG)
        .of(SIGN_IN),
    Row::new(&[], Sign::Words(&["redirect_uri", "redirect uri"]), K::AppMisconfigured,
        say!("Facebook doesn't know our callback address for this app. An operator must add it, character by character, under Facebook Login, Settings."))
        .of(SIGN_IN),
    Row::new(&[400, 401, 403], Sign::Any, K::ReconnectNeeded,
        say!("Facebook didn't accept the code from the consent page, which works once and for a short time. Connect the channel again."))
        .of(&[Asked::Code]),
    // The proof of the app's server: a right one has been refused now and then (restfb 1118), so that it is tried again.
    Row::new(&[], Sign::Number(&[104]), K::AppMisconfigured, SECRET_WRONG),
    Row::new(&[], Sign::Words(&["appsecret_proof"]), K::Unavailable,
        say!("Facebook didn't accept the app's signature. Fanfare tries again. If it stays so, an operator must compare the app secret.")).for_now(Some(AGAIN)),
    // A subcode tells more than its code, which may be any.
    Row::new(&[], Sign::Number(&[1_390_008]), K::RateLimited,
        say!("Facebook says this page is posting too fast. Fanfare tries again later.")),
    Row::new(&[], Sign::Number(&[506, 1_366_051]), K::Duplicate, DUPLICATE),
    Row::new(&[], Sign::Words(&["already posted"]), K::Duplicate, DUPLICATE),
    Row::new(&[], Sign::Number(&[1_346_003, 1_404_102, 1_349_125]), K::ContentRefused, AGAINST_RULES),
    Row::new(&[], Sign::Number(&[1_404_006, 1_404_078, 4_854_002]), K::AccountBlocked, CONFIRM),
    Row::new(&[], Sign::Number(&[1_404_112, 368]), K::AccountBlocked, BLOCKED).pausing(RESTRICTED),
    Row::new(&[], Sign::Number(&[1_609_008]), K::ContentRefused,
        say!("Facebook takes no link to its own pages here. Remove the link.")),
    Row::new(&[], Sign::Number(&[2_061_006]), K::ContentRefused, say!("Facebook says the link is no address. Correct it.")),
    Row::new(&[], Sign::Number(&[1_609_005]), K::ContentRefused,
        say!("Facebook couldn't read the link's page. Check that it can be opened, then publish again.")),
    Row::new(&[], Sign::Number(&[1_366_046]), K::MediaRefused,
        say!("Facebook takes no image of this size or type. Convert it to a JPEG of at most 4 MB.")),
    Row::new(&[], Sign::Number(&[1_363_040]), K::MediaRefused, say!("Facebook doesn't take the video's aspect ratio. A reel is 9:16.")),
    Row::new(&[], Sign::Number(&[1_363_127]), K::MediaRefused, say!("Facebook doesn't take the video's resolution. A reel needs at least 540 by 960 pixels.")),
    Row::new(&[], Sign::Number(&[1_363_128]), K::MediaRefused, say!("Facebook doesn't take the video's length. A reel has 3 to 90 seconds.")),
    Row::new(&[], Sign::Number(&[1_363_129]), K::MediaRefused, say!("Facebook doesn't take the video's frame rate. A reel has 24 to 60 per second.")),
    Row::new(&[], Sign::Number(&[2_069_019, 382, 1_363_022]), K::MediaRefused, FILE),
    Row::trouble(Sign::Number(&[1_363_047, 1_609_010])),
    // A file that did not arrive: what the upload holds is asked for, or it begins anew.
    Row::new(&[], Sign::Number(&[389, 6000, 6001, 1_363_037, 1_363_045]), K::MediaNotReady, RETRY),
    Row::new(&[], Sign::Words(&["upload is missing"]), K::MediaNotReady, RETRY),
    Row::new(&[], Sign::Is(is_retriable), K::MediaNotReady, RETRY).of(&[Asked::Upload]).for_now(Some(AGAIN)),
    Row::new(&[], Sign::Words(&["processingfailederror", "parametervalidationerror"]), K::MediaRefused, FILE).of(&[Asked::Upload]),
    // What only holds for now.
    Row::new(&[429], Sign::Any, K::RateLimited, SLOW_DOWN).by_anyone(),
    Row::new(&[], RATE, K::RateLimited, SLOW_DOWN),
    // The login. The token stays valid where only the right to one page is lost.
    Row::new(&[], Sign::Words(&["impersonating a user's page", "sufficient administrative permission", "no permission to publish"]), K::ScopeMissing, PAGE_LOST),
    Row::new(&[], TOKEN, K::ReconnectNeeded, RECONNECT),
    Row::new(&[], Sign::Words(&["revoked_access_token"]), K::ReconnectNeeded, RECONNECT),
    Row::new(&[401], Sign::Any, K::ReconnectNeeded, RECONNECT),
    Row::new(&[], MISSING, K::RemoteNotFound, GONE),
    Row::new(&[], Sign::Number(&[803]), K::RemoteNotFound, GONE),
    Row::new(&[], PERMISSION, K::ScopeMissing, PAGE_LOST),
    // The content.
    Row::new(&[], Sign::Words(&["parameter too long", "message too long"]), K::ContentRefused, TOO_LONG).of(WRITES),
    Row::new(&[], Sign::Number(&[100]), K::MediaRefused, FILE).of(&[Asked::Upload]),
    Row::new(&[], Sign::Number(&[100]), K::ContentRefused,
        say!("Facebook refused this post as invalid. Its own words are in the technical log. Change the post."))
        .of(WRITES),
    Row::new(&[], Sign::Number(&[100, 2500, 3001, 1_504_028]), K::BadAnswer, say!("Facebook doesn't understand the request.")),
    // Facebook is in trouble, by its own words.
    Row::trouble(TROUBLE),
];

/// A step of an upload that may be repeated: its own flag says so, or it is about where the upload continues.
fn is_retriable(said: &crate::kit::judge::Said) -> bool {
    said.flags.iter().any(|flag| flag == "retriable")
        || ["offsetinvaliderror", "partialrequesterror"].iter().any(|name| said.words.contains(name))
}

/// What Facebook's answers mean.
pub static JUDGE: Judge<Asked> = Judge {
    // The upload server says it in another envelope: `{"debug_info":{"retriable","type","message"}}`.
    shape: Shape {
        at: &["/error", "/debug_info", ""],
        words: &["message", "error_user_title", "error_user_msg", "type", "error_message"],
        ..SHAPE
    },
    rows: ROWS,
    // A file that nothing shows is no one's; a token that was exchanged stays valid.
    harmless: &[Asked::Upload, Asked::Read, Asked::Token, Asked::App],
    trouble: is_trouble,
    waits: WAITS,
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
