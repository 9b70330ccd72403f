//! The pages of a network, from one view of it: the front page, an account's posts, a post with its answers, a file.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use http::{StatusCode, header};

use crate::{
    AccountLine, Core,
    pages::{self, Choice, PostView, TimelineView},
};

/// What a network shows to people.
pub trait Shows: Send + Sync + Sized + 'static {
    /// The address of an account's page, with `{name}` in it.
    const ACCOUNT: &str;
    /// The address of a post, with `{name}` and `{id}` in it.
    const POST: &str;
    /// The address of a file, with `{id}` in it.
    const FILE: &str;
    /// What the network is, in a sentence for its front page.
    const INTRODUCTION: &str;

    /// The network's ground.
    fn core(&self) -> &Core;
    /// Who is here, each with the name that stands in addresses.
    fn people(&self) -> Vec<Choice>;
    /// Whose pages the front page lists, where those who sign in are not those who post.
    fn listed(&self) -> Vec<Choice> {
        self.people()
    }
    /// An account with its newest posts.
    fn account(&self, name: &str) -> Option<TimelineView>;
    /// A post with its answers.
    fn post(&self, name: &str, id: &str) -> Option<PostView>;
    /// The bytes of a file that a post shows, with their type.
    fn file(&self, id: &str) -> Option<(String, Bytes)>;

    /// What the front page says beside an account.
    fn noted(&self, _name: &str) -> Option<String> {
        None
    }

    /// The front page.
    fn landing(&self) -> Html<String> {
        let line = |one: Choice| {
            let noted = self.noted(&one.value).map(|noted| format!(" · {noted}")).unwrap_or_default();
            (one.name, one.handle + &noted, Self::ACCOUNT.replace("{name}", &one.value))
        };
        pages::landing(&pages::Landing {
            network: self.core().network.title().to_owned(),
            about: Self::INTRODUCTION.to_owned(),
            accounts: self.listed().into_iter().map(line).collect(),
        })
    }
    /// The accounts, for the index page.
    fn lines(&self) -> Vec<AccountLine> {
        let line = |one: Choice| AccountLine {
            page: self.core().url(&Self::ACCOUNT.replace("{name}", &one.value)),
            handle: one.handle,
            name: one.name,
        };
        self.people().into_iter().map(line).collect()
    }
}

/// The pages. A network may add its own.
pub fn router<S: Shows>() -> Router<Arc<S>> {
    inner::<S>().route("/", get(async |State(it): State<Arc<S>>| it.landing()))
}

/// The same without the front page: a network can show what another one has, too.
pub fn inner<S: Shows>() -> Router<Arc<S>> {
    Router::new()
        .route(S::ACCOUNT, get(async |State(it): State<Arc<S>>, Path(name): Path<String>| account(&*it, &name)))
        .route(
            S::POST,
            get(async |State(it): State<Arc<S>>, Path((name, id)): Path<(String, String)>| post(&*it, &name, &id)),
        )
        .route(S::FILE, get(file::<S>))
}

fn account<S: Shows>(it: &S, name: &str) -> Response {
    let network = it.core().network.title();
    it.account(name).map_or_else(|| nothing(it), |view| pages::timeline(network, &view).into_response())
}

/// The page of a post.
pub fn post<S: Shows>(it: &S, name: &str, id: &str) -> Response {
    let network = it.core().network.title();
    it.post(name, id).map_or_else(|| nothing(it), |view| pages::single(network, &view).into_response())
}

/// The bytes of a file.
pub async fn file<S: Shows>(State(it): State<Arc<S>>, Path(id): Path<String>) -> Response {
    let Some((content_type, bytes)) = it.file(&id) else { return nothing(&*it) };
    // An author's file may hold scripts; opened by itself, it can do nothing here.
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".into()),
    ];
    (headers, bytes).into_response()
}

/// There is nothing at this address.
pub fn nothing<S: Shows>(it: &S) -> Response {
    let network = it.core().network.title();
    (StatusCode::NOT_FOUND, pages::refusal(network, "There is nothing at this address.")).into_response()
}
