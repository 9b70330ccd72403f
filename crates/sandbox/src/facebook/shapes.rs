//! Objects as answers show them, field by field.

use std::time::Duration;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    PRODUCT,
    calls::Call,
    comments::{self, Listed},
    linked,
    model::{Book, Comment, Kind, Node, Page, Person, Photo, Post, Stage, Use, Video},
    problem,
    settings::Settings,
};
use crate::{
    Core,
    growth::grown,
    instagram::Nodes,
    meta::{
        app,
        error::GraphError,
        fields::{self, Field},
        params::Params,
        written,
    },
    processing::Stage as Work,
};

const PERSON: [&str; 5] = ["id", "name", "first_name", "last_name", "picture"];
/// Fields of a page. Those of Instagram are left out unless a page has an account there.
const PAGE: [&str; 24] = [
    "id",
    "name",
    "username",
    "access_token",
    "tasks",
    "category",
    "category_list",
    "about",
    "link",
    "picture",
    "cover",
    "website",
    "fan_count",
    "followers_count",
    "new_like_count",
    "is_published",
    "verification_status",
    "has_transitioned_to_new_page_experience",
    "can_post",
    "business",
    "location",
    "instagram_business_account",
    "connected_instagram_account",
    "page_backed_instagram_accounts",
];
const POST: [&str; 33] = [
    "id",
    "message",
    "story",
    "created_time",
    "updated_time",
    "permalink_url",
    "is_published",
    "is_hidden",
    "is_expired",
    "is_popular",
    "is_spherical",
    "scheduled_publish_time",
    "status_type",
    "application",
    "from",
    "to",
    "full_picture",
    "picture",
    "attachments",
    "shares",
    "message_tags",
    "place",
    "targeting",
    "feed_targeting",
    "properties",
    "call_to_action",
    "privacy",
    "is_eligible_for_promotion",
    "instagram_eligibility",
    "comments",
    "reactions",
    "likes",
    "admin_creator",
];
const PHOTO: [&str; 18] = [
    "id",
    "created_time",
    "updated_time",
    "name",
    "link",
    "images",
    "picture",
    "alt_text",
    "alt_text_custom",
    "page_story_id",
    "from",
    "width",
    "height",
    "album",
    "place",
    "comments",
    "reactions",
    "likes",
];
const VIDEO: [&str; 24] = [
    "id",
    "status",
    "published",
    "permalink_url",
    "post_id",
    "length",
    "title",
    "description",
    "created_time",
    "updated_time",
    "scheduled_publish_time",
    "source",
    "picture",
    "thumbnails",
    "from",
    "format",
    "content_category",
    "embeddable",
    "views",
    "post_views",
    "copyright_check_information",
    "comments",
    "reactions",
    "likes",
];
const COMMENT: [&str; 17] = [
    "id",
    "message",
    "from",
    "created_time",
    "parent",
    "object",
    "comment_count",
    "like_count",
    "user_likes",
    "is_hidden",
    "can_hide",
    "can_remove",
    "can_comment",
    "can_like",
    "can_reply_privately",
    "attachment",
    "permalink_url",
];

/// What a call asked for.
///
/// # Errors
/// 2500 if it does not read.
pub fn asked(params: &Params, usual: &str) -> Result<Vec<Field>, GraphError> {
    let text = params.get("fields").unwrap_or(usual);
    fields::read(text).ok_or_else(|| GraphError::new(problem::KIND, 2500, format!("Syntax error \"{text}\" in fields")))
}

/// The person whose token it is.
///
/// # Errors
/// 100 for a field that people do not have.
pub fn person(call: &Call<'_>, person: &Person, fields: &[Field]) -> Result<Value, GraphError> {
    let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
    let mut value = |field: &Field| {
        Ok(match field.name.as_str() {
            "id" => Some(json!(person.id)),
            "name" => Some(json!(person.name)),
            "first_name" => Some(json!(first)),
            "last_name" => (!last.is_empty()).then(|| json!(last)),
            _ => Some(picture(&call.state.core.url(&format!("/pages/{}/picture", person.login)), field)),
        })
    };
    fields::select(fields, &PERSON, &mut value).map_err(|name| problem::no_field("User", &name))
}

fn picture(address: &str, field: &Field) -> Value {
    let whole = json!({ "url": address, "width": 200, "height": 200, "is_silhouette": false });
    json!({ "data": fields::cut(&whole, field) })
}

/// Who looks, at what, when.
pub struct View<'a> {
    /// For addresses.
    core: &'a Core,
    /// What the network is like.
    settings: Settings,
    /// What is at Instagram.
    linked: &'a Nodes,
    /// Everything.
    pub book: &'a Book,
    /// What the person may do on their pages is shown to them only.
    person: &'a str,
    /// Whether names of people are shown.
    shows_people: bool,
    /// Now.
    now: Timestamp,
}

impl<'a> View<'a> {
    /// Of a call.
    pub fn new(call: &'a Call<'_>, book: &'a Book) -> Self {
        View {
            core: &call.state.core,
            settings: call.state.settings(),
            linked: &call.state.linked,
            book,
            person: call.token().map_or("", |token| &token.consent.account),
            shows_people: call.has("pages_read_user_content"),
            now: call.state.now(),
        }
    }

    /// A page, with a token of its own if there is one to show.
    ///
    /// # Errors
    /// 100 for a field that pages do not have.
    pub fn page(&self, page: &Page, fields: &[Field], token: Option<&str>) -> Result<Value, GraphError> {
        let mut value = |field: &Field| {
            Ok(match field.name.as_str() {
                "id" => Some(json!(page.id)),
                "name" => Some(json!(page.name)),
                "username" => Some(json!(page.username)),
                "access_token" => token.map(|text| json!(text)),
                "tasks" => page.roles.get(self.person).map(|tasks| json!(tasks)),
                "instagram_business_account" => linked::shape(self.linked, page, field),
                "category" => Some(json!(page.category)),
                "category_list" => Some(json!([{ "id": "2214", "name": page.category }])),
                "about" => Some(json!(page.about)),
                "link" => Some(json!(self.core.url(&format!("/pages/{}", page.username)))),
                "picture" => Some(picture(&self.core.url(&format!("/pages/{}/picture", page.username)), field)),
                "fan_count" | "followers_count" => Some(json!(page.followers)),
                "is_published" | "can_post" | "has_transitioned_to_new_page_experience" => Some(json!(true)),
                "verification_status" => Some(json!("not_verified")),
                "business" => {
                    page.business.as_ref().map(|id| json!({ "id": id, "name": self.book.businesses.get(id) }))
                }
                _ => None,
            })
        };
        fields::select(fields, &PAGE, &mut value).map_err(|name| problem::no_field("Page", &name))
    }

    /// A post.
    ///
    /// # Errors
    /// 100 for a field that posts do not have. `post_id` is one of these, and fails the whole read (brightbean).
    pub fn post(&self, post: &Post, fields: &[Field]) -> Result<Value, GraphError> {
        let mut value = |field: &Field| self.post_field(post, field);
        fields::select(fields, &POST, &mut value).map_err(|name| problem::no_field("PagePost", &name))
    }

    fn post_field(&self, post: &Post, field: &Field) -> Result<Option<Value>, String> {
        let own = post.author == post.page;
        Ok(match field.name.as_str() {
            "id" => Some(json!(post.full_id())),
            "message" => (!post.message.is_empty()).then(|| json!(post.message)),
            "created_time" => Some(json!(written(post.at))),
            "updated_time" => Some(json!(written(post.updated_at))),
            "permalink_url" => Some(json!(self.permalink(post))),
            "is_published" => Some(json!(post.is_live())),
            "is_hidden" => Some(json!(post.hidden)),
            "is_expired" | "is_popular" | "is_spherical" => Some(json!(false)),
            // A number here, although all other times are text.
            "scheduled_publish_time" => match post.stage {
                Stage::Scheduled(at) => Some(json!(at.as_seconds())),
                Stage::Live | Stage::Draft => None,
            },
            "status_type" => Some(json!(post.kind.status_type())),
            "application" => own.then(|| json!({ "name": app::NAME, "id": PRODUCT.id })),
            "from" => self.author(&post.author),
            "to" => (!own).then(|| json!({ "data": [{ "id": post.page, "name": self.book.name_of(&post.page) }] })),
            "full_picture" | "picture" => post
                .photos
                .first()
                .and_then(|id| self.book.photos.get(id))
                .map(|photo| json!(self.file(&photo.file.blob))),
            "attachments" => self.attachments(post).map(|all| json!({ "data": [fields::cut(&all, field)] })),
            "shares" => Some(self.count(post, "shares", 12)).filter(|count| *count > 0).map(|n| json!({ "count": n })),
            "place" => post.place.as_ref().map(|place| json!({ "id": place })),
            "targeting" => post.targeting.clone(),
            "privacy" => Some(json!({ "value": "EVERYONE", "description": "Public" })),
            "is_eligible_for_promotion" => Some(json!(post.is_live() && own)),
            "instagram_eligibility" => Some(json!("ineligible")),
            "comments" => Some(self.comments(&Node::Post(post.id), field)?),
            "reactions" | "likes" => Some(self.reactions(post, field)),
            _ => None,
        })
    }

    /// Names of people are told to those who may read what people write; those of pages to all.
    fn author(&self, id: &str) -> Option<Value> {
        let is_page = self.book.pages.contains_key(id);
        (is_page || self.shows_people).then(|| json!({ "id": id, "name": self.book.name_of(id) }))
    }

    /// How large a number of a post is by now.
    pub fn count(&self, post: &Post, what: &str, most: u64) -> u64 {
        if !post.is_live() {
            return 0;
        }
        grown(&post.id.to_string(), what, self.now.since(post.at), most)
    }

    /// How many people reacted, the page among them.
    pub fn likes(&self, post: &Post) -> u64 {
        self.count(post, "likes", 120) + u64::from(post.liked)
    }

    fn reactions(&self, post: &Post, field: &Field) -> Value {
        let mut shape = json!({ "data": [] });
        if field.has("summary") {
            let mine = if post.liked { "LIKE" } else { "NONE" };
            shape["summary"] = json!({ "total_count": self.likes(post), "viewer_reaction": mine });
        }
        shape
    }

    fn comments(&self, node: &Node, field: &Field) -> Result<Value, String> {
        let all = comments::of(self.book, node, &Listed::default());
        let sub =
            field.sub.clone().unwrap_or_else(|| ["created_time", "from", "message", "id"].map(Field::plain).to_vec());
        let shown = all.iter().take(field.limit.unwrap_or(25));
        let data: Vec<Value> = shown
            .map(|comment| fields::select(&sub, &COMMENT, &mut |field| self.comment_field(comment, field)))
            .collect::<Result<_, _>>()?;
        let mut shape = json!({ "data": data });
        if field.has("summary") {
            shape["summary"] = comments::summary(all.len(), "ranked");
        }
        Ok(shape)
    }

    /// Where people find it.
    pub fn permalink(&self, post: &Post) -> String {
        self.core.url(&permalink(self.book, post))
    }

    fn file(&self, blob: &str) -> String {
        self.core.url(&format!("/media/{blob}"))
    }

    fn attachments(&self, post: &Post) -> Option<Value> {
        let photo = |id: &u64| {
            let photo = self.book.photos.get(id)?;
            let (width, height) = photo.file.size.unwrap_or_default();
            let image = json!({ "src": self.file(&photo.file.blob), "width": width, "height": height });
            let mut shape = json!({
                "media_type": "photo", "type": "photo", "media": { "image": image }, "url": self.permalink(post),
                "target": { "id": id.to_string(), "url": self.permalink(post) },
            });
            if let Some(alt) = &photo.alt {
                shape["description"] = json!(alt);
            }
            Some(shape)
        };
        let photos: Vec<Value> = post.photos.iter().filter_map(photo).collect();
        if let [one] = photos.as_slice() {
            return Some(one.clone());
        }
        if !photos.is_empty() {
            return Some(json!({
                "media_type": "album", "type": "album", "title": "Photos", "url": self.permalink(post),
                "target": { "id": post.id.to_string(), "url": self.permalink(post) },
                "subattachments": { "data": photos },
            }));
        }
        if let Some(video) = post.video {
            let target = json!({ "id": video.to_string(), "url": self.permalink(post) });
            return Some(json!({
                "media_type": "video", "type": "video_inline", "url": self.permalink(post), "target": target,
            }));
        }
        let link = post.link.clone().or_else(|| first_link(&post.message).map(str::to_owned))?;
        let host = url::Url::parse(&link).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        // Addresses are led through a page that counts; the true one stands beside it.
        let mut through = url::form_urlencoded::Serializer::new(String::from("https://l.facebook.com/l.php?"));
        let through = through.append_pair("u", &link).finish();
        Some(json!({
            "media_type": "link", "type": "share", "title": host, "url": through, "unshimmed_url": link,
            "target": { "url": through },
        }))
    }

    /// A story in the list of stories.
    pub fn story(&self, post: &Post) -> Value {
        let media = post.video.or_else(|| post.photos.first().copied());
        let status = if post.is_seen(self.now) { "PUBLISHED" } else { "ARCHIVED" };
        json!({
            "post_id": post.full_id(), "status": status, "creation_time": post.at.as_seconds().to_string(),
            "media_type": if post.video.is_some() { "video" } else { "photo" },
            "media_id": media.map(|id| id.to_string()), "url": self.permalink(post),
        })
    }

    /// A picture.
    ///
    /// # Errors
    /// 100 for a field that pictures do not have.
    pub fn photo(&self, photo: &Photo, fields: &[Field]) -> Result<Value, GraphError> {
        let post = photo.post.and_then(|id| self.book.posts.get(&id));
        let mut value = |field: &Field| {
            let (width, height) = photo.file.size.unwrap_or_default();
            let address = self.file(&photo.file.blob);
            Ok(match field.name.as_str() {
                "id" => Some(json!(photo.id.to_string())),
                "created_time" | "updated_time" => Some(json!(written(photo.at))),
                "name" => (!photo.caption.is_empty()).then(|| json!(photo.caption)),
                "link" => Some(json!(post.map_or_else(|| address.clone(), |post| self.permalink(post)))),
                "images" => Some(json!([{ "source": address, "width": width, "height": height }])),
                "picture" => Some(json!(address)),
                "alt_text" | "alt_text_custom" => photo.alt.as_ref().map(|alt| json!(alt)),
                "page_story_id" => post.map(|post| json!(post.full_id())),
                "from" => self.author(&photo.page),
                "width" => Some(json!(width)),
                "height" => Some(json!(height)),
                "comments" => Some(self.comments(&Node::Photo(photo.id), field)?),
                "reactions" | "likes" => post.map(|post| self.reactions(post, field)),
                _ => None,
            })
        };
        fields::select(fields, &PHOTO, &mut value).map_err(|name| problem::no_field("Photo", &name))
    }

    /// A film.
    ///
    /// # Errors
    /// 100 for a field that films do not have.
    pub fn video(&self, video: &Video, fields: &[Field]) -> Result<Value, GraphError> {
        let post = video.post.and_then(|id| self.book.posts.get(&id));
        let lag = Duration::from_millis(self.settings.post_id_lag_ms);
        let mut value = |field: &Field| {
            let source = video.file.as_ref().map(|file| json!(self.file(&file.blob)));
            let said = || post.or(video.finish.as_ref()).map(|post| post.message.clone());
            Ok(match field.name.as_str() {
                "id" => Some(json!(video.id.to_string())),
                "status" => Some(fields::cut(&self.status(video), field)),
                "published" => Some(json!(post.is_some_and(Post::is_live))),
                // The path alone, as for no other object; clients put the host before it.
                "permalink_url" => post.map(|post| json!(permalink(self.book, post))),
                "post_id" => post.filter(|post| post.at + lag <= self.now).map(|post| match post.kind {
                    Kind::Story => json!(post.full_id()),
                    _ => json!(post.id.to_string()),
                }),
                "length" => video.seconds.map(|seconds| json!(seconds)),
                "title" => (!video.title.is_empty()).then(|| json!(video.title)),
                "description" => said().filter(|said| !said.is_empty()).map(|said| json!(said)),
                "created_time" | "updated_time" => Some(json!(written(post.map_or(video.at, |post| post.at)))),
                "scheduled_publish_time" => match post.or(video.finish.as_ref()).map(|post| post.stage) {
                    Some(Stage::Scheduled(at)) => Some(json!(written(at))),
                    _ => None,
                },
                "source" => source,
                "picture" => video.thumb.as_ref().map(|file| json!(self.file(&file.blob))).or(source),
                "from" => self.author(&video.page),
                "views" | "post_views" => post.map(|post| json!(self.count(post, "video views", 2_000))),
                "embeddable" => Some(json!(true)),
                "comments" => Some(self.comments(&Node::Video(video.id), field)?),
                "reactions" | "likes" => post.map(|post| self.reactions(post, field)),
                _ => None,
            })
        };
        fields::select(fields, &VIDEO, &mut value).map_err(|name| problem::no_field("Video", &name))
    }

    /// How far a film is. The words vary between answers of the network (reels_publishing_apis 47, post-for-me).
    fn status(&self, video: &Video) -> Value {
        let other = self.settings.other_status_words;
        let (done, bytes) = if other { ("completed", "bytes_transferred") } else { ("complete", "bytes_transfered") };
        let post = video.post.and_then(|id| self.book.posts.get(&id));
        let stage = video.work.map(|work| work.stage(self.now));
        let (failed, ready) = (video.has_failed(self.now), video.is_ready(self.now));
        let word = match () {
            () if failed => "error",
            () if ready && (video.finish.is_some() || video.use_ == Use::Story) => "ready",
            () if ready => "upload_complete",
            () if video.is_whole() => "processing",
            () => "uploading",
        };
        let uploading = if video.is_whole() {
            done
        } else if video.bytes > 0 {
            "in_progress"
        } else {
            "not_started"
        };
        let processing = match stage {
            _ if failed => "error",
            Some(Work::Ready) => done,
            Some(_) => "in_progress",
            None => "not_started",
        };
        let mut status = json!({
            "video_status": word,
            "uploading_phase": { "status": uploading, bytes: video.bytes },
            "processing_phase": { "status": processing },
            "publishing_phase": { "status": "not_started" },
        });
        if other && let Some(Work::Working(percent)) = stage {
            status["processing_progress"] = json!(percent);
        }
        if failed {
            let (code, text) =
                video.wrong.clone().unwrap_or_else(|| (1_363_032, "The video could not be processed.".into()));
            status["processing_phase"]["errors"] = json!([{ "code": code, "message": text }]);
        }
        if let Some(post) = post {
            let (publish, at) = match post.stage {
                Stage::Live => ("published", post.at),
                Stage::Draft => ("draft", post.at),
                Stage::Scheduled(at) => ("scheduled", at),
            };
            status["publishing_phase"] =
                json!({ "status": done, "publish_status": publish, "publish_time": at.as_seconds() });
        } else if video.finish.is_some() && failed {
            status["publishing_phase"] = json!({ "status": "error", "publish_status": "error" });
        }
        status
    }

    /// A comment.
    ///
    /// # Errors
    /// 100 for a field that comments do not have.
    pub fn comment(&self, comment: &Comment, fields: &[Field]) -> Result<Value, GraphError> {
        let mut value = |field: &Field| self.comment_field(comment, field);
        fields::select(fields, &COMMENT, &mut value).map_err(|name| problem::no_field("Comment", &name))
    }

    fn comment_field(&self, comment: &Comment, field: &Field) -> Result<Option<Value>, String> {
        let post = self.book.posts.get(&comment.post);
        let is_own = post.is_some_and(|post| post.page == comment.author);
        Ok(match field.name.as_str() {
            "id" => Some(json!(comment.full_id())),
            "message" => Some(json!(comment.message)),
            "from" => self.author(&comment.author).map(|author| fields::cut(&author, field)),
            "created_time" => Some(json!(written(comment.at))),
            "parent" => comment.parent.and_then(|id| self.book.comments.get(&id)).map(|parent| {
                let whole = json!({
                    "id": parent.full_id(), "message": parent.message, "created_time": written(parent.at),
                });
                fields::cut(&whole, field)
            }),
            "object" => post.map(|post| json!({ "id": post.full_id() })),
            "comment_count" => Some(json!(self.book.answers_to(comment.id).count())),
            "like_count" => Some(json!(u32::from(comment.liked))),
            "user_likes" => Some(json!(comment.liked)),
            "is_hidden" => Some(json!(comment.hidden)),
            // A page cannot hide its own words.
            "can_hide" | "can_reply_privately" => Some(json!(!is_own)),
            "can_remove" | "can_like" | "can_comment" => Some(json!(true)),
            "attachment" => self.comment_attachment(comment),
            "permalink_url" => post.map(|post| json!(format!("{}?comment_id={}", self.permalink(post), comment.id))),
            _ => None,
        })
    }

    fn comment_attachment(&self, comment: &Comment) -> Option<Value> {
        let photo = comment.photo.and_then(|id| self.book.photos.get(&id));
        let address = photo.map(|photo| self.file(&photo.file.blob)).or_else(|| comment.link.clone())?;
        let kind = if photo.is_some() { "photo" } else { "animated_image_share" };
        let mut shape = json!({ "type": kind, "url": address, "media": { "image": { "src": address } } });
        if let Some(id) = photo.and(comment.photo) {
            shape["target"] = json!({ "id": id.to_string(), "url": address });
        }
        Some(shape)
    }
}

/// The path of a post.
pub fn permalink(book: &Book, post: &Post) -> String {
    let page = book.pages.get(&post.page).map_or("", |page| page.username.as_str());
    format!("/pages/{page}/posts/{}", post.id)
}

/// The first address in a text, which makes a card too.
pub fn first_link(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| ["http://", "https://"].iter().any(|start| word.starts_with(start)))
}
