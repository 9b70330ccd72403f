//! A text as LinkedIn takes, counts and shows it.
//!
//! A post's text is *little text*: some characters are notation, and one that stands for itself and has no backslash before it
//! cuts off the rest of the post without a word. Mentions are written as LinkedIn writes them, `@[Name](urn:li:organization:1)`.
//! A comment is plain text, in which a backslash would be seen (postiz-app 1847).

use std::ops::Range;

use connector::{Card, Draft, Reading, Span, SpanKind};
use unicode_normalization::UnicodeNormalization as _;

use super::{
    limits::{COMMENT_MAX, TEXT_MAX},
    options::Options,
};
use crate::links::{self, Grammar};

const NOTATION: &str = r"\|{}@[]()<>#*_~";

/// What LinkedIn makes of a part's text.
pub fn read(draft: &Draft, position: usize) -> Reading {
    let (text, is_comment) = (draft.text(position), position > 0);
    let length = if is_comment { comment(text).chars().count() } else { commentary(text).encode_utf16().count() };
    Reading {
        card: (!is_comment).then(|| card(draft)).flatten(),
        spans: spans(text),
        ..Reading::plain(length, if is_comment { COMMENT_MAX } else { TEXT_MAX })
    }
}

/// The page whose card a post shows: the chosen one, or that of the first link. LinkedIn makes none by itself.
pub fn card(draft: &Draft) -> Option<Card> {
    let options = Options::of(draft).unwrap_or_default();
    let first = draft.parts.first()?;
    if !first.media.is_empty() || first.poll.is_some() || first.quote.is_some() || options.no_card {
        return None;
    }
    let in_text = || spans(&first.text).into_iter().find(|span| span.kind == SpanKind::Link);
    let address = options.link.or_else(|| in_text().map(|span| with_scheme(&span.target)))?;
    Some(Card { address, title: options.link_title, description: options.link_description })
}

fn with_scheme(link: &str) -> String {
    if link.contains("://") { link.to_owned() } else { format!("https://{link}") }
}

/// Links, hashtags and mentions, in order.
pub fn spans(text: &str) -> Vec<Span> {
    let mentions = mentions(text);
    let chars: Vec<char> = text.chars().collect();
    let found = links::find(&chars, Grammar::X).into_iter().map(|range| (range, SpanKind::Link));
    let tags = hashtags(&chars).into_iter().map(|range| (range, SpanKind::Tag));
    let mut all = links::spans(text, found, tags);
    all.retain(|span| !mentions.iter().any(|one| one.range.start < span.range.end && span.range.start < one.range.end));
    all.extend(mentions);
    all.sort_by_key(|span| span.range.start);
    all
}

/// A sign and the letters and digits behind it.
fn hashtags(chars: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in chars.iter().enumerate().filter(|(_, letter)| **letter == '#') {
        let length = chars[at + 1..].iter().take_while(|letter| letter.is_alphanumeric()).count();
        let is_free = at == 0 || !chars[at - 1].is_alphanumeric();
        if is_free && length > 0 {
            found.push(at..at + 1 + length);
        }
    }
    found
}

/// `@[Name](urn:li:person:…)` and the same with an organisation.
fn mentions(text: &str) -> Vec<Span> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = text[at..].find("@[").map(|start| at + start) {
        at = start + 2;
        let Some(middle) = text[at..].find("](").map(|middle| at + middle) else { break };
        let name = &text[at..middle];
        let Some(end) = text[middle..].find(')').map(|end| middle + end) else { break };
        let urn = &text[middle + 2..end];
        let id = ["urn:li:person:", "urn:li:organization:"].into_iter().find_map(|kind| urn.strip_prefix(kind));
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if id.is_some_and(is_id) && !name.trim().is_empty() && !name.contains(['\n', '[']) {
            let (target, shown) = (urn.to_owned(), Some(name.to_owned()));
            found.push(Span { range: start..end + 1, kind: SpanKind::Mention, target, shown });
            at = end + 1;
        }
    }
    found
}

/// A post's text as it is sent.
pub fn commentary(text: &str) -> String {
    let (mut sent, mut done) = (String::new(), 0);
    for span in spans(text) {
        sent.push_str(&escaped(&text[done..span.range.start]));
        let written = &text[span.range.clone()];
        match (span.kind, &span.shown) {
            (SpanKind::Mention, Some(name)) => sent.push_str(&format!("@[{}]({})", escaped(name), span.target)),
            (SpanKind::Tag, _) => sent.push_str(written),
            _ => sent.push_str(&escaped(written)),
        }
        done = span.range.end;
    }
    sent + &escaped(&text[done..])
}

fn escaped(text: &str) -> String {
    let escape = |letter: char| {
        let sign = NOTATION.contains(letter).then_some('\\');
        sign.into_iter().chain([letter])
    };
    text.chars().flat_map(escape).collect()
}

/// A comment's text as it is sent: of a mention, the name alone.
pub fn comment(text: &str) -> String {
    let (mut sent, mut done) = (String::new(), 0);
    for span in mentions(text) {
        sent.push_str(&text[done..span.range.start]);
        sent.push_str(span.shown.as_deref().unwrap_or_default());
        done = span.range.end;
    }
    sent + &text[done..]
}

/// What people see of a post's text as the API gives it: `{hashtag|\#|news}` for a hashtag, mentions by name.
pub fn seen(commentary: &str) -> String {
    let (mut seen, mut rest) = (String::new(), commentary);
    while let Some(letter) = rest.chars().next() {
        if let Some((tag, after)) = rest.strip_prefix(r"{hashtag|\#|").and_then(|inside| inside.split_once('}')) {
            seen.push('#');
            seen.push_str(tag);
            rest = after;
        } else if let Some(escaped) = rest.strip_prefix('\\').and_then(|after| after.chars().next()) {
            seen.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
        } else if let Some((name, after)) = mention(rest) {
            seen.push_str(&self::seen(name));
            rest = after;
        } else {
            seen.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    seen
}

fn mention(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.strip_prefix("@[")?.split_once("](urn:li:")?;
    Some((name, behind.split_once(')')?.1))
}

/// A text in the form in which what was sent and what is shown can be compared.
pub fn canonical(text: &str) -> String {
    text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
