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

pub use claim::{Asked, Claim, Found, KEPT, LEASE, claim, finish, forget_answers, free, look, renew, sweep, take};
pub(crate) use claim::{answer_lost, reused};
pub use guarded::Guarded;
pub use standing::{Credential, Need, RIGHTS_CHANGED, Standing, rights_changed};

use base::words::{Reader, read_by};
use tracing::Instrument as _;

use crate::fault::Fault;

tokio::task_local! {
    static CURRENT: Arc<Current>;
}

/// The current request.
#[derive(Debug, Clone, Default)]
pub struct Current {
    /// In the answer's `Request-Id`, in problems and in the log.
    pub id: String,
    /// The right to have its effect once.
    pub claim: Claim,
    /// What the caller was let in with.
    pub standing: Arc<Standing>,
    /// In which language and time zone the answer is read.
    pub reader: Reader,
    wrote: Arc<AtomicBool>,
}

impl Current {
    /// A request with this id, not authorized yet.
    pub fn new(id: String) -> Self {
        Self { id, ..Self::default() }
    }

    /// The same request, read by this reader.
    #[must_use]
    pub fn read_by(self, reader: Reader) -> Self {
        Self { reader, ..self }
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
    let reader = current.reader.clone();
    CURRENT.scope(Arc::new(current), read_by(reader, work)).await
}

/// Runs work as part of the current request: a spawned task does not know the request that spawned it.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let current = current();
    async move {
        match current {
            Some(current) => {
                let reader = current.reader.clone();
                CURRENT.scope(current, read_by(reader, work)).await
            }
            None => work.await,
        }
    }
}

/// Finishes the work even if the client disconnects meanwhile.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> Result<T, Fault> {
    tokio::spawn(carried(work).in_current_span()).await.map_err(|error| crate::fault::internal(&error))?
}

/// The current request, if there is one.
pub fn current() -> Option<Arc<Current>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// The id of the request that is being answered.
pub fn request_id() -> Option<String> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

/// How the caller of the current request was authorized.
pub fn standing() -> Arc<Standing> {
    current().map(|current| current.standing.clone()).unwrap_or_default()
}
