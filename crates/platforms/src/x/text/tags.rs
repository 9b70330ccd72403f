//! Cashtags (`$FAN`), of which self-serve apps may post at most one, and mentions.

use std::ops::Range;

use crate::links::{is_accented, is_directional, is_space};

/// The longest name that is linked, in letters.
const NAME_MAX: usize = 20;

/// The cashtags in a text, without the dollar sign, in order.
pub fn cashtags(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    find_cashtags(&chars).into_iter().map(|range| chars[range.start + 1..range.end].iter().collect()).collect()
}

/// Where they are, with the sign, in characters.
pub fn find_cashtags(chars: &[char]) -> Vec<Range<usize>> {
    let begins = |at: usize| at == 0 || is_space(chars[at - 1]) || is_directional(chars[at - 1]);
    let starts = (0..chars.len()).filter(|at| chars[*at] == '$' && begins(*at));
    starts.filter_map(|at| Some(at..at + 1 + name(&chars[at + 1..])?)).collect()
}

/// One to six letters, and perhaps a dot or underscore with one or two more; then the word must end. Gives their number.
fn name(rest: &[char]) -> Option<usize> {
    let letters = |from: usize| rest[from.min(rest.len())..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
    let stem = letters(0);
    if !(1..=6).contains(&stem) {
        return None;
    }
    let tail = if matches!(rest.get(stem), Some('.' | '_')) { letters(stem + 1) } else { 0 };
    let whole = stem + 1 + tail;
    let end = if (1..=2).contains(&tail) && ends(rest.get(whole)) { whole } else { stem };
    ends(rest.get(end)).then_some(end)
}

/// The end of the text, white space or punctuation of ASCII.
fn ends(next: Option<&char>) -> bool {
    next.is_none_or(|c| is_space(*c) || is_directional(*c) || (c.is_ascii_punctuation() && !matches!(c, '`' | '"')))
}

/// The mentions in a text, with the sign, in characters (twitter-text: `valid_mention_or_list`).
pub fn mentions(chars: &[char]) -> Vec<Range<usize>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = |at: usize| at == 0 || !(is_name(chars[at - 1]) || "!#$%&*@＠".contains(chars[at - 1]));
    let starts = (0..chars.len()).filter(|at| matches!(chars[*at], '@' | '＠') && begins(*at));
    let whole = |at: usize| {
        let length = chars[at + 1..].iter().take(NAME_MAX).take_while(|c| is_name(**c)).count();
        let end = at + 1 + length;
        let goes_on = chars[end..].starts_with(&[':', '/', '/'])
            || chars.get(end).is_some_and(|c| matches!(c, '@' | '＠') || is_accented(*c));
        (length > 0 && !goes_on).then_some(at..end)
    };
    starts.filter_map(whole).collect()
}
