//! Text as X counts it: weighted characters, addresses at a fixed price, emoji as one.
//!
//! The rules are those of version 3 of the network's counting configuration. They are written out here because the
//! library that carries them needs a C++ compiler, which building Fanfare does not (decision 0023).

pub mod emoji;
pub mod tags;

use std::ops::Range;

use connector::{Span, SpanKind};
use unicode_normalization::UnicodeNormalization as _;

use crate::links::{self, Grammar, is_refused};

/// Most weighted characters in a post. Source: the network's counting configuration, version 3.
pub const WEIGHT_MAX: u32 = 280;
/// Most characters in a long post of a subscriber. Source: X API changelog, 2024-08-20.
pub const LONG_WEIGHT_MAX: u32 = 25_000;
/// What any address counts, however long it is: its place is taken by a t.co link.
pub const URL_WEIGHT: u32 = 23;
/// Weights are counted in hundredths.
const SCALE: u32 = 100;
/// The weight of most of Unicode, and of every emoji.
const WIDE: u32 = 200;
/// Where a character weighs half of that.
const NARROW: [std::ops::RangeInclusive<u32>; 4] = [0..=0x10FF, 0x2000..=0x200D, 0x2010..=0x201F, 0x2032..=0x2037];

/// A text as X sees it before it is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// Its length in weighted characters.
    pub length: u32,
    /// The length if every name that looks like an address were one. X knows some domain endings before
    /// the list that was compiled into Fanfare does.
    pub length_at_most: u32,
    /// The first character that X never takes, if there is one.
    pub refused: Option<char>,
    /// The addresses in it, as written.
    pub urls: Vec<String>,
}

impl Weighed {
    /// The names of which X makes links although they have neither scheme nor path, each once: `ASP.NET`, `it.So`.
    pub fn bare_names(&self) -> Vec<&str> {
        let is_bare = |url: &&str| !url.contains(['/', ':', '?']);
        let names: std::collections::BTreeSet<&str> = self.urls.iter().map(String::as_str).filter(is_bare).collect();
        names.into_iter().collect()
    }

    /// Whether X takes it as a whole post of at most `max` weighted characters.
    pub fn is_valid(&self, max: u32) -> bool {
        self.length > 0 && self.length <= max && self.refused.is_none()
    }
}

/// Weighs a text. It is normalised to NFC first, as X does.
pub fn weigh(text: &str) -> Weighed {
    let chars: Vec<char> = text.nfc().collect();
    let urls = links::find(&chars, Grammar::X);
    let doubtful = links::find_doubtful(&chars, &urls);
    let length = length(&chars, &urls);
    let more: u32 = doubtful.iter().map(|range| URL_WEIGHT.saturating_sub(part(&chars[range.clone()]) / SCALE)).sum();
    Weighed {
        length,
        length_at_most: length.saturating_add(more),
        refused: chars.iter().copied().find(|c| is_refused(*c)),
        urls: urls.iter().map(|range| chars[range.clone()].iter().collect()).collect(),
    }
}

/// What X makes links, mentions, hashtags and cashtags of.
pub fn spans(text: &str) -> Vec<Span> {
    let chars: Vec<char> = text.chars().collect();
    let links = links::find(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Link));
    let others = tags::mentions(&chars)
        .into_iter()
        .map(|range| (range, SpanKind::Mention))
        .chain(links::hashtags(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Tag)))
        .chain(tags::find_cashtags(&chars).into_iter().map(|range| (range, SpanKind::Tag)));
    links::spans(text, links, others)
}

fn length(chars: &[char], urls: &[Range<usize>]) -> u32 {
    let mut sum = 0u32;
    let mut from = 0;
    for url in urls {
        sum = sum.saturating_add(part(&chars[from..url.start])).saturating_add(URL_WEIGHT * SCALE);
        from = url.end;
    }
    sum.saturating_add(part(&chars[from..])) / SCALE
}

/// The weight in hundredths of a stretch without addresses.
fn part(chars: &[char]) -> u32 {
    let mut sum = 0u32;
    let mut at = 0;
    while at < chars.len() {
        let emoji = emoji::length_at(&chars[at..]);
        sum = sum.saturating_add(if emoji > 0 { WIDE } else { weight(chars[at]) });
        at += emoji.max(1);
    }
    sum
}

fn weight(c: char) -> u32 {
    if NARROW.iter().any(|range| range.contains(&u32::from(c))) { SCALE } else { WIDE }
}
