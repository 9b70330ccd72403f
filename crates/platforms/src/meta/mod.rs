//! What the networks of Meta share: how the Graph API says no, and lists in pages.
//!
//! Source: the Graph API's pages on errors and paging. What a network has for itself stays in its folder. Tokens that are
//! exchanged for longer-lived ones are described to the kit (`Renewal::Exchange`); how much of a limit is used (`X-App-Usage`)
//! is read where all networks' limits are, in `connector::http`.

pub(crate) mod errors;
pub(crate) mod pages;
