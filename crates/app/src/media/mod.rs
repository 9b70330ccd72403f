//! Media assets: what a file is, whether it is safe to touch, what of it is stored, and what each network gets.
//!
//! The way of a file: [`types`] says by its content what it is; [`limits`] reads from its headers whether it is small
//! enough to decode; [`strip`] takes out what tells of places, devices and people; [`probe`] measures it; [`blobs`] keeps
//! it; [`renditions`] plans and makes the form that a channel takes.
//!
//! Left out: decoding in a child process of its own (S-63) and transcoding of video (S-65).

pub mod blobs;
pub mod library;
pub mod limits;
pub mod probe;
pub mod renditions;
mod store;
pub mod strip;
pub mod types;

#[cfg(test)]
mod tests;

pub use blobs::{BlobError, BlobKey, BlobPlace, BlobSource, Blobs, Stored};
pub use probe::Probe;
pub use renditions::{Plan, Rendered};
pub use types::FileType;

/// A file that is not taken, in words for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The requirement that it breaks (`S-61`: type, `S-62`: size, `S-64`: structure).
    pub rule: &'static str,
    /// What is wrong with it and what to do.
    pub detail: String,
}

impl Refused {
    pub(crate) fn new(rule: &'static str, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into() }
    }

    /// The structure is not that of its type.
    pub(crate) fn damaged(what: &str) -> Self {
        Self::new("S-64", format!("the file is damaged ({what}); export it again and upload the new file"))
    }
}
