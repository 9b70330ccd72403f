//! The text: counted as the network counts, and its links, mentions and hashtags found.
//!
//! The server finds nothing by itself and checks no byte range, so what is not marked here stays plain text, and what
//! is marked wrongly is shown wrongly. The rules follow the network's own app, except where that loses what people mean:
//! it wants white space before a link and takes everything up to the next one, and many scripts write none.

use std::ops::Range;

use base::say;
use connector::{Card, Draft, Issue, Reading, Rule, Span, SpanKind};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, Script},
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    check::{TEXT_BYTES_MAX, TEXT_GRAPHEMES_MAX},
    options::Options,
    syntax::{self, is_invisible},
};

/// The longest hashtag, in graphemes and in bytes (lexicon `app.bsky.richtext.facet`).
pub(super) const TAG_MAX: (usize, usize) = (64, 640);
/// The path of a link is shortened if it has more letters than the first, and then to the second; so does the network's
/// own app.
const PATH_MAX: (usize, usize) = (15, 13);
/// The longest stock symbol after a `$`; so has the network's own app.
const SYMBOL_MAX: usize = 5;

/// A text's length in extended grapheme clusters.
pub(super) fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

fn fits(text: &str) -> bool {
    text.len() <= TEXT_BYTES_MAX && graphemes(text) <= TEXT_GRAPHEMES_MAX
}

/// What the network makes of a part's text.
pub(super) fn read(draft: &Draft, position: usize) -> Reading {
    let text = draft.text(position);
    let options = Options::read(&draft.options).unwrap_or_default();
    let mut spans = find(text);
    let card = card(text, &spans, &options, position);
    if options.shorten_links.unwrap_or_else(|| !fits(text)) {
        shorten(text, &mut spans);
    }
    let limit = u32::try_from(TEXT_GRAPHEMES_MAX).unwrap_or(u32::MAX);
    let plain = Reading::plain(graphemes(&published(text, &spans).0), limit);
    let notes = notes(text, &spans, position);
    Reading { spans, card, languages: options.langs, notes, ..plain }
}

/// The text as it is published, and where its spans stand in it.
pub(super) fn published<'a>(text: &str, spans: &'a [Span]) -> (String, Vec<(Range<usize>, &'a Span)>) {
    let (mut whole, mut places, mut at) = (String::with_capacity(text.len()), Vec::with_capacity(spans.len()), 0);
    for span in spans {
        whole.push_str(&text[at..span.range.start]);
        let start = whole.len();
        whole.push_str(span.shown.as_deref().unwrap_or(&text[span.range.clone()]));
        places.push((start..whole.len(), span));
        at = span.range.end;
    }
    whole.push_str(&text[at..]);
    (whole, places)
}

/// Links are shown short, as the network's own app does; each still leads to its whole address.
fn shorten(text: &str, spans: &mut [Span]) {
    for span in spans.iter_mut().filter(|span| span.kind == SpanKind::Link) {
        let written = &text[span.range.clone()];
        span.shown = Some(short(written)).filter(|short| short.len() < written.len());
    }
}

/// Without the scheme, whatever stands before an `@`, and the end of a long path.
fn short(link: &str) -> String {
    let bare = link.split_once("://").map_or(link, |(_, bare)| bare);
    let (host, path) = bare.split_at(bare.find(['/', '?', '#']).unwrap_or(bare.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    if graphemes(path) > PATH_MAX.0 {
        let shown: String = path.graphemes(true).take(PATH_MAX.1).collect();
        return format!("{host}{shown}...");
    }
    format!("{host}{}", if path == "/" { "" } else { path })
}

/// The links whose pages may be shown as a card, best first: whole addresses, then names that are links only because
/// they look like one.
pub(super) fn links(spans: &[Span], text: &str) -> Vec<String> {
    let links = || spans.iter().filter(|span| span.kind == SpanKind::Link);
    let is_whole = |span: &&Span| text[span.range.clone()].contains("://");
    let bare = links().filter(|span| !is_whole(span));
    links().filter(is_whole).chain(bare).map(|span| span.target.clone()).collect()
}

fn card(text: &str, spans: &[Span], options: &Options, position: usize) -> Option<Card> {
    if let Some(card) = options.link_card.as_ref().filter(|_| position == 0) {
        let description = Some(card.description.clone()).filter(|text| !text.is_empty());
        return Some(Card { address: card.uri.clone(), title: Some(card.title.clone()), description });
    }
    let address = links(spans, text).into_iter().next().filter(|_| options.link_preview != Some(false))?;
    Some(Card { address, title: None, description: None })
}

fn notes(text: &str, spans: &[Span], position: usize) -> Vec<Issue> {
    let pointer = format!("/parts/{position}/text");
    let too_long = long_tags(text).map(|tag| {
        let detail = say!(
            "`{tag}…` is too long for a hashtag on Bluesky (at most {tag_max} characters). It will be plain text.",
            tag_max = TAG_MAX.0
        );
        Issue::warning(Rule::HashtagTooLong, &pointer, detail, "lexicon app.bsky.richtext.facet")
    });
    let mut notes: Vec<Issue> = too_long.collect();
    if spans.iter().any(|span| span.shown.is_some()) {
        let detail = say!("Long links are shortened so that the text fits. They still lead to the full address.");
        notes.push(Issue::warning(Rule::LinksShortened, &pointer, detail, "the network's own app"));
    }
    notes
}

/// The beginnings of words that are meant as hashtags but are too long.
fn long_tags(text: &str) -> impl Iterator<Item = String> {
    let words = text.split_whitespace().filter(|word| word.starts_with('#'));
    words.filter(|word| graphemes(word) > TAG_MAX.0 + 1).map(|word| word.chars().take(20).collect())
}

/// All links, mentions and hashtags, in order; none overlaps another.
pub(super) fn find(text: &str) -> Vec<Span> {
    let (mut spans, mut at, mut before) = (Vec::new(), 0, None);
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let found = match next {
            '@' | '＠' if begins_mention(before) => mention(rest),
            '#' | '＃' if begins_tag(before) => tag(rest),
            '$' if begins_tag(before) => symbol(rest),
            _ if next.is_ascii_alphanumeric() => address(rest, before).or_else(|| bare_address(rest, before)),
            _ => None,
        };
        let length = match found {
            Some((length, kind, target)) => {
                spans.push(Span { range: at..at + length, kind, target, shown: None });
                length
            }
            None => next.len_utf8(),
        };
        before = text[at..at + length].chars().next_back();
        at += length;
    }
    spans
}

/// What stands at the beginning of a text: its length in bytes, what it is, and where it leads.
type Found = Option<(usize, SpanKind, String)>;

/// Letters of scripts that are written without spaces: a link may stand right beside them.
fn is_spaceless(c: char) -> bool {
    let script = CodePointMapData::<Script>::new().get(c);
    [Script::Han, Script::Hiragana, Script::Katakana, Script::Thai, Script::Lao, Script::Khmer, Script::Myanmar]
        .contains(&script)
        || matches!(c, 'ー' | '々' | '〆')
}

/// Whether what follows this character begins anew, so that it is no piece of a word.
fn is_apart(before: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric() || is_spaceless(c))
}

fn begins_mention(before: Option<char>) -> bool {
    is_apart(before) && !matches!(before, Some('@' | '＠' | '/' | '_' | '-' | '+' | '%' | '='))
}

fn begins_tag(before: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric() && !is_mark(c) && !matches!(c, '#' | '＃' | '/' | '_' | '&' | '$'))
}

fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

fn is_punctuation(c: char) -> bool {
    GeneralCategoryGroup::Punctuation.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// `https://…` or `http://…`, wherever it does not go on an ASCII word.
fn address(rest: &str, before: Option<char>) -> Found {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| starts_with(rest, scheme))?;
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '+') {
        return None;
    }
    let whole = cut(rest, scheme.len());
    let shown = &whole[..host_end(whole, scheme.len())];
    let url = url::Url::parse(shown).ok()?;
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    has_host.then(|| (shown.len(), SpanKind::Link, shown.to_owned()))
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(start))
}

/// Where a link ends whose host goes over into a sentence (`https://example.comを読む`): a host is ASCII as far as it ends
/// in a known suffix, or it is a name in another script as a whole.
fn host_end(link: &str, host: usize) -> usize {
    let end = link[host..].find(['/', '?', '#']).map_or(link.len(), |end| host + end);
    let Some(other) = link[host..end].find(|c: char| !c.is_ascii()) else { return link.len() };
    let ascii = &link[host..host + other];
    if ascii.ends_with('.') || !is_public_name(&ascii.to_ascii_lowercase()) { link.len() } else { host + other }
}

/// `example.com/page`, as people write it: only under a public suffix, so that `e.g` and `main.rs` stay text.
///
/// A suffix in capitals is the next sentence after a missing space (`finished it.So`) or a name (`ASP.NET`), and so is a
/// name alone that begins with a capital (`Booking.com`); with a path behind it, it is meant as an address.
fn bare_address(rest: &str, before: Option<char>) -> Found {
    let begins =
        is_apart(before) && !matches!(before, Some('.' | '-' | '_' | '@' | '＠' | '/' | '+' | '%' | '=' | '&'));
    if !begins || !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(rest.len());
    let host = rest[..end].trim_end_matches(['.', '-']);
    let after = rest[host.len()..].chars().next();
    // A letter behind the name makes it another word, an @ makes it an e-mail address.
    if !is_apart(after) || matches!(after, Some('@' | '_')) {
        return None;
    }
    let has_path = after == Some('/') && rest[host.len() + 1..].starts_with(|c: char| c.is_alphanumeric());
    let suffix = host.rsplit('.').next().unwrap_or_default();
    let capitals = |text: &str| text.contains(|c: char| c.is_ascii_uppercase());
    let lower = host.to_ascii_lowercase();
    if capitals(suffix) || (capitals(host) && !has_path) || !syntax::is_handle(&lower) || !is_public_name(&lower) {
        return None;
    }
    // A file's name is not meant as an address, although its ending is a country's or a company's.
    const ENDINGS: &[&str] = &["rs", "sh", "py", "pl", "md", "zip", "mov", "ps"];
    if ENDINGS.contains(&suffix) && host.matches('.').count() == 1 && !has_path {
        return None;
    }
    let goes_on = matches!(after, Some('/' | '?' | '#')) || is_port(&rest[host.len()..]);
    let shown = if goes_on { cut(rest, host.len()) } else { host };
    let address = format!("https://{shown}");
    url::Url::parse(&address).ok().map(|_| (shown.len(), SpanKind::Link, address))
}

fn is_port(rest: &str) -> bool {
    rest.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether the name stands under a suffix that is in the public list, and not only is one.
fn is_public_name(host: &str) -> bool {
    psl::domain(host.as_bytes()).is_some_and(|domain| domain.suffix().is_known())
}

/// The link at the beginning of a text that is an address for `sure` many bytes: without the sentence around it. What is
/// percent-encoded in an address stays whatever it stands for.
fn cut(rest: &str, sure: usize) -> &str {
    let mut open = Vec::new();
    let mut end = rest.len();
    let mut before = None;
    for (at, c) in rest.char_indices().skip_while(|(at, _)| *at < sure) {
        let stops = match c {
            '(' | '[' | '{' => {
                open.push(c);
                false
            }
            // A bracket that was opened inside the address belongs to it.
            ')' | ']' | '}' => open.pop().is_none(),
            _ => ends_address(c, before),
        };
        if stops {
            end = at;
            break;
        }
        before = Some(c);
    }
    trim_sentence(&rest[..end])
}

/// Characters that stand in no address but percent-encoded.
fn ends_address(c: char, before: Option<char>) -> bool {
    c.is_whitespace()
        || c.is_control()
        || (is_invisible(c) && !is_joiner(c))
        || matches!(c, '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '\u{fe00}'..='\u{fe0f}')
        // Dashes, quotes and dots of print; the marks of Chinese, Japanese and Korean; and those of Arabic.
        || matches!(c, '\u{2010}'..='\u{203a}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301f}')
        || matches!(c, '«' | '»' | '،' | '؛' | '؟' | '۔' | '।' | '॥' | '…' | '⋯')
        || matches!(c, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
        || (CodePointSetData::new::<ExtendedPictographic>().contains(c) && !c.is_ascii() && !matches!(before, Some('/' | '=')))
}

/// Joiners of letters: within a word they belong to it (Persian, Hindi), at its end they do not.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// A link without the punctuation at its end that belongs to the sentence.
fn trim_sentence(link: &str) -> &str {
    let mut shown = link;
    loop {
        let cut = shown.trim_end_matches(|c: char| {
            matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '~' | '・' | '〜') || is_joiner(c)
        });
        // A bracket that is never closed was opened for what comes behind.
        let cut = cut.strip_suffix(['(', '[', '{']).unwrap_or(cut);
        if cut.len() == shown.len() {
            return shown;
        }
        shown = cut;
    }
}

/// `@` and a handle, as it may be pasted: with marks in it that no one sees.
fn mention(rest: &str) -> Found {
    let sign = rest.chars().next()?.len_utf8();
    let (mut name, mut end, mut length) = (String::new(), sign, 0);
    for (at, c) in rest[sign..].char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => name.push(c.to_ascii_lowercase()),
            _ if is_invisible(c) => continue,
            _ => break,
        }
        if !matches!(c, '.' | '-') {
            (end, length) = (sign + at + c.len_utf8(), name.len());
        }
    }
    name.truncate(length);
    let after = rest[end..].chars().next();
    let is_account = syntax::is_handle(&name) && syntax::may_resolve(&name) && is_under_known_suffix(&name);
    (is_account && !matches!(after, Some('@' | '_'))).then_some((end, SpanKind::Mention, name))
}

/// `test` is for development servers.
fn is_under_known_suffix(handle: &str) -> bool {
    handle.ends_with(".test") || is_public_name(handle) || psl::suffix(handle.as_bytes()).is_some_and(|s| s.is_known())
}

fn tag(rest: &str) -> Found {
    let sign = rest.chars().next()?.len_utf8();
    let word = &rest[sign..];
    // A keycap emoji (`#️⃣`) begins with the sign too.
    if word.starts_with(['\u{fe0f}', '\u{20e3}']) {
        return None;
    }
    let word = &word[..word.find(ends_tag).unwrap_or(word.len())];
    let tag = word.trim_end_matches(|c: char| is_punctuation(c) || is_joiner(c));
    let says_something = tag.chars().any(|c| !c.is_ascii_digit() && !is_punctuation(c) && !is_joiner(c));
    let fits = graphemes(tag) <= TAG_MAX.0 && tag.len() <= TAG_MAX.1;
    (says_something && fits).then(|| (sign + tag.len(), SpanKind::Tag, tag.to_owned()))
}

/// Signs that stand in no hashtag. Letters, digits, marks, emoji, and signs within a word (`covid-19`) do.
fn ends_tag(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || (is_invisible(c) && !is_joiner(c))
        || matches!(c, '#' | '＃' | ',' | '<' | '>' | '"' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '\\')
        || matches!(c, '\u{2013}'..='\u{2015}' | '\u{201a}'..='\u{203a}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301f}')
        || matches!(c, '«' | '»' | '،' | '؛' | '؟' | '۔' | '।' | '॥' | '…')
        || matches!(c, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}' | '\u{ff3d}' | '\u{ff5b}'..='\u{ff65}')
}

/// A stock symbol (`$FAN`), which the network keeps as a tag with its sign, in capitals.
fn symbol(rest: &str) -> Found {
    let name = &rest[1..];
    let length = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let ends = name[length..]
        .chars()
        .next()
        .is_none_or(|c| c.is_whitespace() || matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | '"' | '\'' | '’'));
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_symbol = begins && ends && (1..=SYMBOL_MAX).contains(&length);
    is_symbol.then(|| (1 + length, SpanKind::Tag, format!("${}", name[..length].to_ascii_uppercase())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// What is found, as `kind shown`; a target that differs from what is shown is behind an arrow.
    fn told(text: &str) -> Vec<String> {
        let tell = |span: Span| {
            let (shown, kind) = (&text[span.range], format!("{:?}", span.kind).to_lowercase());
            let plain = [span.target.clone(), format!("@{}", span.target), format!("#{}", span.target)];
            if plain.iter().any(|plain| plain == shown) {
                format!("{kind} {shown}")
            } else {
                format!("{kind} {shown} → {}", span.target)
            }
        };
        find(text).into_iter().map(tell).collect()
    }

    /// Each text and what is found in it, without a word about kinds: links, mentions and tags look different.
    fn finds(table: &[(&str, &[&str])]) {
        for (text, expected) in table {
            let found: Vec<&str> = find(text).into_iter().map(|span| &text[span.range]).collect();
            assert_eq!(found, *expected, "in {text:?}");
        }
    }

    fn of(text: &str, options: serde_json::Value) -> Reading {
        let part = connector::Part { text: text.to_owned(), ..connector::Part::default() };
        read(&Draft { parts: vec![part], options, ..Draft::default() }, 0)
    }

    #[test]
    fn graphemes_are_what_a_reader_takes_for_one_sign() {
        assert_eq!(graphemes("e\u{301}"), 1);
        let family = "👨‍👩‍👧‍👦";
        assert_eq!((graphemes(family), family.len()), (1, 25));
        assert_eq!(graphemes("🇳🇱🇧🇪"), 2);
    }

    #[test]
    fn ranges_are_bytes_of_utf_8() {
        let ranges: Vec<_> = find("✨ hi @ben.test see https://ex.am #Rust").into_iter().map(|s| s.range).collect();
        assert_eq!(ranges, [7..16, 21..34, 35..40]);
        assert_eq!(
            told("✨ hi @Ben.test see https://ex.am #Rust ex.am/a"),
            ["mention @Ben.test → ben.test", "link https://ex.am", "tag #Rust", "link ex.am/a → https://ex.am/a"]
        );
    }

    /// What the network's own client library (`@atproto/api` of November 2026) finds in texts of many languages, where it
    /// and we mean to agree.
    #[test]
    fn texts_are_read_as_the_network_s_own_app_reads_them() {
        let table: Vec<(String, Vec<[String; 3]>)> =
            serde_json::from_str(include_str!("tests/as_the_app.json")).expect("a table");
        for (text, expected) in table {
            let found: Vec<_> = find(&text)
                .into_iter()
                .map(|s| [format!("{:?}", s.kind).to_lowercase(), text[s.range].to_owned(), s.target])
                .collect();
            assert_eq!(found, expected, "in {text:?}");
        }
    }

    #[test]
    fn the_sentence_around_a_link_is_left_out() {
        finds(&[
            ("See (https://example.com/a_(b)).", &["https://example.com/a_(b)"]),
            ("https://example.com/?q=1, and more", &["https://example.com/?q=1"]),
            ("“https://example.com”", &["https://example.com"]),
            ("HTTPS://Example.com!", &["HTTPS://Example.com"]),
            ("https:// nothing", &[]),
            ("https://例え.jp/パス", &["https://例え.jp/パス"]),
            ("**https://example.com/a**", &["https://example.com/a"]),
            ("https://example.com/a?b[]=1&c={d}#e", &["https://example.com/a?b[]=1&c={d}#e"]),
            ("https://example.com/a)です", &["https://example.com/a"]),
            ("https://example.com... and", &["https://example.com"]),
            (
                "https://web.archive.org/web/2020/https://example.com/",
                &["https://web.archive.org/web/2020/https://example.com/"],
            ),
            ("https://medium.com/@ben.test/a-story", &["https://medium.com/@ben.test/a-story"]),
        ]);
    }

    #[test]
    fn marks_of_every_script_end_a_link() {
        for mark in [
            "。次へ",
            "、続き",
            "）です",
            "」と",
            "》",
            "】",
            "！",
            "？",
            "：",
            "；",
            "，",
            "．",
            "｡",
            "،",
            "؟",
            "؛",
            "۔ اور",
            "।",
            "—dash",
            "–dash",
            "―",
            "…",
            "⋯",
            "»",
            "”",
            "’s",
            "・",
            "〜",
            "\"",
            ">",
            "|",
            "🎉",
            "👉 there",
        ] {
            for link in ["https://example.com", "https://example.com/a/b", "https://example.com/?q=%E3%80%82"] {
                finds(&[(&format!("{link}{mark}"), &[link])]);
            }
        }
        // Within an address they may be letters' neighbours, or stand for themselves when encoded.
        finds(&[
            (
                "https://ja.wikipedia.org/wiki/レオナルド・ダ・ヴィンチ 。",
                &["https://ja.wikipedia.org/wiki/レオナルド・ダ・ヴィンチ"],
            ),
            ("https://ja.wikipedia.org/wiki/%E5%A8%98%E3%80%82", &["https://ja.wikipedia.org/wiki/%E5%A8%98%E3%80%82"]),
            ("https://emojipedia.org/🎉", &["https://emojipedia.org/🎉"]),
            ("https://fa.wikipedia.org/wiki/می\u{200c}خواهم", &["https://fa.wikipedia.org/wiki/می\u{200c}خواهم"]),
        ]);
    }

    #[test]
    fn what_is_not_visible_behind_a_link_is_no_part_of_it() {
        for mark in [
            '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{fe0f}',
            '\u{202c}', '\u{2069}', '\u{61c}',
        ] {
            finds(&[(&format!("https://example.com/a{mark}"), &["https://example.com/a"])]);
            finds(&[(&format!("\u{2066}https://example.com/a{mark} b"), &["https://example.com/a"])]);
        }
    }

    #[test]
    fn links_mentions_and_tags_need_no_space_before_them() {
        let link = "https://example.com/a";
        for around in [
            "👉{}",
            "【x】{}",
            "Link:{}",
            "<{}>",
            "[x]({})",
            "({})",
            "詳細は{}",
            "ดูที่{}",
            "смотри:{}",
            "»{}«",
            "—{}",
            "“{}”",
            "{}、",
            "\u{200b}{}",
            "x|{}",
        ] {
            finds(&[(&around.replace("{}", link), &[link])]);
        }
        finds(&[
            ("👋@ben.test", &["@ben.test"]),
            (".@ben.test hi", &["@ben.test"]),
            ("(@ben.test)", &["@ben.test"]),
            ("“@ben.test”", &["@ben.test"]),
            ("こんにちは@ben.testさん", &["@ben.test"]),
            ("＠ben.test", &["＠ben.test"]),
            ("【#タグ】本文", &["#タグ"]),
            ("「#タグ」", &["#タグ"]),
            ("🎉#party", &["#party"]),
            ("(#ok)", &["#ok"]),
            ("a#b x@ben.test me+you@ben.test &#39; xhttps://example.com", &[]),
        ]);
    }

    #[test]
    fn only_what_is_meant_as_an_address_is_one() {
        assert_eq!(told("read example.com/page."), ["link example.com/page → https://example.com/page"]);
        finds(&[
            ("see example.com, or sub.example.co.uk/a?b#c!", &["example.com", "sub.example.co.uk/a?b#c"]),
            ("Example.com/Sale is on", &["Example.com/Sale"]),
            ("example.com:8080/x and example.com: closed", &["example.com:8080/x", "example.com"]),
            ("詳細はexample.comで", &["example.com"]),
            ("👉example.com👈", &["example.com"]),
            ("https://example.comを読む", &["https://example.com"]),
        ]);
        for text in [
            "e.g. this",
            "main.rs",
            "run build.sh",
            "1.5",
            "a..b",
            "me@example.com",
            "co.uk",
            "z.B.",
            "U.S.A.",
            "node.js",
            "p.m.",
            "3.am",
            "example.comé",
        ] {
            finds(&[(text, &[])]);
        }
    }

    #[test]
    fn prose_before_a_link_is_no_link_and_the_card_is_the_link_s() {
        let link = "https://example.org/a";
        for prose in [
            "We finished it.So happy! Read",
            "Es ist vorbei.Am Montag",
            "Our ASP.NET course",
            "I work at Booking.com",
            "fin.De plus",
            "No.It is",
            "EXAMPLE.COM",
            "see Inc.Is it",
        ] {
            finds(&[(&format!("{prose} {link}"), &[link])]);
        }
        let reading = of(&format!("so it is.so read {link}"), json!({}));
        assert_eq!(reading.card.map(|card| card.address).as_deref(), Some(link), "a whole address before a bare name");
    }

    #[test]
    fn mentions_end_where_the_handle_ends() {
        finds(&[
            ("@alice.bsky.social's and (@bob.test).", &["@alice.bsky.social", "@bob.test"]),
            ("@alice mail@bob.test @x.local @ @john.smith1 @ben@mastodon.social @name.unknownending", &[]),
        ]);
        for mark in [
            "\u{202a}", "\u{202b}", "\u{202c}", "\u{200e}", "\u{2060}", "\u{200b}", "\u{feff}", "\u{2066}", "\u{2069}",
            "\u{ad}",
        ] {
            let pasted = format!("hi {mark}@{mark}Lena{mark}.test{mark}, look");
            let expected = format!("mention @{mark}Lena{mark}.test → lena.test");
            assert_eq!(told(&pasted), [expected]);
        }
    }

    #[test]
    fn hashtags_say_something_and_are_whole_words_in_every_script() {
        finds(&[
            (
                "#Rust, #日本語! #c++ #a#b (#ok) #2nd #emoji✨ #covid-19.",
                &["#Rust", "#日本語", "#c++", "#a", "#ok", "#2nd", "#emoji✨", "#covid-19"],
            ),
            ("#วันแม่ #เบอร์ #ແມ່ #ရန်ကုန်", &["#วันแม่", "#เบอร์", "#ແມ່", "#ရန်ကုန်"]),
            ("#हिन्दी #বাংলা #தமிழ் #മലയാളം #ಕನ್ನಡ", &["#हिन्दी", "#বাংলা", "#தமிழ்", "#മലയാളം", "#ಕನ್ನಡ"]),
            (
                "#العَرَبِيَّة، #עִבְרִית #می\u{200c}خواهم #ភាសាខ្មែរ #བོད་ཡིག",
                &["#العَرَبِيَّة", "#עִבְרִית", "#می\u{200c}خواهم", "#ភាសាខ្មែរ", "#བོད་ཡིག"],
            ),
            ("#cafe\u{301} ＃タグ。#한국어… #👨‍👩‍👧", &["#cafe\u{301}", "＃タグ", "#한국어", "#👨‍👩‍👧"]),
            ("#1 # #️⃣ ## #! #_ &#x", &[]),
        ]);
        let long = format!("#{}", "a".repeat(65));
        assert_eq!(told(&long), [] as [&str; 0], "too long to be a tag");
        assert_eq!(of(&long, json!({})).notes[0].rule, Rule::HashtagTooLong);
    }

    #[test]
    fn stock_symbols_are_tags_with_their_sign() {
        assert_eq!(told("$fan, ($ABC) $1 $TOOLONG a$b US$"), ["tag $fan → $FAN", "tag $ABC"]);
    }

    #[test]
    fn a_long_link_is_shortened_where_the_text_would_be_too_long_and_leads_to_all_of_it() {
        let link = format!("https://example.com/{}", "path/".repeat(20));
        let text = format!("{} {link}", "a".repeat(250));
        let reading = of(&text, json!({}));
        assert_eq!((graphemes(&text), reading.over()), (371, 0));
        let (shown, places) = published(&text, &reading.spans);
        assert!(shown.ends_with(" example.com/path/path/pa..."), "{shown}");
        assert_eq!(reading.length as usize, graphemes(&shown));
        let (range, span) = &places[0];
        assert_eq!((&shown[range.clone()], &span.target), ("example.com/path/path/pa...", &link));
        assert_eq!(reading.notes[0].rule, Rule::LinksShortened);
        assert_eq!(of(&text, json!({ "shorten_links": false })).length, 371);
        let short = format!("see {link}");
        assert_eq!(of(&short, json!({})).spans[0].shown, None, "what fits stays as it is written");
        assert!(of(&short, json!({ "shorten_links": true })).spans[0].shown.is_some());
    }

    #[test]
    fn a_shortened_link_shows_where_it_leads() {
        for (link, shown) in [
            ("https://example.com/", "example.com"),
            ("https://example.com/abcdefghijklmn", "example.com/abcdefghijklmn"),
            ("https://example.com/abcdefghijklmno", "example.com/abcdefghijkl..."),
            ("https://bank.example@evil.example/x", "evil.example/x"),
            ("http://example.com?a=1", "example.com?a=1"),
        ] {
            assert_eq!(short(link), shown);
        }
    }

    proptest! {
        #[test]
        fn ranges_never_overlap_and_lie_on_characters(text in "\\PC{0,80}|([ @#.a-z/:()✨é👩]|https://){0,60}") {
            let spans = find(&text);
            let mut last = 0;
            for span in &spans {
                prop_assert!(span.range.start >= last && span.range.start < span.range.end);
                prop_assert!(text.get(span.range.clone()).is_some());
                last = span.range.end;
            }
            let (shown, places) = published(&text, &spans);
            prop_assert_eq!(&shown, &text);
            prop_assert!(places.iter().all(|(range, span)| *range == span.range));
        }
    }
}
