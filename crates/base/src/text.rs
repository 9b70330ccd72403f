//! Which characters a text may contain, and when it counts as blank.
//!
//! Line breaks, tabs, joiners, variation selectors, isolates and embeddings are allowed: languages, emoji and pasted text
//! need them. Invisible control characters and direction overrides are refused.

use crate::words::{Text, say};

/// The first forbidden character: a control character other than a tab or a line break, an override of the direction of
/// text (U+202D, U+202E), or a noncharacter.
pub fn refused(text: &str) -> Option<char> {
    text.chars().find(|letter| match letter {
        '\t' | '\n' | '\r' => false,
        '\u{202d}' | '\u{202e}' => true,
        // Noncharacters: the last two of each plane, and one block (The Unicode Standard, 23.7).
        '\u{fdd0}'..='\u{fdef}' => true,
        letter => letter.is_control() || u32::from(*letter) & 0xfffe == 0xfffe,
    })
}

/// What is wrong with a text that holds such a character, in words for its field.
pub fn complaint(text: &str) -> Option<Text> {
    let code = u32::from(refused(text)?);
    let name = format!("U+{code:04X}");
    Some(match code {
        0x202d | 0x202e => say!("contains {name}, which turns the direction of text around; remove it"),
        _ => say!("contains {name}, which is not text; remove it"),
    })
}

/// Whether it has only spaces, joiners and other invisible characters.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_refused_and_characters_that_languages_need_are_not() {
        for bad in [
            "a\0b",
            "\u{7}",
            "\u{b}",
            "\u{1b}[31m",
            "\u{7f}",
            "\u{85}",
            "\u{9b}",
            "\u{202e}gpj",
            "\u{202d}",
            "\u{ffff}",
        ] {
            assert!(complaint(bad).is_some(), "{bad:?}");
        }
        let family = "👨\u{200d}👩\u{200d}👧";
        let england = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
        for good in [
            "two\r\nlines\tand a tab",
            family,
            england,
            "❤\u{fe0f}",
            "می\u{200c}خواهم",
            "\u{2066}isolate\u{2069}",
            "\u{202a}@lena.test\u{202c}",
            "\u{200e}\u{200f}",
            "\u{feff}",
            "क\u{94d}\u{200d}ष",
        ] {
            assert_eq!(complaint(good), None, "{good:?}");
        }
        assert_eq!(
            complaint("a\0b").map(|text| text.english()).as_deref(),
            Some("contains U+0000, which is not text; remove it")
        );
    }

    #[test]
    fn a_text_of_invisible_characters_is_blank() {
        for blank in ["", " \n\t", "\u{200b}", "\u{2060}\u{feff}", "\u{3164}", "\u{ad}", "\u{2800}", "\u{200d}\u{fe0f}"]
        {
            assert!(is_blank(blank), "{blank:?}");
        }
        for said in [".", "\u{200b}a", "👍", "ㅤ!"] {
            assert!(!is_blank(said), "{said:?}");
        }
    }
}
