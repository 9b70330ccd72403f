//! What became of a post whose answer was lost: the organisation's own posts tell, and the comments under a post. What a
//! channel may not read, only a person can tell. Reads only.

use base::say;
use connector::{Call, Failure, FailureKind as K, Finding, Remote, Trace};

use super::{
    compose::{Frozen, Kind, NO_POST},
    errors::Asked,
    peer,
    publish::{finder, sent},
    rights::{Need, Rights},
    text,
    urn::{self, Address},
    wire::{Comment, Page, Post},
};
use crate::kit::{
    parts,
    peer::{Peer, segment},
    read_back::{BEFORE, Fit, decided, letters, may_be, too_many},
};

/// How many posts a page of a list has, and how many pages are read.
const PAGE: usize = 50;
const PAGES_MAX: usize = 10;

/// What became of the part of a trace.
pub async fn find(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    let frozen: Frozen = parts::frozen(trace.ready)?;
    let need = if frozen.kind == Kind::Comment { Need::Comments } else { Need::Posts };
    if !Rights::of(call.facts).allow(need) {
        return Ok(Finding::Absent { certain: false });
    }
    let peer = peer(call)?;
    if frozen.kind == Kind::Comment {
        let comments = comments(&peer, &frozen).await?;
        let fits = comments
            .iter()
            .map(|one| (fit_of_comment(call, &frozen, trace, one), sent(call, &frozen, &one.id, one.urn.as_deref())));
        return Ok(decided(fits));
    }
    let since = trace.armed_at - BEFORE;
    // Newest first.
    let is_before = |posts: &[Post]| posts.last().and_then(Post::made_at).is_some_and(|at| at < since);
    let posts = own_posts(&peer, is_before).await?;
    Ok(decided(posts.iter().map(|post| (fit(&frozen, trace, post), sent(call, &frozen, &post.id, None)))))
}

async fn own_posts(peer: &Peer<'_, Asked>, enough: impl Fn(&[Post]) -> bool) -> Result<Vec<Post>, Failure> {
    let mut all = Vec::new();
    for page in 0..PAGES_MAX {
        let (author, start) = (segment(peer.call.account_id), page * PAGE);
        let path = format!("/rest/posts?author={author}&q=author&count={PAGE}&start={start}&sortBy=CREATED");
        let request = finder(peer, "look for the post", &path);
        let found: Page<Post> = peer.read(Asked::Read, request, say!("a list of posts")).await?;
        let is_last = found.elements.len() < PAGE;
        all.extend(found.elements);
        if is_last || enough(&all) {
            return Ok(all);
        }
    }
    Err(too_many(PAGES_MAX * PAGE))
}

async fn comments(peer: &Peer<'_, Asked>, frozen: &Frozen) -> Result<Vec<Comment>, Failure> {
    let mut all = Vec::new();
    for page in 0..PAGES_MAX {
        let path = format!("{}?start={}&count={PAGE}", frozen.path, page * PAGE);
        let request = peer.get("look for the comment", &path).of_others();
        let found: Page<Comment> = peer.read(Asked::Read, request, say!("a list of comments")).await?;
        let is_last = found.elements.len() < PAGE;
        all.extend(found.elements);
        if is_last {
            return Ok(all);
        }
    }
    Err(too_many(PAGES_MAX * PAGE))
}

/// An uploaded file is ours alone, so that it proves more than a text.
fn fit(wanted: &Frozen, trace: &Trace<'_>, post: &Post) -> Fit {
    if !may_be(trace, &post.id, post.made_at()) {
        return Fit::Other;
    }
    let shown = post.shows();
    let proof = |what| Fit::Same(say!("the only match among the channel's own posts: {what}"));
    let files =
        || wanted.shows.iter().filter(|one| one.starts_with("urn:li:image:") || one.starts_with("urn:li:video:"));
    if files().any(|file| shown.contains(&file.as_str())) {
        return proof(say!("it shows the prepared files"));
    }
    let (said, seen) = (text::canonical(&wanted.text), text::canonical(&text::seen(&post.commentary)));
    let asked = wanted.body.pointer("/content/poll/question").and_then(serde_json::Value::as_str);
    let is_same_rest = shown.len() == wanted.shows.len()
        && wanted.shows.iter().all(|one| shown.contains(&one.as_str()))
        && asked == post.question();
    if files().next().is_none() && said == seen && is_same_rest {
        proof(say!("same text, same link, same time"))
    } else if letters(&said) == letters(&seen) && (is_same_rest || !letters(&said).is_empty()) {
        // LinkedIn may show a link or a file in another form: that is no sign that the post isn't there.
        Fit::Alike
    } else {
        Fit::Other
    }
}

fn fit_of_comment(call: &Call<'_>, wanted: &Frozen, trace: &Trace<'_>, comment: &Comment) -> Fit {
    let id = comment.urn.as_deref().unwrap_or(&comment.id);
    let is_others = comment.actor.as_deref().is_some_and(|actor| actor != call.account_id);
    if is_others || !may_be(trace, id, comment.made_at()) {
        return Fit::Other;
    }
    let is_own = comment.actor.is_some();
    match text::canonical(&wanted.text) == text::canonical(comment.text()) {
        true if is_own => Fit::Same(say!("the only match among the comments: same text, same time")),
        true => Fit::Alike,
        false => Fit::Other,
    }
}

/// The part at an address that a person found. What can be read is read; otherwise the person's word is all there is.
pub async fn at_address(call: &Call<'_>, frozen: &Frozen, url: &url::Url) -> Result<Remote, Failure> {
    let post = match urn::at(call, url) {
        Address::Post(post) => post,
        Address::Activity => return Err(Failure::rejected(K::InputInvalid, NO_POST)),
        Address::Other => {
            let detail = say!(
                "This isn't the address of a post on LinkedIn. Open the post there and copy its address, like https://www.linkedin.com/feed/update/urn:li:share:7."
            );
            return Err(Failure::rejected(K::InputInvalid, detail));
        }
    };
    let (peer, rights) = (peer(call)?, Rights::of(call.facts));
    if frozen.kind == Kind::Comment {
        // A comment has no page of its own: the one with the same text under its post.
        let own = |one: &&Comment| one.actor.as_deref() == Some(call.account_id);
        let is_same = |one: &&Comment| text::canonical(one.text()) == text::canonical(&frozen.text);
        let all = if rights.allow(Need::Comments) { comments(&peer, frozen).await? } else { Vec::new() };
        let found = all.iter().filter(own).find(is_same).filter(|_| frozen.post.as_ref() == Some(&post));
        let found = found.ok_or_else(|| Failure::rejected(K::RemoteNotFound, NOT_OURS))?;
        return Ok(sent(call, frozen, &found.id, found.urn.as_deref()).remote);
    }
    if rights.allow(Need::Posts) {
        let request = peer.get("read the post", &format!("/rest/posts/{}", segment(&post)));
        let found: Author = peer.read(Asked::Read, request, say!("a post")).await?;
        if found.author != call.account_id {
            return Err(Failure::rejected(K::RemoteNotFound, NOT_OURS));
        }
    }
    Ok(sent(call, frozen, &post, None).remote)
}

#[derive(serde::Deserialize)]
struct Author {
    author: String,
}

const NOT_OURS: base::Text = say!("This isn't one of the channel's own posts, or Fanfare can't read it there.");
