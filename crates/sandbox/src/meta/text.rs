//! What is found in a text on all of Meta's networks: words, links, mentions and hashtags.

use std::ops::Range;

/// Where links stand in a text. An address without a scheme counts, if it begins with `www.`.
pub fn links(text: &str) -> Vec<Range<usize>> {
    words(text)
        .filter(|range| {
            let word = text[range.clone()].to_ascii_lowercase();
            ["http://", "https://", "www."].iter().any(|start| word.len() > start.len() && word.starts_with(start))
        })
        .collect()
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

/// The hashtags of a text: `#` with a letter behind it.
pub fn hashtags(text: &str) -> impl Iterator<Item = &str> {
    let tag =
        move |range: Range<usize>| text[range].strip_prefix('#').filter(|tag| tag.chars().any(char::is_alphabetic));
    words(text).filter_map(tag)
}

/// Words without the punctuation at their ends.
pub fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
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
    fn hashtags_have_a_letter() {
        assert_eq!(hashtags("#1 (#Bridges), #two! a#three #").collect::<Vec<_>>(), ["Bridges", "two"]);
    }
}
