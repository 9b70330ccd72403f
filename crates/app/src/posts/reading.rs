//! How platforms read the texts of a post while it is being written. Nothing is stored, sent or looked up but the channels.

use std::collections::BTreeMap;

use base::{Problem, Scope, Text, ids::ChannelId, say};
use connector::{Draft, Publish, Reading};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{CHANNELS_MAX, Content, content};
use crate::{App, channels, fault::Fault};

/// Texts for a channel.
pub struct Texts {
    /// The channel.
    pub channel: ChannelId,
    /// Its parts and options, as they stand: a part may be empty.
    pub content: Content,
}

/// What a platform makes of a part's text.
pub struct Read {
    /// Its reading.
    pub reading: Reading,
    /// Where the text begins to be too long, in bytes; `None` if it fits.
    pub fits: Option<usize>,
}

/// What each channel's platform makes of each part, in the order of the request.
///
/// # Errors
/// Too much to read, or an unknown channel; those of the database.
pub async fn read(app: &App, scope: &Scope, wanted: Vec<Texts>) -> Result<Vec<(Texts, Vec<Read>)>, Fault> {
    let too_many = |what: Text, max: usize| Problem::field("/channels", say!("at most {max} {what}"));
    if wanted.len() > CHANNELS_MAX {
        return Err(too_many(say!("channels"), CHANNELS_MAX).into());
    }
    if wanted.iter().any(|one| one.content.parts.len() > content::PARTS_MAX) {
        return Err(too_many(say!("parts"), content::PARTS_MAX).into());
    }
    if wanted.iter().flat_map(|one| &one.content.parts).any(|part| part.text.len() > content::TEXT_BYTES_MAX) {
        return Err(too_many(say!("bytes in a text"), content::TEXT_BYTES_MAX).into());
    }
    let workspace = scope.workspace();
    let ids: Vec<ChannelId> = wanted.iter().map(|one| one.channel).filter(|id| scope.reaches(*id)).collect();
    let found = app
        .db
        .read(async move |tx| {
            let mut found = BTreeMap::new();
            for &id in &ids {
                found.extend(channels::in_tx(tx, workspace, id).await?.map(|channel| (id, channel)));
            }
            Ok::<_, db::Error>(found)
        })
        .await?;
    let mut readings = Vec::with_capacity(wanted.len());
    for (place, texts) in wanted.into_iter().enumerate() {
        let channel = found.get(&texts.channel).ok_or_else(|| {
            let detail = say!("there is no such channel in this workspace; GET /v1/channels lists them");
            Problem::field(format!("/channels/{place}/channel"), detail)
        })?;
        let connector = app.connectors.get(&channel.platform);
        let publishing = connector.filter(|connector| connector.publish().is_some()).cloned();
        let connector = publishing.ok_or_else(|| {
            let detail = channels::takes_no_posts(connector.map(|connector| &**connector));
            Problem::field(format!("/channels/{place}/channel"), detail)
        })?;
        let draft = texts.content.words(app, workspace, &channel.platform).await?;
        let facts = channel.facts.clone();
        // A long text takes milliseconds for each channel: they are read side by side, and no one else waits meanwhile.
        readings.push(tokio::task::spawn_blocking(move || {
            let read = connector.publish().map(|publish| read_all(publish, &draft, &facts));
            (texts, read.unwrap_or_default())
        }));
    }
    let read = futures::future::try_join_all(readings).await;
    read.map_err(|broken| crate::fault::internal(&broken).into())
}

/// What a platform makes of each part.
fn read_all(publish: &dyn Publish, draft: &Draft, facts: &Value) -> Vec<Read> {
    let part = |position: usize| {
        let reading = publish.read(draft, position, facts);
        let fits = (reading.over() > 0).then(|| fits(publish, draft, position, facts));
        Read { reading, fits }
    };
    (0..draft.parts.len()).map(part).collect()
}

/// How much of a part's text its platform takes, in bytes from the beginning; only whole signs count.
fn fits(publish: &dyn Publish, draft: &Draft, position: usize, facts: &Value) -> usize {
    let text = draft.text(position);
    let ends: Vec<usize> = text.grapheme_indices(true).map(|(start, sign)| start + sign.len()).collect();
    let mut tried = draft.clone();
    let mut reads = |signs: usize| {
        let end = signs.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0);
        tried.parts[position].text = text[..end].to_owned();
        publish.read(&tried, position, facts)
    };
    // Most texts are cut near the limit, whatever is counted: looking there first, a long text is not read whole.
    let (mut low, mut high) = (0, (reads(0).limit as usize).clamp(1, ends.len()));
    while high < ends.len() && reads(high).over() == 0 {
        (low, high) = (high, (high * 2).min(ends.len()));
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if reads(middle).over() == 0 { low = middle } else { high = middle }
    }
    low.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0)
}

/// A place in a text, in units of UTF-16, as the languages of browsers count: for each of `places`, which are bytes of
/// UTF-8 in rising order.
pub fn in_utf16(text: &str, places: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let (mut at, mut units) = (0, 0);
    let unit = |place: usize| {
        units += text[at..place].encode_utf16().count();
        at = place;
        units
    };
    places.into_iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::in_utf16;

    #[test]
    fn places_are_counted_as_browsers_count() {
        let text = "é👉x";
        assert_eq!(in_utf16(text, [0, 2, 2, 6, 7]), [0, 1, 1, 3, 4]);
    }
}
