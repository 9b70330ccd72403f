//! Replies below an own post: listed, answered, hidden, and approved where the author asked for that. Threads lets no one
//! delete the replies of others, nor like them.
//!
//! Source: Threads API, reply management; replies and conversations.

use async_trait::async_trait;
use base::say;
use connector::{
    Author, Call, Comment, CommentAct, CommentChange, CommentState, Comments, CommentsAsked, CommentsPage, Deleted,
    Failure, FailureKind, Publish as _, Remote, Replied, comments::COMMENTS_MAX,
};
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Threads, errors::Asked, peer, publish::PUBLISH_TIMEOUT, web};
use crate::{
    kit::peer::{Peer, segment},
    meta::{
        pages,
        wire::{Created, Known, Removed, id, instant},
    },
};

const FIELDS: &str = "id,text,timestamp,username,permalink,root_post,replied_to,is_reply_owned_by_me,hide_status,\
                      reply_approval_status";

/// A reply, as much of it as is read.
#[derive(Debug, Deserialize)]
struct Read {
    #[serde(deserialize_with = "id")]
    id: String,
    #[serde(default)]
    text: String,
    timestamp: Option<String>,
    username: Option<String>,
    permalink: Option<String>,
    root_post: Option<Known>,
    replied_to: Option<Known>,
    #[serde(default)]
    is_reply_owned_by_me: bool,
    /// `NOT_HUSHED`, `UNHUSHED`; `HIDDEN` by the author of the post; `COVERED`, `BLOCKED`, `RESTRICTED` by Threads.
    hide_status: Option<String>,
    /// `pending`, `ignored`, `approved`.
    reply_approval_status: Option<String>,
}

impl Read {
    fn is_below(&self, post: &Remote) -> bool {
        [&self.root_post, &self.replied_to].into_iter().flatten().any(|known| known.id == post.id)
    }

    fn state(&self) -> CommentState {
        let approval = self.reply_approval_status.as_deref().unwrap_or_default();
        match self.hide_status.as_deref() {
            _ if approval.eq_ignore_ascii_case("pending") => CommentState::Waiting,
            _ if approval.eq_ignore_ascii_case("ignored") => CommentState::Declined,
            None | Some("NOT_HUSHED" | "UNHUSHED") => CommentState::Shown,
            Some(_) => CommentState::Hidden,
        }
    }
}

#[async_trait]
impl Comments for Threads {
    fn feature(&self, act: CommentAct) -> Option<&'static str> {
        match act {
            CommentAct::Change(CommentChange::Like | CommentChange::Unlike) => None,
            CommentAct::Change(CommentChange::Delete) => Some("delete"),
            CommentAct::Read | CommentAct::Reply | CommentAct::Change(_) => Some("replies"),
        }
    }

    async fn below(&self, call: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure> {
        let peer = peer(call)?;
        let list = async |edge: &str| {
            let request = peer.get("list the replies", &format!("/v1.0/{}/{edge}", segment(&post.id)));
            let page = (asked.cursor.as_deref(), COMMENTS_MAX);
            let what = say!("a list of replies");
            pages::one::<_, Read>(&peer, Asked::Read, request.query("fields", FIELDS), page, what).await
        };
        let (found, next) = match list(if asked.waiting { "pending_replies" } else { "conversation" }).await {
            // A later part of a thread began no conversation; only what is directly below it is told.
            Err(failure) if failure.kind == FailureKind::RemoteNotFound && !asked.waiting => list("replies").await?,
            found => found?,
        };
        Ok(CommentsPage { items: found.into_iter().map(|read| shown(call, post, read)).collect(), next })
    }

    /// A text can be published with the very call that prepares it, so that there is one visible write and no waiting.
    async fn reply(&self, call: &Call<'_>, post: &Remote, comment: &str, text: &str) -> Result<Replied, Failure> {
        let peer = peer(call)?;
        one(&peer, post, comment).await?;
        let fields = [("media_type", "TEXT"), ("text", text), ("reply_to_id", comment), ("auto_publish_text", "true")];
        let request = peer.request("answer the reply", Method::POST, "/v1.0/me/threads").form(&fields);
        let request = request.timeout(PUBLISH_TIMEOUT);
        let created: Created = peer.read(Asked::Answer, request, say!("the reply's ID")).await?;
        Ok(Replied { id: created.id, url: None })
    }

    async fn change(
        &self,
        call: &Call<'_>,
        post: &Remote,
        comment: &str,
        change: CommentChange,
    ) -> Result<(), Failure> {
        let peer = peer(call)?;
        let read = one(&peer, post, comment).await?;
        if change == CommentChange::Delete {
            if !read.is_reply_owned_by_me {
                let detail = say!("Threads lets an account delete only its own replies. Hide this one instead.");
                return Err(Failure::rejected(FailureKind::ContentRefused, detail));
            }
            let own = Remote { id: read.id, url: String::new(), extra: Value::Null };
            return self.delete(call, &own).await.map(|(Deleted::Gone | Deleted::WasGone)| ());
        }
        let (edge, field, value) = match change {
            CommentChange::Approve | CommentChange::Decline => {
                ("manage_pending_reply", "approve", change == CommentChange::Approve)
            }
            _ => ("manage_reply", "hide", change == CommentChange::Hide),
        };
        let path = format!("/v1.0/{}/{edge}", segment(comment));
        let request = peer.request("hide or approve the reply", Method::POST, &path);
        let reply = peer.ask(Asked::Moderate, request.form(&[(field, value.to_string().as_str())])).await?;
        match reply.json::<Removed>() {
            Ok(done) if done.success => Ok(()),
            _ => Err(peer.odd(Asked::Moderate, &reply, say!("that it is done"))),
        }
    }
}

/// The reply, if it is below this post: nothing else is answered or deleted under its name.
async fn one(peer: &Peer<'_, Asked>, post: &Remote, id: &str) -> Result<Read, Failure> {
    let request = peer.get("look at the reply", &format!("/v1.0/{}", segment(id))).query("fields", FIELDS);
    let read = match peer.read::<Read>(Asked::Read, request, say!("a reply")).await {
        // Posts that are no replies refuse these fields.
        Err(failure) if failure.kind == FailureKind::BadAnswer => return Err(gone()),
        read => read?,
    };
    if read.is_below(post) { Ok(read) } else { Err(gone()) }
}

fn gone() -> Failure {
    Failure::rejected(FailureKind::RemoteNotFound, say!("Threads has no such reply below this post."))
}

fn shown(call: &Call<'_>, post: &Remote, read: Read) -> Comment {
    let (state, is_self) = (read.state(), read.is_reply_owned_by_me);
    let is_direct = read.replied_to.as_ref().is_none_or(|parent| parent.id == post.id);
    let can = match state {
        CommentState::Waiting => vec![CommentChange::Approve, CommentChange::Decline],
        CommentState::Declined => vec![CommentChange::Approve],
        _ if is_self => vec![CommentChange::Delete],
        // What is below a hidden reply follows it.
        _ if !is_direct => vec![],
        CommentState::Hidden => vec![CommentChange::Unhide],
        CommentState::Shown => vec![CommentChange::Hide],
    };
    Comment {
        id: read.id,
        parent: read.replied_to.map(|parent| parent.id).filter(|parent| *parent != post.id),
        author: Author {
            url: read.username.as_deref().map(|name| web(call, &format!("/@{name}"))),
            handle: read.username,
            is_self,
            ..Author::default()
        },
        text: read.text,
        made_at: read.timestamp.as_deref().and_then(instant),
        url: read.permalink,
        can_reply: matches!(state, CommentState::Shown | CommentState::Hidden),
        state,
        likes: None,
        replies: None,
        liked: None,
        can,
    }
}
