//! The platforms Fanfare can publish to: one folder each, and this list.

pub mod bluesky;
mod links;
pub mod mastodon;
pub mod x;

use std::sync::Arc;

use connector::Connector;

/// Every connector, in the order in which people see them.
pub fn all() -> Vec<Arc<dyn Connector>> {
    vec![Arc::new(bluesky::Bluesky::new()), Arc::new(mastodon::Mastodon), Arc::new(x::X)]
}
