//! The demo's state in its data folder: ports, the owner's account, the command line's key.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base::Secret;
use sandbox::Ports;
use serde::{Deserialize, Serialize};

use crate::keys::write_private;

/// The file, readable only by its owner.
pub(super) struct Kept {
    folder: PathBuf,
    facts: Facts,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Facts {
    port: Option<u16>,
    bluesky: u16,
    mastodon: u16,
    x: u16,
    control: u16,
    email: String,
    password: String,
    key: String,
    seeded: bool,
}

impl Kept {
    /// Reads it, or creates one with a new password.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("demo.json");
        let facts = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!("{} does not read; delete the folder {} to begin anew", path.display(), folder.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Facts {
                email: "demo@example.org".to_owned(),
                password: super::new_password().expose().clone(),
                ..Facts::default()
            },
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        Ok(Self { folder: folder.to_owned(), facts })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn port(&self) -> Option<u16> {
        self.facts.port
    }

    pub fn ports(&self) -> Option<Ports> {
        let Facts { bluesky, mastodon, x, control, .. } = self.facts;
        self.facts.port.map(|_| Ports { bluesky, mastodon, x, control })
    }

    pub fn owner(&self) -> (String, Secret<String>) {
        (self.facts.email.clone(), Secret::from(self.facts.password.as_str()))
    }

    pub fn key(&self) -> Secret<String> {
        Secret::from(self.facts.key.as_str())
    }

    pub fn is_seeded(&self) -> bool {
        self.facts.seeded
    }

    pub fn remember_ports(&mut self, port: u16, ports: &Ports) -> anyhow::Result<()> {
        self.facts.port = Some(port);
        (self.facts.bluesky, self.facts.mastodon, self.facts.x, self.facts.control) =
            (ports.bluesky, ports.mastodon, ports.x, ports.control);
        self.save()
    }

    pub fn remember_key(&mut self, key: &Secret<String>) -> anyhow::Result<()> {
        self.facts.key = key.expose().clone();
        self.save()
    }

    pub fn remember_seeded(&mut self) -> anyhow::Result<()> {
        self.facts.seeded = true;
        self.save()
    }

    fn save(&self) -> anyhow::Result<()> {
        let path = self.folder.join("demo.json");
        let text = Secret::new(serde_json::to_string_pretty(&self.facts)?);
        write_private(&path, text.expose().as_bytes(), false)
            .with_context(|| format!("{} cannot be written", path.display()))
    }
}
