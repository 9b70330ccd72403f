//! What LinkedIn remembers.

use std::collections::BTreeMap;

use base::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::Piece;
use crate::{oauth::Grants, processing::Processing};

/// A member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Letters and digits; the `sub` of OpenID Connect.
    pub id: String,
    /// The name in addresses.
    pub vanity: String,
    /// The name people read.
    pub name: String,
    /// What stands under it.
    pub headline: String,
}

/// An organisation with a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Digits.
    pub id: u64,
    /// The name in addresses.
    pub vanity: String,
    /// The name people read.
    pub name: String,
    /// What it says of itself.
    pub about: String,
    /// The roles of people, by their ids.
    pub roles: BTreeMap<String, String>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A picture.
    Image,
    /// A document to leaf through.
    Document,
    /// A film.
    Video,
}

impl Kind {
    /// The word in URNs and answers.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Document => "document",
            Kind::Video => "video",
        }
    }
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// The URN of its owner, who alone can post it.
    pub owner: String,
    /// What it is.
    pub kind: Kind,
    /// How many bytes were announced.
    pub announced: u64,
    /// In how many parts it comes.
    pub parts: usize,
    /// The digests of the parts that came, each with its ETag.
    pub taken: BTreeMap<usize, (String, String)>,
    /// The digest of the whole.
    pub blob: Option<String>,
    /// What the bytes are.
    pub content_type: String,
    /// What is done to it, once it is whole.
    pub work: Option<Processing>,
    /// Why it can't be used.
    pub trouble: Option<String>,
    /// When the upload began.
    pub at: Timestamp,
}

/// What hangs under a post's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// One file.
    Media(Shown),
    /// Several pictures.
    MultiImage(Images),
    /// A link with its card.
    Article(Article),
    /// A poll.
    Poll(Poll),
}

/// Several pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// In order.
    pub images: Vec<Shown>,
}

/// A file as a post shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shown {
    /// Its URN.
    pub id: String,
    /// A title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text for people who can't see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

/// A link with its card. LinkedIn doesn't read the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// The page.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The URN of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// What is asked.
    pub question: String,
    /// The choices.
    pub options: Vec<Choice>,
    /// How it runs.
    pub settings: PollSettings,
}

/// A choice of a poll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What it says.
    pub text: String,
}

/// How a poll runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollSettings {
    /// One of four words.
    pub duration: String,
}

impl Poll {
    /// In how many days it ends, if its word is one of those that there are.
    pub fn days(&self) -> Option<u64> {
        let known = [("ONE_DAY", 1), ("THREE_DAYS", 3), ("SEVEN_DAYS", 7), ("FOURTEEN_DAYS", 14)];
        known.into_iter().find(|(word, _)| *word == self.settings.duration).map(|(_, days)| days)
    }
}

/// A post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Its URN: of a share, or of a `ugcPost`.
    pub urn: String,
    /// The number under which comments know it.
    pub activity: u64,
    /// Whose, as a URN.
    pub author: String,
    /// The text, as far as it was taken.
    pub text: Vec<Piece>,
    /// `PUBLIC`, `CONNECTIONS`, `LOGGED_IN`.
    pub visibility: String,
    /// What hangs under it.
    pub content: Option<Content>,
    /// The post that it shares.
    pub reshares: Option<String>,
    /// Whether others can't share it.
    pub is_closed: bool,
    /// When it was made.
    pub at: Timestamp,
    /// When it was changed.
    pub edited_at: Option<Timestamp>,
    /// What was sent, by its digest: for the guard against duplicates.
    pub digest: String,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// The URN of the post.
    pub post: String,
    /// Whose, as a URN.
    pub actor: String,
    /// What it says. There is no notation here.
    pub text: String,
    /// The URN of a picture.
    pub image: Option<String>,
    /// When it was made.
    pub at: Timestamp,
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Feed {
    /// Codes and tokens.
    pub grants: Grants,
    /// By id.
    pub people: BTreeMap<String, Person>,
    /// By id.
    pub organizations: BTreeMap<u64, Organization>,
    /// By the last word of the URN.
    pub assets: BTreeMap<String, Asset>,
    /// In the order in which they were made.
    pub posts: Vec<Post>,
    /// In the order in which they were made.
    pub comments: Vec<Comment>,
    /// URNs of posts that were deleted.
    pub gone: Vec<String>,
    last: u64,
}

impl Feed {
    /// Three people and two organisations. Lena manages the bakery alone, Mira both; Joost has none.
    pub fn seeded() -> Self {
        let mut feed = Self::default();
        for (id, vanity, name, headline) in [
            ("8pLenaVos3", "lena", "Lena Vos", "Photographs bridges, and what goes under them"),
            ("4kMiraDek7", "mira", "Mira Dekker", "Runs what needs running on the quay"),
            ("2sJoostBr5", "joost", "Joost Brand", "Writes about tides"),
        ] {
            let person = Person { id: id.into(), vanity: vanity.into(), name: name.into(), headline: headline.into() };
            feed.people.insert(id.to_owned(), person);
        }
        for (id, vanity, name, about, roles) in [
            (
                40_001_u64,
                "harbour-bakery",
                "Harbour Bakery",
                "Bread, buns and gossip on the quay.",
                [("8pLenaVos3", "ADMINISTRATOR"), ("4kMiraDek7", "ADMINISTRATOR")],
            ),
            (
                40_002,
                "northwind-bikes",
                "Northwind Bikes",
                "We repair what others throw away.",
                [("4kMiraDek7", "CONTENT_ADMIN"), ("8pLenaVos3", "ANALYST")],
            ),
        ] {
            let roles = roles.map(|(person, role)| (person.to_owned(), role.to_owned())).into();
            let organization =
                Organization { id, vanity: vanity.into(), name: name.into(), about: about.into(), roles };
            feed.organizations.insert(id, organization);
        }
        feed
    }

    /// A number larger than those before it.
    pub fn fresh(&mut self) -> u64 {
        self.last = self.last.max(7_400_000_000_000_000_000) + 1_001;
        self.last
    }

    /// The member with this name in addresses.
    pub fn person_named(&self, vanity: &str) -> Option<&Person> {
        self.people.values().find(|person| person.vanity == vanity)
    }

    /// The organisation of a URN.
    pub fn organization(&self, urn: &str) -> Option<&Organization> {
        self.organizations.get(&urn.strip_prefix("urn:li:organization:")?.parse().ok()?)
    }

    /// The name and the name in addresses of a member or an organisation.
    pub fn named(&self, urn: &str) -> Option<(&str, &str)> {
        if let Some(id) = urn.strip_prefix("urn:li:person:") {
            return self.people.get(id).map(|person| (&*person.name, &*person.vanity));
        }
        self.organization(urn).map(|organization| (&*organization.name, &*organization.vanity))
    }

    /// The post with this URN, or with this activity.
    pub fn post(&self, urn: &str) -> Option<&Post> {
        let activity = urn.strip_prefix("urn:li:activity:").and_then(|number| number.parse().ok());
        self.posts.iter().find(|post| post.urn == urn || Some(post.activity) == activity)
    }

    /// The file of a URN, if it is of this kind.
    pub fn asset(&self, urn: &str) -> Option<&Asset> {
        let (kind, id) = urn.strip_prefix("urn:li:")?.split_once(':')?;
        self.assets.get(id).filter(|asset| asset.kind.word() == kind)
    }

    /// The comments under a post, oldest first.
    pub fn comments_on<'a>(&'a self, post: &'a str) -> impl Iterator<Item = &'a Comment> {
        self.comments.iter().filter(move |comment| comment.post == post)
    }
}
