//! A post is published once, however often and from whatever page it is asked for.

use axum::http::Method;
use connector::{FailureKind, testing::Behaviour};

use super::*;

impl Desk {
    /// A draft on the first channel: its path.
    async fn draft(&self, text: &str) -> String {
        let made = self.create(json!({ "text": text, "channels": self.on(0) })).await;
        format!("/v1/posts/{}", made.json["id"].as_str().expect("an id"))
    }

    async fn tag(&self, path: &str) -> String {
        self.owner.get(path).await.header("etag").to_owned()
    }

    /// Asks for times, from a revision as it is written.
    async fn times(&self, path: &str, tag: &str, body: Value) -> Answer {
        self.owner.clone().with("if-match", tag).post(&format!("{path}/schedule"), body).await
    }

    /// The engine does what is due a second later.
    async fn second(&self) {
        self.world.advance(std::time::Duration::from_secs(1));
        Engine::new(self.world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
    }

    async fn decide(&self, publication: &Value, decision: &str) -> Answer {
        let path = format!("/v1/publications/{}/decision", publication["id"].as_str().expect("an id"));
        self.owner.post(&path, json!({ "decision": decision })).await
    }
}

fn now() -> Value {
    json!({ "schedule": { "now": true } })
}

#[tokio::test]
async fn s_1_publish_now_sent_again_publishes_nothing_however_it_names_the_revision() {
    for desk in Desk::both().await {
        for (number, tags) in [["\"r1\"", "\"r1\""], ["*", "*"], ["\"r1\"", "*"], ["*", "\"r1\""]].iter().enumerate() {
            let text = format!("once {number}");
            let path = desk.draft(&text).await;
            let first = desk.times(&path, tags[0], now()).await;
            assert_eq!(first.status, 200, "{tags:?}: {}", first.text);
            assert_ne!(first.header("etag"), "\"r1\"", "it has changed");
            let at_once = desk.times(&path, tags[1], now()).await;
            desk.second().await;
            let later = desk.times(&path, tags[1], now()).await;
            let live = desk.tag(&path).await;
            assert_ne!(live, first.header("etag"), "it went live since");
            for again in [at_once, later, desk.times(&path, &live, now()).await, desk.times(&path, "*", now()).await] {
                assert!([409, 412].contains(&again.status), "{tags:?}: {} {}", again.status, again.text);
            }
            desk.second().await;
            assert_eq!(desk.fake.writes_of(&text), 1, "{tags:?}");
        }
        let path = desk.draft("never").await;
        for tag in ["W/\"r1\"", "r1", "\"1\"", "\"r0\"", ""] {
            assert_eq!(desk.times(&path, tag, now()).await.status, 412, "{tag}");
        }
        let without = desk.owner.send(Method::POST, &format!("{path}/schedule"), Some(now())).await;
        refused(&without, 428, "revision-missing");
        desk.second().await;
        assert_eq!(desk.fake.writes_of("never"), 0);
    }
}

#[tokio::test]
async fn s_1_two_clicks_at_the_same_moment_publish_once() {
    for desk in Desk::both().await {
        for tag in ["\"r1\"", "*"] {
            let text = format!("clicked {tag}");
            let path = desk.draft(&text).await;
            let clicks = futures::future::join_all((0..4).map(|_| desk.times(&path, tag, now()))).await;
            let done = clicks.iter().filter(|click| click.status == 200).count();
            assert!(done >= 1 && clicks.iter().all(|click| [200, 409, 412].contains(&click.status)), "{clicks:?}");
            desk.second().await;
            assert_eq!(desk.fake.writes_of(&text), 1, "{tag}");
        }
    }
}

#[tokio::test]
async fn s_1_a_move_from_a_page_that_was_read_before_publishing_is_refused() {
    for desk in Desk::both().await {
        let body = json!({ "text": "moved", "channels": desk.on(0), "schedule": { "at": "2030-01-01T10:00:00Z" } });
        let post = desk.create(body).await.json;
        let path = format!("/v1/posts/{}", post["id"].as_str().expect("an id"));
        let before = desk.tag(&path).await;
        let to = json!({ "schedule": { "at": "2030-01-02T10:00:00Z" } });
        let elsewhere = json!({ "schedule": { "at": "2030-01-03T10:00:00Z" } });
        assert_eq!(desk.times(&path, &before, to.clone()).await.status, 200);
        refused(&desk.times(&path, &before, elsewhere.clone()).await, 412, "stale-revision");
        let same = desk.times(&path, "*", to.clone()).await;
        assert_eq!(same.status, 200, "it is there already: {}", same.text);
        let unchanged = desk.tag(&path).await;
        assert_eq!(same.header("etag"), unchanged);
        desk.until("2030-01-02T10:00:00Z").await;
        refused(&desk.times(&path, &unchanged, elsewhere.clone()).await, 412, "stale-revision");
        let detail = refused(&desk.times(&path, "*", elsewhere).await, 409, "too-late");
        assert!(detail.contains("already live on alice") && detail.contains("again: true"), "{detail}");
        desk.until("2030-01-04T10:00:00Z").await;
        assert_eq!(desk.fake.writes_of("moved"), 1);
    }
}

#[tokio::test]
async fn s_1_what_is_live_is_published_again_only_by_a_request_that_says_so_from_the_present_revision() {
    for desk in Desk::both().await {
        let path = desk.draft("evergreen").await;
        let off = desk.times(&path, "*", json!({ "schedule": { "at": "2030-01-01T12:00:00Z" } })).await.json;
        assert_eq!(desk.decide(&off["publications"][0], "cancel").await.status, 200);
        let stale = refused(&desk.times(&path, "\"r2\"", now()).await, 412, "stale-revision");
        assert!(stale.contains("revision"), "{stale}");
        assert_eq!(desk.times(&path, "*", now()).await.status, 200, "what was called off is scheduled like a draft");
        desk.second().await;
        let again = json!({ "schedule": { "now": true }, "again": true });
        refused(&desk.times(&path, "*", again.clone()).await, 428, "revision-missing");
        let tag = desk.tag(&path).await;
        let second = desk.times(&path, &tag, again.clone()).await;
        assert_eq!(second.status, 200, "{}", second.text);
        refused(&desk.times(&path, &tag, again.clone()).await, 412, "stale-revision");
        refused(&desk.times(&path, second.header("etag"), again.clone()).await, 409, "too-late");
        desk.second().await;
        refused(&desk.times(&path, &tag, again).await, 412, "stale-revision");
        assert_eq!(desk.fake.writes_of("evergreen"), 2);
        assert_eq!(desk.owner.get(&path).await.json["state"], "published", "what was called off does not count");
    }
}

#[tokio::test]
async fn s_1_only_the_channel_that_failed_gets_the_post_again_and_only_once() {
    for desk in Desk::both().await {
        desk.fake.for_text("for bob", [Behaviour::Refuse(FailureKind::ContentRefused)]);
        let channels =
            json!([{ "channel": desk.channels[0] }, { "channel": desk.channels[1], "parts": [{ "text": "for bob" }] }]);
        let body = json!({ "text": "for alice", "channels": channels, "schedule": { "now": true } });
        let post = desk.create(body).await.json;
        let path = format!("/v1/posts/{}", post["id"].as_str().expect("an id"));
        desk.second().await;
        for body in [now(), json!({ "schedule": { "now": true }, "channel": desk.channels[1] })] {
            refused(&desk.times(&path, "*", body).await, 409, "too-late");
        }
        let there = desk.owner.get(&path).await.json;
        let failed = there["publications"].as_array().expect("two").iter().find(|one| one["state"] == "failed");
        let failed = failed.expect("bob's").clone();
        let at = format!("/v1/publications/{}", failed["id"].as_str().expect("an id"));
        let tag = desk.tag(&at).await;
        let click = || desk.owner.clone().with("if-match", &tag);
        let send = json!({ "decision": "send" });
        assert_eq!(click().post(&format!("{at}/decision"), send.clone()).await.status, 200);
        refused(&click().post(&format!("{at}/decision"), send.clone()).await, 412, "stale-revision");
        refused(&desk.decide(&failed, "send").await, 409, "too-late");
        desk.second().await;
        refused(&desk.decide(&failed, "send").await, 409, "too-late");
        refused(&click().post(&format!("{at}/decision"), send).await, 412, "stale-revision");
        assert_eq!((desk.fake.writes_of("for alice"), desk.fake.writes_of("for bob")), (1, 1));
    }
}

#[tokio::test]
async fn s_1_what_a_person_dropped_in_doubt_is_not_scheduled_like_a_draft() {
    let desk = Desk::sqlite().await;
    desk.fake.set_proof(ProofClass::Person);
    desk.fake.next([Behaviour::ApplyAndLoseAnswer]);
    let path = desk.draft("in doubt").await;
    desk.times(&path, "*", now()).await;
    desk.second().await;
    desk.until("2030-01-01T09:05:00Z").await;
    let there = desk.owner.get(&path).await.json;
    assert_eq!(there["publications"][0]["state"], "needs_eyes", "{there}");
    refused(&desk.times(&path, "*", now()).await, 409, "too-late");
    assert_eq!(desk.decide(&there["publications"][0], "drop").await.status, 200);
    let detail = refused(&desk.times(&path, "*", now()).await, 409, "too-late");
    assert!(detail.contains("may be live on alice"), "{detail}");
    desk.second().await;
    assert_eq!(desk.fake.writes_of("in doubt"), 1);
}

#[tokio::test]
async fn s_1_a_series_of_which_an_occurrence_is_live_goes_on_as_it_was_laid_out() {
    let desk = Desk::sqlite().await;
    let path = desk.draft("daily").await;
    let series = json!({
        "schedule": { "local": "2030-01-01T11:00", "zone": "Europe/Amsterdam" }, "repeat": { "every": "day", "count": 3 },
    });
    let laid_out = desk.times(&path, "\"r1\"", series.clone()).await;
    assert_eq!(laid_out.json["publications"].as_array().map(Vec::len), Some(3), "{}", laid_out.text);
    desk.until("2030-01-01T10:00:00Z").await;
    for body in [now(), series, json!({ "schedule": { "at": "2030-01-05T10:00:00Z" } })] {
        refused(&desk.times(&path, "*", body).await, 409, "conflict");
    }
    desk.until("2030-01-02T10:00:00Z").await;
    desk.until("2030-01-03T10:00:00Z").await;
    assert_eq!(desk.fake.writes_of("daily"), 3);
    refused(&desk.times(&path, "*", now()).await, 409, "too-late");
}

#[tokio::test]
async fn p_7_what_was_deleted_there_is_shown_as_deleted_and_deleted_once() {
    for desk in Desk::both().await {
        let both = json!([{ "channel": desk.channels[0] }, { "channel": desk.channels[1] }]);
        let body = json!({ "text": "gone", "channels": both, "schedule": { "now": true } });
        let post = desk.create(body).await.json;
        let path = format!("/v1/posts/{}", post["id"].as_str().expect("an id"));
        desk.second().await;
        let live = desk.owner.get(&path).await;
        for (place, state) in ["partly_published", "deleted"].into_iter().enumerate() {
            let id = live.json["publications"][place]["id"].as_str().expect("an id");
            let at = format!("/v1/publications/{id}/live");
            let (one, two) = tokio::join!(desk.owner.delete(&at), desk.owner.delete(&at));
            assert_eq!((one.status, two.status), (200, 200), "{} {}", one.text, two.text);
            let again = desk.owner.delete(&at).await;
            assert_eq!(
                (again.status, &again.json["state"], &again.json["url"]),
                (200, &json!("deleted"), &Value::Null)
            );
            assert_eq!(desk.owner.get(&path).await.json["state"], state);
            refused(&desk.owner.put(&at, json!({})).await, 409, "conflict");
        }
        let audit = desk.owner.get("/v1/audit").await;
        assert_eq!(audit.text.matches("publication.deleted_there").count(), 2, "{}", audit.text);
        refused(&desk.times(&path, live.header("etag"), now()).await, 412, "stale-revision");
        assert_eq!(desk.found("state=deleted").await, ["gone"]);
        let calendar = desk.owner.get("/v1/calendar?from=2030-01-01T00:00:00Z&until=2030-01-02T00:00:00Z").await.json;
        assert!(
            calendar["items"].as_array().expect("items").iter().all(|item| item["state"] == "deleted"),
            "{calendar}"
        );
        let counts = desk.owner.get("/v1/posts/counts").await.json;
        assert_eq!((&counts["deleted"], &counts["published"]), (&json!(1), &json!(0)));
        assert_eq!(desk.times(&path, "*", now()).await.status, 200, "it is not live, so it may be published anew");
        desk.second().await;
        assert_eq!(desk.owner.get(&path).await.json["state"], "published");
    }
}
