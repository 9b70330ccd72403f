//! Numbers about posts and about the account. There are no impressions on Mastodon.

use async_trait::async_trait;
use base::say;
use connector::{
    AccountMetric, AccountMetrics, AccountNumber, Call, Failure, FailureKind, Insights, Metric, Metrics, Remote,
    insights::POSTS_MAX,
};

use super::{
    Mastodon,
    errors::Asked,
    facts::Facts,
    peer::{self, Peer, segment},
    wire::{CredentialAccount, Status},
};

#[async_trait]
impl Insights for Mastodon {
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        let facts = Facts::read(call.facts);
        let peer = peer::of_channel(call, &facts)?;
        let posts = &posts[..posts.len().min(POSTS_MAX)];
        let found = if posts.is_empty() {
            Vec::new()
        } else if facts.can_read_batches() {
            batch(&peer, posts).await?
        } else {
            one_by_one(&peer, posts).await?
        };
        let asked = |status: &Status| posts.iter().any(|post| post.id == status.id);
        let fetched_at = call.clock.now();
        let numbers = |status: Status| Metrics { remote_id: status.id.clone(), fetched_at, values: values(&status) };
        Ok(found.into_iter().filter(asked).map(numbers).collect())
    }

    async fn of_account(&self, call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        let peer = peer::of_channel(call, &Facts::read(call.facts))?;
        let request = peer.get("read the account's numbers", "/api/v1/accounts/verify_credentials");
        let account: CredentialAccount = peer.read(Asked::Read, request, say!("the account")).await?;
        let now = call.clock.now();
        let all = [
            (AccountMetric::Followers, account.followers_count),
            (AccountMetric::Following, account.following_count),
            (AccountMetric::Posts, account.statuses_count),
        ];
        let values = all.into_iter().filter_map(|(metric, value)| Some(AccountNumber::now(metric, value?, now)));
        Ok(AccountMetrics { values: values.collect(), missing: None })
    }
}

/// Many at once since Mastodon 4.3; those that are gone are left out by the server.
async fn batch(peer: &Peer<'_>, posts: &[Remote]) -> Result<Vec<Status>, Failure> {
    let request = peer.get("read the posts' numbers", "/api/v1/statuses");
    let request = posts.iter().fold(request, |request, post| request.query("id[]", &post.id));
    peer.read(Asked::Read, request, say!("a list of posts")).await
}

async fn one_by_one(peer: &Peer<'_>, posts: &[Remote]) -> Result<Vec<Status>, Failure> {
    let mut found = Vec::with_capacity(posts.len());
    for post in posts {
        let request = peer.get("read the post's numbers", &format!("/api/v1/statuses/{}", segment(&post.id)));
        match peer.read(Asked::Read, request, say!("a post")).await {
            Ok(status) => found.push(status),
            Err(Failure { kind: FailureKind::RemoteNotFound, .. }) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

fn values(status: &Status) -> Vec<(Metric, u64)> {
    let all = [
        (Metric::Likes, status.favourites_count),
        (Metric::Reposts, status.reblogs_count),
        (Metric::Replies, status.replies_count),
        (Metric::Quotes, status.quotes_count),
    ];
    all.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect()
}
