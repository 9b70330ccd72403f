//! People who can sign in, and the sessions they are signed in with.
//!
//! Sign-up is closed: the first person comes through a one-time link that the server prints ([`owner_link`], S-07),
//! everyone else through an invitation of a workspace. What someone may do is not decided here but by their role in a
//! workspace (`workspaces`).

mod addresses;
pub(crate) mod checks;
mod devices;
pub mod http;
mod links;
mod owner;
pub mod passwords;
mod preferences;
mod sessions;
mod store;
#[cfg(test)]
mod tests;

use base::{
    Actor, Code, Problem, Secret, Timestamp,
    ids::{OrganizationId, PersonId},
    problem::FieldError,
    say,
};
use db::Tx;

use crate::{
    App, audit,
    fault::{internal, store_failed},
    http::{ClientAddress, Rate, bucket_key},
    revision::{IfMatch, Revision},
    secrets::{At, VaultError},
};

pub(crate) use addresses::Address;
pub use addresses::{ask_for_email, confirm_email};
pub use links::{PasswordLink, look_at_password_link, password_link, password_link_for, use_password_link};
pub use owner::{NewOwner, become_owner, is_owned, owner_link};
pub use passwords::Passwords;
pub use preferences::{ClockFace, WeekStart};
pub use sessions::{Begun, Listed, Session, end_session, session_of, sessions};
pub(crate) use sessions::{NewSession, draw};

/// A person as they see themselves.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The e-mail address they sign in with.
    pub email: Secret<String>,
    /// Whether it is proven to be theirs.
    pub email_proven: bool,
    /// The address they would rather have; it gives nothing until it is proven.
    pub new_email: Option<Secret<String>>,
    /// Their name.
    pub name: String,
    /// The language they read.
    pub language: String,
    /// The time zone they live in.
    pub zone: String,
    /// The day their weeks start on.
    pub week_starts_on: WeekStart,
    /// How they read a time of day.
    pub clock: ClockFace,
    /// Whether they own the installation.
    pub operator: bool,
    /// How often this was changed.
    pub revision: Revision,
    /// When they came.
    pub created_at: Timestamp,
}

/// Someone who is to be added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Their e-mail address.
    pub email: Secret<String>,
    /// The password they choose.
    pub password: Secret<String>,
    /// Their name.
    pub name: String,
    /// The language they read.
    pub language: String,
    /// The time zone they live in.
    pub zone: String,
}

/// What a person may change about themselves; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Their name.
    pub name: Option<String>,
    /// The language they read.
    pub language: Option<String>,
    /// The time zone they live in.
    pub zone: Option<String>,
    /// The day their weeks start on.
    pub week_starts_on: Option<WeekStart>,
    /// How they read a time of day.
    pub clock: Option<ClockFace>,
}

/// Why something about a person could not be done.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// Unknown address or wrong password: the same text for both (S-37).
    #[error("No person here has this e-mail address with this password.")]
    WrongCredentials,
    /// The present password was asked for, and this is not it.
    #[error("That is not your present password.")]
    WrongPassword,
    /// There is no such session.
    #[error("You have no such session.")]
    NoSuchSession,
    /// The person was disabled or deleted in the meantime.
    #[error("This person is not here any more.")]
    Gone,
    /// The address is taken.
    #[error("A person with this e-mail address is here already.")]
    EmailTaken,
    /// The link was used, has ended, or the installation has an owner.
    #[error("This link is not good any more: it was used, has ended, or the installation has an owner.")]
    LinkEnded,
    /// The console named an address that no one has.
    #[error("No one signs in with this e-mail address.")]
    Unknown,
    /// An owner's link would give them more than they have.
    #[error(
        "You can't reset this person's password here. The operator can, with \
         `fanfare password-link <their e-mail address>` on the server."
    )]
    ConsoleOnly,
    /// A link to set a password was used, replaced, or has ended.
    #[error("This link no longer works: it was used, replaced or has expired. Ask for a new one.")]
    PasswordLinkEnded,
    /// Fields.
    #[error("some fields are wrong")]
    Fields(Vec<FieldError>),
    /// Another problem, such as a rate limit or a stale revision.
    #[error(transparent)]
    Other(#[from] Problem),
    /// Sealing.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Hashing.
    #[error(transparent)]
    Hash(#[from] passwords::HashError),
    /// The database.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl From<PersonError> for Problem {
    fn from(error: PersonError) -> Self {
        let not_found = |detail| Problem::new(Code::NotFound, detail);
        match error {
            PersonError::WrongCredentials => {
                Problem::new(Code::WrongCredentials, say!("The e-mail address or the password is wrong."))
            }
            PersonError::WrongPassword => Problem::field("/current_password", say!("is not your current password")),
            PersonError::NoSuchSession => not_found(say!("You have no such session.")),
            PersonError::Gone => Problem::new(Code::Unauthenticated, say!("This person no longer exists here.")),
            PersonError::EmailTaken => {
                Problem::new(Code::AlreadyExists, say!("Someone with this e-mail address already exists here."))
            }
            PersonError::LinkEnded => not_found(say!(
                "This link no longer works: it was used, has expired, or the installation already has an owner."
            )),
            PersonError::PasswordLinkEnded => {
                not_found(say!("This link no longer works: it was used, replaced or has expired. Ask for a new one."))
            }
            PersonError::Unknown => not_found(say!("No one signs in with this e-mail address.")),
            PersonError::ConsoleOnly => Problem::new(
                Code::Forbidden,
                say!(
                    "You can't reset this person's password here. The operator can, with `fanfare password-link <their e-mail address>` on the server."
                ),
            ),
            PersonError::Fields(errors) => Problem::fields(errors),
            PersonError::Other(problem) => problem,
            PersonError::Vault(source) => source.into(),
            PersonError::Hash(source) => internal(&source),
            PersonError::Store(source) => store_failed(&source),
        }
    }
}

fn email_of(id: PersonId) -> At {
    At::new("people", "email_sealed", id)
}

fn new_email_of(id: PersonId) -> At {
    At::new("people", "new_email_sealed", id)
}

/// The blind index of a checked address.
///
/// # Errors
/// Those of the vault.
pub(crate) async fn email_index(app: &App, email: &Secret<String>) -> Result<Vec<u8>, VaultError> {
    app.vault.index(None, "email", email.expose()).await
}

/// A person who was checked, hashed and sealed and only needs to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub id: PersonId,
    pub email_sealed: Vec<u8>,
    pub email_index: Vec<u8>,
    pub name: String,
    pub language: String,
    pub zone: String,
    pub password_hash: String,
    pub now: Timestamp,
}

/// Checks, hashes and seals, before the write.
pub(crate) async fn prepare(app: &App, new: NewPerson) -> Result<Ready, PersonError> {
    let mut errors = Vec::new();
    let email = keep(checks::email("/email", &new.email), &mut errors);
    let name = keep(checks::name("/name", &new.name), &mut errors);
    let language = keep(checks::language("/language", &new.language), &mut errors);
    let zone = keep(checks::zone("/zone", &new.zone), &mut errors);
    if let Some(detail) = passwords::complaint(&new.password, &[new.email.expose(), &new.name]) {
        errors.push(FieldError { pointer: "/password".into(), detail });
    }
    let (Some(email), Some(name), Some(language), Some(zone), true) = (email, name, language, zone, errors.is_empty())
    else {
        return Err(PersonError::Fields(errors));
    };
    let now = app.clock.now();
    let id = PersonId::new(now, &*app.random);
    Ok(Ready {
        id,
        email_sealed: app.vault.seal(None, &email_of(id), &email).await?,
        email_index: email_index(app, &email).await?,
        name,
        language,
        zone,
        password_hash: app.memory.passwords.hash(&*app.random, &new.password).await?,
        now,
    })
}

fn keep<T>(checked: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    checked.map_err(|error| errors.push(error)).ok()
}

/// Stores a person and their first session. `proven` says whether their address is theirs for sure.
pub(crate) async fn insert(
    tx: &mut Tx,
    ready: &Ready,
    (operator, proven): (bool, bool),
    session: &NewSession,
) -> Result<(), PersonError> {
    match store::insert(tx, ready, operator, proven).await {
        Err(error) if error.is_unique_on("people.email_index") => return Err(PersonError::EmailTaken),
        other => other?,
    }
    Ok(store::insert_session(tx, ready.id, session).await?)
}

/// Who signs in with this address.
async fn by_address(app: &App, email: &Secret<String>) -> Result<Option<PersonId>, PersonError> {
    Ok(stored_by_address(app, email).await?.1.map(|person| person.id))
}

/// The blind index of what was typed as an address, and who signs in with it. What cannot be one is no one's, and takes
/// the same way.
async fn stored_by_address(app: &App, email: &Secret<String>) -> Result<(Vec<u8>, Option<store::Stored>), PersonError> {
    let email = checks::email("/email", email).unwrap_or_else(|_| email.clone());
    let index = email_index(app, &email).await?;
    let wanted = index.clone();
    let found = app.db.read(async move |tx| store::by_email(tx, &wanted).await).await?;
    Ok((index, found))
}

/// Whether this person runs the installation, so that what they say about an address proves it.
pub(crate) async fn is_operator(tx: &mut Tx, person: PersonId) -> Result<bool, db::Error> {
    Ok(store::by_id(tx, person).await?.is_some_and(|person| person.operator))
}

/// The blind index of a person's address, if it is proven.
pub(crate) async fn proven_index(tx: &mut Tx, person: PersonId) -> Result<Option<Vec<u8>>, db::Error> {
    store::proven_index(tx, person).await
}

/// The organization that this person owns.
pub(crate) async fn organization_of(tx: &mut Tx, person: PersonId) -> Result<Option<OrganizationId>, db::Error> {
    store::organization_of_owner(tx, person).await
}

/// What a person typed to sign in.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Their e-mail address.
    pub email: Secret<String>,
    /// Their password.
    pub password: Secret<String>,
}

/// What was taken out of the buckets for one attempt.
type Taken = Vec<(&'static str, u64, Rate)>;

/// Counts an attempt (S-37): against its address, against the account, and altogether, each apart. They slow down anyone who tries
/// passwords; none locks an account: a device that its person has signed in on before is counted by itself, and a refused attempt
/// is not counted at all.
fn throttle(app: &App, client: ClientAddress, account: &[u8], known_device: bool) -> Result<Taken, Problem> {
    let limits = &app.settings.limits;
    let account = bucket_key(account);
    let of = match known_device {
        true => vec![limits.sign_in_account.map(|rate| ("sign-in-device", account, rate))],
        false => vec![
            limits.sign_in_address.map(|rate| ("sign-in-address", bucket_key(client.unit()), rate)),
            limits.sign_in_account.map(|rate| ("sign-in-account", account, rate)),
            limits.sign_in_all.map(|rate| ("sign-in-all", 0, rate)),
        ],
    };
    let of: Taken = of.into_iter().flatten().collect();
    match app.memory.buckets.take_all(&of, app.clock.now()) {
        Ok(()) => Ok(of),
        Err(standing) => standing.check(say!("sign-in attempts")).map(|()| of),
    }
}

/// Signs someone in. `before` is the session they come with, which ends: a new token at every sign-in (S-31). `device` is what
/// their browser kept from an earlier sign-in; what it is to keep from this one comes back.
///
/// # Errors
/// [`PersonError::WrongCredentials`], after the same time whether the address is known or not.
pub async fn sign_in(
    app: &App,
    client: ClientAddress,
    typed: &Credentials,
    user_agent: &str,
    before: Option<&Session>,
    device: Option<&str>,
) -> Result<(Begun, String), PersonError> {
    let (index, found) = stored_by_address(app, &typed.email).await?;
    let known_device = devices::is_known(app, &index, device).await?;
    let taken = throttle(app, client, &index, known_device)?;
    let account = index;
    let hash = found.as_ref().map(|person| person.password_hash.clone());
    let good = app.memory.passwords.verify(&*app.random, hash, &typed.password).await?;
    let Some(person) = found.as_ref().filter(|_| good).map(|person| person.id) else {
        sign_in_failed(app, found.map(|person| person.id)).await?;
        return Err(PersonError::WrongCredentials);
    };
    app.memory.buckets.give_back(&taken, app.clock.now());
    let begun = begin(app, person, user_agent, before.map(|session| (session.person, session.id))).await?;
    Ok((begun, devices::remembered(app, &account).await?))
}

/// Writes to the installation's log that someone tried a wrong password, or an address that no one here has (S-94). The throttle
/// bounds how often.
async fn sign_in_failed(app: &App, person: Option<PersonId>) -> Result<(), PersonError> {
    let now = app.clock.now();
    app.db
        .unguarded()
        .write(async move |tx| {
            let object = person.map_or_else(|| "unknown".to_owned(), |person| person.to_string());
            let act = audit::Act::new("session.began", object).refused();
            audit::record_instance(tx, Actor::System("sign-in"), now, act).await
        })
        .await
        .map_err(|error: db::Error| PersonError::from(error))
}

async fn begin(
    app: &App,
    person: PersonId,
    user_agent: &str,
    before: Option<(PersonId, base::ids::SessionId)>,
) -> Result<Begun, PersonError> {
    let (new, token) = draw(app, user_agent);
    let id = new.id;
    app.db
        .write(async move |tx| {
            if let Some((person, id)) = before {
                store::end_session(tx, person, id).await?;
            }
            store::insert_session(tx, person, &new).await?;
            let act = audit::Act::new("session.began", new.id);
            audit::record_instance(tx, Actor::Person(person), new.now, act).await
        })
        .await
        .map_err(|error: db::Error| PersonError::from(error))?;
    Ok(Begun { id, person, token })
}

/// Who this is.
///
/// # Errors
/// [`PersonError::Gone`].
pub async fn find(app: &App, id: PersonId) -> Result<Person, PersonError> {
    let stored = app.db.read(async move |tx| store::by_id(tx, id).await).await?.ok_or(PersonError::Gone)?;
    opened(app, stored).await
}

async fn opened(app: &App, stored: store::Stored) -> Result<Person, PersonError> {
    let email = app.vault.open_text(None, &email_of(stored.id), &stored.email_sealed).await?;
    let new_email = match &stored.new_email_sealed {
        Some(sealed) => Some(app.vault.open_text(None, &new_email_of(stored.id), sealed).await?),
        None => None,
    };
    let store::Stored {
        id,
        email_proven,
        name,
        language,
        zone,
        week_starts_on,
        clock,
        operator,
        revision,
        created_at,
        ..
    } = stored;
    Ok(Person {
        id,
        email,
        email_proven,
        new_email,
        name,
        language,
        zone,
        week_starts_on,
        clock,
        operator,
        revision,
        created_at,
    })
}

/// Changes what a person says about themselves.
///
/// # Errors
/// Wrong fields, or a stale revision.
pub async fn change(app: &App, id: PersonId, profile: Profile, from: IfMatch) -> Result<Person, PersonError> {
    let mut errors = Vec::new();
    let checked = Profile {
        name: profile.name.and_then(|text| keep(checks::name("/name", &text), &mut errors)),
        language: profile.language.and_then(|text| keep(checks::language("/language", &text), &mut errors)),
        zone: profile.zone.and_then(|text| keep(checks::zone("/zone", &text), &mut errors)),
        ..profile
    };
    if !errors.is_empty() {
        return Err(PersonError::Fields(errors));
    }
    app.db
        .write(async move |tx| {
            let mut person = store::by_id(tx, id).await?.ok_or(PersonError::Gone)?;
            from.check(person.revision)?;
            person.name = checked.name.clone().unwrap_or(person.name);
            person.language = checked.language.clone().unwrap_or(person.language);
            person.zone = checked.zone.clone().unwrap_or(person.zone);
            person.week_starts_on = checked.week_starts_on.unwrap_or(person.week_starts_on);
            person.clock = checked.clock.unwrap_or(person.clock);
            Ok::<_, PersonError>(store::change_profile(tx, &person).await?)
        })
        .await?;
    find(app, id).await
}

/// Gives the hash of the password that was found right.
async fn check_password(app: &App, id: PersonId, password: &Secret<String>) -> Result<String, PersonError> {
    let stored = app.db.read(async move |tx| store::by_id(tx, id).await).await?.ok_or(PersonError::Gone)?;
    match app.memory.passwords.verify(&*app.random, Some(stored.password_hash.clone()), password).await? {
        true => Ok(stored.password_hash),
        false => Err(PersonError::WrongPassword),
    }
}

/// Changes a password. Every session ends, and the present one begins anew with another token (S-32).
///
/// # Errors
/// [`PersonError::WrongPassword`], a password that is easy to guess, or too many attempts.
pub async fn change_password(
    app: &App,
    client: ClientAddress,
    session: &Session,
    current: &Secret<String>,
    new: &Secret<String>,
    user_agent: &str,
) -> Result<Begun, PersonError> {
    let id = session.person;
    throttle(app, client, id.to_string().as_bytes(), false)?;
    let present = check_password(app, id, current).await?;
    let person = find(app, id).await?;
    if let Some(detail) = passwords::complaint(new, &[person.email.expose(), &person.name]) {
        return Err(PersonError::Fields(vec![FieldError { pointer: "/new_password".into(), detail }]));
    }
    let hash = app.memory.passwords.hash(&*app.random, new).await?;
    let (fresh, token) = draw(app, user_agent);
    let begun = fresh.id;
    app.db
        .write(async move |tx| {
            if !store::change_password(tx, id, &present, &hash).await? {
                return Err(PersonError::WrongPassword);
            }
            store::end_sessions(tx, id).await?;
            store::insert_session(tx, id, &fresh).await?;
            let act = audit::Act::new("password.changed", id);
            Ok(audit::record_instance(tx, Actor::Person(id), fresh.now, act).await?)
        })
        .await?;
    Ok(Begun { id: begun, person: id, token })
}

/// Forgets sessions and password links that are over, some hundred per call; gives how many sessions. For the retention
/// job.
///
/// # Errors
/// Those of the database.
pub async fn sweep_sessions(app: &App, limit: u32) -> Result<u64, db::Error> {
    let now = app.clock.now();
    let idle_since = now - app.settings.sessions.idle;
    app.db.write(async move |tx| store::sweep_sessions(tx, now, idle_since, limit).await).await
}
