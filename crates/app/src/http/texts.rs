//! Every text that enters, before anything reads it: characters that are no text are refused with the name of the field.

use std::fmt;

use base::{Problem, say, text::complaint};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Looks at all strings of a JSON value, names of members among them. What is not JSON is left to its reader.
///
/// # Errors
/// Where the first wrong one is, and what is wrong with it.
pub(super) fn check_json(bytes: &[u8]) -> Result<(), (serde_path_to_error::Path, String)> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, Looked>(&mut reader) {
        Err(error) if error.inner().is_data() => {
            let text = error.inner().to_string();
            let said = text.split(" at line ").next().unwrap_or(&text).to_owned();
            Err((error.path().clone(), said))
        }
        _ => Ok(()),
    }
}

/// Looks at the names and values of a query.
pub(super) fn check_query(query: &str) -> Result<(), Problem> {
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if let Some(wrong) = complaint(&name) {
            return Err(Problem::field("", say!("the name of a parameter {wrong}")));
        }
        if let Some(wrong) = complaint(&value) {
            return Err(Problem::field(format!("/{name}"), wrong));
        }
    }
    Ok(())
}

/// A JSON value that was looked at and forgotten.
struct Looked;

impl<'de> Deserialize<'de> for Looked {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Looked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Looked, E> {
        // An error of serde's is words already: in the language of who sent the text.
        complaint(text).map_or(Ok(Looked), |wrong| Err(E::custom(wrong.said())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_unit<E>(self) -> Result<Looked, E> {
        Ok(Looked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Looked, A::Error> {
        while items.next_element::<Looked>()?.is_some() {}
        Ok(Looked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Looked, A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if let Some(wrong) = complaint(&name) {
                return Err(de::Error::custom(say!("the name of a member {wrong}").said()));
            }
            members.next_value::<Looked>()?;
        }
        Ok(Looked)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use db::testing::TestDb;
    use serde_json::{Value, json};

    use crate::{http::RateLimits, testing::World};

    /// The places of all strings in a schema, as pointers; `/*` stands for any member of an open object, `/0` for an item.
    fn strings(document: &Value, schema: &Value, path: &str, depth: usize, found: &mut Vec<String>) {
        if depth > 8 {
            return;
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|text| text.strip_prefix("#/components/schemas/")) {
            return strings(document, &document["components"]["schemas"][name], path, depth + 1, found);
        }
        for either in ["oneOf", "anyOf", "allOf"] {
            for one in schema[either].as_array().into_iter().flatten() {
                strings(document, one, path, depth + 1, found);
            }
        }
        let is = |kind: &str| {
            schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)))
        };
        if is("string") {
            found.push(path.to_owned());
        }
        if is("array") {
            strings(document, &schema["items"], &format!("{path}/0"), depth + 1, found);
        }
        if is("object") {
            let named = schema["properties"].as_object();
            if named.is_none() {
                found.push(format!("{path}/any"));
            }
            for (name, of) in named.into_iter().flatten() {
                strings(document, of, &format!("{path}/{name}"), depth + 1, found);
            }
        }
    }

    /// A body with only this text in it.
    fn body(pointer: &str, text: &str) -> Value {
        let names = pointer.split('/').skip(1).collect::<Vec<_>>();
        names.into_iter().rev().fold(json!(text), |inner, name| match name {
            "0" => json!([inner]),
            name => json!({ name: inner }),
        })
    }

    fn parameters(path: &Value, operation: &Value, place: &str) -> Vec<String> {
        let all = [&path["parameters"], &operation["parameters"]];
        let all = all.into_iter().filter_map(Value::as_array).flatten();
        all.filter(|one| one["in"] == place).filter_map(|one| one["name"].as_str()).map(str::to_owned).collect()
    }

    /// The engines differ here: only PostgreSQL refuses a NUL in a text.
    #[tokio::test]
    async fn a_nul_in_any_text_of_any_route_is_refused_with_the_name_of_the_field() {
        let document: Value = serde_json::to_value(crate::api::document()).expect("a document");
        for db in TestDb::both().await {
            let world = World::with(db, Default::default(), |settings| settings.limits = RateLimits::off()).await;
            let mut asked = 0;
            for (path, methods) in document["paths"].as_object().expect("paths") {
                for (method, operation) in methods.as_object().expect("methods") {
                    let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                    if !operation["operationId"].is_string() {
                        continue;
                    }
                    let said = format!("{method} {path}");
                    let owner = world.owner().with("if-match", "*");
                    let route = path.replace("{workspace}", &world.workspace.to_string());
                    let mut none = route.clone();
                    while let (Some(begin), Some(end)) = (none.find('{'), none.find('}')) {
                        let id = format!("{}_01h455vb4pex5vsknk084sn02q", &none[begin + 1..end]);
                        none.replace_range(begin..=end, &id);
                    }
                    let mut places = Vec::new();
                    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                    strings(&document, schema, "", 0, &mut places);
                    for place in places {
                        let answer = owner.send(method.clone(), &none, Some(body(&place, "a\0b"))).await;
                        let named = answer.json["errors"][0]["pointer"] == *place;
                        // An id in the path may be of another kind than its name says; then nothing was read at all.
                        let unread = answer.status == 404 && path.contains('{');
                        assert!((answer.status == 422 && named) || unread, "{said} {place}: {}", answer.text);
                        asked += usize::from(named);
                    }
                    for name in parameters(methods, operation, "query") {
                        let answer = owner.send(method.clone(), &format!("{none}?{name}=a%00b"), None).await;
                        assert!(
                            (400..500).contains(&answer.status),
                            "{said}?{name}: {} {}",
                            answer.status,
                            answer.text
                        );
                        asked += 1;
                    }
                    for name in parameters(methods, operation, "path") {
                        let at = path.replace(&format!("{{{name}}}"), "a%00b");
                        let (begin, end) = (at.find('{'), at.find('}'));
                        let at = begin
                            .zip(end)
                            .map_or(at.clone(), |(begin, end)| format!("{}none{}", &at[..begin], &at[end + 1..]));
                        let body = operation["requestBody"].is_object().then(|| json!({}));
                        let answer = owner.send(method.clone(), &at, body).await;
                        assert!((400..500).contains(&answer.status), "{said}: {at}: {} {}", answer.status, answer.text);
                        asked += 1;
                    }
                }
            }
            assert!(asked > 150, "{asked}");
        }
    }

    #[tokio::test]
    async fn what_is_not_text_is_refused_in_bodies_and_queries_and_line_breaks_are_not() {
        let world = World::on(TestDb::sqlite().await).await;
        let name = |text: &str| json!({ "name": text });
        for bad in ["a\u{7}b", "a\u{1b}[31m", "a\u{b}", "\u{7f}", "\u{202e}evil", "\u{200b}"] {
            let answer = world.owner().post("/v1/keys", name(bad)).await;
            assert_eq!((answer.status, answer.json["errors"][0]["pointer"].as_str()), (422, Some("/name")), "{bad:?}");
        }
        assert_eq!(world.owner().post("/v1/keys", name("👩\u{200d}🚀 می\u{200c}خواهم")).await.status, 201);
        let post = |text: &str| json!({ "text": text, "channels": [] });
        assert_eq!(world.owner().post("/v1/posts", post("two\nlines\tand a tab")).await.status, 201);
        let nested = json!({ "parts": [{ "text": "fine" }, { "text": "a\u{202e}b" }] });
        let answer = world.owner().post("/v1/posts", nested).await;
        assert_eq!(answer.json["errors"][0]["pointer"], "/parts/1/text", "{}", answer.text);
        let member = json!({ "a\0b": 1 });
        assert_eq!(world.owner().post("/v1/posts", member).await.status, 422);
    }
}
