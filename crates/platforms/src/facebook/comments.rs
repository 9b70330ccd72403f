//! Comments below a page's own posts. Without the right to read what visitors write, Facebook leaves out who they are, or the
//! comments themselves.
//!
//! Source: Graph API, object comments, comment.

use async_trait::async_trait;
use base::say;
use connector::{
    Author, Call, Comment, CommentAct, CommentChange, CommentState, Comments, CommentsAsked, CommentsPage, Failure,
    FailureKind, Remote, Replied, comments::COMMENTS_MAX,
};
use http::Method;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    Facebook,
    compose::Kind,
    errors::Asked,
    peer,
    publish::{Kept, done, write},
    rights, web,
    wire::{Created, Known},
};
use crate::{
    kit::peer::{Peer, segment},
    meta::{pages, rights::Rights, wire::instant},
};

const FIELDS: &str = "id,message,created_time,permalink_url,from{id,name},parent{id},comment_count,like_count,user_likes,\
                      is_hidden,can_hide,can_remove,can_like,can_comment";
/// Only comments have these: a post that is asked for them refuses.
const OF_COMMENT: &str = "id,can_remove,can_comment";

/// A comment, as much of it as is read.
#[derive(Debug, Deserialize)]
struct Read {
    id: String,
    #[serde(default)]
    message: String,
    created_time: Option<String>,
    permalink_url: Option<String>,
    from: Option<Known>,
    parent: Option<Known>,
    comment_count: Option<u64>,
    like_count: Option<u64>,
    user_likes: Option<bool>,
    #[serde(default)]
    is_hidden: bool,
    #[serde(default)]
    can_hide: bool,
    #[serde(default)]
    can_remove: bool,
    #[serde(default)]
    can_like: bool,
    #[serde(default)]
    can_comment: bool,
}

#[async_trait]
impl Comments for Facebook {
    fn feature(&self, act: CommentAct) -> Option<&'static str> {
        match act {
            CommentAct::Read => Some("read_comments"),
            CommentAct::Change(CommentChange::Approve | CommentChange::Decline) => None,
            CommentAct::Reply | CommentAct::Change(_) => Some("comments"),
        }
    }

    async fn below(&self, call: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure> {
        Rights::of(call.facts).require(&rights::COMMENTS)?;
        // People answer a story with messages.
        let kept = Kept::of(post);
        if matches!(kept.kind, Some(Kind::PhotoStory | Kind::VideoStory)) {
            return Ok(CommentsPage::default());
        }
        let peer = peer(call)?;
        let id = kept.post_id.as_deref().unwrap_or(&post.id);
        let request = peer.get("list the comments", &format!("/{}/comments", segment(id)));
        let request = request.query("fields", FIELDS).query("filter", "stream").query("order", "reverse_chronological");
        let page = (asked.cursor.as_deref(), COMMENTS_MAX);
        let (found, next) = pages::one(&peer, Asked::Read, request, page, say!("a list of comments")).await?;
        let may_act = Rights::of(call.facts).missing(&rights::COMMENT).is_none();
        Ok(CommentsPage { items: found.into_iter().map(|read| shown(call, read, may_act)).collect(), next })
    }

    async fn reply(&self, call: &Call<'_>, _post: &Remote, comment: &str, text: &str) -> Result<Replied, Failure> {
        Rights::of(call.facts).require(&rights::COMMENT)?;
        let peer = peer(call)?;
        is_comment(&peer, comment).await?;
        let fields = [("message".to_owned(), text.to_owned())];
        let request = write(&peer, "answer the comment", &format!("/{}/comments", segment(comment)), &fields);
        let request = request.query("fields", "id,permalink_url");
        let created: Created = peer.read(Asked::Comment, request, say!("the comment's ID")).await?;
        Ok(Replied { url: created.permalink_url.map(|path| web(call, &path)), id: created.id })
    }

    async fn change(
        &self,
        call: &Call<'_>,
        _post: &Remote,
        comment: &str,
        change: CommentChange,
    ) -> Result<(), Failure> {
        Rights::of(call.facts).require(&rights::COMMENT)?;
        let peer = peer(call)?;
        is_comment(&peer, comment).await?;
        let path = format!("/{}", segment(comment));
        let hidden =
            |is: bool| write(&peer, "hide or show the comment", &path, &[("is_hidden".to_owned(), is.to_string())]);
        let (asked, request) = match change {
            CommentChange::Hide => (Asked::Edit, hidden(true)),
            CommentChange::Like => (Asked::Edit, write(&peer, "like the comment", &format!("{path}/likes"), &[])),
            CommentChange::Unlike => {
                (Asked::Edit, peer.request("unlike the comment", Method::DELETE, &format!("{path}/likes")))
            }
            CommentChange::Delete => (Asked::Delete, peer.request("delete the comment", Method::DELETE, &path)),
            CommentChange::Unhide | CommentChange::Approve | CommentChange::Decline => (Asked::Edit, hidden(false)),
        };
        done(&peer, asked, request).await.map(drop)
    }
}

/// Nothing else of the page is answered or deleted under the name of a comment.
async fn is_comment(peer: &Peer<'_, Asked>, id: &str) -> Result<(), Failure> {
    let request = peer.get("look at the comment", &format!("/{}", segment(id))).query("fields", OF_COMMENT);
    match peer.read::<IgnoredAny>(Asked::Read, request, say!("a comment")).await {
        Err(failure) if failure.kind == FailureKind::BadAnswer => {
            Err(Failure::rejected(FailureKind::RemoteNotFound, say!("Facebook has no such comment below this post.")))
        }
        asked => asked.map(drop),
    }
}

fn shown(call: &Call<'_>, read: Read, may_act: bool) -> Comment {
    let is_self = read.from.as_ref().is_some_and(|from| from.id == call.account_id);
    let hiding = if read.is_hidden { CommentChange::Unhide } else { CommentChange::Hide };
    let liking = if read.user_likes == Some(true) { CommentChange::Unlike } else { CommentChange::Like };
    let can = [(read.can_hide, hiding), (read.can_like, liking), (read.can_remove, CommentChange::Delete)];
    Comment {
        id: read.id,
        parent: read.parent.map(|parent| parent.id),
        author: Author {
            id: read.from.as_ref().map(|from| from.id.clone()),
            name: read.from.and_then(|from| from.name),
            is_self,
            ..Author::default()
        },
        text: read.message,
        made_at: read.created_time.as_deref().and_then(instant),
        url: read.permalink_url.map(|path| web(call, &path)),
        state: if read.is_hidden { CommentState::Hidden } else { CommentState::Shown },
        likes: read.like_count,
        replies: read.comment_count,
        liked: read.user_likes,
        can_reply: may_act && read.can_comment,
        can: can.into_iter().filter(|(can, _)| may_act && *can).map(|(_, change)| change).collect(),
    }
}
