//! Calls of the API: what a path means, who calls, what they may, and what is counted.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use base::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use serde_json::{Value, json};

use super::{
    PRODUCT, State, accounts, auth, comments, events, insights, linked,
    model::{Book, Node, Page, Person},
    pages, photos, posts, problem, reading, videos,
};
use crate::{
    Class, RequestDigest, Twin as _,
    limits::{Limit, Standing},
    meta::{error::GraphError, params::Params, strikes, tokens},
    oauth::Token,
};

/// Calls with a person's or the app's token in an hour: 200 for each person of the app.
const CALLS: Limit = Limit::per("calls", 200, 3_600);
/// Calls with a page's token in a day: 4800 for each person who had to do with it.
const PAGE_CALLS: Limit = Limit::per("page_calls", 48_000, 24 * 3_600);
/// The newest version there is.
const NEWEST: u32 = 27;

/// Whose token it is.
#[derive(Debug, Clone)]
pub enum Who {
    /// The app's own.
    App,
    /// A person's.
    Person(Person, Token),
    /// A page's.
    Page(Page, Token),
}

/// Who calls, with what.
pub struct Call<'a> {
    /// The network.
    pub state: &'a Arc<State>,
    /// The parameters.
    pub params: &'a Params,
    /// Whose token it is.
    pub who: Who,
    /// The address that was called, without its query.
    pub address: String,
    /// The version in it, as it was called.
    pub version: String,
    /// The digest of the request.
    pub digest: Arc<str>,
}

impl Call<'_> {
    /// What the app may do.
    pub fn token(&self) -> Option<&Token> {
        match &self.who {
            Who::App => None,
            Who::Person(_, token) | Who::Page(_, token) => Some(token),
        }
    }

    /// Whether the token has a scope.
    pub fn has(&self, scope: &str) -> bool {
        self.token().is_some_and(|token| token.has(scope))
    }

    /// The page of the token.
    ///
    /// # Errors
    /// 190 for another kind of token.
    pub fn me(&self) -> Result<&Page, GraphError> {
        if let Who::Page(page, _) = &self.who { Ok(page) } else { Err(problem::wants_page_token()) }
    }

    /// Whether the person of the token may do this on the page.
    pub fn has_task(&self, task: &str) -> bool {
        let (Ok(page), Some(token)) = (self.me(), self.token()) else { return false };
        page.roles.get(&token.consent.account).is_some_and(|tasks| tasks.iter().any(|held| held == task))
    }

    /// The page of the token, if the path names it.
    ///
    /// # Errors
    /// 190 for another kind of token, 100 / 33 for another page.
    pub fn page(&self, node: &str) -> Result<&Page, GraphError> {
        let page = self.me()?;
        let is_it = node == "me" || node == page.id || node == page.username;
        if is_it { Ok(page) } else { Err(problem::no_object("post", node)) }
    }

    /// The same, if the page may read its own things.
    ///
    /// # Errors
    /// 10 without the scope.
    pub fn page_to_read(&self, node: &str) -> Result<&Page, GraphError> {
        let page = self.page(node)?;
        if self.has("pages_read_engagement") { Ok(page) } else { Err(problem::wants_scope("pages_read_engagement")) }
    }

    /// The same, if the page may publish.
    ///
    /// # Errors
    /// 200 without scopes or task.
    pub fn page_to_publish(&self, node: &str) -> Result<&Page, GraphError> {
        let page = self.page(node)?;
        if self.may_publish() { Ok(page) } else { Err(problem::missing_task()) }
    }

    /// Whether scopes and task for publishing are there.
    pub fn may_publish(&self) -> bool {
        self.has("pages_manage_posts") && self.has("pages_read_engagement") && self.has_task("CREATE_CONTENT")
    }

    /// Whether comments and likes may be written, hidden and deleted.
    ///
    /// # Errors
    /// 200 without scope or task.
    pub fn check_moderation(&self) -> Result<(), GraphError> {
        let may = self.has("pages_manage_engagement") && self.has_task("MODERATE");
        if may { Ok(()) } else { Err(problem::wants("pages_manage_engagement")) }
    }

    /// What an id names, if it belongs to the page of the token.
    ///
    /// # Errors
    /// 190 for another kind of token, 100 / 33 for something else.
    pub fn own(&self, book: &Book, method: &str, name: &str) -> Result<Node, GraphError> {
        let me = self.me()?;
        let node = if name == "me" { Some(Node::Page(me.id.clone())) } else { book.node(name) };
        let node = node.filter(|node| book.owner(node).is_some_and(|owner| owner.id == me.id));
        node.ok_or_else(|| problem::no_object(method, name))
    }
}

/// The parts of a path without the version.
pub fn steps(path: &str) -> Vec<&str> {
    let mut steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    if steps.first().is_some_and(|first| version(first).is_some()) {
        steps.remove(0);
    }
    steps
}

/// The number before the point in `v26.0`.
fn version(step: &str) -> Option<u32> {
    let (number, part) = step.strip_prefix('v')?.split_once('.')?;
    part.parse::<u32>().ok().and_then(|_| number.parse().ok())
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
    if let ["video-upload", rest @ ..] = parts.as_slice() {
        // The version stands behind the name of the service.
        return videos::receive(&state, rest.last().copied().unwrap_or_default(), &headers, body).await;
    }
    let first = path.split('/').nth(1).unwrap_or_default();
    if version(first).is_some_and(|number| number > NEWEST) {
        return GraphError::unknown_path(&path).into_response();
    }
    // Where the network has two hosts: a browser that opens an address without a version wants a page.
    let is_browser = headers.get(header::ACCEPT).is_some_and(|types| types.as_bytes().starts_with(b"text/html"));
    if is_browser && method == Method::GET && version(first).is_none() {
        return pages::at(&state, &parts);
    }
    let Some(params) = Params::of(&uri, &headers, body).await else {
        return problem::invalid("(#100) The request body does not read").into_response();
    };
    // Gone from all versions since 2026-10-27.
    if params.get("date_format").is_some() || (parts.is_empty() && params.get("ids").is_some()) {
        return problem::invalid("(#100) This parameter is not supported any more").into_response();
    }
    let who = match caller(&state, &params) {
        Ok(who) => who,
        Err(refusal) if refusal.code() == 190 => {
            let status = http::StatusCode::from_u16(state.settings().dead_token_status).unwrap_or_default();
            return refusal.with_status(status).into_response();
        }
        Err(refusal) => return refusal.into_response(),
    };
    let digest = digest.map(|Extension(RequestDigest(digest))| digest).unwrap_or_default();
    if parts.first().is_some_and(|node| state.linked.knows(node)) {
        return linked::call(&state, who, &params, digest, (&method, &path, &parts)).await;
    }
    let standing = match &who {
        Who::App => state.core.spend(&CALLS, "app", 1),
        Who::Person(person, _) => state.core.spend(&CALLS, &person.id, 1),
        Who::Page(page, _) => state.core.spend(&PAGE_CALLS, &page.id, 1),
    };
    let version = if version(first).is_some() { first.to_owned() } else { "v26.0".to_owned() };
    let call = Call { state: &state, params: &params, who, address: state.core.url(&path), version, digest };
    let mut answer = match (standing.allowed, &call.who) {
        (true, _) => as_told(&call, &method, &path, &parts).await.map(Json).into_response(),
        (false, Who::Page(..)) => problem::page_case_limit().into_response(),
        (false, _) => GraphError::too_many().into_response(),
    };
    if state.settings().usage_headers {
        dress(&mut answer, &call.who, standing, state.now());
    }
    answer
}

fn caller(state: &State, params: &Params) -> Result<Who, GraphError> {
    let Some(text) = params.get("access_token") else {
        return Err(GraphError::new(problem::KIND, 104, "An access token is required to request this resource."));
    };
    if text == PRODUCT.app_token() {
        auth::check_proof(state, params, text)?;
        return Ok(Who::App);
    }
    let (token, page, person, is_lost) = {
        let book = state.book();
        let token = tokens::find(&book.grants, Some(text), state.now())?;
        let page = token.target.as_ref().and_then(|page| book.pages.get(page)).cloned();
        let person = book.people.get(&token.consent.account).cloned();
        let has_role = page.as_ref().is_none_or(|page| page.roles.contains_key(&token.consent.account));
        (token, page, person, !has_role)
    };
    auth::check_proof(state, params, text)?;
    match (page, person) {
        (Some(page), _) if is_lost || state.settings().lost_roles.contains(&page.username) => Err(problem::lost_role()),
        (Some(page), _) => Ok(Who::Page(page, token)),
        (None, Some(person)) => Ok(Who::Person(person, token)),
        (None, None) => Err(tokens::unknown()),
    }
}

/// Carries it out, unless the knobs have something else in mind.
async fn as_told(call: &Call<'_>, method: &Method, path: &str, steps: &[&str]) -> Result<Value, GraphError> {
    let (settings, class) = (call.state.settings(), call.state.classify(method, path));
    let edge = steps.last().copied().unwrap_or_default();
    let told = |words: &std::collections::BTreeMap<String, String>| {
        words.get(edge).or_else(|| words.get(class.as_str())).and_then(|word| problem::named(word))
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
        return Err(problem::service());
    }
    told(&settings.refuse_after).map_or(Ok(answer), Err)
}

async fn carry_out(call: &Call<'_>, method: &Method, steps: &[&str]) -> Result<Value, GraphError> {
    match (method.as_str(), steps) {
        ("GET", ["debug_token"]) => auth::inspect(call.state, call.params),
        ("GET", [node, "permissions"]) => accounts::of_person(call, node).map(auth::permissions),
        ("DELETE", [node, "permissions", rest @ ..]) => {
            let scope = rest.first().copied().or_else(|| call.params.get("permission"));
            auth::take_back(call.state, accounts::of_person(call, node)?, scope)
        }
        ("GET", [node, "accounts"]) => accounts::pages(call, node),
        ("GET", [node, "businesses"]) => accounts::businesses(call, node),
        ("GET", [node, edge @ ("owned_pages" | "client_pages")]) => {
            accounts::of_business(call, node, *edge == "owned_pages")
        }
        ("GET" | "POST" | "DELETE", [app, "subscriptions"]) => events::of_app(call, method, app).await,
        ("GET" | "POST" | "DELETE", [page, "subscribed_apps"]) => events::of_page(call, method, page),
        ("POST", [page, "feed"]) => posts::create(call, page),
        ("POST", [page, "photos"]) => photos::create(call, page).await,
        ("POST", [page, "photo_stories"]) => photos::story(call, page),
        ("POST", [page, "videos"]) => videos::create(call, page).await,
        ("POST", [page, "video_reels"]) => videos::in_phases(call, page, super::model::Use::Reel),
        ("POST", [page, "video_stories"]) => videos::in_phases(call, page, super::model::Use::Story),
        ("GET", [page, edge]) if reading::List::of(edge).is_some() => reading::list(call, page, edge),
        ("GET", [node, "insights"]) => insights::of_node(call, node),
        ("GET", [node, "video_insights"]) => insights::of_video(call, node),
        ("GET", [node, "comments"]) => comments::list(call, node),
        ("POST", [node, "comments"]) => comments::create(call, node),
        ("POST" | "DELETE", [node, "likes"]) => comments::like(call, node, method == Method::POST),
        ("POST", [node, edge @ ("thumbnails" | "captions")]) => videos::furnish(call, node, edge),
        ("GET", [node]) => reading::object(call, node),
        ("POST", [node]) => posts::change(call, node),
        ("DELETE", [node]) => posts::delete(call, node),
        _ => Err(GraphError::unknown_path(&format!("/{}", steps.join("/")))),
    }
}

/// The usage headers, in percent; the time until a page's calls are let through again in minutes.
fn dress(answer: &mut Response, who: &Who, standing: Standing, now: Timestamp) {
    let used = u64::from(standing.limit - standing.remaining) * 100;
    let percent = used.checked_div(u64::from(standing.limit)).unwrap_or(100);
    let usage = json!({ "call_count": percent, "total_time": percent, "total_cputime": percent });
    let (name, value) = match who {
        Who::Page(page, _) => {
            let wait = if standing.allowed { 0 } else { standing.reset_at.since(now).as_secs() / 60 };
            let mut usage = usage;
            (usage["type"], usage["estimated_time_to_regain_access"]) = (json!("pages"), json!(wait));
            ("x-business-use-case-usage", json!({ &page.id: [usage] }))
        }
        _ => ("x-app-usage", usage),
    };
    if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
        answer.headers_mut().insert(name, value);
    }
}
