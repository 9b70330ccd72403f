//! The code flow of OAuth 2, described per network: the consent page, the code for tokens, new tokens for old, their end.
//!
//! A network's [`Flow`] is data. What it does not describe (which server, whose tokens these are) is the connector's own:
//!
//! ```text
//! start:   FLOW.ask(call, &Consent { .. })            the consent page's address, and what to keep
//! finish:  FLOW.code(&waiting, callback)              the code, or why there is none
//!          FLOW.exchange(&peer, &waiting, code)       tokens, and scopes as granted
//! refresh: FLOW.refresh(&peer)                        new tokens
//! revoke:  FLOW.revoke(&peer, tokens)                 their end
//! ```

use std::time::Duration;

use base::{Secret, Text, Timestamp, say};
use connector::{
    About, Call, Callback, Failure, FailureKind as Kind, Reply, Request, Tokens,
    oauth::{NOT_RENEWED, Pkce, authorize_url},
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::peer::Peer;

/// Longer than this no call to a token endpoint may take: some codes live for 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How much of a network's own words is shown, in characters.
const WORDS_MAX: usize = 200;

/// How a network gives tokens.
pub(crate) struct Flow<A: 'static> {
    /// What stands between two scopes in the address of the consent page.
    pub between_scopes: &'static str,
    /// Whether the code is bound to a proof that only we have (RFC 7636).
    pub pkce: bool,
    /// The longest `state` that the network takes, in characters.
    pub state_max: usize,
    /// The scopes without which nothing works here. A person may untick the others; what needs those is switched off.
    pub needed: &'static [&'static str],
    /// What the consent page answers besides what the standard names; these are looked at first.
    pub refusals: &'static [Refusal],
    /// The exchange of the code.
    pub code: Step<A>,
    /// How tokens go on.
    pub renewal: Renewal<A>,
    /// The end of a token; `None` where the network cannot be told.
    pub revoke: Option<Step<A>>,
}

/// A call to the authorization server: a form where it is a POST, a query where it is a GET.
pub(crate) struct Step<A: 'static> {
    /// What the story calls it.
    pub name: &'static str,
    /// What the judge calls it.
    pub asked: A,
    pub method: Method,
    pub path: &'static str,
    /// The value of `grant_type`; empty where none is sent.
    pub grant: &'static str,
    /// The field with what is exchanged or ended (`code`, `refresh_token`, `token`, …).
    pub subject: &'static str,
    pub app: AppProof,
}

/// How the installation's app proves who it is.
#[derive(Clone, Copy)]
pub(crate) enum AppProof {
    /// By HTTP Basic; an app without a secret names itself among the fields.
    Basic,
    /// By its id and secret among the fields.
    Fields,
    /// By its secret alone, among the fields.
    Secret,
    /// It need not: the token says whose it is.
    None,
}

/// How tokens go on.
pub(crate) enum Renewal<A: 'static> {
    /// They do not end, or nothing prolongs them.
    Never,
    /// By a refresh token. Where the answer brings a new one, it takes the place of the old one.
    Refresh(Step<A>),
    /// The token itself is exchanged for one with a long life, and that again before its end.
    Exchange {
        /// The token that the code gave for one with a long life.
        first: Step<A>,
        /// One with a long life for the next.
        again: Step<A>,
    },
}

/// An answer of the consent page: `said` is the value of `error`, `error_code` or `error_reason`.
pub(crate) struct Refusal {
    pub said: &'static str,
    pub kind: Kind,
    pub detail: Text,
}

/// What a consent page is asked for.
pub(crate) struct Consent<'a> {
    /// Who is asked, as the person knows it: the network's name, or a server's.
    pub at: &'a str,
    /// The page.
    pub page: &'a str,
    pub redirect_uri: &'a str,
    pub state: &'a str,
    /// None where the network's own parameters say what is asked for.
    pub scopes: Vec<String>,
    /// The network's own parameters.
    pub more: &'a [(&'a str, &'a str)],
}

/// A sign-in that waits for its callback. Stored sealed, used once.
#[derive(Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// Who was asked.
    pub at: String,
    pub state: String,
    pub redirect_uri: String,
    /// Scopes as asked.
    pub scopes: Vec<String>,
    #[serde(default)]
    verifier: Option<String>,
}

impl Waiting {
    /// What was kept of a sign-in; the connector's own fields may stand beside it.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(memory: &Value) -> Result<T, Failure> {
        T::deserialize(memory).map_err(|_| {
            invalid(say!("This sign-in was started too long ago, or somewhere else. Connect again."), None)
        })
    }
}

/// What a token endpoint gave.
#[derive(Debug)]
pub(crate) struct Given {
    pub tokens: Tokens,
    /// Scopes as granted; as asked where the answer does not say (RFC 6749, section 5.1).
    pub scopes: Vec<String>,
}

impl<A: Copy + PartialEq> Flow<A> {
    /// The address of the consent page, and what to keep until the browser comes back.
    pub(crate) fn ask(&self, call: &Call<'_>, consent: &Consent<'_>) -> Result<(url::Url, Waiting), Failure> {
        let (at, most, length) = (consent.at.to_owned(), self.state_max, consent.state.chars().count());
        if length > most {
            return Err(invalid(say!("The state has {length} characters; {at} allows {most}."), None));
        }
        let scope = consent.scopes.join(self.between_scopes);
        let pkce = self.pkce.then(|| Pkce::new(call.random));
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", call.app.get("client_id")?.expose()),
            ("redirect_uri", consent.redirect_uri),
            ("state", consent.state),
        ];
        if !scope.is_empty() {
            parameters.insert(3, ("scope", &scope));
        }
        if let Some(pkce) = &pkce {
            parameters.extend([("code_challenge", pkce.challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        parameters.extend(consent.more);
        let waiting = Waiting {
            at,
            state: consent.state.to_owned(),
            redirect_uri: consent.redirect_uri.to_owned(),
            scopes: consent.scopes.clone(),
            verifier: pkce.as_ref().map(|pkce| pkce.verifier.expose().clone()),
        };
        Ok((authorize_url(consent.page, &parameters)?, waiting))
    }

    /// The code that the browser came back with, or why there is none.
    pub(crate) fn code<'c>(&self, waiting: &Waiting, callback: &'c Callback) -> Result<&'c str, Failure> {
        code(&waiting.at, &waiting.state, self.refusals, callback)
    }

    /// Tokens for the code; those that live long, where the network has such. Where a scope is left out without which nothing
    /// works, the tokens are ended again.
    pub(crate) async fn exchange(&self, peer: &Peer<'_, A>, waiting: &Waiting, code: &str) -> Result<Given, Failure> {
        self.exchange_between(peer, peer, waiting, code).await
    }

    /// The same, where another server gives the tokens that live long.
    pub(crate) async fn exchange_between(
        &self,
        peer: &Peer<'_, A>,
        lasting: &Peer<'_, A>,
        waiting: &Waiting,
        code: &str,
    ) -> Result<Given, Failure> {
        let mut more = vec![("redirect_uri", waiting.redirect_uri.as_str())];
        more.extend(waiting.verifier.as_deref().map(|verifier| ("code_verifier", verifier)));
        let mut given = self.given(peer, &self.code, code, &more, &waiting.scopes).await?;
        if let Err(failure) = self.refuse_without(&waiting.at, &given.scopes) {
            self.drop_tokens(peer, &given.tokens).await;
            return Err(failure);
        }
        if let Renewal::Exchange { first, .. } = &self.renewal {
            given.tokens = self.prolonged(lasting, first, given.tokens.bearer()?).await?;
        }
        Ok(given)
    }

    /// A failure that says which permissions are missing without which nothing works. For networks whose token endpoint does
    /// not say what was granted, the connector asks this when it knows.
    pub(crate) fn refuse_without(&self, at: &str, granted: &[String]) -> Result<(), Failure> {
        let left_out = |scope: &&&str| !granted.iter().any(|granted| granted == *scope);
        let missing: Vec<&str> = self.needed.iter().filter(left_out).copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let detail = say!(
            "Nothing was connected: Fanfare can't work without the permissions that were left out at {at} ({missing}). Connect again and allow them.",
            missing = missing.join(", ")
        );
        Err(Failure::rejected(Kind::ScopeMissing, detail))
    }

    /// New tokens for those of the call.
    pub(crate) async fn refresh(&self, peer: &Peer<'_, A>) -> Result<Tokens, Failure> {
        let old = peer.call.tokens;
        let mut tokens = match &self.renewal {
            Renewal::Never => return Err(Failure::rejected(Kind::ReconnectNeeded, NOT_RENEWED)),
            Renewal::Refresh(step) => {
                let Some(token) = &old.refresh else {
                    let detail = say!(
                        "The channel has no refresh token, because the permission to stay connected was not granted. Reconnect it."
                    );
                    return Err(Failure::rejected(Kind::ReconnectNeeded, detail));
                };
                let mut tokens = self.given(peer, step, token.expose(), &[], &[]).await?.tokens;
                // An answer without a refresh token must not throw the one we have away (S-15).
                tokens.refresh = tokens.refresh.or_else(|| Some(token.clone()));
                tokens
            }
            Renewal::Exchange { again, .. } => self.prolonged(peer, again, old.bearer()?).await?,
        };
        tokens.extra = old.extra.clone();
        Ok(tokens)
    }

    /// Ends these tokens; each is tried even if another fails. One that the network does not know any more is ended.
    pub(crate) async fn revoke(&self, peer: &Peer<'_, A>, tokens: &Tokens) -> Result<(), Failure> {
        let Some(step) = &self.revoke else { return Ok(()) };
        let all = [("refresh_token", &tokens.refresh), ("access_token", &tokens.access)];
        let mut first = Ok(());
        for (kind, token) in all {
            let Some(token) = token else { continue };
            // Where there is one kind only, servers need no hint, and some know none.
            let hint = [("token_type_hint", kind)];
            let hint = if tokens.refresh.is_some() { &hint[..] } else { &[] };
            let ended = match step.send(peer, token.expose(), hint).await {
                Err(failure) if failure.kind == Kind::ReconnectNeeded => Ok(()),
                answered => answered.map(drop),
            };
            first = first.and(ended);
        }
        first
    }

    /// Ends tokens that no one will hold. Whether the network hears it changes nothing; it is in the recorded exchanges.
    pub(crate) async fn drop_tokens(&self, peer: &Peer<'_, A>, tokens: &Tokens) {
        let _ = self.revoke(peer, tokens).await;
    }

    async fn prolonged(&self, peer: &Peer<'_, A>, step: &Step<A>, token: &Secret<String>) -> Result<Tokens, Failure> {
        let mut tokens = self.given(peer, step, token.expose(), &[], &[]).await?.tokens;
        // What is exchanged is the token itself, and it ends with its life.
        tokens.refresh.clone_from(&tokens.access);
        tokens.refresh_expires_at = tokens.expires_at;
        Ok(tokens)
    }

    /// What the token endpoint gives for this. Scopes that the answer does not name are those that were `asked` for.
    pub(crate) async fn given(
        &self,
        peer: &Peer<'_, A>,
        step: &Step<A>,
        subject: &str,
        more: &[(&str, &str)],
        asked: &[String],
    ) -> Result<Given, Failure> {
        let reply = step.send(peer, subject, more).await?;
        Given::read(&reply, asked, peer.call.clock.now()).ok_or_else(|| peer.odd(step.asked, &reply, say!("a token")))
    }
}

impl<A: Copy + PartialEq> Step<A> {
    /// Sends it once; anything but success is a failure.
    pub(crate) async fn send(
        &self,
        peer: &Peer<'_, A>,
        subject: &str,
        more: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        let app = peer.call.app;
        let mut fields = Vec::new();
        if !self.grant.is_empty() {
            fields.push(("grant_type", self.grant));
        }
        fields.push((self.subject, subject));
        fields.extend(more);
        let mut request = peer.anonymous().request(self.name, self.method.clone(), self.path).timeout(TIMEOUT);
        match self.app {
            AppProof::Basic => match app.get("client_secret") {
                Ok(secret) => request = request.basic(app.get("client_id")?.expose(), secret),
                Err(_) => fields.push(("client_id", app.get("client_id")?.expose())),
            },
            AppProof::Fields => {
                fields.push(("client_id", app.get("client_id")?.expose()));
                fields.push(("client_secret", app.get("client_secret")?.expose()));
            }
            AppProof::Secret => fields.push(("client_secret", app.get("client_secret")?.expose())),
            AppProof::None => {}
        }
        let request = if self.method == Method::GET {
            fields.iter().fold(request, |request: Request, (name, value)| request.query(name, value))
        } else {
            request.form(&fields)
        };
        peer.ask(self.asked, request).await
    }
}

impl Given {
    fn read(reply: &Reply, asked: &[String], now: Timestamp) -> Option<Self> {
        let whole = reply.value();
        // Instagram answers with a list of one, too.
        let body = whole.pointer("/data/0").unwrap_or(&whole);
        let token = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).map(Secret::from);
        let ends = |name: &str| body[name].as_u64().map(|seconds| now + Duration::from_secs(seconds));
        let tokens = Tokens {
            access: Some(token("access_token")?),
            refresh: token("refresh_token"),
            expires_at: ends("expires_in"),
            refresh_expires_at: ends("refresh_token_expires_in"),
            ..Tokens::default()
        };
        let scopes = [&body["scope"], &body["permissions"]].into_iter().find_map(scopes_in);
        Some(Self { tokens, scopes: scopes.unwrap_or_else(|| asked.to_vec()) })
    }
}

/// Scopes as a list, or as a text with spaces or commas between them.
fn scopes_in(value: &Value) -> Option<Vec<String>> {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| c == ',' || c.is_whitespace());
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    match value {
        Value::String(text) => Some(words(text)),
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).flat_map(words).collect()),
        _ => None,
    }
}

/// The scopes to ask for: the base, and what these features need, in the order in which they are described. No features
/// means `by_default`.
pub(crate) fn scopes_for(
    about: &About,
    base: &[&'static str],
    by_default: &[&str],
    features: &[String],
) -> Result<Vec<&'static str>, Failure> {
    let wanted: Vec<&str> =
        if features.is_empty() { by_default.to_vec() } else { features.iter().map(String::as_str).collect() };
    let mut scopes = base.to_vec();
    for name in wanted {
        let Some(feature) = about.features.iter().find(|feature| feature.name == name) else {
            let (platform, name) = (about.name.to_owned(), name.to_owned());
            return Err(invalid(say!("Fanfare has no feature “{name}” for {platform}. Leave it out."), None));
        };
        let new: Vec<&str> = feature.scopes.iter().filter(|scope| !scopes.contains(scope)).copied().collect();
        scopes.extend(new);
    }
    Ok(scopes)
}

/// The code in a callback, or why there is none. Who answers is asked before what is answered: else another page could end
/// a sign-in (S-11).
pub(crate) fn code<'c>(
    at: &str,
    state: &str,
    refusals: &[Refusal],
    callback: &'c Callback,
) -> Result<&'c str, Failure> {
    let value = |name: &str| callback.query.get(name).map(String::as_str).filter(|value| !value.is_empty());
    if value("state") != Some(state) {
        return Err(invalid(say!("This answer belongs to another sign-in. Connect again, in one browser."), None));
    }
    // Meta's pages also answer with a number instead of a name.
    let named: Vec<&str> = ["error", "error_code", "error_reason"].into_iter().filter_map(value).collect();
    if let Some(first) = named.first() {
        let words = ["error_description", "error_message"].into_iter().find_map(value);
        let code = Some((*first).to_owned()).filter(|code| code.len() <= 64);
        let (kind, detail) = match refusals.iter().find(|refusal| named.contains(&refusal.said)) {
            Some(refusal) => (refusal.kind, refusal.detail.clone()),
            None => refused(at.to_owned(), &named, words),
        };
        return Err(Failure::rejected(kind, detail).answered(302, code));
    }
    // Meta appends `#_` to the address; what carries an address by hand may carry that too.
    match value("code").map(|code| code.trim_end_matches("#_")) {
        Some(code) if !code.is_empty() => Ok(code),
        _ => {
            let at = at.to_owned();
            Err(invalid(say!("{at} sent no code, so nothing was connected. Connect again."), None))
        }
    }
}

/// What the standard's names mean (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6).
fn refused(at: String, named: &[&str], words: Option<&str>) -> (Kind, Text) {
    let is = |names: &[&str]| named.iter().any(|named| names.contains(named));
    if is(&["access_denied", "user_denied", "consent_required"]) {
        let detail =
            say!("Access was declined at {at}, so nothing was connected. Connect again if that was a mistake.");
        return (Kind::InputInvalid, detail);
    }
    if is(&["login_required", "interaction_required", "account_selection_required"]) {
        let detail = say!("{at} doesn't know which account is meant. Sign in there first, then connect again.");
        return (Kind::InputInvalid, detail);
    }
    if is(&["server_error", "temporarily_unavailable"]) {
        let detail = say!("{at} has a problem, so nothing was connected. Connect again in a few minutes.");
        return (Kind::Unavailable, detail);
    }
    let words = shown(words.unwrap_or_else(|| named.first().copied().unwrap_or_default()));
    if is(&["invalid_scope"]) {
        let detail = say!(
            "{at} doesn't give Fanfare's app the permissions that were asked for ({words}). An operator must add them to the app at {at}, then connect again."
        );
        return (Kind::AppMisconfigured, detail);
    }
    if is(&["invalid_request", "unauthorized_client", "invalid_client", "unsupported_response_type"]) {
        let detail = say!(
            "{at} refused Fanfare's app ({words}). An operator must compare the callback address, the type of app and its permissions with the app at {at}."
        );
        return (Kind::AppMisconfigured, detail);
    }
    let detail = say!(
        "{at} ended the sign-in with an error ({words}), so nothing was connected. Connect again. If it happens again, an operator must check the app at {at}."
    );
    (Kind::InputInvalid, detail)
}

/// A network's own words, on one line and of a bearable length.
fn shown(words: &str) -> String {
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(WORDS_MAX).collect::<String>().trim().to_owned()
}

fn invalid(detail: Text, code: Option<String>) -> Failure {
    Failure { code, ..Failure::rejected(Kind::InputInvalid, detail) }
}

#[cfg(test)]
mod tests;
