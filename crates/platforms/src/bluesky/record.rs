//! Records, as they are written. Pure: from what an author made and what `prepare` found out to the exact JSON.

use std::{collections::BTreeMap, ops::Range};

use base::Timestamp;
use connector::{Media, MediaKind, Part, Reading, Span, SpanKind};
use serde_json::{Value, json};

use super::{
    options::{Options, Replier},
    text,
    wire::StrongRef,
};

/// All that one post is made of.
pub(super) struct Ingredients<'a> {
    pub part: &'a Part,
    /// What the network makes of its text.
    pub reading: &'a Reading,
    pub options: &'a Options,
    /// Whether it is the first part: hidden hashtags are only there.
    pub first: bool,
    pub created_at: Timestamp,
    /// The DIDs of the mentioned handles that lead to one.
    pub mentions: &'a BTreeMap<String, String>,
    /// The uploaded files, in the order of the part's media.
    pub blobs: &'a [Value],
    /// The `external` of a link's card; shown where there are no files.
    pub card: Option<Value>,
    pub quote: Option<StrongRef>,
    pub reply: Option<Reply>,
}

/// What a post answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub root: StrongRef,
    pub parent: StrongRef,
}

/// An instant as the network writes it: UTC, with milliseconds.
pub(super) fn datetime(at: Timestamp) -> String {
    format!("{:.3}", at.to_jiff())
}

/// The record of a post.
pub(super) fn post(from: &Ingredients<'_>) -> Value {
    let (text, places) = text::published(&from.part.text, &from.reading.spans);
    let mut record = json!({ "$type": super::POST, "text": text, "createdAt": datetime(from.created_at) });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            record[name] = value;
        }
    };
    let some = |list: Vec<Value>| (!list.is_empty()).then_some(Value::Array(list));
    put("facets", some(facets(places, from.mentions)));
    put("reply", from.reply.as_ref().map(|reply| json!({ "root": reply.root, "parent": reply.parent })));
    put("embed", embed(from));
    put("langs", some(from.reading.languages.iter().map(|lang| json!(lang)).collect()));
    put("labels", labels(from.options));
    if from.first {
        put("tags", some(from.options.tags.iter().map(|tag| json!(tag)).collect()));
    }
    record
}

fn facets(places: Vec<(Range<usize>, &Span)>, mentions: &BTreeMap<String, String>) -> Vec<Value> {
    let facet = |(range, span): (Range<usize>, &Span)| {
        let feature = match span.kind {
            SpanKind::Link => json!({ "$type": "app.bsky.richtext.facet#link", "uri": span.target }),
            SpanKind::Tag => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": span.target }),
            // A handle that leads nowhere stays plain text.
            SpanKind::Mention => {
                json!({ "$type": "app.bsky.richtext.facet#mention", "did": mentions.get(&span.target)? })
            }
        };
        let index = json!({ "byteStart": range.start, "byteEnd": range.end });
        Some(json!({ "index": index, "features": [feature] }))
    };
    places.into_iter().filter_map(facet).collect()
}

fn labels(options: &Options) -> Option<Value> {
    let values: Vec<Value> = options.labels.iter().map(|label| json!({ "val": label.value() })).collect();
    (!values.is_empty()).then(|| json!({ "$type": "com.atproto.label.defs#selfLabels", "values": values }))
}

fn embed(from: &Ingredients<'_>) -> Option<Value> {
    let quote = from.quote.as_ref().map(|quote| json!({ "$type": "app.bsky.embed.record", "record": quote }));
    match (media(from).or_else(|| card(from)), quote) {
        (Some(media), Some(record)) => {
            Some(json!({ "$type": "app.bsky.embed.recordWithMedia", "record": record, "media": media }))
        }
        (media, quote) => media.or(quote),
    }
}

fn media(from: &Ingredients<'_>) -> Option<Value> {
    let files: Vec<(&Media, &Value)> = from.part.media.iter().zip(from.blobs).collect();
    let (first, blob) = files.first()?;
    if first.kind == MediaKind::Video {
        let mut video = json!({ "$type": "app.bsky.embed.video", "video": blob });
        if let Some(alt) = first.alt.as_deref().filter(|alt| !alt.is_empty()) {
            video["alt"] = alt.into();
        }
        return Some(with_ratio(video, first));
    }
    let image = |(media, blob): &(&Media, &Value)| {
        with_ratio(json!({ "alt": media.alt.as_deref().unwrap_or_default(), "image": blob }), media)
    };
    let images: Vec<Value> = files.iter().map(image).collect();
    Some(json!({ "$type": "app.bsky.embed.images", "images": images }))
}

fn with_ratio(mut embed: Value, media: &Media) -> Value {
    if media.width > 0 && media.height > 0 {
        embed["aspectRatio"] = json!({ "width": media.width, "height": media.height });
    }
    embed
}

fn card(from: &Ingredients<'_>) -> Option<Value> {
    let external = from.card.as_ref()?;
    Some(json!({ "$type": "app.bsky.embed.external", "external": external }))
}

/// The records beside a post that say who may reply and quote: collection and record. They share its key.
pub(super) fn gates(options: &Options, first: bool, post: &str, created_at: Timestamp) -> Vec<(&'static str, Value)> {
    let mut gates = Vec::new();
    if first && options.limits_replies() {
        gates.push((
            super::THREADGATE,
            json!({ "$type": super::THREADGATE, "post": post, "createdAt": datetime(created_at), "allow": allow(options) }),
        ));
    }
    if options.allow_quotes == Some(false) {
        gates.push((
            super::POSTGATE,
            json!({
                "$type": super::POSTGATE, "post": post, "createdAt": datetime(created_at),
                "embeddingRules": [{ "$type": "app.bsky.feed.postgate#disableRule" }],
            }),
        ));
    }
    gates
}

/// An empty list lets no one reply.
fn allow(options: &Options) -> Vec<Value> {
    let rule = |name: &str| json!({ "$type": format!("{}#{name}", super::THREADGATE) });
    let people = options.who_can_reply.iter().filter_map(|who| match who {
        Replier::Nobody => None,
        Replier::Mentioned => Some(rule("mentionRule")),
        Replier::Following => Some(rule("followingRule")),
        Replier::Followers => Some(rule("followerRule")),
    });
    let lists = options.reply_lists.iter().map(|list| {
        let mut of_list = rule("listRule");
        of_list["list"] = list.as_str().into();
        of_list
    });
    people.chain(lists).collect()
}
