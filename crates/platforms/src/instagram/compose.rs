//! What a part becomes: the fields of its container, from the part and the variant's options, or a comment. Only what a part
//! needs is sent (P-057).

use std::time::Duration;

use base::Timestamp;
use connector::{Call, Draft, Failure, FailureKind, Handles, Media, MediaKind, Part, PartJob, PartKind, Remote};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    errors::{Asked, CONTAINERS},
    options::{self, Kind, Options},
    own, peer,
    reads::List,
};
use crate::{
    kit::parts,
    meta::containers::{Wanted, Workshop},
};

/// How old one with an image must be when it is first asked for.
const PAUSE_IMAGE: Duration = Duration::from_secs(3);
/// How old one with a video must be.
const PAUSE_VIDEO: Duration = Duration::from_secs(10);

/// A part that is ready to be published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frozen {
    /// A post.
    Post(Post),
    /// A comment.
    Comment {
        /// Below this post.
        on: Remote,
        /// The text as written.
        text: String,
    },
}

/// A post that is ready to be published, and what it is recognised by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// The container.
    pub container: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether it is a post already: an earlier try was heeded late.
    pub is_published: bool,
    /// The list that will show it.
    pub list: List,
    /// The text as written; a story shows none.
    pub caption: String,
    /// The kind as lists name it.
    pub media_type: String,
    /// How many files are in a carousel.
    pub children: usize,
}

/// Prepares the part of a job, as far as it goes now.
pub async fn ready(call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Frozen, Failure> {
    let part = parts::part(job)?;
    if let Some(on) = parts::answered(job)? {
        return Ok(Frozen::Comment { on: on.clone(), text: part.text.clone() });
    }
    let options = Options::of(job.draft)
        .map_err(|error| Failure::rejected(FailureKind::ContentRefused, options::wrong(&error)))?;
    let peer = peer(call)?;
    let workshop = Workshop {
        rules: &CONTAINERS,
        peer: &peer,
        handles,
        path: own(call, "media"),
        quota_path: own(call, "content_publishing_limit"),
    };
    let children = workshop.all_finished(&children(part, &options)).await?;
    let mut wanted = container(job.draft, part, &options);
    if !children.is_empty() {
        wanted.fields.push(("children", children.join(",")));
    }
    let held = workshop.to_publish(&wanted).await?;
    let is_story = options.kind == Kind::Story;
    let media_type = match part.media.as_slice() {
        [file] if file.kind == MediaKind::Video => "VIDEO",
        [_] => "IMAGE",
        _ => "CAROUSEL_ALBUM",
    };
    Ok(Frozen::Post(Post {
        container: held.id,
        made_at: held.made_at,
        is_published: held.is_published,
        list: if is_story { List::Stories } else { List::Media },
        caption: if is_story { String::new() } else { part.text.clone() },
        media_type: media_type.to_owned(),
        children: children.len(),
    }))
}

/// Whether a part is a comment. Instagram has no threads.
pub fn is_comment(part: &Part, position: usize) -> bool {
    position > 0 || part.kind == PartKind::Comment
}

/// The containers of a carousel's files, in order.
pub fn children<'a>(part: &'a Part, options: &Options) -> Vec<Wanted<'a, Asked>> {
    let files = part.media.iter().enumerate().filter(|_| part.media.len() > 1);
    let child = |(at, file): (usize, &'a Media)| {
        let is_video = file.kind == MediaKind::Video;
        let mut fields = vec![("is_carousel_item", "true".to_owned())];
        if is_video {
            fields.push(("media_type", "VIDEO".to_owned()));
        }
        fields.extend(alt(file));
        fields.extend(options.tags_of(at, is_video).map(|tags| ("user_tags", tags)));
        wanted(format!("file_{at}"), fields, Some(file))
    };
    files.map(child).collect()
}

/// The container of a post, but for its carousel's files.
pub fn container<'a>(draft: &'a Draft, part: &'a Part, options: &Options) -> Wanted<'a, Asked> {
    let file = part.media.first().filter(|_| part.media.len() == 1);
    let is_video = file.is_some_and(|file| file.kind == MediaKind::Video);
    let tags = file.and_then(|_| options.tags_of(0, is_video)).map(|tags| ("user_tags", tags));
    if options.kind == Kind::Story {
        let fields = [("media_type", "STORIES".to_owned())].into_iter().chain(tags);
        return wanted("post".to_owned(), fields.collect(), file);
    }
    let mut fields = Vec::new();
    match file {
        Some(_) if is_video => fields.push(("media_type", "REELS".to_owned())),
        // An image says nothing of its kind.
        Some(file) => fields.extend(alt(file)),
        None => fields.push(("media_type", "CAROUSEL".to_owned())),
    }
    if !part.text.is_empty() {
        fields.push(("caption", part.text.clone()));
    }
    fields.extend(tags);
    if !options.collaborators.is_empty() {
        fields.push(("collaborators", json!(options.collaborators).to_string()));
    }
    fields.extend(options.location_id.clone().map(|id| ("location_id", id)));
    if options.is_ai_generated {
        fields.push(("is_ai_generated", "true".to_owned()));
    }
    let cover = options.cover_of(draft).filter(|_| is_video);
    if is_video {
        fields.push(("share_to_feed", (!options.reels_tab_only).to_string()));
        fields.extend(options.audio_name.clone().map(|name| ("audio_name", name)));
        let offset = options.thumb_offset_ms.filter(|_| cover.is_none());
        fields.extend(offset.map(|offset| ("thumb_offset", offset.to_string())));
    }
    let mut wanted = wanted("post".to_owned(), fields, file);
    wanted.files.extend(cover.map(|cover| ("cover_url", cover)));
    wanted
}

fn wanted<'a>(name: String, fields: Vec<(&'static str, String)>, file: Option<&'a Media>) -> Wanted<'a, Asked> {
    let is_video = file.is_some_and(|file| file.kind == MediaKind::Video);
    Wanted {
        name,
        asked: Asked::Container,
        is_reply: false,
        fields,
        files: file.map(|file| (if is_video { "video_url" } else { "image_url" }, file)).into_iter().collect(),
        pause: if is_video { PAUSE_VIDEO } else { PAUSE_IMAGE },
        rest: Duration::ZERO,
    }
}

/// Only images have it.
fn alt(file: &Media) -> Option<(&'static str, String)> {
    let alt = file.alt.as_deref().filter(|alt| file.kind != MediaKind::Video && !alt.trim().is_empty())?;
    Some(("alt_text", alt.to_owned()))
}
