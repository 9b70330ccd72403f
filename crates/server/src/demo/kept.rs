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
    email: String,
    password: String,
    key: String,
    seeded: bool,
    /// The sandbox's, each under its network's name beside the rest. A network that is newer than the file has none.
    #[serde(flatten)]
    ports: Ports,
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
        self.facts.port.map(|_| self.facts.ports.clone())
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

    pub fn remember_ports(&mut self, port: u16, ports: Ports) -> anyhow::Result<()> {
        self.facts.port = Some(port);
        self.facts.ports = ports;
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

#[cfg(test)]
mod tests {
    use sandbox::Network;

    use super::*;

    #[test]
    fn a_demo_from_before_a_network_came_keeps_its_ports_and_gives_the_new_one_any() {
        let folder = tempfile::tempdir().unwrap();
        let older = r#"{ "port": 4100, "mastodon": 4102, "x": 4103, "control": 4104, "email": "demo@example.org",
                         "password": "p", "key": "k", "seeded": true }"#;
        std::fs::write(folder.path().join("demo.json"), older).unwrap();
        let mut kept = Kept::open(folder.path()).unwrap();
        let ports = kept.ports().unwrap();
        assert_eq!(
            (ports.of(Network::Mastodon), ports.of(Network::X), ports.control(), ports.of(Network::Bluesky)),
            (4102, 4103, 4104, 0)
        );
        assert_eq!((kept.port(), kept.is_seeded(), kept.key().expose().as_str()), (Some(4100), true, "k"));
        kept.remember_ports(4100, ports.with(Network::Bluesky, 4101)).unwrap();
        let again = Kept::open(folder.path()).unwrap();
        assert_eq!((again.ports().unwrap().of(Network::Bluesky), again.is_seeded()), (4101, true));
    }
}
