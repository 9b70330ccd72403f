//! JSON Web Tokens and keys, as far as this network needs them: ES256 checked and made, HS256 for its own sessions.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer as _, Verifier as _},
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Base 64 for URLs without padding.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Base 64 for URLs of the SHA-256 of a text: PKCE challenges and `ath`.
pub fn sha256_base64url(text: &str) -> String {
    base64url(&Sha256::digest(text.as_bytes()))
}

/// A token that was taken apart; nothing in it is proved yet.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The protected header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    signed: String,
    signature: Vec<u8>,
}

impl Jwt {
    /// Takes a compact token apart.
    pub fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            header: part(header)?,
            claims: part(claims)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// A text in the header.
    pub fn head(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A text among the claims.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A whole number among the claims.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }

    /// Whether `key` signed this with ES256.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        self.head("alg") == Some("ES256")
            && Signature::from_slice(&self.signature)
                .is_ok_and(|seen| key.verify(self.signed.as_bytes(), &seen).is_ok())
    }

    /// Whether the secret signed this with HS256.
    pub fn is_sealed_by(&self, secret: &[u8]) -> bool {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        self.head("alg") == Some("HS256")
            && mac.chain_update(self.signed.as_bytes()).verify_slice(&self.signature).is_ok()
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()))
}

/// A token signed with ES256.
pub fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let signed = unsigned(header, claims);
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", base64url(&signature.to_bytes()))
}

/// A token sealed with HS256 under this header type.
pub fn seal(secret: &[u8], typ: &str, claims: &Value) -> String {
    let signed = unsigned(&json!({"typ": typ, "alg": "HS256"}), claims);
    format!("{signed}.{}", base64url(&mac(secret, signed.as_bytes())))
}

/// HMAC-SHA-256.
pub fn mac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so the other arm cannot be reached; it would give a tag that fits nothing.
    Hmac::<Sha256>::new_from_slice(secret)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// A public key on P-256.
#[derive(Debug, Clone)]
pub struct Jwk {
    x: String,
    y: String,
    key: VerifyingKey,
}

impl Jwk {
    /// Reads a public P-256 key; one with a private part is refused.
    pub fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name)?.as_str();
        if text("kty") != Some("EC") || text("crv") != Some("P-256") || jwk.get("d").is_some() {
            return None;
        }
        let (x, y) = (text("x")?, text("y")?);
        let mut point = vec![4];
        for coordinate in [x, y] {
            point.extend(URL_SAFE_NO_PAD.decode(coordinate).ok().filter(|bytes| bytes.len() == 32)?);
        }
        let key = VerifyingKey::from_sec1_bytes(&point).ok()?;
        Some(Self { x: x.to_owned(), y: y.to_owned(), key })
    }

    /// The key itself.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The thumbprint of RFC 7638.
    pub fn thumbprint(&self) -> String {
        sha256_base64url(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y))
    }
}

/// The JWK of a private key's public half.
#[cfg(test)]
pub fn public_jwk(key: &SigningKey) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    let bytes = point.as_bytes();
    json!({"kty": "EC", "crv": "P-256", "x": base64url(&bytes[1..33]), "y": base64url(&bytes[33..65])})
}

/// The key of a DID document: multibase base 58 of the multicodec-prefixed, compressed P-256 point.
pub fn multikey(key: &VerifyingKey) -> String {
    let mut bytes = vec![0x80, 0x24];
    bytes.extend(key.to_sec1_point(true).as_bytes());
    format!("z{}", super::cid::base58(&bytes))
}
