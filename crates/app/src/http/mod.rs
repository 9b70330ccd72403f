//! What every route is built on: who is calling, what they may do, how a body is read and how an error is told.
//!
//! A handler names what it needs in its signature and cannot run without it:
//!
//! ```ignore
//! async fn create(State(app): State<App>, scope: May<PostsWrite>, Json(body): Json<CreatePost>) -> Result<Created<PostBody>>
//! ```
//!
//! [`serve_layers`] puts the door in front of the routes: request ids, headers, cross-site checks, rate limits and
//! `Idempotency-Key`. Left out on purpose: any route, any SQL. What commands know of the request
//! they answer is in `request`, below this.

mod address;
mod cookies;
mod cross_site;
mod described;
mod door;
mod extract;
mod headers;
mod idempotency;
mod identity;
pub mod limits;
mod refusal;
mod revision;
pub mod rights;
#[cfg(test)]
mod tests;
mod texts;

pub use address::{ClientAddress, client_address, is_from_unknown_caller};
pub use cookies::OurCookie;
pub use described::complete as describe_refusals;
pub use door::serve_layers;
pub use extract::{BODY_BYTES_MAX, Json, Path, Query, limit, present, raw_body};
pub use identity::{Caller, Confirmed, Identity, May, Operator, Recent, SignedIn, WORKSPACE_HEADER};
pub use limits::{Buckets, Rate, RateLimits, bucket_key};
pub use refusal::{Created, NoContent, ProblemBody, Refusal, Refusals, Result};
pub use revision::{IfMatch, Revised, Revision, Tagged};
pub use rights::Right;
