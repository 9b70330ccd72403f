//! Calls of the API: what a path means, who calls, what they may, and what is counted.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use super::{
    PRODUCT, State, accounts, analytics, auth, events, media, messages,
    model::{Admin, Book, Phone, Waba},
    pages, phones, problem,
    problem::KIND,
    templates,
};
use crate::{
    Class, RequestDigest, Twin as _,
    limits::Limit,
    meta::{
        calls::{answered, dress, steps},
        error::GraphError,
        params::Params,
        strikes, tokens,
    },
    oauth::Token,
};

/// Calls for an account in an hour, if it has a number that works.
const CALLS: Limit = Limit::per("management_calls", 5_000, 3_600);
/// The same without one.
const FEW_CALLS: Limit = Limit::per("management_calls_inactive", 200, 3_600);

/// Who calls, with what.
pub struct Call<'a> {
    /// The network.
    pub state: &'a Arc<State>,
    /// The parameters.
    pub params: &'a Params,
    /// Who signed the business up, with the system user's token; none if the app calls with its own.
    pub who: Option<(Admin, Token)>,
    /// The address that was called, without its query.
    pub address: String,
    /// The digest of the request.
    pub digest: Arc<str>,
}

impl Call<'_> {
    /// The business's token.
    ///
    /// # Errors
    /// 190 for the app's own.
    pub fn token(&self) -> Result<&Token, GraphError> {
        match &self.who {
            Some((_, token)) => Ok(token),
            None => Err(GraphError::token(None, "This method must be called with the token of a system user")),
        }
    }

    fn wants(&self, scope: &str) -> Result<(), GraphError> {
        let may = self.token()?.has(scope);
        if may { Ok(()) } else { Err(problem::coded(10, format!("The token lacks {scope}."))) }
    }

    /// Whether accounts, numbers and templates may be handled.
    ///
    /// # Errors
    /// 10 without the scope.
    pub fn for_management(&self) -> Result<(), GraphError> {
        self.wants(auth::MANAGEMENT)
    }

    /// Whether messages may be sent.
    ///
    /// # Errors
    /// 10 without the scope.
    pub fn for_messaging(&self) -> Result<(), GraphError> {
        self.wants(auth::MESSAGING)
    }

    /// The account of this id, if the token is for it.
    ///
    /// # Errors
    /// 100 / 33 otherwise.
    pub fn waba<'b>(&self, book: &'b Book, method: &str, id: &str) -> Result<&'b Waba, GraphError> {
        let is_for = |waba: &&Waba| self.token().is_ok_and(|token| token.consent.targets.contains(&waba.id));
        book.wabas.get(id).filter(is_for).ok_or_else(|| KIND.no_object(method, id))
    }

    /// The number of this id, if the token is for its account.
    ///
    /// # Errors
    /// 100 / 33 otherwise.
    pub fn phone<'b>(&self, book: &'b Book, method: &str, id: &str) -> Result<&'b Phone, GraphError> {
        let phone = book.phones.get(id).filter(|phone| self.waba(book, method, &phone.waba).is_ok());
        phone.ok_or_else(|| KIND.no_object(method, id))
    }
}

/// Everything that is no page.
pub async fn call(
    Shared(state): Shared<Arc<State>>,
    digest: Option<Extension<RequestDigest>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let parts = steps(&path);
    if let [session] = parts.as_slice()
        && session.starts_with("upload:")
    {
        return answered(media::receive(&state, &method, session, &headers, body));
    }
    if parts == ["whatsapp_business", "attachments"] {
        return media::download(&state, &uri, &headers);
    }
    if let (&Method::GET, [digits]) = (&method, parts.as_slice())
        && let Some(page) = pages::chat_with(&state, digits)
    {
        return page;
    }
    let Some(params) = Params::of(&uri, &headers, body).await else {
        return KIND.invalid("(#100) The request body does not read").into_response();
    };
    let who = match caller(&state, &params) {
        Ok(who) => who,
        // The reference gives 401 for these two, where the Graph API has 400.
        Err(refusal) if [0, 190].contains(&refusal.code()) => {
            return refusal.with_status(http::StatusCode::UNAUTHORIZED).into_response();
        }
        Err(refusal) => return refusal.into_response(),
    };
    let digest = digest.map(|Extension(RequestDigest(digest))| digest).unwrap_or_default();
    let call = Call { state: &state, params: &params, who, address: state.core.url(&path), digest };
    let is_message = matches!(parts.last(), Some(&("messages" | "marketing_messages" | "media")));
    let counted = if is_message { None } else { counted(&call, &parts) };
    let Some((account, standing)) = counted else {
        return answered(as_told(&call, &method, &path, &parts).await);
    };
    let result = if standing.allowed {
        as_told(&call, &method, &path, &parts).await
    } else {
        Err(problem::coded(80_007, "There were too many calls for this account."))
    };
    let mut answer = answered(result);
    dress(&mut answer, "messaging", &account, standing);
    answer
}

/// Counts the call for the account that it is about.
fn counted(call: &Call<'_>, steps: &[&str]) -> Option<(String, crate::limits::Standing)> {
    let first = steps.first()?;
    let book = call.state.book();
    let template = || first.parse().ok().and_then(|id: u64| book.templates.get(&id)).map(|one| &one.waba);
    let account = book.wabas.get(*first).map(|waba| &waba.id);
    let account = account.or_else(|| book.phones.get(*first).map(|phone| &phone.waba)).or_else(template)?.clone();
    let works = book.phones_of(&account).any(|phone| phone.registered);
    drop(book);
    let limit = if works { CALLS } else { FEW_CALLS };
    let standing = call.state.core.spend(&limit, &account, 1);
    Some((account, standing))
}

fn caller(state: &State, params: &Params) -> Result<Option<(Admin, Token)>, GraphError> {
    let Some(text) = params.get("access_token") else {
        return Err(problem::coded(0, "An access token is required to request this resource."));
    };
    if text == PRODUCT.app_token() {
        auth::check_proof(state, params, text)?;
        return Ok(None);
    }
    let (token, admin) = {
        let book = state.book();
        let token = tokens::find(&book.grants, Some(text), state.now())?;
        let admin = book.admins.get(&token.consent.account).cloned();
        (token, admin.ok_or_else(tokens::unknown)?)
    };
    auth::check_proof(state, params, text)?;
    Ok(Some((admin, token)))
}

/// Carries it out, unless the knobs have something else in mind.
async fn as_told(call: &Call<'_>, method: &Method, path: &str, steps: &[&str]) -> Result<Value, GraphError> {
    let (settings, class) = (call.state.settings(), call.state.classify(method, path));
    let edge = steps.last().copied().unwrap_or_default();
    let told = |codes: &BTreeMap<String, i64>| {
        let code = codes.get(edge).or_else(|| codes.get(class.as_str())).copied()?;
        Some(problem::coded(code, problem::details(code)))
    };
    if let Some(refusal) = told(&settings.refuse) {
        return Err(refusal);
    }
    let is_slow = class == Class::Publish && strikes(settings.slow_one_in, &*call.state.core.random);
    let half = Duration::from_millis(if is_slow { settings.slow_ms } else { 0 }) / 2;
    tokio::time::sleep(half).await;
    let answer = carry_out(call, method, steps).await?;
    tokio::time::sleep(half).await;
    if class == Class::Publish && strikes(settings.lost_answer_one_in, &*call.state.core.random) {
        return Err(problem::coded(131_000, problem::details(131_000)));
    }
    told(&settings.refuse_after).map_or(Ok(answer), Err)
}

async fn carry_out(call: &Call<'_>, method: &Method, steps: &[&str]) -> Result<Value, GraphError> {
    match (method.as_str(), steps) {
        ("GET", ["debug_token"]) => auth::inspect(call.state, call.params),
        ("GET", [_, "permissions"]) => call.token().map(auth::permissions),
        ("DELETE", [_, "permissions"]) => call.token().map(|token| auth::take_back(call.state, token)),
        ("GET" | "POST" | "DELETE", [app, "subscriptions"]) => events::of_app(call, method, app).await,
        ("POST", [app, "uploads"]) => media::begin(call, app),
        ("GET", [_, "businesses"]) => accounts::businesses(call),
        ("GET", [node, edge]) if accounts::LISTS.contains(edge) => accounts::list(call, node, edge),
        ("GET" | "POST" | "DELETE", [waba, "subscribed_apps"]) => events::of_account(call, method, waba).await,
        ("GET" | "POST" | "DELETE", [waba, "message_templates"]) => templates::of_account(call, method, waba),
        ("POST", [waba, "upsert_message_templates"]) => templates::upsert(call, waba),
        ("GET", [waba, "message_template_previews"]) => templates::previews(call, waba),
        ("GET", [waba, "template_analytics"]) => analytics::of_templates(call, waba),
        ("GET" | "POST", [waba, "phone_numbers"]) => phones::of_account(call, method, waba),
        ("POST", [template, "unpause"]) => templates::unpause(call, template),
        ("POST", [phone, "request_code"]) => phones::request_code(call, phone),
        ("POST", [phone, "verify_code"]) => phones::verify_code(call, phone),
        ("POST", [phone, "register"]) => phones::register(call, phone),
        ("POST", [phone, "deregister"]) => phones::deregister(call, phone),
        ("GET" | "POST", [phone, "settings"]) => phones::settings(call, method, phone),
        ("GET" | "POST", [phone, "whatsapp_business_profile"]) => phones::profile(call, method, phone),
        ("GET" | "POST" | "DELETE", [phone, "block_users"]) => phones::block(call, method, phone),
        ("GET" | "POST" | "DELETE", [phone, "username"]) => phones::username(call, method, phone),
        ("GET", [phone, "username_suggestions"]) => phones::suggestions(call, phone),
        ("POST", [phone, edge @ ("messages" | "marketing_messages")]) => {
            messages::send(call, phone, *edge == "marketing_messages").await
        }
        ("POST", [phone, "media"]) => media::upload(call, phone),
        ("GET", [phone, "message_history"]) => analytics::history(call, phone),
        ("GET", [id, "events"]) => analytics::events(call, id),
        (_, [node]) => object(call, method, node).await,
        _ => Err(GraphError::unknown_path(&format!("/{}", steps.join("/")))),
    }
}

/// A call with an id alone.
async fn object(call: &Call<'_>, method: &Method, node: &str) -> Result<Value, GraphError> {
    let (is_waba, is_phone, is_business, number) = {
        let book = call.state.book();
        let number = node.parse::<u64>().ok();
        (
            book.wabas.contains_key(node),
            book.phones.contains_key(node),
            book.businesses.contains_key(node),
            number.map(|id| (book.templates.contains_key(&id), book.media.contains_key(&id))),
        )
    };
    match (method.as_str(), number) {
        ("GET", _) if node == "me" => {
            let Some((admin, _)) = &call.who else { return Ok(json!({ "id": PRODUCT.id, "name": "Fanfare" })) };
            Ok(json!({ "id": admin.id, "name": admin.name }))
        }
        ("GET", _) if is_business => accounts::business(call, node),
        ("GET", _) if is_waba => accounts::one(call, node),
        ("POST", _) if is_waba => accounts::change(call, node),
        ("GET", _) if is_phone => phones::one(call, node),
        ("POST", _) if is_phone => phones::change(call, node).await,
        ("GET", Some((true, _))) => templates::one(call, node),
        ("POST", Some((true, _))) => templates::edit(call, node),
        ("GET", Some((_, true))) => media::address(call, node),
        ("DELETE", Some((_, true))) => media::delete(call, node),
        (method, _) => Err(KIND.no_object(&method.to_lowercase(), node)),
    }
}
