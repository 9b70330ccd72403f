//! What Telegram is like today: the knob `own` of the Telegram network.

use serde::{Deserialize, Serialize};

/// `own` in full; each key may be left out. A number `…_one_in` hits one call in so many by chance; 0 none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many sends are answered as while the server restarts, although the message is there.
    pub restart_one_in: u64,
    /// How many sends are slow.
    pub slow_one_in: u64,
    /// How slow, in milliseconds of real time: half before the message is there, half after it.
    pub slow_ms: u64,
}
