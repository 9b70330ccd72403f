//! What X is like today: the knob `own` of the X network.

use serde::{Deserialize, Serialize};

/// Whether X says *post* or, as before the summer of 2026, *tweet* in names of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// `post.fields`, `edit_history_post_ids`, `referenced_posts`, `repost_count`.
    Post,
    /// `tweet.fields`, `edit_history_tweet_ids`, `referenced_tweets`, `retweet_count`.
    Tweet,
}

/// What the app may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Pay per use: no quotes, replies only where summoned, one cashtag.
    SelfServe,
    /// None of these.
    Enterprise,
}

/// `own` in full; each key may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The words of reading calls. A call in the other words is refused as an invalid request that names the parameter.
    pub reads: Vocabulary,
    /// The words of the answer to `POST /2/tweets`, which lag behind.
    pub creates: Vocabulary,
    /// What the app may do.
    pub tier: Tier,
    /// Whether all credits are spent: every call is answered with 402.
    pub credits_depleted: bool,
    /// How long a text may not be repeated, in seconds.
    pub duplicate_window_s: u64,
    /// How long a new post is not visible to its own author's replies, in milliseconds.
    pub reply_lag_ms: u64,
    /// The longest video that can be posted without Premium, in seconds.
    pub max_video_s: u64,
    /// Whether a segment is answered with 204 and no body.
    pub append_answers_nothing: bool,
    /// Addresses, besides those of this computer, that people may be sent back to.
    pub redirect_uris: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reads: Vocabulary::Post,
            creates: Vocabulary::Tweet,
            tier: Tier::SelfServe,
            credits_depleted: false,
            duplicate_window_s: 24 * 3600,
            reply_lag_ms: 0,
            max_video_s: 140,
            append_answers_nothing: false,
            redirect_uris: Vec::new(),
        }
    }
}
