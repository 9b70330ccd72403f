//! The public numbers of posts and of the account. Private ones (clicks) need posts younger than 30 days and are left out.

use async_trait::async_trait;
use base::{Text, say};
use connector::{AccountMetric, AccountMetrics, AccountNumber, Call, Failure, Insights, Metric, Metrics, Remote};
use serde_json::Value;

use super::{
    X, api,
    errors::{self, Asked},
    reads::{self, Read},
    wire::{Answer, Counted, Post, PublicMetrics},
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

    fn account_price(&self) -> Option<Text> {
        Some(say!("X charges the owner of the app for this reading: 0.010 US dollars in August 2026."))
    }

    async fn of_account(&self, call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        let request = call.http.get("read the account's numbers", api(call, "/2/users/me"));
        let request = request.query("user.fields", "public_metrics").bearer(call.tokens.bearer()?);
        let reply = request.send().await.map_err(|error| errors::lost(Asked::Read, error))?;
        let now = call.clock.now();
        if !reply.is_success() {
            return Err(errors::failure(Asked::Read, &reply, now));
        }
        let counted = reply.json::<Answer<Counted>>().ok().and_then(|answer| answer.data);
        let counted = counted.ok_or_else(|| errors::odd_answer(Asked::Read, &reply, now))?;
        let counts = counted.public_metrics.unwrap_or_default();
        let all = [
            (AccountMetric::Followers, counts.followers_count),
            (AccountMetric::Following, counts.following_count),
            (AccountMetric::Posts, counts.posts()),
        ];
        let values = all.into_iter().filter_map(|(metric, value)| Some(AccountNumber::now(metric, value?, now)));
        Ok(AccountMetrics { values: values.collect(), missing: None })
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
