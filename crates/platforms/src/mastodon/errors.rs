//! The error table: what each refusal of an instance means.
//!
//! Error texts are translated and differ between servers, so the status decides first; a text only sharpens it. The
//! text shown to people is ours.

use std::time::Duration;

use base::Timestamp;
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
    detail: &'static str,
}

const fn row(statuses: &'static [u16], verdict: Verdict, kind: Kind, detail: &'static str) -> Row {
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
const RECONNECT: &str = "The instance no longer accepts this channel's token. Reconnect the channel.";

const TROUBLE_BEFORE: &str = "The instance is in trouble. Fanfare tries again.";

/// Mastodon API, "Errors", and what Takahē answers instead. Statuses that no row names are in doubt.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(&[429], Verdict::Throttled, Kind::RateLimited,
        "The instance asks for a pause: too many requests. Fanfare goes on when the pause is \
         over.")
        .page_too(),
    // Signing in.
    row(&[400, 401, 403], Verdict::Rejected, Kind::AppMisconfigured,
        "The instance no longer knows Fanfare's app. Connect the channel again: Fanfare registers there anew.")
        .of(&[Ask::Token]).says(&["invalid_client", "unauthorized_client", "client authentication failed"]),
    row(&[400, 401], Verdict::Rejected, Kind::InputInvalid,
        "The instance did not accept the sign-in: it was used already, or took longer than allowed. Connect again.")
        .of(&[Ask::Token]).says(&["invalid_grant"]),
    row(&[400, 401], Verdict::Rejected, Kind::AppMisconfigured,
        "The instance does not grant the permissions that Fanfare asked for. An operator must look at the app's \
         registration.")
        .of(&[Ask::Token]).says(&["invalid_scope"]),
    row(&[400, 401, 403, 422], Verdict::Rejected, Kind::AppMisconfigured,
        "The instance refused the sign-in of Fanfare's app. An operator must look at the app's registration \
         there.").of(&[Ask::Token]),
    row(&[400, 401, 403, 406, 415, 422], Verdict::Rejected, Kind::AppMisconfigured,
        "The instance refused to register Fanfare as an app. Ask its administrators whether apps are allowed \
         there.").of(&[Ask::Register]),
    row(&[404, 405, 410], Verdict::Rejected, Kind::InputInvalid,
        "There is no Mastodon API at this address. Enter the address that your browser shows when you use the \
         instance.")
        .of(&[Ask::Token, Ask::Register]).page_too(),
    // The token.
    row(&[400, 401], Verdict::Rejected, Kind::ReconnectNeeded, RECONNECT).says(&["token", "bearer"]),
    row(&[401], Verdict::Rejected, Kind::ReconnectNeeded, RECONNECT),
    row(&[403], Verdict::Rejected, Kind::ScopeMissing,
        "The channel's permissions do not cover this. Reconnect the channel and agree to what \
         is asked.")
        .says(&["authorized scopes", "insufficient_scope"]),
    row(&[403], Verdict::Rejected, Kind::ContentRefused,
        "The instance does not allow this account to answer or quote that post.")
        .of(POSTS).says(&["this action is not allowed"]),
    row(&[403], Verdict::Rejected, Kind::AccountBlocked,
        "The instance does not let this account act: it may be locked, unconfirmed, awaiting approval, or without the \
         permission. Sign in at the instance and see what it says."),
    row(&[410], Verdict::Rejected, Kind::AccountBlocked,
        "The instance says that the account or the post is gone for good. Sign in at the \
         instance and look."),
    // Files.
    row(&[413], Verdict::Rejected, Kind::MediaRefused,
        "The file is larger than the instance's own server lets through. Use a smaller \
         file.").of(FILES).page_too(),
    row(&[400, 422], Verdict::Rejected, Kind::MediaRefused,
        "The instance refuses the file: its type, size or content. Use another file or \
         format.").of(FILES),
    row(&[404], Verdict::Throttled, Kind::MediaNotReady,
        "The instance no longer has the uploaded file. Fanfare uploads it \
         again.").of(&[Ask::MediaState]).page_too(),
    row(&[500], Verdict::Unknown, Kind::MediaRefused,
        "The instance failed to process the file.").of(FILES).says(&["error processing"]),
    // Posts.
    row(&[422], Verdict::Throttled, Kind::MediaNotReady,
        "The instance still processes an attached file. Fanfare tries again in a few seconds.")
        .of(POSTS).says(&["not finished processing"]),
    row(&[400, 422], Verdict::Throttled, Kind::MediaNotReady,
        "The instance no longer has an attached file. Fanfare uploads it again.")
        .of(POSTS).says(&["not found or already attached"]),
    row(&[400, 422], Verdict::Rejected, Kind::MediaRefused,
        "The instance refuses the attached files: too many, or of kinds that do not go together. Change the media.")
        .of(POSTS).says(&["cannot attach", ": file ", "media"]),
    row(&[413], Verdict::Rejected, Kind::ContentRefused,
        "The post is larger than the instance's own server lets through. Shorten \
         it.").of(POSTS).page_too(),
    row(&[400, 422], Verdict::Rejected, Kind::ContentRefused,
        "The instance refuses the post: too long, empty, or with a poll or option it does not take. Change the post.")
        .of(POSTS),
    row(&[404], Verdict::Rejected, Kind::RemoteNotFound,
        "The instance does not find what this answers, quotes or changes; it may have been deleted, as may the post \
         itself.").of(POSTS).page_too(),
    row(&[404], Verdict::Rejected, Kind::RemoteNotFound,
        "The instance does not find it; it may have been deleted.").page_too(),
    row(&[406, 415], Verdict::Rejected, Kind::AppMisconfigured,
        "The instance does not take requests in the form that Mastodon's API has. It may run \
         software that Fanfare does not know; tell the operator of this installation."),
    row(&[400, 422], Verdict::Rejected, Kind::BadAnswer,
        "The instance does not understand the request."),
    // The server is in trouble.
    row(TROUBLE, Verdict::Unknown, Kind::Unavailable,
        "The instance is in trouble. Whether the request took effect is not known; Fanfare looks before it does \
         anything else.").page_too(),
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
    let detail = if outcome == Outcome::NotSent && row.kind == Kind::Unavailable { TROUBLE_BEFORE } else { row.detail };
    Failure::new(outcome, row.kind, detail).answered(status, code).not_before(pause)
}

/// An answer of success that does not say what it must.
pub(crate) fn unreadable(ask: Ask, reply: &Reply, missing: &str) -> Failure {
    let detail = format!("The instance answered {} but without {missing}. {}", reply.status, what_now(ask));
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
    let detail = format!(
        "The instance, or something in front of it, answered {status}, which Mastodon's API does not give here. {}",
        what_now(ask)
    );
    Failure::new(in_doubt(ask), Kind::BadAnswer, detail).answered(status, code)
}

fn what_now(ask: Ask) -> &'static str {
    if ask.is_invisible() {
        "Fanfare tries again."
    } else {
        "Whether the request took effect is not known; Fanfare looks before it does anything else."
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
