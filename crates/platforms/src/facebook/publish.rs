//! Posts: their files go up unseen, one call publishes, and the answer's id or the files' ids tell what became of it.

use std::time::Duration;

use async_trait::async_trait;
use base::say;
use connector::{
    Call, Deleted, Draft, Failure, FailureKind, Finding, Handles, Issue, Limits, PartJob, Prepared, ProofClass,
    Publish, Reading, Remote, Sent, Trace,
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Facebook, check,
    compose::{self, Frozen, Kind},
    errors::Asked,
    limits, look_up, peer, rights, text, web,
    wire::{Created, Done},
};
use crate::{
    kit::{
        parts,
        peer::{Peer, segment},
    },
    meta::{read_back::was_gone, rights::Rights},
};

/// The longest that publishing may take.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(60);
/// The same, with the room that the engine's own clock needs, in milliseconds.
pub const SEND_TIMEOUT_MS: u64 = 70_000;

/// What is kept of a published part: its kind, the post that shows a video, and which files it has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub kind: Option<Kind>,
    pub post_id: Option<String>,
    pub files: Vec<String>,
}

impl Kept {
    /// Of a published part.
    pub fn of(remote: &Remote) -> Self {
        Self::deserialize(&remote.extra).unwrap_or_default()
    }
}

#[async_trait]
impl Publish for Facebook {
    fn limits(&self, _facts: &Value) -> Limits {
        limits::all()
    }

    fn read(&self, draft: &Draft, position: usize, _facts: &Value) -> Reading {
        text::read(draft, position)
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        check::draft(draft, facts)
    }

    /// A file that went up before is a handle: it tells whether it was published. A text or a comment has none.
    fn proof(&self, job: &PartJob<'_>, _facts: &Value) -> ProofClass {
        let has_files = job.draft.parts.get(job.position).is_some_and(|part| !part.media.is_empty());
        if has_files && job.position == 0 { ProofClass::Staged } else { ProofClass::ReadBack }
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let frozen = compose::ready(call, job, handles).await?;
        Ok(Prepared { request: json!(frozen), client_id: None, proof: self.proof(job, call.facts) })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let frozen = parts::frozen::<Frozen>(ready)?;
        let peer = peer(call)?;
        let request = write(&peer, "publish the post", &frozen.path, &frozen.fields).timeout(PUBLISH_TIMEOUT);
        match frozen.kind {
            Kind::Text | Kind::Photos | Kind::Comment => {
                let asked = if frozen.kind == Kind::Comment { Asked::Comment } else { Asked::Publish };
                let request = request.query("fields", "id,permalink_url");
                let created: Created = peer.read(asked, request, say!("the post's ID")).await?;
                Ok(sent(call, &frozen, &created.id, created.permalink_url.as_deref(), None))
            }
            Kind::Video | Kind::Reel => {
                done(&peer, Asked::Publish, request).await?;
                let id = frozen.media.first().map_or("", String::as_str);
                Ok(Sent { processing: true, ..sent(call, &frozen, id, None, None) })
            }
            Kind::PhotoStory | Kind::VideoStory => {
                let story = done(&peer, Asked::Publish, request).await?.post_id;
                // Its page is told only by the list of stories.
                let processing = frozen.kind == Kind::VideoStory || story.is_none();
                let id = story.or_else(|| frozen.media.first().cloned()).unwrap_or_default();
                Ok(Sent { processing, ..sent(call, &frozen, &id, None, None) })
            }
        }
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        look_up::find(call, trace).await
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        look_up::at_address(call, &parts::frozen(ready)?, url).await
    }

    /// A story that has ended by itself is gone too.
    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let peer = peer(call)?;
        let request = peer.request("delete the post", Method::DELETE, &format!("/{}", segment(&remote.id)));
        match done(&peer, Asked::Delete, request).await {
            Ok(_) => Ok(Deleted::Gone),
            Err(failure) => was_gone(&peer, Asked::Read, &format!("/{}", segment(call.account_id)), failure).await,
        }
    }

    /// The text of a post, and the text and title of a video. Facebook lets an app change only what the same app made.
    async fn edit(
        &self,
        call: &Call<'_>,
        remote: &Remote,
        job: &PartJob<'_>,
        _handles: &dyn Handles,
    ) -> Result<Sent, Failure> {
        let refused = |detail| Err(Failure::rejected(FailureKind::ContentRefused, detail));
        let (part, options, kept) = (parts::part(job)?, compose::options_of(job)?, Kept::of(remote));
        let kind = kept.kind.unwrap_or(Kind::Text);
        let files: Vec<&str> = part.media.iter().map(|file| file.sha256.as_str()).collect();
        let is_other = job.position == 0 && Kind::of(part, options.format) != kind;
        if matches!(kind, Kind::PhotoStory | Kind::VideoStory) {
            return refused(say!("A story on Facebook can't be changed. Delete it and publish it again."));
        }
        if is_other || kept.files != files {
            return refused(say!(
                "On Facebook only the text of a published post can be changed, not its files. Delete it and publish it again."
            ));
        }
        Rights::of(call.facts).require(if kind == Kind::Comment { &rights::COMMENT } else { &rights::PUBLISH })?;
        let mut fields = Vec::new();
        if matches!(kind, Kind::Video | Kind::Reel) {
            fields.push(("description".to_owned(), part.text.clone()));
            fields.extend(options.title.map(|title| ("title".to_owned(), title)));
        } else {
            fields.push(("message".to_owned(), part.text.clone()));
        }
        let peer = peer(call)?;
        let request = write(&peer, "change the post", &format!("/{}", segment(&remote.id)), &fields);
        done(&peer, Asked::Edit, request).await?;
        Ok(Sent { remote: remote.clone(), processing: false })
    }
}

/// A request that changes something, with these fields.
pub fn write(
    peer: &Peer<'_, Asked>,
    name: &'static str,
    path: &str,
    fields: &[(String, String)],
) -> connector::Request {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    peer.request(name, Method::POST, path).form(&fields)
}

/// Something that is answered by whether it was done.
pub async fn done(peer: &Peer<'_, Asked>, asked: Asked, request: connector::Request) -> Result<Done, Failure> {
    let reply = peer.ask(asked, request).await?;
    let done = reply.json::<Done>().ok().filter(|done| done.success);
    done.ok_or_else(|| peer.odd(asked, &reply, say!("that it is done")))
}

/// A part that is there. Where its own page is not known, its id or the page's own page leads to it.
pub fn sent(call: &Call<'_>, frozen: &Frozen, id: &str, permalink: Option<&str>, post_id: Option<&str>) -> Sent {
    let path = match frozen.kind {
        Kind::PhotoStory | Kind::VideoStory => call.account_id.to_owned(),
        Kind::Video => format!("{}/videos/{id}", call.account_id),
        Kind::Reel => format!("reel/{id}"),
        Kind::Text | Kind::Photos | Kind::Comment => id.to_owned(),
    };
    let kept = Kept { kind: Some(frozen.kind), post_id: post_id.map(str::to_owned), files: frozen.files.clone() };
    let url = web(call, permalink.filter(|link| !link.is_empty()).unwrap_or(&path));
    Sent { remote: Remote { id: id.to_owned(), url, extra: json!(kept) }, processing: false }
}
