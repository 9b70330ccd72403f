//! Text as Instagram counts it, and what it finds in one. Links are text there.

use connector::{Draft, Reading, Span, SpanKind};

use super::{
    limits,
    options::{Kind, Options},
};
use crate::{
    links::{self, Grammar},
    meta::text::mentions,
};

/// The length, in units of UTF-16.
pub fn length(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// What Instagram makes of a part's text.
pub fn read(draft: &Draft, position: usize) -> Reading {
    let text = draft.text(position);
    let spans = spans(text).into_iter().filter(|span| span.kind != SpanKind::Link).collect();
    let is_story = position == 0 && Options::of(draft).is_ok_and(|options| options.kind == Kind::Story);
    Reading { length: length(text), limit: limits::TEXT_MAX, spans, left_out: is_story, ..Reading::default() }
}

/// How many of a kind are in a text.
pub fn count(text: &str, kind: SpanKind) -> usize {
    spans(text).iter().filter(|span| span.kind == kind).count()
}

/// Mentions, hashtags, and the web addresses that neither is a part of.
fn spans(text: &str) -> Vec<Span> {
    let chars: Vec<char> = text.chars().collect();
    let links = links::find(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Link));
    let mentioned = mentions(&chars).into_iter().map(|range| (range, SpanKind::Mention));
    let tags = links::hashtags(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Tag));
    links::spans(text, links, mentioned.chain(tags))
}

/// A text in the form in which what was sent and what is shown can be compared.
pub fn canonical(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
