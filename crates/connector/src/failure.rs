//! What went wrong in a call, in the terms the engine decides by.

use base::{Text, Timestamp, say};
use serde::{Deserialize, Serialize};

use crate::publish::Sent;

/// A call that did not end well. The text is ours and safe to show; the platform's own words are in the recorded exchange.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind:?} ({outcome:?}): {detail}")]
pub struct Failure {
    /// What this means for a visible write.
    pub outcome: Outcome,
    /// What kind of trouble it is.
    pub kind: FailureKind,
    /// What happened and what to do, for the person. Whether anything is live is not said here: the engine, which knows the
    /// other parts, adds it.
    pub detail: Text,
    /// The platform's HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The platform's own name or number for the error.
    pub code: Option<String>,
    /// Not before this instant (from `Retry-After` or a rate-limit header).
    pub retry_at: Option<Timestamp>,
}

/// What a failed call means for a visible write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No byte of the request was written (DNS, connect, TLS): it may be tried again.
    NotSent,
    /// The platform refused it, documented and final.
    Rejected,
    /// The platform refused it for now, documented to have had no effect.
    Throttled,
    /// The answer proves that the post is there (a duplicate answer that names it).
    Proof(Box<Sent>),
    /// Anything else: it may have been applied. Only a look-up may decide.
    Unknown,
}

/// What kind of trouble it is; it decides who must act and what Fanfare does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The access token has expired: refresh, then try again.
    TokenExpired,
    /// The grant is gone (revoked, expired, password changed): the person must reconnect.
    ReconnectNeeded,
    /// The grant lacks a scope.
    ScopeMissing,
    /// The platform refuses the content.
    ContentRefused,
    /// The platform refuses a file.
    MediaRefused,
    /// A file is still being processed, or has expired at the platform: prepare again later.
    MediaNotReady,
    /// The platform says it has the same post already.
    Duplicate,
    /// What it refers to is not there (an answered, quoted or deleted post). Where that may be an own part made a moment ago,
    /// which the platform does not show everywhere yet, the engine waits for it.
    RemoteNotFound,
    /// Too many calls for now.
    RateLimited,
    /// The app's quota or credit is used up.
    QuotaUsedUp,
    /// The installation's app at the platform is set up wrongly.
    AppMisconfigured,
    /// The account is suspended, locked or not confirmed.
    AccountBlocked,
    /// The network or the platform is down.
    Unavailable,
    /// The answer could not be understood.
    BadAnswer,
    /// Our own address guard or allow-list refused the call.
    AddressRefused,
    /// What the person entered while connecting is wrong.
    InputInvalid,
}

/// Who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhoActs {
    /// No one: Fanfare tries again automatically.
    Fanfare,
    /// The author changes the post.
    Author,
    /// The channel's manager signs in at the platform again.
    ChannelManager,
    /// The operator of the installation.
    Operator,
}

impl FailureKind {
    /// Who can do something about it.
    pub fn who_acts(self) -> WhoActs {
        use FailureKind as K;
        match self {
            K::TokenExpired | K::RateLimited | K::Unavailable | K::BadAnswer | K::MediaNotReady => WhoActs::Fanfare,
            K::ContentRefused | K::MediaRefused | K::Duplicate | K::RemoteNotFound | K::InputInvalid => WhoActs::Author,
            K::ReconnectNeeded | K::ScopeMissing | K::AccountBlocked => WhoActs::ChannelManager,
            K::QuotaUsedUp | K::AppMisconfigured | K::AddressRefused => WhoActs::Operator,
        }
    }

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        use FailureKind as K;
        match self {
            K::TokenExpired => "token_expired",
            K::ReconnectNeeded => "reconnect_needed",
            K::ScopeMissing => "scope_missing",
            K::ContentRefused => "content_refused",
            K::MediaRefused => "media_refused",
            K::MediaNotReady => "media_not_ready",
            K::Duplicate => "duplicate",
            K::RemoteNotFound => "remote_not_found",
            K::RateLimited => "rate_limited",
            K::QuotaUsedUp => "quota_used_up",
            K::AppMisconfigured => "app_misconfigured",
            K::AccountBlocked => "account_blocked",
            K::Unavailable => "unavailable",
            K::BadAnswer => "bad_answer",
            K::AddressRefused => "address_refused",
            K::InputInvalid => "input_invalid",
        }
    }
}

impl Failure {
    /// A documented, final refusal.
    pub fn rejected(kind: FailureKind, detail: impl Into<Text>) -> Self {
        Self::new(Outcome::Rejected, kind, detail)
    }

    /// It may or may not have been applied.
    pub fn unknown(kind: FailureKind, detail: impl Into<Text>) -> Self {
        Self::new(Outcome::Unknown, kind, detail)
    }

    /// A failure of this outcome and kind.
    pub fn new(outcome: Outcome, kind: FailureKind, detail: impl Into<Text>) -> Self {
        Self { outcome, kind, detail: detail.into(), status: None, code: None, retry_at: None }
    }

    /// With the platform's status and code.
    #[must_use]
    pub fn answered(mut self, status: u16, code: Option<String>) -> Self {
        self.status = Some(status);
        self.code = code;
        self
    }

    /// Not before this instant.
    #[must_use]
    pub fn not_before(mut self, at: Option<Timestamp>) -> Self {
        self.retry_at = at;
        self
    }
}

impl From<crate::http::Transport> for Failure {
    fn from(error: crate::http::Transport) -> Self {
        use crate::http::Transport as T;
        let plain = error.plain();
        match error {
            T::NotSent(_) => Self::new(
                Outcome::NotSent,
                FailureKind::Unavailable,
                say!("The platform's server could not be reached, so nothing was sent ({why}).", why = plain),
            ),
            T::Refused(_) => Self::new(
                Outcome::NotSent,
                FailureKind::AddressRefused,
                say!("This installation may not call that address, so nothing was sent ({why}).", why = plain),
            ),
            T::Lost(_) => {
                Self::unknown(FailureKind::Unavailable, say!("The platform's answer was lost ({why}).", why = plain))
            }
            T::TooLarge(most) => Self::unknown(
                FailureKind::Unavailable,
                say!(
                    "The platform's answer was larger than the {most} that Fanfare reads.",
                    most = base::words::Size(most)
                ),
            ),
        }
    }
}
