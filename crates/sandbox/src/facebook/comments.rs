//! Comments: the first of the page, answers, moderation, likes.

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    calls::Call,
    events,
    model::{Book, Comment, Node},
    problem, reading,
    shapes::{self, View},
};
use crate::{
    Action, NewEntry,
    meta::{
        error::{GraphError, Kind},
        paging::Page,
    },
};

/// UTF-16 units of a comment; not documented, what people see in the app.
const TEXT: usize = 8_000;

/// Which comments, in which order.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Answers too, or only what stands directly below.
    pub flat: bool,
    /// Newest first.
    pub backwards: bool,
    /// Not before.
    pub since: Option<Timestamp>,
}

/// The comments below something: below a comment, its answers.
pub fn of(book: &Book, node: &Node, listed: &Listed) -> Vec<Comment> {
    let mut all: Vec<Comment> = match node {
        Node::Comment(id) => book.answers_to(*id).cloned().collect(),
        node => {
            let below = book.post_of(node).into_iter().flat_map(|post| book.comments_on(post));
            below.filter(|comment| listed.flat || comment.parent.is_none()).cloned().collect()
        }
    };
    all.retain(|comment| listed.since.is_none_or(|since| since <= comment.at));
    if listed.backwards {
        all.reverse();
    }
    all
}

/// What an answer says of all of them.
pub fn summary(total: usize, order: &str) -> Value {
    json!({ "order": order, "total_count": total, "can_comment": true })
}

/// `GET /{node}/comments`.
///
/// # Errors
/// If it is not theirs, or a parameter or scope is wrong.
pub fn list(call: &Call<'_>, name: &str) -> Result<Value, GraphError> {
    let params = call.params;
    let part = Page::of(params, Kind(problem::KIND), 25, 100)?;
    let fields = shapes::asked(params, "created_time,from,message,id")?;
    let flat = match params.get("filter") {
        None | Some("toplevel") => false,
        Some("stream") => true,
        Some(_) => return Err(problem::one_of("filter", &["toplevel", "stream"])),
    };
    let order = params.get("order").unwrap_or("ranked");
    if !["ranked", "chronological", "reverse_chronological"].contains(&order) {
        return Err(problem::one_of("order", &["chronological", "reverse_chronological"]));
    }
    let book = call.state.book();
    let node = call.own(&book, "get", name)?;
    if !call.has("pages_read_engagement") {
        return Err(problem::wants_scope("pages_read_engagement"));
    }
    let listed = Listed { flat, backwards: order == "reverse_chronological", since: part.since };
    let all = of(&book, &node, &listed);
    let total = all.len();
    let view = View::new(call, &book);
    let cut = part.cut(all, Comment::full_id, &call.address, params);
    let mut answer = cut.answer(|comment| view.comment(&comment, &fields))?;
    if params.is("summary") || params.get("summary").is_some_and(|named| named != "false" && named != "0") {
        answer["summary"] = summary(total, order);
    }
    Ok(answer)
}

/// `POST /{node}/comments`: below a post, picture or film, or an answer to a comment. An answer to an answer stands below
/// the same comment.
///
/// # Errors
/// If it is not theirs, or the first rule that it breaks.
pub fn create(call: &Call<'_>, name: &str) -> Result<Value, GraphError> {
    let params = call.params;
    let mut book = call.state.book();
    let node = call.own(&book, "post", name)?;
    call.check_moderation()?;
    let post = book.post_of(&node).filter(|post| book.posts.get(post).is_some_and(super::model::Post::is_live));
    let post = post.ok_or_else(|| problem::no_object("post", name))?;
    let message = params.get("message").unwrap_or_default().to_owned();
    let photo = params.get("attachment_id").map(|id| {
        let known = id.parse().ok().and_then(|id: u64| book.photos.get(&id));
        let known = known.filter(|photo| photo.page == book.posts[&post].page && photo.post.is_none());
        known.map(|photo| photo.id).ok_or_else(|| problem::param("attachment_id", "is not a valid photo"))
    });
    let photo = photo.transpose()?;
    let link = ["attachment_url", "attachment_share_url"].iter().find_map(|name| params.get(name)).map(str::to_owned);
    if message.trim().is_empty() && photo.is_none() && link.is_none() {
        return Err(problem::invalid("(#100) A comment needs a message or an attachment"));
    }
    if message.encode_utf16().count() > TEXT {
        return Err(problem::param("message", "is too long"));
    }
    let parent = match node {
        Node::Comment(id) => book.comments.get(&id).map(|above| above.parent.unwrap_or(id)),
        _ => None,
    };
    let (author, at) = (call.me()?.id.clone(), call.state.now());
    let comment = Comment { id: 0, post, parent, author, at, message, photo, link, hidden: false, liked: false };
    let id = book.add_comment(comment);
    if let Some(photo) = photo.and_then(|photo| book.photos.get_mut(&photo)) {
        photo.post = Some(post);
    }
    let Some(comment) = book.comments.get(&id).cloned() else { return Err(problem::no_object("post", name)) };
    record(call, &book, &comment, Action::Created);
    events::of_comment(call.state, &book, &comment, "add");
    drop(book);
    reading::with_fields(call, &comment.full_id(), json!({ "id": comment.full_id() }))
}

fn record(call: &Call<'_>, book: &Book, comment: &Comment, action: Action) {
    let post = book.posts.get(&comment.post);
    let above = comment.parent.and_then(|id| book.comments.get(&id)).map(Comment::full_id);
    let page = post.and_then(|post| book.pages.get(&post.page));
    call.state.core.record(NewEntry {
        account: page.map_or_else(String::new, |page| page.username.clone()),
        action,
        kind: "comment".to_owned(),
        remote_id: comment.full_id(),
        text: comment.message.clone(),
        media_count: usize::from(comment.photo.is_some() || comment.link.is_some()),
        parent: above.or_else(|| post.map(super::model::Post::full_id)),
        client_id: None,
        request_digest: call.digest.to_string(),
    });
}

/// `POST /{comment}`: other words for one's own, hiding for those of others.
///
/// # Errors
/// If it may not be changed so.
pub fn change(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.check_moderation()?;
    let params = call.params;
    let mut book = call.state.book();
    let me = call.me()?.id.clone();
    let Some(comment) = book.comments.get_mut(&id) else { return Err(problem::no_object("post", &id.to_string())) };
    let is_mine = comment.author == me;
    let mut verb = None;
    if let Some(said) = params.get("message") {
        if !is_mine {
            return Err(problem::wants("pages_manage_engagement"));
        }
        said.clone_into(&mut comment.message);
        verb = Some("edited");
    }
    if params.get("is_hidden").is_some() {
        if is_mine {
            return Err(problem::invalid("(#100) You cannot hide this comment"));
        }
        comment.hidden = params.is("is_hidden");
        verb = Some(if comment.hidden { "hide" } else { "unhide" });
    }
    let comment = comment.clone();
    if let Some(verb) = verb {
        if verb == "edited" {
            record(call, &book, &comment, Action::Edited);
        }
        events::of_comment(call.state, &book, &comment, verb);
    }
    Ok(json!({ "success": true }))
}

/// `DELETE /{comment}`: of anyone, with what stands below it.
///
/// # Errors
/// Without scope or task.
pub fn delete(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.check_moderation()?;
    let mut book = call.state.book();
    let Some(comment) = book.comments.get(&id).cloned() else {
        return Err(problem::no_object("delete", &id.to_string()));
    };
    record(call, &book, &comment, Action::Deleted);
    events::of_comment(call.state, &book, &comment, "remove");
    book.comments.retain(|known, other| *known != id && other.parent != Some(id));
    Ok(json!({ "success": true }))
}

/// `POST` and `DELETE /{node}/likes`.
///
/// # Errors
/// If it is not theirs, or without scope or task.
pub fn like(call: &Call<'_>, name: &str, likes: bool) -> Result<Value, GraphError> {
    let mut book = call.state.book();
    let node = call.own(&book, "post", name)?;
    call.check_moderation()?;
    match node {
        Node::Comment(id) => {
            if let Some(comment) = book.comments.get_mut(&id) {
                comment.liked = likes;
            }
        }
        node => {
            let post = book.post_of(&node).and_then(|id| book.posts.get_mut(&id));
            post.ok_or_else(|| problem::no_object("post", name))?.liked = likes;
        }
    }
    Ok(json!({ "success": true }))
}
