//! Posts: prepared, written once, looked up, gated, deleted.
//!
//! Exactly once rests on one call: `putRecord` under a key that we chose, with `swapRecord: null`. The first time it
//! writes; the same record again changes nothing and says so; another record under the key is refused.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base::{Text, say};
use connector::{
    Call, CardNow, Deleted, Draft, Failure, FailureKind as Kind, Finding, Handles, Issue, Limits, Outcome, PartJob,
    PartKind, Prepared, ProofClass, Publish, Reading, Remote, Sent, SpanKind, Trace,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bluesky, POST, card, check,
    errors::{self, Asked},
    identity, media,
    options::Options,
    record::{self, Ingredients, Reply},
    rpc::{Ask, Pds, understood},
    syntax::AtUri,
    text, tid,
    wire::{RecordAnswer, Removed, StrongRef, Written},
};

/// What is kept of a prepared part: everything that `send`, `settle` and `look_up` need.
#[derive(Debug, Serialize, Deserialize)]
struct Frozen {
    did: String,
    rkey: String,
    record: Value,
    gates: Vec<Gate>,
}

/// A record beside the post.
#[derive(Debug, Serialize, Deserialize)]
struct Gate {
    collection: String,
    record: Value,
}

/// What is kept of a published part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extra {
    pub cid: String,
    /// The post that began the thread.
    pub root: StrongRef,
    #[serde(default)]
    pub gates: Vec<String>,
}

impl Frozen {
    fn of(ready: &Prepared) -> Result<Self, Failure> {
        serde_json::from_value(ready.request.clone()).map_err(|error| {
            Failure::rejected(
                Kind::BadAnswer,
                say!(
                    "What was stored of this post can't be read ({error}). Publish it again.",
                    error = error.to_string()
                ),
            )
        })
    }

    fn uri(&self) -> String {
        format!("at://{}/{POST}/{}", self.did, self.rkey)
    }

    fn put_body(&self) -> Value {
        json!({
            "repo": self.did, "collection": POST, "rkey": self.rkey,
            "swapRecord": null, "validate": true, "record": self.record,
        })
    }

    fn sent(&self, call: &Call<'_>, cid: String) -> Sent {
        Sent { remote: self.remote(call, &self.rkey, cid, &self.record), processing: false }
    }

    /// The account's post under a key, as a published part. Our gates are beside it only if the key is ours.
    fn remote(&self, call: &Call<'_>, rkey: &str, cid: String, record: &Value) -> Remote {
        let own = StrongRef { uri: format!("at://{}/{POST}/{rkey}", self.did), cid: cid.clone() };
        let root = serde_json::from_value(record["reply"]["root"].clone()).unwrap_or_else(|_| own.clone());
        let beside = self.gates.iter().filter(|_| rkey == self.rkey);
        let gates = beside.map(|gate| gate.collection.clone()).collect();
        let url = format!("{}/profile/{}/post/{rkey}", call.endpoint("web", super::WEB), self.did);
        Remote { id: own.uri, url, extra: json!(Extra { cid, root, gates }) }
    }
}

#[async_trait]
impl Publish for Bluesky {
    fn limits(&self, facts: &Value) -> Limits {
        super::limits::limits(facts)
    }

    fn read(&self, draft: &Draft, position: usize, _facts: &Value) -> Reading {
        text::read(draft, position)
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        check::check(draft, facts)
    }

    async fn card(&self, call: &Call<'_>, draft: &Draft, position: usize) -> Option<CardNow> {
        self.cards.now(call, draft, position).await
    }

    fn proof(&self, _job: &PartJob<'_>, _facts: &Value) -> ProofClass {
        ProofClass::ClientId { repeat_for_s: None }
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let pds = Pds::of(call, &self.nonces)?;
        let part = job.draft.parts.get(job.position).ok_or_else(|| refused(say!("The post has no such part.")))?;
        let options = Options::read(&job.draft.options)
            .map_err(|error| refused(say!("The options can't be read: {error}.", error = error.to_string())))?;
        let reply = answers(job)?;
        let reading = text::read(job.draft, job.position);
        let mentions = resolve_mentions(call, &reading, handles).await?;
        let quote = resolve_quote(call, part.quote.as_deref(), handles).await?;
        media::begin(part, handles).await?;
        let blobs = media::upload_all(&pds, part, handles).await?;
        let (first, created_at) = (job.position == 0, job.begun_at);
        let card = card::of(&pds, part, &reading, &options, handles).await?;
        let from = Ingredients {
            part,
            reading: &reading,
            options: &options,
            first,
            created_at,
            mentions: &mentions,
            blobs: &blobs,
            card,
            quote,
            reply,
        };
        let (did, rkey) = (call.account_id.to_owned(), tid::mint(job.begun_at, job.op_id));
        let mut frozen = Frozen { did, rkey, record: record::post(&from), gates: Vec::new() };
        let gates = record::gates(&options, first, &frozen.uri(), created_at).into_iter();
        frozen.gates = gates.map(|(collection, record)| Gate { collection: collection.to_owned(), record }).collect();
        media::end(part, handles).await?;
        let client_id = Some(frozen.rkey.clone());
        Ok(Prepared { request: json!(frozen), client_id, proof: ProofClass::ClientId { repeat_for_s: None } })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let (pds, frozen) = (Pds::of(call, &self.nonces)?, Frozen::of(ready)?);
        let body = frozen.put_body();
        let reply = pds.send(&Ask::post("write post", "com.atproto.repo.putRecord", &body)).await?;
        if reply.is_success() {
            let written: Written = understood(Asked::Write, &reply, call)?;
            if written.uri != frozen.uri() || written.cid.is_empty() {
                return Err(errors::not_understood(&reply));
            }
            return Ok(frozen.sent(call, written.cid));
        }
        let failure = errors::failure(Asked::Write, &reply, call.clock.now());
        if failure.code.as_deref() == Some("InvalidSwap") && failure.outcome == Outcome::Rejected {
            return Err(reconcile(&pds, &frozen, failure).await);
        }
        Err(failure)
    }

    async fn settle(&self, call: &Call<'_>, ready: &Prepared, _sent: &Sent) -> Result<(), Failure> {
        let frozen = Frozen::of(ready)?;
        if frozen.gates.is_empty() {
            return Ok(());
        }
        let pds = Pds::of(call, &self.nonces)?;
        for gate in &frozen.gates {
            // Without `swapRecord`: the same record again changes nothing.
            let body = json!({
                "repo": frozen.did, "collection": gate.collection, "rkey": frozen.rkey,
                "validate": true, "record": gate.record,
            });
            let ask = Ask::post("write gate", "com.atproto.repo.putRecord", &body);
            let _: Written = pds.read(Asked::Write, &ask).await?;
        }
        Ok(())
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        let (pds, frozen) = (Pds::of(call, &self.nonces)?, Frozen::of(trace.ready)?);
        Ok(match under_key(&pds, &frozen).await? {
            // The server reads its own writes, so what it does not find under the key is not there.
            None => Finding::Absent { certain: true },
            Some(found) => match (found.value == frozen.record, found.cid) {
                (true, Some(cid)) => {
                    Finding::Published { sent: frozen.sent(call, cid), proof: say!("the record under our own key") }
                }
                (_, cid) => Finding::Ambiguous(vec![frozen.sent(call, cid.unwrap_or_default()).remote]),
            },
        })
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        let wrong = |detail: Text| Failure::rejected(Kind::InputInvalid, detail);
        let (pds, frozen) = (Pds::of(call, &self.nonces)?, Frozen::of(ready)?);
        let uri = AtUri::of_post(url.as_str()).ok_or_else(|| {
            wrong(say!("This isn't the address of a post on Bluesky. Open the post there and copy its address, like https://bsky.app/profile/…/post/…"))
        })?;
        if did_in(call, uri.authority).await?.is_none_or(|did| did != frozen.did) {
            return Err(wrong(say!("This post is from another account. Give the address of a post of this channel.")));
        }
        let found = get_record(call, &pds.session.pds, &frozen.did, &uri.rkey).await?;
        let found = found.and_then(|found| Some((found.cid?, found.value)));
        let (cid, record) = found.ok_or_else(|| {
            Failure::rejected(
                Kind::RemoteNotFound,
                say!("There is no post at this address (any more). Check the account's page again."),
            )
        })?;
        Ok(frozen.remote(call, &uri.rkey, cid, &record))
    }

    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let pds = Pds::of(call, &self.nonces)?;
        let uri =
            AtUri::parse(&remote.id).ok_or_else(|| refused(say!("The stored address of the post can't be read.")))?;
        let gates = serde_json::from_value::<Extra>(remote.extra.clone()).map(|extra| extra.gates).unwrap_or_default();
        let what = remove(&pds, &uri.authority, POST, &uri.rkey).await?;
        for gate in &gates {
            remove(&pds, &uri.authority, gate, &uri.rkey).await?;
        }
        Ok(what)
    }
}

fn refused(detail: Text) -> Failure {
    Failure::rejected(Kind::ContentRefused, detail)
}

/// The post that this part answers: a comment the first part, a post the post before it.
fn answers(job: &PartJob<'_>) -> Result<Option<Reply>, Failure> {
    if job.position == 0 {
        return Ok(None);
    }
    let parts = &job.draft.parts;
    let is_comment = parts.get(job.position).is_some_and(|part| part.kind == PartKind::Comment);
    let before = parts.iter().take(job.position).rposition(|part| part.kind == PartKind::Post);
    let parent = if is_comment { 0 } else { before.unwrap_or(0) };
    let known = |place: usize| {
        let remote = job.earlier.get(place)?;
        let extra: Extra = serde_json::from_value(remote.extra.clone()).ok()?;
        Some((StrongRef { uri: remote.id.clone(), cid: extra.cid }, extra.root))
    };
    let (parent, root) = known(parent).ok_or_else(|| {
        Failure::rejected(
            Kind::RemoteNotFound,
            say!("The part that this one replies to has not been published. Publish that one first."),
        )
    })?;
    Ok(Some(Reply { root, parent }))
}

/// The DIDs of the handles that the text mentions. Each is journaled, so that the record stays the same on the next
/// attempt even if a handle moves meanwhile.
pub(super) async fn resolve_mentions(
    call: &Call<'_>,
    reading: &Reading,
    handles: &dyn Handles,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut known = BTreeMap::new();
    for span in reading.spans.iter().filter(|span| span.kind == SpanKind::Mention) {
        let handle = span.target.clone();
        let name = format!("did:{handle}");
        let did = match handles.get(&name) {
            Some(kept) => kept.as_str().map(str::to_owned),
            None => {
                let did = identity::did_of(call, &handle).await?;
                handles.put(&name, json!(did)).await?;
                did
            }
        };
        known.extend(did.map(|did| (handle, did)));
    }
    Ok(known)
}

/// The quoted post, as it is now at its author's own server.
async fn resolve_quote(
    call: &Call<'_>,
    quote: Option<&str>,
    handles: &dyn Handles,
) -> Result<Option<StrongRef>, Failure> {
    let Some(quote) = quote else { return Ok(None) };
    let name = format!("quote:{quote}");
    if let Some(known) = handles.get(&name).and_then(|kept| serde_json::from_value(kept).ok()) {
        return Ok(Some(known));
    }
    let gone = || Failure::rejected(Kind::RemoteNotFound, say!("The quoted post {quote} doesn't exist (any more)."));
    let uri = AtUri::of_post(quote).ok_or_else(|| refused(say!("The quote isn't the address of a Bluesky post.")))?;
    let did = did_in(call, uri.authority).await?.ok_or_else(gone)?;
    let server = identity::server_of(call, &did).await?;
    let found = get_record(call, &server, &did, &uri.rkey).await?.ok_or_else(gone)?;
    let quoted = StrongRef { uri: found.uri, cid: found.cid.ok_or_else(gone)? };
    handles.put(&name, json!(quoted)).await?;
    Ok(Some(quoted))
}

/// Whose an address is: its DID, or the one that its handle leads to.
async fn did_in(call: &Call<'_>, authority: String) -> Result<Option<String>, Failure> {
    if super::syntax::is_did(&authority) { Ok(Some(authority)) } else { identity::did_of(call, &authority).await }
}

/// A post record; `None` if there is none. Records are public: no sign-in is needed, nor can one be in the way.
pub(super) async fn get_record(
    call: &Call<'_>,
    server: &str,
    did: &str,
    rkey: &str,
) -> Result<Option<RecordAnswer>, Failure> {
    record_in(call, server, (did, POST, rkey)).await
}

/// The same of any collection.
pub(super) async fn record_in(
    call: &Call<'_>,
    server: &str,
    (did, collection, rkey): (&str, &str, &str),
) -> Result<Option<RecordAnswer>, Failure> {
    let query = vec![("repo", did.to_owned()), ("collection", collection.to_owned()), ("rkey", rkey.to_owned())];
    let reply = Ask::get("read record", "com.atproto.repo.getRecord", query).openly(call, server).await?;
    match understood(Asked::Read, &reply, call) {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.code.as_deref() == Some("RecordNotFound") => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn under_key(pds: &Pds<'_>, frozen: &Frozen) -> Result<Option<RecordAnswer>, Failure> {
    get_record(pds.call, &pds.session.pds, &frozen.did, &frozen.rkey).await
}

/// What a refusal for the key means: read what is there and compare.
async fn reconcile(pds: &Pds<'_>, frozen: &Frozen, refusal: Failure) -> Failure {
    match under_key(pds, frozen).await {
        Ok(Some(RecordAnswer { cid: Some(cid), value, .. })) if value == frozen.record => {
            let outcome = Outcome::Proof(Box::new(frozen.sent(pds.call, cid)));
            Failure { outcome, detail: say!("The post is already there, under our own key."), ..refusal }
        }
        Ok(_) => refusal,
        // Something has the key; what it is could not be read. Only a look-up may decide.
        Err(trouble) => Failure { outcome: Outcome::Unknown, kind: trouble.kind, ..refusal },
    }
}

pub(super) async fn remove(pds: &Pds<'_>, did: &str, collection: &str, rkey: &str) -> Result<Deleted, Failure> {
    let body = json!({ "repo": did, "collection": collection, "rkey": rkey });
    let ask = Ask::post("delete record", "com.atproto.repo.deleteRecord", &body);
    let removed: Removed = pds.read(Asked::Write, &ask).await?;
    // A server that had nothing to delete makes no commit.
    Ok(if removed.commit.is_some() { Deleted::Gone } else { Deleted::WasGone })
}
