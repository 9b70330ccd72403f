//! Everything that a connector's call borrows, owned in one place for as long as the call lasts.

use std::collections::BTreeMap;

use connector::{AppCredentials, Call, Http, Tokens, http::Policy};
use serde_json::Value;
use url::Url;

use crate::App;

/// The ground under a [`Call`].
pub struct Calling {
    app: App,
    /// The way out; its exchanges become the story.
    pub http: Http,
    endpoints: BTreeMap<String, Url>,
    credentials: AppCredentials,
    tokens: Tokens,
    account_id: String,
    facts: Value,
}

impl Calling {
    /// For a call that is about no channel yet.
    pub fn new(app: &App, platform: &str, credentials: AppCredentials, tokens: Tokens) -> Self {
        Self {
            app: app.clone(),
            // A platform's fixed hosts, and those that a person named, pass the same address guard; which of them a
            // connector calls is in its code and its tests.
            http: app.guard.http(Policy::platform(Vec::new())),
            endpoints: app.settings.endpoints.get(platform).cloned().unwrap_or_default(),
            credentials,
            tokens,
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
            endpoints: &self.endpoints,
            clock: &*self.app.clock,
            random: &*self.app.random,
        }
    }
}
