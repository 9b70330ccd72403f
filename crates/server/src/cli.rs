//! Every sub-command and its arguments.

use std::{path::PathBuf, process::ExitCode};

use base::words::Language;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::{
    backup,
    client::{ClientCommand, Told, Way, commands},
    console, demo, doctor, logs, say,
    serve::{self, Roles},
    settings::{Settings, Surroundings},
    trust, wiring,
};

/// Schedule once, publish on every platform, see what happened.
#[derive(Parser)]
#[command(
    name = "fanfare",
    version,
    max_term_width = 100,
    after_help = "Examples:\n  fanfare demo                                       try it, without any account\n  \
                  fanfare serve                                      run an installation\n  \
                  fanfare post \"Hello\" --to bluesky --now            publish\n  \
                  fanfare explain post_01…                           see what happened\n\n\
                  Run `fanfare help COMMAND` for details."
)]
struct Cli {
    /// The settings file; `fanfare.toml` in this folder by default.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try Fanfare with sandbox platforms, on this computer only
    Demo(DemoArgs),
    /// Run an installation: web app, API and publishing
    Serve,
    /// Run the web app and API only (for several nodes on one PostgreSQL)
    Web,
    /// Run publishing and background jobs only (for several nodes on one PostgreSQL)
    Work,
    /// Run only the sandbox platforms
    Sandbox(SandboxArgs),
    /// Migrate the database to this version
    Migrate,
    /// Check the installation; exits with 1 if a check fails
    Doctor(DoctorArgs),
    /// Print a one-time link for setting a new password
    PasswordLink {
        /// The e-mail address they sign in with.
        email: String,
    },
    /// Confirm or change a person's e-mail address
    ConfirmEmail {
        /// The address they sign in with.
        email: String,
        /// The new address; give the same one again to only confirm it.
        new: String,
    },
    /// Erase what is stored about accounts of a platform, by a list of their IDs that the platform sent
    EraseAccounts {
        /// The platform, as `facebook`.
        platform: String,
        /// The list; `-` for standard input. IDs are between line breaks, spaces, commas or quotation marks.
        file: PathBuf,
        /// When the platform sent it, as 2030-01-31T09:30:00Z; accounts that were connected later stay. By default now.
        #[arg(long, value_name = "TIME")]
        sent_at: Option<String>,
    },
    /// Manage the encryption keys
    Keys {
        #[command(subcommand)]
        act: KeysAct,
    },
    /// The privacy policy: is it what the software does?
    Trust {
        #[command(subcommand)]
        act: TrustAct,
    },
    /// Write a backup to a new folder (SQLite)
    Backup {
        /// The new folder.
        folder: PathBuf,
    },
    /// Put a backup into an empty data folder (SQLite)
    Restore {
        /// The backup's folder.
        folder: PathBuf,
    },
    /// Print a settings file with every setting, its default and its meaning
    Settings,
    /// Print the API document (OpenAPI 3.1)
    Openapi,
    /// Print shell completions
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Decode one image from standard input; Fanfare runs this itself
    #[command(hide = true)]
    Decode {
        /// What to make from the image.
        order: String,
    },
    /// Convert one video from standard input to standard output; Fanfare runs this itself
    #[command(hide = true)]
    Transcode {
        /// What to make from the video.
        order: String,
    },
    #[command(flatten)]
    Client(ClientCommand),
}

#[derive(Args)]
struct DemoArgs {
    /// The demo's folder; by default one in your data folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Use this empty PostgreSQL database instead of a file in the demo's folder. The calendar then has no past posts,
    /// because PostgreSQL has its own clock.
    #[arg(long, value_name = "ADDRESS")]
    database: Option<String>,
    /// Use any free ports at the first start.
    #[arg(long)]
    any_ports: bool,
}

#[derive(Args)]
struct SandboxArgs {
    /// Keep everything in this folder across restarts; without it, everything is in memory.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Use any free ports.
    #[arg(long)]
    any_ports: bool,
}

#[derive(Args)]
struct DoctorArgs {
    /// Compare the audit log with checkpoints that were kept elsewhere.
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    #[command(subcommand)]
    act: Option<DoctorAct>,
}

#[derive(Subcommand)]
enum DoctorAct {
    /// Generate a key for the key file
    NewKey,
    /// Print the newest signed checkpoint of each chain of the audit log, one per line, to be kept elsewhere
    Checkpoints,
    /// Check that the running installation is ready, for container health checks; exits with 1 if it is not
    Ready,
}

#[derive(Subcommand)]
enum KeysAct {
    /// Re-encrypt all secrets with new data keys, using the first key of the key file
    Rotate,
}

#[derive(Subcommand)]
enum TrustAct {
    /// Compare the privacy profile with the software; exits with 1 if they differ or something is not filled in
    Check,
    /// Print the privacy policy as Markdown
    Policy {
        /// Its language: `en` or `nl`.
        #[arg(long, default_value = "en", value_name = "LANGUAGE", value_parser = language)]
        language: Language,
    },
    /// Print a privacy profile to begin with
    Profile {
        /// `default`, `mind`, `socialconnect` or `postr`.
        #[arg(default_value = "default")]
        name: String,
    },
}

fn language(tag: &str) -> Result<Language, String> {
    let known = Language::ALL.iter().find(|language| language.tag() == tag);
    known.copied().ok_or_else(|| {
        format!("use one of: {}", Language::ALL.iter().map(|one| one.tag()).collect::<Vec<_>>().join(", "))
    })
}

/// The program.
pub fn main() -> ExitCode {
    logs::no_core_dumps();
    logs::close_files_to_others();
    let cli = Cli::parse();
    let json = cli.json;
    // Before any thread starts and any part of an installation opens.
    if let Command::Decode { order } = &cli.command {
        return app::media::decoding::serve(order);
    }
    if let Command::Transcode { order } = &cli.command {
        return app::media::transcoding::serve(order);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            say::err(format_args!("fanfare: threads can't be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            tell(&error, json);
            ExitCode::FAILURE
        }
    }
}

fn tell(error: &anyhow::Error, json: bool) {
    match error.downcast_ref::<Told>() {
        Some(told) if json => say::err(format_args!("{:#}", told.to_json())),
        Some(told) => say::err(format_args!("fanfare: {told}")),
        None => say::err(format_args!("fanfare: {error:#}")),
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let around = Surroundings::read();
    let file = cli.settings.clone().or_else(|| around.settings_file.clone());
    let load = || Settings::load(file.as_deref());
    match cli.command {
        Command::Demo(DemoArgs { data, database, any_ports }) => {
            // A demo uses only the log settings: it must never touch an installation's database.
            let log = load()?.log;
            start(&log, &around)?;
            demo::run(demo::Start { data, database: database.map(Into::into), any_ports }, log, &around).await?;
        }
        Command::Serve => roles(load()?, Roles::ALL, &around).await?,
        Command::Web => roles(load()?, Roles { web: true, work: false }, &around).await?,
        Command::Work => roles(load()?, Roles { web: false, work: true }, &around).await?,
        Command::Sandbox(SandboxArgs { data, any_ports }) => {
            start(&load()?.log, &around)?;
            demo::run_sandbox(data, any_ports).await?;
        }
        Command::Migrate => migrate(&load()?, cli.json).await?,
        Command::Doctor(DoctorArgs { act: Some(DoctorAct::NewKey), .. }) => doctor::new_key(),
        Command::Doctor(DoctorArgs { act: Some(DoctorAct::Checkpoints), .. }) => console::checkpoints(&load()?).await?,
        Command::Doctor(DoctorArgs { act: Some(DoctorAct::Ready), .. }) => doctor::ready(&load()?).await?,
        Command::Doctor(DoctorArgs { act: None, checkpoints }) => {
            if !doctor::run(load(), checkpoints.as_deref(), cli.json).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::PasswordLink { email } => console::password_link(&load()?, &email.into(), cli.json).await?,
        Command::ConfirmEmail { email, new } => console::confirm_email(&load()?, &email.into(), &new.into()).await?,
        Command::EraseAccounts { platform, file, sent_at } => {
            console::erase_accounts(&load()?, &platform, &file, sent_at.as_deref(), cli.json).await?;
        }
        Command::Keys { act: KeysAct::Rotate } => console::rotate_keys(&load()?, cli.json).await?,
        Command::Trust { act: TrustAct::Check } => {
            if !trust::check(&load()?, cli.json)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Trust { act: TrustAct::Policy { language } } => trust::print_policy(&load()?, language, cli.json)?,
        Command::Trust { act: TrustAct::Profile { name } } => trust::print_profile(&name)?,
        Command::Backup { folder } => backup::backup(&load()?, &folder, cli.json).await?,
        Command::Restore { folder } => backup::restore(&load()?, &folder, cli.json).await?,
        Command::Settings if cli.json => say::out(format_args!("{:#}", Settings::described())),
        Command::Settings => say::out(Settings::template().trim_end()),
        Command::Openapi => say::out(app::api::document().to_pretty_json()?),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "fanfare", &mut std::io::stdout());
        }
        // Answered before there was a runtime.
        Command::Decode { .. } | Command::Transcode { .. } => return Ok(ExitCode::FAILURE),
        Command::Client(command) => commands::run(command, &around, Way { json: cli.json }).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts what every long-running command has: the log, and the crash point if one is asked for.
fn start(log: &crate::settings::Log, around: &Surroundings) -> anyhow::Result<()> {
    logs::start(log)?;
    let Some(point) = &around.crash_at else { return Ok(()) };
    if !app::crash::arm(point) {
        let known = app::crash::POINTS.join(", ");
        anyhow::bail!("FANFARE_CRASH_AT is `{point}`, which isn't a crash point; use one of: {known}");
    }
    tracing::warn!("this process will crash at {point}, because FANFARE_CRASH_AT is set");
    Ok(())
}

async fn roles(settings: Settings, roles: Roles, around: &Surroundings) -> anyhow::Result<()> {
    start(&settings.log, around)?;
    serve::run(settings, roles).await
}

async fn migrate(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let applied = wiring::with_database(settings, async |db| {
        db.lock_instance()?;
        Ok(db.migrate().await?)
    })
    .await?;
    match applied[..] {
        _ if as_json => say::out(serde_json::json!({ "applied": applied })),
        [] => say::out("The database is up to date."),
        _ => applied.iter().for_each(|name| say::out(format_args!("Applied {name}"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_post_takes_exactly_one_time() {
        let parse = |words: &[&str]| Cli::try_parse_from([&["fanfare", "post", "-", "--to", "x"], words].concat());
        assert!(parse(&[]).is_err() && parse(&["--now", "--draft"]).is_err());
        assert!(parse(&["--zone", "Europe/Amsterdam", "--now"]).is_err());
        for fine in [&["--now"][..], &["--draft"], &["--next-slot", "--wait"], &["--at", "2030-01-31 09:30"]] {
            assert!(parse(fine).is_ok(), "{fine:?}");
        }
    }
}
