//! The whole connector against the sandbox's twin of LinkedIn, over real HTTP.

use std::{sync::Arc, time::Duration};

use axum::routing::get;
use base::{Clock as _, OsRandom, Secret, TestClock};
use bytes::Bytes;
use connector::{
    Connect, Deleted, Draft, Failure, FailureKind as K, Finding, Granted, Insights, Media, MediaKind, Metric, Outcome,
    Part, PartKind, Prepared, ProofClass, Publish, Remote, Severity, StartConnect, Tokens, Trace,
};
use sandbox::{
    Act, Action, Entry, Fault, Network, Options, Rule, Running, Sandbox, When,
    linkedin::{PARTNER, PARTNER_SCOPES, Product, SELF_SERVE},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{asking, chosen, sharing, text, with};
use crate::{
    linkedin::{LinkedIn, publish::SEND_TIMEOUT_MS},
    meta::test_world::{Journal, NOW, World, decide, draft, job},
};

const LENA: &str = "urn:li:person:8pLenaVos3";
const BAKERY: &str = "urn:li:organization:40001";

/// A sandbox, and a clock that both sides go by.
struct Stage {
    running: Running,
    clock: TestClock,
}

impl Stage {
    async fn set() -> Self {
        let clock = TestClock::at(NOW);
        let options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        Self { running: Sandbox::start(options).await.expect("started"), clock }
    }

    /// A world with this app, connected to no one.
    fn world(&self, app: Product, scopes: &str) -> World {
        let origin = self.running.origin(Network::Linkedin);
        let mut world = World::at(origin.as_str(), &["api", "www"], json!(null), self.clock.clone());
        world.app.values = [("client_id", app.id), ("client_secret", app.secret), ("scopes", scopes)]
            .map(|(name, value)| (name.to_owned(), Secret::from(value)))
            .into();
        world.tokens = Tokens::default();
        world
    }

    /// Lena's channel, or one of an organisation of hers.
    async fn connected(&self, app: Product, scopes: &str, channel: &str) -> World {
        let mut world = self.world(app, scopes);
        let granted = connect(&world, "lena").await.expect("granted");
        let ids: Vec<&str> = granted.channels.iter().map(|found| &*found.account.id).collect();
        let found = granted.channels.iter().find(|found| found.account.id == channel);
        let found = found.unwrap_or_else(|| panic!("{ids:?}"));
        (world.account_id, world.facts) = (found.account.id.clone(), found.facts.clone());
        world.tokens = granted.tokens;
        world
    }

    async fn bakery(&self) -> World {
        self.connected(PARTNER, PARTNER_SCOPES, BAKERY).await
    }

    async fn member(&self) -> World {
        self.connected(SELF_SERVE, "", LENA).await
    }

    fn created(&self) -> Vec<Entry> {
        let entries = self.running.ledger().entries(Some(Network::Linkedin));
        entries.into_iter().filter(|entry| entry.action == Action::Created).collect()
    }

    fn fault(&self, fault: Fault) {
        self.running.turn(Network::Linkedin, |knobs| knobs.faults.push(Rule::once("publish", fault)));
    }

    fn own(&self, name: &str, value: Value) {
        self.running.turn(Network::Linkedin, |knobs| drop(knobs.own.insert(name.to_owned(), value)));
    }
}

async fn connect(world: &World, account: &str) -> Result<Granted, Failure> {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "http://127.0.0.1:1/connect/linkedin".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: vec![],
    };
    let started = LinkedIn.start(&world.call(), &request).await?;
    let callback = decide(world, &started.redirect_to, account, "allow").await;
    LinkedIn.finish(&world.call(), &started.memory, &callback).await
}

/// Prepares as the engine does: what is not ready is tried again when it says so.
async fn prepared(world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Result<Prepared, Failure> {
    loop {
        match LinkedIn.prepare(&world.call(), &job(draft, earlier.len(), earlier), journal).await {
            Err(failure) if failure.outcome == Outcome::Throttled => world.wait_for(&failure),
            other => return other,
        }
    }
}

async fn send(world: &World, draft: &Draft, earlier: &[Remote]) -> Result<Remote, Failure> {
    let ready = prepared(world, draft, earlier, &Journal::default()).await?;
    Ok(LinkedIn.send(&world.call(), &ready).await?.remote)
}

async fn look(world: &World, ready: &Prepared) -> Finding {
    let armed_at = world.clock.now();
    let deadline = armed_at + Duration::from_millis(SEND_TIMEOUT_MS);
    world.wait(SEND_TIMEOUT_MS / 1_000 + 10);
    let trace = Trace { ready, armed_at, deadline, sent: None, taken: &[] };
    LinkedIn.look_up(&world.call(), &trace).await.expect("looked")
}

fn made_of(id: &str, kind: MediaKind, mime: &str, bytes: Vec<u8>) -> Media {
    let bytes = Bytes::from(bytes);
    Media {
        id: id.to_owned(),
        kind,
        mime: mime.to_owned(),
        size_bytes: bytes.len() as u64,
        width: 640,
        height: 480,
        duration_ms: (kind == MediaKind::Video).then_some(10_000),
        video_codec: None,
        animated: false,
        alt: (kind == MediaKind::Image).then(|| "A loaf".to_owned()),
        sha256: hex::encode(Sha256::digest(&bytes)),
        source: Arc::new(bytes),
    }
}

fn png(seed: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(640u32.to_be_bytes());
    bytes.extend(480u32.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0, 1, 2, 3, seed]);
    bytes
}

fn picture(seed: u8) -> Media {
    made_of(&format!("p{seed}"), MediaKind::Image, "image/png", png(seed))
}

/// Ten seconds in two parts.
fn film() -> Media {
    let mut bytes = b"\0\0\0\x18ftypisom\0\0\x02\0isommp42\0\0\0\x74moov\0\0\0\x6cmvhd".to_vec();
    bytes.extend([0; 12]);
    bytes.extend(1_000u32.to_be_bytes());
    bytes.extend(10_000u32.to_be_bytes());
    bytes.resize(5_000_000, 0);
    made_of("film", MediaKind::Video, "video/mp4", bytes)
}

/// A page with a picture, somewhere else.
async fn page() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let html = "<title>Plain</title><meta property=og:title content='The quay (new)'>\
                <meta property=og:description content='Of boats'><meta property=og:image content=/quay.png>";
    let kind = |kind: &'static str| [("content-type", kind)];
    let router = axum::Router::new()
        .route("/page", get(move || async move { (kind("text/html"), html) }))
        .route("/quay.png", get(move || async move { (kind("image/png"), png(200)) }))
        .route("/silent", get(move || async move { (kind("text/html"), "<p>Nothing") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn comment(text_of: &str) -> Part {
    Part { kind: PartKind::Comment, ..text(text_of) }
}

/// One of each kind, with how many files LinkedIn sees.
fn kinds(elsewhere: &str, there: &str) -> Vec<(&'static str, Draft, usize)> {
    let one = |part: Part| draft(vec![part]);
    vec![
        ("a text", one(text("Bread (warm) & #news_1 for @[Lena Vos](urn:li:person:8pLenaVos3) <b>")), 0),
        ("a link", chosen(json!({ "link": format!("{elsewhere}/page") }), vec![text("See")]), 0),
        ("an image", one(with("Look", vec![picture(1)])), 1),
        ("images", one(with("", vec![picture(2), picture(3)])), 2),
        ("a video", one(with("Waves", vec![film()])), 1),
        ("a poll", chosen(json!({ "poll_question": "Which?" }), vec![asking("We can't decide", 1_440)]), 0),
        ("a reshare", one(sharing("Again", there)), 0),
        ("a first comment", draft(vec![text("With a comment"), comment("See (this)"), comment("And that")]), 0),
    ]
}

#[tokio::test]
async fn a_member_chooses_among_themselves_and_the_organisations_they_may_post_for() {
    let stage = Stage::set().await;
    let world = stage.world(PARTNER, PARTNER_SCOPES);
    stage.own("fresh_token_refused", json!(2));
    let granted = connect(&world, "lena").await.expect("granted");
    let channels: Vec<_> = granted.channels.iter().map(|one| (&*one.account.id, &*one.account.name)).collect();
    assert_eq!(channels, [(LENA, "Lena Vos"), (BAKERY, "Harbour Bakery")], "an analyst may not post");
    assert!(
        granted.account.url.ends_with("/in/lena")
            && granted.channels[1].account.url.ends_with("/company/harbour-bakery")
    );
    assert!(granted.tokens.refresh.is_some() && granted.tokens.refresh_expires_at.is_some());
    stage.own("fresh_token_refused", json!(0));
    let world = stage.bakery().await;
    assert_eq!(LinkedIn.verify(&world.call()).await.expect("there").facts, world.facts);
    let targets = LinkedIn.targets(&world.call()).await.expect("found");
    assert_eq!(targets.len(), 2);
    let next = LinkedIn.refresh(&world.call()).await.expect("refreshed");
    assert_eq!((&next.refresh, next.access == world.tokens.access), (&world.tokens.refresh, false));
    LinkedIn.revoke(&world.call()).await.expect("revoked");
    assert_eq!(LinkedIn.verify(&world.call()).await.expect_err("revoked").kind, K::TokenExpired);
    assert_eq!(LinkedIn.refresh(&world.call()).await.expect_err("revoked").kind, K::ReconnectNeeded);

    // Everyone's app: the member alone, for sixty days.
    let world = stage.member().await;
    assert_eq!(LinkedIn.targets(&world.call()).await.expect("found").len(), 1);
    assert_eq!(LinkedIn.verify(&world.call()).await.expect("there").account.name, "Lena Vos");
    let life = world.tokens.expires_at.map(|end| end.since(world.clock.now()).as_secs());
    assert_eq!((life, &world.tokens.refresh), (Some(60 * 86_400), &None));
    assert_eq!(LinkedIn.refresh(&world.call()).await.expect_err("no refresh token").kind, K::ReconnectNeeded);
    // A scope that the app doesn't have stops the consent, and the operator is told.
    let wide = stage.world(SELF_SERVE, "openid profile w_member_social w_organization_social");
    let refused = connect(&wide, "lena").await.expect_err("the app doesn't have it");
    assert!(refused.kind == K::AppMisconfigured && refused.code.as_deref() == Some("unauthorized_scope_error"));
    stage.running.act(Network::Linkedin, &Act::ExpireTokens { account: None });
    assert_eq!(LinkedIn.verify(&world.call()).await.expect_err("expired").kind, K::TokenExpired);
}

#[tokio::test]
async fn every_kind_of_post_is_published_found_counted_changed_and_deleted() {
    let stage = Stage::set().await;
    let elsewhere = page().await;
    let world = stage.bakery().await;
    let first = send(&world, &draft(vec![text("First")]), &[]).await.expect("sent");
    for (kind, whole, files) in kinds(&elsewhere, &first.url) {
        let issues = LinkedIn.check(&whole, &world.facts);
        assert!(issues.iter().all(|issue| issue.severity == Severity::Warning), "{kind}: {issues:?}");
        let before = stage.created().len();
        let mut there: Vec<Remote> = Vec::new();
        for at in 0..whole.parts.len() {
            let ready = prepared(&world, &whole, &there, &Journal::default()).await.expect(kind);
            assert_eq!(ready.proof, ProofClass::ReadBack, "{kind}");
            let remote = LinkedIn.send(&world.call(), &ready).await.expect(kind).remote;
            if at == 0 {
                let url = remote.url.parse().expect("an address");
                assert_eq!(LinkedIn.at_address(&world.call(), &ready, &url).await.expect(kind), remote, "{kind}");
            }
            there.push(remote);
        }
        let made = stage.created().split_off(before);
        assert_eq!(made[0].media_count, files, "{kind}");
        if kind == "a text" {
            assert_eq!(made[0].text, "Bread (warm) & #news_1 for Lena Vos <b>");
        }
        if kind == "a first comment" {
            assert_eq!((&made[1].text, &made[1].parent), (&"See (this)".to_owned(), &Some(there[0].id.clone())));
        }
        let seen = world.http.get("a page", &there[0].url).send().await.expect("a page").text();
        if kind == "a link" {
            assert!(seen.contains("The quay (new)") && seen.contains("Of boats") && seen.contains("<img"), "{seen}");
        }
        world.wait(86_400);
        let numbers = LinkedIn.of_posts(&world.call(), &there).await.expect(kind);
        assert_eq!(numbers.len(), 1, "{kind}");
        let replies = (Metric::Replies, there.len() as u64 - 1);
        assert!(numbers[0].remote_id == there[0].id && numbers[0].values.contains(&replies), "{kind}: {numbers:?}");
        let mut better = whole.clone();
        better.parts.iter_mut().for_each(|part| part.text = "Better (now)".to_owned());
        for (at, remote) in there.iter().enumerate() {
            LinkedIn
                .edit(&world.call(), remote, &job(&better, at, &there[..at]), &Journal::default())
                .await
                .expect(kind);
        }
        let seen = world.http.get("a page", &there[0].url).send().await.expect("a page").text();
        assert_eq!(seen.matches("Better (now)").count(), there.len(), "{kind}: {seen}");
        better.parts[0].media.push(picture(9));
        let failure = LinkedIn.edit(&world.call(), &there[0], &job(&better, 0, &[]), &Journal::default()).await;
        assert_eq!(failure.expect_err(kind).kind, K::ContentRefused, "{kind}");
        for remote in there.iter().rev() {
            assert_eq!(LinkedIn.delete(&world.call(), remote).await.expect(kind), Deleted::Gone, "{kind}");
            assert_eq!(LinkedIn.delete(&world.call(), remote).await.expect(kind), Deleted::WasGone, "{kind}");
        }
    }
}

#[tokio::test]
async fn r_04_an_organisation_s_lost_answer_is_decided_by_reads_and_no_kind_is_doubled() {
    let stage = Stage::set().await;
    let elsewhere = page().await;
    let world = stage.bakery().await;
    let first = send(&world, &draft(vec![text("First")]), &[]).await.expect("sent");
    for (kind, whole, _) in kinds(&elsewhere, &first.url) {
        let before = stage.created().len();
        let mut there: Vec<Remote> = Vec::new();
        for _ in 0..whole.parts.len() {
            let journal = Journal::default();
            // Never sent on, then sent and the answer lost.
            let ready = prepared(&world, &whole, &there, &journal).await.expect(kind);
            stage.fault(Fault::Reset { when: When::Before });
            assert_eq!(LinkedIn.send(&world.call(), &ready).await.expect_err("lost").outcome, Outcome::Unknown);
            assert_eq!(look(&world, &ready).await, Finding::Absent { certain: false }, "{kind}");
            let again = prepared(&world, &whole, &there, &journal).await.expect(kind);
            assert_eq!(again.request, ready.request, "{kind}: the same bytes");
            stage.fault(Fault::Reset { when: When::After });
            LinkedIn.send(&world.call(), &again).await.expect_err("lost");
            let found = look(&world, &again).await;
            let Finding::Published { sent, .. } = found else { panic!("{kind}: it is there, not {found:?}") };
            // The guard refuses the same again, and names what is there.
            if there.is_empty() {
                let same = LinkedIn.send(&world.call(), &again).await.expect_err("the same");
                assert!(same.kind == K::Duplicate && same.detail.english().contains(&sent.remote.id), "{same}");
            }
            there.push(sent.remote);
        }
        assert_eq!(stage.created().len() - before, whole.parts.len(), "{kind}");
        for remote in there.iter().rev() {
            LinkedIn.delete(&world.call(), remote).await.expect(kind);
        }
        // The next one is not near this one.
        world.wait(60 * 60);
    }
}

#[tokio::test]
async fn a_member_s_lost_answer_is_for_a_person_and_their_app_says_what_it_lacks() {
    let stage = Stage::set().await;
    let world = stage.member().await;
    let post = draft(vec![with("Look", vec![picture(1)]), comment("First")]);
    let started = world.clock.now();
    let ready = prepared(&world, &post, &[], &Journal::default()).await.expect("ready");
    assert!(world.clock.now().since(started).as_secs() >= 10, "an image whose state is a secret is given time");
    assert_eq!(ready.proof, ProofClass::Person);
    stage.fault(Fault::Reset { when: When::After });
    assert_eq!(LinkedIn.send(&world.call(), &ready).await.expect_err("lost").outcome, Outcome::Unknown);
    assert_eq!(look(&world, &ready).await, Finding::Absent { certain: false });
    let id = stage.created().pop().expect("it is there").remote_id;
    let at = |path: &str| stage.running.origin(Network::Linkedin).join(path).expect("an address");
    let found =
        LinkedIn.at_address(&world.call(), &ready, &at(&format!("feed/update/{id}"))).await.expect("their word");
    assert_eq!(found.id, id);
    for path in ["feed/update/urn:li:activity:7", "in/lena"] {
        let wrong = LinkedIn.at_address(&world.call(), &ready, &at(path)).await.expect_err(path);
        assert_eq!(wrong.kind, K::InputInvalid, "{path}");
    }
    let refused =
        prepared(&world, &post, std::slice::from_ref(&found), &Journal::default()).await.expect_err("no scope");
    assert_eq!((refused.outcome, refused.kind), (Outcome::Rejected, K::ScopeMissing));
    let edited = LinkedIn.edit(&world.call(), &found, &job(&post, 0, &[]), &Journal::default()).await;
    assert_eq!(edited.expect_err("the app may not").kind, K::ScopeMissing);
    assert_eq!(LinkedIn.of_posts(&world.call(), std::slice::from_ref(&found)).await.expect("none"), []);
    stage.own("deletes_again", json!(true));
    for deleted in [Deleted::Gone, Deleted::Gone] {
        assert_eq!(LinkedIn.delete(&world.call(), &found).await.expect("deleted"), deleted);
    }
    // A video whose state is a secret too.
    stage.own("videos_unreadable", json!(true));
    stage.own("plain_etags", json!(true));
    send(&world, &draft(vec![with("Waves", vec![film()])]), &[]).await.expect("sent");
}

#[tokio::test]
async fn files_go_on_where_they_were_and_bad_ones_are_refused_with_their_reason() {
    let stage = Stage::set().await;
    let world = stage.bakery().await;
    let post = draft(vec![with("Waves", vec![film()])]);
    let journal = Journal::default();
    stage.running.turn(Network::Linkedin, |knobs| {
        knobs.faults.push(Rule::once("PUT /dms-uploads/*/1", Fault::Reset { when: When::After }));
    });
    let lost = LinkedIn.prepare(&world.call(), &job(&post, 0, &[]), &journal).await.expect_err("cut off");
    assert_eq!(lost.outcome, Outcome::NotSent, "a file can be sent again");
    let ready = prepared(&world, &post, &[], &journal).await.expect("it goes on");
    LinkedIn.send(&world.call(), &ready).await.expect("sent");
    let begun = world.http.take_exchanges().iter().filter(|one| one.name == "begin the upload").count();
    assert_eq!(begun, 1, "the first part was not sent again");

    let text_file = made_of("t", MediaKind::Image, "image/png", b"not a picture".to_vec());
    let refused = prepared(&world, &draft(vec![with("x", vec![text_file])]), &[], &Journal::default()).await;
    let refused = refused.expect_err("no picture");
    assert!(refused.kind == K::MediaRefused && refused.detail.english().contains("not supported"), "{refused}");
    // A page that says nothing of itself gets no card, and a chosen picture takes the place of the page's.
    let elsewhere = page().await;
    let silent = chosen(json!({ "link": format!("{elsewhere}/silent") }), vec![text("See")]);
    let silent = send(&world, &silent, &[]).await.expect("sent");
    assert!(!world.http.get("a page", &silent.url).send().await.expect("a page").text().contains("<img"));
    let mut own =
        chosen(json!({ "link": format!("{elsewhere}/page"), "link_title": "Ours", "thumbnail": "p7" }), vec![text("")]);
    own.files = [("p7".to_owned(), picture(7))].into();
    let own = send(&world, &own, &[]).await.expect("sent");
    let seen = world.http.get("a page", &own.url).send().await.expect("a page").text();
    assert!(seen.contains("Ours") && seen.contains("Of boats") && seen.contains("<img"), "{seen}");
}

#[tokio::test]
async fn limits_versions_and_comments_that_come_too_soon_are_told_apart() {
    let stage = Stage::set().await;
    let mut world = stage.bakery().await;
    let post = draft(vec![text("Hello"), comment("First")]);
    stage.own("comment_lag_ms", json!(15_000));
    let first = send(&world, &post, &[]).await.expect("sent");
    let early = send(&world, &post, std::slice::from_ref(&first)).await.expect_err("too soon");
    assert_eq!((early.outcome.clone(), early.kind), (Outcome::Throttled, K::RemoteNotFound));
    world.wait_for(&early);
    world.wait_for(&send(&world, &post, std::slice::from_ref(&first)).await.expect_err("still"));
    send(&world, &post, std::slice::from_ref(&first)).await.expect("when it is ready");
    stage.running.turn(Network::Linkedin, |knobs| _ = knobs.rate_limits.insert("posts".into(), 0));
    let slow = send(&world, &draft(vec![text("More")]), &[]).await.expect_err("used up");
    assert_eq!((slow.outcome, slow.kind), (Outcome::Throttled, K::RateLimited));
    stage.running.turn(Network::Linkedin, |knobs| knobs.rate_limits.clear());
    stage.own("is_development_tier", json!(true));
    assert_eq!(send(&world, &draft(vec![text("More")]), &[]).await.expect_err("not for pages").kind, K::ScopeMissing);
    stage.own("is_development_tier", json!(false));
    world.app.values.insert("api_version".into(), Secret::from("202504"));
    let old = send(&world, &draft(vec![text("More")]), &[]).await.expect_err("retired");
    assert!(old.kind == K::AppMisconfigured && old.outcome == Outcome::Rejected, "{old}");
    world.app.values.insert("api_version".into(), Secret::from(" 202609 "));
    send(&world, &draft(vec![text("More")]), &[]).await.expect("a version that an operator chose");
    assert_eq!(stage.created().len(), 3);
}
