//! Templates: made, reviewed, listed, changed, paused and deleted.

use std::time::Duration;

use base::Timestamp;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    State,
    calls::Call,
    events,
    model::{Book, Waba},
    problem::{self, KIND},
    rules,
    settings::Settings,
};
use crate::{
    limits::Limit,
    meta::{
        error::GraphError,
        fields::{self, Field},
        paging::Page,
        params::Params,
    },
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Templates that an account makes in an hour.
const CREATES: Limit = Limit::per("template_creates", 100, 3_600);
/// Templates that an account has, before its portfolio is verified and after.
const MOST: [usize; 2] = [250, 6_000];
/// Fields that are given if none are asked for.
const USUAL: &str = "name,parameter_format,components,language,status,category,id";
const KNOWN: [&str; 18] = [
    "id",
    "name",
    "language",
    "status",
    "category",
    "previous_category",
    "correct_category",
    "components",
    "quality_score",
    "rejected_reason",
    "parameter_format",
    "message_send_ttl_seconds",
    "health_status",
    "last_updated_time",
    "library_template_name",
    "cta_url_link_tracking_opted_out",
    "sub_category",
    "degrees_of_freedom_spec",
];
/// What a template can be.
pub const CATEGORIES: [&str; 3] = ["AUTHENTICATION", "MARKETING", "UTILITY"];
/// What the review or the network makes of it.
pub const STATUSES: [&str; 8] =
    ["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "LIMIT_EXCEEDED", "ARCHIVED"];

/// A template in one language.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Its id.
    pub id: u64,
    /// The account.
    pub waba: String,
    /// The name, which the languages share.
    pub name: String,
    /// The language.
    pub language: String,
    /// One of [`CATEGORIES`].
    pub category: String,
    /// What it was before the network changed it.
    pub previous_category: Option<String>,
    /// Header, body, footer, buttons.
    pub components: Vec<Value>,
    /// Whether variables have names, not numbers.
    pub named: bool,
    /// One of [`STATUSES`].
    pub status: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub quality: String,
    /// When it was made or changed.
    pub at: Timestamp,
    /// When the review or the pause ends.
    pub due: Option<Timestamp>,
    /// How long messages wait for their recipients, in seconds.
    pub ttl: Option<i64>,
    /// When it was changed after it was approved.
    pub edits: Vec<Timestamp>,
    /// How often it was paused.
    pub pauses: u32,
}

impl Template {
    /// A part of it: `HEADER`, `BODY`, `FOOTER`, `BUTTONS`.
    pub fn part(&self, kind: &str) -> Option<&Value> {
        self.components.iter().find(|part| part["type"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(kind)))
    }

    /// How long a message waits for its recipient.
    pub fn patience(&self) -> Duration {
        let usual = if self.category == "AUTHENTICATION" { 600 } else { 30 * 24 * 3_600 };
        let chosen = self.ttl.filter(|ttl| *ttl > 0).and_then(|ttl| u64::try_from(ttl).ok());
        Duration::from_secs(chosen.unwrap_or(usual))
    }

    fn shown(&self, asked: &[Field], book: &Book) -> Result<Value, GraphError> {
        let shown = fields::select(asked, &KNOWN, &mut |field| {
            Ok(Some(match field.name.as_str() {
                "id" => json!(self.id.to_string()),
                "name" => json!(self.name),
                "language" => json!(self.language),
                "status" => json!(self.status),
                "category" => json!(self.category),
                "previous_category" => match &self.previous_category {
                    Some(before) => json!(before),
                    None => return Ok(None),
                },
                "correct_category" => json!(self.category),
                "components" => json!(self.components),
                "quality_score" => json!({ "score": self.quality, "date": self.at.as_seconds() }),
                "rejected_reason" => json!(self.reason.as_deref().unwrap_or("NONE")),
                "parameter_format" => json!(if self.named { "NAMED" } else { "POSITIONAL" }),
                "message_send_ttl_seconds" => match self.ttl {
                    Some(ttl) => json!(ttl),
                    None => return Ok(None),
                },
                "health_status" => super::health::of_template(book, self),
                "last_updated_time" => json!(crate::meta::written(self.at)),
                _ => return Ok(None),
            }))
        });
        shown.map_err(|name| KIND.no_field(&name))
    }
}

fn asked(params: &Params) -> Result<Vec<Field>, GraphError> {
    fields::read(params.get("fields").unwrap_or(USUAL)).ok_or_else(|| KIND.invalid("(#100) Param fields does not read"))
}

/// A parameter that holds JSON.
///
/// # Errors
/// 100 if it does not read.
pub fn nested(params: &Params, name: &str) -> Result<Option<Value>, GraphError> {
    let read = |text: &str| serde_json::from_str(text).map_err(|_| KIND.param(name, "does not read"));
    params.get(name).map(read).transpose()
}

/// Words of a list that is written as JSON or with commas.
fn words(params: &Params, name: &str) -> Vec<String> {
    let text = params.get(name).unwrap_or_default();
    let list: Option<Vec<String>> = serde_json::from_str(text).ok();
    let split = || text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    list.unwrap_or_else(split)
}

/// `GET /{waba}/message_templates`.
///
/// # Errors
/// If the account is another's, or a parameter does not read.
pub fn list(call: &Call<'_>, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let (book, params) = (call.state.book(), call.params);
    let waba = &call.waba(&book, "get", waba)?.id;
    let (asked, page) = (asked(params)?, Page::of(params, KIND, 25, 1_000)?);
    let is_asked = |name: &str, value: &str| {
        let words = words(params, name);
        words.is_empty() || words.iter().any(|word| word.eq_ignore_ascii_case(value))
    };
    let has = |name: &str, text: &str| params.get(name).is_none_or(|part| text.contains(part));
    let fits = |one: &&Template| {
        let text = format!("{} {}", one.name, json!(one.components));
        one.waba == *waba
            && is_asked("status", &one.status)
            && is_asked("category", &one.category)
            && is_asked("language", &one.language)
            && is_asked("quality_score", &one.quality)
            && has("name", &one.name)
            && has("name_or_content", &text)
            && page.holds(one.at)
    };
    let found: Vec<&Template> = book.templates.values().rev().filter(fits).collect();
    let (count, own) = (found.len(), book.templates.values().filter(|one| one.waba == *waba).count());
    let mut answer =
        page.cut(found, |one| one.id.to_string(), &call.address, params).answer(|one| one.shown(&asked, &book))?;
    if params.get("summary").is_some() {
        answer["summary"] = json!({
            "total_count": count, "message_template_count": own, "message_template_limit": MOST[1],
            "are_translations_complete": true,
        });
    }
    Ok(answer)
}

/// `GET /{template}`.
///
/// # Errors
/// If there is no such template for the caller.
pub fn one(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let (asked, book) = (asked(call.params)?, call.state.book());
    own(call, &book, "get", id)?.shown(&asked, &book)
}

/// The template of this id, if the caller may have to do with it.
fn own<'a>(call: &Call<'_>, book: &'a Book, method: &str, id: &str) -> Result<&'a Template, GraphError> {
    let found = id.parse().ok().and_then(|id: u64| book.templates.get(&id));
    let found = found.filter(|one| call.waba(book, method, &one.waba).is_ok());
    found.ok_or_else(|| KIND.no_object(method, id))
}

/// What is asked to be made or changed.
struct Wish {
    category: Option<String>,
    components: Option<Vec<Value>>,
    named: bool,
    ttl: Option<i64>,
}

fn wish(params: &Params) -> Result<Wish, GraphError> {
    let components = match nested(params, "components")? {
        Some(Value::Array(parts)) => Some(parts),
        Some(_) => return Err(KIND.param("components", "must be an array.")),
        None => None,
    };
    let category = params.get("category").map(str::to_ascii_uppercase);
    if category.as_ref().is_some_and(|word| !CATEGORIES.contains(&word.as_str())) {
        return Err(KIND.one_of("category", &CATEGORIES.join(", ")));
    }
    let named = params.get("parameter_format").is_some_and(|format| format.eq_ignore_ascii_case("named"));
    let ttl = params.get("message_send_ttl_seconds").map(|text| text.parse::<i64>());
    let ttl = ttl.transpose().map_err(|_| KIND.param("message_send_ttl_seconds", "must be an integer"))?;
    Ok(Wish { category, components, named, ttl })
}

/// How long messages may wait: in seconds, by category; −1 is 30 days.
fn check_ttl(category: &str, ttl: Option<i64>) -> Result<(), GraphError> {
    let (least, most) = match category {
        "AUTHENTICATION" => (30, 900),
        "UTILITY" => (30, 12 * 3_600),
        _ => (12 * 3_600, 30 * 24 * 3_600),
    };
    let fits = ttl.is_none_or(|ttl| ttl == -1 || (least..=most).contains(&ttl));
    if fits { Ok(()) } else { Err(KIND.param("message_send_ttl_seconds", &format!("must be from {least} to {most}"))) }
}

/// `POST /{waba}/message_templates`.
///
/// # Errors
/// If the account is another's, the limits are reached, or something is wrong with the template.
pub fn create(call: &Call<'_>, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let (params, settings, now) = (call.params, call.state.settings(), call.state.now());
    let wish = wish(params)?;
    let (name, language) = (KIND.need(params, "name")?, KIND.need(params, "language")?);
    let category = wish.category.ok_or_else(|| KIND.missing("category"))?;
    let components = wish.components.ok_or_else(|| KIND.missing("components"))?;
    let mut book = call.state.book();
    let waba = call.waba(&book, "post", waba)?.clone();
    rules::check_name(name)?;
    rules::check_language(language)?;
    check_ttl(&category, wish.ttl)?;
    let handle = |handle: &str| book.uploads.values().any(|one| one.handle.as_deref() == Some(handle));
    let components = rules::check(&category, components, wish.named, &handle)?;
    check_room(call, &book, &waba, name, language)?;
    let template = Template {
        id: book.fresh(546_200_000_000_000),
        waba: waba.id,
        name: name.into(),
        language: language.into(),
        category,
        components,
        named: wish.named,
        status: "PENDING".into(),
        quality: "UNKNOWN".into(),
        at: now,
        due: Some(now + Duration::from_millis(settings.review_ms)),
        ttl: wish.ttl,
        ..Template::default()
    };
    let answer = json!({
        "id": template.id.to_string(), "status": template.status, "category": template.category,
    });
    book.templates.insert(template.id, template);
    Ok(answer)
}

fn check_room(call: &Call<'_>, book: &Book, waba: &Waba, name: &str, language: &str) -> Result<(), GraphError> {
    let own = || book.templates.values().filter(|one| one.waba == waba.id);
    // The reference has no subcodes for these two; the network answers so.
    if own().any(|one| one.name == name && one.language == language) {
        let text = format!("There is already a template {name} in {language}.");
        return Err(problem::template(2_388_024, "This language exists already", text));
    }
    if waba.deleted_names.get(name).is_some_and(|gone| *gone + 30 * DAY > call.state.now()) {
        let text = format!("The name {name} was deleted; it can be used again 30 days after that.");
        return Err(problem::template(2_388_023, "The name is being deleted", text));
    }
    let verified = book.businesses.get(&waba.business).is_some_and(|business| business.verified);
    let named = book.phones_of(&waba.id).any(|phone| phone.name_status == "APPROVED");
    let documented = MOST[usize::from(verified && named)];
    let most = call.state.core.knobs().rate_limit("templates", u32::try_from(documented).unwrap_or(u32::MAX));
    if own().count() >= most as usize {
        return Err(problem::template(2_388_019, "Too many templates", format!("An account has at most {most}.")));
    }
    let standing = call.state.core.spend(&CREATES, &waba.id, 1);
    if standing.allowed { Ok(()) } else { Err(problem::coded(80_008, "The account made too many templates.")) }
}

/// `POST /{template}`: other components, or another category.
///
/// # Errors
/// If it cannot be changed now, or so.
pub fn edit(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let wish = wish(call.params)?;
    let (now, settings) = (call.state.now(), call.state.settings());
    let mut book = call.state.book();
    let mut template = own(call, &book, "post", id)?.clone();
    let is_live = template.status == "APPROVED";
    if !["APPROVED", "REJECTED", "PAUSED"].contains(&template.status.as_str()) {
        let text = "Only templates that are approved, rejected or paused can be changed.";
        return Err(KIND.invalid("Invalid parameter").for_people("The template cannot be changed", text));
    }
    if is_live {
        if wish.category.as_ref().is_some_and(|category| *category != template.category) {
            return Err(KIND
                .invalid("Invalid parameter")
                .for_people("The category cannot be changed", "The category of an approved template stays as it is."));
        }
        let within = |time: Duration| template.edits.iter().filter(|at| **at + time > now).count();
        if within(DAY) >= 1 || within(30 * DAY) >= 10 {
            return Err(KIND.invalid("Invalid parameter").for_people(
                "The template was changed lately",
                "An approved template can be changed once in 24 hours, and ten times in 30 days.",
            ));
        }
        template.edits.push(now);
    }
    if let Some(category) = wish.category {
        template.category = category;
    }
    if let Some(components) = wish.components {
        let handle = |handle: &str| book.uploads.values().any(|one| one.handle.as_deref() == Some(handle));
        template.named |= wish.named;
        template.components = rules::check(&template.category, components, template.named, &handle)?;
    }
    check_ttl(&template.category, wish.ttl)?;
    template.ttl = wish.ttl.or(template.ttl);
    template.at = now;
    if template.status == "REJECTED" {
        (template.status, template.reason) = ("PENDING".into(), None);
        template.due = Some(now + Duration::from_millis(settings.review_ms));
    } else {
        // What was approved once is approved again by itself.
        (template.status, template.due) = ("APPROVED".into(), None);
    }
    let answer = json!({ "success": true, "id": id, "name": template.name, "category": template.category });
    book.templates.insert(template.id, template);
    Ok(answer)
}

/// `DELETE /{waba}/message_templates`: all languages of `name`, one of them by `hsm_id` besides, or several by `hsm_ids`.
///
/// # Errors
/// If there is none, or it is disabled.
pub fn delete(call: &Call<'_>, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let mut book = call.state.book();
    let waba = call.waba(&book, "delete", waba)?.id.clone();
    let mut ids = words(call.params, "hsm_ids");
    ids.extend(call.params.get("hsm_id").map(str::to_owned));
    let name = if ids.is_empty() || call.params.get("hsm_id").is_some() {
        // An id alone is not enough.
        Some(KIND.need(call.params, "name")?.to_owned())
    } else {
        None
    };
    let meant = |one: &&Template| {
        let by_id = ids.is_empty() || ids.contains(&one.id.to_string());
        one.waba == waba && by_id && name.as_ref().is_none_or(|name| one.name == *name)
    };
    let found: Vec<u64> = book.templates.values().filter(meant).map(|one| one.id).collect();
    if found.is_empty() {
        let text = "There is no template of this name and id.";
        return Err(problem::template(2_593_002, "The template was not found", text));
    }
    if found.iter().any(|id| book.templates.get(id).is_some_and(|one| one.status == "DISABLED")) {
        return Err(KIND
            .invalid("Invalid parameter")
            .for_people("The template is disabled", "It cannot be deleted any more."));
    }
    for id in &found {
        if let Some(gone) = book.templates.remove(id) {
            events::of_template(call.state, &mut book, &gone, "DELETED", None);
        }
    }
    if let (true, Some(name), Some(waba)) = (ids.is_empty(), name, book.wabas.get_mut(&waba)) {
        waba.deleted_names.insert(name, call.state.now());
    }
    Ok(json!({ "success": true }))
}

/// `POST /{template}/unpause`.
///
/// # Errors
/// If there is no such template for the caller.
pub fn unpause(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let mut book = call.state.book();
    let mut template = own(call, &book, "post", id)?.clone();
    if template.status != "PAUSED" {
        return Ok(json!({ "success": false, "reason": "The template is not paused." }));
    }
    set_status(call.state, &mut book, &mut template, "APPROVED", None);
    Ok(json!({ "success": true }))
}

/// `POST /{waba}/upsert_message_templates`: one template for logging in, in several languages.
///
/// # Errors
/// As those of making and changing one.
pub fn upsert(call: &Call<'_>, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let (name, languages) = (KIND.need(call.params, "name")?, words(call.params, "languages"));
    let wish = wish(call.params)?;
    if wish.category.as_deref() != Some("AUTHENTICATION") || languages.is_empty() {
        return Err(KIND.param("category", "must be AUTHENTICATION, with languages"));
    }
    let components = wish.components.ok_or_else(|| KIND.missing("components"))?;
    let (now, review) = (call.state.now(), Duration::from_millis(call.state.settings().review_ms));
    let mut book = call.state.book();
    let waba = call.waba(&book, "post", waba)?.id.clone();
    rules::check_name(name)?;
    let components = rules::check("AUTHENTICATION", components, false, &|_| false)?;
    let mut data = Vec::new();
    for language in &languages {
        rules::check_language(language)?;
        let known =
            book.templates.values().find(|one| one.waba == waba && one.name == name && one.language == *language);
        let id = known.map(|one| one.id).unwrap_or_else(|| book.fresh(546_200_000_000_000));
        let template = Template {
            id,
            waba: waba.clone(),
            name: name.into(),
            language: language.clone(),
            category: "AUTHENTICATION".into(),
            components: components.clone(),
            status: "PENDING".into(),
            quality: "UNKNOWN".into(),
            at: now,
            due: Some(now + review),
            ttl: wish.ttl,
            ..Template::default()
        };
        data.push(json!({ "id": id.to_string(), "status": template.status, "language": language }));
        book.templates.insert(id, template);
    }
    Ok(json!({ "data": data }))
}

/// `GET /{waba}/message_template_previews`: what a template for logging in would say.
///
/// # Errors
/// If the account is another's.
pub fn previews(call: &Call<'_>, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    call.waba(&call.state.book(), "get", waba)?;
    let params = call.params;
    let warning = params.is("add_security_recommendation");
    let minutes = params.get("code_expiration_minutes").and_then(|text| text.parse().ok());
    let button = words(params, "button_types").iter().any(|word| word.eq_ignore_ascii_case("otp"));
    let one = |language: &String| {
        let mut shown = json!({ "language": language, "body": rules::code_text(warning).replace("*{{1}}*", "*{1}*") });
        if let Some(minutes) = minutes {
            shown["footer"] = json!(rules::code_end(minutes));
        }
        if button {
            shown["buttons"] = json!([{ "type": "OTP", "text": "Copy code" }]);
        }
        shown
    };
    Ok(json!({ "data": words(params, "languages").iter().map(one).collect::<Vec<_>>() }))
}

/// Gives a template another status and tells the app.
pub fn set_status(state: &State, book: &mut Book, template: &mut Template, status: &str, reason: Option<&str>) {
    let event = if (template.status.as_str(), status) == ("PAUSED", "APPROVED") { "UNPAUSED" } else { status };
    template.status = status.to_owned();
    template.due = None;
    template.reason = reason.map(str::to_owned);
    if status == "PAUSED" {
        template.pauses += 1;
        // For 3 hours, then for 6; the third time it is over.
        match template.pauses {
            1 => template.due = Some(state.now() + 3 * HOUR),
            2 => template.due = Some(state.now() + 6 * HOUR),
            _ => template.status = "DISABLED".into(),
        }
    }
    let event = if template.status == "DISABLED" { "DISABLED" } else { event };
    events::of_template(state, book, template, event, reason);
    book.templates.insert(template.id, template.clone());
}

/// Ends reviews and pauses whose time has come.
pub fn settle(state: &State, book: &mut Book, settings: &Settings, now: Timestamp) {
    let due: Vec<u64> = {
        let over = |one: &&Template| one.due.is_some_and(|due| due <= now);
        book.templates.values().filter(over).map(|one| one.id).collect()
    };
    for id in due {
        let Some(mut template) = book.templates.get(&id).cloned() else { continue };
        let status = match template.status.as_str() {
            "PENDING" => settings.reviews.get(&template.name).map_or("APPROVED", String::as_str).to_owned(),
            _ => "APPROVED".to_owned(),
        };
        if status == "PENDING" {
            template.due = None;
            book.templates.insert(id, template);
            continue;
        }
        let found = settings.categories.get(&template.name).filter(|found| **found != template.category);
        if let Some(found) = found {
            let before = std::mem::replace(&mut template.category, found.clone());
            template.previous_category = Some(before);
            events::of_category(state, book, &template);
        }
        let reason = (status == "REJECTED").then_some("INVALID_FORMAT");
        set_status(state, book, &mut template, &status, reason);
    }
}

/// Everything about templates.
///
/// # Errors
/// As the call's own.
pub fn of_account(call: &Call<'_>, method: &Method, waba: &str) -> Result<Value, GraphError> {
    match *method {
        Method::POST => create(call, waba),
        Method::DELETE => delete(call, waba),
        _ => list(call, waba),
    }
}
