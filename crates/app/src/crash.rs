//! Named points at which a test can let the process die, as by `kill -9`.
//!
//! `FANFARE_CRASH_AT=name` (read by the server's settings, never here) arms one point; the process aborts the first
//! time it is reached. A list of all points lets a test prove that each was hit.

use std::sync::OnceLock;

static ARMED: OnceLock<String> = OnceLock::new();

/// Every point, in the order in which a publication passes them.
pub const POINTS: &[&str] = &[
    "claimed",
    "prepared",
    "handle_journaled",
    "armed",
    "answered",
    "accepted",
    "part_done",
    "doubt_stored",
    "looked_up",
    "refresh_journaled",
    "refresh_answered",
    "refresh_stored",
    "video_converted",
];

/// Arms a point for this process; once. `false` if there is no such point.
pub fn arm(name: &str) -> bool {
    POINTS.contains(&name) && ARMED.set(name.to_owned()).is_ok()
}

/// Dies here if this point is armed.
pub fn point(name: &'static str) {
    debug_assert!(POINTS.contains(&name), "{name} is not in the list of crash points");
    if ARMED.get().is_some_and(|armed| armed == name) {
        // No destructor runs and nothing is flushed: the nearest thing to a power cut that a process can do to itself.
        std::process::abort();
    }
}
