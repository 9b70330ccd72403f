//! Notice Board from outside, over real HTTP.
//!
//! To fill in: the official description as a judge, and a client that other people wrote, as in `telegram/tests`.

use serde_json::{Value, json};

use super::{ABOUT, model::token};
use crate::{
    Action, Network,
    test_kit::{World, filled_in, read},
};

#[test]
fn nothing_of_the_template_is_left_to_fill_in() {
    filled_in(ABOUT.id);
}

fn url(world: &World, path: &str) -> String {
    format!("{}{path}", world.running.origin(Network::Noticeboard))
}

async fn put_up(world: &World, said: Value) -> (u16, Value) {
    read(world.http.post(url(world, "notices")).bearer_auth(token("lena")).json(&said)).await
}

#[tokio::test]
async fn a_notice_is_put_up_listed_changed_and_taken_down() {
    let world = World::start().await;
    let (status, made) = put_up(&world, json!({ "text": "Hello" })).await;
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(status, 200);
    let (_, me) = read(world.http.get(url(&world, "me")).bearer_auth(token("lena"))).await;
    assert_eq!(me["name"], "lena");
    let (_, answer) = put_up(&world, json!({ "text": "And more", "answers": id })).await;
    let (_, list) = read(world.http.get(url(&world, "notices")).bearer_auth(token("lena"))).await;
    assert_eq!(list["notices"], json!([answer, made]), "newest first");

    let at = url(&world, &format!("notices/{id}"));
    let (status, _) = read(world.http.patch(&at).bearer_auth(token("lena")).json(&json!({ "text": "Hello!" }))).await;
    let page = world.page(&url(&world, &format!("u/lena/{id}"))).await;
    assert!(status == 200 && page.contains("Hello!") && page.contains("And more"), "{page}");
    let (status, _) = read(world.http.delete(&at).bearer_auth(token("lena"))).await;
    assert_eq!((status, read(world.http.get(&at).bearer_auth(token("lena"))).await.0), (200, 404));
    let entries = world.running.ledger().entries(Some(Network::Noticeboard));
    let acts: Vec<Action> = entries.iter().map(|entry| entry.action).collect();
    assert_eq!(acts, [Action::Created, Action::Created, Action::Edited, Action::Deleted]);
}

#[tokio::test]
async fn what_the_network_does_not_take_is_refused_in_its_own_words() {
    let world = World::start().await;
    let code = |answer: &Value| answer["error"]["code"].as_str().unwrap_or_default().to_owned();
    for (said, status, word) in [
        (json!({ "text": "" }), 422, "empty"),
        (json!({ "text": "x".repeat(501) }), 422, "too_long"),
        (json!({ "text": "x", "answers": "77" }), 404, "gone"),
    ] {
        let (given, answer) = put_up(&world, said).await;
        assert_eq!((given, code(&answer)), (status, word.to_owned()));
    }
    let (status, answer) = read(world.http.get(url(&world, "me")).bearer_auth("wrong")).await;
    assert_eq!((status, code(&answer)), (401, "unknown".to_owned()));
    world.running.act(Network::Noticeboard, &crate::Act::RevokeGrants { account: Some("lena".to_owned()) });
    assert_eq!(put_up(&world, json!({ "text": "x" })).await.0, 401);
}
