//! The keys that wrap data keys. They come from the operator's settings or a key file and are never in the database.

use base::{Random, Secret, random};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::envelope::{decrypt, encrypt};

/// One key-encryption key of 256 bits.
#[derive(Clone)]
pub struct Kek {
    id: String,
    key: Secret<[u8; 32]>,
}

/// Why a key was rejected (S-07). The text never repeats the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KekError {
    /// It can't be parsed.
    #[error("a key is 32 bytes as 64 hexadecimal digits or as Base64; make one with `fanfare doctor new-key`")]
    NotAKey,
    /// Too regular to be random.
    #[error("this key is not random (it repeats itself, or is a known sample); make one with `fanfare doctor new-key`")]
    NotRandom,
    /// There is none.
    #[error("the key ring is empty; it holds one key per line, the current one first")]
    Empty,
}

/// Samples that people copy from documentation, as bytes.
const SAMPLES: &[&str] =
    &["changeme", "secret", "password", "example", "0123456789abcdef", "abcdefghijklmnop", "fanfare"];

impl Kek {
    /// Generates a key. `random` is the operating system's.
    pub fn generate(random: &dyn Random) -> Self {
        Self::from_bytes(random::bytes::<32>(random))
    }

    fn from_bytes(bytes: [u8; 32]) -> Self {
        let digest = Sha256::digest(Sha256::digest(bytes));
        Self { id: format!("kek_{}", hex::encode(&digest[..6])), key: Secret::new(bytes) }
    }

    /// Parses a key, and rejects one that is not random.
    ///
    /// # Errors
    /// See [`KekError`].
    pub fn parse(text: &str) -> Result<Self, KekError> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text).map_err(|_| KekError::NotAKey)?,
            _ => STANDARD.decode(text).map_err(|_| KekError::NotAKey)?,
        };
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KekError::NotAKey)?;
        check_random(&bytes)?;
        Ok(Self::from_bytes(bytes))
    }

    /// The text for a key file.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(STANDARD.encode(self.key.expose()))
    }

    /// A name for it that doesn't reveal it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// HMAC-SHA-256 of a text, under a key that is derived from this one for the purpose.
    pub(super) fn mac(&self, purpose: &str, text: &[u8]) -> Hmac<Sha256> {
        let keyed = |key: &[u8], text: &[u8]| {
            #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
            let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
            mac.update(text);
            mac
        };
        let derived =
            Secret::new(<[u8; 32]>::from(keyed(self.key.expose(), purpose.as_bytes()).finalize().into_bytes()));
        keyed(derived.expose(), text)
    }

    pub(super) fn wrap(&self, random: &dyn Random, bound: &[u8], secret: &Secret<[u8; 32]>) -> Vec<u8> {
        let nonce = random::bytes::<24>(random);
        let mut out = nonce.to_vec();
        out.extend(encrypt(&self.key, nonce, secret.expose(), bound));
        out
    }

    pub(super) fn unwrap(&self, bound: &[u8], wrapped: &[u8]) -> Option<Secret<[u8; 32]>> {
        let (nonce, sealed) = wrapped.split_at_checked(24)?;
        let opened = decrypt(&self.key, nonce.try_into().ok()?, sealed, bound)?;
        opened.expose().as_slice().try_into().ok().map(Secret::new)
    }
}

/// 32 random bytes have 30 different values on average; fewer than 16 happen by chance less than once in 10^15 keys.
fn check_random(bytes: &[u8; 32]) -> Result<(), KekError> {
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    let steps: std::collections::BTreeSet<u8> = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    if different.len() < 16 || steps.len() < 8 || SAMPLES.iter().any(|sample| text.contains(sample)) {
        return Err(KekError::NotRandom);
    }
    Ok(())
}

/// The current key and earlier ones, which still open what they wrapped (S-03).
#[derive(Clone)]
pub struct KeyRing(Vec<Kek>);

impl KeyRing {
    /// With one key.
    pub fn new(current: Kek) -> Self {
        Self(vec![current])
    }

    /// With an older key behind the others.
    #[must_use]
    pub fn and_before(mut self, older: Kek) -> Self {
        self.0.push(older);
        self
    }

    /// Parses one key per line, the current one first. Empty lines and lines starting with `#` are skipped.
    ///
    /// # Errors
    /// See [`KekError`].
    pub fn parse(text: &str) -> Result<Self, KekError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(Kek::parse).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KekError::Empty) } else { Ok(Self(keys)) }
    }

    /// The current key, which wraps new data keys.
    pub fn current(&self) -> &Kek {
        &self.0[0]
    }

    /// The key of this name.
    pub fn get(&self, id: &str) -> Option<&Kek> {
        self.0.iter().find(|kek| kek.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::OsRandom;

    #[test]
    fn s_07_short_repeated_and_sample_keys_refuse_to_start() {
        let in_order: Vec<u8> = (0..32).collect();
        let bad = [
            "".to_owned(),
            "secret".to_owned(),
            "changeme".to_owned(),
            STANDARD.encode([0u8; 32]),
            STANDARD.encode([7u8; 32]),
            "00".repeat(32),
            "0123456789abcdef".repeat(4),
            STANDARD.encode(in_order),
            STANDARD.encode("changemechangemechangemechangeme"),
            STANDARD.encode("my-very-own-fanfare-k3y-8zQx!7Lp"),
            STANDARD.encode([1u8; 16]),
        ];
        for text in bad {
            assert!(Kek::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn s_07_every_generated_key_is_accepted_and_can_be_parsed() {
        for _ in 0..2_000 {
            let kek = Kek::generate(&OsRandom);
            assert_eq!(Kek::parse(kek.to_text().expose()).expect("random").id(), kek.id());
        }
    }

    #[test]
    fn s_03_a_ring_reads_one_key_per_line() {
        let (new, old) = (Kek::generate(&OsRandom), Kek::generate(&OsRandom));
        let text = format!("# since May\n{}\n\n{}\n", new.to_text().expose(), old.to_text().expose());
        let ring = KeyRing::parse(&text).expect("two keys");
        assert_eq!(ring.current().id(), new.id());
        assert!(ring.get(old.id()).is_some() && ring.get("kek_x").is_none());
        assert_eq!(KeyRing::parse("# none\n").err(), Some(KekError::Empty));
    }
}
