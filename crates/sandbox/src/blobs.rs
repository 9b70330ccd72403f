//! Uploaded bytes, by the SHA-256 of what they are. In a folder if the sandbox keeps anything, else in memory.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// Bytes by their digest.
#[derive(Default)]
pub struct Blobs {
    folder: Option<PathBuf>,
    memory: Mutex<HashMap<String, Bytes>>,
}

impl Blobs {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, memory: Mutex::default() }
    }

    /// Keeps the bytes; gives their SHA-256 in hex.
    pub fn put(&self, bytes: Bytes) -> String {
        let key = hex::encode(Sha256::digest(&bytes));
        if let Some(folder) = &self.folder {
            let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(folder.join(&key), &bytes));
            match written {
                Ok(()) => return key,
                Err(error) => tracing::warn!(%error, "a blob stays in memory only"),
            }
        }
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), bytes);
        key
    }

    /// The bytes, if they are here.
    pub fn get(&self, key: &str) -> Option<Bytes> {
        // A key is hex; anything else might be a path.
        if !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let held = self.memory.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        held.or_else(|| std::fs::read(self.folder.as_ref()?.join(key)).ok().map(Bytes::from))
    }
}
