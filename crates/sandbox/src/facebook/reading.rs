//! Reading: single objects, and the lists of a page.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    PRODUCT, accounts,
    calls::{Call, Who},
    model::{Book, Kind, Node, Photo, Post, Stage, Use, Video},
    problem,
    shapes::{self, View},
};
use crate::meta::{
    app,
    error::{self, GraphError},
    paging::Page,
};

/// A list of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Everything, unpublished too.
    Feed,
    /// What the page published.
    Published,
    /// What people wrote on the page.
    Visitors,
    /// What waits for its time.
    Scheduled,
    /// Films.
    Videos,
    /// Reels.
    Reels,
    /// Pictures.
    Photos,
    /// Stories.
    Stories,
}

impl List {
    /// The list with this name.
    pub fn of(edge: &str) -> Option<Self> {
        Some(match edge {
            "feed" => List::Feed,
            "posts" | "published_posts" => List::Published,
            "visitor_posts" | "tagged" => List::Visitors,
            "scheduled_posts" => List::Scheduled,
            "videos" => List::Videos,
            "video_reels" => List::Reels,
            "photos" => List::Photos,
            "stories" => List::Stories,
            _ => return None,
        })
    }

    fn holds(self, post: &Post) -> bool {
        let own = post.author == post.page;
        match self {
            List::Feed => post.kind != Kind::Story,
            List::Published => own && post.is_live() && post.kind != Kind::Story,
            List::Visitors => !own,
            List::Scheduled => matches!(post.stage, Stage::Scheduled(_)),
            List::Stories => post.kind == Kind::Story,
            List::Videos | List::Reels | List::Photos => false,
        }
    }
}

/// `GET /{page}/{list}`, newest first.
///
/// # Errors
/// If scope or parameters are wrong.
pub fn list(call: &Call<'_>, node: &str, edge: &str) -> Result<Value, GraphError> {
    let page = call.page_to_read(node)?.id.clone();
    let Some(list) = List::of(edge) else { return Err(GraphError::unknown_path(edge)) };
    if list == List::Visitors && !call.has("pages_read_user_content") {
        return Err(problem::wants_scope("pages_read_user_content"));
    }
    match list {
        List::Photos => photos(call, &page),
        List::Videos | List::Reels => videos(call, &page, list),
        _ => posts(call, &page, list),
    }
}

fn part(call: &Call<'_>) -> Result<Page, GraphError> {
    Page::of(call.params, error::Kind(problem::KIND), 25, 100)
}

fn posts(call: &Call<'_>, page: &str, list: List) -> Result<Value, GraphError> {
    let (part, fields) = (part(call)?, shapes::asked(call.params, "created_time,message,id")?);
    let (book, now) = (call.state.book(), call.state.now());
    let delay = Duration::from_millis(call.state.core.knobs().listing_delay_ms);
    let wanted = call.params.get("status").unwrap_or_default();
    let is_in = |post: &&Post| {
        let is_seen = list != List::Stories || post.is_seen(now) || wanted.contains("ARCHIVED");
        post.page == page && list.holds(post) && part.holds(post.at) && post.at + delay <= now && is_seen
    };
    let mut all: Vec<Post> = book.posts.values().filter(is_in).cloned().collect();
    all.sort_by_key(|post| std::cmp::Reverse((post.at, post.id)));
    let view = View::new(call, &book);
    part.cut(all, Post::full_id, &call.address, call.params).answer(|post| match list {
        List::Stories => Ok(view.story(&post)),
        _ => view.post(&post, &fields),
    })
}

fn videos(call: &Call<'_>, page: &str, list: List) -> Result<Value, GraphError> {
    let (part, fields) = (part(call)?, shapes::asked(call.params, "description,updated_time,id")?);
    let book = call.state.book();
    let is_in = |video: &&Video| {
        let is_kind = if list == List::Reels { video.use_ == Use::Reel } else { video.use_ != Use::Story };
        video.page == page && is_kind && video.post.is_some() && part.holds(video.at)
    };
    let all: Vec<Video> = book.videos.values().rev().filter(is_in).cloned().collect();
    let view = View::new(call, &book);
    part.cut(all, |video| video.id.to_string(), &call.address, call.params).answer(|video| view.video(&video, &fields))
}

fn photos(call: &Call<'_>, page: &str) -> Result<Value, GraphError> {
    let (part, fields) = (part(call)?, shapes::asked(call.params, "created_time,name,id")?);
    let book = call.state.book();
    let is_out = |photo: &Photo| photo.post.and_then(|id| book.posts.get(&id)).is_some_and(Post::is_live);
    let is_in = |photo: &&Photo| photo.page == page && part.holds(photo.at) && is_out(photo);
    let all: Vec<Photo> = book.photos.values().rev().filter(is_in).cloned().collect();
    let view = View::new(call, &book);
    part.cut(all, |photo| photo.id.to_string(), &call.address, call.params).answer(|photo| view.photo(&photo, &fields))
}

/// `GET /{node}`.
///
/// # Errors
/// If there is no such thing for this caller, or a field does not exist.
pub fn object(call: &Call<'_>, name: &str) -> Result<Value, GraphError> {
    match &call.who {
        Who::App if name == PRODUCT.id || name == "app" => Ok(json!({ "id": PRODUCT.id, "name": app::NAME })),
        Who::App => Err(problem::no_object("get", name)),
        Who::Person(person, _) if name == "me" || name == person.id => {
            let fields = shapes::asked(call.params, "name,id")?;
            shapes::person(call, person, &fields)
        }
        Who::Person(_, token) => accounts::page(call, token, name),
        Who::Page(page, _) => {
            let book = call.state.book();
            let node = call.own(&book, "get", name)?;
            let is_public = matches!(&node, Node::Page(id) if *id == page.id);
            if !is_public && !call.has("pages_read_engagement") {
                return Err(problem::wants_scope("pages_read_engagement"));
            }
            shown(call, &book, &node)
        }
    }
}

fn shown(call: &Call<'_>, book: &Book, node: &Node) -> Result<Value, GraphError> {
    let view = View::new(call, book);
    let usual = match node {
        Node::Page(_) => "name,id",
        Node::Post(_) => "created_time,message,id",
        Node::Photo(_) => "created_time,name,id",
        Node::Video(_) => "description,updated_time,id",
        Node::Comment(_) => "created_time,from,message,id",
    };
    let fields = shapes::asked(call.params, usual)?;
    let shape = match node {
        Node::Page(id) => book.pages.get(id).map(|page| view.page(page, &fields, call.params.get("access_token"))),
        Node::Post(id) => book.posts.get(id).map(|post| view.post(post, &fields)),
        Node::Photo(id) => book.photos.get(id).map(|photo| view.photo(photo, &fields)),
        Node::Video(id) => book.videos.get(id).map(|video| view.video(video, &fields)),
        Node::Comment(id) => book.comments.get(id).map(|comment| view.comment(comment, &fields)),
    };
    shape.unwrap_or_else(|| Err(problem::no_object("get", "")))
}

/// The answer to a write, with the fields of the new object that the call asked for.
///
/// # Errors
/// If a field does not exist; the object is there all the same.
pub fn with_fields(call: &Call<'_>, name: &str, mut answer: Value) -> Result<Value, GraphError> {
    if call.params.get("fields").is_some() {
        let book = call.state.book();
        let node = book.node(name).ok_or_else(|| problem::no_object("get", name))?;
        let more = shown(call, &book, &node)?;
        if let (Value::Object(answer), Value::Object(more)) = (&mut answer, more) {
            answer.extend(more);
        }
    }
    Ok(answer)
}
