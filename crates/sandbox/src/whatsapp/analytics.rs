//! What was sent and what it cost: `message_history`, analytics of accounts and templates.

use std::{collections::BTreeMap, time::Duration};

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    PRODUCT,
    calls::Call,
    model::{Book, Happened, Message, Status, Waba},
    people, problem,
    problem::KIND,
    templates::nested,
};
use crate::meta::{error::GraphError, fields, fields::Field, paging::Page, read_time};

const DAY: u64 = 24 * 3_600;

/// The id of a message in the history is another than its own.
fn history_id(at: usize) -> String {
    format!("9{at:014}")
}

fn all_of<'a>(book: &'a Book, phone: &'a str) -> impl Iterator<Item = (usize, &'a Message)> {
    book.messages.iter().enumerate().filter(move |(_, message)| message.out && message.phone == phone)
}

fn word(status: Status) -> String {
    status.as_str().to_uppercase()
}

/// `GET /{phone}/message_history`: messages with what became of them, newest first. Neither recipient nor the app's own
/// data stand in it.
///
/// # Errors
/// If the number is another's, or the account has no history.
pub fn history(call: &Call<'_>, phone: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    if call.state.settings().no_message_history {
        return Err(KIND.invalid("(#100) Tried accessing nonexisting field (message_history)"));
    }
    let book = call.state.book();
    let phone = &call.phone(&book, "get", phone)?.id;
    let page = Page::of(call.params, KIND, 25, 100)?;
    let asked = fields::read(call.params.get("fields").unwrap_or("id,message_id"));
    let asked = asked.ok_or_else(|| KIND.invalid("(#100) Param fields does not read"))?;
    let wanted = call.params.get("message_id");
    let found: Vec<(usize, &Message)> = all_of(&book, phone)
        .filter(|(_, message)| wanted.is_none_or(|id| message.id == id))
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    page.cut(found, |(at, _)| history_id(*at), &call.address, call.params).answer(|(at, message)| {
        let shown = fields::select(&asked, &["id", "message_id", "events"], &mut |field| {
            Ok(Some(match field.name.as_str() {
                "id" => json!(history_id(at)),
                "message_id" => json!(message.id),
                _ => {
                    let events = message.events.iter().enumerate();
                    let events = events.map(|(nth, event)| fields::cut(&brief(at, nth, event), field));
                    json!({ "data": events.collect::<Vec<_>>() })
                }
            }))
        });
        shown.map_err(|name| KIND.no_field(&name))
    })
}

fn brief(at: usize, nth: usize, event: &Happened) -> Value {
    let mut shown = json!({
        "id": format!("{}{nth}", history_id(at)), "delivery_status": word(event.status),
        "timestamp": event.at.as_seconds(), "webhook_update_state": event.told, "application": { "id": PRODUCT.id },
    });
    if let Some((code, _)) = &event.error {
        shown["error_description"] = json!(problem::title(*code));
    }
    shown
}

/// `GET /{history}/events`.
///
/// # Errors
/// If there is no such entry for the caller.
pub fn events(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let book = call.state.book();
    let at = id.strip_prefix('9').filter(|rest| rest.len() == 14).and_then(|rest| rest.parse::<usize>().ok());
    let message = at.and_then(|at| book.messages.get(at)).filter(|one| call.phone(&book, "get", &one.phone).is_ok());
    let (Some(message), Some(at)) = (message, at) else { return Err(KIND.no_object("get", id)) };
    let page = Page::of(call.params, KIND, 25, 100)?;
    let wanted = call.params.get("status_filter");
    let found: Vec<(usize, &Happened)> = message.events.iter().enumerate().collect();
    let found = found.into_iter().filter(|(_, event)| wanted.is_none_or(|one| one == word(event.status))).collect();
    page.cut(found, |(nth, _)| nth.to_string(), &call.address, call.params).answer(|(nth, event)| {
        let mut node = brief(at, nth, event);
        for name in ["occurrence_timestamp", "status_timestamp"] {
            node[name] = json!(event.at.as_seconds());
        }
        Ok(json!({ "cursor": nth.to_string(), "node": node }))
    })
}

/// A time span in steps, as the parameters of an analytics field say it.
struct Span {
    from: i64,
    until: i64,
    step: i64,
}

impl Span {
    fn of(get: impl Fn(&str) -> Option<String>, month: bool) -> Option<Self> {
        let time = |name: &str| get(name).and_then(|text| read_time(&text)).map(Timestamp::as_seconds);
        let step = match get("granularity")?.as_str() {
            "HALF_HOUR" => 1_800,
            "DAY" | "DAILY" => DAY as i64,
            "MONTH" | "MONTHLY" if month => 30 * DAY as i64,
            _ => return None,
        };
        Some(Self { from: time("start")?, until: time("end")?, step })
    }

    /// The step in which a time lies.
    fn step_of(&self, at: Timestamp) -> Option<i64> {
        let at = at.as_seconds();
        (self.from..self.until).contains(&at).then(|| self.from + (at - self.from) / self.step * self.step)
    }
}

fn option(field: &Field, name: &str) -> Option<String> {
    field.more.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// The words of a list in an analytics field; everything if it is empty.
fn list(field: &Field, name: &str) -> Vec<String> {
    let text = option(field, name).unwrap_or_default();
    let bare = text.trim_matches(['[', ']']).split(',').map(|word| word.trim().trim_matches(['"', '\'']).to_owned());
    bare.filter(|word| !word.is_empty()).collect()
}

/// `analytics` of an account: how many messages were sent and delivered.
pub fn sent(book: &Book, waba: &Waba, field: &Field) -> Value {
    let Some(span) = Span::of(|name| option(field, name), true) else { return Value::Null };
    let numbers = list(field, "phone_numbers");
    let mut steps: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for phone in book.phones_of(&waba.id).filter(|one| numbers.is_empty() || numbers.contains(&one.digits)) {
        for (_, message) in all_of(book, &phone.id) {
            let Some(step) = span.step_of(message.at) else { continue };
            let counts = steps.entry(step).or_default();
            counts.0 += u64::from(message.has(Status::Sent));
            counts.1 += u64::from(message.has(Status::Delivered));
        }
    }
    let points = steps.into_iter().map(|(start, (sent, delivered))| {
        json!({ "start": start, "end": start + span.step, "sent": sent, "delivered": delivered })
    });
    json!({
        "phone_numbers": book.phones_of(&waba.id).map(|phone| phone.digits.clone()).collect::<Vec<_>>(),
        "granularity": option(field, "granularity"), "data_points": points.collect::<Vec<_>>(),
    })
}

/// What a delivered message costs, in cents. Not a price of the network, whose rates are a table by country: round numbers,
/// so that sums are easily checked.
fn cents(category: &str) -> u64 {
    match category {
        "marketing" => 5,
        "authentication" => 3,
        _ => 2,
    }
}

/// `pricing_analytics` of an account: how many messages were delivered at which price.
///
/// # Errors
/// 100 if times or granularity are missing.
pub fn prices(book: &Book, waba: &Waba, field: &Field) -> Result<Value, GraphError> {
    let span = Span::of(|name| option(field, name), true)
        .ok_or_else(|| KIND.invalid("(#100) pricing_analytics needs start, end and granularity"))?;
    let dimensions = list(field, "dimensions");
    let (kinds, categories) = (list(field, "pricing_types"), list(field, "pricing_categories"));
    let (numbers, countries) = (list(field, "phone_numbers"), list(field, "country_codes"));
    let mut sums: BTreeMap<(i64, [String; 4]), (u64, u64)> = BTreeMap::new();
    for phone in book.phones_of(&waba.id) {
        for (_, message) in all_of(book, &phone.id).filter(|(_, message)| message.has(Status::Delivered)) {
            let (Some(step), Some((kind, category))) = (span.step_of(message.at), &message.price) else { continue };
            let person = message.person.as_ref().and_then(|word| book.people.get(word));
            let country = person.map_or("ZZ", |person| people::country(&person.digits)).to_owned();
            let row = [
                ("COUNTRY", country, &countries),
                ("PHONE", phone.digits.clone(), &numbers),
                ("PRICING_TYPE", kind.to_uppercase(), &kinds),
                ("PRICING_CATEGORY", category.to_uppercase(), &categories),
            ];
            if row.iter().any(|(_, value, wanted)| !wanted.is_empty() && !wanted.contains(value)) {
                continue;
            }
            let is_told = |name: &str| dimensions.iter().any(|told| told == name);
            let key = row.map(|(name, value, _)| if is_told(name) { value } else { String::new() });
            let sum = sums.entry((step, key)).or_default();
            sum.0 += 1;
            sum.1 += if kind == "regular" { cents(category) } else { 0 };
        }
    }
    let points = sums.into_iter().map(|((start, key), (volume, cents))| {
        let mut point =
            json!({ "start": start, "end": start + span.step, "volume": volume, "cost": cents as f64 / 100.0 });
        let names = ["country", "phone_number", "pricing_type", "pricing_category"];
        for (name, value) in names.into_iter().zip(key).filter(|(_, value)| !value.is_empty()) {
            point[name] = json!(value);
        }
        point
    });
    Ok(json!({ "data": [{ "data_points": points.collect::<Vec<_>>() }] }))
}

/// `GET /{waba}/template_analytics`: by template and day, once it was switched on.
///
/// # Errors
/// If it was not, or a parameter is wrong.
pub fn of_templates(call: &Call<'_>, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let book = call.state.book();
    let waba = call.waba(&book, "get", waba)?.clone();
    if !waba.insights {
        return Err(KIND.invalid("(#100) Template analytics are not switched on for this account"));
    }
    let span = Span::of(|name| call.params.get(name).map(str::to_owned), false);
    let span = span.ok_or_else(|| KIND.invalid("(#100) start, end and granularity=DAILY are required"))?;
    let look_back = Duration::from_secs(90 * DAY);
    if Timestamp::from_seconds(span.from) < call.state.now() - look_back {
        return Err(KIND.param("start", "is more than 90 days ago"));
    }
    let ids = nested(call.params, "template_ids")?.unwrap_or_default();
    let ids: Vec<u64> = ids
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()))
        .collect();
    if !(1..=10).contains(&ids.len()) {
        return Err(KIND.param("template_ids", "names one to ten templates"));
    }
    let mut points = Vec::new();
    for id in ids {
        let mut days: BTreeMap<i64, [u64; 4]> = BTreeMap::new();
        for phone in book.phones_of(&waba.id) {
            for (_, message) in all_of(&book, &phone.id) {
                let Some((template, category)) = &message.template else { continue };
                let Some(day) = span.step_of(message.at).filter(|_| *template == id) else { continue };
                let counts = days.entry(day).or_default();
                for (at, status) in [Status::Sent, Status::Delivered, Status::Read].into_iter().enumerate() {
                    counts[at] += u64::from(message.has(status));
                }
                let charged = message.price.as_ref().is_some_and(|(kind, _)| kind == "regular");
                let cost = cents(&category.to_lowercase());
                counts[3] += if charged && message.has(Status::Delivered) { cost } else { 0 };
            }
        }
        points.extend(days.into_iter().map(|(start, [sent, delivered, read, cents])| {
            json!({
                "template_id": id.to_string(), "start": start, "end": start + span.step, "sent": sent,
                "delivered": delivered, "read": read, "clicked": [],
                "cost": [{ "type": "amount_spent", "value": cents as f64 / 100.0 }],
            })
        }));
    }
    Ok(json!({ "data": [{ "granularity": "DAILY", "product_type": "cloud_api", "data_points": points }] }))
}
