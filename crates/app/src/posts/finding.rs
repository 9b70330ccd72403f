//! Finding posts: by state, by channel, by words; and how many there are in each state.
//!
//! A post's state is never stored, so it cannot be looked up. Posts are walked newest first instead, a window at a time, and a
//! request looks at a limited number of them. What people look for most (drafts, and what asks for them) is found through
//! indexes of its own, however old it is.

use std::collections::{BTreeMap, BTreeSet};

use base::{
    Page, Problem, Scope,
    ids::{ChannelId, PostId},
};
use db::Tx;

use super::{PostState, Standing, Whole, store, wholes::wholes};
use crate::{App, fault::Fault, publishing};

/// Posts that are looked at together.
const WINDOW: u32 = 1_000;
/// Windows that one request looks at.
const WINDOWS_MAX: u32 = 10;
/// The longest text to search for, in characters.
const WORDS_CHARACTERS_MAX: usize = 200;

/// What is looked for. Empty is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In one of these states.
    pub states: BTreeSet<PostState>,
    /// Going to this channel.
    pub channel: Option<ChannelId>,
    /// With all of these words, in lower case.
    pub words: Vec<String>,
}

impl Wanted {
    /// With all words of this text.
    ///
    /// # Errors
    /// A text that is too long.
    pub fn with_words(mut self, text: &str) -> Result<Self, Problem> {
        if text.chars().count() > WORDS_CHARACTERS_MAX {
            return Err(Problem::field("/q", format!("may have {WORDS_CHARACTERS_MAX} characters at most")));
        }
        self.words = text.split_whitespace().map(str::to_lowercase).collect();
        Ok(self)
    }

    fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Where such posts can be.
    fn among(&self) -> store::Among {
        let only =
            |among: &[PostState]| !self.states.is_empty() && self.states.iter().all(|state| among.contains(state));
        if only(&[PostState::Draft]) {
            store::Among::Drafts
        } else if only(&[PostState::NeedsYou, PostState::Failed]) {
            store::Among::Asking
        } else {
            store::Among::All
        }
    }

    fn takes(&self, glance: &store::Glance, state: PostState) -> bool {
        (self.states.is_empty() || self.states.contains(&state))
            && self.channel.is_none_or(|channel| glance.channels.contains(&channel))
            && self.words.iter().all(|word| glance.text.contains(word.as_str()))
    }
}

/// Whether a post is within reach at all; see `Whole::within`.
fn is_found(scope: &Scope, glance: &store::Glance) -> bool {
    glance.channels.is_empty() || glance.channels.iter().any(|channel| scope.reaches(*channel))
}

/// Posts that fit, newest first, before an id. A page may be short, or empty, although there are more.
///
/// # Errors
/// Those of the database.
pub async fn find(
    app: &App,
    scope: &Scope,
    wanted: Wanted,
    before: Option<PostId>,
    limit: u32,
) -> Result<Page<Whole>, Fault> {
    if wanted.is_everything() && scope.channels().is_none() {
        return super::page(app, scope, before, limit).await;
    }
    let scope = scope.clone();
    let read = app.read(move |tx| {
        let (wanted, scope) = (wanted.clone(), scope.clone());
        Box::pin(async move {
            let (found, last) = walk(tx, &scope, &wanted, before, limit as usize).await?;
            let posts = store::by_ids(tx, scope.workspace(), &found).await?;
            let wholes = wholes(tx, scope.workspace(), posts).await?;
            Ok((wholes.into_iter().filter_map(|whole| whole.within(&scope)).collect(), last))
        })
    });
    let (items, last): (Vec<Whole>, Option<PostId>) = read.await?;
    Ok(Page { items, next_cursor: last.map(|id| base::Cursor(vec![id.to_string()]).encode()) })
}

/// Ids that fit, and the last one that was looked at if there is more behind it.
async fn walk(
    tx: &mut Tx,
    scope: &Scope,
    wanted: &Wanted,
    mut before: Option<PostId>,
    limit: usize,
) -> Result<(Vec<PostId>, Option<PostId>), db::Error> {
    let mut found = Vec::new();
    for _ in 0..WINDOWS_MAX {
        let texts = !wanted.words.is_empty();
        let window = store::window(tx, scope.workspace(), wanted.among(), before, WINDOW, texts).await?;
        let states = states(tx, scope, &window).await?;
        for glance in &window {
            if found.len() == limit {
                return Ok((found, before));
            }
            before = Some(glance.id);
            if is_found(scope, glance)
                && wanted.takes(glance, states.get(&glance.id).copied().unwrap_or(PostState::Draft))
            {
                found.push(glance.id);
            }
        }
        if window.len() < WINDOW as usize {
            return Ok((found, None));
        }
    }
    Ok((found, before))
}

/// The states of the posts of a window that have publications within reach.
async fn states(
    tx: &mut Tx,
    scope: &Scope,
    window: &[store::Glance],
) -> Result<BTreeMap<PostId, PostState>, db::Error> {
    let ids: Vec<PostId> = window.iter().map(|glance| glance.id).collect();
    let mut lives: BTreeMap<PostId, Vec<Standing>> = BTreeMap::new();
    for life in publishing::lives_of_posts(tx, scope.workspace(), &ids).await? {
        if scope.reaches(life.channel) {
            let standing = Standing { channel: life.channel, state: life.state, part: life.part };
            lives.entry(life.post).or_default().push(standing);
        }
    }
    Ok(lives.into_iter().map(|(post, lives)| (post, PostState::of(&lives))).collect())
}

/// How many posts there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By state. Drafts and posts that ask for a person are counted however old they are, the others among those looked at.
    pub by_state: BTreeMap<PostState, u64>,
    /// Whether all posts of the workspace were looked at.
    pub whole: bool,
}

/// Counts them.
///
/// # Errors
/// Those of the database.
pub async fn counts(app: &App, scope: &Scope) -> Result<Counts, Fault> {
    let scope = scope.clone();
    app.read(move |tx| {
        let scope = scope.clone();
        Box::pin(async move {
            let (mut by_state, whole) = tally(tx, &scope, store::Among::All).await?;
            if !whole {
                let (asking, _) = tally(tx, &scope, store::Among::Asking).await?;
                for state in [PostState::NeedsYou, PostState::Failed] {
                    by_state.insert(state, asking.get(&state).copied().unwrap_or(0));
                }
                let drafts = match scope.channels() {
                    None => store::count_drafts(tx, scope.workspace()).await?,
                    Some(_) => tally(tx, &scope, store::Among::Drafts).await?.0.values().sum(),
                };
                by_state.insert(PostState::Draft, drafts);
            }
            Ok(Counts { by_state, whole })
        })
    })
    .await
}

async fn tally(tx: &mut Tx, scope: &Scope, among: store::Among) -> Result<(BTreeMap<PostState, u64>, bool), db::Error> {
    let (mut by_state, mut before) = (BTreeMap::new(), None);
    for _ in 0..WINDOWS_MAX {
        let window = store::window(tx, scope.workspace(), among, before, WINDOW, false).await?;
        let states = states(tx, scope, &window).await?;
        for glance in window.iter().filter(|glance| is_found(scope, glance)) {
            *by_state.entry(states.get(&glance.id).copied().unwrap_or(PostState::Draft)).or_insert(0) += 1;
        }
        before = window.last().map(|glance| glance.id).or(before);
        if window.len() < WINDOW as usize {
            return Ok((by_state, true));
        }
    }
    Ok((by_state, false))
}
