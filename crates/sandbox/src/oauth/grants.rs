//! The books: codes, PKCE, tokens, rotation, exchange, revocation. They know no requests and no words.

use std::{collections::HashMap, time::Duration};

use base::{Random, Timestamp, random::token as random_text};
use base64::Engine as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Act, knobs::RefreshReuse};

/// How the proof of possession of a code was announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Challenge {
    /// The URL-safe base 64 (no padding) of the verifier's SHA-256.
    S256(String),
    /// The verifier itself.
    Plain(String),
}

impl Challenge {
    /// Whether this verifier was announced (RFC 7636, §4.6), and has a permitted length and alphabet (§4.1).
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(in_alphabet);
        well_formed
            && match self {
                Challenge::Plain(announced) => announced == verifier,
                Challenge::S256(announced) => *announced == s256(verifier),
            }
    }
}

/// The URL-safe base 64 without padding of the text's SHA-256.
pub fn s256(text: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// What a person agreed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The app.
    pub client_id: String,
    /// The account, by the id that the network keys accounts by.
    pub account: String,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// The scopes that were asked for and left out or taken back, separated by spaces.
    #[serde(default)]
    pub declined: String,
    /// The pages, boards or numbers of the account that the app may act for, where one consent gives several.
    #[serde(default)]
    pub targets: Vec<String>,
}

/// A code that waits to be exchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// What was agreed to.
    pub consent: Consent,
    /// Where the person was sent with it.
    pub redirect_uri: String,
    /// The announced proof, if any.
    pub challenge: Option<Challenge>,
    /// When it ends.
    pub ends_at: Timestamp,
    /// The grant that came of it, once it was exchanged.
    pub used_for: Option<u64>,
}

/// Why a code is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeRefusal {
    /// It was never issued, or to another client.
    Unknown,
    /// It was exchanged before. The grant that came of it has been ended (RFC 6749, §4.1.2).
    Replayed,
    /// Its time has passed.
    Expired,
    /// The redirect address is another one.
    OtherRedirect,
    /// The verifier is missing or wrong. The code is used up.
    WrongVerifier,
}

/// What a live token allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The grant it belongs to; all tokens of one family share it.
    pub grant: u64,
    /// What was agreed to.
    pub consent: Consent,
    /// When it was given.
    pub made_at: Timestamp,
    /// When it ends; never if absent.
    pub ends_at: Option<Timestamp>,
    /// Whether it came of an exchange for a longer life.
    #[serde(default)]
    pub long: bool,
    /// The one target that it is for, where targets have tokens of their own.
    #[serde(default)]
    pub target: Option<String>,
}

impl Token {
    /// Whether the scope, word for word, was agreed to.
    pub fn has(&self, scope: &str) -> bool {
        self.consent.scope.split_whitespace().any(|held| held == scope)
    }
}

/// Why an access token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// It was never given, or has been revoked.
    Unknown,
    /// Its time has passed.
    Expired,
    /// It is not of the kind that can be exchanged so.
    WrongKind,
    /// It is not old enough to be prolonged.
    TooYoung,
}

/// Why a refresh token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// It was never given, has been revoked, or belongs to another app.
    Unknown,
    /// It was used before; the whole grant has been ended.
    Reused,
}

/// A new pair of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// For calls.
    pub access: String,
    /// For the next pair, if the network gives one.
    pub refresh: Option<String>,
    /// What they allow.
    pub token: Token,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refresh {
    token: Token,
    used: bool,
}

/// All codes and tokens of one network.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Grants {
    next: u64,
    codes: HashMap<String, Code>,
    access: HashMap<String, Token>,
    refresh: HashMap<String, Refresh>,
}

impl Grants {
    /// Gives a code.
    pub fn code(
        &mut self,
        consent: Consent,
        redirect_uri: &str,
        challenge: Option<Challenge>,
        ends_at: Timestamp,
        random: &dyn Random,
    ) -> String {
        let text = random_text::<32>(random);
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(text.clone(), Code { consent, redirect_uri, challenge, ends_at, used_for: None });
        text
    }

    /// What was agreed to with a code.
    pub fn consent_of(&self, code: &str) -> Option<&Consent> {
        self.codes.get(code).map(|code| &code.consent)
    }

    /// Uses a code, if everything about it is right. A verifier without a challenge is ignored.
    ///
    /// # Errors
    /// See [`CodeRefusal`].
    pub fn redeem(
        &mut self,
        code: &str,
        client_id: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: Timestamp,
    ) -> Result<Consent, CodeRefusal> {
        let found = self.codes.get_mut(code).filter(|found| found.consent.client_id == client_id);
        let found = found.ok_or(CodeRefusal::Unknown)?;
        if let Some(grant) = found.used_for {
            self.end_grant(grant);
            return Err(CodeRefusal::Replayed);
        }
        if found.ends_at <= now {
            return Err(CodeRefusal::Expired);
        }
        if found.redirect_uri != redirect_uri {
            return Err(CodeRefusal::OtherRedirect);
        }
        // From here on the code is used, so that a verifier cannot be guessed at.
        found.used_for = Some(self.next);
        let met = |challenge: &Challenge| verifier.is_some_and(|text| challenge.is_met_by(text));
        if found.challenge.as_ref().is_none_or(met) {
            return Ok(found.consent.clone());
        }
        // No later grant may take the number, or a replay of this code would end it.
        self.next += 1;
        Err(CodeRefusal::WrongVerifier)
    }

    /// Gives the first tokens of a new grant. Call it right after [`Grants::redeem`], which ties the code to it.
    pub fn open(
        &mut self,
        consent: Consent,
        access_life: Option<Duration>,
        with_refresh: bool,
        now: Timestamp,
        random: &dyn Random,
    ) -> Pair {
        let grant = self.next;
        self.next += 1;
        self.pair(grant, consent, access_life, with_refresh, now, random)
    }

    /// The same refresh token works on: only the access tokens are new.
    ///
    /// # Errors
    /// See [`RefreshRefusal`].
    pub fn renew(
        &mut self,
        refresh: &str,
        client_id: &str,
        access_life: Option<Duration>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Pair, RefreshRefusal> {
        let found = self.refresh.get(refresh).filter(|found| found.token.consent.client_id == client_id);
        let Token { grant, consent, .. } = found.ok_or(RefreshRefusal::Unknown)?.token.clone();
        let pair = self.pair(grant, consent, access_life, false, now, random);
        Ok(Pair { refresh: Some(refresh.to_owned()), ..pair })
    }

    /// Exchanges a live access token for one that lives longer; the old one lives on until its end. With `youngest` it is
    /// prolonged instead: then it must be long-lived already, and at least so old.
    ///
    /// # Errors
    /// See [`TokenRefusal`].
    pub fn exchange(
        &mut self,
        access: &str,
        life: Duration,
        youngest: Option<Duration>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Pair, TokenRefusal> {
        let held = self.find(access, now)?.clone();
        if held.target.is_some() || (youngest.is_some() && !held.long) {
            return Err(TokenRefusal::WrongKind);
        }
        if youngest.is_some_and(|youngest| held.made_at + youngest > now) {
            return Err(TokenRefusal::TooYoung);
        }
        let token = Token { made_at: now, ends_at: Some(now + life), long: true, ..held };
        let access = random_text::<32>(random);
        self.access.insert(access.clone(), token.clone());
        Ok(Pair { access, refresh: None, token })
    }

    /// The token of one target of a grant, which ends then or never; the same one each time.
    pub fn of_target(
        &mut self,
        held: &Token,
        target: &str,
        ends_at: Option<Timestamp>,
        now: Timestamp,
        random: &dyn Random,
    ) -> String {
        let is = |token: &Token| {
            token.grant == held.grant && token.target.as_deref() == Some(target) && token.ends_at == ends_at
        };
        if let Some((text, _)) = self.access.iter().find(|(_, token)| is(token)) {
            return text.clone();
        }
        let token = Token { made_at: now, ends_at, target: Some(target.to_owned()), ..held.clone() };
        let text = random_text::<32>(random);
        self.access.insert(text.clone(), token);
        text
    }

    /// Exchanges a refresh token for a new pair. The access tokens of the grant that were given before end.
    ///
    /// # Errors
    /// See [`RefreshRefusal`].
    pub fn rotate(
        &mut self,
        refresh: &str,
        client_id: &str,
        access_life: Option<Duration>,
        reuse: RefreshReuse,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Pair, RefreshRefusal> {
        let found = self.refresh.get_mut(refresh).filter(|found| found.token.consent.client_id == client_id);
        let found = found.ok_or(RefreshRefusal::Unknown)?;
        let Token { grant, consent, .. } = found.token.clone();
        if found.used && reuse == RefreshReuse::KillsFamily {
            self.end_grant(grant);
            return Err(RefreshRefusal::Reused);
        }
        found.used = true;
        self.access.retain(|_, token| token.grant != grant);
        Ok(self.pair(grant, consent, access_life, true, now, random))
    }

    fn pair(
        &mut self,
        grant: u64,
        consent: Consent,
        access_life: Option<Duration>,
        with_refresh: bool,
        now: Timestamp,
        random: &dyn Random,
    ) -> Pair {
        let ends_at = access_life.map(|life| now + life);
        let held = Token { grant, consent, made_at: now, ends_at, long: false, target: None };
        let access = random_text::<32>(random);
        self.access.insert(access.clone(), held.clone());
        let refresh = with_refresh.then(|| random_text::<40>(random));
        if let Some(refresh) = &refresh {
            self.refresh.insert(refresh.clone(), Refresh { token: held.clone(), used: false });
        }
        Pair { access, refresh, token: held }
    }

    /// What an access token allows now.
    ///
    /// # Errors
    /// See [`TokenRefusal`].
    pub fn find(&self, access: &str, now: Timestamp) -> Result<&Token, TokenRefusal> {
        let token = self.access.get(access).ok_or(TokenRefusal::Unknown)?;
        if token.ends_at.is_some_and(|end| end <= now) { Err(TokenRefusal::Expired) } else { Ok(token) }
    }

    /// Whether some app may act for the account now.
    pub fn has_live(&self, account: &str, now: Timestamp) -> bool {
        let lives = |token: &Token| token.consent.account == account && token.ends_at.is_none_or(|end| end > now);
        self.access.values().any(lives)
    }

    /// The grant of an access or refresh token, expired or not.
    pub fn owner_of(&self, text: &str) -> Option<&Token> {
        self.access.get(text).or_else(|| self.refresh.get(text).map(|refresh| &refresh.token))
    }

    /// Ends a token. A refresh token takes its whole grant along. False if there was none.
    pub fn revoke(&mut self, text: &str) -> bool {
        if let Some(refresh) = self.refresh.get(text) {
            let grant = refresh.token.grant;
            self.end_grant(grant);
            return true;
        }
        self.access.remove(text).is_some()
    }

    /// Ends all tokens of a grant.
    pub fn end_grant(&mut self, grant: u64) {
        self.access.retain(|_, token| token.grant != grant);
        self.refresh.retain(|_, refresh| refresh.token.grant != grant);
    }

    /// Ends the account's other grants to this app that have other scopes, on networks where a new set replaces the old one.
    pub fn end_other_scopes(&mut self, newest: &Token) {
        let set = |token: &Token| -> std::collections::BTreeSet<String> {
            token.consent.scope.split_whitespace().map(str::to_owned).collect()
        };
        let stays = |token: &Token| {
            let is_same_side =
                token.consent.account == newest.consent.account && token.consent.client_id == newest.consent.client_id;
            !is_same_side || token.grant == newest.grant || set(token) == set(newest)
        };
        self.access.retain(|_, token| stays(token));
        self.refresh.retain(|_, refresh| stays(&refresh.token));
    }

    /// Ends all grants of an account, or of all accounts.
    pub fn revoke_all(&mut self, account: Option<&str>) {
        let stays = |token: &Token| account.is_some_and(|account| token.consent.account != account);
        self.access.retain(|_, token| stays(token));
        self.refresh.retain(|_, refresh| stays(&refresh.token));
    }

    /// Takes one scope back from all tokens of an account.
    pub fn decline(&mut self, account: &str, scope: &str) {
        let refreshing = self.refresh.values_mut().map(|refresh| &mut refresh.token);
        for token in self.access.values_mut().chain(refreshing).filter(|token| token.consent.account == account) {
            let consent = &mut token.consent;
            let (gone, kept): (Vec<&str>, Vec<&str>) =
                consent.scope.split_whitespace().partition(|held| *held == scope);
            if !gone.is_empty() {
                consent.declined = format!("{} {scope}", consent.declined).trim().to_owned();
                consent.scope = kept.join(" ");
            }
        }
    }

    /// Makes the access tokens of an account, or of all accounts, expire now.
    pub fn expire_all(&mut self, account: Option<&str>, now: Timestamp) {
        let meant = |token: &Token| account.is_none_or(|account| token.consent.account == account);
        self.access.values_mut().filter(|token| meant(token)).for_each(|token| token.ends_at = Some(now));
    }
}

impl Grants {
    /// Does to an account's tokens, or to everyone's, what the act says.
    pub fn act(&mut self, act: &Act, account: Option<&str>, now: Timestamp) {
        match act {
            Act::ExpireTokens { .. } => self.expire_all(account, now),
            Act::RevokeGrants { .. } => self.revoke_all(account),
        }
    }
}

#[cfg(test)]
mod tests {
    use base::OsRandom;

    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const AT: Timestamp = Timestamp::from_seconds(1_900_000_000);

    fn consent() -> Consent {
        Consent { client_id: "app".into(), account: "lena".into(), scope: "read write".into(), ..Consent::default() }
    }

    fn code(grants: &mut Grants) -> String {
        let challenge = Some(Challenge::S256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()));
        grants.code(consent(), "http://127.0.0.1/back", challenge, AT + Duration::from_secs(30), &OsRandom)
    }

    #[test]
    fn a_code_works_once_for_its_app_its_address_its_verifier_and_in_time() {
        let mut grants = Grants::default();
        let text = code(&mut grants);
        let mut redeem = |client, back, verifier, at| grants.redeem(&text, client, back, verifier, at);
        let back = "http://127.0.0.1/back";
        assert_eq!(redeem("other", back, Some(VERIFIER), AT), Err(CodeRefusal::Unknown));
        assert_eq!(redeem("app", "http://127.0.0.1/", Some(VERIFIER), AT), Err(CodeRefusal::OtherRedirect));
        assert_eq!(redeem("app", back, Some(VERIFIER), AT + Duration::from_secs(30)), Err(CodeRefusal::Expired));
        assert_eq!(redeem("app", back, Some(VERIFIER), AT), Ok(consent()));
    }

    #[test]
    fn a_replayed_code_ends_what_came_of_it() {
        let mut grants = Grants::default();
        let text = code(&mut grants);
        let back = "http://127.0.0.1/back";
        let agreed = grants.redeem(&text, "app", back, Some(VERIFIER), AT).expect("right");
        let pair = grants.open(agreed, None, true, AT, &OsRandom);
        assert!(grants.find(&pair.access, AT).is_ok());
        assert_eq!(grants.redeem(&text, "app", back, Some(VERIFIER), AT), Err(CodeRefusal::Replayed));
        assert_eq!(grants.find(&pair.access, AT), Err(TokenRefusal::Unknown));
    }

    #[test]
    fn a_wrong_verifier_uses_the_code_up() {
        let mut grants = Grants::default();
        let text = code(&mut grants);
        let back = "http://127.0.0.1/back";
        assert_eq!(grants.redeem(&text, "app", back, None, AT), Err(CodeRefusal::WrongVerifier));
        assert_eq!(grants.redeem(&text, "app", back, Some(VERIFIER), AT), Err(CodeRefusal::Replayed));
    }

    #[test]
    fn s_15_a_refresh_token_used_twice_ends_the_family_unless_the_knob_forgives() {
        let mut grants = Grants::default();
        let life = Some(Duration::from_secs(7200));
        let first = grants.open(consent(), life, true, AT, &OsRandom);
        let old = first.refresh.expect("asked for");
        let second = grants.rotate(&old, "app", life, RefreshReuse::KillsFamily, AT, &OsRandom).expect("fresh");
        assert_eq!(grants.find(&first.access, AT), Err(TokenRefusal::Unknown), "the old access token ends");
        let third = grants.rotate(&old, "app", life, RefreshReuse::Grace, AT, &OsRandom).expect("forgiven");
        assert_eq!(grants.find(&second.access, AT), Err(TokenRefusal::Unknown));
        let again = grants.rotate(&old, "app", life, RefreshReuse::KillsFamily, AT, &OsRandom);
        assert_eq!(again, Err(RefreshRefusal::Reused));
        assert_eq!(grants.find(&third.access, AT), Err(TokenRefusal::Unknown));
    }

    #[test]
    fn a_token_is_exchanged_for_a_longer_life_and_prolonged_when_it_is_a_day_old() {
        let mut grants = Grants::default();
        let (hour, day) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
        let short = grants.open(consent(), Some(hour), false, AT, &OsRandom).access;
        let prolong = |grants: &mut Grants, text: &str, at| grants.exchange(text, 60 * day, Some(day), at, &OsRandom);
        assert_eq!(prolong(&mut grants, &short, AT), Err(TokenRefusal::WrongKind));
        let long = grants.exchange(&short, 60 * day, None, AT, &OsRandom).expect("live").access;
        assert!(grants.find(&short, AT).is_ok(), "the short one lives until its end");
        assert_eq!(prolong(&mut grants, &long, AT + hour), Err(TokenRefusal::TooYoung));
        let next = prolong(&mut grants, &long, AT + day).expect("a day old");
        assert_eq!(next.token.ends_at, Some(AT + 61 * day));
        assert_eq!(grants.exchange(&short, 60 * day, None, AT + hour, &OsRandom), Err(TokenRefusal::Expired));
    }

    #[test]
    fn a_target_s_token_is_the_same_each_time_and_ends_with_its_grant() {
        let mut grants = Grants::default();
        let pair = grants.open(consent(), Some(Duration::from_secs(60)), false, AT, &OsRandom);
        let page = grants.of_target(&pair.token, "page", None, AT, &OsRandom);
        assert_eq!(grants.of_target(&pair.token, "page", None, AT, &OsRandom), page);
        assert_ne!(grants.of_target(&pair.token, "other", None, AT, &OsRandom), page);
        assert_ne!(grants.of_target(&pair.token, "page", pair.token.ends_at, AT, &OsRandom), page, "of a short one");
        let later = AT + Duration::from_secs(86_400 * 365);
        assert_eq!(grants.find(&page, later).expect("no end").target.as_deref(), Some("page"));
        grants.end_grant(pair.token.grant);
        assert_eq!(grants.find(&page, later), Err(TokenRefusal::Unknown));
    }

    #[test]
    fn a_refresh_token_that_stays_gives_access_again_and_again() {
        let mut grants = Grants::default();
        let refresh = grants.open(consent(), Some(Duration::from_secs(60)), true, AT, &OsRandom).refresh.expect("one");
        for _ in 0..2 {
            let pair = grants.renew(&refresh, "app", None, AT, &OsRandom).expect("stays");
            assert_eq!(pair.refresh.as_ref(), Some(&refresh));
        }
        assert_eq!(grants.renew(&refresh, "other", None, AT, &OsRandom), Err(RefreshRefusal::Unknown));
    }
}
