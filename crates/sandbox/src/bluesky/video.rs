//! The video service: `uploadVideo`, `getJobStatus`, `getUploadLimits`. It shares the origin here; on the real network
//! it is a host of its own.

use std::time::Duration;

use base::{Timestamp, random};
use http::header;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bluesky, Reply, auth, blob,
    call::Call,
    cid::{Cid, Codec},
    data::Data,
    jose::Jwt,
    refusal::Refusal,
    syntax,
};

/// The largest video, in bytes.
const VIDEO_BYTES: u64 = 300_000_000;
/// This sandbox's own daily limits; the network does not publish its.
const DAILY_VIDEOS: u64 = 25;
const DAILY_BYTES: u64 = 10_000_000_000;
/// How long a video is processed unless a knob says otherwise.
const PROCESSING: Duration = Duration::from_millis(1500);
/// The service's name in tokens.
pub const SERVICE: &str = "did:web:video.bsky.app";

/// A video in processing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    id: String,
    did: String,
    cid: String,
    size: u64,
    begun_at: Timestamp,
    /// Set once it has ended: the blob, or the failure's code.
    ended: Option<Result<Value, String>>,
}

/// Checks a service token made by `getServiceAuth`; gives whose it is.
fn claimed(twin: &Bluesky, call: &Call, audience: &str, method: &str) -> Result<String, Refusal> {
    let bad = |why: &str| Refusal::new(401, "BadJwt", why);
    let token = call.header(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let jwt = Jwt::parse(token.ok_or_else(auth::missing)?).ok_or_else(|| bad("poorly formatted jwt"))?;
    let issuer = jwt.text("iss").unwrap_or_default().to_owned();
    let data = twin.data();
    let key = data.signing_key(&issuer).filter(|_| data.accounts.contains_key(&issuer));
    if !key.is_some_and(|key| jwt.is_signed_by(key.verifying_key())) {
        return Err(bad("jwt signature does not match jwt issuer"));
    }
    if jwt.number("exp").is_none_or(|exp| exp <= twin.core.now().as_seconds()) {
        return Err(Refusal::new(401, "JwtExpired", "jwt expired"));
    }
    if jwt.text("aud") != Some(audience) {
        return Err(Refusal::new(401, "BadJwtAudience", format!("jwt audience must be {audience}")));
    }
    if jwt.text("lxm") != Some(method) {
        return Err(Refusal::new(401, "BadJwtLexiconMethod", format!("jwt lxm must be {method}")));
    }
    Ok(issuer)
}

/// `app.bsky.video.uploadVideo`, with a token for `com.atproto.repo.uploadBlob` on the account's PDS.
pub fn upload(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let did = claimed(twin, call, &twin.service_did(), "com.atproto.repo.uploadBlob")?;
    if call.formed("did", syntax::is_did, "a DID")? != did {
        return Err(Refusal::new(403, "UploadForbidden", "the token is another account's"));
    }
    call.need("name")?;
    if call.content_type() != "video/mp4" {
        return Err(Refusal::invalid("Wrong request encoding (Content-Type): send video/mp4"));
    }
    if call.body.len() as u64 > VIDEO_BYTES {
        return Err(Refusal::new(413, "VideoTooLarge", format!("a video has at most {VIDEO_BYTES} bytes")));
    }
    let cid = Cid::of(Codec::Raw, &call.body).to_string();
    let mut data = twin.data();
    finish_due(twin, &mut data);
    let before = data.jobs.values().find(|job| job.did == did && job.cid == cid && !matches!(job.ended, Some(Err(_))));
    if let Some(job) = before {
        let mut status = status(twin, job);
        if job.ended.is_some() {
            status["error"] = json!("already_exists");
            status["message"] = json!("Video already processed");
        }
        return Ok(Reply::json(json!({"jobStatus": status})));
    }
    if left_today(twin, &data, &did).is_none_or(|(_, bytes)| bytes < call.body.len() as u64) {
        return Err(Refusal::new(400, "DailyLimitExceeded", "no more videos today"));
    }
    twin.core.blobs.put(call.body.clone());
    let id = random::token::<12>(&*twin.core.random);
    let ended = (blob::sniffed(&call.body) != Some("video/mp4")).then(|| Err("validation_failure".to_owned()));
    let job = Job { id: id.clone(), did, cid, size: call.body.len() as u64, begun_at: twin.core.now(), ended };
    let status = status(twin, &job);
    data.jobs.insert(id, job);
    Ok(Reply::json(json!({"jobStatus": status})))
}

/// `app.bsky.video.getJobStatus`; it takes no credentials, the job's id cannot be guessed.
pub fn job_status(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let id = call.need("jobId")?;
    let mut data = twin.data();
    finish_due(twin, &mut data);
    let job = data.jobs.get(id).ok_or_else(|| Refusal::invalid(format!("job not found: {id}")))?;
    Ok(Reply::json(json!({"jobStatus": status(twin, job)})))
}

/// `app.bsky.video.getUploadLimits`.
pub fn limits(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let did = claimed(twin, call, SERVICE, "app.bsky.video.getUploadLimits")?;
    let (videos, bytes) = left_today(twin, &twin.data(), &did).unwrap_or((0, 0));
    let mut answer = json!({"canUpload": videos > 0, "remainingDailyVideos": videos, "remainingDailyBytes": bytes});
    if videos == 0 {
        answer["error"] = json!("DailyLimitExceeded");
        answer["message"] = json!("no more videos today");
    }
    Ok(Reply::json(answer))
}

fn left_today(twin: &Bluesky, data: &Data, did: &str) -> Option<(u64, u64)> {
    let day = Duration::from_secs(24 * 3600);
    let recent = |job: &&Job| job.did == did && twin.core.now().since(job.begun_at) < day;
    let sizes: Vec<u64> = data.jobs.values().filter(recent).map(|job| job.size).collect();
    let videos = u64::from(twin.core.knobs().rate_limit("videos_day", DAILY_VIDEOS as u32));
    let left = videos.saturating_sub(sizes.len() as u64);
    (left > 0).then(|| (left, DAILY_BYTES.saturating_sub(sizes.iter().sum())))
}

fn processing(twin: &Bluesky) -> Duration {
    twin.core.knobs().processing_ms.map_or(PROCESSING, Duration::from_millis)
}

/// Ends the jobs whose time has come: the video service uploads the blob to the PDS.
fn finish_due(twin: &Bluesky, data: &mut Data) {
    let now = twin.core.now();
    let due = |job: &&Job| job.ended.is_none() && now >= job.begun_at + processing(twin);
    let due: Vec<Job> = data.jobs.values().filter(due).cloned().collect();
    for job in due {
        let ended = finished(twin, data, &job);
        if let Some(job) = data.jobs.get_mut(&job.id) {
            job.ended = Some(ended);
        }
    }
}

fn finished(twin: &Bluesky, data: &mut Data, job: &Job) -> Result<Value, String> {
    if twin.core.knobs().processing_fails {
        return Err("encoding_failure".to_owned());
    }
    if job.size > twin.blob_limit() {
        return Err("pds_upload_unsupported_blob_size".to_owned());
    }
    let bytes = Cid::parse(&job.cid).and_then(|cid| twin.core.blobs.get(&cid.digest_hex()));
    let bytes = bytes.ok_or_else(|| "pds_upload_failure".to_owned())?;
    Ok(blob::keep(twin, data, &job.did, bytes, "video/mp4".to_owned()))
}

fn status(twin: &Bluesky, job: &Job) -> Value {
    let mut status = json!({"jobId": job.id, "did": job.did});
    match &job.ended {
        Some(Ok(blob)) => {
            status["state"] = json!("JOB_STATE_COMPLETED");
            status["progress"] = json!(100);
            status["blob"] = blob.clone();
        }
        Some(Err(code)) => {
            status["state"] = json!("JOB_STATE_FAILED");
            status["failureCode"] = json!(code);
            status["error"] = json!(code);
            status["message"] = json!(format!("the video could not be processed: {code}"));
        }
        None => {
            let whole = processing(twin).as_millis().max(1);
            let progress = twin.core.now().since(job.begun_at).as_millis() * 100 / whole;
            let state = match progress {
                0 => "JOB_STATE_CREATED",
                1..=59 => "JOB_STATE_ENCODING",
                60..=79 => "JOB_STATE_SCANNING",
                _ => "JOB_STATE_UPLOADING",
            };
            status["state"] = json!(state);
            status["progress"] = json!(progress.min(99));
        }
    }
    status
}
