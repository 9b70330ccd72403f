//! The authorization server: found, asked, paid its tokens out, told the end.

use base::{Secret, Text, say};
use connector::{Call, Failure, FailureKind as Kind, Outcome, Reply, oauth::Pkce};
use serde::{Deserialize, Serialize};

use super::{
    client::{self, Client},
    errors::{self, Asked},
    identity,
    jose::{self, Key},
    rpc::{Bound, Nonces, understood},
    session::OAuthSession,
    wire::{ProtectedResource, Pushed, ServerMetadata, TokenAnswer},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an authorization server says of itself, checked.
pub(super) struct Server {
    pub issuer: String,
    pub authorize: String,
    pub token: String,
    pub push: String,
    pub revoke: Option<String>,
}

/// The authorization server of a PDS, or the one at this address itself.
pub(super) async fn discover(call: &Call<'_>, pds: &str) -> Result<Server, Failure> {
    let url = format!("{pds}/.well-known/oauth-protected-resource");
    let reply = call.http.get("find authorization server", url).send().await?;
    if !reply.is_success() {
        // An entryway is an authorization server and no PDS; an old PDS is neither.
        return metadata(call, pds).await;
    }
    let found: ProtectedResource = understood(Asked::Read, &reply, call)?;
    let first = found.authorization_servers.first().and_then(|address| identity::origin(address));
    let issuer = first.ok_or_else(|| unfit(pds, say!("names no authorization server")))?;
    metadata(call, &issuer).await
}

async fn metadata(call: &Call<'_>, issuer: &str) -> Result<Server, Failure> {
    let url = format!("{issuer}/.well-known/oauth-authorization-server");
    let reply = call.http.get("read authorization server", url).send().await?;
    if reply.status == 404 {
        return Err(unfit(issuer, say!("has no OAuth sign-in; connect with an app password")));
    }
    let found: ServerMetadata = understood(Asked::OAuth, &reply, call)?;
    checked(issuer, found)
}

fn checked(fetched: &str, found: ServerMetadata) -> Result<Server, Failure> {
    // Another issuer in the document would let one server speak for another (RFC 8414, §3.3; S-12, S-16).
    if found.issuer != fetched {
        return Err(unfit(fetched, say!("says that it is another server")));
    }
    if !found.require_pushed_authorization_requests || !found.client_id_metadata_document_supported {
        return Err(unfit(
            fetched,
            say!("doesn't follow the AT Protocol's OAuth profile; connect with an app password"),
        ));
    }
    if !found.scopes_supported.iter().any(|scope| scope == client::SCOPE_BASE) {
        return Err(unfit(fetched, say!("doesn't sign in to AT Protocol accounts")));
    }
    let push = found
        .pushed_authorization_request_endpoint
        .ok_or_else(|| unfit(fetched, say!("accepts no pushed requests")))?;
    let Some(authorize) = web_address(&found.authorization_endpoint) else {
        return Err(unfit(fetched, say!("has no consent page")));
    };
    Ok(Server { issuer: found.issuer, authorize, token: found.token_endpoint, push, revoke: found.revocation_endpoint })
}

/// The browser is sent there, so it must be a web page and nothing else.
fn web_address(text: &str) -> Option<String> {
    url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http")).map(|url| url.to_string())
}

fn unfit(server: &str, why: Text) -> Failure {
    Failure::rejected(Kind::InputInvalid, say!("The server {server} {why}."))
}

/// A sign-in that waits for its callback. Stored sealed, used once.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    pub issuer: String,
    pub token_endpoint: String,
    pub revocation_endpoint: Option<String>,
    pub client_id: String,
    pub client_key: Option<String>,
    pub redirect_uri: String,
    pub state: String,
    /// The account that was entered; `None` if only a server was.
    pub did: Option<String>,
    pub verifier: String,
    pub dpop_key: String,
}

/// What the consent page shall ask for.
pub(super) struct Wish<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub scope: &'a str,
    pub login_hint: Option<&'a str>,
    pub did: Option<String>,
}

/// Sends the request to the authorization server and gives the address of its consent page.
pub(super) async fn push(
    call: &Call<'_>,
    nonces: &Nonces,
    client: &Client,
    server: &Server,
    wish: &Wish<'_>,
) -> Result<(url::Url, Waiting), Failure> {
    let (pkce, key) = (Pkce::new(call.random), Key::new(call.random));
    let mut form = vec![
        ("client_id", client.id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", wish.redirect_uri),
        ("scope", wish.scope),
        ("state", wish.state),
        ("code_challenge", &pkce.challenge),
        ("code_challenge_method", "S256"),
    ];
    form.extend(wish.login_hint.map(|hint| ("login_hint", hint)));
    let to = To { name: "push authorization request", url: &server.push, issuer: &server.issuer };
    let reply = post(call, nonces, client, &key, &to, &form).await?;
    let pushed: Pushed = understood(Asked::OAuth, &reply, call)?;
    let page = [("client_id", client.id.as_str()), ("request_uri", pushed.request_uri.as_str())];
    let waiting = Waiting {
        issuer: server.issuer.clone(),
        token_endpoint: server.token.clone(),
        revocation_endpoint: server.revoke.clone(),
        client_key: client.key.as_ref().map(Key::thumbprint),
        redirect_uri: wish.redirect_uri.to_owned(),
        state: wish.state.to_owned(),
        did: wish.did.clone(),
        verifier: pkce.verifier.expose().clone(),
        dpop_key: key.to_text().expose().clone(),
        client_id: client.id.clone(),
    };
    Ok((connector::oauth::authorize_url(&server.authorize, &page)?, waiting))
}

/// Whether a refusal means that the server does not know our granular scopes.
pub(super) fn knows_no_such_scope(failure: &Failure) -> bool {
    failure.outcome == Outcome::Rejected && failure.code.as_deref() == Some("invalid_scope")
}

/// Exchanges the code of a callback.
pub(super) async fn exchange(
    call: &Call<'_>,
    nonces: &Nonces,
    session: &OAuthSession,
    waiting: &Waiting,
    code: &str,
) -> Result<TokenAnswer, Failure> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", waiting.redirect_uri.as_str()),
        ("code_verifier", waiting.verifier.as_str()),
    ];
    let answer = token(call, nonces, session, "exchange code", &form).await;
    answer.map_err(|failure| match failure.code.as_deref() {
        Some("invalid_grant") => Failure {
            kind: Kind::InputInvalid,
            detail: say!("The sign-in took too long, or was finished before. Start again."),
            ..failure
        },
        _ => failure,
    })
}

/// New tokens for a refresh token, which is used up by it.
pub(super) async fn refresh(
    call: &Call<'_>,
    nonces: &Nonces,
    session: &OAuthSession,
    refresh: &Secret<String>,
) -> Result<TokenAnswer, Failure> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose().as_str())];
    token(call, nonces, session, "refresh tokens", &form).await
}

async fn token(
    call: &Call<'_>,
    nonces: &Nonces,
    session: &OAuthSession,
    name: &'static str,
    form: &[(&str, &str)],
) -> Result<TokenAnswer, Failure> {
    let reply = ask(call, nonces, session, name, &session.token_endpoint, form).await?;
    let answer: TokenAnswer = understood(Asked::OAuth, &reply, call)?;
    let has_base = answer.scope.split_ascii_whitespace().any(|scope| scope == client::SCOPE_BASE);
    if !answer.token_type.eq_ignore_ascii_case("dpop") || !has_base {
        let detail = say!("The authorization server gave tokens that aren't those of an AT Protocol account.");
        return Err(Failure::rejected(Kind::BadAnswer, detail).answered(reply.status, None));
    }
    Ok(answer)
}

/// Ends the session. A server without a revocation endpoint has nothing to be told.
pub(super) async fn revoke(
    call: &Call<'_>,
    nonces: &Nonces,
    session: &OAuthSession,
    refresh: &Secret<String>,
) -> Result<(), Failure> {
    let Some(url) = &session.revocation_endpoint else { return Ok(()) };
    let form = [("token", refresh.expose().as_str()), ("token_type_hint", "refresh_token")];
    let reply = ask(call, nonces, session, "revoke tokens", url, &form).await?;
    if reply.is_success() { Ok(()) } else { Err(errors::failure(Asked::OAuth, &reply, call.clock.now())) }
}

async fn ask(
    call: &Call<'_>,
    nonces: &Nonces,
    session: &OAuthSession,
    name: &'static str,
    url: &str,
    form: &[(&str, &str)],
) -> Result<Reply, Failure> {
    let client = Client::of_session(call.app, &session.client_id, session.client_key.as_deref())?;
    let form: Vec<(&str, &str)> = form.iter().copied().chain([("client_id", client.id.as_str())]).collect();
    let to = To { name, url, issuer: &session.issuer };
    post(call, nonces, &client, &session.key, &to, &form).await
}

/// Where a form goes.
struct To<'a> {
    name: &'static str,
    url: &'a str,
    issuer: &'a str,
}

/// A form with a proof, and with an assertion if the client can make one: both new on each try, since a server
/// remembers what it has seen.
async fn post(
    call: &Call<'_>,
    nonces: &Nonces,
    client: &Client,
    key: &Key,
    to: &To<'_>,
    form: &[(&str, &str)],
) -> Result<Reply, Failure> {
    let bound = Bound { key, method: "POST", url: to.url, access: None };
    let make = || {
        let Some(own) = &client.key else { return call.http.post(to.name, to.url).form(form) };
        let assertion = jose::assertion(own, &client.id, to.issuer, call.clock, call.random);
        let proof = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        let whole: Vec<(&str, &str)> = form.iter().copied().chain(proof).collect();
        call.http.post(to.name, to.url).form(&whole)
    };
    Ok(nonces.send(call, bound, make).await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata_with(change: impl FnOnce(&mut serde_json::Value)) -> Result<Server, Failure> {
        let mut document = json!({
            "issuer": "https://as.example",
            "authorization_endpoint": "https://as.example/oauth/authorize",
            "token_endpoint": "https://as.example/oauth/token",
            "pushed_authorization_request_endpoint": "https://as.example/oauth/par",
            "require_pushed_authorization_requests": true,
            "client_id_metadata_document_supported": true,
            "scopes_supported": ["atproto", "transition:generic"],
        });
        change(&mut document);
        checked("https://as.example", serde_json::from_value(document).expect("a document"))
    }

    #[test]
    fn s_16_a_server_that_says_it_is_another_is_refused() {
        assert!(metadata_with(|_| ()).is_ok());
        let failure = metadata_with(|m| m["issuer"] = "https://bsky.social".into()).err().expect("refused");
        assert_eq!(failure.kind, Kind::InputInvalid);
    }

    #[test]
    fn a_server_outside_the_profile_is_refused_with_a_way_out() {
        type Change = fn(&mut serde_json::Value);
        let changes: [Change; 5] = [
            |m| m["require_pushed_authorization_requests"] = false.into(),
            |m| m["client_id_metadata_document_supported"] = false.into(),
            |m| m["scopes_supported"] = json!(["openid"]),
            |m| m["pushed_authorization_request_endpoint"] = json!(null),
            |m| m["authorization_endpoint"] = "javascript:alert(1)".into(),
        ];
        for change in changes {
            assert!(metadata_with(change).is_err());
        }
    }
}
