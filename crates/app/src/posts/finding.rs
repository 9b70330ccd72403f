//! Finding posts: by state, by channel, by words; in an order; and how many there are in each state.
//!
//! A post's state is never stored, so it cannot be looked up. Posts are walked in their order instead, a window at a time, and a
//! request looks at a limited number of them. What people look for most (drafts, what was handed in, and what asks for them) is
//! found through indexes of its own, however old it is.

use std::collections::{BTreeMap, BTreeSet};

use base::{
    Cursor, Page, Problem, Scope,
    ids::{ChannelId, PostId},
    say,
};
use db::Tx;
use serde::Deserialize;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::{PostState, Standing, Summary, Whole, standing, store, wholes::wholes};
use crate::{App, channels, fault::Fault, publishing, workspaces};

/// Posts that are looked at together.
const WINDOW: u32 = 1_000;
/// Windows that one request looks at.
const WINDOWS_MAX: u32 = 10;
/// The longest text to search for, in characters.
const WORDS_CHARACTERS_MAX: usize = 200;

/// In which order posts are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Made last, first.
    Newest,
    /// Next due first; only posts that wait for their time or are on their way have one.
    Due,
    /// Edited last, first.
    Edited,
}

impl Sort {
    fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Due => "due",
            Self::Edited => "edited",
        }
    }
}

/// A place in a list: what the last post is sorted by, and its id.
pub type Place = (i64, PostId);

/// What is looked for. Empty is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In one of these states.
    pub states: BTreeSet<PostState>,
    /// Going to this channel.
    pub channel: Option<ChannelId>,
    /// With all of these words, folded, in what it says, the names of its channels or of its author.
    pub words: Vec<String>,
    /// Only those of which a publication waits for a person.
    pub attention: bool,
    /// In this order; `None` is the one that suits the states.
    pub sort: Option<Sort>,
}

/// A text as it is searched: in lower case and without accents.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

impl Wanted {
    /// With all words of this text.
    ///
    /// # Errors
    /// A text that is too long.
    pub fn with_words(mut self, text: &str) -> Result<Self, Problem> {
        if text.chars().count() > WORDS_CHARACTERS_MAX {
            return Err(Problem::field(
                "/q",
                say!("may have {words_characters_max} characters at most", words_characters_max = WORDS_CHARACTERS_MAX),
            ));
        }
        self.words = text.split_whitespace().map(fold).collect();
        Ok(self)
    }

    /// The order: as asked, or next due first for what waits, edited last first for drafts, else newest first.
    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or_else(|| {
            if self.only(&[PostState::Scheduled, PostState::Publishing]) {
                Sort::Due
            } else if self.only(&[PostState::Draft, PostState::InReview]) {
                Sort::Edited
            } else {
                Sort::Newest
            }
        })
    }

    /// Reads the place that a `next_cursor` of this list names.
    ///
    /// # Errors
    /// It is of another list, or of none.
    pub fn place(&self, cursor: &str) -> Result<Place, Problem> {
        let read = |Cursor(words): Cursor| match words.as_slice() {
            [sort, key, id] if sort == self.sort().as_str() => Some((key.parse().ok()?, id.parse().ok()?)),
            _ => None,
        };
        let wrong = || Problem::field("/cursor", say!("is not a `next_cursor` of this list"));
        Cursor::decode(cursor).and_then(read).ok_or_else(wrong)
    }

    fn only(&self, among: &[PostState]) -> bool {
        !self.states.is_empty() && self.states.iter().all(|state| among.contains(state))
    }

    /// Where such posts can be.
    fn among(&self) -> store::Among {
        if self.attention || self.only(&[PostState::NeedsYou, PostState::Failed]) {
            store::Among::Asking
        } else if self.only(&[PostState::InReview]) {
            store::Among::HandedIn
        } else if self.only(&[PostState::Draft]) {
            store::Among::Drafts
        } else {
            store::Among::All
        }
    }

    fn takes(&self, glance: &store::Glance, names: &Names, summary: Summary) -> bool {
        (self.states.is_empty() || self.states.contains(&summary.state))
            && (!self.attention || summary.attention > 0)
            && self.channel.is_none_or(|channel| glance.channels.contains(&channel))
            && self.words.iter().all(|word| glance.text.contains(word.as_str()) || names.have(glance, word))
    }
}

/// What channels and people are called, folded.
#[derive(Debug, Clone, Default)]
struct Names {
    channels: BTreeMap<ChannelId, String>,
    people: BTreeMap<String, String>,
}

impl Names {
    async fn read(app: &App, scope: &Scope, wanted: &Wanted) -> Result<Self, Fault> {
        if wanted.words.is_empty() {
            return Ok(Self::default());
        }
        let channels = channels::list(app, scope).await?.into_iter();
        let people = workspaces::members(app, scope).await.map_err(base::Problem::from)?.into_iter();
        Ok(Self {
            channels: channels
                .map(|one| (one.id, fold(&format!("{} {} {}", one.name, one.handle, one.platform))))
                .collect(),
            people: people.map(|member| (member.person.to_string(), fold(&member.name))).collect(),
        })
    }

    fn have(&self, glance: &store::Glance, word: &str) -> bool {
        let channels = glance.channels.iter().filter_map(|id| self.channels.get(id));
        channels.chain(self.people.get(&glance.made_by)).any(|name| name.contains(word))
    }
}

/// Whether a post is within reach at all; see `Whole::within`.
fn is_found(scope: &Scope, glance: &store::Glance) -> bool {
    glance.channels.is_empty() || glance.channels.iter().any(|channel| scope.reaches(*channel))
}

/// Posts that fit, in their order, after a place. A page may be short, or empty, although there are more.
///
/// # Errors
/// Those of the database.
pub async fn find(
    app: &App,
    scope: &Scope,
    wanted: Wanted,
    after: Option<Place>,
    limit: u32,
) -> Result<Page<Whole>, Fault> {
    let names = Names::read(app, scope, &wanted).await?;
    let (scope, sort) = (scope.clone(), wanted.sort());
    let read = app.read(async move |tx| {
        let (found, last) = walk(tx, &scope, &wanted, &names, after, limit as usize).await?;
        let mut posts = store::by_ids(tx, scope.workspace(), &found).await?;
        let places: BTreeMap<PostId, usize> = found.iter().copied().zip(0..).collect();
        posts.sort_by_key(|post| places.get(&post.id).copied());
        let wholes = wholes(tx, scope.workspace(), posts).await?;
        Ok((wholes.into_iter().filter_map(|whole| whole.within(&scope)).collect(), last))
    });
    let (items, last): (Vec<Whole>, Option<Place>) = read.await?;
    let next_cursor =
        last.map(|(key, id)| Cursor(vec![sort.as_str().to_owned(), key.to_string(), id.to_string()]).encode());
    Ok(Page { items, next_cursor })
}

/// Ids that fit, and the last place that was looked at if there is more behind it.
async fn walk(
    tx: &mut Tx,
    scope: &Scope,
    wanted: &Wanted,
    names: &Names,
    mut after: Option<Place>,
    limit: usize,
) -> Result<(Vec<PostId>, Option<Place>), db::Error> {
    let mut found = Vec::new();
    // Everything of a page is found in as many steps as it has posts: a window need not be wider.
    let is_all = wanted.states.is_empty() && wanted.channel.is_none() && wanted.words.is_empty() && !wanted.attention;
    let width = if is_all && scope.channels().is_none() { limit as u32 + 1 } else { WINDOW };
    let channels: Vec<ChannelId> = scope.channels().into_iter().flatten().copied().collect();
    for _ in 0..WINDOWS_MAX {
        let window = store::Window {
            among: wanted.among(),
            sort: wanted.sort(),
            after,
            limit: width,
            texts: !wanted.words.is_empty(),
            channels: &channels,
        };
        let window = store::window(tx, scope.workspace(), window).await?;
        let summaries = summaries(tx, scope, &window).await?;
        for (glance, summary) in window.iter().zip(summaries) {
            if found.len() == limit {
                return Ok((found, after));
            }
            after = Some((glance.key, glance.id));
            if is_found(scope, glance) && wanted.takes(glance, names, summary) {
                found.push(glance.id);
            }
        }
        if window.len() < width as usize {
            return Ok((found, None));
        }
    }
    Ok((found, after))
}

/// Where the posts of a window stand, as far as they are within reach.
async fn summaries(tx: &mut Tx, scope: &Scope, window: &[store::Glance]) -> Result<Vec<Summary>, db::Error> {
    let ids: Vec<PostId> = window.iter().map(|glance| glance.id).collect();
    let mut lives: BTreeMap<PostId, Vec<Standing>> = BTreeMap::new();
    for life in publishing::lives_of_posts(tx, scope.workspace(), &ids).await? {
        if scope.reaches(life.channel) {
            let standing = standing(life.channel, life.state, life.part, life.gone, life.no_longer_fits);
            lives.entry(life.post).or_default().push(standing);
        }
    }
    let none = Vec::new();
    let of = |glance: &store::Glance| Summary::of(lives.get(&glance.id).unwrap_or(&none), glance.handed_in);
    Ok(window.iter().map(of).collect())
}

/// How many posts there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By state. Drafts, posts in review and posts that ask for a person are counted however old they are, the others among
    /// those looked at.
    pub by_state: BTreeMap<PostState, u64>,
    /// Those of which something waits for a person.
    pub attention: u64,
    /// Whether all posts of the workspace were looked at.
    pub whole: bool,
}

/// Counts them.
///
/// # Errors
/// Those of the database.
pub async fn counts(app: &App, scope: &Scope) -> Result<Counts, Fault> {
    let scope = scope.clone();
    app.read(async move |tx| {
        let mut all = tally(tx, &scope, store::Among::All).await?;
        if !all.whole {
            let asking = tally(tx, &scope, store::Among::Asking).await?;
            all.attention = asking.attention;
            for state in [PostState::NeedsYou, PostState::Failed] {
                all.by_state.insert(state, asking.of(state));
            }
            let handed_in = tally(tx, &scope, store::Among::HandedIn).await?.of(PostState::InReview);
            all.by_state.insert(PostState::InReview, handed_in);
            let drafts = match scope.channels() {
                None => store::count_drafts(tx, scope.workspace()).await?,
                Some(_) => tally(tx, &scope, store::Among::Drafts).await?.of(PostState::Draft),
            };
            all.by_state.insert(PostState::Draft, drafts);
        }
        Ok(all)
    })
    .await
}

impl Counts {
    /// How many are in this state.
    pub fn of(&self, state: PostState) -> u64 {
        self.by_state.get(&state).copied().unwrap_or(0)
    }
}

async fn tally(tx: &mut Tx, scope: &Scope, among: store::Among) -> Result<Counts, db::Error> {
    let (mut counts, mut after) = (Counts::default(), None);
    for _ in 0..WINDOWS_MAX {
        let window = store::Window { among, sort: Sort::Newest, after, limit: WINDOW, texts: false, channels: &[] };
        let window = store::window(tx, scope.workspace(), window).await?;
        let summaries = summaries(tx, scope, &window).await?;
        for (_, summary) in window.iter().zip(summaries).filter(|(glance, _)| is_found(scope, glance)) {
            *counts.by_state.entry(summary.state).or_insert(0) += 1;
            counts.attention += u64::from(summary.attention > 0);
        }
        after = window.last().map(|glance| (glance.key, glance.id)).or(after);
        if window.len() < WINDOW as usize {
            counts.whole = true;
            return Ok(counts);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn a_text_is_found_in_any_case_and_without_its_accents() {
        for (text, folded) in
            [("Café AU Lait", "cafe au lait"), ("ÉCOLE", "ecole"), ("Plain", "plain"), ("Ürün", "urun")]
        {
            assert_eq!(fold(text), folded);
        }
    }
}
