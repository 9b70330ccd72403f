//! What the networks of Meta share: how the Graph API says no, lists in pages, containers, and how a post that was made of one
//! is found again.
//!
//! Source: the Graph API's pages on errors and paging, and those of Threads and Instagram on publishing. What a network has for
//! itself stays in its folder. Tokens that are exchanged for longer-lived ones are described to the kit (`Renewal::Exchange`);
//! how much of a limit is used (`X-App-Usage`) is read where all networks' limits are, in `connector::http`.

pub(crate) mod containers;
pub(crate) mod errors;
pub(crate) mod pages;
pub(crate) mod read_back;
pub(crate) mod text;
pub(crate) mod tokens;
pub(crate) mod wire;

#[cfg(test)]
pub(crate) mod test_world;
