//! Scenarios through the door, with a clock that stands still and a platform that does as it is told.

mod again;
mod holding;
mod lapsed;
mod stalled;

use std::time::Duration;

use base::{
    Clock as _, Random as _, Timestamp,
    ids::{AttemptId, ChannelId, NodeId, PublicationId},
    random::SeededRandom,
};
use connector::{
    Connectors, Failure, FailureKind, Outcome, Prepared, ProofClass,
    testing::{Behaviour as B, FakePlatform, Look, Preparation},
};
use db::testing::TestDb;
use serde_json::{Value, json};

use super::{
    Engine, EngineSettings, State,
    engine::Next,
    journal::{Arming, Journal, Record, Then},
    store,
    turn::Turn,
};
use crate::{
    channels::grants,
    testing::{Client, World},
};

const BY_ID: ProofClass = ProofClass::ClientId { repeat_for_s: None };

/// A world with one fake platform and one channel on it.
struct Stage {
    world: World,
    fake: FakePlatform,
    owner: Client,
    channel: ChannelId,
    engine: std::sync::Arc<Engine>,
}

impl Stage {
    async fn both(proof: ProofClass) -> Vec<Stage> {
        let mut stages = Vec::new();
        for db in TestDb::both().await {
            stages.push(Stage::on(db, FakePlatform::new(proof)).await);
        }
        stages
    }

    async fn on(db: TestDb, fake: FakePlatform) -> Stage {
        let connectors = Connectors::new(vec![std::sync::Arc::new(fake.clone())]);
        let world = World::with(db, connectors, |_| {}).await;
        Self::of(world, fake).await
    }

    async fn of(world: World, fake: FakePlatform) -> Stage {
        let owner = world.owner();
        let engine = Engine::new(world.app.clone(), EngineSettings::default());
        let mut stage =
            Stage { world, fake, owner, channel: ChannelId::new(Timestamp::from_micros(0), &base::OsRandom), engine };
        stage.channel = stage.connect("alice").await;
        stage
    }

    /// The owner, who has just signed in again: what touches accounts asks for that.
    async fn recent(&self) -> Client {
        self.world.signed_in_again().await
    }

    async fn connect(&self, name: &str) -> ChannelId {
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
        let answer = self.recent().await.post("/v1/channels/connect", body).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        answer.json["channels"][0]["id"].as_str().expect("an id").parse().expect("a channel")
    }

    async fn post(&self, body: Value) -> PublicationId {
        let answer = self.owner.post("/v1/posts", body).await;
        assert_eq!(answer.status, 201, "{:?}", answer.json);
        answer.json["publications"][0]["id"].as_str().expect("an id").parse().expect("a publication")
    }

    /// A post due half an hour after the beginning.
    async fn schedule(&self, text: &str) -> PublicationId {
        self.schedule_at(text, "2030-01-01T09:30:00Z").await
    }

    async fn schedule_at(&self, text: &str, at: &str) -> PublicationId {
        self.post(json!({ "text": text, "channels": [{ "channel": self.channel }], "schedule": { "at": at } })).await
    }

    /// A thread that is published now.
    async fn thread(&self, texts: &[&str]) -> PublicationId {
        let parts: Vec<Value> = texts.iter().map(|text| json!({ "text": text })).collect();
        self.post(json!({ "parts": parts, "channels": [{ "channel": self.channel }], "schedule": { "now": true } }))
            .await
    }

    async fn at(&self, time: &str) {
        self.world.clock.set(Timestamp::parse(&format!("2030-01-01T{time}Z")).expect("a time"));
        self.engine.drain().await.expect("drained");
    }

    /// The process dies and another one starts.
    async fn restart(&mut self) {
        self.engine = Engine::new(self.world.app.clone(), EngineSettings::default());
        self.engine.recover().await.expect("recovered");
        if self.world.app.db.dialect() == db::Dialect::Postgres {
            // On a shared database a dead node's leases end by themselves.
            self.world.advance(Duration::from_secs(31));
        }
    }

    async fn publication(&self, id: PublicationId) -> super::Publication {
        super::get(&self.world.app, &self.world.scope(), id).await.expect("there")
    }

    async fn state(&self, id: PublicationId) -> State {
        self.publication(id).await.life.state
    }

    /// The acts of the story, oldest first.
    async fn acts(&self, id: PublicationId) -> Vec<String> {
        let story = super::explain(&self.world.app, &self.world.scope(), id).await.expect("a story");
        story.tellings.into_iter().map(|telling| telling.act).collect()
    }
}

#[tokio::test]
async fn a_post_is_published_once_at_its_time_and_not_before() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        let id = stage.schedule("Hello").await;
        stage.at("09:29:59").await;
        assert_eq!(stage.fake.sends(), 0);
        stage.at("09:30:00").await;
        assert_eq!(stage.state(id).await, State::Published);
        stage.at("12:00:00").await;
        assert_eq!(stage.fake.writes_of("Hello"), 1);
        assert_eq!(stage.acts(id).await, ["scheduled", "armed", "accepted"]);
        assert_eq!(stage.publication(id).await.url.as_deref(), Some("https://fake.example/alice/1"));
    }
}

#[tokio::test]
async fn a_post_that_comes_due_while_lanes_are_looked_for_is_published_immediately() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.schedule("Hello").await;
        let due = Timestamp::parse("2030-01-01T09:30:00Z").expect("a time");
        stage.world.clock.jump_once_asked(due);
        assert_eq!(stage.engine.clone().dispatch().await.expect("looked"), Next::At(Some(due)), "not a moment later");
        stage.engine.drain().await.expect("drained");
        assert_eq!(stage.fake.writes_of("Hello"), 1);
    }
}

#[tokio::test]
async fn r_01_a_lost_answer_is_looked_up_and_never_sent_twice() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.next([B::ApplyAndLoseAnswer]);
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        assert_eq!(stage.state(id).await, State::Unknown);
        stage.at("09:31:00").await;
        assert_eq!(stage.state(id).await, State::Published);
        assert_eq!((stage.fake.writes_of("Hello"), stage.fake.sends()), (1, 1));
    }
}

#[tokio::test]
async fn r_03_absence_is_proven_by_the_whole_look_schedule_before_it_is_sent_again() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.next([B::LoseRequest]);
        let id = stage.schedule("Hello").await;
        for time in ["09:30:00", "09:30:11", "09:31:02", "09:35:02", "09:45:02"] {
            stage.at(time).await;
            assert_eq!(stage.state(id).await, State::Unknown, "at {time}");
        }
        stage.at("10:00:02").await;
        assert_eq!(stage.state(id).await, State::Published);
        assert_eq!((stage.fake.writes_of("Hello"), stage.fake.sends()), (1, 2));
    }
}

#[tokio::test]
async fn f_16_a_post_that_shows_late_in_the_listing_is_not_sent_again() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.next([B::ApplyAndLoseAnswer]);
        stage.fake.hide_until(Timestamp::parse("2030-01-01T09:59:00Z").expect("a time"));
        let id = stage.schedule("Hello").await;
        for time in ["09:30:00", "09:30:11", "09:31:02", "09:35:02", "09:45:02", "10:00:02"] {
            stage.at(time).await;
        }
        assert_eq!(stage.state(id).await, State::Published);
        assert_eq!((stage.fake.writes_of("Hello"), stage.fake.sends()), (1, 1));
    }
}

#[tokio::test]
async fn r_03_where_the_platform_knows_our_id_a_repeat_is_safe_and_quick() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.next([B::LoseRequest, B::ApplyAndLoseAnswer]);
        let id = stage.schedule("Hello").await;
        for time in ["09:30:00", "09:30:02", "09:30:30", "09:31:00"] {
            stage.at(time).await;
        }
        assert_eq!(stage.state(id).await, State::Published);
        assert_eq!(stage.fake.writes_of("Hello"), 1);
    }
}

#[tokio::test]
async fn r_03_a_repeat_that_is_throttled_past_the_platform_s_memory_is_never_sent_again() {
    for stage in Stage::both(ProofClass::ClientId { repeat_for_s: Some(3_300) }).await {
        stage.fake.next([B::ApplyAndLoseAnswer, B::Throttle(7_200)]);
        stage.fake.hide_until(Timestamp::parse("2030-01-01T11:00:00Z").expect("a time"));
        let id = stage.schedule("Hello").await;
        let post = stage.publication(id).await.post;
        for time in ["09:30:00", "09:30:20"] {
            stage.at(time).await;
            assert_eq!(
                stage.state(id).await,
                State::Unknown,
                "at {time}: the throttle says nothing of the first attempt"
            );
        }
        let change = json!({ "parts": [{ "text": "Edited" }] });
        let edit = stage.owner.clone().with("if-match", "*").patch(&format!("/v1/posts/{post}"), change).await;
        assert_eq!((edit.status, edit.problem()), (409, "too-late"), "it may be live: no edit is acknowledged");
        for time in ["11:30:30", "11:30:45", "12:00:00", "13:00:00", "14:00:00"] {
            stage.at(time).await;
        }
        assert_eq!((stage.state(id).await, stage.fake.writes_of("Hello")), (State::Published, 1));
    }
}

#[tokio::test]
async fn a_platform_without_proof_asks_a_person_and_sends_nothing_by_itself() {
    for stage in Stage::both(ProofClass::Person).await {
        stage.fake.next([B::LoseRequest]);
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        stage.at("09:31:00").await;
        assert_eq!(stage.state(id).await, State::NeedsEyes);
        stage.at("23:00:00").await;
        assert_eq!(stage.fake.sends(), 1);
        let path = format!("/v1/publications/{id}/decision");
        let answer = stage.owner.post(&path, json!({ "decision": "send" })).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        stage.at("23:00:01").await;
        assert_eq!(stage.state(id).await, State::Published);
        assert_eq!(stage.fake.writes_of("Hello"), 1);
    }
}

#[tokio::test]
async fn f_17_the_same_text_posted_by_hand_at_the_same_time_asks_a_person() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.next([B::ApplyAndLoseAnswer]);
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        stage.fake.by_hand("alice", "Hello", stage.world.now());
        stage.at("09:31:00").await;
        assert_eq!(stage.state(id).await, State::NeedsEyes);
        let path = format!("/v1/publications/{id}/decision");
        let body = json!({ "decision": "is_live", "url": "https://fake.example/alice/1" });
        assert_eq!(stage.owner.post(&path, body).await.status, 200);
        assert_eq!(stage.state(id).await, State::Published);
    }
}

#[tokio::test]
async fn what_a_person_says_is_live_is_read_there_and_a_thread_goes_on_under_it() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.schedule("Another").await;
        stage.at("09:30:00").await;
        stage.fake.for_text("one", [B::ApplyAndLoseAnswer]);
        let parts = json!([{ "text": "one" }, { "text": "two" }]);
        let id = stage
            .post(json!({ "parts": parts, "channels": [{ "channel": stage.channel }], "schedule": { "now": true } }))
            .await;
        stage.at("09:30:01").await;
        stage.fake.by_hand("alice", "one", stage.world.now());
        stage.at("09:35:00").await;
        assert_eq!(stage.state(id).await, State::NeedsEyes);
        let says = async |number: u32| {
            let url = format!("https://fake.example/alice/{number}");
            let path = format!("/v1/publications/{id}/decision");
            stage.owner.post(&path, json!({ "decision": "is_live", "url": url })).await
        };
        for (number, why) in [(99, "no post at this address"), (1, "another publication")] {
            let answer = says(number).await;
            assert_eq!((answer.status, answer.json["errors"][0]["pointer"].as_str()), (422, Some("/url")), "{why}");
            assert!(answer.json.to_string().contains(why), "{:#}", answer.json);
        }
        assert_eq!(stage.state(id).await, State::NeedsEyes);
        assert_eq!(says(3).await.status, 200);
        stage.at("09:35:01").await;
        assert_eq!(stage.state(id).await, State::Published);
        let second = stage.fake.ledger().pop().expect("the second part");
        assert_eq!((second.text.as_str(), second.parent.as_deref()), ("two", Some("3")));
        assert_eq!(says(3).await.status, 409, "it is decided");
    }
}

#[tokio::test]
async fn r_06_a_call_that_hangs_ends_in_doubt_and_is_looked_up() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.next([B::ApplyAndHang]);
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        assert_eq!(stage.state(id).await, State::Unknown);
        stage.at("09:30:02").await;
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Published, 1));
    }
}

#[tokio::test]
async fn r_36_r_44_a_thread_goes_on_where_it_stopped_and_sends_only_what_is_missing() {
    for mut stage in Stage::both(BY_ID).await {
        stage.fake.for_text("two", [B::NotSent, B::ApplyAndLoseAnswer]);
        let parts = json!([{ "text": "one" }, { "text": "two" }, { "text": "three", "kind": "comment" }]);
        let id = stage
            .post(json!({ "parts": parts, "channels": [{ "channel": stage.channel }], "schedule": { "now": true } }))
            .await;
        stage.at("09:00:00").await;
        assert_eq!((stage.state(id).await, stage.publication(id).await.life.part), (State::Scheduled, 1));
        stage.restart().await;
        stage.at("09:05:00").await;
        stage.at("09:05:02").await;
        assert_eq!(stage.state(id).await, State::Published);
        let ledger = stage.fake.ledger();
        let shown: Vec<_> = ledger.iter().map(|entry| (entry.text.as_str(), entry.parent.as_deref())).collect();
        assert_eq!(shown, [("one", None), ("two", Some("1")), ("three", Some("1"))]);
    }
}

#[tokio::test]
async fn r_36_a_handle_is_journaled_and_found_again() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.next([B::NotSent]);
        let id = stage.schedule("with [handle]").await;
        stage.at("09:30:00").await;
        stage.at("09:32:00").await;
        assert_eq!((stage.state(id).await, stage.fake.handles_made()), (State::Published, 1));
    }
}

#[tokio::test]
async fn r_05_a_cancelled_post_is_not_sent_and_an_edited_text_is_published() {
    for stage in Stage::both(BY_ID).await {
        let cancelled = stage.schedule("Never").await;
        let path = format!("/v1/publications/{cancelled}/decision");
        assert_eq!(stage.owner.post(&path, json!({ "decision": "cancel" })).await.status, 200);
        let edited = stage.schedule("Tpyo").await;
        let post = stage.publication(edited).await.post;
        let change = json!({ "parts": [{ "text": "Typo" }] });
        let stale =
            stage.owner.clone().with("if-match", "\"r7\"").patch(&format!("/v1/posts/{post}"), change.clone()).await;
        assert_eq!((stale.status, stale.problem()), (412, "stale-revision"));
        let answer = stage.owner.clone().with("if-match", "\"r1\"").patch(&format!("/v1/posts/{post}"), change).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        stage.at("09:30:00").await;
        assert_eq!(stage.state(cancelled).await, State::Cancelled);
        assert_eq!(
            (stage.fake.writes_of("Never"), stage.fake.writes_of("Tpyo"), stage.fake.writes_of("Typo")),
            (0, 0, 1)
        );
        let late =
            stage.owner.post(&format!("/v1/publications/{edited}/decision"), json!({ "decision": "cancel" })).await;
        assert_eq!((late.status, late.problem()), (409, "too-late"));
    }
}

#[tokio::test]
async fn r_26_a_post_that_is_an_hour_late_asks_instead_of_being_published_silently() {
    for stage in Stage::both(BY_ID).await {
        let id = stage.schedule("Good morning").await;
        stage.at("10:30:01").await;
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Missed, 0));
        let path = format!("/v1/publications/{id}/decision");
        assert_eq!(stage.owner.post(&path, json!({ "decision": "send" })).await.status, 200);
        stage.at("10:30:02").await;
        assert_eq!(stage.state(id).await, State::Published);
    }
}

#[tokio::test]
async fn r_33_a_throttled_channel_makes_one_call_per_window_and_others_are_unaffected() {
    for stage in Stage::both(BY_ID).await {
        let other = stage.connect("bob").await;
        stage.fake.for_text("first", [B::Throttle(900)]);
        let first = stage.schedule("first").await;
        let second = stage.schedule("second").await;
        let body = json!({ "text": "bob's", "channels": [{ "channel": other }], "schedule": { "at": "2030-01-01T09:30:00Z" } });
        let bobs = stage.post(body).await;
        stage.at("09:30:00").await;
        assert_eq!(stage.state(bobs).await, State::Published);
        assert_eq!(stage.state(first).await, State::Scheduled);
        for time in ["09:31:00", "09:40:00", "09:44:59"] {
            stage.at(time).await;
        }
        assert!(stage.fake.sends() <= 3, "{} sends", stage.fake.sends());
        stage.at("09:45:00").await;
        stage.at("09:45:01").await;
        assert_eq!((stage.state(first).await, stage.state(second).await), (State::Published, State::Published));
    }
}

#[tokio::test]
async fn f_09_a_platform_that_asks_to_wait_ten_years_parks_the_post_and_says_so() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.next([B::Throttle(10 * 365 * 86_400)]);
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        let p = stage.publication(id).await;
        assert_eq!((p.life.state, p.reason.as_deref()), (State::Parked, Some("quota_used_up")));
    }
}

#[tokio::test]
async fn p_053_a_dead_login_parks_posts_until_the_reconnect_and_late_ones_ask() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.next([B::Refuse(FailureKind::ReconnectNeeded)]);
        let early = stage.schedule("early").await;
        stage.at("09:30:00").await;
        assert_eq!(stage.state(early).await, State::Parked);
        let body = json!({ "text": "soon", "channels": [{ "channel": stage.channel }], "schedule": { "at": "2030-01-01T10:40:00Z" } });
        let soon = stage.post(body).await;
        stage.at("10:41:00").await;
        assert_eq!((stage.state(soon).await, stage.fake.sends()), (State::Parked, 1));
        let shown = stage.owner.get("/v1/channels").await.json;
        assert_eq!(shown[0]["state"], "needs_reconnect");
        assert_eq!(stage.connect("alice").await, stage.channel, "the same account is the same channel");
        stage.at("10:42:00").await;
        assert_eq!((stage.state(early).await, stage.state(soon).await), (State::Missed, State::Published));
    }
}

#[tokio::test]
async fn s_15_tokens_are_refreshed_ahead_of_their_end_and_once_for_many() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.token_life(3_600);
        let channel = stage.connect("carol").await;
        for n in 0..5 {
            let text = format!("carol {n}");
            let body = json!({ "text": text, "channels": [{ "channel": channel }], "schedule": { "at": "2030-01-01T09:59:30Z" } });
            stage.post(body).await;
        }
        stage.at("09:59:30").await;
        assert_eq!((stage.fake.refreshes(), stage.fake.sends()), (1, 5));
        let grant = crate::channels::get(&stage.world.app, &stage.world.scope(), channel).await.expect("there").grant;
        let refresh = || crate::channels::grants::refresh(&stage.world.app, stage.world.workspace, grant, 2);
        let all = futures::future::join_all((0..20).map(|_| refresh())).await;
        assert!(all.iter().all(|one| one.as_ref().is_ok_and(|opened| opened.version == 3)));
        assert_eq!(stage.fake.refreshes(), 2, "twenty at once are one refresh");
    }
}

#[tokio::test]
async fn a_part_that_answers_an_own_part_made_a_moment_ago_is_tried_again_where_that_is_not_found_yet() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.for_text("two", [B::Refuse(FailureKind::RemoteNotFound), B::Refuse(FailureKind::RemoteNotFound)]);
        let id = stage.thread(&["one", "two"]).await;
        stage.at("09:00:00").await;
        let p = stage.publication(id).await;
        assert_eq!((p.life.state, p.life.part), (State::Scheduled, 1));
        assert!(
            p.detail.as_ref().is_some_and(|detail| detail.english().contains("Part 1 of 2 is live")),
            "{:?}",
            p.detail
        );
        for time in ["09:00:31", "09:01:32"] {
            stage.at(time).await;
        }
        assert_eq!(stage.state(id).await, State::Published);
        let parents: Vec<_> = stage.fake.ledger().into_iter().map(|entry| entry.parent).collect();
        assert_eq!(parents, [None, Some("1".to_owned())]);
    }
}

#[tokio::test]
async fn what_a_part_refers_to_is_waited_for_no_longer_than_ten_minutes_and_never_for_a_stranger_s_post() {
    let stage = Stage::on(TestDb::sqlite().await, FakePlatform::new(BY_ID)).await;
    let gone = || B::Refuse(FailureKind::RemoteNotFound);
    stage.fake.for_text("alone", [gone()]).for_text("two", (0..50).map(|_| gone()));
    let alone = stage.schedule("alone").await;
    let thread = stage.thread(&["one", "two", "three"]).await;
    for minute in 0..25 {
        stage.at(&format!("09:{minute:02}:00")).await;
    }
    assert!((3..9).contains(&stage.fake.sends()), "{} sends", stage.fake.sends());
    let told = stage.publication(thread).await;
    assert_eq!(told.life.state, State::Failed);
    let words = told.detail.expect("it says why");
    assert_eq!(words, "refused by the test. Part 1 of 3 is live. The other parts are not.");
    stage.at("09:30:00").await;
    let told = stage.publication(alone).await;
    assert_eq!(
        (told.life.state, told.detail.map(|detail| detail.english()).as_deref()),
        (State::Failed, Some("refused by the test. Nothing was published."))
    );
}

#[tokio::test]
async fn what_became_of_a_post_is_told_in_the_reader_s_language() {
    let stage = Stage::on(TestDb::sqlite().await, FakePlatform::new(BY_ID)).await;
    stage.fake.for_text("two", [B::Refuse(FailureKind::ContentRefused)]);
    let id = stage.thread(&["one", "two"]).await;
    stage.at("09:00:00").await;
    let path = format!("/v1/publications/{id}/story");
    let dutch = stage.owner.clone().with("accept-language", "nl").with("time-zone", "Europe/Amsterdam");
    let (told, verteld) = (stage.owner.get(&path).await, dutch.get(&path).await);
    let detail =
        |answer: &crate::testing::Answer| answer.json["publication"]["detail"].as_str().expect("why").to_owned();
    assert_eq!(detail(&told), "refused by the test. Part 1 of 2 is live. The last part is not.");
    assert_eq!(detail(&verteld), "refused by the test. Deel 1 van 2 staat online. Het laatste deel niet.");
    assert!(
        verteld.json["next"].as_str().is_some_and(|next| next.starts_with("Beslis: publiceer de rest")),
        "{}",
        verteld.text
    );
    let scheduled = |answer: &crate::testing::Answer| answer.json["story"][0].clone();
    assert_eq!(scheduled(&told)["detail"], "For 1 January 2030, 09:00 UTC.");
    assert_eq!(scheduled(&verteld)["detail"], "Voor 1 januari 2030, 10:00.");
    assert_eq!(scheduled(&verteld)["to"], "2030-01-01T09:00:00Z");
    let accepted =
        verteld.json["story"].as_array().expect("a story").iter().find(|one| one["act"] == "accepted").cloned();
    let accepted = accepted.expect("part 1");
    assert!(accepted["url"].as_str().is_some_and(|url| url.starts_with("https://fake.example/")), "{accepted}");
    assert_eq!(accepted["proof"], "het antwoord van het platform");
}

#[tokio::test]
async fn whatever_stops_a_thread_its_words_say_what_is_live() {
    use FailureKind as K;
    let kinds = [
        K::ContentRefused,
        K::MediaRefused,
        K::Duplicate,
        K::QuotaUsedUp,
        K::AppMisconfigured,
        K::AccountBlocked,
        K::ScopeMissing,
        K::ReconnectNeeded,
        K::InputInvalid,
        K::AddressRefused,
    ];
    for kind in kinds {
        let stage = Stage::on(TestDb::sqlite().await, FakePlatform::new(BY_ID)).await;
        stage.fake.for_text("three", [B::Refuse(kind)]);
        let id = stage.thread(&["one", "two", "three", "four"]).await;
        stage.at("09:00:00").await;
        let story = super::explain(&stage.world.app, &stage.world.scope(), id).await.expect("a story");
        let live = "Parts 1 to 2 of 4 are live. The other parts are not.";
        let detail = story.publication.detail.as_ref().map(|detail| detail.english()).unwrap_or_default();
        assert!(detail.ends_with(live), "{kind:?}: {detail}");
        assert!(story.next.english().contains(live), "{kind:?}: {}", story.next);
        let said: Vec<_> = story
            .tellings
            .iter()
            .filter_map(|telling| telling.detail.as_ref().map(|detail| detail.english()))
            .collect();
        assert!(!said.iter().any(|said| said.contains("Nothing was")), "{kind:?}: {said:?}");
        let path = format!("/v1/publications/{id}/decision");
        assert_eq!(stage.owner.post(&path, json!({ "decision": "drop" })).await.status, 200);
        let story = super::explain(&stage.world.app, &stage.world.scope(), id).await.expect("a story");
        assert!(story.next.english().contains(live), "called off: {}", story.next);
    }
}

#[tokio::test]
async fn s_18_after_the_emergency_stop_nothing_is_sent_until_it_is_lifted() {
    for stage in Stage::both(BY_ID).await {
        let id = stage.schedule("Hello").await;
        assert_eq!(stage.owner.put("/v1/instance/stop", json!({})).await.status, 204);
        stage.at("09:30:00").await;
        assert_eq!((stage.fake.sends(), stage.state(id).await), (0, State::Scheduled));
        assert_eq!(stage.recent().await.delete("/v1/instance/stop").await.status, 204);
        stage.at("09:31:00").await;
        assert_eq!(stage.state(id).await, State::Published);
    }
}

#[tokio::test]
async fn a_paused_channel_holds_its_posts_and_a_pause_with_an_end_ends_by_itself() {
    for stage in Stage::both(BY_ID).await {
        let id = stage.schedule("Hello").await;
        let path = format!("/v1/channels/{}/pause", stage.channel);
        let answer = stage.owner.put(&path, json!({ "reason": "storm", "until": "2030-01-01T10:00:00Z" })).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        stage.at("09:30:00").await;
        let p = stage.publication(id).await;
        assert_eq!(
            (p.life.state, p.detail.map(|detail| detail.english()).as_deref()),
            (State::Parked, Some("The channel is paused: storm"))
        );
        stage.world.clock.set(Timestamp::parse("2030-01-01T10:00:00Z").expect("a time"));
        assert_eq!(crate::channels::end_pauses(&stage.world.app).await.expect("ended"), 1);
        stage.at("10:00:01").await;
        assert_eq!(stage.state(id).await, State::Published);
    }
}

#[tokio::test]
async fn a_post_that_meets_the_end_of_a_pause_is_published_and_does_not_wait_for_it() {
    for stage in Stage::both(BY_ID).await {
        let id = stage.schedule("Hello").await;
        let path = format!("/v1/channels/{}/pause", stage.channel);
        assert_eq!(stage.owner.put(&path, json!({ "reason": "storm" })).await.status, 200);
        stage.world.clock.set(stage.publication(id).await.due_at);
        // The engine has read that the channel is paused; before it can store that the post waits, someone resumes.
        let lanes = stage.engine.take(stage.world.clock.now(), 10).await.expect("taken").expect("nothing is stopped");
        assert_eq!(lanes.len(), 1);
        assert_eq!(stage.owner.delete(&path).await.status, 200);
        for (turn, works) in lanes {
            stage.engine.start(turn, works).await.await.expect("it ended");
        }
        stage.engine.drain().await.expect("the database works");
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Published, 1));
    }
}

#[tokio::test]
async fn a_post_that_meets_a_reconnect_is_published_and_does_not_wait_for_it() {
    for stage in Stage::both(BY_ID).await {
        let id = stage.schedule("Hello").await;
        let grant =
            crate::channels::get(&stage.world.app, &stage.world.scope(), stage.channel).await.expect("there").grant;
        stage.world.clock.set(stage.publication(id).await.due_at);
        assert_eq!(stage.connect("alice").await, stage.channel, "the login is made anew");
        // The tokens of before were refused while that happened, and only now it is stored that the post waits.
        let sql = "UPDATE publications SET state = 'parked', reason = 'reconnect_needed', wake_at = NULL WHERE id = $1";
        let waits = stage.world.app.db.write(async move |tx| tx.execute(sql, db::args![id]).await);
        assert_eq!(waits.await.map_err(|error: db::Error| error.to_string()), Ok(1));
        let found_by = Some(stage.channel);
        let (app, workspace) = (&stage.world.app, stage.world.workspace);
        grants::mark_dead(app, workspace, grant, 1, &"revoked".into(), found_by).await.expect("stored");
        stage.engine.drain().await.expect("the database works");
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Published, 1));
    }
}

#[tokio::test]
async fn s_17_disconnecting_stops_publishing_revokes_and_erases() {
    for stage in Stage::both(BY_ID).await {
        let id = stage.schedule("Hello").await;
        let answer = stage.owner.delete(&format!("/v1/channels/{}", stage.channel)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        assert_eq!(stage.fake.revocations(), 1);
        stage.at("09:30:00").await;
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Parked, 0));
        let sql = "SELECT COUNT(*) AS n FROM grants WHERE tokens_sealed IS NOT NULL OR previous_sealed IS NOT NULL";
        let left = stage.world.app.db.read(async move |tx| tx.one(sql, &[]).await?.int("n")).await;
        assert_eq!(left.map_err(|error: db::Error| error.to_string()), Ok(0));
    }
}

#[tokio::test]
async fn a_processing_post_is_asked_after_until_it_is_live() {
    for stage in Stage::both(ProofClass::Staged).await {
        stage.fake.next([B::Process(2)]);
        let id = stage.schedule("video").await;
        stage.at("09:30:00").await;
        assert_eq!(stage.state(id).await, State::Processing);
        for time in ["09:30:05", "09:30:20", "09:30:40", "09:31:20"] {
            stage.at(time).await;
        }
        assert_eq!((stage.state(id).await, stage.fake.writes_of("video")), (State::Published, 1));
        let shown = stage.owner.get(&format!("/v1/publications/{id}")).await.json;
        let url = shown["url"].as_str().expect("an address");
        assert!(!url.contains("unfinished"), "the address that the platform told when it was done: {url}");
    }
}

#[tokio::test]
async fn events_tell_what_happened_in_order_without_gaps() {
    for stage in Stage::both(BY_ID).await {
        stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        let body = stage.owner.get("/v1/events?after=0").await.json;
        let seqs: Vec<i64> =
            body["items"].as_array().expect("a list").iter().filter_map(|e| e["seq"].as_i64()).collect();
        assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>());
        let kinds: Vec<&str> =
            body["items"].as_array().expect("a list").iter().filter_map(|e| e["kind"].as_str()).collect();
        assert!(kinds.ends_with(&["channel.connected", "post.created", "publication.published"]), "{kinds:?}");
    }
}

/// Takes every lane that is due for a node of its own, with what it has to do.
async fn taken(stage: &Stage) -> (NodeId, Vec<store::Lane>, Vec<store::Work>) {
    let now = stage.world.now();
    let node = NodeId::new(now, &base::OsRandom);
    let taken = stage.world.app.db.write(async move |tx| {
        let lanes = store::claim(tx, node, "batch", now, Duration::from_secs(30), 10).await?;
        Ok::<_, db::Error>((lanes, store::work_of(tx, node, "batch", now, 10).await?))
    });
    let (mut lanes, works) = taken.await.expect("taken");
    lanes.sort_by_key(|lane| works.iter().position(|work| work.publication.channel == lane.channel));
    (node, lanes, works)
}

#[tokio::test]
async fn of_records_written_together_each_holds_or_fails_for_itself() {
    for stage in Stage::both(BY_ID).await {
        for name in ["bob", "carol", "dave"] {
            let channel = stage.connect(name).await;
            let schedule = json!({ "at": "2030-01-01T09:30:00Z" });
            stage.post(json!({ "text": "x", "channels": [{ "channel": channel }], "schedule": schedule })).await;
        }
        stage.schedule("x").await;
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time"));
        let (node, lanes, works) = taken(&stage).await;
        assert_eq!((lanes.len(), works.len()), (4, 4));
        let now = stage.world.now();
        let prepared = Prepared { request: json!({}), client_id: None, proof: BY_ID };
        let first = AttemptId::new(now, &base::OsRandom);
        let mut records = Vec::new();
        for (n, work) in works.iter().enumerate() {
            let p = &work.publication;
            let login = grants::open_for_channel(&stage.world.app, p.workspace, p.channel).await;
            let login = login.expect("read").expect("a login");
            let arming = Arming {
                // The second one's is the first one's: the database refuses that.
                id: if n < 2 { first } else { AttemptId::new(now, &base::OsRandom) },
                op_id: "one",
                begun_at: now,
                prepared: &prepared,
                request_hash: String::new(),
                // The third was prepared with tokens that were renewed meanwhile.
                login: (login.id, login.version + i64::from(n == 2)),
                now,
                deadline: now + Duration::from_secs(10),
                repeats: None,
                hold_until: None,
            };
            let next = super::step(p.life, super::Event::Arm).expect("it may be armed");
            records.push(Record::arm(node, &lanes[n], work, next, &arming).then(node, &lanes[n], Then::GiveBack));
        }
        let journal = Journal::new(stage.world.app.clone());
        let answers = futures::future::join_all(records.into_iter().map(|record| journal.write(record))).await;
        let held: Vec<_> = answers.iter().map(|answer| answer.as_ref().ok().map(|written| written.held)).collect();
        assert_eq!(held, [Some(true), None, Some(false), Some(true)]);
        let states = [State::Armed, State::Scheduled, State::Scheduled, State::Armed];
        for (work, state) in works.iter().zip(states) {
            assert_eq!(stage.state(work.publication.id).await, state);
        }
        let free = "SELECT COUNT(*) AS n FROM lanes WHERE node IS NULL";
        let free = stage.world.app.db.read(async move |tx| tx.one(free, &[]).await?.int("n"));
        assert_eq!(free.await, Ok::<_, db::Error>(2), "what did not hold did not give its lane back");
    }
}

#[tokio::test]
async fn r_35_a_lane_names_the_next_publication_and_gives_itself_back_with_the_outcome_of_the_one_before() {
    for stage in Stage::both(BY_ID).await {
        stage.schedule("one").await;
        stage.schedule("other").await;
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time"));
        let (node, mut lanes, works) = taken(&stage).await;
        let (first, second) = (works[0].publication.id, works[1].publication.id);
        let mut turn = Turn::new(lanes.remove(0), &works, None);
        assert_eq!(turn.in_hand, Some(first));
        // An engine under this node's name, whose lane it is.
        let mut engine = Engine::new(stage.world.app.clone(), EngineSettings::default());
        std::sync::Arc::get_mut(&mut engine).expect("nobody else has it").node = node;
        let current = async || {
            let sql = "SELECT current, node FROM lanes";
            let row = stage.world.app.db.read(async move |tx| tx.one(sql, &[]).await).await;
            let row: db::Row = row.map_err(|error: db::Error| error.to_string()).expect("a lane");
            (row.opt_id("current").expect("an id"), row.opt_text("node").expect("text").is_some())
        };
        let mut works = works.into_iter().peekable();
        let work = works.next().expect("the first");
        turn.begin(works.peek());
        super::carry_out::run(&engine, &mut turn, work).await.expect("carried out");
        assert_eq!((stage.state(first).await, current().await), (State::Published, (Some(second), true)));
        let work = works.next().expect("the second");
        turn.begin(works.peek());
        super::carry_out::run(&engine, &mut turn, work).await.expect("carried out");
        assert_eq!((stage.state(second).await, current().await), (State::Published, (None, false)));
        assert!(turn.given_back);
    }
}

/// Random faults and random deaths over many posts: nothing is doubled, nothing is lost (GR-01, GR-02, GR-07).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_04_under_random_faults_and_deaths_every_post_is_published_at_most_once_and_none_is_forgotten() {
    const ROUNDS: u64 = 10;
    const POSTS: u64 = 60;
    let mut doubts = 0;
    for (round, proof) in (0..ROUNDS).zip([BY_ID, ProofClass::ReadBack, ProofClass::Staged].into_iter().cycle()) {
        let fake = FakePlatform::new(proof);
        let mut stage = Stage::on(TestDb::sqlite().await, fake.clone()).await;
        let chance = SeededRandom::new(round);
        let accounts = [stage.channel, stage.connect("bob").await, stage.connect("carol").await];
        let mut ids = Vec::new();
        for n in 0..POSTS {
            let text = format!("post {n}");
            let faults = (0..chance.below(4)).map(|_| match chance.below(6) {
                0 => B::ApplyAndLoseAnswer,
                1 => B::LoseRequest,
                2 => B::NotSent,
                3 => B::Throttle(chance.below(120)),
                4 => B::Process(2),
                _ => B::Apply,
            });
            fake.for_text(&text, faults.collect::<Vec<_>>());
            let channel = accounts[chance.below(3) as usize];
            let at = stage.world.now() + Duration::from_secs(60 + chance.below(600));
            let body = json!({ "text": text, "channels": [{ "channel": channel }], "schedule": { "at": at } });
            ids.push(stage.post(body).await);
        }
        for _ in 0..80 {
            stage.world.advance(Duration::from_secs(20 + chance.below(160)));
            let engine = stage.engine.clone();
            let working = tokio::spawn(async move { engine.drain().await });
            if chance.below(3) == 0 {
                // Death at some moment: every task of the engine is dropped where it stands.
                tokio::time::sleep(Duration::from_micros(chance.below(4_000))).await;
                stage.engine.die();
                working.abort();
                let _ = working.await;
                stage.restart().await;
            } else {
                working.await.expect("joined").expect("drained");
            }
        }
        for (n, id) in ids.iter().enumerate() {
            let text = format!("post {n}");
            let p = stage.publication(*id).await;
            let writes = fake.writes_of(&text);
            assert!(writes <= 1, "round {round}: {text} is live {writes} times: {:?}", stage.acts(*id).await);
            doubts += usize::from(stage.acts(*id).await.iter().any(|act| act == "in_doubt"));
            let told = p.life.state.waits_for_a_person();
            let by_a_read = proof == BY_ID || proof == ProofClass::Staged;
            assert!(
                !by_a_read || p.life.state != State::NeedsEyes,
                "round {round}: a read decides it, nobody is asked"
            );
            assert!(
                (p.life.state == State::Published && writes == 1) || told,
                "round {round}: {text} stands at {:?} with {writes} writes: {:?}",
                p.life,
                stage.acts(*id).await
            );
        }
    }
    assert!(doubts > 50, "only {doubts} posts were ever in doubt: the faults do not bite");
}
