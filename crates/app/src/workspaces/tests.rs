//! Members and invitations.

use std::time::Duration;

use base::{Role, Secret, ids::PersonId};
use db::testing::TestDb;
use serde_json::{Value, json};

use super::{NewAccount, WorkspaceError};
use crate::testing::{Client, PASSWORD, World};

async fn invite(client: &Client, email: &str, role: &str) -> Value {
    let answer = client.post("/v1/members", json!({"email": email, "role": role})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json
}

fn token(added: &Value) -> String {
    added["link"].as_str().and_then(|link| link.split_once('#')).expect("a link").1.to_owned()
}

fn account(token: &str) -> Value {
    json!({"token": token, "name": "Jane", "password": PASSWORD, "language": "en", "zone": "Europe/Amsterdam"})
}

#[tokio::test]
async fn an_invitation_is_viewed_and_can_be_accepted_only_once() {
    for world in World::both().await {
        let added = invite(&world.owner(), "jane@example.org", "author").await;
        let token = token(&added);
        let nobody = world.nobody();
        for _ in 0..2 {
            let seen = nobody.post("/v1/invitations/look", json!({"token": token})).await;
            assert_eq!(seen.json["workspace"], "First workspace", "{}", seen.text);
            assert_eq!((&seen.json["email"], &seen.json["role"]), (&json!("jane@example.org"), &json!("author")));
        }
        assert_eq!(world.owner().get("/v1/invitations").await.json["items"].as_array().map(Vec::len), Some(1));
        let came = nobody.post("/v1/invitations/accept", account(&token)).await;
        assert_eq!(came.status, 201, "{}", came.text);
        let jane = nobody.clone().with("cookie", came.header("set-cookie").split(';').next().expect("a cookie"));
        assert_eq!(jane.get("/v1/me").await.json["workspaces"][0]["role"], "author");
        assert_eq!(nobody.post("/v1/invitations/accept", account(&token)).await.status, 404);
        assert_eq!(world.owner().get("/v1/invitations").await.json["items"].as_array().map(Vec::len), Some(0));
        let members = world.owner().get("/v1/members").await;
        assert_eq!(members.json["items"].as_array().map(Vec::len), Some(2), "{}", members.text);
        assert!(!members.text.contains('@'), "colleagues see names, not addresses");
    }
}

#[tokio::test]
async fn an_invitation_ends_after_a_week_when_withdrawn_and_when_replaced() {
    for world in World::both().await {
        let (owner, nobody) = (world.owner(), world.nobody());
        let first = invite(&owner, "jane@example.org", "author").await;
        let second = invite(&owner, "jane@example.org", "editor").await;
        assert_eq!(nobody.post("/v1/invitations/accept", account(&token(&first))).await.status, 404, "replaced");
        let id = second["invitation"]["id"].as_str().expect("an id");
        assert_eq!(owner.delete(&format!("/v1/invitations/{id}")).await.status, 204);
        assert_eq!(nobody.post("/v1/invitations/accept", account(&token(&second))).await.status, 404, "withdrawn");
        let third = invite(&owner, "jane@example.org", "editor").await;
        world.advance(Duration::from_secs(7 * 86_400));
        assert_eq!(nobody.post("/v1/invitations/accept", account(&token(&third))).await.status, 404, "ended");
        assert_eq!(super::sweep(&world.app).await.expect("swept"), 1);
    }
}

/// The response to an invitation without the values that differ every time.
fn shape(mut added: Value) -> Value {
    added["link"] = json!(added["link"].as_str().and_then(|link| link.split_once('#')).map(|(page, _)| page));
    for differs in ["id", "email"] {
        added["invitation"][differs] = json!(null);
    }
    added
}

#[tokio::test]
async fn inviting_an_existing_account_does_not_reveal_that_it_exists() {
    for world in World::both().await {
        let (elsewhere, stranger) = world.stranger().await;
        let me = stranger.get("/v1/me").await.json;
        let email = me["email"].as_str().expect("an address").to_owned();
        world.advance(Duration::from_secs(1));
        let added = invite(&world.owner(), &email, "analyst").await;
        let nobody = invite(&world.owner(), "nobody@example.org", "analyst").await;
        assert_eq!(shape(added.clone()), shape(nobody));
        let here = stranger.clone().in_workspace(world.workspace);
        assert_eq!(here.get("/v1/members").await.status, 404, "not before they say yes");
        let offers = stranger.get("/v1/me/invitations").await.json["items"].clone();
        assert_eq!(offers.as_array().map(Vec::len), Some(1), "{offers}");
        assert_eq!((&offers[0]["workspace"], &offers[0]["role"]), (&json!("First workspace"), &json!("analyst")));
        assert_eq!(offers[0]["invited_by"], "Olivia Owner");
        let path = format!("/v1/me/invitations/{}", offers[0]["id"].as_str().expect("an id"));
        assert_eq!(world.owner().post(&path, json!({})).await.status, 404, "it is not theirs");
        assert_eq!(stranger.post(&path, json!({})).await.status, 200);
        assert_eq!(here.get("/v1/members").await.status, 200);
        assert_eq!(stranger.get("/v1/workspaces").await.json["items"][0]["id"], json!(elsewhere), "first joined first");
        assert_eq!(stranger.post(&path, json!({})).await.status, 404, "once");
        let again = world.owner().post("/v1/members", json!({"email": email, "role": "editor"})).await;
        assert_eq!(again.problem(), "already-exists");
    }
}

#[tokio::test]
async fn an_invitation_is_declined_in_the_app_and_by_its_link() {
    for world in World::both().await {
        let (_, stranger) = world.stranger().await;
        let email = stranger.get("/v1/me").await.json["email"].as_str().expect("an address").to_owned();
        let added = invite(&world.owner(), &email, "analyst").await;
        let id = added["invitation"]["id"].as_str().expect("an id");
        assert_eq!(stranger.delete(&format!("/v1/me/invitations/{id}")).await.status, 204);
        let body = json!({"token": token(&added)});
        assert_eq!(stranger.post("/v1/invitations/join", body).await.status, 404, "the link has ended with it");
        let other = invite(&world.owner(), "jane@example.org", "editor").await;
        let body = json!({"token": token(&other)});
        assert_eq!(world.nobody().post("/v1/invitations/decline", body.clone()).await.status, 204);
        assert_eq!(world.nobody().post("/v1/invitations/decline", body).await.status, 404);
        assert_eq!(world.owner().get("/v1/invitations").await.json["items"].as_array().map(Vec::len), Some(0));
    }
}

#[tokio::test]
async fn claiming_a_foreign_address_does_not_make_anyone_a_member() {
    for world in World::both().await {
        let victim = "victim@example.org";
        // By changing one's own address.
        let (_, claimer) = world.member(Role::Author).await;
        claimer.put("/v1/me/email", json!({"email": victim})).await;
        // By creating an account through an invitation from one's own workspace.
        let (elsewhere, owner_elsewhere) = world.stranger().await;
        let own = invite(&owner_elsewhere.clone().in_workspace(elsewhere), victim, "owner").await;
        let came = world.nobody().post("/v1/invitations/accept", account(&token(&own))).await;
        let squatter = world.nobody().with("cookie", came.header("set-cookie").split(';').next().expect("a cookie"));
        assert_eq!(squatter.get("/v1/me").await.json["email_proven"], false);

        let added = invite(&world.owner(), victim, "owner").await;
        let id = added["invitation"]["id"].as_str().expect("an id");
        for thief in [&claimer, &squatter] {
            assert_eq!(thief.get("/v1/me/invitations").await.json["items"].as_array().map(Vec::len), Some(0));
            assert_eq!(thief.post(&format!("/v1/me/invitations/{id}"), json!({})).await.status, 404);
        }
        let members = world.owner().get("/v1/members").await.json["items"].clone();
        assert_eq!(members.as_array().map(Vec::len), Some(2), "{members}");
    }
}

#[tokio::test]
async fn an_invitation_by_the_operator_proves_the_requested_address() {
    for world in World::both().await {
        let (_, stranger) = world.stranger().await;
        let added = invite(&world.owner(), "jane@example.org", "editor").await;
        let body = json!({"token": token(&added)});
        let wrong = stranger.post("/v1/invitations/join", body.clone()).await;
        assert_eq!((wrong.status, wrong.problem()), (403, "forbidden"), "it is for another address");
        stranger.put("/v1/me/email", json!({"email": "jane@example.org"})).await;
        let joined = stranger.post("/v1/invitations/join", body.clone()).await;
        assert_eq!((joined.status, &joined.json["workspace"]), (200, &json!(world.workspace)), "{}", joined.text);
        let me = stranger.get("/v1/me").await.json;
        assert_eq!((&me["email"], &me["email_proven"]), (&json!("jane@example.org"), &json!(true)));
        assert_eq!(stranger.post("/v1/invitations/join", body).await.status, 404, "once");
    }
}

#[tokio::test]
async fn an_invitation_ends_when_its_creator_loses_the_right_to_invite() {
    for world in World::both().await {
        let owner = world.owner();
        let listed = async || owner.get("/v1/invitations").await.json["items"].as_array().map(Vec::len);
        let (manager, client) = world.member(Role::Manager).await;
        let first = invite(&client, "jane@example.org", "author").await;
        let path = format!("/v1/members/{manager}");
        assert_eq!(owner.patch(&path, json!({"role": "editor"})).await.status, 204);
        assert_eq!(listed().await, Some(0), "demoted");
        assert_eq!(world.nobody().post("/v1/invitations/accept", account(&token(&first))).await.status, 404);

        assert_eq!(owner.patch(&path, json!({"role": "owner"})).await.status, 204);
        let as_owner = invite(&client, "jane@example.org", "owner").await;
        let as_author = invite(&client, "joe@example.org", "author").await;
        assert_eq!(owner.patch(&path, json!({"role": "manager"})).await.status, 204);
        assert_eq!(world.nobody().post("/v1/invitations/look", json!({"token": token(&as_owner)})).await.status, 404);
        assert_eq!(world.nobody().post("/v1/invitations/look", json!({"token": token(&as_author)})).await.status, 200);
        assert_eq!(owner.delete(&path).await.status, 204);
        assert_eq!(listed().await, Some(0), "removed");
        let late = world.nobody().post("/v1/invitations/accept", account(&token(&as_author))).await;
        assert_eq!(late.status, 404, "{}", late.text);
        let log = owner.get("/v1/audit?limit=2").await.json["items"].clone();
        let acts: Vec<_> = log.as_array().expect("events").iter().map(|one| one["act"].clone()).collect();
        assert!(acts.contains(&json!("invitation.ended")), "{log}");
    }
}

#[tokio::test]
async fn two_people_with_one_invitation_become_one_member() {
    for world in World::both().await {
        let email = Secret::from("jane@example.org");
        let added = super::add(&world.app, &world.scope(), world.owner, &email, Role::Editor).await;
        let (_, link) = added.expect("invited");
        let token = Secret::from(link.fragment().expect("a token"));
        let account =
            || NewAccount { name: "Jane".into(), password: PASSWORD.into(), language: "en".into(), zone: "UTC".into() };
        let both = tokio::join!(
            super::accept(&world.app, &token, account(), ""),
            super::accept(&world.app, &token, account(), "")
        );
        let came = [both.0.is_ok(), both.1.is_ok()];
        assert_eq!(came.iter().filter(|yes| **yes).count(), 1, "{came:?}");
        assert_eq!(super::members(&world.app, &world.scope()).await.expect("read").len(), 2);
    }
}

#[tokio::test]
async fn a_workspace_keeps_its_last_owner() {
    for world in World::both().await {
        let me = world.owner;
        let owner = world.owner();
        let path = format!("/v1/members/{me}");
        let said = owner.delete(&path).await;
        assert_eq!((said.status, said.problem()), (409, "conflict"));
        assert!(said.json["detail"].as_str().is_some_and(|text| text.contains("at least one owner")), "{}", said.text);
        assert_eq!(owner.patch(&path, json!({"role": "editor"})).await.status, 409);
        let (other, _) = world.member(Role::Editor).await;
        assert_eq!(owner.patch(&format!("/v1/members/{other}"), json!({"role": "owner"})).await.status, 204);
        assert_eq!(owner.delete(&path).await.status, 204, "there is another one now");
        assert_eq!(owner.get("/v1/members").await.status, 403, "no workspace is left for them");
    }
}

#[tokio::test]
async fn when_two_owners_leave_at_the_same_time_one_remains() {
    for world in World::both().await {
        let (other, _) = world.member(Role::Owner).await;
        let scope = world.scope();
        let theirs = world.scope_of(other, world.workspace, Role::Owner);
        let both =
            tokio::join!(super::remove(&world.app, &scope, world.owner), super::remove(&world.app, &theirs, other));
        let gone = [both.0.is_ok(), both.1.is_ok()].into_iter().filter(|yes| *yes).count();
        assert_eq!(gone, 1, "{both:?}");
        assert_eq!(super::members(&world.app, &scope).await.expect("read").len(), 1);
    }
}

#[tokio::test]
async fn only_owners_can_add_and_remove_owners() {
    for world in World::both().await {
        let (_, manager) = world.member(Role::Manager).await;
        let (editor, _) = world.member(Role::Editor).await;
        let refused = manager.patch(&format!("/v1/members/{editor}"), json!({"role": "owner"})).await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
        assert_eq!(manager.delete(&format!("/v1/members/{}", world.owner)).await.status, 403);
        let invited = manager.post("/v1/members", json!({"email": "x@example.org", "role": "owner"})).await;
        assert_eq!(invited.status, 403);
        assert_eq!(manager.patch(&format!("/v1/members/{editor}"), json!({"role": "author"})).await.status, 204);
    }
}

#[tokio::test]
async fn a_removed_member_loses_access_with_their_next_request() {
    for world in World::both().await {
        let (person, client) = world.member(Role::Editor).await;
        assert_eq!(client.get("/v1/members").await.status, 200);
        assert_eq!(world.owner().delete(&format!("/v1/members/{person}")).await.status, 204);
        assert_eq!(client.get("/v1/members").await.status, 403);
        assert_eq!(client.in_workspace(world.workspace).get("/v1/members").await.status, 404);
    }
}

#[tokio::test]
async fn a_key_is_revoked_when_its_creator_loses_its_permissions() {
    for world in World::both().await {
        let (person, client) = world.member(Role::Manager).await;
        let make = async |permissions: Value| {
            let made = client.post("/v1/keys", json!({"name": "CI", "permissions": permissions})).await;
            world.with_key(&Secret::from(made.json["secret"].as_str().expect("a key")))
        };
        let (manages, reads) =
            (make(json!(["posts:read", "channels:manage"])).await, make(json!(["posts:read"])).await);
        let statuses = async || [manages.get("/v1/posts").await.status, reads.get("/v1/posts").await.status];
        assert_eq!(statuses().await, [200, 200]);
        assert_eq!(world.owner().patch(&format!("/v1/members/{person}"), json!({"role": "editor"})).await.status, 204);
        assert_eq!(statuses().await, [401, 200], "at once, not when the memory of it fades");
        assert_eq!(world.owner().delete(&format!("/v1/members/{person}")).await.status, 204);
        assert_eq!(statuses().await, [401, 401]);
        let log = world.owner().get("/v1/audit?limit=1").await;
        assert_eq!(
            (&log.json["items"][0]["act"], &log.json["items"][0]["detail"]["maker"]),
            (&json!("key.revoked"), &json!(person))
        );
    }
}

#[tokio::test]
async fn only_an_organizations_owner_creates_workspaces_and_changes_need_the_revision() {
    for world in World::both().await {
        // Ids sort by their millisecond, and the first workspace is the default.
        world.advance(std::time::Duration::from_millis(1));
        let owner = world.owner();
        let made = owner.clone().with("idempotency-key", "w").post("/v1/workspaces", json!({"name": "Client A"})).await;
        assert_eq!((made.status, &made.json["zone"]), (201, &json!("Europe/Amsterdam")), "{}", made.text);
        let again =
            owner.clone().with("idempotency-key", "w").post("/v1/workspaces", json!({"name": "Client A"})).await;
        assert_eq!(again.json["id"], made.json["id"], "R-43");
        assert_eq!(owner.get("/v1/workspaces").await.json["items"].as_array().map(Vec::len), Some(2));
        let path = made.header("location").to_owned();
        let read = owner.get(&path).await;
        assert_eq!((read.status, read.header("etag")), (200, "\"r1\""));
        let patch = owner.clone().with("if-match", "\"r1\"").patch(&path, json!({"zone": "Asia/Tokyo"})).await;
        assert_eq!((patch.status, patch.header("etag"), &patch.json["zone"]), (200, "\"r2\"", &json!("Asia/Tokyo")));
        let stale = owner.clone().with("if-match", "\"r1\"").patch(&path, json!({"name": "X"})).await;
        assert_eq!((stale.status, stale.json["revision"].as_str()), (412, Some("\"r2\"")));
        let wrong = owner.patch(&path, json!({"zone": "Mars/Base"})).await;
        assert_eq!(wrong.json["errors"][0]["pointer"], "/zone");
        let (_, editor) = world.member(Role::Editor).await;
        assert_eq!(editor.post("/v1/workspaces", json!({"name": "Mine"})).await.status, 403);
    }
}

#[tokio::test]
async fn s_41_a_member_of_another_workspace_is_not_found_here() {
    for world in World::both().await {
        let (elsewhere, stranger) = world.stranger().await;
        let person: PersonId = stranger.get("/v1/me").await.json["id"].as_str().expect("an id").parse().expect("an id");
        assert_eq!(world.owner().delete(&format!("/v1/members/{person}")).await.status, 404);
        let refused = super::change_role(&world.app, &world.scope(), person, Role::Analyst).await;
        assert!(matches!(refused, Err(WorkspaceError::NoSuchMember)));
        assert_eq!(stranger.in_workspace(elsewhere).get("/v1/members").await.status, 200);
    }
}

#[tokio::test]
async fn changes_to_members_are_in_the_workspaces_audit_log() {
    let world = World::on(TestDb::sqlite().await).await;
    let (person, _) = world.member(Role::Editor).await;
    world.owner().patch(&format!("/v1/members/{person}"), json!({"role": "analyst"})).await;
    world.owner().delete(&format!("/v1/members/{person}")).await;
    let log = world.owner().get("/v1/audit?limit=2").await;
    let items = log.json["items"].as_array().expect("events");
    assert_eq!(
        (&items[0]["act"], &items[1]["act"]),
        (&json!("member.removed"), &json!("member.changed")),
        "{}",
        log.text
    );
    assert_eq!(items[1]["detail"], json!({"from": "editor", "to": "analyst"}));
    assert_eq!((&items[1]["object"], &items[1]["actor"]), (&json!(person), &json!(world.owner)));
    let cursor = log.json["next_cursor"].as_str().expect("there is more");
    let rest = world.owner().get(&format!("/v1/audit?cursor={cursor}")).await;
    let acts: Vec<_> = rest.json["items"].as_array().expect("events").iter().map(|one| one["act"].clone()).collect();
    assert_eq!(acts, [json!("member.joined"), json!("member.invited"), json!("workspace.made")]);
    assert!(rest.json["next_cursor"].is_null());
    assert_eq!(world.owner().get("/v1/audit?cursor=x").await.status, 422);
}
