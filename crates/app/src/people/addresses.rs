//! E-mail addresses: who may use one, and what makes it count.
//!
//! Fanfare sends no mail, so it cannot ask an address whose it is. An address is proven only by the person who runs the
//! installation: at the console, or by an invitation of theirs. A change is a request until then, and gives nothing.

use base::{Actor, Secret, Timestamp, ids::PersonId};
use db::Tx;

use super::{PersonError, checks, email_index, email_of, new_email_of, store};
use crate::{App, audit};

/// Asks for another e-mail address. It waits until it is proven; the person signs in with the one they have. The answer
/// is the same whether someone has that address or not. Asking for the present one withdraws an earlier request.
///
/// # Errors
/// An address that cannot be one.
pub async fn ask_for_email(app: &App, id: PersonId, email: &Secret<String>) -> Result<(), PersonError> {
    let email = checks::email("/email", email).map_err(|error| PersonError::Fields(vec![error]))?;
    let sealed = app.vault.seal(None, &new_email_of(id), &email).await?;
    let (index, now) = (email_index(app, &email).await?, app.clock.now());
    app.db
        .write(async move |tx| {
            store::ask_for_email(tx, id, &sealed, &index).await?;
            let act = audit::Act::new("email.asked", id);
            Ok(audit::record_instance(tx, Actor::Person(id), now, act).await?)
        })
        .await
}

/// The operator, at the console, confirms that the person who signs in with `present` has the address `new`, which may be the same:
/// they sign in with it from now on, and it counts as proven.
///
/// # Errors
/// [`PersonError::Unknown`], [`PersonError::EmailTaken`].
pub async fn confirm_email(app: &App, present: &Secret<String>, new: &Secret<String>) -> Result<(), PersonError> {
    let person = super::by_address(app, present).await?.ok_or(PersonError::Unknown)?;
    let email = checks::email("/email", new).map_err(|error| PersonError::Fields(vec![error]))?;
    let address = Address::of(app, person, &email).await?;
    let now = app.clock.now();
    app.db.write(async move |tx| address.prove(tx, Actor::System("console"), now).await).await
}

/// An address of a person, sealed and indexed and ready to become the one they sign in with.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    person: PersonId,
    sealed: Vec<u8>,
    /// Its blind index.
    pub index: Vec<u8>,
}

impl Address {
    async fn of(app: &App, person: PersonId, email: &Secret<String>) -> Result<Self, PersonError> {
        let sealed = app.vault.seal(None, &email_of(person), email).await?;
        Ok(Self { person, sealed, index: email_index(app, email).await? })
    }

    /// What a person has and what they ask for.
    pub async fn all_of(app: &App, person: PersonId) -> Result<Vec<Self>, PersonError> {
        let found = super::find(app, person).await?;
        let mut all = vec![Self::of(app, person, &found.email).await?];
        if let Some(asked) = &found.new_email {
            all.push(Self::of(app, person, asked).await?);
        }
        Ok(all)
    }

    /// Makes it the person's address, proven.
    pub async fn prove(&self, tx: &mut Tx, by: Actor, now: Timestamp) -> Result<(), PersonError> {
        match store::prove_email(tx, self.person, (&self.sealed, &self.index), now).await {
            Err(error) if error.is_unique_on("people.email_index") => return Err(PersonError::EmailTaken),
            other => other?,
        }
        let act = audit::Act::new("email.proven", self.person);
        Ok(audit::record_instance(tx, by, now, act).await?)
    }
}
