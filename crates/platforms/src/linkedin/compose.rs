//! What a part becomes: its files, its link's card, and the one visible call. Only what a part needs is sent (P-057).

use std::sync::Arc;

use base::say;
use bytes::Bytes;
use connector::{Call, Failure, FailureKind as K, Handles, Media, MediaKind, Part, PartJob, Poll};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    errors::Asked,
    limits::{self, DURATIONS},
    options::Options,
    peer,
    publish::Kept,
    rights::{Need, Rights},
    text,
    uploads::OfAuthor,
    urn::{self, Address},
};
use crate::kit::{
    page, parts,
    peer::{Peer, segment},
    upload,
};

/// The handles under which a card's words and picture are journaled.
const CARD: &str = "card";
const PICTURE: &str = "picture";

/// A part that is ready to be published, and what it is recognised by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// What it becomes.
    pub kind: Kind,
    /// Where it is sent.
    pub path: String,
    /// What is sent.
    pub body: Value,
    /// The text as people see it.
    pub text: String,
    /// What it shows: URNs of files, the link's page, or the post that it shares.
    pub shows: Vec<String>,
    /// The same files by the digests of their bytes.
    pub files: Vec<String>,
    /// The post that it comments on.
    pub post: Option<String>,
}

/// What a part becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text, with the card of a link where there is one.
    Text,
    /// An image, a GIF or a video.
    Media,
    /// Several images.
    Images,
    /// A poll.
    Poll,
    /// Another post, with a text or without.
    Reshare,
    /// A comment under the first part.
    Comment,
}

impl Kind {
    /// What this part becomes.
    pub fn of(part: &Part, position: usize) -> Self {
        match part {
            _ if position > 0 => Self::Comment,
            Part { quote: Some(_), .. } => Self::Reshare,
            Part { poll: Some(_), .. } => Self::Poll,
            Part { media, .. } if media.len() > 1 => Self::Images,
            Part { media, .. } if media.len() == 1 => Self::Media,
            _ => Self::Text,
        }
    }
}

impl Frozen {
    /// What is kept of it once it is there.
    pub fn kept(&self) -> Kept {
        let link = self.body.pointer("/content/article/source").and_then(Value::as_str).map(str::to_owned);
        Kept { kind: Some(self.kind), files: self.files.clone(), link, post: self.post.clone(), comment: None }
    }
}

/// The options of a job's draft.
pub fn options_of(job: &PartJob<'_>) -> Result<Options, Failure> {
    Options::of(job.draft).map_err(|error| {
        let detail = say!("The options for LinkedIn are wrong: {error}.", error = error.to_string());
        Failure::rejected(K::ContentRefused, detail)
    })
}

/// Prepares the part of a job: its files go up, nothing is to be seen.
pub async fn ready(call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Frozen, Failure> {
    let (part, options, author) = (parts::part(job)?, options_of(job)?, call.account_id);
    let kind = Kind::of(part, job.position);
    Rights::of(call.facts).require(if kind == Kind::Comment { Need::Comment } else { Need::Publish })?;
    let peer = peer(call)?;
    let to = OfAuthor { peer: &peer, author };
    let mut urns = Vec::new();
    for (at, file) in part.media.iter().enumerate() {
        urns.push(upload::ready(&to, call, file, handles, &format!("file_{at}")).await?.urn);
    }
    let files = part.media.iter().map(|file| file.sha256.clone()).collect();
    if kind == Kind::Comment {
        let post = job.earlier.first().map(|first| first.id.clone()).ok_or_else(|| {
            let detail = say!("The post that this comments on has not been published. Publish that one first.");
            Failure::rejected(K::RemoteNotFound, detail)
        })?;
        let text = text::comment(&part.text);
        let mut body = json!({ "actor": author, "message": { "text": text } });
        if let Some(image) = urns.first() {
            body["content"] = json!([{ "entity": { "image": image } }]);
        }
        let path = format!("/rest/socialActions/{}/comments", segment(&post));
        return Ok(Frozen { kind, path, body, text, shows: urns, files, post: Some(post) });
    }
    let shared = part.quote.as_deref().map(|address| reshared(call, address)).transpose()?;
    let article = if kind == Kind::Text { article(&peer, job, &options, handles).await? } else { None };
    let link = article.as_ref().and_then(|article| article["source"].as_str()).map(str::to_owned);
    let body = post(author, part, &options, &urns, article, shared.as_deref());
    let shows = urns.into_iter().chain(link).chain(shared).collect();
    let text = text::seen(body["commentary"].as_str().unwrap_or_default());
    Ok(Frozen { kind, path: "/rest/posts".to_owned(), body, text, shows, files, post: None })
}

/// The body of a post.
pub fn post(
    author: &str,
    part: &Part,
    options: &Options,
    files: &[String],
    article: Option<Value>,
    shared: Option<&str>,
) -> Value {
    let mut body = json!({
        "author": author,
        "commentary": text::commentary(&part.text),
        "visibility": options.visibility.word(),
        "distribution": { "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [] },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": options.no_reposts,
    });
    let alt = |at: usize, mut shown: Value| {
        // Plain text: no notation here. A video has no alt text.
        let file = part.media.get(at).filter(|file| file.kind != MediaKind::Video);
        if let Some(alt) = file.and_then(|file| file.alt.as_deref()).filter(|alt| !alt.trim().is_empty()) {
            shown["altText"] = json!(alt);
        }
        shown
    };
    if let Some(parent) = shared {
        body["reshareContext"] = json!({ "parent": parent });
    } else if let Some(asked) = &part.poll {
        let question = options.poll_question.as_deref();
        if question.is_none() {
            body["commentary"] = json!("");
        }
        body["content"] = json!({ "poll": poll(asked, question.unwrap_or(part.text.trim())) });
    } else if let [file] = files {
        let mut shown = alt(0, json!({ "id": file }));
        let is_video = part.media.first().is_some_and(|file| file.kind == MediaKind::Video);
        if let Some(title) = options.title.as_ref().filter(|_| is_video) {
            shown["title"] = json!(title);
        }
        body["content"] = json!({ "media": shown });
    } else if !files.is_empty() {
        let images: Vec<Value> = files.iter().enumerate().map(|(at, file)| alt(at, json!({ "id": file }))).collect();
        body["content"] = json!({ "multiImage": { "images": images } });
    } else if let Some(article) = article {
        body["content"] = json!({ "article": article });
    }
    body
}

fn poll(poll: &Poll, question: &str) -> Value {
    let options: Vec<Value> = poll.options.iter().map(|option| json!({ "text": option })).collect();
    // The check allows no other.
    let duration = DURATIONS.iter().find(|(minutes, _)| *minutes >= poll.duration_minutes).unwrap_or(&DURATIONS[3]);
    json!({ "question": question, "options": options, "settings": { "duration": duration.1 } })
}

fn reshared(call: &Call<'_>, address: &str) -> Result<String, Failure> {
    let found = url::Url::parse(address).map(|url| urn::at(call, &url));
    match found {
        Ok(Address::Post(post)) => Ok(post),
        _ => Err(Failure::rejected(K::ContentRefused, NO_POST)),
    }
}

/// An address from which no post can be told.
pub const NO_POST: base::Text = say!(
    "This address doesn't name a post in a way that apps can use. At LinkedIn, open the post's menu, choose Embed this post, and copy the address in the code: it has urn:li:share or urn:li:ugcPost in it."
);

/// The card of the part's link: LinkedIn reads no pages, so that title, description and picture are sent along. A page that says
/// nothing of itself gets none. What was found is journaled, so that the post stays the same on the next attempt.
async fn article(
    peer: &Peer<'_, Asked>,
    job: &PartJob<'_>,
    options: &Options,
    handles: &dyn Handles,
) -> Result<Option<Value>, Failure> {
    let Some(wanted) = text::card(job.draft) else { return Ok(None) };
    let mut card = match handles.get(CARD) {
        Some(known) => known,
        None => {
            let found = page::read(peer.call, &wanted.address).await.unwrap_or_default();
            let title = wanted.title.or(found.title).map(|title| cut(&title, limits::TITLE_MAX));
            let about = wanted.description.or(found.description).map(|about| cut(&about, limits::ALT_MAX as usize));
            let mut card = json!({ "source": wanted.address, "title": title, "picture": found.image.as_ref().map(url::Url::as_str) });
            if let Some(about) = about {
                card["description"] = json!(about);
            }
            handles.put(CARD, card.clone()).await?;
            card
        }
    };
    if card["title"].is_null() {
        return Ok(None);
    }
    let address = card.as_object_mut().and_then(|card| card.remove("picture"));
    let picture = match options.picture(job.draft) {
        Some(chosen) => Some(chosen.clone()),
        None => fetched(peer.call, address.as_ref().and_then(Value::as_str), handles).await,
    };
    if let Some(picture) = picture {
        let to = OfAuthor { peer, author: peer.call.account_id };
        match upload::ready(&to, peer.call, &picture, handles, PICTURE).await {
            Ok(file) => card["thumbnail"] = json!(file.urn),
            // A card without its picture is better than no post.
            Err(failure) if failure.kind == K::MediaRefused => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(Some(card))
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// A page's picture as a file, made to fit. One that can't be had is left out.
async fn fetched(call: &Call<'_>, address: Option<&str>, handles: &dyn Handles) -> Option<Media> {
    let address = url::Url::parse(address?).ok()?;
    let rules = limits::images(1, &["image/jpeg", "image/png"]);
    let (bytes, mime) = page::picture(&call.http.for_pages(), &address).await.ok()?;
    let fits = rules.mime.iter().any(|known| known == mime) && bytes.len() as u64 <= rules.bytes_max;
    let (bytes, mime) = if fits { (bytes, mime.to_owned()) } else { handles.smaller(bytes, &rules).await? };
    Some(in_memory(bytes, mime))
}

fn in_memory(bytes: Bytes, mime: String) -> Media {
    Media {
        id: PICTURE.to_owned(),
        kind: MediaKind::Image,
        mime,
        size_bytes: bytes.len() as u64,
        width: 0,
        height: 0,
        duration_ms: None,
        video_codec: None,
        animated: false,
        alt: None,
        sha256: hex::encode(Sha256::digest(&bytes)),
        source: Arc::new(bytes),
    }
}
