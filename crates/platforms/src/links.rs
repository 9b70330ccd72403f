//! Addresses in a text, as X and Mastodon find them. Both search with one large pattern; Mastodon's is X's with wider
//! paths and without bare domains (mastodon: `config/initializers/twitter_regex.rb`).
//!
//! This walks the text once and keeps the pattern's habits that matter: the longest domain that ends in a known ending
//! wins, a bare domain is ASCII (with accents), a t.co link ends with its slug.

use std::ops::Range;

use connector::{Span, SpanKind};
use psl::Psl as _;
use unicode_normalization::char::is_combining_mark;

/// Whose pattern is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// With `http://` or `https://`, and bare domains such as `example.com/x`; paths in Latin and Cyrillic.
    X,
    /// Only with a scheme; paths and queries in any script.
    Mastodon,
}

/// The longest address in characters; longer ones are plain text.
const URL_MAX: usize = 4096;
/// The longest label of a domain in bytes, after encoding (RFC 1035).
const LABEL_MAX_BYTES: usize = 63;
/// The longest slug of a t.co link.
const SLUG_MAX: usize = 40;
/// The most labels a domain can have (RFC 1035: 255 bytes).
const LABELS_MAX: usize = 127;

/// The addresses in the text, in order, as ranges of characters.
pub(crate) fn find(chars: &[char], grammar: Grammar) -> Vec<Range<usize>> {
    let text = Text { chars, grammar, label_ends: label_ends(chars) };
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        at = text.step(at, &mut found).unwrap_or(at + 1);
    }
    found
}

/// The hashtags in the text, in order, with their `#` (twitter-text: `HASHTAG`; mastodon: `Tag::HASHTAG_RE`).
pub(crate) fn hashtags(chars: &[char], grammar: Grammar) -> Vec<Range<usize>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || is_combining_mark(c);
    let joins = |c: char| matches!(c, '·' | '・' | '\u{200C}');
    let may_follow = |before: char| match grammar {
        Grammar::X => !(is_name(before) || before == '&'),
        Grammar::Mastodon => !(before.is_alphanumeric() || matches!(before, '=' | '/' | ')')),
    };
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let begins = matches!(chars[at], '#' | '＃') && (at == 0 || may_follow(chars[at - 1]));
        let mut end = at + 1;
        while begins && chars.get(end).is_some_and(|c| is_name(*c) || joins(*c)) {
            end += 1;
        }
        while end > at + 1 && joins(chars[end - 1]) {
            end -= 1;
        }
        let name = &chars[at + 1..end];
        let goes_on = grammar == Grammar::X
            && (matches!(chars.get(end), Some('#' | '＃')) || chars[end..].starts_with(&[':', '/', '/']));
        // A mark right after the sign makes it a keycap or a picture.
        if name.iter().any(|c| c.is_alphabetic()) && !is_combining_mark(name[0]) && !goes_on {
            found.push(at..end);
        }
        at = end;
    }
    found
}

/// What was found in a text, as spans: what is `sure`, and of the `others` what overlaps none of it.
pub(crate) fn spans(
    text: &str,
    sure: impl Iterator<Item = (Range<usize>, SpanKind)>,
    others: impl Iterator<Item = (Range<usize>, SpanKind)>,
) -> Vec<Span> {
    let mut starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
    starts.push(text.len());
    let mut found: Vec<(Range<usize>, SpanKind)> = sure.collect();
    for (range, kind) in others {
        if !found.iter().any(|(known, _)| known.start < range.end && range.start < known.end) {
            found.push((range, kind));
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    let span = |(range, kind): (Range<usize>, SpanKind)| {
        let range = starts[range.start]..starts[range.end];
        let written = &text[range.clone()];
        // Mentions and tags are named without their sign.
        let sign = if kind == SpanKind::Link { 0 } else { written.chars().next().map_or(0, char::len_utf8) };
        Span { target: written[sign..].to_owned(), range, kind, shown: None }
    };
    found.into_iter().map(span).collect()
}

/// A text and, for each place, where a label that begins there would end: without it a long word would be walked anew
/// from each of its characters.
struct Text<'a> {
    chars: &'a [char],
    grammar: Grammar,
    label_ends: Vec<usize>,
}

fn label_ends(chars: &[char]) -> Vec<usize> {
    let mut ends: Vec<usize> = (0..chars.len()).collect();
    for at in (0..chars.len()).rev().filter(|at| is_label(chars[*at]) || matches!(chars[*at], '-' | '_')) {
        ends[at] = ends.get(at + 1).copied().unwrap_or(chars.len());
    }
    ends
}

/// Bare names that would be addresses if their ending were known (`hello.newending`), outside `known` addresses.
pub(crate) fn find_doubtful(chars: &[char], known: &[Range<usize>]) -> Vec<Range<usize>> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let mut doubtful = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let length = chars[at..].iter().take_while(|c| word(**c)).count();
        let range = at..at + length;
        let free = || !known.iter().any(|url| url.start < range.end && range.start < url.end);
        if length > 0 && begins_bare(chars, at) && looks_like_a_domain(&chars[range.clone()]) && free() {
            doubtful.push(range);
        }
        at += length.max(1);
    }
    doubtful
}

/// `name.ending`, the ending in two or more small letters.
fn looks_like_a_domain(word: &[char]) -> bool {
    let word: String = word.iter().collect();
    let Some((name, ending)) = word.trim_end_matches('.').rsplit_once('.') else { return false };
    let labels_fine =
        name.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    labels_fine && ending.len() >= 2 && ending.chars().all(|c| c.is_ascii_lowercase()) && !is_known_ending(ending)
}

impl Text<'_> {
    /// Tries an address whose preceding character is at `at` (or which begins the text). Gives where to go on, if one
    /// was found or refused.
    fn step(&self, at: usize, found: &mut Vec<Range<usize>>) -> Option<usize> {
        if may_precede(self.chars[at])
            && let Some(end) = self.at_start(at + 1, found)
        {
            return Some(end);
        }
        if at == 0 { self.at_start(0, found) } else { None }
    }

    fn at_start(&self, start: usize, found: &mut Vec<Range<usize>>) -> Option<usize> {
        let chars = self.chars;
        let scheme = scheme(chars.get(start..)?, self.grammar);
        let with_scheme = if scheme > 0 { self.parts(start + scheme) } else { None };
        let is_bare = with_scheme.is_none();
        let parts = with_scheme.or_else(|| self.parts(start))?;
        if parts.encodes(chars) && parts.end - start <= URL_MAX {
            if !is_bare {
                found.extend(cut_to_slug(chars, start..parts.end, start + scheme));
            } else if self.grammar == Grammar::X && begins_bare(chars, start) {
                bare(chars, &parts, found);
            }
        }
        Some(parts.end)
    }

    fn parts(&self, start: usize) -> Option<Parts> {
        let chars = self.chars;
        let domain = start..self.domain_end(start)?;
        let mut end = domain.end;
        let digits = if chars.get(end) == Some(&':') { count(chars, end + 1, |c| c.is_ascii_digit()) } else { 0 };
        if digits > 0 {
            end += 1 + digits;
        }
        let path = (chars.get(end) == Some(&'/')).then_some(end);
        if path.is_some() {
            end = self.grammar.path_end(chars, end + 1);
        }
        Some(Parts { domain, path, end: self.grammar.query_end(chars, end) })
    }

    /// The end of the longest domain here: sub-domains may hold underscores, the name before the ending may not.
    fn domain_end(&self, start: usize) -> Option<usize> {
        let chars = self.chars;
        let mut labels: Vec<Range<usize>> = Vec::new();
        let mut from = start;
        loop {
            let end = self.label_ends.get(from).copied().unwrap_or(from);
            labels.push(from..end);
            if chars.get(end) != Some(&'.') || labels.len() > LABELS_MAX {
                break;
            }
            from = end + 1;
        }
        let sound =
            |label: &Range<usize>| !label.is_empty() && is_label(chars[label.start]) && is_label(chars[label.end - 1]);
        let name = |label: &Range<usize>| !chars[label.clone()].contains(&'_');
        let last = labels.iter().take_while(|label| sound(label)).count().min(labels.len() - 1);
        (1..=last).rev().find_map(|at| ending(chars, labels[at].start).filter(|_| name(&labels[at - 1])))
    }
}

/// U+FEFF and the two non-characters: a text with one of them is refused as a whole.
pub(crate) fn is_refused(c: char) -> bool {
    matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Marks that turn the direction of writing. They belong to no address.
pub(crate) fn is_directional(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}')
}

/// White space as the network's patterns have it.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, '\u{9}'..='\u{D}' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{2000}'..='\u{200A}'
        | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

fn may_precede(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃') || is_refused(c))
}

fn begins_bare(chars: &[char], at: usize) -> bool {
    at == 0 || (may_precede(chars[at - 1]) && !matches!(chars[at - 1], '-' | '_' | '.' | '/'))
}

/// The length of the scheme with its `://`, 0 if there is none that the grammar knows.
fn scheme(chars: &[char], grammar: Grammar) -> usize {
    const WEB: &[&str] = &["https://", "http://"];
    const AND_OTHERS: &[&str] =
        &["https://", "http://", "dat://", "dweb://", "ipfs://", "ipns://", "ssb://", "gopher://", "gemini://"];
    let is = |text: &str| {
        chars.len() >= text.len() && text.chars().zip(chars).all(|(wanted, given)| given.eq_ignore_ascii_case(&wanted))
    };
    let known = if grammar == Grammar::X { WEB } else { AND_OTHERS };
    known.iter().find(|text| is(text)).map_or(0, |text| text.len())
}

/// Domain, port, path and query of an address.
struct Parts {
    domain: Range<usize>,
    path: Option<usize>,
    end: usize,
}

impl Parts {
    /// Whether every label can be encoded for the domain name system.
    fn encodes(&self, chars: &[char]) -> bool {
        let domain: String = chars[self.domain.clone()].iter().collect();
        if domain.starts_with("xn--") && ascii_domains(&chars[self.domain.clone()]).is_empty() {
            return false;
        }
        domain.split('.').all(|label| {
            let length = if label.is_ascii() {
                label.len()
            } else {
                idna::punycode::encode_str(label).map_or(usize::MAX, |code| code.len() + "xn--".len())
            };
            (1..=LABEL_MAX_BYTES).contains(&length)
        })
    }
}

fn count(chars: &[char], from: usize, takes: impl Fn(char) -> bool) -> usize {
    chars[from.min(chars.len())..].iter().take_while(|c| takes(**c)).count()
}

/// A character that a label may begin and end with.
fn is_label(c: char) -> bool {
    let punctuation = c.is_ascii_punctuation() && !matches!(c, '"' | '`');
    !(punctuation || is_space(c) || is_refused(c) || is_directional(c))
}

/// The end of the known ending (`com`, `co` of `co.uk`, `みんな`) that begins here.
fn ending(chars: &[char], start: usize) -> Option<usize> {
    let ascii = count(chars, start, |c| c.is_ascii_alphanumeric());
    let end = start + ascii;
    let open = |at: usize| chars.get(at).is_none_or(|c| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '+' | '-')));
    let text: String = chars[start..end].iter().collect();
    if ascii > 0 {
        let encoded = text.eq_ignore_ascii_case("xn") && chars[end.min(chars.len())..].starts_with(&['-', '-']);
        let tail = if encoded { count(chars, end + 2, |c| c.is_ascii_alphanumeric() || c == '-') } else { 0 };
        return if tail > 0 { Some(end + 2 + tail) } else { (is_known_ending(&text) && open(end)).then_some(end) };
    }
    let longest = count(chars, start, is_label).min(24);
    (1..=longest).rev().map(|length| start + length).find(|end| {
        let text: String = chars[start..*end].iter().collect();
        open(*end) && is_known_ending(&text)
    })
}

/// Whether the public suffix list that is compiled in has this top-level domain: by itself, by a rule for all below it
/// (`*.ck`), or only by rules for some below it (`co.za`).
fn is_known_ending(label: &str) -> bool {
    let label = label.to_lowercase();
    let has = |below: &[&str]| {
        let labels = std::iter::once(label.as_str()).chain(below.iter().copied()).map(str::as_bytes);
        psl::List.find(labels).typ.is_some()
    };
    has(&[]) || ["x", "co", "com", "gov"].iter().any(|below| has(&[below]))
}

pub(crate) fn is_accented(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{FF}' | '\u{100}'..='\u{24F}' | '\u{253}'
        | '\u{254}' | '\u{256}' | '\u{257}' | '\u{259}' | '\u{25B}' | '\u{263}' | '\u{268}' | '\u{26F}' | '\u{272}'
        | '\u{289}' | '\u{28B}' | '\u{2BB}' | '\u{300}'..='\u{36F}' | '\u{1E00}'..='\u{1EFF}')
}

impl Grammar {
    fn in_path(self, c: char) -> bool {
        match self {
            Self::X => {
                c.is_ascii_alphanumeric()
                    || "!*';:=+,.$/%#[]-\u{2013}_~@|&".contains(c)
                    || matches!(c, '\u{400}'..='\u{4FF}')
                    || is_accented(c)
            }
            Self::Mastodon => !(is_space(c) || "<>()?".contains(c)),
        }
    }

    fn ends_path(self, c: char) -> bool {
        match self {
            Self::X => {
                c.is_ascii_alphanumeric()
                    || "+-=_#/".contains(c)
                    || matches!(c, '\u{400}'..='\u{4FF}')
                    || is_accented(c)
            }
            Self::Mastodon => self.in_path(c) && !"!*\"'「」;:=,.$%[]~&|@".contains(c),
        }
    }

    fn in_query(self, c: char) -> bool {
        c.is_ascii_alphanumeric()
            || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)
            || self == Self::Mastodon && (c == '^' || !c.is_ascii() && !is_space(c))
    }

    fn ends_query(self, c: char) -> bool {
        c.is_ascii_alphanumeric() || "-_&=#/".contains(c) || self == Self::Mastodon && !c.is_ascii()
    }

    /// The end of a path: it may hold balanced parentheses and does not end with punctuation.
    fn path_end(self, chars: &[char], start: usize) -> usize {
        let (mut at, mut end) = (start, start);
        while let Some(&c) = chars.get(at) {
            if self.in_path(c) {
                at += 1;
                end = if self.ends_path(c) { at } else { end };
            } else if let Some(closed) = self.parentheses(chars, at) {
                (at, end) = (closed, closed);
            } else {
                break;
            }
        }
        end
    }

    /// The end of `(…)` with at most one pair inside it.
    fn parentheses(self, chars: &[char], start: usize) -> Option<usize> {
        if chars.get(start) != Some(&'(') {
            return None;
        }
        let letters = |from: usize| count(chars, from, |c| self.in_path(c));
        let before = letters(start + 1);
        let at = start + 1 + before;
        match chars.get(at)? {
            ')' if before > 0 => Some(at + 1),
            '(' => {
                let inner = letters(at + 1);
                let closed = at + 1 + inner;
                let after = closed + 1 + letters(closed + 1);
                (inner > 0 && chars.get(closed) == Some(&')') && chars.get(after) == Some(&')')).then_some(after + 1)
            }
            _ => None,
        }
    }

    fn query_end(self, chars: &[char], start: usize) -> usize {
        if chars.get(start) != Some(&'?') {
            return start;
        }
        let length = count(chars, start + 1, |c| self.in_query(c));
        let last = chars[start + 1..start + 1 + length].iter().rposition(|c| self.ends_query(*c));
        last.map_or(start, |last| start + last + 2)
    }
}

/// A t.co link ends with its slug (and a query right after it); with a slug that is too long it is no link.
fn cut_to_slug(chars: &[char], url: Range<usize>, domain: usize) -> Option<Range<usize>> {
    let host: String = chars[domain..url.end].iter().take(5).collect();
    if !host.eq_ignore_ascii_case("t.co/") {
        return Some(url);
    }
    let slug = count(&chars[..url.end], domain + 5, |c| c.is_ascii_alphanumeric());
    match slug {
        0 => Some(url),
        slug if slug > SLUG_MAX => None,
        slug => Some(url.start..Grammar::X.query_end(&chars[..url.end], domain + 5 + slug)),
    }
}

/// The ASCII domains in a bare run of characters; the last of them owns the path.
fn bare(chars: &[char], parts: &Parts, found: &mut Vec<Range<usize>>) {
    let base = parts.domain.start;
    let mut domains = ascii_domains(&chars[parts.domain.clone()]);
    if let (Some(last), Some(_)) = (domains.last_mut(), parts.path) {
        last.end = parts.end - base;
    }
    found.extend(domains.into_iter().map(|range| base + range.start..base + range.end));
}

fn ascii_domains(domain: &[char]) -> Vec<Range<usize>> {
    let takes = |c: char| c.is_ascii_alphanumeric() || c == '-' || is_accented(c);
    let mut domains = Vec::new();
    let mut at = 0;
    while at < domain.len() {
        let (mut from, mut end) = (at, None);
        // All labels in a row; the last of them after which a known ending comes is the end.
        loop {
            let label = count(domain, from, takes);
            if label == 0 || domain.get(from + label) != Some(&'.') {
                break;
            }
            from += label + 1;
            end = ending(domain, from).or(end);
        }
        if let Some(end) = end {
            domains.push(at..end);
        }
        at = end.unwrap_or(from).max(at + 1);
    }
    domains
}
