//! What the network is like today: the knob `own`.

use serde::{Deserialize, Serialize};

/// `own` in full; each key may be left out. A number `…_one_in` hits one call in so many by chance; 0 none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many notices are answered as while the network is down, although they are up.
    pub down_one_in: u64,
}
