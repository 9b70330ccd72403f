//! Posts: as with Instagram's own login, and deleted, which only this login can.

use async_trait::async_trait;
use base::say;
use connector::{
    Call, Deleted, Draft, Failure, FailureKind, Finding, Framing, Handles, Issue, Limits, PartJob, Prepared,
    ProofClass, Publish, Reading, Remote, Rule, Sent, Trace,
};
use http::Method;
use serde_json::Value;

use super::{InstagramPages, peer};
use crate::{
    instagram::{
        Instagram,
        errors::Asked,
        limits::{self, SOURCE_POST},
        node,
    },
    kit::parts,
    meta::{
        read_back::was_gone,
        rights::{Need, Rights},
        wire::Removed,
    },
};

const PUBLISH: Need = Need { scopes: &["instagram_content_publish"], task: "CREATE_CONTENT" };
const COMMENT: Need = Need { scopes: &["instagram_manage_comments"], task: "MODERATE" };
const DELETE: Need = Need { scopes: &["instagram_manage_contents"], task: "CREATE_CONTENT" };

#[async_trait]
impl Publish for InstagramPages {
    fn limits(&self, _facts: &Value) -> Limits {
        Limits { delete: true, ..limits::all() }
    }

    fn framing(&self, options: &Value) -> Option<Framing> {
        Instagram.framing(options)
    }

    fn read(&self, draft: &Draft, position: usize, facts: &Value) -> Reading {
        Instagram.read(draft, position, facts)
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        let mut issues = Instagram.check(draft, facts);
        let rights = Rights::of(facts);
        let needs = [(&PUBLISH, "/parts/0", true), (&COMMENT, "/parts/1", draft.parts.len() > 1)];
        let missing = needs.into_iter().filter(|(_, _, is_needed)| *is_needed);
        let missing = missing.filter_map(|(need, at, _)| Some((rights.missing(need)?, at)));
        issues.extend(missing.map(|(why, at)| Issue::error(Rule::PermissionMissing, at, why, SOURCE_POST)));
        issues
    }

    fn proof(&self, job: &PartJob<'_>, facts: &Value) -> ProofClass {
        Instagram.proof(job, facts)
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let is_comment = parts::answered(job)?.is_some();
        Rights::of(call.facts).require(if is_comment { &COMMENT } else { &PUBLISH })?;
        Instagram.prepare(call, job, handles).await
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        Instagram.send(call, ready).await
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        Instagram.look_up(call, trace).await
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        Instagram.at_address(call, ready, url).await
    }

    /// Posts, reels, stories and whole carousels, and comments. Source: Instagram API with Facebook Login, IG media, delete.
    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let is_comment = remote.extra["kind"] == "comment";
        Rights::of(call.facts).require(if is_comment { &COMMENT } else { &DELETE })?;
        let peer = peer(call)?;
        let request = peer.request("delete the post", Method::DELETE, &node(&remote.id));
        match peer.read::<Removed>(Asked::Delete, request, say!("that it is deleted")).await {
            Ok(removed) if removed.success => Ok(Deleted::Gone),
            Ok(_) => {
                let detail = say!("Instagram didn't delete it, and gives no reason. Delete it in the Instagram app.");
                Err(Failure::rejected(FailureKind::ContentRefused, detail))
            }
            Err(failure) => was_gone(&peer, Asked::Read, &node(call.account_id), failure).await,
        }
    }
}
