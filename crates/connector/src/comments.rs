//! What people write below the channel's own posts: listed, answered, hidden, liked, deleted.
//!
//! A platform declares what it has ([`Comments::feature`]); what it lacks is never called. Reads are of no account's budget
//! for writing. What is read is other people's words: it is passed on and never kept.

use async_trait::async_trait;
use base::{Text, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    publish::{Call, Remote},
};

/// The most comments on one page.
pub const COMMENTS_MAX: usize = 50;

/// Comments below own posts.
#[async_trait]
pub trait Comments: Send + Sync {
    /// The feature in `About::features` whose permissions this needs; `None` where the platform doesn't have it.
    fn feature(&self, act: CommentAct) -> Option<&'static str>;

    /// What one reading costs the owner of the app, where the platform charges for it: the person is told before it is done.
    fn price(&self) -> Option<Text> {
        None
    }

    /// What a published part would be called among comments: below a post stand the later parts of its thread, and its own
    /// first comments, too.
    fn id_of(&self, part: &Remote) -> String {
        part.id.clone()
    }

    /// One page of what is below a published part, answers to comments among it.
    ///
    /// # Errors
    /// `RemoteNotFound` if the part is gone.
    async fn below(&self, call: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure>;

    /// Answers a comment below this part, as the account. A visible write, made once: no retry in here.
    ///
    /// # Errors
    /// `RemoteNotFound` if there is no such comment below the part. An outcome that is not known is said as such.
    async fn reply(&self, call: &Call<'_>, post: &Remote, comment: &str, text: &str) -> Result<Replied, Failure>;

    /// Does this to a comment below this part. Doing it again changes nothing. Only called with what [`Comments::feature`]
    /// names a feature for.
    ///
    /// # Errors
    /// `RemoteNotFound` if there is no such comment below the part; `ContentRefused` if it can't be done to this one.
    async fn change(&self, call: &Call<'_>, post: &Remote, comment: &str, change: CommentChange)
    -> Result<(), Failure>;
}

/// What is done with comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentAct {
    /// Listing them.
    Read,
    /// Answering one.
    Reply,
    /// Anything that changes one.
    Change(CommentChange),
}

/// What can be done to a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentChange {
    /// No one but its author sees it any more.
    Hide,
    /// Everyone sees it again.
    Unhide,
    /// The account likes it.
    Like,
    /// The account doesn't like it any more.
    Unlike,
    /// It is deleted at the platform.
    Delete,
    /// A comment that waits for the owner of the post is shown.
    Approve,
    /// A comment that waits for the owner of the post is not shown.
    Decline,
}

impl CommentChange {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Hide, Self::Unhide, Self::Like, Self::Unlike, Self::Delete, Self::Approve, Self::Decline];
}

/// Which comments are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommentsAsked {
    /// Where the page begins: [`CommentsPage::next`] of the one before.
    pub cursor: Option<String>,
    /// Those that wait for the owner of the post, or that were declined, instead of those that are shown. Only where
    /// comments can be approved.
    pub waiting: bool,
}

/// A page of comments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommentsPage {
    /// In the platform's order; at most about [`COMMENTS_MAX`], and perhaps none though there is a next page.
    pub items: Vec<Comment>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

/// A comment, as the platform shows it to the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Names it in the other calls: the platform's id, or what leads to it there.
    pub id: String,
    /// The comment that it answers; `None` if it is directly below the part.
    pub parent: Option<String>,
    /// Who wrote it, as far as the platform says.
    pub author: Author,
    /// What was written, as plain text.
    pub text: String,
    /// When it was written, if the platform says so.
    pub made_at: Option<Timestamp>,
    /// Its own page, if it has one.
    pub url: Option<String>,
    /// Whether it is shown.
    pub state: CommentState,
    /// How many like it, where the platform says.
    pub likes: Option<u64>,
    /// How many answer it, where the platform says.
    pub replies: Option<u64>,
    /// Whether the account likes it, where the platform says.
    pub liked: Option<bool>,
    /// Whether the account may answer it.
    pub can_reply: bool,
    /// What can be done to it.
    pub can: Vec<CommentChange>,
}

/// The author of a comment. Nothing of it is more than the platform shows to everyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// The platform's id.
    pub id: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The name after the @.
    pub handle: Option<String>,
    /// The address of their page.
    pub url: Option<String>,
    /// Whether it is the channel's own account.
    pub is_self: bool,
}

/// Whether people see a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentState {
    /// They do.
    Shown,
    /// The account, or the platform, hid it.
    Hidden,
    /// It waits until the account approves it.
    Waiting,
    /// The account declined it.
    Declined,
}

/// An answer that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// As [`Comment::id`].
    pub id: String,
    /// Its own page, if the platform names it.
    pub url: Option<String>,
}
