//! What platforms send on their own: that an account's access was removed, that an account's data are to be erased, and that
//! a post changed.
//!
//! A request is proven over its bytes, stored, answered, and carried out after that, in the background. The same request twice
//! is one. Nothing relies on the order in which requests arrive: each is about what was there when the platform says it was made,
//! so an old one doesn't end a newer consent.
//!
//! Left out on purpose: comments, messages and mentions. There is no place for them yet, so of what arrives about a post only
//! that it changed is used, and the rest isn't stored (P-018).

pub mod http;
mod store;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use axum::http::{HeaderMap, Method};
use base::{Code, Problem, Secret, Timestamp, say};
use connector::{
    Webhooks,
    webhooks::{Answer, HookEvent, Incoming, Refused},
};
use db::Tx;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

pub use store::Outcome;
use store::{Asks, Request};

use crate::{App, channels, fault::Fault, insights, publishing};

/// The channel on which stored requests are announced to all processes.
const ANNOUNCED: &str = "hooks";
/// How often it is looked for requests whose announcement was missed.
const LOOK: Duration = Duration::from_secs(30);
/// Most changes of posts that one request tells. Meta sends at most 1,000.
const CHANGES_MAX: usize = 1_000;
/// How long a request is kept after it came, so that its status page answers.
const KEPT: Duration = Duration::from_secs(365 * 86_400);

/// A request of a platform, as it came.
#[derive(Debug)]
pub struct Received {
    /// Which of the platform's addresses was called; empty for the main one.
    pub address: String,
    /// How.
    pub method: Method,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its query.
    pub query: BTreeMap<String, String>,
    /// Its bytes.
    pub body: axum::body::Bytes,
}

/// What the platform is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Nothing but the status.
    Empty,
    /// Plain text.
    Text(String),
    /// JSON.
    Json(Value),
}

/// The address of this installation for one of a platform's purposes.
pub fn address(app: &App, platform: &str, name: &str) -> String {
    let base = app.settings.public_url.as_str().trim_end_matches('/');
    let end = if name.is_empty() { String::new() } else { format!("/{name}") };
    format!("{base}/hooks/{platform}{end}")
}

/// The word that an operator gives to a platform with the address. It is the same on all nodes, and as long as the installation
/// has its data keys.
///
/// # Errors
/// Those of the vault.
pub async fn word(app: &App, platform: &str) -> Result<Secret<String>, Fault> {
    let index = app.vault.index(None, "hook word", platform).await.map_err(Problem::from)?;
    Ok(Secret::new(hex::encode(&index[..16])))
}

/// Proves, reads and stores what a platform sent.
///
/// # Errors
/// No such platform, or one that sends nothing; a request that isn't proven or doesn't read; those of the database.
pub async fn receive(app: &App, platform: &str, received: &Received) -> Result<Reply, Fault> {
    let connector = app.connectors.get(platform).cloned();
    let hooks = connector.as_ref().and_then(|connector| connector.webhooks());
    let hooks = hooks.ok_or_else(|| Problem::not_found("platform"))?;
    let credentials = channels::load_app(app, platform, "").await?.unwrap_or_default();
    let now = app.clock.now();
    let incoming = Incoming {
        address: &received.address,
        method: &received.method,
        headers: &received.headers,
        query: &received.query,
        body: &received.body,
        app: &credentials,
        word: &word(app, platform).await?,
        now,
    };
    let heard = hooks.hear(&incoming).map_err(|why| refused(platform, why))?;
    let mut requests = Vec::new();
    let mut changes = BTreeMap::new();
    for (place, event) in heard.events.into_iter().enumerate() {
        let mut ask = |asks: Asks, account: String, at: Option<Timestamp>| {
            let code = (asks == Asks::Erase).then(|| hex::encode(base::random::bytes::<16>(&*app.random)));
            let said_at = at.map_or(now, |at| at.min(now));
            let id = digest(platform, received, place);
            requests.push(Request { id, platform: platform.to_owned(), asks, account, said_at, code });
        };
        match event {
            HookEvent::Removed { account, at } => ask(Asks::Removed, account, at),
            HookEvent::Erase { account, at } => ask(Asks::Erase, account, at),
            HookEvent::Changed { account, post, at } if changes.len() < CHANGES_MAX => {
                let at = at.map_or(now, |at| at.min(now));
                let last = changes.entry((account, post)).or_insert(at);
                *last = at.max(*last);
            }
            HookEvent::Changed { .. } => {}
            // There is no place for messages yet: nothing of them is kept.
            HookEvent::Message(_) | HookEvent::Person(_) => {}
            HookEvent::Other(name) => tracing::debug!(platform, name, "{platform} sent something that isn't used"),
        }
    }
    let code = keep(app, platform, requests, changes, now).await?;
    Ok(match heard.answer {
        Answer::Empty => Reply::Empty,
        Answer::Text(text) => Reply::Text(text),
        Answer::Json(json) => Reply::Json(json),
        Answer::Receipt => Reply::Json(receipt(app, hooks, &code.unwrap_or_default())?),
    })
}

/// Names a request by what came, byte for byte.
fn digest(platform: &str, received: &Received, place: usize) -> String {
    let mut hash = Sha256::new();
    for part in [platform.as_bytes(), received.address.as_bytes(), &received.body, place.to_string().as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

fn receipt(app: &App, hooks: &dyn Webhooks, code: &str) -> Result<Value, Fault> {
    let page = app.settings.public_url.join(&format!("erasure/{code}"));
    Ok(hooks.receipt(&page.map_err(|error| crate::fault::internal(&error))?, code))
}

fn refused(platform: &str, why: Refused) -> Problem {
    tracing::info!(platform, %why, "a request in the name of {platform} was refused: {why}");
    match why {
        Refused::Forged => Problem::new(
            Code::Forbidden,
            say!("The request doesn't prove that it comes from the platform, so nothing was changed."),
        ),
        Refused::Stale => Problem::new(
            Code::Forbidden,
            say!("The request was signed more than five minutes ago, or in the future, so nothing was changed."),
        ),
        Refused::Malformed => Problem::new(
            Code::BadRequest,
            say!("The request doesn't have the form that the platform documents, so nothing was changed."),
        ),
        Refused::NotHere => Problem::new(Code::NotFound, say!("There is no such route.")),
    }
}

/// Stores what was asked, and marks what changed, in one transaction; gives the code of the erasure that was asked for, which
/// is the one from before if it was asked for before.
async fn keep(
    app: &App,
    platform: &str,
    requests: Vec<Request>,
    changes: BTreeMap<(String, String), Timestamp>,
    now: Timestamp,
) -> Result<Option<String>, Fault> {
    if requests.is_empty() && changes.is_empty() {
        return Ok(None);
    }
    let platform = platform.to_owned();
    app.write(async move |tx| {
        let mut code = None;
        for request in &requests {
            let kept = store::keep(tx, request, now).await?;
            code = code.or(kept);
        }
        if !requests.is_empty() {
            tx.notify(ANNOUNCED, &platform).await?;
        }
        for ((account, post), at) in &changes {
            for channel in channels::of_account(tx, &platform, account).await? {
                insights::changed(tx, channel, post, *at).await?;
            }
        }
        Ok(code)
    })
    .await
}

/// Most accounts of one list.
pub const LIST_MAX: usize = 100_000;

/// What came of a list of accounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Listed {
    /// Accounts of which something was stored. It is erased.
    pub erased: usize,
    /// Accounts of which nothing was stored.
    pub unknown: usize,
    /// Accounts that another process is about to erase.
    pub waiting: usize,
}

/// Erases the data of accounts that a platform gave to the operator as a list, because it couldn't or wouldn't call: each like a
/// request for deletion. `said_at`: when the platform sent the list; what was connected after that stays.
///
/// # Errors
/// No such platform, a list that is too long; those of the database. What was stored before is carried out all the same.
pub async fn erase_listed(
    app: &App,
    platform: &str,
    accounts: &std::collections::BTreeSet<String>,
    said_at: Timestamp,
) -> Result<Listed, Fault> {
    if app.connectors.get(platform).is_none() {
        return Err(Problem::not_found("platform").into());
    }
    if accounts.len() > LIST_MAX {
        let detail = say!("The list has more than {most} accounts. Cut it into several.", most = LIST_MAX);
        return Err(Problem::new(Code::BadRequest, detail).into());
    }
    let now = app.clock.now();
    let requests: Vec<Request> = (accounts.iter())
        .map(|account| Request {
            id: format!("list-{}", base::random::token::<16>(&*app.random)),
            platform: platform.to_owned(),
            asks: Asks::Erase,
            account: account.clone(),
            said_at: said_at.min(now),
            code: None,
        })
        .collect();
    let mut listed = Listed::default();
    for some in requests.chunks(store::AT_ONCE) {
        let ids: Vec<String> = some.iter().map(|request| request.id.clone()).collect();
        keep(app, platform, some.to_vec(), BTreeMap::new(), now).await?;
        // Others may wait before them, and another process may carry them out first.
        while carry_out(app).await? == store::AT_ONCE {}
        for outcome in app.read(async move |tx| store::outcomes(tx, &ids).await).await? {
            match outcome {
                Some(Outcome::Done) => listed.erased += 1,
                Some(Outcome::Nothing) => listed.unknown += 1,
                None => listed.waiting += 1,
            }
        }
    }
    Ok(listed)
}

/// Carries out what is stored, now and whenever something new is announced, until `stop`.
pub async fn work(app: App, stop: CancellationToken) {
    let mut announced = app.db.listen(ANNOUNCED);
    loop {
        match carry_out(&app).await {
            Ok(store::AT_ONCE) => continue,
            Ok(_) => {}
            Err(fault) => {
                tracing::error!(error = %fault, "requests of platforms could not be carried out; Fanfare tries again");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            // Announcements that were missed are seen in the database.
            _ = announced.recv() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Carries out requests that wait, oldest first; says how many it found.
///
/// # Errors
/// Those of the database; what could not be carried out is tried again later.
pub async fn carry_out(app: &App) -> Result<usize, Fault> {
    let waiting = app.read(async |tx| store::waiting(tx).await).await?;
    let (count, mut failed) = (waiting.len(), None);
    for id in waiting {
        let (with, now) = (app.clone(), app.clock.now());
        let done = app.write(async move |tx| {
            // Another process may have done it meanwhile.
            let Some(request) = store::take(tx, &id).await? else { return Ok(()) };
            let outcome = carry_out_one(tx, &with, &request, now).await?;
            store::finish(tx, &id, outcome, now).await
        });
        failed = done.await.err().or(failed);
    }
    failed.map_or(Ok(count), Err)
}

async fn carry_out_one(tx: &mut Tx, app: &App, request: &Request, now: Timestamp) -> Result<Outcome, db::Error> {
    let of = channels::Named {
        platform: &request.platform,
        name: app.connectors.get(&request.platform).map_or("", |connector| connector.about().name),
        account: &request.account,
        before: request.said_at,
    };
    let any = match request.asks {
        Asks::Removed => channels::access_removed(tx, &of, now).await?,
        Asks::Erase => {
            let erased = channels::erase(tx, app, &of, now).await?;
            for channel in erased.iter().flatten() {
                insights::erase(tx, *channel).await?;
                publishing::erase(tx, *channel).await?;
            }
            erased.is_some()
        }
    };
    Ok(if any { Outcome::Done } else { Outcome::Nothing })
}

/// How far an erasure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The platform's name.
    pub platform: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What came of it; `None` while it waits.
    pub outcome: Option<Outcome>,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

/// The erasure with this confirmation code.
///
/// # Errors
/// Those of the database.
pub async fn erasure(app: &App, code: &str) -> Result<Option<Receipt>, Fault> {
    let code = code.to_owned();
    let found = app.read(async move |tx| store::of_code(tx, &code).await).await?;
    Ok(found.map(|receipt| {
        let connector = app.connectors.get(&receipt.platform);
        let platform = connector.map_or(receipt.platform.clone(), |connector| connector.about().name.to_owned());
        Receipt { platform, ..receipt }
    }))
}

/// Deletes requests whose time is over.
///
/// # Errors
/// Those of the database.
pub async fn sweep(app: &App) -> Result<u64, Fault> {
    let before = app.clock.now() - KEPT;
    app.write(async move |tx| store::sweep(tx, before).await).await
}
