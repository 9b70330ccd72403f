//! Names become addresses here, once per connection, and only checked addresses go on to connect (S-53).
//!
//! An answer with one address that is closed is refused as a whole: a name that points both at the internet and into
//! our own network is an attack or a mistake. What was checked is what is connected to; nothing is looked up again.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{Door, GuardRules, Refusal};

/// Where the addresses of a name come from.
pub trait Lookup: Send + Sync {
    /// All addresses of this host name, in the order of preference.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// How long an answer serves further connections: thousands may open in the same second, for one look-up.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// The most names remembered at once.
const NAMES_MAX: usize = 1024;

type Answer = Result<Arc<[IpAddr]>, Arc<str>>;
type Asked = Shared<BoxFuture<'static, Answer>>;

/// Names asked for of late. Those who ask at the same time share one question.
pub(super) struct Names {
    lookup: Arc<dyn Lookup>,
    asked: Mutex<HashMap<String, (Instant, Asked)>>,
}

impl Names {
    pub(super) fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, asked: Mutex::default() }
    }

    async fn addresses(&self, host: &str) -> Answer {
        let asked = self.ask(host);
        let answer = asked.await;
        if answer.is_err() {
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
        }
        answer
    }

    fn ask(&self, host: &str) -> Asked {
        let now = Instant::now();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, earlier)) = asked.get(host)
            && now.duration_since(*at) < KEPT_FOR
        {
            return earlier.clone();
        }
        if asked.len() >= NAMES_MAX {
            asked.retain(|_, (at, _)| now.duration_since(*at) < KEPT_FOR);
        }
        if asked.len() >= NAMES_MAX {
            asked.clear();
        }
        let question = self.lookup.lookup(host.to_owned());
        let question = async move {
            match question.await {
                Ok(found) if found.is_empty() => Err("the name has no address".into()),
                Ok(found) => Ok(found.into()),
                Err(error) => Err(error.to_string().into()),
            }
        };
        let question = question.boxed().shared();
        asked.insert(host.to_owned(), (now, question.clone()));
        question
    }
}

/// The resolver of the client that goes through one [`Door`].
pub(super) struct Checked {
    pub(super) names: Arc<Names>,
    pub(super) rules: Arc<GuardRules>,
    pub(super) door: Door,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, rules, door) = (self.names.clone(), self.rules.clone(), self.door);
        Box::pin(async move {
            let found = names.addresses(name.as_str()).await.map_err(|why| io::Error::other(why.to_string()))?;
            for address in found.iter() {
                rules.permits(*address, door).map_err(Refusal::of_a_name)?;
            }
            let addresses: Vec<SocketAddr> =
                found.iter().map(|address| SocketAddr::new(address.to_canonical(), door.port)).collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
