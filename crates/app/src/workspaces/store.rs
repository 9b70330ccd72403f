//! The only SQL for `workspaces`, `members` and `invitations`.

use base::{
    Role, Scope, Secret, Timestamp,
    ids::{InvitationId, PersonId, WorkspaceId},
};
use db::{Error, Row, Tx, args};

use super::{Member, Workspace};
use crate::{request::rights_changed, revision::Revision};

const COLUMNS: &str = "w.id, w.organization_id, w.name, w.zone, w.language, w.revision, w.created_at";

fn workspace(row: &Row) -> Result<Workspace, Error> {
    Ok(Workspace {
        id: row.id("id")?,
        organization: row.id("organization_id")?,
        name: row.text("name")?,
        zone: row.text("zone")?,
        language: row.text("language")?,
        revision: Revision::from_row(row, "revision")?,
        created_at: row.timestamp("created_at")?,
    })
}

fn role(row: &Row) -> Result<Role, Error> {
    let text = row.text("role")?;
    Role::parse(&text).ok_or_else(|| Error::Misuse(format!("`{text}` is not a role")))
}

pub(super) async fn insert(tx: &mut Tx, new: &Workspace) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO workspaces (id, organization_id, name, zone, language, revision, created_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6)",
        args![new.id, new.organization, &new.name, &new.zone, &new.language, new.created_at],
    )
    .await
    .map(drop)
}

/// The number of an organization's workspaces.
pub(super) async fn count(tx: &mut Tx, organization: base::ids::OrganizationId) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) AS n FROM workspaces WHERE organization_id = $1";
    tx.one(sql, args![organization]).await?.int("n")
}

pub(super) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<(Workspace, Role)>, Error> {
    let sql = format!(
        "SELECT {COLUMNS}, m.role FROM workspaces w JOIN members m ON m.workspace_id = w.id
          WHERE m.person_id = $1 ORDER BY m.created_at, w.id"
    );
    tx.rows(&sql, args![person]).await?.iter().map(|row| Ok((workspace(row)?, role(row)?))).collect()
}

pub(super) async fn one(tx: &mut Tx, scope: &Scope) -> Result<Option<Workspace>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM workspaces w WHERE w.id = $1");
    tx.row(&sql, args![scope.workspace()]).await?.as_ref().map(workspace).transpose()
}

/// The language of a workspace's posts; `None` if there is no such workspace.
pub(super) async fn language(tx: &mut Tx, id: WorkspaceId) -> Result<Option<String>, Error> {
    let row = tx.row("SELECT language FROM workspaces WHERE id = $1", args![id]).await?;
    row.map(|row| row.text("language")).transpose()
}

pub(super) async fn update(tx: &mut Tx, scope: &Scope, new: &Workspace) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspaces SET name = $2, zone = $3, language = $4, revision = revision + 1 WHERE id = $1",
        args![scope.workspace(), &new.name, &new.zone, &new.language],
    )
    .await
    .map(drop)
}

/// Returns whether they were added.
pub(super) async fn insert_member(
    tx: &mut Tx,
    workspace: WorkspaceId,
    person: PersonId,
    role: Role,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "INSERT INTO members (workspace_id, person_id, role, created_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (workspace_id, person_id) DO NOTHING";
    Ok(tx.execute(sql, args![workspace, person, role.as_str(), now]).await? == 1)
}

pub(super) async fn members(tx: &mut Tx, scope: &Scope) -> Result<Vec<Member>, Error> {
    tx.rows(
        "SELECT m.person_id, p.name, m.role, m.created_at FROM members m JOIN people p ON p.id = m.person_id
          WHERE m.workspace_id = $1 ORDER BY m.created_at, m.person_id",
        args![scope.workspace()],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Member {
            person: row.id("person_id")?,
            name: row.text("name")?,
            role: role(row)?,
            joined_at: row.timestamp("created_at")?,
        })
    })
    .collect()
}

/// A member's role; the row stays locked until the transaction ends.
pub(super) async fn role_of(tx: &mut Tx, scope: &Scope, person: PersonId) -> Result<Option<Role>, Error> {
    let sql = "SELECT role FROM members WHERE workspace_id = $1 AND person_id = $2 {for_update}";
    tx.row(sql, args![scope.workspace(), person]).await?.as_ref().map(role).transpose()
}

/// The owners; their rows stay locked, so that two of them can't leave at the same time.
pub(super) async fn owners(tx: &mut Tx, scope: &Scope) -> Result<usize, Error> {
    let sql =
        "SELECT person_id FROM members WHERE workspace_id = $1 AND role = 'owner' ORDER BY person_id {for_update}";
    Ok(tx.rows(sql, args![scope.workspace()]).await?.len())
}

pub(super) async fn change_role(tx: &mut Tx, scope: &Scope, person: PersonId, role: Role) -> Result<(), Error> {
    let sql = "UPDATE members SET role = $3 WHERE workspace_id = $1 AND person_id = $2";
    tx.execute(sql, args![scope.workspace(), person, role.as_str()]).await?;
    rights_changed(tx, person).await
}

pub(super) async fn remove_member(tx: &mut Tx, scope: &Scope, person: PersonId) -> Result<(), Error> {
    let sql = "DELETE FROM members WHERE workspace_id = $1 AND person_id = $2";
    tx.execute(sql, args![scope.workspace(), person]).await?;
    rights_changed(tx, person).await
}

/// A row of `invitations`.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub workspace: WorkspaceId,
    pub id: InvitationId,
    pub email_sealed: Vec<u8>,
    pub email_index: Vec<u8>,
    pub role: Role,
    pub invited_by: PersonId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

const INVITATION: &str = "workspace_id, id, email_sealed, email_index, role, invited_by, created_at, expires_at";

fn invitation(row: &Row) -> Result<Stored, Error> {
    Ok(Stored {
        workspace: row.id("workspace_id")?,
        id: row.id("id")?,
        email_sealed: row.bytes("email_sealed")?,
        email_index: row.bytes("email_index")?,
        role: role(row)?,
        invited_by: row.id("invited_by")?,
        created_at: row.timestamp("created_at")?,
        expires_at: row.timestamp("expires_at")?,
    })
}

/// Stores an invitation, replacing an earlier one to the same address.
pub(super) async fn replace_invitation(tx: &mut Tx, new: &Stored, token_hash: [u8; 32]) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM invitations WHERE workspace_id = $1 AND email_index = $2",
        args![new.workspace, &new.email_index],
    )
    .await?;
    tx.execute(
        "INSERT INTO invitations (workspace_id, id, email_sealed, email_index, role, token_hash, invited_by, created_at,
                                  expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            new.workspace,
            new.id,
            &new.email_sealed,
            &new.email_index,
            new.role.as_str(),
            &token_hash,
            new.invited_by,
            new.created_at,
            new.expires_at
        ],
    )
    .await
    .map(drop)
}

pub(super) async fn invitations(tx: &mut Tx, scope: &Scope, now: Timestamp) -> Result<Vec<Stored>, Error> {
    let sql = format!("SELECT {INVITATION} FROM invitations WHERE workspace_id = $1 AND expires_at > $2 ORDER BY id");
    tx.rows(&sql, args![scope.workspace(), now]).await?.iter().map(invitation).collect()
}

/// The invitation of a link. It determines the workspace, so it is read without one.
pub(super) async fn by_token(tx: &mut Tx, hash: [u8; 32], now: Timestamp) -> Result<Option<Stored>, Error> {
    let sql = format!("SELECT {INVITATION} FROM invitations WHERE token_hash = $1 AND expires_at > $2");
    tx.row(&sql, args![&hash, now]).await?.as_ref().map(invitation).transpose()
}

/// An invitation with what the invited person is shown.
pub(super) struct Addressed {
    pub stored: Stored,
    pub workspace: String,
    pub invited_by: String,
}

/// The invitations to an address, in all workspaces, or only the one with the given id.
pub(super) async fn addressed_to(
    tx: &mut Tx,
    index: &[u8],
    only: Option<InvitationId>,
    now: Timestamp,
) -> Result<Vec<Addressed>, Error> {
    let sql =
        "SELECT i.workspace_id, i.id, i.email_sealed, i.email_index, i.role, i.invited_by, i.created_at, i.expires_at,
                      w.name AS workspace, p.name AS invited_by_name
                 FROM invitations i JOIN workspaces w ON w.id = i.workspace_id JOIN people p ON p.id = i.invited_by
                WHERE i.email_index = $1 AND i.expires_at > $2 ORDER BY i.created_at, i.id";
    let rows = tx.rows(sql, args![index, now]).await?;
    let addressed = |row: &Row| {
        let (workspace, invited_by) = (row.text("workspace")?, row.text("invited_by_name")?);
        Ok(Addressed { stored: invitation(row)?, workspace, invited_by })
    };
    let all: Vec<Addressed> = rows.iter().map(addressed).collect::<Result<_, Error>>()?;
    Ok(all.into_iter().filter(|one| only.is_none_or(|id| one.stored.id == id)).collect())
}

/// The invitations that a person created in a workspace.
pub(super) async fn made_by(tx: &mut Tx, scope: &Scope, person: PersonId) -> Result<Vec<Stored>, Error> {
    let sql = format!("SELECT {INVITATION} FROM invitations WHERE workspace_id = $1 AND invited_by = $2 ORDER BY id");
    tx.rows(&sql, args![scope.workspace(), person]).await?.iter().map(invitation).collect()
}

/// Whether a person with this address is a member.
pub(super) async fn has_member(tx: &mut Tx, scope: &Scope, index: &[u8]) -> Result<bool, Error> {
    let sql = "SELECT 1 AS one FROM members m JOIN people p ON p.id = m.person_id
                WHERE m.workspace_id = $1 AND p.email_index = $2";
    Ok(tx.row(sql, args![scope.workspace(), index]).await?.is_some())
}

/// Returns whether there was one.
pub(super) async fn end_invitation(tx: &mut Tx, workspace: WorkspaceId, id: InvitationId) -> Result<bool, Error> {
    let sql = "DELETE FROM invitations WHERE workspace_id = $1 AND id = $2";
    Ok(tx.execute(sql, args![workspace, id]).await? == 1)
}

/// Deletes expired invitations; for the retention job.
pub(super) async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM invitations WHERE expires_at <= $1", args![now]).await
}

/// The digest under which a token is stored.
pub(super) fn digest(token: &Secret<String>) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(token.expose().as_bytes()).into()
}
