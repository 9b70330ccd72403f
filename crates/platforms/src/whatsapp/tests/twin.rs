//! The whole connector against the sandbox's twin of WhatsApp, over real HTTP.

use std::sync::Arc;

use base::{Clock as _, OsRandom, TestClock};
use bytes::Bytes;
use connector::{
    Connect, Deleted, Failure, FailureKind as K, Granted, Media, MediaKind, Messaging, Outcome, StartConnect, Webhooks,
    messaging::{
        Category, Content, Filled, Message, MessageState, MessageUpdate, NewTemplate, Person, PersonSaid, Purpose,
        TemplateStatus, Variable, Wish,
    },
    webhooks::HookEvent,
};
use sandbox::{
    Action, Network, Options, Running, Sandbox,
    whatsapp::{CONFIG_ID, PRODUCT},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{NOW, World, app};
use crate::{
    meta::test_world::{decide, read_by},
    test_kit::{Came, listener},
    whatsapp::WhatsApp,
};

const ANN: &str = "447700900101";

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

    /// A world whose app is the sandbox's, connected to no one.
    fn world(&self) -> World {
        let origin = self.running.origin(Network::Whatsapp).as_str();
        let mut world = World::at(origin, &["graph", "www", "chat"], Value::Null, self.clock.clone());
        world.app = app(PRODUCT.id, PRODUCT.secret);
        world.app.values.insert("config_id".into(), CONFIG_ID.into());
        world.tokens = connector::Tokens::default();
        world
    }

    /// Connected to Lena's own number through the sign-up.
    async fn connected(&self, input: Value) -> World {
        let mut world = self.world();
        let granted = sign_up(&world, "lena", input).await.expect("granted");
        let number = granted.channels.iter().find(|found| found.account.name == "Lena Vos Photography").expect("hers");
        world.facts = number.facts.clone();
        world.account_id.clone_from(&number.account.id);
        world.tokens = granted.tokens;
        world
    }

    fn own(&self, name: &str, value: Value) {
        self.running.turn(Network::Whatsapp, |knobs| {
            knobs.own.insert(name.to_owned(), value);
        });
    }

    /// The messages that people got or will get.
    fn sent(&self) -> usize {
        let entries = self.running.ledger().entries(Some(Network::Whatsapp));
        entries.iter().filter(|entry| entry.action == Action::Created).count()
    }

    /// What the twin sends to the installation from now on.
    async fn heard(&self, world: &World) -> UnboundedReceiver<Came> {
        let (address, told) = listener().await;
        self.own("webhook_url", json!(address));
        for _ in 0..2 {
            WhatsApp.subscribe(&world.call()).await.expect("subscribed");
        }
        told
    }

    /// Someone does something on a phone, or Meta decides something.
    async fn does(&self, world: &World, path: &str, form: &[(&str, &str)]) -> String {
        let address = format!("{}{path}", self.running.origin(Network::Whatsapp));
        let reply = world.http.post("on a phone", &address).form(form).send().await.expect("an answer");
        assert!(reply.status < 400, "{}", reply.text());
        reply.text().to_string()
    }

    async fn writes(&self, world: &World, person: &str, said: &str) {
        self.does(world, &format!("phones/{person}/{}", world.account_id), &[("say", said)]).await;
    }

    /// A template that everyone may get, approved.
    async fn notice(&self, world: &World) {
        let made = WhatsApp.make_template(&world.call(), &published()).await.expect("made");
        assert_eq!((made.status, made.category), (TemplateStatus::InReview, Category::Utility));
        world.wait(31);
    }
}

fn published() -> NewTemplate {
    NewTemplate {
        name: "post_published".into(),
        language: "en".into(),
        category: Category::Utility,
        body: "Your post {{title}} was published on your channel.".into(),
        examples: vec![Variable { name: Some("title".into()), value: "Launch".into() }],
        header: None,
        footer: Some("Reply STOP to end these messages".into()),
        answers: vec!["Stop".into()],
    }
}

fn message(reference: &str, content: Content) -> Message {
    let to = Person { number: Some(ANN.into()), user_id: None };
    Message { to, reference: reference.into(), content }
}

fn filled(title: &str) -> Content {
    let value = Variable { name: Some("title".into()), value: title.into() };
    let (name, language) = ("post_published".into(), "en".into());
    Content::Template(Filled { name, language, body: vec![value], ..Filled::default() })
}

async fn send(world: &World, message: &Message, file: Option<&Media>) -> Result<String, Failure> {
    let request = WhatsApp.prepare_message(&world.call(), message, file).await?;
    WhatsApp.send_message(&world.call(), &request).await.map(|accepted| accepted.id)
}

async fn sign_up(world: &World, account: &str, input: Value) -> Result<Granted, Failure> {
    let request = StartConnect {
        input,
        redirect_uri: "http://127.0.0.1:1/connect/whatsapp/callback".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: vec![],
    };
    let started = WhatsApp.start(&world.call(), &request).await?;
    let callback = decide(world, &started.redirect_to, account, "allow").await;
    WhatsApp.finish(&world.call(), &started.memory, &callback).await
}

/// The next webhook about messages or people, as the connector reads it; others are about templates.
async fn next(world: &World, told: &mut UnboundedReceiver<Came>) -> Vec<HookEvent> {
    loop {
        let heard = read_by(&WhatsApp, world, &told.recv().await.expect("a webhook"));
        if heard.iter().any(|event| !matches!(event, HookEvent::Other(_))) {
            return heard;
        }
    }
}

/// The next two states of a message, the earlier one first: they may be told in any order.
async fn two_updates(world: &World, told: &mut UnboundedReceiver<Came>) -> [MessageUpdate; 2] {
    let mut both = [update(world, told).await, update(world, told).await];
    both.sort_by_key(|update| update.state);
    both
}

/// The next state of a message.
async fn update(world: &World, told: &mut UnboundedReceiver<Came>) -> MessageUpdate {
    match next(world, told).await.pop() {
        Some(HookEvent::Message(update)) => *update,
        other => panic!("{other:?}"),
    }
}

async fn said(world: &World, told: &mut UnboundedReceiver<Came>) -> PersonSaid {
    match next(world, told).await.pop() {
        Some(HookEvent::Person(said)) => said,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_sign_up_gives_each_number_that_can_send_and_ends_when_it_is_taken_back() {
    let stage = Stage::set().await;
    stage.own("require_proof", json!(true));
    let mut world = stage.world();
    assert!(WhatsApp.test_app(&world.call()).await.expect("the app is known"));
    let granted = sign_up(&world, "lena", json!({ "conversations": "yes" })).await.expect("granted");
    let names: Vec<&str> = granted.channels.iter().map(|found| found.account.name.as_str()).collect();
    assert_eq!(names, ["Lena Vos Photography", "Test WhatsApp Business Account"]);
    let number = &granted.channels[0];
    assert_eq!(WhatsApp.purpose(&number.facts), Purpose::Conversations);
    assert!(number.account.url.ends_with("/447700900201"), "{}", number.account.url);
    assert_eq!((&number.facts["status"], &granted.channels[1].facts["is_test"]), (&json!("CONNECTED"), &json!(true)));
    let picture = number.account.avatar.clone().expect("a picture");
    let shown = world.http.get("see the picture", &picture).send().await.expect("an answer");
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")));
    world.tokens = granted.tokens.clone();
    assert_eq!(WhatsApp.targets(&world.call()).await.expect("listed"), granted.channels);
    (world.account_id, world.facts) = (number.account.id.clone(), number.facts.clone());
    assert_eq!(&WhatsApp.verify(&world.call()).await.expect("read"), number);
    assert_eq!(WhatsApp.refresh(&world.call()).await.expect_err("it has no successor").kind, K::ReconnectNeeded);
    for _ in 0..2 {
        WhatsApp.revoke(&world.call()).await.expect("revoked");
    }
    assert_eq!(WhatsApp.verify(&world.call()).await.expect_err("ended").kind, K::ReconnectNeeded);
}

#[tokio::test]
async fn p_063_a_pasted_token_is_tested_and_without_a_choice_the_number_is_for_notices() {
    let stage = Stage::set().await;
    let world = stage.world();
    let page = stage.does(&world, "manager", &[("what", "token"), ("id", "lena"), ("value", "")]).await;
    let token =
        page.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>")).expect("a token").0.to_owned();
    let paste =
        async |world: &World, token: &str| WhatsApp.with_password(&world.call(), &json!({ "token": token })).await;
    let granted = paste(&world, &token).await.expect("granted");
    assert_eq!(granted.channels.len(), 2);
    assert_eq!(WhatsApp.purpose(&granted.channels[0].facts), Purpose::Notices);
    // Without the app, the token itself is asked what it is for.
    let bare = World { app: connector::AppCredentials::default(), ..stage.world() };
    assert_eq!(paste(&bare, &token).await.expect("granted").channels.len(), 2);
    for (token, kind) in [("short", K::InputInvalid), ("EAAJthis-is-no-token-of-anyone", K::ReconnectNeeded)] {
        assert_eq!(paste(&world, token).await.expect_err(token).kind, kind, "{token}");
    }
    let other = World { app: app("999", PRODUCT.secret), ..stage.world() };
    assert!(paste(&other, &token).await.is_err(), "it was made for another app");
    // It may be in use elsewhere: disconnecting ends the webhooks and not the token.
    let mut connected = stage.world();
    connected.tokens = granted.tokens;
    WhatsApp.revoke(&connected.call()).await.expect("ended");
    assert_eq!(WhatsApp.targets(&connected.call()).await.expect("it still works").len(), 2);
    let refused = WhatsApp.with_password(&world.call(), &json!({ "token": token, "pin": "12" })).await;
    assert_eq!(refused.expect_err("no PIN").kind, K::InputInvalid);
}

#[tokio::test]
async fn templates_are_made_reviewed_listed_and_deleted_language_by_language() {
    let stage = Stage::set().await;
    let world = stage.connected(json!({})).await;
    stage.own("reviews", json!({ "tips": "REJECTED" }));
    stage.notice(&world).await;
    let dutch = NewTemplate { language: "nl".into(), ..published() };
    WhatsApp.make_template(&world.call(), &dutch).await.expect("made");
    let again = WhatsApp.make_template(&world.call(), &dutch).await.expect_err("twice");
    assert_eq!((again.outcome, again.kind), (Outcome::Rejected, K::Duplicate));
    let edge = NewTemplate { name: "edge".into(), body: "{{title}} is out".into(), ..published() };
    assert_eq!(WhatsApp.make_template(&world.call(), &edge).await.expect_err("at the edge").kind, K::ContentRefused);
    let tips = NewTemplate { name: "tips".into(), category: Category::Marketing, ..published() };
    WhatsApp.make_template(&world.call(), &tips).await.expect("made");
    let code = NewTemplate { name: "login_code".into(), category: Category::Authentication, ..published() };
    WhatsApp.make_template(&world.call(), &code).await.expect("made");
    world.wait(31);
    let mut all = WhatsApp.templates(&world.call()).await.expect("listed");
    all.sort_by_key(|one| (one.name.clone(), one.language.clone()));
    let seen: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.language.as_str(), one.status)).collect();
    let approved = TemplateStatus::Approved;
    assert_eq!(
        seen,
        [
            ("login_code", "en", approved),
            ("post_published", "en", approved),
            ("post_published", "nl", approved),
            ("tips", "en", TemplateStatus::Rejected),
        ]
    );
    assert_eq!((all[1].body.as_str(), all[3].reason.is_some()), (published().body.as_str(), true));
    for deleted in [Deleted::Gone, Deleted::WasGone] {
        let gone = WhatsApp.delete_template(&world.call(), "post_published", Some("nl")).await;
        assert_eq!(gone.expect("deleted"), deleted);
    }
    assert_eq!(WhatsApp.delete_template(&world.call(), "post_published", None).await.expect("deleted"), Deleted::Gone);
    assert_eq!(WhatsApp.delete_template(&world.call(), "never", None).await.expect("deleted"), Deleted::WasGone);
    assert_eq!(WhatsApp.templates(&world.call()).await.expect("listed").len(), 2);
}

#[tokio::test]
async fn a_notice_arrives_is_read_and_a_stop_is_heard_whatever_the_words_around_it() {
    let stage = Stage::set().await;
    let world = stage.connected(json!({})).await;
    let mut told = stage.heard(&world).await;
    stage.notice(&world).await;
    let request =
        WhatsApp.prepare_message(&world.call(), &message("msg_1", filled("Launch")), None).await.expect("ready");
    assert_eq!(stage.sent(), 0, "nothing is sent by preparing");
    let accepted = WhatsApp.send_message(&world.call(), &request).await.expect("taken");
    assert_eq!(accepted.person.number.as_deref(), Some(ANN));
    world.wait(1);
    let both = two_updates(&world, &mut told).await;
    assert_eq!(both.each_ref().map(|update| update.state), [MessageState::Sent, MessageState::Delivered]);
    for update in both {
        assert_eq!((update.id.as_str(), update.reference.as_deref()), (accepted.id.as_str(), Some("msg_1")));
        assert_eq!((update.person.number.as_deref(), update.why), (Some(ANN), None));
    }
    let chat = format!("{}phones/ann/{}", stage.running.origin(Network::Whatsapp), world.account_id);
    let page = world.http.get("look at the phone", &chat).send().await.expect("an answer").text().to_string();
    assert!(page.contains("Your post Launch was published") && page.contains("Stop"), "{page}");
    assert_eq!(update(&world, &mut told).await.state, MessageState::Read);
    stage.writes(&world, "ann", " Stoppen! ").await;
    let stop = said(&world, &mut told).await;
    assert_eq!((stop.wish, stop.person.number.as_deref(), stop.is_message), (Some(Wish::Stop), Some(ANN), true));
    assert_eq!((stop.account, stop.at), (world.account_id.clone(), Some(world.clock.now())));
    stage.writes(&world, "ann", "canary").await;
    assert_eq!(said(&world, &mut told).await.wish, None);
    // The window is open now, and a number for notices sends nothing free all the same.
    assert!(send(&world, &message("msg_2", Content::Text("Hi".into())), None).await.is_err());
    assert_eq!(stage.sent(), 1);
}

#[tokio::test]
async fn free_messages_go_out_within_a_day_after_the_person_wrote_and_fail_by_webhook_after_it() {
    let stage = Stage::set().await;
    let world = stage.connected(json!({ "conversations": "yes" })).await;
    let mut told = stage.heard(&world).await;
    let early = send(&world, &message("early", Content::Text("Hi".into())), None).await.expect("taken");
    world.wait(1);
    let failed = update(&world, &mut told).await;
    assert_eq!((failed.id, failed.state, failed.reference.as_deref()), (early, MessageState::Failed, Some("early")));
    assert_eq!(failed.why.expect("why").code, "131047");
    stage.writes(&world, "ann", "Where are you?").await;
    assert!(said(&world, &mut told).await.is_message);
    let picture = Bytes::from(sandbox::portraits::png("ann"));
    let picture = Media {
        id: "cat".into(),
        kind: MediaKind::Image,
        mime: "image/png".into(),
        size_bytes: picture.len() as u64,
        width: 128,
        height: 128,
        duration_ms: None,
        video_codec: None,
        animated: false,
        alt: None,
        sha256: String::new(),
        source: Arc::new(picture),
    };
    send(&world, &message("text", Content::Text("At the quay, é 👍".into())), None).await.expect("taken");
    send(&world, &message("file", Content::File("Look".into())), Some(&picture)).await.expect("taken");
    world.wait(1);
    for _ in 0..4 {
        assert_ne!(update(&world, &mut told).await.state, MessageState::Failed);
    }
    assert_eq!(stage.sent(), 2);
    let gif = Media { kind: MediaKind::Gif, mime: "image/gif".into(), ..picture.clone() };
    assert_eq!(
        send(&world, &message("gif", Content::File(String::new())), Some(&gif)).await.expect_err("no").kind,
        K::MediaRefused
    );
    let large = Media { size_bytes: 6 << 20, ..picture };
    assert_eq!(
        send(&world, &message("big", Content::File(String::new())), Some(&large)).await.expect_err("no").kind,
        K::MediaRefused
    );
}

#[tokio::test]
async fn r_09_a_lost_answer_is_decided_by_the_state_that_carries_our_own_name() {
    let stage = Stage::set().await;
    let world = stage.connected(json!({})).await;
    let mut told = stage.heard(&world).await;
    stage.notice(&world).await;
    stage.own("lost_answer_one_in", json!(1));
    let lost = send(&world, &message("msg_lost", filled("Launch")), None).await.expect_err("no answer");
    assert_eq!((lost.outcome, lost.kind), (Outcome::Unknown, K::Unavailable));
    world.wait(1);
    let [sent, _] = two_updates(&world, &mut told).await;
    assert_eq!((sent.reference.as_deref(), sent.state), (Some("msg_lost"), MessageState::Sent));
    assert!(!sent.id.is_empty(), "and tells the id that the answer would have told");
    stage.own("lost_answer_one_in", json!(0));
    // What is refused is not sent.
    stage.own("refuse", json!({ "messages": 130_429 }));
    let slow = send(&world, &message("msg_slow", filled("Launch")), None).await.expect_err("too fast");
    assert_eq!((slow.outcome, slow.kind), (Outcome::Throttled, K::RateLimited));
    assert!(slow.retry_at.is_some_and(|at| at > world.clock.now()));
    stage.own("refuse", json!({}));
    let missing = Content::Template(Filled { name: "missing".into(), language: "en".into(), ..Filled::default() });
    let none = send(&world, &message("msg_none", missing), None).await.expect_err("no such template");
    assert_eq!((none.outcome, none.code.as_deref()), (Outcome::Rejected, Some("132001")));
    assert_eq!(stage.sent(), 1);
}

#[tokio::test]
async fn someone_who_wants_no_marketing_is_named_by_the_preference_and_by_the_failure() {
    let stage = Stage::set().await;
    let world = stage.connected(json!({})).await;
    let mut told = stage.heard(&world).await;
    let offer = NewTemplate { category: Category::Marketing, ..published() };
    WhatsApp.make_template(&world.call(), &offer).await.expect("made");
    world.wait(31);
    stage.does(&world, &format!("phones/ann/{}", world.account_id), &[("do", "marketing")]).await;
    let wish = said(&world, &mut told).await;
    assert_eq!((wish.wish, wish.is_message), (Some(Wish::StopMarketing), false));
    send(&world, &message("offer", filled("Launch")), None).await.expect("taken");
    world.wait(1);
    let heard = next(&world, &mut told).await;
    let [HookEvent::Person(said), HookEvent::Message(failed)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!((said.wish, failed.state), (Some(Wish::StopMarketing), MessageState::Failed));
    assert_eq!(failed.why.as_ref().map(|why| why.code.as_str()), Some("131050"));
}
