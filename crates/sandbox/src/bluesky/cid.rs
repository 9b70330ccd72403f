//! DAG-CBOR and content ids: the bytes a record is hashed as, and the text of that hash.
//!
//! Only what records need: no floats, no indefinite lengths, SHA-256, CID version 1.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// What the hashed bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// A record.
    DagCbor = 0x71,
    /// A blob.
    Raw = 0x55,
}

/// A content id: the SHA-256 of a record or blob.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cid([u8; 36]);

impl Cid {
    /// The id of `bytes`.
    pub fn of(codec: Codec, bytes: &[u8]) -> Self {
        let mut whole = [0u8; 36];
        whole[..4].copy_from_slice(&[1, codec as u8, 0x12, 0x20]);
        whole[4..].copy_from_slice(&Sha256::digest(bytes));
        Self(whole)
    }

    /// The id of a record.
    pub fn of_record(record: &Value) -> Result<Self, NotDag> {
        Ok(Self::of(Codec::DagCbor, &encode(record)?))
    }

    /// Reads `b…`; only version 1, SHA-256 and the two codecs are known.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = base32_decode(text.strip_prefix('b')?)?;
        let whole: [u8; 36] = bytes.try_into().ok()?;
        (whole[0] == 1 && matches!(whole[1], 0x71 | 0x55) && whole[2..4] == [0x12, 0x20]).then_some(Self(whole))
    }
}

impl Cid {
    /// The SHA-256 inside, in hex.
    pub fn digest_hex(&self) -> String {
        hex::encode(&self.0[4..])
    }
}

impl std::fmt::Display for Cid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b{}", base32(&self.0))
    }
}

impl std::fmt::Debug for Cid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Lower-case base 32 of RFC 4648 without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut count) = (0u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(BASE32[(held >> count & 31) as usize]));
        }
    }
    if count > 0 {
        text.push(char::from(BASE32[(held << (5 - count) & 31) as usize]));
    }
    text
}

fn base32_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut count) = (0u32, 0);
    for letter in text.bytes() {
        held = held << 5 | BASE32.iter().position(|known| *known == letter)? as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count & 255) as u8);
        }
    }
    // Left-over bits must be zero, otherwise two texts would name the same bytes.
    (count < 5 && held & ((1 << count) - 1) == 0).then_some(bytes)
}

/// Base 58 in Bitcoin's alphabet, for the keys in DID documents.
pub fn base58(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    std::iter::repeat_n('1', zeros).chain(digits.iter().rev().map(|d| char::from(ALPHABET[*d as usize]))).collect()
}

/// The value has no DAG-CBOR form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotDag {
    /// The data model has no fractions.
    #[error("a record may hold whole numbers only, found {0}")]
    Fraction(String),
    /// `$link` without a readable content id.
    #[error("`$link` must be a version 1 content id in base 32")]
    Link,
    /// `$bytes` without readable base 64.
    #[error("`$bytes` must be base 64")]
    Bytes,
}

/// The DAG-CBOR of a JSON value of the AT Protocol data model: `$link` is a link, `$bytes` are bytes.
pub fn encode(value: &Value) -> Result<Vec<u8>, NotDag> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

fn head(major: u8, count: u64, out: &mut Vec<u8>) {
    let kind = major << 5;
    match count {
        0..=23 => out.push(kind | count as u8),
        24..=0xff => out.extend([kind | 24, count as u8]),
        0x100..=0xffff => {
            out.push(kind | 25);
            out.extend((count as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(kind | 26);
            out.extend((count as u32).to_be_bytes());
        }
        _ => {
            out.push(kind | 27);
            out.extend(count.to_be_bytes());
        }
    }
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), NotDag> {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(yes) => out.push(if *yes { 0xf5 } else { 0xf4 }),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => {
            head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            items.iter().try_for_each(|item| write(item, out))?;
        }
        Value::Object(map) => write_map(map, out)?,
    }
    Ok(())
}

fn write_number(number: &serde_json::Number, out: &mut Vec<u8>) -> Result<(), NotDag> {
    match (number.as_u64(), number.as_i64()) {
        (Some(positive), _) => head(0, positive, out),
        (None, Some(negative)) => head(1, (-1 - negative) as u64, out),
        (None, None) => return Err(NotDag::Fraction(number.to_string())),
    }
    Ok(())
}

fn write_map(map: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), NotDag> {
    if let (1, Some(link)) = (map.len(), map.get("$link")) {
        let cid = link.as_str().and_then(Cid::parse).ok_or(NotDag::Link)?;
        out.extend([0xd8, 0x2a]);
        head(2, 37, out);
        out.push(0);
        out.extend(cid.0);
        return Ok(());
    }
    if let (1, Some(bytes)) = (map.len(), map.get("$bytes")) {
        use base64::Engine as _;
        let text = bytes.as_str().ok_or(NotDag::Bytes)?.trim_end_matches('=');
        let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(text).map_err(|_| NotDag::Bytes)?;
        head(2, bytes.len() as u64, out);
        out.extend(bytes);
        return Ok(());
    }
    // Canonical order of DAG-CBOR: shorter keys first, then by their bytes.
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by(|a, b| a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(b.0)));
    head(5, entries.len() as u64, out);
    for (key, value) in entries {
        head(3, key.len() as u64, out);
        out.extend(key.as_bytes());
        write(value, out)?;
    }
    Ok(())
}
