//! Keys and signed tokens, as far as AT Protocol OAuth asks for them: ES256 only.

use base::{Clock, Random, Secret, random};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// How long a client assertion is good for, in seconds. Servers take one that is at most a minute old.
const ASSERTION_LIFE_S: i64 = 60;

/// A P-256 key pair.
#[derive(Clone)]
pub(super) struct Key(SigningKey);

impl Key {
    /// A new key.
    pub(super) fn new(chance: &dyn Random) -> Self {
        loop {
            // Of 2^256 values all but about 2^224 are keys, so the second round never comes in practice.
            if let Ok(key) = SigningKey::from_slice(&random::bytes::<32>(chance)) {
                return Self(key);
            }
        }
    }

    /// Reads what [`Key::to_text`] wrote.
    pub(super) fn parse(text: &Secret<String>) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.expose()).ok()?;
        SigningKey::from_slice(&bytes).ok().map(Self)
    }

    /// The private key as text, for sealing.
    pub(super) fn to_text(&self) -> Secret<String> {
        URL_SAFE_NO_PAD.encode(self.0.to_bytes()).into()
    }

    /// The public key (RFC 7517).
    pub(super) fn public(&self) -> Value {
        // Uncompressed SEC 1: one byte of form, then x and y of 32 bytes each.
        let point = self.0.verifying_key().to_sec1_point(false);
        let bytes = point.as_bytes();
        json!({
            "kty": "EC", "crv": "P-256",
            "x": URL_SAFE_NO_PAD.encode(&bytes[1..33]), "y": URL_SAFE_NO_PAD.encode(&bytes[33..65]),
        })
    }

    /// The thumbprint (RFC 7638): it names the key for as long as it lives.
    pub(super) fn thumbprint(&self) -> String {
        let jwk = self.public();
        // The members that count, in alphabetical order, without spaces.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
    }

    /// A compact signed token (RFC 7515).
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let head = URL_SAFE_NO_PAD.encode(header.to_string());
        let body = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signed = format!("{head}.{body}");
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// What a DPoP proof is about.
pub(super) struct Proof<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The address; its query and fragment are left out of the proof.
    pub url: &'a str,
    /// The server's newest nonce, if it has given one.
    pub nonce: Option<&'a str>,
    /// The access token that goes with it, toward the account's own server.
    pub access: Option<&'a Secret<String>>,
}

impl Proof<'_> {
    /// A proof of possession (RFC 9449), good for one request.
    pub(super) fn sign(&self, key: &Key, clock: &dyn Clock, chance: &dyn Random) -> String {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        let mut claims = json!({
            "jti": random::token::<16>(chance), "htm": self.method, "htu": url, "iat": clock.now().as_seconds(),
        });
        if let Some(nonce) = self.nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(access) = self.access {
            claims["ath"] = URL_SAFE_NO_PAD.encode(Sha256::digest(access.expose().as_bytes())).into();
        }
        key.sign(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public() }), &claims)
    }
}

/// A client assertion (RFC 7523): our name at the authorization server, good for one request.
pub(super) fn assertion(key: &Key, client_id: &str, issuer: &str, clock: &dyn Clock, chance: &dyn Random) -> String {
    let now = clock.now().as_seconds();
    key.sign(
        &json!({ "alg": "ES256", "kid": key.thumbprint() }),
        &json!({
            "iss": client_id, "sub": client_id, "aud": issuer, "jti": random::token::<16>(chance),
            "iat": now, "exp": now + ASSERTION_LIFE_S,
        }),
    )
}

/// The claims of a token that someone else signed. Nothing in them is proved.
pub(super) fn claims(token: &Secret<String>) -> Value {
    let body = token.expose().split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    body.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use base::{TestClock, Timestamp, random::SeededRandom};
    use p256::ecdsa::{VerifyingKey, signature::Verifier as _};

    use super::*;

    fn checked(token: &str, key: &Key) -> (Value, Value) {
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base 64");
        let signature = Signature::from_slice(&bytes).expect("64 bytes");
        VerifyingKey::from(&key.0).verify(signed.as_bytes(), &signature).expect("signed by this key");
        let (head, body) = signed.split_once('.').expect("two parts");
        let read = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base 64")).expect("JSON");
        (read(head), read(body))
    }

    #[test]
    fn a_key_reads_back_as_itself_and_keeps_its_thumbprint() {
        let key = Key::new(&SeededRandom::new(7));
        let again = Key::parse(&key.to_text()).expect("readable");
        assert_eq!(key.thumbprint(), again.thumbprint());
        assert_eq!(key.thumbprint().len(), 43, "32 bytes");
        assert!(Key::parse(&"AAAA".into()).is_none(), "too short to be a key");
    }

    #[test]
    fn a_proof_names_the_request_without_its_query_and_binds_the_token() {
        let (key, chance) = (Key::new(&SeededRandom::new(7)), SeededRandom::new(8));
        let clock = TestClock::at(Timestamp::from_seconds(1_900_000_000));
        let access = Secret::from("token");
        let url = "https://pds.example/xrpc/x.y.z?limit=1";
        let proof = Proof { method: "GET", url, nonce: Some("n1"), access: Some(&access) };
        let first = proof.sign(&key, &clock, &chance);
        let (head, body) = checked(&first, &key);
        assert_eq!((&head["typ"], &head["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        assert!(head["jwk"].get("d").is_none(), "the private key stays here");
        assert_eq!(body["htu"], "https://pds.example/xrpc/x.y.z");
        assert_eq!((&body["htm"], &body["nonce"], &body["iat"]), (&json!("GET"), &json!("n1"), &json!(1_900_000_000)));
        // SHA-256 of `token`, as any other tool computes it.
        assert_eq!(body["ath"], "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A");
        assert_ne!(checked(&proof.sign(&key, &clock, &chance), &key).1["jti"], body["jti"], "never the same twice");
    }

    #[test]
    fn an_assertion_says_who_we_are_to_whom_and_for_a_minute() {
        let (key, chance) = (Key::new(&SeededRandom::new(7)), SeededRandom::new(8));
        let clock = TestClock::at(Timestamp::from_seconds(1_900_000_000));
        let client = "https://app.example/oauth-client-metadata.json";
        let token = assertion(&key, client, "https://as.example", &clock, &chance);
        let (head, body) = checked(&token, &key);
        assert_eq!(head["kid"], key.thumbprint().as_str());
        assert_eq!(
            (&body["iss"], &body["sub"], &body["aud"]),
            (&json!(client), &json!(client), &json!("https://as.example"))
        );
        assert_eq!(body["exp"].as_i64().unwrap_or(0) - body["iat"].as_i64().unwrap_or(0), 60);
        assert_eq!(claims(&token.into())["aud"], "https://as.example");
    }
}
