//! Calls of the Graph API: what a path means, who calls, and what is counted.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use base::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use super::{
    Nodes, State, auth, comments, containers, events, insights,
    model::Account,
    problem::{KIND, refusal},
    reading,
};
use crate::{
    RequestDigest,
    limits::Limit,
    meta::{
        calls::{answered, dress, steps},
        error::GraphError,
        params::Params,
        read_time, tokens,
    },
    oauth::Token,
};

/// Calls of an app for an account in a day are so many times its impressions, which are at least ten.
const CALLS: Limit = Limit::per("calls", 48_000, 24 * 3_600);

/// How the app was let in. The objects are the same; what can be done with them is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// With Instagram: on `graph.instagram.com`.
    Instagram,
    /// With Facebook, for an account that is linked to a page: on `graph.facebook.com`.
    Facebook,
}

/// What a scope allows, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To read the account and its media.
    Basic,
    /// To publish.
    Publish,
    /// To read, write, hide and delete comments.
    Comments,
    /// To read insights.
    Insights,
    /// To delete media.
    Delete,
}

impl Right {
    /// The scope that gives it; with Instagram there is none for deletion.
    pub const fn scope(self, login: Login) -> &'static str {
        match (self, login) {
            (Right::Basic, Login::Instagram) => "instagram_business_basic",
            (Right::Publish, Login::Instagram) => "instagram_business_content_publish",
            (Right::Comments, Login::Instagram) => "instagram_business_manage_comments",
            (Right::Insights, Login::Instagram) => "instagram_business_manage_insights",
            (Right::Basic, Login::Facebook) => "instagram_basic",
            (Right::Publish, Login::Facebook) => "instagram_content_publish",
            (Right::Comments, Login::Facebook) => "instagram_manage_comments",
            (Right::Insights, Login::Facebook) => "instagram_manage_insights",
            (Right::Delete, _) => "instagram_manage_contents",
        }
    }
}

/// Who calls, with what.
pub struct Call<'a> {
    /// The objects.
    pub nodes: &'a Arc<Nodes>,
    /// How the app was let in.
    pub login: Login,
    /// The parameters.
    pub params: &'a Params,
    /// What the app may do.
    pub token: Token,
    /// The account of the token, or of the page that it is linked to.
    pub me: Account,
    /// The address that was called, without its query.
    pub address: String,
    /// The digest of the request.
    pub digest: Arc<str>,
}

impl Call<'_> {
    /// Whether the token has a right.
    ///
    /// # Errors
    /// 10 if not.
    pub fn require(&self, right: Right) -> Result<(), GraphError> {
        if self.token.has(right.scope(self.login)) { Ok(()) } else { Err(refusal("10")) }
    }

    /// A parameter that is a time.
    ///
    /// # Errors
    /// 100 if it does not read.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, GraphError> {
        let read = |text: &str| read_time(text).ok_or_else(|| KIND.param(name, "must be a Unix timestamp"));
        self.params.get(name).map(read).transpose()
    }

    /// Whether the account that calls is meant. With Instagram either of its ids will do, and `me`, which is a person with
    /// Facebook.
    fn is_me(&self, node: &str) -> bool {
        node == self.me.id || (self.login == Login::Instagram && (node == "me" || node == self.me.scoped_id))
    }
}

/// Everything that is no page, for an app that was let in with Instagram.
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
    let Some(params) = Params::of(&uri, &headers, body).await else {
        return KIND.invalid("The request body does not read").into_response();
    };
    match (&method, steps.as_slice()) {
        (&Method::GET, ["access_token"]) => return answered(auth::lengthen(&state, &params)),
        (&Method::GET, ["refresh_access_token"]) => return answered(auth::prolong(&state, &params)),
        (_, ["access_token" | "refresh_access_token"]) => return auth::wrong_method(method).await,
        _ => {}
    }
    let (token, me) = match caller(&state, &params) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let nodes = &state.nodes;
    let digest = digest.map(|Extension(RequestDigest(digest))| digest).unwrap_or_default();
    let address = nodes.core.url(&path);
    let call = Call { nodes, login: Login::Instagram, params: &params, token, me, address, digest };
    answer(&call, &method, &steps).await
}

/// The answer to a call of the graph, whatever host it came to: counted, carried out, with the usage headers.
pub async fn answer(call: &Call<'_>, method: &Method, steps: &[&str]) -> Response {
    let standing = call.nodes.core.spend(&CALLS, &call.me.id, 1);
    let mut answer = match standing.allowed {
        true => answered(carry_out(call, method, steps).await),
        false => refusal("80002").into_response(),
    };
    if call.nodes.settings().usage_headers {
        dress(&mut answer, "instagram", &call.me.id, standing);
    }
    answer
}

fn caller(state: &State, params: &Params) -> Result<(Token, Account), GraphError> {
    let token = tokens::find(&state.grants(), params.get("access_token"), state.nodes.now())?;
    let me = state.nodes.gallery().accounts.get(&token.consent.account).cloned();
    let me = me.ok_or_else(|| GraphError::token(None, "Error validating access token: the user no longer exists."))?;
    Ok((token, me))
}

/// What a call of the graph does, whatever host it came to.
///
/// # Errors
/// How it is refused.
pub async fn carry_out(call: &Call<'_>, method: &Method, steps: &[&str]) -> Result<Value, GraphError> {
    call.require(Right::Basic)?;
    let edge = steps.get(1).map_or_else(|| method.as_str().to_lowercase(), |edge| (*edge).to_owned());
    if let Some(name) = call.nodes.settings().refuse.get(&edge) {
        return Err(refusal(name));
    }
    match (method.as_str(), steps) {
        (method, [node, rest @ ..]) if call.is_me(node) => match (method, rest) {
            ("GET", []) => reading::me(call),
            ("POST", ["media"]) => containers::create(call).await,
            ("POST", ["media_publish"]) => containers::publish(call).await,
            ("GET", ["content_publishing_limit"]) => containers::limit(call),
            ("GET", ["media"]) => reading::own(call, reading::List::Media),
            ("GET", ["stories"]) => reading::own(call, reading::List::Stories),
            ("GET", ["tags"]) => reading::own(call, reading::List::Tags),
            // No one here is live.
            ("GET", ["live_media"]) => Ok(json!({ "data": [] })),
            ("GET", ["insights"]) => insights::of_account(call),
            ("POST", ["mentions"]) => comments::answer_mention(call),
            (_, ["subscribed_apps"]) => events::subscribe(call, method),
            _ => Err(unsupported(method, node, rest)),
        },
        (method, [node, rest @ ..]) => {
            let Ok(id) = node.parse::<u64>() else { return Err(unsupported(method, node, rest)) };
            match (method, rest) {
                ("GET", []) => reading::object(call, id),
                ("GET", ["children"]) => reading::children(call, id),
                ("GET", ["collaborators"]) => reading::collaborators(call, id),
                ("GET", ["insights"]) => insights::of_media(call, id),
                ("GET", ["comments"]) => comments::of_media(call, id),
                ("POST", ["comments"]) => comments::comment(call, id),
                ("GET", ["replies"]) => comments::replies(call, id),
                ("POST", ["replies"]) => comments::reply(call, id),
                ("POST", []) => comments::change(call, id),
                ("DELETE", []) if call.nodes.gallery().comments.contains_key(&id) => comments::delete(call, id),
                ("DELETE", []) => containers::delete(call, id),
                _ => Err(unsupported(method, node, rest)),
            }
        }
        _ => Err(GraphError::unknown_path("/")),
    }
}

fn unsupported(method: &str, node: &str, rest: &[&str]) -> GraphError {
    match rest {
        [] | [_] => KIND.no_object(&method.to_lowercase(), node),
        _ => GraphError::unknown_path(&format!("/{node}/{}", rest.join("/"))),
    }
}
