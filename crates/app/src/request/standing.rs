//! The rights that a caller was let in with, and whether they still hold.

use std::sync::{Mutex, PoisonError};

use base::{
    Code, Permission, Permissions, Problem, Text, Timestamp,
    ids::{ApiKeyId, PersonId, SessionId, WorkspaceId},
    say,
};
use db::{Error, Tx};
use serde::{Deserialize, Serialize};

use super::store;

/// Announced with the id of a session, a person or a key whose rights became fewer.
pub const RIGHTS_CHANGED: &str = "rights";

/// Tells everyone who acts for a session, a person or a key for longer than a moment (event streams, on all nodes) to look again.
/// Whatever takes a right away says so in its transaction.
///
/// # Errors
/// Those of the database.
pub async fn rights_changed(tx: &mut Tx, whose: impl std::fmt::Display) -> Result<(), Error> {
    tx.notify(RIGHTS_CHANGED, &whose.to_string()).await
}

/// What the caller showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A session of a person.
    Session(SessionId, PersonId),
    /// A key of a workspace.
    Key(ApiKeyId, WorkspaceId),
}

/// What a route asked of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Need {
    /// That they are signed in.
    SignedIn,
    /// That they signed in a moment ago.
    Recent,
    /// That they run the installation.
    Operator,
    /// That they may do this in this workspace.
    May(WorkspaceId, Permission),
}

/// What the caller of a request was let in with. Empty while nothing was asked of them.
#[derive(Debug, Default)]
pub struct Standing(Mutex<Option<Admitted>>);

#[derive(Debug, Clone)]
struct Admitted {
    credential: Credential,
    operator: bool,
    /// All that they could do in the workspace then.
    workspace: Option<(WorkspaceId, Permissions)>,
    needs: Vec<Need>,
}

/// Whether what was found stays as it is until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Revoking a right waits for this transaction, or this one sees it.
    UntilCommit,
    /// For reading.
    No,
}

impl Standing {
    /// Notes that `need` was met by this credential; `held` is all that the caller may do in the workspace of a [`Need::May`].
    pub fn admit(&self, credential: Credential, need: Need, held: &Permissions) {
        let mut admitted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted =
            admitted.get_or_insert(Admitted { credential, operator: false, workspace: None, needs: Vec::new() });
        match need {
            Need::Operator => admitted.operator = true,
            Need::May(workspace, _) => admitted.workspace = Some((workspace, held.clone())),
            Need::SignedIn | Need::Recent => {}
        }
        admitted.needs.push(need);
    }

    /// What the route asked for.
    pub fn needs(&self) -> Vec<Need> {
        self.admitted().map_or_else(Vec::new, |admitted| admitted.needs)
    }

    /// Whether a word of [`RIGHTS_CHANGED`] is about this caller. An empty word may be about anyone.
    pub fn is_about(&self, word: &str) -> bool {
        word.is_empty()
            || self.admitted().is_some_and(|admitted| match admitted.credential {
                Credential::Session(session, person) => word == session.to_string() || word == person.to_string(),
                Credential::Key(key, _) => word == key.to_string(),
            })
    }

    fn admitted(&self) -> Option<Admitted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// [`Standing::verify`] for who only reads.
    ///
    /// # Errors
    /// As there.
    pub async fn still_holds(&self, tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
        self.verify(tx, now, Lock::No).await
    }

    /// Goes on only if the credential is still good and the caller may still do all that they could when they were let in.
    ///
    /// # Errors
    /// [`Error::Refused`] that says what was lost; those of the database.
    pub(super) async fn verify(&self, tx: &mut Tx, now: Timestamp, lock: Lock) -> Result<(), Error> {
        let Some(admitted) = self.admitted() else { return Ok(()) };
        let refused = match admitted.credential {
            Credential::Key(key, workspace) => match store::key_is_good(tx, workspace, key, now, lock).await? {
                true => None,
                false => Some(lost(Code::Unauthenticated, say!("This API key has ended"))),
            },
            Credential::Session(session, _) => {
                let found =
                    store::session(tx, session, admitted.workspace.as_ref().map(|(id, _)| *id), now, lock).await?;
                admitted.lost(found)
            }
        };
        refused.map_or(Ok(()), |problem| Err(Error::Refused(Box::new(problem))))
    }
}

impl Admitted {
    fn lost(&self, now: Option<store::Now>) -> Option<Problem> {
        let Some(now) = now else { return Some(lost(Code::Unauthenticated, say!("The session has ended"))) };
        if self.operator && !now.operator {
            return Some(lost(Code::Forbidden, say!("You no longer run this installation")));
        }
        let (_, held) = self.workspace.as_ref()?;
        let Some(role) = now.role else {
            return Some(lost(Code::NotFound, say!("You are no longer a member of this workspace")));
        };
        let missing = held.difference(&role.permissions()).next().copied()?;
        Some(lost(Code::Forbidden, say!("Your role in this workspace changed")).with("permission", missing))
    }
}

fn lost(code: Code, what: Text) -> Problem {
    Problem::new(code, say!("{what} while this request was being answered; nothing was changed."))
}
