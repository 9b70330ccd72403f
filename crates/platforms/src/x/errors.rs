//! What X's refusals mean. Each documented error is one row; the first row that fits decides.
//!
//! Source: X API v2 reference, errors. X answers `application/problem+json`, an older `{"errors":[{"code":88,…}]}`, or
//! OAuth's `{"error":"invalid_grant",…}`; the host in a problem's `type` varies, so only its last segment counts.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind as K, Outcome, Reply, Transport};
use serde_json::Value;

/// What was asked for. The same status means different things to a visible write and to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `POST /2/tweets`: the visible write.
    Post,
    /// `DELETE /2/tweets/{id}`.
    Delete,
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

/// How a row is recognised.
enum Sign {
    /// The last segment of the problem's `type`.
    Type(&'static str),
    /// Words in title, detail, message or description, in small letters.
    Words(&'static str),
    /// A number of the older API.
    Code(i64),
    /// OAuth's `error`.
    OAuth(&'static str),
    /// The status is enough.
    Any,
}

struct Row {
    /// Empty: any call.
    asked: &'static [Asked],
    status: &'static [u16],
    sign: Sign,
    kind: K,
    detail: Text,
}

const fn row(asked: &'static [Asked], status: &'static [u16], sign: Sign, kind: K, detail: Text) -> Row {
    Row { asked, status, sign, kind, detail }
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

use Sign::{Any, Code, OAuth, Type, Words};

/// Every documented refusal. Outcome and kind follow; 5xx, 408 and what is not JSON never get here.
const ROWS: &[Row] = &[
    row(TOKENS, &[400, 401, 403], OAuth("invalid_client"), K::AppMisconfigured, SECRET_WRONG),
    row(TOKENS, &[400, 401, 403], OAuth("unauthorized_client"), K::AppMisconfigured, SECRET_WRONG),
    row(&[Asked::Code], &[400, 401], Words("redirect"), K::AppMisconfigured, REDIRECT),
    row(&[Asked::Code], &[400, 401], Any, K::ReconnectNeeded, CODE_DEAD),
    row(&[Asked::Refresh, Asked::Revoke], &[400], OAuth("invalid_grant"), K::ReconnectNeeded, SIGN_IN_AGAIN),
    row(&[Asked::Refresh, Asked::Revoke], &[400], OAuth("invalid_request"), K::ReconnectNeeded, SIGN_IN_AGAIN),
    row(&[Asked::Refresh, Asked::Revoke], &[401], Any, K::AppMisconfigured, SECRET_WRONG),
    row(ANY, &[402], Any, K::QuotaUsedUp, CREDITS),
    row(ANY, &[403, 429], Type("usage-capped"), K::QuotaUsedUp, CAPPED),
    row(ANY, &[429], Any, K::RateLimited, SLOW_DOWN),
    row(ANY, &[400, 403], Code(88), K::RateLimited, SLOW_DOWN),
    row(ANY, &[401, 403], Words("unsupported authentication"), K::AppMisconfigured, APP_ONLY),
    row(ANY, &[401], Any, K::TokenExpired, EXPIRED),
    row(ANY, &[403], Code(187), K::Duplicate, DUPLICATE),
    row(ANY, &[400, 403], Words("duplicate content"), K::Duplicate, DUPLICATE),
    row(ANY, &[400, 403], Words("one cashtag"), K::ContentRefused, CASHTAGS),
    row(ANY, &[403], Type("user-suspended"), K::AccountBlocked, SUSPENDED),
    row(ANY, &[403], Words("suspended"), K::AccountBlocked, SUSPENDED),
    row(ANY, &[403], Words("temporarily locked"), K::AccountBlocked, LOCKED),
    row(ANY, &[403], Type("client-not-enrolled"), K::AppMisconfigured, NOT_IN_PLAN),
    row(ANY, &[403], Type("client-forbidden"), K::AppMisconfigured, NOT_IN_PLAN),
    row(ANY, &[403], Words("not permitted to access this feature"), K::AppMisconfigured, NOT_IN_PLAN),
    row(ANY, &[403], Type("oauth1-permissions"), K::AppMisconfigured, APP_READ_ONLY),
    row(ANY, &[403], Words("scope"), K::ScopeMissing, SCOPE),
    row(ANY, &[400, 403], Words("video longer than"), K::MediaRefused, VIDEO_TOO_LONG),
    row(ANY, &[400, 403], Words("maximum of 4 items"), K::ContentRefused, TOO_MANY_ITEMS),
    row(ANY, &[400, 403], Words("invalid url"), K::ContentRefused, BAD_URL),
    row(ANY, &[400, 403], Code(186), K::ContentRefused, TOO_LONG),
    row(ANY, &[400, 403], Words("text is too long"), K::ContentRefused, TOO_LONG),
    row(POST, &[403], Words("deleted or not visible to you"), K::RemoteNotFound, ANSWERED_GONE),
    row(POST, &[403], Code(385), K::RemoteNotFound, ANSWERED_GONE),
    row(POST, &[403], Words("reply to this conversation is not allowed"), K::ContentRefused, REPLY_NOT_ALLOWED),
    row(POST, &[403], Words("quoting this post is not allowed"), K::ContentRefused, QUOTE_NOT_ALLOWED),
    row(POST, &[400], Words("media ids are invalid"), K::MediaNotReady, MEDIA_GONE),
    row(&[Asked::Delete], &[403], Any, K::ScopeMissing, NOT_OURS),
    row(ANY, &[403], Words("not permitted to perform this action"), K::ContentRefused, NOT_PERMITTED),
    row(ANY, &[403], Type("not-authorized-for-resource"), K::ContentRefused, NOT_PERMITTED),
    row(ANY, &[403], Type("resource-unavailable"), K::RemoteNotFound, GONE),
    row(ANY, &[403], Type("disallowed-resource"), K::ContentRefused, NOT_PERMITTED),
    row(UPLOAD, &[400], Words("expired"), K::MediaNotReady, MEDIA_GONE),
    row(UPLOAD, &[404, 410], Any, K::MediaNotReady, MEDIA_GONE),
    row(UPLOAD, &[409], Any, K::MediaNotReady, MEDIA_AGAIN),
    row(UPLOAD, &[413], Any, K::MediaRefused, MEDIA_TOO_LARGE),
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
/// The shortest, for a reset that has passed by our clock.
const WAIT_MIN: Duration = Duration::from_secs(15);
/// X's usual window, where it names no end.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// What a refusal, or an answer that is none, means.
pub fn failure(asked: Asked, reply: &Reply, now: Timestamp) -> Failure {
    let said = Said::of(&reply.value());
    let status = if reply.is_success() { said.status_of_refusal() } else { reply.status };
    let found = if status >= 500 || said.has_type("internal-error") { None } else { find(asked, status, &said) };
    let Some(row) = found else { return in_doubt(asked, status, &said).answered(reply.status, said.code()) };
    // A spent quota does not come back by waiting a little: it is refused, and the operator is told.
    let throttled = row.kind == K::RateLimited;
    let outcome = if throttled { Outcome::Throttled } else { Outcome::Rejected };
    Failure::new(outcome, row.kind, &row.detail)
        .answered(reply.status, said.code())
        .not_before(throttled.then(|| window_end(reply, now)))
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
    let failure = Failure::from(error);
    match failure.outcome {
        Outcome::Unknown => Failure::new(outcome_in_doubt(asked), failure.kind, doubt(asked, failure.detail)),
        _ => failure,
    }
}

/// An answer that says success and is not one: no id, no JSON, a page of HTML.
pub fn odd_answer(asked: Asked, reply: &Reply, now: Timestamp) -> Failure {
    let body = reply.value();
    if body.get("errors").is_some_and(|errors| errors.as_array().is_some_and(|list| !list.is_empty())) {
        return failure(asked, reply, now);
    }
    let what = if reply.body.is_empty() { say!("it is empty") } else { say!("it is not what X documents") };
    let detail = doubt(asked, say!("X answered {status}, but {what}", status = reply.status));
    Failure::new(outcome_in_doubt(asked), K::BadAnswer, detail).answered(reply.status, None)
}

fn find(asked: Asked, status: u16, said: &Said) -> Option<&'static Row> {
    // These say all by their status; the rest must be in X's own words, or a proxy may have said it.
    let status_is_enough = matches!(status, 401 | 402 | 429) || asked == Asked::Upload && status == 413;
    if !said.is_json && !status_is_enough {
        return None;
    }
    let fits = |row: &&Row| {
        (row.asked.is_empty() || row.asked.contains(&asked)) && row.status.contains(&status) && said.shows(&row.sign)
    };
    ROWS.iter().find(fits)
}

fn in_doubt(asked: Asked, status: u16, said: &Said) -> Failure {
    let down = status >= 500 || status == 408 || said.has_type("internal-error");
    let (kind, what) = if down {
        (K::Unavailable, say!("X answered {status}: something is wrong at X"))
    } else {
        (K::BadAnswer, say!("X answered {status} in a form that X doesn't document; a proxy may be in between"))
    };
    Failure::new(outcome_in_doubt(asked), kind, doubt(asked, what))
}

/// What may be repeated without harm counts as not sent; the rest may have been applied.
fn outcome_in_doubt(asked: Asked) -> Outcome {
    match asked {
        Asked::Read | Asked::Upload | Asked::Revoke => Outcome::NotSent,
        Asked::Post | Asked::Delete | Asked::Code | Asked::Refresh => Outcome::Unknown,
    }
}

fn doubt(asked: Asked, what: Text) -> Text {
    let rest = match asked {
        Asked::Post => say!("The post may be live. Fanfare checks the account's own posts before doing anything else."),
        Asked::Delete => say!("The post may be gone. Deleting it again does no harm."),
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

/// When the limit ends: the day's window if that is used up, else the endpoint's, else `Retry-After`, else 15 minutes.
/// X sends seconds since 1970 and no `Retry-After`; a proxy might.
fn window_end(reply: &Reply, now: Timestamp) -> Timestamp {
    let number = |name: &str| reply.header(name).and_then(|text| text.trim().parse::<i64>().ok());
    let day = ["x-user-limit-24hour", "x-app-limit-24hour"].into_iter();
    let used_up = day.filter(|name| number(&format!("{name}-remaining")) == Some(0));
    let day_ends = used_up.filter_map(|name| number(&format!("{name}-reset"))).max();
    let reset = day_ends.or_else(|| number("x-rate-limit-reset")).map(Timestamp::from_seconds);
    let after = || number("retry-after").map(|seconds| now + Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    reset.or_else(after).unwrap_or(now + WINDOW).clamp(now + WAIT_MIN, now + WAIT_MAX)
}

/// What an answer says, in whichever of the three shapes.
#[derive(Default)]
struct Said {
    is_json: bool,
    types: Vec<String>,
    words: String,
    codes: Vec<i64>,
    oauth: Option<String>,
    status: Option<u16>,
}

impl Said {
    fn of(body: &Value) -> Self {
        let mut said = Self { is_json: body.is_object(), ..Self::default() };
        said.add(body);
        for error in body.get("errors").and_then(Value::as_array).into_iter().flatten() {
            said.add(error);
        }
        said
    }

    fn add(&mut self, problem: &Value) {
        let text = |name: &str| problem.get(name).and_then(Value::as_str);
        self.types.extend(text("type").and_then(|kind| kind.rsplit('/').next()).map(str::to_owned));
        for words in ["title", "detail", "message", "error_description", "reason"].into_iter().filter_map(text) {
            self.words.push_str(&words.to_lowercase());
            self.words.push('\n');
        }
        self.codes.extend(problem.get("code").and_then(Value::as_i64));
        self.oauth = self.oauth.take().or_else(|| text("error").map(str::to_owned));
        let status = problem.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        self.status = self.status.or(status);
    }

    fn has_type(&self, name: &str) -> bool {
        self.types.iter().any(|kind| kind == name)
    }

    fn shows(&self, sign: &Sign) -> bool {
        match sign {
            Type(name) => self.has_type(name),
            Words(words) => self.words.contains(words),
            Code(code) => self.codes.contains(code),
            OAuth(name) => self.oauth.as_deref() == Some(*name),
            Any => true,
        }
    }

    /// X may refuse inside a 200 or 201. Then the problem says which refusal it is.
    fn status_of_refusal(&self) -> u16 {
        let by_type = |kind: &String| match kind.as_str() {
            "invalid-request" => Some(400),
            "resource-not-found" => Some(404),
            "rate-limits" | "rate-limit-exceeded" => Some(429),
            "internal-error" => Some(500),
            _ => None,
        };
        self.status.filter(|status| *status >= 400).or_else(|| self.types.iter().find_map(by_type)).unwrap_or(403)
    }

    /// X's own name for it, the most telling first.
    fn code(&self) -> Option<String> {
        let kind = self.types.iter().find(|kind| *kind != "about:blank").cloned();
        kind.or_else(|| self.codes.first().map(i64::to_string)).or_else(|| self.oauth.clone())
    }
}
