//! The protocol's own examples of what is valid and what is not, read where they lie beside the repository.

use std::path::PathBuf;

use super::super::{cid, syntax};

/// The folder of official descriptions; `None`, with a word on why, where there is none.
pub fn specs(folder: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test finds its data, nothing is configured")]
    let named = std::env::var("FANFARE_SPECS").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let path = named.unwrap_or_else(|_| beside()).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    {
        eprintln!("skipped: {} is not there; set FANFARE_SPECS to the folder with the official specs", path.display());
    }
    None
}

#[test]
fn the_protocols_own_examples_are_judged_as_the_protocol_does() {
    let Some(folder) = specs("atproto-interop/syntax") else { return };
    let lines = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(folder.join(name)).expect("readable");
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
    };
    type Judge = fn(&str) -> bool;
    let kinds: [(&str, Judge); 9] = [
        ("tid", syntax::is_tid),
        ("recordkey", syntax::is_record_key),
        ("handle", syntax::is_handle),
        ("did", syntax::is_did),
        ("nsid", syntax::is_nsid),
        ("aturi", syntax::is_at_uri),
        ("atidentifier", syntax::is_at_identifier),
        ("datetime", syntax::is_datetime),
        ("language", syntax::is_language),
    ];
    let mut judged = 0;
    for (kind, fits) in kinds {
        for (verdict, expected) in [("valid", true), ("invalid", false)] {
            for line in lines(&format!("{kind}_syntax_{verdict}.txt")) {
                assert_eq!(fits(&line), expected, "{kind}: `{line}` is {verdict}");
                judged += 1;
            }
        }
    }
    for (name, judge) in [("datetime", syntax::is_datetime as Judge), ("language", syntax::is_language)] {
        for line in lines(&format!("{name}_parse_invalid.txt")) {
            assert!(!judge(&line), "{line}");
            judged += 1;
        }
    }
    #[expect(clippy::print_stderr, reason = "the count shows that the test tested something")]
    {
        eprintln!("{judged} examples judged");
    }
    assert!(judged > 300, "{judged}");
}

#[test]
fn the_protocols_signed_examples_verify_or_not_as_they_say() {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
    let Some(folder) = specs("atproto-interop/crypto") else { return };
    let text = std::fs::read_to_string(folder.join("signature-fixtures.json")).expect("readable");
    let fixtures: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let valid = fixtures.iter().find(|fixture| fixture["algorithm"] == "ES256" && fixture["validSignature"] == true);
    let valid = valid.expect("one for P-256");
    let wanted = valid["publicKeyDid"].as_str().expect("text");
    let bytes = |name: &str| STANDARD_NO_PAD.decode(valid[name].as_str().expect("text")).expect("base 64");
    let signature = Signature::from_slice(&bytes("signatureBase64")).expect("64 bytes");
    // The key is found again from its base 58 text by trying what our own writer makes of it.
    let key = decode_did_key(wanted);
    let key = VerifyingKey::from_sec1_bytes(&key).expect("a point");
    key.verify(&bytes("messageBase64"), &signature).expect("valid");
    assert_eq!(format!("did:key:{}", super::super::jose::multikey(&key)), wanted);
}

fn decode_did_key(did: &str) -> Vec<u8> {
    const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes: Vec<u8> = Vec::new();
    for letter in did.strip_prefix("did:key:z").expect("base 58").chars() {
        let mut carry = ALPHABET.find(letter).expect("a letter") as u32;
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 255) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, (carry & 255) as u8);
            carry >>= 8;
        }
    }
    bytes.split_off(2)
}

#[test]
fn a_tid_keeps_time_and_sorts_by_it() {
    let at = super::morning().as_micros();
    let (early, late) = (syntax::tid(at, 0), syntax::tid(at + 1, 0));
    assert!(syntax::is_tid(&early) && early < late && syntax::tid(at, 1023) < late);
    assert_eq!(syntax::tid(0, 0), "2222222222222");
}

#[test]
fn records_are_hashed_in_canonical_order() {
    use serde_json::json;
    let bytes = cid::encode(&json!({"bb": 1, "a": [true, null, -500], "c": {"$bytes": "AQI"}})).expect("encodes");
    assert_eq!(hex::encode(bytes), "a3616183f5f63901f361634201026262620 1".replace(' ', ""));
    // The empty map's id is known from the protocol's own repositories.
    assert_eq!(
        cid::Cid::of_record(&json!({})).expect("encodes").to_string(),
        "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"
    );
    assert_eq!(
        cid::Cid::of(cid::Codec::Raw, b"").to_string(),
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    );
    assert_eq!(cid::encode(&json!(1.5)), Err(cid::NotDag::Fraction("1.5".into())));
    let link = cid::Cid::of(cid::Codec::Raw, b"x");
    assert_eq!(cid::Cid::parse(&link.to_string()), Some(link));
    assert!(cid::Cid::parse("bafkrei").is_none() && cid::Cid::parse("QmNope").is_none());
}
