//! The calendar through the API.

use std::sync::Arc;

use base::Permission;
use connector::{Connectors, ProofClass, testing::FakePlatform};
use db::testing::TestDb;
use serde_json::{Value, json};

use super::{TEXT_CHARACTERS_MAX, beginning};
use crate::testing::{Client, World};

struct Wall {
    world: World,
    owner: Client,
    alice: String,
    bob: String,
}

impl Wall {
    async fn both() -> Vec<Wall> {
        let mut walls = Vec::new();
        for db in TestDb::both().await {
            let fake = FakePlatform::new(ProofClass::ReadBack);
            let world = World::with(db, Connectors::new(vec![Arc::new(fake)]), |_| {}).await;
            let owner = world.owner();
            let mut ids = Vec::new();
            for name in ["alice", "bob"] {
                let body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
                let made = owner.post("/v1/channels/connect", body).await.json;
                ids.push(made["channels"][0]["id"].as_str().expect("an id").to_owned());
            }
            let (alice, bob) = (ids.remove(0), ids.remove(0));
            walls.push(Wall { world, owner, alice, bob });
        }
        walls
    }

    async fn post(&self, text: &str, channel: &str, at: &str) -> Value {
        let body = json!({ "text": text, "channels": [{ "channel": channel }], "schedule": { "at": at } });
        let made = self.owner.post("/v1/posts", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json
    }

    async fn texts(&self, client: &Client, query: &str) -> Vec<String> {
        let answer = client.get(&format!("/v1/calendar?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let items = answer.json["items"].as_array().expect("items");
        items.iter().map(|item| item["text"].as_str().expect("a text").to_owned()).collect()
    }
}

const MARCH: &str = "from=2030-03-01T00:00:00Z&until=2030-04-01T00:00:00Z";

#[tokio::test]
async fn the_calendar_has_what_is_due_in_a_time_in_order_and_nothing_else() {
    for wall in Wall::both().await {
        wall.post("late", &wall.alice, "2030-03-31T23:59:59Z").await;
        wall.post("first of April", &wall.alice, "2030-04-01T00:00:00Z").await;
        wall.post("early", &wall.bob, "2030-03-01T00:00:00Z").await;
        wall.post("February", &wall.bob, "2030-02-28T23:59:59Z").await;
        let gone = wall.post("deleted", &wall.bob, "2030-03-02T00:00:00Z").await;
        let path = format!("/v1/posts/{}", gone["id"].as_str().expect("an id"));
        assert_eq!(wall.owner.delete(&path).await.status, 204);
        assert_eq!(wall.texts(&wall.owner, MARCH).await, ["early", "late"]);
        assert_eq!(wall.texts(&wall.owner, &format!("{MARCH}&channel={}", wall.bob)).await, ["early"]);
        let both = format!("{MARCH}&channel={}&channel={}", wall.bob, wall.alice);
        assert_eq!(wall.texts(&wall.owner, &both).await, ["early", "late"]);
        assert_eq!(wall.texts(&wall.owner, &format!("{MARCH}&state=scheduled&state=failed")).await, ["early", "late"]);
        assert!(wall.texts(&wall.owner, &format!("{MARCH}&state=published")).await.is_empty());
        let (_, stranger) = wall.world.stranger().await;
        assert!(wall.texts(&stranger, MARCH).await.is_empty(), "another workspace's calendar is its own (S-41)");
        let one: std::collections::BTreeSet<_> = [wall.alice.parse().expect("a channel")].into();
        let (_, key) = wall
            .world
            .make_key(|new| {
                new.channels = Some(one);
                new.permissions = Some([Permission::PostsRead].into());
            })
            .await;
        let key = wall.world.with_key(&key);
        assert_eq!(wall.texts(&key, MARCH).await, ["late"], "S-23");
        assert!(wall.texts(&key, &format!("{MARCH}&channel={}", wall.bob)).await.is_empty(), "S-23");
    }
}

#[tokio::test]
async fn a_channel_s_drafts_are_found_behind_many_of_another() {
    for wall in Wall::both().await {
        let draft = async |text: String, on: Value| {
            // One a millisecond, so that their order is known.
            wall.world.advance(std::time::Duration::from_millis(1));
            assert_eq!(wall.owner.post("/v1/posts", json!({ "text": text, "channels": on })).await.status, 201);
        };
        draft("mine".into(), json!([{ "channel": wall.alice }])).await;
        draft("nowhere".into(), json!([])).await;
        for n in 0..=super::UNDATED_MAX {
            draft(format!("theirs {n}"), json!([{ "channel": wall.bob }])).await;
        }
        let drafts = async |client: &Client, query: &str| {
            let answer = client.get(&format!("/v1/calendar?{query}")).await.json;
            let drafts = answer["drafts"].as_array().expect("drafts").iter();
            drafts.map(|one| one["text"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(drafts(&wall.owner, &format!("{MARCH}&channel={}", wall.alice)).await, ["mine"]);
        let one = [wall.alice.parse().expect("a channel")];
        let (_, key) = wall.world.make_key(|new| new.channels = Some(one.into())).await;
        assert_eq!(drafts(&wall.world.with_key(&key), MARCH).await, ["nowhere", "mine"], "S-23");
    }
}

#[tokio::test]
async fn an_item_says_what_a_calendar_draws_and_its_whole_day_is_one_instant_long() {
    for wall in Wall::both().await {
        let body = json!({
            "parts": [{ "text": "One line\n\nand  another" }, { "text": "second part" }],
            "channels": [{ "channel": wall.alice }],
            "schedule": { "local": "2030-03-31T09:30", "zone": "Europe/Amsterdam" },
        });
        let made = wall.owner.post("/v1/posts", body).await.json;
        // Many at the same instant: pages inside are by time and id.
        for n in 0..3 {
            wall.post(&format!("same time {n}"), &wall.bob, "2030-03-31T07:30:00Z").await;
        }
        let answer = wall.owner.get(&format!("/v1/calendar?{MARCH}")).await.json;
        assert_eq!(answer["truncated"], false);
        assert_eq!(answer["items"].as_array().map(Vec::len), Some(4));
        let items = answer["items"].as_array().expect("items");
        let item = items.iter().find(|item| item["post"] == made["id"]).expect("it is there");
        let wanted = json!({
            "publication": made["publications"][0]["id"], "post": made["id"], "channel": wall.alice,
            "due_at": "2030-03-31T07:30:00Z", "local_time": "2030-03-31T09:30:00", "zone": "Europe/Amsterdam",
            "state": "scheduled", "reason": null, "text": "One line and another", "media": 0, "thumbnail": null,
            "series": null, "parts": 2, "url": null, "made_by": made["made_by"],
        });
        assert_eq!(*item, wanted);
    }
}

#[tokio::test]
async fn a_time_that_is_empty_or_longer_than_92_days_is_refused() {
    for wall in Wall::both().await {
        for (query, said) in [
            ("from=2030-03-01T00:00:00Z&until=2030-03-01T00:00:00Z", "must be after"),
            ("from=2030-01-01T00:00:00Z&until=2030-04-03T00:00:01Z", "92 days"),
        ] {
            let answer = wall.owner.get(&format!("/v1/calendar?{query}")).await;
            assert_eq!((answer.status, answer.problem()), (422, "invalid-field"), "{}", answer.text);
            assert!(answer.text.contains(said), "{}", answer.text);
        }
        let whole = wall.owner.get("/v1/calendar?from=2030-01-01T00:00:00Z&until=2030-04-03T00:00:00Z").await;
        assert_eq!(whole.status, 200);
        assert_eq!(wall.owner.get("/v1/calendar?from=2030-01-01T00:00:00Z").await.status, 400, "`until` is missing");
    }
}

#[test]
fn a_text_is_cut_between_words_and_never_within_a_letter() {
    assert_eq!(beginning("  a\n b\t c "), "a b c");
    let long = "wörd ".repeat(60);
    let cut = beginning(&long);
    assert!(cut.ends_with("wörd…") && cut.chars().count() <= TEXT_CHARACTERS_MAX + 1, "{cut}");
    let one = beginning(&"ö".repeat(500));
    assert_eq!((one.chars().count(), one.ends_with('…')), (TEXT_CHARACTERS_MAX, true));
}
