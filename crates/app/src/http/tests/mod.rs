//! What the door does to every request.

mod dutch;
mod matrix;
mod meanwhile;
mod samples;
mod twice;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Method, Request, StatusCode},
    routing::{get, post},
};
use base::{Permission, ids::PersonId};
use db::{args, testing::TestDb};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Created, Json, May, Path, Rate, RateLimits, Refusal, Result, rights, serve_layers};
use crate::{
    App,
    fault::store_failed,
    request,
    testing::{Client, World},
};

/// A stand-in for a table of things: how many effects were stored.
async fn effects(app: &App) -> i64 {
    app.db
        .read(async |tx| tx.one("SELECT COUNT(*) AS n FROM owner_links", args![]).await?.int("n"))
        .await
        .map_err(|error: db::Error| error)
        .expect("counted")
}

/// Stores one row and marks the claim beside it, as features do.
async fn have_effect(app: &App) -> Result<()> {
    let (claim, now) = (request::claim(), app.clock.now());
    let hash = base::random::bytes::<32>(&*app.random);
    let stored = app.db.write(async move |tx| {
        let sql = "INSERT INTO owner_links (token_hash, created_at, expires_at) VALUES ($1, $2, $2)";
        tx.execute(sql, args![&hash, now]).await?;
        claim.effected(tx, StatusCode::CREATED, "/v1/made").await
    });
    Ok(stored.await.map_err(|error| store_failed(&error))?)
}

async fn make(State(app): State<App>, _: May<rights::PostsWrite>, Json(body): Json<Value>) -> Result<Created<Value>> {
    have_effect(&app).await?;
    Ok(Created { location: "/v1/made".into(), body })
}

/// The process dies between the effect and the answer; a panic leaves the same rows behind.
async fn make_and_die(State(app): State<App>, _: May<rights::PostsWrite>) -> Result<Created<Value>> {
    have_effect(&app).await?;
    panic!("the process dies here");
}

/// The same behind ids in the path, which are not those of what was made.
async fn make_within_and_die(
    State(app): State<App>,
    _: May<rights::PostsWrite>,
    Path((_, _)): Path<(String, String)>,
) -> Result<Created<Value>> {
    have_effect(&app).await?;
    panic!("the process dies here");
}

/// Takes a body as a stream.
async fn take(State(app): State<App>, _: May<rights::PostsWrite>, body: Body) -> Result<Created<Value>> {
    let bytes = axum::body::to_bytes(body, 1 << 20).await.map_err(|error| crate::fault::internal(&error))?;
    have_effect(&app).await?;
    Ok(Created { location: "/v1/made".into(), body: json!({ "bytes": bytes.len() }) })
}

async fn refuse(_: May<rights::PostsWrite>) -> Refusal {
    Refusal(base::Problem::field("/text", "is wrong"))
}

async fn made(_: May<rights::PostsRead>) -> Json<Value> {
    Json(json!({"made": true}))
}

async fn made_one(_: May<rights::PostsRead>, Path(one): Path<String>) -> Json<Value> {
    Json(json!({ "made": one }))
}

async fn panics() -> Json<Value> {
    panic!("canary-in-a-panic")
}

fn routes() -> Router<App> {
    Router::new()
        .route("/v1/make", post(make))
        .route("/v1/make-and-die", post(make_and_die))
        .route("/v1/things/{thing}/{part}/make", post(make_within_and_die))
        .route("/v1/made/{one}", get(made_one))
        .route("/v1/take", post(take))
        .route("/v1/refuse", post(refuse))
        .route("/v1/made", get(made))
        .route("/v1/panics", get(panics))
}

struct Stage {
    world: World,
    client: Client,
}

async fn stage(db: TestDb) -> Stage {
    let mut world = World::on(db).await;
    world.router = serve_layers(routes(), world.app.clone());
    let client = world.key([Permission::PostsRead, Permission::PostsWrite]).await;
    Stage { world, client }
}

impl Stage {
    async fn on_both() -> Vec<Self> {
        let mut stages = Vec::new();
        for db in TestDb::both().await {
            stages.push(stage(db).await);
        }
        stages
    }

    fn keyed(&self, key: &str) -> Client {
        self.client.clone().with("idempotency-key", key)
    }

    /// Puts the claims back to where they are when the process dies before its effect is committed.
    async fn as_if_it_had_died(&self) {
        self.world
            .app
            .db
            .write(async |tx| {
                let sql =
                    "UPDATE idempotency_keys SET state = 'running', answer = NULL, made = NULL, made_status = NULL";
                tx.execute(sql, args![]).await
            })
            .await
            .map_err(|error: db::Error| error)
            .expect("set back");
    }
}

#[tokio::test]
async fn r_43_the_same_request_twice_has_one_effect_and_one_answer() {
    for stage in Stage::on_both().await {
        let client = stage.keyed("k1");
        let first = client.post("/v1/make", json!({"text": "hello"})).await;
        let second = client.post("/v1/make", json!({"text": "hello"})).await;
        assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""), "{}", first.text);
        assert_eq!((second.status, second.header("idempotency-replayed")), (201, "true"));
        assert_eq!((&first.text, first.header("location")), (&second.text, second.header("location")));
        assert_ne!(first.header("request-id"), second.header("request-id"));
        assert_eq!(effects(&stage.world.app).await, 1);

        let other = client.post("/v1/make", json!({"text": "changed"})).await;
        assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
        assert_eq!(stage.keyed("k2").post("/v1/make", json!({"text": "hello"})).await.status, 201);
        assert_eq!(effects(&stage.world.app).await, 2);
    }
}

#[tokio::test]
async fn r_43_another_callers_key_is_another_key() {
    let stage = stage(TestDb::sqlite().await).await;
    let other = stage.world.key([Permission::PostsWrite]).await.with("idempotency-key", "k1");
    assert_eq!(stage.keyed("k1").post("/v1/make", json!({"a": 1})).await.status, 201);
    let answer = other.post("/v1/make", json!({"b": 2})).await;
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, ""));
}

#[tokio::test]
async fn r_43_a_thousand_at_once_have_one_effect() {
    for stage in Stage::on_both().await {
        let answered = Arc::new(AtomicUsize::new(0));
        let mut running = Vec::new();
        for _ in 0..1_000 {
            let (client, answered) = (stage.keyed("same"), answered.clone());
            running.push(tokio::spawn(async move {
                let answer = client.post("/v1/make", json!({"text": "once"})).await;
                match answer.status {
                    201 => answered.fetch_add(1, SeqCst),
                    409 => {
                        assert_eq!(answer.problem(), "idempotency-key-in-use");
                        assert!(!answer.header("retry-after").is_empty(), "it says when");
                        0
                    }
                    // A machine with too much to do says so, and does nothing.
                    503 => 0,
                    other => panic!("{other}: {}", answer.text),
                };
            }));
        }
        for one in running {
            one.await.expect("no panic");
        }
        assert!(answered.load(SeqCst) >= 1);
        assert_eq!(effects(&stage.world.app).await, 1);
    }
}

#[tokio::test]
async fn r_43_a_crash_after_the_effect_is_answered_with_what_was_made() {
    for stage in Stage::on_both().await {
        let client = stage.keyed("k1");
        assert_eq!(client.post("/v1/make-and-die", json!({})).await.problem(), "internal");
        let again = client.post("/v1/make-and-die", json!({})).await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{}", again.text);
        assert_eq!(again.json, json!({"made": true}), "a GET of what was made");
        assert_eq!(again.header("location"), "/v1/made");
        assert_eq!(effects(&stage.world.app).await, 1);
    }
}

#[tokio::test]
async fn r_43_what_was_made_is_read_by_its_own_path_whatever_ids_were_in_the_first_one() {
    for stage in Stage::on_both().await {
        for path in ["/v1/things/a/b/make", "/v1/make-and-die"] {
            let client = stage.keyed(path);
            assert_eq!(client.post(path, json!({})).await.status, 500);
            let again = client.post(path, json!({})).await;
            assert_eq!((again.status, again.header("location")), (201, "/v1/made"), "{path}: {}", again.text);
        }
        assert_eq!(stage.client.get("/v1/made/one").await.json["made"], "one");
    }
}

#[tokio::test]
async fn r_43_a_stream_that_comes_again_is_compared_with_the_first_one() {
    for stage in Stage::on_both().await {
        let client = stage.keyed("k1");
        let send = async |bytes: &'static str| {
            let request = Request::post("/v1/take").header("content-type", "application/octet-stream");
            let request = request.header("content-length", bytes.len()).body(Body::from(bytes)).expect("a request");
            let answer = client.raw(request).await;
            (answer.status().as_u16(), answer.headers().contains_key("idempotency-replayed"))
        };
        assert_eq!(send("one file").await, (201, false));
        assert_eq!(send("one file").await, (201, true));
        assert_eq!(send("two file").await, (422, false), "as long, and another file");
        assert_eq!(effects(&stage.world.app).await, 1);
    }
}

#[tokio::test]
async fn r_43_an_answer_is_given_again_only_to_who_may_still_ask_for_it() {
    use base::Role;
    let world = World::on(TestDb::sqlite().await).await;
    let (person, member) = world.member(Role::Manager).await;
    let member = member.with("idempotency-key", "k1");
    let made = member.post("/v1/keys", json!({ "name": "mine" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = member.post("/v1/keys", json!({ "name": "mine" })).await;
    assert_eq!(again.json, made.json);
    let path = format!("/v1/members/{person}");
    assert_eq!(world.owner().patch(&path, json!({ "role": "author" })).await.status, 204);
    let demoted = member.post("/v1/keys", json!({ "name": "mine" })).await;
    assert_eq!((demoted.status, demoted.problem()), (403, "forbidden"), "{}", demoted.text);
    assert_eq!(world.owner().delete(&path).await.status, 204);
    let gone = member.post("/v1/keys", json!({ "name": "mine" })).await;
    assert!([403, 404].contains(&gone.status), "{} {}", gone.status, gone.text);
}

/// A request whose body arrives in two halves; `between` happens after the first.
async fn slowly<F: Future<Output = ()> + Send + 'static>(client: &Client, path: &str, body: &Value, between: F) -> u16 {
    let text = body.to_string();
    let (first, rest) = (text[..1].to_owned(), text[1..].to_owned());
    let pieces = futures::stream::once(async move { Ok::<_, std::io::Error>(first) });
    let pieces = futures::StreamExt::chain(
        pieces,
        futures::stream::once(async move {
            between.await;
            Ok(rest)
        }),
    );
    let request = Request::post(path).header("content-type", "application/json");
    client.raw(request.body(Body::from_stream(pieces)).expect("a request")).await.status().as_u16()
}

#[tokio::test]
async fn rights_that_end_while_a_body_is_on_its_way_are_gone_when_it_has_arrived() {
    use base::Role;
    let requests = [
        ("/v1/keys", json!({ "name": "for later" })),
        ("/v1/members", json!({ "email": "friend@example.org", "role": "author" })),
        ("/v1/posts", json!({ "text": "still here" })),
        ("/v1/uploads", json!({ "name": "a.png", "size_bytes": 9 })),
    ];
    for db in TestDb::both().await {
        let world = World::with(db, Default::default(), |settings| settings.limits = RateLimits::off()).await;
        for (path, body) in &requests {
            for how in ["removed", "demoted", "signed out", "password changed", "kept"] {
                let (person, client) = world.member(if how == "kept" { Role::Owner } else { Role::Manager }).await;
                let (owner, mine) = (world.owner(), client.clone());
                let between = async move {
                    let path = format!("/v1/members/{person}");
                    let ended = match how {
                        "removed" => owner.delete(&path).await,
                        "demoted" => owner.patch(&path, json!({ "role": "analyst" })).await,
                        "signed out" => mine.delete("/v1/session").await,
                        "password changed" => {
                            let body = json!({ "current_password": crate::testing::PASSWORD, "new_password": "orange lantern sings thrice" });
                            mine.put("/v1/me/password", body).await
                        }
                        _ => return,
                    };
                    assert!(ended.status < 300, "{how}: {}", ended.text);
                };
                let status = slowly(&client, path, body, between).await;
                match how {
                    "kept" => assert_eq!(status, 201, "{path}"),
                    _ => assert!([401, 403, 404].contains(&status), "{path}, {how}: {status}"),
                }
            }
        }
        let owner = world.owner();
        assert_eq!(owner.get("/v1/posts").await.json["items"].as_array().map(Vec::len), Some(1), "only who was kept");
        assert_eq!(owner.get("/v1/keys").await.json["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_while_its_body_is_on_its_way_writes_nothing() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let (key, text) = world.make_key(|new| new.permissions = Some([Permission::PostsWrite].into())).await;
        let (client, owner) = (world.with_key(&text), world.owner());
        let between = async move {
            assert_eq!(owner.delete(&format!("/v1/keys/{}", key.id)).await.status, 204);
        };
        assert_eq!(slowly(&client, "/v1/posts", &json!({ "text": "late" }), between).await, 401);
        assert_eq!(world.owner().get("/v1/posts").await.json["items"], json!([]));
    }
}

#[tokio::test]
async fn what_a_list_and_a_body_may_be_is_said_and_not_guessed() {
    let world = World::on(TestDb::sqlite().await).await;
    let owner = world.owner();
    for list in ["/v1/posts", "/v1/audit", "/v1/media", "/v1/events"] {
        for limit in ["0", "201", "1000"] {
            let answer = owner.get(&format!("{list}?limit={limit}")).await;
            assert_eq!(
                (answer.status, &answer.json["errors"][0]["pointer"]),
                (422, &json!("/limit")),
                "{list} {limit}"
            );
        }
        assert_eq!(owner.get(&format!("{list}?limit=200")).await.status, 200, "{list}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "text/json"] {
        let answer = owner.clone().with("origin", "http://127.0.0.1:8080").with("content-type", kind);
        let answer = answer.post("/v1/posts", json!({ "text": "Hello" })).await;
        assert_eq!((answer.status, answer.problem()), (415, "unsupported-type"), "{kind}");
    }
}

#[tokio::test]
async fn r_43_a_crash_before_the_effect_waits_for_the_lease_and_runs_again() {
    for stage in Stage::on_both().await {
        let client = stage.keyed("k1");
        client.post("/v1/make", json!({})).await;
        stage.as_if_it_had_died().await;
        let early = client.post("/v1/make", json!({})).await;
        assert_eq!((early.status, early.problem()), (409, "idempotency-key-in-use"));
        let wait = early.header("retry-after").parse().expect("it says when");
        assert!(wait <= 20, "{wait} s");
        stage.world.advance(Duration::from_secs(wait));
        let late = client.post("/v1/make", json!({})).await;
        assert_eq!((late.status, late.header("idempotency-replayed")), (201, ""));
        assert_eq!(client.post("/v1/make", json!({})).await.header("idempotency-replayed"), "true");
    }
}

#[tokio::test]
async fn r_43_who_lost_the_claim_cannot_commit_the_effect() {
    for stage in Stage::on_both().await {
        let app = &stage.world.app;
        let held = request::Claim::of("person_x", "key", "an old token");
        let written = app.db.write(async move |tx| held.effected(tx, StatusCode::CREATED, "/v1/made").await).await;
        assert!(matches!(written, Err(db::Error::Busy(_))), "{written:?}");
    }
}

#[tokio::test]
async fn r_43_a_refusal_leaves_the_key_free_and_a_day_later_it_is_free_too() {
    let stage = stage(TestDb::sqlite().await).await;
    let client = stage.keyed("k1");
    assert_eq!(client.post("/v1/refuse", json!({})).await.status, 422);
    assert_eq!(client.post("/v1/make", json!({})).await.status, 201, "the corrected request");
    stage.world.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(client.post("/v1/make", json!({})).await.header("idempotency-replayed"), "true", "kept for a day");
    stage.world.advance(Duration::from_secs(3_600));
    assert_eq!(client.post("/v1/make", json!({})).await.header("idempotency-replayed"), "");
    assert_eq!(effects(&stage.world.app).await, 2);
}

#[tokio::test]
async fn r_43_a_request_without_the_header_writes_nothing_for_it() {
    let stage = stage(TestDb::sqlite().await).await;
    stage.client.get("/v1/made").await;
    // The note of the key's first use is written beside the request.
    let noted = async || {
        let sql = "SELECT id FROM api_keys WHERE last_used_at IS NOT NULL";
        let found = stage.world.app.db.read(async move |tx| tx.row(sql, args![]).await).await;
        found.map_err(|error: db::Error| error).expect("readable").is_some()
    };
    while !noted().await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let before = stage.world.app.db.stats().writes;
    assert_eq!(stage.client.post("/v1/make", json!({})).await.status, 201);
    assert_eq!(stage.world.app.db.stats().writes - before, 1, "the effect, and nothing else");
}

#[tokio::test]
async fn s_82_every_answer_has_its_headers() {
    let db = TestDb::sqlite().await;
    let world = World::with(db, Default::default(), |settings| {
        settings.public_url = "https://fanfare.example/".parse().expect("address");
    })
    .await;
    for path in ["/v1/me", "/v1/owner", "/v1/nothing", "/elsewhere"] {
        let answer = world.nobody().get(path).await;
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        assert!(answer.header("request-id").starts_with("req_"), "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
}

#[tokio::test]
async fn s_82_plain_http_promises_no_https() {
    let world = World::on(TestDb::sqlite().await).await;
    assert_eq!(world.nobody().get("/v1/owner").await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn a_problem_names_its_request_and_a_panic_is_one_without_its_text() {
    let stage = stage(TestDb::sqlite().await).await;
    let answer = stage.client.get("/v1/panics").await;
    assert_eq!((answer.status, answer.problem()), (500, "internal"));
    assert_eq!(answer.json["request_id"], answer.header("request-id"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(!answer.text.contains("canary"), "{}", answer.text);
    assert_eq!(stage.client.get("/v1/nothing").await.problem(), "not-found");
    assert_eq!(stage.client.delete("/v1/made").await.problem(), "method-not-allowed");
}

#[tokio::test]
async fn s_86_a_key_that_asks_too_often_is_told_when_to_come_back() {
    let db = TestDb::sqlite().await;
    let world = World::with(db, Default::default(), |settings| {
        settings.limits = RateLimits { key: Some(Rate::per(3, 60)), ..RateLimits::off() };
    })
    .await;
    let client = world.key([Permission::KeysManage]).await;
    for left in ["2", "1", "0"] {
        let answer = client.get("/v1/keys").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"key\";q=3;w=60");
        assert!(
            answer.header("ratelimit").starts_with(&format!("\"key\";r={left};")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let refused = client.get("/v1/keys").await;
    assert_eq!((refused.status, refused.problem(), refused.header("retry-after")), (429, "rate-limited", "20"));
    assert_eq!(world.owner().get("/v1/keys").await.status, 200, "others are not concerned");
    world.advance(Duration::from_secs(20));
    assert_eq!(client.get("/v1/keys").await.status, 200);
}

#[tokio::test]
async fn s_34_another_site_cannot_change_anything_with_our_cookie() {
    let world = World::on(TestDb::sqlite().await).await;
    let evil = world.owner().with("origin", "https://evil.example").with("sec-fetch-site", "cross-site");
    let mut tried = 0;
    for (path, methods) in crate::api::document().paths.paths {
        let path = path.replace(['{', '}'], "");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let there = match method {
                Method::POST => methods.post.is_some(),
                Method::PUT => methods.put.is_some(),
                Method::PATCH => methods.patch.is_some(),
                _ => methods.delete.is_some(),
            };
            if there {
                let answer = evil.send(method.clone(), &path, Some(json!({}))).await;
                assert_eq!((answer.status, answer.problem()), (403, "cross-site"), "{method} {path}");
                tried += 1;
            }
        }
    }
    assert!(tried > 15, "{tried}");
}

#[tokio::test]
async fn a_body_has_a_limit_and_must_be_json() {
    let stage = stage(TestDb::sqlite().await).await;
    let large = json!({"text": "x".repeat(super::BODY_BYTES_MAX)});
    assert_eq!(stage.client.post("/v1/make", large.clone()).await.problem(), "too-large");
    assert_eq!(stage.keyed("k").post("/v1/make", large).await.problem(), "too-large");
    let form = stage.client.clone().with("content-type", "application/x-www-form-urlencoded");
    let refused = form.post("/v1/make", json!({})).await;
    assert_eq!((refused.status, refused.problem()), (415, "unsupported-type"));
}

#[tokio::test]
async fn s_27_a_key_in_the_address_is_refused_even_if_it_is_good() {
    let world = World::on(TestDb::sqlite().await).await;
    let (_, key) = world.make_key(|_| {}).await;
    let answer = world.nobody().get(&format!("/v1/keys?api_key={}", key.expose())).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.json["detail"].as_str().is_some_and(|text| text.contains("Authorization") && text.contains("revoke"))
    );
    assert!(!answer.text.contains(key.expose()));
}

#[tokio::test]
async fn a_foreign_workspace_is_not_found_and_the_path_wins_over_the_header() {
    let world = World::on(TestDb::sqlite().await).await;
    let (elsewhere, stranger) = world.stranger().await;
    let ours = world.workspace;
    assert_eq!(world.owner().in_workspace(elsewhere).get("/v1/members").await.status, 404);
    assert_eq!(world.owner().get(&format!("/v1/workspaces/{elsewhere}")).await.status, 404);
    assert_eq!(
        world.owner().get(&format!("/v1/workspaces/{}", PersonId::new(world.now(), &base::OsRandom))).await.status,
        404
    );
    assert_eq!(world.owner().in_workspace(elsewhere).get(&format!("/v1/workspaces/{ours}")).await.status, 200);
    let key = world.key([Permission::MembersRead, Permission::PostsRead]).await;
    assert_eq!(key.clone().in_workspace(elsewhere).get("/v1/members").await.status, 404);
    assert_eq!(key.get(&format!("/v1/workspaces/{elsewhere}")).await.status, 404);
    let members = stranger.get("/v1/members").await;
    assert_eq!(members.json["items"].as_array().map(Vec::len), Some(1), "{}", members.text);
}

#[tokio::test]
async fn a_client_that_goes_away_finds_the_answer_when_it_comes_back() {
    let stage = stage(TestDb::sqlite().await).await;
    let request = || {
        let headers = [("idempotency-key", "gone"), ("content-type", "application/json")];
        let key =
            headers.iter().fold(Request::post("/v1/make"), |request, (name, value)| request.header(*name, *value));
        let bearer = stage.client.authorization();
        key.header("authorization", bearer).body(Body::from("{}")).expect("a request")
    };
    let gone = tokio::spawn(stage.world.router.clone().oneshot(request()));
    tokio::time::sleep(Duration::from_millis(2)).await;
    gone.abort();
    let answer = loop {
        let answer = stage.keyed("gone").post("/v1/make", json!({})).await;
        if answer.status != 409 {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        // If it went away between its claim and its work, nothing was stored, and the claim ends with its lease.
        stage.world.advance(Duration::from_secs(1));
    };
    assert_eq!(answer.status, 201);
    assert_eq!(effects(&stage.world.app).await, 1);
}
