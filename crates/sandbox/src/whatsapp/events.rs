//! Webhooks: who hears of what, what is said, and how it is sent: signed, again if it failed, and late, twice or never if the
//! knobs say so.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use base::Timestamp;
use http::Method;
use serde_json::{Value, json};
use url::Url;

use super::{
    PRODUCT, State, accounts,
    calls::Call,
    model::{Book, Delivery, Message, Override, Phone, Plan, Status, Subscription, user_id},
    people::Person,
    phones, problem,
    problem::KIND,
    settings::Settings,
    templates::Template,
};
use crate::meta::{error::GraphError, hooks, strikes};

/// How often it is looked whether something is due, in real time.
const EVERY: Duration = Duration::from_millis(40);
/// How long a webhook is tried.
const TRIED: Duration = Duration::from_secs(7 * 24 * 3_600);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// How long a number is told after the business reached the person by it.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Fields of an account that an app can hear of.
const FIELDS: [&str; 20] = [
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "business_capability_update",
    "business_username_update",
    "account_update",
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "user_preferences",
    "security",
    "message_echoes",
    "smb_message_echoes",
    "history",
    "flows",
    "tracking_events",
];

/// `/{app}/subscriptions`: where the app hears, and of what. The address is asked first whether it is the app's.
///
/// # Errors
/// If it is not called with the app's token, or the address does not answer as it should.
pub async fn of_app(call: &Call<'_>, method: &Method, app: &str) -> Result<Value, GraphError> {
    if call.who.is_some() || app != PRODUCT.id {
        let what = "This method must be called with an app access_token.";
        return Err(GraphError::new(KIND.0, 15, format!("(#15) {what}")));
    }
    let params = call.params;
    if *method == Method::GET {
        let book = call.state.book();
        let shape = |known: &Subscription| {
            let fields: Vec<Value> =
                known.fields.iter().map(|name| json!({ "name": name, "version": "v26.0" })).collect();
            json!({
                "object": "whatsapp_business_account", "callback_url": known.callback_url, "active": true,
                "fields": fields,
            })
        };
        return Ok(json!({ "data": book.subscription.iter().map(shape).collect::<Vec<_>>() }));
    }
    if *method == Method::DELETE {
        call.state.book().subscription = None;
        return Ok(json!({ "success": true }));
    }
    if KIND.need(params, "object")? != "whatsapp_business_account" {
        return Err(KIND.one_of("object", "whatsapp_business_account"));
    }
    let fields: Vec<String> = KIND.need(params, "fields")?.split(',').map(|name| name.trim().to_owned()).collect();
    if !fields.iter().all(|name| FIELDS.contains(&name.as_str())) {
        return Err(KIND.one_of("fields", &FIELDS.join(", ")));
    }
    let (url, word) = (KIND.need(params, "callback_url")?, KIND.need(params, "verify_token")?);
    let challenge = format!("11{}", call.state.now().as_seconds());
    if let Err(why) = hooks::verify(&call.state.http, url, word, &challenge).await {
        let what = "Callback verification failed with the following errors:";
        return Err(GraphError::new(KIND.0, 2_200, format!("(#2200) {what} {why}")));
    }
    call.state.book().subscription = Some(Subscription { callback_url: url.to_owned(), fields });
    Ok(json!({ "success": true }))
}

/// `/{waba}/subscribed_apps`: whether the app hears of the account, and where. Said again without an address, it hears at
/// its own again.
///
/// # Errors
/// If the account is another's, or the address does not answer as it should.
pub async fn of_account(call: &Call<'_>, method: &Method, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let id = call.waba(&call.state.book(), "get", waba)?.id.clone();
    let change = match *method {
        Method::POST => {
            let of = |name: &str| json!(call.params.get(name).unwrap_or_default());
            let address = phones::overriding(call, &of("override_callback_uri"), &of("verify_token")).await?;
            Some((true, address))
        }
        Method::DELETE => Some((false, None)),
        _ => None,
    };
    let mut book = call.state.book();
    let Some(waba) = book.wabas.get_mut(&id) else { return Err(KIND.no_object("get", &id)) };
    let Some((subscribed, address)) = change else { return Ok(json!({ "data": accounts::subscribed(waba) })) };
    (waba.subscribed, waba.address) = (subscribed, address);
    Ok(json!({ "success": true }))
}

/// What stands in `metadata`.
fn metadata(phone: &Phone) -> Value {
    json!({ "display_phone_number": phone.digits, "phone_number_id": phone.id })
}

/// Whether the business may see the person's number.
fn is_known(book: &Book, phone: &str, person: &Person, now: Timestamp) -> bool {
    let reached = book.thread(phone, &person.word).by_number_at;
    !person.hides_number || reached.is_some_and(|at| at + KNOWN_FOR > now)
}

fn contact(person: &Person, business: &str, known: bool, with_username: bool) -> Value {
    let mut contact = json!({ "profile": { "name": person.name }, "user_id": user_id(person, business) });
    if known {
        contact["wa_id"] = json!(person.wa_id());
    }
    if let (true, Some(username)) = (with_username, &person.username) {
        contact["profile"]["username"] = json!(format!("@{username}"));
    }
    contact
}

/// Something happened to a message.
pub fn of_status(state: &State, book: &mut Book, settings: &Settings, message: &Message, plan: &Plan) {
    let Some(phone) = book.phones.get(&message.phone).cloned() else { return };
    let business = book.business_of(&phone.id).map(|one| one.id.clone()).unwrap_or_default();
    let person = message.person.as_ref().and_then(|word| book.people.get(word)).cloned();
    let known = person.as_ref().is_some_and(|one| is_known(book, &phone.id, one, plan.at));
    let mut status = json!({
        "id": message.id, "status": plan.status.as_str(), "timestamp": plan.at.as_seconds().to_string(),
    });
    let mut value = json!({ "messaging_product": "whatsapp", "metadata": metadata(&phone) });
    if let Some(person) = &person {
        if known {
            status["recipient_id"] = json!(person.wa_id());
        }
        status["recipient_user_id"] = json!(user_id(person, &business));
        // Failures name nobody.
        if plan.status != Status::Failed {
            value["contacts"] = json!([contact(person, &business, known, plan.status != Status::Sent)]);
        }
    } else if !message.by_user_id {
        let digits = super::people::digits(&message.input).unwrap_or_default();
        status["recipient_id"] = json!(super::people::wa_id(&digits));
    }
    if let Some(data) = &message.data {
        status["biz_opaque_callback_data"] = json!(data);
    }
    if let Some((code, details)) = &plan.error {
        status["errors"] = json!([problem::told(*code, details)]);
    }
    // The price stands in the first status and in one of the next two.
    let first_after_sent = plan.status == Status::Delivered || !message.has(Status::Delivered);
    if let (Some((kind, category)), true) =
        (&message.price, plan.status == Status::Sent || (plan.status != Status::Failed && first_after_sent))
    {
        let mut price = json!({ "pricing_model": "PMP", "type": kind, "category": category });
        if !settings.no_billable {
            price["billable"] = json!(kind == "regular");
        }
        status["pricing"] = price;
        if settings.conversations || kind == "free_entry_point" {
            let until = (plan.at + super::messages::WINDOW).as_seconds().to_string();
            status["conversation"] = json!({
                "id": format!("{:x}", message.at.as_micros()), "origin": { "type": category },
                "expiration_timestamp": until,
            });
        }
    }
    value["statuses"] = json!([status]);
    let about = Some((message.id.clone(), plan.status));
    queue(state, book, settings, &phone.waba, Some(&phone), "messages", value, about);
}

/// A person wrote.
pub fn of_message(state: &State, book: &mut Book, message: &Message) {
    let settings = state.settings();
    let Some(phone) = book.phones.get(&message.phone).cloned() else { return };
    let person = message.person.as_ref().and_then(|word| book.people.get(word)).cloned();
    let Some(person) = person else { return };
    let business = book.business_of(&phone.id).map(|one| one.id.clone()).unwrap_or_default();
    let known = is_known(book, &phone.id, &person, message.at);
    let mut told = json!({
        "from_user_id": user_id(&person, &business), "id": message.id,
        "timestamp": message.at.as_seconds().to_string(), "type": message.kind,
    });
    told[message.kind.as_str()] = message.content.clone();
    if known {
        told["from"] = json!(person.wa_id());
    }
    if let Some(context) = message.context.as_ref().filter(|_| message.kind != "reaction") {
        told["context"] = json!({ "from": phone.digits, "id": context });
    }
    let value = json!({
        "messaging_product": "whatsapp", "metadata": metadata(&phone),
        "contacts": [contact(&person, &business, known, true)], "messages": [told],
    });
    queue(state, book, &settings, &phone.waba, Some(&phone), "messages", value, None);
}

/// A person has another number, and with it another id. The message of the system has no contacts.
pub fn of_new_number(state: &State, book: &mut Book, phone: &Phone, before: &Person, person: &Person) {
    let settings = state.settings();
    let business = book.business_of(&phone.id).map(|one| one.id.clone()).unwrap_or_default();
    let id = book.wamid(&person.wa_id(), &*state.core.random);
    let body = format!("User {} changed from {} to {}", person.name, before.wa_id(), person.wa_id());
    let system = json!({
        "body": body, "type": "user_changed_number", "wa_id": person.wa_id(), "user_id": user_id(person, &business),
        "previous_user_id": user_id(before, &business),
    });
    let told = json!({
        "from": before.wa_id(), "from_user_id": user_id(before, &business), "id": id,
        "timestamp": state.now().as_seconds().to_string(), "type": "system", "system": system,
    });
    let value = json!({ "messaging_product": "whatsapp", "metadata": metadata(phone), "messages": [told] });
    queue(state, book, &settings, &phone.waba, Some(phone), "messages", value, None);
}

/// A person does not want marketing any more, or wants it again.
pub fn of_preference(state: &State, book: &mut Book, phone: &Phone, person: &Person, stops: bool) {
    let business = book.business_of(&phone.id).map(|one| one.id.clone()).unwrap_or_default();
    let now = state.now();
    let known = is_known(book, &phone.id, person, now);
    let word = if stops { "stop" } else { "resume" };
    let mut preference = json!({
        "user_id": user_id(person, &business), "category": "marketing_messages", "value": word,
        "detail": format!("User requested to {word} marketing messages"), "timestamp": now.as_seconds(),
    });
    if known {
        preference["wa_id"] = json!(person.wa_id());
    }
    let value = json!({
        "messaging_product": "whatsapp", "metadata": metadata(phone),
        "contacts": [contact(person, &business, known, true)], "user_preferences": [preference],
    });
    of_waba(state, book, &phone.waba, "user_preferences", value);
}

/// A template has another status. Ids are numbers here, and languages have a hyphen.
pub fn of_template(state: &State, book: &mut Book, template: &Template, event: &str, reason: Option<&str>) {
    let mut value = json!({
        "event": event, "message_template_id": template.id, "message_template_name": template.name,
        "message_template_language": template.language.replace('_', "-"), "reason": reason.unwrap_or("NONE"),
        "message_template_category": template.category,
    });
    match event {
        "REJECTED" => {
            value["rejection_info"] = json!({
                "reason": "The format of the template does not fit its category.",
                "recommendation": "Change the text and submit the template again.",
            });
        }
        "DISABLED" => {
            let day = state.now().to_jiff().strftime("%d %B %Y").to_string();
            value["disable_info"] = json!({ "disable_date": day });
        }
        "PAUSED" => {
            let title = if template.pauses > 1 { "SECOND_PAUSE" } else { "FIRST_PAUSE" };
            value["other_info"] =
                json!({ "title": title, "description": "People did not like messages of this template." });
        }
        _ => {}
    }
    of_waba(state, book, &template.waba.clone(), "message_template_status_update", value);
}

/// The network found that a template belongs to another category.
pub fn of_category(state: &State, book: &mut Book, template: &Template) {
    let value = json!({
        "message_template_id": template.id, "message_template_name": template.name,
        "message_template_language": template.language.replace('_', "-"),
        "previous_category": template.previous_category, "new_category": template.category,
    });
    of_waba(state, book, &template.waba.clone(), "template_category_update", value);
}

/// Anything else about an account.
pub fn of_waba(state: &State, book: &mut Book, waba: &str, field: &str, value: Value) {
    queue(state, book, &state.settings(), waba, None, field, value, None);
}

/// Puts a webhook into the queue, if the app hears of such things.
#[expect(clippy::too_many_arguments, reason = "one place at which every webhook is queued")]
fn queue(
    state: &State,
    book: &mut Book,
    settings: &Settings,
    waba: &str,
    phone: Option<&Phone>,
    field: &str,
    value: Value,
    about: Option<(String, Status)>,
) {
    let Some(account) = book.wabas.get(waba).filter(|waba| waba.subscribed) else { return };
    let is_message = field == "messages";
    let own = phone.and_then(|phone| phone.address.as_ref()).or(account.address.as_ref()).filter(|_| is_message);
    let app = book.subscription.as_ref().filter(|known| known.fields.iter().any(|known| known == field));
    let address = own.cloned().map(|Override { url, .. }| (url, None));
    let address = address.or_else(|| app.map(|known| (known.callback_url.clone(), None)));
    let by_knob = || settings.webhook_url.clone().map(|url| (url, settings.webhook_word.clone()));
    let Some((url, word)) = address.or_else(by_knob) else { return };
    let now = state.now();
    let random = &*state.core.random;
    let status = about.as_ref().map(|(_, status)| status.as_str());
    let is_named = |list: &[String]| status.is_some_and(|status| list.iter().any(|name| name == status));
    if is_named(&settings.lost) || strikes(settings.lost_one_in, random) {
        return;
    }
    let late = is_named(&settings.late) || strikes(settings.late_one_in, random);
    let times = if strikes(settings.twice_one_in, random) { 2 } else { 1 };
    let mut entry = json!({ "id": waba, "changes": [{ "value": value, "field": field }] });
    if !is_message {
        entry["time"] = json!(now.as_seconds());
    }
    let due = if late { now + Duration::from_millis(settings.late_ms) } else { now };
    for _ in 0..times {
        let delivery = Delivery {
            id: book.fresh(0),
            url: url.clone(),
            word: word.clone(),
            event: json!({ "object": "whatsapp_business_account", "entry": [entry] }),
            due,
            first: now,
            tries: 0,
            about: about.clone(),
        };
        book.queue.push(delivery);
    }
}

/// Sends what is due, one after the other, for as long as the network lives. What happens by itself (reviews, statuses)
/// happens here too, when nobody calls.
pub async fn work(state: Weak<State>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(state) = state.upgrade() else { return };
        for delivery in due(&state) {
            send(&state, delivery).await;
        }
    }
}

/// What is due, in the order in which it happened. Each is tried again later, should this process end meanwhile.
fn due(state: &Arc<State>) -> Vec<Delivery> {
    let (now, mut book) = (state.now(), state.book());
    if !book.queue.iter().any(|one| one.due <= now) {
        return Vec::new();
    }
    let first = Duration::from_millis(state.settings().retry_after_ms.max(1));
    let mut due = Vec::new();
    for one in book.queue.iter_mut().filter(|one| one.due <= now) {
        due.push(one.clone());
        one.tries += 1;
        one.due = now + first.saturating_mul(1 << (one.tries - 1).min(20)).min(LONGEST_PAUSE);
    }
    due.sort_by_key(|one| (one.due, one.id));
    due
}

async fn send(state: &Arc<State>, delivery: Delivery) {
    let Ok(url) = Url::parse(&delivery.url) else { return };
    let may = match &delivery.word {
        Some(word) => state.answered.permits(&state.http, &url, word).await,
        None => true,
    };
    let arrived = may && hooks::post(&state.http, &url, PRODUCT, &delivery.event).await;
    let mut book = state.book();
    let over = delivery.first + TRIED <= state.now();
    if arrived || over {
        book.queue.retain(|one| one.id != delivery.id);
    }
    let told = match (arrived, over) {
        (true, _) => "DELIVERED",
        (false, true) => "FAILED",
        _ => "RETRYING",
    };
    if let Some((message, status)) = &delivery.about
        && let Some(message) = book.message_mut(message)
    {
        message.events.iter_mut().filter(|event| event.status == *status).for_each(|event| event.told = told.into());
    }
    state.core.touch();
}
