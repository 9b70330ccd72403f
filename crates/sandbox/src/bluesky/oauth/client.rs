//! Apps: their metadata documents, fetched as a real server would, and the assertions they authenticate with.

use std::time::Duration;

use axum::body::Bytes;
use base::Timestamp;
use serde_json::Value;
use url::{Host, Url};

use super::{ASSERTION_AGE, ClientKey, Form, Oauth};
use crate::bluesky::{
    Bluesky,
    jose::{Jwk, Jwt},
    refusal::Refusal,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DOCUMENT_BYTES: usize = 256 * 1024;

/// An app, as its metadata describes it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id: an address.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Where people may be sent.
    pub redirect_uris: Vec<String>,
    /// Every scope it may ask for.
    pub scopes: Vec<String>,
    /// Whether it may refresh.
    pub refreshes: bool,
    /// The keys of a confidential app; `None` for a public one.
    pub keys: Option<Vec<(String, Jwk)>>,
}

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::oauth("invalid_client_metadata", why)
}

/// Finds out what app this is.
pub async fn resolve(twin: &Bluesky, client_id: &str) -> Result<Client, Refusal> {
    let address =
        Url::parse(client_id).map_err(|_| Refusal::oauth("invalid_client_id", "client_id must be an address"))?;
    if client_id == "http://localhost"
        || client_id.starts_with("http://localhost?")
        || client_id.starts_with("http://localhost/")
    {
        return development(client_id, &address);
    }
    if !may_fetch(&address) || address.path() == "/" || address.fragment().is_some() || !address.username().is_empty() {
        let why = "client_id must be https://host/path without a port (or http on 127.0.0.1, in this sandbox)";
        return Err(Refusal::oauth("invalid_client_id", why));
    }
    let metadata = fetch(twin, &address).await?;
    read(twin, client_id, &address, &metadata).await
}

/// The development client: everything it is stands in its id.
fn development(client_id: &str, address: &Url) -> Result<Client, Refusal> {
    if address.path() != "/" || address.fragment().is_some() {
        return Err(Refusal::oauth("invalid_client_id", "http://localhost takes no path"));
    }
    let all = |wanted: &str| -> Vec<String> {
        address.query_pairs().filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).collect()
    };
    if let Some((name, _)) = address.query_pairs().find(|(name, _)| name != "redirect_uri" && name != "scope") {
        return Err(Refusal::oauth("invalid_client_id", format!("http://localhost takes no parameter \"{name}\"")));
    }
    let mut redirect_uris = all("redirect_uri");
    if redirect_uris.is_empty() {
        redirect_uris = vec!["http://127.0.0.1/".to_owned(), "http://[::1]/".to_owned()];
    }
    if redirect_uris.iter().any(|uri| !Url::parse(uri).is_ok_and(|uri| is_loopback(&uri))) {
        return Err(Refusal::oauth("invalid_redirect_uri", "a development client is sent to 127.0.0.1 or [::1] only"));
    }
    let scope = all("scope").first().cloned().unwrap_or_else(|| "atproto".to_owned());
    Ok(Client {
        id: client_id.to_owned(),
        name: "Development client".to_owned(),
        redirect_uris,
        scopes: scope.split_whitespace().map(str::to_owned).collect(),
        refreshes: true,
        keys: None,
    })
}

fn is_loopback(address: &Url) -> bool {
    address.scheme() == "http"
        && match address.host() {
            Some(Host::Ipv4(host)) => host.is_loopback(),
            Some(Host::Ipv6(host)) => host.is_loopback(),
            _ => false,
        }
}

/// https without a port, as the protocol asks; and http on the loopback, because this is a sandbox.
fn may_fetch(address: &Url) -> bool {
    (address.scheme() == "https" && address.port().is_none() && matches!(address.host(), Some(Host::Domain(_))))
        || is_loopback(address)
}

async fn fetch(twin: &Bluesky, address: &Url) -> Result<Value, Refusal> {
    let failed = |why: String| invalid(format!("Unable to obtain client metadata for \"{address}\": {why}"));
    let sent = twin.http.get(address.clone()).timeout(Duration::from_secs(5)).send().await;
    let answer = sent.map_err(|error| failed(error.to_string()))?;
    if answer.status() != http::StatusCode::OK {
        return Err(failed(format!("status {}", answer.status())));
    }
    let kind = answer.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(failed(format!("content type {kind} is not application/json")));
    }
    let body = limited(answer).await.map_err(failed)?;
    serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))
}

async fn limited(mut answer: reqwest::Response) -> Result<Bytes, String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        body.extend_from_slice(&chunk);
        if body.len() > DOCUMENT_BYTES {
            return Err(format!("more than {DOCUMENT_BYTES} bytes"));
        }
    }
    Ok(body.into())
}

async fn read(twin: &Bluesky, client_id: &str, address: &Url, metadata: &Value) -> Result<Client, Refusal> {
    let text = |name: &str| metadata[name].as_str();
    let texts = |name: &str| -> Vec<String> {
        metadata[name].as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    if text("client_id") != Some(client_id) {
        return Err(invalid("\"client_id\" must be the address the document is served from"));
    }
    if metadata["dpop_bound_access_tokens"] != true {
        return Err(invalid("\"dpop_bound_access_tokens\" must be true"));
    }
    let grant_types = texts("grant_types");
    if !grant_types.iter().any(|kind| kind == "authorization_code") || texts("response_types") != ["code"] {
        return Err(invalid("\"grant_types\" needs authorization_code, \"response_types\" is [\"code\"]"));
    }
    let scopes: Vec<String> = text("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if !scopes.iter().any(|scope| scope == "atproto") {
        return Err(invalid("\"scope\" must contain atproto"));
    }
    let redirect_uris = texts("redirect_uris");
    let reachable = |uri: &String| {
        Url::parse(uri).is_ok_and(|uri| uri.scheme() == "https" || (is_loopback(&uri) && is_loopback(address)))
    };
    if redirect_uris.is_empty() || (text("application_type") != Some("native") && !redirect_uris.iter().all(reachable))
    {
        return Err(invalid("\"redirect_uris\" of a web client are https addresses"));
    }
    let keys = match text("token_endpoint_auth_method") {
        Some("none") => None,
        Some("private_key_jwt") => Some(keys(twin, metadata).await?),
        _ => return Err(invalid("\"token_endpoint_auth_method\" must be none or private_key_jwt")),
    };
    Ok(Client {
        id: client_id.to_owned(),
        name: text("client_name").unwrap_or(client_id).to_owned(),
        redirect_uris,
        scopes,
        refreshes: grant_types.iter().any(|kind| kind == "refresh_token"),
        keys,
    })
}

async fn keys(twin: &Bluesky, metadata: &Value) -> Result<Vec<(String, Jwk)>, Refusal> {
    if metadata["token_endpoint_auth_signing_alg"] != "ES256" {
        return Err(invalid("\"token_endpoint_auth_signing_alg\" must be ES256"));
    }
    let set = match (metadata.get("jwks"), metadata["jwks_uri"].as_str()) {
        (Some(set), None) => set.clone(),
        (None, Some(address)) => {
            let address = Url::parse(address).ok().filter(may_fetch);
            fetch(twin, &address.ok_or_else(|| invalid("\"jwks_uri\" must be an https address"))?).await?
        }
        _ => return Err(invalid("private_key_jwt needs either \"jwks\" or \"jwks_uri\", not both")),
    };
    let keys: Vec<(String, Jwk)> = set["keys"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|key| Some((key["kid"].as_str()?.to_owned(), Jwk::read(key)?)))
        .collect();
    if keys.is_empty() { Err(invalid("no public ES256 key with a \"kid\" in the key set")) } else { Ok(keys) }
}

impl Client {
    /// Whether people may be sent there. The port of a loopback address is free.
    pub fn may_redirect_to(&self, wanted: &str) -> bool {
        self.redirect_uris.iter().any(|known| known == wanted || is_same_but_for_port(known, wanted))
    }

    /// Checks how the app authenticates; gives the key it used, if it has any.
    pub fn authenticate(
        &self,
        form: &Form,
        issuer: &str,
        oauth: &mut Oauth,
        now: Timestamp,
    ) -> Result<Option<ClientKey>, Refusal> {
        let assertion = form.get("client_assertion");
        match (&self.keys, assertion) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Refusal::oauth("invalid_client", "a public client has no client_assertion")),
            (Some(_), None) => {
                let why = "client authentication method \"private_key_jwt\" required a \"client_assertion\"";
                Err(Refusal::oauth("invalid_request", why))
            }
            (Some(keys), Some(assertion)) => {
                if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
                    return Err(Refusal::oauth(
                        "invalid_request",
                        format!("client_assertion_type must be {ASSERTION_TYPE}"),
                    ));
                }
                self.check_assertion(keys, assertion, issuer, oauth, now).map(Some)
            }
        }
    }

    fn check_assertion(
        &self,
        keys: &[(String, Jwk)],
        assertion: &str,
        issuer: &str,
        oauth: &mut Oauth,
        now: Timestamp,
    ) -> Result<ClientKey, Refusal> {
        let bad = |why: &str| Refusal::oauth("invalid_client", format!("client_assertion: {why}"));
        let jwt = Jwt::parse(assertion).ok_or_else(|| bad("not a compact JWT"))?;
        let kid = jwt.head("kid").ok_or_else(|| bad("no \"kid\" in the header"))?;
        let (_, key) =
            keys.iter().find(|(known, _)| known == kid).ok_or_else(|| bad("\"kid\" is not in the key set"))?;
        if !jwt.is_signed_by(key.key()) {
            return Err(bad("the signature does not verify with ES256"));
        }
        if jwt.text("iss") != Some(&self.id) || jwt.text("sub") != Some(&self.id) {
            return Err(bad("\"iss\" and \"sub\" must be the client_id"));
        }
        if jwt.text("aud") != Some(issuer) {
            return Err(bad("\"aud\" must be the issuer"));
        }
        let age = now.as_seconds() - jwt.number("iat").ok_or_else(|| bad("\"iat\" is missing"))?;
        if age > ASSERTION_AGE.as_secs() as i64 || age < -30 {
            return Err(bad("\"iat\" must be at most a minute old"));
        }
        if jwt.number("exp").is_some_and(|exp| exp <= now.as_seconds()) {
            return Err(bad("it has expired"));
        }
        let jti = jwt.text("jti").filter(|jti| !jti.is_empty()).ok_or_else(|| bad("\"jti\" is missing"))?;
        if oauth.assertions.insert(format!("{} {jti}", self.id), now).is_some() {
            return Err(bad("\"jti\" was used before"));
        }
        Ok(ClientKey { kid: kid.to_owned(), thumbprint: key.thumbprint() })
    }
}

fn is_same_but_for_port(known: &str, wanted: &str) -> bool {
    let (Ok(mut known), Ok(mut wanted)) = (Url::parse(known), Url::parse(wanted)) else { return false };
    is_loopback(&known) && is_loopback(&wanted) && {
        let _ = (known.set_port(None), wanted.set_port(None));
        known == wanted
    }
}
