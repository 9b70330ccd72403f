//! What the fake platform sends on its own.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use base::{Text, Timestamp};
use serde_json::{Value, json};

use super::{FakePlatform, lock};
use crate::{
    Call, Failure, Granted, Webhooks,
    webhooks::{Answer, Heard, HookAddress, HookEvent, Incoming, Refused, in_time},
};

/// What the fake sends is JSON with `asks` (`removed`, `erase`, `changed`), `account`, `post` and `at`, in seconds; proven by the
/// header `x-fake-proof`, if that is the word.
#[async_trait]
impl Webhooks for FakePlatform {
    fn addresses(&self) -> &'static [HookAddress] {
        static ADDRESSES: [HookAddress; 1] =
            [HookAddress { name: "", label: Text::constant("Everything"), has_word: true }];
        &ADDRESSES
    }

    fn hear(&self, incoming: &Incoming<'_>) -> Result<Heard, Refused> {
        let proof = incoming.headers.get("x-fake-proof").and_then(|value| value.to_str().ok());
        if proof != Some(incoming.word.expose().as_str()) {
            return Err(Refused::Forged);
        }
        if *incoming.method == http::Method::GET {
            return Ok(Answer::Text("fake".to_owned()).alone());
        }
        let body: Value = serde_json::from_slice(incoming.body).map_err(|_| Refused::Malformed)?;
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let at = body["at"].as_i64().map(Timestamp::from_seconds);
        at.map_or(Ok(()), |at| in_time(at, incoming.now))?;
        let (account, answer) = (text("account"), Answer::Empty);
        let (event, answer) = match body["asks"].as_str().unwrap_or_default() {
            "removed" => (HookEvent::Removed { account, at }, answer),
            "erase" => (HookEvent::Erase { account, at }, Answer::Receipt),
            "changed" => (HookEvent::Changed { account, post: text("post"), at }, answer),
            other => (HookEvent::Other(other.to_owned()), answer),
        };
        Ok(Heard { events: vec![event], answer })
    }

    fn receipt(&self, status: &url::Url, code: &str) -> Value {
        json!({ "page": status, "code": code })
    }

    fn named_by(&self, granted: &Granted) -> Option<String> {
        Some(format!("the-fake-s-{}", granted.account.id))
    }

    fn wants_subscriptions(&self) -> bool {
        self.0.wants_subscriptions.load(Ordering::Relaxed)
    }

    async fn subscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        lock(&self.0.subscribed).push(format!("+{} {}", call.account_id, call.tokens.bearer()?.expose()));
        Ok(())
    }

    async fn unsubscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        lock(&self.0.subscribed).push(format!("-{} {}", call.account_id, call.tokens.bearer()?.expose()));
        Ok(())
    }
}
