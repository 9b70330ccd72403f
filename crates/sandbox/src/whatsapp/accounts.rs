//! Portfolios and accounts: lists, fields, switches.

use serde_json::{Value, json};

use super::{
    PRODUCT, analytics,
    calls::Call,
    health,
    model::{Book, Waba, named},
    phones, problem,
    problem::KIND,
};
use crate::meta::{
    app,
    error::GraphError,
    fields::{self, Field},
    paging::Page,
};

/// Lists of accounts.
pub const LISTS: [&str; 3] =
    ["owned_whatsapp_business_accounts", "client_whatsapp_business_accounts", "assigned_whatsapp_business_accounts"];
const KNOWN: [&str; 25] = [
    "id",
    "name",
    "currency",
    "timezone_id",
    "status",
    "account_review_status",
    "business_verification_status",
    "country",
    "message_template_namespace",
    "owner_business_info",
    "on_behalf_of_business_info",
    "ownership_type",
    "whatsapp_business_manager_messaging_limit",
    "marketing_messages_onboarding_status",
    "marketing_messages_lite_api_status",
    "disable_marketing_messages_on_cloud_api",
    "service_pricing_policy",
    "is_enabled_for_insights",
    "health_status",
    "phone_numbers",
    "subscribed_apps",
    "analytics",
    "pricing_analytics",
    "template_auto_archival_enabled",
    "primary_funding_id",
];
/// What is given if nothing is asked for.
const USUAL: &str = "id,name,timezone_id,message_template_namespace";

fn asked(call: &Call<'_>, usual: &str) -> Result<Vec<Field>, GraphError> {
    let read = fields::read(call.params.get("fields").unwrap_or(usual));
    read.ok_or_else(|| KIND.invalid("(#100) Param fields does not read"))
}

/// `GET /{user}/businesses`.
///
/// # Errors
/// 190 with the app's token.
pub fn businesses(call: &Call<'_>) -> Result<Value, GraphError> {
    let Some((admin, _)) = &call.who else { return Err(call.token().err().unwrap_or_else(no_token)) };
    let book = call.state.book();
    let known = book.businesses.get(&admin.business);
    Ok(json!({ "data": known.map(|business| named(&business.id, &business.name)).into_iter().collect::<Vec<_>>() }))
}

fn no_token() -> GraphError {
    problem::coded(0, "An access token is required to request this resource.")
}

/// The portfolio of the token.
fn own<'a>(call: &Call<'_>, book: &'a Book, id: &str) -> Result<&'a super::model::Business, GraphError> {
    let Some((admin, _)) = &call.who else { return Err(call.token().err().unwrap_or_else(no_token)) };
    let known = book.businesses.get(id).filter(|business| business.id == admin.business);
    known.ok_or_else(|| KIND.no_object("get", id))
}

/// `GET /{business}`.
///
/// # Errors
/// If it is another's, or a field does not exist.
pub fn business(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    let (book, asked) = (call.state.book(), asked(call, "id,name")?);
    let business = own(call, &book, id)?;
    let known = ["id", "name", "verification_status", "whatsapp_business_manager_messaging_limit"];
    let value = fields::select(&asked, &known, &mut |field| {
        Ok(Some(match field.name.as_str() {
            "id" => json!(business.id),
            "name" => json!(business.name),
            "verification_status" => json!(if business.verified { "verified" } else { "not_verified" }),
            _ => json!(business.tier.as_str()),
        }))
    });
    value.map_err(|name| KIND.no_field(&name))
}

/// `GET /{business}/owned_whatsapp_business_accounts` and its like.
///
/// # Errors
/// If it is another's, or a parameter does not read.
pub fn list(call: &Call<'_>, node: &str, edge: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let (book, asked) = (call.state.book(), asked(call, USUAL)?);
    let page = Page::of(call.params, KIND, 25, 100)?;
    let Some((admin, _)) = &call.who else { return Err(no_token()) };
    if edge.starts_with("assigned") {
        if node != "me" && node != admin.id {
            return Err(KIND.no_object("get", node));
        }
    } else {
        own(call, &book, node)?;
    }
    // Nothing here is shared by another portfolio.
    let is_own = !edge.starts_with("client");
    let found =
        book.accounts_of(&admin.id).filter(|waba| is_own && call.waba(&book, "get", &waba.id).is_ok()).collect();
    page.cut(found, |waba: &&Waba| waba.id.clone(), &call.address, call.params)
        .answer(|waba| shown(&book, waba, &asked))
}

/// `GET /{waba}`.
///
/// # Errors
/// If it is another's, or a field does not exist.
pub fn one(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let (book, asked) = (call.state.book(), asked(call, USUAL)?);
    shown(&book, call.waba(&book, "get", id)?, &asked)
}

fn shown(book: &Book, waba: &Waba, asked: &[Field]) -> Result<Value, GraphError> {
    let business = book.businesses.get(&waba.business).cloned().unwrap_or_default();
    let mut wrong = None;
    let shown = fields::select(asked, &KNOWN, &mut |field| {
        Ok(Some(match field.name.as_str() {
            "id" => json!(waba.id),
            "name" => json!(waba.name),
            "currency" => json!("EUR"),
            // A number of Meta's own list; this one is UTC.
            "timezone_id" => json!("94"),
            "status" => json!(if waba.locked { "DISABLED" } else { "ACTIVE" }),
            "account_review_status" => json!("APPROVED"),
            "business_verification_status" => json!(if business.verified { "verified" } else { "not_verified" }),
            "country" => json!("GB"),
            "message_template_namespace" => json!(format!("sandbox_{}", waba.id)),
            "owner_business_info" | "on_behalf_of_business_info" => named(&business.id, &business.name),
            "ownership_type" => json!("SELF"),
            "whatsapp_business_manager_messaging_limit" => json!(business.tier.as_str()),
            "marketing_messages_onboarding_status" | "marketing_messages_lite_api_status" => json!("ELIGIBLE"),
            "disable_marketing_messages_on_cloud_api" => json!(waba.no_marketing),
            "service_pricing_policy" => json!("PER_MESSAGE"),
            "is_enabled_for_insights" => json!(waba.insights),
            "template_auto_archival_enabled" => json!(false),
            "health_status" => health::of_account(book, waba),
            "phone_numbers" => {
                let all = book.phones_of(&waba.id).map(phones::brief);
                json!({ "data": all.collect::<Vec<_>>() })
            }
            "subscribed_apps" => json!({ "data": subscribed(waba) }),
            "analytics" => analytics::sent(book, waba, field),
            "pricing_analytics" => match analytics::prices(book, waba, field) {
                Ok(prices) => prices,
                Err(error) => {
                    wrong = Some(error);
                    return Ok(None);
                }
            },
            _ => return Ok(None),
        }))
    });
    match wrong {
        Some(error) => Err(error),
        None => shown.map_err(|name| KIND.no_field(&name)),
    }
}

/// The app, if it hears of the account.
pub fn subscribed(waba: &Waba) -> Vec<Value> {
    let data = json!({ "id": PRODUCT.id, "name": app::NAME, "link": "https://www.facebook.com/games/?app_id=" });
    let mut app = json!({ "whatsapp_business_api_data": data });
    if let Some(address) = &waba.address {
        app["override_callback_uri"] = json!(address.url);
    }
    waba.subscribed.then_some(app).into_iter().collect()
}

/// `POST /{waba}`: switches.
///
/// # Errors
/// If it is another's, or nothing is switched.
pub fn change(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_management()?;
    let mut book = call.state.book();
    let id = call.waba(&book, "post", id)?.id.clone();
    let Some(waba) = book.wabas.get_mut(&id) else { return Err(KIND.no_object("post", &id)) };
    let params = call.params;
    let mut changed = false;
    if params.get("is_enabled_for_insights").is_some() {
        // It can be switched on, not off.
        (waba.insights, changed) = (waba.insights || params.is("is_enabled_for_insights"), true);
    }
    if params.get("disable_marketing_messages_on_cloud_api").is_some() {
        (waba.no_marketing, changed) = (params.is("disable_marketing_messages_on_cloud_api"), true);
    }
    if !changed {
        return Err(KIND.invalid("(#100) Nothing that can be changed was given"));
    }
    Ok(json!({ "id": id, "success": true }))
}
