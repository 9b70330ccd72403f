//! Everything that a connector's call borrows, owned in one place for as long as the call lasts.

use std::{collections::BTreeMap, sync::Arc};

use connector::{AppCredentials, Call, Http, Tokens, http::Policy};
use serde_json::Value;
use url::Url;

use crate::App;

static NO_ENDPOINTS: BTreeMap<String, Url> = BTreeMap::new();

/// The ground under a [`Call`].
pub struct Calling {
    app: App,
    /// The way out; its exchanges become the story.
    pub http: Http,
    platform: String,
    credentials: Arc<AppCredentials>,
    tokens: Arc<Tokens>,
    account_id: String,
    facts: Value,
}

impl Calling {
    /// For a call that is about no channel yet.
    pub fn new(
        app: &App,
        platform: &str,
        credentials: impl Into<Arc<AppCredentials>>,
        tokens: impl Into<Arc<Tokens>>,
    ) -> Self {
        Self {
            app: app.clone(),
            // A platform's fixed hosts, and those that a person named, pass the same address guard; which of them a
            // connector calls is in its code and its tests.
            http: app.guard.http(Policy::platform(Vec::new())),
            platform: platform.to_owned(),
            credentials: credentials.into(),
            tokens: tokens.into(),
            account_id: String::new(),
            facts: Value::Null,
        }
    }

    /// For a call about a channel.
    #[must_use]
    pub fn about(mut self, account_id: &str, facts: Value) -> Self {
        self.account_id = account_id.to_owned();
        self.facts = facts;
        self
    }

    /// The channel's facts.
    pub fn facts(&self) -> &Value {
        &self.facts
    }

    /// The call.
    pub fn call(&self) -> Call<'_> {
        Call {
            http: &self.http,
            app: &self.credentials,
            tokens: &self.tokens,
            account_id: &self.account_id,
            facts: &self.facts,
            public_url: &self.app.settings.public_url,
            endpoints: self.app.settings.endpoints.get(&self.platform).unwrap_or(&NO_ENDPOINTS),
            clock: &*self.app.clock,
            random: &*self.app.random,
        }
    }
}
