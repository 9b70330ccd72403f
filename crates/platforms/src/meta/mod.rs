//! What the networks of Meta share: Facebook Login, how the Graph API says no, lists in pages, the proof of the app's server,
//! containers, and how a post that was made of one is found again.
//!
//! Source: the Graph API's pages on errors and paging, and those of Threads and Instagram on publishing. What a network has for
//! itself stays in its folder. Tokens that are exchanged for longer-lived ones are described to the kit (`Renewal::Exchange`);
//! how much of a limit is used (`X-App-Usage`) is read where all networks' limits are, in `connector::http`.

pub(crate) mod containers;
pub(crate) mod errors;
pub(crate) mod hooks;
pub(crate) mod login;
pub(crate) mod pages;
pub(crate) mod read_back;
pub(crate) mod rights;
pub(crate) mod text;
pub(crate) mod tokens;
pub(crate) mod wire;

#[cfg(test)]
pub(crate) mod test_world;

use base::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The proof that a call with this token comes from the app's own server (`appsecret_proof`). An app can demand it.
/// Source: Graph API, securing requests.
pub(crate) fn proof(secret: &Secret<String>, token: &Secret<String>) -> String {
    // A key of any length will do.
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    let signed = mac.map(|mac| mac.chain_update(token.expose().as_bytes()).finalize().into_bytes());
    signed.map(hex::encode).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_proof_is_the_hex_of_the_keyed_hash_of_the_token() {
        // RFC 4231, test case 2.
        let proof = super::proof(&"Jefe".into(), &"what do ya want for nothing?".into());
        assert_eq!(proof, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
