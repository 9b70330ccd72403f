//! What Meta's networks send on their own. One form each for the handshake, for webhooks, whose signature is over the bytes as they
//! came (escaped: reading and writing them again would break it at the first é), and for `signed_request`, with which Meta says
//! that a person removed the app or wants their data deleted.
//!
//! Source: Graph API, webhooks, getting started; Facebook Login, parsing the signed request; data deletion callback.

use base::{Secret, Timestamp, say};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use connector::{
    Failure, Field, Input,
    webhooks::{Answer, Heard, HookAddress, HookEvent, Incoming, Refused, in_time},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::kit::peer::Peer;

/// The address of webhooks is the platform's main one.
const MESSAGES: &str = "";
/// A person removed the app.
const DEAUTHORIZE: &str = "deauthorize";
/// A person wants their data deleted.
const DELETION: &str = "deletion";

/// What Meta asks for, under the names of its dashboard.
pub(crate) static ADDRESSES: [HookAddress; 3] = [
    HookAddress { name: MESSAGES, label: say!("Webhooks: callback URL"), has_word: true },
    HookAddress { name: DEAUTHORIZE, label: say!("Deauthorize callback URL (uninstall)"), has_word: false },
    HookAddress { name: DELETION, label: say!("Data deletion request URL"), has_word: false },
];

/// Where an app has the secret of the Meta app above a product that has one of its own.
const META_SECRET_NAME: &str = "meta_app_secret";
/// The field in which an operator enters it.
pub(crate) const META_SECRET: Field = Field {
    name: META_SECRET_NAME,
    label: say!("Meta app secret, from App settings (only if webhooks are refused without it)"),
    example: "",
    secret: true,
    optional: true,
    input: Input::Text,
};
/// A challenge is a number; longer ones are not given back.
const CHALLENGE_MAX: usize = 200;

/// Reads what came. `events` says what a webhook's body tells.
pub(crate) fn read(incoming: &Incoming<'_>, events: fn(&Value) -> Vec<HookEvent>) -> Result<Heard, Refused> {
    let Incoming { address, method, .. } = *incoming;
    match (address, method) {
        (MESSAGES, &Method::GET) => handshake(incoming),
        (MESSAGES, &Method::POST) => {
            prove(incoming)?;
            let body: Value = serde_json::from_slice(incoming.body).map_err(|_| Refused::Malformed)?;
            Ok(Heard { events: events(&body), answer: Answer::Empty })
        }
        (DEAUTHORIZE, &Method::POST) => {
            let (account, at) = signed(incoming)?;
            Ok(Heard { events: vec![HookEvent::Removed { account, at: Some(at) }], answer: Answer::Empty })
        }
        (DELETION, &Method::POST) => {
            let (account, at) = signed(incoming)?;
            Ok(Heard { events: vec![HookEvent::Erase { account, at: Some(at) }], answer: Answer::Receipt })
        }
        _ => Err(Refused::NotHere),
    }
}

/// The answer to a request for deletion.
pub(crate) fn receipt(status: &url::Url, code: &str) -> Value {
    json!({ "url": status, "confirmation_code": code })
}

/// Asks for messages about these fields of an account or page. The list takes the place of the one before.
pub(crate) async fn subscribe<A: Copy + PartialEq>(
    peer: &Peer<'_, A>,
    read: A,
    path: &str,
    fields: &str,
) -> Result<(), Failure> {
    let request = peer.request("subscribe to webhooks", Method::POST, path).query("subscribed_fields", fields);
    peer.ask(read, request).await.map(drop)
}

/// Asks for none any more.
pub(crate) async fn unsubscribe<A: Copy + PartialEq>(peer: &Peer<'_, A>, read: A, path: &str) -> Result<(), Failure> {
    peer.ask(read, peer.request("end the webhooks", Method::DELETE, path)).await.map(drop)
}

fn handshake(incoming: &Incoming<'_>) -> Result<Heard, Refused> {
    let said = |name: &str| incoming.query.get(name).map(String::as_str).unwrap_or_default();
    // Equal keyed hashes, so that the time it takes tells nothing of the word.
    let word = incoming.word.expose();
    if word.is_empty() || mac(incoming.word, said("hub.verify_token").as_bytes()) != mac(incoming.word, word.as_bytes())
    {
        return Err(Refused::Forged);
    }
    let challenge = said("hub.challenge");
    let is_plain = !challenge.is_empty() && challenge.chars().all(|letter| letter.is_ascii_alphanumeric());
    if said("hub.mode") != "subscribe" || !is_plain || challenge.len() > CHALLENGE_MAX {
        return Err(Refused::Malformed);
    }
    Ok(Answer::Text(challenge.to_owned()).alone())
}

fn mac(secret: &Secret<String>, text: &[u8]) -> Option<Vec<u8>> {
    // A key of any length will do.
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
    Some(mac.chain_update(text).finalize().into_bytes().to_vec())
}

fn is_signed(secret: &Secret<String>, text: &[u8], signature: &[u8]) -> bool {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    mac.is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok())
}

/// `X-Hub-Signature-256`. Which secret signs the webhooks of a product that has one of its own is not documented: that one is
/// tried first, then the one of the Meta app, if it was entered.
fn prove(incoming: &Incoming<'_>) -> Result<(), Refused> {
    let header = incoming.headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    let signature = header.and_then(|value| value.strip_prefix("sha256=")).and_then(|hex| hex::decode(hex).ok());
    let signature = signature.ok_or(Refused::Forged)?;
    let secrets = ["client_secret", META_SECRET_NAME].map(|name| incoming.app.get(name).ok());
    let is_proven = secrets.into_iter().flatten().any(|secret| is_signed(secret, incoming.body, &signature));
    if is_proven { Ok(()) } else { Err(Refused::Forged) }
}

#[derive(Deserialize)]
struct Payload {
    #[serde(deserialize_with = "super::wire::id")]
    user_id: String,
    algorithm: String,
    issued_at: i64,
}

/// Who a `signed_request` is about, and when it was signed. The signature is over the second part as it came, still encoded.
fn signed(incoming: &Incoming<'_>) -> Result<(String, Timestamp), Refused> {
    let mut fields = url::form_urlencoded::parse(incoming.body);
    let request = fields.find_map(|(name, value)| (name == "signed_request").then(|| value.into_owned()));
    let request = request.ok_or(Refused::Malformed)?;
    let (signature, payload) = request.split_once('.').ok_or(Refused::Malformed)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('='));
    let secret = incoming.app.get("client_secret").map_err(|_| Refused::Forged)?;
    let signature = decode(signature).map_err(|_| Refused::Forged)?;
    if !is_signed(secret, payload.as_bytes(), &signature) {
        return Err(Refused::Forged);
    }
    let json = decode(payload).map_err(|_| Refused::Malformed)?;
    let Payload { user_id, algorithm, issued_at } = serde_json::from_slice(&json).map_err(|_| Refused::Malformed)?;
    if !algorithm.eq_ignore_ascii_case("HMAC-SHA256") || user_id.is_empty() {
        return Err(Refused::Malformed);
    }
    let at = seconds(issued_at).ok_or(Refused::Malformed)?;
    in_time(at, incoming.now)?;
    Ok((user_id, at))
}

/// When something happened: seconds, in some products milliseconds.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    const MILLIS_FROM: i64 = 100_000_000_000;
    let number = value.as_i64()?;
    seconds(if number < MILLIS_FROM { number } else { number / 1_000 })
}

/// An instant, if it is one that can be written.
fn seconds(since_1970: i64) -> Option<Timestamp> {
    const YEAR_9999: i64 = 253_402_300_799;
    (0..YEAR_9999).contains(&since_1970).then(|| Timestamp::from_seconds(since_1970))
}

/// What the Graph API's envelope tells: entries of accounts, each with changes, or with one change laid flat beside its id.
/// `post` finds the post that a change of this field is about.
pub(crate) fn changes(body: &Value, post: fn(&str, &Value) -> Option<String>) -> Vec<HookEvent> {
    let mut events = Vec::new();
    for entry in body["entry"].as_array().into_iter().flatten() {
        let (account, at) = (id(&entry["id"]), time(&entry["time"]));
        let listed = entry["changes"].as_array().into_iter().flatten();
        let flat = entry.get("field").map(|_| entry);
        for change in listed.chain(flat) {
            let field = change["field"].as_str().unwrap_or_default();
            events.push(match account.clone().zip(post(field, &change["value"])) {
                Some((account, post)) => HookEvent::Changed { account, post, at },
                None => HookEvent::Other(field.to_owned()),
            });
        }
        // With "include values" switched off there are only names; messages have a list of their own.
        let named = entry["changed_fields"].as_array().into_iter().flatten().filter_map(Value::as_str);
        events.extend(named.map(|field| HookEvent::Other(field.to_owned())));
        if entry.get("messaging").is_some() {
            events.push(HookEvent::Other("messages".to_owned()));
        }
    }
    events
}

/// An id, which may be written as a number.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base::Timestamp;
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::meta::test_world::app;

    const ISSUED: i64 = 1_893_488_400;

    /// A request to one of the addresses.
    #[derive(Clone)]
    struct Sent {
        address: &'static str,
        method: Method,
        query: Vec<(&'static str, &'static str)>,
        signature: Option<String>,
        body: Vec<u8>,
        app: Vec<(&'static str, &'static str)>,
        seconds_later: i64,
    }

    impl Sent {
        fn post(address: &'static str, body: impl Into<Vec<u8>>) -> Self {
            let app = vec![("client_secret", "the secret")];
            Self {
                address,
                method: Method::POST,
                query: vec![],
                signature: None,
                body: body.into(),
                app,
                seconds_later: 0,
            }
        }

        fn signed(mut self, secret: &str) -> Self {
            let mac = mac(&Secret::from(secret), &self.body).expect("a key");
            self.signature = Some(format!("sha256={}", hex::encode(mac)));
            self
        }

        fn is_read(&self) -> Result<Heard, Refused> {
            let mut headers = HeaderMap::new();
            if let Some(signature) = &self.signature {
                let name = HeaderName::from_static("x-hub-signature-256");
                headers.insert(name, HeaderValue::from_str(signature).expect("a header"));
            }
            let own = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
            };
            let mut credentials = app("123", "");
            credentials.values.extend(own(&self.app).into_iter().map(|(name, value)| (name, Secret::new(value))));
            let incoming = Incoming {
                address: self.address,
                method: &self.method,
                headers: &headers,
                query: &own(&self.query),
                body: &self.body,
                app: &credentials,
                word: &Secret::from("the word"),
                now: Timestamp::from_seconds(ISSUED + self.seconds_later),
            };
            read(&incoming, |body| changes(body, |field, value| (field == "feed").then(|| id(&value["post_id"]))?))
        }
    }

    fn signed_request(secret: &str, payload: &Value) -> String {
        let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
        let signature = mac(&Secret::from(secret), payload.as_bytes()).expect("a key");
        format!("signed_request={}.{payload}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn s_71_the_handshake_gives_the_challenge_back_to_who_knows_the_word() {
        let ask = |query: &[(&'static str, &'static str)]| {
            Sent { method: Method::GET, query: query.to_vec(), ..Sent::post("", "") }.is_read()
        };
        // The documentation's example.
        let right = [("hub.mode", "subscribe"), ("hub.challenge", "1158201444"), ("hub.verify_token", "the word")];
        assert_eq!(ask(&right), Ok(Answer::Text("1158201444".to_owned()).alone()));
        assert_eq!(ask(&[right[0], right[1], ("hub.verify_token", "another")]), Err(Refused::Forged));
        assert_eq!(ask(&right[..2]), Err(Refused::Forged));
        assert_eq!(ask(&[right[0], ("hub.challenge", "<b>"), right[2]]), Err(Refused::Malformed));
        assert_eq!(ask(&[("hub.mode", "unsubscribe"), right[1], right[2]]), Err(Refused::Malformed));
    }

    #[test]
    fn s_71_a_webhook_is_proven_over_its_bytes() {
        // Escaped as on the wire: parsed and written again it would be another text.
        let body = r#"{"object":"page","entry":[{"id":"1055","time":1458692752,"changes":[{"field":"feed","value":{"item":"comment","post_id":"1055_77","message":"\u00e9 \/ \u0040"}}]},{"id":"1055","time":1458692752000,"field":"mention","value":{}}]}"#;
        let sent = Sent::post("", body);
        let at = Some(Timestamp::from_seconds(1_458_692_752));
        let changed = HookEvent::Changed { account: "1055".to_owned(), post: "1055_77".to_owned(), at };
        let heard = Heard { events: vec![changed, HookEvent::Other("mention".to_owned())], answer: Answer::Empty };
        assert_eq!(sent.clone().signed("the secret").is_read(), Ok(heard.clone()));
        assert_eq!(sent.is_read(), Err(Refused::Forged), "without a signature");
        assert_eq!(sent.clone().signed("another").is_read(), Err(Refused::Forged));
        let signed = sent.clone().signed("the secret");
        assert_eq!(Sent { body: [body, " "].concat().into_bytes(), ..signed.clone() }.is_read(), Err(Refused::Forged));
        assert_eq!(Sent { app: vec![], ..signed }.is_read(), Err(Refused::Forged), "no app was entered");
        // Which secret signs is not documented where a product has its own.
        let app = vec![("client_secret", "the secret"), (META_SECRET_NAME, "of the app")];
        assert_eq!(Sent { app, ..sent }.signed("of the app").is_read(), Ok(heard));
        assert_eq!(Sent::post("", "{").signed("the secret").is_read(), Err(Refused::Malformed));
    }

    #[test]
    fn pd_02_a_signed_request_names_who_removed_the_app_and_is_believed_for_five_minutes() {
        let payload = json!({ "user_id": "218471", "algorithm": "HMAC-SHA256", "issued_at": ISSUED });
        let sent = Sent::post(DEAUTHORIZE, signed_request("the secret", &payload));
        let (account, at) = ("218471".to_owned(), Some(Timestamp::from_seconds(ISSUED)));
        let removed = HookEvent::Removed { account: account.clone(), at };
        assert_eq!(sent.is_read(), Ok(Heard { events: vec![removed], answer: Answer::Empty }));
        let erase = Heard { events: vec![HookEvent::Erase { account, at }], answer: Answer::Receipt };
        assert_eq!(Sent { address: DELETION, ..sent.clone() }.is_read(), Ok(erase));
        assert_eq!(Sent { address: "", ..sent.clone() }.is_read(), Err(Refused::Forged), "each address for its own");
        assert_eq!(Sent { address: "else", ..sent.clone() }.is_read(), Err(Refused::NotHere));
        assert_eq!(Sent { method: Method::GET, ..sent.clone() }.is_read(), Err(Refused::NotHere));
        for seconds_later in [301, -301] {
            assert_eq!(Sent { seconds_later, ..sent.clone() }.is_read(), Err(Refused::Stale));
        }
        assert!(Sent { seconds_later: 300, ..sent }.is_read().is_ok());
        let refused = |body: String| Sent::post(DELETION, body).is_read().expect_err("refused");
        assert_eq!(refused(signed_request("another", &payload)), Refused::Forged);
        assert_eq!(refused(String::new()), Refused::Malformed);
        assert_eq!(refused("signed_request=nonsense".to_owned()), Refused::Malformed);
        let mut other = payload;
        other["algorithm"] = json!("none");
        assert_eq!(refused(signed_request("the secret", &other)), Refused::Malformed);
        other["algorithm"] = json!("hmac-sha256");
        other["issued_at"] = json!(i64::MAX);
        assert_eq!(refused(signed_request("the secret", &other)), Refused::Malformed);
    }
}
