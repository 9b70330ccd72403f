//! A network that no other network is like: commas, scopes that can be left out, two pages behind a consent, tokens that are
//! exchanged. The networks that are here test the rest.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    response::{IntoResponse as _, Response},
    routing::get,
};
use base::{OsRandom, TestClock, Timestamp};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::Url;

use super::*;
use crate::{Core, Ledger, Network, Options, Shows, Traffic, pages};

const BACK: &str = "http://127.0.0.1:9/back";

struct Toy {
    core: Core,
    grants: Mutex<Grants>,
}

impl Shows for Toy {
    const ACCOUNT: &str = "/{name}";
    const POST: &str = "/{name}/{id}";
    const FILE: &str = "/file/{id}";
    const INTRODUCTION: &str = "A toy.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<pages::Choice> {
        let targets = vec![("p1".to_owned(), "Page one".to_owned()), ("p2".to_owned(), "Page two".to_owned())];
        vec![pages::Choice { targets, ..pages::Choice::of("lena", "Lena Vos") }, pages::Choice::of("otto", "Otto")]
    }

    fn account(&self, _: &str) -> Option<pages::TimelineView> {
        None
    }

    fn post(&self, _: &str, _: &str) -> Option<pages::PostView> {
        None
    }

    fn file(&self, _: &str) -> Option<(String, bytes::Bytes)> {
        None
    }
}

impl Authority for Toy {
    const RULES: Rules = Rules {
        page: "/dialog",
        scopes: &["basic", "publish", "insights"],
        separator: ',',
        fixed: Some(&["basic"]),
        denied: &[("error", "access_denied"), ("error_reason", "user_denied")],
        fragment: Some("_"),
        usual_grant: Some("authorization_code"),
        app_tokens: true,
        query: true,
        access_life: Some(Duration::from_secs(3_600)),
        longer: Some(Longer {
            exchange: "swap",
            prolong: Some("prolong"),
            field: "access_token",
            life: Duration::from_secs(60 * 86_400),
            youngest: Duration::from_secs(86_400),
        }),
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut self.grants.lock().expect("whole"))
    }

    fn app(&self, client_id: &str) -> Option<App> {
        let secret = Some("secret".to_owned());
        (client_id == "app").then(|| App { name: "An app".to_owned(), secret, local: true, ..App::default() })
    }

    fn person(&self, name: &str) -> Result<String, String> {
        if name.is_empty() { Err("Who?".to_owned()) } else { Ok(name.to_owned()) }
    }

    fn wrong(slip: &Slip) -> Wrong {
        match slip {
            Slip::Scope => Wrong::SentBack("invalid_scope", "No such scope."),
            _ => Wrong::Shown("That is wrong."),
        }
    }

    fn refuse(&self, slip: Slip) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "slip": format!("{slip:?}") }))).into_response()
    }

    fn give(&self, pair: &Pair) -> Value {
        json!({ "token": pair.access, "long": pair.token.long, "consent": pair.token.consent })
    }
}

struct World {
    router: Router,
    clock: TestClock,
}

impl World {
    fn new() -> Self {
        let clock = TestClock::at(Timestamp::from_seconds(1_900_000_000));
        let options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        let origin = Url::parse("http://127.0.0.1:1/").expect("an address");
        let core = Core::new(&options, Network::X, origin, Ledger::default(), Traffic::default());
        let toy = Arc::new(Toy { core, grants: Mutex::default() });
        let router = Router::new()
            .route("/dialog", get(ask::<Toy>).post(answer::<Toy>))
            .route("/token", get(token::<Toy>).post(token::<Toy>))
            .route("/longer", get(longer::<Toy>))
            .route("/revoke", axum::routing::post(revoke::<Toy>))
            .with_state(toy);
        Self { router, clock }
    }

    async fn call(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let (uri, body) = if method == "GET" { (format!("{path}?{form}"), String::new()) } else { (path.into(), form) };
        let request = Request::builder().method(method).uri(uri);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(body));
        let answer = self.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let to = answer.headers().get("location").map_or("", |to| to.to_str().expect("text")).to_owned();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, to, String::from_utf8(body.to_vec()).expect("text"))
    }

    /// Says yes with these fields; gives what the code is exchanged for.
    async fn consent(&self, more: &[(&str, &str)]) -> Value {
        let (status, to, page) = self.call("POST", "/dialog", &[asked(), more.to_vec()].concat()).await;
        assert_eq!(status, 303, "{page}");
        let to = Url::parse(&to).expect("an address");
        assert_eq!(to.fragment(), Some("_"));
        let sent: BTreeMap<String, String> = to.query_pairs().into_owned().collect();
        assert_eq!(sent["state"], "mark");
        let fields =
            [("code", &*sent["code"]), ("redirect_uri", BACK), ("client_id", "app"), ("client_secret", "secret")];
        let (status, _, body) = self.call("GET", "/token", &fields).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }
}

fn asked() -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", "app"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("state", "mark"),
        ("scope", "basic,publish,insights"),
    ]
}

#[tokio::test]
async fn a_person_ticks_scopes_and_pages_and_a_program_takes_all() {
    let world = World::new();
    let (_, _, page) = world.call("GET", "/dialog", &asked()).await;
    for shown in ["value=\"publish\" checked", "value=\"p2\" checked", "name=\"ticked\"", "Otto", "An app"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("value=\"basic\" checked"), "what cannot be left out is no box");

    let all = world.consent(&[("account", "lena"), ("decision", "allow")]).await;
    assert_eq!(all["consent"]["scope"], "basic publish insights");
    assert_eq!(all["consent"]["targets"], json!(["p1", "p2"]));
    let ticked = [("ticked", "yes"), ("scope_kept", "publish"), ("target_kept", "p2"), ("target_kept", "p9")];
    let some = world.consent(&[&ticked[..], &[("account", "lena"), ("decision", "allow")]].concat()).await;
    assert_eq!((&some["consent"]["scope"], &some["consent"]["targets"]), (&json!("basic publish"), &json!(["p2"])));
    let other = world.consent(&[("account", "otto"), ("decision", "allow")]).await;
    assert_eq!(other["consent"]["targets"], json!([]), "another account's pages are not given");
}

#[tokio::test]
async fn no_is_sent_back_in_the_network_s_words_and_a_stranger_s_address_gets_nothing() {
    let world = World::new();
    let (status, to, _) = world.call("POST", "/dialog", &[asked(), vec![("decision", "deny")]].concat()).await;
    assert_eq!((status, &*to), (303, &*format!("{BACK}?error=access_denied&error_reason=user_denied&state=mark")));
    let other = |name: &str, value: &'static str| {
        let fields = asked().into_iter().map(|(known, old)| (known, if known == name { value } else { old }));
        fields.collect::<Vec<_>>()
    };
    let (status, to, _) = world.call("GET", "/dialog", &other("scope", "basic,rule")).await;
    assert!(status == 303 && to.starts_with(&format!("{BACK}?error=invalid_scope")), "{to}");
    for fields in [other("redirect_uri", "https://evil.example/"), other("client_id", "nobody")] {
        let (status, to, page) = world.call("GET", "/dialog", &fields).await;
        assert!(status == 400 && to.is_empty() && page.contains("That is wrong."), "{status} {to} {page}");
    }
    let nobody = [asked(), vec![("decision", "allow"), ("account", "")]].concat();
    assert!(world.call("POST", "/dialog", &nobody).await.2.contains("Who?"), "the page comes again and says why");
}

#[tokio::test]
async fn a_short_token_becomes_a_long_one_and_that_the_next_a_day_later() {
    let world = World::new();
    let short = world.consent(&[("account", "lena"), ("decision", "allow")]).await;
    let longer = async |kind: &str, token: &Value, secret: &str| {
        let token = token["token"].as_str().expect("a token");
        let fields = [("grant_type", kind), ("access_token", token), ("client_secret", secret)];
        let (status, _, body) = world.call("GET", "/longer", &fields).await;
        (status, serde_json::from_str::<Value>(&body).expect("JSON"))
    };
    let slip = |answer: (u16, Value)| answer.1["slip"].as_str().unwrap_or_default().to_owned();
    assert_eq!(slip(longer("swap", &short, "wrong").await), "WrongClient");
    assert_eq!(slip(longer("else", &short, "secret").await), "GrantType");
    let (status, long) = longer("swap", &short, "secret").await;
    assert_eq!((status, &long["long"]), (200, &json!(true)));
    assert_eq!(slip(longer("prolong", &short, "secret").await), "Token(WrongKind)");
    assert_eq!(slip(longer("prolong", &long, "").await), "Token(TooYoung)");
    world.clock.advance(Duration::from_secs(86_400));
    assert_eq!(longer("prolong", &long, "").await.0, 200);
    assert_eq!(slip(longer("swap", &short, "secret").await), "Token(Expired)");
}

#[tokio::test]
async fn the_token_endpoint_says_what_is_wrong() {
    let world = World::new();
    let app = [("client_id", "app"), ("client_secret", "secret")];
    for (fields, slip) in [
        (&[("grant_type", "authorization_code")][..], "NoClient"),
        (&[("client_id", "app"), ("client_secret", "wrong")], "WrongClient"),
        (&[("client_id", "app"), ("client_secret", "secret"), ("grant_type", "magic")], "GrantType"),
        (&[("client_id", "app"), ("client_secret", "secret"), ("color", "red")], "Stranger(\"color\")"),
        (&app, "Missing(\"code\")"),
    ] {
        let (status, _, body) = world.call("POST", "/token", fields).await;
        assert!(status == 400 && body.contains(&json!(slip).to_string()), "{fields:?}: {body}");
    }
    let own = [&app[..], &[("grant_type", "client_credentials")]].concat();
    let (status, _, body) = world.call("POST", "/token", &own).await;
    let own: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &own["consent"]["account"]), (200, &json!("")), "a token for the app itself");
    let token = own["token"].as_str().expect("a token");
    assert_eq!(world.call("POST", "/revoke", &[&app[..], &[("token", token)]].concat()).await.0, 200);
}
