//! A network with everything that Meta's have and the others do not, and what consent pages answer.

use std::{collections::BTreeMap, sync::Arc};

use base::{Clock as _, OsRandom, TestClock, Timestamp};
use connector::{
    AppCredentials, Http, Outcome,
    http::{AllowedRange, Guard, GuardRules, Policy},
};
use serde_json::json;

use super::*;
use crate::{
    kit::judge::{self, Judge, Row, Shape, Sign, Told, Waits},
    test_kit::{Canned, on},
};

const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);
const REFUSED: Text = Text::constant("refused");

static JUDGE: Judge<()> = Judge {
    shape: Shape { at: &[""], names: &["error_type"], numbers: &["code"], words: &[], plain: false, challenge: false },
    rows: &[
        Row::new(&[400], Sign::Number(&[404]), Kind::ReconnectNeeded, REFUSED),
        Row::new(&[400], Sign::Any, Kind::InputInvalid, REFUSED),
    ],
    harmless: &[],
    trouble: judge::is_trouble,
    waits: Waits {
        told: &[Told::RetryAfter],
        unsaid: Duration::from_secs(60),
        min: Duration::from_secs(1),
        max: Duration::from_secs(60),
        past_is_now: false,
    },
    doubt: |(), doubt| match doubt {
        judge::Doubt::Odd(_, what) => what,
        _ => REFUSED,
    },
    inside: None,
};

const fn step(
    method: Method,
    path: &'static str,
    grant: &'static str,
    subject: &'static str,
    app: AppProof,
) -> Step<()> {
    Step { name: "a step", asked: (), method, path, grant, subject, app }
}

static META: Flow<()> = Flow {
    between_scopes: ",",
    pkce: false,
    state_max: 100,
    needed: &["basic"],
    refusals: &[Refusal { said: "1349245", kind: Kind::AppMisconfigured, detail: Text::constant("no tester yet") }],
    code: step(Method::GET, "/code", "authorization_code", "code", AppProof::Fields),
    renewal: Renewal::Exchange {
        first: step(Method::GET, "/long", "th_exchange_token", "access_token", AppProof::Secret),
        again: step(Method::GET, "/again", "th_refresh_token", "access_token", AppProof::None),
    },
    revoke: Some(step(Method::POST, "/revoke", "", "token", AppProof::Basic)),
};

struct World {
    http: Http,
    app: AppCredentials,
    tokens: Tokens,
    here: url::Url,
    endpoints: BTreeMap<String, url::Url>,
    clock: Arc<TestClock>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(TestClock::at(NOW));
        let loopback = AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![] };
        let rules = GuardRules { allowed: vec![loopback], ..GuardRules::default() };
        let guard = Guard::new(rules, clock.clone()).expect("a guard");
        let values = [("client_id", "id"), ("client_secret", "secret")];
        Self {
            http: guard.http(Policy::platform(vec!["127.0.0.1".into()])),
            app: AppCredentials {
                instance: None,
                values: values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
            },
            tokens: Tokens::default(),
            here: "https://fanfare.example".parse().expect("an address"),
            endpoints: BTreeMap::new(),
            clock,
        }
    }

    fn call(&self) -> Call<'_> {
        Call {
            http: &self.http,
            app: &self.app,
            tokens: &self.tokens,
            account_id: "",
            facts: &Value::Null,
            public_url: &self.here,
            endpoints: &self.endpoints,
            clock: &*self.clock,
            random: &OsRandom,
        }
    }
}

fn consent<'a>(state: &'a str) -> Consent<'a> {
    Consent {
        at: "Meta",
        page: "https://consent.example/authorize",
        redirect_uri: "https://fanfare.example/back",
        state,
        scopes: vec!["basic".into(), "publish".into()],
        more: &[("auth_type", "rerequest")],
    }
}

fn callback(query: &[(&str, &str)]) -> Callback {
    Callback { query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
}

fn peer<'a>(call: &'a Call<'a>, canned: &Canned) -> Peer<'a, ()> {
    Peer::at(call, canned.origin.trim_end_matches('/').to_owned(), &JUDGE)
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_with_a_long_life_which_renews_itself() {
    let canned = Canned::start(vec![
        on("GET /code", 200, json!({ "access_token": "SHORT", "user_id": 17_841_400_000_000_001_u64 })),
        on("GET /long", 200, json!({ "access_token": "LONG", "token_type": "bearer", "expires_in": 5_184_000 })),
        on("GET /again", 200, json!({ "access_token": "LONGER", "expires_in": 5_184_000 })),
    ])
    .await;
    let mut world = World::new();
    let (to, waiting) = META.ask(&world.call(), &consent("s")).expect("an address");
    let asked: BTreeMap<_, _> = to.query_pairs().into_owned().collect();
    assert_eq!((asked["scope"].as_str(), asked["auth_type"].as_str()), ("basic,publish", "rerequest"));
    assert!(!asked.contains_key("code_challenge"));
    let back = callback(&[("state", "s"), ("code", "C#_")]);
    let code = META.code(&waiting, &back).expect("a code");
    let call = world.call();
    let given = META.exchange(&peer(&call, &canned), &waiting, code).await.expect("tokens");
    assert_eq!(given.scopes.join(" "), "basic publish");
    let ends = Some(world.clock.now() + Duration::from_secs(5_184_000));
    let long = Some(Secret::from("LONG"));
    assert_eq!((&given.tokens.access, &given.tokens.refresh, given.tokens.expires_at), (&long, &long, ends));
    world.tokens = given.tokens;
    let call = world.call();
    assert_eq!(META.refresh(&peer(&call, &canned)).await.expect("renewed").refresh, Some("LONGER".into()));
    let queries: Vec<String> = canned.seen().into_iter().map(|seen| seen.query).collect();
    let uri = "https%3A%2F%2Ffanfare.example%2Fback";
    assert_eq!(
        queries,
        [
            format!("grant_type=authorization_code&code=C&redirect_uri={uri}&client_id=id&client_secret=secret"),
            "grant_type=th_exchange_token&access_token=SHORT&client_secret=secret".into(),
            "grant_type=th_refresh_token&access_token=LONG".into(),
        ]
    );
    assert!(
        world.http.take_exchanges().iter().all(|seen| !format!("{seen:?}").contains("SHORT")),
        "nothing secret is kept"
    );
}

#[tokio::test]
async fn without_a_permission_that_everything_needs_nothing_is_connected_and_the_token_is_ended() {
    let list = json!({ "data": [{ "access_token": "SHORT", "user_id": "1", "permissions": "publish,other" }] });
    let canned = Canned::start(vec![on("GET /code", 200, list), on("POST /revoke", 200, "{}")]).await;
    let world = World::new();
    let (_, waiting) = META.ask(&world.call(), &consent("s")).expect("an address");
    let call = world.call();
    let failure = META.exchange(&peer(&call, &canned), &waiting, "C").await.expect_err("left out");
    assert_eq!(failure.kind, Kind::ScopeMissing);
    assert!(failure.detail.english().contains("(basic)"), "{}", failure.detail);
    assert_eq!(canned.lines(), ["GET /code", "POST /revoke"]);
    assert_eq!(canned.seen()[1].form(), [("token".to_owned(), "SHORT".to_owned())]);
}

#[tokio::test]
async fn an_answer_without_a_token_is_odd_and_one_that_is_not_known_is_ended() {
    let canned = Canned::start(vec![
        on("GET /code", 200, json!({ "access_token": "" })),
        on("POST /revoke", 400, json!({ "code": 404 })),
        on("POST /revoke", 400, json!({ "code": 1 })),
    ])
    .await;
    let world = World::new();
    let (_, waiting) = META.ask(&world.call(), &consent("s")).expect("an address");
    let call = world.call();
    let peer = peer(&call, &canned);
    let failure = META.exchange(&peer, &waiting, "C").await.expect_err("no token");
    assert_eq!((failure.outcome, failure.detail.english().as_str()), (Outcome::Unknown, "a token"));
    let tokens = Tokens { access: Some("A".into()), ..Tokens::default() };
    META.revoke(&peer, &tokens).await.expect("ended before");
    assert_eq!(META.revoke(&peer, &tokens).await.expect_err("refused").kind, Kind::InputInvalid);
    assert_eq!(META.refresh(&peer).await.expect_err("no token").kind, Kind::ReconnectNeeded);
}

type Query<'a> = &'a [(&'a str, &'a str)];

#[test]
fn s_11_what_a_consent_page_answers_says_what_to_do() {
    let said = |query: Query<'_>| {
        let failure = code("Meta", "s", META.refusals, &callback(query)).expect_err("no code");
        assert_eq!(failure.outcome, Outcome::Rejected);
        (failure.kind, failure.detail.english(), failure.code.unwrap_or_default())
    };
    let with_state = |query: &[(&'static str, &'static str)]| {
        let all: Vec<_> = query.iter().copied().chain([("state", "s")]).collect();
        said(&all)
    };
    #[rustfmt::skip]
    let rows: &[(Query<'_>, Kind, &str)] = &[
        (&[("error", "access_denied"), ("error_reason", "user_denied"), ("error_code", "200")], Kind::InputInvalid, "declined at Meta"),
        (&[("error_reason", "user_denied")], Kind::InputInvalid, "declined at Meta"),
        (&[("error_code", "1349245"), ("error_message", "no invitation")], Kind::AppMisconfigured, "no tester yet"),
        (&[("error", "invalid_scope"), ("error_description", "Invalid Scopes: x.")], Kind::AppMisconfigured, "(Invalid Scopes: x.)"),
        (&[("error", "unauthorized_client")], Kind::AppMisconfigured, "callback address"),
        (&[("error", "temporarily_unavailable")], Kind::Unavailable, "in a few minutes"),
        (&[("error", "login_required")], Kind::InputInvalid, "Sign in there first"),
        (&[("error_code", "36009"), ("error_message", "Something\nnew")], Kind::InputInvalid, "(Something new)"),
        (&[("error", "new_one"), ("code", "C")], Kind::InputInvalid, "(new_one)"),
        (&[("code", "#_")], Kind::InputInvalid, "sent no code"),
        (&[], Kind::InputInvalid, "sent no code"),
    ];
    for (query, kind, words) in rows {
        let (got, detail, code) = with_state(query);
        assert!(got == *kind && detail.contains(words), "{query:?}: {got:?} {detail}");
        let first = query.iter().find(|(name, _)| name.starts_with("error")).map_or("", |(_, value)| *value);
        assert_eq!(code, first);
    }
    let (kind, detail, _) = said(&[("state", "another"), ("code", "C")]);
    assert!(kind == Kind::InputInvalid && detail.contains("another sign-in"), "{detail}");
    let failure = META.ask(&World::new().call(), &consent(&"x".repeat(101))).err().expect("too long");
    assert!(failure.detail.english().contains("Meta allows 100"), "{}", failure.detail);
}
