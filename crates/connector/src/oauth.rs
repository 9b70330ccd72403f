//! The parts of OAuth 2 that several platforms share: PKCE, and the address of a consent page.

use base::{Random, Secret, Text, random, say};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// What a token comes to that is refused and has no successor.
pub const NOT_RENEWED: Text = say!(
    "The platform no longer accepts this channel's token, and such tokens can't be renewed. Reconnect the channel."
);

/// A PKCE pair (RFC 7636, method S256).
pub struct Pkce {
    /// Kept by us until the code is exchanged.
    pub verifier: Secret<String>,
    /// Sent with the browser.
    pub challenge: String,
}

impl Pkce {
    /// A new pair: 256 random bits.
    pub fn new(chance: &dyn Random) -> Self {
        let verifier = random::token::<32>(chance);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        Self { verifier: verifier.into(), challenge }
    }
}

/// The address of a consent page with these parameters.
pub fn authorize_url(base: &str, parameters: &[(&str, &str)]) -> Result<url::Url, crate::Failure> {
    let mut url = url::Url::parse(base).map_err(|error| {
        crate::Failure::rejected(
            crate::FailureKind::AppMisconfigured,
            say!("The address of the consent page, {base}, is wrong: {error}", error = error.to_string()),
        )
    })?;
    url.query_pairs_mut().extend_pairs(parameters);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
