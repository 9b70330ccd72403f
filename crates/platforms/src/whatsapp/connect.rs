//! Two ways to a number: a token of a system user that is pasted and tested, and Meta's sign-up, whose code gives such a token
//! for the accounts that were chosen there. Neither is prolonged: most of them don't end.
//!
//! Each number of an account is a channel. A number that must be registered first is, if the person enters its PIN.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base::{Secret, Text, Timestamp, say};
use connector::{
    Account, Call, Callback, Connect, Failure, FailureKind as K, Found, Granted, StartConnect, Started, Tokens,
    messaging::Purpose,
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ABOUT, FEATURES, MANAGEMENT, MESSAGING, VERSION, WhatsApp, anyone,
    errors::Asked,
    peer,
    wire::{Done, Inspected, Inspection, Known, Number, Profiles},
};
use crate::{
    kit::{
        oauth::{self, AppProof, Consent, Flow, Renewal, Step, Waiting},
        peer::{Peer, segment},
    },
    meta::{self, pages, wire::is_id},
};

/// Source: embedded sign-up, onboarding customers. The code lives for 30 seconds.
static FLOW: Flow<Asked> = Flow {
    between_scopes: ",",
    pkce: false,
    state_max: meta::tokens::STATE_MAX,
    needed: &[MANAGEMENT, MESSAGING],
    refusals: &[],
    code: Step {
        name: "exchange the code",
        asked: Asked::Code,
        method: Method::GET,
        path: "/oauth/access_token",
        grant: "",
        subject: "code",
        app: AppProof::Fields,
    },
    renewal: Renewal::Never,
    revoke: None,
};

const NUMBER_FIELDS: &str = "id,display_phone_number,verified_name,status,code_verification_status,quality_rating,account_mode,whatsapp_business_manager_messaging_limit";
/// How many lists' pages are read.
const PAGES_MAX: usize = 10;
/// How many accounts of one token are looked at.
const ACCOUNTS_MAX: usize = 25;

/// What the sealed tokens remember besides the token.
const PURPOSE: &str = "purpose";
const ACCOUNT: &str = "account";
const PASTED: &str = "pasted";

/// A channel's facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The account that the number belongs to.
    pub waba: String,
    /// What the number is used for.
    pub purpose: Purpose,
    /// `CONNECTED`, if it can send.
    pub status: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`.
    pub quality: Option<String>,
    /// How many people may be written to first in a day: `TIER_2K`.
    pub limit: Option<String>,
    /// One of Meta's test numbers, which writes to five people.
    pub is_test: bool,
}

impl Default for Facts {
    fn default() -> Self {
        // What isn't known must not lead to keeping more.
        let purpose = Purpose::Notices;
        Self { waba: String::new(), purpose, status: None, quality: None, limit: None, is_test: false }
    }
}

impl Facts {
    /// From a channel's facts.
    pub fn of(facts: &Value) -> Self {
        Self::deserialize(facts).unwrap_or_default()
    }
}

/// What the person chose and entered, kept until the browser comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Chosen {
    purpose: Purpose,
    pin: Option<String>,
}

impl Chosen {
    fn read(input: &Value) -> Result<Self, Failure> {
        let entered = |name: &str| input[name].as_str().map(str::trim).filter(|text| !text.is_empty());
        let purpose = if entered("conversations").is_some() { Purpose::Conversations } else { Purpose::Notices };
        let pin = entered("pin").map(str::to_owned);
        let is_pin = |pin: &String| pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit());
        if pin.as_ref().is_some_and(|pin| !is_pin(pin)) {
            return Err(invalid(say!("The PIN has six digits. Leave it empty if the number is registered already.")));
        }
        Ok(Self { purpose, pin })
    }
}

/// A sign-up that waits for its callback.
#[derive(Serialize, Deserialize)]
struct Begun {
    #[serde(flatten)]
    waiting: Waiting,
    chosen: Chosen,
}

#[async_trait]
impl Connect for WhatsApp {
    /// An app gets a token of its own for its id and secret alone.
    async fn test_app(&self, call: &Call<'_>) -> Result<bool, Failure> {
        let (id, secret) = (call.app.get("client_id")?, call.app.get("client_secret")?);
        let peer = anyone(call);
        let request = peer.get("test the app", "/oauth/access_token").query("grant_type", "client_credentials");
        let request = request.query("client_id", id.expose()).query("client_secret", secret.expose());
        peer.ask(Asked::App, request).await.map(|_| true)
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let chosen = Chosen::read(&request.input)?;
        let config = call.app.get("config_id").map_err(|_| {
            Failure::rejected(
                K::AppMisconfigured,
                say!(
                    "Meta's sign-up needs a configuration, and none is entered. An operator enters its ID under Settings, Installation. Or connect with a system user's token instead."
                ),
            )
        })?;
        let all: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
        let scopes = oauth::scopes_for(&ABOUT, &[MANAGEMENT, MESSAGING], &all, &request.features)?;
        let extras = json!({ "setup": {} }).to_string();
        let consent = Consent {
            at: "Meta",
            page: &format!("{}/{VERSION}/dialog/oauth", call.endpoint("www", "https://www.facebook.com")),
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            // The configuration names them.
            scopes: Vec::new(),
            more: &[
                ("config_id", config.expose().trim()),
                ("override_default_response_type", "true"),
                ("extras", &extras),
            ],
        };
        let (redirect_to, mut waiting) = FLOW.ask(call, &consent)?;
        waiting.scopes = scopes.into_iter().map(str::to_owned).collect();
        Ok(Started { redirect_to, memory: json!(Begun { waiting, chosen }) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let Begun { waiting, chosen } = Waiting::read(memory)?;
        let code = FLOW.code(&waiting, callback)?;
        let mut tokens = FLOW.exchange(&anyone(call), &waiting, code).await?.tokens;
        remember(&mut tokens, PURPOSE, purpose_word(chosen.purpose));
        granted(call, tokens, chosen.pin.as_deref()).await
    }

    /// A system user's token, tested before it is kept.
    async fn with_password(&self, call: &Call<'_>, input: &Value) -> Result<Granted, Failure> {
        let entered = |name: &str| input[name].as_str().unwrap_or_default().trim();
        let (token, chosen) = (entered("token"), Chosen::read(input)?);
        if token.len() < 20 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid(say!(
                "This isn't a token. In Meta's Business settings, open System users, choose one, press Generate token, choose the app and both permissions that begin with whatsapp_business, and copy the token whole."
            )));
        }
        let mut tokens = Tokens { access: Some(Secret::new(token.to_owned())), ..Tokens::default() };
        remember(&mut tokens, PURPOSE, purpose_word(chosen.purpose));
        remember(&mut tokens, PASTED, "yes");
        match entered("account") {
            "" => {}
            account if is_id(account) => remember(&mut tokens, ACCOUNT, account),
            _ => {
                return Err(invalid(say!(
                    "The ID of a WhatsApp Business Account has digits only, like 102290129340398."
                )));
            }
        }
        granted(call, tokens, chosen.pin.as_deref()).await
    }

    /// Ends the webhooks of the accounts. A token of the sign-up is ended; one that was pasted may be in use elsewhere, and
    /// the person who made it ends it.
    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        let peer = peer(call)?;
        let ended = async {
            for waba in accounts(call, &inspected(call).await?).await? {
                let path = format!("/{}/subscribed_apps", segment(&waba));
                peer.ask(Asked::Read, peer.request("end the webhooks", Method::DELETE, &path)).await?;
            }
            if remembered(call.tokens, PASTED).is_none() {
                let request = peer.request("revoke the permissions", Method::DELETE, "/me/permissions");
                peer.read::<Done>(Asked::App, request, say!("that it is revoked")).await?;
            }
            Ok::<_, Failure>(())
        };
        match ended.await {
            Err(failure) if matches!(failure.kind, K::ReconnectNeeded | K::RemoteNotFound) => Ok(()),
            ended => ended,
        }
    }

    fn revokes_all_of_account(&self) -> bool {
        true
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        let (peer, facts) = (peer(call)?, Facts::of(call.facts));
        let request = peer.get("read the number", &format!("/{}", segment(call.account_id)));
        let number: Number = peer.read(Asked::Read, request.query("fields", NUMBER_FIELDS), say!("the number")).await?;
        found(call, &peer, &facts.waba, number, facts.purpose).await
    }

    fn gives_several(&self) -> bool {
        true
    }

    async fn targets(&self, call: &Call<'_>) -> Result<Vec<Found>, Failure> {
        let (peer, inspection) = (peer(call)?, inspected(call).await?);
        Ok(numbers(call, &peer, &accounts(call, &inspection).await?, None).await?.0)
    }
}

/// What these tokens give, tested.
async fn granted(call: &Call<'_>, tokens: Tokens, pin: Option<&str>) -> Result<Granted, Failure> {
    let call = Call { tokens: &tokens, ..*call };
    let (peer, inspection) = (peer(&call)?, inspected(&call).await?);
    let made_for = meta::hooks::id(&inspection.app_id);
    let is_another = |id: &Secret<String>| made_for.as_deref().is_some_and(|app| app != id.expose().trim());
    if call.app.get("client_id").is_ok_and(is_another) {
        return Err(invalid(say!(
            "This token was made for another app at Meta than the one that is entered here, so its messages would not arrive. Generate one for this app."
        )));
    }
    FLOW.refuse_without("Meta", &inspection.scopes)?;
    let me: Known =
        peer.read(Asked::Read, peer.get("who am I", "/me").query("fields", "id,name"), say!("the account")).await?;
    let wabas = accounts(&call, &inspection).await?;
    let (channels, left_out, refused) = numbers(&call, &peer, &wabas, pin).await?;
    if channels.is_empty() {
        if let Some(failure) = refused {
            return Err(failure);
        }
        return Err(invalid(match (wabas.is_empty(), left_out) {
            (true, _) => say!(
                "The token gives no WhatsApp Business Account. In Meta's Business settings, open System users, press Assign assets and give full control of the account; then generate the token again."
            ),
            (false, 0) => say!(
                "The WhatsApp Business Account has no phone number. Add one in WhatsApp Manager, then connect again."
            ),
            (false, _) => say!(
                "No number of the account can send yet. Verify the number in WhatsApp Manager. If it was verified, enter a PIN of six digits here: Fanfare then registers it."
            ),
        }));
    }
    let name = me.name.unwrap_or_else(|| me.id.clone());
    let account = Account { id: me.id, handle: name.clone(), name, url: manager(&call), avatar: None };
    // A system user's token may end after 60 days.
    let ends = (inspection.expires_at > 0).then(|| Timestamp::from_seconds(inspection.expires_at));
    let tokens = Tokens { expires_at: tokens.expires_at.or(ends), ..tokens.clone() };
    Ok(Granted { account, scopes: inspection.scopes, channels, tokens })
}

/// What was granted, for which accounts. The app asks, where it is known here; else the token itself.
async fn inspected(call: &Call<'_>) -> Result<Inspection, Failure> {
    let (peer, token) = (anyone(call), call.tokens.bearer()?);
    let app = call.app.get("client_id").and_then(|id| Ok((id, call.app.get("client_secret")?)));
    let request = peer.get("ask what was granted", "/debug_token").query("input_token", token.expose());
    let request = match app {
        Ok((id, secret)) => {
            let asker = Secret::from(format!("{}|{}", id.expose(), secret.expose()));
            let request = request.query("access_token", asker.expose());
            request.query("appsecret_proof", meta::proof(secret, &asker)).secret_in_address(&asker)
        }
        Err(_) => request.query("access_token", token.expose()),
    };
    let asked = peer.read::<Inspected>(Asked::App, request.secret_in_address(token), say!("the scopes")).await?.data;
    if asked.is_valid {
        return Ok(asked);
    }
    let detail =
        say!("Meta says that this token has ended, or was never one. Generate another one, then connect again.");
    Err(Failure::rejected(K::ReconnectNeeded, detail))
}

/// The accounts that the token is for: those that were granted one by one; the one that the person named; or all that the system
/// user was assigned.
async fn accounts(call: &Call<'_>, inspection: &Inspection) -> Result<Vec<String>, Failure> {
    if let Some(account) = remembered(call.tokens, ACCOUNT) {
        return Ok(vec![account]);
    }
    let granted = inspection.accounts(MANAGEMENT);
    if !granted.is_empty() {
        return Ok(granted.into_iter().take(ACCOUNTS_MAX).collect());
    }
    let peer = peer(call)?;
    let request = || {
        let path = "/me/assigned_whatsapp_business_accounts";
        peer.get("list the accounts", path).query("fields", "id,name")
    };
    let what = (say!("a list of accounts"), PAGES_MAX);
    let (listed, _) = pages::read(&peer, Asked::Read, request, what, |_: &[Known]| false).await?;
    Ok(listed.into_iter().map(|one: Known| one.id).take(ACCOUNTS_MAX).collect())
}

/// The numbers of these accounts that can send, how many were left out, and why the last one was that should have been
/// registered. With a PIN, those that only need to be registered are; a number may have another PIN than its neighbours.
async fn numbers(
    call: &Call<'_>,
    peer: &Peer<'_, Asked>,
    wabas: &[String],
    pin: Option<&str>,
) -> Result<(Vec<Found>, usize, Option<Failure>), Failure> {
    let purpose = remembered(call.tokens, PURPOSE).filter(|word| word == purpose_word(Purpose::Conversations));
    let purpose = purpose.map_or(Purpose::Notices, |_| Purpose::Conversations);
    let (mut all, mut left_out, mut refused) = (Vec::new(), 0, None);
    for waba in wabas {
        let request = || {
            let path = format!("/{}/phone_numbers", segment(waba));
            peer.get("list the numbers", &path).query("fields", NUMBER_FIELDS)
        };
        let what = (say!("a list of numbers"), PAGES_MAX);
        for mut number in pages::read(peer, Asked::Read, request, what, |_: &[Number]| false).await?.0 {
            if let (true, Some(pin)) = (is_unregistered(&number), pin) {
                let path = format!("/{}/register", segment(&number.id));
                let body = json!({ "messaging_product": "whatsapp", "pin": pin });
                let request = peer.request("register the number", Method::POST, &path).json(&body);
                match peer.read::<Done>(Asked::Register, request, say!("that it is registered")).await {
                    Ok(_) => number.status = Some("CONNECTED".to_owned()),
                    Err(failure) => refused = Some(failure),
                }
            }
            // A channel that is connected stays one when Meta bans its number: the reason is shown there.
            if is_unregistered(&number) || number.status.as_deref() == Some("PENDING") {
                left_out += 1;
                continue;
            }
            all.push(found(call, peer, waba, number, purpose).await?);
        }
    }
    Ok((all, left_out, refused))
}

/// Verified, and not registered.
fn is_unregistered(number: &Number) -> bool {
    number.status.as_deref() == Some("DISCONNECTED") && number.code_verification_status.as_deref() == Some("VERIFIED")
}

async fn found(
    call: &Call<'_>,
    peer: &Peer<'_, Asked>,
    waba: &str,
    number: Number,
    purpose: Purpose,
) -> Result<Found, Failure> {
    let path = format!("/{}/whatsapp_business_profile", segment(&number.id));
    let request = peer.get("read the number's picture", &path).query("fields", "profile_picture_url");
    // A number without a picture is a channel all the same.
    let profiles: Profiles = peer.read(Asked::Read, request, say!("the profile")).await.unwrap_or_default();
    let avatar = profiles.data.into_iter().find_map(|profile| profile.profile_picture_url);
    let digits: String = number.display_phone_number.chars().filter(char::is_ascii_digit).collect();
    let facts = Facts {
        waba: waba.to_owned(),
        purpose,
        status: number.status,
        quality: number.quality_rating,
        limit: number.whatsapp_business_manager_messaging_limit,
        is_test: number.account_mode.as_deref() == Some("SANDBOX"),
    };
    let account = Account {
        name: number
            .verified_name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| number.display_phone_number.clone()),
        handle: number.display_phone_number,
        url: format!("{}/{digits}", call.endpoint("chat", "https://wa.me")),
        id: number.id,
        avatar,
    };
    Ok(Found::itself(account, json!(facts)))
}

fn manager(call: &Call<'_>) -> String {
    format!("{}/latest/whatsapp_manager", call.endpoint("business", "https://business.facebook.com"))
}

fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Notices => "notices",
        Purpose::Conversations => "conversations",
    }
}

fn remember(tokens: &mut Tokens, name: &str, value: &str) {
    tokens.extra.insert(name.to_owned(), Secret::new(value.to_owned()));
}

fn remembered(tokens: &Tokens, name: &str) -> Option<String> {
    let extra: &BTreeMap<String, Secret<String>> = &tokens.extra;
    extra.get(name).map(|value| value.expose().clone())
}

fn invalid(detail: Text) -> Failure {
    Failure::rejected(K::InputInvalid, detail)
}
