//! Posts: prepared, sent once, deleted, edited. Never with `scheduled_at`: some servers ignore it and publish at once.

use std::time::Duration;

use async_trait::async_trait;
use base::say;
use connector::{
    Call, Deleted, Draft, Failure, FailureKind, Finding, Handles, Issue, Limits, Part, PartJob, Prepared, ProofClass,
    Publish, Reading, Remote, Reply, Sent, Trace,
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Mastodon, SEND_TIMEOUT_MS, check,
    errors::Asked,
    facts::Facts,
    look_up,
    media::{self, Uploaded},
    options::{Options, Visibility},
    peer::{self, Peer, segment},
    wire::{Search, Status},
};
use crate::kit::parts;

/// How long a repeat with the same `Idempotency-Key` is safe, in seconds: Mastodon remembers a key for an hour, and
/// five minutes are left for clocks and slow answers.
const REPEAT_FOR_S: u32 = 3_300;

/// A part as it will be sent: all that `send` and `look_up` need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frozen {
    pub path: String,
    /// The `Idempotency-Key`: the same for every try of this part.
    pub key: String,
    pub body: Value,
    pub media: Vec<Uploaded>,
    pub quote: Option<String>,
}

impl Frozen {
    fn keepsake(&self) -> Keepsake {
        let visibility = self.body["visibility"].as_str().map(str::to_owned);
        Keepsake { media: self.media.clone(), quote: self.quote.clone(), visibility }
    }
}

/// What an edit needs to know of a published part; kept in `Remote::extra`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Keepsake {
    media: Vec<Uploaded>,
    quote: Option<String>,
    visibility: Option<String>,
}

/// The published part that a status is.
pub(crate) fn sent(status: &Status, frozen: &Frozen) -> Sent {
    let remote = Remote { id: status.id.clone(), url: status.page(), extra: json!(frozen.keepsake()) };
    Sent { remote, processing: false }
}

#[async_trait]
impl Publish for Mastodon {
    fn limits(&self, facts: &Value) -> Limits {
        Facts::read(facts).limits()
    }

    fn read(&self, draft: &Draft, position: usize, facts: &Value) -> Reading {
        check::read(draft, position, facts)
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        check::check(draft, facts)
    }

    /// Mastodon answers a repeated key with the first status. Elsewhere the account's own statuses must tell; whether
    /// they list posts to mentioned people only is known of Mastodon alone, so that elsewhere a person must look.
    fn proof(&self, job: &PartJob<'_>, facts: &Value) -> ProofClass {
        let facts = Facts::read(facts);
        let options = Options::read(&job.draft.options).unwrap_or_default();
        if facts.supports_idempotency {
            ProofClass::ClientId { repeat_for_s: Some(REPEAT_FOR_S) }
        } else if options.visibility_of(job.position, &facts) == Visibility::Direct {
            ProofClass::Person
        } else {
            ProofClass::ReadBack
        }
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let facts = Facts::read(call.facts);
        let peer = peer::of_channel(call, &facts)?;
        let (part, options) = (parts::part(job)?, options_of(job.draft)?);
        let answers = parts::answered(job)?.map(|remote| remote.id.clone());
        let quoted = match &part.quote {
            Some(address) => Some(quoted_id(&peer, address, handles).await?),
            None => None,
        };
        let media = media::ready(&peer, &part.media, handles).await?;
        let mut body = common_body(part, &options, &media);
        put(&mut body, "status", Some(part.text.as_str()).filter(|text| !text.is_empty()));
        let visibility = options.visibility_of(job.position, &facts);
        body.insert("visibility".into(), json!(visibility));
        put(&mut body, "in_reply_to_id", answers);
        put(&mut body, "quoted_status_id", quoted);
        put(&mut body, "quote_approval_policy", quote_policy(&options, visibility, &facts));
        let frozen = Frozen {
            path: "/api/v1/statuses".into(),
            key: job.op_id.to_owned(),
            body: Value::Object(body),
            media,
            quote: part.quote.clone(),
        };
        let client_id = facts.supports_idempotency.then(|| frozen.key.clone());
        Ok(Prepared { request: json!(frozen), client_id, proof: self.proof(job, call.facts) })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let peer = peer::of_channel(call, &Facts::read(call.facts))?;
        let frozen = parts::frozen::<Frozen>(ready)?;
        // The key is sent to every server: one that does not know it ignores it.
        let request = peer
            .request("publish the post", Method::POST, &frozen.path)
            .header("idempotency-key", &frozen.key)
            .json(&frozen.body)
            .timeout(Duration::from_millis(SEND_TIMEOUT_MS));
        let reply = peer.ask(Asked::Post, request).await?;
        Ok(sent(&status_of(&peer, Asked::Post, &reply)?, &frozen))
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        look_up::look_up(call, trace).await
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        look_up::at_address(call, &parts::frozen::<Frozen>(ready)?, url).await
    }

    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let facts = Facts::read(call.facts);
        let peer = peer::of_channel(call, &facts)?;
        let request = peer.request("delete the post", Method::DELETE, &status_path(&remote.id));
        // Without this Mastodon keeps the files for a day, to be used in a new draft.
        let request = if facts.can_delete_media() { request.query("delete_media", true) } else { request };
        match peer.ask(Asked::Delete, request).await {
            Ok(_) => Ok(Deleted::Gone),
            Err(failure) if failure.status == Some(404) => Ok(Deleted::WasGone),
            Err(failure) => Err(failure),
        }
    }

    async fn edit(
        &self,
        call: &Call<'_>,
        remote: &Remote,
        job: &PartJob<'_>,
        handles: &dyn Handles,
    ) -> Result<Sent, Failure> {
        let facts = Facts::read(call.facts);
        let peer = peer::of_channel(call, &facts)?;
        let (part, options) = (parts::part(job)?, options_of(job.draft)?);
        let before: Keepsake = serde_json::from_value(remote.extra.clone()).unwrap_or_default();
        refuse_what_no_edit_can_change(part, &options, job.position, &facts, &before)?;
        let (media, descriptions) = media_after_edit(&peer, part, &before.media, handles).await?;
        let mut body = common_body(part, &options, &media);
        body.insert("status".into(), json!(part.text));
        // Always, even if there is no warning: what is left out stays as it was.
        body.insert("spoiler_text".into(), json!(options.spoiler().unwrap_or_default()));
        if !before.media.is_empty() || !media.is_empty() {
            body.insert("media_ids".into(), ids(&media));
        }
        put(&mut body, "media_attributes", Some(descriptions).filter(|list| !list.is_empty()));
        let visibility = options.visibility_of(job.position, &facts);
        put(&mut body, "quote_approval_policy", quote_policy(&options, visibility, &facts));
        let frozen = Frozen {
            path: status_path(&remote.id),
            key: job.op_id.to_owned(),
            body: Value::Object(body),
            media,
            quote: part.quote.clone(),
        };
        let request = peer
            .request("change the post", Method::PUT, &frozen.path)
            .json(&frozen.body)
            .timeout(Duration::from_millis(SEND_TIMEOUT_MS));
        let reply = peer.ask(Asked::Edit, request).await?;
        let mut sent = sent(&status_of(&peer, Asked::Edit, &reply)?, &frozen);
        sent.remote.extra["visibility"] = json!(before.visibility);
        Ok(sent)
    }
}

fn options_of(draft: &Draft) -> Result<Options, Failure> {
    Options::read(&draft.options).map_err(|error| {
        Failure::rejected(
            FailureKind::ContentRefused,
            say!("The options can't be read: {error}. Choose them again.", error = error.to_string()),
        )
    })
}

/// What a new status and a changed one have in common.
fn common_body(part: &Part, options: &Options, media: &[Uploaded]) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("sensitive".into(), json!(options.hides_media()));
    put(&mut body, "spoiler_text", options.spoiler());
    put(&mut body, "language", options.language_there());
    if !media.is_empty() {
        body.insert("media_ids".into(), ids(media));
    }
    if let Some(poll) = &part.poll {
        let expires_in = u64::from(poll.duration_minutes) * 60;
        let poll = json!({ "options": poll.options, "expires_in": expires_in, "multiple": poll.multiple });
        body.insert("poll".into(), poll);
    }
    body
}

fn put(body: &mut Map<String, Value>, name: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        body.insert(name.into(), json!(value));
    }
}

fn ids(media: &[Uploaded]) -> Value {
    media.iter().map(|file| json!(file.id)).collect()
}

fn quote_policy(options: &Options, visibility: Visibility, facts: &Facts) -> Option<Value> {
    let counts = facts.can_quote() && matches!(visibility, Visibility::Public | Visibility::Unlisted);
    options.quote_approval_policy.filter(|_| counts).map(|policy| json!(policy))
}

/// A quoted post is named by its address; the instance knows it by an id of its own.
async fn quoted_id(peer: &Peer<'_>, address: &str, handles: &dyn Handles) -> Result<String, Failure> {
    const NAME: &str = "quote";
    let known = handles.get(NAME).filter(|known| known["address"] == address);
    if let Some(id) = known.as_ref().and_then(|known| known["id"].as_str()) {
        return Ok(id.to_owned());
    }
    let request = peer.get("find the quoted post", "/api/v2/search");
    let request = request.query("q", address).query("resolve", true).query("type", "statuses").query("limit", 1);
    let found: Search = peer.read(Asked::Read, request, say!("search results")).await?;
    let status = found.statuses.first().ok_or_else(|| {
        let detail = say!("The server can't find the quoted post. Check its address, or put the link in the text.");
        Failure::rejected(FailureKind::RemoteNotFound, detail)
    })?;
    if status.quote_approval.as_ref().is_some_and(|approval| approval.current_user == "denied") {
        let detail = say!(
            "The author of the quoted post doesn't allow this account to quote it. Put the link in the text instead."
        );
        return Err(Failure::rejected(FailureKind::ContentRefused, detail));
    }
    handles.put(NAME, json!({ "address": address, "id": status.id })).await?;
    Ok(status.id.clone())
}

/// The status in an answer. Without an id, or without any address, it is no status: a scheduled one has neither.
fn status_of(peer: &Peer<'_>, ask: Asked, reply: &Reply) -> Result<Status, Failure> {
    let status: Status = reply.json().map_err(|_| peer.odd(ask, reply, say!("the post's ID")))?;
    if status.page().is_empty() { Err(peer.odd(ask, reply, say!("the post's address"))) } else { Ok(status) }
}

pub(crate) fn status_path(id: &str) -> String {
    format!("/api/v1/statuses/{}", segment(id))
}

/// `PUT` has no `visibility`, and a quote can be neither changed nor removed: better said than silently left.
fn refuse_what_no_edit_can_change(
    part: &Part,
    options: &Options,
    position: usize,
    facts: &Facts,
    before: &Keepsake,
) -> Result<(), Failure> {
    let wanted = options.visibility_of(position, facts).as_str();
    let refused = if before.visibility.as_deref().is_some_and(|was| was != wanted) {
        say!("Who can see a published post can't be changed")
    } else if before.quote != part.quote {
        say!("The post that a published post quotes can't be changed")
    } else {
        return Ok(());
    };
    let detail =
        say!("{refused} on Mastodon. Nothing was changed. Undo that change, or delete the post and publish it again.");
    Err(Failure::rejected(FailureKind::ContentRefused, detail))
}

/// The files after an edit: those that stay keep their ids, with a new description if it changed; others are uploaded.
async fn media_after_edit(
    peer: &Peer<'_>,
    part: &Part,
    before: &[Uploaded],
    handles: &dyn Handles,
) -> Result<(Vec<Uploaded>, Vec<Value>), Failure> {
    let (mut files, mut descriptions) = (Vec::<Uploaded>::new(), Vec::new());
    for (index, media) in part.media.iter().enumerate() {
        let unused = |file: &&Uploaded| !files.iter().any(|used| used.id == file.id);
        let stays = before.iter().filter(|file| media::stays(file, media)).find(unused);
        files.push(match stays {
            None => media::one(peer, index, media, handles).await?,
            Some(file) => match media::new_alt(file, media) {
                None => file.clone(),
                Some(alt) => {
                    descriptions.push(json!({ "id": file.id, "description": alt }));
                    Uploaded { alt: media.alt.clone(), ..file.clone() }
                }
            },
        });
    }
    Ok((files, descriptions))
}
