//! Every error that a client can see, as an RFC 9457 problem. `docs/problems.md` is made from this list.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::words::{Text, keep, say, tell};

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident $status:literal $slug:literal $title:literal $remedy:literal;)*) => {
        /// The kind of problem; its slug is the end of the `type` address and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* #[doc = $title] $code,)* }
        impl Code {
            /// All kinds.
            pub const ALL: &'static [Code] = &[$(Code::$code,)*];
            /// The HTTP status.
            pub const fn status(self) -> u16 { match self { $(Code::$code => $status,)* } }
            /// The stable name.
            pub const fn slug(self) -> &'static str { match self { $(Code::$code => $slug,)* } }
            /// What happened, in a few words.
            pub const fn title(self) -> &'static str { match self { $(Code::$code => $title,)* } }
            /// What to do about it.
            pub const fn remedy(self) -> &'static str { match self { $(Code::$code => $remedy,)* } }
        }
    };
}

codes! {
    BadRequest 400 "bad-request" "The request could not be read" "Correct the part that `detail` names and send it again.";
    InvalidField 422 "invalid-field" "A field has a value that is not allowed" "`errors` names each field, the rule it breaks and what is allowed.";
    Unauthenticated 401 "unauthenticated" "Not signed in" "Sign in, or send an API key as `Authorization: Bearer fanfare_live_…`.";
    WrongCredentials 401 "wrong-credentials" "The e-mail address or the password is wrong" "Check both and try again.";
    KeyExpired 401 "key-expired" "The API key has expired" "Make a new key in Settings, API keys.";
    Forbidden 403 "forbidden" "Not allowed" "`detail` names the permission that is missing; ask an owner of the workspace for it.";
    CrossSite 403 "cross-site" "The request comes from another site" "Browser requests that change something must come from Fanfare's own pages.";
    ConfirmIdentity 403 "confirm-identity" "Confirm that it is you" "Sign in again (`POST /v1/session`); this act wants a sign-in of the last 15 minutes.";
    NotFound 404 "not-found" "Not found" "Check the id; things of other workspaces are not found either.";
    MethodNotAllowed 405 "method-not-allowed" "That method is not allowed here" "See the API document at `/v1/openapi.json`.";
    Conflict 409 "conflict" "Its state does not allow this" "`detail` says which state it is in.";
    AlreadyExists 409 "already-exists" "It exists already" "Use the one that exists, or choose another name.";
    ChannelElsewhere 409 "channel-elsewhere" "The account is connected in another workspace" "Disconnect it there first, or ask an owner there to move it.";
    OtherAccount 409 "other-account" "That is another account" "Sign in at the platform as the account that this channel belongs to.";
    KeyInUse 409 "idempotency-key-in-use" "A request with this Idempotency-Key is still running" "Wait for its answer, then send the same request again to read it.";
    KeyReused 422 "idempotency-key-reused" "This Idempotency-Key was used for another request" "Use a new key for a new request.";
    StaleRevision 412 "stale-revision" "It was changed in the meantime" "Read it again, apply your change to the new revision and send it with its ETag.";
    RevisionMissing 428 "revision-missing" "If-Match is missing" "Send the ETag that you read as `If-Match`.";
    TooLarge 413 "too-large" "The request is too large" "`detail` names the limit.";
    UnsupportedType 415 "unsupported-type" "The body has a type that is not taken here" "`detail` names the type; send it as `Content-Type`.";
    RangeOutside 416 "range-outside" "The file has no such bytes" "`Content-Range` says how many it has; ask for some of those.";
    MediaRefused 422 "media-refused" "The file cannot be used" "`detail` names the rule and what is allowed.";
    UploadMismatch 409 "upload-mismatch" "The upload continues at another offset" "Ask for the offset with HEAD and continue from there.";
    UploadIncomplete 409 "upload-incomplete" "The upload has not ended" "Send the rest of the file first.";
    QuotaFull 422 "quota-full" "The workspace's storage is full" "Delete media that is no longer used, or ask the operator for more.";
    AddressRefused 422 "address-refused" "That address cannot be used" "`detail` names the rule; only public https addresses are fetched.";
    FetchFailed 422 "fetch-failed" "The address could not be read" "`detail` says what the other server did. Check the address, or upload the file.";
    UnknownZone 422 "unknown-zone" "Unknown time zone" "Use an IANA name such as Europe/Amsterdam.";
    TimeGap 422 "time-gap" "That local time does not exist" "Clocks are set forward then; `detail` names the first valid time.";
    TimePassed 422 "time-passed" "That time has passed" "Choose a time to come, or publish now.";
    NoSlot 422 "no-slot" "There is no free queue slot" "Add queue slots to the channel, or choose a time.";
    PostRefused 422 "post-refused" "A channel cannot take this post" "`issues` names the channel, the rule with its number, and what to do.";
    TooLate 409 "too-late" "It is too late to do this" "The post is being sent or has been; `detail` says which.";
    ConnectFailed 422 "connect-failed" "The channel could not be connected" "`detail` says what the platform answered and what to do.";
    EventsGone 410 "events-gone" "These events are no longer available" "Reload what you show, then ask for the events after `last`.";
    ConnectExpired 410 "connect-expired" "This connection attempt has ended" "Begin again from Channels, Connect.";
    PlatformNotSetUp 422 "platform-not-set-up" "The platform is not set up on this installation" "The operator enters the app's client id and secret under Settings, Installation.";
    PlatformFailed 502 "platform-failed" "The platform could not do this" "`detail` says what it answered and whether to try again.";
    CostsMoney 402 "costs-money" "The platform charges for this" "`detail` names the price. Send it again with `at_cost` set to `true` to agree.";
    OutcomeUnknown 502 "outcome-unknown" "It is not known whether the platform did this" "Look at the platform before you do it again.";
    RateLimited 429 "rate-limited" "Too many requests" "Wait as long as `Retry-After` says.";
    Stopped 503 "stopped" "Publishing is stopped on this installation" "An operator has used the emergency stop; an operator can lift it.";
    Unavailable 503 "unavailable" "Fanfare cannot do this right now" "Try again in a moment.";
    Internal 500 "internal" "Something went wrong in Fanfare" "Try again; if it happens again, give the operator the `request_id`.";
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where, as a JSON pointer (`/parts/0/text`).
    pub pointer: String,
    /// Which rule it breaks and what to do.
    pub detail: Text,
}

/// An error for the client. The text is ours: never a token, a person's data or a raw platform answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.slug())]
pub struct Problem {
    /// The kind.
    pub code: Code,
    /// What happened this time.
    pub detail: Text,
    /// More members of the answer (`issues`, `errors`, …). Texts in them are said when the answer is made.
    pub members: Map<String, Value>,
    /// Seconds to wait, for the `Retry-After` header.
    pub retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code, detail: impl Into<Text>) -> Self {
        Self { code, detail: detail.into(), members: Map::new(), retry_after_s: None }
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.members.insert(name.to_owned(), keep(&value));
        self
    }

    /// One wrong field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<Text>) -> Self {
        Self::fields(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// Several wrong fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let of = |error: &FieldError| Text::joined([Text::verbatim(&*error.pointer), error.detail.clone()], ": ");
        let detail = Text::joined(errors.iter().map(of), "; ");
        Self::new(Code::InvalidField, detail).with("errors", errors)
    }

    /// There is no such thing in this workspace: a post, a channel.
    pub fn not_found(what: &'static str) -> Self {
        let detail = match what {
            "post" => say!("This post isn't in this workspace, or no longer exists."),
            "channel" => say!("This channel isn't in this workspace, or no longer exists."),
            "publication" => say!("This publication isn't in this workspace, or no longer exists."),
            "media asset" => say!("This file isn't in this workspace, or no longer exists."),
            "platform" => say!("This installation has no such platform."),
            "connection" => say!("This connection isn't in this workspace, or no longer exists."),
            _ => say!("It isn't in this workspace, or no longer exists."),
        };
        Self::new(Code::NotFound, detail)
    }

    /// The client may try again after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The body of the answer (`application/problem+json`).
    pub fn body(&self) -> Value {
        let mut body = Value::Object(self.members.clone());
        tell(&mut body);
        let Value::Object(mut body) = body else { return body };
        body.insert("type".into(), format!("/problems/{}", self.code.slug()).into());
        body.insert("title".into(), Text::constant(self.code.title()).said().into());
        body.insert("status".into(), self.code.status().into());
        body.insert("detail".into(), self.detail.said().into());
        body.insert("remedy".into(), Text::constant(self.code.remedy()).said().into());
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slug_is_there_once() {
        let mut slugs: Vec<_> = Code::ALL.iter().map(|code| code.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Code::ALL.len());
    }
}
