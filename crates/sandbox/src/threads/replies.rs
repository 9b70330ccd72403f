//! Replies: lists, hiding, approving.

use serde_json::{Value, json};

use super::{
    calls::Call,
    model::{Approval, Media, Square},
    problem,
    reading::{listed, seen},
};
use crate::meta::{error::GraphError, params::Params};

/// Newest first, unless `reverse=false`.
fn ordered<'a>(mut replies: Vec<&'a Media>, params: &Params) -> Result<Vec<&'a Media>, GraphError> {
    match params.get("reverse") {
        None | Some("true" | "1") => replies.reverse(),
        Some("false" | "0") => {}
        Some(_) => return Err(problem::KIND.param("reverse", "must be a boolean")),
    }
    Ok(replies)
}

/// Replies that wait or were turned down are in no list but that of pending ones. Hidden ones are: with their status.
fn is_listed(reply: &&Media) -> bool {
    reply.approval.is_none_or(|approval| approval == Approval::Approved)
}

/// `GET /{media}/replies`: those directly below it.
///
/// # Errors
/// If there is no such post, or a parameter or scope is wrong.
pub fn below(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_read_replies")?;
    let square = call.state.square();
    let media = seen(call, &square, node).ok_or_else(|| problem::KIND.no_object("get", node))?;
    let replies = square.replies_to(media.id).filter(is_listed).collect();
    listed(call, &square, ordered(replies, call.params)?)
}

/// `GET /{media}/conversation`: all below it, flat, for the owner of the post that began it.
///
/// # Errors
/// If it is not theirs, or a parameter or scope is wrong.
pub fn conversation(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_read_replies")?;
    let square = call.state.square();
    let media = seen(call, &square, node).filter(|media| media.root.is_none() && media.account == call.me.id);
    let media = media.ok_or_else(|| problem::KIND.no_object("get", node))?;
    let replies = square.conversation(media.id).filter(is_listed).collect();
    listed(call, &square, ordered(replies, call.params)?)
}

/// `GET /{media}/pending_replies`: those that wait for the caller, or were turned down.
///
/// # Errors
/// If it is not theirs, or a parameter or scope is wrong.
pub fn pending(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_read_replies")?;
    let wanted = match call.params.get("approval_status") {
        None => None,
        Some("pending") => Some(Approval::Pending),
        Some("ignored") => Some(Approval::Ignored),
        Some(_) => return Err(problem::KIND.one_of("approval_status", "pending, ignored")),
    };
    let square = call.state.square();
    let media = seen(call, &square, node).filter(|media| media.account == call.me.id);
    let media = media.ok_or_else(|| problem::KIND.no_object("get", node))?;
    let waits = |reply: &&Media| {
        reply.approval.is_some_and(|it| it != Approval::Approved && wanted.is_none_or(|wanted| wanted == it))
    };
    let replies = square.conversation(media.id).filter(waits).collect();
    listed(call, &square, ordered(replies, call.params)?)
}

/// The reply, if the post that began the conversation is the caller's.
fn below_mine<'a>(call: &Call<'_>, square: &'a mut Square, node: &str) -> Result<&'a mut Media, GraphError> {
    let id = node.parse::<u64>().ok().filter(|id| {
        let root = square.media.get(id).and_then(|media| media.root).and_then(|root| square.media.get(&root));
        root.is_some_and(|root| root.account == call.me.id)
    });
    id.and_then(|id| square.media.get_mut(&id)).ok_or_else(|| problem::KIND.no_object("post", node))
}

/// `POST /{reply}/manage_reply`: only for replies directly below the post that began the conversation; what is below them
/// follows.
///
/// # Errors
/// If it is not a reply below a post of theirs, or a parameter or scope is wrong.
pub fn hide(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_manage_replies")?;
    let hide = problem::KIND.need_flag(call.params, "hide")?;
    let mut square = call.state.square();
    let reply = below_mine(call, &mut square, node)?;
    if reply.draft.reply_to != reply.root {
        return Err(problem::KIND.invalid("(#100) Only top-level replies can be hidden or unhidden"));
    }
    reply.hidden = Some(hide);
    Ok(json!({ "success": true }))
}

/// `POST /{reply}/manage_pending_reply`.
///
/// # Errors
/// If it does not wait for the caller, or a parameter or scope is wrong.
pub fn approve(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_manage_replies")?;
    let approve = problem::KIND.need_flag(call.params, "approve")?;
    let mut square = call.state.square();
    let reply = below_mine(call, &mut square, node)?;
    if reply.approval.is_none_or(|it| it == Approval::Approved) {
        return Err(problem::KIND.invalid("(#100) The reply is not pending approval"));
    }
    reply.approval = Some(if approve { Approval::Approved } else { Approval::Ignored });
    Ok(json!({ "success": true }))
}
