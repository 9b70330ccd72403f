//! Basic metrics of posts.

use async_trait::async_trait;
use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    publish::{Call, Remote},
};

/// Reads numbers about posts.
#[async_trait]
pub trait Insights: Send + Sync {
    /// The numbers of these posts (at most `POSTS_MAX`); posts that are gone are left out.
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure>;
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
