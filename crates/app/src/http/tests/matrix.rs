//! Who gets through which door (S-43): every route of the API document, as every role, as no one, with keys that have
//! the permission and keys that lack it, in one's own and in another workspace.
//!
//! A route without `x-permission` fails. What a route does once the caller is through is its own tests' business, so
//! bodies are empty here: only being let in or turned away is looked at.

use std::collections::BTreeSet;

use axum::http::Method;
use base::{Permission, Role, ids::WorkspaceId};
use db::testing::TestDb;
use serde_json::{Value, json};

use crate::{
    http::RateLimits,
    testing::{Answer, Client, World},
};

/// A route as its description has it.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub method: Method,
    pub path: String,
    pub permission: String,
    /// Only a person with a recent sign-in.
    pub recent: bool,
    /// A person with a recent sign-in, or a key.
    pub confirmed: bool,
}

pub(super) fn routes() -> Vec<Route> {
    let document: Value = serde_json::to_value(crate::api::document()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if !operation["operationId"].is_string() {
                continue;
            }
            let permission = operation["x-permission"].as_str();
            let permission = permission.unwrap_or_else(|| panic!("{method} {path} says no x-permission")).to_owned();
            let known = ["public", "known", "signed-in", "operator"].contains(&permission.as_str());
            assert!(
                known || Permission::parse(&permission).is_some(),
                "{method} {path}: {permission} is no permission"
            );
            routes.push(Route {
                method,
                path: path.clone(),
                permission,
                recent: operation["x-recent"] == json!(true),
                confirmed: operation["x-recent"] == json!("people"),
            });
        }
    }
    routes
}

/// The path with ids that do not exist, but for the workspace.
fn filled(route: &Route, workspace: WorkspaceId) -> String {
    let mut path = route.path.replace("{workspace}", &workspace.to_string());
    while let (Some(begin), Some(end)) = (path.find('{'), path.find('}')) {
        path.replace_range(begin..=end, "none_01h455vb4pex5vsknk084sn02q");
    }
    path
}

async fn ask(client: &Client, route: &Route, workspace: WorkspaceId) -> Answer {
    let body = (route.method != Method::GET && route.method != Method::DELETE).then(|| json!({}));
    client.send(route.method.clone(), &filled(route, workspace), body).await
}

/// Let in means: whatever became of it, it was not who is asking that mattered.
fn let_in(answer: &Answer) -> bool {
    !matches!(answer.problem(), "unauthenticated" | "forbidden" | "confirm-identity")
}

/// Whether it was refused because of who is asking, or where.
fn turned_away(answer: &Answer) -> bool {
    !let_in(answer) || answer.problem() == "not-found"
}

async fn world() -> World {
    World::with(TestDb::sqlite().await, Default::default(), |settings| settings.limits = RateLimits::off()).await
}

#[tokio::test]
async fn s_43_every_route_says_who_may_use_it_and_lets_no_one_else_in() {
    let world = world().await;
    let (elsewhere, _) = world.stranger().await;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((*role, world.member(*role).await.1));
    }
    let mut asked = 0;
    for route in routes() {
        let wanted = Permission::parse(&route.permission);
        let said = format!("{} {} ({})", route.method, route.path, route.permission);
        // Ends the session that asks, so it is asked by someone of its own.
        if route.path == "/v1/session" && route.method == Method::DELETE {
            let (_, leaver) = world.member(Role::Analyst).await;
            assert!(let_in(&ask(&leaver, &route, world.workspace).await), "{said}");
            continue;
        }
        let nobody = ask(&world.nobody(), &route, world.workspace).await;
        assert_eq!(
            nobody.status == 401 && nobody.problem() == "unauthenticated",
            route.permission != "public",
            "nobody: {said}: {}",
            nobody.text
        );
        if route.permission == "operator" {
            let operator = ask(&world.owner(), &route, world.workspace).await;
            assert!(let_in(&operator), "operator: {said}: {}", operator.text);
        }
        for (role, client) in &people {
            let answer = ask(client, &route, world.workspace).await;
            let may = match (wanted, route.permission.as_str()) {
                (Some(permission), _) => role.permissions().contains(&permission),
                (None, "operator") => false,
                (None, _) => true,
            };
            assert_eq!(let_in(&answer), may, "{role}: {said}: {} {}", answer.status, answer.text);
            if let Some(permission) = wanted {
                let foreign = ask(&client.clone().in_workspace(elsewhere), &route, elsewhere).await;
                assert_eq!(foreign.status, 404, "{role} elsewhere with {permission}: {said}: {}", foreign.text);
            }
            asked += 2;
        }
    }
    assert!(asked > 100, "{asked}");
}

#[tokio::test]
async fn s_43_a_key_does_what_its_permissions_say_and_no_more() {
    let world = world().await;
    let (elsewhere, _) = world.stranger().await;
    let all: BTreeSet<Permission> = Role::Owner.permissions();
    let everything = world.key(all.iter().copied()).await;
    for route in routes() {
        let said = format!("{} {} ({})", route.method, route.path, route.permission);
        let Some(permission) = Permission::parse(&route.permission).filter(|one| *one != Permission::Operate) else {
            let answer = ask(&everything, &route, world.workspace).await;
            let known = ["public", "known"].contains(&route.permission.as_str());
            assert_eq!(let_in(&answer), known, "a key: {said}: {}", answer.text);
            continue;
        };
        let with = ask(&world.key([permission]).await, &route, world.workspace).await;
        assert_eq!(let_in(&with), !route.recent, "with: {said}: {} {}", with.status, with.text);
        let without = world.key(all.iter().copied().filter(|one| *one != permission)).await;
        let answer = ask(&without, &route, world.workspace).await;
        assert_eq!((answer.status, answer.problem()), (403, "forbidden"), "without: {said}: {}", answer.text);
        assert_eq!(answer.json["permission"], json!(permission), "{said}");
        let foreign = ask(&everything.clone().in_workspace(elsewhere), &route, elsewhere).await;
        assert!(turned_away(&foreign), "elsewhere: {said}: {} {}", foreign.status, foreign.text);
    }
}

#[tokio::test]
async fn s_33_every_route_that_says_so_wants_a_recent_sign_in() {
    let world = world().await;
    world.advance(std::time::Duration::from_secs(15 * 60 + 1));
    let mut asked = 0;
    for route in routes() {
        if route.path == "/v1/session" {
            continue;
        }
        let answer = ask(&world.owner(), &route, world.workspace).await;
        let said = format!("{} {}", route.method, route.path);
        assert_eq!(answer.problem() == "confirm-identity", route.recent || route.confirmed, "{said}: {}", answer.text);
        asked += usize::from(route.recent || route.confirmed);
    }
    assert!(asked >= 11, "{asked}");
}

#[test]
fn s_44_every_body_that_a_route_reads_is_closed() {
    let document: Value = serde_json::to_value(crate::api::document()).expect("a document");
    let mut open = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let Some(name) = schema.as_str().and_then(|text| text.strip_prefix("#/components/schemas/")) else {
                continue;
            };
            if document["components"]["schemas"][name]["additionalProperties"] != json!(false) {
                open.push(format!("{method} {path}: {name}"));
            }
        }
    }
    assert!(open.is_empty(), "these take unknown fields; say #[serde(deny_unknown_fields)]: {open:?}");
}
