//! What people write below the fake platform's posts, and its numbers about an account.

use std::collections::VecDeque;

use async_trait::async_trait;
use base::{Text, Timestamp};

use super::{Behaviour, FakePlatform, lock};
use crate::{
    AccountMetric, AccountMetrics, AccountNumber, Author, Call, Comment, CommentAct, CommentChange, CommentState,
    Comments, CommentsAsked, CommentsPage, Failure, FailureKind, Insights, Metrics, Remote, Replied,
};

/// Everything about it.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// Comments, each with the post that it is below, oldest first.
    said: Vec<(String, Comment)>,
    replies: VecDeque<Behaviour>,
    changes: Vec<(String, CommentChange)>,
    price: Option<&'static str>,
    reads: u64,
}

impl FakePlatform {
    /// Someone writes below this post; gives the comment's id.
    pub fn say_below(&self, post: &str, author: &str, text: &str, at: Timestamp) -> String {
        let mut talk = lock(&self.0.talk);
        let id = format!("c{}", talk.said.len() + 1);
        let author = Author { handle: Some(author.to_owned()), ..Author::default() };
        talk.said.push((post.to_owned(), comment(&id, None, author, text, at)));
        id
    }

    /// What the next answers to comments do, in order; after that they are applied.
    pub fn next_replies(&self, behaviours: impl IntoIterator<Item = Behaviour>) -> &Self {
        lock(&self.0.talk).replies.extend(behaviours);
        self
    }

    /// What was done to comments, in order.
    pub fn changed(&self) -> Vec<(String, CommentChange)> {
        lock(&self.0.talk).changes.clone()
    }

    /// The texts of the account's own answers.
    pub fn replied(&self) -> Vec<String> {
        let talk = lock(&self.0.talk);
        talk.said.iter().filter(|(_, one)| one.author.is_self).map(|(_, one)| one.text.clone()).collect()
    }

    /// From now on reading comments and numbers of accounts costs this.
    pub fn charge(&self, price: &'static str) {
        lock(&self.0.talk).price = Some(price);
    }

    /// How often comments or numbers of accounts were read.
    pub fn reads(&self) -> u64 {
        lock(&self.0.talk).reads
    }
}

fn comment(id: &str, parent: Option<&str>, author: Author, text: &str, at: Timestamp) -> Comment {
    let can =
        if author.is_self { vec![CommentChange::Delete] } else { vec![CommentChange::Hide, CommentChange::Delete] };
    Comment {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        author,
        text: text.to_owned(),
        made_at: Some(at),
        url: None,
        state: CommentState::Shown,
        likes: None,
        replies: None,
        liked: None,
        can_reply: true,
        can,
    }
}

fn gone() -> Failure {
    Failure::rejected(FailureKind::RemoteNotFound, Text::constant("There is no such comment below this post."))
}

#[async_trait]
impl Comments for FakePlatform {
    fn feature(&self, act: CommentAct) -> Option<&'static str> {
        match act {
            CommentAct::Change(CommentChange::Approve | CommentChange::Decline) => None,
            _ => Some("publish"),
        }
    }

    fn price(&self) -> Option<Text> {
        lock(&self.0.talk).price.map(Text::constant)
    }

    /// One comment a page.
    async fn below(&self, _: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure> {
        let mut talk = lock(&self.0.talk);
        talk.reads += 1;
        let all: Vec<Comment> =
            talk.said.iter().rev().filter(|(below, _)| *below == post.id).map(|(_, one)| one.clone()).collect();
        let at = asked.cursor.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or(0usize);
        let next = (at + 1 < all.len()).then(|| (at + 1).to_string());
        Ok(CommentsPage { items: all.into_iter().skip(at).take(1).collect(), next })
    }

    async fn reply(&self, call: &Call<'_>, post: &Remote, to: &str, text: &str) -> Result<Replied, Failure> {
        let mut talk = lock(&self.0.talk);
        if !talk.said.iter().any(|(below, one)| *below == post.id && one.id == to) {
            return Err(gone());
        }
        let lost = || Failure::unknown(FailureKind::Unavailable, Text::constant("No answer came."));
        let behaviour = talk.replies.pop_front().unwrap_or(Behaviour::Apply);
        match behaviour {
            Behaviour::LoseRequest => return Err(lost()),
            Behaviour::Refuse(kind) => return Err(Failure::rejected(kind, Text::constant("No."))),
            _ => {}
        }
        let id = format!("c{}", talk.said.len() + 1);
        let author = Author { is_self: true, handle: Some(call.account_id.to_owned()), ..Author::default() };
        talk.said.push((post.id.clone(), comment(&id, Some(to), author, text, call.clock.now())));
        if behaviour == Behaviour::ApplyAndLoseAnswer { Err(lost()) } else { Ok(Replied { id, url: None }) }
    }

    async fn change(&self, _: &Call<'_>, post: &Remote, id: &str, change: CommentChange) -> Result<(), Failure> {
        let mut talk = lock(&self.0.talk);
        let found = talk.said.iter_mut().find(|(below, one)| *below == post.id && one.id == id).ok_or_else(gone)?;
        match change {
            CommentChange::Hide => found.1.state = CommentState::Hidden,
            CommentChange::Unhide => found.1.state = CommentState::Shown,
            CommentChange::Delete => talk.said.retain(|(_, one)| one.id != id),
            _ => {}
        }
        talk.changes.push((id.to_owned(), change));
        Ok(())
    }
}

/// Numbers of the account alone; there are none of posts.
#[async_trait]
impl Insights for FakePlatform {
    async fn of_posts(&self, _: &Call<'_>, _: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        Ok(Vec::new())
    }

    fn account_price(&self) -> Option<Text> {
        lock(&self.0.talk).price.map(Text::constant)
    }

    async fn of_account(&self, call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        lock(&self.0.talk).reads += 1;
        let followers = AccountNumber::now(AccountMetric::Followers, 12, call.clock.now());
        Ok(AccountMetrics { values: vec![followers], missing: None })
    }
}
