//! Posts: their files go up unseen, one call publishes. An organisation's posts can be read back; a member's app can't read
//! what it published, so that a person decides about a lost answer.

use std::time::Duration;

use async_trait::async_trait;
use base::say;
use connector::{
    Call, Deleted, Draft, Failure, FailureKind as K, Finding, Handles, Issue, Limits, PartJob, Prepared, ProofClass,
    Publish, Reading, Remote, Reply, Sent, Trace,
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    LinkedIn, check,
    compose::{self, Frozen, Kind},
    errors::Asked,
    limits, look_up, peer,
    rights::{Need, Rights},
    text,
    urn::{self, is_post},
    web,
    wire::Comment,
};
use crate::kit::{
    parts,
    peer::{Peer, segment},
};

/// The longest that publishing may take.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(60);
/// The same, with the room that the engine's own clock needs, in milliseconds.
pub const SEND_TIMEOUT_MS: u64 = 70_000;

/// What is kept of a published part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub kind: Option<Kind>,
    pub files: Vec<String>,
    /// The page whose card it shows.
    pub link: Option<String>,
    /// Of a comment: the post above it.
    pub post: Option<String>,
    /// Of a comment: its number.
    pub comment: Option<String>,
}

impl Kept {
    /// Of a published part.
    pub fn of(remote: &Remote) -> Self {
        Self::deserialize(&remote.extra).unwrap_or_default()
    }
}

#[async_trait]
impl Publish for LinkedIn {
    fn limits(&self, _facts: &Value) -> Limits {
        limits::all()
    }

    fn read(&self, draft: &Draft, position: usize, _facts: &Value) -> Reading {
        text::read(draft, position)
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        check::draft(draft, facts)
    }

    /// Whether own posts, or own comments, can be read. LinkedIn's guard against duplicates is no proof: how long it holds is
    /// documented for an older API only, it names posts that others made, and after a deletion posts that never were.
    fn proof(&self, job: &PartJob<'_>, facts: &Value) -> ProofClass {
        let need = if job.position > 0 { Need::Comments } else { Need::Posts };
        if Rights::of(facts).allow(need) { ProofClass::ReadBack } else { ProofClass::Person }
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let frozen = compose::ready(call, job, handles).await?;
        Ok(Prepared { request: json!(frozen), client_id: None, proof: self.proof(job, call.facts) })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let frozen: Frozen = parts::frozen(ready)?;
        let peer = peer(call)?;
        let asked = if frozen.kind == Kind::Comment { Asked::Comment } else { Asked::Publish };
        let request = peer.request("publish the post", Method::POST, &frozen.path).header("x-restli-method", "CREATE");
        let reply = peer.ask(asked, request.json(&frozen.body).timeout(PUBLISH_TIMEOUT)).await?;
        let id = created(&reply).filter(|id| frozen.kind == Kind::Comment || is_post(id));
        let id = id.ok_or_else(|| peer.odd(asked, &reply, say!("the post's ID")))?;
        Ok(sent(call, &frozen, &id, reply.json::<Comment>().ok().and_then(|comment| comment.urn).as_deref()))
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        look_up::find(call, trace).await
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        look_up::at_address(call, &parts::frozen(ready)?, url).await
    }

    /// Of a post that is gone, LinkedIn's documentation says that it is deleted again; in 2026 it answered that there is none.
    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let (peer, path) = (peer(call)?, path(call, remote)?);
        let request = peer.request("delete the post", Method::DELETE, &path).header("x-restli-method", "DELETE");
        match peer.ask(Asked::Delete, request).await {
            Ok(_) => Ok(Deleted::Gone),
            Err(failure) if failure.kind == K::RemoteNotFound => Ok(Deleted::WasGone),
            Err(failure) => Err(failure),
        }
    }

    /// The text of a post or a comment, and nothing else of it.
    async fn edit(
        &self,
        call: &Call<'_>,
        remote: &Remote,
        job: &PartJob<'_>,
        _handles: &dyn Handles,
    ) -> Result<Sent, Failure> {
        let (part, options, kept) = (parts::part(job)?, compose::options_of(job)?, Kept::of(remote));
        let kind = Kind::of(part, job.position);
        let files: Vec<&str> = part.media.iter().map(|file| file.sha256.as_str()).collect();
        let asks_in_text = kind == Kind::Poll && options.poll_question.is_none();
        // The card stays; a text that links elsewhere now would stand above another page's.
        let card = text::card(job.draft).map(|card| card.address);
        let is_other_card = kind == Kind::Text && kept.link.is_some() && kept.link != card;
        let is_other_kind = kept.kind.is_some_and(|kept| kept != kind);
        if is_other_kind || kept.files != files || asks_in_text || is_other_card {
            let detail = say!(
                "On LinkedIn only the text of a published post can be changed, not its files, link or poll. Delete it and publish it again."
            );
            return Err(Failure::rejected(K::ContentRefused, detail));
        }
        Rights::of(call.facts).require(if kind == Kind::Comment { Need::Comment } else { Need::Publish })?;
        let patch = match kind {
            Kind::Comment => json!({ "message": { "$set": { "text": text::comment(&part.text) } } }),
            _ => json!({ "$set": { "commentary": text::commentary(&part.text) } }),
        };
        let (peer, path) = (peer(call)?, path(call, remote)?);
        let request = peer.request("change the post", Method::POST, &path).header("x-restli-method", "PARTIAL_UPDATE");
        peer.ask(Asked::Edit, request.json(&json!({ "patch": patch }))).await?;
        Ok(Sent { remote: remote.clone(), processing: false })
    }
}

/// The id in the answer's header. Compound ones are encoded there.
fn created(reply: &Reply) -> Option<String> {
    let id = ["x-restli-id", "x-linkedin-id"].into_iter().find_map(|name| reply.header(name))?;
    let id = url::form_urlencoded::parse(format!("id={id}").as_bytes()).next()?.1.into_owned();
    Some(id).filter(|id| !id.is_empty())
}

/// Where a published part is changed and deleted.
fn path(call: &Call<'_>, remote: &Remote) -> Result<String, Failure> {
    match Kept::of(remote) {
        Kept { post: Some(post), comment: Some(comment), .. } => Ok(format!(
            "/rest/socialActions/{}/comments/{}?actor={}",
            segment(&post),
            segment(&comment),
            segment(call.account_id)
        )),
        _ if urn::is_post(&remote.id) => Ok(format!("/rest/posts/{}", segment(&remote.id))),
        _ => Err(Failure::rejected(K::RemoteNotFound, say!("LinkedIn's name for this post isn't known here."))),
    }
}

/// A part that is there. A comment's page is its post's, which leads on to the comment by its URN.
pub fn sent(call: &Call<'_>, frozen: &Frozen, id: &str, comment: Option<&str>) -> Sent {
    let mut kept = frozen.kept();
    let url = match &frozen.post {
        Some(post) => {
            kept.comment = Some(id.to_owned());
            let at = comment.map(|urn| format!("?commentUrn={}", segment(urn))).unwrap_or_default();
            web(call, &format!("/feed/update/{post}{at}"))
        }
        None => web(call, &format!("/feed/update/{id}")),
    };
    let id = comment.unwrap_or(id).to_owned();
    Sent { remote: Remote { id, url, extra: json!(kept) }, processing: false }
}

/// Reads of a peer whose query is Rest.li's: what stands in it is encoded already.
pub fn finder(peer: &Peer<'_, Asked>, name: &'static str, path: &str) -> connector::Request {
    peer.get(name, path).header("x-restli-method", "FINDER")
}
