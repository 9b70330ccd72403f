//! The app at Meta: one entry in the dashboard with several products, each with an id and a secret of its own.

use base::Timestamp;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

/// The app's name on consent pages.
pub const NAME: &str = "Fanfare";

/// A product of the app, with what it shows itself by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// Which one.
    pub name: &'static str,
    /// Its client id.
    pub id: &'static str,
    /// Its client secret, which signs its callbacks too. It opens nothing but this sandbox.
    pub secret: &'static str,
    /// What begins its app tokens: `TH` in `TH|id|secret`. Those of the app itself begin with the id.
    pub prefix: &'static str,
}

/// The app itself: Facebook Login and everything behind it.
pub const FACEBOOK: Product =
    Product { name: "facebook", id: "780234561239087", secret: "7c2fb00k0f7h3d3m0aPp000000000002", prefix: "" };
/// The Threads product of the app.
pub const THREADS: Product =
    Product { name: "threads", id: "1092837465564738", secret: "5a1db0x0f7h3d3m0aPp0000000000001", prefix: "TH" };

/// The Instagram product of the app.
pub const INSTAGRAM: Product =
    Product { name: "instagram", id: "2093847561029384", secret: "1n57a9r4mh7d3d3m0aPp000000000002", prefix: "IG" };

impl Product {
    /// Its app token, which is no secret of its own: it consists of id and secret.
    pub fn app_token(&self) -> String {
        let bare = format!("{}|{}", self.id, self.secret);
        if self.prefix.is_empty() { bare } else { format!("{}|{bare}", self.prefix) }
    }

    /// The proof that a caller who has this token knows the secret: `appsecret_proof`.
    pub fn proof(&self, token: &str) -> String {
        hex::encode(self.mac(token))
    }

    /// The HMAC of a text under the secret.
    pub fn mac(&self, text: &str) -> impl AsRef<[u8]> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("a key");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes()
    }

    /// What Meta posts as `signed_request` to the callbacks for deauthorization and deletion: signature and payload, each
    /// in URL-safe base 64. The signature is over the payload as it is sent, thus over the encoded text.
    pub fn signed_request(&self, user_id: &str, now: Timestamp) -> String {
        let payload = json!({ "user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": now.as_seconds() });
        let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
        format!("{}.{payload}", URL_SAFE_NO_PAD.encode(self.mac(&payload)))
    }
}
