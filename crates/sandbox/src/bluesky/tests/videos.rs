use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Person, World, refused};
use crate::Network;

fn film(extra: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypisom\0\0\x02\0isommp41".to_vec();
    bytes.extend(std::iter::repeat_n(9, extra));
    bytes
}

async fn token(person: &Person<'_>, aud: &str, lxm: &str) -> String {
    let exp = (super::morning().as_seconds() + 1800).to_string();
    let answer =
        person.get("com.atproto.server.getServiceAuth", &[("aud", aud), ("lxm", lxm), ("exp", &exp)]).await.ok();
    answer["token"].as_str().expect("token").to_owned()
}

async fn upload(person: &Person<'_>, bytes: Vec<u8>) -> Answer {
    let world = person.world;
    let own = world.get("/.well-known/did.json").await.ok()["id"].as_str().expect("id").to_owned();
    let token = token(person, &own, "com.atproto.repo.uploadBlob").await;
    let request = world
        .http
        .post(world.url("/xrpc/app.bsky.video.uploadVideo"))
        .query(&[("did", person.did.as_str()), ("name", "film.mp4")]);
    world.send(request.bearer_auth(token).header("content-type", "video/mp4").body(bytes)).await
}

async fn status(world: &World, job: &Value) -> Value {
    let id = job["jobStatus"]["jobId"].as_str().expect("id");
    world.query("app.bsky.video.getJobStatus", &[("jobId", id)]).await.ok()["jobStatus"].clone()
}

#[tokio::test]
async fn a_video_is_processed_and_becomes_a_blob_that_a_post_can_use() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let job = upload(&lena, film(10)).await.ok();
    assert_eq!(job["jobStatus"]["state"], "JOB_STATE_CREATED");
    world.clock.advance(Duration::from_millis(700));
    let encoding = status(&world, &job).await;
    assert_eq!((&encoding["state"], &encoding["progress"]), (&json!("JOB_STATE_ENCODING"), &json!(46)));
    let same = upload(&lena, film(10)).await.ok();
    assert_eq!(same["jobStatus"]["jobId"], job["jobStatus"]["jobId"], "the same film is the same job");
    world.clock.advance(Duration::from_millis(800));
    let done = status(&world, &job).await;
    assert_eq!(done["state"], "JOB_STATE_COMPLETED");
    let again = upload(&lena, film(10)).await.ok();
    assert_eq!(again["jobStatus"]["error"], "already_exists");
    assert_eq!(again["jobStatus"]["blob"], done["blob"]);
    let mut record = lena.post_record("moving");
    record["embed"] = json!({"$type": "app.bsky.embed.video", "video": done["blob"], "alt": "a film", "aspectRatio": {"width": 16, "height": 9}});
    lena.put(&world.tid(), &record).await.ok();
}

#[tokio::test]
async fn failures_have_their_codes() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    assert_eq!(upload(&lena, b"not a film".to_vec()).await.ok()["jobStatus"]["failureCode"], "validation_failure");
    let big = upload(&lena, film(6 * 1024 * 1024)).await.ok();
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(status(&world, &big).await["failureCode"], "pds_upload_unsupported_blob_size");
    world.sandbox.turn(Network::Bluesky, |knobs| (knobs.processing_fails, knobs.processing_ms) = (true, Some(10)));
    let job = upload(&lena, film(11)).await.ok();
    world.clock.advance(Duration::from_millis(10));
    let failed = status(&world, &job).await;
    assert_eq!((&failed["state"], &failed["failureCode"]), (&json!("JOB_STATE_FAILED"), &json!("encoding_failure")));
    world.sandbox.turn(Network::Bluesky, |knobs| knobs.processing_fails = false);
    assert_eq!(
        upload(&lena, film(11)).await.ok()["jobStatus"]["state"],
        "JOB_STATE_CREATED",
        "a failed job may be tried again"
    );
}

#[tokio::test]
async fn the_service_wants_the_right_token() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let limits = |token: String| {
        world.send(world.http.get(world.url("/xrpc/app.bsky.video.getUploadLimits")).bearer_auth(token))
    };
    let right = token(&lena, "did:web:video.bsky.app", "app.bsky.video.getUploadLimits").await;
    assert_eq!(limits(right.clone()).await.ok()["canUpload"], true);
    refused(&limits(lena.access.clone()).await, 401, "BadJwt");
    refused(
        &limits(token(&lena, "did:web:elsewhere.example", "app.bsky.video.getUploadLimits").await).await,
        401,
        "BadJwtAudience",
    );
    refused(
        &limits(token(&lena, "did:web:video.bsky.app", "app.bsky.video.getJobStatus").await).await,
        401,
        "BadJwtLexiconMethod",
    );
    world.sandbox.turn(Network::Bluesky, |knobs| {
        knobs.rate_limits.insert("videos_day".into(), 1);
    });
    upload(&lena, film(1)).await.ok();
    let over = limits(right.clone()).await.ok();
    assert_eq!((&over["canUpload"], &over["remainingDailyVideos"]), (&json!(false), &json!(0)));
    refused(&upload(&lena, film(2)).await, 400, "DailyLimitExceeded");
    world.later(1801);
    refused(&limits(right).await, 401, "JwtExpired");
}
