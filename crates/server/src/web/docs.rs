//! `/v1/docs`: the API document as a page for people, drawn once from the document itself.

use std::{collections::BTreeMap, fmt::Write as _, sync::OnceLock};

use app::App;
use axum::{Router, response::Response, routing::get};
use serde_json::Value;

use super::{escape, page};

static BODY: OnceLock<String> = OnceLock::new();
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(super) fn router() -> Router<App> {
    Router::new().route("/v1/docs", get(docs))
}

async fn docs() -> Response {
    let body = BODY.get_or_init(|| draw(&serde_json::to_value(app::api::document()).unwrap_or_default()));
    page("Fanfare Connect API", body)
}

/// The whole body, from the document.
fn draw(document: &Value) -> String {
    let mut by_tag: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let tag = operation["tags"][0].as_str().unwrap_or("Other");
                by_tag.entry(tag).or_default().push((path, method, operation));
            }
        }
    }
    let mut body = format!(
        "<p>{}</p><p class=\"quiet\">For programs: <a href=\"/v1/openapi.json\">/v1/openapi.json</a> (OpenAPI 3.1). Send an \
         API key as <code>Authorization: Bearer fanfare_live_…</code>.</p><nav><ul>",
        escape(document["info"]["description"].as_str().unwrap_or_default())
    );
    for tag in by_tag.keys().chain([&"Shapes"]) {
        let _ = write!(body, "<li><a href=\"#{}\">{}</a></li>", anchor(tag), escape(tag));
    }
    body.push_str("</ul></nav>");
    for (tag, operations) in by_tag {
        let _ = write!(body, "<h2 id=\"{}\">{}</h2>", anchor(tag), escape(tag));
        operations.iter().for_each(|(path, method, operation)| draw_operation(&mut body, path, method, operation));
    }
    body.push_str("<h2 id=\"shapes\">Shapes</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        draw_schema(&mut body, name, schema);
    }
    body
}

fn anchor(text: &str) -> String {
    text.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
}

fn draw_operation(body: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |name: &str| escape(operation[name].as_str().unwrap_or_default());
    let id = text("operationId");
    let _ = write!(
        body,
        "<details id=\"{id}\"><summary><span class=\"method\">{}</span><code>{}</code> {}</summary><p>{}</p>\
         <p class=\"quiet\">Needs: <code>{}</code> · operation <code>{id}</code></p>",
        method.to_uppercase(),
        escape(path),
        text("summary"),
        text("description"),
        text("x-permission"),
    );
    draw_parameters(body, &operation["parameters"]);
    let content = |value: &Value| -> Option<String> {
        let (kind, media) = value["content"].as_object()?.iter().next()?;
        Some(format!("{} <span class=\"quiet\">({})</span>", type_of(&media["schema"]), escape(kind)))
    };
    if let Some(shape) = content(&operation["requestBody"]) {
        let _ = write!(body, "<p>Body: {shape}</p>");
    }
    body.push_str("<table><tbody>");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let said = escape(response["description"].as_str().unwrap_or_default());
        let _ = write!(
            body,
            "<tr><td>{}</td><td>{}</td><td>{said}</td></tr>",
            escape(status),
            content(response).unwrap_or_default()
        );
    }
    body.push_str("</tbody></table></details>");
}

fn draw_parameters(body: &mut String, parameters: &Value) {
    let Some(list) = parameters.as_array().filter(|list| !list.is_empty()) else { return };
    body.push_str("<table><thead><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr></thead><tbody>");
    for parameter in list {
        let text = |name: &str| escape(parameter[name].as_str().unwrap_or_default());
        let needed = if parameter["required"] == true { "" } else { " (optional)" };
        let _ = write!(
            body,
            "<tr><td><code>{}</code>{needed}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            text("name"),
            text("in"),
            type_of(&parameter["schema"]),
            text("description")
        );
    }
    body.push_str("</tbody></table>");
}

fn draw_schema(body: &mut String, name: &str, schema: &Value) {
    let _ = write!(
        body,
        "<details id=\"shape-{0}\"><summary><code>{0}</code></summary><p>{1}</p>",
        escape(name),
        escape(schema["description"].as_str().unwrap_or_default())
    );
    match schema["properties"].as_object() {
        Some(properties) => {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            body.push_str("<table><tbody>");
            for (field, shape) in properties {
                let optional = if required.contains(&field.as_str()) { "" } else { " (optional)" };
                let said = escape(shape["description"].as_str().unwrap_or_default());
                let (field, kind) = (escape(field), type_of(shape));
                let _ = write!(body, "<tr><td><code>{field}</code>{optional}</td><td>{kind}</td><td>{said}</td></tr>");
            }
            body.push_str("</tbody></table>");
        }
        None => {
            let _ = write!(body, "<p>{}</p>", type_of(schema));
        }
    }
    body.push_str("</details>");
}

/// A type in a few words, with links to the shapes it names.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|text| text.rsplit('/').next()) {
        return format!("<a href=\"#shape-{0}\">{0}</a>", escape(name));
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        if let Some(list) = schema[word].as_array() {
            return list.iter().map(type_of).collect::<Vec<_>>().join(if word == "allOf" { " and " } else { " or " });
        }
    }
    if let Some(list) = schema["enum"].as_array() {
        let words = list.iter().map(|word| format!("<code>{}</code>", escape(&word.to_string())));
        return words.collect::<Vec<_>>().join(" | ");
    }
    let one = |kind: &str| match kind {
        "array" => format!("list of {}", type_of(&schema["items"])),
        other => match schema["format"].as_str() {
            Some(format) => format!("{} ({})", escape(other), escape(format)),
            None => escape(other),
        },
    };
    match &schema["type"] {
        Value::String(kind) => one(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_every_shape_is_on_the_page_and_every_link_leads_somewhere() {
        let document = serde_json::to_value(app::api::document()).expect("a document");
        let body = draw(&document);
        let mut operations = 0;
        for item in document["paths"].as_object().expect("paths").values() {
            for id in METHODS.iter().filter_map(|method| item[method]["operationId"].as_str()) {
                assert!(body.contains(&format!("<details id=\"{id}\"")), "{id}");
                operations += 1;
            }
        }
        assert!(operations > 40, "{operations}");
        for link in body.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(body.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
        }
        assert!(!body.contains("http://") && !body.contains("https://") && !body.contains("<script"), "S-82");
    }

    #[test]
    fn what_the_document_says_never_becomes_markup() {
        let evil = "<script>alert(1)</script>";
        let document = serde_json::json!({
            "info": { "description": evil },
            "paths": { "/x": { "get": { "tags": [evil], "summary": evil, "description": evil, "operationId": evil,
                "parameters": [{ "name": evil, "in": evil, "description": evil, "schema": { "enum": [evil] } }],
                "responses": { "200": { "description": evil, "content": { (evil): { "schema": { "$ref": evil } } } } } } } },
            "components": { "schemas": { (evil): { "description": evil, "properties": { (evil): { "type": evil } } } } },
        });
        assert!(!draw(&document).contains("<script"));
    }
}
