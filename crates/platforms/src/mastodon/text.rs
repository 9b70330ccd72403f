//! Text as an instance counts it, and as it gives it back.
//!
//! An instance stores HTML. To recognise our own post in a listing, both sides are brought to one plain form.

use connector::{Span, SpanKind};
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// A piece of a text as the author wrote it.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Url(&'a str),
    /// `@user@domain`, with how many bytes of it are `@user`.
    Mention(&'a str, usize),
}

/// The length of a text as Mastodon counts it: each URL as `url_characters`, a mention without its domain. Servers
/// count grapheme clusters in current versions and code points in old ones: the larger number is safe with both.
pub(crate) fn count(text: &str, url_characters: u32) -> u32 {
    pieces(text).iter().fold(0, |sum: u32, piece| {
        sum.saturating_add(match piece {
            Piece::Plain(text) => characters(text),
            Piece::Mention(text, user) => characters(&text[..*user]),
            Piece::Url(url) if has_dotted_host(url) => url_characters,
            // A name without a dot may or may not count as a URL there; assume the worse.
            Piece::Url(url) => characters(url).max(url_characters),
        })
    })
}

/// Code points or grapheme clusters, whichever are more.
pub(crate) fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count().max(text.graphemes(true).count())).unwrap_or(u32::MAX)
}

/// What an instance makes links and mentions of, by where it stands in the text.
pub(crate) fn spans(text: &str) -> Vec<Span> {
    let (mut found, mut at) = (Vec::new(), 0);
    for piece in pieces(text) {
        let (whole, what) = match piece {
            Piece::Plain(whole) => (whole, None),
            Piece::Url(whole) => (whole, Some((SpanKind::Link, whole))),
            Piece::Mention(whole, _) => (whole, Some((SpanKind::Mention, &whole[1..]))),
        };
        let range = at..at + whole.len();
        at = range.end;
        found.extend(what.map(|(kind, target)| Span { range, kind, target: target.to_owned(), shown: None }));
    }
    found
}

fn has_dotted_host(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = host.find(['/', '?', '#']).unwrap_or(host.len());
    host[..end].trim_matches('.').contains('.')
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut found, mut plain_from, mut at) = (Vec::new(), 0, 0);
    let mut before: Option<char> = None;
    while let Some(next) = text[at..].chars().next() {
        let special = if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '/')) {
            None
        } else {
            url_at(&text[at..]).map(Piece::Url).or_else(|| mention_at(&text[at..]))
        };
        let Some(piece) = special else {
            before = Some(next);
            at += next.len_utf8();
            continue;
        };
        let whole = match piece {
            Piece::Url(whole) | Piece::Mention(whole, _) | Piece::Plain(whole) => whole,
        };
        if plain_from < at {
            found.push(Piece::Plain(&text[plain_from..at]));
        }
        at += whole.len();
        plain_from = at;
        before = whole.chars().next_back();
        found.push(piece);
    }
    if plain_from < text.len() {
        found.push(Piece::Plain(&text[plain_from..]));
    }
    found
}

/// The URL that the text begins with. Its path ends at the first character that is not ASCII: whatever the server makes
/// of the rest, counting it in full is safe.
fn url_at(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let host_end = text[scheme.len()..]
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | ':')))
        .map_or(text.len(), |end| scheme.len() + end);
    let in_path = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '`' | '|' | '^' | '\\');
    let end = text[host_end..].find(|c| !in_path(c)).map_or(text.len(), |end| host_end + end);
    let has_path = text[host_end..].starts_with(['/', '?', '#']);
    let url = without_trailing_punctuation(&text[..if has_path { end } else { host_end }]);
    (url.len() > scheme.len()).then_some(url)
}

fn without_trailing_punctuation(mut url: &str) -> &str {
    while let Some(last) = url.chars().next_back() {
        let closes_nothing = last == ')' && url.matches(')').count() > url.matches('(').count();
        if !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']' | '}' | '*' | '_' | '~') && !closes_nothing {
            break;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
    url
}

/// The mention with a domain that the text begins with.
fn mention_at(text: &str) -> Option<Piece<'_>> {
    let rest = text.strip_prefix('@')?;
    let user = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(rest.len());
    let domain = rest[user..].strip_prefix('@').filter(|_| user > 0)?;
    let end = domain.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(domain.len());
    let domain = domain[..end].trim_end_matches(['.', '-']);
    let whole = 1 + user + 1 + domain.len();
    domain.contains('.').then(|| Piece::Mention(&text[..whole], 1 + user))
}

/// A text in the form in which two of them are compared: mentions without domain, one kind of accents, one kind of space.
pub(crate) fn plain(text: &str) -> String {
    let short: String = pieces(text)
        .iter()
        .map(|piece| match piece {
            Piece::Plain(text) | Piece::Url(text) => text,
            Piece::Mention(text, user) => &text[..*user],
        })
        .collect();
    short.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Only the letters and digits of a text, in lower case: what is left if a server dresses a text up.
pub(crate) fn letters(text: &str) -> String {
    plain(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How a link in HTML is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// As the text between its tags (Mastodon hides parts of it by style, but all of it is there).
    AsWritten,
    /// As the address it leads to (servers that shorten what they show).
    AsAddress,
}

/// A status's HTML as text. The paragraph that Mastodon puts before a quote for old clients is left out.
pub(crate) fn of_html(html: &str, links: Links) -> String {
    let (mut text, mut rest, mut skip_until) = (String::new(), html, None::<&str>);
    while let Some(open) = rest.find('<') {
        if skip_until.is_none() {
            text.push_str(&decoded(&rest[..open]));
        }
        let Some((tag, after)) = tag_at(&rest[open..]) else {
            rest = &rest[open..];
            break;
        };
        rest = after;
        if let Some(end) = skip_until {
            if tag.closes && tag.name == end {
                skip_until = None;
            }
            continue;
        }
        if tag.closes {
            if is_block(&tag.name) {
                text.push(' ');
            }
        } else if tag.name == "p" && tag.has_class("quote-inline") {
            skip_until = Some("p");
        } else if tag.name == "a" && links == Links::AsAddress && !tag.has_class("mention") && !tag.has_class("hashtag")
        {
            if let Some(href) = tag.attribute("href") {
                text.push_str(&href);
                skip_until = Some("a");
            }
        } else if is_block(&tag.name) {
            text.push(' ');
        }
    }
    if skip_until.is_none() {
        text.push_str(&decoded(rest));
    }
    text
}

fn is_block(name: &str) -> bool {
    const BLOCKS: &[&str] =
        &["p", "br", "div", "li", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"];
    BLOCKS.contains(&name)
}

struct Tag<'a> {
    name: String,
    closes: bool,
    attributes: &'a str,
}

impl Tag<'_> {
    fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        while let Some(equals) = rest.find('=') {
            let found = rest[..equals].trim().rsplit(char::is_whitespace).next().unwrap_or_default();
            let value = rest[equals + 1..].trim_start();
            let (inner, after) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
                _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            };
            if found.eq_ignore_ascii_case(name) {
                return Some(decoded(inner));
            }
            rest = after;
        }
        None
    }

    fn has_class(&self, wanted: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split_whitespace().any(|class| class == wanted))
    }
}

/// The tag that the HTML begins with, and what follows it. A `>` inside quotes does not end it.
fn tag_at(html: &str) -> Option<(Tag<'_>, &str)> {
    let mut quote = None;
    let end = html.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return Some(at),
            _ => {}
        }
        None
    })?;
    let inner = html[1..end].trim_end_matches('/');
    let (closes, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    let name_end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let tag = Tag { name: inner[..name_end].to_ascii_lowercase(), closes, attributes: &inner[name_end..] };
    Some((tag, &html[end + 1..]))
}

/// Text with its character references resolved. An unknown one stays as it is.
fn decoded(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((reference(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "hellip" => '…',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_counts_as_the_instance_reserves_for_it_however_long_it_is() {
        assert_eq!(count("https://example.com", 23), 23);
        assert_eq!(count("https://example.com/a/very/long/path/that/goes/on?and=on#and-on", 23), 23);
        assert_eq!(count("see https://example.com/a.", 23), 4 + 23 + 1);
        assert_eq!(count("(https://example.com/a_(b))", 23), 1 + 23 + 1);
        assert_eq!(count("HTTP://EXAMPLE.COM!", 30), 31);
        assert_eq!(count("two https://a.example https://b.example", 23), 4 + 23 + 1 + 23);
    }

    #[test]
    fn what_only_looks_like_a_url_counts_in_full() {
        assert_eq!(count("xhttps://example.com", 23), 20);
        assert_eq!(count("https://", 23), 8);
        assert_eq!(count("example.com", 23), 11);
        assert_eq!(count("http://localhost", 23), 23, "the worse of 16 and 23");
        assert_eq!(count("https://example.com/日本語", 23), 26, "what follows the ASCII part is counted besides");
    }

    #[test]
    fn the_domain_of_a_mention_is_free() {
        assert_eq!(count("@alice@social.example", 23), 6);
        assert_eq!(count("hi @alice@social.example, you", 23), 3 + 6 + 5);
        assert_eq!(count("@alice", 23), 6);
        assert_eq!(count("@alice@example", 23), 14, "a name without a dot is no domain");
        assert_eq!(count("mail a@b.example", 23), 16, "an e-mail address is no mention");
        assert_eq!(count("@a@b.example.", 23), 3);
    }

    #[test]
    fn the_larger_of_code_points_and_graphemes_is_counted() {
        assert_eq!(count("👨‍👩‍👧", 23), 5);
        assert_eq!(count("e\u{301}", 23), 2);
        assert_eq!(count("日本語", 23), 3);
    }

    #[test]
    fn the_html_of_a_status_becomes_what_was_written() {
        let html = concat!(
            r#"<p>Hello <span class="h-card" translate="no"><a href="https://far.example/@bob" class="u-url mention">@<span>bob</span></a></span>,"#,
            r#" see <a href="https://example.com/long/path" target="_blank" rel="nofollow"><span class="invisible">https://</span>"#,
            r#"<span class="ellipsis">example.com/lo</span><span class="invisible">ng/path</span></a><br />a &lt; b &amp; c</p>"#,
            r#"<p><a href="https://social.example/tags/news" class="mention hashtag" rel="tag">#<span>news</span></a></p>"#,
        );
        let written = "Hello @bob@far.example, see https://example.com/long/path\na < b & c\n\n#news";
        assert_eq!(plain(&of_html(html, Links::AsWritten)), plain(written));
        assert_eq!(plain(&of_html(html, Links::AsAddress)), plain(written));
    }

    #[test]
    fn a_shortened_link_is_read_by_its_address() {
        let html = r#"<p>see <a href='https://example.com/a?b=1&amp;c=2'>example.com/a…</a></p>"#;
        assert_eq!(plain(&of_html(html, Links::AsAddress)), "see https://example.com/a?b=1&c=2");
        assert_eq!(plain(&of_html(html, Links::AsWritten)), "see example.com/a…");
    }

    #[test]
    fn the_paragraph_that_stands_in_for_a_quote_is_not_part_of_the_text() {
        let html = r#"<p class="quote-inline">RE: <a href="https://far.example/1">far.example/1</a></p><p>Look</p>"#;
        assert_eq!(plain(&of_html(html, Links::AsWritten)), "Look");
    }

    #[test]
    fn odd_html_is_survived() {
        assert_eq!(of_html("a < b", Links::AsWritten), "a < b");
        assert_eq!(of_html("x<a title='>'>y</a>", Links::AsWritten), "xy");
        assert_eq!(of_html("&#39;&#x27;&unknown;&amp", Links::AsWritten), "''&unknown;&amp");
        assert_eq!(of_html("<p class=quote-inline>never closed", Links::AsWritten), "");
    }

    #[test]
    fn letters_are_what_is_left_of_a_dressed_up_text() {
        assert_eq!(letters("**Bold** — it's on!"), "bolditson");
        assert_eq!(letters("🎉"), "");
    }

    fn as_html(text: &str) -> String {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        format!("<p>{}</p>", escaped.replace("\n\n", "</p><p>").replace('\n', "<br>"))
    }

    proptest! {
        #[test]
        fn any_text_is_recognised_in_its_own_html(text in "[ -~éü日🎉\n]{0,120}") {
            prop_assert_eq!(plain(&of_html(&as_html(&text), Links::AsWritten)), plain(&text));
        }

        #[test]
        fn counting_and_reading_never_panic(text in "\\PC{0,60}") {
            let _ = (count(&text, 23), of_html(&text, Links::AsAddress), letters(&text));
        }

        #[test]
        fn without_urls_and_mentions_a_text_counts_its_code_points(text in "[a-z 日🎉.!?]{0,80}") {
            prop_assert_eq!(count(&text, 23) as usize, text.chars().count());
        }
    }
}
