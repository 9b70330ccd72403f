//! Scenarios through the API: what can be asked for, what is refused and how it says so.

mod changing;
mod growth;
mod live;
mod lives;
mod once;
mod repeats;
mod review;
mod series;

use std::sync::Arc;

use base::{Timestamp, ids::ChannelId};
use connector::{Connectors, ProofClass, testing::FakePlatform};
use db::testing::TestDb;
use serde_json::{Value, json};

use crate::{
    publishing::{Engine, EngineSettings},
    testing::{Answer, Client, World},
};

struct Desk {
    world: World,
    fake: FakePlatform,
    owner: Client,
    channels: Vec<ChannelId>,
}

impl Desk {
    /// A workspace with two channels on each database there is.
    async fn both() -> Vec<Desk> {
        let mut desks = Vec::new();
        for db in TestDb::both().await {
            desks.push(Desk::with(db).await);
        }
        desks
    }

    async fn sqlite() -> Desk {
        Desk::with(TestDb::sqlite().await).await
    }

    async fn with(db: TestDb) -> Desk {
        let fake = FakePlatform::new(ProofClass::ClientId { repeat_for_s: None });
        let world = World::with(db, Connectors::new(vec![Arc::new(fake.clone())]), |_| {}).await;
        let mut desk = Desk { owner: world.owner(), world, fake, channels: Vec::new() };
        for name in ["alice", "bob"] {
            let body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
            let answer = desk.owner.post("/v1/channels/connect", body).await;
            let id = answer.json["channels"][0]["id"].as_str().expect("connected");
            desk.channels.push(id.parse().expect("a channel"));
        }
        desk
    }

    async fn create(&self, body: Value) -> Answer {
        self.owner.post("/v1/posts", body).await
    }

    async fn until(&self, instant: &str) {
        self.world.clock.set(Timestamp::parse(instant).expect("an instant"));
        Engine::new(self.world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
    }

    fn on(&self, place: usize) -> Value {
        json!([{ "channel": self.channels[place] }])
    }
}

fn refused(answer: &Answer, status: u16, slug: &str) -> String {
    assert_eq!((answer.status, answer.problem()), (status, slug), "{:?}", answer.json);
    answer.json["detail"].as_str().unwrap_or_default().to_owned()
}

/// The texts of the posts on a page.
fn texts(page: &Answer) -> Vec<&str> {
    let items = page.json["items"].as_array().expect("a page");
    items.iter().map(|post| post["parts"][0]["text"].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn s_23_a_key_limited_to_one_channel_finds_no_other_channel_s_text_and_hears_of_its_own_series_only() {
    for desk in Desk::both().await {
        let (_, text) = desk
            .world
            .make_key(|new| {
                new.channels = Some([desk.channels[0]].into());
                new.permissions = Some([base::Permission::PostsRead, base::Permission::EventsRead].into());
            })
            .await;
        let key = desk.world.with_key(&text);
        let on = |own: [&str; 2]| {
            let (first, second) = (desk.channels[0], desk.channels[1]);
            json!([{ "channel": first, "parts": [{ "text": own[0] }] }, { "channel": second, "parts": [{ "text": own[1] }] }])
        };
        let made = desk.create(json!({ "text": "Everywhere", "channels": on(["Apples", "Bananas"]) })).await;
        assert_eq!(made.status, 201, "{:?}", made.json);
        for (word, found) in [("everywhere", 1), ("apples", 1), ("bananas", 0)] {
            let page = key.get(&format!("/v1/posts?q={word}")).await.json;
            assert_eq!(page["items"].as_array().map(Vec::len), Some(found), "{word}: {page}");
            let page = desk.owner.get(&format!("/v1/posts?q={word}")).await.json;
            assert_eq!(page["items"].as_array().map(Vec::len), Some(1), "{word}: {page}");
        }

        let mut series = Vec::new();
        for channel in 0..2 {
            let body = json!({
                "text": format!("Every day {channel}"), "channels": desk.on(channel),
                "schedule": { "local": "2031-01-01T09:00", "zone": "Europe/Amsterdam" },
                "repeat": { "every": "day", "count": 3 },
            });
            let made = desk.create(body).await;
            let id = made.json["series"][0]["id"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned();
            let owner = desk.owner.clone().with("if-match", "*");
            assert_eq!(owner.post(&format!("/v1/series/{id}"), json!({ "act": "end" })).await.status, 200);
            series.push(id);
        }
        let heard = key.get("/v1/events").await.json;
        let heard: Vec<_> = heard["items"].as_array().expect("events").iter().collect();
        let ended: Vec<_> =
            heard.iter().filter(|one| one["kind"] == "series.ended").map(|one| &one["object"]).collect();
        assert_eq!(ended, [&json!(series[0])], "{heard:?}");
    }
}

#[tokio::test]
async fn s_23_a_key_limited_to_one_channel_finds_what_goes_there_and_of_it_only_that() {
    use base::Permission::{EventsRead, PostsPublish, PostsRead, PostsWrite};
    for desk in Desk::both().await {
        let both = json!([{ "channel": desk.channels[0] }, { "channel": desk.channels[1] }]);
        let mut ids = Vec::new();
        for (text, channels) in [("mine", desk.on(0)), ("theirs", desk.on(1)), ("both", both), ("nowhere", json!([]))] {
            let mut body = json!({ "text": text, "channels": channels });
            if text != "nowhere" {
                body["schedule"] = json!({ "at": "2030-01-02T09:00:00Z" });
            }
            let made = desk.create(body).await;
            assert_eq!(made.status, 201, "{:?}", made.json);
            ids.push(made.json["id"].as_str().expect("an id").to_owned());
            desk.world.advance(std::time::Duration::from_millis(1));
        }
        let (_, text) = desk
            .world
            .make_key(|new| {
                new.channels = Some([desk.channels[0]].into());
                new.permissions = Some([PostsRead, PostsWrite, PostsPublish, EventsRead].into());
            })
            .await;
        let key = desk.world.with_key(&text);

        let page = key.get("/v1/posts").await;
        assert_eq!(texts(&page), ["nowhere", "both", "mine"]);
        for list in ["variants", "publications"] {
            let of_both: Vec<_> = page.json["items"][1][list].as_array().expect("a list").iter().collect();
            assert!(of_both.len() == 1 && of_both[0]["channel"] == json!(desk.channels[0]), "{list}: {of_both:?}");
        }
        assert_eq!(texts(&key.get("/v1/posts?state=scheduled&sort=newest").await), ["both", "mine"]);
        assert!(texts(&key.get(&format!("/v1/posts?channel={}", desk.channels[1])).await).len() <= 1);
        let counts = key.get("/v1/posts/counts").await.json;
        assert_eq!((&counts["draft"], &counts["scheduled"]), (&json!(1), &json!(2)));
        assert_eq!(key.get(&format!("/v1/posts/{}", ids[1])).await.status, 404);
        let heard = key.get("/v1/events").await;
        let other = desk.channels[1].to_string();
        assert!(heard.text.contains(&ids[0]) && !heard.text.contains(&other), "{}", heard.text);

        let shared = key.clone().with("if-match", "\"r1\"");
        let path = format!("/v1/posts/{}", ids[2]);
        let said = refused(&shared.patch(&path, json!({ "parts": [{ "text": "new" }] })).await, 403, "forbidden");
        assert!(said.contains("does not reach"), "{said}");
        refused(&key.delete(&path).await, 403, "forbidden");
        assert_eq!(key.delete(&format!("/v1/posts/{}", ids[1])).await.status, 404);
        let own = json!({ "channels": [{ "channel": desk.channels[0], "parts": [{ "text": "new" }] }] });
        assert_eq!(shared.patch(&path, own).await.status, 200);
        let now = desk.owner.get(&path).await.json;
        let variants = now["variants"].as_array().expect("two");
        let theirs =
            variants.iter().find(|variant| variant["channel"] == json!(desk.channels[1])).expect("still there");
        assert_eq!((&now["parts"][0]["text"], &theirs["parts"][0]["text"]), (&json!("both"), &json!("both")));
        assert_eq!(key.delete(&format!("/v1/posts/{}", ids[0])).await.status, 204);
    }
}

#[tokio::test]
async fn a_draft_is_kept_listed_changed_and_deleted() {
    for desk in Desk::both().await {
        for n in 0..3 {
            let answer = desk.create(json!({ "text": format!("draft {n}"), "channels": desk.on(0) })).await;
            assert_eq!((answer.status, answer.json["state"].as_str()), (201, Some("draft")), "{:?}", answer.json);
            // Ids sort by the millisecond in which they were made.
            desk.world.advance(std::time::Duration::from_millis(1));
        }
        let first = desk.owner.get("/v1/posts?limit=2").await.json;
        assert_eq!(first["items"][0]["parts"][0]["text"], "draft 2");
        let cursor = first["next_cursor"].as_str().expect("another page");
        let second = desk.owner.get(&format!("/v1/posts?limit=2&cursor={cursor}")).await.json;
        assert_eq!((second["items"].as_array().map(Vec::len), second["next_cursor"].as_str()), (Some(1), None));
        let id = second["items"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/posts/{id}");
        let change = json!({ "parts": [{ "text": "better" }] });
        let blind = desk.owner.send(axum::http::Method::PATCH, &path, Some(change.clone())).await;
        refused(&blind, 428, "revision-missing");
        let changed = desk.owner.clone().with("if-match", "\"r1\"").patch(&path, change).await;
        assert_eq!((changed.status, changed.header("etag")), (200, "\"r2\""));
        assert_eq!(changed.json["variants"][0]["parts"][0]["text"], "better", "the variant follows the post");
        assert_eq!(desk.owner.delete(&path).await.status, 204);
        assert_eq!(desk.owner.get(&path).await.status, 404);
        assert_eq!(desk.owner.get("/v1/posts?cursor=nonsense").await.status, 422);
    }
}

#[tokio::test]
async fn a_channel_that_cannot_take_a_post_says_which_and_why_before_anything_is_stored() {
    for desk in Desk::both().await {
        let long = "x".repeat(300);
        let body = json!({
            "text": long, "schedule": { "now": true },
            "channels": [{ "channel": desk.channels[0], "parts": [{ "text": "short" }] }, { "channel": desk.channels[1] }],
        });
        let judged = desk.owner.post("/v1/posts/validate", body.clone()).await.json;
        assert_eq!((judged["ok"].as_bool(), judged["channels"][0]["ok"].as_bool()), (Some(false), Some(true)));
        assert_eq!(judged["channels"][1]["lengths"], json!([300]));
        let answer = desk.create(body).await;
        let detail = refused(&answer, 422, "post-refused");
        assert!(detail.contains("bob") && detail.contains("280") && detail.contains("300"), "{detail}");
        let issue = &answer.json["issues"][0];
        assert_eq!((issue["limit"].as_u64(), issue["actual"].as_u64()), (Some(280), Some(300)));
        assert_eq!(issue["pointer"], "/parts/0/text");
        assert_eq!(desk.owner.get("/v1/posts").await.json["items"].as_array().map(Vec::len), Some(0));
        assert_eq!(desk.fake.sends(), 0);
    }
}

#[tokio::test]
async fn texts_are_read_for_every_channel_at_once_as_they_stand() {
    let desk = Desk::both().await.remove(0);
    let body = json!({
        "parts": [{ "text": "n\u{e9} \u{1f449}" }, { "text": "" }],
        "channels": [{ "channel": desk.channels[0] }, { "channel": desk.channels[1], "parts": [{ "text": "x".repeat(300) }] }],
    });
    let answer = desk.owner.post("/v1/posts/read", body).await;
    let lengths = |place: usize| {
        let parts = answer.json["channels"][place]["parts"].as_array().expect("parts");
        parts.iter().map(|part| [&part["length"], &part["limit"]].map(|n| n.as_u64())).collect::<Vec<_>>()
    };
    assert_eq!(answer.status, 200);
    assert_eq!(lengths(0), [[Some(4), Some(280)], [Some(0), Some(280)]]);
    assert_eq!(lengths(1), [[Some(300), Some(280)]]);
    assert_eq!(answer.json["channels"][1]["parts"][0]["fits"], 280, "from there on it is too long");
    assert_eq!(answer.json["channels"][0]["parts"][0].get("fits"), None);
    let strange = json!({ "parts": [], "channels": [{ "channel": "channel_00000000000000000000000000" }] });
    assert_eq!(desk.owner.post("/v1/posts/read", strange).await.status, 422);
    let long = json!({ "parts": [{ "text": "x".repeat(100_001) }], "channels": [{ "channel": desk.channels[0] }] });
    assert_eq!(desk.owner.post("/v1/posts/read", long).await.status, 422);
}

#[tokio::test]
async fn bad_times_are_explained() {
    for desk in Desk::both().await {
        let with = |schedule: Value| json!({ "text": "Hello", "channels": desk.on(0), "schedule": schedule });
        let unknown = desk.create(with(json!({ "local": "2030-05-01T09:00", "zone": "Europe/Atlantis" }))).await;
        assert!(refused(&unknown, 422, "unknown-zone").contains("Europe/Amsterdam"));
        let gap = desk.create(with(json!({ "local": "2030-03-31T02:30", "zone": "Europe/Amsterdam" }))).await;
        assert!(refused(&gap, 422, "time-gap").contains("2030-03-31T03:00:00"));
        assert_eq!(gap.json["first_valid"], "2030-03-31T03:00:00");
        let passed = desk.create(with(json!({ "at": "2029-12-31T09:00:00Z" }))).await;
        assert!(refused(&passed, 422, "time-passed").contains("publish now"));
        for schedule in [json!({}), json!({ "now": true, "next_slot": true }), json!({ "local": "2030-05-01T09:00" })] {
            refused(&desk.create(with(schedule)).await, 422, "invalid-field");
        }
        refused(
            &desk.create(with(json!({ "local": "first of May", "zone": "Europe/Amsterdam" }))).await,
            422,
            "invalid-field",
        );
        assert_eq!(
            desk.create(with(json!({ "tomorrow": true }))).await.status,
            422,
            "unknown fields are refused (S-44)"
        );
        let detail = refused(&desk.create(with(json!({ "next_slot": true }))).await, 422, "no-slot");
        assert!(detail.contains("no free queue slot"), "{detail}");
        refused(&desk.create(json!({ "text": "Hello", "schedule": { "now": true } })).await, 422, "invalid-field");
        refused(&desk.create(json!({ "text": "  ", "channels": desk.on(0) })).await, 422, "invalid-field");
    }
}

#[tokio::test]
async fn posts_that_ask_for_a_slot_at_the_same_moment_get_one_each() {
    for desk in Desk::both().await {
        let slots: Vec<Value> = (0..7).map(|weekday| json!({ "weekday": weekday, "time": "11:00" })).collect();
        let path = format!("/v1/channels/{}/slots", desk.channels[0]);
        let set = desk.owner.put(&path, json!({ "zone": "Europe/Amsterdam", "slots": slots })).await;
        assert_eq!(set.status, 200, "{:?}", set.json);
        let wanted = (0..12).map(|n| {
            desk.create(
                json!({ "text": format!("post {n}"), "channels": desk.on(0), "schedule": { "next_slot": true } }),
            )
        });
        let made = futures::future::join_all(wanted).await;
        let mut times: Vec<&str> =
            made.iter().filter_map(|one| one.json["publications"][0]["due_at"].as_str()).collect();
        times.sort_unstable();
        times.dedup();
        assert_eq!(times.len(), 12, "{times:?}");
    }
}

#[tokio::test]
async fn posts_fill_queue_slots_in_order_and_each_channel_may_have_a_time_of_its_own() {
    for desk in Desk::both().await {
        let slots = json!({ "zone": "Europe/Amsterdam", "slots": [{ "weekday": 1, "time": "11:00" }, { "weekday": 2, "time": "08:15" }] });
        let path = format!("/v1/channels/{}/slots", desk.channels[0]);
        assert_eq!(desk.owner.put(&path, slots).await.status, 200);
        let mut due = Vec::new();
        for n in 0..3 {
            let body =
                json!({ "text": format!("queued {n}"), "channels": desk.on(0), "schedule": { "next_slot": true } });
            due.push(desk.create(body).await.json["publications"][0]["due_at"].as_str().expect("a time").to_owned());
        }
        assert_eq!(due, ["2030-01-01T10:00:00Z", "2030-01-02T07:15:00Z", "2030-01-08T10:00:00Z"]);
        let body = json!({
            "text": "both", "schedule": { "at": "2030-02-01T09:00:00Z" },
            "channels": [{ "channel": desk.channels[0] },
                         { "channel": desk.channels[1], "schedule": { "local": "2030-02-02T10:00", "zone": "America/New_York" } }],
        });
        let made = desk.create(body).await.json;
        let times: Vec<&str> =
            made["publications"].as_array().expect("two").iter().filter_map(|p| p["due_at"].as_str()).collect();
        assert_eq!(times, ["2030-02-01T09:00:00Z", "2030-02-02T15:00:00Z"]);
        assert_eq!(made["publications"][1]["zone"], "America/New_York");
    }
}

#[tokio::test]
async fn r_08_a_recurring_post_keeps_its_hour_over_the_change_of_clocks_and_is_published_once_each_time() {
    for desk in Desk::both().await {
        let body = json!({
            "text": "weekly", "channels": desk.on(0),
            "schedule": { "local": "2030-03-24T02:30", "zone": "Europe/Amsterdam" },
            "repeat": { "every": "week", "count": 3 },
        });
        let mut endless = body.clone();
        endless["repeat"] = json!({ "every": "day" });
        endless["schedule"] = json!({ "local": "2031-03-24T02:30", "zone": "Europe/Amsterdam" });
        assert!(refused(&desk.create(endless).await, 422, "invalid-field").contains("needs an end"));
        let made = desk.create(body).await;
        let times: Vec<&str> =
            made.json["publications"].as_array().expect("three").iter().filter_map(|p| p["due_at"].as_str()).collect();
        assert_eq!(times, ["2030-03-24T01:30:00Z", "2030-03-31T01:00:00Z", "2030-04-07T00:30:00Z"]);
        let path = format!("/v1/posts/{}/schedule", made.json["id"].as_str().expect("an id"));
        let all_at_once =
            desk.owner.clone().with("if-match", "\"r1\"").post(&path, json!({ "schedule": { "now": true } })).await;
        assert!(refused(&all_at_once, 409, "conflict").contains("repeats"), "occurrences are never bunched");
        for time in times {
            desk.until(time).await;
        }
        assert_eq!(desk.fake.writes_of("weekly"), 3, "each occurrence is a publication of its own");
    }
}

#[tokio::test]
async fn a_scheduled_post_moves_and_a_draft_is_scheduled_later() {
    for desk in Desk::both().await {
        let body = json!({ "text": "moving", "channels": desk.on(0), "schedule": { "at": "2030-01-01T10:00:00Z" } });
        let id = desk.create(body).await.json["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/posts/{id}/schedule");
        let to = json!({ "schedule": { "at": "2030-01-01T12:00:00Z" } });
        refused(&desk.owner.post(&path, to.clone()).await, 428, "revision-missing");
        let moved = desk.owner.clone().with("if-match", "\"r1\"").post(&path, to).await;
        assert_eq!(moved.json["publications"][0]["due_at"], "2030-01-01T12:00:00Z", "{:?}", moved.json);
        desk.until("2030-01-01T10:00:01Z").await;
        assert_eq!(desk.fake.sends(), 0);
        desk.until("2030-01-01T12:00:00Z").await;
        assert_eq!(desk.fake.writes_of("moving"), 1);
        let draft = desk.create(json!({ "text": "later", "channels": desk.on(1) })).await.json;
        let path = format!("/v1/posts/{}/schedule", draft["id"].as_str().expect("an id"));
        let out =
            desk.owner.clone().with("if-match", "\"r1\"").post(&path, json!({ "schedule": { "now": true } })).await;
        assert_eq!(out.json["state"], "scheduled", "{:?}", out.json);
        desk.until("2030-01-01T12:00:01Z").await;
        assert_eq!(desk.fake.writes_of("later"), 1);
    }
}

#[tokio::test]
async fn r_43_the_same_idempotency_key_makes_one_post_and_another_body_is_refused() {
    for desk in Desk::both().await {
        let body = json!({ "text": "once", "channels": desk.on(0), "schedule": { "at": "2030-01-01T10:00:00Z" } });
        let client = desk.owner.clone().with("idempotency-key", "key-1");
        let all = futures::future::join_all((0..12).map(|_| client.post("/v1/posts", body.clone()))).await;
        let made: Vec<&Answer> = all.iter().filter(|answer| answer.status == 201).collect();
        assert!(all.iter().all(|answer| answer.status == 201 || answer.status == 409), "{:?}", all[0].json);
        assert!(made.iter().all(|answer| answer.json["id"] == made[0].json["id"]));
        let again = client.post("/v1/posts", body).await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
        assert_eq!(desk.owner.get("/v1/posts").await.json["items"].as_array().map(Vec::len), Some(1));
        let other = client.post("/v1/posts", json!({ "text": "other" })).await;
        refused(&other, 422, "idempotency-key-reused");
    }
}

#[tokio::test]
async fn s_41_another_workspace_sees_neither_post_nor_channel() {
    for desk in Desk::both().await {
        let made = desk
            .create(json!({ "text": "ours", "channels": desk.on(0), "schedule": { "at": "2030-01-01T10:00:00Z" } }))
            .await
            .json;
        let (_, stranger) = desk.world.stranger().await;
        let publication = made["publications"][0]["id"].as_str().expect("an id");
        let post = made["id"].as_str().expect("an id");
        for path in [
            format!("/v1/posts/{post}"),
            format!("/v1/publications/{publication}"),
            format!("/v1/publications/{publication}/story"),
            format!("/v1/channels/{}", desk.channels[0]),
        ] {
            assert_eq!(stranger.get(&path).await.status, 404, "{path}");
        }
        let body = json!({ "text": "theirs", "channels": desk.on(0), "schedule": { "now": true } });
        assert_eq!(stranger.post("/v1/posts", body).await.status, 422);
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
        refused(&stranger.post("/v1/channels/connect", body).await, 409, "channel-elsewhere");
    }
}

#[tokio::test]
async fn deleting_a_post_calls_off_what_is_scheduled_and_what_is_live_can_be_deleted_there() {
    for desk in Desk::both().await {
        let body = json!({ "text": "gone", "channels": desk.on(0), "schedule": { "at": "2030-01-01T10:00:00Z" } });
        let post = desk.create(body).await.json["id"].as_str().expect("an id").to_owned();
        assert_eq!(desk.owner.delete(&format!("/v1/posts/{post}")).await.status, 204);
        let live =
            desk.create(json!({ "text": "live", "channels": desk.on(0), "schedule": { "now": true } })).await.json;
        desk.until("2030-01-01T10:00:00Z").await;
        assert_eq!((desk.fake.writes_of("gone"), desk.fake.writes_of("live")), (0, 1));
        let path = format!("/v1/publications/{}/live", live["publications"][0]["id"].as_str().expect("an id"));
        let edit = desk.owner.put(&path, json!({})).await;
        assert!(refused(&edit, 409, "conflict").contains("doesn't allow editing a published post"));
        assert_eq!(desk.owner.delete(&path).await.status, 200);
        assert_eq!(desk.fake.writes_of("live"), 0);
        assert_eq!(desk.owner.delete(&path).await.status, 200, "already gone counts as done");
    }
}

#[tokio::test]
async fn what_is_live_is_reached_with_new_tokens_after_a_long_stop() {
    for desk in Desk::both().await {
        desk.fake.token_life(3_600);
        let carol = json!({ "platform": "fake", "way": "password", "input": { "name": "carol" } });
        let channel = desk.owner.post("/v1/channels/connect", carol).await.json["channels"][0]["id"].clone();
        let body = json!({ "text": "live", "channels": [{ "channel": channel }], "schedule": { "now": true } });
        let (first, second) = (desk.create(body.clone()).await.json, desk.create(body).await.json);
        desk.until("2030-01-01T09:00:01Z").await;
        let refreshes = desk.fake.refreshes();
        // No one renews tokens ahead of their end here, as when Fanfare was stopped.
        for (live, time, left) in [(first, "12:00", 1), (second, "14:00", 2)] {
            let path = format!("/v1/publications/{}/live", live["publications"][0]["id"].as_str().expect("an id"));
            let now = Timestamp::parse(&format!("2030-01-01T{time}:00Z")).expect("an instant");
            desk.world.clock.set(now);
            let deleted = desk.owner.delete(&path).await;
            assert_eq!((deleted.status, desk.fake.refreshes()), (200, refreshes + left), "{}", deleted.text);
        }
        assert_eq!(desk.fake.writes_of("live"), 0);
    }
}

impl Desk {
    async fn found(&self, query: &str) -> Vec<String> {
        let answer = self.owner.get(&format!("/v1/posts?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let texts = answer.json["items"].as_array().expect("items").iter();
        texts.map(|post| post["parts"][0]["text"].as_str().expect("a text").to_owned()).collect()
    }
}

#[tokio::test]
async fn posts_are_found_by_state_by_channel_and_by_words() {
    for desk in Desk::both().await {
        // Ids are in order of time, so time must go on between posts.
        let tick = || desk.world.advance(std::time::Duration::from_millis(1));
        desk.create(json!({ "text": "An idea about Grüße", "channels": desk.on(0) })).await;
        tick();
        desk.create(json!({ "text": "Out at once", "channels": desk.on(1), "schedule": { "now": true } })).await;
        tick();
        let own = json!([{ "channel": desk.channels[1], "parts": [{ "text": "Said otherwise" }] }]);
        desk.create(json!({ "text": "For later", "channels": own, "schedule": { "at": "2030-01-01T10:00:00Z" } }))
            .await;
        tick();
        let off = desk
            .create(json!({ "text": "Off", "channels": desk.on(0), "schedule": { "at": "2030-01-01T10:00:00Z" } }))
            .await;
        let path = format!("/v1/publications/{}/decision", off.json["publications"][0]["id"].as_str().expect("an id"));
        assert_eq!(desk.owner.post(&path, json!({ "decision": "cancel" })).await.status, 200);
        desk.until("2030-01-01T09:00:01Z").await;
        assert_eq!(desk.found("state=draft").await, ["An idea about Grüße"]);
        assert_eq!(desk.found("state=published").await, ["Out at once"]);
        assert_eq!(desk.found("state=scheduled&state=published").await, ["For later", "Out at once"]);
        assert_eq!(desk.found("state=cancelled").await, ["Off"]);
        assert!(desk.found("state=needs_you&state=failed").await.is_empty());
        assert_eq!(desk.found(&format!("channel={}", desk.channels[1])).await, ["For later", "Out at once"]);
        assert_eq!(desk.found("q=GR%C3%9C%C3%9FE+idea").await, ["An idea about Grüße"], "in any case, all words");
        assert_eq!(desk.found("q=otherwise").await, ["For later"], "what a channel says of its own is found too");
        assert!(desk.found("q=parts").await.is_empty(), "how it is stored is not what it says");
        assert_eq!(desk.found("q=o&state=draft").await, ["An idea about Grüße"]);
        let long = "x".repeat(201);
        refused(&desk.owner.get(&format!("/v1/posts?q={long}")).await, 422, "invalid-field");
        assert_eq!(desk.owner.get("/v1/posts?state=lost").await.status, 400);
        let counts = desk.owner.get("/v1/posts/counts").await.json;
        let wanted = json!({
            "draft": 1, "scheduled": 1, "publishing": 0, "published": 1, "partly_published": 0, "needs_you": 0,
            "failed": 0, "cancelled": 1, "deleted": 0, "in_review": 0, "attention": 0, "whole": true,
        });
        assert_eq!(counts, wanted);
    }
}

#[tokio::test]
async fn a_filtered_list_goes_on_with_its_cursor_and_misses_nothing() {
    for desk in Desk::both().await {
        for n in 0..7 {
            let text = if n % 2 == 0 { format!("even {n}") } else { format!("odd {n}") };
            desk.create(json!({ "text": text, "channels": desk.on(0) })).await;
            desk.world.advance(std::time::Duration::from_millis(1));
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..10 {
            let answer = desk.owner.get(&format!("/v1/posts?q=even&limit=2{cursor}")).await.json;
            let items = answer["items"].as_array().expect("items");
            seen.extend(items.iter().map(|post| post["parts"][0]["text"].as_str().expect("a text").to_owned()));
            match answer["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, ["even 6", "even 4", "even 2", "even 0"]);
    }
}

#[tokio::test]
async fn a_draft_that_is_scheduled_is_no_draft_any_more_and_events_say_so() {
    for desk in Desk::both().await {
        let draft = desk.create(json!({ "text": "soon", "channels": desk.on(0) })).await.json;
        let path = format!("/v1/posts/{}/schedule", draft["id"].as_str().expect("an id"));
        let body = json!({ "schedule": { "at": "2030-01-01T10:00:00Z" } });
        assert_eq!(desk.owner.clone().with("if-match", "\"r1\"").post(&path, body).await.status, 200);
        assert!(desk.found("state=draft").await.is_empty());
        assert_eq!(desk.found("state=scheduled").await, ["soon"]);
        desk.until("2030-01-01T10:00:00Z").await;
        let events = desk.owner.get("/v1/events").await.json;
        let of = |kind: &str| {
            let items = events["items"].as_array().expect("items");
            items.iter().find(|event| event["kind"] == kind).unwrap_or_else(|| panic!("no {kind}")).clone()
        };
        assert_eq!(of("post.scheduled")["object"], draft["id"]);
        let published = of("publication.published");
        assert_eq!(published["data"]["publication"], published["object"]);
        assert_eq!(published["data"]["post"], draft["id"]);
        assert_eq!(published["data"]["state"], "published");
        assert_eq!(published["data"]["due_at"], "2030-01-01T10:00:00Z");
        assert!(published["data"]["url"].as_str().is_some_and(|url| url.starts_with("https://")), "{published}");
    }
}
