//! Decodes images outside the process that serves and publishes (S-63).
//!
//! A few kilobytes can decode to half a gigabyte, and decoders are the target of crafted files. So this program starts a
//! second copy of itself for each image, with limits on memory, processor time and files ([`child`]). When it ends, its memory
//! is freed; when it exceeds a limit, only it is killed. One image is decoded at a time, and workspaces take turns.
//!
//! | file | what is in it |
//! |---|---|
//! | `child.rs` | starting that process, its input and output, its limits |
//! | `picture.rs` | from a file to a rendition: decode, turn, scale, encode, with the crate `pixels` |

mod child;
pub(super) mod picture;

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    path::PathBuf,
};

use base::{Problem, ids::WorkspaceId};
use bytes::Bytes;
pub use child::serve;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::{FileType, renditions::Convert};
use crate::{fault::Fault, turns::Turns};

/// Memory for files that arrive and are checked, all together, in MiB.
const ARRIVALS_MIB: u32 = 256;

/// How images are decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Decoder {
    /// In this process, for tests and measurements only: memory isn't returned, and a malicious file is decoded here.
    #[default]
    Here,
    /// In a separate process of this program, started with `decode`, which calls [`serve`].
    Program(PathBuf),
}

/// A rendition, made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The file. It has no metadata but a colour profile.
    pub bytes: Bytes,
    /// Its type.
    pub mime: FileType,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The JPEG quality in the end, where there is one.
    pub quality: Option<u8>,
}

/// The queues for checking files and decoding images. Incoming files never wait for decoding.
#[derive(Debug)]
pub struct Workbench {
    /// One permit for each MiB.
    arrivals: Semaphore,
    decoding: Semaphore,
    /// Told when a video is to be converted.
    pub(super) asked: Notify,
    turns: Turns<WorkspaceId>,
}

impl Default for Workbench {
    fn default() -> Self {
        let arrivals = Semaphore::new(ARRIVALS_MIB as usize);
        Self { arrivals, decoding: Semaphore::new(1), asked: Notify::new(), turns: Turns::default() }
    }
}

impl Workbench {
    /// Waits until there is memory to check a file of this many bytes. Dropping the permit frees it.
    pub(super) async fn arrival(&self, size_bytes: u64) -> Option<SemaphorePermit<'_>> {
        // It is in memory twice: as received and as stored.
        let mib = u32::try_from(size_bytes.div_ceil(1 << 20).saturating_mul(2)).unwrap_or(u32::MAX);
        self.arrivals.acquire_many(mib.clamp(1, ARRIVALS_MIB)).await.ok()
    }

    /// Waits for this workspace's turn. A workspace has one image in the queue, whatever it asks for at once, so that
    /// others wait for one of its images at most.
    pub(super) async fn turn(&self, workspace: WorkspaceId) -> Option<OwnedSemaphorePermit> {
        self.turns.take(workspace).await
    }

    /// Makes a rendition of an image.
    ///
    /// # Errors
    /// An image that cannot be decoded, or not within the limits; `unavailable` if the process cannot be started.
    pub(super) async fn render(
        &self,
        decoder: &Decoder,
        mut image: File,
        file_type: FileType,
        convert: &Convert,
    ) -> Result<Rendered, Fault> {
        let _one = self.decoding.acquire().await;
        image.rewind().map_err(|error| crate::fault::internal(&error))?;
        match decoder {
            Decoder::Program(program) => child::render(program, image, file_type, convert).await,
            Decoder::Here => {
                let convert = convert.clone();
                let made = tokio::task::spawn_blocking(move || {
                    let mut bytes = Vec::new();
                    image.read_to_end(&mut bytes).map_err(|error| Fault::from(crate::fault::internal(&error)))?;
                    picture::render(&bytes, file_type, &convert).map_err(|refused| Problem::from(refused).into())
                });
                made.await.map_err(|error| crate::fault::internal(&error))?
            }
        }
    }
}
