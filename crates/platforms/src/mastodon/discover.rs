//! What an instance says of itself, and whose a token is.

use base::say;
use connector::{Account, Call, Failure, FailureKind, Found, Reply};
use serde_json::{Value, json};
use url::Url;

use super::{
    address::Instance,
    errors::{self, Asked},
    facts::{self, Configuration, Facts},
    peer::Peer,
    wire::CredentialAccount,
};

/// The scopes that the server knows; `None` if it has no such document (Mastodon before 4.3, other software).
pub(crate) async fn scopes(peer: &Peer<'_>) -> Result<Option<Vec<String>>, Failure> {
    let request = peer.get("read the sign-in metadata", "/.well-known/oauth-authorization-server");
    let reply = request.send().await.map_err(|error| errors::JUDGE.lost(Asked::Register, error))?;
    let list = if reply.is_success() { strings(&reply.value()["scopes_supported"]) } else { None };
    Ok(list.filter(|list| !list.is_empty()))
}

/// The scopes of a token that a person made, by the app it belongs to; `None` if the server does not tell.
pub(crate) async fn token_scopes(peer: &Peer<'_>) -> Option<Vec<String>> {
    let request = peer.get("read the token's permissions", "/api/v1/apps/verify_credentials");
    let reply = peer.ask(Asked::Read, request).await.ok()?;
    strings(&reply.value()["scopes"]).filter(|list| !list.is_empty())
}

fn strings(list: &Value) -> Option<Vec<String>> {
    Some(list.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The account behind the token, with the instance's facts.
pub(crate) async fn whose(peer: &Peer<'_>, instance: &Instance, call: &Call<'_>) -> Result<Found, Failure> {
    let before = Facts::read(call.facts);
    let request = peer.get("read the account", "/api/v1/accounts/verify_credentials");
    let reply = peer.ask(Asked::Read, request).await.map_err(|failure| no_api(failure, instance))?;
    let account: CredentialAccount = reply.json().map_err(|_| not_mastodon(&reply, instance))?;
    let mut facts = match about(peer).await {
        Ok(about) => of_instance(peer, &about, &before).await,
        // The grant is proven alive; an instance that does not tell its limits now keeps those it told before.
        Err(_) if !before.instance.is_empty() => before,
        Err(failure) => return Err(failure),
    };
    facts.instance = instance.origin();
    facts.account = account.id.clone();
    facts.privacy = account.source.as_ref().and_then(|source| source.privacy.clone());
    let account = identity(&account, instance, call.account_id);
    Ok(Found::itself(account, json!(facts)))
}

/// `GET /api/v2/instance`; v1 on servers that do not have it.
async fn about(peer: &Peer<'_>) -> Result<Value, Failure> {
    let first = peer.ask(Asked::Read, peer.get("read the instance's limits", "/api/v2/instance")).await;
    let reply = match first {
        Err(failure) if failure.status.is_some_and(|status| (400..500).contains(&status) && status != 429) => {
            peer.ask(Asked::Read, peer.get("read the instance's limits", "/api/v1/instance")).await?
        }
        answered => answered?,
    };
    match reply.value() {
        about @ Value::Object(_) => Ok(about),
        _ => Err(peer.odd(Asked::Read, &reply, say!("a description of itself"))),
    }
}

async fn of_instance(peer: &Peer<'_>, about: &Value, before: &Facts) -> Facts {
    let version = about["version"].as_str().unwrap_or_default().to_owned();
    let api_version = about["api_versions"]["mastodon"].as_u64().and_then(|number| u32::try_from(number).ok());
    // NodeInfo is asked again only when the version changed: a change of software changes it.
    let software = if before.version == version && !before.software.is_empty() {
        before.software.clone()
    } else {
        facts::software(node_info(peer).await.as_deref(), &version, api_version)
    };
    let supports_idempotency = facts::supports_idempotency(&software, &version);
    let configuration = Configuration::of(about);
    Facts { software, version, api_version, supports_idempotency, configuration, ..Facts::default() }
}

/// The software's name by NodeInfo; `None` if the server does not tell.
async fn node_info(peer: &Peer<'_>) -> Option<String> {
    let list =
        peer.ask(Asked::Read, peer.anonymous().get("read NodeInfo", "/.well-known/nodeinfo")).await.ok()?.value();
    let links = list["links"].as_array()?;
    let here = Url::parse(&peer.base).ok()?.origin();
    // Only what the instance says of itself is read: a link to another server would be that server's word.
    let href = links
        .iter()
        .rev()
        .filter_map(|link| Url::parse(link["href"].as_str()?).ok())
        .find(|url| url.origin() == here)?;
    let reply = peer.ask(Asked::Read, peer.anonymous().get("read NodeInfo", href.path())).await.ok()?;
    reply.value()["software"]["name"].as_str().map(str::to_owned)
}

/// The permanent id is the account's `uri` (its `url` on servers without one). An address on another host is not
/// believed: it would let one instance speak for the accounts of another.
fn identity(account: &CredentialAccount, instance: &Instance, known_as: &str) -> Account {
    let here = |address: &&String| Url::parse(address).is_ok_and(|url| authority(&url) == instance.authority());
    let (uri, url) = (account.uri.as_ref().filter(here), account.url.as_ref().filter(here));
    let made_up = format!("{}/users/{}", instance.origin(), account.username);
    // A server that learns to tell `uri` must not turn a known channel into a new one.
    let id = match [uri, url, Some(&made_up)].into_iter().flatten().find(|id| *id == known_as) {
        Some(known) => known,
        None => uri.or(url).unwrap_or(&made_up),
    };
    let handle = if account.acct.contains('@') {
        account.acct.clone()
    } else {
        format!("{}@{}", account.username, instance.authority())
    };
    Account {
        id: id.clone(),
        name: if account.display_name.trim().is_empty() {
            account.username.clone()
        } else {
            account.display_name.clone()
        },
        url: url.or(uri).cloned().unwrap_or_else(|| format!("{}/@{}", instance.origin(), account.username)),
        avatar: account.avatar.clone(),
        handle,
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The first call tells whether there is an instance at all.
fn no_api(failure: Failure, instance: &Instance) -> Failure {
    match failure.status {
        Some(404 | 405 | 410 | 300..=399) => {
            nothing_there(instance).answered(failure.status.unwrap_or_default(), failure.code)
        }
        _ => failure,
    }
}

fn not_mastodon(reply: &Reply, instance: &Instance) -> Failure {
    nothing_there(instance).answered(reply.status, None)
}

fn nothing_there(instance: &Instance) -> Failure {
    let detail = say!(
        "There is no Mastodon API at {origin}. Enter the address that your browser shows when you use the server.",
        origin = instance.origin()
    );
    Failure::rejected(FailureKind::InputInvalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(uri: Option<&str>, url: Option<&str>) -> CredentialAccount {
        serde_json::from_value(json!({
            "id": "1", "username": "alice", "acct": "alice", "uri": uri, "url": url, "display_name": ""
        }))
        .expect("an account")
    }

    fn id(uri: Option<&str>, url: Option<&str>, known_as: &str) -> String {
        let instance = Instance::parse("social.example").expect("an instance");
        identity(&account(uri, url), &instance, known_as).id
    }

    #[test]
    fn an_account_is_known_by_its_uri_else_by_its_page() {
        let (uri, url) = ("https://social.example/users/alice", "https://social.example/@alice");
        assert_eq!(id(Some(uri), Some(url), ""), uri);
        assert_eq!(id(None, Some(url), ""), url);
        assert_eq!(id(Some(uri), Some(url), url), url, "a channel keeps the id it was connected with");
    }

    #[test]
    fn an_instance_cannot_speak_for_accounts_of_another() {
        let far = "https://mastodon.example/users/alice";
        assert_eq!(id(Some(far), Some(far), ""), "https://social.example/users/alice");
        assert_eq!(id(Some(far), Some(far), far), "https://social.example/users/alice");
    }
}
