//! Posts: prepared as containers, published once, found again. Instagram edits nothing, and this login deletes nothing.

use std::time::Duration;

use async_trait::async_trait;
use base::say;
use connector::{
    Call, Deleted, Draft, Failure, FailureKind, Finding, Framing, Handles, Issue, Limits, PartJob, Prepared,
    ProofClass, Publish, Reading, Remote, Sent, Trace,
};
use http::Method;
use serde_json::{Value, json};

use super::{
    Instagram, check, comments,
    compose::{self, Frozen},
    errors::Asked,
    limits, look_up,
    options::Options,
    own, peer,
    reads::{self, List, Post},
    text, username, web,
};
use crate::{
    kit::parts,
    meta::{pages, wire::Created},
};

/// The longest that publishing may take. What takes longer is looked up by its container.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest that reading the new post may take.
const SHOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// Both, in milliseconds.
pub const SEND_TIMEOUT_MS: u64 = 75_000;
/// How many pages of posts are read for one.
const PAGES_MAX: usize = 10;

#[async_trait]
impl Publish for Instagram {
    fn limits(&self, _facts: &Value) -> Limits {
        limits::all()
    }

    fn framing(&self, options: &Value) -> Option<Framing> {
        Options::of(&Draft { options: options.clone(), ..Draft::default() }).ok()?.framing()
    }

    fn read(&self, draft: &Draft, position: usize, _facts: &Value) -> Reading {
        text::read(draft, position)
    }

    fn check(&self, draft: &Draft, _facts: &Value) -> Vec<Issue> {
        check::draft(draft)
    }

    fn proof(&self, job: &PartJob<'_>, _facts: &Value) -> ProofClass {
        let is_comment = parts::part(job).is_ok_and(|part| compose::is_comment(part, job.position));
        if is_comment { ProofClass::ReadBack } else { ProofClass::Staged }
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let frozen = compose::ready(call, job, handles).await?;
        Ok(Prepared { request: json!(frozen), client_id: None, proof: self.proof(job, call.facts) })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let wanted = match parts::frozen::<Frozen>(ready)? {
            Frozen::Comment { on, text } => return comments::make(call, &on, &text).await,
            Frozen::Post(wanted) if wanted.is_published => return look_up::of_container(call, &wanted, ready).await,
            Frozen::Post(wanted) => wanted,
        };
        let peer = peer(call)?;
        let request = peer.request("publish the post", Method::POST, &own(call, "media_publish"));
        let request = request.form(&[("creation_id", &wanted.container)]).timeout(PUBLISH_TIMEOUT);
        let created: Created = peer.read(Asked::Publish, request, say!("the post's ID")).await?;
        // Its page is told only by the post itself. One that is not shown yet is looked up.
        let read = tokio::time::timeout(SHOWN_TIMEOUT, reads::post(&peer, &created.id, wanted.list)).await;
        Ok(match read {
            Ok(Ok(post)) => shown(call, &post),
            _ => Sent { remote: remote(call, &created.id, None, None), processing: true },
        })
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        look_up::find(call, trace).await
    }

    async fn at_address(&self, call: &Call<'_>, ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        let page = Page::of(call, url).ok_or_else(|| {
            let detail = say!(
                "This isn't the address of a post on Instagram. Open the post there and copy its address, like https://www.instagram.com/p/ABC/."
            );
            Failure::rejected(FailureKind::InputInvalid, detail)
        })?;
        let found = match parts::frozen::<Frozen>(ready)? {
            Frozen::Comment { on, .. } => match &page.comment {
                Some(id) => comments::with_id(call, &on, id).await?,
                None => None,
            },
            Frozen::Post(wanted) => at(call, &page, wanted.list).await?,
        };
        found.ok_or_else(|| {
            Failure::rejected(
                FailureKind::RemoteNotFound,
                say!("This isn't among the account's own posts and comments."),
            )
        })
    }

    async fn delete(&self, _call: &Call<'_>, _remote: &Remote) -> Result<Deleted, Failure> {
        let detail = say!("Instagram doesn't let apps with this login delete posts. Delete it in the Instagram app.");
        Err(Failure::rejected(FailureKind::ContentRefused, detail))
    }
}

/// What the address of a page names.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The post's word, or the story's number.
    pub code: String,
    /// The comment's id.
    pub comment: Option<String>,
}

impl Page {
    /// Reads `https://www.instagram.com/p/ABC/`, `/reel/ABC/`, `/name/p/ABC/`, `/p/ABC/c/123/`, `/stories/name/123/`.
    pub fn of(call: &Call<'_>, url: &url::Url) -> Option<Self> {
        let stands_in = url::Url::parse(&web(call, "/")).is_ok_and(|own| own.origin() == url.origin());
        let host = url.host_str().unwrap_or_default();
        if !stands_in && !matches!(host.trim_start_matches("www."), "instagram.com") {
            return None;
        }
        let path: Vec<&str> = url.path_segments()?.filter(|word| !word.is_empty()).collect();
        let (code, rest) = match path.as_slice() {
            ["stories", _, code, ..] => (code, &[][..]),
            ["p" | "reel" | "reels" | "tv", code, rest @ ..] | [_, "p" | "reel", code, rest @ ..] => (code, rest),
            _ => return None,
        };
        let comment = if let ["c", id, ..] = rest { Some((*id).to_owned()) } else { None };
        Some(Self { code: (*code).to_owned(), comment })
    }
}

/// The account's own post with this page.
async fn at(call: &Call<'_>, page: &Page, list: List) -> Result<Option<Remote>, Failure> {
    let peer = peer(call)?;
    let request = || peer.get("look for the post by its address", &list.path(call)).query("fields", list.fields());
    let is_it = |post: &Post| {
        let of_page = || Page::of(call, &post.permalink.as_deref()?.parse().ok()?).map(|page| page.code);
        post.shortcode.clone().or_else(of_page).as_deref() == Some(page.code.as_str())
    };
    let what = (say!("a list of posts"), PAGES_MAX);
    let (posts, _) = pages::read::<_, Post>(&peer, Asked::Read, request, what, |all| all.iter().any(is_it)).await?;
    Ok(posts.iter().find(|post| is_it(post)).map(|post| shown(call, post).remote))
}

/// A post as it is shown.
pub fn shown(call: &Call<'_>, post: &Post) -> Sent {
    let kind = post.media_product_type.as_deref();
    Sent { remote: remote(call, &post.id, post.permalink.as_deref(), kind), processing: false }
}

/// A post at Instagram. Where its page is not known, the account's page leads to it.
fn remote(call: &Call<'_>, id: &str, permalink: Option<&str>, kind: Option<&str>) -> Remote {
    let profile = || web(call, &format!("/{}/", username(call)));
    let extra = kind.map_or(Value::Null, |kind| json!({ "kind": kind }));
    Remote { id: id.to_owned(), url: permalink.map_or_else(profile, str::to_owned), extra }
}
