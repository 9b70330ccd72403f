//! How Threads refuses. Parameters are refused by its own exception, everything else by the one of OAuth.

use http::StatusCode;

use crate::meta::{error::GraphError, params::Params};

/// The type of refusals that are about parameters.
pub const KIND: &str = "THApiException";

/// 100 with this text.
pub fn invalid(message: impl Into<String>) -> GraphError {
    GraphError::new(KIND, 100, message)
}

/// 100: a parameter is wrong.
pub fn param(name: &str, why: &str) -> GraphError {
    invalid(format!("Param {name} {why}"))
}

/// 100: a parameter is none of some words.
pub fn one_of(name: &str, words: &str) -> GraphError {
    invalid(format!("(#100) Param {name} must be one of {{{words}}}"))
}

/// 100: a parameter is absent.
pub fn missing(name: &str) -> GraphError {
    invalid(format!("(#100) The parameter {name} is required"))
}

/// A parameter that must be there.
///
/// # Errors
/// 100 if it is not.
pub fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, GraphError> {
    params.get(name).ok_or_else(|| missing(name))
}

/// 100: a field that this kind of object does not have.
pub fn no_field(name: &str) -> GraphError {
    invalid(format!("Tried accessing nonexisting field ({name})"))
}

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

/// 100 / 33: nothing that this caller may see has this id.
pub fn no_object(method: &str, id: &str) -> GraphError {
    let message = format!(
        "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
         or does not support this operation"
    );
    invalid(message).with_subcode(33)
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
