//! The public numbers of posts. Private ones (clicks) need posts younger than 30 days and are left out.

use async_trait::async_trait;
use connector::{Call, Failure, Insights, Metric, Metrics, Remote};
use serde_json::Value;

use super::{
    X,
    reads::{self, Read},
    wire::{Post, PublicMetrics},
};

#[async_trait]
impl Insights for X {
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        if posts.is_empty() {
            return Ok(Vec::new());
        }
        let ids = posts.iter().map(|post| post.id.as_str()).collect::<Vec<_>>().join(",");
        let query = [("ids", ids)];
        let read: Read<Vec<Post>> = reads::get(call, "read numbers", "/2/tweets", &query, &reads::METRICS).await?;
        if read.answer.data.is_none() && !all_gone(&read.answer.errors) {
            return Err(read.refusal(call));
        }
        let fetched_at = call.clock.now();
        let found = read.answer.data.into_iter().flatten().filter_map(|post| {
            let values = values(&post.public_metrics?);
            Some(Metrics { remote_id: post.id, fetched_at, values })
        });
        Ok(found.collect())
    }
}

/// Whether every problem is that a post is not there.
fn all_gone(errors: &[Value]) -> bool {
    let gone = |error: &Value| error["type"].as_str().is_some_and(|kind| kind.ends_with("/resource-not-found"));
    !errors.is_empty() && errors.iter().all(gone)
}

fn values(numbers: &PublicMetrics) -> Vec<(Metric, u64)> {
    let all = [
        (Metric::Likes, numbers.like_count),
        (Metric::Replies, numbers.reply_count),
        (Metric::Reposts, numbers.reposts()),
        (Metric::Quotes, numbers.quote_count),
        (Metric::Impressions, numbers.impression_count),
        (Metric::Bookmarks, numbers.bookmark_count),
    ];
    all.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect()
}
