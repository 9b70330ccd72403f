//! What a platform sends to this installation without being asked: the handshake with which it tries an address, messages
//! about accounts and posts, and the requests of people who took back access or want their data deleted.
//!
//! A connector reads and proves; it stores nothing and calls no one. Signatures are checked over the bytes as they came, before
//! anything in them is read (S-71).

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use base::{Secret, Text, Timestamp};
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::{
    connect::{AppCredentials, Granted},
    failure::Failure,
    messaging::{MessageUpdate, PersonSaid},
    publish::Call,
};

/// Where a platform signs a time, it may differ from ours by so much (S-71). Older messages may be replays.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What a platform sends on its own.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// The addresses that an operator gives to the platform, in the order in which it asks for them.
    fn addresses(&self) -> &'static [HookAddress];

    /// Proves and reads what came to one of the addresses. Pure, and quick: the platform waits for the answer.
    ///
    /// # Errors
    /// Why it is refused. Then nothing of it is believed.
    fn hear(&self, incoming: &Incoming<'_>) -> Result<Heard, Refused>;

    /// The answer to a request for deletion, where [`Heard::answer`] is [`Answer::Receipt`]: `status` is the page that says how
    /// far it is, `code` the confirmation code.
    fn receipt(&self, _status: &url::Url, _code: &str) -> Value {
        Value::Null
    }

    /// The id by which these messages name the account, where it is another than [`crate::Account::id`].
    fn named_by(&self, _granted: &Granted) -> Option<String> {
        None
    }

    /// Whether the platform sends messages about a channel only if it was asked to ([`Webhooks::subscribe`]).
    fn wants_subscriptions(&self) -> bool {
        false
    }

    /// Asks the platform to send messages about the channel of this call. It is asked again each day: a platform may forget.
    async fn subscribe(&self, _call: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Asks it to stop.
    async fn unsubscribe(&self, _call: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// An address of this installation that a platform calls.
#[derive(Debug)]
pub struct HookAddress {
    /// The end of its path: `deauthorize` in `/hooks/threads/deauthorize`. Empty for the platform's main address.
    pub name: &'static str,
    /// What the platform calls it where an operator enters it.
    pub label: Text,
    /// Whether the platform asks for a word beside it, which it gives back when it calls ([`Incoming::word`]).
    pub has_word: bool,
}

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Which address was called, by its [`HookAddress::name`].
    pub address: &'a str,
    /// `GET` or `POST`.
    pub method: &'a Method,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its query, decoded. Of a name that comes twice, the last one.
    pub query: &'a BTreeMap<String, String>,
    /// Its body, byte by byte.
    pub body: &'a [u8],
    /// The installation's app at the platform.
    pub app: &'a AppCredentials,
    /// The word that the operator gave to the platform with the address.
    pub word: &'a Secret<String>,
    /// Now.
    pub now: Timestamp,
}

/// What a proven request says.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// What happened, in no certain order.
    pub events: Vec<HookEvent>,
    /// What the platform is answered.
    pub answer: Answer,
}

/// What happened at a platform. Times are the platform's; without one, the arrival counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookEvent {
    /// An account's holder removed this app's access.
    Removed {
        /// The account, as the platform's messages name it ([`Webhooks::named_by`]).
        account: String,
        /// When.
        at: Option<Timestamp>,
    },
    /// An account's holder wants what is stored about the account deleted.
    Erase {
        /// The account, as for `Removed`.
        account: String,
        /// When.
        at: Option<Timestamp>,
    },
    /// A post was published, changed, answered or deleted.
    Changed {
        /// The account that it is on, by [`crate::Account::id`].
        account: String,
        /// The post, by the platform's id ([`crate::Remote::id`]).
        post: String,
        /// When.
        at: Option<Timestamp>,
    },
    /// Something became of a message ([`crate::Messaging`]).
    Message(Box<MessageUpdate>),
    /// A person wrote to a channel, or said what they want to get.
    Person(PersonSaid),
    /// Something else, by the platform's name for it.
    Other(String),
}

/// What a platform is answered. The status is 200.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nothing but the status.
    Empty,
    /// This text, such as the challenge of a handshake.
    Text(String),
    /// This JSON.
    Json(Value),
    /// The confirmation of a deletion ([`Webhooks::receipt`]).
    Receipt,
}

impl Answer {
    /// It alone: nothing happened.
    pub fn alone(self) -> Heard {
        Heard { events: Vec::new(), answer: self }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It doesn't prove that it comes from the platform.
    #[error("it does not prove that it comes from the platform")]
    Forged,
    /// It was signed too long ago, or in the future ([`TOLERANCE`]).
    #[error("it was signed too long ago, or in the future")]
    Stale,
    /// It is proven, and not in the form that the platform documents.
    #[error("its form is not the documented one")]
    Malformed,
    /// The address takes no such requests.
    #[error("the address takes no such requests")]
    NotHere,
}

/// Whether a signed time is within [`TOLERANCE`].
///
/// # Errors
/// [`Refused::Stale`].
pub fn in_time(signed: Timestamp, now: Timestamp) -> Result<(), Refused> {
    let apart = if signed > now { signed.since(now) } else { now.since(signed) };
    if apart <= TOLERANCE { Ok(()) } else { Err(Refused::Stale) }
}
