//! What whoever has the server's console can do for people: `fanfare password-link` and `fanfare confirm-email`. Both may run
//! beside a running installation.

use std::{future::Future, sync::Arc};

use anyhow::{Context as _, ensure};
use app::{App, people};
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
