//! What Facebook remembers.

use std::{collections::BTreeMap, time::Duration};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{instagram::model::Gallery, meta::quotas::Quotas, oauth::Grants, processing::Processing};

/// How long a story is seen.
pub const STORY_LIFE: Duration = Duration::from_secs(24 * 3600);

/// What a person may do on a page. Each right has a second name on pages of the newer kind, which stands beside it.
pub const ALL_TASKS: [&str; 6] = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"];

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Digits, only for this app.
    pub id: String,
    /// The word to sign in by.
    pub login: String,
    /// The name people read.
    pub name: String,
}

/// A page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Digits.
    pub id: String,
    /// The word in its address.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// What it is about, in a word of the network.
    pub category: String,
    /// What it says of itself.
    pub about: String,
    /// How many follow it.
    pub followers: u32,
    /// The portfolio that owns it.
    pub business: Option<String>,
    /// What people may do on it, by person.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The webhook fields that the app hears of it.
    pub subscribed: Vec<String>,
    /// The account at Instagram that is linked to it, by username.
    #[serde(default)]
    pub instagram: Option<String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// The digest of its bytes.
    pub blob: String,
    /// What it is.
    pub content_type: String,
    /// Width and height, where they are known.
    pub size: Option<(u32, u32)>,
}

/// What a post is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Text.
    #[default]
    Status,
    /// Text with a card.
    Link,
    /// Pictures.
    Photos,
    /// A film.
    Video,
    /// A short upright film.
    Reel,
    /// Something that is seen for a day.
    Story,
}

impl Kind {
    /// The word in `status_type`.
    pub const fn status_type(self) -> &'static str {
        match self {
            Kind::Status => "mobile_status_update",
            Kind::Link => "shared_story",
            Kind::Photos | Kind::Story => "added_photos",
            Kind::Video | Kind::Reel => "added_video",
        }
    }

    /// The word in webhooks.
    pub const fn item(self) -> &'static str {
        match self {
            Kind::Status => "status",
            Kind::Link => "share",
            Kind::Photos => "photo",
            Kind::Video | Kind::Reel => "video",
            Kind::Story => "story",
        }
    }

    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Status | Kind::Link | Kind::Photos => "post",
            Kind::Video => "video",
            Kind::Reel => "reel",
            Kind::Story => "story",
        }
    }
}

/// Who sees a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Everyone.
    #[default]
    Live,
    /// Those who manage the page.
    Draft,
    /// The same until then.
    Scheduled(Timestamp),
}

/// A post or story.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// The second half of its id.
    pub id: u64,
    /// The page on which it stands.
    pub page: String,
    /// The page or person who wrote it.
    pub author: String,
    /// When it was made; once it is live, since when.
    pub at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub message: String,
    /// The address of the card.
    pub link: Option<String>,
    /// Pictures.
    pub photos: Vec<u64>,
    /// The film.
    pub video: Option<u64>,
    /// Who sees it.
    pub stage: Stage,
    /// Whether it was hidden from the page.
    pub hidden: bool,
    /// Whether it stands at the top.
    pub pinned: bool,
    /// A place's id.
    pub place: Option<String>,
    /// Who may see it, as it was sent.
    pub targeting: Option<Value>,
    /// Whether it was said that it was made with AI.
    pub is_ai_generated: bool,
    /// Whether the page likes it.
    pub liked: bool,
    /// The digest of the request that made it.
    pub digest: String,
}

impl Post {
    /// Its id. That of a story is a number alone.
    pub fn full_id(&self) -> String {
        if self.kind == Kind::Story { self.id.to_string() } else { format!("{}_{}", self.page, self.id) }
    }

    /// Whether it is out.
    pub fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    /// Whether people see it now.
    pub fn is_seen(&self, now: Timestamp) -> bool {
        self.is_live() && !self.hidden && (self.kind != Kind::Story || self.at + STORY_LIFE > now)
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Its id.
    pub id: u64,
    /// Whose.
    pub page: String,
    /// When it came.
    pub at: Timestamp,
    /// The bytes.
    pub file: File,
    /// Alternative text.
    pub alt: Option<String>,
    /// The text beside it.
    pub caption: String,
    /// The post or story that shows it.
    pub post: Option<u64>,
}

/// What a film is uploaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Use {
    /// A video post.
    Video,
    /// A reel.
    Reel,
    /// A story.
    Story,
}

/// A film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Video {
    /// Its id.
    pub id: u64,
    /// Whose.
    pub page: String,
    /// What for.
    pub use_: Use,
    /// When it was begun.
    pub at: Timestamp,
    /// The session of an upload in pieces.
    pub session: Option<u64>,
    /// How many bytes it has, as was said.
    pub declared: Option<u64>,
    /// The digests of the pieces that came.
    pub pieces: Vec<String>,
    /// How many bytes came.
    pub bytes: u64,
    /// The whole.
    pub file: Option<File>,
    /// The picture that stands for it.
    pub thumb: Option<File>,
    /// Subtitles, by language.
    pub captions: BTreeMap<String, String>,
    /// How long it plays.
    pub seconds: Option<f64>,
    /// The network's work on the whole.
    pub work: Option<Processing>,
    /// What is wrong with it, as the work will find: code and text.
    pub wrong: Option<(u32, String)>,
    /// Title.
    pub title: String,
    /// The post that is made of it when it is ready.
    pub finish: Option<Post>,
    /// The post or story that shows it.
    pub post: Option<u64>,
}

impl Video {
    /// Whether everything came.
    pub fn is_whole(&self) -> bool {
        self.file.is_some()
    }

    /// Whether the work failed.
    pub fn has_failed(&self, now: Timestamp) -> bool {
        let over = self.work.is_some_and(|work| work.ready_at <= now);
        over && (self.wrong.is_some() || self.work.is_some_and(|work| work.fails))
    }

    /// Whether the work is done, and well.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.work.is_some_and(|work| work.is_ready(now)) && self.wrong.is_none()
    }
}

/// A comment or an answer to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// The second half of its id.
    pub id: u64,
    /// The post below which it stands.
    pub post: u64,
    /// The comment that it answers.
    pub parent: Option<u64>,
    /// The page or person who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Its text.
    pub message: String,
    /// A picture of this page.
    pub photo: Option<u64>,
    /// The address of a picture or animation.
    pub link: Option<String>,
    /// Whether only its author and their friends see it.
    pub hidden: bool,
    /// Whether the page likes it.
    pub liked: bool,
}

impl Comment {
    /// Its id.
    pub fn full_id(&self) -> String {
        format!("{}_{}", self.post, self.id)
    }
}

/// Where an app hears of changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// The app's address.
    pub callback_url: String,
    /// The fields.
    pub fields: Vec<String>,
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Book {
    /// By id.
    pub people: BTreeMap<String, Person>,
    /// By id.
    pub pages: BTreeMap<String, Page>,
    /// Portfolios: name by id.
    pub businesses: BTreeMap<String, String>,
    /// Codes and tokens.
    pub grants: Grants,
    /// By the second half of the id, which is the order in which they were made.
    pub posts: BTreeMap<u64, Post>,
    /// By id.
    pub photos: BTreeMap<u64, Photo>,
    /// By id.
    pub videos: BTreeMap<u64, Video>,
    /// By the second half of the id.
    pub comments: BTreeMap<u64, Comment>,
    /// Uses of the daily quotas.
    pub quotas: Quotas,
    /// Where the app hears of pages.
    pub subscription: Option<Subscription>,
    /// What is at Instagram behind the pages, as it is kept; while the network runs it is elsewhere.
    #[serde(default)]
    pub linked: Option<Gallery>,
    last: u64,
}

impl Book {
    /// What every sandbox begins with: people with one page, and someone with several, of which one is a portfolio's.
    pub fn seeded() -> Self {
        let mut book = Self::default();
        let lena = book.add_person("lena", "Lena Vos");
        let bram = book.add_person("bram", "Bram Visser");
        let noor = book.add_person("noor", "Noor Haddad");
        let mira = book.add_person("mira", "Mira de Wit");
        let group = book.fresh(300_000_000_000_000).to_string();
        book.businesses.insert(group.clone(), "Quay Group".into());
        let few = ["ANALYZE", "MODERATE"].map(str::to_owned).to_vec();
        let all = ALL_TASKS.map(str::to_owned).to_vec();
        for (roles, username, name, category, about, business) in [
            (
                vec![(&lena, &all)],
                "lena_vos",
                "Lena Vos Photography",
                "Photographer",
                "Bridges, and what goes under them.",
                None,
            ),
            (
                vec![(&bram, &all), (&mira, &all)],
                "harbour_bakery",
                "Harbour Bakery",
                "Bakery",
                "Bread, buns and gossip on the quay.",
                None,
            ),
            (
                vec![(&noor, &all), (&mira, &all)],
                "northwind",
                "Northwind Bikes",
                "Bicycle Shop",
                "We repair what others throw away.",
                None,
            ),
            (vec![(&mira, &few)], "swan_bridge", "Swan Bridge Society", "Community", "Friends of the bridge.", None),
            (vec![(&mira, &all)], "quay_market", "Quay Market", "Market", "Saturdays from eight.", Some(&group)),
        ] {
            let page = Page {
                category: category.into(),
                about: about.into(),
                followers: if username == "harbour_bakery" { 412 } else { 137 },
                instagram: match username {
                    "lena_vos" => Some("lena".into()),
                    "harbour_bakery" | "northwind" => Some(username.into()),
                    _ => None,
                },
                business: business.cloned(),
                roles: roles.into_iter().map(|(who, tasks)| (who.clone(), tasks.clone())).collect(),
                ..book.new_page(username, name)
            };
            book.pages.insert(page.id.clone(), page);
        }
        book
    }

    fn new_page(&mut self, username: &str, name: &str) -> Page {
        let id = self.fresh(105_000_000_000_000).to_string();
        Page { id, username: username.into(), name: name.into(), ..Page::default() }
    }

    /// Adds a person; gives their id.
    pub fn add_person(&mut self, login: &str, name: &str) -> String {
        let id = self.fresh(10_220_000_000_000_000).to_string();
        self.people.insert(id.clone(), Person { id: id.clone(), login: login.into(), name: name.into() });
        id
    }

    /// Adds a person with a page of the same name; gives the person's id.
    pub fn add_owner(&mut self, login: &str) -> String {
        let person = self.add_person(login, login);
        let roles = [(person.clone(), ALL_TASKS.map(str::to_owned).to_vec())].into();
        let page =
            Page { category: "Community".into(), about: "New here.".into(), roles, ..self.new_page(login, login) };
        self.pages.insert(page.id.clone(), page);
        person
    }

    /// A number that no one would guess by adding one to the last.
    pub fn fresh(&mut self, from: u64) -> u64 {
        self.last += 7_919;
        from + self.last
    }

    /// The person with this word to sign in by.
    pub fn by_login(&self, login: &str) -> Option<&Person> {
        self.people.values().find(|person| person.login.eq_ignore_ascii_case(login))
    }

    /// The page with this id or word.
    pub fn page(&self, node: &str) -> Option<&Page> {
        self.pages.get(node).or_else(|| self.pages.values().find(|page| page.username == node))
    }

    /// The pages of a person.
    pub fn pages_of(&self, person: &str) -> impl Iterator<Item = &Page> {
        self.pages.values().filter(move |page| page.roles.contains_key(person))
    }

    /// The name of a page or person.
    pub fn name_of(&self, id: &str) -> &str {
        let page = self.pages.get(id).map(|page| &page.name);
        page.or_else(|| self.people.get(id).map(|person| &person.name)).map_or("", String::as_str)
    }

    /// A number for a post.
    pub fn fresh_post(&mut self) -> u64 {
        self.fresh(122_100_000_000_000)
    }

    /// Adds a post; gives the second half of its id, which it may have been promised. Its media belong to it from now on.
    pub fn add_post(&mut self, post: Post) -> u64 {
        let id = if post.id > 0 { post.id } else { self.fresh_post() };
        for photo in &post.photos {
            if let Some(photo) = self.photos.get_mut(photo) {
                photo.post = Some(id);
            }
        }
        if let Some(video) = post.video.and_then(|video| self.videos.get_mut(&video)) {
            video.post = Some(id);
        }
        self.posts.insert(id, Post { id, ..post });
        id
    }

    /// Takes a post away, with its comments.
    pub fn remove_post(&mut self, id: u64) -> Option<Post> {
        let post = self.posts.remove(&id)?;
        self.comments.retain(|_, comment| comment.post != id);
        self.photos.retain(|_, photo| photo.post != Some(id));
        self.videos.retain(|_, video| video.post != Some(id));
        Some(post)
    }

    /// Adds a comment; gives its id.
    pub fn add_comment(&mut self, comment: Comment) -> u64 {
        let id = self.fresh(770_000_000_000);
        self.comments.insert(id, Comment { id, ..comment });
        id
    }

    /// The comments below a post, oldest first.
    pub fn comments_on(&self, post: u64) -> impl Iterator<Item = &Comment> {
        self.comments.values().filter(move |comment| comment.post == post)
    }

    /// The answers to a comment, oldest first.
    pub fn answers_to(&self, comment: u64) -> impl Iterator<Item = &Comment> {
        self.comments.values().filter(move |answer| answer.parent == Some(comment))
    }
}

/// What an id names.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A page.
    Page(String),
    /// A post or story.
    Post(u64),
    /// A picture.
    Photo(u64),
    /// A film.
    Video(u64),
    /// A comment.
    Comment(u64),
}

impl Book {
    /// What an id names. A post is named by its page and its own number, a comment by its post's number and its own. A video
    /// has no such name (`{page}_{video}` is nothing, brightbean).
    pub fn node(&self, name: &str) -> Option<Node> {
        if let Some(page) = self.page(name) {
            return Some(Node::Page(page.id.clone()));
        }
        if let Some((first, second)) = name.split_once('_') {
            let second: u64 = second.parse().ok()?;
            let post = self.posts.get(&second).filter(|post| post.page == first && post.kind != Kind::Story);
            let comment = || {
                let first: u64 = first.parse().ok()?;
                self.comments.get(&second).filter(|comment| comment.post == first)
            };
            return post.map(|post| Node::Post(post.id)).or_else(|| comment().map(|comment| Node::Comment(comment.id)));
        }
        let id: u64 = name.parse().ok()?;
        // A film tells the number of its post alone, and stories have no other id.
        let post = self.posts.get(&id).map(|_| Node::Post(id));
        let photo = self.photos.get(&id).map(|_| Node::Photo(id));
        let video = self.videos.get(&id).map(|_| Node::Video(id));
        photo.or(video).or(post)
    }

    /// The page to which something belongs.
    pub fn owner(&self, node: &Node) -> Option<&Page> {
        let id = match node {
            Node::Page(id) => id,
            Node::Post(id) => &self.posts.get(id)?.page,
            Node::Photo(id) => &self.photos.get(id)?.page,
            Node::Video(id) => &self.videos.get(id)?.page,
            Node::Comment(id) => &self.posts.get(&self.comments.get(id)?.post)?.page,
        };
        self.pages.get(id)
    }

    /// The post that is meant by a post, picture or film.
    pub fn post_of(&self, node: &Node) -> Option<u64> {
        match node {
            Node::Page(_) => None,
            Node::Post(id) => Some(*id),
            Node::Photo(id) => self.photos.get(id)?.post,
            Node::Video(id) => self.videos.get(id)?.post,
            Node::Comment(id) => Some(self.comments.get(id)?.post),
        }
    }
}
