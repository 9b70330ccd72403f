//! What every feature is given: the database, time, chance, the connectors, the way out, the vault.

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

use base::{Clock, Random};
use connector::{Connectors, http::Guard};
use db::Db;
use url::Url;

/// The installation at work. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The platforms of this installation.
    pub connectors: Connectors,
    /// The way out to the network.
    pub guard: Guard,
    /// What the operator has set.
    pub settings: Settings,
}

/// What the operator has set, as far as features need it. Read once at start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our own address as browsers and platforms see it.
    pub public_url: Url,
    /// Addresses that stand in for a platform's own: platform id, then the connector's name for the address.
    pub endpoints: BTreeMap<String, BTreeMap<String, Url>>,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
