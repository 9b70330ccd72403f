//! Coming in, staying in, going out.

use std::time::{Duration, Instant};

use base::{Role, Secret};
use db::testing::TestDb;
use serde_json::json;

use super::{Credentials, PersonError, owner_link, sign_in};
use crate::{
    http::{ClientAddress, Rate, RateLimits},
    testing::{Answer, Client, PASSWORD, World},
};

const DAY: Duration = Duration::from_secs(86_400);

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

async fn signed_in(world: &World) -> (Client, Answer) {
    let body = json!({"email": "Owner@Example.org ", "password": PASSWORD});
    let answer = world.nobody().post("/v1/session", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    (world.nobody().with("cookie", &cookie(&answer)), answer)
}

#[tokio::test]
async fn s_07_the_owners_link_works_once_and_reading_it_does_nothing() {
    for db in TestDb::both().await {
        let clock = base::TestClock::at(base::Timestamp::parse(crate::testing::BEGINNING).expect("an instant"));
        let app = crate::App::for_tests(&db, &clock).await;
        let router = crate::api::serve(app.clone(), axum::Router::new());
        let nobody = Client::of(router);
        let first = owner_link(&app).await.expect("asked").expect("nobody owns it");
        let link = owner_link(&app).await.expect("asked").expect("nobody owns it");
        assert!(link.as_str().starts_with("http://127.0.0.1:8080/setup#"), "the token is in no log: {link}");
        let body = |token: &str, password: &str| {
            json!({"token": token, "email": "jane@example.org", "password": password, "name": "Jane",
                   "zone": "Europe/Amsterdam", "workspace": "Jane's"})
        };
        let (old, token) = (first.fragment().expect("a token"), link.fragment().expect("a token"));
        assert_eq!(nobody.get("/v1/owner").await.json, json!({"owned": false}));
        assert_eq!(nobody.post("/v1/owner", body(old, PASSWORD)).await.status, 404, "a newer link ends the older");
        assert_eq!(nobody.post("/v1/owner", body("x", PASSWORD)).await.status, 404);
        let weak = nobody.post("/v1/owner", body(token, "password1234")).await;
        assert_eq!((weak.status, weak.json["errors"][0]["pointer"].as_str()), (422, Some("/password")));
        assert_eq!(nobody.post("/v1/owner", body(token, PASSWORD)).await.status, 201, "a mistake leaves the link good");
        assert_eq!(nobody.post("/v1/owner", body(token, PASSWORD)).await.status, 404);
        assert_eq!(nobody.get("/v1/owner").await.json, json!({"owned": true}));
        assert_eq!(owner_link(&app).await.expect("asked"), None);
    }
}

#[tokio::test]
async fn s_07_the_owners_link_ends_after_a_day() {
    let db = TestDb::sqlite().await;
    let clock = base::TestClock::at(base::Timestamp::parse(crate::testing::BEGINNING).expect("an instant"));
    let app = crate::App::for_tests(&db, &clock).await;
    let link = owner_link(&app).await.expect("asked").expect("nobody owns it");
    clock.advance(DAY);
    let nobody = Client::of(crate::api::serve(app, axum::Router::new()));
    let body = json!({"token": link.fragment(), "email": "jane@example.org", "password": PASSWORD, "name": "Jane",
                      "zone": "Europe/Amsterdam", "workspace": "Jane's"});
    assert_eq!(nobody.post("/v1/owner", body).await.status, 404);
}

#[tokio::test]
async fn s_31_a_session_is_an_opaque_cookie_that_only_its_host_gets() {
    let db = TestDb::sqlite().await;
    let world = World::with(db, Default::default(), |settings| {
        settings.public_url = "https://fanfare.example/".parse().expect("address");
    })
    .await;
    let (client, answer) = signed_in(&world).await;
    let said = answer.header("set-cookie");
    assert!(said.starts_with("__Host-session="), "{said}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Max-Age=2592000"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("Domain"), "{said}");
    let token = cookie(&answer).split_once('=').expect("a cookie").1.to_owned();
    assert_eq!(token.len(), 43, "256 bits in Base64");
    assert!(!answer.text.contains(&token), "the token is in the cookie only");
    assert_eq!(client.get("/v1/me").await.status, 200);
    let other_name = world.nobody().with("cookie", &format!("fanfare-loopback-session={token}"));
    assert_eq!(other_name.get("/v1/me").await.status, 401, "over https only the __Host- name counts");
}

#[tokio::test]
async fn s_31_signing_in_again_gives_a_new_token_and_ends_the_old() {
    for world in World::both().await {
        let (first, one) = signed_in(&world).await;
        let again = first.post("/v1/session", json!({"email": "owner@example.org", "password": PASSWORD})).await;
        assert_ne!(cookie(&one), cookie(&again));
        assert_eq!(first.get("/v1/me").await.status, 401);
        assert_eq!(world.nobody().with("cookie", &cookie(&again)).get("/v1/me").await.status, 200);
    }
}

#[tokio::test]
async fn s_32_a_session_ends_after_a_week_without_use_and_after_thirty_days_in_any_case() {
    for world in World::both().await {
        let (idle, _) = signed_in(&world).await;
        let (busy, _) = signed_in(&world).await;
        for _ in 0..5 {
            world.advance(6 * DAY);
            if world.now() - DAY * 12 < base::Timestamp::parse(crate::testing::BEGINNING).expect("an instant") {
                assert_eq!(busy.get("/v1/me").await.status, 200);
                settled(&busy, &world).await;
            }
        }
        assert_eq!(idle.get("/v1/me").await.status, 401);
    }
    let world = World::on(TestDb::sqlite().await).await;
    let (busy, _) = signed_in(&world).await;
    for day in 1..30 {
        world.advance(DAY);
        assert_eq!(busy.get("/v1/me").await.status, 200, "day {day}");
        settled(&busy, &world).await;
    }
    world.advance(DAY);
    let ended = busy.get("/v1/me").await;
    assert_eq!((ended.status, ended.problem()), (401, "unauthenticated"));
    assert_eq!(super::sweep_sessions(&world.app, 100).await.expect("swept"), 2, "the owner's first one too");
}

/// The time of the last request is written beside the request; wait until it is.
async fn settled(client: &Client, world: &World) {
    let begun = Instant::now();
    while !client.get("/v1/sessions").await.json["items"].to_string().contains(&world.now().to_string()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the last request was not noted");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn s_32_sessions_are_listed_and_ended_one_by_one() {
    for world in World::both().await {
        let (here, _) = signed_in(&world).await;
        let (phone, _) = signed_in(&world).await;
        let listed = here.get("/v1/sessions").await;
        let items = listed.json["items"].as_array().expect("a list").clone();
        assert_eq!(items.len(), 3, "{}", listed.text);
        let of_phone = phone.get("/v1/sessions").await;
        let current = of_phone.json["items"].as_array().expect("a list").iter().find(|one| one["current"] == true);
        let id = current.expect("one is current")["id"].as_str().expect("an id").to_owned();
        assert_eq!(here.delete(&format!("/v1/sessions/{id}")).await.status, 204);
        assert_eq!(phone.get("/v1/me").await.status, 401);
        assert_eq!(here.get("/v1/me").await.status, 200);
        let (_, stranger) = world.member(Role::Owner).await;
        let mine = items[0]["id"].as_str().expect("an id");
        assert_eq!(stranger.delete(&format!("/v1/sessions/{mine}")).await.status, 404, "not somebody else's");
    }
}

#[tokio::test]
async fn s_32_a_new_password_ends_all_other_sessions_and_the_old_password() {
    for world in World::both().await {
        let (here, _) = signed_in(&world).await;
        let (other, _) = signed_in(&world).await;
        let new = "lantern wombat quilt canyon";
        let body = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
        let wrong = here.put("/v1/me/password", body("not my password at all", new)).await;
        assert_eq!((wrong.status, wrong.json["errors"][0]["pointer"].as_str()), (422, Some("/current_password")));
        let weak = here.put("/v1/me/password", body(PASSWORD, "owner@example.org")).await;
        assert_eq!((weak.status, weak.json["errors"][0]["pointer"].as_str()), (422, Some("/new_password")));
        let changed = here.put("/v1/me/password", body(PASSWORD, new)).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        for old in [&here, &other, &world.owner()] {
            assert_eq!(old.get("/v1/me").await.status, 401);
        }
        assert_eq!(world.nobody().with("cookie", &cookie(&changed)).get("/v1/me").await.status, 200);
        let again = |password: &str| json!({"email": "owner@example.org", "password": password});
        assert_eq!(world.nobody().post("/v1/session", again(PASSWORD)).await.status, 401);
        assert_eq!(world.nobody().post("/v1/session", again(new)).await.status, 201);
    }
}

#[tokio::test]
async fn s_33_an_old_sign_in_must_be_confirmed_and_signing_in_again_does() {
    let world = World::on(TestDb::sqlite().await).await;
    let (client, _) = signed_in(&world).await;
    world.advance(Duration::from_secs(15 * 60));
    assert_eq!(client.put("/v1/me/email", json!({"email": "x@example.org"})).await.status, 200);
    world.advance(Duration::from_secs(1));
    let refused = client.put("/v1/me/email", json!({"email": "y@example.org"})).await;
    assert_eq!((refused.status, refused.problem()), (403, "confirm-identity"));
    assert_eq!(client.get("/v1/me").await.status, 200, "reading is still allowed");
    let (again, _) = signed_in(&world).await;
    assert_eq!(again.put("/v1/me/email", json!({"email": "y@example.org"})).await.status, 200);
}

#[tokio::test]
async fn s_37_a_known_and_an_unknown_address_get_the_same_answer() {
    for world in World::both().await {
        let ask = |email: &'static str| {
            let world = &world;
            async move {
                let body = json!({"email": email, "password": "wrong password entirely"});
                let mut answer = world.nobody().post("/v1/session", body).await;
                answer.json["request_id"] = json!(null);
                (answer.status, answer.json.to_string())
            }
        };
        let known = ask("owner@example.org").await;
        assert_eq!(known.0, 401);
        assert!(known.1.contains("wrong-credentials"));
        assert_eq!(known, ask("nobody@example.org").await);
        assert_eq!(known, ask("not an address").await);
    }
}

/// The time that one attempt takes, most of it Argon2id.
async fn attempt(world: &World, email: &str) -> Duration {
    let typed = Credentials { email: email.into(), password: "wrong password entirely".into() };
    let client = ClientAddress("192.0.2.1".parse().expect("an address"));
    let begun = Instant::now();
    let refused = sign_in(&world.app, client, &typed, "", None, None).await;
    assert!(matches!(refused, Err(super::PersonError::WrongCredentials)));
    begun.elapsed()
}

/// A short form of the bench of 2,000 tries. The quickest of each is compared: a busy machine only ever adds to it.
#[tokio::test]
async fn s_37_a_known_and_an_unknown_address_take_the_same_time() {
    let db = TestDb::sqlite().await;
    let world = World::with(db, Default::default(), |settings| settings.limits = RateLimits::off()).await;
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..15 {
        known = known.min(attempt(&world, "owner@example.org").await);
        unknown = unknown.min(attempt(&world, "nobody@example.org").await);
    }
    assert!(known.max(unknown) < known.min(unknown) * 2, "{known:?} and {unknown:?}: one of the two skips the hash");
}

#[tokio::test]
async fn s_37_guessing_is_slowed_for_an_address_known_or_not_and_ends_by_itself() {
    let db = TestDb::sqlite().await;
    let world = World::with(db, Default::default(), |settings| {
        settings.limits = RateLimits { sign_in_account: Some(Rate::per(3, 60)), ..RateLimits::off() };
    })
    .await;
    let body = |email: &str, password: &str| json!({"email": email, "password": password});
    for email in ["owner@example.org", "nobody@example.org"] {
        for _ in 0..3 {
            assert_eq!(world.nobody().post("/v1/session", body(email, "wrong password entirely")).await.status, 401);
        }
        let slowed = world.nobody().post("/v1/session", body(email, PASSWORD)).await;
        assert_eq!((slowed.status, slowed.header("retry-after")), (429, "20"), "{email}");
    }
    world.advance(Duration::from_secs(20));
    assert_eq!(
        world.nobody().post("/v1/session", body("owner@example.org", PASSWORD)).await.status,
        201,
        "no lock-out"
    );
}

#[tokio::test]
async fn s_37_who_tries_passwords_does_not_keep_out_a_person_on_a_device_of_theirs() {
    let db = TestDb::sqlite().await;
    let world = World::with(db, Default::default(), |settings| {
        settings.limits = RateLimits {
            sign_in_account: Some(Rate::per(3, 60)),
            sign_in_all: Some(Rate::per(20, 60)),
            ..RateLimits::off()
        };
    })
    .await;
    let body = |email: &str, password: &str| json!({"email": email, "password": password});
    let good = body("owner@example.org", PASSWORD);
    let first = world.nobody().post("/v1/session", good.clone()).await;
    let cookies: Vec<_> = first.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    let device = cookies.iter().find(|cookie| cookie.contains("device=")).expect("a cookie of the device");
    assert!(device.contains("HttpOnly") && device.contains("SameSite=Lax"), "{device}");
    let device = device.split(';').next().expect("a cookie").to_owned();
    for second in 0..120 {
        let tried =
            world.nobody().post("/v1/session", body("owner@example.org", &format!("wrong password {second}"))).await;
        assert!([401, 429].contains(&tried.status));
        if second % 10 == 0 {
            let known = world.nobody().with("cookie", &device).post("/v1/session", good.clone()).await;
            assert_eq!(known.status, 201, "after {second} tries of a stranger: {}", known.text);
        }
        world.advance(Duration::from_millis(500));
    }
    for stranger in 0..60 {
        world.nobody().post("/v1/session", body(&format!("p{stranger}@example.org"), "wrong password entirely")).await;
    }
    assert_eq!(
        world.nobody().with("cookie", &device).post("/v1/session", good.clone()).await.status,
        201,
        "all attempts are used up"
    );
    let last = if device.ends_with('0') { "1" } else { "0" };
    let forged = world.nobody().with("cookie", &format!("{}{last}", &device[..device.len() - 1]));
    let forged = forged.post("/v1/session", good.clone()).await;
    assert_eq!(forged.status, 429, "a device that was made up counts as none");
    for _ in 0..3 {
        let guess = body("owner@example.org", "wrong password entirely");
        assert_eq!(world.nobody().with("cookie", &device).post("/v1/session", guess).await.status, 401);
    }
    assert_eq!(
        world.nobody().with("cookie", &device).post("/v1/session", good).await.status,
        429,
        "nor may it guess without end"
    );
}

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_the_browser() {
    let world = World::on(TestDb::sqlite().await).await;
    let (client, _) = signed_in(&world).await;
    let out = client.delete("/v1/session").await;
    assert_eq!(out.status, 204);
    assert!(out.header("clear-site-data").contains("\"storage\""), "S-82");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(client.get("/v1/me").await.status, 401);
}

#[tokio::test]
async fn a_person_reads_and_changes_themselves_from_the_revision_they_saw() {
    for world in World::both().await {
        let me = world.owner().get("/v1/me").await;
        assert_eq!(me.json["email"], "owner@example.org");
        assert_eq!(me.json["workspaces"][0]["role"], "owner");
        assert_eq!(me.header("etag"), "\"r1\"");
        let from = |tag: &str| world.owner().with("if-match", tag);
        let changed = from("\"r1\"").patch("/v1/me", json!({"language": "nl", "zone": "Europe/Brussels"})).await;
        assert_eq!((changed.status, changed.header("etag")), (200, "\"r2\""), "{}", changed.text);
        assert_eq!((&changed.json["language"], &changed.json["name"]), (&json!("nl"), &json!("Olivia Owner")));
        assert_eq!(
            (&changed.json["week_starts_on"], &changed.json["clock"]),
            (&json!("by_language"), &json!("by_language"))
        );
        assert_eq!(from("\"r1\"").patch("/v1/me", json!({"name": "X"})).await.problem(), "stale-revision");
        let wrong = from("\"r2\"").patch("/v1/me", json!({"zone": "Mars/Base", "language": "Dutch"})).await;
        assert_eq!(wrong.json["errors"].as_array().map(Vec::len), Some(2), "{}", wrong.text);
        let unknown = from("\"r2\"").patch("/v1/me", json!({"week_starts_on": "thursday"})).await;
        assert_eq!(unknown.status, 422, "{}", unknown.text);
        let chosen = from("\"r2\"").patch("/v1/me", json!({"week_starts_on": "sunday", "clock": "twelve_hours"})).await;
        let read = world.owner().get("/v1/me").await.json;
        assert_eq!(
            (chosen.status, &read["week_starts_on"], &read["clock"]),
            (200, &json!("sunday"), &json!("twelve_hours"))
        );
        assert_eq!((&read["language"], &read["name"]), (&json!("nl"), &json!("Olivia Owner")));
        let assigned = from("\"r3\"").patch("/v1/me", json!({"operator": true})).await;
        assert_eq!((assigned.status, assigned.json["errors"][0]["pointer"].as_str()), (422, Some("/operator")), "S-44");
    }
}

/// What an answer says, without what differs every time.
fn said(mut answer: Answer) -> (u16, String) {
    for differs in ["/request_id", "/new_email", "/recent_until"] {
        if let Some(value) = answer.json.pointer_mut(differs) {
            *value = json!(null);
        }
    }
    (answer.status, answer.json.to_string())
}

#[tokio::test]
async fn a_new_address_gives_nothing_until_it_is_confirmed_and_no_one_learns_who_has_it() {
    for world in World::both().await {
        let (_, member) = world.member(Role::Editor).await;
        let before = member.get("/v1/me").await.json["email"].as_str().expect("an address").to_owned();
        let taken = member.put("/v1/me/email", json!({"email": "OWNER@example.org"})).await;
        assert_eq!(taken.json["new_email"], "owner@example.org", "{}", taken.text);
        let free = member.put("/v1/me/email", json!({"email": "free@example.org"})).await;
        assert_eq!(said(taken), said(free));
        let begin = |email: &str| json!({"email": email, "password": PASSWORD});
        assert_eq!(world.nobody().post("/v1/session", begin("free@example.org")).await.status, 401);
        assert_eq!(world.nobody().post("/v1/session", begin(&before)).await.status, 201);

        let confirm = |from: &str, to: &str| {
            let (from, to) = (Secret::from(from), Secret::from(to));
            async { super::confirm_email(&world.app, &{ from }, &{ to }).await }
        };
        assert!(matches!(confirm(&before, "owner@example.org").await, Err(PersonError::EmailTaken)));
        assert!(matches!(confirm("who@example.org", "x@example.org").await, Err(PersonError::Unknown)));
        confirm(&before, "free@example.org").await.expect("confirmed");
        let me = member.get("/v1/me").await.json;
        assert_eq!((&me["email"], &me["email_proven"]), (&json!("free@example.org"), &json!(true)));
        assert!(me["new_email"].is_null());
        assert_eq!(world.nobody().post("/v1/session", begin("free@example.org")).await.status, 201);
        assert_eq!(world.nobody().post("/v1/session", begin(&before)).await.status, 401);
        member.put("/v1/me/email", json!({"email": "other@example.org"})).await;
        let withdrawn = member.put("/v1/me/email", json!({"email": "free@example.org"})).await;
        assert!(withdrawn.json["new_email"].is_null(), "{}", withdrawn.text);
    }
}

fn token(link: &url::Url) -> String {
    link.fragment().expect("a token").to_owned()
}

const NEW: &str = "lantern wombat quilt canyon";

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once_even_twice_at_once() {
    for world in World::both().await {
        let email = Secret::from("Owner@example.org");
        let made = super::password_link(&world.app, &email).await.expect("made");
        let token = token(&made.link);
        assert_eq!(made.link.path(), "/password");
        let looked = world.nobody().post("/v1/password/look", json!({"token": token})).await;
        assert_eq!(looked.json["email"], "owner@example.org", "{}", looked.text);
        let body = |password: &str| json!({"token": token, "password": password});
        let weak = world.nobody().post("/v1/password", body("owner@example.org")).await;
        assert_eq!((weak.status, weak.json["errors"][0]["pointer"].as_str()), (422, Some("/password")));
        let (first, second) = (world.nobody(), world.nobody());
        let both = tokio::join!(first.post("/v1/password", body(NEW)), second.post("/v1/password", body(NEW)));
        let mut statuses = [both.0.status, both.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 404], "{} {}", both.0.text, both.1.text);
        assert_eq!(world.nobody().post("/v1/password/look", json!({"token": token})).await.status, 404);
        assert_eq!(world.owner().get("/v1/me").await.status, 401, "old sessions have ended");
        let begun = world.nobody().post("/v1/session", json!({"email": "owner@example.org", "password": NEW})).await;
        assert_eq!(begun.status, 201, "{}", begun.text);
    }
}

#[tokio::test]
async fn a_password_link_ends_after_a_day_and_when_it_is_replaced() {
    let world = World::on(TestDb::sqlite().await).await;
    let email = Secret::from("owner@example.org");
    let first = token(&super::password_link(&world.app, &email).await.expect("made").link);
    let second = token(&super::password_link(&world.app, &email).await.expect("made").link);
    let use_it = |token: &str| {
        let body = json!({"token": token, "password": NEW});
        let nobody = world.nobody();
        async move { nobody.post("/v1/password", body).await.status }
    };
    assert_eq!(use_it(&first).await, 404, "replaced");
    assert_eq!(use_it("made up").await, 404);
    world.advance(DAY);
    assert_eq!(use_it(&second).await, 404, "ended");
    let nobody = Secret::from("nobody@example.org");
    assert!(matches!(super::password_link(&world.app, &nobody).await, Err(PersonError::Unknown)));
}

#[tokio::test]
async fn an_owner_resets_a_members_password_only_where_that_gives_them_nothing_new() {
    for world in World::both().await {
        let owner = world.owner();
        let (editor, client) = world.member(Role::Editor).await;
        let link = |by: &Client, person: base::ids::PersonId| {
            let (by, path) = (by.clone(), format!("/v1/members/{person}/password-link"));
            async move { by.post(&path, json!({})).await }
        };
        let made = link(&owner, editor).await;
        assert_eq!(made.status, 200, "{}", made.text);
        let token = made.json["link"].as_str().and_then(|link| link.split_once('#')).expect("a link").1.to_owned();

        let (_, manager) = world.member(Role::Manager).await;
        assert_eq!(link(&manager, editor).await.status, 403, "only owners");
        let (partner, second) = world.member(Role::Owner).await;
        assert_eq!(link(&second, world.owner).await.status, 403, "not for who runs the installation");
        assert_eq!(link(&second, partner).await.status, 200);

        // They belong elsewhere now, too: the link that was made before has ended, and no new one is made.
        let (elsewhere, stranger) = world.stranger().await;
        let scope = base::Scope::system("test", elsewhere);
        let their: base::ids::PersonId =
            stranger.get("/v1/me").await.json["id"].as_str().expect("an id").parse().expect("an id");
        let email = client.get("/v1/me").await.json["email"].as_str().expect("an address").to_owned();
        let (offer, _) =
            crate::workspaces::add(&world.app, &scope, their, &Secret::new(email), Role::Owner).await.expect("invited");
        crate::workspaces::accept_offer(&world.app, editor, offer.id).await.expect("joined");
        assert_eq!(link(&owner, editor).await.status, 403);
        assert_eq!(world.nobody().post("/v1/password", json!({"token": token, "password": NEW})).await.status, 404);
        assert_eq!(client.get("/v1/me").await.status, 200, "nothing happened");
    }
}

#[tokio::test]
async fn an_owner_who_becomes_a_member_by_a_password_link_does_not_take_their_invitations_elsewhere() {
    for world in World::both().await {
        let (editor, client) = world.member(Role::Editor).await;
        let (elsewhere, stranger) = world.stranger().await;
        let email = client.get("/v1/me").await.json["email"].clone();
        let invited =
            stranger.in_workspace(elsewhere).post("/v1/members", json!({"email": email, "role": "owner"})).await;
        assert_eq!(invited.status, 201, "{}", invited.text);
        assert_eq!(client.get("/v1/me/invitations").await.json["items"].as_array().map(Vec::len), Some(1));
        let made = world.owner().post(&format!("/v1/members/{editor}/password-link"), json!({})).await;
        let token = made.json["link"].as_str().and_then(|link| link.split_once('#')).expect("a link").1.to_owned();
        let came = world.nobody().post("/v1/password", json!({"token": token, "password": NEW})).await;
        assert_eq!(came.status, 201, "{}", came.text);
        let taken = world.nobody().with("cookie", &cookie(&came));
        assert_eq!(taken.get("/v1/me/invitations").await.json["items"].as_array().map(Vec::len), Some(0));
        let id = invited.json["invitation"]["id"].as_str().expect("an id");
        assert_eq!(taken.post(&format!("/v1/me/invitations/{id}"), json!({})).await.status, 404);
    }
}

#[tokio::test]
async fn signing_in_and_out_is_in_the_installations_audit_log() {
    for world in World::both().await {
        let (client, _) = signed_in(&world).await;
        client.delete("/v1/session").await;
        let acts = world.app.db.read(async |tx| {
            let sql = "SELECT act, detail FROM audit_events WHERE chain = 'instance' ORDER BY seq";
            let rows = tx.rows(sql, db::args![]).await?;
            rows.iter().map(|row| Ok(row.text("act")? + &row.text("detail")?)).collect::<Result<Vec<_>, db::Error>>()
        });
        assert_eq!(acts.await.expect("read"), ["installation.owned{}", "session.began{}", "session.ended{}"]);
    }
}

#[test]
fn s_08_a_person_does_not_show_their_secrets() {
    let typed = Credentials { email: Secret::from("jane@example.org"), password: Secret::from("canary") };
    let shown = format!("{typed:?}");
    assert!(!shown.contains("jane") && !shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn signing_in_answers_all_that_a_shell_needs() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let me = world.owner().get("/v1/me").await.json;
        let workspace = &me["workspaces"][0];
        assert_eq!((&workspace["language"], &workspace["zone"]), (&json!("en"), &json!("Europe/Amsterdam")));
        assert!(workspace["permissions"].as_array().is_some_and(|all| !all.is_empty()), "{me}");
        let body = json!({ "email": me["email"], "password": crate::testing::PASSWORD });
        let begun = world.nobody().post("/v1/session", body).await;
        assert_eq!(begun.status, 201, "{}", begun.text);
        assert_eq!(begun.json["me"], me, "it says the same as `GET /v1/me`");
    }
}
