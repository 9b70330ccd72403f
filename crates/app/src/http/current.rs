//! What the code that answers a request knows about it without being told: the request's id and its idempotency claim.

use std::sync::Arc;

use super::idempotency::Claim;

tokio::task_local! {
    static CURRENT: Arc<Current>;
}

/// The request at hand.
#[derive(Debug, Clone)]
pub(super) struct Current {
    pub id: String,
    pub claim: Claim,
}

/// Runs `work` as part of this request. A task that is spawned inside must be wrapped again.
pub(super) async fn within<F: Future>(current: Current, work: F) -> F::Output {
    CURRENT.scope(Arc::new(current), work).await
}

/// The id of the request that is being answered: in the answer's `Request-Id`, in problems and in the log.
pub fn request_id() -> Option<String> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

pub(super) fn claim() -> Claim {
    CURRENT.try_with(|current| current.claim.clone()).unwrap_or_default()
}
