//! What the code that answers a request knows of it without being told: its id, its idempotency claim, and the rights that the
//! caller was let in with. The door (`http`) fills it in; features and their stores look at it. It knows no route.

mod claim;
mod guarded;
mod standing;
mod store;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

pub(crate) use claim::reused;
pub use claim::{Asked, Claim, Found, KEPT, LEASE, claim, finish, free, look, renew, sweep, take};
pub use guarded::Guarded;
pub use standing::{Credential, Need, RIGHTS_CHANGED, Standing, rights_changed};

tokio::task_local! {
    static CURRENT: Arc<Current>;
}

/// The request at hand.
#[derive(Debug, Clone, Default)]
pub struct Current {
    /// In the answer's `Request-Id`, in problems and in the log.
    pub id: String,
    /// The right to have its effect once.
    pub claim: Claim,
    /// What the caller was let in with.
    pub standing: Arc<Standing>,
    wrote: Arc<AtomicBool>,
}

impl Current {
    /// A request with this id that nobody was let in for yet.
    pub fn new(id: String) -> Self {
        Self { id, ..Self::default() }
    }

    /// The same request with a claim.
    #[must_use]
    pub fn with_claim(&self, claim: Claim) -> Self {
        Self { claim, ..self.clone() }
    }

    /// Whether something was stored for it.
    pub fn wrote(&self) -> bool {
        self.wrote.load(Relaxed)
    }
}

/// Runs `work` as part of this request.
pub async fn within<F: Future>(current: Current, work: F) -> F::Output {
    CURRENT.scope(Arc::new(current), work).await
}

/// The same work as part of the request at hand, wherever it is run: a task that is spawned knows nothing of who spawned it.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let current = current();
    async move {
        match current {
            Some(current) => CURRENT.scope(current, work).await,
            None => work.await,
        }
    }
}

/// The request at hand, if there is one.
pub fn current() -> Option<Arc<Current>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// The id of the request that is being answered.
pub fn request_id() -> Option<String> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

/// What the caller of the request at hand was let in with.
pub fn standing() -> Arc<Standing> {
    current().map(|current| current.standing.clone()).unwrap_or_default()
}
