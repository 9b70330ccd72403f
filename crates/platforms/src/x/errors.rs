//! What X's refusals mean. Each documented error is one row; the first row that fits decides.
//!
//! Source: X API v2 reference, errors. X answers `application/problem+json`, an older `{"errors":[{"code":88,…}]}`, or
//! OAuth's `{"error":"invalid_grant",…}`; the host in a problem's `type` varies, so only its last segment counts.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind as K, Outcome, Reply, Transport};

use crate::kit::judge::{Doubt, Judge, Row, Said, Shape, Sign, Told, Waits, is_trouble};

/// What was asked for. The same status means different things to a visible write and to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `POST /2/tweets`: the visible write.
    Post,
    /// `DELETE /2/tweets/{id}`.
    Delete,
    /// `PUT /2/tweets/{id}/hidden`.
    Hide,
    /// Media and its alternative text; safe to repeat.
    Upload,
    /// Any read.
    Read,
    /// Exchanging the code for tokens.
    Code,
    /// Exchanging the refresh token, which works once.
    Refresh,
    /// Taking a token back.
    Revoke,
}

const fn row(asked: &'static [Asked], status: &'static [u16], sign: Sign, kind: K, detail: Text) -> Row<Asked> {
    Row::new(status, sign, kind, detail).of(asked)
}

const TOKENS: &[Asked] = &[Asked::Code, Asked::Refresh, Asked::Revoke];
const POST: &[Asked] = &[Asked::Post];
const UPLOAD: &[Asked] = &[Asked::Upload];
const ANY: &[Asked] = &[];

const SECRET_WRONG: Text = say!(
    "X doesn't recognise this app's client ID and secret. An operator must copy them again from the X developer console (the OAuth 2.0 keys, not the API key) into Settings, Installation."
);
const SIGN_IN_AGAIN: Text = say!(
    "X no longer accepts this channel's login: access was revoked, or its token was already used. Reconnect the channel."
);
const CREDITS: Text =
    say!("The app's credit at X is used up. X refuses every call until an operator adds credit at console.x.com.");
const CAPPED: Text = say!(
    "The app has reached its spending limit or its monthly cap of reads at X. An operator must raise the limit at console.x.com, or wait for the next cycle."
);
const NOT_IN_PLAN: Text = say!(
    "X doesn't let this app use this feature: it isn't in a project, or its plan doesn't include it. An operator must check the app in the X developer console."
);
const NOT_PERMITTED: Text = say!(
    "X doesn't allow this post. Since 2026 apps without an Enterprise plan can't quote, and can reply only to posts that mention the account. A community accepts posts only from its members, and posts of protected accounts can't be replied to. Change the post."
);
const DUPLICATE: Text = say!(
    "X says this account just posted the same text, and refused it as a duplicate. If an earlier attempt at this post got no answer, that attempt is probably live. Otherwise change the text."
);
const TOO_MANY_ITEMS: Text = say!("X allows at most four images in a post and four options in a poll. Remove some.");
const VIDEO_TOO_LONG: Text = say!(
    "X doesn't let this account post a video of this length. Shorten it (140 seconds are always safe), or post it from a Premium account."
);
const BAD_URL: Text = say!("X says an address in the text is invalid. Correct it.");
const TOO_LONG: Text = say!("X says the text is too long for this account. Shorten it.");
const CASHTAGS: Text = say!("X allows one cashtag ($NAME) per post. Remove the others.");
const SUSPENDED: Text = say!("X has suspended this account. Its owner must sign in at x.com and settle it there.");
const LOCKED: Text =
    say!("X has temporarily locked this account. Its owner must sign in at x.com and follow the steps there.");
const APP_ONLY: Text = say!(
    "X wants a user's token here and got an app's. Reconnect the channel. If that doesn't help, an operator must check the app's permissions."
);
const SCOPE: Text =
    say!("The channel's permissions don't cover this. Reconnect the channel and leave all boxes ticked.");
const APP_READ_ONLY: Text = say!(
    "The app is read-only at X. An operator must set its permissions to Read and write in the X developer console; then reconnect the channel."
);
const NOT_OURS: Text = say!(
    "X doesn't let this channel delete this post: it belongs to another account, or the channel's permissions don't include deleting. Reconnect the channel, or delete the post at x.com."
);
const GONE: Text = say!("The post that this replies to, quotes or changes no longer exists.");
const ANSWERED_GONE: Text = say!("The post that this one replies to is no longer on X, or this account can't see it.");
const ANSWERED_NOT_YET: Text = say!(
    "X doesn't show the previous part yet, though it was published a moment ago. Fanfare tries this part again in a few seconds."
);
const REPLY_NOT_ALLOWED: Text = say!(
    "X lets this account reply here only if the author has mentioned it or quoted one of its posts. Publish it as a separate post."
);
const QUOTE_NOT_ALLOWED: Text = say!("X doesn't let this app quote this post. Put a link to it in the text instead.");
const READ_GONE: Text = say!("X has no such post or account.");
const REFUSED: Text = say!("X refused this post as invalid. X's own words are in the technical log. Change the post.");
const MEDIA_GONE: Text = say!("X no longer has the uploaded file. Fanfare uploads it again.");
const MEDIA_REFUSED: Text = say!("X refused the file. Replace it or convert it.");
const MEDIA_TOO_LARGE: Text = say!("X says the file is too large. Use a smaller one.");
const MEDIA_AGAIN: Text = say!("X could not put the upload together. Fanfare uploads the file again.");
const FORBIDDEN: Text = say!("X refused this call. X's own words are in the technical log.");
const EXPIRED: Text = say!("X no longer accepts the access token. Fanfare gets a new one and tries again.");
const SLOW_DOWN: Text = say!("Rate limit at X reached. Fanfare tries again when X allows it.");
const REDIRECT: Text = say!(
    "X doesn't know our callback address for this app. An operator must add it, character by character, to the app's callback addresses in the X developer console."
);
const CODE_DEAD: Text = say!(
    "X didn't accept the code from the consent page, which lasts 30 seconds and works once. Connect the channel again."
);

use Sign::{Any, Name, Number, Words};

/// Every documented refusal. 5xx, 408 and what is not JSON are in doubt, except where the status says all.
const ROWS: &[Row<Asked>] = &[
    Row::trouble(Name(&["internal-error"])),
    row(TOKENS, &[400, 401, 403], Name(&["invalid_client"]), K::AppMisconfigured, SECRET_WRONG),
    row(TOKENS, &[400, 401, 403], Name(&["unauthorized_client"]), K::AppMisconfigured, SECRET_WRONG),
    row(&[Asked::Code], &[400, 401], Words(&["redirect"]), K::AppMisconfigured, REDIRECT),
    row(&[Asked::Code], &[401], Any, K::ReconnectNeeded, CODE_DEAD).by_anyone(),
    row(&[Asked::Code], &[400], Any, K::ReconnectNeeded, CODE_DEAD),
    row(&[Asked::Refresh, Asked::Revoke], &[400], Name(&["invalid_grant"]), K::ReconnectNeeded, SIGN_IN_AGAIN),
    row(&[Asked::Refresh, Asked::Revoke], &[400], Name(&["invalid_request"]), K::ReconnectNeeded, SIGN_IN_AGAIN),
    row(&[Asked::Refresh, Asked::Revoke], &[401], Any, K::AppMisconfigured, SECRET_WRONG).by_anyone(),
    row(ANY, &[402], Any, K::QuotaUsedUp, CREDITS).by_anyone(),
    row(ANY, &[403, 429], Name(&["usage-capped"]), K::QuotaUsedUp, CAPPED),
    row(ANY, &[429], Any, K::RateLimited, SLOW_DOWN).by_anyone(),
    row(ANY, &[400, 403], Number(&[88]), K::RateLimited, SLOW_DOWN),
    row(ANY, &[401, 403], Words(&["unsupported authentication"]), K::AppMisconfigured, APP_ONLY),
    row(ANY, &[401], Any, K::TokenExpired, EXPIRED).by_anyone(),
    row(ANY, &[403], Number(&[187]), K::Duplicate, DUPLICATE),
    row(ANY, &[400, 403], Words(&["duplicate content"]), K::Duplicate, DUPLICATE),
    row(ANY, &[400, 403], Words(&["one cashtag"]), K::ContentRefused, CASHTAGS),
    row(ANY, &[403], Name(&["user-suspended"]), K::AccountBlocked, SUSPENDED),
    row(ANY, &[403], Words(&["suspended"]), K::AccountBlocked, SUSPENDED),
    row(ANY, &[403], Words(&["temporarily locked"]), K::AccountBlocked, LOCKED),
    row(ANY, &[403], Name(&["client-not-enrolled"]), K::AppMisconfigured, NOT_IN_PLAN),
    row(ANY, &[403], Name(&["client-forbidden"]), K::AppMisconfigured, NOT_IN_PLAN),
    row(ANY, &[403], Words(&["not permitted to access this feature"]), K::AppMisconfigured, NOT_IN_PLAN),
    row(ANY, &[403], Name(&["oauth1-permissions"]), K::AppMisconfigured, APP_READ_ONLY),
    row(ANY, &[403], Words(&["scope"]), K::ScopeMissing, SCOPE),
    row(ANY, &[400, 403], Words(&["video longer than"]), K::MediaRefused, VIDEO_TOO_LONG),
    row(ANY, &[400, 403], Words(&["maximum of 4 items"]), K::ContentRefused, TOO_MANY_ITEMS),
    row(ANY, &[400, 403], Words(&["invalid url"]), K::ContentRefused, BAD_URL),
    row(ANY, &[400, 403], Number(&[186]), K::ContentRefused, TOO_LONG),
    row(ANY, &[400, 403], Words(&["text is too long"]), K::ContentRefused, TOO_LONG),
    row(POST, &[403], Words(&["deleted or not visible to you"]), K::RemoteNotFound, ANSWERED_GONE),
    row(POST, &[403], Number(&[385]), K::RemoteNotFound, ANSWERED_GONE),
    row(POST, &[403], Words(&["reply to this conversation is not allowed"]), K::ContentRefused, REPLY_NOT_ALLOWED),
    row(POST, &[403], Words(&["quoting this post is not allowed"]), K::ContentRefused, QUOTE_NOT_ALLOWED),
    row(POST, &[400], Words(&["media ids are invalid"]), K::MediaNotReady, MEDIA_GONE),
    row(&[Asked::Delete], &[403], Any, K::ScopeMissing, NOT_OURS),
    row(ANY, &[403], Words(&["not permitted to perform this action"]), K::ContentRefused, NOT_PERMITTED),
    row(ANY, &[403], Name(&["not-authorized-for-resource"]), K::ContentRefused, NOT_PERMITTED),
    row(ANY, &[403], Name(&["resource-unavailable"]), K::RemoteNotFound, GONE),
    row(ANY, &[403], Name(&["disallowed-resource"]), K::ContentRefused, NOT_PERMITTED),
    row(UPLOAD, &[400], Words(&["expired"]), K::MediaNotReady, MEDIA_GONE),
    row(UPLOAD, &[404, 410], Any, K::MediaNotReady, MEDIA_GONE),
    row(UPLOAD, &[409], Any, K::MediaNotReady, MEDIA_AGAIN),
    row(UPLOAD, &[413], Any, K::MediaRefused, MEDIA_TOO_LARGE).by_anyone(),
    row(UPLOAD, &[400, 415, 422], Any, K::MediaRefused, MEDIA_REFUSED),
    row(&[Asked::Read], &[404], Any, K::RemoteNotFound, READ_GONE),
    row(ANY, &[404], Any, K::RemoteNotFound, GONE),
    row(POST, &[409], Any, K::ContentRefused, REFUSED),
    row(POST, &[400, 413, 422], Any, K::ContentRefused, REFUSED),
    row(ANY, &[400, 413, 422], Any, K::BadAnswer, FORBIDDEN),
    row(ANY, &[403], Any, K::ContentRefused, FORBIDDEN),
];

/// The longest that Fanfare waits because X says so; what is further off is asked again by then.
pub const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What X's answers mean.
pub(crate) static JUDGE: Judge<Asked> = Judge {
    shape: Shape {
        at: &["", "/errors"],
        names: &["type", "error"],
        numbers: &["code"],
        words: &["title", "detail", "message", "error_description", "reason"],
        plain: false,
        challenge: false,
    },
    rows: ROWS,
    harmless: &[Asked::Read, Asked::Upload, Asked::Revoke],
    trouble: is_trouble,
    // X sends seconds since 1970 and no `Retry-After`; a proxy might.
    waits: Waits {
        told: &[
            Told::UsedUp { remaining: "x-user-limit-24hour-remaining", reset: "x-user-limit-24hour-reset" },
            Told::UsedUp { remaining: "x-app-limit-24hour-remaining", reset: "x-app-limit-24hour-reset" },
            Told::Second("x-rate-limit-reset"),
            Told::RetryAfterSeconds,
        ],
        unsaid: Duration::from_secs(15 * 60),
        min: Duration::from_secs(15),
        max: WAIT_MAX,
        past_is_now: true,
    },
    doubt,
    inside: Some(status_of_refusal),
};

/// What a refusal, or an answer that is none, means.
pub fn failure(asked: Asked, reply: &Reply, now: Timestamp) -> Failure {
    JUDGE.refused(asked, reply, now)
}

/// The same for a post that answers an own one of this age: X may not show a new post to replies yet, so that it is tried
/// again for a while.
pub fn of_answer_to_own(failure: Failure, parent_made_at: Timestamp, now: Timestamp) -> Failure {
    if failure.kind != K::RemoteNotFound || now.since(parent_made_at) > SHOWN_WITHIN {
        return failure;
    }
    let waiting = Failure::new(Outcome::Throttled, K::RemoteNotFound, ANSWERED_NOT_YET);
    Failure { status: failure.status, code: failure.code, ..waiting.not_before(Some(now + UNTIL_SHOWN)) }
}

/// How long X may take to show a new post to replies; later a refusal is believed.
const SHOWN_WITHIN: Duration = Duration::from_secs(5 * 60);
/// How long to wait before it is tried again (node-twitter-api-v2, issue 366).
const UNTIL_SHOWN: Duration = Duration::from_secs(5);

/// A request whose answer did not come, or not whole.
pub fn lost(asked: Asked, error: Transport) -> Failure {
    JUDGE.lost(asked, error)
}

/// An answer that says success and is not one: no id, no JSON, a page of HTML.
pub fn odd_answer(asked: Asked, reply: &Reply, now: Timestamp) -> Failure {
    let what = if reply.body.is_empty() { say!("any content") } else { say!("what X documents") };
    JUDGE.odd(asked, reply, what, now)
}

fn doubt(asked: Asked, doubt: Doubt) -> Text {
    let what = match doubt {
        Doubt::Down(status) => say!("X answered {status}: something is wrong at X"),
        Doubt::Foreign(status) => {
            say!("X answered {status} in a form that X doesn't document; a proxy may be in between")
        }
        Doubt::Odd(status, what) => say!("X answered {status}, but without {what}"),
        Doubt::Lost(why) => why,
    };
    let rest = match asked {
        Asked::Post => say!("The post may be live. Fanfare checks the account's own posts before doing anything else."),
        Asked::Delete => say!("The post may be gone. Deleting it again does no harm."),
        Asked::Hide => say!("The change may have been made. Making it again does no harm."),
        Asked::Upload => say!("The upload can be repeated."),
        Asked::Read => say!("Nothing was changed; Fanfare asks again."),
        Asked::Code => say!("The code works only once. Connect the channel again."),
        Asked::Refresh => {
            say!(
                "X may have replaced the tokens. One more try with the old refresh token decides; if X refuses it, reconnect the channel."
            )
        }
        Asked::Revoke => say!("Revoking access can be repeated."),
    };
    what.then(rest)
}

/// X may refuse inside a 200 or 201. Then the problem says which refusal it is.
fn status_of_refusal(said: &Said) -> u16 {
    let by_type = |kind: &String| match kind.as_str() {
        "invalid-request" => Some(400),
        "resource-not-found" => Some(404),
        "rate-limits" | "rate-limit-exceeded" => Some(429),
        "internal-error" => Some(500),
        _ => None,
    };
    said.status.filter(|status| *status >= 400).or_else(|| said.names.iter().find_map(by_type)).unwrap_or(403)
}
