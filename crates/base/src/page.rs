//! Pages of a list. A cursor is opaque to clients and marks where the previous page ended.

use base64::Engine as _;
use serde::{Deserialize, Serialize};

/// The default number of rows per page.
pub const DEFAULT_LIMIT: u32 = 50;
/// The largest number of rows per page.
pub const MAX_LIMIT: u32 = 200;

/// The end of a page: the sort values of its last row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub Vec<String>);

impl Cursor {
    /// The opaque text for the client.
    pub fn encode(&self) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(serde_json::to_vec(&self.0).unwrap_or_default())
    }

    /// Reads what [`Cursor::encode`] wrote; `None` if it is anything else.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&bytes).ok().map(Self)
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Send this as `cursor` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
