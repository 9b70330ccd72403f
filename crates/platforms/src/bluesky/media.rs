//! Files: uploaded to the account's server, videos through the video service where there is one.
//!
//! Every upload is journaled, so that a crash does not begin it anew. A file that no post refers to is kept by a
//! server for an hour at least; therefore what an earlier, complete attempt uploaded is uploaded again: the same bytes
//! have the same address, so that the record stays the same.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Call, Failure, FailureKind as Kind, Handles, Media, MediaKind, Outcome, Part, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    card,
    errors::{self, Asked},
    rpc::{Ask, Body, Pds, understood},
    wire::{ErrorBody, JobAnswer, JobStatus, ServerFacts, ServiceToken, Uploaded},
};
use crate::kit::given_up;

/// The service that makes videos smaller and puts them on the account's server.
const VIDEO_SERVICE: &str = "https://video.bsky.app";
/// How long the video service may use our leave, in seconds. A server gives at most an hour.
const LEAVE_S: i64 = 30 * 60;
/// How often a video in processing is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long one preparation waits for it.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long until the next preparation goes on waiting.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// How long until a service that has too much to do is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(60);
/// How long until a used-up daily limit is tried again.
const TOMORROW: Duration = Duration::from_secs(24 * 60 * 60);
/// The mark of a preparation that was complete.
const COMPLETE: &str = "complete";

fn blob_name(media: &Media) -> String {
    format!("blob:{}", media.sha256)
}

fn job_name(media: &Media) -> String {
    format!("video_job:{}", media.sha256)
}

/// Forgets the uploads of an attempt that had all it needed and yet was not published.
pub(super) async fn begin(part: &Part, handles: &dyn Handles) -> Result<(), Failure> {
    if handles.get(COMPLETE).is_none() {
        return Ok(());
    }
    for media in &part.media {
        handles.forget(&blob_name(media)).await?;
        handles.forget(&job_name(media)).await?;
    }
    card::forget(handles).await?;
    handles.forget(COMPLETE).await
}

/// Marks the preparation as complete.
pub(super) async fn end(part: &Part, handles: &dyn Handles) -> Result<(), Failure> {
    if part.media.is_empty() && !card::has_picture(handles) {
        return Ok(());
    }
    handles.put(COMPLETE, json!(true)).await
}

/// The blobs of a part's files, in order, to be copied into the record as they are.
pub(super) async fn upload_all(pds: &Pds<'_>, part: &Part, handles: &dyn Handles) -> Result<Vec<Value>, Failure> {
    let mut blobs = Vec::with_capacity(part.media.len());
    for media in &part.media {
        let name = blob_name(media);
        if let Some(known) = handles.get(&name) {
            blobs.push(known);
            continue;
        }
        let blob = match media.kind {
            MediaKind::Video => video(pds, media, handles).await?,
            MediaKind::Image | MediaKind::Gif => upload(pds, "upload file", Body::Media(media)).await?,
        };
        handles.put(&name, blob.clone()).await?;
        blobs.push(blob);
    }
    Ok(blobs)
}

/// Puts a file on the account's server and gives its blob. `name` says in the story what is uploaded.
pub(super) async fn upload(pds: &Pds<'_>, name: &'static str, body: Body<'_>) -> Result<Value, Failure> {
    let ask = Ask { name, nsid: "com.atproto.repo.uploadBlob", query: Vec::new(), body };
    let uploaded: Uploaded = pds.read(Asked::Upload, &ask).await?;
    Ok(uploaded.blob)
}

/// What is journaled of a video at the service.
#[derive(Serialize, Deserialize)]
struct HeldJob {
    id: String,
    since: Timestamp,
}

async fn video(pds: &Pds<'_>, media: &Media, handles: &dyn Handles) -> Result<Value, Failure> {
    let clock = pds.call.clock;
    let held = handles.get(&job_name(media)).and_then(|kept| serde_json::from_value::<HeldJob>(kept).ok());
    let (mut status, since) = match held {
        Some(held) => (look(pds.call, &held.id, media, handles).await?, held.since),
        None => match start(pds, media).await? {
            Some(status) => (status, clock.now()),
            None => return upload(pds, "upload file", Body::Media(media)).await,
        },
    };
    if !status.job_id.is_empty() {
        handles.put(&job_name(media), json!(HeldJob { id: status.job_id.clone(), since })).await?;
    }
    let begun = clock.now();
    loop {
        match judged(&status) {
            Job::Done(blob) if is_known(&status) => {
                handles.forget(&job_name(media)).await?;
                return if has(pds, &blob).await? {
                    Ok(blob)
                } else {
                    upload(pds, "upload file anew", Body::Media(media)).await
                };
            }
            Job::Done(blob) => return Ok(blob),
            Job::Failed { fix: Some(why) } => return Err(Failure::rejected(Kind::MediaRefused, why)),
            Job::Failed { fix: None } => {
                handles.forget(&job_name(media)).await?;
                return Err(later(
                    pds.call,
                    say!("The video service failed. Fanfare uploads the video again."),
                    ASK_AGAIN,
                ));
            }
            Job::Working => {
                let now = clock.now();
                if let Some(failure) = given_up("Bluesky", since, now) {
                    handles.forget(&job_name(media)).await?;
                    return Err(failure);
                }
                if now.since(begun) >= PATIENCE {
                    let detail = say!("The video is still being processed. Fanfare keeps waiting.");
                    return Err(later(pds.call, detail, LOOK_AGAIN));
                }
                clock.sleep_until(now + LOOK_EVERY).await;
            }
        }
        status = look(pds.call, &status.job_id, media, handles).await?;
    }
}

/// Whether the account's server has a blob that a record uses. The video service remembers a video for good, while a server
/// drops it with the last post that used it. One that no record uses yet is not shown by servers; putting it there again is
/// harmless.
async fn has(pds: &Pds<'_>, blob: &Value) -> Result<bool, Failure> {
    let cid = blob["ref"]["$link"].as_str().unwrap_or_default().to_owned();
    let query = vec![("did", pds.call.account_id.to_owned()), ("cid", cid)];
    let ask = Ask::get("look whether the server has the video", "com.atproto.sync.getBlob", query);
    let reply = ask.request(pds.call, &pds.session.pds).beginning(1).send().await?;
    match reply.status {
        200..=399 => Ok(true),
        400 | 404 => Ok(false),
        _ => Err(errors::failure(Asked::Read, &reply, pds.call.clock.now())),
    }
}

fn later(call: &Call<'_>, why: Text, wait: Duration) -> Failure {
    Failure::new(Outcome::Throttled, Kind::MediaNotReady, why).not_before(Some(call.clock.now() + wait))
}

/// Gives the video to the service; `None` if it is not there for this account's server.
async fn start(pds: &Pds<'_>, media: &Media) -> Result<Option<JobStatus>, Failure> {
    let call = pds.call;
    if !is_reachable(&pds.session.pds) && !call.endpoints.contains_key("video") {
        return Ok(None);
    }
    let leave = match leave(pds).await {
        // Not granted, or an old server: the simple way needs neither.
        Err(failure) if matches!(failure.kind, Kind::ScopeMissing | Kind::AppMisconfigured) => return Ok(None),
        other => other?,
    };
    let query = vec![
        ("did", call.account_id.to_owned()),
        ("name", format!("{}.mp4", &media.sha256.get(..16).unwrap_or("video"))),
    ];
    let ask = Ask { name: "upload video", nsid: "app.bsky.video.uploadVideo", query, body: Body::Media(media) };
    let service = call.endpoint("video", VIDEO_SERVICE);
    match ask.request(call, &service).bearer(&leave.token).send().await {
        Ok(reply) if matches!(reply.status, 404 | 405 | 501) => Ok(None),
        Ok(reply) => accepted(&reply, call).map(Some),
        // Nothing was sent: there is no service.
        Err(connector::Transport::NotSent(_) | connector::Transport::Refused(_)) => Ok(None),
        Err(lost) => Err(lost.into()),
    }
}

/// Whether the service can reach the account's server: a name on the open network.
fn is_reachable(pds: &str) -> bool {
    url::Url::parse(pds).is_ok_and(|url| url.scheme() == "https" && url.domain().is_some_and(|name| name.contains('.')))
}

/// Our leave for the service to upload in the account's name: it is made out to the account's server.
async fn leave(pds: &Pds<'_>) -> Result<ServiceToken, Failure> {
    let query = vec![
        ("aud", did_of_server(pds).await?),
        ("lxm", "com.atproto.repo.uploadBlob".to_owned()),
        ("exp", (pds.call.clock.now().as_seconds() + LEAVE_S).to_string()),
    ];
    pds.read(Asked::Read, &Ask::get("get leave for video service", "com.atproto.server.getServiceAuth", query)).await
}

/// The server's own name for itself, else the one that follows from its host.
async fn did_of_server(pds: &Pds<'_>) -> Result<String, Failure> {
    let ask = Ask::get("read server's name", "com.atproto.server.describeServer", Vec::new());
    let reply = ask.openly(pds.call, &pds.session.pds).await?;
    let facts: ServerFacts = understood(Asked::Read, &reply, pds.call)?;
    Ok(facts.did.unwrap_or_else(|| did_of_host(&pds.session.pds)))
}

/// The `did:web` of a host, in which a port is written with `%3A`.
fn did_of_host(origin: &str) -> String {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    format!("did:web:{}", host.replace(':', "%3A"))
}

fn accepted(reply: &Reply, call: &Call<'_>) -> Result<JobStatus, Failure> {
    // A video that the service knows comes back as a conflict that carries the blob.
    if reply.is_success() || reply.status == 409 {
        return status_in(reply).ok_or_else(|| errors::not_understood(reply));
    }
    Err(refused(reply, call))
}

fn status_in(reply: &Reply) -> Option<JobStatus> {
    if let Ok(JobAnswer { job_status }) = reply.json() {
        return Some(job_status);
    }
    let bare: JobStatus = reply.json().ok()?;
    (!bare.job_id.is_empty() || bare.blob.is_some()).then_some(bare)
}

fn refused(reply: &Reply, call: &Call<'_>) -> Failure {
    let body: ErrorBody = reply.json().unwrap_or_default();
    let name = body.error.clone().unwrap_or_default();
    let because = |why: Text| Failure::rejected(Kind::MediaRefused, why).answered(reply.status, body.error.clone());
    match name.as_str() {
        "VideoTooLarge" => because(say!("The video is larger than Bluesky's video service allows. Use a smaller one.")),
        "VideoTooLong" => because(say!("The video is longer than Bluesky's video service allows. Shorten it.")),
        "BadAspectRatio" => because(say!("Bluesky's video service doesn't accept this aspect ratio. Crop the video.")),
        "UploadForbidden" => {
            because(say!("The account can't upload videos yet. Its owner must confirm the e-mail address in the app."))
        }
        "DailyLimitExceeded" => {
            later(call, say!("The account's videos for today are used up. Fanfare tries again tomorrow."), TOMORROW)
        }
        "TooManyOpenUploads" | "ServiceOverloaded" => {
            later(call, say!("Bluesky's video service is too busy. Fanfare tries again in a minute."), ASK_AGAIN)
        }
        _ => errors::failure(Asked::Upload, reply, call.clock.now()),
    }
}

async fn look(call: &Call<'_>, job: &str, media: &Media, handles: &dyn Handles) -> Result<JobStatus, Failure> {
    let ask = Ask::get("look at video", "app.bsky.video.getJobStatus", vec![("jobId", job.to_owned())]);
    let reply = ask.openly(call, &call.endpoint("video", VIDEO_SERVICE)).await?;
    if matches!(reply.status, 400 | 404) {
        handles.forget(&job_name(media)).await?;
        return Err(later(call, say!("The video service has lost the video. Fanfare uploads it again."), LOOK_AGAIN));
    }
    let answer: JobAnswer = understood(Asked::Upload, &reply, call)?;
    Ok(answer.job_status)
}

/// What a job's state means.
#[derive(Debug, PartialEq)]
enum Job {
    Done(Value),
    Working,
    /// `fix` says what the author must do; without it, trying again is what helps.
    Failed {
        fix: Option<Text>,
    },
}

/// Whether the service had this video before.
fn is_known(status: &JobStatus) -> bool {
    status.error.as_deref() == Some("already_exists")
}

fn judged(status: &JobStatus) -> Job {
    if let Some(blob) = status.blob.as_ref().filter(|_| is_known(status) || status.state == "JOB_STATE_COMPLETED") {
        return Job::Done(blob.clone());
    }
    if status.state != "JOB_STATE_FAILED" {
        return Job::Working;
    }
    let words = status.message.as_deref().or(status.error.as_deref());
    let words = words.map_or(say!("it gives no reason"), Text::from);
    let fix = match status.failure_code.as_deref() {
        Some("validation_failure") => {
            Some(say!("Bluesky's video service doesn't accept this video ({words}). Use another file."))
        }
        Some("encoding_failure") => {
            Some(say!("Bluesky's video service could not convert this video ({words}). Use another file."))
        }
        Some("pds_upload_unsupported_blob_size") => {
            Some(say!("The processed video is larger than the account's server allows. Use a shorter or smaller one."))
        }
        _ => None,
    };
    Job::Failed { fix }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(value: Value) -> JobStatus {
        serde_json::from_value(value).expect("a status")
    }

    #[test]
    fn a_job_is_judged_by_its_state_and_a_known_video_is_done() {
        let blob = json!({ "$type": "blob", "ref": { "$link": "bafkrei" }, "mimeType": "video/mp4", "size": 9 });
        let done = status(json!({ "jobId": "j", "did": "d", "state": "JOB_STATE_COMPLETED", "blob": blob }));
        assert_eq!(judged(&done), Job::Done(blob.clone()));
        let known =
            status(json!({ "jobId": "j", "state": "JOB_STATE_FAILED", "error": "already_exists", "blob": blob }));
        assert_eq!(judged(&known), Job::Done(blob));
        for working in ["JOB_STATE_CREATED", "JOB_STATE_ENCODING", "JOB_STATE_SOMETHING_NEW"] {
            assert_eq!(judged(&status(json!({ "jobId": "j", "state": working }))), Job::Working);
        }
    }

    #[test]
    fn a_failed_job_is_the_authors_or_is_tried_again() {
        let failed =
            |code: Value| judged(&status(json!({ "jobId": "j", "state": "JOB_STATE_FAILED", "failureCode": code })));
        for code in ["validation_failure", "encoding_failure", "pds_upload_unsupported_blob_size"] {
            assert!(matches!(failed(json!(code)), Job::Failed { fix: Some(_) }), "{code}");
        }
        for code in [json!("pds_upload_failure"), json!("generic_failure"), json!(null)] {
            assert_eq!(failed(code), Job::Failed { fix: None });
        }
    }

    #[test]
    fn a_servers_own_name_has_its_port_escaped() {
        assert_eq!(did_of_host("https://pds.example.com"), "did:web:pds.example.com");
        assert_eq!(did_of_host("http://localhost:2593"), "did:web:localhost%3A2593");
        assert!(is_reachable("https://pds.example.com") && !is_reachable("http://127.0.0.1:2593"));
    }
}
