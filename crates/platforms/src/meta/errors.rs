//! The error envelope, `{"error":{"message","type","code","error_subcode","is_transient","fbtrace_id"}}`, and the codes that
//! mean the same at every network of Meta.
//!
//! The status is usually 400, so a code decides, its subcode before it, and `is_transient` after both. The trace id is in the
//! recorded exchange.

use std::time::Duration;

use crate::kit::judge::{Said, Shape, Sign, Told, Waits};

/// So long nothing is sent on a channel whose account is restricted for too many actions (2207051), or blocked for a while
/// (368): both end after hours, neither says when, and trying on makes them longer (Postiz 1681).
pub(crate) const RESTRICTED: Duration = Duration::from_secs(3 * 60 * 60);

/// There is no `Retry-After`; the headers tell the used share, and when some of it comes back. Where they don't, as with code 4,
/// which is about the whole app, Meta asks for waits that grow (graph-api, rate limiting).
pub(crate) const WAITS: Waits = Waits {
    told: &[Told::Budgets],
    unsaid: Duration::ZERO,
    min: Duration::from_secs(15),
    max: Duration::from_secs(24 * 60 * 60),
    past_is_now: false,
};

/// Where the error is. The token endpoints answer without the envelope: `{"error_type","code","error_message"}`.
pub(crate) const SHAPE: Shape = Shape {
    at: &["/error", ""],
    names: &[],
    numbers: &["error_subcode", "code"],
    words: &["message", "error_message", "error_user_title", "error_user_msg"],
    plain: false,
    challenge: false,
};

/// Too many calls: of the app, the account, the page, the business use case.
pub(crate) const RATE: Sign =
    Sign::Number(&[4, 17, 32, 341, 613, 80_000, 80_001, 80_002, 80_003, 80_004, 80_005, 80_006, 80_008]);
/// The token is dead.
pub(crate) const TOKEN: Sign = Sign::Number(&[102, 190]);
/// A capability or a permission is missing.
pub(crate) const PERMISSION: Sign = Sign::Is(|said| said.numbers.iter().any(|code| matches!(code, 3 | 10 | 200..=299)));
/// The object does not exist, or this account cannot see it.
pub(crate) const MISSING: Sign = Sign::Is(|said| says(said, 100, 33) || says(said, 24, 4_279_009));
/// The server is in trouble, by its own words.
pub(crate) const TROUBLE: Sign =
    Sign::Is(|said| said.numbers.iter().any(|code| matches!(code, 1 | 2)) || said.flags.iter().any(is_transient));

/// Whether this code and this subcode are said.
fn says(said: &Said, code: i64, subcode: i64) -> bool {
    [code, subcode].iter().all(|number| said.numbers.contains(number))
}

fn is_transient(flag: &String) -> bool {
    flag == "is_transient"
}
