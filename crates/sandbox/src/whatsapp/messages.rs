//! `POST /{phone}/messages`: who it goes to, what is in it, whether it may go, and what is answered.

use std::{sync::Arc, time::Duration};

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    State,
    calls::Call,
    filling, media,
    model::{Book, Button, Does, Message, Phone, Plan, Status, Waba},
    people, problem,
    problem::KIND,
    settings::Settings,
    templates::{Template, nested},
};
use crate::{
    limits::Limit,
    meta::{error::GraphError, fetch::File, params::Params},
};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long after a person wrote everything may be sent to them.
pub const WINDOW: Duration = DAY;
/// How long a message waits for its recipient, unless its template says otherwise.
const PATIENCE: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Messages of a number in a second.
const THROUGHPUT: Limit = Limit::per("throughput", 80, 1);
/// A number writes to a person once in this time; so many may go at once and be made up for later.
const PAIR_GAP: Duration = Duration::from_secs(6);
const PAIR_BURST: u32 = 45;
/// Recipients of an account for tests.
pub const TEST_RECIPIENTS: usize = 5;
const KINDS: &str = "text, image, video, audio, document, sticker, location, contacts, interactive, reaction, template";

/// What goes out.
#[derive(Debug, Default)]
pub struct Draft {
    /// What people read.
    pub text: String,
    /// A file.
    pub file: Option<File>,
    /// Buttons.
    pub buttons: Vec<Button>,
    /// The template.
    pub template: Option<Template>,
    /// What is wrong with it that shows later.
    pub late: Option<(i64, String)>,
}

/// Who it goes to.
enum To {
    Number(String),
    UserId(String),
    /// A user id where a number belongs: it is accepted and never heard of again (chatwoot 15150).
    Nobody(String),
}

fn recipient(params: &Params) -> Result<To, GraphError> {
    if params.get("recipient_type").is_some_and(|kind| kind != "individual") {
        return Err(KIND.one_of("recipient_type", "individual"));
    }
    match (params.get("to"), params.get("recipient")) {
        (Some(to), _) if people::is_user_id(to) => Ok(To::Nobody(to.to_owned())),
        (Some(to), _) if people::digits(to).is_some() => Ok(To::Number(to.to_owned())),
        (Some(_), _) => Err(problem::value("The recipient is no phone number.")),
        (None, Some(id)) if people::is_user_id(id) => Ok(To::UserId(id.to_owned())),
        (None, Some(_)) => Err(problem::value("The recipient is no user id.")),
        (None, None) => Err(KIND.missing("to")),
    }
}

/// Sends a message, or marks one as read. `/marketing_messages` takes marketing templates only.
///
/// # Errors
/// Whatever is wrong with number, recipient, content or limits at once; the rest comes by webhook.
pub async fn send(call: &Call<'_>, phone: &str, marketing: bool) -> Result<Value, GraphError> {
    call.for_messaging()?;
    let params = call.params;
    let (phone, waba) = {
        let book = call.state.book();
        let phone = call.phone(&book, "post", phone)?.clone();
        let waba = book.wabas.get(&phone.waba).cloned().unwrap_or_default();
        (phone, waba)
    };
    if params.get("messaging_product") != Some("whatsapp") {
        return Err(KIND.missing("messaging_product"));
    }
    if params.get("status").is_some() {
        return mark_read(call, &phone);
    }
    if !phone.registered {
        return Err(problem::coded(133_010, "The number is not registered."));
    }
    if waba.locked {
        return Err(problem::coded(131_031, "The account is locked."));
    }
    if phone.name_status == "DECLINED" {
        return Err(problem::coded(131_037, "The display name of the number was declined."));
    }
    let to = recipient(params)?;
    let kind = params.get("type").unwrap_or("text");
    if !is_kind(kind) {
        return Err(unknown_kind(kind));
    }
    let content = nested(params, kind)?.ok_or_else(|| KIND.missing(kind))?;
    let draft = draft(call.state, &phone, &waba, kind, &content).await?;
    check_category(&waba, &to, &draft, marketing)?;
    if params.get("biz_opaque_callback_data").is_some_and(|data| data.chars().count() > 512) {
        return Err(KIND.param("biz_opaque_callback_data", "has more than 512 characters"));
    }
    accept(call, &phone, &waba, &to, kind, content, draft)
}

fn is_kind(kind: &str) -> bool {
    KINDS.split(", ").any(|known| known == kind)
}

fn unknown_kind(kind: &str) -> GraphError {
    // These exist, but nothing of the kind can be sent.
    if ["order", "system", "unsupported", "button", "request_welcome"].contains(&kind) {
        return problem::coded(131_051, format!("Messages of the type {kind} cannot be sent."));
    }
    KIND.one_of("type", KINDS)
}

async fn draft(
    state: &Arc<State>,
    phone: &Phone,
    waba: &Waba,
    kind: &str,
    content: &Value,
) -> Result<Draft, GraphError> {
    let text = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
    match kind {
        "text" => {
            let body = text("body");
            length("text.body", &body, 1, 4_096)?;
            Ok(Draft { text: body, ..Draft::default() })
        }
        "image" | "video" | "audio" | "document" | "sticker" => {
            let caption = text("caption");
            length("caption", &caption, 0, 1_024)?;
            if !caption.is_empty() && ["audio", "sticker"].contains(&kind) {
                return Err(problem::invalid(format!("{kind} has no caption.")));
            }
            let text = if caption.is_empty() { text("filename") } else { caption };
            with_file(media::of_message(state, &phone.id, kind, content).await?, Draft { text, ..Draft::default() })
        }
        "location" => {
            let number = |name: &str| content[name].as_f64().or_else(|| content[name].as_str()?.parse().ok());
            match (number("latitude"), number("longitude")) {
                (Some(latitude), Some(longitude)) => {
                    let text = format!("{} {latitude}, {longitude}", text("name")).trim().to_owned();
                    Ok(Draft { text, ..Draft::default() })
                }
                _ => Err(problem::coded(131_008, "A location has latitude and longitude.")),
            }
        }
        "contacts" => {
            let names: Vec<&str> = content
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one["name"]["formatted_name"].as_str())
                .collect();
            if names.is_empty() {
                return Err(problem::coded(131_008, "Each contact has a name with formatted_name."));
            }
            Ok(Draft { text: names.join(", "), ..Draft::default() })
        }
        "reaction" => {
            let id = text("message_id");
            if state.book().message(&id).is_none_or(|message| message.phone != phone.id) {
                return Err(problem::value("The message of the reaction is unknown to this number."));
            }
            Ok(Draft { text: text("emoji"), ..Draft::default() })
        }
        "interactive" => interactive(state, phone, content).await,
        "template" => {
            let template = find(&state.book(), waba, content)?;
            filling::fill(state, phone, template, content).await
        }
        kind => Err(unknown_kind(kind)),
    }
}

/// The draft with a file, or with what is wrong with its address.
pub(super) fn with_file(file: Result<File, String>, draft: Draft) -> Result<Draft, GraphError> {
    Ok(match file {
        Ok(file) => Draft { file: Some(file), ..draft },
        Err(why) => Draft { late: Some((131_053, why)), ..draft },
    })
}

pub(super) fn length(name: &str, text: &str, least: usize, most: usize) -> Result<(), GraphError> {
    let count = text.chars().count();
    if count < least {
        return Err(problem::coded(131_008, format!("{name} is missing.")));
    }
    if count <= most { Ok(()) } else { Err(problem::invalid(format!("{name} has {count} characters; {most} fit."))) }
}

/// Reply buttons, lists, and buttons with an address.
async fn interactive(state: &Arc<State>, phone: &Phone, content: &Value) -> Result<Draft, GraphError> {
    let kind = content["type"].as_str().unwrap_or_default();
    let action = &content["action"];
    let of = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let buttons = match kind {
        "button" => {
            let listed = action["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
            if !(1..=3).contains(&listed.len()) {
                return Err(problem::value("There are one to three buttons."));
            }
            let mut buttons = Vec::new();
            for reply in listed.iter().map(|button| &button["reply"]) {
                let (id, title) = (of(reply, "id"), of(reply, "title"));
                length("id of a button", &id, 1, 256)?;
                length("title of a button", &title, 1, 20)?;
                buttons.push(Button { title, does: Does::Reply(id) });
            }
            let ids: std::collections::BTreeSet<String> =
                buttons.iter().map(|button| format!("{:?}", button.does)).collect();
            if ids.len() < buttons.len() {
                return Err(problem::value("The ids of the buttons are not all different."));
            }
            buttons
        }
        "list" => rows(action)?,
        "cta_url" => {
            let told = &action["parameters"];
            let (title, url) = (of(told, "display_text"), of(told, "url"));
            length("display_text", &title, 1, 20)?;
            if !url.starts_with("http") {
                return Err(problem::value("The address of the button does not read."));
            }
            vec![Button { title, does: Does::Open(url) }]
        }
        "location_request_message" => Vec::new(),
        _ => return Err(problem::value(format!("There is no interactive message of the type {kind} here."))),
    };
    let (body, footer) = (of(&content["body"], "text"), of(&content["footer"], "text"));
    length("body", &body, 1, if kind == "list" { 4_096 } else { 1_024 })?;
    length("footer", &footer, 0, 60)?;
    let header = &content["header"];
    let heading = of(header, "text");
    length("header", &heading, 0, 60)?;
    let parts = [heading, body, footer].into_iter().filter(|part| !part.is_empty());
    let draft = Draft { text: parts.collect::<Vec<_>>().join("\n"), buttons, ..Draft::default() };
    match header["type"].as_str() {
        None | Some("text") => Ok(draft),
        Some(kind @ ("image" | "video" | "document")) if content["type"] != "list" => {
            with_file(media::of_message(state, &phone.id, kind, &header[kind]).await?, draft)
        }
        Some(_) => Err(problem::value("A message of this type has no such header.")),
    }
}

fn rows(action: &Value) -> Result<Vec<Button>, GraphError> {
    let of = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    length("button", &of(action, "button"), 1, 20)?;
    let sections = action["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut rows = Vec::new();
    for section in sections {
        length("title of a section", &of(section, "title"), usize::from(sections.len() > 1), 24)?;
        for row in section["rows"].as_array().into_iter().flatten() {
            let (id, title, about) = (of(row, "id"), of(row, "title"), of(row, "description"));
            length("id of a row", &id, 1, 200)?;
            length("title of a row", &title, 1, 24)?;
            length("description of a row", &about, 0, 72)?;
            rows.push(Button { title, does: Does::Row(id, about) });
        }
    }
    if sections.len() > 10 || !(1..=10).contains(&rows.len()) {
        return Err(problem::value("A list has at most ten sections, and one to ten rows in all."));
    }
    Ok(rows)
}

/// The template that is named, which must be approved in exactly this language and account.
fn find(book: &Book, waba: &Waba, content: &Value) -> Result<Template, GraphError> {
    let name = content["name"].as_str().ok_or_else(|| KIND.missing("template['name']"))?;
    let language = content["language"]["code"].as_str().ok_or_else(|| KIND.missing("template['language']['code']"))?;
    let is = |one: &&Template| one.waba == waba.id && one.name == name && one.language == language;
    let found = book.templates.values().find(is);
    let missing = || problem::coded(132_001, format!("template name ({name}) does not exist in {language}"));
    let template = found.ok_or_else(missing)?;
    match template.status.as_str() {
        "APPROVED" => Ok(template.clone()),
        "PAUSED" => Err(problem::coded(132_015, "The template is paused because people did not like it.")),
        "DISABLED" => Err(problem::coded(132_016, "The template was paused too often.")),
        _ => Err(missing()),
    }
}

fn check_category(waba: &Waba, to: &To, draft: &Draft, marketing: bool) -> Result<(), GraphError> {
    let category = draft.template.as_ref().map(|template| template.category.as_str());
    if marketing && category != Some("MARKETING") {
        return Err(problem::coded(131_055, "Only marketing templates are sent here."));
    }
    if !marketing && category == Some("MARKETING") && waba.no_marketing {
        return Err(problem::coded(131_063, "Marketing templates go to /marketing_messages."));
    }
    if category == Some("AUTHENTICATION") && matches!(to, To::UserId(_)) {
        return Err(problem::coded(131_062, "Codes are sent to phone numbers only."));
    }
    Ok(())
}

/// Takes the message on, if the limits allow it.
fn accept(
    call: &Call<'_>,
    phone: &Phone,
    waba: &Waba,
    to: &To,
    kind: &str,
    content: Value,
    draft: Draft,
) -> Result<Value, GraphError> {
    let (state, now, settings) = (call.state, call.state.now(), call.state.settings());
    let mut book = state.book();
    let (input, digits) = match to {
        To::Number(input) => (input.clone(), people::digits(input)),
        To::UserId(input) | To::Nobody(input) => (input.clone(), None),
    };
    if let Some(digits) = &digits {
        // 131021 is documented for it; people got 100 (gabrieldwight 106).
        if *digits == phone.digits {
            return Err(problem::invalid("The recipient is the sender."));
        }
        if waba.test && !waba.allowed.iter().any(|known| people::wa_id(known) == people::wa_id(digits)) {
            return Err(problem::coded(131_030, "The number is not among the recipients of the test account."));
        }
        if settings.strangers && book.by_number(digits).is_none() {
            book.add_person(digits, digits);
        }
    }
    let person = match to {
        To::Number(_) => digits.as_ref().and_then(|digits| book.by_number(digits)),
        To::UserId(id) => book.by_user_id(id, &waba.business),
        To::Nobody(_) => None,
    };
    let person = person.cloned();
    let context = match nested(call.params, "context")? {
        Some(context) => {
            let id = context["message_id"].as_str().unwrap_or_default();
            let known = book.message(id).filter(|message| message.phone == phone.id);
            Some(known.ok_or_else(|| problem::value("The message of the context is unknown."))?.id.clone())
        }
        None => None,
    };
    let thread = person.as_ref().map(|person| book.thread(&phone.id, &person.word)).unwrap_or_default();
    let is_open = thread.wrote_at.is_some_and(|at| at + WINDOW > now);
    if !is_open && draft.template.is_none() && settings.window_at_once {
        return Err(problem::coded(131_047, problem::details(131_047)));
    }
    if !state.core.spend(&THROUGHPUT, &phone.id, 1).allowed {
        return Err(problem::coded(130_429, "The number sends more messages in a second than it may."));
    }
    if let Some(person) = &person {
        let most = state.core.knobs().rate_limit("pair", PAIR_BURST);
        let even = thread.even_at.filter(|at| *at > now).unwrap_or(now);
        if even > now + PAIR_GAP * most.saturating_sub(1) {
            return Err(problem::coded(131_056, "This number wrote too much to this person; wait a while."));
        }
        let thread = book.thread_mut(&phone.id, &person.word);
        thread.even_at = Some(even + PAIR_GAP);
        if digits.is_some() {
            thread.by_number_at = Some(now);
        }
    }
    let fails =
        failure(&mut book, &settings, waba, digits.as_deref(), person.as_ref(), &thread, is_open, &draft, now, call);
    let id = book.wamid(&person.as_ref().map_or_else(|| input.clone(), |person| person.wa_id()), &*state.core.random);
    let contact = match to {
        To::Number(_) => {
            let known = person.as_ref().map(|person| person.wa_id());
            json!({ "input": input, "wa_id": known.unwrap_or_else(|| people::wa_id(&digits.unwrap_or_default())) })
        }
        To::UserId(_) | To::Nobody(_) => json!({ "input": input, "user_id": input }),
    };
    let mut shown = json!({ "id": id });
    let held = draft.template.is_some() && settings.message_status != "accepted";
    if draft.template.is_some() {
        shown["message_status"] = json!(settings.message_status);
    }
    let reacts_to = (kind == "reaction").then(|| content["message_id"].as_str().unwrap_or_default().to_owned());
    let message = Message {
        id: id.clone(),
        phone: phone.id.clone(),
        person: person.as_ref().map(|person| person.word.clone()),
        out: true,
        at: now,
        ends_at: now + draft.template.as_ref().map_or(PATIENCE, Template::patience),
        kind: kind.to_owned(),
        text: draft.text,
        content,
        file: draft.file,
        buttons: draft.buttons,
        template: draft.template.map(|template| (template.id, template.category)),
        context: context.or(reacts_to),
        data: call.params.get("biz_opaque_callback_data").map(str::to_owned),
        input,
        by_user_id: matches!(to, To::UserId(_)),
        events: Vec::new(),
        waits: false,
        price: None,
        seen: false,
        reaction: None,
        digest: call.digest.to_string(),
    };
    book.messages.push(message);
    if !held && !matches!(to, To::Nobody(_)) {
        let at = now + Duration::from_millis(settings.sent_after_ms);
        let status = if fails.is_some() { Status::Failed } else { Status::Sent };
        book.plans.push(Plan { at, message: id, status, error: fails });
    }
    Ok(json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [shown] }))
}

/// Why an accepted message will fail.
#[expect(clippy::too_many_arguments, reason = "everything that stands between a message and its recipient")]
fn failure(
    book: &mut Book,
    settings: &Settings,
    waba: &Waba,
    digits: Option<&str>,
    person: Option<&people::Person>,
    thread: &super::model::Thread,
    is_open: bool,
    draft: &Draft,
    now: Timestamp,
    call: &Call<'_>,
) -> Option<(i64, String)> {
    let told = |code: i64| Some((code, problem::details(code).to_owned()));
    let by_knob = digits.and_then(|digits| settings.fail.get(digits)).or_else(|| settings.fail.get("*"));
    if let Some(code) = by_knob {
        return told(*code);
    }
    if let Some(late) = &draft.late {
        return Some(late.clone());
    }
    let Some(person) = person.filter(|_| !thread.blocked) else { return told(131_026) };
    let Some(template) = &draft.template else { return if is_open { None } else { told(131_047) } };
    if template.category == "MARKETING" {
        if person.no_marketing.contains(&waba.business) {
            return told(131_050);
        }
        // Nobody in the United States gets them since April 2025.
        if person.country == "US" {
            return told(131_049);
        }
    }
    if is_open {
        return None;
    }
    let business = book.businesses.get_mut(&waba.business)?;
    business.reached.retain(|_, at| *at + DAY > now);
    let most = call.state.core.knobs().rate_limit("tier", business.tier.most()) as usize;
    if !business.reached.contains_key(&person.word) && business.reached.len() >= most {
        return Some((settings.tier_code, "The business reached as many people in 24 hours as it may.".into()));
    }
    business.reached.insert(person.word.clone(), now);
    None
}

/// Marks a person's message as read, and with `typing_indicator` shows that an answer is on its way.
fn mark_read(call: &Call<'_>, phone: &Phone) -> Result<Value, GraphError> {
    if call.params.get("status") != Some("read") {
        return Err(KIND.one_of("status", "read"));
    }
    let id = KIND.need(call.params, "message_id")?;
    let typing = nested(call.params, "typing_indicator")?.is_some();
    let now = call.state.now();
    let mut book = call.state.book();
    let found = book.message_mut(id).filter(|message| message.phone == phone.id && !message.out);
    let Some(message) = found else { return Err(problem::invalid("The message is unknown, or was not received.")) };
    message.seen = true;
    let (person, at) = (message.person.clone().unwrap_or_default(), message.at);
    // Everything before it is read too.
    let before = |one: &&mut Message| one.phone == phone.id && one.person.as_ref() == Some(&person) && one.at <= at;
    book.messages.iter_mut().filter(|one| !one.out).filter(before).for_each(|one| one.seen = true);
    if typing {
        book.thread_mut(&phone.id, &person).typing_at = Some(now);
    }
    Ok(json!({ "success": true }))
}

/// How long the sign is shown that an answer is on its way.
pub const TYPING: Duration = Duration::from_secs(25);
