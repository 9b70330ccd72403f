//! What a post says is live is what is live, channel by channel.

use connector::{Failure, FailureKind};

use super::*;

impl Desk {
    /// A post that is live on both channels: its path and itself.
    async fn live_on_both(&self, parts: Value) -> (String, Value) {
        let both = json!([{ "channel": self.channels[0] }, { "channel": self.channels[1] }]);
        let made = self.create(json!({ "parts": parts, "channels": both, "schedule": { "now": true } })).await;
        let path = format!("/v1/posts/{}", made.json["id"].as_str().expect("an id"));
        self.world.advance(std::time::Duration::from_secs(1));
        Engine::new(self.world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
        let post = self.owner.get(&path).await.json;
        assert_eq!(post["state"], "published", "{post}");
        (path, post)
    }

    async fn acts(&self, publication: &str) -> Vec<String> {
        let story = self.owner.get(&format!("/v1/publications/{publication}/story")).await.json;
        let tellings = story["story"].as_array().expect("a story").iter();
        tellings.map(|telling| telling["act"].as_str().expect("an act").to_owned()).collect()
    }
}

fn refusal() -> Option<Failure> {
    Some(Failure::rejected(FailureKind::ContentRefused, "This account cannot edit."))
}

#[tokio::test]
async fn an_edit_that_the_network_refuses_leaves_its_text_as_it_was_and_is_told_as_refused() {
    for desk in Desk::both().await {
        desk.fake.take_edits([]);
        let (path, post) = desk.live_on_both(json!([{ "text": "before" }])).await;
        let [one, two] = [0, 1].map(|n| post["publications"][n]["id"].as_str().expect("an id").to_owned());
        let new = json!({ "parts": [{ "text": "after" }] });
        assert_eq!(desk.owner.put(&format!("/v1/publications/{one}/live"), new.clone()).await.status, 200);
        desk.fake.take_edits([refusal()]);
        let said = refused(&desk.owner.put(&format!("/v1/publications/{two}/live"), new).await, 502, "platform-failed");
        assert!(said.contains("cannot edit"), "{said}");
        let now = desk.owner.get(&path).await.json;
        let says = |n: usize| {
            let publication = &now["publications"][n];
            let variant = now["variants"].as_array().expect("two").iter().find(|v| v["id"] == publication["variant"]);
            (publication["live_says"].clone(), variant.expect("its variant")["parts"][0]["text"].clone())
        };
        assert_eq!((says(0), says(1)), ((Value::Null, json!("after")), (Value::Null, json!("before"))));
        assert_eq!((desk.fake.writes_of("after"), desk.fake.writes_of("before")), (1, 1), "as it is there");
        assert!(desk.acts(&one).await.contains(&"changed_there".to_owned()));
        let acts = desk.acts(&two).await;
        assert!(acts.contains(&"change_refused".to_owned()) && !acts.contains(&"changed_there".to_owned()), "{acts:?}");
        assert_eq!((&now["state"], &now["standing"]["live"]), (&json!("published"), &json!(2)));
    }
}

#[tokio::test]
async fn a_post_that_was_changed_here_alone_still_says_what_is_live_there() {
    for desk in Desk::both().await {
        desk.fake.take_edits([]);
        let (path, post) = desk.live_on_both(json!([{ "text": "one" }, { "text": "two" }])).await;
        let editor = desk.owner.clone().with("if-match", "*");
        let new = json!([{ "text": "one!" }, { "text": "two!" }]);
        assert_eq!(editor.patch(&path, json!({ "parts": new })).await.status, 200);
        let texts = |post: &Value, n: usize| -> Vec<String> {
            let said = post["publications"][n]["live_says"].as_array().cloned().unwrap_or_default();
            said.iter().map(|part| part["text"].as_str().expect("a text").to_owned()).collect()
        };
        let now = desk.owner.get(&path).await.json;
        assert_eq!(
            (texts(&now, 0), texts(&now, 1)),
            (vec!["one".into(), "two".into()], vec!["one".into(), "two".into()])
        );
        // The first part is taken, the second is refused.
        desk.fake.take_edits([None, refusal()]);
        let at = format!("/v1/publications/{}/live", post["publications"][0]["id"].as_str().expect("an id"));
        assert_eq!(desk.owner.put(&at, json!({ "parts": new })).await.status, 502);
        assert_eq!(texts(&desk.owner.get(&path).await.json, 0), ["one!", "two"]);
        assert_eq!(desk.owner.put(&at, json!({ "parts": new })).await.status, 200);
        assert!(desk.owner.get(&path).await.json["publications"][0]["live_says"].is_null(), "all of it is as it says");
        let calendar = desk.owner.get("/v1/calendar?from=2030-01-01T00:00:00Z&until=2030-01-02T00:00:00Z").await.json;
        let mut shown: Vec<&str> =
            calendar["items"].as_array().expect("two").iter().filter_map(|i| i["text"].as_str()).collect();
        shown.sort_unstable();
        assert_eq!(shown, ["one", "one!"], "the calendar shows what is live");
        assert_eq!(editor.patch(&path, json!({ "parts": [{ "text": "one" }, { "text": "two" }] })).await.status, 200);
        let back = desk.owner.get(&path).await.json;
        assert!(back["publications"][1]["live_says"].is_null(), "it says again what is live: {back}");
    }
}

#[tokio::test]
async fn a_post_that_is_deleted_at_one_network_is_live_on_the_others_only_and_a_thread_in_part_where_only_a_part_is_gone()
 {
    for desk in Desk::both().await {
        let (path, post) = desk.live_on_both(json!([{ "text": "one" }, { "text": "two" }])).await;
        let at = |n: usize| format!("/v1/publications/{}/live", post["publications"][n]["id"].as_str().expect("an id"));
        assert_eq!(desk.owner.delete(&at(0)).await.status, 200);
        let now = desk.owner.get(&path).await.json;
        let standing = |post: &Value| (post["standing"]["live"].clone(), post["standing"]["channels"].clone());
        assert_eq!((&now["state"], standing(&now)), (&json!("partly_published"), (json!(1), json!(2))));
        assert_eq!(now["standing"]["attention"], 0, "it was meant: nobody is asked to act");
        desk.fake.next_deletions([None, refusal()]);
        assert_eq!(desk.owner.delete(&at(1)).await.status, 502);
        let now = desk.owner.get(&path).await.json;
        assert_eq!((&now["publications"][1]["parts_live"], standing(&now)), (&json!(1), (json!(0), json!(2))));
        assert_eq!(now["state"], "partly_published");
        assert_eq!(desk.owner.delete(&at(1)).await.status, 200);
        let now = desk.owner.get(&path).await.json;
        assert_eq!((&now["state"], &now["publications"][1]["parts_live"]), (&json!("deleted"), &json!(0)));
    }
}

#[tokio::test]
async fn a_post_that_is_published_undone_and_published_again_is_published() {
    for desk in Desk::both().await {
        let both = json!([{ "channel": desk.channels[0] }, { "channel": desk.channels[1] }]);
        let soon = json!({ "schedule": { "at": "2030-01-01T09:00:10Z" } });
        let made = desk.create(json!({ "text": "again", "channels": both })).await.json;
        let path = format!("/v1/posts/{}", made["id"].as_str().expect("an id"));
        let owner = desk.owner.clone().with("if-match", "*");
        let first = owner.post(&format!("{path}/schedule"), soon.clone()).await.json;
        for publication in first["publications"].as_array().expect("two") {
            let at = format!("/v1/publications/{}/decision", publication["id"].as_str().expect("an id"));
            assert_eq!(owner.post(&at, json!({ "decision": "cancel" })).await.status, 200);
        }
        // The second time it goes to one channel only, the third to the other as well.
        let one = json!({ "schedule": { "at": "2030-01-01T09:00:10Z" }, "channel": desk.channels[0] });
        assert_eq!(owner.post(&format!("{path}/schedule"), one).await.status, 200);
        desk.until("2030-01-01T09:00:10Z").await;
        let now = owner.get(&path).await.json;
        assert_eq!((&now["state"], &now["standing"]["channels"]), (&json!("published"), &json!(1)), "{now}");
        let other = json!({ "schedule": { "now": true }, "channel": desk.channels[1] });
        assert_eq!(owner.post(&format!("{path}/schedule"), other).await.status, 200);
        desk.until("2030-01-01T09:00:12Z").await;
        let now = owner.get(&path).await.json;
        assert_eq!((&now["state"], &now["standing"]["live"]), (&json!("published"), &json!(2)));
        assert_eq!(now["standing"]["replaced"].as_array().map(Vec::len), Some(2));
        let calendar = owner.get("/v1/calendar?from=2030-01-01T00:00:00Z&until=2030-01-02T00:00:00Z").await.json;
        assert!(
            calendar["items"].as_array().expect("two").iter().all(|item| item["state"] == "published"),
            "{calendar}"
        );
    }
}

#[tokio::test]
async fn what_was_unscheduled_or_deleted_comes_back_with_its_time() {
    for desk in Desk::both().await {
        let at = json!({ "at": "2030-01-02T09:00:00Z" });
        let made = desk.create(json!({ "text": "back", "channels": desk.on(0), "schedule": at })).await.json;
        let path = format!("/v1/posts/{}", made["id"].as_str().expect("an id"));
        let decide = format!("/v1/publications/{}/decision", made["publications"][0]["id"].as_str().expect("an id"));
        refused(&desk.owner.post(&decide, json!({ "decision": "restore" })).await, 409, "too-late");
        assert_eq!(desk.owner.post(&decide, json!({ "decision": "cancel" })).await.status, 200);
        let editor = desk.owner.clone().with("if-match", "*");
        let longer = json!({ "parts": [{ "text": "back" }, { "text": "and more" }] });
        assert_eq!(editor.patch(&path, longer).await.status, 200);
        let back = desk.owner.post(&decide, json!({ "decision": "restore" })).await.json;
        assert_eq!((&back["state"], &back["due_at"], &back["parts"]), (&json!("scheduled"), &at["at"], &json!(2)));
        assert_eq!(desk.owner.delete(&path).await.status, 204);
        assert_eq!(desk.owner.get(&path).await.status, 404);
        let restored = desk.owner.post(&format!("{path}/restore"), json!({})).await;
        assert_eq!((restored.status, &restored.json["state"]), (200, &json!("scheduled")), "{}", restored.text);
        desk.until("2030-01-02T09:00:05Z").await;
        assert_eq!(desk.owner.get(&path).await.json["state"], "published");
        assert_eq!((desk.fake.writes_of("back"), desk.fake.writes_of("and more")), (1, 1));
        assert_eq!(desk.owner.delete(&path).await.status, 204);
        desk.world.advance(std::time::Duration::from_secs(25 * 3_600));
        assert_eq!(desk.owner.post(&format!("{path}/restore"), json!({})).await.status, 404, "only for a day");
    }
}

#[tokio::test]
async fn an_edit_that_is_asked_for_twice_reaches_the_network_once() {
    for desk in Desk::both().await {
        desk.fake.take_edits([]);
        let (_, post) = desk.live_on_both(json!([{ "text": "before" }])).await;
        let [one, two] = [0, 1].map(|n| post["publications"][n]["id"].as_str().expect("an id").to_owned());
        let new = json!({ "parts": [{ "text": "after" }] });
        let edit = async |publication: &str| {
            desk.owner.put(&format!("/v1/publications/{publication}/live"), new.clone()).await.status
        };
        assert_eq!(tokio::join!(edit(&two), edit(&two)), (200, 200), "at the same moment");
        assert_eq!(edit(&one).await, 200);
        // Whatever reaches the network from now on is refused.
        desk.fake.take_edits([refusal()]);
        assert_eq!(edit(&one).await, 200);
        for publication in [one, two] {
            let changed = desk.acts(&publication).await.into_iter().filter(|act| act == "changed_there").count();
            assert_eq!(changed, 1);
        }
        assert_eq!(desk.fake.writes_of("after"), 2, "once on each channel");
    }
}
