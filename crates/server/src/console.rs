//! What whoever has the server's console can do: `fanfare password-link`, `fanfare confirm-email`, `fanfare keys`. They may
//! run beside a running installation.

use std::{future::Future, sync::Arc};

use anyhow::{Context as _, ensure};
use app::{App, people, secrets::Rotated};
use base::{Secret, SystemClock};
use serde_json::json;

use crate::{say, settings::Settings, wiring};

/// Prints a link by which whoever signs in with this address chooses a new password.
///
/// # Errors
/// Nobody has the address; those of opening the installation.
pub async fn password_link(settings: &Settings, email: &Secret<String>, as_json: bool) -> anyhow::Result<()> {
    let made = with(settings, |app| async move { Ok(people::password_link(&app, email).await?) }).await?;
    if as_json {
        say::out(json!({ "link": made.link, "expires_at": made.expires_at }));
    } else {
        say::out("Open this link, or send it to them. It works once, within a day; then every old session ends:");
        say::out(format_args!("  {}", made.link));
    }
    Ok(())
}

/// Gives a person another address to sign in with, or confirms the one they have.
///
/// # Errors
/// Nobody has the first address, or somebody else has the second; those of opening the installation.
pub async fn confirm_email(settings: &Settings, present: &Secret<String>, new: &Secret<String>) -> anyhow::Result<()> {
    with(settings, |app| async move { Ok(people::confirm_email(&app, present, new).await?) }).await?;
    say::out(format_args!("Confirmed: they sign in with {} from now on.", new.expose()));
    Ok(())
}

/// Changes the keys of everything that is sealed, beside a running installation. After a new key was put above the old one
/// in the key file and Fanfare was restarted, this is what makes the old one superfluous.
///
/// # Errors
/// Those of the keys and of opening the installation.
pub async fn rotate_keys(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let done = with(settings, |app| async move { Ok(app::secrets::rotate(&app).await?) }).await?;
    let Rotated { wrapped, data_keys, values } = done;
    if as_json {
        say::out(json!({ "wrapped": wrapped, "data_keys": data_keys, "values": values }));
    } else {
        say::out(format_args!(
            "Done: {wrapped} data keys wrapped with the current key, {data_keys} new data keys, {values} values sealed anew. \
             `fanfare doctor` says when an older key is no longer needed."
        ));
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
        "there is no installation in {}; name its settings file with --settings, or its folder with FANFARE_DATA",
        settings.data.display()
    );
    let db = wiring::database(settings).await?;
    let app = wiring::installation(settings, db.clone(), None, Arc::new(SystemClock)).await?;
    let done = work(app).await.context("nothing was changed");
    db.close().await;
    done
}
