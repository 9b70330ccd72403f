//! The life of a grant: by OAuth, or by an app password.

use std::time::Duration;

use async_trait::async_trait;
use base::{Secret, Timestamp, say};
use connector::{
    Account, AppCredentials, Call, Callback, Connect, Document, Failure, FailureKind as Kind, Found, Granted, Outcome,
    StartConnect, Started, Tokens,
};
use serde_json::{Value, json};

use super::{
    About, Bluesky, client,
    errors::{self, Asked},
    identity::{self, Entered, Identity},
    jose::{self, Key},
    oauth::{self, Server, Waiting, Wish},
    rpc::{Ask, Body, Pds, understood},
    session::{OAuthSession, Session, SignIn},
    syntax,
    wire::{RecordAnswer, ServerFacts, SessionAnswer, SessionState, TokenAnswer},
};
use crate::kit;

/// How long a public client's session lives in all, by the protocol.
const PUBLIC_SESSION: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long a confidential client's refresh token lives unused, on the reference server (the protocol allows 180 days).
const CONFIDENTIAL_REFRESH: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long we take an access token to live where the server does not say.
const ACCESS_UNSAID: Duration = Duration::from_secs(30 * 60);

#[async_trait]
impl Connect for Bluesky {
    fn instance_of(&self, input: &Value) -> Result<Option<String>, Failure> {
        Entered::read(entered(input)?).map(|_| None)
    }

    async fn register(&self, call: &Call<'_>, _instance: Option<&str>) -> Result<Option<AppCredentials>, Failure> {
        let key = Key::new(call.random).to_text();
        let values = [(client::SIGNING_KEY.to_owned(), key)].into();
        Ok(Some(AppCredentials { instance: None, values }))
    }

    fn documents(&self, app: &AppCredentials, public_url: &url::Url) -> Vec<Document> {
        client::documents(app, public_url)
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let typed = entered(&request.input)?;
        let client = client::Client::new(call.app, call.public_url, &request.redirect_uri)?;
        let (server, identity) = self.find_server(call, &Entered::read(typed)?).await?;
        let granular = scopes_for(super::about(), &request.features);
        let wish = |scope| Wish {
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            scope,
            login_hint: identity.as_ref().map(|known| known.handle.as_deref().unwrap_or(&known.did)),
            did: identity.as_ref().map(|known| known.did.clone()),
        };
        let pushed = oauth::push(call, &self.nonces, &client, &server, &wish(&granular)).await;
        let (redirect_to, waiting) = match pushed {
            Err(failure) if oauth::knows_no_such_scope(&failure) => {
                let broad = format!("{} {}", client::SCOPE_BASE, client::SCOPE_LEGACY);
                oauth::push(call, &self.nonces, &client, &server, &wish(&broad)).await?
            }
            other => other?,
        };
        Ok(Started { redirect_to, memory: json!(waiting) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let waiting: Waiting = kit::oauth::Waiting::read(memory)?;
        let code = code_of(&waiting, callback)?;
        let session = session_of(&waiting)?;
        let answer = oauth::exchange(call, &self.nonces, &session, &waiting, code).await?;
        let now = call.clock.now();
        match self.accept(call, &waiting, &session, &answer).await {
            Ok(identity) => {
                let scopes = client::granted(&answer.scope);
                let tokens = oauth_tokens(&identity.pds, session, answer, now, None)?;
                granted(call, identity, tokens, scopes).await
            }
            Err(failure) => {
                // The tokens belong to someone we did not expect: they must not stay alive. Whether the server
                // hears it changes nothing about the refusal.
                if let Some(refresh) = &answer.refresh_token {
                    let _ = oauth::revoke(call, &self.nonces, &session, refresh).await;
                }
                Err(failure)
            }
        }
    }

    async fn with_password(&self, call: &Call<'_>, input: &Value) -> Result<Granted, Failure> {
        let (who, password) = (Entered::read(entered(input)?)?, app_password(input)?);
        let identity = identity::find(call, &who).await?;
        let body = json!({ "identifier": identity.did, "password": password.expose() });
        let ask = Ask::post("sign in with app password", "com.atproto.server.createSession", &body);
        let reply = ask.openly(call, &identity.pds).await?;
        let answer: SessionAnswer = understood(Asked::SignIn, &reply, call)?;
        accept_session(call, &identity, &answer).await?;
        let session = Session { pds: identity.pds.clone(), kind: SignIn::AppPassword };
        let tokens = password_tokens(&session, answer, call.clock.now());
        // An app password allows all that we know; it has no scopes of its own.
        let scopes = client::granted(&format!("{} {}", client::SCOPE_BASE, client::SCOPE_LEGACY));
        granted(call, identity, tokens, scopes).await
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        let session = Session::of(call.tokens)?;
        let refresh = refresh_token(call)?;
        match &session.kind {
            SignIn::OAuth(oauth) => {
                let answer = oauth::refresh(call, &self.nonces, oauth, refresh).await?;
                if answer.sub != call.account_id && !call.account_id.is_empty() {
                    return Err(other_account(&answer.sub));
                }
                let old = Some(call.tokens);
                oauth_tokens(&session.pds, (**oauth).clone(), answer, call.clock.now(), old)
            }
            SignIn::AppPassword => {
                let reply = with_refresh_token(call, &session, "com.atproto.server.refreshSession").await?;
                let answer: SessionAnswer = understood(Asked::Session, &reply, call)?;
                if answer.did != call.account_id && !call.account_id.is_empty() {
                    return Err(other_account(&answer.did));
                }
                Ok(password_tokens(&session, answer, call.clock.now()))
            }
        }
    }

    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        let session = Session::of(call.tokens)?;
        let refresh = refresh_token(call)?;
        let ended = match &session.kind {
            SignIn::OAuth(oauth) => oauth::revoke(call, &self.nonces, oauth, refresh).await,
            SignIn::AppPassword => {
                let reply = with_refresh_token(call, &session, "com.atproto.server.deleteSession").await?;
                if reply.is_success() { Ok(()) } else { Err(errors::failure(Asked::Session, &reply, call.clock.now())) }
            }
        };
        match ended {
            // It had ended before: that is what was wanted.
            Err(failure) if failure.outcome == Outcome::Rejected && failure.kind == Kind::ReconnectNeeded => Ok(()),
            other => other,
        }
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        let pds = Pds::of(call, &self.nonces)?;
        let ask = Ask::get("read own session", "com.atproto.server.getSession", Vec::new());
        let state: SessionState = pds.read(Asked::Read, &ask).await?;
        if !state.active {
            return Err(inactive());
        }
        if state.did != call.account_id && !call.account_id.is_empty() {
            return Err(other_account(&state.did));
        }
        // The directory is asked anew: handles change, and accounts move to other servers.
        let identity = identity::find(call, &Entered::Did(state.did)).await?;
        if identity.pds != pds.session.pds {
            let detail = say!(
                "The account has moved to {pds}, and its login doesn't move with it. Reconnect the channel.",
                pds = identity.pds
            );
            return Err(Failure::rejected(Kind::ReconnectNeeded, detail));
        }
        found(call, identity).await
    }
}

impl Bluesky {
    /// The authorization server for what was entered, and the account if one was named.
    async fn find_server(&self, call: &Call<'_>, who: &Entered) -> Result<(Server, Option<Identity>), Failure> {
        let named = match who {
            Entered::Server(origin) => return Ok((oauth::discover(call, origin).await?, None)),
            named => identity::find(call, named).await,
        };
        match (named, who) {
            (Ok(identity), _) => Ok((oauth::discover(call, &identity.pds).await?, Some(identity))),
            // `pds.example.com` may be a server as well as a handle.
            (Err(failure), Entered::Handle(name)) if failure.kind == Kind::InputInvalid && !name.ends_with(".test") => {
                let server = oauth::discover(call, &format!("https://{name}")).await.map_err(|_| failure)?;
                Ok((server, None))
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// Whether the tokens are for the account that was meant, from the server that speaks for it.
    async fn accept(
        &self,
        call: &Call<'_>,
        waiting: &Waiting,
        session: &OAuthSession,
        answer: &TokenAnswer,
    ) -> Result<Identity, Failure> {
        if !syntax::is_did(&answer.sub) || waiting.did.as_ref().is_some_and(|did| *did != answer.sub) {
            return Err(other_account(&answer.sub));
        }
        let identity = identity::find(call, &Entered::Did(answer.sub.clone())).await?;
        let server = oauth::discover(call, &identity.pds).await?;
        if server.issuer != session.issuer {
            let detail = say!(
                "{issuer} doesn't speak for the account {sub}. Nothing was connected.",
                issuer = session.issuer,
                sub = answer.sub
            );
            return Err(Failure::rejected(Kind::InputInvalid, detail));
        }
        Ok(identity)
    }
}

fn entered(input: &Value) -> Result<&str, Failure> {
    let text = input.get("handle").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Failure::rejected(Kind::InputInvalid, say!("Enter the account's handle, like alice.bsky.social.")));
    }
    Ok(text)
}

/// P-050: nothing but the shape of an app password leaves this machine.
fn app_password(input: &Value) -> Result<Secret<String>, Failure> {
    let text = input.get("app_password").and_then(Value::as_str).unwrap_or_default().trim();
    if !syntax::is_app_password(text) {
        return Err(Failure::rejected(
            Kind::InputInvalid,
            say!(
                "That isn't an app password, which looks like abcd-1234-efgh-5678. It was sent nowhere. Never enter the account's main password here: make an app password in Bluesky under Settings, Privacy and security, App passwords."
            ),
        ));
    }
    Ok(text.into())
}

/// The scopes for these features; all of them if none is named.
fn scopes_for(about: &About, features: &[String]) -> String {
    let wanted = |name: &str| features.is_empty() || features.iter().any(|feature| feature == name);
    let asked: Vec<&str> = about.features.iter().filter(|f| wanted(f.name)).flat_map(|f| f.scopes).copied().collect();
    let in_order = client::SCOPES.iter().filter(|scope| **scope == client::SCOPE_BASE || asked.contains(scope));
    in_order.copied().collect::<Vec<_>>().join(" ")
}

fn code_of<'a>(waiting: &Waiting, callback: &'a Callback) -> Result<&'a str, Failure> {
    let get = |name: &str| callback.query.get(name).map(String::as_str);
    // Who answers is asked before what is answered: else another server could end a sign-in (RFC 9207).
    if get("iss") != Some(&waiting.issuer) {
        let detail = say!("The answer doesn't come from the server that was asked. Start again.");
        return Err(Failure::rejected(Kind::InputInvalid, detail));
    }
    let at = waiting.issuer.split_once("://").map_or(waiting.issuer.as_str(), |(_, host)| host);
    kit::oauth::code(at, &waiting.state, &[], callback)
}

fn session_of(waiting: &Waiting) -> Result<OAuthSession, Failure> {
    let key = Key::parse(&waiting.dpop_key.as_str().into()).ok_or_else(|| {
        Failure::rejected(Kind::InputInvalid, say!("This sign-in was not started here. Start again."))
    })?;
    Ok(OAuthSession {
        key,
        issuer: waiting.issuer.clone(),
        token_endpoint: waiting.token_endpoint.clone(),
        revocation_endpoint: waiting.revocation_endpoint.clone(),
        client_id: waiting.client_id.clone(),
        client_key: waiting.client_key.clone(),
    })
}

fn oauth_tokens(
    pds: &str,
    session: OAuthSession,
    answer: TokenAnswer,
    now: Timestamp,
    old: Option<&Tokens>,
) -> Result<Tokens, Failure> {
    let confidential = session.client_key.is_some();
    let kept = old.and_then(|tokens| tokens.refresh_expires_at);
    // A public client's session ends two weeks after it began, however often it is refreshed.
    let ends = if confidential { now + CONFIDENTIAL_REFRESH } else { kept.unwrap_or(now + PUBLIC_SESSION) };
    let Some(refresh) = answer.refresh_token.filter(|token| !token.expose().is_empty()) else {
        // S-15: an empty refresh token never takes the place of one.
        return Err(Failure::unknown(Kind::BadAnswer, say!("The authorization server gave no refresh token.")));
    };
    let life = answer.expires_in.map_or(ACCESS_UNSAID, Duration::from_secs);
    Ok(Tokens {
        access: Some(answer.access_token),
        refresh: Some(refresh),
        expires_at: Some(now + life),
        refresh_expires_at: Some(ends),
        extra: Session { pds: pds.to_owned(), kind: SignIn::OAuth(Box::new(session)) }.extra(),
    })
}

fn password_tokens(session: &Session, answer: SessionAnswer, now: Timestamp) -> Tokens {
    let ends = |token: &Secret<String>| jose::claims(token)["exp"].as_i64().map(Timestamp::from_seconds);
    Tokens {
        expires_at: Some(ends(&answer.access_jwt).unwrap_or(now + ACCESS_UNSAID)),
        refresh_expires_at: ends(&answer.refresh_jwt),
        access: Some(answer.access_jwt),
        refresh: Some(answer.refresh_jwt),
        extra: session.extra(),
    }
}

/// Whether the session is for this account, alive, and not one of a main password.
async fn accept_session(call: &Call<'_>, identity: &Identity, answer: &SessionAnswer) -> Result<(), Failure> {
    let main_password = jose::claims(&answer.access_jwt)["scope"] == "com.atproto.access";
    let failure = if main_password {
        Failure::rejected(
            Kind::InputInvalid,
            say!(
                "That is the account's main password, in the form of an app password. The session was ended and nothing was kept. Make an app password in Bluesky under Settings, Privacy and security, App passwords, and change the main password."
            ),
        )
    } else if answer.did != identity.did {
        other_account(&answer.did)
    } else if !answer.active {
        inactive()
    } else {
        return Ok(());
    };
    // The session must not stay alive; whether the server hears it changes nothing about the refusal.
    let ask =
        Ask { name: "end session", nsid: "com.atproto.server.deleteSession", query: Vec::new(), body: Body::Empty };
    let _ = ask.request(call, &identity.pds).bearer(&answer.refresh_jwt).send().await;
    Err(failure)
}

fn other_account(did: &str) -> Failure {
    let detail = say!("You signed in with another account ({did}) than the one you entered. Nothing was connected.");
    Failure::rejected(Kind::InputInvalid, detail)
}

fn inactive() -> Failure {
    let detail = say!(
        "The account isn't active (deactivated, suspended or taken down). Its owner can settle that with its server."
    );
    Failure::rejected(Kind::AccountBlocked, detail)
}

fn refresh_token<'a>(call: &Call<'a>) -> Result<&'a Secret<String>, Failure> {
    call.tokens.refresh.as_ref().ok_or_else(|| {
        Failure::rejected(Kind::ReconnectNeeded, say!("The channel has no refresh token. Reconnect it."))
    })
}

async fn with_refresh_token(
    call: &Call<'_>,
    session: &Session,
    nsid: &'static str,
) -> Result<connector::Reply, Failure> {
    let ask = Ask { name: "refresh or end session", nsid, query: Vec::new(), body: Body::Empty };
    Ok(ask.request(call, &session.pds).bearer(refresh_token(call)?).send().await?)
}

async fn granted(call: &Call<'_>, identity: Identity, tokens: Tokens, scopes: Vec<String>) -> Result<Granted, Failure> {
    Ok(Granted::of_account(found(call, identity).await?, tokens, scopes))
}

/// The channel: its account as anyone can read it, and what its server takes.
async fn found(call: &Call<'_>, identity: Identity) -> Result<Found, Failure> {
    let Identity { did, handle, pds } = identity;
    let handle = handle.unwrap_or_else(|| did.clone());
    let profile = profile(call, &pds, &did).await.unwrap_or_default();
    let name =
        profile["displayName"].as_str().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&handle).to_owned();
    // The file itself, as the account's own server has it: smaller ones are made by Bluesky's image servers only.
    let avatar = profile["avatar"]["ref"]["$link"]
        .as_str()
        .map(|cid| format!("{pds}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}"));
    let url = format!("{}/profile/{did}", call.endpoint("web", super::WEB));
    let ask = Ask::get("read server limits", "com.atproto.server.describeServer", Vec::new());
    let limits: ServerFacts = match ask.openly(call, &pds).await {
        Ok(reply) if reply.is_success() => reply.json().unwrap_or_default(),
        _ => ServerFacts::default(),
    };
    let facts = json!({ "pds": pds, "blob_bytes_max": limits.blob_upload_limit });
    Ok(Found::itself(Account { id: did, handle, name, url, avatar }, facts))
}

/// The profile is a record that anyone can read; an account need not have one.
async fn profile(call: &Call<'_>, pds: &str, did: &str) -> Option<serde_json::Value> {
    let query = vec![
        ("repo", did.to_owned()),
        ("collection", "app.bsky.actor.profile".to_owned()),
        ("rkey", "self".to_owned()),
    ];
    let reply = Ask::get("read profile", "com.atproto.repo.getRecord", query).openly(call, pds).await.ok()?;
    let record: RecordAnswer = reply.is_success().then(|| reply.json().ok()).flatten()?;
    Some(record.value)
}
