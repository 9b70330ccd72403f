//! What holds a post, its account or its lane: deaths, failed looks, used-up limits, and what continues meanwhile.

use super::*;

#[tokio::test]
async fn r_35_a_post_that_kills_its_worker_is_set_aside_and_the_others_go_on() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.for_text("poison", [B::Panic, B::Panic, B::Panic, B::Panic]);
        let poison = stage.schedule("poison").await;
        let fine = stage.schedule("fine").await;
        for minute in 30..50 {
            stage.at(&format!("09:{minute}:00")).await;
        }
        assert_eq!(stage.state(fine).await, State::Published);
        let p = stage.publication(poison).await;
        assert_eq!(
            (p.life.state, p.reason.as_deref()),
            (State::Parked, Some("poison")),
            "a read has shown that it is absent"
        );
        assert!(p.detail.is_some_and(|detail| detail.english().contains("stopped 3 times")), "it says why");
        assert_eq!(
            (stage.fake.writes_of("poison"), stage.fake.sends()),
            (0, 4),
            "three tries at the poison, one at the other"
        );
        stage.fake.for_text("poison", []);
        let path = format!("/v1/publications/{poison}/decision");
        assert_eq!(stage.owner.post(&path, json!({ "decision": "send" })).await.status, 200);
        stage.at("09:51:00").await;
        stage.at("10:20:00").await;
        assert_eq!(stage.fake.sends(), 5, "a person said that it is to be sent, and its fourth panic came of it");
    }
}

#[tokio::test]
async fn a_post_whose_sender_died_three_times_is_found_live_and_no_one_is_asked() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.for_text("Hello", [B::Panic, B::Panic, B::ApplyAndPanic]);
        let id = stage.schedule("Hello").await;
        for minute in 30..50 {
            stage.at(&format!("09:{minute}:00")).await;
        }
        assert_eq!((stage.state(id).await, stage.fake.writes_of("Hello")), (State::Published, 1));
        assert_eq!(stage.fake.sends(), 3);
    }
}

#[tokio::test]
async fn deaths_while_a_post_is_prepared_set_nothing_aside_that_can_still_be_prepared() {
    for mut stage in Stage::both(BY_ID).await {
        let id = stage.schedule("Hello").await;
        stage.world.clock.set(stage.publication(id).await.due_at);
        for death in 1..=2 {
            // The process dies with the post in hand, before it is sent.
            let taken = stage.engine.take(stage.world.now(), 10).await.expect("taken").expect("nothing is stopped");
            assert_eq!(taken.len(), 1, "death {death}");
            stage.restart().await;
        }
        stage.fake.next_preparations([Preparation::Panic, Preparation::Panic, Preparation::Panic]);
        for _ in 0..6 {
            stage.engine.drain().await.expect("drained");
            stage.world.advance(Duration::from_secs(5 * 60));
        }
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Published, 1));
    }
}

#[tokio::test]
async fn r_35_a_post_whose_preparation_kills_its_worker_is_set_aside_in_the_end_and_the_others_go_on() {
    for stage in Stage::both(BY_ID).await {
        let id = stage.schedule("poison").await;
        stage.fake.next_preparations(std::iter::repeat_n(Preparation::Panic, 10));
        stage.at("09:30:00").await;
        for minute in 31..60 {
            stage.at(&format!("09:{minute}:00")).await;
        }
        let fine = stage.schedule_at("fine", "2030-01-01T10:01:00Z").await;
        stage.at("10:00:00").await;
        let p = stage.publication(id).await;
        assert_eq!((p.life.state, p.reason.as_deref()), (State::Parked, Some("poison")));
        assert!(p.detail.is_some_and(|detail| detail.english().contains("10 times while preparing")), "it says why");
        stage.at("10:01:00").await;
        assert_eq!((stage.state(fine).await, stage.fake.sends()), (State::Published, 1));
    }
}

#[tokio::test]
async fn deaths_while_a_post_is_looked_up_make_the_looks_rarer_and_only_many_of_them_ask_a_person() {
    for (deaths, ends) in [(4, State::Published), (10, State::NeedsEyes)] {
        let stage = Stage::on(TestDb::sqlite().await, FakePlatform::new(ProofClass::ReadBack)).await;
        stage.fake.next([B::ApplyAndLoseAnswer]).next_looks([Look::Panic; 10].into_iter().take(deaths));
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        let fine = stage.schedule_at("fine", "2030-01-01T09:32:00Z").await;
        for hour in 9..12 {
            for minute in 30..60 {
                stage.at(&format!("{hour:02}:{minute}:00")).await;
            }
        }
        assert_eq!(stage.state(id).await, ends, "after {deaths} deaths");
        assert_eq!((stage.state(fine).await, stage.fake.sends()), (State::Published, 2));
        assert_eq!(stage.fake.looks(), if ends == State::Published { 5 } else { 10 });
    }
}

#[tokio::test]
async fn while_nothing_may_be_sent_on_a_channel_what_is_in_doubt_there_is_still_looked_up() {
    for mut stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.for_text("doubt", [B::ApplyAndLoseAnswer]).for_text("throttled", [B::Throttle(900)]);
        let doubt = stage.schedule("doubt").await;
        let throttled = stage.schedule_at("throttled", "2030-01-01T09:30:02Z").await;
        stage.at("09:30:00").await;
        stage.at("09:30:02").await;
        assert_eq!((stage.state(doubt).await, stage.state(throttled).await), (State::Unknown, State::Scheduled));
        let next = stage.engine.clone().dispatch().await.expect("looked");
        let Next::At(Some(next)) = next else { panic!("it has to look: {next:?}") };
        assert!(next < stage.world.now() + Duration::from_secs(30), "the look does not wait for the window: {next}");
        stage.restart().await;
        stage.at("09:31:30").await;
        assert_eq!(stage.state(doubt).await, State::Published);
        let more = stage.schedule_at("more", "2030-01-01T09:32:00Z").await;
        stage.at("09:45:01").await;
        assert_eq!((stage.state(more).await, stage.fake.sends()), (State::Scheduled, 2), "nothing is sent");
        stage.at("09:45:02").await;
        assert_eq!((stage.state(more).await, stage.state(throttled).await), (State::Published, State::Published));
    }
}

#[tokio::test]
async fn a_safe_repeat_is_a_send_and_waits_until_the_channel_may_send_again() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.for_text("lost", [B::LoseRequest]).for_text("throttled", [B::Throttle(900)]);
        let lost = stage.schedule("lost").await;
        stage.schedule_at("throttled", "2030-01-01T09:30:00.500Z").await;
        stage.at("09:30:00").await;
        for time in ["09:30:00.500", "09:30:05", "09:40:00", "09:44:59"] {
            stage.at(time).await;
            assert_eq!((stage.state(lost).await, stage.fake.sends()), (State::Unknown, 2), "at {time}");
        }
        assert_eq!(stage.fake.looks(), 1, "what a look has shown is not read again all the time");
        stage.at("09:45:01").await;
        assert_eq!((stage.state(lost).await, stage.fake.writes_of("lost")), (State::Published, 1));
    }
}

#[tokio::test]
async fn looks_that_fail_hold_only_their_own_post_and_get_rarer() {
    for kind in [FailureKind::Unavailable, FailureKind::BadAnswer, FailureKind::QuotaUsedUp] {
        let stage = Stage::on(TestDb::sqlite().await, FakePlatform::new(ProofClass::ReadBack)).await;
        stage.fake.for_text("doubt", [B::ApplyAndLoseAnswer]).next_looks([Look::Fail(kind); 25]);
        let doubt = stage.schedule("doubt").await;
        for minute in 30..60 {
            let text = format!("post {minute}");
            let other = stage.schedule_at(&text, &format!("2030-01-01T09:{minute}:10Z")).await;
            for second in ["00", "10", "30"] {
                stage.at(&format!("09:{minute}:{second}")).await;
            }
            assert_eq!(stage.state(other).await, State::Published, "{text} goes out at its minute, {kind:?}");
        }
        assert_eq!(stage.state(doubt).await, State::Unknown);
        assert!((6..=25).contains(&stage.fake.looks()), "{} looks in half an hour", stage.fake.looks());
        for hour in 10..16 {
            stage.at(&format!("{hour}:00:00")).await;
            stage.at(&format!("{hour}:30:00")).await;
        }
        stage.at("16:00:00").await;
        assert_eq!((stage.state(doubt).await, stage.fake.writes_of("doubt")), (State::Published, 1));
    }
}

#[tokio::test]
async fn on_a_channel_whose_account_is_restricted_nothing_is_sent_for_hours_or_until_it_is_reconnected() {
    let stages = [Stage::both(ProofClass::Staged).await, Stage::both(ProofClass::Staged).await];
    for (stage, reconnects) in stages
        .into_iter()
        .zip([false, true])
        .flat_map(|(stages, reconnects)| stages.into_iter().map(move |stage| (stage, reconnects)))
    {
        stage.fake.for_text("first", [B::Restrict(3 * 3_600)]);
        let first = stage.schedule("first").await;
        let second = stage.schedule_at("second", "2030-01-01T09:31:00Z").await;
        for time in ["09:30:00", "09:31:00", "09:45:00", "10:15:00"] {
            stage.at(time).await;
        }
        assert_eq!((stage.fake.sends(), stage.state(first).await), (1, State::Scheduled), "a read has shown it absent");
        let channels = stage.owner.get("/v1/channels").await.json;
        assert_eq!(channels[0]["waits_until"], "2030-01-01T12:30:00Z");
        let other = stage.schedule_at("other", "2030-01-01T12:29:00Z").await;
        if reconnects {
            assert_eq!(stage.connect("alice").await, stage.channel);
            stage.at("10:15:01").await;
            assert_eq!((stage.state(first).await, stage.state(second).await), (State::Published, State::Published));
        } else {
            stage.at("12:30:00").await;
            assert_eq!((stage.state(first).await, stage.state(second).await), (State::Missed, State::Missed));
            assert_eq!((stage.state(other).await, stage.fake.sends()), (State::Published, 2));
        }
    }
}

#[tokio::test]
async fn looks_that_are_throttled_hold_the_looks_of_the_account_and_no_send() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        for text in ["one", "two", "three"] {
            stage.fake.for_text(text, [B::ApplyAndLoseAnswer]);
            stage.schedule(text).await;
        }
        stage.fake.next_looks([Look::Throttle(900)]);
        stage.at("09:30:00").await;
        stage.at("09:31:00").await;
        assert_eq!(stage.fake.looks(), 1, "one look finds out for all of them");
        let post = stage.schedule_at("post", "2030-01-01T09:32:00Z").await;
        stage.at("09:32:00").await;
        assert_eq!((stage.state(post).await, stage.fake.looks()), (State::Published, 1));
        stage.at("09:46:01").await;
        assert_eq!(stage.fake.looks(), 4);
    }
}

#[tokio::test]
async fn what_is_to_be_sent_comes_before_what_is_to_be_looked_up() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.next([B::ApplyAndLoseAnswer]);
        let doubt = stage.schedule("doubt").await;
        stage.at("09:30:00").await;
        let post = stage.schedule_at("post", "2030-01-01T09:35:00Z").await;
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:35:00Z").expect("a time"));
        let (_, _, works) = taken(&stage).await;
        assert_eq!(works.iter().map(|work| work.publication.id).collect::<Vec<_>>(), [post, doubt]);
    }
}

#[tokio::test]
async fn r_06_no_node_takes_a_lane_while_a_call_that_outlasts_its_lease_is_on_its_way() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.be_patient();
        stage.fake.next([B::ApplyAndHang]);
        let id = stage.schedule("Hello").await;
        let later = stage.schedule_at("later", "2030-01-01T09:30:20Z").await;
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time"));
        let engine = stage.engine.clone();
        let working = tokio::spawn(async move { engine.drain().await });
        while stage.fake.sends() == 0 {
            tokio::task::yield_now().await;
        }
        // No sign of life from its node for longer than the lease of 30 s, but the call may take 60.
        let other = Engine::new(stage.world.app.clone(), EngineSettings::default());
        for seconds in [45, 64] {
            stage
                .world
                .clock
                .set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time") + Duration::from_secs(seconds));
            assert_eq!(other.drain().await.expect("drained"), 0, "after {seconds} s");
        }
        assert_eq!((stage.state(id).await, stage.state(later).await), (State::Armed, State::Scheduled));
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:31:06Z").expect("a time"));
        other.drain().await.expect("drained");
        stage.world.advance(Duration::from_secs(2));
        other.drain().await.expect("drained");
        assert_eq!((stage.state(id).await, stage.state(later).await), (State::Published, State::Published));
        assert_eq!((stage.fake.writes_of("Hello"), stage.fake.sends()), (1, 2));
        stage.engine.die();
        working.await.expect("joined").expect("drained");
    }
}

#[tokio::test]
async fn a_process_that_starts_again_takes_over_what_the_dead_one_was_sending_at_once() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.be_patient();
        let id = stage.schedule("Hello").await;
        stage.fake.for_text("Hello", [B::ApplyAndHang]);
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time"));
        let working = tokio::spawn({
            let engine = stage.engine.clone();
            async move { engine.drain().await }
        });
        while stage.fake.sends() == 0 {
            tokio::task::yield_now().await;
        }
        stage.engine.die();
        working.await.expect("joined").expect("drained");
        let stranger = NodeId::new(stage.world.now(), &base::OsRandom);
        let dead = vec![stranger, stage.engine.node()];
        let next = Engine::new(stage.world.app.clone(), EngineSettings { dead, ..EngineSettings::default() });
        next.recover().await.expect("recovered");
        next.drain().await.expect("drained");
        assert_eq!(stage.state(id).await, State::Unknown, "nobody will hear that answer");
        // Whatever the network is: the same id makes a repeat harmless, so it waits a second and not for a lease.
        stage.world.advance(Duration::from_secs(1));
        next.drain().await.expect("drained");
        assert_eq!((stage.state(id).await, stage.fake.writes_of("Hello")), (State::Published, 1));
    }
}

#[tokio::test]
async fn r_06_a_living_node_keeps_its_channels_when_another_starts() {
    for stage in Stage::both(BY_ID).await {
        stage.schedule("Hello").await;
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time"));
        let (node, ..) = taken(&stage).await;
        let stranger = NodeId::new(stage.world.now(), &base::OsRandom);
        assert_ne!(node, stranger);
        let next = EngineSettings { dead: vec![stranger], ..EngineSettings::default() };
        let next = Engine::new(stage.world.app.clone(), next);
        if stage.world.app.db.dialect() == db::Dialect::Postgres {
            next.recover().await.expect("recovered");
            assert_eq!(next.drain().await.expect("drained"), 0);
        }
    }
}

/// An installation whose database can be made full, with a small reserve.
async fn with_a_reserve(folder: &tempfile::TempDir) -> Stage {
    let fake = FakePlatform::new(BY_ID);
    let connectors = Connectors::new(vec![std::sync::Arc::new(fake.clone())]);
    let reserve = crate::ops::Reserve { folder: folder.path().to_owned(), bytes: 1 << 20 };
    let world = World::with(TestDb::sqlite().await, connectors, |settings| settings.reserve = reserve).await;
    Stage::of(world, fake).await
}

async fn pages_max(app: &crate::App, pages: u32) {
    let sql = format!("PRAGMA max_page_count = {pages}");
    let set = app.db.unguarded().write(async move |tx| tx.rows(&sql, &[]).await.map(drop));
    set.await.map_err(|error: db::Error| error.to_string()).expect("set");
}

#[tokio::test]
async fn r_25_on_a_full_disk_what_became_of_a_post_is_stored_and_nothing_new_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = with_a_reserve(&folder).await;
    let app = stage.world.app.clone();
    crate::ops::keep_room(&app).await;
    let reserve = app.settings.reserve.file();
    assert!(reserve.exists() && !app.memory.room.is_full());
    stage.schedule("Hello").await;
    let draft = stage.owner.post("/v1/posts", json!({ "text": "A draft" })).await.json;
    stage.schedule_at("Later", "2030-01-01T09:31:00Z").await;
    stage.world.clock.set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time"));
    let (_, _, works) = taken(&stage).await;

    // The database may not grow until the reserve is gone.
    pages_max(&app, 1).await;
    let freed = tokio::spawn({
        let (app, reserve) = (app.clone(), reserve.clone());
        async move {
            while reserve.exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            pages_max(&app, 1 << 20).await;
        }
    });
    let line = store::Line {
        at: stage.world.now(),
        act: "accepted".to_owned(),
        actor: "system:publishing".to_owned(),
        detail: Some("x".repeat(1 << 20).into()),
        exchanges: Vec::new(),
    };
    let journal = Journal::new(app.clone());
    let written = journal.write(Record::default().told(&works[0], &line)).await;
    assert!(written.is_ok(), "{written:?}");
    freed.await.expect("freed");
    assert!(app.memory.room.is_full() && !reserve.exists());

    stage.world.advance(Duration::from_secs(25));
    crate::ops::keep_room(&app).await;
    stage.at("09:31:00").await;
    assert_eq!(stage.fake.sends(), 0, "{:?}", stage.fake.ledger());
    let body = stage.owner.get("/v1/instance").await.json;
    assert_eq!((&body["disk_full"], &body["disk_reserve_bytes"]), (&json!(true), &json!(0)));
    for (path, new) in [("/v1/uploads", json!({ "size_bytes": 10 })), ("/v1/posts", json!({ "text": "Small" }))] {
        let refused = stage.owner.post(path, new).await;
        assert_eq!((refused.status, refused.problem()), (503, "unavailable"), "{path}: {}", refused.text);
    }
    let draft = format!("/v1/posts/{}", draft["id"].as_str().expect("an id"));
    assert_eq!(stage.owner.delete(&draft).await.status, 204, "what makes room is taken");

    stage.world.advance(Duration::from_secs(31));
    crate::ops::keep_room(&app).await;
    assert!(reserve.exists() && !app.memory.room.is_full());
    stage.at("09:32:00").await;
    assert_eq!(stage.fake.writes_of("Later"), 1);
    let body = stage.owner.get("/v1/instance").await.json;
    assert_eq!((&body["disk_full"], &body["disk_reserve_bytes"]), (&json!(false), &json!(1 << 20)));
}

#[tokio::test]
async fn r_25_nothing_is_armed_while_the_disk_is_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = with_a_reserve(&folder).await;
    let app = stage.world.app.clone();
    let id = stage.schedule("Hello").await;
    crate::ops::give_up(&app).await;
    stage.at("09:30:00").await;
    assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Scheduled, 0));
    stage.at("09:30:31").await;
    assert_eq!(stage.fake.sends(), 0, "not before somebody has looked at the disk");
    crate::ops::keep_room(&app).await;
    stage.at("09:30:32").await;
    assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Published, 1));
}

#[tokio::test]
async fn r_06_a_node_that_lost_the_lane_arms_nothing_and_keeps_nothing() {
    for stage in Stage::both(BY_ID).await {
        stage.schedule("Hello").await;
        stage.world.clock.set(Timestamp::parse("2030-01-01T09:30:00Z").expect("a time"));
        let (node, lanes, works) = taken(&stage).await;
        stage.world.advance(Duration::from_secs(31));
        let (_, now_theirs, _) = taken(&stage).await;
        assert_eq!(now_theirs[0].fence, lanes[0].fence + 1);
        let p = &works[0].publication;
        let login = grants::open_for_channel(&stage.world.app, p.workspace, p.channel).await;
        let login = login.expect("read").expect("a login");
        let now = stage.world.now();
        let arming = Arming {
            id: AttemptId::new(now, &base::OsRandom),
            op_id: "one",
            begun_at: now,
            prepared: &Prepared { request: json!({}), client_id: None, proof: BY_ID },
            request_hash: String::new(),
            login: (login.id, login.version),
            now,
            deadline: now + Duration::from_secs(60),
            repeats: None,
            hold_until: Some(now + Duration::from_secs(65)),
        };
        let next = crate::publishing::step(p.life, crate::publishing::Event::Arm).expect("it may be armed");
        let journal = Journal::new(stage.world.app.clone());
        let written = journal.write(Record::arm(node, &lanes[0], &works[0], next, &arming)).await.expect("written");
        assert!(!written.held);
        let sql = "SELECT wake_at FROM lanes";
        let until = stage.world.app.db.read(async move |tx| tx.one(sql, &[]).await?.timestamp("wake_at"));
        assert_eq!(until.await.map_err(|error: db::Error| error.to_string()), Ok(now + Duration::from_secs(30)));
    }
}

#[tokio::test]
async fn what_the_whole_app_has_used_up_holds_all_its_channels_and_no_other_s() {
    for stage in Stage::both(BY_ID).await {
        for name in ["bob", "carol"] {
            let channel = stage.connect(name).await;
            let schedule = json!({ "at": "2030-01-01T09:30:00Z" });
            stage.post(json!({ "text": name, "channels": [{ "channel": channel }], "schedule": schedule })).await;
        }
        stage.schedule("alice").await;
        // Carol's instance is another one, so its app is another one.
        let elsewhere = "UPDATE grants SET instance = 'elsewhere' WHERE account_id = 'carol'";
        let moved = stage.world.app.db.write(async move |tx| tx.execute(elsewhere, &[]).await);
        assert_eq!(moved.await.map_err(|error: db::Error| error.to_string()), Ok(1));
        let alice = stage.channel;
        let login = grants::open_for_channel(&stage.world.app, stage.world.workspace, alice).await;
        let login = login.expect("read").expect("a login");
        let until = Timestamp::parse("2030-01-01T09:45:00Z").expect("a time");
        let journal = Journal::new(stage.world.app.clone());
        journal.write(Record::default().app_paced(login.id, until)).await.expect("written");
        stage.at("09:30:00").await;
        assert_eq!((stage.fake.writes_of("carol"), stage.fake.sends()), (1, 1));
        stage.at("09:45:00").await;
        assert_eq!((stage.fake.writes_of("alice"), stage.fake.writes_of("bob")), (1, 1));
    }
}

#[tokio::test]
async fn pd_02_an_answer_after_an_erasure_leaves_nothing_of_the_account() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.for_text("Hello", [B::ApplyAndPanic]);
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        let (channel, now) = (stage.publication(id).await.channel, stage.world.now());
        let attempts = stage.world.app.db.write(async move |tx| {
            crate::publishing::erase(tx, channel).await?;
            let remote =
                connector::Remote { id: "p1".into(), url: "https://fake.example/alice/1".into(), extra: Value::Null };
            let open = store::attempts_of(tx, id).await?[0].id;
            let end = store::AttemptEnd {
                id: Some(open),
                outcome: Some("confirmed"),
                remote: Some(remote),
                ..store::AttemptEnd::default()
            };
            store::end_attempt(tx, &end, now).await?;
            store::attempts_of(tx, id).await
        });
        let attempts = attempts.await.map_err(|error: db::Error| error.to_string()).expect("stored");
        assert_eq!(attempts[0].outcome.as_deref(), Some("confirmed"));
        assert!(attempts[0].remote.is_none() && attempts[0].exchanges.is_empty(), "{:?}", attempts[0]);
    }
}
