//! Text as Facebook counts it, and what it finds in one.

use connector::{Card, Draft, Reading, SpanKind};
use unicode_normalization::UnicodeNormalization as _;

use super::{
    limits,
    options::{Format, Options},
};
use crate::links::{self, Grammar};

/// The length in units of UTF-16. Which unit counts is not documented; none gives more.
pub fn length(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// What Facebook makes of a part's text. A page is mentioned by a syntax of its own that needs a reviewed feature, so that no
/// name in a text becomes a mention.
pub fn read(draft: &Draft, position: usize) -> Reading {
    let text = draft.text(position);
    let chars: Vec<char> = text.chars().collect();
    let found = links::find(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Link));
    let tags = links::hashtags(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Tag));
    let spans = links::spans(text, found, tags);
    let options = if position == 0 { Options::of(draft).unwrap_or_default() } else { Options::default() };
    let is_bare = draft.parts.get(position).is_some_and(|part| part.media.is_empty());
    let first = || spans.iter().find(|span| span.kind == SpanKind::Link).map(|span| with_scheme(&span.target));
    let card = (is_bare && options.format == Format::Post).then(|| options.link.or_else(first)).flatten();
    Reading {
        length: length(text),
        limit: limits::TEXT_MAX,
        card: card.map(|address| Card { address, title: None, description: None }),
        spans,
        left_out: options.format == Format::Story,
        ..Reading::default()
    }
}

fn with_scheme(link: &str) -> String {
    if link.contains("://") { link.to_owned() } else { format!("https://{link}") }
}

/// A text in the form in which what was sent and what is shown can be compared.
pub fn canonical(text: &str) -> String {
    text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
