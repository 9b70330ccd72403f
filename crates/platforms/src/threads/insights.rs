//! Numbers about posts and about the account. Threads gives them one post at a time.

use async_trait::async_trait;
use base::say;
use connector::{
    AccountMetric, AccountMetrics, AccountNumber, Call, Failure, FailureKind, Insights, Metric, Metrics, Period,
    Remote, insights::POSTS_MAX,
};
use serde::Deserialize;

use super::{Threads, errors::Asked, peer};
use crate::{
    kit::peer::{Peer, segment},
    meta::wire::{Insight, One},
};

/// Those of the account, over the last day: the window when none is asked for. Its views are those of its profile.
const OF_ACCOUNT: [(&str, AccountMetric); 7] = [
    ("followers_count", AccountMetric::Followers),
    ("views", AccountMetric::ProfileViews),
    ("likes", AccountMetric::Likes),
    ("replies", AccountMetric::Replies),
    ("reposts", AccountMetric::Reposts),
    ("quotes", AccountMetric::Quotes),
    ("clicks", AccountMetric::LinkClicks),
];

/// A number of the account: day by day, in total, or by link.
#[derive(Debug, Deserialize)]
struct OfAccount {
    name: String,
    #[serde(default)]
    values: Vec<Value>,
    total_value: Option<Value>,
    link_total_values: Option<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
struct Value {
    value: u64,
}

impl OfAccount {
    /// A list without anything in it says nothing.
    fn value(&self) -> Option<u64> {
        let total = self.total_value.as_ref().map(|total| total.value);
        let days = (!self.values.is_empty()).then(|| self.values.iter().map(|day| day.value).sum());
        total.or(days).or_else(|| Some(self.link_total_values.as_ref()?.iter().map(|link| link.value).sum()))
    }
}

#[async_trait]
impl Insights for Threads {
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        let peer = peer(call)?;
        let mut found = Vec::new();
        for post in &posts[..posts.len().min(POSTS_MAX)] {
            let request = peer.get("read the post's numbers", &format!("/v1.0/{}/insights", segment(&post.id)));
            let request = request.query("metric", "views,likes,replies,reposts,quotes,shares");
            match peer.read::<One<Insight>>(Asked::Read, request, say!("a list of numbers")).await {
                Ok(read) => {
                    let values = read.data.iter().filter_map(number).collect();
                    found.push(Metrics { remote_id: post.id.clone(), fetched_at: call.clock.now(), values });
                }
                Err(failure) if failure.kind == FailureKind::RemoteNotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }

    async fn of_account(&self, call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        let found = of_account(&peer(call)?).await?;
        let now = call.clock.now();
        let values = OF_ACCOUNT.iter().filter_map(|(name, metric)| {
            let value = found.iter().find(|number| number.name == *name)?.value()?;
            let is_total = *metric == AccountMetric::Followers;
            let period = if is_total { Period::Now } else { Period::Day { until: now } };
            Some(AccountNumber { metric: *metric, value, period, fetched_at: now })
        });
        Ok(AccountMetrics { values: values.collect(), missing: None })
    }
}

/// One name that is refused fails all: then each is asked for alone. Without a period some accounts are refused (meta-mcp 30).
async fn of_account(peer: &Peer<'_, Asked>) -> Result<Vec<OfAccount>, Failure> {
    let asked = async |names: String| {
        let request = peer.get("read the account's numbers", "/v1.0/me/threads_insights").query("metric", names);
        peer.read::<One<OfAccount>>(Asked::Read, request.query("period", "day"), say!("a list of numbers")).await
    };
    match asked(OF_ACCOUNT.map(|(name, _)| name).join(",")).await {
        Err(failure) if failure.kind == FailureKind::BadAnswer => {}
        found => return found.map(|found| found.data),
    }
    let mut all = Vec::new();
    for (name, _) in OF_ACCOUNT {
        match asked(name.to_owned()).await {
            Err(failure) if failure.kind == FailureKind::BadAnswer => {}
            found => all.extend(found?.data),
        }
    }
    Ok(all)
}

fn number(insight: &Insight) -> Option<(Metric, u64)> {
    let metric = match insight.name.as_str() {
        "views" => Metric::Impressions,
        "likes" => Metric::Likes,
        "replies" => Metric::Replies,
        "reposts" => Metric::Reposts,
        "quotes" => Metric::Quotes,
        "shares" => Metric::Shares,
        _ => return None,
    };
    Some((metric, insight.value()?))
}
