//! Texts, as far as Threads and Instagram read them alike: their accounts have the same names.

use std::ops::Range;

/// Names after an @: letters, digits, underscores, and full stops inside, as accounts of Instagram are called.
pub(crate) fn mentions(chars: &[char]) -> Vec<Range<usize>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let begins = chars[at] == '@' && (at == 0 || !(chars[at - 1].is_alphanumeric() || is_name(chars[at - 1])));
        let mut end = at + 1;
        while begins && chars.get(end).is_some_and(|c| is_name(*c)) {
            end += 1;
        }
        let next = end;
        while end > at + 1 && chars[end - 1] == '.' {
            end -= 1;
        }
        if end > at + 1 {
            found.push(at..end);
        }
        at = next;
    }
    found
}
