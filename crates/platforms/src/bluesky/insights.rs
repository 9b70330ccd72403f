//! Numbers of posts and of the account, from the public AppView: no sign-in, so no permission is asked for them.

use async_trait::async_trait;
use connector::{
    AccountMetric, AccountMetrics, AccountNumber, Call, Failure, Insights, Metric, Metrics, Remote, insights::POSTS_MAX,
};

use super::{
    Bluesky,
    errors::Asked,
    rpc::{Ask, understood},
    wire::{PostView, Posts, ProfileCounts},
};

/// The AppView that answers everyone. Its answers may be some minutes old.
pub(super) const APPVIEW: &str = "https://public.api.bsky.app";

#[async_trait]
impl Insights for Bluesky {
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        if posts.is_empty() {
            return Ok(Vec::new());
        }
        let query = posts.iter().take(POSTS_MAX).map(|post| ("uris", post.id.clone())).collect();
        let ask = Ask::get("read numbers of posts", "app.bsky.feed.getPosts", query);
        let reply = ask.openly(call, &call.endpoint("appview", APPVIEW)).await?;
        let found: Posts = understood(Asked::Read, &reply, call)?;
        let fetched_at = call.clock.now();
        let asked = |view: &PostView| posts.iter().any(|post| post.id == view.uri);
        let metrics = |view: PostView| Metrics { values: values(&view), remote_id: view.uri, fetched_at };
        Ok(found.posts.into_iter().filter(asked).map(metrics).collect())
    }

    async fn of_account(&self, call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        let query = vec![("actor", call.account_id.to_owned())];
        let ask = Ask::get("read the account's numbers", "app.bsky.actor.getProfile", query);
        let reply = ask.openly(call, &call.endpoint("appview", APPVIEW)).await?;
        let counts: ProfileCounts = understood(Asked::Read, &reply, call)?;
        let now = call.clock.now();
        let all = [
            (AccountMetric::Followers, counts.followers_count),
            (AccountMetric::Following, counts.follows_count),
            (AccountMetric::Posts, counts.posts_count),
        ];
        let values = all.into_iter().filter_map(|(metric, value)| Some(AccountNumber::now(metric, value?, now)));
        Ok(AccountMetrics { values: values.collect(), missing: None })
    }
}

fn values(view: &PostView) -> Vec<(Metric, u64)> {
    let all = [
        (Metric::Likes, view.like_count),
        (Metric::Reposts, view.repost_count),
        (Metric::Replies, view.reply_count),
        (Metric::Quotes, view.quote_count),
        (Metric::Bookmarks, view.bookmark_count),
    ];
    all.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect()
}
