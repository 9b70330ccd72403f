//! What becomes of a message after it was accepted: it leaves, arrives, is read, or fails.

use std::time::Duration;

use base::Timestamp;
use serde_json::json;

use super::{
    State, events,
    messages::WINDOW,
    model::{Book, Does, Happened, Message, Plan, Status},
    settings::Settings,
    templates,
};
use crate::{Action, NewEntry};

/// Messages without a template that cost nothing, by number and month.
const FREE: u32 = 1_000;
/// Since when they are counted, and utility templates inside a window are charged: 2026-10-01.
const CHARGED_SINCE: Timestamp = Timestamp::from_seconds(1_790_812_800);

/// Lets happen what is due.
pub fn settle(state: &State, book: &mut Book) {
    let now = state.now();
    let over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    let reviews = book.templates.values().any(|template| over(template.due));
    if !reviews && !book.plans.iter().any(|plan| plan.at <= now) {
        return;
    }
    let settings = state.settings();
    templates::settle(state, book, &settings, now);
    // What happens plans what happens next, which may be due as well.
    loop {
        let due = book.plans.iter().enumerate().filter(|(_, plan)| plan.at <= now);
        let Some(next) = due.min_by_key(|(_, plan)| plan.at).map(|(at, _)| at) else { return };
        let plan = book.plans.remove(next);
        carry_out(state, book, &settings, plan);
    }
}

fn carry_out(state: &State, book: &mut Book, settings: &Settings, plan: Plan) {
    let Some(message) = book.message(&plan.message).cloned() else { return };
    let later = |ms: u64, status: Status| Plan {
        at: plan.at + Duration::from_millis(ms),
        message: plan.message.clone(),
        status,
        error: None,
    };
    match plan.status {
        Status::Sent => {
            let price = price(state, book, &message);
            if let Some(message) = book.message_mut(&plan.message) {
                message.price = Some(price);
            }
            happen(state, book, settings, &plan);
            book.plans.push(later(settings.delivered_after_ms, Status::Delivered));
        }
        // Given up; no webhook says so.
        Status::Delivered if message.ends_at <= plan.at => {}
        Status::Delivered => {
            let is_off = message.person.as_ref().and_then(|word| book.people.get(word)).is_some_and(|one| one.off);
            if is_off {
                if let Some(message) = book.message_mut(&plan.message) {
                    message.waits = true;
                }
                return;
            }
            arrive(state, book, &message);
            happen(state, book, settings, &plan);
            if let Some(ms) = settings.read_after_ms {
                book.plans.push(later(ms, Status::Read));
            }
        }
        Status::Read if message.has(Status::Read) => {}
        Status::Read => {
            let person = message.person.as_ref().and_then(|word| book.people.get(word));
            if person.is_some_and(|person| !person.no_receipts) {
                happen(state, book, settings, &plan);
            }
        }
        Status::Failed => happen(state, book, settings, &plan),
    }
}

fn happen(state: &State, book: &mut Book, settings: &Settings, plan: &Plan) {
    let happened = Happened { status: plan.status, at: plan.at, error: plan.error.clone(), told: "PENDING".to_owned() };
    if let Some(message) = book.message_mut(&plan.message) {
        message.events.push(happened);
    }
    if let Some(message) = book.message(&plan.message).cloned() {
        events::of_status(state, book, settings, &message, plan);
    }
}

/// The message is on the phone: what people see is written down.
fn arrive(state: &State, book: &mut Book, message: &Message) {
    if let Some(message) = book.message_mut(&message.id) {
        message.waits = false;
    }
    if message.kind == "reaction" {
        let (target, emoji) = (message.context.clone().unwrap_or_default(), message.text.clone());
        if let Some(target) = book.message_mut(&target) {
            target.reaction = Some(emoji).filter(|emoji| !emoji.is_empty());
        }
    }
    state.core.record(NewEntry {
        account: book.phones.get(&message.phone).map(|phone| phone.displayed()).unwrap_or_default(),
        action: Action::Created,
        kind: message.kind.clone(),
        remote_id: message.id.clone(),
        text: message.text.clone(),
        media_count: usize::from(message.file.is_some()),
        parent: message.context.clone(),
        client_id: message.data.clone(),
        request_digest: message.digest.clone(),
    });
}

/// Type and category of the price. A template is charged by its category; the rest is free for the first thousand of a
/// month, and so is everything after an advertisement for a while.
fn price(state: &State, book: &mut Book, message: &Message) -> (String, String) {
    let person = message.person.clone().unwrap_or_default();
    let thread = book.thread(&message.phone, &person);
    let category = message.template.as_ref().map(|(_, category)| category.to_lowercase());
    let said = |kind: &str, category: &str| (kind.to_owned(), category.to_owned());
    if thread.free_until.is_some_and(|until| until > message.at) {
        return said("free_entry_point", category.as_deref().unwrap_or("referral_conversion"));
    }
    let is_open = thread.wrote_at.is_some_and(|at| at + WINDOW > message.at);
    let charged = message.at >= CHARGED_SINCE;
    match category.as_deref() {
        Some("utility") if is_open && !charged => said("free_customer_service", "utility"),
        Some(category) => said("regular", category),
        None => {
            // Months are those of the account's time zone, which is UTC here.
            let month = message.at.to_jiff().strftime("%Y-%m").to_string();
            let most = state.core.knobs().rate_limit("free_service_messages", FREE);
            let month_long = Duration::from_secs(31 * 24 * 3_600);
            let free = book.quotas.spend(&message.phone, &month, most, month_long, message.at);
            if free || !charged { said("free_customer_service", "service") } else { said("regular", "service") }
        }
    }
}

/// Lets everything arrive that waited for a phone.
pub fn switched_on(book: &mut Book, person: &str, now: Timestamp) {
    let waiting = |message: &&mut Message| message.waits && message.person.as_deref() == Some(person);
    let mut plans = Vec::new();
    for message in book.messages.iter_mut().filter(waiting) {
        message.waits = false;
        let id = message.id.clone();
        if message.ends_at > now {
            plans.push(Plan { at: now, message: id, status: Status::Delivered, error: None });
        }
    }
    book.plans.extend(plans);
}

/// The person looks at the chat with a number.
pub fn looked(book: &mut Book, phone: &str, person: &str, now: Timestamp) {
    let unread = |message: &&Message| {
        let theirs = message.out && message.phone == phone && message.person.as_deref() == Some(person);
        theirs && message.kind != "reaction" && message.has(Status::Delivered) && !message.has(Status::Read)
    };
    let seen: Vec<String> = book.messages.iter().filter(unread).map(|message| message.id.clone()).collect();
    let plan = |message: String| Plan { at: now, message, status: Status::Read, error: None };
    let planned = |id: &String| {
        let is_planned = |plan: &Plan| plan.message == *id && plan.status == Status::Read && plan.at <= now;
        !book.plans.iter().any(is_planned)
    };
    let plans: Vec<Plan> = seen.into_iter().filter(|id| planned(id)).map(plan).collect();
    book.plans.extend(plans);
}

/// What a person sends.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// `text`, `image`, `location`, `reaction`, `button`, `interactive`.
    pub kind: String,
    /// What stands under the name of the kind.
    pub content: serde_json::Value,
    /// What people read.
    pub text: String,
    /// A file.
    pub file: Option<crate::meta::fetch::File>,
    /// The message that it answers.
    pub context: Option<String>,
}

/// A person writes to a number: the window opens, and the app hears of it.
pub fn receive(state: &State, book: &mut Book, phone: &str, person: &str, written: Written) -> Option<String> {
    let now = state.now();
    let from = book.people.get(person)?.clone();
    book.phones.get(phone)?;
    let id = book.wamid(&from.wa_id(), &*state.core.random);
    let Written { kind, content, text, file, context } = written;
    if kind == "reaction" {
        let emoji = Some(text.clone()).filter(|emoji| !emoji.is_empty());
        if let Some(target) = context.as_ref().and_then(|id| book.message_mut(id)) {
            target.reaction = emoji;
        }
    } else {
        book.thread_mut(phone, person).wrote_at = Some(now);
    }
    let message = Message {
        id: id.clone(),
        phone: phone.to_owned(),
        person: Some(person.to_owned()),
        out: false,
        at: now,
        ends_at: now,
        kind,
        text,
        content,
        file,
        buttons: Vec::new(),
        template: None,
        context,
        data: None,
        input: String::new(),
        by_user_id: false,
        events: Vec::new(),
        waits: false,
        price: None,
        seen: false,
        reaction: None,
        digest: String::new(),
    };
    // A blocked person writes into the void.
    if !book.phones.get(phone).is_some_and(|phone| phone.blocked.contains(person)) {
        events::of_message(state, book, &message);
    }
    book.messages.push(message);
    Some(id)
}

/// Taps a button of a message: the answer has the form that belongs to it.
pub fn tapped(does: &Does, title: &str) -> Option<(String, serde_json::Value)> {
    let reply = |kind: &str, reply: serde_json::Value| ("interactive".to_owned(), json!({ "type": kind, kind: reply }));
    match does {
        Does::Payload(payload) => Some(("button".to_owned(), json!({ "payload": payload, "text": title }))),
        Does::Reply(id) => Some(reply("button_reply", json!({ "id": id, "title": title }))),
        Does::Row(id, about) => {
            let mut row = json!({ "id": id, "title": title });
            if !about.is_empty() {
                row["description"] = json!(about);
            }
            Some(reply("list_reply", row))
        }
        Does::Open(_) | Does::Nothing => None,
    }
}
