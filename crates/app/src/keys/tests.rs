//! What a key opens, and when it stops.

use std::time::Duration;

use base::{Permission, Role, Secret, ids::ChannelId};
use db::testing::TestDb;
use serde_json::json;

use super::{KeyError, NewKey, make};
use crate::testing::World;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn s_21_s_22_a_key_is_shown_once_and_stored_as_a_digest() {
    for world in World::both().await {
        let made = world.owner().post("/v1/keys", json!({"name": "CI", "permissions": ["keys:manage"]})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let secret = made.json["secret"].as_str().expect("a key").to_owned();
        assert!(secret.starts_with("fanfare_live_"));
        let visible = made.json["key"]["visible"].as_str().expect("8 letters");
        assert_eq!(visible, &secret[13..21]);
        let client = world.with_key(&Secret::from(secret.as_str()));
        let list = client.get("/v1/keys").await;
        assert_eq!(list.status, 200);
        assert!(!list.text.contains(&secret) && list.text.contains(visible));
        let read = world.owner().get(made.header("location")).await;
        assert!(read.status == 200 && !read.text.contains(&secret));
    }
}

#[tokio::test]
async fn s_21_a_mistyped_key_is_refused_without_asking_the_database() {
    let world = World::on(TestDb::sqlite().await).await;
    let (_, key) = world.make_key(|_| {}).await;
    let last = if key.expose().ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &key.expose()[..key.expose().len() - 1]);
    let before = world.app.db.stats().statements;
    let answer = world.with_key(&Secret::from(wrong)).get("/v1/keys").await;
    assert_eq!((answer.status, answer.problem()), (401, "unauthenticated"));
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(world.app.db.stats().statements, before);
}

#[tokio::test]
async fn s_22_a_key_of_another_mode_or_installation_opens_nothing() {
    let world = World::on(TestDb::sqlite().await).await;
    let other = World::with(TestDb::sqlite().await, Default::default(), |settings| {
        settings.key_mode = super::Mode::Test;
    })
    .await;
    let (_, live) = world.make_key(|_| {}).await;
    let (_, test) = other.make_key(|_| {}).await;
    assert!(test.expose().starts_with("fanfare_test_"));
    assert_eq!(other.with_key(&live).get("/v1/audit").await.status, 401);
    assert_eq!(world.with_key(&test).get("/v1/audit").await.status, 401);
}

#[tokio::test]
async fn s_23_a_key_only_reads_unless_its_maker_grants_more_and_no_one_grants_what_they_lack() {
    for world in World::both().await {
        let (key, _) = world.make_key(|_| {}).await;
        assert!(key.permissions.contains(&Permission::PostsRead));
        assert!(key.permissions.iter().all(|one| one.as_str().ends_with(":read")), "{:?}", key.permissions);

        let (person, _) = world.member(Role::Manager).await;
        let scope = world.scope_of(person, world.workspace, Role::Editor);
        let new = NewKey {
            name: "too much".into(),
            permissions: Some([Permission::ChannelsManage].into()),
            channels: None,
            addresses: None,
            days: 1,
        };
        let refused = make(&world.app, &scope, person, new).await;
        assert!(matches!(refused, Err(KeyError::NotYours(Permission::ChannelsManage))));
        let operate = world.owner().post("/v1/keys", json!({"name": "x", "permissions": ["instance:operate"]})).await;
        assert_eq!(operate.status, 403, "no key runs the installation");
    }
}

#[tokio::test]
async fn s_23_a_key_reaches_the_channels_it_names() {
    for world in World::both().await {
        let ours = ChannelId::new(world.now(), &base::OsRandom);
        let other = ChannelId::new(world.now(), &base::OsRandom);
        let (_, text) = world.make_key(|new| new.channels = Some([ours].into())).await;
        let client = crate::http::ClientAddress("192.0.2.1".parse().expect("an address"));
        let scope = super::verify(&world.app, text.expose(), client).await.expect("good").scope();
        assert!(scope.reaches(ours) && !scope.reaches(other));
        assert!(world.scope().reaches(other), "a person reaches all");
    }
}

#[tokio::test]
async fn s_24_every_key_ends_after_ninety_days_or_a_year_at_most() {
    for world in World::both().await {
        let (key, text) = world.make_key(|_| {}).await;
        assert_eq!(key.expires_at, world.now() + 90 * DAY);
        assert_eq!(
            world.owner().post("/v1/keys", json!({"name": "x", "days": 366})).await.json["errors"][0]["pointer"],
            "/days"
        );
        assert_eq!(world.owner().post("/v1/keys", json!({"name": "x", "days": 0})).await.status, 422);
        world.advance(90 * DAY - Duration::from_secs(1));
        assert_eq!(world.with_key(&text).get("/v1/members").await.status, 200);
        world.advance(Duration::from_secs(1));
        let ended = world.with_key(&text).get("/v1/members").await;
        assert_eq!((ended.status, ended.problem()), (401, "key-expired"));
    }
}

#[tokio::test]
async fn s_24_a_key_is_rotated_with_an_overlap() {
    for world in World::both().await {
        let (old, old_text) = world.make_key(|new| new.permissions = Some([Permission::KeysManage].into())).await;
        let path = format!("/v1/keys/{}/rotate", old.id);
        assert_eq!(world.owner().post(&path, json!({"overlap_hours": 169})).await.status, 422);
        let made = world.owner().post(&path, json!({"overlap_hours": 2})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let new_text = Secret::from(made.json["secret"].as_str().expect("a key"));
        assert_eq!(made.json["key"]["permissions"], json!(["keys:manage"]));
        world.advance(Duration::from_secs(2 * 3_600 - 1));
        for text in [&old_text, &new_text] {
            assert_eq!(world.with_key(text).get("/v1/keys").await.status, 200);
        }
        world.advance(Duration::from_secs(1));
        assert_eq!(world.with_key(&old_text).get("/v1/keys").await.problem(), "key-expired");
        assert_eq!(world.with_key(&new_text).get("/v1/keys").await.status, 200);
    }
}

#[tokio::test]
async fn a_key_is_rotated_once_and_says_what_took_over_from_it() {
    for world in World::both().await {
        let (old, _) = world.make_key(|_| {}).await;
        let path = format!("/v1/keys/{}/rotate", old.id);
        let owner = world.owner();
        let (one, two) = tokio::join!(owner.post(&path, json!({})), owner.post(&path, json!({})));
        let (made, refused) = if one.status == 201 { (one, two) } else { (two, one) };
        assert_eq!((made.status, refused.status), (201, 409), "{} {}", made.text, refused.text);
        assert_eq!(refused.json["successor"], made.json["key"]["id"]);
        let read = owner.get(&format!("/v1/keys/{}", old.id)).await;
        assert_eq!(read.json["successor"], made.json["key"]["id"]);
        assert_eq!(owner.get("/v1/keys").await.json["items"].as_array().map(Vec::len), Some(2));
        let next = format!("/v1/keys/{}/rotate", made.json["key"]["id"].as_str().expect("an id"));
        assert_eq!(owner.post(&next, json!({})).await.status, 201, "the one that took over can be rotated");
    }
}

#[tokio::test]
async fn a_key_is_told_what_it_may_do_where_and_until_when() {
    for world in World::both().await {
        let channel = ChannelId::new(world.now(), &base::OsRandom);
        let (key, text) = world
            .make_key(|new| {
                new.permissions = Some([Permission::PostsRead].into());
                new.channels = Some([channel].into());
            })
            .await;
        let told = world.with_key(&text).get("/v1/me").await;
        assert_eq!(told.status, 200, "{}", told.text);
        let said = &told.json["key"];
        assert_eq!((&said["id"], &said["permissions"]), (&json!(key.id), &json!(["posts:read"])));
        assert_eq!((&said["channels"], &said["expires_at"]), (&json!([channel]), &json!(key.expires_at)));
        assert_eq!(told.json["workspace"]["id"], json!(world.workspace));
        assert!(!told.text.contains(text.expose()), "the key itself is shown once only");
        assert_eq!(world.owner().get("/v1/me").await.json.get("key"), None, "a person is told as before");
        assert_eq!(world.owner().delete(&format!("/v1/keys/{}", key.id)).await.status, 204);
        assert_eq!(world.with_key(&text).get("/v1/me").await.status, 401);
        assert_eq!(world.nobody().get("/v1/me").await.problem(), "unauthenticated");
    }
}

#[tokio::test]
async fn s_25_a_key_may_be_bound_to_networks() {
    for world in World::both().await {
        let body = json!({"name": "x", "permissions": ["keys:manage"], "addresses": ["203.0.113.0/24"]});
        let made = world.owner().post("/v1/keys", body).await;
        let client = world.with_key(&Secret::from(made.json["secret"].as_str().expect("a key")));
        let refused = client.get("/v1/keys").await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
        let body = json!({"name": "x", "permissions": ["keys:manage"], "addresses": ["127.0.0.1", "203.0.113.0/24"]});
        let made = world.owner().post("/v1/keys", body).await;
        assert_eq!(made.json["key"]["addresses"], json!(["127.0.0.1/32", "203.0.113.0/24"]));
        let client = world.with_key(&Secret::from(made.json["secret"].as_str().expect("a key")));
        assert_eq!(client.get("/v1/keys").await.status, 200);
        let wrong = world.owner().post("/v1/keys", json!({"name": "x", "addresses": ["example.org"]})).await;
        assert_eq!(wrong.json["errors"][0]["pointer"], "/addresses");
    }
}

#[tokio::test]
async fn s_25_the_last_use_is_noted_once_a_minute_with_its_network() {
    for world in World::both().await {
        let (key, text) = world.make_key(|new| new.permissions = Some([Permission::KeysManage].into())).await;
        let client = world.with_key(&text);
        let used = || async {
            let list = client.get("/v1/keys").await;
            let items = list.json["items"].as_array().expect("keys").clone();
            items.into_iter().find(|one| one["id"] == json!(key.id)).expect("it is there")
        };
        let begun = world.now();
        for second in 0..59 {
            used().await;
            world.advance(Duration::from_secs(1));
            if second == 0 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        let seen = used().await;
        assert_eq!((&seen["last_used_at"], &seen["last_used_from"]), (&json!(begun), &json!("127.0.0.0/24")));
        world.advance(Duration::from_secs(1));
        used().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(used().await["last_used_at"], json!(begun + Duration::from_secs(60)));
    }
}

#[tokio::test]
async fn s_26_a_revoked_key_stops_here_at_once_and_on_other_nodes_within_a_second() {
    for world in World::both().await {
        let (key, text) = world.make_key(|new| new.permissions = Some([Permission::KeysManage].into())).await;
        let client = world.with_key(&text);
        assert_eq!(client.get("/v1/keys").await.status, 200);
        let id = key.id;
        // As another node does it: this one is not told.
        let revoked = world
            .app
            .db
            .write(async move |tx| tx.execute("UPDATE api_keys SET revoked_at = 1 WHERE id = $1", db::args![id]).await);
        assert_eq!(revoked.await.map_err(|error: db::Error| error).expect("stored"), 1);
        assert_eq!(client.get("/v1/keys").await.status, 200, "believed for a moment");
        world.advance(Duration::from_secs(1));
        assert_eq!(client.get("/v1/keys").await.status, 401);

        let (key, text) = world.make_key(|new| new.permissions = Some([Permission::KeysManage].into())).await;
        let client = world.with_key(&text);
        assert_eq!(client.get("/v1/keys").await.status, 200);
        assert_eq!(world.owner().delete(&format!("/v1/keys/{}", key.id)).await.status, 204);
        assert_eq!(client.get("/v1/keys").await.status, 401, "no time has passed");
        assert_eq!(world.owner().delete(&format!("/v1/keys/{}", key.id)).await.status, 404);
    }
}

#[tokio::test]
async fn s_27_anyone_who_finds_a_key_can_revoke_it() {
    for world in World::both().await {
        let (_, text) = world.make_key(|new| new.permissions = Some([Permission::KeysManage].into())).await;
        let nobody = world.nobody();
        for pasted in ["nonsense", "fanfare_live_000000000000000000000000000000_000000", text.expose(), text.expose()] {
            let answer = nobody.post("/v1/keys/revoke", json!({"key": format!(" {pasted}\n")})).await;
            assert_eq!(
                (answer.status, answer.text.as_str()),
                (204, ""),
                "the answer says nothing about which keys exist"
            );
        }
        assert_eq!(world.with_key(&text).get("/v1/keys").await.status, 401);
        let log = world.owner().get("/v1/audit?limit=1").await;
        assert_eq!(
            (&log.json["items"][0]["act"], &log.json["items"][0]["actor"]),
            (&json!("key.revoked"), &json!("system:key-leak"))
        );
    }
}

#[tokio::test]
async fn a_key_that_was_looked_up_costs_no_statement_for_a_second() {
    let world = World::on(TestDb::sqlite().await).await;
    let (_, text) = world.make_key(|_| {}).await;
    let client = world.with_key(&text);
    client.get("/v1/members").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = world.app.db.stats().statements;
    for _ in 0..50 {
        assert_eq!(client.get("/v1/members").await.status, 200);
    }
    assert_eq!(world.app.db.stats().statements - before, 50, "the members are read, the key is not");
}
