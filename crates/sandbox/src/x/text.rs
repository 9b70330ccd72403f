//! What X finds in a text and how it counts it (configuration 3 of the counting rules: 280 weighted characters).

use std::ops::Range;

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// What every address weighs, and how long its replacement is.
pub const URL_LENGTH: usize = 23;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An address, with or without its scheme.
    Url,
    /// `@name`.
    Mention,
    /// `#tag`.
    Hashtag,
    /// `$TICKER`.
    Cashtag,
}

/// A piece of text that is more than text; the range is in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where.
    pub range: Range<usize>,
    /// What.
    pub kind: Kind,
}

/// All pieces, in order and apart from each other.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        match piece_at(rest, before) {
            Some((length, kind)) => {
                found.push(Piece { range: at..at + length, kind });
                at += length;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

fn piece_at(rest: &str, before: Option<char>) -> Option<(usize, Kind)> {
    url_at(rest, before).map(|length| (length, Kind::Url)).or_else(|| match rest.chars().next()? {
        '@' | '＠' => name_at(rest, before),
        '#' | '＃' => hashtag_at(rest, before),
        '$' => cashtag_at(rest, before),
        _ => None,
    })
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn name_at(rest: &str, before: Option<char>) -> Option<(usize, Kind)> {
    if before.is_some_and(|letter| is_word(letter) || "!@＠#$%&*".contains(letter)) {
        return None;
    }
    let sign = rest.chars().next()?.len_utf8();
    let length = rest[sign..].bytes().take_while(|byte| is_word(char::from(*byte))).count().min(20);
    let after = rest[sign + length..].chars().next();
    let ends = !after.is_some_and(|letter| "@＠".contains(letter)) && !rest[sign + length..].starts_with("://");
    (length > 0 && ends).then_some((sign + length, Kind::Mention))
}

fn hashtag_at(rest: &str, before: Option<char>) -> Option<(usize, Kind)> {
    if before.is_some_and(|letter| letter.is_alphanumeric() || "_&#".contains(letter)) {
        return None;
    }
    let sign = rest.chars().next()?.len_utf8();
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_' || is_mark(letter);
    let length = rest[sign..].find(|letter| !inside(letter)).unwrap_or(rest.len() - sign);
    let tag = &rest[sign..sign + length];
    let ends = !rest[sign + length..].starts_with("://") && !rest[sign + length..].starts_with(['#', '＃']);
    (tag.chars().any(char::is_alphabetic) && ends).then_some((sign + length, Kind::Hashtag))
}

fn is_mark(letter: char) -> bool {
    matches!(u32::from(letter), 0x300..=0x36f | 0x483..=0x487 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f | 0x900..=0x903 | 0x93a..=0x94f | 0xe31..=0xe4e | 0x20d0..=0x20ff)
}

fn cashtag_at(rest: &str, before: Option<char>) -> Option<(usize, Kind)> {
    if before.is_some_and(|letter| !letter.is_whitespace()) {
        return None;
    }
    let letters = |text: &str, most: usize| text.bytes().take_while(u8::is_ascii_alphabetic).count().min(most + 1);
    let base = letters(&rest[1..], 6);
    if !(1..=6).contains(&base) {
        return None;
    }
    let mut length = 1 + base;
    if rest[length..].starts_with(['.', '_']) {
        let part = letters(&rest[length + 1..], 2);
        length += if (1..=2).contains(&part) { 1 + part } else { 0 };
    }
    let after = rest[length..].chars().next();
    let ends = after.is_none_or(|letter| letter.is_whitespace() || letter.is_ascii_punctuation());
    ends.then_some((length, Kind::Cashtag))
}

/// Whether an address may follow this letter.
pub(crate) fn may_precede(before: Option<char>) -> bool {
    let forbidden = |letter: char| is_word(letter) && letter != '_' || "@＠$#＃".contains(letter);
    !before.is_some_and(|letter| forbidden(letter) || "\u{fffe}\u{feff}\u{ffff}".contains(letter))
}

/// The length in bytes of the address that begins here.
fn url_at(rest: &str, before: Option<char>) -> Option<usize> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if !may_precede(before) {
        return None;
    }
    let start = scheme.map_or(0, str::len);
    if scheme.is_none() && before.is_some_and(|letter| "-_./".contains(letter)) {
        return None;
    }
    let host = host_at(&rest[start..], scheme.is_some())?;
    let mut end = start + host;
    let bare_host = &rest[start..end];
    if scheme.is_none() && rest[end..].starts_with('@') {
        return None;
    }
    end += port_at(&rest[end..]);
    let path = path_at(&rest[end..], is_path_letter, |letter| letter.is_alphanumeric() || "=_#/+-".contains(letter));
    if bare_host.eq_ignore_ascii_case("t.co") && path > 1 {
        let slug = rest[end + 1..end + path].bytes().take_while(u8::is_ascii_alphanumeric).count();
        return (slug <= 40).then_some(end + 1 + slug);
    }
    end += path;
    end += query_at(&rest[end..], |_| false);
    let punycode_too_long = bare_host.to_ascii_lowercase().contains("xn--") && end > 4096;
    (!punycode_too_long).then_some(end)
}

/// The length of the longest host here that ends in a known top-level domain. With a scheme any script will do, without
/// one only Latin letters before the top-level domain.
pub(crate) fn host_at(text: &str, has_scheme: bool) -> Option<usize> {
    let in_host = |letter: char| {
        letter.is_ascii_alphanumeric() || "-_.".contains(letter) || !letter.is_ascii() && !is_divider(letter)
    };
    let mut end = text.find(|letter| !in_host(letter)).unwrap_or(text.len());
    while let Some(dot) = text[..end].rfind('.') {
        let site = &text[..dot];
        let is_site = is_site(site) && (has_scheme || site.chars().all(is_latin));
        let top = &text[dot + 1..end];
        if let Some(length) = known_start(top, &text[dot + 1..]).filter(|_| is_site) {
            return Some(dot + 1 + length);
        }
        end = dot;
    }
    None
}

fn is_divider(letter: char) -> bool {
    letter.is_whitespace() || matches!(u32::from(letter), 0x2000..=0x206f | 0x3000..=0x303f | 0xff00..=0xff0f)
}

fn is_latin(letter: char) -> bool {
    letter.is_ascii() || matches!(u32::from(letter), 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0x24f)
}

/// The longest top-level domain at the beginning of a label that nothing follows which could belong to it:
/// `comです` begins with `com`, `coms` does not.
fn known_start(label: &str, rest: &str) -> Option<usize> {
    let ends = label.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let mut ends: Vec<usize> = ends.collect();
    ends.reverse();
    let glued = |letter: char| letter.is_ascii_alphanumeric() || "@+-".contains(letter);
    ends.into_iter().find(|end| !rest[*end..].starts_with(glued) && is_top_level(&label[..*end]))
}

fn is_site(site: &str) -> bool {
    let edges = |label: &str| !label.is_empty() && !label.starts_with(['-', '_']) && !label.ends_with(['-', '_']);
    let last_has_no_underscore = site.rsplit('.').next().is_some_and(|label| !label.contains('_'));
    last_has_no_underscore && site.split('.').all(edges) && has_short_labels(site)
}

/// Whether every label has at most 63 letters as it goes over the wire.
fn has_short_labels(host: &str) -> bool {
    let wire =
        if host.is_ascii() { Some(host.to_owned()) } else { url::Host::parse(host).ok().map(|host| host.to_string()) };
    wire.is_some_and(|wire| wire.split('.').all(|label| label.len() <= 63))
}

/// Some countries only have second levels on the public list (`co.za`, or anything under `ck`).
fn is_top_level(label: &str) -> bool {
    let lower = label.to_lowercase();
    let known = |name: String| psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    lower.starts_with("xn--") || known(lower.clone()) || known(format!("co.{lower}")) || known(format!("x.{lower}"))
}

pub(crate) fn port_at(text: &str) -> usize {
    let digits = text.strip_prefix(':').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if digits == 0 { 0 } else { 1 + digits }
}

fn is_path_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || "!*';:=+,.$/%#[]-–_~@|&".contains(letter)
        || matches!(u32::from(letter), 0x400..=0x4ff | 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0x24f)
}

/// The length of the path that begins here: it ends in a letter that `ends` one, or a balanced pair of parentheses.
pub(crate) fn path_at(text: &str, inside: fn(char) -> bool, ends: fn(char) -> bool) -> usize {
    if !text.starts_with('/') {
        return 0;
    }
    let (mut at, mut sure) = (0, 1);
    while let Some(letter) = text[at..].chars().next() {
        if letter == '(' {
            let Some(length) = parenthesis_at(&text[at..], inside) else { break };
            at += length;
            sure = at;
            continue;
        }
        if !inside(letter) {
            break;
        }
        at += letter.len_utf8();
        if ends(letter) {
            sure = at;
        }
    }
    sure
}

/// The length of a balanced pair of parentheses with what is inside.
fn parenthesis_at(text: &str, inside: fn(char) -> bool) -> Option<usize> {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            letter if !inside(letter) => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The length of the query that begins here, with `more` letters than those of X.
pub(crate) fn query_at(text: &str, more: fn(char) -> bool) -> usize {
    let Some(rest) = text.strip_prefix('?') else { return 0 };
    let of = |signs: &'static str| {
        move |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter) || more(letter)
    };
    let end = rest.find(|letter| !of("!?*'@();:&=+$/%#[]-_.,~|")(letter)).unwrap_or(rest.len());
    let last = rest[..end].char_indices().rfind(|(_, letter)| of("-_&=#/")(*letter));
    last.map_or(0, |(at, letter)| 1 + at + letter.len_utf8())
}

/// What a text weighs, in whole characters: 23 for an address, 2 for an emoji, 1 or 2 for a code point.
pub fn weighted_length(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let mut weight = 0;
    let mut done = 0;
    for piece in pieces(&text).into_iter().filter(|piece| piece.kind == Kind::Url) {
        weight += plain_weight(&text[done..piece.range.start]) + URL_LENGTH * 100;
        done = piece.range.end;
    }
    (weight + plain_weight(&text[done..])) / 100
}

fn plain_weight(text: &str) -> usize {
    text.graphemes(true).map(cluster_weight).sum()
}

fn cluster_weight(cluster: &str) -> usize {
    if is_emoji(cluster) { 200 } else { cluster.chars().map(point_weight).sum() }
}

fn point_weight(letter: char) -> usize {
    match u32::from(letter) {
        0x0..=0x10ff | 0x2000..=0x200d | 0x2010..=0x201f | 0x2032..=0x2037 => 100,
        _ => 200,
    }
}

/// Whether a cluster is drawn as one emoji.
fn is_emoji(cluster: &str) -> bool {
    let mut letters = cluster.chars();
    let Some(first) = letters.next() else { return false };
    let more = letters.next();
    let drawn_by_selector = cluster.contains('\u{fe0f}') && !cluster.contains('\u{fe0e}');
    match u32::from(first) {
        0x23 | 0x2a | 0x30..=0x39 => cluster.contains('\u{20e3}'),
        0xa9 | 0xae | 0x203c | 0x2049 | 0x2122 | 0x2139 => drawn_by_selector,
        // Flags come in pairs of letters.
        0x1f1e6..=0x1f1ff => more.is_some(),
        0x1f000..=0x1faff => true,
        0x2190..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 => more.is_some(),
        _ => false,
    }
}

/// Whether the text holds a code point that X does not take.
pub fn has_forbidden(text: &str) -> bool {
    text.contains(['\u{fffe}', '\u{feff}', '\u{ffff}'])
}

/// The short address that stands in for the `place`th address of a post.
pub fn short(post: u64, place: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = Sha256::digest(format!("{post}/{place}"));
    let slug: String = digest.iter().take(10).map(|byte| char::from(LETTERS[usize::from(*byte) % 62])).collect();
    format!("https://t.co/{slug}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, kind: Kind) -> Vec<&str> {
        pieces(text).into_iter().filter(|piece| piece.kind == kind).map(|piece| &text[piece.range]).collect()
    }

    #[test]
    fn addresses_are_found_with_and_without_a_scheme() {
        assert_eq!(
            found("see example.com/x, and http://a.co.uk/b(c)!", Kind::Url),
            ["example.com/x", "http://a.co.uk/b(c)"]
        );
        assert_eq!(found("mail me@example.com or a file.unknowntld", Kind::Url), Vec::<&str>::new());
        assert_eq!(found("(https://example.com/?a=b&c=d).", Kind::Url), ["https://example.com/?a=b&c=d"]);
        assert_eq!(found("-example.com", Kind::Url), Vec::<&str>::new());
    }

    #[test]
    fn tags_and_names_are_found() {
        let text = "@lena #bread #1 $FAN $toolongtag a@b x#y \u{ff20}north";
        assert_eq!(found(text, Kind::Mention), ["@lena", "\u{ff20}north"]);
        assert_eq!(found(text, Kind::Hashtag), ["#bread"]);
        assert_eq!(found(text, Kind::Cashtag), ["$FAN"]);
    }

    #[test]
    fn the_official_examples_are_counted_correctly() {
        let Some(text) = crate::test_kit::spec_text("twitter-text/validate.yml") else { return };
        let (from, to) = ("  WeightedTweetsWithDiscountedEmojiCounterTest:", "  UnicodeDirectionalMarkerCounterTest:");
        let group = text.split(from).nth(1).and_then(|rest| rest.split(to).next()).expect("the group");
        let (mut compared, mut wrong) = (0, Vec::new());
        for example in group.split("- description:").skip(1) {
            let line = |name: &str| {
                example.lines().find_map(|line| line.trim().strip_prefix(name)).expect("the line").trim().to_owned()
            };
            let written = unescaped(&line("text:"));
            let expected: usize = line("weightedLength:").parse().expect("a number");
            compared += 1;
            if weighted_length(&written) != expected {
                wrong.push(format!("{written:?} is {expected}, counted {}", weighted_length(&written)));
            }
        }
        crate::test_kit::said(&format!("counting: {compared} official examples"));
        assert!(compared >= 15 && wrong.is_empty(), "{compared} compared, wrong: {}", wrong.join("\n"));
    }

    #[test]
    fn the_official_examples_of_addresses_are_found() {
        let Some(text) = crate::test_kit::spec_text("twitter-text/extract.yml") else { return };
        let group = text.split("\n  urls:").nth(1).and_then(|rest| rest.split("\n  urls_with_indices:").next());
        let (mut compared, mut wrong) = (0, Vec::new());
        for example in group.expect("the group").split("- description:").skip(1) {
            let line = |name: &str| example.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
            let (Some(written), Some(expected)) = (line("text:"), line("expected:")) else { continue };
            let (true, Ok(expected)) = (written.starts_with('"'), serde_json::from_str::<Vec<String>>(expected)) else {
                continue;
            };
            let written = unescaped(written);
            compared += 1;
            if found(&written, Kind::Url) != expected {
                wrong.push(format!("{written:?} is {expected:?}, found {:?}", found(&written, Kind::Url)));
            }
        }
        crate::test_kit::said(&format!("addresses: {compared} official examples, {} differ", wrong.len()));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Reads a quoted scalar: JSON's escapes and `\UXXXXXXXX`.
    fn unescaped(quoted: &str) -> String {
        let mut parts = quoted.trim_matches('"').split("\\U");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let point = u32::from_str_radix(&part[..8], 16).ok().and_then(char::from_u32).expect("a code point");
            text.push(point);
            text.push_str(&part[8..]);
        }
        serde_json::from_str(&format!("\"{text}\"")).expect("JSON's escapes")
    }
}
