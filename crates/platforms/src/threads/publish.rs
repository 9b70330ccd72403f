//! Posts: prepared as containers, published once, found again, deleted. Threads edits nothing.

use std::time::Duration;

use async_trait::async_trait;
use base::say;
use connector::{
    Call, Deleted, Draft, Failure, FailureKind, Finding, Handles, Issue, Limits, PartJob, Prepared, ProofClass,
    Publish, Reading, Remote, Sent, Trace,
};
use serde_json::{Value, json};

use super::{
    Threads, address, check,
    compose::{self, Frozen},
    errors::Asked,
    limits, look_up, peer, reads, text, web,
    wire::Post,
};
use crate::{
    kit::{parts, peer::segment},
    meta::wire::{Created, Removed},
};

/// The longest that publishing may take. It has taken 222 s (zernio-python 42); what takes longer than this is looked up by its
/// container.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest that reading the new post may take.
const SHOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// Both, in milliseconds.
pub const SEND_TIMEOUT_MS: u64 = 75_000;

#[async_trait]
impl Publish for Threads {
    fn limits(&self, _facts: &Value) -> Limits {
        limits::all()
    }

    fn read(&self, draft: &Draft, position: usize, _facts: &Value) -> Reading {
        text::read(draft, position)
    }

    fn check(&self, draft: &Draft, _facts: &Value) -> Vec<Issue> {
        check::draft(draft)
    }

    fn proof(&self, _job: &PartJob<'_>, _facts: &Value) -> ProofClass {
        ProofClass::Staged
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let frozen = compose::ready(call, job, handles).await?;
        Ok(Prepared { request: json!(frozen), client_id: None, proof: ProofClass::Staged })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let frozen = parts::frozen::<Frozen>(ready)?;
        if frozen.is_published {
            return look_up::of_container(call, &frozen, ready).await;
        }
        let peer = peer(call)?;
        let request = peer.request("publish the post", http::Method::POST, "/v1.0/me/threads_publish");
        let request = request.form(&[("creation_id", &frozen.container)]).timeout(PUBLISH_TIMEOUT);
        let created: Created = peer.read(Asked::Publish, request, say!("the post's ID")).await?;
        // Its page is told only by the post itself. One that is not shown yet is looked up.
        let read = tokio::time::timeout(SHOWN_TIMEOUT, reads::post(&peer, &created.id, frozen.list)).await;
        Ok(match read {
            Ok(Ok(post)) => shown(call, &frozen, &post),
            _ => Sent { remote: remote(call, &created.id, None, false), processing: true },
        })
    }

    /// A reply with a video has become a post of its own (Postiz 1441). Nothing can move it, so it is told.
    async fn settle(&self, _call: &Call<'_>, _ready: &Prepared, sent: &Sent) -> Result<(), Failure> {
        if sent.remote.extra["stands_alone"] == true {
            let detail = say!(
                "Threads published this part as a post of its own, not as a reply. Delete it and publish it again, or leave it."
            );
            return Err(Failure::rejected(FailureKind::ContentRefused, detail));
        }
        Ok(())
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        look_up::find(call, trace).await
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        let wrong = |detail| Failure::rejected(FailureKind::InputInvalid, detail);
        let page = address::parse(url.as_str()).ok_or_else(|| {
            wrong(say!(
                "This isn't the address of a post on Threads. Open the post there and copy its address, like https://www.threads.com/@name/post/ABC."
            ))
        })?;
        if call.facts["username"].as_str().is_some_and(|own| !own.eq_ignore_ascii_case(&page.username)) {
            return Err(wrong(say!("This post is from another account. Give the address of a post of this channel.")));
        }
        let found = address::own(call, &page).await?.ok_or_else(|| {
            Failure::rejected(FailureKind::RemoteNotFound, say!("This post isn't among the account's own posts."))
        })?;
        Ok(shown(call, &parts::frozen(ready)?, &found).remote)
    }

    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let peer = peer(call)?;
        let path = format!("/v1.0/{}", segment(&remote.id));
        let request = peer.request("delete the post", http::Method::DELETE, &path);
        let reply = match peer.ask(Asked::Delete, request).await {
            Err(failure) if failure.kind == FailureKind::RemoteNotFound => return Ok(Deleted::WasGone),
            asked => asked?,
        };
        match reply.json::<Removed>() {
            Ok(removed) if removed.success => Ok(Deleted::Gone),
            _ => Err(peer.odd(Asked::Delete, &reply, say!("that it is deleted"))),
        }
    }
}

/// A post as it is shown.
pub fn shown(call: &Call<'_>, frozen: &Frozen, post: &Post) -> Sent {
    let stands_alone = frozen.replies_to.is_some() && post.replied_to.is_none();
    Sent { remote: remote(call, &post.id, post.permalink.as_deref(), stands_alone), processing: false }
}

/// A post at Threads. Where its page is not known, the account's page leads to it.
fn remote(call: &Call<'_>, id: &str, permalink: Option<&str>, stands_alone: bool) -> Remote {
    let profile = || web(call, &format!("/@{}", call.facts["username"].as_str().unwrap_or_default()));
    let extra = if stands_alone { json!({ "stands_alone": true }) } else { Value::Null };
    Remote { id: id.to_owned(), url: permalink.map_or_else(profile, str::to_owned), extra }
}
