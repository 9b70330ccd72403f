//! The card of a link: what its page says of itself, and its picture.
//!
//! Bluesky reads no pages: the client that posts a link sends the card along. A page that cannot be read in time, or says nothing
//! of itself, gets no card: a post is not held up by someone else's server. What was found is journaled, so that the
//! record stays the same on the next attempt.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base::{Text, Timestamp, say};
use connector::{Call, Card, CardNow, Draft, Failure, Handles, ImageRules, Issue, Part, Reading, Rule};
use serde_json::{Value, json};
use url::Url;

use super::{
    media,
    options::Options,
    rpc::{Body, Pds},
    text,
};
use crate::kit::page::{self, Page};

/// The handle under which a card is journaled; `null` where there is none.
const NAME: &str = "card";
/// So many links are tried until one has a card.
const LINKS_MAX: usize = 3;
/// The largest picture in bytes (lexicon `app.bsky.embed.external`).
const THUMB_MAX_BYTES: usize = 1_000_000;
/// How long what was looked at while writing is remembered, and of how many parts.
const REMEMBERED: (Duration, usize) = (Duration::from_secs(300), 200);

/// The `external` of a part's card, if it gets one: as the author wrote it, or as the page of the first link says that
/// says something.
pub(super) async fn of(
    pds: &Pds<'_>,
    part: &Part,
    reading: &Reading,
    options: &Options,
    handles: &dyn Handles,
) -> Result<Option<Value>, Failure> {
    if !part.media.is_empty() {
        return Ok(None);
    }
    if let Some(known) = handles.get(NAME) {
        return Ok(Some(known).filter(|card| !card.is_null()));
    }
    let Some(wanted) = &reading.card else { return Ok(None) };
    let found = find(pds.call, wanted, &part.text, reading, options).await;
    let mut external = Value::Null;
    if let Some((card, image)) = found.card {
        external =
            json!({ "uri": card.address, "title": card.title, "description": card.description.unwrap_or_default() });
        if let Some(thumb) = picture(pds, image, handles).await {
            external["thumb"] = thumb;
        }
    }
    handles.put(NAME, external.clone()).await?;
    Ok(Some(external).filter(|card| !card.is_null()))
}

/// Whether the card has a picture, which the server keeps only for a post that shows it.
pub(super) fn has_picture(handles: &dyn Handles) -> bool {
    handles.get(NAME).is_some_and(|card| card.get("thumb").is_some())
}

/// Forgets a card whose picture the server may have thrown away meanwhile.
pub(super) async fn forget(handles: &dyn Handles) -> Result<(), Failure> {
    handles.forget(NAME).await
}

/// What was looked at for previews: someone who writes asks again and again about the same links.
#[derive(Default)]
pub(super) struct Looked(Mutex<BTreeMap<String, (Timestamp, CardNow)>>);

impl Looked {
    /// The card that a part would get now, or why it gets none.
    pub(super) async fn now(&self, call: &Call<'_>, draft: &Draft, position: usize) -> Option<CardNow> {
        let options = Options::read(&draft.options).unwrap_or_default();
        let reading = text::read(draft, position);
        let wanted = reading.card.as_ref()?;
        let links = text::links(&reading.spans, draft.text(position));
        let key = format!("{position} {wanted:?} {links:?} {:?}", options.link_preview);
        let now = call.clock.now();
        if let Some((at, known)) = self.known().get(&key)
            && now.since(*at) < REMEMBERED.0
        {
            return Some(known.clone());
        }
        let found = look(call, draft, position, &reading, &options).await;
        let mut known = self.known();
        known.retain(|_, (at, _)| now.since(*at) < REMEMBERED.0);
        if known.len() < REMEMBERED.1 {
            known.insert(key, (now, found.clone()));
        }
        Some(found)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Timestamp, CardNow)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn look(call: &Call<'_>, draft: &Draft, position: usize, reading: &Reading, options: &Options) -> CardNow {
    let Some(wanted) = &reading.card else { return CardNow::default() };
    let found = find(call, wanted, draft.text(position), reading, options).await;
    let warn = |rule: Rule, detail: Text| {
        Issue::warning(rule, format!("/parts/{position}/text"), detail, "lexicon app.bsky.embed.external")
    };
    let mut notes = Vec::new();
    let Some((card, image)) = found.card else {
        let why = Text::joined(found.troubles, "; ");
        notes.push(warn(Rule::LinkCardMissing, say!("There will be no link card: {why}. The link itself stays.")));
        return CardNow { notes, ..CardNow::default() };
    };
    let picture = match image {
        Some(image) => match page::picture(&call.http.for_pages(), &image).await {
            Ok(_) => Some(image.to_string()),
            Err(why) => {
                notes.push(warn(Rule::LinkCardWithoutPicture, say!("The link card will have no picture: {why}.")));
                None
            }
        },
        None => None,
    };
    CardNow { card: Some(card), picture, notes }
}

/// The card of the first link that has one, with its picture's address; and what kept others from having one.
#[derive(Default)]
struct Found {
    card: Option<(Card, Option<Url>)>,
    troubles: Vec<Text>,
}

async fn find(call: &Call<'_>, wanted: &Card, text: &str, reading: &Reading, options: &Options) -> Found {
    let mut found = Found::default();
    if let Some(title) = &wanted.title {
        // In the author's words; the page only lends its picture.
        let page =
            if options.link_preview == Some(false) { None } else { page::read(call, &wanted.address).await.ok() };
        let card = Card { title: Some(title.clone()), ..wanted.clone() };
        found.card = Some((card, page.and_then(|page| page.image)));
        return found;
    }
    for address in text::links(&reading.spans, text).into_iter().take(LINKS_MAX) {
        match page::read(call, &address).await {
            Ok(Page { title: Some(title), description, image }) => {
                found.card = Some((Card { address, title: Some(title), description }, image));
                return found;
            }
            Ok(_) => found.troubles.push(say!("the page at {address} has no title")),
            Err(why) => found.troubles.push(why),
        }
    }
    found
}

/// The picture, uploaded. One that does not come or cannot be made small enough is left out.
async fn picture(pds: &Pds<'_>, image: Option<Url>, handles: &dyn Handles) -> Option<Value> {
    let (bytes, mime) = page::picture(&pds.call.http.for_pages(), &image?).await.ok()?;
    let (bytes, mime) = if bytes.len() > THUMB_MAX_BYTES {
        let rules = ImageRules {
            count_max: 1,
            mime: vec!["image/jpeg".to_owned()],
            bytes_max: THUMB_MAX_BYTES as u64,
            side_max: 2_000,
            pixels_max: 4_000_000,
            source: "lexicon app.bsky.embed.external".to_owned(),
        };
        handles.smaller(bytes, &rules).await?
    } else {
        (bytes, mime.to_owned())
    };
    media::upload(pds, "upload the card's picture", Body::Bytes(&bytes, &mime)).await.ok()
}
