//! `fanfare trust`: the privacy profile, the policy that is made from it, and whether both are what the software does.

use std::path::Path;

use ::trust::{Facts, Policy, Preset, Profile};
use anyhow::{Context as _, bail};
use app::{App, privacy};
use base::words::{Language, Reader};
use connector::Connectors;
use serde_json::json;

use crate::{say, settings::Settings, wiring};

/// The profile of this name, or of the file at this path.
///
/// # Errors
/// If it is neither, or the file is no profile: with the line.
pub fn profile(named: &Path) -> anyhow::Result<Profile> {
    if let Some(preset) = named.to_str().and_then(Preset::named) {
        return Ok(preset.profile());
    }
    let text = std::fs::read_to_string(named).with_context(|| {
        let presets = Preset::ALL.map(Preset::name).join(", ");
        format!(
            "`privacy_profile` is {}, which is neither a file that can be read nor one of {presets}",
            named.display()
        )
    })?;
    Profile::read(&text)
        .map_err(|wrong| anyhow::anyhow!("the privacy profile {} can't be used: {wrong}", named.display()))
}

/// Prints a profile that an operator can begin with.
///
/// # Errors
/// If there is no such preset.
pub fn print_profile(name: &str) -> anyhow::Result<()> {
    let Some(preset) = Preset::named(name) else {
        bail!("there is no profile called {name}; there are {}", Preset::ALL.map(Preset::name).join(", "));
    };
    say::out(preset.text().trim_end());
    Ok(())
}

/// Says in the log what an installation that others can reach has not filled in yet: its policy says so, too.
pub fn warn_of_gaps(app: &App) {
    let gaps = app.settings.profile.missing();
    if gaps.is_empty() || app.settings.public_url.scheme() != "https" {
        return;
    }
    let fields: Vec<_> = gaps.iter().map(|gap| gap.0).collect();
    tracing::warn!(
        "the privacy policy at /privacy is incomplete: fill in {} in a profile of your own (`fanfare trust profile > profile.toml`) \
         and name it in `privacy_profile`",
        fields.join(", ")
    );
}

/// What the software of this installation does with people's data, and what its operator decided.
fn both(settings: &Settings) -> anyhow::Result<(Facts, Profile)> {
    ::trust::add_dutch();
    let of_app = wiring::of_app(settings, None)?;
    let facts = privacy::facts(&Connectors::new(platforms::all()), &of_app);
    Ok((facts, of_app.profile))
}

/// Prints the policy as Markdown, or as JSON.
///
/// # Errors
/// If the profile can't be read.
pub fn print_policy(settings: &Settings, language: Language, as_json: bool) -> anyhow::Result<()> {
    let (facts, profile) = both(settings)?;
    let said = Policy::of(&facts, &profile).said_to(&Reader { language, zone: None });
    if as_json {
        say::out(json!(said))
    } else {
        say::out(said.markdown().trim_end())
    }
    Ok(())
}

/// Compares the profile with the software: `true` if the policy says what the software does, and nothing is left to fill in.
///
/// # Errors
/// If the profile can't be read.
pub fn check(settings: &Settings, as_json: bool) -> anyhow::Result<bool> {
    let (facts, profile) = both(settings)?;
    let found = ::trust::check(&facts, &profile);
    if as_json {
        let list: Vec<_> = found.iter().map(|one| json!({ "about": one.about, "what": one.what.english() })).collect();
        say::out(json!({ "profile": profile.name, "version": profile.version(), "differences": list }));
        return Ok(found.is_empty());
    }
    for one in &found {
        say::out(format_args!("{}: {}", one.about, one.what.english()));
    }
    match found.len() {
        0 => say::out(format_args!("The policy of the profile {} says what the software does.", profile.name)),
        1 => say::out(format_args!("1 difference between the profile {} and the software.", profile.name)),
        many => say::out(format_args!("{many} differences between the profile {} and the software.", profile.name)),
    }
    Ok(found.is_empty())
}
