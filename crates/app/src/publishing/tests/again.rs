//! Publishing again what is missing, by a decision.

use super::*;

#[tokio::test]
async fn sending_again_sends_only_what_is_missing_and_is_refused_where_there_is_nothing_to_send() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.for_text("two", [B::Refuse(FailureKind::InputInvalid)]);
        let body = json!({
            "parts": [{ "text": "one" }, { "text": "two" }, { "text": "three" }],
            "channels": [{ "channel": stage.channel }], "schedule": { "at": "2030-01-01T09:30:00Z" },
        });
        let id = stage.post(body).await;
        let path = format!("/v1/publications/{id}/decision");
        let send = || stage.owner.post(&path, json!({ "decision": "send" }));
        let early = send().await;
        assert_eq!((early.status, early.problem()), (409, "too-late"), "{}", early.text);
        assert!(early.text.contains("published automatically"), "{}", early.text);
        stage.at("09:31:00").await;
        assert_eq!(stage.state(id).await, State::Failed);
        let failed = stage.owner.get("/v1/posts?state=partly_published").await.json;
        assert_eq!(failed["items"][0]["publications"][0]["parts_live"], 1, "{failed}");
        assert_eq!(send().await.status, 200);
        stage.at("09:32:00").await;
        assert_eq!(stage.state(id).await, State::Published);
        for text in ["one", "two", "three"] {
            assert_eq!(stage.fake.writes_of(text), 1, "{text}");
        }
        let late = send().await;
        assert_eq!((late.status, late.problem()), (409, "too-late"), "{}", late.text);
        assert!(late.text.contains("Every part of it is live"), "{}", late.text);
    }
}

#[tokio::test]
async fn sending_again_on_a_channel_that_cannot_publish_says_what_to_do_first() {
    for stage in Stage::both(BY_ID).await {
        stage.fake.next([B::Refuse(FailureKind::InputInvalid)]);
        let id = stage.schedule("stuck").await;
        stage.at("09:31:00").await;
        assert_eq!(stage.state(id).await, State::Failed);
        let path = format!("/v1/publications/{id}/decision");
        let channel = format!("/v1/channels/{}", stage.channel);
        stage.owner.put(&format!("{channel}/pause"), json!({ "reason": "holiday" })).await;
        let paused = stage.owner.post(&path, json!({ "decision": "send" })).await;
        assert_eq!((paused.status, paused.problem()), (409, "conflict"), "{}", paused.text);
        assert!(paused.text.contains("Resume the channel first"), "{}", paused.text);
        stage.owner.delete(&format!("{channel}/pause")).await;
        assert_eq!(stage.recent().await.delete(&channel).await.status, 200);
        let gone = stage.owner.post(&path, json!({ "decision": "send" })).await;
        assert_eq!((gone.status, gone.problem()), (409, "conflict"), "{}", gone.text);
        assert!(gone.text.contains("disconnected"), "{}", gone.text);
        assert_eq!(stage.owner.post(&path, json!({ "decision": "drop" })).await.status, 200);
        assert_eq!(stage.fake.writes_of("stuck"), 0);
    }
}
