//! How Threads refuses. Parameters are refused by its own exception, everything else by the one of OAuth.

use http::StatusCode;

use crate::meta::error::{GraphError, Kind};

/// The type of refusals that are about parameters.
pub const KIND: Kind = Kind("THApiException");

/// 24 / 4279009: a container or post that is not there, not yet there, or gone.
pub fn not_found(id: &str) -> GraphError {
    GraphError::new("OAuthException", 24, "The requested resource does not exist")
        .with_subcode(4_279_009)
        .for_people("Media Not Found", format!("The media with id {id} cannot be found."))
}

/// 24 / 4279004: an item of a carousel that is not ready, or never was one.
pub fn unready_item() -> GraphError {
    GraphError::new("OAuthException", 24, "The requested resource does not exist")
        .with_subcode(4_279_004)
        .for_people("Invalid Carousel Children", "The carousel child items are invalid or expired.")
}

/// 1 / 2207052: the address of a picture gave none. It has the code of an unknown error (Postiz 1364).
pub fn not_fetched() -> GraphError {
    GraphError::new("OAuthException", 1, "An unknown error has occurred.").with_subcode(2_207_052).for_people(
        "Media download has failed",
        "The media could not be fetched from this URI. The media URI doesn't meet our requirements.",
    )
}

/// 10 with 500, although what was asked for has happened.
pub fn permission_after_all() -> GraphError {
    GraphError::permission().with_status(StatusCode::INTERNAL_SERVER_ERROR)
}
