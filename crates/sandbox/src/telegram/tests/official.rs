//! The official description as a judge: every answer of the twin must be of the type that the method promises, with nothing
//! missing and nothing unknown, and every parameter that it reads must exist.

use super::*;
use crate::test_kit::{exchanges, said, spec};

const SPEC: &str = "telegram/telegram-bot-api.min.json";

struct Judge<'a> {
    spec: &'a Value,
    faults: Vec<String>,
}

impl Judge<'_> {
    /// Whether a value is of one of these types; only the last one's faults are told.
    fn any(&mut self, types: &Value, value: &Value, place: &str) {
        let mut told = vec![format!("{place}: {types} is no type")];
        for kind in types.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut judge = Judge { spec: self.spec, faults: Vec::new() };
            judge.is(kind, value, place);
            if judge.faults.is_empty() {
                return;
            }
            told = judge.faults;
        }
        self.faults.extend(told);
    }

    fn is(&mut self, kind: &str, value: &Value, place: &str) {
        if let Some(inner) = kind.strip_prefix("Array of ") {
            let Some(items) = value.as_array() else { return self.faults.push(format!("{place}: no list")) };
            return items.iter().for_each(|item| self.is(inner, item, place));
        }
        let fits = match kind {
            "Integer" => value.is_i64() || value.is_u64(),
            "Float" => value.is_number(),
            "String" => value.is_string(),
            "Boolean" | "True" => value.is_boolean(),
            _ => return self.object(kind, value, place),
        };
        if !fits {
            self.faults.push(format!("{place}: {value} is no {kind}"));
        }
    }

    fn object(&mut self, kind: &str, value: &Value, place: &str) {
        let known = &self.spec["types"][kind];
        if known["subtypes"].is_array() {
            return self.any(&known["subtypes"], value, place);
        }
        let (Some(members), true) = (value.as_object(), known.is_object()) else {
            return self.faults.push(format!("{place}: no {kind}"));
        };
        let fields = known["fields"].as_array().cloned().unwrap_or_default();
        for field in &fields {
            let name = field["name"].as_str().unwrap_or_default();
            match members.get(name) {
                Some(member) => self.any(&field["types"], member, &format!("{place}.{name}")),
                None if field["required"] == true => self.faults.push(format!("{place}: {name} of {kind} is missing")),
                None => {}
            }
        }
        let is_known = |name: &String| fields.iter().any(|field| field["name"] == name.as_str());
        self.faults
            .extend(members.keys().filter(|name| !is_known(name)).map(|name| format!("{place}: {kind} has no {name}")));
    }
}

#[tokio::test]
async fn every_answer_is_of_the_type_that_the_official_description_promises() {
    let Some(spec) = spec(SPEC) else { return };
    let place = Place::start().await;
    let sent = all_kinds(&place).await;
    place.done("getMe", json!({})).await;
    for chat in [CHANNEL, "-2000000003"] {
        place.done("getChat", json!({ "chat_id": chat })).await;
        place.done("getChatMember", json!({ "chat_id": chat, "user_id": 7_000_000_001_u64 })).await;
        place.done("sendMessage", json!({ "chat_id": chat, "text": "x" })).await;
    }
    let id = &sent[0]["message_id"];
    place.done("editMessageText", json!({ "chat_id": CHANNEL, "message_id": id, "text": "y" })).await;
    place.done("deleteMessage", json!({ "chat_id": CHANNEL, "message_id": id })).await;
    let mut judge = Judge { spec: &spec, faults: Vec::new() };
    let (mut answers, mut parameters) = (0, 0);
    for exchange in exchanges(&place.world, Network::Telegram) {
        let name = exchange.path.rsplit('/').next().unwrap_or_default().to_owned();
        let method = &spec["methods"][&name];
        assert!(method.is_object(), "{name} is a method");
        let answer = exchange.answer.expect("JSON");
        judge.any(&method["returns"], &answer["result"], &name);
        answers += 1;
        for (given, value) in exchange.body.as_ref().and_then(Value::as_object).into_iter().flatten() {
            let fields = method["fields"].as_array().into_iter().flatten();
            match fields.clone().find(|field| field["name"] == given.as_str()) {
                Some(field) => judge.any(&field["types"], value, &format!("{name}({given})")),
                None => judge.faults.push(format!("{name} has no {given}")),
            }
            parameters += 1;
        }
    }
    said(&format!("Telegram: {answers} answers and {parameters} parameters compared with the official description"));
    assert!(answers >= 16 && judge.faults.is_empty(), "{:#?}", judge.faults);
}
