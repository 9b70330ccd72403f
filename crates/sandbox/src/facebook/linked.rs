//! Accounts at Instagram that are linked to pages. Their objects are [`Nodes`]; here is who may reach them: the page's token, and
//! that of a person who gave the page.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::Method;
use serde_json::{Value, json};

use super::{
    State,
    calls::Who,
    model::{Book, Page},
    problem,
};
use crate::{
    instagram::{self, Call, Login, Nodes, model::Account},
    meta::{
        fields::{self, Field},
        params::Params,
    },
};

/// The account of a page.
fn of(nodes: &Nodes, page: &Page) -> Option<Account> {
    nodes.gallery().by_username(page.instagram.as_deref()?).cloned()
}

/// The ids of the accounts behind these pages.
pub fn of_pages(state: &State, book: &Book, pages: &[String]) -> Vec<String> {
    let pages = pages.iter().filter_map(|id| book.pages.get(id));
    pages.filter_map(|page| of(&state.linked, page)).map(|account| account.id).collect()
}

/// `instagram_business_account` of a page: its id, and what else is asked for.
pub fn shape(nodes: &Nodes, page: &Page, field: &Field) -> Option<Value> {
    let account = of(nodes, page)?;
    if field.sub.is_none() {
        return Some(json!({ "id": account.id }));
    }
    let picture = nodes.core.url(&format!("/@{}/picture", account.username));
    let whole = json!({
        "id": account.id, "username": account.username, "name": account.name, "biography": account.bio,
        "profile_picture_url": picture, "followers_count": account.followers,
    });
    Some(fields::cut(&whole, field))
}

/// A call about something at Instagram.
pub async fn call(
    state: &Arc<State>,
    who: Who,
    params: &Params,
    digest: Arc<str>,
    (method, path, steps): (&Method, &str, &[&str]),
) -> Response {
    let node = steps.first().copied().unwrap_or_default();
    let refused = || problem::no_object(&method.as_str().to_lowercase(), node).into_response();
    let (pages, token) = match who {
        Who::App => return refused(),
        Who::Page(page, token) => (vec![page], token),
        Who::Person(_, token) => {
            let book = state.book();
            let given = token.consent.targets.iter().filter_map(|id| book.pages.get(id).cloned()).collect();
            drop(book);
            (given, token)
        }
    };
    let owner = state.linked.owner(node);
    let mut accounts = pages.iter().filter_map(|page| of(&state.linked, page));
    let Some(me) = accounts.find(|account| Some(&account.id) == owner.as_ref()) else { return refused() };
    let (nodes, address) = (&state.linked, state.core.url(path));
    let call = Call { nodes, login: Login::Facebook, params, token, me, address, digest };
    instagram::calls::answer(&call, method, steps).await
}
