//! Every sealed column. Rotation, `doctor` and the canary test use this list; a column missing from it would never be
//! rotated.

/// One sealed column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// An SQL expression for the row's id as used in [`super::At`]: text, unique in the table.
    pub row: &'static str,
    /// The column with the workspace, NULL for the installation's key; `None` if it is always the installation's.
    pub workspace: Option<&'static str>,
}

/// All of them.
pub const SEALED: &[Sealed] = &[
    Sealed { table: "people", column: "email_sealed", row: "id", workspace: None },
    Sealed { table: "people", column: "new_email_sealed", row: "id", workspace: None },
    Sealed { table: "invitations", column: "email_sealed", row: "id", workspace: Some("workspace_id") },
    Sealed { table: "idempotency_keys", column: "answer", row: "actor || '/' || key", workspace: Some("workspace_id") },
    Sealed { table: "grants", column: "tokens_sealed", row: "id", workspace: Some("workspace_id") },
    Sealed { table: "grants", column: "previous_sealed", row: "id", workspace: Some("workspace_id") },
    Sealed { table: "connections", column: "memory_sealed", row: "id", workspace: Some("workspace_id") },
    Sealed { table: "connections", column: "granted_sealed", row: "id", workspace: Some("workspace_id") },
    Sealed {
        table: "channels",
        column: "tokens_sealed",
        row: "platform || '/' || account_id || '/' || target_key",
        workspace: Some("workspace_id"),
    },
    Sealed { table: "platform_apps", column: "sealed", row: "platform || '/' || instance", workspace: None },
];
