//! Where files are kept: a folder of this machine, or an S3 bucket. Nothing here holds a whole file in memory.
//!
//! A key is `{workspace}/{media asset}/{name}`, so that erasing a workspace or an asset is erasing a prefix.

use std::{ops::Range, path::PathBuf, sync::Arc, time::Duration};

use base::Secret;
use bytes::{Bytes, BytesMut};
use connector::MediaSource;
use futures::{
    Stream, StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use object_store::{
    Attribute, Attributes, ClientOptions, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt as _,
    PutMultipartOptions, PutOptions, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
    signer::Signer,
};
use sha2::{Digest as _, Sha256};

/// The size of one part of an upload to S3, in bytes; S3's minimum is 5 MiB.
const PART_BYTES: usize = 5 << 20;

/// The longest that one call to S3 may take: a part at 10 kB/s, or a large file that is read.
const CALL_MAX: Duration = Duration::from_secs(10 * 60);
/// The longest that a connection to S3 may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The longest that a signed address may live: it cannot be taken back. S3's own limit is seven days.
pub const LEASE_MAX: Duration = Duration::from_secs(60 * 60);

/// Where the files of an installation are kept.
#[derive(Debug, Clone)]
pub enum BlobPlace {
    /// A folder of this machine, created if missing.
    Folder(PathBuf),
    /// A bucket of S3, or of anything that speaks its language.
    S3 {
        /// The server's address; `None` for Amazon's own. Plain http is taken, for a server beside this one.
        endpoint: Option<url::Url>,
        /// The bucket.
        bucket: String,
        /// The region (`us-east-1` where the server does not care).
        region: String,
        /// The access key's id.
        key: Secret<String>,
        /// The access key's secret.
        secret: Secret<String>,
        /// Whether the bucket's name stands in the path of addresses and not in the host. `None`: in the path at an
        /// endpoint of one's own, in the host at Amazon.
        path_style: Option<bool>,
    },
}

/// Why a file could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no file under this key.
    #[error("there is no file under `{0}`")]
    NotFound(String),
    /// The file is larger than its limit in bytes; nothing of it is kept.
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    /// Reading the file that was to be kept failed; nothing of it is kept.
    #[error("the upload broke off: {0}")]
    Source(#[source] std::io::Error),
    /// The place does not answer, or refuses; the text is for the log.
    #[error("the file store failed: {0}")]
    Store(#[source] object_store::Error),
    /// The place is not set up rightly.
    #[error("the file store cannot be used: {0}")]
    Place(String),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::NotFound(path),
            other => Self::Store(other),
        }
    }
}

/// The key of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobKey(Path);

impl BlobKey {
    /// `{workspace}/{media}/{name}`. Names are generated, never a person's: letters, digits, `-`, `_` and `.` only, none
    /// beginning with a dot, at most 100 bytes each.
    pub fn new(workspace: &str, media: &str, name: &str) -> Result<Self, BlobError> {
        for part in [workspace, media, name] {
            let plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
            if part.is_empty() || part.len() > 100 || part.starts_with('.') || !plain {
                return Err(BlobError::Place(format!("`{}` cannot be part of a key", part.escape_debug())));
            }
        }
        Ok(Self(Path::from_iter([workspace, media, name])))
    }

    /// As it was stored ([`BlobKey::as_str`]).
    pub fn parse(text: &str) -> Result<Self, BlobError> {
        match text.split('/').collect::<Vec<_>>()[..] {
            [workspace, media, name] => Self::new(workspace, media, name),
            _ => Err(BlobError::Place(format!("`{}` is not a key", text.escape_debug()))),
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

/// What was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
}

/// A file, or a part of it, being read.
pub struct Opened {
    /// The whole file's size in bytes.
    pub size_bytes: u64,
    /// Which bytes come.
    pub range: Range<u64>,
    /// The bytes.
    pub body: BoxStream<'static, std::io::Result<Bytes>>,
}

/// The files of an installation.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// For places that can sign addresses; it also says that types are stored.
    signer: Option<Arc<dyn Signer>>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blobs({})", self.store)
    }
}

impl Blobs {
    /// Opens a place. A folder is made; a bucket is not called yet.
    pub fn open(place: &BlobPlace) -> Result<Self, BlobError> {
        match place {
            BlobPlace::Folder(folder) => {
                let unusable =
                    |error: &dyn std::fmt::Display| BlobError::Place(format!("{}: {error}", folder.display()));
                std::fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| unusable(&error))?;
                // A file counts as kept when it survives a power cut, and leaves no empty folder behind.
                let store = store.with_fsync(true).with_automatic_cleanup(true);
                Ok(Self { store: Arc::new(store), signer: None })
            }
            BlobPlace::S3 { endpoint, bucket, region, key, secret, path_style } => {
                let path_style = path_style.unwrap_or(endpoint.is_some());
                // A part of a large file over a slow line takes longer than the library's own half minute.
                let client = ClientOptions::new().with_timeout(CALL_MAX).with_connect_timeout(CONNECT_MAX);
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_region(region)
                    .with_access_key_id(key.expose())
                    .with_secret_access_key(secret.expose())
                    .with_virtual_hosted_style_request(!path_style)
                    // Not every server knows how to delete many at once (Google's, for one).
                    .with_disable_bulk_delete(true);
                if let Some(endpoint) = endpoint {
                    let address = if path_style { endpoint.clone() } else { hosted(endpoint, bucket)? };
                    let address = address.as_str().trim_end_matches('/');
                    builder = builder.with_endpoint(address);
                }
                let plain = endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
                let builder = builder.with_client_options(client.with_allow_http(plain));
                let store = Arc::new(builder.build().map_err(|error| BlobError::Place(error.to_string()))?);
                Ok(Self { store: store.clone(), signer: Some(store) })
            }
        }
    }

    /// Stores a file from a stream, at most `limit` bytes. It is completely stored when this returns `Ok`, otherwise not at all.
    pub async fn put(
        &self,
        key: &BlobKey,
        mime: &str,
        limit: u64,
        bytes: impl Stream<Item = std::io::Result<Bytes>> + Send,
    ) -> Result<Stored, BlobError> {
        self.put_telling(key, mime, limit, bytes, |_| {}).await
    }

    /// The same; `tell` hears how many bytes the place has, after each part.
    pub async fn put_telling(
        &self,
        key: &BlobKey,
        mime: &str,
        limit: u64,
        bytes: impl Stream<Item = std::io::Result<Bytes>> + Send,
        tell: impl Fn(u64) + Send,
    ) -> Result<Stored, BlobError> {
        let mut parts = std::pin::pin!(parts(bytes, limit));
        let mut hash = Sha256::new();
        let first = parts.try_next().await?.unwrap_or_default();
        let mut size_bytes = first.len() as u64;
        hash.update(&first);
        let second = if first.len() < PART_BYTES { None } else { parts.try_next().await? };
        let Some(second) = second else {
            let options = PutOptions { attributes: self.attributes(mime), ..PutOptions::default() };
            self.store.put_opts(&key.0, PutPayload::from(first), options).await?;
            return Ok(Stored { size_bytes, sha256: hex::encode(hash.finalize()) });
        };
        let options = PutMultipartOptions { attributes: self.attributes(mime), ..PutMultipartOptions::default() };
        let mut upload = self.store.put_multipart_opts(&key.0, options).await?;
        let mut rest = stream::iter([Ok(first), Ok(second)]).chain(parts).enumerate();
        while let Some((number, part)) = rest.next().await {
            let sent = match part {
                Ok(part) => {
                    if number > 0 {
                        size_bytes += part.len() as u64;
                        hash.update(&part);
                    }
                    upload.put_part(PutPayload::from(part)).await.map_err(BlobError::from)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                give_up(upload).await;
                return Err(error);
            }
            tell(size_bytes);
        }
        upload.complete().await?;
        Ok(Stored { size_bytes, sha256: hex::encode(hash.finalize()) })
    }

    /// A folder cannot keep types; they are in the database, and there the file is served by us.
    fn attributes(&self, mime: &str) -> Attributes {
        let mut attributes = Attributes::new();
        if self.signer.is_some() {
            attributes.insert(Attribute::ContentType, mime.to_owned().into());
        }
        attributes
    }

    /// Opens a file, or the part of it that begins at `range.start` and ends before `range.end`.
    pub async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Opened, BlobError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        Ok(self.opened(key, options).await?)
    }

    async fn opened(&self, key: &BlobKey, options: GetOptions) -> Result<Opened, object_store::Error> {
        let found = self.store.get_opts(&key.0, options).await?;
        let (size_bytes, range) = (found.meta.size, found.range.clone());
        let body = found.into_stream().map_err(std::io::Error::other).boxed();
        Ok(Opened { size_bytes, range, body })
    }

    /// Deletes a file, if it exists.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match self.store.delete(&key.0).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes everything under a workspace, or under one of its assets. Says how many files there were.
    pub async fn delete_all(&self, workspace: &str, media: Option<&str>) -> Result<u64, BlobError> {
        // The same rules as for a key, so that nothing else is deleted.
        let checked = BlobKey::new(workspace, media.unwrap_or("all"), "all")?;
        let depth = if media.is_some() { 2 } else { 1 };
        let prefix = Path::from_iter(checked.0.parts().take(depth));
        let mut found = self.store.list(Some(&prefix));
        let mut count = 0;
        while let Some(file) = found.try_next().await? {
            self.store.delete(&file.location).await?;
            count += 1;
        }
        Ok(count)
    }

    /// An address at which anyone may read the file for so long (at most [`LEASE_MAX`]); `None` where the place cannot
    /// sign addresses: then it is served by us.
    pub async fn lease(&self, key: &BlobKey, life: Duration) -> Result<Option<url::Url>, BlobError> {
        let Some(signer) = &self.signer else { return Ok(None) };
        Ok(Some(signer.signed_url(http::Method::GET, &key.0, life.min(LEASE_MAX)).await?))
    }
}

/// The endpoint with the bucket's name before its host, unless it is already there.
fn hosted(endpoint: &url::Url, bucket: &str) -> Result<url::Url, BlobError> {
    let host = endpoint.host_str().unwrap_or_default();
    if host.starts_with(&format!("{bucket}.")) {
        return Ok(endpoint.clone());
    }
    let mut address = endpoint.clone();
    let renamed = endpoint.domain().is_some() && address.set_host(Some(&format!("{bucket}.{host}"))).is_ok();
    let wrong =
        || BlobError::Place(format!("`{bucket}` cannot stand before the host {host}; set `s3.path_style = true`"));
    if renamed { Ok(address) } else { Err(wrong()) }
}

async fn give_up(mut upload: Box<dyn MultipartUpload>) {
    if let Err(error) = upload.abort().await {
        tracing::warn!(%error, "parts of a broken upload could not be deleted; the bucket's own rules will");
    }
}

/// Pieces gathered to parts of the same size, the last one smaller.
fn parts(
    bytes: impl Stream<Item = std::io::Result<Bytes>> + Send,
    limit: u64,
) -> impl Stream<Item = Result<Bytes, BlobError>> + Send {
    let start = (Box::pin(bytes), BytesMut::new(), 0u64, false);
    stream::try_unfold(start, move |(mut bytes, mut gathered, mut size, mut ended)| async move {
        while !ended && gathered.len() < PART_BYTES {
            match bytes.try_next().await.map_err(BlobError::Source)? {
                Some(piece) => {
                    size += piece.len() as u64;
                    if size > limit {
                        return Err(BlobError::TooLarge(limit));
                    }
                    gathered.extend_from_slice(&piece);
                }
                None => ended = true,
            }
        }
        let part = gathered.split_to(gathered.len().min(PART_BYTES)).freeze();
        Ok((!part.is_empty()).then_some((part, (bytes, gathered, size, ended))))
    })
}

/// A kept file as a connector uploads it.
#[derive(Debug, Clone)]
pub struct BlobSource {
    /// Where.
    pub blobs: Blobs,
    /// Which.
    pub key: BlobKey,
}

#[async_trait::async_trait]
impl MediaSource for BlobSource {
    async fn open(&self, offset: u64) -> std::io::Result<BoxStream<'static, std::io::Result<Bytes>>> {
        let range = (offset > 0).then_some(GetRange::Offset(offset));
        let options = GetOptions { range, ..GetOptions::default() };
        match self.blobs.opened(&self.key, options).await {
            Ok(opened) => Ok(opened.body),
            Err(error @ object_store::Error::NotFound { .. }) => {
                Err(std::io::Error::new(std::io::ErrorKind::NotFound, error))
            }
            Err(error) => Err(std::io::Error::other(error)),
        }
    }
}
