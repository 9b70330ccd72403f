//! One consent that gives several channels.

use std::time::Duration;

use base::{Permission, Role, Secret};
use serde_json::{Value, json};

use super::{begin, begin_with_key, come_back, open, worlds};
use crate::{
    channels,
    publishing::{Engine, EngineSettings},
    testing::{Answer, Client, World},
};

/// Comes back from the consent page with several pages: the attempt in which they are chosen.
async fn consent(client: &Client, name: &str) -> String {
    let state = begin(client, name).await;
    let back = come_back(client, "fake", &state).await;
    let to = back.header("location");
    to.strip_prefix("/channels?choose=").unwrap_or_else(|| panic!("{to}")).to_owned()
}

async fn offered(client: &Client, attempt: &str) -> Value {
    client.get(&format!("/v1/connections/{attempt}")).await.json
}

/// The key of a page, in what is offered.
fn key(offered: &Value, page: &str) -> String {
    let targets = offered["targets"].as_array().expect("targets");
    let target = targets.iter().find(|target| target["handle"] == page);
    target.unwrap_or_else(|| panic!("{offered}"))["key"].as_str().expect("a key").to_owned()
}

fn standing<'a>(offered: &'a Value, page: &str) -> &'a str {
    let targets = offered["targets"].as_array().expect("targets");
    targets.iter().find(|target| target["handle"] == page).expect("it is given")["state"].as_str().expect("a state")
}

async fn choose(client: &Client, attempt: &str, pages: &[&str]) -> Answer {
    let offered = offered(client, attempt).await;
    let keys: Vec<String> = pages.iter().map(|page| key(&offered, page)).collect();
    client.post(&format!("/v1/connections/{attempt}/channels"), json!({ "channels": keys })).await
}

/// The handles of the connected channels, in order.
async fn connected(client: &Client) -> Vec<String> {
    let channels = client.get("/v1/channels").await.json;
    let mut handles: Vec<String> = channels
        .as_array()
        .expect("channels")
        .iter()
        .map(|channel| channel["handle"].as_str().expect("a handle").to_owned())
        .collect();
    handles.sort();
    handles
}

async fn id_of(client: &Client, handle: &str) -> String {
    let channels = client.get("/v1/channels").await.json;
    let channel = channels.as_array().expect("channels").iter().find(|channel| channel["handle"] == handle);
    channel.expect("connected")["id"].as_str().expect("an id").to_owned()
}

async fn count(world: &World, sql: &'static str) -> i64 {
    let read = world.app.db.read(async move |tx| tx.one(sql, &[]).await?.int("n")).await;
    read.map_err(|error: db::Error| error).expect("counted")
}

#[tokio::test]
async fn of_several_pages_only_the_chosen_ones_are_connected_and_each_is_published_with_its_own_token() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south", "east"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(connected(&owner).await, [""; 0], "nothing before it is chosen");
        let offer = offered(&owner, &attempt).await;
        assert_eq!((&offer["state"], standing(&offer, "north")), (&json!("choosing"), "free"), "{offer}");
        assert!(!offer.to_string().contains("north-0"), "no token leaves: {offer}");

        let path = format!("/v1/connections/{attempt}/channels");
        let unknown = owner.post(&path, json!({ "channels": ["made-up"] })).await;
        assert_eq!((unknown.status, unknown.problem()), (422, "invalid-field"), "{}", unknown.text);
        assert_eq!(owner.post(&path, json!({ "channels": [] })).await.status, 422);
        let chosen = choose(&owner, &attempt, &["north", "south"]).await;
        assert_eq!(chosen.status, 200, "{}", chosen.text);
        assert_eq!(connected(&owner).await, ["north", "south"]);
        assert_eq!(offered(&owner, &attempt).await["state"], "connected");

        let engine = Engine::new(world.app.clone(), EngineSettings::default());
        for page in ["north", "south"] {
            let on = json!([{ "channel": id_of(&owner, page).await }]);
            let post = json!({ "text": page, "channels": on, "schedule": { "now": true } });
            assert_eq!(owner.post("/v1/posts", post).await.status, 201);
        }
        engine.drain().await.expect("drained");
        let mut spoke = fake.spoke_with();
        spoke.sort();
        assert_eq!(spoke, ["north-0", "south-0"]);
    }
}

#[tokio::test]
async fn a_choice_is_made_once_in_a_row_and_at_once() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        let keys = json!({ "channels": [key(&offered(&owner, &attempt).await, "north")] });
        let path = format!("/v1/connections/{attempt}/channels");
        let (one, two) = tokio::join!(owner.post(&path, keys.clone()), owner.post(&path, keys.clone()));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 410], "{} {}", one.text, two.text);
        let again = owner.post(&path, keys).await;
        assert_eq!((again.status, again.problem()), (410, "connect-expired"));
        assert_eq!(connected(&owner).await, ["north"]);
        assert_eq!(count(&world, "SELECT COUNT(*) AS n FROM grants").await, 1);
    }
}

#[tokio::test]
async fn only_the_session_that_began_sees_the_pages_and_chooses() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        let keys = json!({ "channels": [key(&offered(&owner, &attempt).await, "north")] });
        let path = format!("/v1/connections/{attempt}/channels");
        let (_, manager) = world.member(Role::Manager).await;
        for other in [manager, world.signed_in_again().await] {
            let seen = offered(&other, &attempt).await;
            assert_eq!((&seen["state"], &seen["targets"]), (&json!("choosing"), &json!([])), "{seen}");
            let refused = other.post(&path, keys.clone()).await;
            assert_eq!((refused.status, refused.problem()), (410, "connect-expired"));
        }
        assert_eq!(world.nobody().post(&path, keys.clone()).await.status, 401);
        assert_eq!(owner.post(&path, keys).await.status, 200);
    }
}

#[tokio::test]
async fn s_17_what_no_one_chose_within_an_hour_is_revoked_and_erased() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        let keys = json!({ "channels": [key(&offered(&owner, &attempt).await, "north")] });
        let held = "SELECT COUNT(*) AS n FROM connections WHERE granted_sealed IS NOT NULL";
        world.advance(Duration::from_secs(3_599));
        assert_eq!(channels::end_unchosen(&world.app).await.expect("looked"), 0);
        world.advance(Duration::from_secs(2));
        let late = owner.post(&format!("/v1/connections/{attempt}/channels"), keys).await;
        assert_eq!((late.status, late.problem()), (410, "connect-expired"), "{}", late.text);
        assert_eq!(offered(&owner, &attempt).await["state"], "expired");
        assert_eq!((count(&world, held).await, fake.revocations()), (1, 0));
        assert_eq!(channels::end_unchosen(&world.app).await.expect("ended"), 1);
        assert_eq!((count(&world, held).await, fake.revocations()), (0, 1));
        assert_eq!(channels::end_unchosen(&world.app).await.expect("looked"), 0);
        assert_eq!(connected(&owner).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_consent_that_was_never_used_takes_nothing_from_channels_of_the_same_account() {
    for (world, fake) in worlds().await {
        fake.revoke_all_of_account();
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(choose(&owner, &attempt, &["north"]).await.status, 200);
        consent(&owner, "alice").await;
        world.advance(Duration::from_secs(3_601));
        assert_eq!(channels::end_unchosen(&world.app).await.expect("ended"), 1);
        assert_eq!(fake.revocations(), 0, "revoking would end the grant that is in use");
    }
}

#[tokio::test]
async fn a_choice_ends_with_the_right_to_connect() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let (person, manager) = world.member(Role::Manager).await;
        let attempt = consent(&manager, "alice").await;
        let keys = json!({ "channels": [key(&offered(&manager, &attempt).await, "north")] });
        let demoted = world.owner().patch(&format!("/v1/members/{person}"), json!({ "role": "editor" })).await;
        assert_eq!(demoted.status, 204);
        let path = format!("/v1/connections/{attempt}/channels");
        assert_eq!(manager.post(&path, keys.clone()).await.status, 403);

        let key = world.key([Permission::ChannelsManage]).await;
        let (token, _) = begin_with_key(&key, "bob").await;
        let (browser, state) = open(&world, &token).await;
        come_back(&browser, "fake", &state).await;
        let keys = browser.get("/v1/connections/link").await.json;
        let keys = json!({ "channels": [self::key(&keys, "north")] });
        let made = world.owner().get("/v1/keys").await.json;
        let id = made["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        assert_eq!(world.signed_in_again().await.delete(&format!("/v1/keys/{id}")).await.status, 204);
        let late = browser.post("/v1/connections/link", keys).await;
        assert_eq!((late.status, late.problem()), (410, "connect-expired"), "{}", late.text);
        assert_eq!(connected(&world.owner()).await, [""; 0]);
    }
}

#[tokio::test]
async fn the_browser_that_opened_a_link_chooses_and_the_program_learns_only_what_was_connected() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let program = world.key([Permission::ChannelsManage, Permission::ChannelsRead]).await;
        let (token, attempt) = begin_with_key(&program, "alice").await;
        let (browser, state) = open(&world, &token).await;
        let back = come_back(&browser, "fake", &state).await;
        assert_eq!(back.header("location"), format!("/link?choose={attempt}"));
        let seen = offered(&program, &attempt).await;
        assert_eq!((&seen["state"], &seen["targets"]), (&json!("choosing"), &json!([])), "{seen}");
        let offer = browser.get("/v1/connections/link").await.json;
        let keys = json!({ "channels": [key(&offer, "south")] });
        let path = format!("/v1/connections/{attempt}/channels");
        assert_eq!(program.post(&path, keys.clone()).await.status, 410);
        assert_eq!(world.nobody().post("/v1/connections/link", keys.clone()).await.status, 410);
        let chosen = browser.post("/v1/connections/link", keys.clone()).await;
        assert_eq!((chosen.status, &chosen.json["names"]), (200, &json!(["south"])), "{}", chosen.text);
        assert_eq!(browser.post("/v1/connections/link", keys).await.status, 410);
        let told = offered(&program, &attempt).await;
        assert_eq!(
            (&told["state"], told["channels"].as_array().map(Vec::len)),
            (&json!("connected"), Some(1)),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_program_that_connects_by_password_chooses_through_the_api() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let program = world.key([Permission::ChannelsManage, Permission::ChannelsRead]).await;
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
        let begun = program.post("/v1/channels/connect", body).await;
        assert_eq!((&begun.json["channels"], &begun.json["redirect_to"]), (&json!([]), &Value::Null), "{}", begun.text);
        let attempt = begun.json["connection"].as_str().expect("an attempt").to_owned();
        assert_eq!(choose(&program, &attempt, &["south"]).await.status, 200);
        assert_eq!(connected(&program).await, ["south"]);
    }
}

#[tokio::test]
async fn more_pages_of_the_same_account_are_added_without_a_new_consent() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(choose(&owner, &attempt, &["north"]).await.status, 200);
        fake.give_pages(&["north", "south", "east"]);
        let north = owner.get(&format!("/v1/channels/{}", id_of(&owner, "north").await)).await.json;
        assert_eq!((&north["gives_more"], &north["connected_by"]), (&json!(true), &json!("alice")), "{north}");
        let more = owner.post(&format!("/v1/channels/{}/more", north["id"].as_str().expect("an id")), json!({})).await;
        let attempt = more.json["id"].as_str().unwrap_or_else(|| panic!("{}", more.text)).to_owned();
        let offer = offered(&owner, &attempt).await;
        assert_eq!((standing(&offer, "north"), standing(&offer, "east")), ("connected", "free"));
        let chosen = choose(&owner, &attempt, &["east"]).await;
        assert_eq!((chosen.status, &chosen.json["renewed"]), (200, &json!([north["id"]])), "{}", chosen.text);
        assert_eq!(connected(&owner).await, ["east", "north"]);
        assert_eq!(count(&world, "SELECT COUNT(DISTINCT grant_id) AS n FROM channels").await, 1);
        assert_eq!(count(&world, "SELECT COUNT(*) AS n FROM grants").await, 1);

        // What is not chosen ends without touching the grant, which other channels use.
        owner.post(&format!("/v1/channels/{}/more", north["id"].as_str().expect("an id")), json!({})).await;
        world.advance(Duration::from_secs(3_601));
        channels::end_unchosen(&world.app).await.expect("ended");
        assert_eq!(fake.revocations(), 0);
    }
}

#[tokio::test]
async fn s_17_a_grant_ends_and_is_revoked_with_its_last_channel() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(choose(&owner, &attempt, &["north", "south"]).await.status, 200);
        let north = id_of(&owner, "north").await;
        assert_eq!(owner.delete(&format!("/v1/channels/{north}")).await.status, 200);
        assert_eq!(fake.revocations(), 0, "the other page needs it");
        assert_eq!(count(&world, "SELECT COUNT(*) AS n FROM channels WHERE tokens_sealed IS NOT NULL").await, 1);
        let south = owner.get(&format!("/v1/channels/{}", id_of(&owner, "south").await)).await.json;
        assert_eq!(south["state"], "active", "{south}");
        assert_eq!(owner.delete(&format!("/v1/channels/{}", south["id"].as_str().expect("an id"))).await.status, 200);
        assert_eq!(fake.revocations(), 1);
        assert_eq!(count(&world, "SELECT COUNT(*) AS n FROM grants WHERE tokens_sealed IS NOT NULL").await, 0);
        assert_eq!(count(&world, "SELECT COUNT(*) AS n FROM channels WHERE tokens_sealed IS NOT NULL").await, 0);
    }
}

#[tokio::test]
async fn s_17_the_last_two_channels_that_end_at_once_revoke_their_grant() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(choose(&owner, &attempt, &["north", "south"]).await.status, 200);
        let paths = [id_of(&owner, "north").await, id_of(&owner, "south").await].map(|id| format!("/v1/channels/{id}"));
        let (one, two) = tokio::join!(owner.delete(&paths[0]), owner.delete(&paths[1]));
        assert_eq!((one.status, two.status, fake.revocations()), (200, 200, 1), "{} {}", one.text, two.text);
    }
}

#[tokio::test]
async fn s_14_a_reconnection_renews_all_channels_of_the_account_and_attaches_none_to_another() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south", "east"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(choose(&owner, &attempt, &["north", "south"]).await.status, 200);
        let north = id_of(&owner, "north").await;
        let again = async |name: &str| {
            let input = json!({ "name": name });
            let body = json!({ "platform": "fake", "way": "password", "input": input, "reconnects": north });
            owner.post("/v1/channels/connect", body).await
        };
        let other = again("mallory").await;
        assert_eq!((other.status, other.problem()), (409, "other-account"), "{}", other.text);
        assert_eq!((&other.json["expected"], &other.json["came"]), (&json!("alice"), &json!("mallory")));
        let same = again("alice").await;
        assert_eq!(same.json["renewed"].as_array().map(Vec::len), Some(2), "both of them: {}", same.text);
        assert_eq!(connected(&owner).await, ["north", "south"], "and no other is added");
        assert_eq!(count(&world, "SELECT COUNT(DISTINCT grant_id) AS n FROM channels").await, 1);
        fake.give_pages(&["south"]);
        let gone = again("alice").await;
        assert_eq!((gone.status, gone.problem()), (422, "connect-failed"), "{}", gone.text);
        assert!(gone.json["detail"].as_str().is_some_and(|said| said.contains("gave no access to north")));
    }
}

#[tokio::test]
async fn a_page_that_another_account_connected_changes_its_account_only_when_it_is_chosen() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(choose(&owner, &attempt, &["north", "south"]).await.status, 200);
        let by = async |page: &str| {
            owner.get(&format!("/v1/channels/{}", id_of(&owner, page).await)).await.json["connected_by"].clone()
        };
        let attempt = consent(&owner, "bob").await;
        let offer = offered(&owner, &attempt).await;
        assert_eq!(standing(&offer, "north"), "other_account");
        assert_eq!(choose(&owner, &attempt, &["south"]).await.status, 200);
        assert_eq!((by("north").await, by("south").await), (json!("alice"), json!("bob")));
        // One page only, and it is another account's: that is asked, too.
        fake.give_pages(&["north"]);
        let attempt = consent(&owner, "bob").await;
        assert_eq!(by("north").await, "alice");
        assert_eq!(choose(&owner, &attempt, &["north"]).await.status, 200);
        assert_eq!(by("north").await, "bob");
        let left = "SELECT COUNT(*) AS n FROM grants WHERE state = 'active' AND account_id = 'alice'";
        assert_eq!(count(&world, left).await, 0, "nothing is published with it any more");
    }
}

#[tokio::test]
async fn a_page_of_another_workspace_is_named_only_to_its_members_and_is_never_taken() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let (elsewhere, stranger) = world.stranger().await;
        let stranger = stranger.in_workspace(elsewhere);
        let attempt = consent(&stranger, "alice").await;
        assert_eq!(choose(&stranger, &attempt, &["north"]).await.status, 200);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        let offer = offered(&owner, &attempt).await;
        assert_eq!(standing(&offer, "north"), "elsewhere");
        assert!(!offer.to_string().contains("Elsewhere"), "the owner is no member there: {offer}");
        let taken = choose(&owner, &attempt, &["north", "south"]).await;
        assert_eq!((taken.status, taken.problem()), (409, "channel-elsewhere"), "{}", taken.text);
        assert_eq!(connected(&owner).await, [""; 0], "all or nothing");
        assert_eq!(choose(&owner, &attempt, &["south"]).await.status, 200, "and it can be chosen again");
    }
}

#[tokio::test]
async fn a_workspace_has_a_limit_of_channels() {
    let (world, fake) = worlds().await.swap_remove(0);
    let pages: Vec<String> = (0..super::super::keeping::CHANNELS_MAX).map(|n| format!("page-{n}")).collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    fake.give_pages(&pages);
    let owner = world.owner();
    let attempt = consent(&owner, "alice").await;
    assert_eq!(choose(&owner, &attempt, &pages).await.status, 200);
    fake.give_pages(&["one-more"]);
    let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
    let refused = owner.post("/v1/channels/connect", body).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid-field"), "{}", refused.text);
}

#[tokio::test]
async fn of_more_channels_than_can_be_offered_it_is_said_how_many_are_left_out() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        for (given, left_out) in [(2, 0), (super::super::choosing::OFFERED_MAX + 3, 3)] {
            let pages: Vec<String> = (0..given).map(|n| format!("page-{n}")).collect();
            fake.give_pages(&pages.iter().map(String::as_str).collect::<Vec<_>>());
            let attempt = consent(&owner, "alice").await;
            let offer = offered(&owner, &attempt).await;
            let targets = offer["targets"].as_array().map(Vec::len);
            assert_eq!((targets, &offer["left_out"]), (Some(given - left_out), &json!(left_out)));
        }
    }
}

#[tokio::test]
async fn a_key_of_some_channels_is_not_led_to_others_by_a_choice() {
    for (world, fake) in worlds().await {
        fake.give_pages(&["north", "south"]);
        let owner = world.owner();
        let attempt = consent(&owner, "alice").await;
        assert_eq!(choose(&owner, &attempt, &["north"]).await.status, 200);
        let north = id_of(&owner, "north").await;
        let (_, text) = world
            .make_key(|new| {
                new.channels = Some([north.parse().expect("a channel")].into());
                new.permissions = Some([Permission::ChannelsManage, Permission::ChannelsRead].into());
            })
            .await;
        let limited = world.with_key(&Secret::from(text.expose().as_str()));
        let more = limited.post(&format!("/v1/channels/{north}/more"), json!({})).await;
        assert_eq!(more.status, 404, "{}", more.text);
    }
}
