//! What people see of Facebook: pages with their posts and comments, and a form to write on a page as a visitor.

use std::sync::Arc;

use axum::{
    extract::{Path, State as Shared},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;

use super::{
    State, events,
    model::{Book, Comment, Post},
    shapes,
};
use crate::{
    Core, Shows,
    oauth::Fields,
    pages::{self, Choice, MediaView, PostView, TimelineView},
    portraits, shows,
};

impl Shows for State {
    const ACCOUNT: &str = "/pages/{name}";
    const POST: &str = "/pages/{name}/posts/{id}";
    const FILE: &str = "/media/{id}";
    const INTRODUCTION: &str = "A Facebook that exists on this computer only. These pages live here; at /visit you can write \
                                on one as somebody else.";

    fn core(&self) -> &Core {
        &self.core
    }

    /// Those who sign in, each with their pages.
    fn people(&self) -> Vec<Choice> {
        let book = self.book();
        let choice = |person: &super::model::Person| Choice {
            targets: book.pages_of(&person.id).map(|page| (page.id.clone(), page.name.clone())).collect(),
            ..Choice::of(&person.login, &person.name)
        };
        book.people.values().map(choice).collect()
    }

    fn listed(&self) -> Vec<Choice> {
        let book = self.book();
        book.pages.values().map(|page| Choice::of(&page.username, &page.name)).collect()
    }

    fn account(&self, name: &str) -> Option<TimelineView> {
        let (book, now) = (self.book(), self.now());
        let page = book.page(name)?;
        let mut posts: Vec<&Post> =
            book.posts.values().filter(|post| post.page == page.id && post.is_seen(now)).collect();
        posts.sort_by_key(|post| std::cmp::Reverse((post.pinned, post.at, post.id)));
        Some(TimelineView {
            name: page.name.clone(),
            handle: format!("@{}", page.username),
            bio: page.about.clone(),
            posts: posts.into_iter().take(100).map(|post| shown(&book, post)).collect(),
        })
    }

    fn post(&self, name: &str, id: &str) -> Option<PostView> {
        let (book, now) = (self.book(), self.now());
        let page = book.page(name)?;
        let post = id.parse().ok().and_then(|id: u64| book.posts.get(&id));
        post.filter(|post| post.page == page.id && post.is_seen(now)).map(|post| shown(&book, post))
    }

    fn file(&self, blob: &str) -> Option<(String, Bytes)> {
        let book = self.book();
        let photos = book.photos.values().map(|photo| &photo.file);
        let videos = book.videos.values().flat_map(|video| [video.file.as_ref(), video.thumb.as_ref()]).flatten();
        let file = photos.chain(videos).find(|file| file.blob == blob)?;
        Some((file.content_type.clone(), self.core.blobs.get(&file.blob)?))
    }
}

/// The page of what an address names by ids alone, as `www.facebook.com` has it: a page, a post, a video, a reel, a story.
pub fn at(state: &Arc<State>, steps: &[&str]) -> Response {
    let address = {
        let book = state.book();
        let found = match steps {
            [node] | [_, "videos", node] | ["reel", node] => book.node(node),
            _ => None,
        };
        found.and_then(|node| {
            let post = book.post_of(&node).and_then(|id| book.posts.get(&id)).filter(|post| post.is_seen(state.now()));
            let page = || Some(format!("/pages/{}", book.owner(&node)?.username));
            post.map(|post| shapes::permalink(&book, post)).or_else(page)
        })
    };
    address.map_or_else(|| shows::nothing(&**state), |address| Redirect::to(&address).into_response())
}

/// The picture of a page or person.
pub async fn picture(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Response {
    let book = state.book();
    let is_known = book.page(&name).is_some() || book.by_login(&name).is_some();
    if is_known { portraits::served(&name) } else { shows::nothing(&*state) }
}

fn shown(book: &Book, post: &Post) -> PostView {
    let (author, handle) = who(book, &post.author);
    let file = |file: &super::model::File, alt: String| MediaView {
        address: format!("/media/{}", file.blob),
        content_type: file.content_type.clone(),
        alt,
    };
    let photos = post.photos.iter().filter_map(|id| book.photos.get(id));
    let mut media: Vec<MediaView> =
        photos.map(|photo| file(&photo.file, photo.alt.clone().unwrap_or_default())).collect();
    let video = post.video.and_then(|id| book.videos.get(&id));
    media.extend(video.and_then(|video| video.file.as_ref()).map(|it| file(it, String::new())));
    let title = video.map(|video| video.title.clone()).filter(|title| !title.is_empty());
    let notes = [
        matches!(post.kind.as_str(), "reel" | "story").then(|| post.kind.as_str().to_owned()),
        video.filter(|video| !video.captions.is_empty()).map(|video| {
            let languages: Vec<&str> = video.captions.keys().map(String::as_str).collect();
            format!("subtitles: {}", languages.join(", "))
        }),
        title.map(|title| format!("\u{201c}{title}\u{201d}")),
        (post.updated_at > post.at).then(|| "edited".to_owned()),
        post.pinned.then(|| "pinned".to_owned()),
        post.is_ai_generated.then(|| "made with AI".to_owned()),
        post.targeting.is_some().then(|| "not for everybody".to_owned()),
        post.liked.then(|| "liked by the page".to_owned()),
    ];
    let card = post.link.as_ref().filter(|link| !post.message.contains(link.as_str()));
    let card = card.map(|link| format!("<p>{}</p>", pages::link(link, link))).unwrap_or_default();
    PostView {
        id: post.id.to_string(),
        author,
        handle,
        at: post.at,
        text: linked(&post.message) + &card,
        media,
        notes: notes.into_iter().flatten().collect(),
        replies: book.comments_on(post.id).filter(|one| one.parent.is_none()).map(|one| below(book, one)).collect(),
        ..PostView::default()
    }
}

fn below(book: &Book, comment: &Comment) -> PostView {
    let (author, handle) = who(book, &comment.author);
    let photo = comment.photo.and_then(|id| book.photos.get(&id)).map(|photo| MediaView {
        address: format!("/media/{}", photo.file.blob),
        content_type: photo.file.content_type.clone(),
        alt: photo.alt.clone().unwrap_or_default(),
    });
    let link = comment.link.as_ref().map(|link| format!("<p>{}</p>", pages::link(link, link))).unwrap_or_default();
    let notes = [
        comment.hidden.then(|| "hidden by the page".to_owned()),
        comment.liked.then(|| "liked by the page".to_owned()),
    ];
    PostView {
        id: comment.id.to_string(),
        author,
        handle,
        at: comment.at,
        text: linked(&comment.message) + &link,
        media: photo.into_iter().collect(),
        notes: notes.into_iter().flatten().collect(),
        replies: book.answers_to(comment.id).map(|answer| below(book, answer)).collect(),
        ..PostView::default()
    }
}

fn who(book: &Book, id: &str) -> (String, String) {
    let handle = book.pages.get(id).map(|page| format!("@{}", page.username)).unwrap_or_default();
    (book.name_of(id).to_owned(), handle)
}

fn linked(text: &str) -> String {
    let link = shapes::first_link(text);
    let found = link.and_then(|link| Some((text.find(link)?..text.find(link)? + link.len(), link.to_owned())));
    pages::linked(text, &found.into_iter().collect::<Vec<_>>())
}

/// `GET /visit`: a form on which a person writes on a page, or below a post, as someone who has nothing to do with it.
pub async fn visit(Shared(state): Shared<Arc<State>>) -> Response {
    let book = state.book();
    let mut options = String::new();
    for page in book.pages.values() {
        options.push_str(&format!("<option value=\"{}\">{}</option>", page.username, pages::escape(&page.name)));
        for post in book.posts.values().rev().filter(|post| post.page == page.id && post.is_seen(state.now())).take(20)
        {
            let start: String = post.message.chars().take(40).collect();
            let said = pages::escape(&start);
            options.push_str(&format!(
                "<option value=\"{}\">{}: {said}</option>",
                post.full_id(),
                pages::escape(&page.name)
            ));
        }
    }
    let body = format!(
        "<h1>Write as a visitor</h1><form method=\"post\" action=\"/visit\" class=\"card\">\
         <p><label>Your name <input name=\"name\" value=\"Ann Visser\"></label></p>\
         <p><label>On a page, or below a post <select name=\"on\">{options}</select></label></p>\
         <p><label>Text <textarea name=\"message\"></textarea></label></p><p><button class=\"allow\">Post</button></p></form>"
    );
    pages::page("Write as a visitor", &body).into_response()
}

/// `POST /visit`: `name`, `message`, and `on` (the word of a page, or the id of a post or comment).
pub async fn visited(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let fields = Fields::read(&body);
    let (name, message) = (fields.get("name").unwrap_or("Ann Visser"), fields.get("message").unwrap_or_default());
    let mut book = state.book();
    let Some(node) = fields.get("on").and_then(|on| book.node(on)) else { return shows::nothing(&*state) };
    let Some(page) = book.owner(&node).cloned() else { return shows::nothing(&*state) };
    let login = name.to_lowercase().replace(' ', ".");
    let known = book.by_login(&login).map(|person| person.id.clone());
    let author = known.unwrap_or_else(|| book.add_person(&login, name));
    let (now, message) = (state.now(), message.to_owned());
    match book.post_of(&node) {
        Some(post) => {
            let parent = match node {
                super::model::Node::Comment(id) => book.comments.get(&id).map(|above| above.parent.unwrap_or(id)),
                _ => None,
            };
            let comment = Comment {
                id: 0,
                post,
                parent,
                author,
                at: now,
                message,
                photo: None,
                link: None,
                hidden: false,
                liked: false,
            };
            let id = book.add_comment(comment);
            events::of_comment(&state, &book, &book.comments[&id], "add");
        }
        None => {
            let post = Post { page: page.id.clone(), author, at: now, updated_at: now, message, ..Post::default() };
            let id = book.add_post(post);
            events::of_post(&state, &book, &book.posts[&id], "add");
        }
    }
    drop(book);
    state.core.touch();
    Redirect::to(&State::ACCOUNT.replace("{name}", &page.username)).into_response()
}
