//! What happens between the beginning of a request and its end: the caller is removed, the answer is lost.

use std::collections::BTreeMap;

use axum::{Router, body::to_bytes, http::Method};
use base::{Permission, Role};
use db::args;
use serde_json::{Value, json};

use super::{
    matrix::{Route, routes},
    samples::{Row, Stage, id, publication, rows},
};
use crate::{
    api,
    http::door::without_door,
    request::{Current, within},
    testing::Client,
};

/// Each row with its place in the table and what the document says of its route.
fn described() -> Vec<(u32, Row, Route)> {
    let named = |route: Route| (format!("{} {}", route.method, route.path), route);
    let mut routes: BTreeMap<String, Route> = routes().into_iter().map(named).collect();
    (1..).zip(rows()).filter_map(|(place, row)| routes.remove(row.route).map(|route| (place, row, route))).collect()
}

/// Those that someone must be let in for, and whose success depends on their request alone.
fn changing() -> impl Iterator<Item = (u32, Row, Route)> {
    let by_itself = |route: &Route| BY_THEMSELVES.iter().any(|(path, _)| *path == route.path);
    described().into_iter().filter(move |(_, _, route)| route.permission != "public" && !by_itself(route))
}

/// Routes that make nothing to read again: a new link replaces the one that was lost, and an answer to a comment is read at
/// its platform.
const NOTHING_MADE: &[&str] =
    &["/v1/members/{person}/password-link", "/v1/publications/{publication}/comments/{comment}/replies"];

/// Routes whose success depends on more than their request: what they do is proven by stories of their own.
const BY_THEMSELVES: &[(&str, &str)] = &[
    ("/v1/invitations/join", "wants an invitation to one's own address"),
    ("/v1/me/invitations/{invitation}", "wants an invitation to one's own address"),
    ("/v1/channels/{channel}/refresh", "stores nothing while what is known is young"),
    ("/v1/connections/{connection}/channels", "wants a consent of one's own session"),
    ("/v1/media/from-url", "asks another server first"),
    ("/v1/platforms/{platform}/test", "stores nothing"),
    ("/v1/posts/read", "stores nothing"),
    ("/v1/posts/validate", "stores nothing"),
];

#[tokio::test]
async fn no_route_has_an_effect_for_a_caller_whose_rights_ended_while_it_was_answered() {
    let mut asked = 0;
    let stage = Stage::new().await;
    let (router, _) = api::router().split_for_parts();
    let router: Router = without_door(router, &stage.world.app);
    for (place, row, route) in changing() {
        let said = row.route;
        let sample = (row.make)(&stage, place).await;
        // Let in as someone who may, and removed before the route does anything.
        let (person, client) = stage.world.member(Role::Manager).await;
        let mut identity = stage.world.identity(&client).await;
        if Permission::parse(&route.permission).is_some() {
            let removed = stage.owner().delete(&format!("/v1/members/{person}")).await;
            assert_eq!(removed.status, 204, "{}", removed.text);
        } else {
            if route.permission == "operator" {
                identity = identity.with_operator();
            }
            assert!(client.delete("/v1/session").await.status < 300);
        }
        let mut request = sample.request(&route.method, &[("if-match", "*")]);
        request.extensions_mut().insert(identity);
        let client = Client::of(router.clone());
        let answer = within(Current::new("req".into()), client.raw(request)).await;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.expect("an answer");
        let text = String::from_utf8_lossy(&body);
        assert!([401, 403, 404].contains(&status), "{said}: {status} {text}");
        assert!(text.contains("while this request was being answered"), "{said}: {text}");
        asked += 1;
    }
    assert!(asked > 25, "{asked}");
}

#[tokio::test]
async fn r_43_every_post_that_is_sent_again_after_its_answer_was_lost_gives_what_was_made() {
    let stage = Stage::new().await;
    let mut asked = 0;
    for (place, row, route) in changing() {
        if route.method != Method::POST || NOTHING_MADE.contains(&route.path.as_str()) {
            continue;
        }
        let (said, sample) = (row.route, (row.make)(&stage, place).await);
        let key = format!("lost {said}");
        let headers = [("if-match", "*"), ("idempotency-key", key.as_str())];
        let first = sample.send(&route.method, &headers).await;
        assert!(first.is_done() && !first.replayed, "{said}: {first:?}");
        lose_answers(&stage).await;
        let second = sample.send(&route.method, &headers).await;
        assert_eq!((second.status, second.replayed), (first.status, true), "{said}: {second:?}");
        let made = |text: &str| {
            let body: Value = serde_json::from_str(text).unwrap_or_default();
            body["id"].as_str().or(body["key"]["id"].as_str()).map(str::to_owned)
        };
        assert_eq!(made(&first.text), made(&second.text), "{said}: {first:?} {second:?}");
        asked += 1;
    }
    assert!(asked >= 8, "{asked}");
}

/// The process died after every effect, and its lease ran out.
async fn lose_answers(stage: &Stage) {
    let lost = stage.world.app.db.write(async |tx| {
        let sql = "UPDATE idempotency_keys SET answer = NULL, state = 'effected', lease_until = 0";
        tx.execute(sql, args![]).await.map(drop)
    });
    lost.await.map_err(|error: db::Error| error).expect("lost");
}

#[tokio::test]
async fn s_23_a_key_limited_to_one_channel_neither_reads_nor_changes_another() {
    let stage = Stage::new().await;
    let mine = stage.channel(0).await.parse().expect("a channel");
    let (_, text) = stage
        .world
        .make_key(|new| {
            new.channels = Some([mine].into());
            new.permissions = Some(Role::Owner.permissions());
        })
        .await;
    let key = stage.world.with_key(&text);
    let post = stage.post(1_000, Some(json!({ "at": "2031-01-02T09:00:00Z" }))).await;
    let theirs = [post["publications"][0]["channel"].as_str().expect("a channel"), id(&post), publication(&post)];
    let objects = [
        ("{workspace}", stage.world.workspace.to_string()),
        ("{channel}", theirs[0].to_owned()),
        ("{post}", theirs[1].to_owned()),
        ("{publication}", theirs[2].to_owned()),
        ("{media}", stage.file(1_000).await),
        ("/v1/uploads/{upload}", stage.upload(1_000).await.0),
        ("{key}", stage.key(1_000).await.0),
        ("{platform}", "fake".to_owned()),
    ];
    let mut asked = 0;
    for route in routes().into_iter().filter(|route| route.method == Method::GET && route.permission != "public") {
        let path = objects.iter().fold(route.path.clone(), |path, (name, id)| path.replace(name, id));
        if !path.contains("/stream") {
            let answer = key.get(&path).await;
            for id in theirs {
                assert!(!answer.text.contains(id), "{path} tells of {id}: {}", answer.text);
            }
            asked += 1;
        }
    }
    let of_a_channel = |route: &Route| route.path.contains("{channel}") || route.path.contains("{publication}");
    for (place, row, route) in described().into_iter().filter(|(_, _, route)| of_a_channel(route)) {
        let sample = (row.make)(&stage, place).await;
        let answer = key.raw(sample.request(&route.method, &[("if-match", "*")])).await;
        assert_eq!(answer.status(), if route.recent { 403 } else { 404 }, "{}", row.route);
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
    let body = json!({ "text": "Hello", "channels": [{ "channel": theirs[0] }] });
    assert!(key.post("/v1/posts", body).await.status >= 400, "a channel in the body");
    let new = json!({ "platform": "fake", "way": "password", "input": { "name": "carol" } });
    assert_eq!(key.post("/v1/channels/connect", new).await.status, 404, "it would add a channel beside its own");
}
