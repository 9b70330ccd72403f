//! Webhooks as Meta sends them: the handshake, the escaped body, the signature.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use super::{app::Product, fetch};

/// The body as it is on the wire: everything outside ASCII is escaped, and so is every slash. The signature is over these
/// bytes, so that an app that parses and writes again before it verifies fails at the first é (messenger4j 16,
/// whatsapp-api-js 290).
pub fn body(event: &Value) -> String {
    let mut wire = String::new();
    for letter in event.to_string().chars() {
        match letter {
            '/' => wire.push_str("\\/"),
            letter if letter.is_ascii() => wire.push(letter),
            letter => letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(wire, "\\u{unit:04x}");
            }),
        }
    }
    wire
}

/// The value of `X-Hub-Signature-256`.
pub fn signature(product: Product, body: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(product.secret.as_bytes()).expect("a key");
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// The addresses that answered the handshake. A clone is the same list.
#[derive(Debug, Clone, Default)]
pub struct Answered(Arc<Mutex<BTreeSet<String>>>);

impl Answered {
    fn list(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the app says that webhooks may go to this address. It is asked once, and must know the word that was agreed
    /// on in the dashboard: then it answers with the challenge and nothing else.
    async fn permits(&self, http: &reqwest::Client, address: &Url, word: &str) -> bool {
        if self.list().contains(address.as_str()) {
            return true;
        }
        let challenge = "1158201444";
        let query = [("hub.mode", "subscribe"), ("hub.challenge", challenge), ("hub.verify_token", word)];
        let request = http.get(address.clone()).query(&query).timeout(fetch::PATIENCE);
        let said = match request.send().await {
            Ok(answer) if answer.status() == http::StatusCode::OK => answer.text().await.ok(),
            _ => None,
        };
        let permitted = said.as_deref() == Some(challenge);
        if permitted {
            self.list().insert(address.to_string());
        } else {
            tracing::warn!("the app does not answer the challenge of its webhooks");
        }
        permitted
    }
}

/// Sends events in the background, in their order, to an address of this computer. With a word the app is asked first.
pub fn send(
    http: &reqwest::Client,
    address: &str,
    word: Option<(String, Answered)>,
    product: Product,
    events: Vec<Value>,
) {
    let (Ok(address), Ok(runtime)) = (Url::parse(address), tokio::runtime::Handle::try_current()) else { return };
    if events.is_empty() || !fetch::is_here(&address) {
        return;
    }
    let http = http.clone();
    runtime.spawn(async move {
        if let Some((word, answered)) = word
            && !answered.permits(&http, &address, &word).await
        {
            return;
        }
        for event in events {
            let body = body(&event);
            let request = http
                .post(address.clone())
                .timeout(fetch::PATIENCE)
                .header("content-type", "application/json")
                .header("x-hub-signature-256", signature(product, &body));
            if let Err(error) = request.body(body).send().await {
                tracing::warn!(error = %error.without_url(), "a webhook of the app does not answer");
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_is_escaped_and_still_says_the_same() {
        let event = json!({ "text": "é 👍 a/b \"c\"" });
        let wire = body(&event);
        assert_eq!(wire, r#"{"text":"\u00e9 \ud83d\udc4d a\/b \"c\""}"#);
        assert_eq!(serde_json::from_str::<Value>(&wire).expect("JSON"), event);
    }
}
