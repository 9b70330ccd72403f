//! Text as an instance counts it, and as it gives it back.
//!
//! An instance stores HTML. To recognise our own post in a listing, both sides are brought to one plain form.

use std::{cell::RefCell, ops::Range};

use connector::{Span, SpanKind};
use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    kit::read_back,
    links::{self, Grammar, is_accented},
};

/// What a server counts one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// What people see as one character (Mastodon: `StatusLengthValidator`, `PollOptionsValidator`).
    Clusters,
    /// Code points. They are never fewer, so that they are safe where a server's way of counting is not known.
    Points,
}

impl Unit {
    /// How many of them a text has.
    pub(crate) fn count(self, text: &str) -> u32 {
        let count = match self {
            Self::Clusters => text.graphemes(true).count(),
            Self::Points => text.chars().count(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The length of a post's text: each address as `url_characters`, a mention without its domain.
    pub(crate) fn count_post(self, text: &str, url_characters: u32) -> u32 {
        let chars: Vec<char> = text.chars().collect();
        let (mut counted, mut urls, mut done) = (String::with_capacity(text.len()), 0u32, 0);
        for piece in pieces(&chars) {
            counted.extend(&chars[done..piece.shown().start]);
            match piece {
                Piece::Url(_) => {
                    // As the server does, one letter stands in for it, so that nothing joins what is on both sides.
                    counted.push('x');
                    urls = urls.saturating_add(1);
                }
                Piece::Mention { .. } => counted.extend(&chars[piece.shown()]),
            }
            done = piece.whole().end;
        }
        counted.extend(&chars[done..]);
        self.count(&counted).saturating_sub(urls).saturating_add(urls.saturating_mul(url_characters))
    }
}

/// What an instance makes links, mentions and tags of.
pub(crate) fn spans(text: &str) -> Vec<Span> {
    let chars: Vec<char> = text.chars().collect();
    let kind = |piece: &Piece| match piece {
        Piece::Url(_) => SpanKind::Link,
        Piece::Mention { .. } => SpanKind::Mention,
    };
    let found = pieces(&chars).into_iter().map(|piece| (piece.whole(), kind(&piece)));
    let tags = links::hashtags(&chars, Grammar::Mastodon).into_iter().map(|range| (range, SpanKind::Tag));
    links::spans(text, found, tags)
}

/// What a server sees in a text, in characters.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Url(Range<usize>),
    /// `@user` or `@user@domain`, and where `@user` ends.
    Mention {
        whole: Range<usize>,
        user_end: usize,
    },
}

impl Piece {
    fn whole(&self) -> Range<usize> {
        match self {
            Self::Url(whole) | Self::Mention { whole, .. } => whole.clone(),
        }
    }

    /// What of it is counted or compared as text.
    fn shown(&self) -> Range<usize> {
        match self {
            Self::Url(whole) => whole.clone(),
            Self::Mention { whole, user_end } => whole.start..*user_end,
        }
    }
}

/// Addresses and mentions, in order and apart from each other.
fn pieces(chars: &[char]) -> Vec<Piece> {
    let mut urls = links::find(chars, Grammar::Mastodon).into_iter().peekable();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if let Some(url) = urls.next_if(|url| url.start <= at) {
            at = url.end;
            found.push(Piece::Url(url));
            continue;
        }
        match mention_at(chars, at) {
            Some(mention) => {
                at = mention.whole().end;
                while urls.next_if(|url| url.start < at).is_some() {}
                found.push(mention);
            }
            None => at += 1,
        }
    }
    found
}

/// The mention that begins here (mastodon: `Account::MENTION_RE` and the extractor around it).
fn mention_at(chars: &[char], at: usize) -> Option<Piece> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if chars[at] != '@' || at > 0 && (is_word(chars[at - 1]) || matches!(chars[at - 1], '=' | '/')) {
        return None;
    }
    let user_end = name_end(chars, at + 1, |c| c.is_ascii_alphanumeric() || c == '_')?;
    let domain = chars.get(user_end).filter(|c| **c == '@').and_then(|_| name_end(chars, user_end + 1, is_word));
    let end = domain.unwrap_or(user_end);
    let goes_on = chars[end..].starts_with(&[':', '/', '/'])
        || chars.get(end).is_some_and(|c| matches!(c, '@' | '＠') || is_accented(*c));
    let whole = at..end;
    (!goes_on && end - user_end <= DOMAIN_MAX).then_some(Piece::Mention { whole, user_end })
}

/// The longest domain of a mention with its @, in characters.
const DOMAIN_MAX: usize = 254;

/// The end of words with dots or hyphens between them.
fn name_end(chars: &[char], start: usize, is_word: impl Fn(char) -> bool) -> Option<usize> {
    let length = |from: usize, takes: &dyn Fn(char) -> bool| chars[from..].iter().take_while(|c| takes(**c)).count();
    let mut end = start + length(start, &is_word);
    if end == start {
        return None;
    }
    loop {
        let next = end + length(end, &|c| matches!(c, '.' | '-'));
        let word = length(next, &is_word);
        if next == end || word == 0 {
            return Some(end);
        }
        end = next + word;
    }
}

/// A text in the form in which two of them are compared: mentions without domain, one kind of accents, one kind of space.
pub(crate) fn plain(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut short, mut done) = (String::with_capacity(text.len()), 0);
    for piece in pieces(&chars) {
        short.extend(&chars[done..piece.shown().end]);
        done = piece.whole().end;
    }
    short.extend(&chars[done..]);
    short.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Only the letters and digits of a text, in lower case: what is left if a server dresses a text up.
pub(crate) fn letters(text: &str) -> String {
    read_back::letters(&plain(text))
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
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Reader { links, state: RefCell::default() }, TokenizerOpts::default());
    // There are no scripts to run, so that all of it is read at once.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.state.into_inner().text
}

/// Reads tag by tag: no tree is built, so that no nesting is too deep.
struct Reader {
    links: Links,
    state: RefCell<Read>,
}

#[derive(Default)]
struct Read {
    text: String,
    /// The tag whose end ends what is left out.
    skipped: Option<&'static str>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut read = self.state.borrow_mut();
        match token {
            Token::TagToken(tag) => read.tag(&tag, self.links),
            Token::CharacterTokens(text) if read.skipped.is_none() => read.text.push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Read {
    fn tag(&mut self, tag: &Tag, links: Links) {
        let starts = tag.kind == TagKind::StartTag;
        if let Some(name) = self.skipped {
            if !starts && &*tag.name == name {
                self.skipped = None;
            }
            return;
        }
        let value = |name: &str| tag.attrs.iter().find(|one| &*one.name.local == name).map(|one| &*one.value);
        let is = |wanted: &str| {
            value("class").is_some_and(|classes| classes.split_ascii_whitespace().any(|class| class == wanted))
        };
        match &*tag.name {
            "p" if starts && is("quote-inline") => self.skipped = Some("p"),
            "a" if starts && links == Links::AsAddress && !is("mention") && !is("hashtag") => {
                if let Some(href) = value("href") {
                    self.text.push_str(href);
                    self.skipped = Some("a");
                }
            }
            "p" | "br" | "div" | "li" | "ul" | "ol" | "blockquote" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5"
            | "h6" => self.text.push(' '),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(text: &str, url_characters: u32) -> u32 {
        Unit::Clusters.count_post(text, url_characters)
    }

    #[test]
    fn a_link_counts_as_the_instance_reserves_for_it_however_long_it_is() {
        assert_eq!(count("https://example.com", 23), 23);
        assert_eq!(count("https://example.com/a/very/long/path/that/goes/on?and=on#and-on", 23), 23);
        assert_eq!(count("see https://example.com/a.", 23), 4 + 23 + 1);
        assert_eq!(count("(https://example.com/a_(b))", 23), 1 + 23 + 1);
        assert_eq!(count("HTTP://EXAMPLE.COM!", 30), 31);
        assert_eq!(count("two https://a.example.com https://b.example.com", 23), 4 + 23 + 1 + 23);
        assert_eq!(count("gemini://example.com/a/long/way/down/to/the/capsule", 23), 23);
        assert_eq!(count("https://example.com/@alice@social.example/1", 23), 23, "no mention within a link");
    }

    #[test]
    fn a_link_counts_the_same_in_every_script() {
        let path = "%D0%9A".repeat(40);
        for (text, counted) in [
            (format!("https://ru.wikipedia.org/wiki/{} x", "Ж".repeat(80)), 25),
            (format!("https://ru.wikipedia.org/wiki/{path}"), 23),
            ("https://ja.wikipedia.org/wiki/日本語".into(), 23),
            ("https://ja.wikipedia.org/wiki/日本語_(曖昧さ回避) です".into(), 23 + 3),
            ("https://hi.wikipedia.org/wiki/हिन्दी".into(), 23),
            ("https://ar.wikipedia.org/wiki/عربي?q=كتاب#a".into(), 23),
            ("https://example.com/suche?q=münchen".into(), 23),
            ("https://bücher.de/übersicht/".into(), 23),
            ("https://日本語.jp/".into(), 23),
            ("見て https://example.com/「引用」".into(), 3 + 23 + 1),
            ("見てhttps://example.com/a".into(), 2 + 23),
            ("https://example.comです".into(), 23 + 2),
            ("👉https://example.com/a".into(), 1 + 23),
        ] {
            assert_eq!(count(&text, 23), counted, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_link_counts_in_full() {
        assert_eq!(count("xhttps://example.com", 23), 20);
        assert_eq!(count("https://", 23), 8);
        assert_eq!(count("example.com", 23), 11);
        assert_eq!(count("http://localhost", 23), 16);
        assert_eq!(count("https://social.notanending/a/b", 23), 30, "no domain ends so");
    }

    #[test]
    fn the_domain_of_a_mention_is_free() {
        assert_eq!(count("@alice@social.example", 23), 6);
        assert_eq!(count("hi @alice@social.example, you", 23), 3 + 6 + 5);
        assert_eq!(count("@alice", 23), 6);
        assert_eq!(count("@alice@localhost", 23), 6);
        assert_eq!(count("mail a@b.example", 23), 16, "an e-mail address is no mention");
        assert_eq!(count("@a@b.example.", 23), 3);
        assert_eq!(count("@a@bücher.example", 23), 2);
        assert_eq!(count("@a@b@c", 23), 6, "what goes on is none");
    }

    #[test]
    fn what_becomes_a_link_a_mention_or_a_tag_is_marked_where_it_stands() {
        let seen = |text: &str| spans(text).into_iter().map(|span| span.target).collect::<Vec<_>>();
        assert_eq!(
            seen("👋@lena, @you@social.example: https://example.com/日本語#a and #Straße2 #हिन्दी #वनक्कम् #2026 a#b"),
            ["lena", "you@social.example", "https://example.com/日本語#a", "Straße2", "हिन्दी", "वनक्कम्"]
        );
        assert_eq!(seen("【#タグ】(#a) /#b =#c #foo·bar ##d"), ["タグ", "a", "foo·bar", "d"]);
        let text = "é https://example.com/x #ü";
        for span in spans(text) {
            assert!(text[span.range.clone()].ends_with(&span.target), "{span:?}");
        }
    }

    #[test]
    fn what_people_see_as_one_character_counts_one() {
        for (text, clusters) in [
            ("नमस्ते दोस्तों ".repeat(40), 280),
            ("🇳🇱".repeat(260), 260),
            ("1\u{fe0f}\u{20e3}".repeat(200), 200),
            ("👨‍👩‍👧".into(), 1),
            ("👍🏽".into(), 1),
            ("e\u{301}".into(), 1),
            ("สวัสดี".into(), 4),
            ("한국어".into(), 3),
            ("日本語".into(), 3),
        ] {
            assert_eq!(count(&text, 23), clusters, "{text}");
        }
        assert_eq!(Unit::Points.count_post("👨‍👩‍👧", 23), 5, "where it is not known how a server counts");
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
        assert_eq!(of_html("&#39;&#x27;&unknown;&amp", Links::AsWritten), "''&unknown;&");
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
            let _ = (count(&text, u32::MAX), of_html(&text, Links::AsAddress), letters(&text));
        }

        #[test]
        fn without_links_and_mentions_a_text_counts_its_clusters(text in "[a-z 日🎉.!?\u{301}]{0,80}") {
            prop_assert_eq!(count(&text, 23) as usize, text.graphemes(true).count());
        }
    }
}
