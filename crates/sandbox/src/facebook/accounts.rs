//! People, their pages and portfolios.

use serde_json::{Value, json};

use super::{
    auth,
    calls::{Call, Who},
    model::Page,
    problem,
    shapes::{self, View},
};
use crate::{
    meta::{
        error::{GraphError, Kind},
        paging,
    },
    oauth::Token,
};

/// The token of the person that the path names.
///
/// # Errors
/// 100 / 33 for someone else.
pub fn of_person<'a>(call: &'a Call<'_>, node: &str) -> Result<&'a Token, GraphError> {
    match &call.who {
        Who::Person(person, token) if node == "me" || node == person.id => Ok(token),
        _ => Err(problem::no_object("get", node)),
    }
}

/// Whether the app may know the page, and whether it sees it without being told its id: pages of a portfolio stay away from
/// lists unless the app may manage portfolios (openpost 216, restfb 1368).
fn is_granted(token: &Token, page: &Page) -> bool {
    token.consent.targets.contains(&page.id) && page.roles.contains_key(&token.consent.account)
}

/// `GET /me/accounts`. Without the scope the list is empty.
///
/// # Errors
/// If a parameter is wrong.
pub fn pages(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    let token = of_person(call, node)?;
    let sees_all = token.has("business_management");
    listed(call, token, |page| token.has("pages_show_list") && (page.business.is_none() || sees_all))
}

/// `GET /me/businesses`.
///
/// # Errors
/// Without the scope.
pub fn businesses(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    let token = of_person(call, node)?;
    if !token.has("business_management") {
        return Err(problem::wants("business_management"));
    }
    let book = call.state.book();
    let is_theirs =
        |id: &&String| book.pages_of(&token.consent.account).any(|page| page.business.as_ref() == Some(*id));
    let data: Vec<Value> =
        book.businesses.keys().filter(is_theirs).map(|id| json!({ "id": id, "name": book.businesses[id] })).collect();
    Ok(json!({ "data": data }))
}

/// `GET /{business}/owned_pages` and `/client_pages`; the portfolios here have no clients.
///
/// # Errors
/// Without the scope, or if there is no such portfolio.
pub fn of_business(call: &Call<'_>, node: &str, owned: bool) -> Result<Value, GraphError> {
    let Who::Person(_, token) = &call.who else { return Err(problem::no_object("get", node)) };
    if !token.has("business_management") {
        return Err(problem::wants("business_management"));
    }
    if !call.state.book().businesses.contains_key(node) {
        return Err(problem::no_object("get", node));
    }
    listed(call, token, |page| owned && page.business.as_deref() == Some(node))
}

fn listed(call: &Call<'_>, token: &Token, is_in: impl Fn(&Page) -> bool) -> Result<Value, GraphError> {
    let part = paging::Page::of(call.params, Kind(problem::KIND), 25, 100)?;
    let fields = shapes::asked(call.params, "access_token,category,category_list,name,id,tasks")?;
    let mut book = call.state.book();
    let pages = book.pages_of(&token.consent.account).filter(|page| is_granted(token, page) && is_in(page));
    let cut = part.cut(pages.cloned().collect(), |page: &Page| page.id.clone(), &call.address, call.params);
    cut.answer(|page| {
        let text = auth::page_token(call.state, &mut book.grants, token, &page.id, call.state.now());
        View::new(call, &book).page(&page, &fields, Some(&text))
    })
}

/// `GET /{page}` with a person's token.
///
/// # Errors
/// If the app was not let near the page, or a field does not exist.
pub fn page(call: &Call<'_>, token: &Token, node: &str) -> Result<Value, GraphError> {
    let fields = shapes::asked(call.params, "name,id")?;
    let mut book = call.state.book();
    let page = book.page(node).filter(|page| is_granted(token, page)).cloned();
    let page = page.ok_or_else(|| problem::no_object("get", node))?;
    if call.state.settings().lost_roles.contains(&page.username) {
        return Err(problem::lost_role());
    }
    let text = auth::page_token(call.state, &mut book.grants, token, &page.id, call.state.now());
    View::new(call, &book).page(&page, &fields, Some(&text))
}
