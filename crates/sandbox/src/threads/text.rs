//! What is counted and found in a text: its length, links, mentions and topic.

use std::{collections::BTreeSet, ops::Range};

/// How long a text is. Documented are 500 characters in which emoji count their UTF-8 bytes; refused are texts whose
/// accented letters and punctuation push the bytes of the whole over 500. Of letters outside the Latin script neither has
/// been reported: they count as characters, unless `strict`.
pub fn length(text: &str, strict: bool) -> usize {
    let weight = |letter: char| if !strict && is_of_another_script(letter) { 1 } else { letter.len_utf8() };
    text.chars().map(weight).sum()
}

fn is_of_another_script(letter: char) -> bool {
    let is_latin = matches!(letter, '\u{0}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}');
    let belongs_to_cjk = matches!(letter, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}');
    belongs_to_cjk || (letter.is_alphabetic() && !is_latin)
}

/// Where links stand in a text. An address without a scheme counts, if it begins with `www.`.
pub fn links(text: &str) -> Vec<Range<usize>> {
    words(text)
        .filter(|range| {
            let word = text[range.clone()].to_ascii_lowercase();
            ["http://", "https://", "www."].iter().any(|start| word.len() > start.len() && word.starts_with(start))
        })
        .collect()
}

/// The different addresses in a text and beside it.
pub fn addresses<'a>(text: &'a str, beside: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    links(text).into_iter().map(|range| &text[range]).chain(beside).collect()
}

/// The names that a text mentions, with where.
pub fn mentions(text: &str) -> Vec<(Range<usize>, &str)> {
    let name = |range: &Range<usize>| {
        let name = text[range.clone()].strip_prefix('@')?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        (!name.is_empty() && name.bytes().all(allowed)).then_some(name)
    };
    words(text).filter_map(|range| Some((range.clone(), name(&range)?))).collect()
}

/// The first topic in a text: `#` with a letter behind it.
pub fn topic(text: &str) -> Option<&str> {
    let tag = |range: Range<usize>| text[range].strip_prefix('#').filter(|tag| tag.chars().any(char::is_alphabetic));
    words(text).find_map(tag)
}

/// Words without the punctuation at their ends.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_whitespace().filter_map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let kept = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'', ']']);
        let opened = kept.trim_start_matches(['(', '"', '\'', '[']);
        let start = start + (kept.len() - opened.len());
        (!opened.is_empty()).then(|| start..start + opened.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_punctuation_and_emoji_count_their_bytes_and_other_scripts_only_if_strict() {
        for (text, lenient, strict) in [
            ("hello", 5, 5),
            ("it’s", 6, 6),
            ("café", 5, 5),
            ("👍🏽", 8, 8),
            ("橋の下", 3, 9),
            ("Мост", 4, 8),
            ("はい。", 3, 9),
            ("tiếng", 7, 7),
        ] {
            assert_eq!((length(text, false), length(text, true)), (lenient, strict), "{text}");
        }
    }

    #[test]
    fn links_mentions_and_the_topic_are_found_between_punctuation() {
        let text = "See (https://a.example/x), www.b.example and @lena! #1 #Bridges, #two https:// www.";
        let found: Vec<&str> = links(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["https://a.example/x", "www.b.example"]);
        assert_eq!(mentions(text).into_iter().map(|(_, name)| name).collect::<Vec<_>>(), ["lena"]);
        assert_eq!(topic(text), Some("Bridges"));
        let same = "https://a.example https://a.example";
        assert_eq!(addresses(same, ["https://b.example"].into_iter()).len(), 2);
    }
}
