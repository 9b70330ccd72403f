//! Comments below an own post: made once, and found again by their text.

use base::{Timestamp, say};
use connector::{Call, Failure, Finding, Remote, Sent, Trace};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{errors::Asked, node, peer, publish::PUBLISH_TIMEOUT, text, username};
use crate::{
    kit::{
        peer::Peer,
        read_back::{BEFORE, Fit, decided, may_be, too_many},
    },
    meta::{
        pages,
        text::letters,
        wire::{Created, id, instant},
    },
};

/// How many pages of comments are read, and how many are on one at most.
const PAGES_MAX: usize = 20;
const PAGE: usize = 50;

/// A comment, as far as it is looked for.
#[derive(Debug, Deserialize)]
struct Comment {
    #[serde(deserialize_with = "id")]
    id: String,
    #[serde(default)]
    text: String,
    timestamp: Option<String>,
    username: Option<String>,
}

impl Comment {
    fn made_at(&self) -> Option<Timestamp> {
        instant(self.timestamp.as_deref()?)
    }
}

/// Makes a comment. Nothing is asked to be read of it: Instagram has made a comment and then refused to (brightbean 140).
pub async fn make(call: &Call<'_>, post: &Remote, words: &str) -> Result<Sent, Failure> {
    let peer = peer(call)?;
    let request = peer.request("comment on the post", Method::POST, &format!("{}/comments", node(&post.id)));
    let request = request.form(&[("message", words)]).timeout(PUBLISH_TIMEOUT);
    let created: Created = peer.read(Asked::Comment, request, say!("the comment's ID")).await?;
    Ok(Sent { remote: remote(post, &created.id), processing: false })
}

/// What became of a comment whose answer was lost.
pub async fn find(call: &Call<'_>, trace: &Trace<'_>, post: &Remote, words: &str) -> Result<Finding, Failure> {
    let peer = peer(call)?;
    // The newest come first.
    let begins = trace.armed_at - BEFORE;
    let is_before = |comment: &Comment| comment.made_at().is_some_and(|at| at < begins);
    let (comments, is_whole) = read(&peer, post, |all| all.last().is_some_and(is_before)).await?;
    if !is_whole {
        return Err(too_many(PAGES_MAX * PAGE));
    }
    let own = username(call);
    let fit = |comment: &Comment| {
        let is_own = comment.username.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(own));
        if !is_own || letters(&comment.text) != letters(words) {
            Fit::Other
        } else if comment.username.is_some() && text::canonical(&comment.text) == text::canonical(words) {
            Fit::Same(say!("the only comment of this account with this text and time below the post"))
        } else {
            Fit::Alike
        }
    };
    let of_attempt = comments.iter().filter(|comment| may_be(trace, &comment.id, comment.made_at()));
    Ok(decided(of_attempt.map(|comment| (fit(comment), Sent { remote: remote(post, &comment.id), processing: false }))))
}

/// The own comment with this id.
pub async fn with_id(call: &Call<'_>, post: &Remote, id: &str) -> Result<Option<Remote>, Failure> {
    let peer = peer(call)?;
    let (comments, _) = read(&peer, post, |all| all.iter().any(|comment| comment.id == id)).await?;
    let own = username(call);
    let found = comments.into_iter().find(|comment| comment.id == id);
    let is_own = |comment: &Comment| comment.username.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(own));
    Ok(found.filter(is_own).map(|comment| remote(post, &comment.id)))
}

async fn read(
    peer: &Peer<'_, Asked>,
    post: &Remote,
    enough: impl Fn(&[Comment]) -> bool,
) -> Result<(Vec<Comment>, bool), Failure> {
    let request = || {
        let request = peer.get("look for the comment", &format!("{}/comments", node(&post.id)));
        request.query("fields", "id,text,timestamp,username")
    };
    pages::read(peer, Asked::Read, request, (say!("a list of comments"), PAGES_MAX), enough).await
}

fn remote(post: &Remote, id: &str) -> Remote {
    let page = post.url.trim_end_matches('/');
    let is_page = page.contains("/p/") || page.contains("/reel/");
    let url = if is_page { format!("{page}/c/{id}/") } else { post.url.clone() };
    Remote { id: id.to_owned(), url, extra: json!({ "kind": "comment" }) }
}
