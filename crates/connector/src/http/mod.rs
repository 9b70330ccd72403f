//! The only way out to the network (S-51): guarded addresses, no retries, no redirects on writes, every exchange recorded.
//!
//! [`Guard`] is made once per process. Each call of a connector gets its own [`Http`], whose recorded exchanges
//! become the story of an attempt. Retrying is the engine's business, never this module's.

mod address;
mod body;
mod budget;
mod clients;
mod dns;
mod exchange;
mod fetch;
mod guard;
mod incoming;
mod outgoing;
mod reply;
mod request;
#[cfg(test)]
mod tests;

pub use address::is_public;
pub use body::FilePart;
pub use budget::{Budget, Budgets};
pub use dns::{Lookup, SystemLookup};
pub use exchange::Exchange;
pub use fetch::Fetched;
pub use guard::{AllowedRange, Guard, GuardRules, Policy, Refusal};
pub use reply::{JSON_DEPTH_MAX, Reply};
pub use request::Request;

use std::sync::{Arc, Mutex, PoisonError};

use base::Clock;

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Transport {
    /// No byte of the request was written: DNS, connect, TLS.
    #[error("the server could not be reached: {0}")]
    NotSent(String),
    /// The guard refused the address; nothing was sent.
    #[error("the address is not allowed: {0}")]
    Refused(Refusal),
    /// The request, or a part of it, left; the answer did not come, or not whole.
    #[error("the answer was lost: {0}")]
    Lost(String),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
}

impl Transport {
    /// The cause alone, without the number of the rule that it comes from.
    pub fn plain(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.why.clone(),
            Self::NotSent(why) | Self::Lost(why) => {
                let is_rule = |rule: &str| rule.starts_with(['S', 'P']) && rule.chars().any(|c| c.is_ascii_digit());
                match why.split_once(": ") {
                    Some((rule, rest)) if rule.len() <= 6 && is_rule(rule) => rest.to_owned(),
                    _ => why.clone(),
                }
            }
            Self::TooLarge(most) => format!("more than {most} bytes"),
        }
    }
}

/// The way out for one piece of work.
#[derive(Clone)]
pub struct Http {
    guard: Guard,
    policy: Policy,
    clock: Arc<dyn Clock>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    budgets: Arc<Mutex<Budgets>>,
}

impl Http {
    pub(crate) fn new(guard: Guard, policy: Policy, clock: Arc<dyn Clock>) -> Self {
        Self { guard, policy, clock, exchanges: Arc::default(), budgets: Arc::default() }
    }

    /// The same way, to this address's server and nowhere else: an account's own server, say.
    pub fn only(&self, address: &str) -> Self {
        let host = url::Url::parse(address).ok().and_then(|url| crate::about::authority(&url));
        let hosts = host.map_or_else(|| Policy::nowhere().hosts, |host| vec![host]);
        Self { policy: Policy { hosts, ..self.policy.clone() }, ..self.clone() }
    }

    /// Begins a request. `name` says in the story what is asked for (`upload image`).
    pub fn request(&self, name: &'static str, method: http::Method, url: impl AsRef<str>) -> Request {
        Request::new(self.clone(), name, method, url.as_ref())
    }

    /// The same way, to pages that a person gave the address of: redirects are followed (S-53), and what they say of
    /// budgets is not the platform's.
    pub fn for_pages(&self) -> Self {
        let policy = Policy::fetch(self.policy.answer_bytes_max);
        Self { policy, budgets: Arc::default(), ..self.clone() }
    }

    /// A read.
    pub fn get(&self, name: &'static str, url: impl AsRef<str>) -> Request {
        self.request(name, http::Method::GET, url)
    }

    /// A write.
    pub fn post(&self, name: &'static str, url: impl AsRef<str>) -> Request {
        self.request(name, http::Method::POST, url)
    }

    /// What was said since the last call of this.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the answers since the last call of this have told of calls that are left: the strictest of each.
    pub fn take_budgets(&self) -> Budgets {
        std::mem::take(&mut *self.budgets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note_budgets(&self, headers: &http::HeaderMap) {
        let told = Budgets::read(headers, self.clock.now());
        let mut known = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        *known = known.stricter(told);
    }

    fn record(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}
