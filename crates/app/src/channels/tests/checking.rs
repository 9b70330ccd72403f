//! What platforms say of channels later on.

use std::time::Duration;

use connector::{Failure, FailureKind, Outcome, testing::Behaviour};
use serde_json::{Value, json};

use super::worlds;
use crate::{
    channels, posts,
    publishing::{Engine, EngineSettings},
    testing::{Client, World},
};

const DAY: Duration = Duration::from_secs(86_400);

/// Connects everything that this account gives.
async fn connect(client: &Client, name: &str) {
    let body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
    let begun = client.post("/v1/channels/connect", body).await;
    let Some(attempt) = begun.json["connection"].as_str() else { return };
    let path = format!("/v1/connections/{attempt}");
    let offered = client.get(&path).await.json;
    let keys: Vec<&Value> = offered["targets"].as_array().expect("targets").iter().map(|one| &one["key"]).collect();
    let chosen = client.post(&format!("{path}/channels"), json!({ "channels": keys })).await;
    assert_eq!(chosen.status, 200, "{}", chosen.text);
}

async fn channel(client: &Client, handle: &str) -> Value {
    let channels = client.get("/v1/channels").await.json;
    let found = channels.as_array().expect("channels").iter().find(|channel| channel["handle"] == handle).cloned();
    found.unwrap_or_else(|| panic!("{channels}"))
}

async fn schedule(client: &Client, handle: &str, text: &str, when: Value) -> String {
    let on = json!([{ "channel": channel(client, handle).await["id"] }]);
    let post = client.post("/v1/posts", json!({ "text": text, "channels": on, "schedule": when })).await;
    post.json["publications"][0]["id"].as_str().unwrap_or_else(|| panic!("{}", post.text)).to_owned()
}

/// A day goes by, and what is due every day is done.
async fn a_day_later(world: &World) {
    world.advance(DAY);
    channels::check_due(&world.app).await.expect("checked");
}

async fn events(client: &Client, kind: &str) -> usize {
    let events = client.get("/v1/events?limit=200").await.json;
    events["items"].as_array().expect("events").iter().filter(|event| event["kind"] == kind).count()
}

#[tokio::test]
async fn a_channel_is_looked_at_once_a_day_and_shows_the_name_it_has_now() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        connect(&owner, "alice").await;
        fake.rename("alice", "Alice of the quay");
        channels::check_due(&world.app).await.expect("checked");
        assert_eq!((fake.checks(), channel(&owner, "alice").await["name"].clone()), (0, json!("alice")), "not yet");
        a_day_later(&world).await;
        channels::check_due(&world.app).await.expect("checked");
        assert_eq!(fake.checks(), 1);
        let found = channel(&owner, "alice").await;
        assert_eq!(found["name"], "Alice of the quay", "{found}");
        assert_eq!(events(&owner, "channel.changed").await, 1);
        a_day_later(&world).await;
        assert_eq!((fake.checks(), events(&owner, "channel.changed").await), (2, 1), "nothing new, nothing told");
    }
}

#[tokio::test]
async fn all_channels_of_a_grant_are_looked_at_with_one_question_and_get_their_new_tokens() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south", "east"]);
        let owner = world.owner();
        connect(&owner, "alice").await;
        a_day_later(&world).await;
        assert_eq!(fake.checks(), 1);
        schedule(&owner, "south", "Hello", json!({ "now": true })).await;
        Engine::new(world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
        assert_eq!(fake.spoke_with(), ["south-1"]);
    }
}

#[tokio::test]
async fn a_page_that_vanished_says_so_and_its_posts_wait_until_it_is_back() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        connect(&owner, "alice").await;
        let engine = Engine::new(world.app.clone(), EngineSettings::default());
        let waits = schedule(&owner, "north", "Hello", json!({ "at": "2030-01-03T09:00:00Z" })).await;
        fake.give_pages(&["south"]);
        a_day_later(&world).await;
        let north = channel(&owner, "north").await;
        let why = "north no longer exists at Fake, or this account lost access to it.";
        assert_eq!((&north["state"], &north["reason"]), (&json!("gone"), &json!(why)), "{north}");
        assert_eq!(channel(&owner, "south").await["state"], "active");
        assert_eq!(events(&owner, "channel.needs_reconnect").await, 1, "before the post is due");
        for _ in 0..3 {
            a_day_later(&world).await;
            engine.drain().await.expect("drained");
        }
        assert_eq!((fake.sends(), events(&owner, "channel.needs_reconnect").await), (0, 1));
        let path = format!("/v1/publications/{waits}");
        assert_eq!(owner.get(&path).await.json["state"], "parked");
        fake.give_pages(&["north", "south"]);
        a_day_later(&world).await;
        assert_eq!(channel(&owner, "north").await["state"], "active");
        let back = owner.get(&path).await.json;
        assert_ne!(back["reason"], "reconnect_needed", "it goes on, or asks because it is late: {back}");
    }
}

#[tokio::test]
async fn a_grant_that_has_ended_is_noticed_before_the_next_post_is_due() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        connect(&owner, "alice").await;
        schedule(&owner, "alice", "Hello", json!({ "at": "2030-01-09T09:00:00Z" })).await;
        fake.checks_fail(Some(Failure::rejected(FailureKind::ReconnectNeeded, "revoked there")));
        a_day_later(&world).await;
        assert_eq!(channel(&owner, "alice").await["state"], "needs_reconnect");
        assert_eq!((events(&owner, "channel.needs_reconnect").await, fake.sends()), (1, 0));
        a_day_later(&world).await;
        assert_eq!(fake.checks(), 1, "what has ended is not asked about");
    }
}

#[tokio::test]
async fn a_platform_that_does_not_answer_is_asked_less_and_less_and_stops_nothing() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        connect(&owner, "alice").await;
        fake.checks_fail(Some(Failure::new(Outcome::Unknown, FailureKind::Unavailable, "down")));
        a_day_later(&world).await;
        for _ in 0..24 {
            world.advance(Duration::from_secs(1_800));
            channels::check_due(&world.app).await.expect("checked");
        }
        assert_eq!(fake.checks(), 5, "at once, then after ½, 1, 2 and 4 hours");
        assert_eq!(channel(&owner, "alice").await["state"], "active");
        let asked = owner
            .post(
                &format!("/v1/channels/{}/refresh", channel(&owner, "alice").await["id"].as_str().expect("an id")),
                json!({}),
            )
            .await;
        assert_eq!((asked.status, asked.problem()), (502, "platform-failed"), "{}", asked.text);
    }
}

#[tokio::test]
async fn a_person_asks_how_a_channel_is_now_and_twice_in_a_row_asks_once() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        connect(&owner, "alice").await;
        fake.rename("alice", "Alice of the quay");
        let path = format!("/v1/channels/{}/refresh", channel(&owner, "alice").await["id"].as_str().expect("an id"));
        assert_eq!(owner.post(&path, json!({})).await.json["name"], "alice", "it was connected this moment");
        world.advance(Duration::from_secs(31));
        for _ in 0..2 {
            assert_eq!(owner.post(&path, json!({})).await.json["name"], "Alice of the quay");
        }
        assert_eq!(fake.checks(), 1);
    }
}

#[tokio::test]
async fn a_page_whose_own_token_is_refused_does_not_end_the_others() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        connect(&owner, "alice").await;
        fake.for_text("refused", [Behaviour::Refuse(FailureKind::ReconnectNeeded)]);
        schedule(&owner, "north", "refused", json!({ "now": true })).await;
        schedule(&owner, "south", "fine", json!({ "now": true })).await;
        Engine::new(world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
        assert_eq!(channel(&owner, "north").await["state"], "needs_reconnect");
        assert_eq!((channel(&owner, "south").await["state"].clone(), fake.writes_of("fine")), (json!("active"), 1));
        // The platform is asked soon, and says that the page is gone. Asked again, it is there after all.
        fake.give_pages(&["south"]);
        channels::check_due(&world.app).await.expect("checked");
        assert_eq!(channel(&owner, "north").await["state"], "gone");
        fake.give_pages(&["north", "south"]);
        world.advance(Duration::from_secs(31));
        let id = channel(&owner, "north").await["id"].as_str().expect("an id").to_owned();
        let asked = owner.post(&format!("/v1/channels/{id}/refresh"), json!({})).await;
        assert_eq!(asked.json["state"], "active", "{}", asked.text);
        Engine::new(world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
        assert_eq!(fake.writes_of("refused"), 1);
    }
}

#[tokio::test]
async fn a_scheduled_post_that_no_longer_fits_new_limits_needs_attention_until_it_is_edited() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        connect(&owner, "alice").await;
        let long = schedule(&owner, "alice", "This is far too long for ten.", at("09:00")).await;
        schedule(&owner, "alice", "Short", at("10:00")).await;
        fake.text_max(10);
        a_day_later(&world).await;
        assert_eq!(posts::judge_again(&world.app).await.expect("judged"), 1);
        assert_eq!(posts::judge_again(&world.app).await.expect("judged"), 0);
        a_day_later(&world).await;
        assert_eq!(posts::judge_again(&world.app).await.expect("judged"), 0, "the same limits are no news");
        assert_eq!(events(&owner, "publication.no_longer_fits").await, 1);

        let publication = owner.get(&format!("/v1/publications/{long}")).await.json;
        assert_eq!((&publication["state"], &publication["reason"]), (&json!("scheduled"), &json!("no_longer_fits")));
        assert!(publication["detail"].as_str().is_some_and(|why| why.contains("10")), "{publication}");
        assert_eq!(attention(&owner).await, 1);

        let post = format!("/v1/posts/{}", publication["post"].as_str().expect("an id"));
        let edited = owner.patch(&post, json!({ "parts": [{ "text": "Brief" }] })).await;
        assert_eq!(edited.status, 200, "{}", edited.text);
        let publication = owner.get(&format!("/v1/publications/{long}")).await.json;
        assert_eq!((publication.get("reason"), publication.get("detail")), (None, None));
        assert_eq!(attention(&owner).await, 0);
    }
}

#[tokio::test]
async fn a_scheduled_post_fits_again_when_the_limits_become_wider() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        connect(&owner, "alice").await;
        schedule(&owner, "alice", "This is far too long for ten.", at("09:00")).await;
        for (characters, asking) in [(10, 1), (300, 0)] {
            fake.text_max(characters);
            a_day_later(&world).await;
            posts::judge_again(&world.app).await.expect("judged");
            assert_eq!(attention(&owner).await, asking, "{characters} characters");
        }
    }
}

fn at(time: &str) -> Value {
    json!({ "at": format!("2030-01-09T{time}:00Z") })
}

/// How many posts the list says need attention; the count and the list say the same.
async fn attention(client: &Client) -> u64 {
    let listed = client.get("/v1/posts?attention=true").await.json["items"].as_array().expect("posts").len() as u64;
    let counted = client.get("/v1/posts/counts").await.json["attention"].as_u64().expect("a count");
    assert_eq!(listed, counted);
    counted
}
