//! Posts: prepared, sent once, found again, deleted, edited.

use std::time::Duration;

use async_trait::async_trait;
use base::{Text, Timestamp, say};
use connector::{
    Call, Deleted, Draft, Failure, FailureKind, Finding, Handles, Issue, Limits, PartJob, Prepared, ProofClass,
    Publish, Reading, Remote, Reply, Sent, Trace,
};
use serde_json::{Value, json};

use super::{
    X, api, check, compose,
    errors::{self, Asked},
    limits::{self, Facts},
    look_up, media,
    reads::{self, Read},
    text, web,
    wire::{self, Answer, Created, EditControls, Post, Removed},
};
use crate::kit::parts;

/// The longest that `POST /2/tweets` may take, in milliseconds.
pub const SEND_TIMEOUT_MS: u64 = 30_000;

#[async_trait]
impl Publish for X {
    fn limits(&self, facts: &Value) -> Limits {
        limits::of(&Facts::of(facts))
    }

    fn read(&self, draft: &Draft, position: usize, facts: &Value) -> Reading {
        let text = draft.text(position);
        let weighed = text::weigh(text);
        Reading {
            length: weighed.length,
            limit: limits::of(&Facts::of(facts)).text.max,
            spans: text::spans(text),
            notes: check::names_that_become_links(&weighed, &format!("/parts/{position}/text")),
            ..Reading::default()
        }
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        check::draft(draft, &Facts::of(facts))
    }

    fn proof(&self, _job: &PartJob<'_>, _facts: &Value) -> ProofClass {
        ProofClass::ReadBack
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let request = request(call, job, handles, None).await?;
        Ok(Prepared { request, client_id: None, proof: ProofClass::ReadBack })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        post(call, "create post", &ready.request).await
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        look_up::find(call, trace).await
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        look_up::at_address(call, &ready.request, url).await
    }

    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let url = api(call, &format!("/2/tweets/{}", known_id(remote)?));
        let request = call.http.request("delete post", http::Method::DELETE, url).bearer(call.tokens.bearer()?);
        let reply = request.send().await.map_err(|error| errors::lost(Asked::Delete, error))?;
        deleted(&reply, call.clock.now())
    }

    async fn edit(
        &self,
        call: &Call<'_>,
        remote: &Remote,
        job: &PartJob<'_>,
        handles: &dyn Handles,
    ) -> Result<Sent, Failure> {
        may_edit(call, remote, job).await?;
        let request = request(call, job, handles, Some(known_id(remote)?)).await?;
        post(call, "edit post", &request).await
    }
}

/// The frozen request of a part, its files uploaded.
async fn request(
    call: &Call<'_>,
    job: &PartJob<'_>,
    handles: &dyn Handles,
    edited: Option<&str>,
) -> Result<Value, Failure> {
    let files = media::all(call, parts::part(job)?, handles).await?;
    let ids: Vec<String> = files.iter().map(|file| file.id.clone()).collect();
    let keys: Vec<String> = files.into_iter().filter_map(|file| file.media_key).collect();
    Ok(look_up::frozen(&compose::body(job, &ids, edited)?, &keys))
}

/// The one visible write.
async fn post(call: &Call<'_>, name: &'static str, request: &Value) -> Result<Sent, Failure> {
    let write = call
        .http
        .post(name, api(call, "/2/tweets"))
        .bearer(call.tokens.bearer()?)
        .json(&request["body"])
        .timeout(Duration::from_millis(SEND_TIMEOUT_MS));
    let reply = write.send().await.map_err(|error| errors::lost(Asked::Post, error))?;
    let now = call.clock.now();
    let parent = request["body"]["reply"]["in_reply_to_tweet_id"].as_str();
    let id = created(&reply, now).map_err(|failure| match parent.and_then(wire::made_at) {
        // Only earlier parts of the same thread are answered.
        Some(made_at) => errors::of_answer_to_own(failure, made_at, now),
        None => failure,
    })?;
    let keys = request["media_keys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Ok(Sent { remote: remote(call, &id, &keys.collect::<Vec<_>>()), processing: false })
}

/// The id in the answer. Success without an id proves nothing; success with `errors` and no `data` is a refusal.
pub(super) fn created(reply: &Reply, now: Timestamp) -> Result<String, Failure> {
    if !reply.is_success() {
        return Err(errors::failure(Asked::Post, reply, now));
    }
    let created = reply.json::<Answer<Created>>().ok().and_then(|answer| answer.data);
    let id = created.map(|created| created.id).filter(|id| wire::is_id(id));
    id.ok_or_else(|| errors::odd_answer(Asked::Post, reply, now))
}

/// Gone now or gone before: X answers a second deletion with 200 or 404.
pub(super) fn deleted(reply: &Reply, now: Timestamp) -> Result<Deleted, Failure> {
    let answer = reply.json::<Answer<Removed>>().ok().and_then(|answer| answer.data);
    if reply.is_success() && answer.is_some_and(|removed| removed.deleted) {
        return Ok(Deleted::Gone);
    }
    let failure = if reply.is_success() {
        errors::odd_answer(Asked::Delete, reply, now)
    } else {
        errors::failure(Asked::Delete, reply, now)
    };
    if failure.kind == FailureKind::RemoteNotFound { Ok(Deleted::WasGone) } else { Err(failure) }
}

/// A post at X. Its page is found by id alone, so the account's name is not kept with it.
pub(super) fn remote(call: &Call<'_>, id: &str, media_keys: &[String]) -> Remote {
    Remote { id: id.to_owned(), url: web(call, &format!("/i/status/{id}")), extra: json!({ "media_keys": media_keys }) }
}

fn known_id(remote: &Remote) -> Result<&str, Failure> {
    let odd =
        || Failure::rejected(FailureKind::RemoteNotFound, say!("`{id}` isn't the ID of a post on X.", id = remote.id));
    if wire::is_id(&remote.id) { Ok(&remote.id) } else { Err(odd()) }
}

/// X edits for Premium authors, within an hour, five times, and neither polls nor posts in communities.
async fn may_edit(call: &Call<'_>, remote: &Remote, job: &PartJob<'_>) -> Result<(), Failure> {
    let no = |why: Text| {
        Failure::rejected(FailureKind::ContentRefused, say!("X can't edit this post: {why}. Nothing was changed."))
    };
    if !Facts::of(call.facts).is_premium() {
        return Err(no(say!("the account has no Premium subscription")));
    }
    let in_community = compose::Options::of(job.draft).is_ok_and(|options| options.community_id.is_some());
    if parts::part(job)?.poll.is_some() || in_community {
        return Err(no(say!("polls and posts in communities can't be edited")));
    }
    let path = format!("/2/tweets/{}", known_id(remote)?);
    let read: Read<Post> = reads::get(call, "ask whether it can be edited", &path, &[], &reads::EDITING).await?;
    let Some(post) = &read.answer.data else { return Err(read.refusal(call)) };
    // X may leave the controls out; then only the attempt tells.
    match post.edit_controls.as_ref().and_then(|controls| why_not(controls, call.clock.now())) {
        Some(why) => Err(no(why)),
        None => Ok(()),
    }
}

fn why_not(controls: &EditControls, now: Timestamp) -> Option<Text> {
    let until = controls.editable_until.as_deref().and_then(|text| Timestamp::parse(text).ok());
    if controls.is_edit_eligible == Some(false) {
        Some(say!("posts of this kind can't be edited"))
    } else if until.is_some_and(|until| until <= now) {
        Some(say!("the hour in which it could be edited is over"))
    } else if controls.edits_remaining.is_some_and(|left| left <= 0) {
        Some(say!("it was already edited five times"))
    } else {
        None
    }
}
