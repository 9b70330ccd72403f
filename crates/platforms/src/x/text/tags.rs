//! Cashtags (`$FAN`): self-serve apps may post at most one.

use super::{is_directional, is_space};

/// The cashtags in a text, without the dollar sign, in order.
pub fn cashtags(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let begins = |at: usize| at == 0 || is_space(chars[at - 1]) || is_directional(chars[at - 1]);
    (0..chars.len()).filter(|at| chars[*at] == '$' && begins(*at)).filter_map(|at| name(&chars[at + 1..])).collect()
}

/// One to six letters, and perhaps a dot or underscore with one or two more; then the word must end.
fn name(rest: &[char]) -> Option<String> {
    let letters = |from: usize| rest[from.min(rest.len())..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
    let stem = letters(0);
    if !(1..=6).contains(&stem) {
        return None;
    }
    let tail = if matches!(rest.get(stem), Some('.' | '_')) { letters(stem + 1) } else { 0 };
    let whole = stem + 1 + tail;
    let end = if (1..=2).contains(&tail) && ends(rest.get(whole)) { whole } else { stem };
    ends(rest.get(end)).then(|| rest[..end].iter().collect())
}

/// The end of the text, white space or punctuation of ASCII.
fn ends(next: Option<&char>) -> bool {
    next.is_none_or(|c| is_space(*c) || is_directional(*c) || (c.is_ascii_punctuation() && !matches!(c, '`' | '"')))
}
