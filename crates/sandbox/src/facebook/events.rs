//! What the app hears by webhook of the pages that it subscribed to: posts and comments, made, changed and gone.

use http::Method;
use serde_json::{Value, json};

use super::{
    PRODUCT, State,
    calls::{Call, Who},
    model::{Book, Comment, Post, Subscription},
    problem, shapes,
};
use crate::meta::{error::GraphError, hooks};

/// Fields of a page that an app can hear of.
const FIELDS: [&str; 19] = [
    "feed",
    "mention",
    "ratings",
    "videos",
    "live_videos",
    "name",
    "picture",
    "business_integrity",
    "messages",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "messaging_postbacks",
    "messaging_optins",
    "messaging_optouts",
    "messaging_handovers",
    "standby",
];

fn named(text: &str, parameter: &str) -> Result<Vec<String>, GraphError> {
    let all: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    match all.iter().position(|name| !FIELDS.contains(&name.as_str())) {
        Some(place) => Err(problem::invalid(format!(
            "(#100) Param {parameter}[{place}] must be one of {{{}}}",
            FIELDS.join(", ").to_uppercase()
        ))),
        None => Ok(all),
    }
}

/// `/{app}/subscriptions`: where the app hears of pages. The address is asked first whether it is the app's.
///
/// # Errors
/// If it is not called with the app's token, or the address does not answer as it should.
pub async fn of_app(call: &Call<'_>, method: &Method, node: &str) -> Result<Value, GraphError> {
    if !matches!(call.who, Who::App) || node != PRODUCT.id {
        let what = "This method must be called with an app access_token.";
        return Err(GraphError::new(problem::KIND, 15, format!("(#15) {what}")));
    }
    let params = call.params;
    if *method == Method::GET {
        let book = call.state.book();
        let shape = |known: &Subscription| {
            let fields: Vec<Value> =
                known.fields.iter().map(|name| json!({ "name": name, "version": "v26.0" })).collect();
            json!({ "object": "page", "callback_url": known.callback_url, "active": true, "fields": fields })
        };
        return Ok(json!({ "data": book.subscription.iter().map(shape).collect::<Vec<_>>() }));
    }
    if *method == Method::DELETE {
        call.state.book().subscription = None;
        return Ok(json!({ "success": true }));
    }
    if problem::need(params, "object")? != "page" {
        return Err(problem::one_of("object", &["page"]));
    }
    let fields = named(problem::need(params, "fields")?, "fields")?;
    let (address, token) = (problem::need(params, "callback_url")?, problem::need(params, "verify_token")?);
    let challenge = format!("11{}", call.state.now().as_seconds());
    if let Err(why) = hooks::verify(&call.state.http, address, token, &challenge).await {
        let what = "Callback verification failed with the following errors:";
        return Err(GraphError::new(problem::KIND, 2_200, format!("(#2200) {what} {why}")));
    }
    call.state.book().subscription = Some(Subscription { callback_url: address.to_owned(), fields });
    Ok(json!({ "success": true }))
}

/// `/{page}/subscribed_apps`: which fields of the page the app hears. Saying it again replaces them (brightbean).
///
/// # Errors
/// If scope, task or a field is wrong.
pub fn of_page(call: &Call<'_>, method: &Method, node: &str) -> Result<Value, GraphError> {
    let page = call.page(node)?.id.clone();
    if !call.has("pages_manage_metadata") || !call.has_task("MANAGE") {
        return Err(problem::wants("pages_manage_metadata"));
    }
    let fields = match *method {
        Method::POST => Some(named(problem::need(call.params, "subscribed_fields")?, "subscribed_fields")?),
        Method::DELETE => Some(Vec::new()),
        _ => None,
    };
    let mut book = call.state.book();
    let Some(page) = book.pages.get_mut(&page) else { return Err(problem::no_object("get", node)) };
    if let Some(fields) = fields {
        page.subscribed = fields;
        return Ok(json!({ "success": true }));
    }
    let app = json!({ "id": PRODUCT.id, "name": crate::meta::app::NAME, "subscribed_fields": page.subscribed });
    let data: Vec<Value> = (!page.subscribed.is_empty()).then_some(app).into_iter().collect();
    Ok(json!({ "data": data }))
}

/// Tells of a post: `add`, `edited` or `remove`.
pub fn of_post(state: &State, book: &Book, post: &Post, verb: &str) {
    let mut value = json!({
        "item": post.kind.item(), "verb": verb, "post_id": post.full_id(), "published": u8::from(post.is_live()),
        "created_time": post.at.as_seconds(), "message": post.message,
        "from": { "id": post.author, "name": book.name_of(&post.author) },
    });
    let media = post.video.map(|id| ("video_id", id)).or_else(|| post.photos.first().map(|id| ("photo_id", *id)));
    if let Some((name, id)) = media {
        value[name] = json!(id.to_string());
    }
    if let Some(link) = &post.link {
        value["link"] = json!(link);
    }
    tell(state, book, &post.page, value);
}

/// Tells of a comment: `add`, `edited`, `hide`, `unhide` or `remove`. The parent of one that answers no other is the post.
pub fn of_comment(state: &State, book: &Book, comment: &Comment, verb: &str) {
    let Some(post) = book.posts.get(&comment.post) else { return };
    let above = comment.parent.and_then(|id| book.comments.get(&id)).map(Comment::full_id);
    let of_post = json!({
        "status_type": post.kind.status_type(), "is_published": post.is_live(), "id": post.full_id(),
        "permalink_url": state.core.url(&shapes::permalink(book, post)),
        "updated_time": crate::meta::written(post.updated_at), "promotion_status": "inactive",
    });
    let value = json!({
        "item": "comment", "verb": verb, "post_id": post.full_id(), "comment_id": comment.full_id(),
        "parent_id": above.unwrap_or_else(|| post.full_id()), "message": comment.message,
        "created_time": comment.at.as_seconds(), "post": of_post,
        "from": { "id": comment.author, "name": book.name_of(&comment.author) },
    });
    tell(state, book, &post.page, value);
}

fn tell(state: &State, book: &Book, page: &str, value: Value) {
    let is_heard = book.pages.get(page).is_some_and(|page| page.subscribed.iter().any(|field| field == "feed"));
    let known = book.subscription.as_ref().filter(|known| known.fields.iter().any(|field| field == "feed"));
    let address = known.map(|known| known.callback_url.clone()).or_else(|| state.settings().webhook_url);
    let Some(address) = address.filter(|_| is_heard) else { return };
    let change = json!({ "field": "feed", "value": value });
    let entry = json!({ "id": page, "time": state.now().as_seconds(), "changes": [change] });
    hooks::send(&state.http, &address, PRODUCT, vec![json!({ "object": "page", "entry": [entry] })]);
}
