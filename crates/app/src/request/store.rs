//! The only SQL for `idempotency_keys`, and the look at sessions, members and keys that says whether a caller's rights still hold.

use base::{
    Role, Timestamp,
    ids::{ApiKeyId, SessionId, WorkspaceId},
};
use db::{Error, Row, Tx, args};

use super::{Asked, claim::Held, standing::Lock};

/// What the person behind a session may do now.
#[derive(Debug)]
pub(super) struct Now {
    pub operator: bool,
    /// In the workspace that was asked about.
    pub role: Option<Role>,
}

fn clause(lock: Lock) -> &'static str {
    match lock {
        Lock::UntilCommit => "{for_share}",
        Lock::No => "",
    }
}

/// The session, if it is good.
pub(super) async fn session(
    tx: &mut Tx,
    id: SessionId,
    workspace: Option<WorkspaceId>,
    now: Timestamp,
    lock: Lock,
) -> Result<Option<Now>, Error> {
    let lock = clause(lock);
    if let Some(workspace) = workspace {
        let sql = format!(
            "SELECT p.operator, m.role FROM sessions s JOIN people p ON p.id = s.person_id
               JOIN members m ON m.person_id = s.person_id AND m.workspace_id = $3
              WHERE s.id = $1 AND s.expires_at > $2 AND p.disabled_at IS NULL {lock}"
        );
        if let Some(row) = tx.row(&sql, args![id, now, workspace]).await? {
            return Ok(Some(Now { operator: row.bool("operator")?, role: Role::parse(&row.text("role")?) }));
        }
    }
    let sql = format!(
        "SELECT p.operator FROM sessions s JOIN people p ON p.id = s.person_id
          WHERE s.id = $1 AND s.expires_at > $2 AND p.disabled_at IS NULL {lock}"
    );
    let row = tx.row(&sql, args![id, now]).await?;
    row.map(|row| Ok(Now { operator: row.bool("operator")?, role: None })).transpose()
}

/// Whether the key was neither revoked nor has ended.
pub(super) async fn key_is_good(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ApiKeyId,
    now: Timestamp,
    lock: Lock,
) -> Result<bool, Error> {
    let sql = format!(
        "SELECT id FROM api_keys WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3 {}",
        clause(lock)
    );
    Ok(tx.row(&sql, args![workspace, id, now]).await?.is_some())
}

/// Claims the key; gives whether it is ours now.
pub(super) async fn claim(tx: &mut Tx, asked: &Asked, token: &str, now: Timestamp) -> Result<bool, Error> {
    let claimed = tx
        .execute(
            "INSERT INTO idempotency_keys
                    (actor, key, workspace_id, fingerprint, token, state, claimed_at, lease_until, expires_at)
             VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8)
             ON CONFLICT (actor, key) DO UPDATE
                SET workspace_id = $3, fingerprint = $4, token = $5, state = 'running', claimed_at = $6,
                    lease_until = $7, expires_at = $8, body_digest = NULL, made = NULL, made_status = NULL, answer = NULL
              WHERE idempotency_keys.expires_at <= $6
                 OR (idempotency_keys.state = 'running' AND idempotency_keys.lease_until <= $6
                     AND idempotency_keys.fingerprint = $4)",
            args![
                &asked.actor,
                &asked.key,
                asked.workspace,
                &asked.fingerprint,
                token,
                now,
                now + super::LEASE,
                now + super::KEPT
            ],
        )
        .await?;
    Ok(claimed == 1)
}

/// What is known of an earlier request with this key.
pub(super) async fn find(tx: &mut Tx, actor: &str, key: &str) -> Result<Option<Row>, Error> {
    let sql = "SELECT workspace_id, fingerprint, body_digest, made, made_status, answer, lease_until
                 FROM idempotency_keys WHERE actor = $1 AND key = $2";
    tx.row(sql, args![actor, key]).await
}

/// Marks it as still in progress.
pub(super) async fn renew(tx: &mut Tx, held: &Held, until: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE idempotency_keys SET lease_until = $4 WHERE actor = $1 AND key = $2 AND token = $3";
    tx.execute(sql, args![&held.actor, &held.key, &held.token, until]).await.map(drop)
}

/// Marks the effect; gives whether the claim was still held.
pub(super) async fn effected(tx: &mut Tx, held: &Held, status: u16, made: &str) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE idempotency_keys SET state = 'effected', made = $4, made_status = $5, body_digest = $6
              WHERE actor = $1 AND key = $2 AND token = $3 AND state IN ('running', 'effected')",
            args![&held.actor, &held.key, &held.token, made, status, held.digest()],
        )
        .await?;
    Ok(changed == 1)
}

/// Takes the mark of an effect back.
pub(super) async fn took_back(tx: &mut Tx, held: &Held) -> Result<(), Error> {
    let sql = "UPDATE idempotency_keys SET state = 'running', made = NULL, made_status = NULL
                WHERE actor = $1 AND key = $2 AND token = $3 AND state = 'effected'";
    tx.execute(sql, args![&held.actor, &held.key, &held.token]).await.map(drop)
}

/// Keeps the answer.
pub(super) async fn answered(tx: &mut Tx, held: &Held, sealed: &[u8]) -> Result<(), Error> {
    let sql = "UPDATE idempotency_keys SET state = 'answered', answer = $4, body_digest = $5
                WHERE actor = $1 AND key = $2 AND token = $3";
    tx.execute(sql, args![&held.actor, &held.key, &held.token, sealed, held.digest()]).await.map(drop)
}

/// Releases the key. An effect stays, but the request is no longer answered.
pub(super) async fn free(tx: &mut Tx, held: &Held) -> Result<(), Error> {
    let over = "UPDATE idempotency_keys SET lease_until = 0 WHERE actor = $1 AND key = $2 AND token = $3";
    tx.execute(over, args![&held.actor, &held.key, &held.token]).await?;
    let sql = "DELETE FROM idempotency_keys WHERE actor = $1 AND key = $2 AND token = $3 AND state = 'running'";
    tx.execute(sql, args![&held.actor, &held.key, &held.token]).await.map(drop)
}

/// Forgets the answers of this workspace, and of what belongs to none. What was made stays known: a second request is answered
/// by reading it, or refused where it can't be read.
pub(super) async fn forget_answers(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), Error> {
    let sql = "UPDATE idempotency_keys SET answer = NULL, state = 'effected', made = COALESCE(made, ''),
                      made_status = CASE WHEN made IS NULL THEN 409 ELSE made_status END
                WHERE answer IS NOT NULL AND (workspace_id = $1 OR workspace_id IS NULL)";
    tx.execute(sql, args![workspace]).await.map(drop)
}

/// Forgets what is older than a day; gives the number of rows.
pub(super) async fn sweep(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE (actor, key) IN
            (SELECT actor, key FROM idempotency_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        args![now, limit],
    )
    .await
}
