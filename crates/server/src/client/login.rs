//! `fanfare login`, and the file that stores the address and the API key, readable only by its owner.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use base::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::{
    Way,
    api::{self, Api, Told},
    items, text,
};
use crate::{demo::cookies_of, keys::write_private, say, settings::Surroundings};

/// What the file stores.
#[derive(Serialize, Deserialize)]
struct Login {
    address: Url,
    key: String,
    /// Whether a demo wrote it; a demo only replaces a demo's login.
    #[serde(default)]
    demo: bool,
    /// Whether `login` created the key, so that `logout` revokes it.
    #[serde(default)]
    made: bool,
}

fn file(around: &Surroundings) -> Result<PathBuf, Told> {
    let own = || dirs::config_dir().map(|folder| folder.join("fanfare").join("login.toml"));
    around.login_file.clone().or_else(own).ok_or_else(|| {
        Told::here("this user has no settings folder; set FANFARE_LOGIN to the file that stores the login")
    })
}

fn read(path: &Path) -> Result<Option<Login>, Told> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Secret::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Told::Here(format!("{} can't be read: {error}", path.display()))),
    };
    let read = toml::from_str(text.expose());
    read.map(Some).map_err(|_| Told::Here(format!("{} is damaged; run `fanfare login` again", path.display())))
}

fn write(path: &Path, login: &Login) -> Result<(), Told> {
    let text = toml::to_string(login).map_err(|error| Told::Here(error.to_string()))?;
    let text = Secret::new(text);
    write_private(path, text.expose().as_bytes(), false)
        .map_err(|error| Told::Here(format!("{} can't be written: {error}", path.display())))
}

/// The API of the stored login.
///
/// # Errors
/// If there is no login.
pub fn api(around: &Surroundings) -> Result<Api, Told> {
    let path = file(around)?;
    let login = read(&path)?.ok_or_else(|| {
        Told::here("not logged in; run `fanfare login https://your.fanfare.example`, or `fanfare demo` to try it here")
    })?;
    Api::new(login.address, Secret::new(login.key))
}

/// The arguments of `login`.
pub struct Wanted {
    /// The installation.
    pub address: Url,
    /// An e-mail address to sign in with, instead of pasting a key.
    pub email: Option<String>,
}

/// Checks an API key, or creates one by signing in, and stores it.
///
/// # Errors
/// See [`Told`].
pub async fn login(wanted: Wanted, around: &Surroundings, way: Way) -> Result<(), Told> {
    let mut address = wanted.address;
    address.set_path("/");
    let made = wanted.email.is_some();
    let key = match wanted.email {
        Some(email) => make_key(&address, &email, &hidden(&format!("Password of {email}: "))?).await?,
        None => hidden("API key (fanfare_live_…): ")?,
    };
    let api = Api::new(address.clone(), key.clone())?;
    let channels = api.get("/v1/channels").await?;
    let path = file(around)?;
    write(&path, &Login { address: address.clone(), key: key.expose().clone(), demo: false, made })?;
    way.tell(&json!({ "address": address, "channels": items(&channels).count() }), |told| {
        say::out(format_args!("Logged in to {address} ({} channels). Stored in {}.", told["channels"], path.display()));
    });
    Ok(())
}

/// Removes the login; a key that was created for it is revoked.
///
/// # Errors
/// If there is none, or the key can't be revoked; the login then stays.
pub async fn logout(around: &Surroundings, way: Way) -> Result<(), Told> {
    let path = file(around)?;
    let login = read(&path)?.ok_or_else(|| Told::here("not logged in"))?;
    if login.made {
        let key = Secret::new(login.key);
        let api = Api::new(login.address.clone(), key.clone())?;
        match api.post("/v1/keys/revoke", &json!({ "key": key.expose() })).await {
            // A key that has already expired needs no revoking.
            Err(Told::Problem(problem)) if problem["status"] == 401 => {}
            revoked => drop(revoked?),
        }
    }
    std::fs::remove_file(&path).map_err(|error| Told::Here(format!("{} can't be removed: {error}", path.display())))?;
    way.tell(&json!({ "address": login.address, "revoked": login.made }), |_| {
        let key = if login.made { " and revoked its key" } else { "; the key itself stays valid" };
        say::out(format_args!("Logged out of {}{key}.", login.address));
    });
    Ok(())
}

/// Shows the installation of the login, and what its key may do.
///
/// # Errors
/// See [`Told`].
pub async fn whoami(around: &Surroundings, way: Way) -> Result<(), Told> {
    let path = file(around)?;
    let address = read(&path)?.map(|login| login.address);
    let api = api(around)?;
    let mut told = api.get("/v1/me").await?;
    told["address"] = json!(address);
    let may_read = told["key"]["permissions"].as_array().is_some_and(|all| all.contains(&json!("channels:read")));
    if may_read {
        told["channels"] = items(&api.get("/v1/channels").await?).count().into();
    }
    way.tell(&told, |told| {
        let (key, workspace) = (&told["key"], &told["workspace"]);
        say::out(format_args!("Logged in to {}. Stored in {}.", text(told, "address"), path.display()));
        say::out(format_args!("  workspace    {}", text(workspace, "name")));
        say::out(format_args!("  key          {}, until {}", text(key, "name"), text(key, "expires_at")));
        let permissions: Vec<&str> =
            key["permissions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        say::out(format_args!("  permissions  {}", permissions.join(", ")));
        let only = key["channels"].as_array().map(|only| format!("; the key reaches {} of them", only.len()));
        if let Some(channels) = told["channels"].as_u64() {
            let only = only.filter(|_| channels > 0).unwrap_or_default();
            say::out(format_args!("  channels     {channels}{only}"));
        }
    });
    Ok(())
}

async fn make_key(address: &Url, email: &str, password: &Secret<String>) -> Result<Secret<String>, Told> {
    let http = api::http()?;
    let at = |path: &str| address.join(path).map_err(|error| Told::Here(error.to_string()));
    let body = json!({ "email": email, "password": password.expose() });
    let begun = http.post(at("/v1/session")?).json(&body).send().await;
    let begun = begun.map_err(|error| Told::Here(format!("couldn't reach {address}: {}", error.without_url())))?;
    let cookie = cookies_of(begun.headers());
    if !begun.status().is_success() {
        let problem: Value = begun.json().await.unwrap_or_default();
        return Err(Told::Problem(Box::new(problem)));
    }
    let me = api::answer(address, http.get(at("/v1/me")?).header("cookie", cookie.expose())).await?;
    let permissions = &me["workspaces"][0]["permissions"];
    let may: Vec<&str> = permissions.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let may: Vec<&str> = may.into_iter().filter(|permission| *permission != "instance:operate").collect();
    let new = json!({ "name": "fanfare command line", "permissions": may });
    let request = http.post(at("/v1/keys")?).header("cookie", cookie.expose()).json(&new);
    let made = api::answer(address, request).await?;
    // The session was only needed to create the key.
    let _ = http.delete(at("/v1/session")?).header("cookie", cookie.expose()).json(&json!({})).send().await;
    Ok(Secret::from(text(&made, "secret")))
}

/// Reads a line without showing it as it is typed; it can also be piped in.
fn hidden(question: &str) -> Result<Secret<String>, Told> {
    let input = std::io::stdin();
    let terminal = input.is_terminal();
    let shown = terminal.then(|| rustix::termios::tcgetattr(&input).ok()).flatten();
    if terminal {
        say::ask(question);
    }
    if let Some(shown) = &shown {
        let mut silent = shown.clone();
        silent.local_modes.remove(rustix::termios::LocalModes::ECHO);
        let _ = rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Now, &silent);
    }
    let mut line = String::new();
    let read = input.read_line(&mut line);
    if let Some(shown) = &shown {
        let _ = rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Now, shown);
        say::err("");
    }
    let line = Secret::new(line);
    read.map_err(|error| Told::Here(format!("couldn't read from the terminal: {error}")))?;
    match line.expose().trim() {
        "" => Err(Told::here("nothing was entered")),
        entered => Ok(Secret::from(entered)),
    }
}

/// Stores the demo's key in its folder, and as the command line's login unless the person has one. Returns the file to
/// name in that case.
///
/// # Errors
/// If the file can't be written.
pub fn keep_for_demo(
    folder: &Path,
    address: &Url,
    key: &Secret<String>,
    around: &Surroundings,
) -> anyhow::Result<Option<PathBuf>> {
    let login = Login { address: address.clone(), key: key.expose().clone(), demo: true, made: false };
    let own = folder.join("login.toml");
    write(&own, &login).context("the demo's login couldn't be stored")?;
    let Ok(default) = file(around) else { return Ok(Some(own)) };
    let free = match read(&default) {
        Ok(None) => true,
        Ok(Some(before)) => before.demo,
        Err(_) => false,
    };
    if free && write(&default, &login).is_ok() { Ok(None) } else { Ok(Some(own)) }
}
