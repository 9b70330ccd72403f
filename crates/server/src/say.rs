//! Output for the person at the terminal; everything else goes to the log.

use std::{
    fmt::{Display, Write as _},
    io::{self, IsTerminal as _, Write as _},
};

/// Prints a line to standard output. A reader that closes early (`fanfare posts | head`) is not an error.
pub fn out(line: impl Display) {
    let _ = writeln!(io::stdout(), "{}", harmless(&line.to_string()));
}

/// Prints a line to standard error: an error, or what the program is waiting for.
pub fn err(line: impl Display) {
    let _ = writeln!(io::stderr(), "{}", harmless(&line.to_string()));
}

/// Prints a question, without a line break.
pub fn ask(text: impl Display) {
    let mut err = io::stderr();
    let _ = write!(err, "{}", harmless(&text.to_string())).and_then(|()| err.flush());
}

/// Prints progress over the previous progress line, on a terminal only. An empty text clears the line.
pub fn progress(text: impl Display) {
    let mut err = io::stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[K{}", harmless(&text.to_string())).and_then(|()| err.flush());
    }
}

/// Escapes what would move the cursor, change colours or turn the reading direction: texts come from other people and
/// servers. Escapes are those of JSON (`\u001b`), so JSON stays valid with the same value.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            // Direction marks and overrides, line and paragraph separators, invisible characters.
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{061c}' | '\u{feff}' => {
                escape(&mut shown, letter)
            }
            _ if letter.is_control() => escape(&mut shown, letter),
            _ => shown.push(letter),
        }
    }
    shown
}

fn escape(shown: &mut String, letter: char) {
    let _ = write!(shown, "\\u{:04x}", u32::from(letter));
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn texts_from_others_cannot_control_the_terminal() {
        for (raw, shown) in [
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "\\u001b[2J\\u001b]0;title\\u0007"),
            ("a\rb\u{8}c\u{7f}", "a\\u000db\\u0008c\\u007f"),
            ("\u{9b}31m\u{85}", "\\u009b31m\\u0085"),
            ("exe.\u{202e}gpj", "exe.\\u202egpj"),
            ("\u{2066}x\u{2069}\u{200f}\u{feff}", "\\u2066x\\u2069\\u200f\\ufeff"),
            ("Grüße, नमस्ते 👩‍👩‍👧 \n\tok", "Grüße, नमस्ते 👩‍👩‍👧 \n\tok"),
        ] {
            assert_eq!(harmless(raw), shown);
        }
        let value = serde_json::json!({ "text": "\u{9b}\u{202e}\u{1b}" });
        let again: serde_json::Value = serde_json::from_str(&harmless(&value.to_string())).expect("still JSON");
        assert_eq!(again, value);
    }
}
