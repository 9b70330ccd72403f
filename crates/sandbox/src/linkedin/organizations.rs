//! Organisations: who may do what there, what they are called, who follows them, how their posts do.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State as Shared},
};
use base::Timestamp;
use serde_json::{Value, json};

use super::{
    State,
    model::{Feed, Organization, Post},
    problem::Problem,
    restli::{Caller, Query},
};
use crate::growth::grown;

/// Scopes that tell of organisations.
const ADMIN: &[&str] = &["r_organization_admin", "rw_organization_admin"];

/// `GET /rest/organizationAcls?q=roleAssignee`.
pub async fn roles(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(query.as_deref(), &["q", "role", "state", "start", "count"])?;
    caller.need(ADMIN, "partnerApiOrganizationAcls.FINDER-roleAssignee")?;
    if query.need("q")? != "roleAssignee" {
        return Err(Problem::value("q", "the finder is roleAssignee"));
    }
    let (start, count) = query.page(10, 100)?;
    let role = query.get("role");
    let feed = state.feed();
    let mut found: Vec<Value> = Vec::new();
    for page in feed.organizations.values() {
        let Some(held) = page.roles.get(&caller.token.consent.account) else { continue };
        if role.as_ref().is_none_or(|role| role == held) && query.get("state").is_none_or(|state| state == "APPROVED") {
            let urn = format!("urn:li:organization:{}", page.id);
            found.push(
                json!({ "organization": urn, "role": held, "state": "APPROVED", "roleAssignee": caller.person() }),
            );
        }
    }
    let elements: Vec<&Value> = found.iter().skip(start).take(count).collect();
    let paging = json!({ "start": start, "count": count, "total": found.len(), "links": [] });
    Ok(Json(json!({ "elements": elements, "paging": paging })))
}

fn shape(page: &Organization) -> Value {
    json!({ "id": page.id, "localizedName": page.name, "vanityName": page.vanity, "organizationType": "PUBLIC_COMPANY" })
}

/// `GET /rest/organizations/{id}`.
pub async fn one(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<u64>,
) -> Result<Json<Value>, Problem> {
    let feed = state.feed();
    caller.need(ADMIN, "partnerApiOrganizations.GET")?;
    let page = feed.organizations.get(&id).ok_or_else(|| Problem::missing("organization"))?;
    Ok(Json(shape(page)))
}

/// `GET /rest/organizations?ids=List()` and `?q=vanityName&vanityName=`.
pub async fn several(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(query.as_deref(), &["ids", "q", "vanityName"])?;
    let feed = state.feed();
    caller.need(ADMIN, "partnerApiOrganizations.BATCH_GET")?;
    if let Some(name) = query.get("vanityName") {
        let found: Vec<Value> = feed.organizations.values().filter(|page| page.vanity == name).map(shape).collect();
        return Ok(Json(json!({ "elements": found, "paging": { "start": 0, "count": 10, "links": [] } })));
    }
    let mut answer = json!({ "results": {}, "statuses": {}, "errors": {} });
    for id in query.list("ids")? {
        match id.parse().ok().and_then(|id: u64| feed.organizations.get(&id)) {
            Some(page) => {
                answer["results"][&id] = shape(page);
                answer["statuses"][&id] = json!(200);
            }
            None => answer["errors"][&id] = json!({ "status": 404, "message": "not found" }),
        }
    }
    Ok(Json(answer))
}

/// `GET /rest/networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER`.
pub async fn followers(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(urn): Path<String>,
) -> Result<Json<Value>, Problem> {
    caller.need(&["r_organization_followers", "rw_organization_admin"], "partnerApiNetworkSizes.GET")?;
    let feed = state.feed();
    let page = feed.organization(&urn).ok_or_else(|| Problem::missing(&urn))?;
    Ok(Json(json!({ "firstDegreeSize": 200 + page.id % 1_000 })))
}

fn numbers(feed: &Feed, post: &Post, now: Timestamp) -> Value {
    let grown = |what: &str, most: u64| grown(&post.urn, what, now.since(post.at), most);
    let views = grown("views", 20_000);
    let comments = feed.comments_on(&post.urn).count() as u64;
    json!({
        "impressionCount": views, "uniqueImpressionsCount": views * 2 / 3, "clickCount": grown("clicks", 400),
        "likeCount": grown("likes", 300), "commentCount": comments, "shareCount": grown("shares", 60),
        "engagement": 0.02,
    })
}

/// `GET /rest/organizationalEntityShareStatistics`. What no one has seen is left out.
pub async fn statistics(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(query.as_deref(), &["q", "organizationalEntity", "shares", "ugcPosts"])?;
    let what = "organizationalEntityShareStatistics.FINDER-organizationalEntity";
    caller.need(ADMIN, what)?;
    if query.need("q")? != "organizationalEntity" {
        return Err(Problem::value("q", "the finder is organizationalEntity"));
    }
    let (feed, now, urn) = (state.feed(), state.now(), query.need("organizationalEntity")?);
    let page = feed.organization(&urn).ok_or_else(|| Problem::missing(&urn))?;
    if page.roles.get(&caller.token.consent.account).is_none_or(|role| role != "ADMINISTRATOR") {
        return Err(caller.denied(what));
    }
    let mut elements = Vec::new();
    for (list, kind) in [("shares", "share"), ("ugcPosts", "ugcPost")] {
        for asked in query.list(list)? {
            if !asked.starts_with(&format!("urn:li:{kind}:")) {
                return Err(Problem::value(list, format!("{asked} is no {kind}")));
            }
            let Some(post) = feed.post(&asked).filter(|post| post.author == urn && post.at < now) else { continue };
            let mut element = json!({ "organizationalEntity": urn, "totalShareStatistics": numbers(&feed, post, now) });
            element[kind] = json!(asked);
            elements.push(element);
        }
    }
    Ok(Json(json!({ "elements": elements, "paging": { "start": 0, "count": 10, "links": [] } })))
}
