//! `fanfare channels` and `fanfare connect`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Api, Told, Way, items, text};
use crate::say;

/// How long `connect` waits for consent; the attempt itself expires then, too.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Lists the channels.
///
/// # Errors
/// See [`Told`].
pub async fn list(api: &Api, way: Way) -> Result<(), Told> {
    let channels = api.get("/v1/channels").await?;
    way.tell(&channels, |channels| {
        if items(channels).next().is_none() {
            say::out("No channels yet. Connect one with `fanfare connect PLATFORM`.");
        }
        items(channels).for_each(line);
    });
    Ok(())
}

fn line(channel: &Value) {
    let (platform, handle, state) = (text(channel, "platform"), text(channel, "handle"), text(channel, "state"));
    say::out(format_args!("{:<9} {handle:<28} {state:<15} {}", platform, text(channel, "id")));
    if let Some(reason) = channel["reason"].as_str() {
        say::out(format_args!("          {reason}"));
    }
}

/// The arguments of `connect`.
pub struct Wanted {
    /// The platform.
    pub platform: String,
    /// `name=value`, one for each field that the platform asks for.
    pub fields: Vec<String>,
    /// Whether to use an app password or token instead of the platform's consent page.
    pub password: bool,
}

/// Connects an account.
///
/// # Errors
/// See [`Told`].
pub async fn connect(api: &Api, wanted: Wanted, way: Way) -> Result<(), Told> {
    let mut input = Map::new();
    for field in &wanted.fields {
        let (name, value) = field
            .split_once('=')
            .ok_or_else(|| Told::Here(format!("`{field}` isn't a field; write it like handle=alice.example")))?;
        input.insert(name.to_owned(), value.into());
    }
    let kind = if wanted.password { "password" } else { "oauth" };
    let body = json!({ "platform": wanted.platform, "way": kind, "input": input });
    let begun = api.post("/v1/channels/connect", &body).await?;
    let Some(address) = begun["redirect_to"].as_str() else {
        tell(&begun["channels"], &begun["renewed"], way);
        return Ok(());
    };
    say::err("Open this link in a browser and give access on the platform's page:");
    say::err(format_args!("  {address}"));
    say::err("Waiting for up to ten minutes. Ctrl-C stops waiting; the link stays valid.");
    let attempt = wait(api, text(&begun, "connection")).await?;
    let all = api.get("/v1/channels").await?;
    let is_new = |channel: &&Value| attempt["channels"].as_array().is_some_and(|ids| ids.contains(&channel["id"]));
    let channels = items(&all).filter(is_new).cloned().collect();
    tell(&channels, &attempt["renewed"], way);
    Ok(())
}

fn tell(channels: &Value, renewed: &Value, way: Way) {
    way.tell(channels, |channels| {
        for channel in items(channels) {
            line(channel);
            if renewed.as_array().is_some_and(|ids| ids.contains(&channel["id"])) {
                say::out("          was already connected; its access is renewed");
            }
        }
    });
}

/// Waits until the browser returns from the consent page.
async fn wait(api: &Api, connection: &str) -> Result<Value, Told> {
    for _ in 0..PATIENCE.as_secs() {
        let attempt = api.get(&format!("/v1/connections/{connection}")).await?;
        match text(&attempt, "state") {
            "connected" => return Ok(attempt),
            "refused" => return Err(Told::Here(text(&attempt, "detail").to_owned())),
            "expired" => break,
            _ => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    Err(Told::here("no consent was given within ten minutes; run the command again"))
}

/// The named channels: by id, by handle, as `platform:handle`, or by a platform with only one channel.
///
/// # Errors
/// A name that matches no channel, or several.
pub async fn named(api: &Api, names: &[String]) -> Result<Vec<Value>, Told> {
    let all = api.get("/v1/channels").await?;
    let mut found: Vec<Value> = Vec::new();
    for name in names.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty()) {
        let channel = one(&all, name)?;
        if !found.iter().any(|known| known["id"] == channel["id"]) {
            found.push(channel.clone());
        }
    }
    if found.is_empty() { Err(Told::here("name at least one channel with --to")) } else { Ok(found) }
}

fn one<'v>(all: &'v Value, name: &str) -> Result<&'v Value, Told> {
    let handle = |channel: &Value| text(channel, "handle").trim_start_matches('@').to_lowercase();
    let wanted = name.trim_start_matches('@').to_lowercase();
    let fits: [&dyn Fn(&Value) -> bool; 4] = [
        &|channel| text(channel, "id") == name,
        &|channel| format!("{}:{}", text(channel, "platform"), handle(channel)) == wanted.replace(":@", ":"),
        &|channel| handle(channel) == wanted,
        &|channel| text(channel, "platform") == wanted,
    ];
    for fit in fits {
        let found: Vec<&Value> = items(all).filter(|channel| fit(channel)).collect();
        match found[..] {
            [] => {}
            [channel] => return Ok(channel),
            _ => {
                let ids: Vec<String> =
                    found.iter().map(|c| format!("{}:{}", text(c, "platform"), text(c, "handle"))).collect();
                return Err(Told::Here(format!(
                    "`{name}` matches {}; name one of them, or give its id",
                    ids.join(", ")
                )));
            }
        }
    }
    let known: Vec<String> = items(all).map(|c| format!("{}:{}", text(c, "platform"), text(c, "handle"))).collect();
    Err(Told::Here(format!("there is no channel `{name}`; the channels are: {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_found_however_it_is_named_unless_the_name_means_two() {
        let all = json!([
            { "id": "chan_1", "platform": "bluesky", "handle": "lena.test" },
            { "id": "chan_2", "platform": "x", "handle": "lena" },
            { "id": "chan_3", "platform": "mastodon", "handle": "lena" },
            { "id": "chan_4", "platform": "mastodon", "handle": "harbour@social.example" },
        ]);
        for (name, id) in [
            ("chan_2", "chan_2"),
            ("@Lena.test", "chan_1"),
            ("x", "chan_2"),
            ("x:@lena", "chan_2"),
            ("mastodon:lena", "chan_3"),
        ] {
            assert_eq!(one(&all, name).expect(name)["id"], id);
        }
        let two = one(&all, "lena").expect_err("two").to_string();
        assert!(two.contains("x:lena") && two.contains("mastodon:lena"), "{two}");
        assert!(one(&all, "mastodon").is_err());
        assert!(one(&all, "myspace").expect_err("none").to_string().contains("bluesky:lena.test"));
    }
}
