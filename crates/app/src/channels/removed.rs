//! What an account's holder decided at the platform: access is removed, or the account's data are to be erased.

use base::{Actor, Text, Timestamp, ids::ChannelId, say};
use db::Tx;

use super::store;
use crate::{App, audit, events, request};

/// Who acts, in the audit log.
const BY: Actor = Actor::System("hooks");

/// The account that a platform's request is about.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The platform's id.
    pub platform: &'a str,
    /// Its name.
    pub name: &'static str,
    /// The account, as the platform's requests name it.
    pub account: &'a str,
    /// When the request was made. A login from after that stays: the platform is asked what is true of it now.
    pub before: Timestamp,
}

impl Named<'_> {
    /// Whether a grant was there when the request was made. Platforms write whole seconds.
    fn is_about(&self, made_at: Timestamp) -> bool {
        made_at.as_seconds() <= self.before.as_seconds()
    }
}

/// The account's holder removed access (P-053): the tokens of its grants are erased, the channels say why, and their posts wait.
/// `false` if no grant of the account was in use.
///
/// # Errors
/// Those of the database.
pub async fn access_removed(tx: &mut Tx, of: &Named<'_>, now: Timestamp) -> Result<bool, db::Error> {
    let why = say!("Fanfare's access was removed at {platform}.", platform = of.name);
    let mut any = false;
    for grant in store::grants_named(tx, of.platform, of.account).await? {
        if !of.is_about(grant.made_at) {
            store::end_check(tx, grant.id, now, 0).await?;
            continue;
        }
        if !store::end_grant(tx, grant.id, grant.version, "dead", &why).await? {
            continue;
        }
        any = true;
        for channel in store::of_grant(tx, grant.id).await? {
            let id = channel.id.to_string();
            let act = audit::Act::new("channel.access_removed", channel.id);
            audit::record_in(tx, channel.workspace, BY, now, act).await?;
            let data = serde_json::json!({ "reason": "access_removed", "detail": why.english() });
            events::emit(tx, channel.workspace, "channel.needs_reconnect", &id, data, now).await?;
        }
    }
    Ok(any)
}

/// The account's holder wants what is stored about it deleted (PD-02): its channels are disconnected, and what the platform said
/// of them is erased. What other features keep about these channels, connected or not, they erase themselves. `None` if nothing
/// of the account was stored.
///
/// # Errors
/// Those of the database.
pub async fn erase(
    tx: &mut Tx,
    app: &App,
    of: &Named<'_>,
    now: Timestamp,
) -> Result<Option<Vec<ChannelId>>, db::Error> {
    let why: Text = say!("The account's holder had its data deleted.");
    let (mut any, mut erased) = (false, Vec::new());
    for grant in store::grants_named(tx, of.platform, of.account).await? {
        if !of.is_about(grant.made_at) {
            store::end_check(tx, grant.id, now, 0).await?;
            continue;
        }
        any = true;
        store::end_grant(tx, grant.id, grant.version, "ended", &why).await?;
        for channel in store::of_grant(tx, grant.id).await? {
            super::end(tx, app, &channel, (BY, "channel.erased", &why), now).await?;
        }
        let channels = store::ever_of_grant(tx, grant.id).await?;
        store::erase_grant(tx, grant.id).await?;
        request::forget_answers(tx, grant.workspace).await?;
        erased.extend(channels);
    }
    Ok(any.then_some(erased))
}

/// The live channels of an account, in all workspaces.
///
/// # Errors
/// Those of the database.
pub async fn of_account(tx: &mut Tx, platform: &str, account: &str) -> Result<Vec<ChannelId>, db::Error> {
    store::all_of_account(tx, platform, account).await
}
