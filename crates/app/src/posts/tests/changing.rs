//! Who changes what is scheduled; a post gets and loses channels and times.

use base::{Permission, Role};

use super::*;

impl Desk {
    async fn scheduled(&self, text: &str, channels: Value) -> (String, Value) {
        let body = json!({ "text": text, "channels": channels, "schedule": { "at": "2030-01-01T10:00:00Z" } });
        let made = self.create(body).await.json;
        (format!("/v1/posts/{}", made["id"].as_str().expect("an id")), made)
    }
}

fn channels_of(post: &Value) -> Vec<&str> {
    let mut channels: Vec<&str> =
        post["variants"].as_array().expect("variants").iter().filter_map(|one| one["channel"].as_str()).collect();
    channels.sort_unstable();
    channels
}

#[tokio::test]
async fn s_4_who_may_only_write_does_not_change_what_is_scheduled() {
    for desk in Desk::both().await {
        let (_, author) = desk.world.member(Role::Author).await;
        let key = desk.world.key([Permission::PostsRead, Permission::PostsWrite]).await;
        let repeat = json!({
            "text": "as approved", "channels": desk.on(0), "repeat": { "every": "week", "count": 2 },
            "schedule": { "local": "2030-01-01T11:00", "zone": "Europe/Amsterdam" },
        });
        let series = desk.create(repeat).await.json;
        let series = format!("/v1/posts/{}", series["id"].as_str().expect("an id"));
        let (single, _) = desk.scheduled("as approved", desk.on(0)).await;
        let [alice, bob] = [desk.channels[0], desk.channels[1]];
        let own = json!({ "channels": [{ "channel": alice, "parts": [{ "text": "hijacked" }] }] });
        for path in [&series, &single] {
            let before = desk.owner.get(path).await;
            for body in [
                json!({ "parts": [{ "text": "hijacked" }] }),
                own.clone(),
                json!({ "channels": [{ "channel": alice, "options": { "language": "nl" } }] }),
                json!({ "channels": [{ "channel": alice, "schedule": { "at": "2030-01-05T10:00:00Z" } }] }),
                json!({ "channels": [{ "channel": bob, "schedule": { "now": true } }] }),
                json!({ "remove_channels": [alice] }),
            ] {
                for who in [&author, &key] {
                    let said = who.patch(path, body.clone()).await;
                    let detail = refused(&said, 403, "forbidden");
                    assert!(detail.contains("can publish") || detail.contains("posts:publish"), "{body}: {detail}");
                    assert_eq!(said.json["permission"], "posts:publish");
                }
            }
            let after = desk.owner.get(path).await;
            assert_eq!((after.header("etag"), &after.json), (before.header("etag"), &before.json));
        }
        let same = author.patch(&single, json!({ "parts": [{ "text": "as approved" }] })).await;
        assert_eq!(same.status, 200, "nothing changes: {}", same.text);
        // Unscheduled by someone who may, it is the author's again.
        let publication = desk.owner.get(&single).await.json["publications"][0]["id"].clone();
        let path = format!("/v1/publications/{}/decision", publication.as_str().expect("an id"));
        desk.owner.post(&path, json!({ "decision": "cancel" })).await;
        assert_eq!(author.patch(&single, own).await.status, 200);
        desk.until("2030-01-01T10:00:00Z").await;
        desk.until("2030-01-08T10:00:00Z").await;
        assert_eq!((desk.fake.writes_of("as approved"), desk.fake.writes_of("hijacked")), (2, 0));
    }
}

#[tokio::test]
async fn s_4_a_post_names_who_last_decided_to_publish_it() {
    let desk = Desk::sqlite().await;
    let (path, made) = desk.scheduled("first", desk.on(0)).await;
    let by = |post: &Value| post["publications"][0]["authorised_by"].as_str().expect("somebody").to_owned();
    assert!(by(&made).contains(&desk.world.owner.to_string()), "{made}");
    let (editor, client) = desk.world.member(Role::Editor).await;
    let changed = client.patch(&path, json!({ "parts": [{ "text": "second" }] })).await;
    assert!(by(&changed.json).contains(&editor.to_string()), "{}", changed.text);
    let (mover, client) = desk.world.member(Role::Editor).await;
    let to = json!({ "schedule": { "at": "2030-01-01T11:00:00Z" } });
    let moved = client.with("if-match", "*").post(&format!("{path}/schedule"), to).await;
    assert!(by(&moved.json).contains(&mover.to_string()), "{}", moved.text);
}

#[tokio::test]
async fn p_12_a_post_gets_and_loses_channels_and_keeps_its_id() {
    for desk in Desk::both().await {
        let [alice, bob] = [desk.channels[0], desk.channels[1]];
        let (path, made) = desk.scheduled("both soon", desk.on(0)).await;
        let added = json!({ "channels": [{
            "channel": bob, "parts": [{ "text": "for bob" }], "schedule": { "local": "2030-01-01T12:00", "zone": "UTC" },
        }] });
        let both = desk.owner.patch(&path, added.clone()).await;
        assert_eq!(both.status, 200, "{}", both.text);
        assert_eq!((&both.json["id"], channels_of(&both.json).len()), (&made["id"], 2));
        let times: Vec<&str> =
            both.json["publications"].as_array().expect("two").iter().filter_map(|p| p["due_at"].as_str()).collect();
        assert_eq!(times, ["2030-01-01T10:00:00Z", "2030-01-01T12:00:00Z"]);
        let same = desk.owner.patch(&path, added.clone()).await;
        assert_eq!(
            (same.status, same.header("etag")),
            (200, both.header("etag")),
            "the same once more changes nothing"
        );
        let stale =
            desk.owner.clone().with("if-match", "\"r1\"").patch(&path, json!({ "remove_channels": [alice] })).await;
        refused(&stale, 412, "stale-revision");
        let one = desk.owner.patch(&path, json!({ "remove_channels": [alice] })).await;
        assert_eq!((one.status, channels_of(&one.json)), (200, vec![bob.to_string().as_str()]), "{}", one.text);
        assert_eq!(one.json["publications"].as_array().map(Vec::len), Some(1), "what was called off there is left out");
        refused(&desk.owner.patch(&path, json!({ "remove_channels": [alice] })).await, 422, "invalid-field");
        let back = json!({ "channels": [{ "channel": alice, "schedule": { "at": "2030-01-01T13:00:00Z" } }] });
        let back = desk.owner.patch(&path, back).await;
        assert_eq!(back.status, 200, "{}", back.text);
        desk.until("2030-01-01T10:00:01Z").await;
        assert_eq!(desk.fake.sends(), 0, "it was taken off before");
        desk.until("2030-01-01T13:00:00Z").await;
        assert_eq!((desk.fake.writes_of("both soon"), desk.fake.writes_of("for bob")), (1, 1));
        let live = desk.owner.patch(&path, json!({ "remove_channels": [bob] })).await;
        assert!(refused(&live, 409, "too-late").contains("Delete it at the platform"), "{}", live.text);
        let move_live = json!({ "channels": [{
            "channel": bob, "parts": [{ "text": "for bob" }], "schedule": { "at": "2030-01-02T13:00:00Z" },
        }] });
        refused(&desk.owner.patch(&path, move_live).await, 409, "too-late");
    }
}

#[tokio::test]
async fn p_12_a_change_is_made_whole_or_not_at_all() {
    let desk = Desk::sqlite().await;
    let [alice, bob] = [desk.channels[0], desk.channels[1]];
    let (path, _) = desk.scheduled("short", desk.on(0)).await;
    let before = desk.owner.get(&path).await;
    let long = "x".repeat(300);
    let unknown = "channel_01h455vb4pex5vsknk084sn02q";
    for (body, status) in [
        (json!({ "parts": [{ "text": long }], "channels": [{ "channel": bob }] }), 422),
        (json!({ "remove_channels": [alice], "channels": [{ "channel": alice }] }), 422),
        (json!({ "channels": [{ "channel": bob }, { "channel": bob }] }), 422),
        (json!({ "channels": [{ "channel": unknown }] }), 422),
        (
            json!({ "parts": [{ "text": "new" }], "channels": [{ "channel": bob, "schedule": { "at": "2029-01-01T00:00:00Z" } }] }),
            422,
        ),
        (json!({ "channels": [{ "channel": bob, "schedule": { "next_slot": true } }] }), 422),
    ] {
        let said = desk.owner.patch(&path, body.clone()).await;
        assert_eq!(said.status, status, "{body}: {}", said.text);
    }
    let after = desk.owner.get(&path).await;
    assert_eq!((after.header("etag"), &after.json), (before.header("etag"), &before.json));
    // Without its only channel it is a draft that goes nowhere, and is found as one.
    let nowhere = desk.owner.patch(&path, json!({ "remove_channels": [alice] })).await;
    assert_eq!((&nowhere.json["state"], channels_of(&nowhere.json).len()), (&json!("draft"), 0));
    assert_eq!(desk.found("state=draft").await, ["short"]);
}

#[tokio::test]
async fn p_12_a_draft_is_scheduled_with_a_time_for_each_channel() {
    let desk = Desk::sqlite().await;
    let [alice, bob] = [desk.channels[0], desk.channels[1]];
    let both = json!([{ "channel": alice }, { "channel": bob }]);
    let draft = desk.create(json!({ "text": "apart", "channels": both })).await.json;
    let path = format!("/v1/posts/{}/schedule", draft["id"].as_str().expect("an id"));
    let client = desk.owner.clone().with("if-match", "\"r1\"");
    for (body, status) in [
        (json!({}), 422),
        (json!({ "channels": [{ "channel": alice, "schedule": {} }] }), 422),
        (json!({ "schedule": { "now": true }, "channel": "channel_01h455vb4pex5vsknk084sn02q" }), 422),
    ] {
        assert_eq!(client.post(&path, body).await.status, status);
    }
    let body = json!({ "channels": [
        { "channel": alice, "schedule": { "at": "2030-01-01T10:00:00Z" } },
        { "channel": bob, "schedule": { "at": "2030-01-01T11:00:00Z" } },
    ] });
    let set = client.post(&path, body).await;
    assert_eq!((set.status, &set.json["id"]), (200, &draft["id"]), "{}", set.text);
    desk.until("2030-01-01T10:00:00Z").await;
    assert_eq!(desk.fake.writes_of("apart"), 1);
    desk.until("2030-01-01T11:00:00Z").await;
    assert_eq!(desk.fake.writes_of("apart"), 2);
}
