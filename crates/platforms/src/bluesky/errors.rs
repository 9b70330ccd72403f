//! What an answer that is not a success means. Pure: every row of the reference's error table is a row here.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind as Kind, Outcome, Reply};

use super::wire::ErrorBody;

/// The longest that we let a server tell us to wait (F-09).
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// How long we wait where a server says "later" without saying when.
const WAIT_UNSAID: Duration = Duration::from_secs(60);

/// What was asked of the server: the same words may mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A record written or deleted.
    Write,
    /// A file uploaded.
    Upload,
    /// Anything read.
    Read,
    /// A session begun with an app password.
    SignIn,
    /// A session refreshed, looked at or ended.
    Session,
    /// The authorization server: pushed request, token, revocation.
    OAuth,
}

/// The failure that this answer is.
pub(super) fn failure(asked: Asked, reply: &Reply, now: Timestamp) -> Failure {
    let body: ErrorBody = reply.json().unwrap_or_default();
    let name = body.error.clone();
    let (outcome, kind, detail) = judge(asked, reply, name.as_deref(), body.words());
    let retry_at = match outcome {
        Outcome::Throttled => Some(retry_at(reply, now)),
        _ if reply.header("retry-after").is_some() => Some(retry_at(reply, now)),
        _ => None,
    };
    Failure::new(outcome, kind, detail).answered(reply.status, name).not_before(retry_at)
}

/// A 2xx whose body is not what it should be: the server may well have done what it was asked.
pub(super) fn not_understood(reply: &Reply) -> Failure {
    let detail = say!("The server accepted the request, but its answer can't be read. It may have been carried out.");
    Failure::unknown(Kind::BadAnswer, detail).answered(reply.status, None)
}

type Verdict = (Outcome, Kind, Text);

fn judge(asked: Asked, reply: &Reply, name: Option<&str>, words: &str) -> Verdict {
    let status = reply.status;
    if let Some(verdict) = by_name(asked, reply, name.unwrap_or_default(), words) {
        return verdict;
    }
    match (status, name) {
        (408 | 500.., _) => unknown(
            Kind::Unavailable,
            say!("The server failed (HTTP {status}) and doesn't say whether the request was carried out."),
        ),
        (429, _) => throttled(say!("Rate limit reached for this account or address.")),
        (413, _) => too_large(asked),
        (401, _) => rejected(
            Kind::ReconnectNeeded,
            say!("The server no longer accepts this channel's login. Reconnect the channel."),
        ),
        (400..500, Some(name)) => {
            rejected(refusal(asked), say!("The server refused it ({name}): {words}", words = said(words)))
        }
        // A page of a proxy, not an answer of the server: it proves nothing about what stands behind it.
        _ => unknown(Kind::BadAnswer, say!("Something other than the server answered (HTTP {status}, no XRPC error).")),
    }
}

fn by_name(asked: Asked, reply: &Reply, name: &str, words: &str) -> Option<Verdict> {
    if asked == Asked::OAuth {
        return of_oauth(reply.status, name, words);
    }
    if reply.status >= 500 && name != "MethodNotImplemented" {
        return None;
    }
    let invalid_token =
        reply.status == 401 && (name == "invalid_token" || challenge(reply).contains("error=\"invalid_token\""));
    Some(match name {
        "ExpiredToken" | "InvalidToken" if asked != Asked::Session => {
            rejected(Kind::TokenExpired, say!("The access token has expired. Fanfare gets a new one and tries again."))
        }
        "ExpiredToken" | "InvalidToken" => rejected(
            Kind::ReconnectNeeded,
            say!(
                "This channel's login has ended: the app password was removed, or it was unused for 90 days. Reconnect it."
            ),
        ),
        _ if invalid_token => rejected(
            Kind::TokenExpired,
            say!(
                "The access token has expired, or was replaced by a newer one. Fanfare gets a new one and tries again."
            ),
        ),
        "use_dpop_nonce" => throttled(say!("The server keeps asking for a newer nonce. Nothing was done.")),
        "invalid_dpop_proof" => rejected(
            Kind::AppMisconfigured,
            say!(
                "The server refused our proof of possession ({words}). Nothing was done. Check this machine's clock.",
                words = said(words)
            ),
        ),
        "AuthFactorTokenRequired" => rejected(
            Kind::InputInvalid,
            say!(
                "That is the account's main password: the server asks for a code by e-mail. Make an app password in Bluesky under Settings, Privacy and security, App passwords, and enter that."
            ),
        ),
        "AuthenticationRequired" if asked == Asked::SignIn => rejected(
            Kind::InputInvalid,
            say!("The server doesn't know this handle with this app password. Check both, or make a new app password."),
        ),
        "AuthMissing" | "AuthenticationRequired" => rejected(
            Kind::ReconnectNeeded,
            say!("The server no longer accepts this channel's login. Reconnect the channel."),
        ),
        "ScopeMissingError" => rejected(
            Kind::ScopeMissing,
            say!(
                "The permission for this was not granted ({words}). Reconnect the channel and allow it.",
                words = said(words)
            ),
        ),
        "AccountNotFound" => rejected(
            Kind::ReconnectNeeded,
            say!("The login belongs to another account, or the account has left this server. Reconnect the channel."),
        ),
        "AccountTakedown" | "RepoTakendown" | "AccountSuspended" | "RepoSuspended" => rejected(
            Kind::AccountBlocked,
            say!(
                "The account was taken down by its server. Only its owner can settle that with the server's moderators."
            ),
        ),
        "RepoDeactivated" | "AccountDeactivated" => rejected(
            Kind::AccountBlocked,
            say!("The account is deactivated. Its owner can activate it again in the app."),
        ),
        "InvalidSwap" => rejected(
            Kind::Duplicate,
            say!(
                "Another record has this post's key, so nothing was written. Check the account before publishing again."
            ),
        ),
        "BlobNotFound" => {
            rejected(Kind::MediaNotReady, say!("The server no longer has an uploaded file. Fanfare uploads it again."))
        }
        "RecordNotFound" => rejected(Kind::RemoteNotFound, say!("The server has no such record.")),
        "PayloadTooLarge" => too_large(asked),
        "RateLimitExceeded" => {
            throttled(say!("Rate limit of the account or of this address reached. Nothing was done."))
        }
        "MethodNotImplemented" => rejected(
            Kind::AppMisconfigured,
            say!("The account's server is too old for this call. Its operator must update it."),
        ),
        "InvalidRequest" => {
            rejected(invalid(asked, words), say!("The server refused it: {words}", words = said(words)))
        }
        _ => return None,
    })
}

fn of_oauth(status: u16, name: &str, words: &str) -> Option<Verdict> {
    if status >= 500 || status == 429 {
        return None;
    }
    Some(match name {
        "invalid_grant" => rejected(
            Kind::ReconnectNeeded,
            say!("The login has ended ({words}). Reconnect the channel.", words = said(words)),
        ),
        "use_dpop_nonce" => {
            throttled(say!("The authorization server keeps asking for a newer nonce. Nothing was done."))
        }
        "invalid_dpop_proof" => rejected(
            Kind::AppMisconfigured,
            say!(
                "The authorization server refused our proof of possession ({words}). Check this machine's clock.",
                words = said(words)
            ),
        ),
        "invalid_client" | "unauthorized_client" | "invalid_client_metadata" | "invalid_redirect_uri" => rejected(
            Kind::AppMisconfigured,
            say!(
                "The authorization server doesn't accept this installation ({words}). It must be able to fetch our client document at the public address.",
                words = said(words)
            ),
        ),
        "invalid_scope" => rejected(
            Kind::AppMisconfigured,
            say!(
                "The authorization server doesn't know a permission that was asked for ({words}).",
                words = said(words)
            ),
        ),
        "access_denied" => rejected(Kind::InputInvalid, say!("Access was declined. Start again to allow it.")),
        "server_error" | "temporarily_unavailable" => {
            unknown(Kind::Unavailable, say!("The authorization server failed. Try again in a minute."))
        }
        "" => return None,
        _ => rejected(
            Kind::AppMisconfigured,
            say!("The authorization server refused it ({name}): {words}", words = said(words)),
        ),
    })
}

/// Size and type of a file are judged when the record is written, in the words of the lexicon.
fn invalid(asked: Asked, words: &str) -> Kind {
    let of_blob = words.contains("blob") || words.contains("mimeType") || words.contains("mime type");
    match asked {
        Asked::Upload => Kind::MediaRefused,
        Asked::Write if of_blob => Kind::MediaRefused,
        Asked::SignIn => Kind::InputInvalid,
        Asked::Read => Kind::RemoteNotFound,
        _ => Kind::ContentRefused,
    }
}

fn refusal(asked: Asked) -> Kind {
    match asked {
        Asked::Write => Kind::ContentRefused,
        Asked::Upload => Kind::MediaRefused,
        Asked::Read => Kind::RemoteNotFound,
        Asked::SignIn => Kind::InputInvalid,
        Asked::Session => Kind::ReconnectNeeded,
        Asked::OAuth => Kind::AppMisconfigured,
    }
}

fn too_large(asked: Asked) -> Verdict {
    match asked {
        Asked::Upload => rejected(
            Kind::MediaRefused,
            say!("The file is larger than the account's server allows. Use a smaller one."),
        ),
        _ => rejected(Kind::ContentRefused, say!("The post is larger than the account's server allows.")),
    }
}

fn rejected(kind: Kind, detail: Text) -> Verdict {
    (Outcome::Rejected, kind, detail)
}

fn unknown(kind: Kind, detail: Text) -> Verdict {
    (Outcome::Unknown, kind, detail)
}

fn throttled(detail: Text) -> Verdict {
    (Outcome::Throttled, Kind::RateLimited, detail)
}

/// The server's own words, short enough for a screen.
fn said(words: &str) -> Text {
    let words = words.trim();
    if words.is_empty() {
        say!("it gives no reason")
    } else {
        Text::verbatim(words.chars().take(300).collect::<String>())
    }
}

/// The `WWW-Authenticate` header, in which DPoP errors of a resource server are told.
pub(super) fn challenge(reply: &Reply) -> &str {
    reply.header("www-authenticate").unwrap_or_default()
}

/// When to try again: `Retry-After`, else `RateLimit-Reset`, else a minute; never before a second or after a day.
fn retry_at(reply: &Reply, now: Timestamp) -> Timestamp {
    let told = reply.header("retry-after").and_then(|text| wait(text, now));
    let reset = || {
        let seconds: i64 = reply.header("ratelimit-reset")?.trim().parse().ok()?;
        (seconds > now.as_seconds()).then(|| Timestamp::from_seconds(seconds).since(now))
    };
    now + told.or_else(reset).unwrap_or(WAIT_UNSAID).clamp(WAIT_MIN, WAIT_MAX)
}

/// Seconds or a date (RFC 9110); `None` for what is neither, or lies in the past.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<i64>() {
        return u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs);
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    let wait = Timestamp::from_jiff(at).since(now);
    (!wait.is_zero()).then_some(wait)
}
