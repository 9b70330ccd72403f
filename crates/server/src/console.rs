//! Commands for the operator at the server's console: `fanfare password-link`, `fanfare confirm-email`, `fanfare erase-accounts`,
//! `fanfare keys`, `fanfare doctor checkpoints`.
//! They can run beside a running installation.

use std::{collections::BTreeSet, future::Future, sync::Arc};

use anyhow::{Context as _, ensure};
use app::{App, hooks::Listed, people, secrets::Rotated};
use base::{Clock as _, Secret, SystemClock, Timestamp};
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

/// Erases what is stored about the accounts of a list that a platform sent to the operator.
///
/// # Errors
/// If the list can't be read or names no account, there is no such platform, or the installation can't be opened.
pub async fn erase_accounts(
    settings: &Settings,
    platform: &str,
    file: &std::path::Path,
    sent_at: Option<&str>,
    as_json: bool,
) -> anyhow::Result<()> {
    let text = match file.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    let accounts = listed(&text.with_context(|| format!("{} can't be read", file.display()))?);
    ensure!(!accounts.is_empty(), "the list names no account");
    let sent_at = match sent_at {
        Some(text) => {
            Timestamp::parse(text).map_err(|_| anyhow::anyhow!("`{text}` is no time; write 2030-01-31T09:30:00Z"))?
        }
        None => SystemClock.now(),
    };
    let done =
        with(settings, |app| async move { Ok(app::hooks::erase_listed(&app, platform, &accounts, sent_at).await?) });
    let Listed { erased, unknown, waiting } = done.await?;
    if as_json {
        say::out(json!({ "erased": erased, "unknown": unknown, "waiting": waiting }));
    } else {
        say::out(format_args!("Erased: {erased} accounts. Of {unknown} accounts of the list, nothing was stored."));
        if waiting > 0 {
            say::out(format_args!("{waiting} more are carried out by the running Fanfare."));
        }
    }
    Ok(())
}

/// The IDs in a list, whatever stands between them: lines, commas, spaces, quotation marks or the brackets of JSON. Each has a
/// digit, so that the words of a heading are none.
fn listed(text: &str) -> BTreeSet<String> {
    let belongs = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':' | '/' | '@');
    let words = text.split(|letter| !belongs(letter)).map(|word| {
        let word = word.trim_matches(|letter| matches!(letter, ':' | '.' | '/'));
        // `user_id:218471`; what is known by letters has them behind its last colon, too.
        let number =
            word.rsplit_once(':').map(|(_, id)| id).filter(|id| id.bytes().all(|digit| digit.is_ascii_digit()));
        number.unwrap_or(word)
    });
    words.filter(|word| word.contains(|letter: char| letter.is_ascii_digit())).map(str::to_owned).collect()
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

#[cfg(test)]
mod tests {
    #[test]
    fn a_list_is_read_in_whatever_form_it_was_sent() {
        let expected = ["218471", "218472"].map(str::to_owned).into();
        for text in [
            "{\"user_id\":218471,\"x\":218472}",
            "user_id:218471 and 218472.",
            "218471\n218472\n",
            "user id\r\n218471,\r\n218472",
            "[\"218471\", \"218472\"]",
            "218471;218472;218471",
        ] {
            assert_eq!(super::listed(text), expected, "{text}");
        }
        assert!(super::listed("no ids\n").is_empty());
    }
}
