//! What a part becomes: the fields of its container, from the part and the variant's options. Only what a part needs is sent
//! (P-057).

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Call, Failure, FailureKind, Handles, Media, MediaKind, Part, PartJob};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    address,
    containers::{PAUSE_CHILD, PAUSE_FILES, PAUSE_TEXT, RULES},
    errors::{Asked, SETTLES},
    options::Options,
    peer,
    reads::List,
    text,
};
use crate::{
    kit::parts,
    meta::containers::{Held, Wanted, Workshop},
};

/// A part that is ready to be published, and what it is recognised by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// The container.
    pub container: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether it is a post already: an earlier try was heeded late.
    pub is_published: bool,
    /// The list that will show it.
    pub list: List,
    /// The text as written.
    pub text: String,
    /// The kind as lists name it.
    pub media_type: String,
    /// The containers of a carousel's files.
    pub children: Vec<String>,
    /// What it replies to.
    pub replies_to: Option<String>,
    /// Whether it quotes.
    pub quotes: bool,
}

/// Prepares the part of a job, as far as it goes now.
pub async fn ready(call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Frozen, Failure> {
    let part = parts::part(job)?;
    let options = Options::of(job.draft)
        .map_err(|error| refused(say!("The options for Threads are wrong: {error}.", error = error.to_string())))?;
    let replies_to = parts::answered(job)?.map(|remote| remote.id.clone());
    let quotes = match &part.quote {
        Some(address) => Some(quoted(call, handles, address).await?),
        None => None,
    };
    let peer = peer(call)?;
    let workshop = Workshop {
        rules: &RULES,
        peer: &peer,
        handles,
        path: "/v1.0/me/threads".to_owned(),
        quota_path: "/v1.0/me/threads_publishing_limit".to_owned(),
    };
    let files = part.media.iter().enumerate().filter(|_| part.media.len() > 1);
    let files: Vec<_> = files.map(|(at, file)| child(at, file)).collect();
    let children = workshop.all_finished(&files).await?;
    let mut wanted = container(part, job.position, &options);
    if !children.is_empty() {
        wanted.fields.push(("children", children.join(",")));
    }
    if let Some(parent) = &replies_to {
        (wanted.asked, wanted.is_reply) = (Asked::Reply, true);
        // One with a video that is published at once can become a post of its own (Postiz 1441).
        wanted.rest = if part.media.is_empty() { Duration::ZERO } else { SETTLES };
        wanted.fields.push(("reply_to_id", parent.clone()));
    }
    wanted.fields.extend(quotes.clone().map(|id| ("quote_post_id", id)));
    let Held { id, made_at, is_published, .. } = workshop.to_publish(&wanted).await?;
    let list = match (&replies_to, job.position == 0 && options.is_ghost_post) {
        (Some(_), _) => List::Replies,
        (None, true) => List::Ghosts,
        (None, false) => List::Threads,
    };
    let media_type = match part.media.as_slice() {
        [] => "TEXT_POST",
        [file] if file.kind == MediaKind::Video => "VIDEO",
        [_] => "IMAGE",
        _ => "CAROUSEL_ALBUM",
    };
    Ok(Frozen {
        container: id,
        made_at,
        is_published,
        list,
        text: part.text.clone(),
        media_type: media_type.to_owned(),
        children,
        replies_to,
        quotes: quotes.is_some(),
    })
}

/// A file of a carousel.
fn child(at: usize, file: &Media) -> Wanted<'_, Asked> {
    let mut fields = vec![("media_type", kind_of(file.kind).to_owned()), ("is_carousel_item", "true".to_owned())];
    fields.extend(alt(file.alt.as_deref()));
    Wanted {
        name: format!("file_{at}"),
        asked: Asked::Container,
        is_reply: false,
        fields,
        files: vec![address_of(file)],
        pause: PAUSE_CHILD,
        rest: Duration::ZERO,
    }
}

/// The container of a part, but for its carousel's files, what it replies to and what it quotes.
pub fn container<'a>(part: &'a Part, position: usize, options: &Options) -> Wanted<'a, Asked> {
    let file = part.media.first().filter(|_| part.media.len() == 1);
    let kind = match part.media.as_slice() {
        [] => "TEXT",
        [file] => kind_of(file.kind),
        _ => "CAROUSEL",
    };
    let mut fields = vec![("media_type", kind.to_owned())];
    if !part.text.is_empty() {
        fields.push(("text", part.text.clone()));
    }
    fields.extend(file.and_then(|file| alt(file.alt.as_deref())));
    if let Some(poll) = &part.poll {
        let names = ["option_a", "option_b", "option_c", "option_d"];
        let named = names.into_iter().zip(&poll.options).map(|(name, option)| (name.to_owned(), json!(option)));
        fields.push(("poll_attachment", Value::Object(named.collect()).to_string()));
    }
    let hidden: Vec<Value> = options.spoilers.iter().filter_map(|passage| spoiler(&part.text, passage)).collect();
    if !hidden.is_empty() {
        fields.push(("text_entities", Value::Array(hidden).to_string()));
    }
    if options.is_spoiler_media && !part.media.is_empty() {
        fields.push(("is_spoiler_media", "true".to_owned()));
    }
    if position == 0 {
        of_first(part, options, &mut fields);
    }
    let pause = if part.media.is_empty() { PAUSE_TEXT } else { PAUSE_FILES };
    Wanted {
        name: "post".to_owned(),
        asked: Asked::Container,
        is_reply: false,
        fields,
        files: file.map(address_of).into_iter().collect(),
        pause,
        rest: Duration::ZERO,
    }
}

/// Who may reply, the topic and the like are facts of the conversation: its first post carries them.
fn of_first(part: &Part, options: &Options, fields: &mut Vec<(&'static str, String)>) {
    let said = options.reply_control.and_then(|control| serde_json::to_value(control).ok());
    fields.extend(said.and_then(|said| Some(("reply_control", said.as_str()?.to_owned()))));
    fields.extend(options.topic_tag.clone().map(|topic| ("topic_tag", topic)));
    fields.extend(options.location_id.clone().map(|id| ("location_id", id)));
    if options.enable_reply_approvals {
        fields.push(("enable_reply_approvals", "true".to_owned()));
    }
    if !part.media.is_empty() || part.poll.is_some() {
        return;
    }
    fields.extend(options.link_attachment.clone().map(|link| ("link_attachment", link)));
    fields.extend(options.text_attachment.as_ref().map(|attached| ("text_attachment", json!(attached).to_string())));
    if options.is_ghost_post {
        fields.push(("is_ghost_post", "true".to_owned()));
    }
}

/// A file, and the field with its address.
fn address_of(file: &Media) -> (&'static str, &Media) {
    (if file.kind == MediaKind::Video { "video_url" } else { "image_url" }, file)
}

fn kind_of(kind: MediaKind) -> &'static str {
    if kind == MediaKind::Video { "VIDEO" } else { "IMAGE" }
}

fn alt(alt: Option<&str>) -> Option<(&'static str, String)> {
    alt.filter(|alt| !alt.trim().is_empty()).map(|alt| ("alt_text", alt.to_owned()))
}

fn spoiler(whole: &str, passage: &str) -> Option<Value> {
    let (offset, length) = text::place(whole, passage)?;
    Some(json!({ "entity_type": "SPOILER", "offset": offset, "length": length }))
}

/// The quoted post's id, looked for once.
async fn quoted(call: &Call<'_>, handles: &dyn Handles, address: &str) -> Result<String, Failure> {
    const NAME: &str = "quoted";
    if let Some(known) = handles.get(NAME).filter(|known| known["address"] == address)
        && let Some(id) = known["id"].as_str()
    {
        return Ok(id.to_owned());
    }
    let id = address::quoted(call, address).await?;
    handles.put(NAME, json!({ "address": address, "id": id })).await?;
    Ok(id)
}

fn refused(detail: Text) -> Failure {
    Failure::rejected(FailureKind::ContentRefused, detail)
}
