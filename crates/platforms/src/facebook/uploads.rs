//! Files on their way: a photo in one piece, unpublished; a video in the pieces that Facebook asks for; the video of a reel or
//! a story as one stream, which continues where it was cut off. None of them is to be seen until the post is published, and each
//! one's id is what the post is found by afterwards.

use std::time::Duration;

use async_trait::async_trait;
use base::{Secret, Text, say};
use connector::{Failure, FailureKind, Media, http::FilePart};
use http::Method;
use serde::{Deserialize, Serialize};

use super::{
    errors::{Asked, JUDGE},
    reads,
    wire::{Begun as Session, Created, Done, Offsets, VideoStatus},
};
use crate::kit::{
    peer::{Peer, segment},
    upload::{Begun, Ended, Stage, State, Upload},
};

/// How long an unused file is relied on. How long Facebook keeps one is not documented.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Time for a photo, or a piece of a video.
const PIECE_TIMEOUT: Duration = Duration::from_secs(120);
/// Time for a whole reel or story, which goes up as one stream; what is cut off continues where it ended.
const STREAM_TIMEOUT: Duration = Duration::from_secs(8 * 60);

/// What is kept of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// The photo or video.
    pub id: String,
    /// A video's session, named again when it is published.
    pub session: Option<String>,
    /// Where a reel's or story's bytes go.
    address: Option<String>,
    /// Where the piece that Facebook asks for ends.
    piece_end: u64,
}

/// Where a file goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Photos,
    Videos,
    Reels,
    Stories,
}

impl Edge {
    /// Its path.
    pub fn of(self, page: &str) -> String {
        let edge = match self {
            Self::Photos => "photos",
            Self::Videos => "videos",
            Self::Reels => "video_reels",
            Self::Stories => "video_stories",
        };
        format!("/{}/{edge}", segment(page))
    }
}

/// Files for one edge of a page.
pub struct ToPage<'a> {
    pub peer: &'a Peer<'a, Asked>,
    pub page: &'a str,
    pub edge: Edge,
}

#[async_trait]
impl Upload for ToPage<'_> {
    type Own = File;

    async fn begin(&self, file: &Media) -> Result<Begun<File>, Failure> {
        if self.edge == Edge::Photos {
            let id = self.photo(file).await?;
            let own = File { id, session: None, address: None, piece_end: 0 };
            return Ok(Begun { own, life: LIFE, stage: Stage::Ready });
        }
        let size = file.size_bytes.to_string();
        let mut fields = vec![("upload_phase", "start")];
        if self.edge == Edge::Videos {
            fields.push(("file_size", &size));
        }
        let request = self.peer.request("begin the upload", Method::POST, &self.edge.of(self.page)).form(&fields);
        let begun: Session = self.peer.read(Asked::Upload, request, say!("an upload")).await?;
        let (sent, piece_end) = begun.next.range().unwrap_or((0, file.size_bytes));
        let (session, address) = (begun.upload_session_id, begun.upload_url);
        Ok(Begun {
            own: File { id: begun.video_id, session, address, piece_end },
            life: LIFE,
            stage: Stage::Pieces { sent },
        })
    }

    async fn piece(&self, file: &Media, own: &mut File, sent: u64) -> Result<u64, Failure> {
        match own.address.clone() {
            Some(address) => self.stream(file, &address, sent).await,
            None => self.next_piece(file, own, sent).await,
        }
    }

    async fn resume(&self, own: &File, sent: u64) -> Result<u64, Failure> {
        if own.address.is_none() {
            return Ok(sent);
        }
        Ok(self.video(&own.id).await?.status.uploading_phase.bytes())
    }

    /// A session may end without all its bytes, and the answer to them says nothing of that (trypost 361): the state is asked.
    async fn end(&self, own: &mut File) -> Result<Ended, Failure> {
        Ok(Ended { state: self.state(own).await?, life: None })
    }

    async fn state(&self, own: &File) -> Result<State, Failure> {
        if self.edge == Edge::Photos {
            return Ok(State::Ready);
        }
        let status = self.video(&own.id).await?.status;
        Ok(match status.video_status.as_str() {
            "expired" | "upload_failed" => State::Refused(Failure::rejected(FailureKind::MediaNotReady, LOST)),
            "error" => State::Refused(unusable(&status)),
            "uploading" if own.address.is_some() && !status.uploading_phase.is_complete() => State::Working(None),
            _ => State::Ready,
        })
    }

    fn is_asked_again(&self) -> bool {
        true
    }

    fn working(&self) -> Text {
        say!("Facebook is still taking in the file. Fanfare checks again, then publishes.")
    }

    fn at(&self) -> &'static str {
        "Facebook"
    }
}

impl ToPage<'_> {
    async fn photo(&self, file: &Media) -> Result<String, Failure> {
        let mut fields = vec![("published", "false")];
        if let Some(alt) = file.alt.as_deref().filter(|alt| !alt.trim().is_empty()) {
            fields.push(("alt_text_custom", alt));
        }
        let part = piece(file, "source", 0, file.size_bytes);
        let request = self.peer.request("upload the photo", Method::POST, &self.edge.of(self.page));
        let request = request.multipart(&fields, Some(part)).timeout(PIECE_TIMEOUT);
        Ok(self.peer.read::<Created>(Asked::Upload, request, say!("the photo's ID")).await?.id)
    }

    async fn next_piece(&self, file: &Media, own: &mut File, sent: u64) -> Result<u64, Failure> {
        let (start, session) = (sent.to_string(), own.session.clone().unwrap_or_default());
        let fields = [("upload_phase", "transfer"), ("upload_session_id", &*session), ("start_offset", &*start)];
        let length = own.piece_end.min(file.size_bytes).saturating_sub(sent);
        let part = piece(file, "video_file_chunk", sent, length);
        let request = self.peer.request("upload a piece", Method::POST, &self.edge.of(self.page));
        let request = request.multipart(&fields, Some(part)).timeout(PIECE_TIMEOUT);
        let reply = self.peer.ask(Asked::Upload, request).await?;
        let next = reply.json::<Offsets>().ok().and_then(|next| next.range());
        let (start, end) = next.ok_or_else(|| self.peer.odd(Asked::Upload, &reply, say!("the next piece")))?;
        own.piece_end = end;
        // The end is where nothing more is wanted.
        Ok(if start == end { file.size_bytes } else { start })
    }

    /// All that is left, to the upload server. It wants the token in a form of its own.
    async fn stream(&self, file: &Media, address: &str, sent: u64) -> Result<u64, Failure> {
        let call = self.peer.call;
        let server = call.endpoint("video", "https://rupload.facebook.com");
        let Some(path) = address.strip_prefix(&server).filter(|path| path.starts_with('/')) else {
            let detail =
                say!("Facebook named an address for the file that isn't its own. Fanfare didn't send it there.");
            return Err(Failure::rejected(FailureKind::BadAnswer, detail));
        };
        let peer = Peer::at(call, server, &JUDGE).and_no_other();
        let token = Secret::new(format!("OAuth {}", call.tokens.bearer()?.expose()));
        let request = peer.request("upload the video", Method::POST, path).secret_header("authorization", &token);
        let request = request.header("offset", sent.to_string()).header("file_size", file.size_bytes.to_string());
        let request = request.media(file, sent, file.size_bytes.saturating_sub(sent), "application/octet-stream");
        let done: Done = peer.read(Asked::Upload, request.timeout(STREAM_TIMEOUT), say!("that it arrived")).await?;
        if done.success {
            return Ok(file.size_bytes);
        }
        Err(Failure::rejected(FailureKind::MediaNotReady, LOST))
    }

    /// A video that Facebook does not know any more begins anew.
    async fn video(&self, id: &str) -> Result<super::wire::Video, Failure> {
        match reads::video(self.peer, id).await {
            Err(failure) if failure.kind == FailureKind::RemoteNotFound => {
                Err(Failure { kind: FailureKind::MediaNotReady, ..failure })
            }
            read => read,
        }
    }
}

const LOST: Text = say!("Facebook no longer has the file. Fanfare sends it again.");

fn piece(file: &Media, field: &str, offset: u64, length: u64) -> FilePart {
    FilePart { field: field.into(), file_name: "file".into(), media: file.clone(), offset, length }
}

/// A video that Facebook could not work on, in its own words where it gives some.
pub fn unusable(status: &VideoStatus) -> Failure {
    let phases = [&status.uploading_phase, &status.processing_phase, &status.publishing_phase];
    let why = phases.into_iter().find_map(|phase| phase.trouble().flatten());
    let why = why.map_or(say!("Facebook gives no reason"), Text::from);
    let detail = say!("Facebook can't use the video: {why}. Convert the file or use another one.");
    Failure::rejected(FailureKind::MediaRefused, detail).answered(200, None)
}
