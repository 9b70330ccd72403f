//! Everything that a connector's call borrows, owned in one place for as long as the call lasts.

use std::{collections::BTreeMap, sync::Arc};

use connector::{AppCredentials, Call, Http, Tokens, http::Policy};
use serde_json::Value;
use url::Url;

use super::{Channel, grants::Opened};
use crate::App;

static NO_ENDPOINTS: BTreeMap<String, Url> = BTreeMap::new();

fn endpoints<'a>(app: &'a App, platform: &str) -> &'a BTreeMap<String, Url> {
    app.settings.endpoints.get(platform).unwrap_or(&NO_ENDPOINTS)
}

/// What the platform's connector may call (P-056). Who is no platform calls nothing.
fn policy(app: &App, platform: &str) -> Policy {
    let connector = app.connectors.get(platform);
    connector.map_or_else(Policy::nowhere, |connector| connector.about().policy(endpoints(app, platform)))
}

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
            http: app.guard.http(policy(app, platform)),
            platform: platform.to_owned(),
            credentials: credentials.into(),
            tokens: tokens.into(),
            account_id: String::new(),
            facts: Value::Null,
        }
    }

    /// For a call about a channel, with the login that it was opened with.
    pub fn of(app: &App, channel: &Channel, opened: &Opened) -> Self {
        Self::new(app, &channel.platform, opened.app.clone(), opened.tokens.clone())
            .about(&channel.account_id, channel.facts.clone())
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
            endpoints: endpoints(&self.app, &self.platform),
            clock: &*self.app.clock,
            random: &*self.app.random,
        }
    }
}
