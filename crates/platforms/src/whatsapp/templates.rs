//! Templates: listed, made and handed in for review, deleted. Each language of a name is a template of its own.

use base::say;
use connector::{
    Call, Deleted, Failure, FailureKind as K,
    messaging::{Category, NewTemplate, Template, TemplateStatus, Variable},
};
use http::Method;
use serde_json::{Value, json};

use super::{
    connect::Facts,
    errors::Asked,
    peer,
    wire::{Done, Listed, Made},
};
use crate::{kit::peer::segment, meta::pages};

const FIELDS: &str = "id,name,language,status,category,rejected_reason,components";
/// How many pages of templates are read; an account has 250, a verified one 6,000.
const PAGES_MAX: usize = 60;
/// How long a code is good, in minutes (P-065).
const CODE_MINUTES: u32 = 10;

/// All templates of the number's account.
pub async fn list(call: &Call<'_>) -> Result<Vec<Template>, Failure> {
    let peer = peer(call)?;
    let request = || peer.get("list the templates", &path(call)).query("fields", FIELDS);
    let what = (say!("a list of templates"), PAGES_MAX);
    let (listed, _) = pages::read(&peer, Asked::Read, request, what, |_: &[Listed]| false).await?;
    Ok(listed.into_iter().map(template).collect())
}

/// Makes one.
pub async fn make(call: &Call<'_>, new: &NewTemplate) -> Result<Template, Failure> {
    let peer = peer(call)?;
    let request = peer.request("make the template", Method::POST, &path(call)).json(&body(new));
    let made: Made = peer.read(Asked::Template, request, say!("the template's ID")).await?;
    Ok(Template {
        id: made.id,
        name: new.name.clone(),
        language: new.language.clone(),
        category: category(&made.category),
        status: status(&made.status),
        reason: None,
        body: new.body.clone(),
    })
}

/// Deletes one language of a name, or all. One language needs its ID and the name.
pub async fn delete(call: &Call<'_>, name: &str, language: Option<&str>) -> Result<Deleted, Failure> {
    let peer = peer(call)?;
    let mut request = peer.request("delete the template", Method::DELETE, &path(call)).query("name", name);
    if let Some(language) = language {
        let all = list(call).await?;
        let Some(one) = all.into_iter().find(|one| one.name == name && one.language == language) else {
            return Ok(Deleted::WasGone);
        };
        request = request.query("hsm_id", one.id);
    }
    match peer.read::<Done>(Asked::Template, request, say!("that it is deleted")).await {
        Ok(done) => Ok(if done.success { Deleted::Gone } else { Deleted::WasGone }),
        Err(failure) if failure.kind == K::RemoteNotFound => Ok(Deleted::WasGone),
        Err(failure) => Err(failure),
    }
}

fn path(call: &Call<'_>) -> String {
    format!("/{}/message_templates", segment(&Facts::of(call.facts).waba))
}

/// What is sent to make one.
pub(super) fn body(new: &NewTemplate) -> Value {
    let category = match new.category {
        Category::Utility => "UTILITY",
        Category::Marketing => "MARKETING",
        Category::Authentication => {
            // The words are Meta's.
            let copy = json!({ "type": "OTP", "otp_type": "COPY_CODE" });
            return json!({
                "name": new.name, "language": new.language, "category": "AUTHENTICATION",
                "message_send_ttl_seconds": CODE_MINUTES * 60,
                "components": [
                    { "type": "BODY", "add_security_recommendation": true },
                    { "type": "FOOTER", "code_expiration_minutes": CODE_MINUTES },
                    { "type": "BUTTONS", "buttons": [copy] },
                ],
            });
        }
    };
    let named = new.examples.iter().any(|one| one.name.is_some());
    let mut parts = Vec::new();
    if let Some(header) = &new.header {
        parts.push(json!({ "type": "HEADER", "format": "TEXT", "text": header }));
    }
    let mut text = json!({ "type": "BODY", "text": new.body });
    if named {
        let example = |one: &Variable| json!({ "param_name": one.name, "example": one.value });
        text["example"]["body_text_named_params"] = new.examples.iter().map(example).collect();
    } else if !new.examples.is_empty() {
        let examples: Vec<&str> = new.examples.iter().map(|one| one.value.as_str()).collect();
        text["example"]["body_text"] = json!([examples]);
    }
    parts.push(text);
    if let Some(footer) = &new.footer {
        parts.push(json!({ "type": "FOOTER", "text": footer }));
    }
    if !new.answers.is_empty() {
        let button = |text: &String| json!({ "type": "QUICK_REPLY", "text": text });
        parts.push(json!({ "type": "BUTTONS", "buttons": new.answers.iter().map(button).collect::<Vec<_>>() }));
    }
    let format = if named { "NAMED" } else { "POSITIONAL" };
    json!({
        "name": new.name, "language": new.language, "category": category, "parameter_format": format, "components": parts,
    })
}

fn template(listed: Listed) -> Template {
    let body = listed.components.iter().find(|part| part["type"] == "BODY");
    Template {
        body: body.and_then(|body| body["text"].as_str()).unwrap_or_default().to_owned(),
        id: listed.id,
        name: listed.name,
        language: listed.language,
        category: category(&listed.category),
        status: status(&listed.status),
        reason: listed.rejected_reason,
    }
}

/// What is not known counts as marketing, whose rules are the strictest.
fn category(word: &str) -> Category {
    match word {
        "UTILITY" => Category::Utility,
        "AUTHENTICATION" => Category::Authentication,
        _ => Category::Marketing,
    }
}

/// Only what is approved can be sent. An archived template can be brought back at Meta only.
fn status(word: &str) -> TemplateStatus {
    match word {
        "APPROVED" => TemplateStatus::Approved,
        "PENDING" | "IN_APPEAL" => TemplateStatus::InReview,
        "REJECTED" => TemplateStatus::Rejected,
        "PAUSED" => TemplateStatus::Paused,
        _ => TemplateStatus::Disabled,
    }
}
