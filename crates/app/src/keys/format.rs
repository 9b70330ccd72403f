//! The form of an API key: `fanfare_<live|test>_<30 letters>_<6 letters>` (S-21).
//!
//! The 30 letters of base 62 carry 178 bits of chance; the 6 are the CRC-32 of all before them, so that a mistyped key is
//! refused without asking the database, and scanners for leaked secrets find keys without guessing.

use base::{Random, Secret};
use sha2::{Digest as _, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS: usize = 30;
const CHECK_LETTERS: usize = 6;
/// How much of the letters stays visible in lists.
const VISIBLE_LETTERS: usize = 8;

/// Which installations take a key: those with real networks, or those with the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Real networks.
    Live,
    /// The sandbox.
    Test,
}

impl Mode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

/// Makes a key of at least 178 random bits.
pub(super) fn make(random: &dyn Random, mode: Mode) -> Secret<String> {
    let mut body = format!("fanfare_{}_", mode.as_str());
    for _ in 0..LETTERS {
        body.push(letter(random));
    }
    let check = check_letters(&body);
    Secret::new(format!("{body}_{check}"))
}

/// One letter; bytes above the largest multiple of 62 are drawn again, so that all are equally likely.
fn letter(random: &dyn Random) -> char {
    loop {
        let byte = base::random::bytes::<1>(random)[0];
        if byte < 248 {
            return char::from(ALPHABET[usize::from(byte % 62)]);
        }
    }
}

fn check_letters(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut letters = [b'0'; CHECK_LETTERS];
    for place in letters.iter_mut().rev() {
        *place = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    letters.iter().copied().map(char::from).collect()
}

/// What a well-formed key is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed {
    pub hash: [u8; 32],
    pub mode: Mode,
    pub visible: String,
}

/// Reads a key without asking the database; `None` if it cannot be one.
pub(super) fn parse(text: &str) -> Option<Parsed> {
    let (body, check) = text.rsplit_once('_')?;
    let (prefix, letters) = body.rsplit_once('_')?;
    let mode = match prefix {
        "fanfare_live" => Mode::Live,
        "fanfare_test" => Mode::Test,
        _ => return None,
    };
    let well_formed = letters.len() == LETTERS && letters.bytes().all(|byte| ALPHABET.contains(&byte));
    if !well_formed || check != check_letters(body) {
        return None;
    }
    Some(Parsed { hash: Sha256::digest(text.as_bytes()).into(), mode, visible: letters[..VISIBLE_LETTERS].to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::OsRandom;

    #[test]
    fn s_21_a_key_has_its_form_and_a_wrong_letter_is_noticed() {
        let key = make(&OsRandom, Mode::Live);
        let text = key.expose();
        assert!(text.starts_with("fanfare_live_") && text.len() == 13 + 30 + 1 + 6, "{}", text.len());
        let parsed = parse(text).expect("well formed");
        assert_eq!(parsed.visible, text[13..21]);
        for place in 13..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[place] = if wrong[place] == b'x' { b'y' } else { b'x' };
            assert_eq!(parse(std::str::from_utf8(&wrong).expect("ascii")), None, "letter {place}");
        }
        assert_eq!(parse("fanfare_live_short_000000"), None);
        assert_eq!(parse(&text.replace("live", "test")), None, "the mode is checked too");
    }
}
