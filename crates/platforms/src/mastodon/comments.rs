//! Answers to own posts, as the account's own instance knows them. It tells all of them at once, so that the pages are made
//! here. No one can hide an answer on Mastodon, nor delete that of another.

use std::time::Duration;

use async_trait::async_trait;
use base::{Timestamp, say};
use connector::{
    Author, Call, Comment, CommentAct, CommentChange, CommentState, Comments, CommentsAsked, CommentsPage, Failure,
    FailureKind, Remote, Replied, comments::COMMENTS_MAX,
};
use http::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Mastodon, SEND_TIMEOUT_MS,
    errors::Asked,
    facts::Facts,
    peer::{self, Peer, segment},
    text::{self, Links},
    wire::{Context, CredentialAccount, Status},
};

#[async_trait]
impl Comments for Mastodon {
    fn feature(&self, act: CommentAct) -> Option<&'static str> {
        use CommentChange::{Delete, Like, Unlike};
        match act {
            CommentAct::Read => Some("read"),
            CommentAct::Reply => Some("publish"),
            CommentAct::Change(Like | Unlike) => Some("likes"),
            CommentAct::Change(Delete) => Some("delete"),
            CommentAct::Change(_) => None,
        }
    }

    async fn below(&self, call: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure> {
        let peer = peer::of_channel(call, &Facts::read(call.facts))?;
        let me = who_am_i(&peer).await?;
        let all = context(&peer, post).await?;
        let begin = asked.cursor.as_deref().map_or(Some(0), |cursor| cursor.parse().ok()).unwrap_or(usize::MAX);
        let end = begin.saturating_add(COMMENTS_MAX);
        let next = (end < all.len()).then(|| end.to_string());
        let items = all.into_iter().skip(begin).take(COMMENTS_MAX).map(|status| shown(post, &me, status)).collect();
        Ok(CommentsPage { items, next })
    }

    /// The key makes a repeat within an hour harmless where the server knows such keys: the same answer to the same status is
    /// not made twice.
    async fn reply(&self, call: &Call<'_>, post: &Remote, comment: &str, text: &str) -> Result<Replied, Failure> {
        let peer = peer::of_channel(call, &Facts::read(call.facts))?;
        let answered = one(&peer, post, comment).await?;
        let acct = answered.account.as_ref().map(|author| author.acct.as_str()).unwrap_or_default();
        // Who is not named is not told.
        let named = format!("@{acct}");
        let words = if acct.is_empty() || text.contains(&named) { text.to_owned() } else { format!("{named} {text}") };
        let visibility = answered.visibility.as_deref().unwrap_or("public");
        let body = json!({ "status": words, "in_reply_to_id": comment, "visibility": visibility });
        let key = hex::encode(Sha256::digest(format!("{} {comment} {words}", call.account_id).as_bytes()));
        let request = peer
            .request("answer the comment", Method::POST, "/api/v1/statuses")
            .header("idempotency-key", &key)
            .json(&body)
            .timeout(Duration::from_millis(SEND_TIMEOUT_MS));
        let made: Status = peer.read(Asked::Post, request, say!("the post's ID")).await?;
        Ok(Replied { url: Some(made.page()).filter(|page| !page.is_empty()), id: made.id })
    }

    async fn change(
        &self,
        call: &Call<'_>,
        post: &Remote,
        comment: &str,
        change: CommentChange,
    ) -> Result<(), Failure> {
        let peer = peer::of_channel(call, &Facts::read(call.facts))?;
        let status = one(&peer, post, comment).await?;
        let path = format!("/api/v1/statuses/{}", segment(comment));
        if change != CommentChange::Delete {
            let edge = if change == CommentChange::Like { "favourite" } else { "unfavourite" };
            let request = peer.request("like or unlike the comment", Method::POST, &format!("{path}/{edge}"));
            return peer.ask(Asked::Edit, request).await.map(drop);
        }
        let me = who_am_i(&peer).await?;
        if status.account.is_none_or(|author| author.id != me) {
            let detail = say!("On Mastodon an account can delete only its own posts.");
            return Err(Failure::rejected(FailureKind::ContentRefused, detail));
        }
        peer.ask(Asked::Delete, peer.request("delete the answer", Method::DELETE, &path)).await.map(drop)
    }
}

/// The account's id at its instance; the channel's is the same everywhere.
async fn who_am_i(peer: &Peer<'_>) -> Result<String, Failure> {
    let request = peer.get("who am I", "/api/v1/accounts/verify_credentials");
    let me: CredentialAccount = peer.read(Asked::Read, request, say!("the account")).await?;
    Ok(me.id)
}

async fn context(peer: &Peer<'_>, post: &Remote) -> Result<Vec<Status>, Failure> {
    let request = peer.get("list the answers", &format!("/api/v1/statuses/{}/context", segment(&post.id)));
    let context: Context = peer.read(Asked::Read, request, say!("the answers")).await?;
    Ok(context.descendants)
}

/// The answer, if it is below this post: nothing else is answered or deleted under its name.
async fn one(peer: &Peer<'_>, post: &Remote, id: &str) -> Result<Status, Failure> {
    let found = context(peer, post).await?.into_iter().find(|status| status.id == id);
    found.ok_or_else(|| {
        Failure::rejected(FailureKind::RemoteNotFound, say!("The server has no such answer below this post."))
    })
}

fn shown(post: &Remote, me: &str, status: Status) -> Comment {
    let is_self = status.account.as_ref().is_some_and(|author| author.id == me);
    let html = status.content.as_deref().unwrap_or_default();
    let liking = if status.favourited == Some(true) { CommentChange::Unlike } else { CommentChange::Like };
    let url = Some(status.page()).filter(|page| !page.is_empty());
    let author = status.account.map(|author| Author {
        id: Some(author.id),
        name: Some(author.display_name).filter(|name| !name.is_empty()),
        handle: Some(author.acct).filter(|acct| !acct.is_empty()),
        url: author.url,
        is_self,
    });
    Comment {
        parent: status.in_reply_to_id.filter(|parent| *parent != post.id),
        author: author.unwrap_or_default(),
        text: text::of_html(html, Links::AsWritten).trim().to_owned(),
        made_at: status.created_at.as_deref().and_then(|at| Timestamp::parse(at).ok()),
        url,
        state: CommentState::Shown,
        likes: status.favourites_count,
        replies: status.replies_count,
        liked: status.favourited,
        can_reply: true,
        can: if is_self { vec![CommentChange::Delete] } else { vec![liking] },
        id: status.id,
    }
}
