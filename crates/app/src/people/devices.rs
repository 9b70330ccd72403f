//! Devices that someone has signed in on: a cookie that lets them through when strangers use up the attempts for their account
//! (S-37). It proves no identity; the password is asked for all the same. Nothing is stored here: the cookie carries a random name
//! and the vault's digest of it with the account.

use crate::{App, secrets::VaultError};

async fn seal(app: &App, account: &[u8], name: &str) -> Result<String, VaultError> {
    let text = format!("{}:{name}", hex::encode(account));
    Ok(hex::encode(app.vault.index(None, "device", &text).await?))
}

/// What this device is to show next time.
pub(super) async fn remembered(app: &App, account: &[u8]) -> Result<String, VaultError> {
    let name = base::random::token::<16>(&*app.random);
    Ok(format!("{name}.{}", seal(app, account, &name).await?))
}

/// Whether what a device shows was given to it after a sign-in to this account.
pub(super) async fn is_known(app: &App, account: &[u8], said: Option<&str>) -> Result<bool, VaultError> {
    let Some((name, shown)) = said.and_then(|said| said.split_once('.')).filter(|(name, _)| name.len() <= 64) else {
        return Ok(false);
    };
    let wanted = seal(app, account, name).await?;
    Ok(bool::from(subtle::ConstantTimeEq::ct_eq(wanted.as_bytes(), shown.as_bytes())))
}
