//! The authorize address: the page on which a person lets an app in, and the code that comes of it.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use http::StatusCode;
use url::Url;

use super::{Authority, Challenge, Consent, Fields, Pkce, SHOW_CODE, Slip, Wrong};
use crate::pages::{self, TICKED};

/// The form's own fields; everything else is the request's, and carried along.
const OWN: &[&str] = &["account", "new_account", "decision", "scope_kept", "target_kept", TICKED];

/// A request for consent that may be shown to a person.
struct Asked<'a> {
    client_id: &'a str,
    app: String,
    redirect_uri: &'a str,
    scopes: Vec<&'a str>,
    state: Option<&'a str>,
    challenge: Option<Challenge>,
}

fn asked<'a, A: Authority>(it: &A, fields: &'a Fields) -> Result<Asked<'a>, Slip> {
    let client_id = fields.get("client_id").ok_or(Slip::UnknownApp)?;
    let app = it.app(client_id).ok_or(Slip::UnknownApp)?;
    let redirect_uri = fields.get("redirect_uri").filter(|uri| app.may_return_to(uri)).ok_or(Slip::Redirect)?;
    if fields.get("response_type") != Some("code") {
        return Err(Slip::ResponseType);
    }
    let state = fields.get("state");
    if A::RULES.state_length.is_some_and(|most| state.is_none_or(|text| text.chars().count() > most)) {
        return Err(Slip::State);
    }
    let scope = it.asked_scope(fields).ok_or(Slip::NoScope)?;
    let scopes: Vec<&str> = split(scope, A::RULES.separator).collect();
    if !scopes.iter().all(|scope| it.may_ask(client_id, scope)) {
        return Err(Slip::Scope);
    }
    Ok(Asked { client_id, app: app.name, redirect_uri, scopes, state, challenge: challenge::<A>(fields)? })
}

/// The scopes of a text. Spaces stand between them too where the network has commas.
pub(super) fn split(scope: &str, separator: char) -> impl Iterator<Item = &str> {
    scope.split(move |letter: char| letter == separator || letter.is_whitespace()).filter(|scope| !scope.is_empty())
}

fn challenge<A: Authority>(fields: &Fields) -> Result<Option<Challenge>, Slip> {
    if A::RULES.pkce == Pkce::Unknown {
        return Ok(None);
    }
    match (fields.get("code_challenge"), fields.get("code_challenge_method")) {
        (None, None) if A::RULES.pkce == Pkce::Offered => Ok(None),
        (Some(text), Some("S256")) if text.len() == 43 => Ok(Some(Challenge::S256(text.to_owned()))),
        (Some(text), Some("plain")) if A::RULES.pkce_plain => Ok(Some(Challenge::Plain(text.to_owned()))),
        _ => Err(Slip::Challenge),
    }
}

fn refused<A: Authority>(it: &A, fields: &Fields, slip: &Slip) -> Response {
    match (A::wrong(slip), fields.get("redirect_uri")) {
        // An unknown app, or another address, gets no browser sent.
        (Wrong::SentBack(error, description), Some(uri)) if !matches!(slip, Slip::UnknownApp | Slip::Redirect) => {
            let said = [("error", error), ("error_description", description)];
            send_back(it, uri, &said, fields.get("state"), None)
        }
        (Wrong::Shown(what) | Wrong::SentBack(_, what), _) => shown(it, what),
    }
}

fn shown<A: Authority>(it: &A, what: &str) -> Response {
    (StatusCode::BAD_REQUEST, pages::refusal(it.core().network.title(), what)).into_response()
}

fn send_back<A: Authority>(
    it: &A,
    uri: &str,
    said: &[(&str, &str)],
    state: Option<&str>,
    fragment: Option<&str>,
) -> Response {
    let Ok(mut url) = Url::parse(uri) else { return shown(it, "The redirect address does not read.") };
    url.query_pairs_mut().extend_pairs(said).extend_pairs(state.map(|state| ("state", state)));
    url.set_fragment(fragment);
    Redirect::to(url.as_str()).into_response()
}

fn page<A: Authority>(it: &A, asked: &Asked, fields: &Fields, problem: Option<String>) -> Response {
    let wish = |scope: &&str| pages::Wish {
        value: (*scope).to_owned(),
        said: A::in_words(scope),
        optional: A::RULES.fixed.is_some_and(|fixed| !fixed.contains(scope)),
    };
    pages::consent(&pages::ConsentForm {
        network: it.core().network.title().to_owned(),
        app: asked.app.clone(),
        scopes: asked.scopes.iter().map(wish).collect(),
        action: A::RULES.page.to_owned(),
        hidden: fields.without(OWN),
        accounts: it.people(),
        problem,
    })
    .into_response()
}

/// `GET`: the consent page.
pub async fn ask<A: Authority>(State(it): State<Arc<A>>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    match asked(&*it, &fields) {
        Ok(asked) => page(&*it, &asked, &fields, None),
        Err(slip) => refused(&*it, &fields, &slip),
    }
}

/// `POST`: what the person decided.
pub async fn answer<A: Authority>(State(it): State<Arc<A>>, body: Bytes) -> Response {
    let fields = Fields::read(&body);
    let asked = match asked(&*it, &fields) {
        Ok(asked) => asked,
        Err(slip) => return refused(&*it, &fields, &slip),
    };
    if fields.get("decision") != Some("allow") {
        return send_back(&*it, asked.redirect_uri, A::RULES.denied, asked.state, None);
    }
    let typed = fields.get("new_account").map(str::trim).filter(|name| !name.is_empty());
    let name = typed.or(fields.get("account")).unwrap_or_default().trim_start_matches('@').to_owned();
    let account = match it.person(&name) {
        Ok(account) => account,
        Err(problem) => return page(&*it, &asked, &fields, Some(problem)),
    };
    let kept = kept_scopes::<A>(&asked, &fields);
    let declined: Vec<&str> = asked.scopes.iter().copied().filter(|scope| !kept.contains(scope)).collect();
    let consent = Consent {
        client_id: asked.client_id.to_owned(),
        account,
        scope: kept.join(" "),
        declined: declined.join(" "),
        targets: kept_targets(it.people(), &name, &fields),
    };
    let (ends_at, random) = (it.core().now() + A::RULES.code_life, it.core().random.clone());
    let code = it.grants(|grants| grants.code(consent, asked.redirect_uri, asked.challenge, ends_at, &*random));
    it.core().touch();
    if asked.redirect_uri == SHOW_CODE {
        let body = format!("<h1>Your code</h1><p class=\"card\"><code>{}</code></p>", pages::escape(&code));
        return pages::page("Your code", &body).into_response();
    }
    send_back(&*it, asked.redirect_uri, &[("code", &code)], asked.state, A::RULES.fragment)
}

/// Whether the form says what is ticked. A program that sends no more than a decision takes everything.
fn is_ticked(fields: &Fields) -> bool {
    fields.get(TICKED).is_some()
}

fn kept_scopes<'a, A: Authority>(asked: &Asked<'a>, fields: &Fields) -> Vec<&'a str> {
    let kept: Vec<&str> = fields.all("scope_kept").collect();
    let stays = |scope: &&str| {
        let optional = A::RULES.fixed.is_some_and(|fixed| !fixed.contains(scope));
        !optional || !is_ticked(fields) || kept.contains(scope)
    };
    asked.scopes.iter().copied().filter(stays).collect()
}

/// The chosen account's targets that stay ticked.
fn kept_targets(people: Vec<pages::Choice>, name: &str, fields: &Fields) -> Vec<String> {
    let kept: Vec<&str> = fields.all("target_kept").collect();
    let chosen = people.into_iter().find(|choice| choice.value == name);
    let targets = chosen.into_iter().flat_map(|choice| choice.targets).map(|(id, _)| id);
    targets.filter(|id| !is_ticked(fields) || kept.contains(&id.as_str())).collect()
}
