//! What the connectors share: what is the same from one network to the next, built once.
//!
//! It stands beside the connectors and not in `connector`, which is what the product sees of a platform: the product must
//! not come to lean on how a connector works. A connector brings its network's JSON, its table of refusals, its texts and
//! what only its network has. Nothing here knows a network by name.

pub(crate) mod judge;
pub(crate) mod oauth;
pub(crate) mod parts;
pub(crate) mod peer;
pub(crate) mod read_back;
pub(crate) mod rules;
pub(crate) mod upload;
