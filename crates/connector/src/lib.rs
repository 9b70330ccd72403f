//! What a platform must be able to do, and the only way out to the network.
//!
//! A connector knows the HTTP and the JSON of one platform and nothing else: it never sees the
//! database, a route, or a clock of its own. The engine in `app` decides when to call, journals
//! before each call and retries; a connector does one thing once and says truthfully what came of it.

pub mod about;
pub mod comments;
pub mod connect;
pub mod draft;
pub mod failure;
pub mod http;
pub mod insights;
pub mod mentions;
pub mod messaging;
pub mod oauth;
pub mod publish;
pub mod reading;
pub mod rule;
pub mod testing;
pub mod webhooks;

use std::sync::Arc;

pub use about::{About, DataCap, Feature, Field, Input, Recipient, Setup, Way};
pub use comments::{
    Author, Comment, CommentAct, CommentChange, CommentState, Comments, CommentsAsked, CommentsPage, Replied,
};
pub use connect::{
    Account, AppCredentials, Callback, Connect, Document, Found, Granted, StartConnect, Started, Tokens,
};
pub use draft::{
    Draft, Fit, Framing, ImageRules, Issue, Limits, Media, MediaKind, MediaSource, Part, PartKind, Poll, PollLimits,
    Severity, TextLimit, Unit, VideoCoding, VideoRules,
};
pub use failure::{Failure, FailureKind, Outcome, WhoActs};
pub use http::{Budget, Budgets, Exchange, Http, Reply, Request, Transport};
pub use insights::{AccountMetric, AccountMetrics, AccountNumber, Insights, Metric, Metrics, Period};
pub use mentions::{Mentions, Suggestion};
pub use messaging::Messaging;
pub use publish::{Call, Deleted, Finding, Handles, PartJob, Prepared, ProofClass, Publish, Remote, Sent, Trace};
pub use reading::{Card, CardNow, Reading, Span, SpanKind};
pub use rule::Rule;
pub use webhooks::Webhooks;

/// One platform. A missing capability is `None`; nothing is stubbed, nothing is listed twice.
pub trait Connector: Send + Sync {
    /// Name, icon, limits, option schema, scopes, data recipient.
    fn about(&self) -> &'static About;
    /// How an account is connected, kept and let go.
    fn connect(&self) -> &dyn Connect;
    /// Posts.
    fn publish(&self) -> Option<&dyn Publish> {
        None
    }
    /// Metrics.
    fn insights(&self) -> Option<&dyn Insights> {
        None
    }
    /// What people write below its posts.
    fn comments(&self) -> Option<&dyn Comments> {
        None
    }
    /// Accounts to mention.
    fn mentions(&self) -> Option<&dyn Mentions> {
        None
    }
    /// Messages to one person at a time.
    fn messaging(&self) -> Option<&dyn Messaging> {
        None
    }
    /// What the platform sends on its own.
    fn webhooks(&self) -> Option<&dyn Webhooks> {
        None
    }
}

/// The connectors of this installation, by id.
#[derive(Clone, Default)]
pub struct Connectors(Arc<Vec<Arc<dyn Connector>>>);

impl Connectors {
    /// From a list; ids must differ. What they say is known in all languages from then on.
    pub fn new(list: Vec<Arc<dyn Connector>>) -> Self {
        base::words::add_dutch(include_str!("nl.json"));
        list.iter().for_each(|connector| base::words::add_dutch(connector.about().dutch));
        Self(Arc::new(list))
    }

    /// The connector with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<dyn Connector>> {
        self.0.iter().find(|connector| connector.about().id == id)
    }

    /// All of them, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.0.iter()
    }
}
