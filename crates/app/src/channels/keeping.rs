//! From a consent to channels: what is connected, what is renewed, and what is refused.

use std::collections::BTreeSet;

use base::{
    Code, Permission, Problem, Scope, Timestamp,
    ids::{ChannelId, GrantId},
    say,
};
use connector::{Connector, Found, Granted};
use db::Tx;

use super::{
    Channel, Fate, Waiting, checking, connecting, grants,
    store::{self, NewGrant, Target},
};
use crate::{App, audit, events, fault::Fault};

/// The most channels that a workspace may have.
pub const CHANNELS_MAX: usize = 500;

/// What a consent gives, as it is about to be kept.
pub(super) struct Consent<'a> {
    pub platform: &'a str,
    pub instance: &'a str,
    /// The grant that is there already and gives more.
    pub grant: Option<GrantId>,
    pub granted: Granted,
}

/// Which of what a consent gives becomes a channel. What is connected here by the same account is renewed in any case.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// All of it.
    All,
    /// What has these keys ([`key_of`]).
    These(BTreeSet<String>),
    /// Nothing new: this channel is reconnected.
    Again(ChannelId),
}

impl Wanted {
    fn has(&self, found: &Found) -> bool {
        match self {
            Self::All => true,
            Self::These(keys) => keys.contains(&key_of(found)),
            Self::Again(_) => false,
        }
    }
}

/// A channel that is connected now.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The channel.
    pub channel: Channel,
    /// It was connected before; its login is new.
    pub is_renewed: bool,
}

/// The name of something that a consent gives, within that consent.
pub(super) fn key_of(found: &Found) -> String {
    connecting::digest(&format!("{}\n{}", found.account.id, found.target_key))[..24].to_owned()
}

/// What stands behind something that a consent gives, before anything is chosen.
#[derive(Debug, Clone)]
pub(super) enum Behind {
    /// It is not connected.
    Nothing,
    /// It is connected in this workspace, by this account.
    Here(Channel),
    /// It is connected in this workspace, by another account.
    OtherAccount(Channel),
    /// It is connected in another workspace.
    Elsewhere(Channel),
}

/// What stands behind it.
///
/// # Errors
/// Those of the database.
pub(super) async fn behind(
    tx: &mut Tx,
    scope: &Scope,
    platform: &str,
    account: &str,
    found: &Found,
) -> Result<Behind, db::Error> {
    let known = store::of_account(tx, platform, &found.account.id, &found.target_key).await?;
    Ok(match known {
        None => Behind::Nothing,
        Some(channel) if channel.workspace != scope.workspace() => Behind::Elsewhere(channel),
        Some(channel) if channel.grant_account.0 == account || channel.account_id == account => Behind::Here(channel),
        Some(channel) => Behind::OtherAccount(channel),
    })
}

/// A consent, sealed and ready for the transaction that keeps it.
pub(super) struct Ready {
    scope: Scope,
    platform: String,
    account: String,
    handle: String,
    grant: Grant,
    screen: String,
    /// Whether the platform is to be asked for messages about new channels.
    wants_check: bool,
    targets: Vec<(ChannelId, String, Target)>,
    now: Timestamp,
    waiting: Waiting,
}

enum Grant {
    New(Box<NewGrant>),
    There(GrantId),
}

/// Seals a consent.
///
/// # Errors
/// Those of the vault.
pub(super) async fn ready(
    app: &App,
    scope: &Scope,
    connector: &dyn Connector,
    Consent { platform, instance, grant, granted }: Consent<'_>,
) -> Result<Ready, Fault> {
    let (now, workspace) = (app.clock.now(), scope.workspace());
    let named_by = connector.webhooks().and_then(|hooks| hooks.named_by(&granted));
    let Granted { account, tokens, scopes, channels } = granted;
    let grant = match grant {
        Some(id) => Grant::There(id),
        None => {
            let id = GrantId::new(now, &*app.random);
            Grant::New(Box::new(NewGrant {
                id,
                workspace,
                platform: platform.to_owned(),
                instance: instance.to_owned(),
                account_id: account.id.clone(),
                handle: account.handle.clone(),
                named_by,
                check_at: checking::first(app, connector, now),
                scopes: scopes.join(" "),
                tokens: grants::seal(app, workspace, id, &tokens).await?,
                expiry: grants::expiry(&tokens, now),
                now,
            }))
        }
    };
    let mut targets = Vec::new();
    for found in channels {
        let target = grants::seal_target(app, workspace, platform, found).await?;
        targets.push((ChannelId::new(now, &*app.random), base::random::token::<16>(&*app.random), target));
    }
    Ok(Ready {
        scope: scope.clone(),
        platform: platform.to_owned(),
        account: account.id,
        handle: account.handle,
        grant,
        screen: connecting::screen_hash(connector),
        wants_check: checking::subscriptions(connector).is_some(),
        targets,
        now,
        waiting: app.waiting,
    })
}

impl Ready {
    /// Stores a consent and what is wanted of it, all or nothing. What waited for this login continues.
    ///
    /// # Errors
    /// A right that ended, a channel of another workspace or account, too many channels; those of the database.
    pub(super) async fn keep(&self, tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Kept>, Fault> {
        let (scope, now) = (&self.scope, self.now);
        let (permissions, reached) = connecting::standing_of(tx, scope.workspace(), scope.actor(), now).await?;
        if !permissions.contains(&Permission::ChannelsManage) {
            return Err(connecting::ended().into());
        }
        let grant = match &self.grant {
            Grant::New(new) => {
                store::insert_grant(tx, new).await?;
                new.id
            }
            Grant::There(id) if store::lock_active(tx, *id).await? => *id,
            Grant::There(_) => return Err(connecting::ended().into()),
        };
        if let Wanted::Again(id) = wanted {
            self.is_its_account(tx, *id).await?;
        }
        let mut kept = Vec::new();
        for (id, consent, target) in &self.targets {
            let found = &target.found;
            let known = behind(tx, scope, &self.platform, &self.account, found).await?;
            let (id, is_renewed) = match known {
                Behind::Elsewhere(_) if wanted.has(found) => return Err(elsewhere(&found.account.handle).into()),
                Behind::Here(channel) => {
                    self.renew(tx, grant, &channel, target).await?;
                    (channel.id, true)
                }
                // Someone chose it: from now on it is published there with this account.
                Behind::OtherAccount(channel) if matches!(wanted, Wanted::These(_)) && wanted.has(found) => {
                    self.renew(tx, grant, &channel, target).await?;
                    (channel.id, true)
                }
                Behind::Nothing if wanted.has(found) => {
                    // A key that is limited to some channels adds none (S-23).
                    if reached.is_some() {
                        return Err(connecting::ended().into());
                    }
                    if store::count(tx, scope.workspace()).await? >= CHANNELS_MAX {
                        return Err(too_many().into());
                    }
                    store::insert(tx, *id, scope.workspace(), grant, &self.platform, target, now).await?;
                    (*id, false)
                }
                Behind::Elsewhere(_) | Behind::OtherAccount(_) | Behind::Nothing => continue,
            };
            let Some(channel) = store::get(tx, scope.workspace(), id).await? else { continue };
            self.record(tx, &channel, consent).await?;
            kept.push(Kept { channel, is_renewed });
        }
        if let Grant::There(id) = &self.grant {
            store::renewed(tx, *id).await?;
            if self.wants_check {
                store::end_check(tx, *id, now, 0).await?;
            }
        }
        // Nothing of it was wanted: no grant without a channel stays.
        store::end_unused_grant(tx, grant, &say!("None of its channels was connected.")).await?;
        Ok(kept)
    }

    async fn renew(&self, tx: &mut Tx, grant: GrantId, channel: &Channel, target: &Target) -> Result<(), Fault> {
        store::seen(tx, channel.id, grant, target, self.now).await?;
        if channel.grant != grant {
            store::end_unused_grant(tx, channel.grant, &say!("It was replaced by a newer login.")).await?;
        }
        (self.waiting)(tx, channel.id, Fate::Reconnected, self.now).await?;
        Ok(())
    }

    async fn record(&self, tx: &mut Tx, channel: &Channel, consent: &str) -> Result<(), Fault> {
        let (scope, now) = (&self.scope, self.now);
        let by = scope.actor().to_string();
        store::record_consent(tx, consent, channel, &by, "given", &self.screen, now).await?;
        audit::record(tx, scope, now, audit::Act::new("channel.connected", channel.id)).await?;
        let data = serde_json::json!({ "platform": channel.platform });
        events::emit(tx, scope.workspace(), "channel.connected", &channel.id.to_string(), data, now).await?;
        Ok(())
    }

    /// A channel is reconnected by the account that connected it, and only so (S-14).
    async fn is_its_account(&self, tx: &mut Tx, id: ChannelId) -> Result<(), Fault> {
        let expected = store::get(tx, self.scope.workspace(), id).await?;
        let Some(channel) = expected else { return Err(Problem::not_found("channel").into()) };
        let same = channel.grant_account.0 == self.account || channel.account_id == self.account;
        let given = self.targets.iter().any(|(_, _, target)| checking::is_channel(&channel, &target.found));
        match (same, given) {
            (true, true) => Ok(()),
            (true, false) => Err(not_given(&channel, &self.handle)),
            (false, _) => Err(other_account(&channel, &self.handle)),
        }
    }
}

fn too_many() -> Problem {
    let detail = say!("A workspace can have at most {max} channels. Disconnect some first.", max = CHANNELS_MAX);
    Problem::field("/channels", detail)
}

fn elsewhere(handle: &str) -> Problem {
    let detail = say!("{handle} is connected in another workspace of this installation.");
    Problem::new(Code::ChannelElsewhere, detail)
}

fn other_account(channel: &Channel, came: &str) -> Fault {
    let expected = channel.grant_account.1.as_deref().unwrap_or(&channel.handle);
    let detail = say!(
        "You signed in as {came}, but this channel is {expected}. Nothing was changed. Sign out of {came} at the platform, or choose {expected} there, and reconnect. To publish as {came} too, connect it as a separate channel."
    );
    Problem::new(Code::OtherAccount, detail).with("expected", expected).with("came", came).into()
}

fn not_given(channel: &Channel, came: &str) -> Fault {
    let detail = say!(
        "You signed in as {came}, but gave no access to {name}. Nothing was changed. Reconnect, and select {name} on the platform's page. If it isn't listed there, it was deleted or {came} lost access to it.",
        name = channel.name.clone()
    );
    Problem::new(Code::ConnectFailed, detail).into()
}
