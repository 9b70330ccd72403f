//! Files on their way: an image in one piece, a video in the parts that LinkedIn asks for. None of them is to be seen before a
//! post shows it, and its owner must be the post's author.

use std::time::Duration;

use async_trait::async_trait;
use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind as K, Media, MediaKind, Outcome};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    errors::{Asked, JUDGE},
    wire::{Asset, Begun as Session, Done},
};
use crate::kit::{
    peer::{Peer, segment},
    upload::{Begun, Ended, Stage, State, Upload},
};

/// How long an unused file is relied on. How long LinkedIn keeps one is not documented.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Time for an image, or a part of a video.
const PART_TIMEOUT: Duration = Duration::from_secs(120);

/// What is kept of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// `urn:li:image:…` or `urn:li:video:…`.
    pub urn: String,
    /// Where the bytes go: to each address up to its last byte.
    parts: Vec<(String, u64)>,
    /// What LinkedIn called each part that it took, in order.
    tags: Vec<String>,
    token: String,
    size_bytes: u64,
    /// When all bytes were there.
    whole_at: Option<Timestamp>,
}

impl File {
    fn is_video(&self) -> bool {
        self.urn.starts_with("urn:li:video:")
    }

    /// Where its state is asked for.
    fn path(&self) -> String {
        format!("/rest/{}/{}", if self.is_video() { "videos" } else { "images" }, segment(&self.urn))
    }
}

/// Files of one author.
pub struct OfAuthor<'a> {
    pub peer: &'a Peer<'a, Asked>,
    pub author: &'a str,
}

#[async_trait]
impl Upload for OfAuthor<'_> {
    type Own = File;

    async fn begin(&self, file: &Media) -> Result<Begun<File>, Failure> {
        let mut wanted = json!({ "owner": self.author });
        if file.kind == MediaKind::Video {
            wanted["fileSizeBytes"] = json!(file.size_bytes);
            (wanted["uploadCaptions"], wanted["uploadThumbnail"]) = (json!(false), json!(false));
        }
        let path = if file.kind == MediaKind::Video { "/rest/videos" } else { "/rest/images" };
        let body = json!({ "initializeUploadRequest": wanted });
        let reply = self.act("begin the upload", path, "initializeUpload", &body).await?;
        let odd = || self.peer.odd(Asked::Upload, &reply, say!("an upload"));
        let begun = reply.json::<Done<Session>>().map_err(|_| odd())?.value;
        let urn = begun.urn().ok_or_else(odd)?;
        let image = begun.upload_url.map(|url| (url, file.size_bytes));
        let video = begun.upload_instructions.iter().map(|one| (one.upload_url.clone(), one.last_byte + 1));
        let parts: Vec<(String, u64)> = image.into_iter().chain(video).collect();
        // Every byte has its place, in order.
        let is_whole = parts.last().is_some_and(|(_, end)| *end == file.size_bytes)
            && parts.windows(2).all(|pair| pair[0].1 < pair[1].1)
            && begun.upload_instructions.first().is_none_or(|one| one.first_byte == 0);
        if !is_whole {
            return Err(odd());
        }
        let token = begun.upload_token;
        let own = File { urn, parts, tags: Vec::new(), token, size_bytes: file.size_bytes, whole_at: None };
        Ok(Begun { own, life: LIFE, stage: Stage::Pieces { sent: 0 } })
    }

    /// An image's bytes need the token; a part of a video must have none.
    async fn piece(&self, file: &Media, own: &mut File, sent: u64) -> Result<u64, Failure> {
        let Some(at) = own.parts.iter().position(|(_, end)| sent < *end) else { return Ok(file.size_bytes) };
        let (address, end) = own.parts[at].clone();
        let begins = if at == 0 { 0 } else { own.parts[at - 1].1 };
        let length = end - begins;
        let request = self.to(&address, own.is_video())?;
        let mime = if own.is_video() { "application/octet-stream" } else { &file.mime };
        let request = request.media(file, begins, length, mime).timeout(PART_TIMEOUT);
        let reply = self.peer.ask(Asked::Upload, request).await?;
        if own.is_video() {
            let tag = reply.header("etag").map(|tag| tag.trim_matches('"').to_owned());
            let tag = tag.filter(|tag| !tag.is_empty());
            own.tags.truncate(at);
            own.tags.push(tag.ok_or_else(|| self.peer.odd(Asked::Upload, &reply, say!("the part's name")))?);
        }
        Ok(end)
    }

    async fn end(&self, own: &mut File) -> Result<Ended, Failure> {
        own.whole_at = Some(self.peer.call.clock.now());
        if own.is_video() {
            let body = json!({ "finalizeUploadRequest": {
                "video": own.urn, "uploadToken": own.token, "uploadedPartIds": own.tags,
            } });
            match self.act("end the upload", "/rest/videos", "finalizeUpload", &body).await {
                Ok(_) => {}
                // A run before this one may have ended it, and not lived to write that down.
                Err(failure) if failure.outcome == Outcome::Rejected => {
                    if !matches!(self.asked(own).await, Ok(asset) if asset.status != "WAITING_UPLOAD") {
                        return Err(failure);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(Ended { state: self.state(own).await?, life: None })
    }

    /// A member's app may not ask about an image, and perhaps not about a video. Then it is given time: a post with an image
    /// that never becomes ready would be seen by its author alone.
    async fn state(&self, own: &File) -> Result<State, Failure> {
        let asset = match self.asked(own).await {
            Err(failure) if failure.kind == K::ScopeMissing => {
                let patience = Duration::from_secs(10 + own.size_bytes / 1_000_000);
                let (now, since) = (self.peer.call.clock.now(), own.whole_at);
                let ready_at = since.map_or(now, |since| since + patience);
                return Ok(if ready_at <= now { State::Ready } else { State::Working(Some(ready_at.since(now))) });
            }
            asked => asked?,
        };
        Ok(match asset.status.as_str() {
            "AVAILABLE" => State::Ready,
            "PROCESSING_FAILED" => {
                let why = asset.processing_failure_reason.map_or(say!("LinkedIn gives no reason"), Text::from);
                let detail = say!("LinkedIn can't use the file: {why}. Convert it or use another one.");
                State::Refused(Failure::rejected(K::MediaRefused, detail).answered(200, None))
            }
            _ => State::Working(None),
        })
    }

    fn working(&self) -> Text {
        say!("LinkedIn is still working on the file. Fanfare checks again, then publishes.")
    }

    fn at(&self) -> &'static str {
        "LinkedIn"
    }
}

impl OfAuthor<'_> {
    async fn act(
        &self,
        name: &'static str,
        path: &str,
        action: &str,
        body: &Value,
    ) -> Result<connector::Reply, Failure> {
        let request = self.peer.request(name, Method::POST, &format!("{path}?action={action}")).json(body);
        self.peer.ask(Asked::Upload, request).await
    }

    /// A file that LinkedIn doesn't know any more begins anew.
    async fn asked(&self, own: &File) -> Result<Asset, Failure> {
        self.peer.read(Asked::Upload, self.peer.get("ask about the file", &own.path()), say!("a file")).await
    }

    /// The address that LinkedIn named, if it is one of its own.
    fn to(&self, address: &str, is_video: bool) -> Result<connector::Request, Failure> {
        let call = self.peer.call;
        for server in [super::web(call, ""), call.endpoint("api", "https://api.linkedin.com")] {
            let Some(path) = address.strip_prefix(&server).filter(|path| path.starts_with('/')) else { continue };
            let peer = Peer::at(call, server.clone(), &JUDGE).and_no_other();
            let peer = if is_video { peer } else { peer.signed_in(call.tokens.bearer()?) };
            return Ok(peer.request("upload the bytes", Method::PUT, path));
        }
        let detail = say!("LinkedIn named an address for the file that isn't its own. Fanfare didn't send it there.");
        Err(Failure::rejected(K::BadAnswer, detail))
    }
}
