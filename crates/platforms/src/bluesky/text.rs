//! The text: counted as the network counts, and its links, mentions and hashtags found.
//!
//! The server finds nothing by itself and checks no byte range, so what is not marked here stays plain text, and what
//! is marked wrongly would be shown wrongly. The text itself is never changed.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// The longest hashtag, in graphemes and in bytes (lexicon `app.bsky.richtext.facet`).
pub(super) const TAG_MAX: (usize, usize) = (64, 640);

/// A text's length in extended grapheme clusters.
pub(super) fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

/// A piece of text that means something, by its range of UTF-8 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub range: Range<usize>,
    pub what: What,
}

/// What a piece of text means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A web address, complete.
    Link(String),
    /// A handle, in lower case, without its @.
    Mention(String),
    /// A hashtag without its #.
    Tag(String),
}

/// All links, mentions and hashtags, in order; none overlaps another.
pub(super) fn find(text: &str) -> Vec<Found> {
    words(text).filter_map(|(start, word)| read(start, word)).collect()
}

/// The pieces between white space, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(char::is_whitespace).map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

fn read(start: usize, word: &str) -> Option<Found> {
    let bare = word.trim_start_matches(['(', '[', '"', '\'', '“', '‘', '«', '„']);
    let start = start + (word.len() - bare.len());
    let (length, what) = link(bare).or_else(|| mention(bare)).or_else(|| tag(bare))?;
    Some(Found { range: start..start + length, what })
}

fn link(word: &str) -> Option<(usize, What)> {
    let shown = cut_end(word);
    let lower = shown.to_ascii_lowercase();
    if lower.starts_with("https://") || lower.starts_with("http://") {
        let url = url::Url::parse(shown).ok()?;
        return url
            .host_str()
            .is_some_and(|host| !host.is_empty())
            .then(|| (shown.len(), What::Link(shown.to_owned())));
    }
    // `example.com/page`, as people write it: only under a public suffix, so that `e.g` and `main.rs` stay text.
    let host = lower.split(['/', '?', '#', ':']).next().unwrap_or_default();
    if host.contains('@') || !super::syntax::is_handle(host) || !is_public_name(host) {
        return None;
    }
    let address = format!("https://{shown}");
    url::Url::parse(&address).ok().map(|_| (shown.len(), What::Link(address)))
}

/// Whether the name stands under a suffix that is in the public list, and not only is one.
fn is_public_name(host: &str) -> bool {
    let Some(domain) = psl::domain(host.as_bytes()) else { return false };
    // A file's name is not meant as an address, although its ending is a country's or a company's.
    const ENDINGS: &[&str] = &["rs", "sh", "py", "pl", "md", "zip", "mov", "ps"];
    let ending = host.rsplit('.').next().unwrap_or_default();
    domain.suffix().is_known() && !(ENDINGS.contains(&ending) && host.matches('.').count() == 1)
}

fn mention(word: &str) -> Option<(usize, What)> {
    let name = word.strip_prefix('@').or_else(|| word.strip_prefix('＠'))?;
    let sign = word.len() - name.len();
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')).unwrap_or(name.len());
    let handle = name[..end].trim_end_matches(['.', '-']);
    let lower = handle.to_ascii_lowercase();
    (super::syntax::is_handle(&lower) && super::syntax::may_resolve(&lower))
        .then(|| (sign + handle.len(), What::Mention(lower)))
}

fn tag(word: &str) -> Option<(usize, What)> {
    let rest = word.strip_prefix('#').or_else(|| word.strip_prefix('＃'))?;
    let sign = word.len() - rest.len();
    // A keycap emoji (`#️⃣`) begins with the sign too.
    if rest.starts_with('\u{fe0f}') || rest.starts_with('\u{20e3}') {
        return None;
    }
    let end = rest.find(['#', '＃']).unwrap_or(rest.len());
    let tag = rest[..end].trim_end_matches(|c: char| !(c.is_alphanumeric() || is_joined(c)));
    let says_something = tag.chars().any(|c| !c.is_numeric() && (c.is_alphanumeric() || is_joined(c)));
    let fits = graphemes(tag) <= TAG_MAX.0 && tag.len() <= TAG_MAX.1;
    (says_something && fits).then(|| (sign + tag.len(), What::Tag(tag.to_owned())))
}

/// Signs that belong to a tag although they are no letters: emoji and the marks that combine them.
fn is_joined(c: char) -> bool {
    matches!(u32::from(c), 0x200d | 0xfe0f | 0x0300..=0x036f | 0x0900..=0x0dff | 0x2600..=0x27bf | 0x1f000..=0x1faff)
        || c == '_'
}

/// A link without the punctuation that belongs to the sentence around it.
fn cut_end(word: &str) -> &str {
    let mut shown = word;
    loop {
        let cut = shown.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', '”', '’', '»', '“', '…']);
        let cut = match cut.chars().next_back() {
            Some(close @ (')' | ']')) => {
                let open = if close == ')' { '(' } else { '[' };
                // A bracket that was opened inside the address belongs to it.
                let balanced = cut.matches(open).count() >= cut.matches(close).count();
                if balanced { cut } else { &cut[..cut.len() - 1] }
            }
            _ => cut,
        };
        if cut.len() == shown.len() {
            return shown;
        }
        shown = cut;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> Vec<(String, What)> {
        find(text).into_iter().map(|found| (text[found.range].to_owned(), found.what)).collect()
    }
    fn link_of(text: &str) -> What {
        What::Link(text.to_owned())
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
        let found = find("✨ hi @ben.test see https://ex.am #Rust");
        let ranges: Vec<_> = found.iter().map(|found| found.range.clone()).collect();
        assert_eq!(ranges, [7..16, 21..34, 35..40]);
        assert_eq!(found[0].what, What::Mention("ben.test".to_owned()));
        assert_eq!(found[1].what, link_of("https://ex.am"));
        assert_eq!(found[2].what, What::Tag("Rust".to_owned()));
    }

    #[test]
    fn the_sentence_around_a_link_is_left_out() {
        let link = |text: &str| told(text).into_iter().map(|(shown, _)| shown).collect::<Vec<_>>();
        assert_eq!(link("See (https://example.com/a_(b))."), ["https://example.com/a_(b)"]);
        assert_eq!(link("https://example.com/?q=1, and more"), ["https://example.com/?q=1"]);
        assert_eq!(link("“https://example.com”"), ["https://example.com"]);
        assert_eq!(link("HTTPS://Example.com!"), ["HTTPS://Example.com"]);
        assert_eq!(link("https:// nothing"), [] as [&str; 0]);
        assert_eq!(link("https://例え.jp/パス"), ["https://例え.jp/パス"]);
    }

    #[test]
    fn a_bare_domain_is_a_link_and_a_file_name_is_not() {
        assert_eq!(
            told("read example.com/page."),
            [("example.com/page".to_owned(), link_of("https://example.com/page"))]
        );
        for text in ["e.g. this", "main.rs", "run build.sh", "1.5", "a..b", "me@example.com", "co.uk"] {
            assert_eq!(told(text), [], "{text}");
        }
    }

    #[test]
    fn mentions_end_where_the_handle_ends() {
        let mention = |text: &str| told(text).into_iter().map(|(shown, _)| shown).collect::<Vec<_>>();
        assert_eq!(mention("@alice.bsky.social's and (@bob.test)."), ["@alice.bsky.social", "@bob.test"]);
        assert_eq!(mention("@alice mail@bob.test @x.local @"), [] as [&str; 0]);
    }

    #[test]
    fn hashtags_say_something() {
        let tags = |text: &str| told(text).into_iter().map(|(shown, _)| shown).collect::<Vec<_>>();
        assert_eq!(
            tags("#Rust, #日本語! #c++ #a#b (#ok) #2nd #emoji✨"),
            ["#Rust", "#日本語", "#c", "#a", "#ok", "#2nd", "#emoji✨"]
        );
        assert_eq!(tags("#1 # #️⃣ ## #!"), [] as [&str; 0]);
        assert_eq!(tags(&format!("#{}", "a".repeat(65))), [] as [&str; 0], "too long to be a tag");
    }

    proptest! {
        #[test]
        fn ranges_never_overlap_and_lie_on_characters(text in "\\PC{0,80}|([ @#.a-z/:()✨é👩]|https://){0,60}") {
            let mut last = 0;
            for found in find(&text) {
                prop_assert!(found.range.start >= last && found.range.start < found.range.end);
                prop_assert!(text.get(found.range.clone()).is_some());
                last = found.range.end;
            }
        }
    }
}
