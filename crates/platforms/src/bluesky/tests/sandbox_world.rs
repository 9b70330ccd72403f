//! The sandbox network as the connector sees it.

use std::{sync::Arc, time::Duration};

use base::{OsRandom, TestClock, Timestamp, random};
use connector::{Callback, Connect as _, Failure, Granted, Http, StartConnect, Started};
use sandbox::{Action, Entry, Fault, Network, Options, Rule, Running, Sandbox, When};
use serde_json::json;

use super::world::World;

/// The account that most stories are about.
pub const LENA: (&str, &str) = ("lena.test", "demo-lena-2222-aaaa");
/// Someone else there.
pub const OTHER: &str = "harbour-bakery.test";
pub const CALLBACK: &str = "http://127.0.0.1:8080/connect/bluesky/callback";

/// A sandbox with a clock that stands still, and an installation beside it.
pub struct Net {
    pub sandbox: Running,
    pub clock: TestClock,
    pub world: World,
}

impl Net {
    pub async fn new() -> Self {
        let clock = TestClock::at(Timestamp::parse("2030-01-02T09:30:00Z").unwrap());
        let mut options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        options.record = true;
        let sandbox = Sandbox::start(options).await.unwrap();
        let origin = sandbox.origin(Network::Bluesky).as_str();
        let names = ["entryway", "plc", "video", "appview", "web"];
        let world = World::new(Arc::new(clock.clone()), &names.map(|name| (name, origin)));
        Self { sandbox, clock, world }
    }

    /// With Lena's channel connected by app password.
    pub async fn with_channel() -> Self {
        let mut net = Self::new().await;
        net.world.connect_with_password(LENA.0, LENA.1).await.unwrap();
        net
    }

    /// With Lena's channel connected by OAuth.
    pub async fn with_oauth() -> Self {
        let mut net = Self::new().await;
        let granted = net.sign_in(&[]).await.unwrap();
        net.world.adopt(granted);
        net
    }

    /// Another installation on the same network, with this account's channel.
    pub async fn beside(&self, handle: &str, password: &str) -> World {
        let endpoints: Vec<(&str, &str)> =
            self.world.endpoints.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        let mut world = World::new(Arc::new(self.clock.clone()), &endpoints);
        world.connect_with_password(handle, password).await.unwrap();
        world
    }

    pub async fn start(&self) -> Result<Started, Failure> {
        let request = StartConnect {
            input: json!({ "handle": LENA.0 }),
            redirect_uri: CALLBACK.to_owned(),
            state: random::token::<32>(&OsRandom),
            features: Vec::new(),
        };
        self.world.bluesky.start(&self.world.call(), &request).await
    }

    /// The whole way through the consent page; `scopes` narrows what is granted.
    pub async fn sign_in(&self, scopes: &[&str]) -> Result<Granted, Failure> {
        let started = self.start().await?;
        let mut decision = vec![("decision", "allow"), ("account", LENA.0)];
        decision.extend(scopes.iter().map(|scope| ("scope", *scope)));
        let callback = decide(&self.world.http, &started.redirect_to, &decision).await;
        self.world.bluesky.finish(&self.world.call(), &started.memory, &callback).await
    }

    /// The next write of a record goes wrong like this.
    pub fn fault(&self, fault: Fault) {
        self.fault_of("com.atproto.repo.putRecord", fault);
    }

    pub fn fault_of(&self, method: &str, fault: Fault) {
        self.sandbox.turn(Network::Bluesky, |knobs| knobs.faults.push(Rule::once(method, fault)));
    }

    pub fn lose_answer(&self) {
        self.fault(Fault::Reset { when: When::After });
    }

    pub fn knob(&self, name: &str, value: serde_json::Value) {
        self.sandbox.turn(Network::Bluesky, |knobs| drop(knobs.own.insert(name.to_owned(), value)));
    }

    /// The posts that people have seen appear.
    pub fn posts(&self) -> Vec<Entry> {
        let all = self.sandbox.ledger().entries(Some(Network::Bluesky)).into_iter();
        all.filter(|entry| entry.kind == "post" && entry.action == Action::Created).collect()
    }

    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

/// What a person does at the consent page.
pub async fn decide(http: &Http, page: &url::Url, decision: &[(&str, &str)]) -> Callback {
    let carried: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    let form: Vec<(&str, &str)> =
        carried.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(decision.iter().copied()).collect();
    let mut target = page.clone();
    target.set_query(None);
    let reply = http.post("decide", target.as_str()).form(&form).send().await.unwrap();
    let location = reply.header("location").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()));
    Callback { query: url::Url::parse(location).unwrap().query_pairs().into_owned().collect() }
}
