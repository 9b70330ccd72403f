//! The ground of all networks from outside: faults on the wire, the ledger, the control origin, restarts.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Action, Entry, Fault, Knobs, Network, Options, Rule, Sandbox, When,
    test_kit::{World, client, read},
};

/// Registers an app, which is a write that needs no token; the answer is small JSON.
async fn register(world: &World) -> Result<reqwest::Response, reqwest::Error> {
    let body = json!({ "client_name": "Fanfare", "redirect_uris": ["http://127.0.0.1/back"] });
    world.http.post(format!("{}api/v1/apps", world.running.origin(Network::Mastodon))).json(&body).send().await
}

fn next(world: &World, fault: Fault) {
    world.running.turn(Network::Mastodon, |knobs| knobs.faults = vec![Rule::once("token", fault)]);
}

/// How many apps were registered so far: ids count up.
async fn registered(world: &World) -> u64 {
    let app: Value = register(world).await.expect("an answer").json().await.expect("JSON");
    app["id"].as_str().expect("an id").parse::<u64>().expect("a number") - 1
}

fn status(when: When) -> Fault {
    let headers = [("content-type".to_owned(), "text/html".to_owned())].into();
    Fault::Status { status: 502, when, body: Some("<h1>Bad gateway</h1>".into()), headers }
}

#[tokio::test]
async fn f_08_a_status_before_has_no_effect_and_a_status_after_has() {
    let world = World::start().await;
    for (when, effect) in [(When::Before, 0), (When::After, 1)] {
        let before = registered(&world).await;
        next(&world, status(when));
        let answer = register(&world).await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].as_bytes()), (502, &b"text/html"[..]));
        assert_eq!(registered(&world).await - before - 1, effect, "{when:?}");
    }
}

#[tokio::test]
async fn f_07_a_reset_is_a_connection_that_ends_without_an_answer() {
    let world = World::start().await;
    for (when, effect) in [(When::Before, 0), (When::After, 1)] {
        let before = registered(&world).await;
        next(&world, Fault::Reset { when });
        let error = register(&world).await.expect_err("no answer");
        assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{error:?}");
        assert_eq!(registered(&world).await - before - 1, effect, "{when:?}");
    }
}

#[tokio::test]
async fn f_07_cut_empty_html_and_malformed_answers_arrive_as_such() {
    let world = World::start().await;
    next(&world, Fault::Truncate);
    let cut = register(&world).await.expect("headers");
    assert_eq!(cut.status(), 200);
    assert!(cut.bytes().await.is_err(), "the body breaks off");
    next(&world, Fault::EmptyBody);
    assert_eq!(register(&world).await.expect("an answer").text().await.expect("text"), "");
    next(&world, Fault::HtmlBody);
    let page = register(&world).await.expect("an answer");
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].as_bytes()),
        (200, &b"text/html; charset=utf-8"[..])
    );
    assert!(page.text().await.expect("text").starts_with("<!doctype html>"));
    next(&world, Fault::MalformedJson);
    let half = register(&world).await.expect("an answer").text().await.expect("the whole of a half");
    assert!(serde_json::from_str::<Value>(&half).is_err() && half.starts_with('{'), "{half}");
    next(&world, Fault::HugeBody { bytes: 3_000_000 });
    let huge = register(&world).await.expect("an answer");
    assert_eq!(huge.content_length(), Some(3_000_000));
    assert_eq!(huge.bytes().await.expect("all of it").len(), 3_000_000);
    assert_eq!(registered(&world).await, 5, "all of them had their effect");
}

#[tokio::test]
async fn f_06_a_hung_request_has_its_effect_although_the_client_has_gone() {
    let world = World::start().await;
    for when in [When::Before, When::After] {
        let before = registered(&world).await;
        next(&world, Fault::Hang { ms: 300, when });
        let impatient = tokio::time::timeout(Duration::from_millis(100), register(&world)).await;
        assert!(impatient.is_err(), "no answer within 100 ms");
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(registered(&world).await - before - 1, 1, "{when:?}");
    }
}

#[tokio::test]
async fn f_06_slow_and_hung_bodies_keep_their_headers() {
    let world = World::start().await;
    next(&world, Fault::SlowBody { ms_per_byte: 1 });
    let begun = Instant::now();
    let slow = register(&world).await.expect("headers").text().await.expect("text");
    assert!(begun.elapsed() >= Duration::from_millis(slow.len() as u64), "{:?}", begun.elapsed());
    next(&world, Fault::HangAfterHeaders { ms: 200 });
    let hung = register(&world).await.expect("headers");
    let begun = Instant::now();
    assert!(hung.bytes().await.is_err());
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn latency_is_felt_and_pages_are_spared() {
    let world = World::start().await;
    world.running.turn(Network::Mastodon, |knobs| knobs.latency_ms = 150);
    let begun = Instant::now();
    register(&world).await.expect("an answer");
    assert!(begun.elapsed() >= Duration::from_millis(150));
    world.running.turn(Network::Mastodon, |knobs| {
        knobs.faults = vec![Rule::once("any", Fault::Reset { when: When::Before })];
        knobs.latency_ms = 60_000;
    });
    assert!(world.page(world.running.origin(Network::Mastodon).as_str()).await.contains("Sandbox: Mastodon"));
}

#[tokio::test]
async fn a_fault_hits_as_often_as_it_says() {
    let world = World::start().await;
    let rule = Rule { times: 2, ..Rule::once("POST /api/v1/apps", status(When::Before)) };
    world.running.turn(Network::Mastodon, |knobs| knobs.faults = vec![rule]);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(register(&world).await.expect("an answer").status().as_u16());
    }
    assert_eq!(statuses, [502, 502, 200]);
    assert!(world.running.knobs(Network::Mastodon).faults.is_empty());
}

#[tokio::test]
async fn the_control_origin_shows_everything_and_turns_knobs_for_another_process() {
    let world = World::start().await;
    let control = world.running.control.as_str();
    let page = world.page(control).await;
    assert!(page.contains(world.running.origin(Network::X).as_str()) && page.contains("Harbour Bakery"), "{page}");
    let knobs = json!({ "latency_ms": 5, "faults": [{ "match": "token", "fault": { "kind": "empty_body" } }] });
    let (status, shown) = read(world.http.put(format!("{control}knobs/mastodon")).json(&knobs)).await;
    assert_eq!((status, &shown["latency_ms"]), (200, &json!(5)));
    assert_eq!(register(&world).await.expect("an answer").content_length(), Some(0));
    let slip = json!({ "latncy_ms": 5 });
    assert_eq!(read(world.http.put(format!("{control}knobs/mastodon")).json(&slip)).await.0, 422);
    let (status, refused) = read(world.http.get(format!("{control}ledger?network=myspace"))).await;
    assert_eq!(status, 404);
    assert!(refused["error"].as_str().expect("a text").contains("bluesky, mastodon, x"), "{refused}");
    let strange = json!({ "own": { "tier": "gold" } });
    let (status, refused) = read(world.http.put(format!("{control}knobs/x")).json(&strange)).await;
    assert_eq!((status, refused["error"].as_str().is_some_and(|text| text.contains("gold"))), (422, true), "{refused}");
    let (_, networks) = read(world.http.get(format!("{control}networks"))).await;
    assert_eq!((&networks[2]["network"], networks[2]["accounts"].as_array().map(Vec::len)), (&json!("x"), Some(3)));
    let act = json!({ "act": "revoke_grants", "account": "lena" });
    assert_eq!(read(world.http.post(format!("{control}acts/x")).json(&act)).await.0, 200);
    let (_, traffic) = read(world.http.get(format!("{control}traffic/mastodon"))).await;
    assert_eq!(traffic[0]["path"], "/api/v1/apps");
    assert_eq!(read(world.http.post(format!("{control}reset"))).await.0, 200);
    assert_eq!(world.running.knobs(Network::Mastodon), Knobs::default());
}

#[tokio::test]
async fn the_knobs_of_crash_tests_are_knobs_that_each_network_has() {
    let world = World::start().await;
    for network in Network::ALL.iter().copied() {
        assert_eq!(world.running.check_own(network, &network.about().rough_day()), Ok(()), "{network:?}");
    }
}

#[tokio::test]
async fn a_restart_takes_the_same_ports_and_pages_forbid_scripts() {
    let world = World::start().await;
    let page = world.http.get(world.running.origin(Network::Mastodon).as_str()).send().await.expect("a page");
    assert!(page.headers()["content-security-policy"].to_str().expect("text").starts_with("default-src 'none'"));
    let ports = world.running.ports();
    let World { running, clock, http } = world;
    running.stop().await;
    let options = Options { ports, ..Options::new(Arc::new(clock), Arc::new(base::OsRandom)) };
    let again = Sandbox::start(options).await.expect("the ports are free");
    assert_eq!(http.get(again.origin(Network::X).as_str()).send().await.expect("a page").status(), 200);
}

#[tokio::test]
async fn ledger_and_state_survive_a_restart_when_there_is_a_folder() {
    let folder = std::env::temp_dir().join(format!("fanfare-sandbox-{}", base::random::token::<9>(&base::OsRandom)));
    let app: Value = {
        let world = World::with(Some(folder.clone())).await;
        let entry = crate::NewEntry {
            account: "lena".into(),
            action: Action::Created,
            kind: "post".into(),
            remote_id: "7".into(),
            text: "kept\nover lines".into(),
            media_count: 0,
            parent: None,
            client_id: None,
            request_digest: String::new(),
        };
        world.running.ledger().append(base::Timestamp::from_seconds(1), Network::X, entry);
        register(&world).await.expect("an answer").json().await.expect("JSON")
    };
    let world = World::with(Some(folder.clone())).await;
    let kept: Vec<Entry> = world.running.ledger().entries(None);
    assert_eq!((kept.len(), kept[0].seq, kept[0].text.as_str()), (1, 1, "kept\nover lines"));
    let query = [
        ("client_id", app["client_id"].as_str().expect("an id")),
        ("redirect_uri", "http://127.0.0.1/back"),
        ("response_type", "code"),
    ];
    let asked =
        client().get(format!("{}oauth/authorize", world.running.origin(Network::Mastodon))).query(&query).send().await;
    assert_eq!(asked.expect("an answer").status(), 200, "the app is still known");
    drop(world);
    std::fs::remove_dir_all(folder).expect("removed");
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_here() {
    let world = World::start().await;
    let control = world.running.control.as_str().trim_end_matches('/').to_owned();
    let consent = format!("{}oauth/authorize", world.running.origin(Network::Mastodon));
    register(&world).await.expect("registered");
    let localhost = control.trim_start_matches("http://").replace("127.0.0.1", "localhost");
    let asked = async |url: String, put: bool, headers: &[(&'static str, &str)]| {
        let request = if put { world.http.put(url).json(&Knobs::default()) } else { world.http.post(url) };
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.expect("an answer").status().as_u16()
    };
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:1")],
        &[("sec-fetch-site", "cross-site"), ("origin", &control)],
        &[("sec-fetch-site", "same-site")],
        &[("host", "evil.example:4040"), ("origin", "http://evil.example:4040")],
    ] {
        for path in ["reset", "acts/mastodon"] {
            assert_eq!(asked(format!("{control}/{path}"), false, headers).await, 403, "{path} {headers:?}");
        }
        assert_eq!(asked(format!("{control}/knobs/x"), true, headers).await, 403, "{headers:?}");
        assert_eq!(asked(consent.clone(), false, headers).await, 403, "a consent, {headers:?}");
    }
    assert_eq!(registered(&world).await, 1, "still there");
    for headers in [
        &[("sec-fetch-site", "same-origin"), ("origin", "null")][..],
        &[("origin", &control)],
        &[("host", &localhost)],
        &[],
    ] {
        assert_eq!(asked(format!("{control}/reset"), false, headers).await, 200, "{headers:?}");
    }
}
