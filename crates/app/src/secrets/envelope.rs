//! The format of a sealed value, and what it is bound to.
//!
//! `version (1) · algorithm (1) · data key's id (16) · nonce (24) · ciphertext and tag`. The associated data are table,
//! column, owner, row and schema version, each prefixed with its length, so that no two places have the same bytes.

use base::{Secret, ids::DataKeyId};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead as _, KeyInit as _, Payload},
};
use std::fmt;

/// The version of this format.
const VERSION: u8 = 1;
/// XChaCha20-Poly1305: its 192-bit nonces can be drawn at random without counting (S-04).
const ALGORITHM: u8 = 1;
/// Increased when a column changes its meaning, so that old values can't be opened as something else.
const SCHEMA_VERSION: u32 = 1;
const HEADER_BYTES: usize = 2 + 16 + 24;

/// The place of a sealed value. It can only be opened there (S-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's id.
    pub row: String,
}

impl At {
    /// A place.
    pub fn new(table: &'static str, column: &'static str, row: impl fmt::Display) -> Self {
        Self { table, column, row: row.to_string() }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of {}", self.table, self.column, self.row)
    }
}

fn bound_to(owner: &str, at: &At) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    for part in [at.table, at.column, owner, &at.row] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes.extend_from_slice(&SCHEMA_VERSION.to_be_bytes());
    bytes
}

pub(super) fn seal(
    key: &Secret<[u8; 32]>,
    id: DataKeyId,
    owner: &str,
    at: &At,
    nonce: [u8; 24],
    secret: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + secret.len() + 16);
    out.extend_from_slice(&[VERSION, ALGORITHM]);
    out.extend_from_slice(&id.to_bytes());
    out.extend_from_slice(&nonce);
    let sealed = encrypt(key, nonce, secret, &bound_to(owner, at));
    out.extend_from_slice(&sealed);
    out
}

/// The data key that sealed it.
pub(super) fn key_of(sealed: &[u8]) -> Option<DataKeyId> {
    let known = sealed.len() >= HEADER_BYTES + 16 && sealed[0] == VERSION && sealed[1] == ALGORITHM;
    known.then(|| sealed[2..18].try_into().ok().map(DataKeyId::from_bytes)).flatten()
}

pub(super) fn open(key: &Secret<[u8; 32]>, owner: &str, at: &At, sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
    key_of(sealed)?;
    let nonce: [u8; 24] = sealed[18..HEADER_BYTES].try_into().ok()?;
    decrypt(key, nonce, &sealed[HEADER_BYTES..], &bound_to(owner, at))
}

/// Plain authenticated encryption, for wrapping data keys too.
pub(super) fn encrypt(key: &Secret<[u8; 32]>, nonce: [u8; 24], secret: &[u8], bound: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    #[expect(clippy::expect_used, reason = "it fails beyond 256 GiB only, and nothing here is that long")]
    cipher.encrypt(&nonce.into(), Payload { msg: secret, aad: bound }).expect("short enough")
}

pub(super) fn decrypt(key: &Secret<[u8; 32]>, nonce: [u8; 24], sealed: &[u8], bound: &[u8]) -> Option<Secret<Vec<u8>>> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    cipher.decrypt(&nonce.into(), Payload { msg: sealed, aad: bound }).ok().map(Secret::new)
}
