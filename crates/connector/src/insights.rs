//! Basic metrics of posts and of the account.

use async_trait::async_trait;
use base::{Text, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    publish::{Call, Remote},
};

/// Reads numbers about posts and about the account.
#[async_trait]
pub trait Insights: Send + Sync {
    /// The numbers of these posts (at most `POSTS_MAX`); posts that are gone are left out.
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure>;

    /// The numbers of the account itself. What the platform doesn't say is left out: a missing number is not zero.
    ///
    /// # Errors
    /// `ScopeMissing` only where nothing at all can be read.
    async fn of_account(&self, _call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        Ok(AccountMetrics::default())
    }

    /// What one reading of the account's numbers costs the owner of the app, where the platform charges for it.
    fn account_price(&self) -> Option<Text> {
        None
    }
}

/// The most posts asked for at once.
pub const POSTS_MAX: usize = 25;

/// The numbers of one post at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// The platform's id of the post.
    pub remote_id: String,
    /// When they were read.
    pub fetched_at: Timestamp,
    /// The numbers.
    pub values: Vec<(Metric, u64)>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Likes, favourites, hearts.
    Likes,
    /// Answers.
    Replies,
    /// Reposts, boosts.
    Reposts,
    /// Quotes.
    Quotes,
    /// Times shown.
    Impressions,
    /// Bookmarks.
    Bookmarks,
    /// Clicks on links in it.
    LinkClicks,
    /// Times sent on to someone.
    Shares,
}

/// The numbers of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountMetrics {
    /// In a fixed order.
    pub values: Vec<AccountNumber>,
    /// Why some that the platform has are missing, if a permission or a right is.
    pub missing: Option<Text>,
}

/// One number of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountNumber {
    /// What is counted.
    pub metric: AccountMetric,
    /// How many.
    pub value: u64,
    /// Over which time.
    pub period: Period,
    /// When it was read.
    pub fetched_at: Timestamp,
}

impl AccountNumber {
    /// How many there are at this moment.
    pub fn now(metric: AccountMetric, value: u64, fetched_at: Timestamp) -> Self {
        Self { metric, value, period: Period::Now, fetched_at }
    }
}

/// What is counted about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountMetric {
    /// Accounts that follow it.
    Followers,
    /// Accounts that it follows.
    Following,
    /// Its posts.
    Posts,
    /// Accounts that saw something of it.
    Reach,
    /// Times that something of it was shown.
    Impressions,
    /// Times that its page was opened.
    ProfileViews,
    /// Accounts that did something with what it posts.
    EngagedAccounts,
    /// What people did with its posts, all kinds together.
    Interactions,
    /// Likes.
    Likes,
    /// Answers and comments.
    Replies,
    /// Reposts.
    Reposts,
    /// Quotes.
    Quotes,
    /// Times sent on to someone.
    Shares,
    /// Bookmarks.
    Bookmarks,
    /// Clicks on its links.
    LinkClicks,
}

/// Over which time something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// All that there is at this moment.
    Now,
    /// In the 24 hours up to this instant: a day as the platform counts days.
    Day {
        /// Its end.
        until: Timestamp,
    },
}
