//! A request in doubt whose uploads the platform has lost meanwhile: it is prepared again, under the same id.

use super::*;

const TEXT: &str = "with [handle]";

#[tokio::test]
async fn r_03_a_repeat_whose_upload_was_lost_meanwhile_is_prepared_again_under_the_same_id_each_time() {
    for mut stage in Stage::both(ProofClass::ClientId { repeat_for_s: Some(3_600) }).await {
        stage.fake.next([B::LoseRequest]);
        let id = stage.schedule(TEXT).await;
        stage.at("09:30:00").await;
        stage.fake.forget_uploads();
        stage.at("09:30:11").await;
        assert_eq!((stage.state(id).await, stage.fake.sends()), (State::Unknown, 2), "the repeat is refused");
        let p = stage.publication(id).await;
        assert_eq!(p.reason.as_deref(), Some("media_not_ready"));

        // A look that fails in between, and a death, change nothing of why the repeat was refused.
        stage.fake.next_looks([Look::Fail(FailureKind::Unavailable)]);
        stage.at("09:30:45").await;
        stage.restart().await;
        stage.fake.next([B::LoseRequest]);
        stage.at("09:31:30").await;
        assert_eq!((stage.fake.handles_made(), stage.fake.sends()), (2, 3), "it was prepared again, and sent");
        assert_eq!(stage.state(id).await, State::Unknown);

        // The second upload is lost as well, and the process dies with the third.
        stage.fake.forget_uploads();
        stage.fake.next([B::ApplyAndPanic]);
        for minute in 32..40 {
            stage.at(&format!("09:{minute}:00")).await;
        }
        assert_eq!((stage.state(id).await, stage.fake.writes_of(TEXT)), (State::Published, 1));
        assert_eq!((stage.fake.handles_made(), stage.fake.sends()), (3, 5), "{:?}", stage.acts(id).await);
        assert_eq!(stage.fake.ledger()[0].client_id, format!("{id}:0"), "the id of the first attempt");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_prepared_again_leaves_the_decision_to_reads() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.next([B::LoseRequest]);
        let id = stage.schedule(TEXT).await;
        stage.at("09:30:00").await;
        stage.fake.forget_uploads();
        stage.fake.next_preparations([
            Preparation::Fail(Failure::new(
                Outcome::Throttled,
                FailureKind::MediaNotReady,
                "the file is being processed",
            )),
            Preparation::Fail(Failure::rejected(FailureKind::MediaRefused, "the file is of no use")),
            Preparation::Fail(Failure::rejected(FailureKind::MediaRefused, "the file is of no use")),
        ]);
        stage.at("09:30:02").await;
        stage.at("09:30:45").await;
        let p = stage.publication(id).await;
        assert_eq!((p.life.state, p.reason.as_deref()), (State::Unknown, Some("media_not_ready")));
        for minute in 31..40 {
            stage.at(&format!("09:{minute}:00")).await;
        }
        let p = stage.publication(id).await;
        assert_eq!(
            (p.life.state, p.reason.as_deref()),
            (State::Failed, Some("media_refused")),
            "proven absent, then refused"
        );
        assert_eq!((stage.fake.sends(), stage.fake.writes_of(TEXT)), (2, 0));
    }
}
