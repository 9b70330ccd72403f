//! The whole connector against the sandbox's twin of Telegram, over real HTTP.

use std::sync::Arc;

use base::{OsRandom, Secret, TestClock};
use bytes::Bytes;
use connector::{
    Connect, Deleted, Draft, Failure, FailureKind as K, Finding, Granted, Media, MediaKind, Outcome, Part, Poll,
    ProofClass, Publish, Remote, Sent, Tokens, Trace,
};
use sandbox::{
    Action, Entry, Fault, Network, Options, Rule, Running, Sandbox, When,
    telegram::{ABOUT, TOKEN},
};
use serde_json::Value;

use super::*;
use crate::telegram::Telegram;

const GROUP: &str = "-2000000003";

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

    /// Connected to nobody.
    fn world(&self) -> World {
        let origin = self.running.origin(Network::Telegram).as_str();
        let mut world = World::at(origin, &["api", "web"], Value::Null, self.clock.clone());
        world.tokens = Tokens::default();
        world
    }

    async fn connected(&self, chat: &str) -> World {
        let mut world = self.world();
        let granted = connect(&world, TOKEN, chat).await.expect("granted");
        world.account_id = granted.channels[0].account.id.clone();
        world.facts = granted.channels[0].facts.clone();
        world.tokens = granted.tokens;
        world
    }

    fn entries(&self, action: Action) -> Vec<Entry> {
        let entries = self.running.ledger().entries(Some(Network::Telegram));
        entries.into_iter().filter(|entry| entry.action == action).collect()
    }

    fn fault(&self, fits: &str, fault: Fault) {
        self.running.turn(Network::Telegram, |knobs| knobs.faults.push(Rule::once(fits, fault)));
    }

    /// Presses a button on BotFather's page.
    async fn press(&self, path: &str, fields: &[(&str, &str)]) {
        let address = format!("{}botfather/{path}", self.running.origin(Network::Telegram));
        let reply = self.world().http.post("press the button", address).form(fields).send().await.expect("an answer");
        assert_eq!(reply.status, 303, "{path}: {}", reply.text());
    }

    async fn right(&self, chat: &str, standing: &str) {
        self.press("rights", &[("bot", "7000000001"), ("chat", chat), ("standing", standing)]).await;
    }
}

async fn connect(world: &World, token: &str, chat: &str) -> Result<Granted, Failure> {
    Telegram.with_password(&world.call(), &json!({ "token": token, "chat": chat })).await
}

/// Sends one part.
async fn send(world: &World, draft: &Draft, earlier: &[Remote]) -> Result<Sent, Failure> {
    let job = job(draft, earlier.len(), earlier);
    let ready = Telegram.prepare(&world.call(), &job, &Journal::default()).await?;
    assert_eq!((ready.proof, Telegram.proof(&job, &world.facts)), (ProofClass::Person, ProofClass::Person));
    Telegram.send_with(&world.call(), &ready, &draft.parts[earlier.len()].media).await
}

/// Sends all parts of a draft, as the engine would when all goes well.
async fn publish(world: &World, draft: &Draft) -> Vec<Remote> {
    let mut there = Vec::new();
    for _ in &draft.parts {
        world.wait(61);
        there.push(send(world, draft, &there).await.expect("sent").remote);
    }
    there
}

async fn edit(world: &World, remote: &Remote, draft: &Draft) -> Result<Sent, Failure> {
    Telegram.edit(&world.call(), remote, &job(draft, 0, &[]), &Journal::default()).await
}

fn media(kind: MediaKind, mime: &str, bytes: Vec<u8>) -> Media {
    let mut media = file(&hex::encode(&bytes[bytes.len().saturating_sub(8)..]), kind, mime, None);
    (media.size_bytes, media.source) = (bytes.len() as u64, Arc::new(Bytes::from(bytes)));
    media
}

fn picture(width: u32) -> Media {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(480u32.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes.extend(width.to_be_bytes());
    media(MediaKind::Image, "image/png", bytes)
}

fn film() -> Media {
    media(MediaKind::Video, "video/mp4", include_bytes!("../../../../server/tests/server/storm/clip.mp4").to_vec())
}

fn with(text: &str, media: Vec<Media>) -> Part {
    Part { media, ..super::text(text) }
}

fn all_kinds() -> Vec<(&'static str, Draft)> {
    let gif = b"GIF89a\x20\0\x10\0\0\0\0\x21\xf9\x04\0\x0a\0\0\0\0\x2c\x21\xf9\x04\0\x0a\0\0\0\0\x2c".to_vec();
    let poll = Poll { options: vec!["Tea".into(), "Coffee".into()], duration_minutes: 60, multiple: false };
    let options =
        json!({ "bold": ["bold"], "spoilers": ["hidden"], "disable_notification": true, "link_preview": "small" });
    vec![
        ("text", Draft { options, ..draft(vec![text("🚢 bold and hidden, see https://example.com/a")]) }),
        ("photo", draft(vec![with("Look", vec![picture(640)])])),
        ("video", draft(vec![with("", vec![film()])])),
        ("GIF", draft(vec![with("Moves", vec![media(MediaKind::Gif, "image/gif", gif)])])),
        ("album", draft(vec![with("Three", vec![picture(640), film(), picture(641)])])),
        ("poll", draft(vec![Part { poll: Some(poll), ..text("Which?") }])),
    ]
}

#[tokio::test]
async fn a_token_and_a_chat_connect_and_what_is_wrong_names_the_next_click() {
    let stage = Stage::set().await;
    let world = stage.world();
    let other = "7000000001:AAEsandboxsandboxsandboxsandbox0002";
    for (token, chat, words) in [
        ("123", "@harbour_news", "@BotFather"),
        ("../../x:AAEsandboxsandboxsandboxsandbox0002", "@harbour_news", "@BotFather"),
        (other, "@harbour_news", "/mybots"),
        (TOKEN, "no chat", "like @mychannel"),
        (TOKEN, "@nowhere_at_all", "Check the name"),
    ] {
        let failure = connect(&world, token, chat).await.expect_err(chat);
        assert_eq!((failure.kind, failure.outcome.clone()), (K::InputInvalid, Outcome::Rejected), "{failure}");
        let said = failure.detail.to_string();
        assert!(said.contains(words) && !said.contains("AAEsandbox"), "{said}");
    }
    for (standing, words) in [("silent", "turn on Post messages"), ("kicked", "Add admin"), ("out", "Add admin")] {
        stage.right("-1002000000001", standing).await;
        let failure = connect(&world, TOKEN, "@harbour_news").await.expect_err(standing);
        assert_eq!(failure.kind, K::InputInvalid, "{failure}");
        assert!(failure.detail.to_string().contains(words), "{standing}: {}", failure.detail);
    }
    stage.right("-1002000000001", "admin").await;
    stage.right(GROUP, "member").await;
    let origin = stage.running.origin(Network::Telegram);
    for (chat, id, page) in [
        ("https://t.me/harbour_news", "-1002000000001", "harbour_news"),
        ("https://t.me/c/2000000002/1", "-1002000000002", "c/2000000002"),
        (GROUP, GROUP, ""),
    ] {
        let granted = connect(&world, TOKEN, chat).await.expect("granted");
        let account = &granted.channels[0].account;
        assert_eq!((account.id.as_str(), account.url.as_str()), (id, format!("{origin}{page}").as_str()));
        assert_eq!(granted.account.id, account.id, "each chat is a channel of its own, with the same token");
        assert_eq!(account.avatar, None, "its address would hold the token");
    }
}

#[tokio::test]
async fn every_kind_is_published_read_by_people_changed_and_deleted() {
    let stage = Stage::set().await;
    let world = stage.connected("@harbour_news").await;
    for (name, draft) in all_kinds() {
        assert!(Telegram.check(&draft, &world.facts).is_empty(), "{name}");
        let remote = publish(&world, &draft).await.remove(0);
        let created = stage.entries(Action::Created).pop().expect("an entry");
        let part = &draft.parts[0];
        assert_eq!(
            (&created.remote_id, &created.text, created.media_count),
            (&remote.id, &part.text, part.media.len()),
            "{name}"
        );
        let page = world.http.get("a page", &remote.url).send().await.expect("a page");
        assert!(page.is_success() && page.text().contains("Harbour News"), "{name}: {}", remote.url);
        assert_eq!(edit(&world, &remote, &draft).await.expect("as it is").remote, remote, "{name}: nothing to change");
        let mut changed = draft.clone();
        changed.parts[0].text = "Changed".to_owned();
        if part.poll.is_some() {
            assert_eq!(edit(&world, &remote, &changed).await.expect_err("a poll").kind, K::ContentRefused);
        } else {
            let edited = edit(&world, &remote, &changed).await.expect(name);
            assert_eq!(
                (&edited.remote, &stage.entries(Action::Edited).pop().expect("an entry").text),
                (&remote, &"Changed".to_owned())
            );
        }
        assert_eq!(Telegram.delete(&world.call(), &remote).await.expect("deleted"), Deleted::Gone, "{name}");
        let page = world.http.get("a page", &remote.url).send().await.expect("a page");
        assert_eq!(page.status, 404, "{name}: the whole album is gone");
        if part.media.len() < 2 {
            assert_eq!(Telegram.delete(&world.call(), &remote).await.expect("gone"), Deleted::WasGone, "{name}");
        }
    }
}

#[tokio::test]
async fn files_change_one_by_one_and_a_thread_answers_its_parts() {
    let stage = Stage::set().await;
    let world = stage.connected("@harbour_news").await;
    let thread = draft(vec![text("One"), with("Two", vec![picture(640)]), text("Three")]);
    let there = publish(&world, &thread).await;
    let parents: Vec<_> = stage.entries(Action::Created).into_iter().map(|entry| entry.parent).collect();
    assert_eq!(parents, [None, Some(there[0].id.clone()), Some(there[1].id.clone())]);
    let photo = publish(&world, &draft(vec![with("Look", vec![picture(640)])])).await.remove(0);
    let other = draft(vec![with("Look", vec![film()])]);
    let edited = edit(&world, &photo, &other).await.expect("another file").remote;
    assert_eq!((edited.id == photo.id, edited.extra == photo.extra), (true, false));
    assert_eq!(edit(&world, &edited, &other).await.expect("the same").remote, edited);
    let more = draft(vec![with("Look", vec![picture(640), film()])]);
    assert_eq!(edit(&world, &edited, &more).await.expect_err("one more").kind, K::ContentRefused);
    Telegram.delete(&world.call(), &there[0]).await.expect("deleted");
    assert_eq!(edit(&world, &there[0], &thread).await.expect_err("gone").kind, K::RemoteNotFound);
    let failure = send(&world, &thread, &there[..1]).await.expect_err("its parent is gone");
    assert_eq!((failure.kind, failure.outcome), (K::RemoteNotFound, Outcome::Rejected));
    world.wait(48 * 3600 + 1);
    let late = Telegram.delete(&world.call(), &there[1]).await.expect_err("too late");
    assert!(late.kind == K::ContentRefused && late.detail.to_string().contains("48 hours"), "{late}");
}

#[tokio::test]
async fn a_lost_answer_is_for_a_person_who_shows_the_message() {
    let stage = Stage::set().await;
    let world = stage.connected("@harbour_news").await;
    let post = draft(vec![with("Look", vec![picture(640)])]);
    let ready = Telegram.prepare(&world.call(), &job(&post, 0, &[]), &Journal::default()).await.expect("ready");
    let restart = Fault::Status {
        status: 500,
        when: When::After,
        body: Some(r#"{"ok":false,"error_code":500,"description":"Internal Server Error: restart"}"#.into()),
        headers: [].into(),
    };
    for (made, fault) in
        [(0, Fault::Reset { when: When::Before }), (1, Fault::Reset { when: When::After }), (2, restart)]
    {
        world.wait(61);
        stage.fault("publish", fault);
        let failure = Telegram.send_with(&world.call(), &ready, &post.parts[0].media).await.expect_err("lost");
        assert_eq!(failure.outcome, Outcome::Unknown, "{failure}");
        assert!(failure.detail.to_string().contains("bots can't read chats"), "{failure}");
        assert_eq!(stage.entries(Action::Created).len(), made);
    }
    let trace = Trace { ready: &ready, armed_at: NOW, deadline: NOW, sent: None, taken: &[] };
    let found = Telegram.look_up(&world.call(), &trace).await.expect("nothing is read");
    assert_eq!(found, Finding::Absent { certain: false });
    let origin = stage.running.origin(Network::Telegram);
    let at = |path: &str| origin.join(path).expect("an address");
    let remote = Telegram.at_address(&world.call(), &ready, &at("harbour_news/1")).await.expect("the person's word");
    assert_eq!((remote.id.as_str(), remote.url), ("1", at("harbour_news/1").to_string()));
    let wrong = Telegram.at_address(&world.call(), &ready, &at("other_news/1")).await.expect_err("another chat");
    assert_eq!(wrong.kind, K::InputInvalid);
}

#[tokio::test]
async fn limits_rights_and_tokens_that_end_stop_what_they_must() {
    let stage = Stage::set().await;
    let mut world = stage.connected("@harbour_news").await;
    let post = draft(vec![text("Hello")]);
    stage.running.turn(Network::Telegram, |knobs| {
        knobs.rate_limits.insert("chat".into(), 1);
    });
    send(&world, &post, &[]).await.expect("the first");
    let slow = send(&world, &post, &[]).await.expect_err("the second");
    assert_eq!((slow.kind, slow.outcome.clone()), (K::RateLimited, Outcome::Throttled));
    world.wait_for(&slow);
    send(&world, &post, &[]).await.expect("when it said");
    for (standing, kind) in [("silent", K::ScopeMissing), ("kicked", K::AccountBlocked), ("out", K::AccountBlocked)] {
        stage.right("-1002000000001", standing).await;
        let failure = send(&world, &post, &[]).await.expect_err(standing);
        assert_eq!((failure.kind, failure.outcome), (kind, Outcome::Rejected), "{standing}");
        let found = Telegram.verify(&world.call()).await.expect("the chat is there");
        assert_eq!(found.facts["is_shut_out"], true, "{standing}");
    }
    stage.right("-1002000000001", "admin").await;
    assert_eq!(Telegram.verify(&world.call()).await.expect("well").facts, world.facts);
    stage.running.act(Network::Telegram, &sandbox::Act::RevokeGrants { account: None });
    assert_eq!(send(&world, &post, &[]).await.expect_err("revoked").kind, K::ReconnectNeeded);
    assert_eq!(Telegram.verify(&world.call()).await.expect_err("revoked").kind, K::ReconnectNeeded);
    world.tokens.access = Some(Secret::new("7:x".into()));
    assert_eq!(send(&world, &post, &[]).await.expect_err("malformed").kind, K::ReconnectNeeded);
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_is_followed() {
    let stage = Stage::set().await;
    let mut world = stage.connected(GROUP).await;
    let post = draft(vec![text("Hello")]);
    let first = send(&world, &post, &[]).await.expect("sent").remote;
    // It moves between preparing and sending.
    let ready = Telegram.prepare(&world.call(), &job(&post, 0, &[]), &Journal::default()).await.expect("ready");
    stage.press("upgrade", &[("chat", GROUP)]).await;
    let failure = Telegram.send_with(&world.call(), &ready, &[]).await.expect_err("moved");
    assert_eq!(failure.outcome, Outcome::Throttled, "{failure}");
    let second = send(&world, &post, &[]).await.expect("there").remote;
    assert!(second.extra["chat"] != first.extra["chat"] && second.url.contains("/c/"), "{second:?}");
    let found = Telegram.verify(&world.call()).await.expect("found");
    assert_eq!((found.account.id.as_str(), &found.facts["kind"]), (GROUP, &json!("supergroup")), "the same channel");
    world.facts = found.facts;
    assert!(send(&world, &post, &[]).await.expect("sent").remote.url.contains("/c/"));
}

#[tokio::test]
async fn s_08_the_token_stands_in_the_address_and_reaches_no_record() {
    let stage = Stage::set().await;
    let world = stage.connected("@harbour_news").await;
    for (_, draft) in all_kinds() {
        publish(&world, &draft).await;
    }
    let post = draft(vec![text("Hello")]);
    let mut said = Vec::new();
    for fault in [Fault::Reset { when: When::After }, Fault::HtmlBody, Fault::Truncate] {
        stage.fault("publish", fault);
        let failure = send(&world, &post, &[]).await.expect_err("lost");
        said.push(format!("{failure} {failure:?}"));
    }
    // What answers may repeat the address.
    let repeats = Fault::Status {
        status: 404,
        when: When::Before,
        body: Some(format!("<p>There is nothing at /bot{TOKEN}/sendMessage</p>")),
        headers: [].into(),
    };
    stage.fault("publish", repeats);
    let failure = send(&world, &post, &[]).await.expect_err("nothing there");
    said.push(format!("{failure} {failure:?}"));
    connect(&world, &TOKEN.replace("0001", "0009"), "@harbour_news").await.expect_err("unknown");
    let recorded = world.http.take_exchanges();
    assert!(recorded.len() > 10 && recorded.iter().all(|one| one.url.contains("/bot[secret]/")), "{recorded:?}");
    said.push(serde_json::to_string(&recorded).expect("plain data"));
    for text in said {
        assert!(!text.contains("AAEsandbox"), "{text}");
    }
    assert_eq!(ABOUT.platforms[0].id, "telegram");
}
