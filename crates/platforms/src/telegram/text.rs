//! Text as Telegram counts it, what it finds in one, and the styles that Fanfare adds.
//!
//! Styles are sent as entities, not as HTML, so that nothing in a text needs escaping. The text's length counts code points;
//! an entity's offset and length count units of UTF-16.

use std::ops::Range;

use connector::{Card, Draft, Part, Reading, SpanKind};
use serde_json::{Value, json};

use super::{
    limits::{CAPTION_MAX, QUESTION_MAX, TEXT_MAX},
    options::{Options, Preview},
};
use crate::links::{self, Grammar};

/// The most letters of a name. The shortest that people can choose has five; some sold ones have four.
const NAME_MAX: usize = 32;

/// The text as it is sent: Telegram drops white space around it.
pub fn sent(part: &Part) -> &str {
    part.text.trim()
}

/// The length in code points.
pub fn length(text: &str) -> u32 {
    u32::try_from(text.trim().chars().count()).unwrap_or(u32::MAX)
}

/// How long the text of this part may be.
pub fn limit(part: &Part) -> u32 {
    match part {
        Part { poll: Some(_), .. } => QUESTION_MAX,
        Part { media, .. } if !media.is_empty() => CAPTION_MAX,
        _ => TEXT_MAX,
    }
}

/// What Telegram makes of a part's text.
pub fn read(draft: &Draft, position: usize) -> Reading {
    let text = draft.text(position);
    let chars: Vec<char> = text.chars().collect();
    let found = links::find(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Link));
    let named = mentions(&chars).into_iter().map(|range| (range, SpanKind::Mention));
    let tags = links::hashtags(&chars, Grammar::Mastodon).into_iter().map(|range| (range, SpanKind::Tag));
    let spans = links::spans(text, found, named.chain(tags));
    let options = Options::of(draft).unwrap_or_default();
    let part = draft.parts.get(position);
    let bare = part.is_some_and(|part| part.media.is_empty() && part.poll.is_none());
    let first = || spans.iter().find(|span| span.kind == SpanKind::Link).map(|span| with_scheme(&span.target));
    let chosen = options.link_preview_url.filter(|_| position == 0);
    let card = (bare && options.link_preview != Some(Preview::Off)).then(|| chosen.or_else(first)).flatten();
    Reading {
        length: length(text),
        limit: part.map_or(TEXT_MAX, limit),
        card: card.map(|address| Card { address, title: None, description: None }),
        spans,
        ..Reading::default()
    }
}

/// The entities of a part: each place of each passage.
pub fn entities(part: &Part, options: &Options) -> Vec<Value> {
    let text = sent(part);
    let units = |text: &str| text.encode_utf16().count();
    let of = |(kind, passage): (&'static str, &str)| {
        let place = |(start, found): (usize, &str)| json!({ "type": kind, "offset": units(&text[..start]), "length": units(found) });
        text.match_indices(passage.trim()).map(place).collect::<Vec<_>>()
    };
    options.passages().flat_map(of).collect()
}

/// Names after an @: letters, digits and underscores, beginning with a letter.
fn mentions(chars: &[char]) -> Vec<Range<usize>> {
    let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let begins =
        |at: &usize| chars[*at] == '@' && (*at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_'));
    let name = |at: usize| {
        let length = chars[at + 1..].iter().take_while(|c| is_name(c)).count();
        let is_one = (4..=NAME_MAX).contains(&length) && chars[at + 1].is_ascii_alphabetic();
        is_one.then_some(at..at + 1 + length)
    };
    (0..chars.len()).filter(begins).filter_map(name).collect()
}

fn with_scheme(link: &str) -> String {
    if link.contains("://") { link.to_owned() } else { format!("https://{link}") }
}
