//! What is counted and found in a text: its length, links, mentions and topic.

use std::collections::BTreeSet;

use crate::meta::text::hashtags;
pub use crate::meta::text::{links, mentions};

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

/// The different addresses in a text and beside it.
pub fn addresses<'a>(text: &'a str, beside: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    links(text).into_iter().map(|range| &text[range]).chain(beside).collect()
}

/// The first topic in a text: `#` with a letter behind it.
pub fn topic(text: &str) -> Option<&str> {
    hashtags(text).next()
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
