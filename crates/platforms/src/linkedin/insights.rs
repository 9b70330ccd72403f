//! Numbers about an organisation's posts. A member's posts have theirs one by one, behind a permission of their own.

use async_trait::async_trait;
use base::say;
use connector::{Call, Failure, Insights, Metric, Metrics, Remote, insights::POSTS_MAX};

use super::{
    LinkedIn,
    errors::Asked,
    peer,
    publish::finder,
    rights::{Need, Rights},
    urn::is_post,
    wire::{Numbers, Page, Statistics},
};
use crate::kit::peer::segment;

#[async_trait]
impl Insights for LinkedIn {
    /// A post that no one has seen yet is absent from the answer, like one that is gone.
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        let rights = Rights::of(call.facts);
        let asked: Vec<&str> =
            posts.iter().map(|post| post.id.as_str()).filter(|id| is_post(id)).take(POSTS_MAX).collect();
        if rights.role.is_none() || !rights.allow(Need::Numbers) || asked.is_empty() {
            return Ok(Vec::new());
        }
        let list = |name: &str, kind: &str| {
            let urns: Vec<String> = asked.iter().filter(|urn| urn.starts_with(kind)).map(|urn| segment(urn)).collect();
            if urns.is_empty() { String::new() } else { format!("&{name}=List({})", urns.join(",")) }
        };
        let path = format!(
            "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={}{}{}",
            segment(call.account_id),
            list("shares", "urn:li:share:"),
            list("ugcPosts", "urn:li:ugcPost:")
        );
        let peer = peer(call)?;
        let request = finder(&peer, "read the posts' numbers", &path);
        let found: Page<Statistics> = peer.read(Asked::Read, request, say!("a list of numbers")).await?;
        let fetched_at = call.clock.now();
        let metrics = |one: &Statistics| {
            let values = values(&one.total_share_statistics);
            Some(Metrics { remote_id: one.post()?.to_owned(), fetched_at, values })
        };
        Ok(found.elements.iter().filter_map(metrics).collect())
    }
}

/// Clicks are those on the whole post, its author's name too, so that they are not clicks on links.
fn values(numbers: &Numbers) -> Vec<(Metric, u64)> {
    let of = |metric, count: Option<i64>| Some((metric, u64::try_from(count?).unwrap_or(0)));
    let all = [
        of(Metric::Impressions, numbers.impression_count),
        of(Metric::Likes, numbers.like_count),
        of(Metric::Replies, numbers.comment_count),
        of(Metric::Reposts, numbers.share_count),
    ];
    all.into_iter().flatten().collect()
}
