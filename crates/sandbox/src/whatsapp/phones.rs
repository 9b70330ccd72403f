//! Numbers of an account: added, verified, registered, and what they say of themselves.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{
    calls::Call,
    health,
    model::{Book, Override, Phone, user_id},
    people, problem,
    problem::KIND,
    templates::nested,
};
use crate::meta::{
    error::GraphError,
    fields::{self, Field},
    hooks,
    paging::Page,
};

const HOUR: Duration = Duration::from_secs(3_600);
/// Registrations of a number in [`REGISTRATION_WINDOW`].
const REGISTRATIONS: u32 = 10;
const REGISTRATION_WINDOW: Duration = Duration::from_secs(72 * 3_600);
/// How often the second step may be guessed in an hour.
const GUESSES: usize = 5;
/// How long a number that left has to wait.
const AFTER_LEAVING: Duration = Duration::from_secs(300);
/// People that a number can block.
const MOST_BLOCKED: u32 = 64_000;
const KNOWN: [&str; 28] = [
    "id",
    "display_phone_number",
    "verified_name",
    "code_verification_status",
    "quality_rating",
    "quality_score",
    "name_status",
    "new_name_status",
    "status",
    "platform_type",
    "throughput",
    "account_mode",
    "webhook_configuration",
    "whatsapp_business_manager_messaging_limit",
    "health_status",
    "is_pin_enabled",
    "is_official_business_account",
    "is_on_biz_app",
    "is_preverified_number",
    "search_visibility",
    "eligibility_for_api_business_global_search",
    "certificate",
    "new_certificate",
    "last_onboarded_time",
    "username",
    "country_code",
    "country_dial_code",
    "conversational_automation",
];
const USUAL: &str = "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput,\
                     webhook_configuration,id";

/// A number in short.
pub fn brief(phone: &Phone) -> Value {
    json!({ "id": phone.id, "display_phone_number": phone.displayed(), "verified_name": phone.name })
}

fn shown(book: &Book, phone: &Phone, asked: &[Field]) -> Result<Value, GraphError> {
    let waba = book.wabas.get(&phone.waba).cloned().unwrap_or_default();
    let shown = fields::select(asked, &KNOWN, &mut |field| {
        Ok(Some(match field.name.as_str() {
            "id" => json!(phone.id),
            "display_phone_number" => json!(phone.displayed()),
            "verified_name" => json!(phone.name),
            "code_verification_status" => json!(if phone.verified { "VERIFIED" } else { "NOT_VERIFIED" }),
            "quality_rating" => json!(phone.quality),
            "quality_score" => json!({ "score": phone.quality }),
            "name_status" => json!(phone.name_status),
            "new_name_status" => json!("NONE"),
            "status" => json!(match (waba.locked, phone.verified, phone.registered) {
                (true, ..) => "BANNED",
                (_, false, _) => "PENDING",
                (_, _, false) => "DISCONNECTED",
                _ => "CONNECTED",
            }),
            "platform_type" => json!(if phone.registered { "CLOUD_API" } else { "NOT_APPLICABLE" }),
            "throughput" => json!({ "level": if phone.registered { "STANDARD" } else { "NOT_APPLICABLE" } }),
            "account_mode" => json!(if waba.test { "SANDBOX" } else { "LIVE" }),
            "webhook_configuration" => webhooks(book, &waba, phone),
            "whatsapp_business_manager_messaging_limit" => {
                json!(book.business_of(&phone.id).map(|business| business.tier.as_str()))
            }
            "health_status" => health::of_phone(book, phone),
            "is_pin_enabled" => json!(phone.pin.is_some()),
            "is_official_business_account" | "is_on_biz_app" | "is_preverified_number" => json!(false),
            "search_visibility" => json!("NON_VISIBLE"),
            "eligibility_for_api_business_global_search" => json!("NON_ELIGIBLE_UNDEFINED_COUNTRY"),
            "username" => match &phone.username {
                Some((name, _)) => json!(name),
                None => return Ok(None),
            },
            "country_code" => json!(people::country(&phone.digits)),
            "country_dial_code" => {
                json!(if phone.digits.starts_with('1') { &phone.digits[..1] } else { &phone.digits[..2] })
            }
            _ => return Ok(None),
        }))
    });
    shown.map_err(|name| KIND.no_field(&name))
}

fn webhooks(book: &Book, waba: &super::model::Waba, phone: &Phone) -> Value {
    let mut all = json!({});
    if let Some(known) = &book.subscription {
        all["application"] = json!(known.callback_url);
    }
    for (name, address) in [("whatsapp_business_account", &waba.address), ("phone_number", &phone.address)] {
        if let Some(address) = address {
            all[name] = json!(address.url);
        }
    }
    all
}

fn asked(call: &Call<'_>) -> Result<Vec<Field>, GraphError> {
    let read = fields::read(call.params.get("fields").unwrap_or(USUAL));
    read.ok_or_else(|| KIND.invalid("(#100) Param fields does not read"))
}

/// `/{waba}/phone_numbers`: lists them, or adds one.
///
/// # Errors
/// If the account is another's, or something about the number is wrong.
pub fn of_account(call: &Call<'_>, method: &Method, waba: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let mut book = call.state.book();
    let waba = call.waba(&book, "get", waba)?.clone();
    if *method == Method::GET {
        let (asked, page) = (asked(call)?, Page::of(call.params, KIND, 25, 100)?);
        let all: Vec<&Phone> = book.phones_of(&waba.id).collect();
        return page
            .cut(all, |phone| phone.id.clone(), &call.address, call.params)
            .answer(|phone| shown(&book, phone, &asked));
    }
    let (number, name) = (KIND.need(call.params, "phone_number")?, KIND.need(call.params, "verified_name")?);
    let whole = format!("{}{number}", call.params.get("cc").unwrap_or_default());
    let digits = people::digits(&whole).ok_or_else(|| KIND.param("phone_number", "is not a phone number"))?;
    if book.phones.values().any(|phone| phone.digits == digits) {
        return Err(problem::template(2_388_012, "The number exists", "The number belongs to an account already."));
    }
    let own = book.wabas.values().filter(|one| one.business == waba.business).map(|one| one.id.clone());
    let count: usize = own.map(|id| book.phones_of(&id).count()).sum();
    let verified = book.businesses.get(&waba.business).is_some_and(|business| business.verified);
    if count >= if verified { 20 } else { 2 } {
        return Err(KIND.invalid("(#100) The portfolio has as many numbers as it may have"));
    }
    let id = book.add_phone(&waba.id, &digits, name);
    if let Some(phone) = book.phones.get_mut(&id) {
        (phone.verified, phone.registered, phone.pin) = (false, false, None);
        phone.name_status = "PENDING_REVIEW".into();
    }
    Ok(json!({ "id": id }))
}

/// `GET /{phone}`.
///
/// # Errors
/// If it is another's, or a field does not exist.
pub fn one(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let (book, asked) = (call.state.book(), asked(call)?);
    shown(&book, call.phone(&book, "get", id)?, &asked)
}

/// `POST /{phone}`: another PIN, another address for webhooks, another display name.
///
/// # Errors
/// If it is another's, or what is given is wrong.
pub async fn change(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let id = call.phone(&call.state.book(), "post", id)?.id.clone();
    let address = match nested(call.params, "webhook_configuration")? {
        Some(told) => Some(overriding(call, &told["override_callback_uri"], &told["verify_token"]).await?),
        None => None,
    };
    let mut book = call.state.book();
    let Some(phone) = book.phones.get_mut(&id) else { return Err(KIND.no_object("post", &id)) };
    if let Some(address) = address {
        phone.address = address;
    }
    if let Some(pin) = call.params.get("pin") {
        phone.pin = Some(check_pin(pin)?.to_owned());
    }
    if let Some(name) = call.params.get("new_display_name") {
        (phone.name, phone.name_status) = (name.to_owned(), "PENDING_REVIEW".into());
    }
    Ok(json!({ "success": true }))
}

/// An address for webhooks that was asked whether it is the app's; none for an empty one.
///
/// # Errors
/// 100 if it does not answer as it should.
pub async fn overriding(call: &Call<'_>, url: &Value, word: &Value) -> Result<Option<Override>, GraphError> {
    let (url, word) = (url.as_str().unwrap_or_default(), word.as_str().unwrap_or_default());
    if url.is_empty() {
        return Ok(None);
    }
    if url.len() > 200 {
        return Err(KIND.param("override_callback_uri", "is longer than 200 characters"));
    }
    let challenge = format!("12{}", call.state.now().as_seconds());
    match hooks::verify(&call.state.http, url, word, &challenge).await {
        Ok(()) => Ok(Some(Override { url: url.to_owned(), word: word.to_owned() })),
        Err(why) => {
            let what =
                "Before override the current callback uri, your endpoint must be able to process WhatsApp messages";
            Err(KIND.invalid(format!("(#100) {what}: {why}")))
        }
    }
}

fn check_pin(pin: &str) -> Result<&str, GraphError> {
    let fits = pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(pin) } else { Err(KIND.param("pin", "must be 6 digits")) }
}

/// Changes the number of a call that is the token's.
fn with<T>(call: &Call<'_>, id: &str, act: impl FnOnce(&mut Phone) -> Result<T, GraphError>) -> Result<T, GraphError> {
    call.for_management()?;
    let mut book = call.state.book();
    let id = call.phone(&book, "post", id)?.id.clone();
    let phone = book.phones.get_mut(&id);
    act(phone.ok_or_else(|| KIND.no_object("post", &id))?)
}

fn done() -> Value {
    json!({ "success": true })
}

/// `POST /{phone}/request_code`: a code to prove that the number is theirs; the manager's page shows it.
///
/// # Errors
/// If a parameter is wrong, or nothing is to be proved.
pub fn request_code(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    let way = KIND.need(call.params, "code_method")?;
    if !["SMS", "VOICE"].contains(&way) {
        return Err(KIND.one_of("code_method", "SMS, VOICE"));
    }
    KIND.need(call.params, "language")?;
    let code = format!("{:06}", call.state.core.random.below(1_000_000));
    with(call, id, |phone| {
        if phone.verified {
            return Err(KIND.invalid("(#136024) The number is verified already"));
        }
        phone.code = Some(code);
        Ok(done())
    })
}

/// `POST /{phone}/verify_code`.
///
/// # Errors
/// If it is another code.
pub fn verify_code(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    let code = KIND.need(call.params, "code")?;
    with(call, id, |phone| {
        if phone.code.as_deref() != Some(code) {
            return Err(KIND.param("code", "is not the code that was sent"));
        }
        (phone.code, phone.verified) = (None, true);
        Ok(done())
    })
}

/// `POST /{phone}/register`: the first PIN is set, later ones must be the same.
///
/// # Errors
/// 133006 before the number is verified, 133005 and 133008 for another PIN, 133015 after it left, 133016 too often.
pub fn register(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    if call.params.get("messaging_product") != Some("whatsapp") {
        return Err(KIND.missing("messaging_product"));
    }
    let pin = check_pin(KIND.need(call.params, "pin")?)?;
    let now = call.state.now();
    {
        let mut book = call.state.book();
        let id = call.phone(&book, "post", id)?.id.clone();
        let most = call.state.core.knobs().rate_limit("registrations", REGISTRATIONS);
        if !book.quotas.spend(&id, "registrations", most, REGISTRATION_WINDOW, now) {
            return Err(problem::coded(133_016, "A number can be registered ten times in 72 hours."));
        }
    }
    with(call, id, |phone| {
        if !phone.verified {
            return Err(problem::coded(133_006, "The number must be verified before it is registered."));
        }
        if phone.left_at.is_some_and(|left| left + AFTER_LEAVING > now) {
            return Err(problem::coded(133_015, "The number was deregistered a moment ago."));
        }
        phone.wrong_pins.retain(|at| *at + HOUR > now);
        if phone.wrong_pins.len() >= GUESSES {
            return Err(problem::coded(133_008, "The PIN was guessed too often; wait an hour."));
        }
        match &phone.pin {
            Some(known) if known != pin => {
                phone.wrong_pins.push(now);
                return Err(problem::coded(133_005, "The PIN is not the one of this number."));
            }
            Some(_) => {}
            None => phone.pin = Some(pin.to_owned()),
        }
        (phone.registered, phone.left_at) = (true, None);
        if phone.name_status == "PENDING_REVIEW" {
            phone.name_status = "APPROVED".into();
        }
        Ok(done())
    })
}

/// `POST /{phone}/deregister`.
///
/// # Errors
/// 133010 if it is not registered.
pub fn deregister(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    let now = call.state.now();
    with(call, id, |phone| {
        if !phone.registered {
            return Err(problem::coded(133_010, "The number is not registered."));
        }
        (phone.registered, phone.left_at) = (false, Some(now));
        Ok(done())
    })
}

/// `/{phone}/settings`: how long messages are kept, and whatever else was set.
///
/// # Errors
/// If it is another's, or storage is set after registration.
pub fn settings(call: &Call<'_>, method: &Method, id: &str) -> Result<Value, GraphError> {
    let storage = nested(call.params, "storage_configuration")?;
    let given: Vec<(String, Value)> = call
        .params
        .iter()
        .filter(|(name, _)| !["access_token", "appsecret_proof", "fields"].contains(name))
        .map(|(name, value)| (name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value))))
        .collect();
    let is_read = *method == Method::GET;
    with(call, id, |phone| {
        if is_read {
            let mut all = json!({ "storage_configuration": { "status": "DEFAULT" } });
            phone.settings.iter().for_each(|(name, value)| all[name] = value.clone());
            return Ok(all);
        }
        if storage.is_some() && phone.registered {
            return Err(KIND.param("storage_configuration", "must be set before the number is registered"));
        }
        phone.settings.extend(given);
        Ok(done())
    })
}

/// `/{phone}/whatsapp_business_profile`. The document of the API puts the fields into `business_profile`; the network's
/// answers and the clients of others have them in `data` itself.
///
/// # Errors
/// If it is another's, or something is too long.
pub fn profile(call: &Call<'_>, method: &Method, id: &str) -> Result<Value, GraphError> {
    let params = call.params;
    if *method == Method::GET {
        let picture = call.state.core.url(&format!("/numbers/{id}/picture"));
        return with(call, id, |phone| {
            let mut shown = json!({ "messaging_product": "whatsapp" });
            let asked = params.get("fields").unwrap_or_default();
            let is_asked = |name: &str| asked.is_empty() || asked.split(',').any(|one| one.trim() == name);
            for (name, value) in phone.profile.iter().filter(|(name, _)| is_asked(name)) {
                shown[name.as_str()] = value.clone();
            }
            if is_asked("profile_picture_url") {
                shown["profile_picture_url"] = json!(picture);
            }
            Ok(json!({ "data": [shown] }))
        });
    }
    if params.get("messaging_product") != Some("whatsapp") {
        return Err(KIND.missing("messaging_product"));
    }
    let websites = nested(params, "websites")?;
    let lengths = [("about", 139), ("address", 256), ("description", 512), ("email", 128), ("vertical", 30)];
    for (name, most) in lengths {
        if params.get(name).is_some_and(|text| text.chars().count() > most) {
            return Err(KIND.param(name, &format!("has more than {most} characters")));
        }
    }
    if websites.as_ref().and_then(Value::as_array).is_some_and(|list| list.len() > 2) {
        return Err(KIND.param("websites", "has more than two addresses"));
    }
    with(call, id, |phone| {
        for (name, _) in lengths {
            if let Some(text) = params.get(name) {
                phone.profile.insert(name.to_owned(), json!(text));
            }
        }
        if let Some(websites) = websites {
            phone.profile.insert("websites".into(), websites);
        }
        Ok(done())
    })
}

/// `/{phone}/block_users`. Only people who wrote in the last 24 hours can be blocked.
///
/// # Errors
/// 139100 if some could not be, with who could; 139101 if there are too many.
pub fn block(call: &Call<'_>, method: &Method, id: &str) -> Result<Value, GraphError> {
    call.for_messaging()?;
    let now = call.state.now();
    let mut book = call.state.book();
    let phone = call.phone(&book, "post", id)?.clone();
    let business = book.business_of(&phone.id).map(|one| one.id.clone()).unwrap_or_default();
    let shown = |book: &Book, word: &String| {
        let person = book.people.get(word)?;
        let (wa_id, user_id) = (person.wa_id(), user_id(person, &business));
        Some(json!({ "messaging_product": "whatsapp", "wa_id": wa_id, "user_id": user_id }))
    };
    if *method == Method::GET {
        let page = Page::of(call.params, KIND, 10, 100)?;
        let all: Vec<Value> = phone.blocked.iter().filter_map(|word| shown(&book, word)).collect();
        return page.cut(all, |one| one["wa_id"].to_string(), &call.address, call.params).answer(Ok);
    }
    let list = nested(call.params, "block_users")?.ok_or_else(|| KIND.missing("block_users"))?;
    let adds = *method == Method::POST;
    let most = call.state.core.knobs().rate_limit("blocked", MOST_BLOCKED) as usize;
    let (mut did, mut failed, mut blocked) = (Vec::new(), Vec::new(), phone.blocked.clone());
    for one in list.as_array().map(Vec::as_slice).unwrap_or_default() {
        let input = one["user"].as_str().or(one["user_id"].as_str()).unwrap_or_default();
        let by_number = people::digits(input).and_then(|digits| book.by_number(&digits));
        let person = by_number.or_else(|| book.by_user_id(input, &business));
        let thread = |word: &str| book.thread(&phone.id, word);
        let recent = |word: &str| thread(word).wrote_at.is_some_and(|at| at + 24 * HOUR > now);
        match person {
            Some(person) if !adds || (recent(&person.word) && blocked.len() < most) => {
                if adds {
                    _ = blocked.insert(person.word.clone())
                } else {
                    _ = blocked.remove(&person.word)
                }
                did.push(json!({ "input": input, "wa_id": person.wa_id(), "user_id": user_id(person, &business) }));
            }
            _ => {
                let why = if adds && blocked.len() >= most { 139_101 } else { 131_047 };
                let error = json!({ "message": problem::title(why), "code": why, "error_data": { "details": problem::details(why) } });
                failed.push(json!({ "input": input, "errors": [error] }));
            }
        }
    }
    if let Some(phone) = book.phones.get_mut(&phone.id) {
        phone.blocked = blocked;
    }
    let list = json!({ if adds { "added_users" } else { "removed_users" }: did, "failed_users": failed });
    let answer = json!({ "messaging_product": "whatsapp", "block_users": list });
    match failed.first() {
        None => Ok(answer),
        Some(_) => Err(problem::coded(139_100, "Some people could not be blocked or unblocked.")
            .beside("block_users", answer["block_users"].clone())),
    }
}

/// `/{phone}/username`.
///
/// # Errors
/// 147001 if it is taken or cannot be one.
pub fn username(call: &Call<'_>, method: &Method, id: &str) -> Result<Value, GraphError> {
    let wanted = match *method {
        Method::POST => Some(KIND.need(call.params, "username")?.to_ascii_lowercase()),
        _ => None,
    };
    let taken = {
        let book = call.state.book();
        let is = |name: &String| wanted.as_ref() == Some(name);
        let by_phone = |phone: &Phone| phone.id != id && phone.username.as_ref().is_some_and(|(name, _)| is(name));
        book.phones.values().any(by_phone) || book.people.values().any(|one| one.username.as_ref().is_some_and(is))
    };
    with(call, id, |phone| match (method, wanted) {
        (&Method::POST, Some(name)) => {
            if taken || !(3..=35).contains(&name.len()) || !crate::meta::is_username(&name[..name.len().min(30)]) {
                return Err(problem::coded(
                    147_001,
                    "The username is taken, or has not 3 to 35 letters, digits, _ and .",
                ));
            }
            phone.username = Some((name, true));
            Ok(json!({ "status": "approved" }))
        }
        (&Method::DELETE, _) => {
            phone.username = None;
            Ok(done())
        }
        _ => Ok(match &phone.username {
            Some((name, shown)) => json!({ "username": name, "status": if *shown { "approved" } else { "reserved" } }),
            None => json!({}),
        }),
    })
}

/// `GET /{phone}/username_suggestions`.
///
/// # Errors
/// If it is another's.
pub fn suggestions(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    with(call, id, |phone| {
        let name: String = phone.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        Ok(json!({ "data": [{ "username_suggestions": [name, format!("{name}.official")] }] }))
    })
}
