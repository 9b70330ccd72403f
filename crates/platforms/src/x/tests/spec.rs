//! Holds requests and answers against the network's official description.

use serde_json::{Value, json};

use super::specs;

/// One recorded exchange.
#[derive(Debug, Clone)]
pub struct Spoken {
    pub method: String,
    pub path: String,
    pub query: String,
    pub content_type: String,
    /// JSON, or the fields of a multipart form as texts (`null` for a file).
    pub body: Option<Value>,
    pub status: u16,
    pub answer: Option<Value>,
}

/// The official description of the API v2.
pub struct Spec(Value);

impl Spec {
    pub fn load() -> Option<Self> {
        let text = std::fs::read_to_string(specs()?.join("x-openapi.json")).ok()?;
        Some(Self(plain(serde_json::from_str(&text).expect("JSON"))))
    }

    /// How many of these requests and answers it covers; every one of them must be right.
    pub fn hold_against(&self, all: &[Spoken]) -> (usize, usize) {
        let (mut requests, mut answers, mut wrong) = (0, 0, Vec::new());
        for spoken in all {
            let Some(operation) = self.operation(spoken) else { continue };
            requests += 1;
            wrong.extend(
                self.request(operation, spoken)
                    .into_iter()
                    .map(|why| format!("{} {}: {why}", spoken.method, spoken.path)),
            );
            let Some(answer) = &spoken.answer else { continue };
            answers += 1;
            let why = self.answer(operation, spoken.status, answer);
            wrong.extend(why.map(|why| format!("answer to {} {}: {why}: {answer}", spoken.method, spoken.path)));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        (requests, answers)
    }

    fn operation(&self, spoken: &Spoken) -> Option<&Value> {
        let fits = |template: &str| {
            let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), spoken.path.split('/').collect());
            wanted.len() == given.len() && wanted.iter().zip(&given).all(|(w, g)| w == g || w.starts_with('{'))
        };
        let paths = self.0["paths"].as_object()?;
        // A literal path wins over one with a parameter.
        let mut fitting: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
        fitting.sort_by_key(|(template, _)| template.matches('{').count());
        fitting.iter().find_map(|(_, item)| item.get(spoken.method.to_lowercase()))
    }

    fn request(&self, operation: &Value, spoken: &Spoken) -> Vec<String> {
        let mut wrong = self.query(operation, &spoken.query);
        let kind = spoken.content_type.split(';').next().unwrap_or_default();
        match (&spoken.body, operation["requestBody"]["content"].get(kind)) {
            (Some(body), Some(content)) => {
                let body = if kind == "multipart/form-data" { with_numbers(body) } else { body.clone() };
                wrong.extend(self.violations(&content["schema"], &body));
            }
            (Some(_), None) => wrong.push(format!("takes no {kind}")),
            (None, _) => {}
        }
        wrong
    }

    fn query(&self, operation: &Value, query: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let parameters: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().map(|parameter| self.resolve(parameter)).collect();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let Some(parameter) = parameters.iter().find(|parameter| parameter["name"] == *name) else {
                wrong.push(format!("has no parameter {name}"));
                continue;
            };
            let schema = self.resolve(&parameter["schema"]);
            let value = match schema["type"].as_str() {
                Some("array") => json!(value.split(',').collect::<Vec<_>>()),
                Some("integer") => value.parse::<i64>().map_or(Value::Null, Value::from),
                _ => json!(value),
            };
            wrong.extend(self.violations(schema, &value).into_iter().map(|why| format!("{name}: {why}")));
        }
        wrong
    }

    fn answer(&self, operation: &Value, status: u16, answer: &Value) -> Option<String> {
        let responses = &operation["responses"];
        let described = responses.get(status.to_string()).unwrap_or(&responses["default"]);
        let described = self.resolve(described);
        if !(200..300).contains(&status) {
            // The description knows one error shape per content type; legacy lists are documented beside it.
            let shown = answer.get("title").is_some() || answer.get("errors").is_some() || answer.get("code").is_some();
            return (!shown).then(|| "is no documented error".to_owned());
        }
        let schema = &described["content"]["application/json"]["schema"];
        self.violations(schema, answer).into_iter().next()
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(reference.trim_start_matches('#')).expect("a known reference"),
            None => value,
        }
    }

    fn violations(&self, schema: &Value, value: &Value) -> Vec<String> {
        let whole = json!({ "allOf": [schema], "components": self.0["components"] });
        let validator = jsonschema::options().should_validate_formats(false).build(&whole).expect("a schema");
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
    }
}

/// Multipart fields are texts; the description types them as numbers where it can.
fn with_numbers(body: &Value) -> Value {
    let map = body.as_object().into_iter().flatten();
    let number = |value: &Value| match value.as_str().map(str::parse::<i64>) {
        Some(Ok(number)) => json!(number),
        _ if value.is_null() => json!("(a file)"),
        _ => value.clone(),
    };
    Value::Object(map.map(|(name, value)| (name.clone(), number(value))).collect())
}

/// `nullable` and the problems' discriminated union are OpenAPI 3.0; in JSON Schema they read like this.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(mut map) => {
            if map.remove("nullable") == Some(json!(true))
                && let Some(kind) = map.get("type").cloned()
            {
                map.insert("type".into(), json!([kind, "null"]));
            }
            Value::Object(map.into_iter().map(|(name, value)| (name, plain(value))).collect())
        }
        other => other,
    }
}

/// The fields of a multipart form, files as `null`.
pub fn multipart(content_type: &str, body: &[u8]) -> Value {
    let boundary = content_type.split("boundary=").nth(1).unwrap_or_default().trim_matches('"');
    let text = String::from_utf8_lossy(body);
    let field = |part: &str| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let name = head.split("name=\"").nth(1)?.split('"').next()?.to_owned();
        let value = if head.contains("filename=") { Value::Null } else { json!(value.trim_end_matches("\r\n")) };
        Some((name, value))
    };
    Value::Object(text.split(&format!("--{boundary}")).filter_map(field).collect())
}

#[test]
fn the_description_catches_what_is_wrong() {
    let Some(spec) = Spec::load() else { return super::say("skipped: X's official description is not here") };
    let spoken = |method: &str, path: &str, query: &str, body: Option<Value>, answer: Value| Spoken {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        content_type: "application/json".into(),
        body,
        status: if method == "POST" { 201 } else { 200 },
        answer: Some(answer),
    };
    let fine = json!({ "data": { "id": "1", "text": "x" } });
    let right = spoken("POST", "/2/tweets", "", Some(json!({ "text": "x" })), fine.clone());
    assert_eq!(spec.hold_against(&[right]), (1, 1));
    let wrong = [
        spoken("POST", "/2/tweets", "", Some(json!({ "text": "x", "colour": "red" })), fine.clone()),
        spoken("POST", "/2/tweets", "", Some(json!({ "text": "x", "media": { "media_ids": [] } })), fine),
        spoken("POST", "/2/tweets", "", Some(json!({ "text": "x" })), json!({ "data": { "id": 1, "text": "x" } })),
        spoken("GET", "/2/tweets", "ids=1&post.fields=colour", None, json!({ "data": [] })),
        spoken("GET", "/2/users/1/tweets", "max_results=4", None, json!({ "data": [] })),
    ];
    for spoken in wrong {
        let caught = std::panic::catch_unwind(|| spec.hold_against(std::slice::from_ref(&spoken)));
        assert!(caught.is_err(), "{spoken:?}");
    }
}
