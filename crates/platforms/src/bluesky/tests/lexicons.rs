//! Every request of ours and every answer of the sandbox, against the official lexicons.

use std::collections::BTreeMap;

use connector::{Comments as _, CommentsAsked, Insights as _, PartKind, Publish as _, Remote};
use sandbox::{Exchange, Network};
use serde_json::{Map, Value, json};

use super::{
    sandbox_world::{Net, OTHER},
    world::{png, post, thread},
};

/// Lexicons, rewritten as one JSON Schema whose definitions are added as they are needed.
struct Lexicons {
    folder: String,
    definitions: BTreeMap<String, Value>,
}

impl Lexicons {
    /// The text of a definition in a lexicon (`app.bsky.feed.post#replyRef`; `#main` if none is named).
    fn source(&self, name: &str) -> Value {
        let (nsid, part) = name.split_once('#').unwrap_or((name, "main"));
        let path = format!("{}/{}.json", self.folder, nsid.replace('.', "/"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let document: Value = serde_json::from_str(&text).expect("JSON");
        document["defs"][part].clone()
    }

    /// A reference to a definition, which is added with all that it refers to.
    fn reference(&mut self, name: &str) -> Value {
        let name = name.trim_end_matches("#main").to_owned();
        if !self.definitions.contains_key(&name) {
            self.definitions.insert(name.clone(), Value::Null); // definitions may refer to themselves
            let source = self.source(&name);
            let home = name.split('#').next().unwrap_or_default().to_owned();
            let schema = self.schema(&home, if source["type"] == "record" { &source["record"] } else { &source });
            self.definitions.insert(name.clone(), schema);
        }
        json!({ "$ref": format!("#/$defs/{}", key(&name)) })
    }

    fn schema(&mut self, home: &str, from: &Value) -> Value {
        let full = |name: &str| if name.starts_with('#') { format!("{home}{name}") } else { name.to_owned() };
        match from["type"].as_str().unwrap_or_default() {
            "object" | "params" => self.object(home, from),
            "array" => {
                let mut schema = json!({ "type": "array", "items": self.schema(home, &from["items"]) });
                copy(from, &mut schema, &[("maxLength", "maxItems"), ("minLength", "minItems")]);
                schema
            }
            "ref" => self.reference(&full(from["ref"].as_str().expect("a reference"))),
            "union" => {
                let names: Vec<String> =
                    from["refs"].as_array().into_iter().flatten().filter_map(Value::as_str).map(full).collect();
                let members: Vec<Value> = names.iter().map(|name| self.member(name)).collect();
                json!({ "anyOf": members })
            }
            "string" => text(from),
            "integer" => {
                let mut schema = json!({ "type": "integer" });
                copy(from, &mut schema, &[("maximum", "maximum"), ("minimum", "minimum")]);
                schema
            }
            "boolean" => json!({ "type": "boolean" }),
            "blob" => json!({
                "type": "object", "required": ["$type", "ref", "mimeType", "size"],
                "properties": { "$type": { "const": "blob" }, "size": { "type": "integer", "maximum": from["maxSize"].as_u64().unwrap_or(u64::MAX >> 1) } },
            }),
            "unknown" | "bytes" | "cid-link" => json!({ "type": "object" }),
            other => panic!("{home}: {other}"),
        }
    }

    fn member(&mut self, name: &str) -> Value {
        let kind = json!({ "properties": { "$type": { "const": name } }, "required": ["$type"] });
        json!({ "allOf": [self.reference(name), kind] })
    }

    fn object(&mut self, home: &str, from: &Value) -> Value {
        let nullable: Vec<&str> = from["nullable"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut properties = Map::from_iter([("$type".to_owned(), json!({ "type": "string" }))]);
        for (name, property) in from["properties"].as_object().into_iter().flatten() {
            let schema = self.schema(home, property);
            let schema = if nullable.contains(&name.as_str()) {
                json!({ "anyOf": [schema, { "type": "null" }] })
            } else {
                schema
            };
            properties.insert(name.clone(), schema);
        }
        let required = from.get("required").cloned().unwrap_or(json!([]));
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }

    fn judge(&mut self, what: &str, schema: Value, value: &Value) {
        let mut definitions: Map<String, Value> =
            self.definitions.iter().map(|(name, schema)| (key(name), schema.clone())).collect();
        definitions.insert("asked".to_owned(), schema);
        let whole = json!({ "$ref": "#/$defs/asked", "$defs": definitions });
        let validator = jsonschema::validator_for(&whole).expect("a schema");
        let wrong: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{value:#}");
    }

    /// Judges an exchange; says whether a request and an answer were compared.
    fn exchange(&mut self, exchange: &Exchange) -> (usize, usize) {
        let Some(nsid) = exchange.path.strip_prefix("/xrpc/") else { return (0, 0) };
        let main = self.source(nsid);
        assert_eq!(exchange.method == "POST", main["type"] == "procedure", "{nsid}");
        let (mut requests, mut answers) = (0, 0);
        if main["parameters"].is_object() {
            let schema = self.schema(nsid, &main["parameters"]);
            self.judge(nsid, schema.clone(), &parameters(&schema, exchange.query.as_deref().unwrap_or_default()));
            requests = 1;
        }
        if let (Some(body), true) = (&exchange.body, main["input"]["schema"].is_object()) {
            let schema = self.schema(nsid, &main["input"]["schema"]);
            self.judge(nsid, schema, body);
            if let Some(kind) = body["record"]["$type"].as_str() {
                let schema = self.reference(kind);
                self.judge(kind, schema, &body["record"]);
            }
            requests = 1;
        }
        if let (200, Some(answer), true) = (exchange.status, &exchange.answer, main["output"]["schema"].is_object()) {
            let schema = self.schema(nsid, &main["output"]["schema"]);
            self.judge(nsid, schema, answer);
            answers = 1;
        }
        (requests, answers)
    }
}

/// A definition's name, without the sign that would end a reference.
fn key(name: &str) -> String {
    name.replace('#', ":")
}

fn copy(from: &Value, to: &mut Value, names: &[(&str, &str)]) {
    for (theirs, ours) in names {
        if let Some(value) = from.get(*theirs) {
            to[*ours] = value.clone();
        }
    }
}

fn text(from: &Value) -> Value {
    let pattern = match from["format"].as_str().unwrap_or_default() {
        "did" => "^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$",
        "handle" => "^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$",
        "at-uri" => "^at://[^/ ]+(/[a-zA-Z0-9.-]+(/[a-zA-Z0-9._:~-]+)?)?$",
        "datetime" => {
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,20})?(Z|[+-][0-9]{2}:[0-9]{2})$"
        }
        "cid" => "^[a-zA-Z0-9+=]{8,256}$",
        "nsid" => "^[a-zA-Z]([a-zA-Z0-9-]*\\.)+[a-zA-Z0-9.-]+$",
        "record-key" => "^[a-zA-Z0-9._:~-]{1,512}$",
        "uri" => "^[a-z][a-z0-9.+-]*:[^ ]+$",
        _ => "",
    };
    let mut schema = json!({ "type": "string", "pattern": pattern });
    copy(from, &mut schema, &[("enum", "enum"), ("const", "const")]);
    schema
}

/// A query as the JSON that its lexicon describes.
fn parameters(schema: &Value, query: &str) -> Value {
    let mut found = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
        let value = match schema["properties"][&name]["type"].as_str() {
            Some("integer") => value.parse::<i64>().map(Value::from).unwrap_or(Value::String(value)),
            Some("boolean") => value.parse::<bool>().map(Value::from).unwrap_or(Value::String(value)),
            _ => Value::String(value),
        };
        let is_list = schema["properties"][&name]["type"] == "array";
        match found.get_mut(&name) {
            Some(Value::Array(list)) => list.push(value),
            _ => drop(found.insert(name, if is_list { json!([value]) } else { value })),
        }
    }
    Value::Object(found)
}

/// What is done with answers, once each: with an own one, which is below the post as well as another's.
async fn talk(net: &Net, post: &Remote) {
    use connector::CommentChange::{Delete, Hide, Like, Unlike};
    let (bluesky, call) = (&net.world.bluesky, net.world.call());
    let found = bluesky.below(&call, post, &CommentsAsked::default()).await.expect("answers").items;
    let answer = found.first().expect("the second part").id.clone();
    let reply = bluesky.reply(&call, post, &answer, "Thank you").await.expect("answered");
    for change in [Like, Unlike, Hide] {
        bluesky.change(&call, post, &answer, change).await.expect("done");
    }
    bluesky.change(&call, post, &reply.id, Delete).await.expect("deleted");
    bluesky.below(&call, post, &CommentsAsked::default()).await.expect("answers, hidden ones too");
    bluesky.of_account(&call).await.expect("numbers");
}

/// Everything the connector does, once.
async fn tour(net: &mut Net) {
    let quoted = net.world.publish(&post("worth quoting")).await.expect("published").remove(0).remote;
    let mut draft = thread(&[&format!("one @{OTHER} https://example.com #bread"), "two", "a comment"]);
    draft.parts[0].media = vec![png("a pixel")];
    draft.parts[1].quote = Some(quoted.id.clone());
    draft.parts[2].kind = PartKind::Comment;
    draft.options = json!({
        "langs": ["en"], "tags": ["quay"], "labels": ["nudity"], "who_can_reply": ["mentioned", "followers"], "allow_quotes": false,
    });
    let sent = net.world.publish(&draft).await.expect("published");
    let mut card = post("a card");
    card.options = json!({ "link_card": { "uri": "https://example.com", "title": "Example" } });
    net.world.publish(&card).await.expect("published");
    net.world.bluesky.of_posts(&net.world.call(), &[sent[0].remote.clone(), quoted]).await.expect("read");
    talk(net, &sent[0].remote).await;
    net.world.bluesky.delete(&net.world.call(), &sent[0].remote).await.expect("deleted");
    connector::Connect::verify(&net.world.bluesky, &net.world.call()).await.expect("alive");
    net.world.refresh().await.expect("refreshed");
    connector::Connect::revoke(&net.world.bluesky, &net.world.call()).await.expect("ended");
}

#[tokio::test]
async fn what_is_said_fits_the_official_lexicons() {
    let folder = format!("{}/atproto-lexicons", super::specs_folder());
    if !std::path::Path::new(&folder).exists() {
        super::say(&format!(
            "skipped: {folder} is not here; set FANFARE_SPECS to the folder of the official descriptions"
        ));
        return;
    }
    let mut lexicons = Lexicons { folder, definitions: BTreeMap::new() };
    let (mut requests, mut answers) = (0, 0);
    for oauth in [false, true] {
        let mut net = if oauth { Net::with_oauth().await } else { Net::with_channel().await };
        tour(&mut net).await;
        for exchange in net.sandbox.traffic().of(Network::Bluesky) {
            let (request, answer) = lexicons.exchange(&exchange);
            requests += request;
            answers += answer;
        }
    }
    super::say(&format!("validated {requests} requests, {answers} answers of Bluesky"));
    assert!(requests >= 30 && answers >= 30, "{requests} requests, {answers} answers");
}

#[test]
fn the_comparison_finds_what_is_wrong() {
    let folder = format!("{}/atproto-lexicons", super::specs_folder());
    if !std::path::Path::new(&folder).exists() {
        super::say(&format!("skipped: {folder} is not here"));
        return;
    }
    let fits = |record: Value| {
        let mut lexicons = Lexicons { folder: folder.clone(), definitions: BTreeMap::new() };
        let schema = lexicons.reference("app.bsky.feed.post");
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lexicons.judge("post", schema, &record))).is_ok()
    };
    let good = json!({ "$type": "app.bsky.feed.post", "text": "hi", "createdAt": "2030-01-02T09:30:00.000Z" });
    let with = |name: &str, value: Value| {
        let mut record = good.clone();
        record[name] = value;
        record
    };
    assert!(fits(good.clone()));
    assert!(!fits(with("createdAt", json!("yesterday"))));
    assert!(!fits(with("colour", json!("red"))));
    assert!(!fits(with("langs", json!(["a", "b", "c", "d"]))));
    assert!(!fits(with("embed", json!({ "$type": "app.bsky.embed.images", "images": [{ "alt": "no image" }] }))));
    assert!(!fits(with("reply", json!({ "root": { "uri": "at://a.test/b.c.d/1" } }))));
}
