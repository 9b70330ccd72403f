//! X's JSON. Since summer 2026 X says *post* where it said *tweet*, one endpoint after the other: each answer is read
//! in both spellings, and the current one wins where both are there.

use base::Timestamp;
use serde::Deserialize;

/// `{"data":…}`, perhaps with `errors` beside it.
#[derive(Debug, Deserialize)]
pub struct Answer<T> {
    /// What was asked for; absent in a refusal.
    pub data: Option<T>,
    /// What is wrong with parts of the answer, or why there is none.
    #[serde(default)]
    pub errors: Vec<serde_json::Value>,
    /// How a list goes on.
    #[serde(default)]
    pub meta: Meta,
    /// What the expansions put beside it.
    #[serde(default)]
    pub includes: Includes,
}

/// What stands beside an answer.
#[derive(Debug, Default, Deserialize)]
pub struct Includes {
    /// The authors.
    #[serde(default)]
    pub users: Vec<Person>,
}

/// Someone who wrote something.
#[derive(Debug, Deserialize)]
pub struct Person {
    /// Digits.
    pub id: String,
    /// The display name.
    pub name: Option<String>,
    /// The name after the @.
    pub username: Option<String>,
}

/// The answer of `PUT /2/tweets/{id}/hidden`.
#[derive(Debug, Deserialize)]
pub struct Hidden {
    /// Whether it is hidden now.
    pub hidden: bool,
}

/// The account with its numbers.
#[derive(Debug, Deserialize)]
pub struct Counted {
    /// Absent if it was not told.
    pub public_metrics: Option<AccountCounts>,
}

/// The numbers of an account.
#[derive(Debug, Default, Deserialize)]
pub struct AccountCounts {
    /// Accounts that follow it.
    pub followers_count: Option<u64>,
    /// Accounts that it follows.
    pub following_count: Option<u64>,
    post_count: Option<u64>,
    tweet_count: Option<u64>,
}

impl AccountCounts {
    /// Its posts.
    pub fn posts(&self) -> Option<u64> {
        self.post_count.or(self.tweet_count)
    }
}

/// How a list goes on.
#[derive(Debug, Default, Deserialize)]
pub struct Meta {
    /// The token of the next page.
    pub next_token: Option<String>,
    /// How many are on this page.
    pub result_count: Option<u64>,
}

/// The answer of `POST /2/tweets`. The rest of it lags behind the specification and is not needed.
#[derive(Debug, Deserialize)]
pub struct Created {
    /// Digits.
    pub id: String,
}

/// The answer of `DELETE /2/tweets/{id}`.
#[derive(Debug, Deserialize)]
pub struct Removed {
    /// Whether it is gone.
    pub deleted: bool,
}

/// An account, as far as Fanfare keeps it (P-014).
#[derive(Debug, Deserialize)]
pub struct User {
    /// Digits.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The name after the @.
    pub username: String,
    /// `None`, `Basic`, `Premium` or `PremiumPlus`.
    pub subscription_type: Option<String>,
    /// Whether only followers see its posts.
    pub protected: Option<bool>,
    /// Its picture, 48 pixels wide; without `_normal` in the name it is the original.
    pub profile_image_url: Option<String>,
}

/// An upload, at any of its steps.
#[derive(Debug, Deserialize)]
pub struct Upload {
    /// Digits.
    pub id: Option<String>,
    /// The key under which a post shows it (`3_1880`).
    pub media_key: Option<String>,
    /// Seconds until X forgets it.
    pub expires_after_secs: Option<u64>,
    /// There while, or if, X works on it.
    pub processing_info: Option<Processing>,
}

/// X's work on an upload.
#[derive(Debug, Deserialize)]
pub struct Processing {
    /// `pending`, `in_progress`, `succeeded` or `failed`.
    pub state: String,
    /// Seconds to wait before asking again.
    pub check_after_secs: Option<u64>,
    /// Why it failed.
    pub error: Option<ProcessingError>,
}

/// Why X could not work on an upload.
#[derive(Debug, Deserialize)]
pub struct ProcessingError {
    /// X's name for it.
    pub name: Option<String>,
    /// X's words.
    pub message: Option<String>,
}

/// A post as read.
#[derive(Debug, Default, Deserialize)]
pub struct Post {
    /// Digits.
    pub id: String,
    /// The text as stored: addresses replaced, perhaps escaped for HTML, cut if long.
    #[serde(default)]
    pub text: String,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// Addresses in `text`.
    pub entities: Option<Entities>,
    /// Media and polls.
    pub attachments: Option<Attachments>,
    /// Who wrote it; only if asked for.
    pub author_id: Option<String>,
    /// The post that began the conversation.
    pub conversation_id: Option<String>,
    /// Whom it answers, if anyone.
    pub in_reply_to_user_id: Option<String>,
    /// Numbers.
    pub public_metrics: Option<PublicMetrics>,
    /// Whether it can still be edited.
    pub edit_controls: Option<EditControls>,
    referenced_posts: Option<Vec<Referenced>>,
    referenced_tweets: Option<Vec<Referenced>>,
    note_post: Option<Note>,
    note_tweet: Option<Note>,
}

impl Post {
    /// What it answers, quotes or reposts.
    pub fn referenced(&self) -> &[Referenced] {
        self.referenced_posts.as_deref().or(self.referenced_tweets.as_deref()).unwrap_or_default()
    }

    /// The id of the first post that it refers to in this way (`replied_to`, `quoted`, `retweeted`).
    pub fn refers(&self, kind: &str) -> Option<&str> {
        self.referenced().iter().find(|post| post.kind == kind).map(|post| post.id.as_str())
    }

    /// The whole text of a long post, with the addresses in it.
    pub fn note(&self) -> Option<&Note> {
        self.note_post.as_ref().or(self.note_tweet.as_ref())
    }
}

/// A post that another refers to.
#[derive(Debug, Deserialize)]
pub struct Referenced {
    /// `replied_to`, `quoted` or `retweeted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Digits.
    pub id: String,
}

/// The whole of a long post.
#[derive(Debug, Deserialize)]
pub struct Note {
    /// The text.
    #[serde(default)]
    pub text: String,
    /// Addresses in it.
    pub entities: Option<Entities>,
}

/// What X found in a text.
#[derive(Debug, Default, Deserialize)]
pub struct Entities {
    /// Addresses.
    pub urls: Option<Vec<Link>>,
}

/// An address that X replaced.
#[derive(Debug, Deserialize)]
pub struct Link {
    /// The t.co link in the text.
    pub url: Option<String>,
    /// What the author wrote.
    pub expanded_url: Option<String>,
    /// There if it stands for a file of the post itself.
    pub media_key: Option<String>,
}

/// What hangs on a post.
#[derive(Debug, Default, Deserialize)]
pub struct Attachments {
    /// Files.
    pub media_keys: Option<Vec<String>>,
    /// A poll.
    pub poll_ids: Option<Vec<String>>,
}

/// Whether and until when a post can be edited.
#[derive(Debug, Deserialize)]
pub struct EditControls {
    /// How often still.
    pub edits_remaining: Option<i64>,
    /// Whether it is of a kind that can be edited.
    pub is_edit_eligible: Option<bool>,
    /// RFC 3339.
    pub editable_until: Option<String>,
}

/// The public numbers of a post.
#[derive(Debug, Default, Deserialize)]
pub struct PublicMetrics {
    /// Times shown.
    pub impression_count: Option<u64>,
    /// Likes.
    pub like_count: Option<u64>,
    /// Answers.
    pub reply_count: Option<u64>,
    /// Quotes.
    pub quote_count: Option<u64>,
    /// Bookmarks.
    pub bookmark_count: Option<u64>,
    repost_count: Option<u64>,
    retweet_count: Option<u64>,
}

impl PublicMetrics {
    /// Reposts.
    pub fn reposts(&self) -> Option<u64> {
        self.repost_count.or(self.retweet_count)
    }
}

/// Whether a text is an id of X: one to nineteen digits.
pub fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// When the post with this id was made: an id holds milliseconds since X's epoch, 22 bits further up.
pub fn made_at(id: &str) -> Option<Timestamp> {
    const EPOCH_MS: i64 = 1_288_834_974_657;
    let number: i64 = id.parse().ok()?;
    Some(Timestamp::from_micros(((number >> 22) + EPOCH_MS) * 1000))
}
