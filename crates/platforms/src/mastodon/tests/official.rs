//! What goes over the wire, judged by the official description of Mastodon's API.

use std::path::PathBuf;

use connector::{Comments as _, Connect as _, Insights as _, Poll, Publish as _};
use sandbox::{Exchange, Network};
use serde_json::{Value, json};

use super::{Mastodon, Notes, World, job, picture, post, thread, with_media};

/// The description, or a word about why there is none.
fn description() -> Option<Value> {
    #[expect(clippy::disallowed_methods, reason = "where the specifications are is a matter of the machine that tests")]
    let folder = std::env::var("FANFARE_SPECS").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs")));
    let path = folder.join("mastodon/mastodon-openapi.json");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).expect("JSON")),
        Err(error) => {
            say(&format!("skipped: {} cannot be read ({error}); FANFARE_SPECS names its folder", path.display()));
            None
        }
    }
}

fn say(text: &str) {
    #[expect(clippy::print_stdout, reason = "a test tells why it skipped or how much it checked")]
    {
        println!("{text}");
    }
}

/// Every call the connector makes, once.
async fn tour() -> Vec<Exchange> {
    let world = World::connected().await;
    let mut rich = with_media("Look at this https://example.com", vec![picture("m1", Some("A bridge"))]);
    rich.options = json!({ "visibility": "unlisted", "spoiler_text": "bridges", "language": "en", "quote_approval_policy": "nobody" });
    let remote = world.desk.publish(&rich).await.remove(0);
    let mut talk = thread(&["one", "two"]);
    talk.parts[1].poll = Some(Poll { options: vec!["a".into(), "b".into()], duration_minutes: 60, multiple: true });
    let http = world.desk.http();
    let call = world.desk.call(&http);
    let ready = world.desk.prepare(&post("lost"), 0, &[], &Notes::default()).await.expect("prepared");
    world.desk.look_up(&ready, &[]).await.expect("looked up");
    Mastodon.of_posts(&call, std::slice::from_ref(&remote)).await.expect("numbers");
    let mut talked = world.desk.publish(&talk).await;
    let (second, first) = (talked.pop().expect("two parts"), talked.pop().expect("two parts"));
    Mastodon.below(&call, &first, &connector::CommentsAsked::default()).await.expect("answers");
    let reply = Mastodon.reply(&call, &first, &second.id, "Thank you").await.expect("answered");
    Mastodon.change(&call, &first, &reply.id, connector::CommentChange::Delete).await.expect("deleted");
    // This login may not like; the call is described all the same.
    Mastodon.change(&call, &first, &second.id, connector::CommentChange::Like).await.expect_err("no permission");
    Mastodon.of_account(&call).await.expect("numbers");
    rich.parts[0].media[0].alt = Some("The old bridge".into());
    Mastodon
        .edit(&call, &remote, &job(&rich, 0, &[], base::Timestamp::default()), &Notes::default())
        .await
        .expect("edited");
    Mastodon.delete(&call, &remote).await.expect("deleted");
    Mastodon.delete(&call, &remote).await.expect("deleted before");
    Mastodon.verify(&call).await.expect("alive");
    let token = world.desk.tokens.bearer().expect("a token").expose().clone();
    let input = json!({ "instance": world.running.origin(Network::Mastodon), "token": token });
    Mastodon.with_password(&call, &input).await.expect("granted");
    Mastodon.revoke(&call).await.expect("revoked");
    Mastodon.verify(&call).await.expect_err("revoked");
    world.running.traffic().of(Network::Mastodon)
}

#[tokio::test]
async fn p_057_requests_and_answers_keep_to_the_official_description() {
    let Some(description) = description() else { return };
    let (mut requests, mut answers, mut faults) = (0, 0, Vec::new());
    for exchange in tour().await {
        let Some(operation) = operation(&description, &exchange) else {
            // Neither NodeInfo nor the consent page's own form is part of the description.
            let beside = exchange.path.contains("nodeinfo") || exchange.path == "/oauth/authorize";
            assert!(beside, "{} {} is not described", exchange.method, exchange.path);
            continue;
        };
        let told = format!("{} {} {}", exchange.method, exchange.path, exchange.status);
        requests += 1;
        query_faults(operation, &exchange, &told, &mut faults);
        if let (Some(schema), Some(body)) = (body_schema(operation), &exchange.body) {
            compare(&description, schema, &named_as_described(body), &format!("request of {told}"), &mut faults);
        }
        // That a login lacks a permission (403) is described for all calls at once, not with each.
        if exchange.status == 403 && exchange.path.ends_with("/favourite") {
            continue;
        }
        let answer = &operation["responses"][exchange.status.to_string()];
        assert!(!answer.is_null(), "{told} is not described");
        if let (Some(schema), Some(body)) = (answer["content"]["application/json"].get("schema"), &exchange.answer) {
            answers += 1;
            compare(&description, schema, body, &format!("answer of {told}"), &mut faults);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(requests >= 20 && answers >= 15);
    say(&format!("validated {requests} requests, {answers} answers of mastodon"));
}

fn operation<'a>(description: &'a Value, exchange: &Exchange) -> Option<&'a Value> {
    let fits = |template: &str| {
        let (wanted, given) = (template.split('/'), exchange.path.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.zip(given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
    };
    let paths = description["paths"].as_object().expect("paths");
    let mut known: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    known.sort_by_key(|(template, _)| template.matches('{').count());
    known.into_iter().find_map(|(_, item)| item.get(exchange.method.to_lowercase()))
}

/// Every parameter of a query is a described one.
fn query_faults(operation: &Value, exchange: &Exchange, told: &str, faults: &mut Vec<String>) {
    let empty = Vec::new();
    let known = operation["parameters"].as_array().unwrap_or(&empty);
    for (name, _) in url::form_urlencoded::parse(exchange.query.as_deref().unwrap_or_default().as_bytes()) {
        let name = name.trim_end_matches("[]");
        if !known.iter().any(|parameter| parameter["in"] == "query" && parameter["name"] == name) {
            faults.push(format!("{told}: the parameter {name} is not described"));
        }
    }
}

fn body_schema(operation: &Value) -> Option<&Value> {
    operation["requestBody"]["content"]["application/json"].get("schema")
}

/// The description writes `media_attributes[]` as a form would and calls its items texts, although they are objects;
/// in JSON it has no brackets. Only its name is compared.
fn named_as_described(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(map) = body.as_object_mut() {
        map.remove("media_attributes");
    }
    body
}

fn compare(description: &Value, schema: &Value, value: &Value, told: &str, faults: &mut Vec<String>) {
    let mut whole = json!({ "allOf": [schema], "components": description["components"] });
    any_instead_of_one(&mut whole);
    let validator = jsonschema::draft202012::new(&whole).expect("the description's schemas compile");
    faults.extend(validator.iter_errors(value).map(|error| format!("{told}: {error} at {}", error.instance_path())));
}

/// The description says `oneOf` of choices that overlap: a post with text and media fits two of them.
fn any_instead_of_one(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(choices) = map.remove("oneOf") {
                map.insert("anyOf".into(), choices);
            }
            map.values_mut().for_each(any_instead_of_one);
        }
        Value::Array(items) => items.iter_mut().for_each(any_instead_of_one),
        _ => {}
    }
}
