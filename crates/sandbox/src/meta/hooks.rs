//! Webhooks as Meta sends them: the handshake, the escaped body, the signature.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use url::Url;

use super::{app::Product, fetch};

/// The body as it is on the wire: everything outside ASCII is escaped, and so are slashes, `@` and `%`. The signature is over these
/// bytes, so that an app that parses and writes again before it verifies fails at the first é (messenger4j 16,
/// whatsapp-api-js 290).
pub fn body(event: &Value) -> String {
    let mut wire = String::new();
    for letter in event.to_string().chars() {
        match letter {
            '/' => wire.push_str("\\/"),
            letter @ ('@' | '%') => {
                let _ = write!(wire, "\\u{:04x}", u32::from(letter));
            }
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
    format!("sha256={}", hex::encode(product.mac(body)))
}

/// The addresses that answered the handshake. A clone is the same list.
#[derive(Debug, Clone, Default)]
pub struct Answered(Arc<Mutex<BTreeSet<String>>>);

impl Answered {
    fn list(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the app says that webhooks may go to this address; it is asked until it does.
    pub async fn permits(&self, http: &reqwest::Client, address: &Url, word: &str) -> bool {
        if self.list().contains(address.as_str()) {
            return true;
        }
        let answer = verify(http, address.as_str(), word, "1158201444").await;
        match &answer {
            Ok(()) => _ = self.list().insert(address.to_string()),
            Err(why) => tracing::warn!(why, "the app does not want its webhooks"),
        }
        answer.is_ok()
    }
}

/// Asks an address of this computer whether it is the app's, as is done before anything is sent there: it must give the
/// challenge back.
///
/// # Errors
/// What it did instead.
pub async fn verify(http: &reqwest::Client, address: &str, token: &str, challenge: &str) -> Result<(), String> {
    let mut address = Url::parse(address).map_err(|_| "the address does not read".to_owned())?;
    if !fetch::is_here(&address) {
        return Err("the address does not answer".to_owned());
    }
    let asked = [("hub.mode", "subscribe"), ("hub.challenge", challenge), ("hub.verify_token", token)];
    address.query_pairs_mut().extend_pairs(asked);
    let answer = http.get(address).timeout(fetch::PATIENCE).send().await;
    let answer = answer.map_err(|_| "the address does not answer".to_owned())?;
    if answer.status() != http::StatusCode::OK {
        return Err(format!("HTTP Status Code = {}", answer.status().as_u16()));
    }
    let said = answer.text().await.unwrap_or_default();
    if said == challenge { Ok(()) } else { Err("the challenge did not come back".to_owned()) }
}

/// Sends an event to an address of this computer; gives whether the app said that it came.
pub async fn post(http: &reqwest::Client, address: &Url, product: Product, event: &Value) -> bool {
    if !fetch::is_here(address) {
        return false;
    }
    let body = body(event);
    let request = http
        .post(address.clone())
        .timeout(fetch::PATIENCE)
        .header("content-type", "application/json")
        .header("x-hub-signature-256", signature(product, &body));
    match request.body(body).send().await {
        Ok(answer) => answer.status().is_success(),
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "a webhook of the app does not answer");
            false
        }
    }
}

/// Sends events in the background, in their order, to an address of this computer.
pub fn send(http: &reqwest::Client, address: &str, product: Product, events: Vec<Value>) {
    send_if(http, address, None, product, events);
}

/// The same, for an app that is asked first whether it knows the word.
pub fn send_if(
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
            post(&http, &address, product, &event).await;
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_is_escaped_and_still_says_the_same() {
        let event = json!({ "text": "é 👍 a/b \"c\" 5% @" });
        let wire = body(&event);
        assert_eq!(wire, r#"{"text":"\u00e9 \ud83d\udc4d a\/b \"c\" 5\u0025 \u0040"}"#);
        assert_eq!(serde_json::from_str::<Value>(&wire).expect("JSON"), event);
    }
}
