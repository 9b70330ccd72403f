//! What is tried again and again: for how long, and what a person is told in the end.

use super::*;

#[tokio::test]
async fn the_rest_of_a_thread_that_can_never_be_prepared_is_left_to_a_person_with_what_is_live() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.next([B::Process(1)]);
        let id = stage.thread(&["One", "Two"]).await;
        stage.at("09:00:00").await;
        assert_eq!(stage.state(id).await, State::Processing);
        let down = || Failure::new(Outcome::NotSent, FailureKind::Unavailable, "The upload server is down.");
        stage.fake.next_preparations((0..1_000).map(|_| Preparation::Fail(down())));
        for hour in 9..15 {
            stage.at(&format!("{hour:02}:01:00")).await;
            stage.at(&format!("{hour:02}:31:00")).await;
        }
        let p = stage.publication(id).await;
        assert_eq!((p.life.state, p.life.part, p.life.tries), (State::Scheduled, 1, 0), "for six hours it is tried");

        stage.at("15:45:00").await;
        let p = stage.publication(id).await;
        assert_eq!((p.life.state, p.reason.as_deref(), p.wake_at), (State::Parked, Some("stalled"), None));
        let told = p.detail.expect("what to do").english();
        for words in
            ["within 6 hours", "Publish the rest again, or leave it.", "upload server is down", "Part 1 of 2 is live."]
        {
            assert!(told.contains(words), "{told}");
        }
        let story = super::super::explain(&stage.world.app, &stage.world.scope(), id).await.expect("a story");
        assert!(story.next.english().starts_with("Decide: publish the rest again"), "{}", story.next.english());

        // A person's word is a new beginning.
        let said = json!({ "decision": "send" });
        let answer = stage.owner.post(&format!("/v1/publications/{id}/decision"), said).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        stage.at("15:46:00").await;
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Scheduled, 1), "tried, and tried again");
    }
}

#[tokio::test]
async fn r_33_a_limit_that_does_not_say_when_it_ends_is_waited_for_from_a_minute_on_and_longer_each_time() {
    for stage in Stage::both(ProofClass::ReadBack).await {
        stage.fake.next([1, 2, 3, 4].map(|_| B::Refuse(FailureKind::RateLimited)));
        let id = stage.schedule("Hello").await;
        stage.at("09:30:00").await;
        for least in [60, 120, 240, 480] {
            let p = stage.publication(id).await;
            let wait = p.wake_at.expect("a time").since(stage.world.now());
            assert_eq!((p.life.state, p.reason.as_deref()), (State::Scheduled, Some("rate_limited")));
            assert!((least..=2 * least).contains(&wait.as_secs()), "{wait:?} after {}", p.life.tries);
            stage.world.advance(wait);
            stage.engine.drain().await.expect("drained");
        }
        assert_eq!(stage.state(id).await, State::Published);
    }
}
