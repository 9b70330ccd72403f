//! Calls of the API: what a path means, who calls, and what is counted.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::{State, auth, compose, containers, insights, model::Account, problem, reading, replies};
use crate::{
    RequestDigest,
    limits::Limit,
    meta::{
        calls::{answered, dress, steps},
        error::GraphError,
        params::Params,
        tokens,
    },
    oauth::Token,
};

/// Calls of an app for an account in a day are so many times its impressions, which are at least ten.
const CALLS: Limit = Limit::per("calls", 48_000, 24 * 3_600);

/// Who calls, with what.
pub struct Call<'a> {
    /// The network.
    pub state: &'a Arc<State>,
    /// The parameters.
    pub params: &'a Params,
    /// What the app may do.
    pub token: Token,
    /// The account of the token.
    pub me: Account,
    /// The address that was called, without its query.
    pub address: String,
    /// The digest of the request.
    pub digest: Arc<str>,
}

impl Call<'_> {
    /// Whether the token has a scope, besides the one that every call needs.
    ///
    /// # Errors
    /// 10 if not.
    pub fn require(&self, scope: &str) -> Result<(), GraphError> {
        if self.token.has(scope) { Ok(()) } else { Err(GraphError::permission()) }
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
    let steps = steps(&path);
    let Some(mut params) = Params::of(&uri, &headers, body).await else {
        return problem::KIND.invalid("The request body does not read").into_response();
    };
    match (&method, steps.as_slice()) {
        (&Method::GET, ["access_token"]) => return answered(auth::lengthen(&state, &params)),
        (&Method::GET, ["refresh_access_token"]) => return answered(auth::prolong(&state, &params)),
        (&Method::GET, ["debug_token"]) => return answered(auth::inspect(&state, &params)),
        (&Method::GET, ["oembed"]) => return answered(reading::oembed(&state, &params)),
        (&Method::POST, [_, "threads" | "threads_publish"]) => params.forget_json_but(compose::KEPT_OF_JSON),
        _ => {}
    }
    let (token, me) = match caller(&state, &params) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let standing = state.core.spend(&CALLS, &me.id, 1);
    let digest = digest.map(|Extension(RequestDigest(digest))| digest).unwrap_or_default();
    let call = Call { state: &state, params: &params, token, me, address: state.core.url(&path), digest };
    let mut answer = match standing.allowed {
        true => answered(carry_out(&call, &method, &steps).await),
        false => GraphError::too_many().into_response(),
    };
    if state.settings().usage_headers {
        dress(&mut answer, "threads", &call.me.id, standing);
    }
    answer
}

fn caller(state: &State, params: &Params) -> Result<(Token, Account), GraphError> {
    let square = state.square();
    let token = tokens::find(&square.grants, params.get("access_token"), state.now())?;
    let me = square.accounts.get(&token.consent.account).cloned();
    let me = me.ok_or_else(|| GraphError::token(None, "Error validating access token: the user no longer exists."))?;
    if !token.has("threads_basic") {
        return Err(GraphError::permission());
    }
    Ok((token, me))
}

async fn carry_out(call: &Call<'_>, method: &Method, steps: &[&str]) -> Result<Value, GraphError> {
    let mine = |node: &str| node == "me" || node == call.me.id;
    let not_mine = |node: &str| problem::not_found(node);
    match (method.as_str(), steps) {
        ("POST", [node, edge @ ("threads" | "threads_publish")]) => match mine(node) {
            true if *edge == "threads" => containers::create(call).await,
            true => containers::publish(call).await,
            // Not “forbidden”: writing under another id than the token's own says that nothing is there (mimi-seed-sdk 15).
            false => Err(not_mine(node)),
        },
        ("GET", [node, "threads"]) if mine(node) => reading::own(call, reading::List::Threads),
        ("GET", [node, "replies"]) if mine(node) => reading::own(call, reading::List::Replies),
        ("GET", [node, "ghost_posts"]) if mine(node) => reading::own(call, reading::List::Ghosts),
        ("GET", [node, "mentions"]) if mine(node) => reading::mentions(call),
        ("GET", [node, "threads_publishing_limit"]) if mine(node) => containers::limits(call),
        ("GET", [node, "threads_insights"]) if mine(node) => insights::of_account(call),
        ("GET", ["keyword_search"]) => reading::search(call),
        ("GET", ["location_search"]) => reading::places(call),
        ("GET", ["profile_lookup"]) => reading::profile(call),
        ("GET", ["profile_posts"]) => reading::posts_of(call),
        ("GET", [node]) if mine(node) => reading::me(call),
        ("GET", [node]) => reading::object(call, node),
        ("DELETE", [node]) => containers::delete(call, node),
        ("POST", [node, "repost"]) => containers::repost(call, node),
        ("GET", [node, "insights"]) => insights::of_post(call, node),
        ("GET", [node, "replies"]) => replies::below(call, node),
        ("GET", [node, "conversation"]) => replies::conversation(call, node),
        ("GET", [node, "pending_replies"]) => replies::pending(call, node),
        ("POST", [node, "manage_reply"]) => replies::hide(call, node),
        ("POST", [node, "manage_pending_reply"]) => replies::approve(call, node),
        (method, [node]) => Err(problem::KIND.no_object(&method.to_lowercase(), node)),
        _ => Err(GraphError::unknown_path(&format!("/{}", steps.join("/")))),
    }
}
