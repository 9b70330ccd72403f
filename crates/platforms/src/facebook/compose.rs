//! What a part becomes: its files, and the one visible call with its fields. Only what a part needs is sent (P-057).

use base::say;
use connector::{Call, Failure, FailureKind, Handles, MediaKind, Part, PartJob};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    errors::Asked,
    options::{Format, Options},
    peer, rights,
    uploads::{Edge, File, ToPage},
};
use crate::{
    kit::{
        parts,
        peer::{Peer, segment},
        upload,
    },
    meta::rights::Rights,
};

/// A part that is ready to be published, and what it is recognised by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// What it becomes.
    pub kind: Kind,
    /// Where it is sent.
    pub path: String,
    /// What is said.
    pub fields: Vec<(String, String)>,
    /// The text as written.
    pub text: String,
    /// The page whose card it shows.
    pub link: Option<String>,
    /// The photos or the video, by their ids.
    pub media: Vec<String>,
    /// The same files by the digests of their bytes.
    pub files: Vec<String>,
}

/// What a part becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text or a link.
    Text,
    /// One photo or several.
    Photos,
    /// A video.
    Video,
    /// A reel.
    Reel,
    /// A story with a photo.
    PhotoStory,
    /// A story with a video.
    VideoStory,
    /// A comment under the first part.
    Comment,
}

impl Kind {
    /// What the first part becomes.
    pub fn of(part: &Part, format: Format) -> Self {
        let has_video = part.media.iter().any(|file| file.kind == MediaKind::Video);
        match (format, has_video) {
            (Format::Reel, _) => Self::Reel,
            (Format::Story, true) => Self::VideoStory,
            (Format::Story, false) => Self::PhotoStory,
            (Format::Post, true) => Self::Video,
            (Format::Post, false) if part.media.is_empty() => Self::Text,
            (Format::Post, false) => Self::Photos,
        }
    }

    fn edge(self) -> Edge {
        match self {
            Self::Video => Edge::Videos,
            Self::Reel => Edge::Reels,
            Self::VideoStory => Edge::Stories,
            Self::Text | Self::Photos | Self::PhotoStory | Self::Comment => Edge::Photos,
        }
    }
}

/// Prepares the part of a job: its files go up, nothing is to be seen.
pub async fn ready(call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Frozen, Failure> {
    let (part, options) = (parts::part(job)?, options_of(job)?);
    let (kind, object) = match job.earlier.first() {
        _ if job.position == 0 => (Kind::of(part, options.format), None),
        Some(first) => (Kind::Comment, Some(first.id.as_str())),
        None => {
            let detail = say!("The post that this comments on has not been published. Publish that one first.");
            return Err(Failure::rejected(FailureKind::RemoteNotFound, detail));
        }
    };
    Rights::of(call.facts).require(if kind == Kind::Comment { &rights::COMMENT } else { &rights::PUBLISH })?;
    let files = uploaded(&peer(call)?, call.account_id, kind, part, handles).await?;
    let fields = fields(kind, part, &options, &files);
    let page = segment(call.account_id);
    let path = match kind {
        Kind::Text | Kind::Photos => format!("/{page}/feed"),
        Kind::PhotoStory => format!("/{page}/photo_stories"),
        Kind::Comment => format!("/{}/comments", segment(object.unwrap_or_default())),
        Kind::Video | Kind::Reel | Kind::VideoStory => kind.edge().of(call.account_id),
    };
    Ok(Frozen {
        kind,
        path,
        fields,
        text: part.text.clone(),
        link: options.link.filter(|_| kind == Kind::Text),
        media: files.into_iter().map(|file| file.id).collect(),
        files: part.media.iter().map(|file| file.sha256.clone()).collect(),
    })
}

/// The options of a job's draft.
pub fn options_of(job: &PartJob<'_>) -> Result<Options, Failure> {
    Options::of(job.draft).map_err(|error| {
        let detail = say!("The options for Facebook are wrong: {error}.", error = error.to_string());
        Failure::rejected(FailureKind::ContentRefused, detail)
    })
}

async fn uploaded(
    peer: &Peer<'_, Asked>,
    page: &str,
    kind: Kind,
    part: &Part,
    handles: &dyn Handles,
) -> Result<Vec<File>, Failure> {
    let to = ToPage { peer, page, edge: kind.edge() };
    let mut files = Vec::new();
    for (at, file) in part.media.iter().enumerate() {
        files.push(upload::ready(&to, peer.call, file, handles, &format!("file_{at}")).await?);
    }
    Ok(files)
}

/// The fields of the visible call.
pub fn fields(kind: Kind, part: &Part, options: &Options, files: &[File]) -> Vec<(String, String)> {
    let mut fields = Fields(Vec::new());
    let (text, first) = (part.text.as_str(), files.first());
    let id = first.map_or("", |file| file.id.as_str());
    match kind {
        Kind::Text | Kind::Photos => {
            fields.add("message", text);
            let link = options.link.as_deref().filter(|_| kind == Kind::Text);
            fields.add("link", link.unwrap_or_default());
            if kind == Kind::Photos {
                let media: Vec<Value> = files.iter().map(|file| json!({ "media_fbid": file.id })).collect();
                fields.add("attached_media", &Value::Array(media).to_string());
            }
            fields.add("place", options.place.as_deref().unwrap_or_default());
        }
        Kind::Video => {
            fields.add("upload_phase", "finish");
            fields.add("upload_session_id", first.and_then(|file| file.session.as_deref()).unwrap_or_default());
            fields.add("published", "true");
            fields.of_video(text, options);
        }
        Kind::Reel => {
            fields.add("upload_phase", "finish");
            fields.add("video_id", id);
            fields.add("video_state", "PUBLISHED");
            fields.of_video(text, options);
            fields.add("place", options.place.as_deref().unwrap_or_default());
        }
        Kind::PhotoStory => fields.add("photo_id", id),
        Kind::VideoStory => {
            fields.add("upload_phase", "finish");
            fields.add("video_id", id);
        }
        Kind::Comment => {
            fields.add("message", text);
            fields.add("attachment_id", id);
        }
    }
    if matches!(kind, Kind::Text | Kind::Photos | Kind::Video | Kind::Reel) {
        fields.add("targeting", &shown_in(&options.countries));
    }
    // A plain video is not ranked by country.
    if matches!(kind, Kind::Text | Kind::Photos | Kind::Reel) {
        fields.add("feed_targeting", &shown_in(&options.preferred_countries));
    }
    fields.0
}

struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field with a value; one without says nothing.
    fn add(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    fn of_video(&mut self, text: &str, options: &Options) {
        self.add("description", text);
        self.add("title", options.title.as_deref().unwrap_or_default());
        self.add("is_ai_generated", if options.is_ai_generated { "true" } else { "" });
    }
}

fn shown_in(countries: &[String]) -> String {
    if countries.is_empty() {
        return String::new();
    }
    json!({ "geo_locations": { "countries": countries } }).to_string()
}
