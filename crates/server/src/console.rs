//! Commands for the operator at the server's console: `fanfare password-link`, `fanfare confirm-email`, `fanfare keys`,
//! `fanfare doctor checkpoints`.
//! They can run beside a running installation.

use std::{future::Future, sync::Arc};

use anyhow::{Context as _, ensure};
use app::{App, people, secrets::Rotated};
use base::{Secret, SystemClock};
use serde_json::json;

use crate::{say, settings::Settings, wiring};

/// Prints a link for setting a new password for the account with this address.
///
/// # Errors
/// If no account has the address, or the installation can't be opened.
pub async fn password_link(settings: &Settings, email: &Secret<String>, as_json: bool) -> anyhow::Result<()> {
    let made = with(settings, |app| async move { Ok(people::password_link(&app, email).await?) }).await?;
    if as_json {
        say::out(json!({ "link": made.link, "expires_at": made.expires_at }));
    } else {
        say::out("Open this link, or send it to them. It works once, for one day, and ends all their sessions:");
        say::out(format_args!("  {}", made.link));
    }
    Ok(())
}

/// Changes or confirms the address that a person signs in with.
///
/// # Errors
/// If no account has the first address, another account has the second, or the installation can't be opened.
pub async fn confirm_email(settings: &Settings, present: &Secret<String>, new: &Secret<String>) -> anyhow::Result<()> {
    with(settings, |app| async move { Ok(people::confirm_email(&app, present, new).await?) }).await?;
    say::out(format_args!("Confirmed. They now sign in with {}.", new.expose()));
    Ok(())
}

/// Re-encrypts every secret, beside a running installation. Run it after adding a new key above the old one in the key
/// file and restarting Fanfare; the old key is then no longer needed.
///
/// # Errors
/// If the keys can't be used, or the installation can't be opened.
pub async fn rotate_keys(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let done = with(settings, |app| async move { Ok(app::secrets::rotate(&app).await?) }).await?;
    let Rotated { wrapped, data_keys, values, checkpoints } = done;
    if as_json {
        say::out(json!({ "wrapped": wrapped, "data_keys": data_keys, "values": values, "checkpoints": checkpoints }));
    } else {
        say::out(format_args!(
            "Done: {wrapped} data keys wrapped with the current key, {data_keys} new data keys, {values} values re-encrypted, \
             {checkpoints} checkpoints of the audit log signed again. `fanfare doctor` shows whether an older key is still needed."
        ));
    }
    Ok(())
}

/// Prints the newest signed checkpoint of each chain of the audit log, as JSON, one per line.
///
/// # Errors
/// If the installation can't be opened.
pub async fn checkpoints(settings: &Settings) -> anyhow::Result<()> {
    let newest = with(settings, |app| async move { Ok(app::audit::checkpoints::newest(&app.db).await?) }).await?;
    for one in newest {
        say::out(serde_json::to_string(&one)?);
    }
    Ok(())
}

async fn with<T, F: Future<Output = anyhow::Result<T>>>(
    settings: &Settings,
    work: impl FnOnce(App) -> F,
) -> anyhow::Result<T> {
    let file = settings.data.join("fanfare.db");
    ensure!(
        settings.database.is_some() || file.exists(),
        "no installation found in {}; give its settings file with --settings, or its folder with FANFARE_DATA",
        settings.data.display()
    );
    wiring::with_database(settings, async |db| {
        let app = wiring::installation(settings, db, None, Arc::new(SystemClock)).await?;
        work(app).await.context("nothing was changed")
    })
    .await
}
