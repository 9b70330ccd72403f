//! Addresses at which a network fetches a file of a post, because it takes no bytes from us.
//!
//! One leads to one file of one part of one publication. It works for an hour at most, and only while that publication is
//! being carried out as it was when the address was given: as soon as an attempt is in doubt, published, refused, unscheduled or
//! edited, the address is dead, in the same write. Nothing has to be revoked, so no crash can leave one alive.
//!
//! Each fetch is counted before its first byte. A post in doubt whose files were never fetched was never made: that is a
//! proof, because from then on no one can fetch them.

use std::time::Duration;

use base::{
    Code, Problem, Timestamp,
    ids::{MediaId, PublicationId, WorkspaceId},
    say,
};
use connector::Media;
use subtle::ConstantTimeEq as _;
use url::Url;

use super::{FileType, store};
use crate::{App, fault::Fault, publishing};

/// How long an address works. A container that takes longer asks for another one.
pub const LIFE: Duration = Duration::from_secs(60 * 60);
/// One that works for less than this is not given again.
const LEFT_MIN: Duration = Duration::from_secs(30 * 60);
/// How long its fetches are remembered.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Bytes of a signature: 128 bits can't be guessed.
const SIGNATURE_BYTES: usize = 16;
/// What is signed.
const KIND: &str = "media address";

/// Which part of which publication a network makes with the file, and as it stands at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// The publication.
    pub publication: PublicationId,
    /// The part.
    pub part: u32,
    /// How often a person has asked for it to be sent again.
    pub round: u32,
    /// How often it was in doubt.
    pub doubts: u32,
    /// Grows with each change by a person.
    pub revision: i64,
}

/// An address as stored.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) id: String,
    pub(super) workspace: WorkspaceId,
    pub(super) purpose: Purpose,
    pub(super) media: MediaId,
    pub(super) blob_key: String,
    pub(super) mime: String,
    pub(super) sha256: String,
    pub(super) size_bytes: u64,
    pub(super) expires_at: Timestamp,
}

/// An address for this file; the same one if it was asked for before.
///
/// # Errors
/// A file that is not there; those of the database.
pub async fn give(app: &App, workspace: WorkspaceId, purpose: Purpose, file: &Media) -> Result<Url, Fault> {
    let missing = || Problem::new(Code::NotFound, say!("The file of this post is no longer there."));
    let media: MediaId = file.id.parse().map_err(|_| missing())?;
    let (now, sha256) = (app.clock.now(), file.sha256.clone());
    let id = base::random::token::<16>(&*app.random);
    let address = app
        .db
        .write(async move |tx| {
            if let Some(known) = store::address_for(tx, purpose, media, &sha256, now + LEFT_MIN).await? {
                return Ok(known);
            }
            let found = store::file_with(tx, workspace, media, &sha256).await?.ok_or_else(missing)?;
            let address = Address {
                id: id.clone(),
                workspace,
                purpose,
                media,
                blob_key: found.0,
                mime: found.1,
                sha256: sha256.clone(),
                size_bytes: found.2,
                expires_at: now + LIFE,
            };
            store::insert_address(tx, &address, now).await?;
            Ok::<_, Fault>(address)
        })
        .await?;
    let ending = FileType::of_mime(&address.mime).map_or("bin", FileType::extension);
    let path = format!("fetch/{}-{}.{ending}", address.id, sign(app, KIND, &address.id).await?);
    app.settings.public_url.join(&path).map_err(|error| crate::fault::internal(&error).into())
}

/// The file at this address, if it works. This is a fetch, and counted.
///
/// # Errors
/// Not found, whatever the reason; those of the database.
pub(super) async fn take(app: &App, name: &str) -> Result<Address, Fault> {
    let nothing = || Fault::from(Problem::new(Code::NotFound, say!("This address leads nowhere, or has ended.")));
    let id = signed(app, KIND, name).await?.ok_or_else(nothing)?;
    let now = app.clock.now();
    let found = app
        .db
        .write(async move |tx| {
            let Some(address) = store::address(tx, &id, now).await? else { return Ok(None) };
            let purpose = address.purpose;
            if !publishing::is_carried_out(tx, address.workspace, &purpose).await? {
                return Ok(None);
            }
            store::count_fetch(tx, &id).await?;
            Ok::<_, Fault>(Some(address))
        })
        .await?;
    found.ok_or_else(nothing)
}

/// How often files were fetched for a part of a publication, in this round; `None` if no address was given.
///
/// # Errors
/// Those of the database.
pub async fn fetches(app: &App, publication: PublicationId, part: u32, round: u32) -> Result<Option<u64>, Fault> {
    app.read(async move |tx| store::fetches(tx, publication, part, round).await).await
}

/// Forgets addresses that ended long ago.
///
/// # Errors
/// Those of the database.
pub(super) async fn sweep(app: &App) -> Result<(), Fault> {
    let kept = i64::try_from(KEPT.as_micros()).unwrap_or(i64::MAX);
    let before = Timestamp::from_micros(app.clock.now().as_micros() - kept);
    app.write(async move |tx| store::forget_addresses(tx, before).await).await
}

/// A signature over text, as only this installation can make it.
pub(super) async fn sign(app: &App, kind: &str, text: &str) -> Result<String, Fault> {
    let whole = app.vault.index(None, kind, text).await.map_err(Problem::from)?;
    Ok(hex::encode(&whole[..SIGNATURE_BYTES]))
}

/// The text before the signature in a name such as `text-signature.jpg`; `None` if it was not signed here.
pub(super) async fn signed(app: &App, kind: &str, name: &str) -> Result<Option<String>, Fault> {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let Some((text, signature)) = stem.rsplit_once('-').filter(|(text, _)| !text.is_empty() && text.len() <= 64) else {
        return Ok(None);
    };
    let right = sign(app, kind, text).await?;
    Ok(bool::from(right.as_bytes().ct_eq(signature.as_bytes())).then(|| text.to_owned()))
}
