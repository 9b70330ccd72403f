//! The list of networks. Nothing else lists them: servers, ports, pages, the demo and the crash tests go over it.
//!
//! A new network is a folder with an `ABOUT`, its module in `lib.rs`, and a line at the end of this file.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::{Core, Twin};

/// What is known of a network before it runs.
#[derive(Debug)]
pub struct About {
    /// The word in addresses, files and JSON: the enum's name in snake case.
    pub id: &'static str,
    /// The name people read.
    pub title: &'static str,
    /// The port in a demo, unless it is taken.
    pub port: u16,
    /// Makes the network on its ground.
    pub make: fn(Arc<Core>) -> Arc<dyn Twin>,
    /// What the knob `own` is set to in crash tests, name by name: what happens now and then on the network.
    pub rough: &'static [(&'static str, u64)],
    /// The platforms that it plays. Most networks play one; one company's app can have several.
    pub platforms: &'static [Platform],
}

/// A platform as an installation knows it: what to set up so that the network takes the platform's place.
#[derive(Debug)]
pub struct Platform {
    /// The platform's id.
    pub id: &'static str,
    /// The app that the network knows from the start: what is entered at an installation, name by name. Empty if no app
    /// has to be entered.
    pub app: &'static [(&'static str, &'static str)],
    /// The names of addresses that lead to the network instead. Empty if a person enters the address.
    pub endpoints: &'static [&'static str],
    /// The account that the demo connects; empty where it connects none, and a person can.
    pub account: &'static str,
    /// What a person enters to connect an account, at this origin.
    pub enters: fn(origin: &Url, account: &str) -> Value,
}

impl Platform {
    /// What is entered at an installation, if anything has to be.
    pub fn app(&self) -> Option<Value> {
        let values = self.app.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        (!self.app.is_empty()).then(|| Value::Object(values.collect()))
    }
}

/// For a platform at which nothing is entered.
pub fn nothing(_: &Url, _: &str) -> Value {
    Value::Object(Map::new())
}

/// The port of the control origin in a demo, unless it is taken.
const CONTROL_PORT: u16 = 4004;

/// The ports to listen on, all on 127.0.0.1; 0 takes any free one. In JSON an object of ports by network, with `control`
/// among them; a network that it does not name takes any port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ports(BTreeMap<String, u16>);

impl Ports {
    const CONTROL: &str = "control";

    /// Those of a demo, unless one is taken.
    pub fn usual() -> Self {
        Network::ALL.iter().fold(Self::default().with_control(CONTROL_PORT), |ports, network| {
            ports.with(*network, network.about().port)
        })
    }

    /// The same with this port for a network.
    #[must_use]
    pub fn with(mut self, network: Network, port: u16) -> Self {
        self.0.insert(network.as_str().to_owned(), port);
        self
    }

    /// The same with this port for the index page, ledger, knobs and traffic.
    #[must_use]
    pub fn with_control(mut self, port: u16) -> Self {
        self.0.insert(Self::CONTROL.to_owned(), port);
        self
    }

    /// That of a network.
    pub fn of(&self, network: Network) -> u16 {
        self.0.get(network.as_str()).copied().unwrap_or_default()
    }

    /// That of the index page, ledger, knobs and traffic.
    pub fn control(&self) -> u16 {
        self.0.get(Self::CONTROL).copied().unwrap_or_default()
    }
}

macro_rules! networks {
    ($($(#[doc = $doc:literal])* $(#[cfg($when:meta)])? $name:ident = $module:ident,)*) => {
        /// A network that has a twin here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Network {
            $($(#[doc = $doc])* $(#[cfg($when)])? $name,)*
        }

        impl Network {
            /// All of them, in the order of the index page.
            pub const ALL: &[Network] = &[$($(#[cfg($when)])? Network::$name),*];

            /// What is known of it before it runs.
            pub const fn about(self) -> &'static About {
                match self {
                    $($(#[cfg($when)])? Network::$name => &crate::$module::ABOUT,)*
                }
            }
        }
    };
}

impl About {
    /// The knob `own` of a rough day; see [`About::rough`].
    pub fn rough_day(&self) -> Map<String, Value> {
        self.rough.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
    }
}

impl Network {
    /// The word in addresses, files and JSON.
    pub const fn as_str(self) -> &'static str {
        self.about().id
    }

    /// The name people read.
    pub const fn title(self) -> &'static str {
        self.about().title
    }

    /// Reads [`Network::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|network| network.as_str() == text)
    }
}

networks! {
    /// A Bluesky PDS with its directory and reading side.
    Bluesky = bluesky,
    /// A Mastodon instance.
    Mastodon = mastodon,
    /// X.
    X = x,
    /// Threads.
    Threads = threads,
    /// Facebook, for pages.
    Facebook = facebook,
    /// Instagram.
    Instagram = instagram,
    /// WhatsApp, for businesses.
    Whatsapp = whatsapp,
    /// Telegram, for bots.
    Telegram = telegram,
    /// LinkedIn, for members and organisations.
    Linkedin = linkedin,
    /// The template for new ones, which is only tested.
    #[cfg(test)]
    Noticeboard = noticeboard,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_network_has_a_word_a_port_and_platforms_of_its_own() {
        let ports: BTreeSet<u16> = Network::ALL.iter().map(|network| network.about().port).collect();
        assert!(ports.len() == Network::ALL.len() && !ports.contains(&CONTROL_PORT), "{ports:?}");
        let platforms = Network::ALL.iter().flat_map(|network| network.about().platforms).map(|platform| platform.id);
        let (ids, count): (BTreeSet<_>, _) = (platforms.clone().collect(), platforms.count());
        assert_eq!(ids.len(), count, "{ids:?}");
        for network in Network::ALL {
            assert_eq!(serde_json::to_value(network).expect("a word"), network.as_str());
            assert_eq!(Network::parse(network.as_str()), Some(*network));
            assert!(!network.about().platforms.is_empty(), "{network:?}");
        }
    }

    #[test]
    fn ports_are_read_from_a_file_that_does_not_know_all_networks() {
        let ports: Ports = serde_json::from_str(r#"{"x":4003,"control":4004,"once":9}"#).expect("ports");
        assert_eq!((ports.of(Network::X), ports.of(Network::Bluesky), ports.control()), (4003, 0, 4004));
        assert_eq!(Ports::usual().of(Network::Mastodon), 4002);
    }
}
