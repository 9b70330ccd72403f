//! The only SQL for `people`, `sessions`, `owner_links`, `password_links` and `organizations`.

use base::{
    Role, Timestamp,
    ids::{OrganizationId, PersonId, SessionId, WorkspaceId, kinds},
};
use db::{Error, Row, Tx, args};

use super::{
    Ready,
    preferences::{ClockFace, WeekStart},
    sessions::{Listed, NewSession, SESSIONS_MAX, Session},
};
use crate::{request::rights_changed, revision::Revision};

/// A row of `people`.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub id: PersonId,
    pub email_sealed: Vec<u8>,
    pub email_proven: bool,
    pub new_email_sealed: Option<Vec<u8>>,
    pub name: String,
    pub language: String,
    pub zone: String,
    pub week_starts_on: WeekStart,
    pub clock: ClockFace,
    pub password_hash: String,
    pub operator: bool,
    pub revision: Revision,
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, email_sealed, email_proven_at, new_email_sealed, name, language, zone, week_starts_on, \
     clock, password_hash, operator, \
     revision, created_at";

fn stored(row: &Row) -> Result<Stored, Error> {
    Ok(Stored {
        id: row.id("id")?,
        email_sealed: row.bytes("email_sealed")?,
        email_proven: row.opt_timestamp("email_proven_at")?.is_some(),
        new_email_sealed: row.opt_bytes("new_email_sealed")?,
        name: row.text("name")?,
        language: row.text("language")?,
        zone: row.text("zone")?,
        week_starts_on: WeekStart::from_row(row)?,
        clock: ClockFace::from_row(row)?,
        password_hash: row.text("password_hash")?,
        operator: row.bool("operator")?,
        revision: Revision::from_row(row, "revision")?,
        created_at: row.timestamp("created_at")?,
    })
}

pub(super) async fn insert(tx: &mut Tx, ready: &Ready, operator: bool, proven: bool) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO people (id, email_sealed, email_index, name, language, zone, password_hash, operator, revision,
                             created_at, email_proven_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)",
        args![
            ready.id,
            &ready.email_sealed,
            &ready.email_index,
            &ready.name,
            &ready.language,
            &ready.zone,
            &ready.password_hash,
            operator,
            ready.now,
            proven.then_some(ready.now)
        ],
    )
    .await
    .map(drop)
}

pub(super) async fn by_id(tx: &mut Tx, id: PersonId) -> Result<Option<Stored>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE id = $1 AND disabled_at IS NULL");
    tx.row(&sql, args![id]).await?.as_ref().map(stored).transpose()
}

pub(super) async fn by_email(tx: &mut Tx, index: &[u8]) -> Result<Option<Stored>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE email_index = $1 AND disabled_at IS NULL");
    tx.row(&sql, args![index]).await?.as_ref().map(stored).transpose()
}

/// Whether anyone owns the installation yet.
pub(super) async fn has_operator(tx: &mut Tx) -> Result<bool, Error> {
    Ok(tx.row("SELECT 1 AS one FROM people WHERE operator LIMIT 1", args![]).await?.is_some())
}

/// Stores what a person says about themselves.
pub(super) async fn change_profile(tx: &mut Tx, person: &Stored) -> Result<(), Error> {
    let Stored { id, name, language, zone, week_starts_on, clock, .. } = person;
    let sql = "UPDATE people SET name = $2, language = $3, zone = $4, week_starts_on = $5, clock = $6,
                      revision = revision + 1 WHERE id = $1";
    tx.execute(sql, args![*id, name, language, zone, week_starts_on.as_str(), clock.as_str()]).await.map(drop)
}

/// Sets a new password in place of the one that was found right; `false` if someone else has set another meanwhile.
pub(super) async fn change_password(tx: &mut Tx, id: PersonId, from: &str, to: &str) -> Result<bool, Error> {
    let sql = "UPDATE people SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    Ok(tx.execute(sql, args![id, from, to]).await? == 1)
}

pub(super) async fn set_password(tx: &mut Tx, id: PersonId, hash: &str) -> Result<(), Error> {
    tx.execute("UPDATE people SET password_hash = $2 WHERE id = $1", args![id, hash]).await.map(drop)
}

/// Notes the address that a person asks for; their present one takes an earlier request back.
pub(super) async fn ask_for_email(tx: &mut Tx, id: PersonId, sealed: &[u8], index: &[u8]) -> Result<(), Error> {
    let sql = "UPDATE people SET new_email_sealed = $2, new_email_index = $3, revision = revision + 1 WHERE id = $1";
    tx.execute(sql, args![id, sealed, index]).await?;
    let sql = "UPDATE people SET new_email_sealed = NULL, new_email_index = NULL
                WHERE id = $1 AND new_email_index = email_index";
    tx.execute(sql, args![id]).await.map(drop)
}

/// Makes an address the person's own, proven.
pub(super) async fn prove_email(
    tx: &mut Tx,
    id: PersonId,
    (sealed, index): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE people SET email_sealed = $2, email_index = $3, email_proven_at = $4, new_email_sealed = NULL,
                      new_email_index = NULL, revision = revision + 1
                WHERE id = $1";
    tx.execute(sql, args![id, sealed, index, now]).await.map(drop)
}

/// The person's address is not proven any more.
pub(super) async fn doubt_email(tx: &mut Tx, id: PersonId) -> Result<(), Error> {
    tx.execute("UPDATE people SET email_proven_at = NULL WHERE id = $1", args![id]).await.map(drop)
}

pub(super) async fn proven_index(tx: &mut Tx, id: PersonId) -> Result<Option<Vec<u8>>, Error> {
    let sql = "SELECT email_index FROM people
                WHERE id = $1 AND email_proven_at IS NOT NULL AND disabled_at IS NULL";
    tx.row(sql, args![id]).await?.map(|row| row.bytes("email_index")).transpose()
}

/// What a person is here.
pub(super) struct Standing {
    pub operator: bool,
    pub roles: Vec<(WorkspaceId, Role)>,
}

/// What a person is here.
pub(super) async fn standing(tx: &mut Tx, id: PersonId) -> Result<Standing, Error> {
    let row = tx.row("SELECT operator FROM people WHERE id = $1 AND disabled_at IS NULL", args![id]).await?;
    let operator = row.map(|row| row.bool("operator")).transpose()?.unwrap_or(false);
    Ok(Standing { operator, roles: roles(tx, id).await? })
}

/// Until the transaction ends the person gains no workspace (a membership refers to their row) and changes no role.
pub(super) async fn lock_standing(tx: &mut Tx, id: PersonId) -> Result<(), Error> {
    tx.row("SELECT id FROM people WHERE id = $1 {for_update}", args![id]).await?;
    let sql = "SELECT role FROM members WHERE person_id = $1 ORDER BY workspace_id {for_update}";
    tx.rows(sql, args![id]).await.map(drop)
}

/// Stores a link to set a password; an earlier one of the person ends.
pub(super) async fn replace_password_link(
    tx: &mut Tx,
    person: PersonId,
    hash: [u8; 32],
    maker: Option<(PersonId, WorkspaceId)>,
    (now, end): (Timestamp, Timestamp),
) -> Result<(), Error> {
    tx.execute("DELETE FROM password_links WHERE person_id = $1 OR expires_at <= $2", args![person, now]).await?;
    let sql = "INSERT INTO password_links (person_id, token_hash, workspace_id, made_by, created_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let (owner, workspace) = maker.unzip();
    tx.execute(sql, args![person, &hash, workspace, owner, now, end]).await.map(drop)
}

fn link(row: &Row) -> Result<(PersonId, Option<(PersonId, WorkspaceId)>), Error> {
    let owner: Option<PersonId> = row.opt_id("made_by")?;
    Ok((row.id("person_id")?, owner.zip(row.opt_id("workspace_id")?)))
}

/// Whose link it is, and which owner made it; `None` if it is not good any more.
pub(super) async fn password_link(
    tx: &mut Tx,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<(PersonId, Option<(PersonId, WorkspaceId)>)>, Error> {
    let sql = "SELECT person_id, workspace_id, made_by FROM password_links WHERE token_hash = $1 AND expires_at > $2";
    tx.row(sql, args![&hash, now]).await?.as_ref().map(link).transpose()
}

/// The same, and it is not good from now on.
pub(super) async fn take_password_link(
    tx: &mut Tx,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<(PersonId, Option<(PersonId, WorkspaceId)>)>, Error> {
    let sql = "DELETE FROM password_links WHERE token_hash = $1 AND expires_at > $2
               RETURNING person_id, workspace_id, made_by";
    tx.row(sql, args![&hash, now]).await?.as_ref().map(link).transpose()
}

pub(super) async fn insert_organization(
    tx: &mut Tx,
    id: OrganizationId,
    name: &str,
    owner: PersonId,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO organizations (id, name, owner_id, created_at) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, args![id, name, owner, now]).await.map(drop)
}

pub(super) async fn organization_of_owner(tx: &mut Tx, person: PersonId) -> Result<Option<OrganizationId>, Error> {
    let sql = "SELECT id FROM organizations WHERE owner_id = $1 ORDER BY created_at, id LIMIT 1";
    tx.row(sql, args![person]).await?.map(|row| row.id("id")).transpose()
}

/// Stores a session and ends the person's oldest ones if there are too many.
pub(super) async fn insert_session(tx: &mut Tx, person: PersonId, new: &NewSession) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sessions (id, person_id, token_hash, device, created_at, authenticated_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $5, $5, $6)",
        args![new.id, person, &new.token_hash, &new.device, new.now, new.expires_at],
    )
    .await?;
    tx.execute(
        "DELETE FROM sessions WHERE person_id = $1 AND id IN
            (SELECT id FROM sessions WHERE person_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET $2)",
        args![person, SESSIONS_MAX],
    )
    .await?;
    rights_changed(tx, person).await
}

/// The session with this token, when it was last seen, and when it ends.
pub(super) async fn session(tx: &mut Tx, hash: [u8; 32]) -> Result<Option<(Session, Timestamp, Timestamp)>, Error> {
    let row = tx
        .row(
            "SELECT s.id, s.person_id, s.authenticated_at, s.last_seen_at, s.expires_at, p.operator
               FROM sessions s JOIN people p ON p.id = s.person_id
              WHERE s.token_hash = $1 AND p.disabled_at IS NULL",
            args![&hash],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let person = row.id::<kinds::Person>("person_id")?;
    let session = Session {
        id: row.id("id")?,
        person,
        operator: row.bool("operator")?,
        authenticated_at: row.timestamp("authenticated_at")?,
        memberships: roles(tx, person).await?,
    };
    Ok(Some((session, row.timestamp("last_seen_at")?, row.timestamp("expires_at")?)))
}

/// A person's workspaces and what they are there, first joined first.
async fn roles(tx: &mut Tx, person: PersonId) -> Result<Vec<(WorkspaceId, Role)>, Error> {
    let sql = "SELECT workspace_id, role FROM members WHERE person_id = $1 ORDER BY created_at, workspace_id";
    let membership = |row: &Row| {
        let role = row.text("role")?;
        let role = Role::parse(&role).ok_or_else(|| Error::Misuse(format!("members.role holds `{role}`")))?;
        Ok((row.id("workspace_id")?, role))
    };
    tx.rows(sql, args![person]).await?.iter().map(membership).collect()
}

pub(super) async fn note_seen(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE sessions SET last_seen_at = $2 WHERE id = $1", args![id, now]).await.map(drop)
}

pub(super) async fn sessions(
    tx: &mut Tx,
    person: PersonId,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Vec<Listed>, Error> {
    let rows = tx
        .rows(
            "SELECT id, device, created_at, last_seen_at, expires_at FROM sessions
              WHERE person_id = $1 AND expires_at > $2 AND last_seen_at > $3 ORDER BY created_at DESC, id DESC",
            args![person, now, idle_since],
        )
        .await?;
    let listed = |row: &Row| {
        Ok(Listed {
            id: row.id("id")?,
            device: row.text("device")?,
            created_at: row.timestamp("created_at")?,
            last_seen_at: row.timestamp("last_seen_at")?,
            expires_at: row.timestamp("expires_at")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// Gives whether there was one.
pub(super) async fn end_session(tx: &mut Tx, person: PersonId, id: SessionId) -> Result<bool, Error> {
    let ended = tx.execute("DELETE FROM sessions WHERE person_id = $1 AND id = $2", args![person, id]).await? == 1;
    rights_changed(tx, id).await?;
    Ok(ended)
}

/// Ends all of a person's sessions.
pub(super) async fn end_sessions(tx: &mut Tx, person: PersonId) -> Result<u64, Error> {
    let ended = tx.execute("DELETE FROM sessions WHERE person_id = $1", args![person]).await?;
    rights_changed(tx, person).await?;
    Ok(ended)
}

/// Forgets sessions and password links that are over; for the retention job.
pub(super) async fn sweep_sessions(
    tx: &mut Tx,
    now: Timestamp,
    idle_since: Timestamp,
    limit: u32,
) -> Result<u64, Error> {
    tx.execute("DELETE FROM password_links WHERE expires_at <= $1", args![now]).await?;
    tx.execute(
        "DELETE FROM sessions WHERE id IN
            (SELECT id FROM sessions WHERE expires_at <= $1 OR last_seen_at <= $2 LIMIT $3)",
        args![now, idle_since, limit],
    )
    .await
}

pub(super) async fn replace_owner_link(
    tx: &mut Tx,
    hash: [u8; 32],
    now: Timestamp,
    end: Timestamp,
) -> Result<(), Error> {
    tx.execute("DELETE FROM owner_links", args![]).await?;
    let sql = "INSERT INTO owner_links (token_hash, created_at, expires_at) VALUES ($1, $2, $3)";
    tx.execute(sql, args![&hash, now, end]).await.map(drop)
}

/// Gives whether it was good; it is not from now on.
pub(super) async fn take_owner_link(tx: &mut Tx, hash: [u8; 32], now: Timestamp) -> Result<bool, Error> {
    let good = "DELETE FROM owner_links WHERE token_hash = $1 AND expires_at > $2";
    Ok(tx.execute(good, args![&hash, now]).await? == 1)
}

pub(super) async fn owner_link_is_good(tx: &mut Tx, hash: [u8; 32], now: Timestamp) -> Result<bool, Error> {
    let sql = "SELECT 1 AS one FROM owner_links WHERE token_hash = $1 AND expires_at > $2";
    Ok(tx.row(sql, args![&hash, now]).await?.is_some())
}
