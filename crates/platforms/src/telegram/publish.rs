//! Messages: composed, sent once with their files, changed, deleted. A bot can't read a chat, and gets no updates about its own
//! messages, so that only a person can tell what became of a message whose answer was lost.

use std::time::Duration;

use async_trait::async_trait;
use base::say;
use connector::{
    Call, Deleted, Draft, Failure, FailureKind as K, Finding, Handles, Issue, Limits, Media, PartJob, Prepared,
    ProofClass, Publish, Reading, Remote, Sent, Trace,
};
use http::Method;
use serde_json::{Value, json};

use super::{
    Telegram, address, check,
    compose::{self, Frozen, Kept},
    connect::{Facts, get_chat},
    errors::Asked,
    limits,
    options::Options,
    peer, text,
    wire::{Answer, Posted},
};
use crate::kit::{parts, peer::Peer};

/// The longest that sending may take, in milliseconds: 50 MB at two megabits a second.
pub const SEND_TIMEOUT_MS: u64 = 210_000;
/// The longest that a call with files may take, and one without.
const SLOW: Duration = Duration::from_secs(200);
const QUICK: Duration = Duration::from_secs(30);

#[async_trait]
impl Publish for Telegram {
    fn limits(&self, _facts: &Value) -> Limits {
        limits::all()
    }

    fn read(&self, draft: &Draft, position: usize, _facts: &Value) -> Reading {
        text::read(draft, position)
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        check::draft(draft, &Facts::of(facts))
    }

    fn proof(&self, _job: &PartJob<'_>, _facts: &Value) -> ProofClass {
        ProofClass::Person
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, _handles: &dyn Handles) -> Result<Prepared, Failure> {
        let facts = Facts::of(call.facts);
        let chat = match facts.kind.as_str() {
            // Only these move, and then refuse what is sent to the old id.
            "group" => get_chat(&peer(call)?, Asked::Read, &facts.chat_id.to_string()).await?.id,
            _ => facts.chat_id,
        };
        let parent = parts::answered(job)?.filter(|parent| kept(parent).chat == chat);
        let parent = parent.and_then(|parent| parent.id.parse().ok());
        let frozen = compose::message(parts::part(job)?, &options_of(job.draft)?, job.position, chat, parent);
        Ok(Prepared { request: json!(frozen), client_id: None, proof: ProofClass::Person })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        self.send_with(call, ready, &[]).await
    }

    async fn send_with(&self, call: &Call<'_>, ready: &Prepared, files: &[Media]) -> Result<Sent, Failure> {
        let frozen: Frozen = parts::frozen(ready)?;
        let posted: Answer<Posted> = ask(&peer(call)?, Asked::Send, "send the message", &frozen, files).await?;
        let messages: Vec<i64> = posted.result.messages().iter().map(|message| message.message_id).collect();
        let id = messages.first().map(i64::to_string).unwrap_or_default();
        let kept = Kept { messages: if messages.len() > 1 { messages } else { Vec::new() }, ..frozen.kept };
        Ok(sent(call, id, &kept))
    }

    /// Nothing can be read.
    async fn look_up(&self, _call: &Call<'_>, _trace: &Trace<'_>) -> Result<Finding, Failure> {
        Ok(Finding::Absent { certain: false })
    }

    /// The person's word is all there is: whether the message is there can't be read. Of an album, they show one message.
    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        let (frozen, facts): (Frozen, _) = (parts::frozen(ready)?, Facts::of(call.facts));
        let id = address::message(url, facts.chat_id, facts.username.as_deref()).ok_or_else(|| {
            let detail = say!(
                "This isn't the address of a message in this chat. In Telegram, open the message's menu and copy its link, like https://t.me/mychannel/42."
            );
            Failure::rejected(K::InputInvalid, detail)
        })?;
        Ok(sent(call, id, &frozen.kept).remote)
    }

    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let (peer, kept) = (peer(call)?, kept(remote));
        let request = match kept.messages.as_slice() {
            [] => {
                let request = peer.request("delete the message", Method::POST, "/deleteMessage");
                request.json(&json!({ "chat_id": kept.chat, "message_id": number(remote)? }))
            }
            album => {
                let request = peer.request("delete the album", Method::POST, "/deleteMessages");
                request.json(&json!({ "chat_id": kept.chat, "message_ids": album }))
            }
        };
        match peer.read::<Answer<bool>>(Asked::Delete, request.timeout(QUICK), say!("that it is deleted")).await {
            Err(failure) if failure.kind == K::RemoteNotFound => Ok(Deleted::WasGone),
            Err(failure) => Err(failure),
            Ok(_) => Ok(Deleted::Gone),
        }
    }

    async fn edit(
        &self,
        call: &Call<'_>,
        remote: &Remote,
        job: &PartJob<'_>,
        _handles: &dyn Handles,
    ) -> Result<Sent, Failure> {
        let (part, options) = (parts::part(job)?, options_of(job.draft)?);
        let there = || Sent { remote: remote.clone(), processing: false };
        let change = compose::change(part, &options, job.position, number(remote)?, &kept(remote))?;
        let Some(change) = change else { return Ok(there()) };
        let asked = ask::<Value>(&peer(call)?, Asked::Edit, "change the message", &change, &part.media).await;
        match asked {
            // It already says so: an edit whose answer was lost, or a part that did not change.
            Err(failure) if failure.kind == K::Duplicate => Ok(there()),
            Err(failure) => Err(failure),
            Ok(_) => Ok(sent(call, remote.id.clone(), &change.kept)),
        }
    }
}

/// Calls a method, with its files if it has any.
async fn ask<T: serde::de::DeserializeOwned>(
    peer: &Peer<'_, Asked>,
    asked: Asked,
    name: &'static str,
    frozen: &Frozen,
    files: &[Media],
) -> Result<T, Failure> {
    let request = peer.request(name, Method::POST, &format!("/{}", frozen.method));
    let files = frozen.files(files)?;
    let request = if files.is_empty() {
        request.json(&frozen.fields).timeout(QUICK)
    } else {
        let form = frozen.form();
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        request.multipart(&fields, files).timeout(SLOW)
    };
    peer.read(asked, request, say!("the message")).await
}

fn sent(call: &Call<'_>, id: String, kept: &Kept) -> Sent {
    let facts = Facts::of(call.facts);
    let username = facts.username.as_deref().filter(|_| kept.chat == facts.chat_id);
    let url = address::page(call, kept.chat, username, Some(&id));
    Sent { remote: Remote { id, url, extra: json!(kept) }, processing: false }
}

fn kept(remote: &Remote) -> Kept {
    serde_json::from_value(remote.extra.clone()).unwrap_or_default()
}

fn number(remote: &Remote) -> Result<i64, Failure> {
    let wrong = |_| Failure::rejected(K::RemoteNotFound, say!("The message is no longer on Telegram."));
    remote.id.parse().map_err(wrong)
}

fn options_of(draft: &Draft) -> Result<Options, Failure> {
    Options::of(draft).map_err(|error| {
        let detail = say!("The options for Telegram are wrong: {error}.", error = error.to_string());
        Failure::rejected(K::ContentRefused, detail)
    })
}
