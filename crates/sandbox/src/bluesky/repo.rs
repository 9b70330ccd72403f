//! The repository: `createRecord`, `putRecord`, `deleteRecord`, `applyWrites`, `getRecord`, `listRecords`,
//! `describeRepo`. Every change is one atomic commit; every change that people see goes to the ledger.

use std::collections::HashMap;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    Bluesky, Reply,
    auth::{self, Caller},
    call::Call,
    cid::{Cid, Codec},
    data::{self, Account, Data, Stored},
    lexicon::{self, BlobRef},
    limits,
    refusal::Refusal,
    scopes::Need,
    shapes::{self, KeyKind, POST},
    syntax,
};
use crate::{Action, NewEntry, portraits};

/// The most writes of one `applyWrites`.
const MOST_WRITES: usize = 200;

/// What to do with one record key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Create,
    Update,
    Put,
    Delete,
}

impl Verb {
    fn points(self) -> u32 {
        match self {
            Verb::Create => 3,
            Verb::Update | Verb::Put => 2,
            Verb::Delete => 1,
        }
    }

    /// The rights it takes. Putting may create and may update, so it takes both.
    fn actions(self) -> &'static [&'static str] {
        match self {
            Verb::Create => &["create"],
            Verb::Update => &["update"],
            Verb::Put => &["create", "update"],
            Verb::Delete => &["delete"],
        }
    }
}

/// One checked write.
#[derive(Debug)]
struct Write {
    verb: Verb,
    collection: String,
    rkey: Option<String>,
    record: Option<Checked>,
    /// What must be there now: `Some(None)` is nothing.
    swap: Option<Option<String>>,
    in_batch: bool,
}

#[derive(Debug)]
struct Checked {
    value: Value,
    cid: String,
    blobs: Vec<BlobRef>,
    status: Option<&'static str>,
}

/// What became of one write.
struct Done {
    uri: String,
    cid: Option<String>,
    status: Option<&'static str>,
}

fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}

/// `com.atproto.repo.createRecord`. A used record key is a 500, as on the real server.
pub fn create(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    one(twin, call, Verb::Create)
}

/// `com.atproto.repo.putRecord`. The same content again changes nothing and makes no commit.
pub fn put(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    one(twin, call, Verb::Put)
}

/// `com.atproto.repo.deleteRecord`. Deleting what is not there is fine.
pub fn delete(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    one(twin, call, Verb::Delete)
}

fn one(twin: &Bluesky, call: &Call, verb: Verb) -> Result<Reply, Refusal> {
    let caller = auth::require(twin, call)?;
    let body = call.json()?;
    let swap = match &body["swapRecord"] {
        Value::Null if body.get("swapRecord").is_none() => None,
        swap => Some(swap.as_str().map(str::to_owned)),
    };
    let write = write_of(twin, verb, &body, "record", &body["validate"], swap)?;
    let (done, commit, window) = commit(twin, call, &caller, &body, vec![write])?;
    let mut answer = json!({});
    if let (Some(done), true) = (done.first(), verb != Verb::Delete) {
        answer = shown(done);
    }
    if let Some(commit) = commit {
        answer["commit"] = commit;
    }
    Ok(Reply::json(answer).limited(window))
}

fn shown(done: &Done) -> Value {
    let mut shown = json!({"uri": done.uri, "cid": done.cid});
    if let Some(status) = done.status {
        shown["validationStatus"] = json!(status);
    }
    shown
}

/// `com.atproto.repo.applyWrites`: all or nothing.
pub fn apply(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = auth::require(twin, call)?;
    let body = call.json()?;
    let given = body["writes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if given.len() > MOST_WRITES {
        return Err(Refusal::invalid(format!("Too many writes. Max: {MOST_WRITES}")));
    }
    let mut writes = Vec::new();
    for each in given {
        let verb = match each["$type"].as_str().and_then(|named| named.split('#').nth(1)) {
            Some("create") => Verb::Create,
            Some("update") => Verb::Update,
            _ => Verb::Delete,
        };
        writes.push(write_of(twin, verb, each, "value", &body["validate"], None)?);
    }
    let verbs: Vec<Verb> = writes.iter().map(|write| write.verb).collect();
    let (done, commit, window) = commit(twin, call, &caller, &body, writes)?;
    let results: Vec<Value> = verbs.iter().zip(&done).map(|(verb, done)| result(*verb, done)).collect();
    let mut answer = json!({"results": results});
    if let Some(commit) = commit {
        answer["commit"] = commit;
    }
    Ok(Reply::json(answer).limited(window))
}

fn result(verb: Verb, done: &Done) -> Value {
    let (name, mut result) = match verb {
        Verb::Create => ("create", shown(done)),
        Verb::Update | Verb::Put => ("update", shown(done)),
        Verb::Delete => ("delete", json!({})),
    };
    result["$type"] = json!(format!("com.atproto.repo.applyWrites#{name}Result"));
    result
}

fn write_of(
    twin: &Bluesky,
    verb: Verb,
    given: &Value,
    field: &str,
    validate: &Value,
    swap: Option<Option<String>>,
) -> Result<Write, Refusal> {
    let collection = text(given, "collection").unwrap_or_default();
    let rkey = text(given, "rkey");
    if let (Some(rkey), true) = (&rkey, verb != Verb::Delete) {
        check_key(&collection, rkey)?;
    }
    let record = match verb {
        Verb::Delete => None,
        _ => Some(checked(twin, &collection, &given[field], validate.as_bool())?),
    };
    Ok(Write { verb, collection, rkey, record, swap, in_batch: field == "value" })
}

fn check_key(collection: &str, rkey: &str) -> Result<(), Refusal> {
    let wrong = |why: String| Refusal::invalid(format!("Invalid record key for {collection}: {why}"));
    match shapes::key_kind(collection) {
        Some(KeyKind::Tid) if !syntax::is_tid(rkey) => Err(wrong(format!("Invalid TID string (got `{rkey}`)"))),
        Some(KeyKind::Own) if rkey != "self" => Err(wrong(format!("must be `self` (got `{rkey}`)"))),
        _ => Ok(()),
    }
}

fn checked(twin: &Bluesky, collection: &str, record: &Value, validate: Option<bool>) -> Result<Checked, Refusal> {
    if record["$type"] != collection {
        return Err(Refusal::invalid(format!("Invalid $type: expected {collection}, got {}", record["$type"])));
    }
    let known = shapes::key_kind(collection).is_some();
    if validate == Some(true) && !known {
        return Err(Refusal::invalid(format!("Unknown lexicon type: {collection}")));
    }
    let (blobs, status) = if known && validate != Some(false) {
        let blobs = lexicon::check(collection, record, "$.record", twin.edition())
            .map_err(|violation| Refusal::invalid(format!("Invalid {collection} record: {violation}")))?;
        (blobs, Some("valid"))
    } else {
        (lexicon::blobs_of(record), (validate != Some(false)).then_some("unknown"))
    };
    let cid = Cid::of_record(record).map_err(|error| Refusal::invalid(format!("Bad record: {error}")))?;
    Ok(Checked { value: record.clone(), cid: cid.to_string(), blobs, status })
}

type Committed = (Vec<Done>, Option<Value>, limits::Window);

fn commit(
    twin: &Bluesky,
    call: &Call,
    caller: &Caller,
    body: &Value,
    writes: Vec<Write>,
) -> Result<Committed, Refusal> {
    for write in &writes {
        for action in write.verb.actions() {
            caller.must(&Need::Repo(&write.collection, action))?;
        }
    }
    let mut data = twin.data();
    let repo = body["repo"].as_str().unwrap_or_default();
    if data.account(repo).is_none_or(|account| account.did != caller.did) {
        return Err(Refusal::new(403, "AccountNotFound", format!("{repo} is not the account that signed in")));
    }
    let points = writes.iter().map(|write| write.verb.points()).sum();
    let window = limits::write(twin, &caller.did, points)?;
    let now = twin.core.now();
    let account = data.accounts.get_mut(&caller.did).ok_or_else(auth::missing)?;
    if body["swapCommit"].as_str().is_some_and(|wanted| wanted != account.head) {
        return Err(Refusal::new(400, "InvalidSwap", format!("Commit was at {}", account.head)));
    }
    let staged = stage(account, writes, now)?;
    let changed = staged.iter().any(|step| step.changes);
    let commit = changed.then(|| next_commit(account, &staged, now));
    let done = staged.into_iter().map(|step| settle(twin, call, &mut data, &caller.did, step, now)).collect();
    Ok((done, commit, window))
}

/// A write that will work, with its place.
struct Step {
    write: Write,
    rkey: String,
    changes: bool,
}

/// Finds out whether all writes would work, one after another, without changing anything.
fn stage(account: &mut Account, writes: Vec<Write>, now: Timestamp) -> Result<Vec<Step>, Refusal> {
    // What earlier writes of the same commit made of a place: its content id, or nothing.
    let mut overlay: HashMap<(String, String), Option<String>> = HashMap::new();
    let mut steps = Vec::new();
    for write in writes {
        let rkey = write.rkey.clone().unwrap_or_else(|| account.next_tid(now));
        let place = (write.collection.clone(), rkey.clone());
        let stored = || account.record(&write.collection, &rkey).map(|stored| stored.cid.clone());
        let there = overlay.get(&place).cloned().unwrap_or_else(stored);
        let wanted = write.record.as_ref().map(|record| record.cid.clone());
        let same = there == wanted;
        check_swap(&write, there.as_deref(), same)?;
        // The real server does not tell a used key from a broken database.
        let clash = match write.verb {
            Verb::Create => there.is_some(),
            Verb::Update => there.is_none(),
            // Alone, deleting what is not there is fine; in a batch it is not.
            Verb::Delete => write.in_batch && there.is_none(),
            Verb::Put => false,
        };
        if clash {
            return Err(Refusal::new(500, "InternalServerError", "Internal Server Error"));
        }
        if let Some(record) = &write.record {
            check_blobs(account, &record.blobs, now)?;
        }
        overlay.insert(place, wanted);
        steps.push(Step { write, rkey, changes: !same });
    }
    Ok(steps)
}

fn check_swap(write: &Write, there: Option<&str>, same: bool) -> Result<(), Refusal> {
    let Some(expected) = &write.swap else { return Ok(()) };
    if there == expected.as_deref() || (write.verb == Verb::Put && same) {
        return Ok(());
    }
    Err(Refusal::new(400, "InvalidSwap", format!("Record was at {}", there.unwrap_or("null"))))
}

fn check_blobs(account: &Account, blobs: &[BlobRef], now: Timestamp) -> Result<(), Refusal> {
    for blob in blobs {
        let Some(held) = account.blob(&blob.cid, now) else {
            return Err(Refusal::new(400, "BlobNotFound", format!("Could not find blob: {}", blob.cid)));
        };
        if held.mime != blob.mime {
            let why =
                format!("Referenced Mimetype does not match stored blob. Expected: {}, Got: {}", held.mime, blob.mime);
            return Err(Refusal::new(400, "InvalidMimeType", why));
        }
        if held.size != blob.size {
            let why =
                format!("Referenced size does not match stored blob. Expected: {}, Got: {}", held.size, blob.size);
            return Err(Refusal::new(400, "InvalidSize", why));
        }
    }
    Ok(())
}

fn next_commit(account: &mut Account, steps: &[Step], now: Timestamp) -> Value {
    account.rev = account.next_tid(now);
    // A real commit signs a tree of all records; here the last commit and what changed decide its id.
    let mut story = format!("{} {}", account.head, account.rev);
    for step in steps {
        let cid = step.write.record.as_ref().map_or("", |record| record.cid.as_str());
        story.push_str(&format!(" {}/{} {cid}", step.write.collection, step.rkey));
    }
    account.head = Cid::of(Codec::DagCbor, story.as_bytes()).to_string();
    json!({"cid": account.head, "rev": account.rev})
}

fn settle(twin: &Bluesky, call: &Call, data: &mut Data, did: &str, step: Step, now: Timestamp) -> Done {
    let Step { write, rkey, changes } = step;
    let uri = data::uri(did, &write.collection, &rkey);
    let (cid, status) = write.record.as_ref().map_or((None, None), |record| (Some(record.cid.clone()), record.status));
    if changes {
        let old = data.accounts.get_mut(did).and_then(|account| take(account, &write.collection, &rkey));
        if let Some(old) = &old {
            data.index.remove(&uri, &write.collection, &old.value);
        }
        note(twin, call, data, did, &write, &rkey, &uri, old.as_ref());
        if let Some(record) = write.record {
            data.index.add(&uri, &write.collection, &record.value);
            if let Some(account) = data.accounts.get_mut(did) {
                keep(account, write.collection, rkey, record, now);
            }
        }
        // What this commit took out of use and nothing else uses is gone for good.
        let dropped: Vec<BlobRef> = old.iter().flat_map(|old| lexicon::blobs_of(&old.value)).collect();
        if let (Some(account), false) = (data.accounts.get_mut(did), dropped.is_empty()) {
            account.blobs.retain(|cid, blob| blob.uses > 0 || dropped.iter().all(|gone| gone.cid != *cid));
        }
    }
    Done { uri, cid, status }
}

fn take(account: &mut Account, collection: &str, rkey: &str) -> Option<Stored> {
    let records = account.records.get_mut(collection)?;
    let old = records.remove(rkey)?;
    if records.is_empty() {
        account.records.remove(collection);
    }
    for blob in lexicon::blobs_of(&old.value) {
        if let Some(held) = account.blobs.get_mut(&blob.cid) {
            held.uses = held.uses.saturating_sub(1);
        }
    }
    Some(old)
}

fn keep(account: &mut Account, collection: String, rkey: String, record: Checked, now: Timestamp) {
    for blob in lexicon::blobs_of(&record.value) {
        if let Some(held) = account.blobs.get_mut(&blob.cid) {
            held.uses += 1;
        }
    }
    let stored = Stored { cid: record.cid, value: record.value, at: now };
    account.records.entry(collection).or_default().insert(rkey, stored);
}

/// Gives every account a profile with a picture. Nothing is noted in the ledger: they have it from the start.
pub fn portray(twin: &Bluesky, data: &mut Data) {
    let now = twin.core.now();
    let accounts: Vec<(String, String)> =
        data.accounts.values().map(|account| (account.did.clone(), account.handle.clone())).collect();
    for (did, handle) in accounts {
        let picture = portraits::png(&handle).into();
        let picture = super::blob::keep(twin, data, &did, picture, "image/png".to_owned());
        let value = json!({"$type": shapes::PROFILE, "avatar": picture});
        if let (Ok(cid), Some(account)) = (Cid::of_record(&value), data.accounts.get_mut(&did)) {
            let record = Checked { value, cid: cid.to_string(), blobs: Vec::new(), status: None };
            keep(account, shapes::PROFILE.to_owned(), "self".to_owned(), record, now);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one entry is made of everything that is known about the write")]
fn note(
    twin: &Bluesky,
    call: &Call,
    data: &Data,
    did: &str,
    write: &Write,
    rkey: &str,
    uri: &str,
    old: Option<&Stored>,
) {
    let Some(kind) = kind(&write.collection) else { return };
    let value = write.record.as_ref().map(|record| &record.value).or(old.map(|old| &old.value)).unwrap_or(&Value::Null);
    let action = match (old, &write.record) {
        (_, None) => Action::Deleted,
        (Some(_), Some(_)) => Action::Edited,
        (None, Some(_)) => Action::Created,
    };
    let parent =
        value["reply"]["parent"]["uri"].as_str().or(value["subject"]["uri"].as_str()).or(value["post"].as_str());
    twin.core.record(NewEntry {
        account: data.accounts.get(did).map(|account| account.handle.clone()).unwrap_or_default(),
        action,
        kind: kind.to_owned(),
        remote_id: uri.to_owned(),
        text: value["text"].as_str().or(value["displayName"].as_str()).unwrap_or_default().to_owned(),
        media_count: if write.collection == POST { lexicon::blobs_of(value).len() } else { 0 },
        parent: parent.map(str::to_owned),
        client_id: Some(rkey.to_owned()),
        request_digest: call.digest.clone(),
    });
}

/// What people would call it; nothing for collections that aren't shown.
fn kind(collection: &str) -> Option<&'static str> {
    Some(match collection {
        POST => "post",
        shapes::REPOST => "repost",
        shapes::LIKE => "like",
        shapes::FOLLOW => "follow",
        shapes::PROFILE => "profile",
        shapes::THREADGATE => "threadgate",
        shapes::POSTGATE => "postgate",
        _ => return None,
    })
}

fn repo_of<'a>(data: &'a Data, repo: &str) -> Result<&'a Account, Refusal> {
    data.account(repo).ok_or_else(|| Refusal::new(400, "RepoNotFound", format!("Could not find repo: {repo}")))
}

/// `com.atproto.repo.getRecord`: always up to date.
pub fn get(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let repo = call.formed("repo", syntax::is_at_identifier, "a DID or a handle")?;
    let collection = call.formed("collection", syntax::is_nsid, "an NSID")?;
    let rkey = call.formed("rkey", syntax::is_record_key, "a record key")?;
    let data = twin.data();
    let account = repo_of(&data, repo)?;
    let uri = data::uri(&account.did, collection, rkey);
    let found = account.record(collection, rkey).filter(|stored| call.one("cid").is_none_or(|cid| cid == stored.cid));
    let missing = || Refusal::new(400, "RecordNotFound", format!("Could not locate record: {uri}"));
    let stored = found.ok_or_else(missing)?;
    Ok(Reply::json(json!({"uri": uri, "cid": stored.cid, "value": stored.value})))
}

/// `com.atproto.repo.listRecords`: newest first, unless `reverse`. The knob for stale lists applies.
pub fn list(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let repo = call.formed("repo", syntax::is_at_identifier, "a DID or a handle")?;
    let collection = call.formed("collection", syntax::is_nsid, "an NSID")?;
    let (limit, forward) = (call.limit(50, 100)?, call.one("reverse") == Some("true"));
    let data = twin.data();
    let account = repo_of(&data, repo)?;
    let after = call.one("cursor");
    let wanted = |rkey: &str| after.is_none_or(|cursor| if forward { rkey > cursor } else { rkey < cursor });
    let mut found: Vec<(&String, &Stored)> = account
        .records
        .get(collection)
        .into_iter()
        .flatten()
        .filter(|(rkey, stored)| wanted(rkey) && twin.is_listed(stored.at))
        .collect();
    if !forward {
        found.reverse();
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let shown = |(rkey, stored): &(&String, &Stored)| json!({"uri": data::uri(&account.did, collection, rkey), "cid": stored.cid, "value": stored.value});
    let mut answer = json!({"records": found.iter().map(shown).collect::<Vec<_>>()});
    if let (Some((rkey, _)), true) = (found.last(), more) {
        answer["cursor"] = json!(rkey);
    }
    Ok(Reply::json(answer))
}

/// `com.atproto.repo.describeRepo`.
pub fn describe(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let repo = call.formed("repo", syntax::is_at_identifier, "a DID or a handle")?;
    let data = twin.data();
    let account = repo_of(&data, repo)?;
    Ok(Reply::json(json!({
        "handle": account.handle,
        "did": account.did,
        "didDoc": data.document(account, &twin.endpoint()),
        "collections": account.records.keys().collect::<Vec<_>>(),
        "handleIsCorrect": true,
    })))
}
