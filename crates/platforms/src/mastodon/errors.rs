//! The error table: what each refusal of an instance means.
//!
//! Error texts are translated and differ between servers, so the status decides first; a text only sharpens it. The
//! text shown to people is ours.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind as Kind, Outcome, Reply, Transport};
use http::HeaderMap;
use serde_json::Value;

/// What was asked for; the same status means different things to different calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A new status: the visible write.
    Post,
    /// A change of a status.
    Edit,
    /// The end of a status.
    Delete,
    /// A file.
    Upload,
    /// Whether a file is ready.
    MediaState,
    /// Any other read.
    Read,
    /// A token, or the end of one.
    Token,
    /// Our app's registration.
    Register,
}

impl Ask {
    /// Uploads and reads show nothing to anybody: a lost answer leaves no doubt about the post.
    fn is_invisible(self) -> bool {
        matches!(self, Ask::Upload | Ask::MediaState | Ask::Read)
    }
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// JSON, plain text or nothing: the server's own words.
    Words,
    /// An HTML page, which may come from whatever stands in front of the server.
    Page,
}

#[derive(Debug, Clone, Copy)]
enum Verdict {
    Rejected,
    Throttled,
    Unknown,
}

/// One row: the first that fits decides.
struct Row {
    statuses: &'static [u16],
    /// Which calls; empty means all.
    asks: &'static [Ask],
    /// The words of the answer contain one of these; empty means any answer.
    says: &'static [&'static str],
    /// Whether an HTML page counts as the server's own answer here.
    page_too: bool,
    verdict: Verdict,
    kind: Kind,
    detail: Text,
}

const fn row(statuses: &'static [u16], verdict: Verdict, kind: Kind, detail: Text) -> Row {
    Row { statuses, asks: &[], says: &[], page_too: false, verdict, kind, detail }
}

impl Row {
    const fn of(mut self, asks: &'static [Ask]) -> Self {
        self.asks = asks;
        self
    }

    const fn says(mut self, words: &'static [&'static str]) -> Self {
        self.says = words;
        self
    }

    const fn page_too(mut self) -> Self {
        self.page_too = true;
        self
    }

    fn fits(&self, ask: Ask, status: u16, shape: Shape, words: &str) -> bool {
        self.statuses.contains(&status)
            && (self.asks.is_empty() || self.asks.contains(&ask))
            && (self.says.is_empty() || self.says.iter().any(|part| words.contains(part)))
            && (shape == Shape::Words || self.page_too || ask.is_invisible())
    }
}

const POSTS: &[Ask] = &[Ask::Post, Ask::Edit];
const FILES: &[Ask] = &[Ask::Upload, Ask::MediaState];
/// Time-outs and servers in trouble, those of a network in front of the instance too.
const TROUBLE: &[u16] = &[408, 500, 501, 502, 503, 504, 507, 508, 520, 521, 522, 523, 524, 525, 526, 527, 530];
const RECONNECT: Text = say!("The server no longer accepts this channel's token. Reconnect the channel.");

const TROUBLE_BEFORE: Text = say!("The server has a problem. Fanfare tries again.");

/// Mastodon API, "Errors", and what Takahē answers instead. Statuses that no row names are in doubt.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(&[429], Verdict::Throttled, Kind::RateLimited,
        say!("Rate limit of the server reached. Fanfare continues when it is over."))
        .page_too(),
    // Signing in.
    row(&[400, 401, 403], Verdict::Rejected, Kind::AppMisconfigured,
        say!("The server no longer knows Fanfare's app. Connect the channel again: Fanfare registers a new app there."))
        .of(&[Ask::Token]).says(&["invalid_client", "unauthorized_client", "client authentication failed"]),
    row(&[400, 401], Verdict::Rejected, Kind::InputInvalid,
        say!("The server didn't accept the sign-in: it was already used, or took too long. Connect again."))
        .of(&[Ask::Token]).says(&["invalid_grant"]),
    row(&[400, 401], Verdict::Rejected, Kind::AppMisconfigured,
        say!("The server doesn't grant the permissions that Fanfare asked for. An operator must check the app's registration."))
        .of(&[Ask::Token]).says(&["invalid_scope"]),
    row(&[400, 401, 403, 422], Verdict::Rejected, Kind::AppMisconfigured,
        say!("The server refused the sign-in of Fanfare's app. An operator must check the app's registration there.")).of(&[Ask::Token]),
    row(&[400, 401, 403, 406, 415, 422], Verdict::Rejected, Kind::AppMisconfigured,
        say!("The server refused to register Fanfare as an app. Ask its administrators whether apps are allowed there.")).of(&[Ask::Register]),
    row(&[404, 405, 410], Verdict::Rejected, Kind::InputInvalid,
        say!("There is no Mastodon API at this address. Enter the address that your browser shows when you use the server."))
        .of(&[Ask::Token, Ask::Register]).page_too(),
    // The token.
    row(&[400, 401], Verdict::Rejected, Kind::ReconnectNeeded, RECONNECT).says(&["token", "bearer"]),
    row(&[401], Verdict::Rejected, Kind::ReconnectNeeded, RECONNECT),
    row(&[403], Verdict::Rejected, Kind::ScopeMissing,
        say!("The channel's permissions don't cover this. Reconnect the channel and allow everything that is asked."))
        .says(&["authorized scopes", "insufficient_scope"]),
    row(&[403], Verdict::Rejected, Kind::ContentRefused,
        say!("The server doesn't allow this account to reply to or quote that post."))
        .of(POSTS).says(&["this action is not allowed"]),
    row(&[403], Verdict::Rejected, Kind::AccountBlocked,
        say!("The server doesn't let this account do this: it may be locked, unconfirmed, awaiting approval, or lack the permission. Sign in at the server to see what it says.")),
    row(&[410], Verdict::Rejected, Kind::AccountBlocked,
        say!("The server says the account or the post is gone for good. Sign in at the server and check.")),
    // Files.
    row(&[413], Verdict::Rejected, Kind::MediaRefused,
        say!("The file is larger than the server accepts. Use a smaller file.")).of(FILES).page_too(),
    row(&[400, 422], Verdict::Rejected, Kind::MediaRefused,
        say!("The server refused the file because of its type, size or content. Use another file or format.")).of(FILES),
    row(&[404], Verdict::Throttled, Kind::MediaNotReady,
        say!("The server no longer has the uploaded file. Fanfare uploads it again.")).of(&[Ask::MediaState]).page_too(),
    row(&[500], Verdict::Unknown, Kind::MediaRefused,
        say!("The server failed to process the file.")).of(FILES).says(&["error processing"]),
    // Posts.
    row(&[422], Verdict::Throttled, Kind::MediaNotReady,
        say!("The server is still processing an attached file. Fanfare tries again in a few seconds."))
        .of(POSTS).says(&["not finished processing"]),
    row(&[400, 422], Verdict::Throttled, Kind::MediaNotReady,
        say!("The server no longer has an attached file. Fanfare uploads it again."))
        .of(POSTS).says(&["not found or already attached"]),
    row(&[400, 422], Verdict::Rejected, Kind::MediaRefused,
        say!("The server refused the attached files: too many, or of kinds that can't be combined. Change the media."))
        .of(POSTS).says(&["cannot attach", ": file ", "media"]),
    row(&[413], Verdict::Rejected, Kind::ContentRefused,
        say!("The post is larger than the server accepts. Shorten it.")).of(POSTS).page_too(),
    row(&[400, 422], Verdict::Rejected, Kind::ContentRefused,
        say!("The server refused the post. Its own words are in the technical log. Usual reasons: too long, empty, a blocked phrase, or a poll or option it doesn't accept. Change the post."))
        .of(POSTS),
    row(&[404], Verdict::Rejected, Kind::RemoteNotFound,
        say!("The server can't find what this replies to, quotes or changes. That post, or this one, may have been deleted.")).of(POSTS).page_too(),
    row(&[404], Verdict::Rejected, Kind::RemoteNotFound,
        say!("The server can't find it. It may have been deleted.")).page_too(),
    row(&[406, 415], Verdict::Rejected, Kind::AppMisconfigured,
        say!("The server doesn't accept requests in the form of Mastodon's API. It may run software that Fanfare doesn't know. Tell the operator of this installation.")),
    row(&[400, 422], Verdict::Rejected, Kind::BadAnswer,
        say!("The server doesn't understand the request.")),
    // The server is in trouble.
    row(TROUBLE, Verdict::Unknown, Kind::Unavailable,
        say!("The server has a problem. It is not known whether the request took effect; Fanfare checks before doing anything else.")).page_too(),
];

/// How long to wait after a 429 that does not say until when.
const PAUSE: Duration = Duration::from_secs(5 * 60);
/// How long to wait for a file that is still being processed.
const PROCESSING_PAUSE: Duration = Duration::from_secs(5);
/// The shortest pause that is believed; a zero or an instant in the past would be a loop.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause that is believed.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What an answer without success means.
pub(crate) fn of_reply(ask: Ask, reply: &Reply, now: Timestamp) -> Failure {
    of_answer(ask, reply.status, &reply.headers, &reply.body, now)
}

/// The same, from the parts of an answer.
pub(crate) fn of_answer(ask: Ask, status: u16, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Failure {
    let (shape, words) = words_of(headers, body);
    let code = code_of(body);
    let Some(row) = ROWS.iter().find(|row| row.fits(ask, status, shape, &words)) else {
        return doubtful(ask, status, code);
    };
    let outcome = match row.verdict {
        Verdict::Rejected => Outcome::Rejected,
        Verdict::Throttled => Outcome::Throttled,
        Verdict::Unknown => in_doubt(ask),
    };
    let pause = match row.kind {
        Kind::RateLimited => Some(until(headers, now).unwrap_or(now + PAUSE)),
        Kind::MediaNotReady => Some(now + PROCESSING_PAUSE),
        Kind::Unavailable => {
            header(headers, "retry-after").and_then(|text| retry_after(text, now)).and_then(|at| believed(at, now))
        }
        _ => None,
    };
    let detail =
        if outcome == Outcome::NotSent && row.kind == Kind::Unavailable { TROUBLE_BEFORE } else { row.detail.clone() };
    Failure::new(outcome, row.kind, detail).answered(status, code).not_before(pause)
}

/// An answer of success that does not say what it must.
pub(crate) fn unreadable(ask: Ask, reply: &Reply, missing: Text) -> Failure {
    let detail =
        say!("The server answered {status}, but without {missing}. {ask}", status = reply.status, ask = what_now(ask));
    Failure::new(in_doubt(ask), Kind::BadAnswer, detail).answered(reply.status, None)
}

/// No whole answer came.
pub(crate) fn of_transport(ask: Ask, error: Transport) -> Failure {
    let mut failure = Failure::from(error);
    if failure.outcome == Outcome::Unknown {
        failure.outcome = in_doubt(ask);
    }
    failure
}

fn doubtful(ask: Ask, status: u16, code: Option<String>) -> Failure {
    let detail = say!(
        "The server, or something in front of it, answered {status}, which Mastodon's API doesn't use here. {ask}",
        ask = what_now(ask)
    );
    Failure::new(in_doubt(ask), Kind::BadAnswer, detail).answered(status, code)
}

fn what_now(ask: Ask) -> Text {
    if ask.is_invisible() {
        say!("Fanfare tries again.")
    } else {
        say!("It is not known whether the request took effect; Fanfare checks before doing anything else.")
    }
}

fn in_doubt(ask: Ask) -> Outcome {
    if ask.is_invisible() { Outcome::NotSent } else { Outcome::Unknown }
}

/// The answer's words in lower case: the fields of a JSON error, the challenge header, or the plain text.
fn words_of(headers: &HeaderMap, body: &[u8]) -> (Shape, String) {
    let challenge = header(headers, "www-authenticate").unwrap_or_default().to_lowercase();
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_lowercase();
        return (Shape::Words, format!("{} {} {challenge}", text("error"), text("error_description")));
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]).to_lowercase();
    let is_page = header(headers, "content-type").is_some_and(|kind| kind.to_lowercase().contains("html"))
        || text.trim_start().starts_with('<');
    if is_page { (Shape::Page, challenge) } else { (Shape::Words, format!("{text} {challenge}")) }
}

/// The machine-readable name of an error, if the answer has one (`invalid_grant`); sentences are not codes.
fn code_of(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let name = json["error"].as_str()?;
    let is_code = !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_code.then(|| name.to_owned())
}

/// Until when to wait after a 429: `X-RateLimit-Reset` (an ISO 8601 instant on Mastodon), else `Retry-After`. Mastodon
/// sends the first with every answer, so that it says nothing about trouble of another kind.
fn until(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let reset = header(headers, "x-ratelimit-reset").and_then(|text| Timestamp::parse(text).ok());
    let wanted = reset.or_else(|| header(headers, "retry-after").and_then(|text| retry_after(text, now)))?;
    believed(wanted, now)
}

/// An instant within bounds. One in the past says nothing about the future (clocks differ).
fn believed(wanted: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (wanted > now).then(|| wanted.clamp(now + PAUSE_MIN, now + PAUSE_MAX))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn retry_after(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(now + Duration::from_secs(seconds.min(PAUSE_MAX.as_secs())));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(Timestamp::from_jiff(date))
}

#[cfg(test)]
mod tests;
