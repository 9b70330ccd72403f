//! Answers to own posts: found by a search in the conversation, which goes back seven days. Each one read costs money, so that
//! they are read only when someone says so.
//!
//! Left out: likes, which X took from apps without an Enterprise plan on 20 April 2026. X does not tell whether an answer is
//! hidden, so that both ways are offered.
//!
//! Source: X API v2, search posts (recent); hide replies.

use async_trait::async_trait;
use base::{Text, Timestamp, say};
use connector::{
    Author, Call, Comment, CommentAct, CommentChange, CommentState, Comments, CommentsAsked, CommentsPage, Deleted,
    Failure, FailureKind, Publish as _, Remote, Replied, comments::COMMENTS_MAX,
};
use http::Method;
use serde_json::{Value, json};

use super::{
    X, api,
    errors::{self, Asked},
    publish::{self, SEND_TIMEOUT_MS},
    reads::{self, Read},
    web,
    wire::{self, Answer, Hidden, Person, Post},
};

#[async_trait]
impl Comments for X {
    fn feature(&self, act: CommentAct) -> Option<&'static str> {
        use CommentChange::{Delete, Hide, Unhide};
        match act {
            CommentAct::Read => Some("read"),
            CommentAct::Reply => Some("publish"),
            CommentAct::Change(Hide | Unhide) => Some("hide_replies"),
            CommentAct::Change(Delete) => Some("delete"),
            CommentAct::Change(_) => None,
        }
    }

    fn price(&self) -> Option<Text> {
        Some(say!(
            "X charges the owner of the app for each reply that is read and for its author: 0.005 and 0.010 US dollars in August 2026."
        ))
    }

    async fn below(&self, call: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure> {
        let mut query =
            vec![("query", format!("conversation_id:{}", known(&post.id)?)), ("max_results", COMMENTS_MAX.to_string())];
        query.extend(asked.cursor.clone().map(|cursor| ("next_token", cursor)));
        let path = "/2/tweets/search/recent";
        let read: Read<Vec<Post>> = reads::get(call, "list the replies", path, &query, &reads::ANSWERS).await?;
        // Nothing found is an answer without data, whose count says so.
        if read.answer.data.is_none() && read.answer.meta.result_count != Some(0) {
            return Err(read.refusal(call));
        }
        let Answer { data, includes, meta, .. } = read.answer;
        let found = data.unwrap_or_default().into_iter().filter(|reply| reply.id != post.id);
        let items = found.map(|reply| shown(call, post, &includes.users, reply)).collect();
        Ok(CommentsPage { items, next: meta.next_token })
    }

    /// X itself takes answers only to posts that name the account; that it is below this one is not read first, which would
    /// cost money.
    async fn reply(&self, call: &Call<'_>, _post: &Remote, comment: &str, text: &str) -> Result<Replied, Failure> {
        let body = json!({ "text": text, "reply": { "in_reply_to_tweet_id": known(comment)? } });
        let request = call.http.post("answer the reply", api(call, "/2/tweets")).bearer(call.tokens.bearer()?);
        let request = request.json(&body).timeout(std::time::Duration::from_millis(SEND_TIMEOUT_MS));
        let reply = request.send().await.map_err(|error| errors::lost(Asked::Post, error))?;
        let id = publish::created(&reply, call.clock.now())?;
        Ok(Replied { url: Some(web(call, &format!("/i/status/{id}"))), id })
    }

    async fn change(
        &self,
        call: &Call<'_>,
        post: &Remote,
        comment: &str,
        change: CommentChange,
    ) -> Result<(), Failure> {
        let path = format!("/2/tweets/{}", known(comment)?);
        let read: Read<Post> = reads::get(call, "look at the reply", &path, &[], &reads::ANSWERS).await?;
        let Some(found) = &read.answer.data else { return Err(read.refusal(call)) };
        // Nothing else is hidden or deleted under its name.
        if found.id == post.id || found.conversation_id.as_deref() != Some(post.id.as_str()) {
            return Err(Failure::rejected(FailureKind::RemoteNotFound, say!("X has no such reply below this post.")));
        }
        if change == CommentChange::Delete {
            if found.author_id.as_deref() != Some(call.account_id) {
                let detail = say!("On X an account can delete only its own posts. Hide this reply instead.");
                return Err(Failure::rejected(FailureKind::ContentRefused, detail));
            }
            let own = Remote { id: found.id.clone(), url: String::new(), extra: Value::Null };
            return self.delete(call, &own).await.map(|(Deleted::Gone | Deleted::WasGone)| ());
        }
        let hides = change == CommentChange::Hide;
        let url = api(call, &format!("{path}/hidden"));
        let request = call.http.request("hide or show the reply", Method::PUT, url).bearer(call.tokens.bearer()?);
        let request = request.json(&json!({ "hidden": hides }));
        let reply = request.send().await.map_err(|error| errors::lost(Asked::Hide, error))?;
        let now = call.clock.now();
        if !reply.is_success() {
            return Err(errors::failure(Asked::Hide, &reply, now));
        }
        let answer = reply.json::<Answer<Hidden>>().ok().and_then(|answer| answer.data);
        match answer {
            Some(done) if done.hidden == hides => Ok(()),
            _ => Err(errors::odd_answer(Asked::Hide, &reply, now)),
        }
    }
}

fn known(id: &str) -> Result<&str, Failure> {
    let odd = || {
        Failure::rejected(FailureKind::RemoteNotFound, say!("`{id}` isn't the ID of a post on X.", id = id.to_owned()))
    };
    if wire::is_id(id) { Ok(id) } else { Err(odd()) }
}

fn shown(call: &Call<'_>, post: &Remote, people: &[Person], reply: Post) -> Comment {
    let author = people.iter().find(|person| Some(&person.id) == reply.author_id.as_ref());
    let is_self = reply.author_id.as_deref() == Some(call.account_id);
    let numbers = reply.public_metrics.as_ref();
    let handle = author.and_then(|person| person.username.clone());
    let text = reply.note().map_or(reply.text.as_str(), |note| note.text.as_str());
    Comment {
        parent: reply.refers("replied_to").filter(|parent| *parent != post.id).map(str::to_owned),
        author: Author {
            id: reply.author_id.clone(),
            name: author.and_then(|person| person.name.clone()),
            url: handle.as_deref().map(|name| web(call, &format!("/{name}"))),
            handle,
            is_self,
        },
        // X escapes three letters.
        text: text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"),
        made_at: reply.created_at.as_deref().and_then(|at| Timestamp::parse(at).ok()),
        url: Some(web(call, &format!("/i/status/{}", reply.id))),
        state: CommentState::Shown,
        likes: numbers.and_then(|numbers| numbers.like_count),
        replies: numbers.and_then(|numbers| numbers.reply_count),
        liked: None,
        can_reply: true,
        can: if is_self { vec![CommentChange::Delete] } else { vec![CommentChange::Hide, CommentChange::Unhide] },
        id: reply.id,
    }
}
