//! An OAuth client for the tests: DPoP, PKCE, pushed requests, consent without a browser, and an app that serves its
//! metadata and keys.

use std::sync::Mutex;

use axum::{Json, Router, routing::get};
use base::Clock as _;
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};
use url::Url;

use super::{Answer, World, fresh};
use crate::bluesky::jose;

pub const CALLBACK: &str = "http://127.0.0.1:4711/cb";
pub const FULL: &str = "atproto repo:app.bsky.feed.post repo:app.bsky.feed.threadgate blob:*/* \
                        rpc?lxm=*&aud=did:web:api.bsky.app%23bsky_appview";

pub fn key() -> SigningKey {
    SigningKey::from_slice(&base::random::bytes::<32>(&base::OsRandom)).expect("a scalar")
}

/// The development client's id for a scope.
pub fn development(scope: &str) -> String {
    let mut id = Url::parse("http://localhost").expect("valid");
    id.query_pairs_mut().append_pair("redirect_uri", "http://127.0.0.1/cb").append_pair("scope", scope);
    id.to_string().replacen("localhost/?", "localhost?", 1)
}

/// A client with one DPoP key.
pub struct Client<'w> {
    pub world: &'w World,
    pub id: String,
    pub scope: String,
    pub dpop: SigningKey,
    pub assertion: Option<(String, SigningKey)>,
    pub nonce: Mutex<String>,
    pub verifier: String,
}

impl<'w> Client<'w> {
    pub fn public(world: &'w World, scope: &str) -> Self {
        Self {
            world,
            id: development(scope),
            scope: scope.to_owned(),
            dpop: key(),
            assertion: None,
            nonce: Mutex::default(),
            verifier: format!("{}{}", fresh(), fresh()),
        }
    }

    /// A proof; `change` may spoil it.
    pub fn proof_with(
        &self,
        method: &str,
        url: &str,
        token: Option<&str>,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> String {
        let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jose::public_jwk(&self.dpop)});
        let mut claims = json!({"jti": fresh(), "htm": method, "htu": url, "iat": self.world.clock.now().as_seconds()});
        let nonce = self.nonce.lock().expect("whole").clone();
        if !nonce.is_empty() {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = token {
            claims["ath"] = json!(jose::sha256_base64url(token));
        }
        change(&mut header, &mut claims);
        jose::sign(&self.dpop, &header, &claims)
    }

    pub fn proof(&self, method: &str, url: &str, token: Option<&str>) -> String {
        self.proof_with(method, url, token, |_, _| {})
    }

    fn learn(&self, answer: &Answer) {
        assert!(!answer.header("dpop-nonce").is_empty(), "every answer to a proof carries a nonce: {answer:?}");
        *self.nonce.lock().expect("whole") = answer.header("dpop-nonce").to_owned();
    }

    pub fn assertion_with(&self, change: impl FnOnce(&mut Value)) -> String {
        let (kid, key) = self.assertion.as_ref().expect("a confidential client");
        let now = self.world.clock.now().as_seconds();
        let mut claims = json!({"iss": self.id, "sub": self.id, "aud": self.world.origin, "jti": fresh(), "iat": now, "exp": now + 60});
        change(&mut claims);
        jose::sign(key, &json!({"alg": "ES256", "kid": kid}), &claims)
    }

    pub fn credentials(&self) -> Vec<(String, String)> {
        let mut fields = vec![("client_id".to_owned(), self.id.clone())];
        if self.assertion.is_some() {
            fields.push((
                "client_assertion_type".into(),
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".into(),
            ));
            fields.push(("client_assertion".into(), self.assertion_with(|_| {})));
        }
        fields
    }

    /// A form to the authorization server, as it is; no second try.
    pub async fn form_once(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let url = self.world.url(path);
        let request = self.world.http.post(&url).header("dpop", self.proof("POST", &url, None)).form(fields);
        let answer = self.world.send(request).await;
        self.learn(&answer);
        answer
    }

    /// A form with credentials, tried again once with the nonce that the server asked for.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let with = |credentials: Vec<(String, String)>| -> Vec<(String, String)> {
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).chain(credentials).collect()
        };
        let answer = self.form_once(path, &with(self.credentials())).await;
        if answer.json()["error"] != "use_dpop_nonce" {
            return answer;
        }
        self.form_once(path, &with(self.credentials())).await
    }

    pub fn par_fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".to_owned()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("scope", self.scope.clone()),
            ("state", "state-1".to_owned()),
            ("code_challenge", jose::sha256_base64url(&self.verifier)),
            ("code_challenge_method", "S256".to_owned()),
            ("login_hint", "northwind.test".to_owned()),
        ]
    }

    pub async fn push(&self) -> Answer {
        let fields = self.par_fields();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.form("/oauth/par", &fields).await
    }

    pub async fn decide(&self, request_uri: &str, fields: &[(&str, &str)]) -> Answer {
        let own = [("client_id", self.id.as_str()), ("request_uri", request_uri)];
        let fields: Vec<(&str, &str)> = own.into_iter().chain(fields.iter().copied()).collect();
        self.world.send(self.world.http.post(self.world.url("/oauth/authorize")).form(&fields)).await
    }

    /// Pushes, agrees; gives what the callback is called with.
    pub async fn callback(&self, handle: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let pushed = self.push().await;
        assert_eq!(pushed.status, 201, "{}", pushed.text);
        let request_uri = pushed.json()["request_uri"].as_str().expect("a request").to_owned();
        let fields: Vec<(&str, &str)> =
            [("account", handle), ("decision", "allow")].into_iter().chain(more.iter().copied()).collect();
        let answer = self.decide(&request_uri, &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let to = Url::parse(answer.header("location")).expect("an address");
        assert!(to.as_str().starts_with(CALLBACK), "{to}");
        to.query_pairs().into_owned().collect()
    }

    pub async fn redeem(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &self.verifier),
        ];
        self.form("/oauth/token", &fields).await
    }

    pub async fn sign_in(&self, handle: &str) -> Tokens {
        let callback = self.callback(handle, &[]).await;
        let code = &callback.iter().find(|(name, _)| name == "code").expect("a code").1;
        Tokens::read(&self.redeem(code).await.ok())
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.form("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// A call to the PDS as it is; no second try.
    pub async fn call_once(&self, request: reqwest::RequestBuilder, method: &str, nsid: &str, access: &str) -> Answer {
        let url = self.world.url(&format!("/xrpc/{nsid}"));
        let request = request.header("authorization", format!("DPoP {access}"));
        let answer = self.world.send(request.header("dpop", self.proof(method, &url, Some(access)))).await;
        self.learn(&answer);
        answer
    }

    pub async fn post(&self, access: &str, nsid: &str, body: &Value) -> Answer {
        let request = || self.world.http.post(self.world.url(&format!("/xrpc/{nsid}"))).json(body);
        let answer = self.call_once(request(), "POST", nsid, access).await;
        if answer.status == 401 && answer.json()["error"] == "use_dpop_nonce" {
            return self.call_once(request(), "POST", nsid, access).await;
        }
        answer
    }

    pub async fn get(&self, access: &str, nsid: &str, params: &[(&str, &str)]) -> Answer {
        let request = self.world.http.get(self.world.url(&format!("/xrpc/{nsid}"))).query(params);
        self.call_once(request, "GET", nsid, access).await
    }
}

#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub did: String,
    pub scope: String,
}

impl Tokens {
    pub fn read(answer: &Value) -> Self {
        assert_eq!(answer["token_type"], "DPoP");
        let text = |name: &str| answer[name].as_str().expect(name).to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), did: text("sub"), scope: text("scope") }
    }
}

/// An app on the loopback that serves its metadata and key set.
pub struct App {
    pub id: String,
    pub keys: std::sync::Arc<Mutex<Vec<Value>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for App {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl App {
    pub async fn start(scope: &str, change: impl FnOnce(&mut Value)) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("free port");
        let origin = format!("http://{}", listener.local_addr().expect("bound"));
        let id = format!("{origin}/oauth-client-metadata.json");
        let mut metadata = json!({
            "client_id": id, "application_type": "web", "client_name": "Test app", "client_uri": origin,
            "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"], "scope": scope, "dpop_bound_access_tokens": true,
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
            "jwks_uri": format!("{origin}/jwks.json"),
        });
        change(&mut metadata);
        let keys = std::sync::Arc::new(Mutex::new(Vec::new()));
        let shown = keys.clone();
        let router = Router::new()
            .route("/oauth-client-metadata.json", get(async move || Json(metadata.clone())))
            .route("/jwks.json", get(async move || Json(json!({"keys": *shown.lock().expect("whole")}))));
        let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { id, keys, task }
    }

    pub fn add_key(&self, kid: &str) -> SigningKey {
        let key = key();
        let mut jwk = jose::public_jwk(&key);
        jwk["kid"] = json!(kid);
        self.keys.lock().expect("whole").push(jwk);
        key
    }

    pub fn client<'w>(&self, world: &'w World, scope: &str, kid: &str, key: &SigningKey) -> Client<'w> {
        Client { id: self.id.clone(), assertion: Some((kid.to_owned(), key.clone())), ..Client::public(world, scope) }
    }
}
