//! Text as Threads counts it, and what it finds in one.

use std::collections::BTreeSet;

use connector::{Card, Draft, Reading, Span, SpanKind};

use super::{limits, options::Options};
use crate::{
    links::{self, Grammar},
    meta::text::mentions,
};

/// The most different links in a post, with that of its card. A refusal above it is documented since 2025-12-22.
pub const LINKS_MAX: u32 = 5;

/// The length: bytes of UTF-8. Threads says characters, and that emoji count by their bytes; what it enforced was the bytes of
/// the whole text (Postiz 1946: 498 characters with three curly apostrophes were refused). Bytes are never fewer.
pub fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// What Threads makes of a part's text.
pub fn read(draft: &Draft, position: usize) -> Reading {
    let text = draft.text(position);
    let options = Options::of(draft).unwrap_or_default();
    let (topic, link) = match position {
        0 => (options.topic_tag, options.link_attachment),
        _ => (None, None),
    };
    let spans = spans(text, topic.is_some());
    let bare = draft.parts.get(position).is_some_and(|part| part.media.is_empty() && part.poll.is_none());
    let first = || spans.iter().find(|span| span.kind == SpanKind::Link).map(|span| with_scheme(&span.target));
    let card = bare.then(|| link.or_else(first)).flatten();
    Reading {
        length: length(text),
        limit: limits::TEXT_MAX,
        card: card.map(|address| Card { address, title: None, description: None }),
        spans,
        ..Reading::default()
    }
}

/// The different links of a text and of the cards beside it.
pub fn count_links<'a>(text: &'a str, beside: impl Iterator<Item = &'a str>) -> usize {
    let own = spans(text, true).into_iter().filter(|span| span.kind == SpanKind::Link).map(|span| span.target);
    own.chain(beside.map(str::to_owned)).map(|link| with_scheme(&link)).collect::<BTreeSet<_>>().len()
}

/// Links, mentions, and the one hashtag that becomes the topic unless another is chosen.
fn spans(text: &str, has_topic: bool) -> Vec<Span> {
    let chars: Vec<char> = text.chars().collect();
    let found = links::find(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Link));
    let mentioned = mentions(&chars).into_iter().map(|range| (range, SpanKind::Mention));
    let topic = links::hashtags(&chars, Grammar::X).into_iter().take(usize::from(!has_topic));
    links::spans(text, found, mentioned.chain(topic.map(|range| (range, SpanKind::Tag))))
}

fn with_scheme(link: &str) -> String {
    if link.contains("://") { link.to_owned() } else { format!("https://{link}") }
}

/// Where a passage stands in a text, and how long it is, in code points.
pub fn place(text: &str, passage: &str) -> Option<(usize, usize)> {
    let start = text.find(passage)?;
    Some((text[..start].chars().count(), passage.chars().count()))
}

/// A text in the form in which what was sent and what is shown can be compared: white space collapsed, and the sign of a
/// topic left out, which Threads does not show.
pub fn canonical(text: &str) -> String {
    let words = text.split_whitespace().map(|word| word.strip_prefix('#').unwrap_or(word));
    words.collect::<Vec<_>>().join(" ")
}
