//! Posts: judged, prepared, sent once, looked up, deleted, edited.

use std::time::Duration;

use async_trait::async_trait;
use base::{Clock, Random, Text, Timestamp, say};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    connect::{AppCredentials, Tokens},
    draft::{Draft, Framing, ImageRules, Issue, Limits, Media},
    failure::{Failure, FailureKind},
    http::Http,
    reading::{CardNow, Reading},
};

/// What a connector gets with each call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The way out; it records each exchange.
    pub http: &'a Http,
    /// The installation's app at the platform (or at this instance).
    pub app: &'a AppCredentials,
    /// The grant's tokens; empty while connecting.
    pub tokens: &'a Tokens,
    /// The channel's permanent id at the platform; empty while connecting.
    pub account_id: &'a str,
    /// The channel's facts, as `Found::facts`; `null` while connecting.
    pub facts: &'a Value,
    /// Our own public address (client documents, links back).
    pub public_url: &'a url::Url,
    /// Addresses that stand in for the platform's own, by the connector's names for them (`api`, `authorize`, …).
    /// Empty except with the sandbox and in tests.
    pub endpoints: &'a std::collections::BTreeMap<String, url::Url>,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Chance.
    pub random: &'a dyn Random,
}

impl Call<'_> {
    /// The address for `name`: the override if there is one, else the platform's own.
    pub fn endpoint(&self, name: &str, default: &str) -> String {
        let found = self.endpoints.get(name).map_or(default, |url| url.as_str());
        found.trim_end_matches('/').to_owned()
    }
}

/// Posting. `check`, `limits`, `read` and `proof` are pure.
#[async_trait]
pub trait Publish: Send + Sync {
    /// What the channel can take.
    fn limits(&self, facts: &Value) -> Limits;

    /// The shape in which images of a post with these options go out, where a person chose one. Of options that are wrong, none.
    fn framing(&self, _options: &Value) -> Option<Framing> {
        None
    }

    /// What the platform makes of the text of the part at `position`: its length, links, mentions and tags, and what gets
    /// lost. `check` and the request go by this very reading. Files may be missing from the draft, and options may be
    /// wrong (then they count as absent): it runs at every key that a person presses. A `position` beyond the last part
    /// reads as an empty text.
    fn read(&self, draft: &Draft, position: usize, facts: &Value) -> Reading;

    /// What would the platform refuse? Runs while composing and again before sending.
    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue>;

    /// The card that a part's link would get if the part went out now. Reads the link's page, without a sign-in. `None`
    /// where the platform makes cards itself, or none is wanted.
    async fn card(&self, _call: &Call<'_>, _draft: &Draft, _position: usize) -> Option<CardNow> {
        None
    }

    /// How we can know what became of this part after a crash.
    fn proof(&self, job: &PartJob<'_>, facts: &Value) -> ProofClass;

    /// The repeatable part: upload media, resolve mentions, open containers. Each handle is journaled through
    /// `handles` before the next step, and found there again after a crash. Ends with the request frozen:
    /// `send` of the same `Prepared` twice writes the same bytes.
    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure>;

    /// The one visible write. `Armed` is durable before this runs. No retry in here.
    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure>;

    /// The same where a platform takes the files only together with the post: `files` are those of the part, in order. They are
    /// there when a part is sent for the first time; a request that is repeated from the journal has none.
    async fn send_with(&self, call: &Call<'_>, ready: &Prepared, _files: &[Media]) -> Result<Sent, Failure> {
        self.send(call, ready).await
    }

    /// What may follow a part once it is there and is safe to repeat (Bluesky: reply gates; X: nothing).
    async fn settle(&self, _call: &Call<'_>, _ready: &Prepared, _sent: &Sent) -> Result<(), Failure> {
        Ok(())
    }

    /// Reads only: what became of it? Never posts.
    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure>;

    /// The post at an address that a person found, as this part's own: what `send` would have given, for what follows
    /// needs the platform's own id. Reads only.
    ///
    /// # Errors
    /// `InputInvalid` if it is not the address of a post of this account, `RemoteNotFound` if nothing is there.
    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure>;

    /// Deletes what was published. Already gone counts as done.
    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure>;

    /// Replaces a published part with the one in `job`, where the platform can (`limits().edit`).
    async fn edit(
        &self,
        _call: &Call<'_>,
        _remote: &Remote,
        _job: &PartJob<'_>,
        _handles: &dyn Handles,
    ) -> Result<Sent, Failure> {
        let detail = say!("Posts on this platform can't be edited. Delete this one and publish it again.");
        Err(Failure::rejected(FailureKind::ContentRefused, detail))
    }
}

/// One part to carry out.
#[derive(Clone, Copy)]
pub struct PartJob<'a> {
    /// The whole variant, with renditions that fit.
    pub draft: &'a Draft,
    /// Which part of it.
    pub position: usize,
    /// What the parts before it became, in order.
    pub earlier: &'a [Remote],
    /// Names this part of this publication, the same over all its attempts. Text, at most 64 characters.
    pub op_id: &'a str,
    /// When the first attempt at this part was prepared; the same over all attempts.
    pub begun_at: Timestamp,
}

/// The journal of a part's handles: a JSON value by name, durable when `put` returns.
#[async_trait]
pub trait Handles: Send + Sync {
    /// What was put under this name, in this run or before a crash.
    fn get(&self, name: &str) -> Option<Value>;
    /// Remembers; durable when it returns. A failure here stops the part before anything visible happens.
    async fn put(&self, name: &str, value: Value) -> Result<(), Failure>;
    /// Forgets a handle that the platform no longer knows.
    async fn forget(&self, name: &str) -> Result<(), Failure>;
    /// An address at which the platform can fetch this file of the draft, and nothing else. It works for an hour, while this
    /// part is being carried out; asked for again, it is the same. Only for platforms whose `About::fetches` is set, and only
    /// for a file that must be fetched: anyone who knows the address can read the file, and an installation that the internet
    /// doesn't reach has none.
    ///
    /// # Errors
    /// `AddressRefused` where the platform couldn't reach this installation.
    async fn public_address(&self, _file: &Media) -> Result<url::Url, Failure> {
        let detail = say!("This installation gives out no addresses of files here.");
        Err(Failure::rejected(FailureKind::AddressRefused, detail))
    }
    /// A picture from elsewhere, made to fit: its bytes and type. `None` where it cannot be, or no one is there to do it.
    async fn smaller(&self, _picture: Bytes, _rules: &ImageRules) -> Option<(Bytes, String)> {
        None
    }
}

/// A part ready to be sent. Stored with the attempt before the first byte leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// All that `send` and `look_up` need: path, body, what to search for. The connector's own JSON. No secrets.
    pub request: Value,
    /// The id that we chose and the platform will know it by (record key, idempotency key), if there is one.
    pub client_id: Option<String>,
    /// The proof class of this very request.
    pub proof: ProofClass,
}

/// How we can know what became of a send whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofClass {
    /// The platform knows it by an id that we chose: the same request may be sent again, within `repeat_for_s`
    /// seconds of the first send (`None`: always).
    ClientId {
        /// Seconds; `None` is for ever.
        repeat_for_s: Option<u32>,
    },
    /// A container or session that we hold tells its state.
    Staged,
    /// It can be found in a listing of the account's own posts.
    ReadBack,
    /// Only a person can tell.
    Person,
}

/// A post at the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// The platform's id.
    pub id: String,
    /// The address of its page.
    pub url: String,
    /// What later parts, deletion and metrics need besides (a CID, say): the connector's own JSON.
    pub extra: Value,
}

/// A part that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Where.
    pub remote: Remote,
    /// Whether the platform still works on it (video), so that a look-up must follow.
    pub processing: bool,
}

/// What `look_up` goes by.
#[derive(Clone, Copy)]
pub struct Trace<'a> {
    /// What was to be sent.
    pub ready: &'a Prepared,
    /// When the attempt was armed.
    pub armed_at: Timestamp,
    /// When its call had to have ended.
    pub deadline: Timestamp,
    /// Where it already is, if an answer came and the platform still worked on it.
    pub sent: Option<&'a Sent>,
    /// Ids of the channel's posts that are already accounted for: never a match.
    pub taken: &'a [String],
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is there.
    Published {
        /// Where.
        sent: Sent,
        /// What proves it, for the story (`own record key`, `unique match in the account's own posts`).
        proof: Text,
    },
    /// The platform still works on it.
    Processing,
    /// The platform worked on it and refused it in the end.
    Refused(Text),
    /// It is not there, as far as this read can see. Whether that proves absence is for the engine: after the last
    /// look of the schedule, or at once if `certain`.
    Absent {
        /// Whether the read cannot have missed it (a key look-up with read-your-writes).
        certain: bool,
    },
    /// Several candidates: a person must choose.
    Ambiguous(Vec<Remote>),
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It was there and is gone.
    Gone,
    /// It was gone before.
    WasGone,
}

/// When a part whose outcome is unknown is looked up again: after its deadline by so much.
pub const LOOK_SCHEDULE: &[Duration] = &[
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(30 * 60),
];
