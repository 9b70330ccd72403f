//! The JSON of the AT Protocol and of Bluesky's lexicons, as far as we read it. What is not named here is never kept
//! (P-014).

use base::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An XRPC or OAuth error.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    pub error: Option<String>,
}

/// `com.atproto.identity.resolveHandle`.
#[derive(Debug, Deserialize)]
pub(super) struct Resolved {
    pub did: String,
}

/// A DID document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidDocument {
    pub id: String,
    #[serde(default)]
    pub also_known_as: Vec<String>,
    #[serde(default)]
    pub service: Vec<Service>,
}

/// A service in a DID document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: Value,
    pub service_endpoint: Value,
}

/// `/.well-known/oauth-protected-resource` (RFC 9728).
#[derive(Debug, Deserialize)]
pub(super) struct ProtectedResource {
    #[serde(default)]
    pub authorization_servers: Vec<String>,
}

/// `/.well-known/oauth-authorization-server` (RFC 8414).
#[derive(Debug, Deserialize)]
pub(super) struct ServerMetadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub pushed_authorization_request_endpoint: Option<String>,
    pub revocation_endpoint: Option<String>,
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    #[serde(default)]
    pub client_id_metadata_document_supported: bool,
    #[serde(default)]
    pub scopes_supported: Vec<String>,
}

/// The answer to a pushed authorization request (RFC 9126).
#[derive(Debug, Deserialize)]
pub(super) struct Pushed {
    pub request_uri: String,
}

/// `app.bsky.actor.searchActorsTypeahead`.
#[derive(Debug, Deserialize)]
pub(super) struct Actors {
    pub actors: Vec<Actor>,
}

/// An account in short.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actor {
    pub handle: String,
    #[serde(default)]
    pub display_name: String,
}

/// The answer of the token endpoint.
#[derive(Debug, Deserialize)]
pub(super) struct TokenAnswer {
    pub access_token: Secret<String>,
    pub token_type: String,
    pub refresh_token: Option<Secret<String>>,
    pub expires_in: Option<u64>,
    #[serde(default)]
    pub scope: String,
    pub sub: String,
}

/// `com.atproto.server.createSession` and `refreshSession`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionAnswer {
    pub access_jwt: Secret<String>,
    pub refresh_jwt: Secret<String>,
    pub did: String,
    #[serde(default = "active")]
    pub active: bool,
}

fn active() -> bool {
    true
}

/// `com.atproto.server.getSession`.
#[derive(Debug, Deserialize)]
pub(super) struct SessionState {
    pub did: String,
    #[serde(default = "active")]
    pub active: bool,
}

/// `com.atproto.server.describeServer`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerFacts {
    pub did: Option<String>,
    pub blob_upload_limit: Option<u64>,
}

/// `com.atproto.server.getServiceAuth`.
#[derive(Debug, Deserialize)]
pub(super) struct ServiceToken {
    pub token: Secret<String>,
}

/// `com.atproto.repo.getRecord`.
#[derive(Debug, Deserialize)]
pub(super) struct RecordAnswer {
    pub uri: String,
    pub cid: Option<String>,
    pub value: Value,
}

/// `com.atproto.repo.putRecord`.
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    pub uri: String,
    pub cid: String,
}

/// `com.atproto.repo.deleteRecord`.
#[derive(Debug, Deserialize)]
pub(super) struct Removed {
    pub commit: Option<Value>,
}

/// `com.atproto.repo.uploadBlob`.
#[derive(Debug, Deserialize)]
pub(super) struct Uploaded {
    pub blob: Value,
}

/// `app.bsky.video.uploadVideo` and `getJobStatus`. An upload of a known video may answer with the bare status.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobAnswer {
    pub job_status: JobStatus,
}

/// The state of a video being processed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct JobStatus {
    pub job_id: String,
    pub state: String,
    pub blob: Option<Value>,
    pub error: Option<String>,
    pub failure_code: Option<String>,
    pub message: Option<String>,
}

/// A record by address and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StrongRef {
    pub uri: String,
    pub cid: String,
}

/// `app.bsky.feed.getPosts`.
#[derive(Debug, Deserialize)]
pub(super) struct Posts {
    pub posts: Vec<PostView>,
}

/// A post as the AppView shows it: only its numbers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostView {
    pub uri: String,
    pub like_count: Option<u64>,
    pub repost_count: Option<u64>,
    pub reply_count: Option<u64>,
    pub quote_count: Option<u64>,
    pub bookmark_count: Option<u64>,
}

/// `app.bsky.feed.getPostThread`.
#[derive(Debug, Deserialize)]
pub(super) struct Threads {
    pub thread: ThreadView,
    pub threadgate: Option<GateView>,
}

/// A post with its answers; one that is gone, or whose author blocks the reader, has no post.
#[derive(Debug, Deserialize)]
pub(super) struct ThreadView {
    pub post: Option<AnswerView>,
    #[serde(default)]
    pub replies: Vec<ThreadView>,
}

/// The rules of a thread, as the AppView shows them.
#[derive(Debug, Deserialize)]
pub(super) struct GateView {
    pub record: Option<Value>,
}

/// `app.bsky.feed.getPosts`, for the answers of others.
#[derive(Debug, Deserialize)]
pub(super) struct Answers {
    pub posts: Vec<AnswerView>,
}

/// An answer, as the AppView shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerView {
    pub uri: String,
    pub cid: String,
    pub author: AnswerAuthor,
    pub record: Value,
    pub like_count: Option<u64>,
    pub reply_count: Option<u64>,
}

/// Who wrote an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerAuthor {
    pub did: String,
    pub handle: String,
    pub display_name: Option<String>,
}

/// `app.bsky.actor.getProfile`: only its numbers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileCounts {
    pub followers_count: Option<u64>,
    pub follows_count: Option<u64>,
    pub posts_count: Option<u64>,
}
