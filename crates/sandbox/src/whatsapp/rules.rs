//! What a template may contain.

use std::ops::Range;

use serde_json::{Value, json};

use super::problem::{self, KIND};
use crate::meta::error::GraphError;

/// Languages that templates can be in.
const LANGUAGES: [&str; 47] = [
    "af", "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "en_GB", "en_US", "es", "es_AR", "es_ES", "es_MX",
    "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "pl",
    "pt_BR", "pt_PT", "ro", "ru", "sk", "sv", "th", "tr", "uk", "ur", "zh_CN", "zh_HK", "zh_TW",
];

/// The places of variables in a text with their names; `None` if a bracket is left open or a name is none.
pub fn variables(text: &str, named: bool) -> Option<Vec<(Range<usize>, &str)>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|at| from + at) {
        let end = start + text[start..].find("}}")?;
        let name = text[start + 2..end].trim();
        let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let reads = if named { !is_number && !name.is_empty() && is_word } else { is_number };
        if !reads {
            return None;
        }
        found.push((start..end + 2, name));
        from = end + 2;
    }
    // Numbers count from 1 without a gap.
    let counts = named || found.iter().enumerate().all(|(at, (_, name))| *name == (at + 1).to_string());
    counts.then_some(found)
}

/// A text with its variables filled in.
pub fn filled(text: &str, named: bool, value: impl Fn(&str) -> String) -> String {
    let mut whole = String::new();
    let mut done = 0;
    for (range, name) in variables(text, named).unwrap_or_default() {
        whole.push_str(&text[done..range.start]);
        whole.push_str(&value(name));
        done = range.end;
    }
    whole + &text[done..]
}

/// A name is made of small letters, digits and underscores.
pub(super) fn check_name(name: &str) -> Result<(), GraphError> {
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    match (fits, name.len() <= 512) {
        (true, true) => Ok(()),
        (true, false) => Err(too_long("name", 512)),
        _ => Err(KIND.param("name", "must consist of lower-case letters, digits and underscores")),
    }
}

/// The language must be one of those that there are.
pub(super) fn check_language(language: &str) -> Result<(), GraphError> {
    if LANGUAGES.contains(&language) { Ok(()) } else { Err(KIND.one_of("language", &LANGUAGES.join(", "))) }
}

fn too_long(what: &str, most: usize) -> GraphError {
    problem::template(2_388_040, "Too long", format!("The {what} has at most {most} characters."))
}

fn length(what: &str, text: &str, most: usize) -> Result<(), GraphError> {
    if text.chars().count() <= most { Ok(()) } else { Err(too_long(what, most)) }
}

/// What a code's message says.
pub(super) fn code_text(warning: bool) -> String {
    let more = if warning { " For your security, do not share this code." } else { "" };
    format!("*{{{{1}}}}* is your verification code.{more}")
}

/// What stands below it.
pub(super) fn code_end(minutes: u64) -> String {
    format!("This code expires in {minutes} minutes.")
}

/// Checks the parts of a template; gives them as they are kept. `has_handle` knows the files that were uploaded.
pub(super) fn check(
    category: &str,
    parts: Vec<Value>,
    named: bool,
    has_handle: &dyn Fn(&str) -> bool,
) -> Result<Vec<Value>, GraphError> {
    let kinds: Vec<String> =
        parts.iter().map(|part| part["type"].as_str().unwrap_or_default().to_ascii_uppercase()).collect();
    if let Some(at) = kinds.iter().position(|kind| !["HEADER", "BODY", "FOOTER", "BUTTONS"].contains(&kind.as_str())) {
        return Err(KIND.param(&format!("components[{at}]['type']"), "must be one of {HEADER, BODY, FOOTER, BUTTONS}"));
    }
    let twice = kinds.iter().enumerate().any(|(at, kind)| kinds[..at].contains(kind));
    if twice || !kinds.iter().any(|kind| kind == "BODY") {
        return Err(problem::template(2_388_072, "The body is missing", "A template has one body, and nothing twice."));
    }
    let mut kept = Vec::new();
    for (kind, part) in kinds.iter().zip(parts) {
        match (category, kind.as_str()) {
            ("AUTHENTICATION", _) => kept.push(of_code(kind, &part)?),
            (_, "HEADER") => check_header(category, &part, named, has_handle)?,
            (_, "BODY") => check_body(&part, named)?,
            (_, "FOOTER") => check_footer(&part)?,
            _ => check_buttons(&part)?,
        }
        if category != "AUTHENTICATION" {
            kept.push(part);
        }
    }
    if category == "AUTHENTICATION" && !kinds.iter().any(|kind| kind == "BUTTONS") {
        return Err(KIND.param("components", "must have a button of the type OTP"));
    }
    Ok(kept)
}

/// A part of a template for codes, whose words are the network's.
fn of_code(kind: &str, part: &Value) -> Result<Value, GraphError> {
    match kind {
        "BODY" if part.get("text").is_some() => {
            Err(problem::template(2_388_072, "The text is fixed", "The body of a template for codes has no text."))
        }
        "BODY" => {
            let warning = part["add_security_recommendation"] == true;
            Ok(json!({
                "type": "BODY", "text": code_text(warning), "add_security_recommendation": warning,
                "example": { "body_text": [["123456"]] },
            }))
        }
        "FOOTER" => match part["code_expiration_minutes"].as_u64() {
            Some(minutes @ 1..=90) => {
                Ok(json!({ "type": "FOOTER", "text": code_end(minutes), "code_expiration_minutes": minutes }))
            }
            _ => Err(KIND.param("code_expiration_minutes", "must be from 1 to 90")),
        },
        "BUTTONS" => {
            let button = &part["buttons"][0];
            let way = button["otp_type"].as_str().unwrap_or_default();
            if button["type"] != "OTP" || !["COPY_CODE", "ONE_TAP", "ZERO_TAP"].contains(&way) {
                return Err(KIND.one_of("otp_type", "COPY_CODE, ONE_TAP, ZERO_TAP"));
            }
            let apps = button["supported_apps"].as_array().is_some_and(|apps| !apps.is_empty());
            if way != "COPY_CODE" && !apps {
                return Err(KIND.param("supported_apps", "must name an app and its signature"));
            }
            let text = button["text"].as_str().unwrap_or("Copy code");
            length("text of a button", text, 25)?;
            // It is read back as a button with an address.
            let url = format!("https://www.whatsapp.com/otp/code/?otp_type={way}&code=otp{{{{1}}}}");
            Ok(json!({ "type": "BUTTONS", "buttons": [{
                "type": "URL", "text": text, "url": url,
                "example": [url.replace("{{1}}", "123456")],
            }] }))
        }
        _ => Err(problem::template(2_388_047, "No header", "A template for codes has no header.")),
    }
}

fn check_header(
    category: &str,
    part: &Value,
    named: bool,
    has_handle: &dyn Fn(&str) -> bool,
) -> Result<(), GraphError> {
    let wrong = |text: &str| Err(problem::template(2_388_047, "The header is wrong", text));
    match part["format"].as_str().unwrap_or_default() {
        "TEXT" => {
            let text = part["text"].as_str().unwrap_or_default();
            length("header", text, 60)?;
            let Some(found) = variables(text, named) else { return wrong("Its variables do not read.") };
            if text.is_empty() || found.len() > 1 || text.contains(['\n', '*', '_', '~']) {
                return wrong("It has a text of one line, without formatting, and at most one variable.");
            }
            let example = if named { "header_text_named_params" } else { "header_text" };
            let has = part["example"][example].as_array().is_some_and(|list| list.len() == found.len());
            if found.is_empty() || has { Ok(()) } else { wrong("Its variable needs an example.") }
        }
        "IMAGE" | "VIDEO" | "DOCUMENT" => {
            let handle = part["example"]["header_handle"][0].as_str().unwrap_or_default();
            if has_handle(handle) { Ok(()) } else { wrong("Its example is no handle of an uploaded file.") }
        }
        "GIF" if category == "MARKETING" => Ok(()),
        "LOCATION" => Ok(()),
        _ => wrong("Its format is none of TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION."),
    }
}

fn check_body(part: &Value, named: bool) -> Result<(), GraphError> {
    let wrong = |text: &str| Err(problem::template(2_388_072, "The body is wrong", text));
    let text = part["text"].as_str().unwrap_or_default();
    length("body", text, 1_024)?;
    let Some(found) = variables(text, named) else { return wrong("Its variables do not read.") };
    if text.trim().is_empty() {
        return wrong("It has no text.");
    }
    if text.contains("\n\n\n") || text.contains('\t') {
        return wrong("It has more than two line breaks in a row, or a tab.");
    }
    let (first, last) = (found.first().map(|one| one.0.start), found.last().map(|one| one.0.end));
    let trimmed = text.trim_end().len();
    if first == Some(text.len() - text.trim_start().len()) || last == Some(trimmed) {
        let text = "A body does not begin or end with a variable.";
        return Err(problem::template(2_388_299, "A variable at the edge", text));
    }
    // How many words are enough is not documented: two for each variable let the documented example through.
    let fixed = filled(text, named, |_| " ".into());
    let words = fixed.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    if words < 2 * found.len() {
        let text = "The body has too many variables for its length.";
        return Err(problem::template(2_388_293, "Too few words", text));
    }
    let examples = if named {
        let list = part["example"]["body_text_named_params"].as_array();
        list.is_some_and(|list| found.iter().all(|(_, name)| list.iter().any(|one| one["param_name"] == *name)))
    } else {
        part["example"]["body_text"][0].as_array().is_some_and(|list| list.len() == found.len())
    };
    if found.is_empty() || examples { Ok(()) } else { wrong("Each variable needs an example.") }
}

fn check_footer(part: &Value) -> Result<(), GraphError> {
    let text = part["text"].as_str().unwrap_or_default();
    length("footer", text, 60)?;
    if text.is_empty() || text.contains("{{") || text.contains('\n') {
        let text = "A footer has a text of one line without variables.";
        return Err(problem::template(2_388_073, "The footer is wrong", text));
    }
    Ok(())
}

fn check_buttons(part: &Value) -> Result<(), GraphError> {
    let wrong = |text: &str| Err(KIND.param("components", text));
    let buttons = part["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kinds: Vec<&str> = buttons.iter().map(|button| button["type"].as_str().unwrap_or_default()).collect();
    let count = |kind: &str| kinds.iter().filter(|known| **known == kind).count();
    if kinds.is_empty() || kinds.len() > 10 {
        return wrong("must have one to ten buttons");
    }
    if count("URL") > 2 || count("PHONE_NUMBER") > 1 || count("COPY_CODE") > 1 {
        return wrong("has too many buttons of one type");
    }
    // Quick replies stand together.
    let turns = kinds.windows(2).filter(|two| (two[0] == "QUICK_REPLY") != (two[1] == "QUICK_REPLY")).count();
    if turns > 1 {
        return wrong("must have its quick replies together");
    }
    for (button, kind) in buttons.iter().zip(&kinds) {
        let text = button["text"].as_str().unwrap_or_default();
        length("text of a button", text, 25)?;
        match *kind {
            "QUICK_REPLY" | "VOICE_CALL" | "REQUEST_CONTACT_INFO" if !text.is_empty() => {}
            "PHONE_NUMBER" => length("number", button["phone_number"].as_str().unwrap_or_default(), 20)?,
            "COPY_CODE" => {
                let example = button["example"].as_str().or(button["example"][0].as_str()).unwrap_or_default();
                length("offer code", example, 15)?;
            }
            "URL" => {
                let url = button["url"].as_str().unwrap_or_default();
                let found = variables(url, false).unwrap_or_default();
                let at_end = found.last().is_none_or(|one| one.0.end == url.len());
                let has = button["example"].is_string() || button["example"][0].is_string();
                if !url.starts_with("http") || found.len() > 1 || !at_end || (found.len() == 1 && !has) {
                    return wrong(
                        "has a button whose address is wrong: one variable may stand at its end, with an example",
                    );
                }
            }
            _ => return wrong("has a button of an unknown type, or without a text"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_numbers_without_a_gap_or_names() {
        let names =
            |text, named| variables(text, named).map(|all| all.into_iter().map(|one| one.1).collect::<Vec<_>>());
        assert_eq!(names("a {{1}} b {{2}}", false), Some(vec!["1", "2"]));
        assert_eq!(names("a {{title}}", true), Some(vec!["title"]));
        for (text, named) in
            [("{{2}}", false), ("{{title}}", false), ("{{1}}", true), ("{{Title}}", true), ("{{1", false)]
        {
            assert_eq!(names(text, named), None, "{text}");
        }
        assert_eq!(filled("a {{1}} b", false, |name| format!("<{name}>")), "a <1> b");
    }
}
