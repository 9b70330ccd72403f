//! Files on their way into a post: uploaded once, waited for, remembered by id across crashes.

use std::time::Duration;

use base::{Timestamp, say};
use connector::{Failure, FailureKind, Handles, Media, Outcome, http::FilePart};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    errors::Asked,
    peer::{Peer, segment},
    wire::Attachment,
};

/// How often an instance is asked whether a file is ready.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// How long one preparation waits for a file before it gives its place to other work.
const WAIT: Duration = Duration::from_secs(60);
/// When the next preparation goes on waiting.
const WAIT_AGAIN: Duration = Duration::from_secs(15);
/// How long an instance may process a file in all (Mastodon API: poll up to about ten minutes for video).
const PROCESSING_MAX: Duration = Duration::from_secs(10 * 60);
/// Time for an upload, besides what its size asks for.
const UPLOAD_BASE: Duration = Duration::from_secs(60);
/// The slowest upload that is waited for, in bytes per second.
const UPLOAD_BYTES_PER_SECOND: u64 = 64 * 1024;

/// A file at the instance, and which of ours it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Uploaded {
    /// The instance's id.
    pub id: String,
    /// The media asset's id.
    pub asset: String,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// The alternative text it has there.
    pub alt: Option<String>,
}

impl Uploaded {
    fn is(&self, media: &Media) -> bool {
        self.sha256 == media.sha256 && self.alt.as_deref() == alt(media)
    }
}

/// What the journal keeps of an upload.
#[derive(Serialize, Deserialize)]
struct Handle {
    #[serde(flatten)]
    file: Uploaded,
    since: Timestamp,
}

/// The part's files, uploaded and ready, in order.
pub(crate) async fn ready(peer: &Peer<'_>, media: &[Media], handles: &dyn Handles) -> Result<Vec<Uploaded>, Failure> {
    let mut files = Vec::with_capacity(media.len());
    for (index, media) in media.iter().enumerate() {
        files.push(one(peer, index, media, handles).await?);
    }
    Ok(files)
}

/// One file, uploaded and ready. `index` tells the same asset apart if a part has it twice.
pub(crate) async fn one(
    peer: &Peer<'_>,
    index: usize,
    media: &Media,
    handles: &dyn Handles,
) -> Result<Uploaded, Failure> {
    let name = format!("media:{index}:{}", media.id);
    let known = handles.get(&name).and_then(|value| serde_json::from_value::<Handle>(value).ok());
    if let Some(known) = known.filter(|known| known.file.is(media)) {
        match wait(peer, &known).await {
            Err(failure) if is_gone(&failure) => handles.forget(&name).await?,
            waited => return waited.map(|()| known.file),
        }
    }
    let (file, is_ready) = upload(peer, index, media, handles).await?;
    let handle = Handle { file, since: peer.call.clock.now() };
    handles.put(&name, json!(handle)).await?;
    if !is_ready {
        wait(peer, &handle).await?;
    }
    Ok(handle.file)
}

/// The instance purges files that were never attached: then it is as if there had been no upload.
fn is_gone(failure: &Failure) -> bool {
    failure.status == Some(404)
}

async fn upload(
    peer: &Peer<'_>,
    index: usize,
    media: &Media,
    handles: &dyn Handles,
) -> Result<(Uploaded, bool), Failure> {
    let file = FilePart {
        field: "file".into(),
        file_name: file_name(media),
        media: media.clone(),
        offset: 0,
        length: media.size_bytes,
    };
    let fields: Vec<(&str, &str)> = alt(media).map(|alt| ("description", alt)).into_iter().collect();
    let time = UPLOAD_BASE + Duration::from_secs(media.size_bytes / UPLOAD_BYTES_PER_SECOND);
    let request =
        peer.request("upload media", Method::POST, "/api/v2/media").multipart(&fields, Some(file)).timeout(time);
    let reply = match peer.ask(Asked::Upload, request).await {
        Err(failure) => return Err(second_failure_is_final(failure, index, media, handles).await?),
        Ok(reply) => reply,
    };
    let found: Attachment = reply.json().map_err(|_| peer.odd(Asked::Upload, &reply, say!("the file's ID")))?;
    let file = Uploaded {
        id: found.id,
        asset: media.id.clone(),
        sha256: media.sha256.clone(),
        alt: alt(media).map(str::to_owned),
    };
    // 200: processed. 202: taken, not ready.
    Ok((file, reply.status == 200))
}

/// A file that an instance fails to process (500) is tried once more, then it is the file that must change.
async fn second_failure_is_final(
    failure: Failure,
    index: usize,
    media: &Media,
    handles: &dyn Handles,
) -> Result<Failure, Failure> {
    if failure.kind != FailureKind::MediaRefused || failure.outcome == Outcome::Rejected {
        return Ok(failure);
    }
    let name = format!("media_failed:{index}:{}", media.id);
    if handles.get(&name).is_none() {
        handles.put(&name, json!(media.sha256)).await?;
        return Ok(Failure { kind: FailureKind::Unavailable, ..failure });
    }
    let detail = say!("The server failed twice to process the file. Use another file or format.");
    Ok(Failure { outcome: Outcome::Rejected, detail, ..failure })
}

/// Waits until the instance has processed the file: 206 while it works, 200 when it is done.
async fn wait(peer: &Peer<'_>, handle: &Handle) -> Result<(), Failure> {
    let clock = peer.call.clock;
    let begun = clock.now();
    loop {
        let request = peer.get("ask whether media is ready", &format!("/api/v1/media/{}", segment(&handle.file.id)));
        let reply = peer.ask(Asked::MediaState, request).await?;
        if reply.status != 206 {
            return Ok(());
        }
        let now = clock.now();
        if now.since(handle.since) >= PROCESSING_MAX {
            let detail = say!(
                "The server did not finish processing the file within ten minutes. Try again later, or use a smaller file."
            );
            return Err(Failure::rejected(FailureKind::MediaRefused, detail).answered(206, None));
        }
        if now.since(begun) >= WAIT {
            let detail = say!("The server is still processing an attached file. Fanfare keeps waiting.");
            let failure = Failure::new(Outcome::Throttled, FailureKind::MediaNotReady, detail);
            return Err(failure.answered(206, None).not_before(Some(now + WAIT_AGAIN)));
        }
        clock.sleep_until(now + ASK_EVERY).await;
    }
}

fn alt(media: &Media) -> Option<&str> {
    media.alt.as_deref().map(str::trim).filter(|alt| !alt.is_empty())
}

fn file_name(media: &Media) -> String {
    let ending = match media.mime.as_str() {
        "image/jpeg" => "jpg",
        "video/quicktime" => "mov",
        mime => mime.rsplit('/').next().unwrap_or("bin"),
    };
    format!("media.{ending}")
}

/// Whether this file of an earlier version of a post can stay: same asset, same bytes.
pub(crate) fn stays(file: &Uploaded, media: &Media) -> bool {
    file.asset == media.id && file.sha256 == media.sha256
}

/// The alternative text that a kept file must get, if it has another one.
pub(crate) fn new_alt<'a>(file: &Uploaded, media: &'a Media) -> Option<&'a str> {
    (file.alt.as_deref() != alt(media)).then(|| alt(media).unwrap_or_default())
}
