//! Comments below an own post: the own ones, made once and found again by their text; and those of others, listed, answered,
//! hidden, deleted. There is no way to like one that is documented.

use async_trait::async_trait;
use base::{Timestamp, say};
use connector::{
    Author, Call, CommentAct, CommentChange, CommentState, Comments, CommentsAsked, CommentsPage, Failure, FailureKind,
    Finding, Remote, Replied, Sent, Trace, comments::COMMENTS_MAX,
};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Instagram, errors::Asked, node, peer, publish::PUBLISH_TIMEOUT, text, username, web};
use crate::{
    kit::{
        peer::Peer,
        read_back::{BEFORE, Fit, decided, letters, may_be, too_many},
    },
    meta::{
        pages,
        wire::{Created, Known, Removed, id, instant},
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
        request.query("fields", "id,text,timestamp,username").of_others()
    };
    pages::read(peer, Asked::Read, request, (say!("a list of comments"), PAGES_MAX), enough).await
}

fn remote(post: &Remote, id: &str) -> Remote {
    let page = post.url.trim_end_matches('/');
    let is_page = page.contains("/p/") || page.contains("/reel/");
    let url = if is_page { format!("{page}/c/{id}/") } else { post.url.clone() };
    Remote { id: id.to_owned(), url, extra: json!({ "kind": "comment" }) }
}

/// What is asked of the comments of others, fewest last: one field that is refused fails the call, and `from` and `replies`
/// have been (brightbean).
const ASKED_FOR: [&str; 3] = [
    "id,text,timestamp,username,from{id,username},like_count,hidden,parent_id,replies.limit(50){id,text,timestamp,username,from{id,username},like_count,hidden}",
    "id,text,timestamp,username,like_count,hidden,parent_id,replies.limit(50){id,text,timestamp,username,like_count,hidden}",
    "id,text,timestamp,username,like_count,hidden,parent_id",
];

/// A comment with what stands below it.
#[derive(Debug, Deserialize)]
struct Thread {
    #[serde(flatten)]
    comment: Comment,
    from: Option<Known>,
    like_count: Option<u64>,
    #[serde(default)]
    hidden: bool,
    parent_id: Option<String>,
    replies: Option<Replies>,
}

/// The answers to a comment; they have none of their own.
#[derive(Debug, Deserialize)]
struct Replies {
    data: Vec<Thread>,
}

/// Where a comment stands.
#[derive(Debug, Deserialize)]
struct Place {
    media: Option<Known>,
    parent_id: Option<String>,
}

#[async_trait]
impl Comments for Instagram {
    fn feature(&self, act: CommentAct) -> Option<&'static str> {
        use CommentChange::{Delete, Hide, Unhide};
        match act {
            CommentAct::Read | CommentAct::Reply | CommentAct::Change(Hide | Unhide | Delete) => Some("replies"),
            CommentAct::Change(_) => None,
        }
    }

    /// A page may hold no comments although there are some (openreply 64); the next one may.
    async fn below(&self, call: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure> {
        let peer = peer(call)?;
        let edge = match post.extra["kind"].as_str() {
            // People answer a story with messages.
            Some("STORY") => return Ok(CommentsPage::default()),
            Some("comment") => "replies",
            _ => "comments",
        };
        let path = format!("{}/{edge}", node(&post.id));
        let mut refused = None;
        for fields in ASKED_FOR {
            let request = peer.get("list the comments", &path).query("fields", fields);
            let page = (asked.cursor.as_deref(), COMMENTS_MAX);
            match pages::one::<_, Thread>(&peer, Asked::Read, request, page, say!("a list of comments")).await {
                Ok((found, next)) => {
                    let mut items = Vec::new();
                    found.into_iter().for_each(|thread| unfold(call, post, thread, None, &mut items));
                    return Ok(CommentsPage { items, next });
                }
                Err(failure) if failure.kind == FailureKind::BadAnswer => refused = Some(failure),
                Err(failure) => return Err(failure),
            }
        }
        Err(refused.unwrap_or_else(gone))
    }

    /// An answer to an answer stands below the same comment.
    async fn reply(&self, call: &Call<'_>, post: &Remote, comment: &str, text: &str) -> Result<Replied, Failure> {
        let peer = peer(call)?;
        let place = place(&peer, post, comment).await?;
        let above = place.parent_id.as_deref().unwrap_or(comment);
        let request = peer.request("answer the comment", Method::POST, &format!("{}/replies", node(above)));
        let request = request.form(&[("message", text)]).timeout(PUBLISH_TIMEOUT);
        let created: Created = peer.read(Asked::Comment, request, say!("the comment's ID")).await?;
        let Remote { id, url, .. } = remote(post, &created.id);
        Ok(Replied { id, url: Some(url) })
    }

    async fn change(
        &self,
        call: &Call<'_>,
        post: &Remote,
        comment: &str,
        change: CommentChange,
    ) -> Result<(), Failure> {
        let peer = peer(call)?;
        place(&peer, post, comment).await?;
        let request = if change == CommentChange::Delete {
            peer.request("delete the comment", Method::DELETE, &node(comment))
        } else {
            let hide = (change == CommentChange::Hide).to_string();
            peer.request("hide or show the comment", Method::POST, &node(comment)).form(&[("hide", hide.as_str())])
        };
        let reply = peer.ask(Asked::Moderate, request).await?;
        match reply.json::<Removed>() {
            Ok(done) if done.success => Ok(()),
            _ => Err(peer.odd(Asked::Moderate, &reply, say!("that it is done"))),
        }
    }
}

/// Where the comment stands, if that is below this post: nothing else is answered or deleted under its name.
async fn place(peer: &Peer<'_, Asked>, post: &Remote, comment: &str) -> Result<Place, Failure> {
    let request = peer.get("look at the comment", &node(comment)).query("fields", "id,parent_id,media{id}");
    let place = match peer.read::<Place>(Asked::Read, request, say!("a comment")).await {
        // Only comments have these fields.
        Err(failure) if failure.kind == FailureKind::BadAnswer => return Err(gone()),
        asked => asked?,
    };
    let is_below = place.media.as_ref().is_some_and(|media| media.id == post.id)
        || place.parent_id.as_deref() == Some(post.id.as_str());
    if is_below { Ok(place) } else { Err(gone()) }
}

fn gone() -> Failure {
    Failure::rejected(FailureKind::RemoteNotFound, say!("Instagram has no such comment below this post."))
}

/// A comment, and after it what stands below it.
fn unfold(call: &Call<'_>, post: &Remote, thread: Thread, above: Option<&str>, all: &mut Vec<connector::Comment>) {
    let Thread { comment, from, like_count, hidden, parent_id, replies } = thread;
    let (made_at, handle) = (comment.made_at(), comment.username);
    let is_self = handle.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(username(call)));
    let hiding = if hidden { CommentChange::Unhide } else { CommentChange::Hide };
    let below = replies.map(|replies| replies.data).unwrap_or_default();
    all.push(connector::Comment {
        parent: parent_id.filter(|parent| *parent != post.id).or_else(|| above.map(str::to_owned)),
        author: Author {
            id: from.map(|from| from.id),
            url: handle.as_deref().map(|name| web(call, &format!("/{name}/"))),
            is_self,
            handle,
            name: None,
        },
        text: comment.text,
        made_at,
        url: Some(remote(post, &comment.id).url),
        state: if hidden { CommentState::Hidden } else { CommentState::Shown },
        likes: like_count,
        replies: above.is_none().then_some(below.len() as u64),
        liked: None,
        can_reply: true,
        can: if is_self { vec![CommentChange::Delete] } else { vec![hiding, CommentChange::Delete] },
        id: comment.id.clone(),
    });
    below.into_iter().for_each(|reply| unfold(call, post, reply, Some(&comment.id), all));
}
