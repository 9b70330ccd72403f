//! What Meta and the business settings decide, as a page with forms: tokens of system users, messaging limits, quality,
//! names, reviews, locks. And the pages of the sign-up that only its script sees.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{RawQuery, State as Shared},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{
    State, auth, events, messages,
    model::{Book, Tier},
    people,
    templates::{self, CATEGORIES, STATUSES},
};
use crate::{oauth::Fields, pages, shows};

/// A form with one field and a button.
fn form(what: &str, id: &str, label: &str, field: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/manager\" class=\"choice\"><input type=\"hidden\" name=\"what\" value=\"{what}\">\
         <input type=\"hidden\" name=\"id\" value=\"{}\"><label>{} {field}</label> <button>Set</button></form>",
        pages::escape(id),
        pages::escape(label)
    )
}

fn select(options: &[&str], chosen: &str) -> String {
    let option = |one: &&str| {
        let mark = if *one == chosen { " selected" } else { "" };
        format!("<option{mark}>{one}</option>")
    };
    format!("<select name=\"value\">{}</select>", options.iter().map(option).collect::<String>())
}

/// `GET /manager`.
pub async fn show(Shared(state): Shared<Arc<State>>) -> Response {
    let book = state.book();
    let mut body = String::from("<p class=\"banner\"><a href=\"/\">Sandbox: WhatsApp</a> — only on this computer</p>");
    body.push_str("<h1>Businesses</h1>");
    let tiers = Tier::ALL.map(Tier::as_str);
    for business in book.businesses.values() {
        let _ = write!(body, "<section class=\"card\"><h2>{}</h2>", pages::escape(&business.name));
        let admin = book.admins.values().find(|admin| admin.business == business.id);
        if let Some(admin) = admin {
            let _ = write!(body, "<p class=\"quiet\">Portfolio {} of {}</p>", business.id, pages::escape(&admin.name));
            body.push_str(&form(
                "token",
                &admin.login,
                "A system user's token",
                &select(&["never ends", "60 days"], ""),
            ));
        }
        body.push_str(&form("tier", &business.id, "Messaging limit", &select(&tiers, business.tier.as_str())));
        for waba in book.wabas.values().filter(|waba| waba.business == business.id) {
            let _ = write!(
                body,
                "<div class=\"card\"><h3>{}</h3><p class=\"quiet\">Account {}</p>",
                pages::escape(&waba.name),
                waba.id
            );
            let locked = if waba.locked { "locked" } else { "open" };
            body.push_str(&form("lock", &waba.id, "Account", &select(&["open", "locked"], locked)));
            if waba.test {
                let field = "<input type=\"text\" name=\"value\" placeholder=\"+44 7700 900101\">";
                let label = format!("Add a recipient to {}", waba.allowed.join(", "));
                body.push_str(&form("allow", &waba.id, &label, field));
            }
            for phone in book.phones_of(&waba.id) {
                let _ = write!(body, "<h4>{} {}</h4>", phone.displayed(), pages::escape(&phone.name));
                let code = phone.code.as_ref().map(|code| format!(" · code <code>{code}</code>")).unwrap_or_default();
                let _ = write!(body, "<p class=\"quiet\">Number {}{code}</p>", phone.id);
                let grades = select(&["GREEN", "YELLOW", "RED"], &phone.quality);
                body.push_str(&form("quality", &phone.id, "Quality", &grades));
                let names = select(&["APPROVED", "PENDING_REVIEW", "DECLINED"], &phone.name_status);
                body.push_str(&form("name", &phone.id, "Display name", &names));
            }
            for template in book.templates.values().filter(|one| one.waba == waba.id) {
                let id = template.id.to_string();
                let _ = write!(body, "<h4>{} ({})</h4>", template.name, template.language);
                body.push_str(&form("template", &id, "Status", &select(&STATUSES, &template.status)));
                body.push_str(&form("category", &id, "Category", &select(&CATEGORIES, &template.category)));
            }
            body.push_str("</div>");
        }
        body.push_str("</section>");
    }
    pages::page("Businesses on WhatsApp", &body).into_response()
}

/// `POST /manager`: `what`, `id` and `value`.
pub async fn set(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let fields = Fields::read(&body);
    let (id, value) = (fields.get("id").unwrap_or_default(), fields.get("value").unwrap_or_default());
    let done = match fields.get("what") {
        Some("token") => {
            let admin = state.book().by_login(id).map(|admin| admin.id.clone());
            let days = (value == "60 days").then_some(60);
            return match admin.and_then(|admin| auth::generate(&state, &admin, days)) {
                Some(token) => {
                    state.core.touch();
                    let body = format!("<h1>A system user's token</h1><p class=\"card\"><code>{token}</code></p>");
                    pages::page("A system user's token", &body).into_response()
                }
                None => shows::nothing(&*state),
            };
        }
        Some(what) => change(&state, &mut state.book(), what, id, value),
        None => None,
    };
    if done.is_none() {
        return shows::nothing(&*state);
    }
    state.core.touch();
    Redirect::to("/manager").into_response()
}

fn change(state: &State, book: &mut Book, what: &str, id: &str, value: &str) -> Option<()> {
    match what {
        "tier" => {
            let tier = Tier::ALL.into_iter().find(|tier| tier.as_str() == value)?;
            let business = book.businesses.get_mut(id)?;
            let before = std::mem::replace(&mut business.tier, tier);
            let most = if tier == Tier::Unlimited { -1 } else { i64::from(tier.most()) };
            let wabas: Vec<String> =
                book.wabas.values().filter(|one| one.business == id).map(|one| one.id.clone()).collect();
            for waba in wabas {
                let told =
                    json!({ "max_daily_conversations_per_business": most, "max_phone_numbers_per_business": 20 });
                events::of_waba(state, book, &waba, "business_capability_update", told);
                let event = if tier.most() > before.most() { "UPGRADE" } else { "DOWNGRADE" };
                of_quality(state, book, &waba, event, tier);
            }
        }
        "quality" => {
            let phone = book.phones.get_mut(id).filter(|_| ["GREEN", "YELLOW", "RED"].contains(&value))?;
            phone.quality = value.to_owned();
            let waba = phone.waba.clone();
            let tier = book.business_of(id)?.tier;
            of_quality(state, book, &waba, if value == "RED" { "FLAGGED" } else { "UNFLAGGED" }, tier);
        }
        "name" => {
            let phone = book.phones.get_mut(id)?;
            phone.name_status = value.to_owned();
            let (waba, digits, name) = (phone.waba.clone(), phone.digits.clone(), phone.name.clone());
            let decision = if value == "DECLINED" { "REJECTED" } else { "APPROVED" };
            let told = json!({
                "display_phone_number": digits, "decision": decision, "requested_verified_name": name,
                "rejection_reason": if value == "DECLINED" { json!("NAME_DOES_NOT_FIT") } else { Value::Null },
            });
            if value != "PENDING_REVIEW" {
                events::of_waba(state, book, &waba, "phone_number_name_update", told);
            }
        }
        "lock" => {
            let locked = value == "locked";
            book.wabas.get_mut(id)?.locked = locked;
            let day = state.now().to_jiff().strftime("%B %-d, %Y").to_string();
            let ban = json!({ "waba_ban_state": if locked { "DISABLE" } else { "REINSTATE" }, "waba_ban_date": day });
            let told = json!({ "event": "DISABLED_UPDATE", "ban_info": ban });
            events::of_waba(state, book, id, "account_update", told);
        }
        "allow" => {
            let digits = people::digits(value)?;
            let waba = book.wabas.get_mut(id).filter(|waba| waba.test)?;
            (waba.allowed.len() < messages::TEST_RECIPIENTS).then(|| waba.allowed.push(digits))?;
        }
        "template" => {
            let mut template = book.templates.get(&id.parse().ok()?)?.clone();
            let reason = (value == "REJECTED").then_some("INVALID_FORMAT");
            STATUSES.contains(&value).then(|| templates::set_status(state, book, &mut template, value, reason))?;
        }
        "category" => {
            let mut template = book.templates.get(&id.parse().ok()?)?.clone();
            CATEGORIES.contains(&value).then_some(())?;
            let before = std::mem::replace(&mut template.category, value.to_owned());
            template.previous_category = Some(before);
            events::of_category(state, book, &template);
            book.templates.insert(template.id, template);
        }
        _ => return None,
    }
    Some(())
}

/// Since February 2026 the limit stands in `max_daily_conversations_per_business` only.
fn of_quality(state: &State, book: &mut Book, waba: &str, event: &str, tier: Tier) {
    let numbers: Vec<String> = book.phones_of(waba).map(|phone| phone.digits.clone()).collect();
    for digits in numbers {
        let told = json!({
            "display_phone_number": digits, "event": event, "max_daily_conversations_per_business": tier.as_str(),
        });
        events::of_waba(state, book, waba, "phone_number_quality_update", told);
    }
}

/// `GET /connect/arbiter`: where the sign-up ends that was begun by the network's script. It hands the code to the window
/// that opened it, and tells which account and number were chosen.
pub async fn arbiter(Shared(state): Shared<Arc<State>>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let book = state.book();
    let consent = fields.get("code").and_then(|code| book.grants.consent_of(code));
    let session = match consent {
        Some(consent) => {
            let waba = consent.targets.first().and_then(|id| book.wabas.get(id));
            let phone = waba.and_then(|waba| book.phones_of(&waba.id).next());
            let data = json!({
                "waba_id": waba.map(|waba| &waba.id), "phone_number_id": phone.map(|phone| &phone.id),
                "business_id": waba.map(|waba| &waba.business),
            });
            json!({ "type": "WA_EMBEDDED_SIGNUP", "event": "FINISH", "version": "4", "data": data })
        }
        None => json!({ "type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL", "data": { "current_step": "PERMISSIONS" } }),
    };
    let told = json!({ "session": session, "code": fields.get("code") });
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Signed up</title>\
         <body data-told=\"{}\"><p>This window can be closed.</p><script src=\"/connect/arbiter.js\"></script></body></html>",
        pages::escape(&told.to_string())
    );
    let policy = "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, body).into_response()
}

/// The scripts of the sign-up: `sdk.js`, which pages of apps load, and the one of the arbiter.
pub async fn script(axum::extract::Path(name): axum::extract::Path<String>) -> Response {
    let text = match name.as_str() {
        "sdk.js" => include_str!("sdk.js"),
        "arbiter.js" => include_str!("arbiter.js"),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    // Pages of any site load it.
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, text).into_response()
}
