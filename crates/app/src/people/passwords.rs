//! Passwords: which are good enough, and how they are kept (S-36).
//!
//! Twelve letters or more, any content, nothing forced but that it cannot be guessed: no classes of letters, no yearly
//! change. Kept as Argon2id; hashing takes tens of milliseconds, so it happens beside the runtime, a few at a time.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version, password_hash::phc::PasswordHash,
};
use base::{Random, Secret, Text, say};
use tokio::sync::{OnceCell, Semaphore};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The shortest, in letters.
pub const LETTERS_MIN: usize = 12;
/// The longest, in letters.
pub const LETTERS_MAX: usize = 256;
/// OWASP's least for Argon2id: 19 MiB, twice, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const TIMES: u32 = 2;
/// How many are hashed at a time: each takes a core and its memory for that long.
const AT_A_TIME: usize = 2;
/// From 0 to 4; below 3 a fast computer guesses it in hours or less.
const STRENGTH_MIN: u8 = 3;
/// Longer passwords are not made stronger by what comes after so many letters, only slower to judge.
const JUDGED_LETTERS: usize = 72;

/// Where passwords are hashed.
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// The hash that is checked when there is no such person, so that the answer takes as long (S-37).
    nobody: OnceCell<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)), nobody: OnceCell::new() }
    }
}

/// Hashing failed: no memory, or the runtime is ending.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

fn argon() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, TIMES, 1, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The same letters may be typed as different bytes on different keyboards.
fn normal(password: &Secret<String>) -> Zeroizing<String> {
    Zeroizing::new(password.expose().nfc().collect())
}

impl Passwords {
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = self.turns.clone().acquire_owned().await.map_err(|error| HashError(error.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| HashError(error.to_string()))?
    }

    /// The text to keep.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, random: &dyn Random, password: &Secret<String>) -> Result<String, HashError> {
        let (password, salt) = (normal(password), base::random::bytes::<16>(random));
        self.beside(move || {
            let hash = argon()?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| HashError(error.to_string()))
        })
        .await
    }

    /// Whether it is the password behind `hash`; without a hash it takes as long and is not.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn verify(
        &self,
        random: &dyn Random,
        hash: Option<String>,
        password: &Secret<String>,
    ) -> Result<bool, HashError> {
        let known = hash.is_some();
        let nobody = self.nobody.get_or_try_init(|| self.hash(random, password)).await?.clone();
        let (hash, password) = (hash.unwrap_or(nobody), normal(password));
        self.beside(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| HashError(error.to_string()))?;
            let same = argon()?.verify_password(password.as_bytes(), &hash).is_ok();
            Ok(same && known)
        })
        .await
    }
}

/// What is wrong with a new password, in words for its field. `about` are words that others know of the person.
pub fn complaint(password: &Secret<String>, about: &[&str]) -> Option<Text> {
    let text = normal(password);
    let letters = text.chars().count();
    if letters < LETTERS_MIN {
        return Some(say!(
            "must have at least {letters_min} characters; several words in a row are good",
            letters_min = LETTERS_MIN
        ));
    }
    if letters > LETTERS_MAX {
        return Some(say!("may have {letters_max} characters at most", letters_max = LETTERS_MAX));
    }
    let judged = Zeroizing::new(text.chars().take(JUDGED_LETTERS).collect::<String>());
    let known: Vec<&str> = about.iter().copied().chain(["fanfare", "socialmedia"]).collect();
    let strength = zxcvbn::zxcvbn(&judged, &known);
    if u8::from(strength.score()) >= STRENGTH_MIN {
        return None;
    }
    let warning = strength.feedback().and_then(|feedback| feedback.warning()).map(weakness);
    let why = warning.unwrap_or(say!("It is close to passwords that are tried first."));
    Some(say!("is easy to guess: {why} Use several words that don't belong together."))
}

/// What makes a password easy to guess.
fn weakness(warning: zxcvbn::feedback::Warning) -> Text {
    use zxcvbn::feedback::Warning as W;
    match warning {
        W::StraightRowsOfKeysAreEasyToGuess | W::ShortKeyboardPatternsAreEasyToGuess => {
            say!("Keys next to each other are easy to guess.")
        }
        W::RepeatsLikeAaaAreEasyToGuess | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            say!("Repeated characters are easy to guess.")
        }
        W::SequencesLikeAbcAreEasyToGuess => say!("Sequences such as abc or 6543 are easy to guess."),
        W::RecentYearsAreEasyToGuess | W::DatesAreOftenEasyToGuess => say!("Years and dates are easy to guess."),
        W::ThisIsATop10Password | W::ThisIsATop100Password | W::ThisIsACommonPassword => {
            say!("It is a commonly used password.")
        }
        W::ThisIsSimilarToACommonlyUsedPassword => say!("It is close to a commonly used password."),
        W::AWordByItselfIsEasyToGuess => say!("A single word is easy to guess."),
        W::NamesAndSurnamesByThemselvesAreEasyToGuess | W::CommonNamesAndSurnamesAreEasyToGuess => {
            say!("Names are easy to guess.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::OsRandom;

    fn taken(text: &str) -> bool {
        complaint(&Secret::from(text), &["jane@example.org", "Jane Doe"]).is_none()
    }

    #[test]
    fn s_36_long_enough_and_not_guessable_is_all_that_is_asked() {
        assert!(taken("violet anchor mumbles twice"));
        assert!(taken("пёс съел мою домашнюю работу"));
        assert!(taken(&"zebra-quartz-lamp ".repeat(12)), "paste a long one");
        for bad in [
            "short1!",
            "passwordpassword",
            "123456789012",
            "qwertyuiop123",
            "aaaaaaaaaaaaaaaa",
            "fanfarefanfare",
            "letmeinletmein1",
        ] {
            assert!(!taken(bad), "{bad}");
        }
        assert!(!taken(&"x1".repeat(200)), "too long");
    }

    #[tokio::test]
    async fn s_36_a_password_is_kept_as_argon2id_and_typed_on_any_keyboard() {
        let passwords = Passwords::default();
        let hash = passwords.hash(&OsRandom, &Secret::from("caf\u{e9} violet anchor")).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let decomposed = Secret::from("cafe\u{301} violet anchor");
        assert!(passwords.verify(&OsRandom, Some(hash.clone()), &decomposed).await.expect("checked"));
        assert!(!passwords.verify(&OsRandom, Some(hash), &Secret::from("cafe violet anchor")).await.expect("checked"));
        let nobody = passwords.verify(&OsRandom, None, &decomposed).await.expect("checked");
        assert!(!nobody, "nobody's password is never right, not even the one the dummy was made of");
    }
}
