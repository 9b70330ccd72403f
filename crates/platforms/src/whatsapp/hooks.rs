//! What WhatsApp sends on its own: states of messages, what people write, and what they want to get.
//!
//! Of what people write, only whether it asks for no more is read here, in memory; neither the text nor a file leaves this module
//! (P-063). Source: webhooks, messages, status, user_preferences.

use async_trait::async_trait;
use base::Timestamp;
use connector::{
    Call, Failure, Webhooks,
    messaging::{MessageState, MessageUpdate, Person, PersonSaid, Wish, asks_to_stop},
    webhooks::{Heard, HookAddress, HookEvent, Incoming, Refused},
};
use http::Method;
use serde_json::Value;

use super::{
    WhatsApp,
    connect::Facts,
    errors::{Asked, is_stopped, undelivered},
    peer,
};
use crate::{kit::peer::segment, meta::hooks};

/// What a template's button for stopping tells us when it is pressed.
const STOP_PAYLOADS: &[&str] = &["STOP", "stop"];

#[async_trait]
impl Webhooks for WhatsApp {
    fn addresses(&self) -> &'static [HookAddress] {
        &hooks::ADDRESSES
    }

    fn hear(&self, incoming: &Incoming<'_>) -> Result<Heard, Refused> {
        hooks::read(incoming, events)
    }

    fn receipt(&self, status: &url::Url, code: &str) -> Value {
        hooks::receipt(status, code)
    }

    fn wants_subscriptions(&self) -> bool {
        true
    }

    /// The account's numbers share the subscription. Without it only the dashboard's test messages arrive.
    async fn subscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        let peer = peer(call)?;
        let path = format!("/{}/subscribed_apps", segment(&Facts::of(call.facts).waba));
        peer.ask(Asked::Read, peer.request("subscribe to webhooks", Method::POST, &path)).await.map(drop)
    }

    // A number that leaves does not end it: another number of the account may need it. It ends with the grant.
}

/// What a webhook's body tells.
fn events(body: &Value) -> Vec<HookEvent> {
    let mut events = Vec::new();
    for entry in list(&body["entry"]) {
        for change in list(&entry["changes"]) {
            let (field, value) = (change["field"].as_str().unwrap_or_default(), &change["value"]);
            match (field, hooks::id(&value["metadata"]["phone_number_id"])) {
                ("messages", Some(account)) => {
                    list(&value["statuses"]).for_each(|status| of_status(&account, status, &mut events));
                    events.extend(list(&value["messages"]).map(|message| HookEvent::Person(said(&account, message))));
                }
                ("user_preferences", Some(account)) => {
                    events.extend(list(&value["user_preferences"]).map(|one| HookEvent::Person(wished(&account, one))));
                }
                _ => events.push(HookEvent::Other(field.to_owned())),
            }
        }
    }
    events
}

/// The items of a list; none where there is no list.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn of_status(account: &str, status: &Value, events: &mut Vec<HookEvent>) {
    let state = match status["status"].as_str().unwrap_or_default() {
        "sent" => MessageState::Sent,
        "delivered" => MessageState::Delivered,
        "read" | "played" => MessageState::Read,
        "failed" => MessageState::Failed,
        other => return events.push(HookEvent::Other(format!("status {other}"))),
    };
    let Some(id) = hooks::id(&status["id"]) else { return };
    let (at, error) = (time(&status["timestamp"]), &status["errors"][0]);
    let person = person(&status["recipient_id"], &status["recipient_user_id"]);
    let failed = state == MessageState::Failed;
    if failed && is_stopped(error) {
        let wish = Some(Wish::StopMarketing);
        let said = PersonSaid { account: account.to_owned(), person: person.clone(), wish, is_message: false, at };
        events.push(HookEvent::Person(said));
    }
    events.push(HookEvent::Message(Box::new(MessageUpdate {
        account: account.to_owned(),
        id,
        reference: hooks::id(&status["biz_opaque_callback_data"]),
        state,
        person,
        at,
        why: failed.then(|| undelivered(error, at.unwrap_or(Timestamp::from_seconds(0)))),
    })));
}

/// A message, or what WhatsApp says of a person whose number changed.
fn said(account: &str, message: &Value) -> PersonSaid {
    let pressed = [&message["button"]["payload"], &message["interactive"]["button_reply"]["id"]];
    let words =
        [&message["text"]["body"], &message["button"]["text"], &message["interactive"]["button_reply"]["title"]];
    let stops = pressed.into_iter().filter_map(Value::as_str).any(|payload| STOP_PAYLOADS.contains(&payload))
        || words.into_iter().filter_map(Value::as_str).any(asks_to_stop);
    PersonSaid {
        account: account.to_owned(),
        person: person(&message["from"], &message["from_user_id"]),
        wish: stops.then_some(Wish::Stop),
        is_message: message["type"] != "system",
        at: time(&message["timestamp"]),
    }
}

fn wished(account: &str, preference: &Value) -> PersonSaid {
    let wish = match preference["value"].as_str() {
        Some("stop") => Some(Wish::StopMarketing),
        Some("resume") => Some(Wish::ResumeMarketing),
        _ => None,
    };
    PersonSaid {
        account: account.to_owned(),
        person: person(&preference["wa_id"], &preference["user_id"]),
        wish,
        is_message: false,
        at: time(&preference["timestamp"]),
    }
}

/// Someone, by number, ID or both: a number may be hidden, and is then absent.
fn person(number: &Value, user_id: &Value) -> Person {
    Person { number: hooks::id(number), user_id: hooks::id(user_id) }
}

/// Seconds, as a text in some fields and as a number in others.
fn time(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    hooks::time(&Value::from(seconds))
}

#[cfg(test)]
mod tests {
    use connector::FailureKind;
    use serde_json::json;

    use super::*;

    fn told(value: Value) -> Vec<HookEvent> {
        let mut value = value;
        value["metadata"] = json!({ "display_phone_number": "447700900201", "phone_number_id": "1065" });
        events(&json!({ "object": "whatsapp_business_account",
            "entry": [{ "id": "102", "changes": [{ "field": "messages", "value": value }] }] }))
    }

    #[test]
    fn a_state_names_the_message_by_both_names_and_a_failure_says_why() {
        let status = json!({ "id": "wamid.A", "status": "failed", "timestamp": "1893488400", "recipient_id": "447700900101",
            "recipient_user_id": "GB.1", "biz_opaque_callback_data": "msg_1",
            "errors": [{ "code": 131_050, "title": "in any language" }] });
        let heard = told(json!({ "statuses": [status] }));
        let [HookEvent::Person(said), HookEvent::Message(update)] = heard.as_slice() else { panic!("{heard:?}") };
        assert_eq!((said.wish, said.is_message), (Some(Wish::StopMarketing), false));
        assert_eq!((update.id.as_str(), update.reference.as_deref()), ("wamid.A", Some("msg_1")));
        assert_eq!((update.account.as_str(), update.state), ("1065", MessageState::Failed));
        assert_eq!(update.at, Some(Timestamp::from_seconds(1_893_488_400)));
        let why = update.why.as_ref().expect("why");
        assert_eq!((why.kind, why.code.as_str()), (FailureKind::ContentRefused, "131050"));
        let read = json!({ "id": "wamid.A", "status": "read", "timestamp": "1893488401", "recipient_user_id": "GB.1" });
        let heard = told(json!({ "statuses": [read] }));
        let [HookEvent::Message(update)] = heard.as_slice() else { panic!("{heard:?}") };
        assert_eq!(
            (update.state, &update.why, &update.reference, &update.person.number),
            (MessageState::Read, &None, &None, &None)
        );
    }

    #[test]
    fn p_063_of_what_a_person_writes_only_that_they_want_no_more_is_told() {
        let from = |mut message: Value| {
            message["from"] = json!("447700900101");
            message["timestamp"] = json!("1893488400");
            let heard = told(json!({ "messages": [message] }));
            assert!(!format!("{heard:?}").contains("canary"), "{heard:?}");
            let [HookEvent::Person(said)] = heard.as_slice() else { panic!("{heard:?}") };
            said.wish
        };
        assert_eq!(from(json!({ "type": "text", "text": { "body": " Stoppen! " } })), Some(Wish::Stop));
        assert_eq!(
            from(json!({ "type": "button", "button": { "payload": "STOP", "text": "No more, canary" } })),
            Some(Wish::Stop)
        );
        let reply = json!({ "type": "button_reply", "button_reply": { "id": "x", "title": "Stop" } });
        assert_eq!(from(json!({ "type": "interactive", "interactive": reply })), Some(Wish::Stop));
        assert_eq!(from(json!({ "type": "text", "text": { "body": "canary: stop by tomorrow?" } })), None);
        assert_eq!(from(json!({ "type": "image", "image": { "id": "1", "caption": "canary" } })), None);
    }

    #[test]
    fn a_preference_is_about_marketing_and_unknown_fields_are_only_named() {
        let value = json!({ "metadata": { "phone_number_id": "1065" },
            "user_preferences": [{ "user_id": "GB.1", "category": "marketing_messages", "value": "resume", "timestamp": 1_893_488_400 }] });
        let body = json!({ "entry": [{ "id": "102", "changes": [
            { "field": "user_preferences", "value": value }, { "field": "account_update", "value": { "event": "X" } },
        ] }] });
        let heard = events(&body);
        let [HookEvent::Person(said), HookEvent::Other(name)] = heard.as_slice() else { panic!("{heard:?}") };
        assert_eq!((said.wish, name.as_str()), (Some(Wish::ResumeMarketing), "account_update"));
        assert_eq!(said.at, Some(Timestamp::from_seconds(1_893_488_400)));
    }
}
