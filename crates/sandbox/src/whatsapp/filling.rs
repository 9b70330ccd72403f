//! A template with its parameters: whether they fit, and what people read.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    State, media,
    messages::{Draft, with_file},
    model::{Button, Does, Phone},
    problem,
    rules::{filled, variables},
    templates::Template,
};
use crate::meta::error::GraphError;

/// The longest code.
const CODE: usize = 15;

/// The parameters of a part that is sent.
fn given<'a>(content: &'a Value, kind: &str, index: Option<usize>) -> &'a [Value] {
    let is = |part: &&Value| {
        let is_kind = part["type"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(kind));
        let at = part["index"].as_u64().or_else(|| part["index"].as_str()?.parse().ok());
        is_kind && index.is_none_or(|index| at == Some(index as u64))
    };
    let part = content["components"].as_array().into_iter().flatten().find(is);
    part.and_then(|part| part["parameters"].as_array()).map(Vec::as_slice).unwrap_or_default()
}

/// Fills a template.
///
/// # Errors
/// 132000 for another number of parameters, 132012 for another kind, 100 for texts that cannot be, 132005 if it gets too
/// long, 131008 if a button lacks its parameter.
pub async fn fill(state: &Arc<State>, phone: &Phone, template: Template, content: &Value) -> Result<Draft, GraphError> {
    let code = state.settings().text_parameter_code;
    let mut lines = Vec::new();
    let mut file = None;
    if let Some(header) = template.part("HEADER") {
        let parameters = given(content, "header", None);
        match header["format"].as_str().unwrap_or_default() {
            "TEXT" => lines.push(text(&template, "header", &header["text"], parameters, code)?),
            "LOCATION" => lines.push(parameters.first().map_or("", |_| "Location").to_owned()),
            format => {
                let kind = if format == "GIF" { "video".to_owned() } else { format.to_ascii_lowercase() };
                let [parameter] = parameters else { return Err(count("header", 1, parameters.len())) };
                if parameter["type"] != kind.as_str() {
                    return Err(problem::coded(132_012, format!("header: Format mismatch, expected {format}")));
                }
                file = Some(media::of_message(state, &phone.id, &kind, &parameter[kind.as_str()]).await?);
            }
        }
    }
    let body = template.part("BODY").cloned().unwrap_or_default();
    let said = text(&template, "body", &body["text"], given(content, "body", None), code)?;
    if said.chars().count() > 1_024 {
        return Err(problem::coded(132_005, "The text has more than 1,024 characters with its parameters."));
    }
    if template.category == "AUTHENTICATION" {
        check_code(content)?;
    }
    lines.push(said);
    if let Some(footer) = template.part("FOOTER").and_then(|footer| footer["text"].as_str()) {
        lines.push(footer.to_owned());
    }
    let buttons = buttons(&template, content, code)?;
    let draft = Draft { text: lines.join("\n"), buttons, template: Some(template), ..Draft::default() };
    match file {
        Some(file) => with_file(file, draft),
        None => Ok(draft),
    }
}

fn count(what: &str, expected: usize, given: usize) -> GraphError {
    problem::coded(132_000, format!("{what}: {given} parameters were given, {expected} are expected"))
}

/// A text with its parameters.
fn text(template: &Template, what: &str, text: &Value, parameters: &[Value], code: i64) -> Result<String, GraphError> {
    let text = text.as_str().unwrap_or_default();
    let wanted = variables(text, template.named).unwrap_or_default();
    if wanted.len() != parameters.len() {
        return Err(count(what, wanted.len(), parameters.len()));
    }
    let mut values = Vec::new();
    for (at, parameter) in parameters.iter().enumerate() {
        let name = parameter["parameter_name"].as_str().unwrap_or_default();
        if template.named && name.is_empty() {
            return Err(problem::invalid(format!("{what}: the parameter name is missing or empty")));
        }
        let name = if template.named { name.to_owned() } else { (at + 1).to_string() };
        if !wanted.iter().any(|(_, known)| *known == name) {
            return Err(problem::coded(132_012, format!("{what}: there is no parameter {name}")));
        }
        values.push((name, value(what, parameter, code)?));
    }
    let value = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    Ok(filled(text, template.named, |name| value(name).unwrap_or_default()))
}

fn value(what: &str, parameter: &Value, code: i64) -> Result<String, GraphError> {
    let fallback = |kind: &str| parameter[kind]["fallback_value"].as_str().map(str::to_owned);
    match parameter["type"].as_str().unwrap_or_default() {
        "text" => {
            let text = parameter["text"].as_str().unwrap_or_default();
            // Two lines would be two paragraphs of a text that was approved as one.
            let wrong = text.is_empty() || text.contains(['\n', '\r', '\t']) || text.contains("     ");
            let why = "a text is empty, or has line breaks, tabs or more than four spaces in a row";
            if wrong { Err(problem::coded(code, format!("{what}: {why}"))) } else { Ok(text.to_owned()) }
        }
        kind @ ("currency" | "date_time") => {
            fallback(kind).ok_or_else(|| problem::coded(131_008, format!("{what}: fallback_value is missing")))
        }
        kind => Err(problem::coded(132_012, format!("{what}: Format mismatch, expected TEXT, received {kind}"))),
    }
}

/// The code stands in the text and on the button.
fn check_code(content: &Value) -> Result<(), GraphError> {
    let code = given(content, "body", None).first().and_then(|one| one["text"].as_str()).unwrap_or_default();
    let button = given(content, "button", Some(0)).first().and_then(|one| one["text"].as_str());
    if code.chars().count() > CODE || code.contains("://") {
        return Err(problem::coded(132_008, format!("A code has at most {CODE} characters and no address.")));
    }
    match button {
        Some(other) if other != code => Err(problem::coded(132_008, "The codes in text and button differ.")),
        _ => Ok(()),
    }
}

fn buttons(template: &Template, content: &Value, code: i64) -> Result<Vec<Button>, GraphError> {
    let none = json!([]);
    let listed =
        template.part("BUTTONS").map_or(&none, |part| &part["buttons"]).as_array().cloned().unwrap_or_default();
    let mut buttons = Vec::new();
    for (at, button) in listed.iter().enumerate() {
        let title = button["text"].as_str().unwrap_or_default().to_owned();
        let parameter = given(content, "button", Some(at)).first();
        let missing = |kind: &str| problem::coded(131_008, format!("buttons: the {kind} at {at} lacks its parameter"));
        let does = match button["type"].as_str().unwrap_or_default() {
            "QUICK_REPLY" => {
                let payload = parameter.and_then(|one| one["payload"].as_str()).unwrap_or(&title);
                Does::Payload(payload.to_owned())
            }
            "URL" => {
                let url = button["url"].as_str().unwrap_or_default();
                if url.contains("{{") {
                    let end = value("buttons", parameter.ok_or_else(|| missing("URL"))?, code)?;
                    Does::Open(filled(url, false, |_| end.clone()))
                } else {
                    Does::Open(url.to_owned())
                }
            }
            "COPY_CODE" => {
                let coupon = parameter.and_then(|one| one["coupon_code"].as_str());
                if coupon.ok_or_else(|| missing("COPY_CODE"))?.chars().count() > CODE {
                    return Err(problem::coded(132_008, format!("An offer's code has at most {CODE} characters.")));
                }
                Does::Nothing
            }
            _ => Does::Nothing,
        };
        buttons.push(Button { title, does });
    }
    Ok(buttons)
}
