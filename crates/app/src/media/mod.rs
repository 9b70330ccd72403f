//! Media assets: what a file is, whether it is safe to touch, what of it is stored, and what each network gets.
//!
//! The way of a file: [`types`] says by its content what it is; [`limits`] reads from its headers whether it is small
//! enough to decode; [`strip`] and [`mp4`] remove data about places, devices and people; [`probe`] measures it;
//! [`blobs`] keeps it; [`renditions`] plans the form of an image that a channel takes, and [`decoding`] makes it;
//! [`transcoding`] does both for videos.
//!
//! Networks that take no bytes fetch a file at one of [`addresses`]; [`reachability`] says whether they can.
//!
//! Around that: [`assets`] is the interface to stored files, [`uploads`] to unfinished ones, and `spool` keeps a file on
//! the disk until it is whole. The original is never kept: what is stored is what was stripped (P-015).

pub mod addresses;
pub mod assets;
pub mod blobs;
pub mod decoding;
pub mod http;
pub mod library;
pub mod limits;
pub mod mp4;
pub mod probe;
pub mod reachability;
pub mod renditions;
mod spool;
mod store;
pub mod strip;
pub mod transcoding;
pub mod types;
pub mod uploads;

#[cfg(test)]
pub(crate) mod tests;

use base::{Text, say};
pub use blobs::{BlobError, BlobKey, BlobPlace, BlobSource, Blobs, Stored};
pub use decoding::{Decoder, Rendered, Workbench};
pub use probe::Probe;
pub use renditions::Plan;
pub use store::{Asset, Upload};
pub use types::FileType;
pub use uploads::sweep as sweep_uploads;

/// How large files may be, and how much a workspace may keep (S-66).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The largest video, in bytes.
    pub file_bytes_max: u64,
    /// The largest image, in bytes: it is held in memory while it is worked on.
    pub image_bytes_max: u64,
    /// The most bytes of one workspace.
    pub workspace_bytes_max: u64,
    /// The most files of one workspace.
    pub workspace_files_max: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            file_bytes_max: 1 << 30,
            image_bytes_max: 64 << 20,
            workspace_bytes_max: 20 << 30,
            workspace_files_max: 50_000,
        }
    }
}

impl Allowance {
    /// The largest file of this type, in bytes.
    fn bytes_max(&self, file_type: FileType) -> u64 {
        if file_type.is_video() { self.file_bytes_max } else { self.image_bytes_max.min(self.file_bytes_max) }
    }
}

/// Which of these are images of the workspace, inside a transaction.
///
/// # Errors
/// Those of the database.
pub async fn images_of(
    tx: &mut db::Tx,
    workspace: base::ids::WorkspaceId,
    ids: std::collections::BTreeSet<base::ids::MediaId>,
) -> Result<std::collections::BTreeSet<base::ids::MediaId>, db::Error> {
    let ids: Vec<_> = ids.into_iter().collect();
    let mut images = std::collections::BTreeSet::new();
    for some in ids.chunks(1_000) {
        images.extend(store::images_of(tx, workspace, some).await?);
    }
    Ok(images)
}

/// A file that is not taken, in words for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The requirement that it breaks (`S-61`: type, `S-62`: size, `S-64`: structure).
    pub rule: &'static str,
    /// What is wrong with it and what to do.
    pub detail: Text,
}

impl Refused {
    pub(crate) fn new(rule: &'static str, detail: impl Into<Text>) -> Self {
        Self { rule, detail: detail.into() }
    }

    /// The structure is not that of its type.
    pub(crate) fn damaged(what: impl Into<Text>) -> Self {
        let what = what.into();
        Self::new("S-64", say!("The file is damaged ({what}). Export it again and upload the new file."))
    }
}

impl From<Refused> for base::Problem {
    fn from(refused: Refused) -> Self {
        base::Problem::new(base::Code::MediaRefused, refused.detail).with("rule", refused.rule)
    }
}
