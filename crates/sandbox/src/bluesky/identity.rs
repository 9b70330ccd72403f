//! Who is who: handles, DID documents, the directory, and what this server says of itself.

use serde_json::{Value, json};

use super::{Bluesky, Reply, call::Call, refusal::Refusal, syntax};

/// `com.atproto.identity.resolveHandle`.
pub fn resolve_handle(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let handle = call.formed("handle", syntax::is_handle, "a handle")?;
    let data = twin.data();
    let did = data.did_of(handle).ok_or_else(|| Refusal::new(400, "HandleNotFound", "Unable to resolve handle"))?;
    Ok(Reply::json(json!({"did": did})))
}

/// `com.atproto.identity.resolveDid`.
pub fn resolve_did(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let did = call.formed("did", syntax::is_did, "a DID")?;
    let document = document(twin, did).ok_or_else(|| Refusal::new(400, "DidNotFound", "DID not found"))?;
    Ok(Reply::json(json!({"didDoc": document})))
}

/// `com.atproto.identity.resolveIdentity`.
pub fn resolve_identity(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let identifier = call.formed("identifier", syntax::is_at_identifier, "a DID or a handle")?;
    let data = twin.data();
    let name = if identifier.starts_with("did:") { "DidNotFound" } else { "HandleNotFound" };
    let account = data.account(identifier).ok_or_else(|| Refusal::new(400, name, "Identity not found"))?;
    let document = data.document(account, &twin.endpoint());
    Ok(Reply::json(json!({"did": account.did, "handle": account.handle, "didDoc": document})))
}

/// The DID document that the directory (`GET /{did}`) gives.
pub fn document(twin: &Bluesky, did: &str) -> Option<Value> {
    let data = twin.data();
    Some(data.document(data.accounts.get(did)?, &twin.endpoint()))
}

/// `/.well-known/did.json`: the server's own document, or an account's that has a name of its own.
pub fn own_document(twin: &Bluesky) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": twin.service_did(),
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": twin.endpoint()}],
    })
}

/// `com.atproto.server.describeServer`.
pub fn describe_server(twin: &Bluesky, _call: &Call) -> Result<Reply, Refusal> {
    Ok(Reply::json(json!({
        "did": twin.service_did(),
        "availableUserDomains": [".test"],
        "inviteCodeRequired": false,
        "phoneVerificationRequired": false,
        "blobUploadLimit": twin.blob_limit(),
        "links": {},
        "contact": {},
    })))
}
