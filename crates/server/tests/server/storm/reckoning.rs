//! What became of a storm's posts, by the sandbox's ledger, and how long it took.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use base::Timestamp;
use sandbox::{Action, Entry};
use serde_json::Value;

use super::{
    Lives, Refusal,
    load::{EDITED, Fate, Load, Piece},
};
use crate::{crash::ASKED_WITHIN, support::Place};

/// A post that has nothing to wait for, but is due behind one in doubt or while its network cannot be read, leaves within
/// this time: a few starts of the program on a busy machine.
const IN_TIME: Duration = Duration::from_secs(120);
/// Where nothing can be read, so that a person is asked whether a post in doubt is there.
const UNREADABLE: &[&str] = &["telegram"];
/// What ends a doubt, in a publication's story.
const DECIDED: [&str; 5] = ["accepted", "confirmed", "absence_proven", "needs_eyes", "failed"];

/// From the request no one knows the outcome of until it was known; `None` if it is not yet.
struct Doubt<'a> {
    piece: &'a Piece,
    from: Timestamp,
    to: Option<Timestamp>,
}

/// The sum of it.
#[derive(Default)]
pub struct Reckoning<'a> {
    published: usize,
    lost: usize,
    doubled: usize,
    asked: usize,
    /// Asked where nothing but a person's eyes can tell.
    asked_rightly: usize,
    /// Set aside: processes died three times while they sent it, and a read cannot say whether it is to blame.
    set_aside: usize,
    undecided: usize,
    /// An edit or a deletion that was said to be done, and is not.
    not_kept: usize,
    changed: usize,
    late: Vec<Duration>,
    behind_doubt: Vec<Duration>,
    behind_refusal: Vec<Duration>,
    doubts: Vec<Doubt<'a>>,
    /// The stories of what did not go well.
    remarks: String,
}

impl<'a> Reckoning<'a> {
    pub async fn of(
        place: &Place,
        load: &'a Load,
        ended: &BTreeMap<String, Value>,
        changes: &[(&'a Piece, Fate)],
        refusals: &[Refusal],
    ) -> Self {
        let mut sum = Self::default();
        let entries = place.sandbox.ledger().entries(None);
        let mut left: Vec<(&Piece, Timestamp)> = Vec::new();
        let stories = stories(&entries, load, ended);
        for piece in &load.pieces {
            let told = place.get(&format!("v1/publications/{}/story", piece.id)).await;
            let story = told["story"].as_array().unwrap();
            sum.doubts.extend(doubts(piece, story));
            let made: Vec<Vec<&Entry>> = match stories.get(&*piece.id) {
                Some(made) => vec![made.clone()],
                None => piece.marks().map(|mark| made(&entries, &mark).collect()).collect(),
            };
            left.extend(made[0].first().map(|entry| (piece, entry.at)));
            let publication = &ended[&piece.id];
            let unreadable = UNREADABLE.contains(&&*piece.platform);
            if let Some(what) = sum.count(publication, &made, unreadable) {
                let acts = story.iter().map(|line| format!("{} {} {}", line["at"], line["act"], line["detail"]));
                let (id, kind, platform) = (&piece.id, piece.kind, &piece.platform);
                let acts = acts.collect::<Vec<_>>().join("\n    ");
                let _ = writeln!(sum.remarks, "{what}: {id}, {kind} on {platform}, {publication}\n    {acts}");
            }
        }
        for (piece, fate) in changes {
            sum.changed += 1;
            if !is_kept(&entries, piece, *fate) {
                sum.not_kept += 1;
                let _ = writeln!(sum.remarks, "not kept: {}, {} on {}, {fate:?}", piece.id, piece.kind, piece.platform);
            }
        }
        sum.measure(&left, refusals);
        sum
    }

    /// Counts one publication, of which the ledger has this part by part; says what there is to look at.
    fn count(&mut self, publication: &Value, made: &[Vec<&Entry>], unreadable: bool) -> Option<&'static str> {
        let live = made.iter().filter(|entries| !entries.is_empty()).count();
        let known = publication["parts_live"].as_u64().unwrap() as usize;
        if made.iter().any(|entries| entries.len() > 1) {
            self.doubled += 1;
            return Some("doubled");
        }
        match publication["state"].as_str().unwrap() {
            "published" | "deleted" if live == made.len() => {
                self.published += 1;
                None
            }
            "published" | "deleted" | "cancelled" => {
                self.lost += 1;
                Some("lost")
            }
            "parked" if publication["reason"] == "poison" && live == known => {
                self.set_aside += 1;
                Some("set aside")
            }
            "needs_eyes" if unreadable && (live == known || live == known + 1) => {
                self.asked_rightly += 1;
                None
            }
            "scheduled" | "armed" | "processing" | "unknown" => {
                self.undecided += 1;
                None
            }
            _ => {
                self.asked += 1;
                Some("asked in vain")
            }
        }
    }

    /// How late posts left, those behind something apart.
    fn measure(&mut self, left: &[(&Piece, Timestamp)], refusals: &[Refusal]) {
        let in_doubt: BTreeSet<&str> = self.doubts.iter().map(|doubt| &*doubt.piece.id).collect();
        for (piece, at) in left {
            let late = at.since(piece.due);
            self.late.push(late);
            let within =
                |from: Timestamp, to: Option<Timestamp>| from < piece.due && to.is_none_or(|to| piece.due < to);
            let waits_for_nothing =
                !in_doubt.contains(&*piece.id) && ["text", "thread", "comments", "poll"].contains(&piece.kind);
            let is_behind = |doubt: &Doubt<'_>| doubt.piece.channel == piece.channel && within(doubt.from, doubt.to);
            if waits_for_nothing && self.doubts.iter().any(is_behind) {
                self.behind_doubt.push(late);
            }
            let is_refused = |one: &Refusal| {
                let plays = one.network.about().platforms.iter().any(|platform| platform.id == piece.platform);
                plays && within(one.from, Some(one.to))
            };
            if waits_for_nothing && refusals.iter().any(is_refused) {
                self.behind_refusal.push(late);
            }
        }
    }

    fn held_up(&self) -> usize {
        self.behind_doubt.iter().chain(&self.behind_refusal).filter(|late| **late > IN_TIME).count()
    }

    /// Of whose doubt a person had not heard in time.
    fn asked_late(&self, within: Duration) -> usize {
        let unreadable = self.doubts.iter().filter(|doubt| UNREADABLE.contains(&&*doubt.piece.platform));
        unreadable.filter(|doubt| doubt.to.is_none_or(|to| to.since(doubt.from) > within)).count()
    }

    /// How much went wrong.
    pub fn faults(&self, to_the_end: bool) -> usize {
        let (undecided, within) = if to_the_end { (self.undecided, ASKED_WITHIN) } else { (0, IN_TIME) };
        self.lost + self.doubled + self.asked + self.not_kept + self.held_up() + undecided + self.asked_late(within)
    }

    /// For people.
    pub fn report(&self, load: &Load, lives: &[Lives]) -> String {
        let Self { published, lost, doubled, asked, asked_rightly, set_aside, undecided, changed, not_kept, .. } = self;
        let mut of: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for piece in &load.pieces {
            *of.entry((&piece.platform, piece.kind)).or_default() += 1;
        }
        let kinds: Vec<String> = of.iter().map(|((platform, kind), n)| format!("{platform} {kind} {n}")).collect();
        let kills: usize = lives.iter().map(|node| node.kills).sum();
        let starts: Vec<Duration> = lives.iter().flat_map(|node| node.starts.clone()).collect();
        let mut doubts: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for doubt in &self.doubts {
            let lasted = doubt.to.map(|to| to.since(doubt.from));
            doubts.entry(&doubt.piece.platform).or_default().extend(lasted);
        }
        let mut text = self.remarks.clone();
        let mut line = |name: &str, figure: String| {
            let _ = writeln!(text, "{name:<28}{figure}");
        };
        line("load", kinds.join(", "));
        line("published", format!("{published} of {}", load.pieces.len()));
        line("lost", format!("{lost}"));
        line("doubled", format!("{doubled}"));
        line("asked in vain", format!("{asked}"));
        line("asked, nothing to read", format!("{asked_rightly}, {} after a minute", self.asked_late(ASKED_WITHIN)));
        line("set aside after deaths", format!("{set_aside}"));
        line("undecided", format!("{undecided}"));
        line("edited or deleted", format!("{changed}, not kept {not_kept}"));
        line("late", spread(&self.late));
        line("late behind a doubt", spread(&self.behind_doubt));
        line("late behind refused reads", spread(&self.behind_refusal));
        for (platform, lasted) in &doubts {
            line(&format!("doubt ended, {platform}"), spread(lasted));
        }
        line("kills", format!("{kills} on {} nodes", lives.len()));
        line("started after", spread(&starts));
        text
    }
}

/// Where a text with this mark was made.
fn made<'a>(entries: &'a [Entry], mark: &str) -> impl Iterator<Item = &'a Entry> {
    entries.iter().filter(move |entry| entry.action == Action::Created && entry.text.contains(mark))
}

/// Which stories were made, by the publication that each is counted for. Nothing in a story says which one it is, so that they
/// are shared out by number: first to those that are said to be published, and what is left over is the last one's.
fn stories<'a>(
    entries: &'a [Entry],
    load: &'a Load,
    ended: &BTreeMap<String, Value>,
) -> BTreeMap<&'a str, Vec<&'a Entry>> {
    let mut of_channel: BTreeMap<&str, Vec<&Piece>> = BTreeMap::new();
    for piece in load.pieces.iter().filter(|piece| piece.is_story()) {
        of_channel.entry(&piece.channel).or_default().push(piece);
    }
    let mut shared: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for mut pieces in of_channel.into_values() {
        pieces.sort_by_key(|piece| (ended[&piece.id]["state"] != "published", piece.due));
        let is_theirs = |entry: &&Entry| {
            let plays = entry.network.about().platforms.iter().any(|one| one.id == pieces[0].platform);
            plays && entry.account == pieces[0].account
        };
        let is_made = |entry: &&Entry| entry.action == Action::Created && entry.kind == "story";
        let mut made = entries.iter().filter(is_made).filter(is_theirs);
        for piece in &pieces {
            shared.insert(&piece.id, made.next().into_iter().collect());
        }
        shared.entry(&pieces[pieces.len() - 1].id).or_default().extend(made);
    }
    shared
}

/// Whether each part is now on the network what a change made of it.
fn is_kept(entries: &[Entry], piece: &Piece, fate: Fate) -> bool {
    piece.marks().all(|mark| {
        let Some(made) = made(entries, &mark).next() else { return false };
        match fate {
            Fate::Deleted => {
                // An id may be one of the account's only.
                let named = |entry: &Entry| (entry.network, entry.account.clone(), entry.remote_id.clone());
                let of_it = |entry: &&Entry| named(entry) == named(made);
                entries.iter().rev().find(of_it).is_some_and(|last| last.action == Action::Deleted)
            }
            _ => entries
                .iter()
                .rev()
                .find(|entry| entry.text.contains(&mark))
                .is_some_and(|last| last.text.contains(EDITED)),
        }
    })
}

fn doubts<'a>(piece: &'a Piece, story: &[Value]) -> Vec<Doubt<'a>> {
    let (mut armed, mut doubts): (Option<Timestamp>, Vec<Doubt<'a>>) = (None, Vec::new());
    for line in story {
        let at = Timestamp::parse(line["at"].as_str().unwrap()).unwrap();
        let open = doubts.last_mut().filter(|doubt| doubt.to.is_none());
        match (line["act"].as_str().unwrap(), open) {
            ("armed", None) => armed = Some(at),
            ("in_doubt", None) => doubts.push(Doubt { piece, from: armed.unwrap_or(at), to: None }),
            (act, Some(open)) if DECIDED.contains(&act) => open.to = Some(at),
            _ => {}
        }
    }
    doubts
}

/// The middle, almost all, and the most.
fn spread(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| {
        sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).map_or(0.0, Duration::as_secs_f64)
    };
    format!("{} times: p50 {:.2} s, p99 {:.2} s, most {:.2} s", sorted.len(), at(50), at(99), at(100))
}
