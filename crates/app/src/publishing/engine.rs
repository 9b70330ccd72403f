//! The dispatcher: sleeps until the next lane wakes, takes lanes in batches into free capacity, carries them out.
//!
//! A lane is a channel's queue. Lanes, not publications, are leased: one publication of a channel is on its way at a
//! time, on all nodes, and a channel that waits (rate limit, open breaker, pause) holds no place in memory.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use base::{
    Timestamp,
    ids::{ChannelId, NodeId, PublicationId},
};
use futures::FutureExt as _;
use tokio::{
    sync::{Mutex, Notify, Semaphore},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    carry_out,
    journal::{Journal, Record, Then},
    store::{self, Lane, Work},
    turn::{Turn, is_suspect},
};
use crate::{App, channels::grants, crash, fault::Fault};

/// The name under which new work is announced to this process and to other nodes.
pub const ANNOUNCED: &str = "publishing";

/// How the engine is to work.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The node's name in the list of nodes.
    pub name: String,
    /// Most lanes at once.
    pub in_flight_max: usize,
    /// How long a lane is this node's without a sign of life. For a call that may take longer, its lane is held longer when
    /// it is armed.
    pub lease: Duration,
    /// Most lanes taken in one transaction.
    pub batch: usize,
    /// Most publications of a lane taken at once.
    pub per_lane: u32,
    /// Nodes that are known to be dead, such as the process before this one in the same place: what they had on lease is
    /// free at once.
    pub dead: Vec<NodeId>,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            name: "fanfare".to_owned(),
            in_flight_max: 4_096,
            lease: Duration::from_secs(30),
            batch: 512,
            per_lane: 16,
            dead: Vec::new(),
        }
    }
}

/// One node's publishing.
pub struct Engine {
    pub(super) app: App,
    pub(super) node: NodeId,
    /// What lanes make durable on their way.
    pub(super) journal: Journal,
    settings: EngineSettings,
    /// One for each lane that may be carried out at once.
    places: Arc<Semaphore>,
    lane_done: Notify,
    /// What the dispatcher sleeps for, in microseconds since 1970.
    planned: AtomicI64,
    /// A lane was given back that wakes before that.
    sooner: Notify,
    /// Publications that a process died with run one at a time, so that the next crash has a name.
    quarantine: Mutex<()>,
    /// Until when the lanes of this node are renewed, in microseconds since 1970.
    renewed_until: AtomicI64,
    /// This machine's clock differs from the database's.
    skewed: AtomicBool,
    /// Ends every lane where it stands; only a simulated death does that.
    dead: CancellationToken,
}

impl Engine {
    /// An engine for this process.
    pub fn new(app: App, settings: EngineSettings) -> Arc<Self> {
        let node = NodeId::new(app.clock.now(), &*app.random);
        Arc::new(Self {
            journal: Journal::new(app.clone()),
            app,
            node,
            places: Arc::new(Semaphore::new(settings.in_flight_max)),
            lane_done: Notify::new(),
            planned: AtomicI64::new(i64::MAX),
            sooner: Notify::new(),
            quarantine: Mutex::new(()),
            renewed_until: AtomicI64::new(0),
            skewed: AtomicBool::new(false),
            dead: CancellationToken::new(),
            settings,
        })
    }

    /// Works until `stop`, then finishes what is on its way.
    ///
    /// # Errors
    /// If the database fails at the start; later failures are logged and tried again.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) -> Result<(), Fault> {
        self.recover().await?;
        let mut announced = self.app.db.listen(ANNOUNCED);
        let heart = tokio::spawn(self.clone().heartbeat(stop.clone()));
        while !stop.is_cancelled() {
            // While it looks, every lane that is given back counts as news.
            self.planned.store(i64::MAX, Ordering::Release);
            let next = match self.clone().dispatch().await {
                Ok(next) => next,
                Err(fault) => {
                    tracing::error!(error = %fault, "lanes could not be taken; trying again in a second");
                    Next::At(Some(self.app.clock.now() + Duration::from_secs(1)))
                }
            };
            self.rest(next, &mut announced, &stop).await;
        }
        let all = u32::try_from(self.settings.in_flight_max).unwrap_or(u32::MAX);
        // What is still on its way after this stays armed, and the next start looks it up.
        let _ = tokio::time::timeout(Duration::from_secs(25), self.places.acquire_many(all)).await;
        heart.abort();
        Ok(())
    }

    /// This process among those that work on the installation.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// On the embedded database every lease is a dead process's. On a shared one those of nodes that are known to be dead
    /// are void; the others end by themselves.
    pub(super) async fn recover(&self) -> Result<(), Fault> {
        let now = self.app.clock.now();
        if self.app.db.dialect() == db::Dialect::Sqlite {
            self.app.db.write(async move |tx| store::void_leases(tx, now).await).await?;
        }
        for node in self.settings.dead.iter().copied().filter(|node| *node != self.node) {
            self.app.db.write(async move |tx| store::void_leases_of(tx, node, now).await).await?;
        }
        Ok(())
    }

    /// Sleeps until there is something to do.
    async fn rest(
        &self,
        next: Next,
        announced: &mut tokio::sync::broadcast::Receiver<String>,
        stop: &CancellationToken,
    ) {
        let Next::At(next) = next else {
            // A permit is kept if a lane ended before we came here.
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.lane_done.notified() => {}
            }
            return;
        };
        let wake = next.unwrap_or(Timestamp::from_micros(i64::MAX));
        self.planned.store(wake.as_micros(), Ordering::Release);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.sooner.notified() => return,
                () = self.app.clock.sleep_until(wake), if next.is_some() => return,
                word = announced.recv() => match word {
                    // The word is the instant of the new work: later than what we wait for anyway is no reason to wake.
                    Ok(at) if at.parse::<i64>().is_ok_and(|at| at >= wake.as_micros()) => {}
                    _ => return,
                },
            }
        }
    }

    /// Takes lanes until none is due or no place is free; says when the next one wakes.
    pub(super) async fn dispatch(self: Arc<Self>) -> Result<Next, Fault> {
        loop {
            let now = self.app.clock.now();
            let limit = self.places.available_permits().min(self.settings.batch);
            if limit == 0 {
                return Ok(Next::Full);
            }
            let Some(lanes) = self.take(now, limit).await? else {
                // Stopped, or not to be trusted with time: an announcement ends the first, a look now and then the second.
                return Ok(Next::At(Some(now + Duration::from_secs(5))));
            };
            let taken = lanes.len();
            for (turn, works) in lanes {
                self.start(turn, works).await;
            }
            if taken < limit {
                let next = self.app.db.read(async |tx| store::next_wake(tx).await).await?;
                // What was due already and not to be had is someone else's: do not ask again in the same breath.
                let soon = now + Duration::from_millis(if taken == 0 { 50 } else { 0 });
                return Ok(Next::At(next.map(|at| at.max(soon))));
            }
        }
    }

    /// Carries out everything that is due now and waits for it; how many lanes there were. For tests and tools.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn drain(self: &Arc<Self>) -> Result<usize, Fault> {
        let mut sum = 0;
        loop {
            let now = self.app.clock.now();
            let Some(lanes) = self.take(now, self.settings.batch).await?.filter(|lanes| !lanes.is_empty()) else {
                return Ok(sum);
            };
            sum += lanes.len();
            let mut running = Vec::with_capacity(lanes.len());
            for (turn, works) in lanes {
                running.push(self.start(turn, works).await);
            }
            futures::future::join_all(running).await;
        }
    }

    /// Takes up to `limit` lanes with what they have to do `now`; `None` if nothing may be taken.
    pub(super) async fn take(&self, now: Timestamp, limit: usize) -> Result<Option<Taken>, Fault> {
        // Nothing new on a full disk: what came of it might not be stored.
        if self.skewed.load(Ordering::Acquire) || self.app.memory.room.is_full() {
            return Ok(None);
        }
        let (node, settings) = (self.node, self.settings.clone());
        let batch = base::random::token::<9>(&*self.app.random);
        let (name, claimed) = (batch.clone(), batch.clone());
        let taken = self
            .app
            .db
            .write(async move |tx| {
                if store::stopped(tx).await?.is_some() {
                    return Ok::<_, db::Error>(None);
                }
                let lanes = store::claim(tx, node, &batch, now, settings.lease, limit).await?;
                if lanes.is_empty() {
                    return Ok(Some((lanes, Vec::new())));
                }
                let left_behind: Vec<_> = lanes.iter().filter_map(|lane| lane.left_behind).collect();
                if !left_behind.is_empty() {
                    store::empty_hands(tx, node, &batch).await?;
                }
                for id in left_behind {
                    // What has no effect and a process died with it is done again, later each time, beside what goes well.
                    let crashes = store::count_crash(tx, id).await?.harmless;
                    if crashes > 1 {
                        store::postpone(tx, id, now + after_crashes(crashes)).await?;
                    }
                }
                let works = store::work_of(tx, node, &batch, now, settings.per_lane).await?;
                store::in_hand(tx, &firsts(&lanes, &works)).await?;
                Ok(Some((lanes, works)))
            })
            .await;
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => {
                // The commit may have arrived although its answer did not: no one would work on those lanes.
                let _: Result<(), db::Error> =
                    self.app.db.write(async move |tx| store::void_batch(tx, &name, now).await).await;
                return Err(error.into());
            }
        };
        let Some((lanes, works)) = taken else { return Ok(None) };
        if lanes.is_empty() {
            return Ok(Some(Vec::new()));
        }
        crash::point("claimed");
        let read_at = self.app.clock.now();
        let mut logins = grants::open_for_lanes(&self.app, node, claimed).await;
        let mut by_channel: BTreeMap<ChannelId, Vec<Work>> = BTreeMap::new();
        for work in works {
            by_channel.entry(work.publication.channel).or_default().push(work);
        }
        let lanes = lanes.into_iter().map(|lane| {
            let works = by_channel.remove(&lane.channel).unwrap_or_default();
            let login = logins.remove(&lane.channel).map(|opened| (read_at, opened));
            (Turn::new(lane, &works, login), works)
        });
        Ok(Some(lanes.collect()))
    }

    /// Starts a lane's turn, as soon as there is a place for it.
    pub(super) async fn start(self: &Arc<Self>, turn: Turn, works: Vec<Work>) -> JoinHandle<()> {
        let (engine, place) = (self.clone(), self.places.clone().acquire_owned().await);
        tokio::spawn(async move {
            tokio::select! {
                () = engine.dead.cancelled() => {}
                () = engine.lane(turn, works) => {}
            }
            drop(place);
            engine.lane_done.notify_one();
        })
    }

    /// Drops everything under way, as a death of the process would.
    #[cfg(test)]
    pub(super) fn die(&self) {
        self.dead.cancel();
    }

    /// One lane's turn.
    async fn lane(&self, mut turn: Turn, works: Vec<Work>) {
        let mut works = works.into_iter().peekable();
        while let Some(work) = works.next() {
            let id = work.publication.id;
            let _alone = if is_suspect(&work) { Some(self.quarantine.lock().await) } else { None };
            if turn.in_hand != Some(id)
                && let Err(error) = self.move_on(&mut turn, Then::Take(id)).await
            {
                tracing::error!(publication = %id, error = %error, "{id} could not be taken in hand");
                break;
            }
            turn.begin(works.peek());
            let carried = std::panic::AssertUnwindSafe(carry_out::run(self, &mut turn, work)).catch_unwind().await;
            match carried {
                Ok(Ok(carry_out::Next::GoOn)) => {}
                Ok(Ok(carry_out::Next::EndTurn)) => break,
                Ok(Err(fault)) => {
                    tracing::error!(publication = %id, error = %fault, "{id} could not be carried out");
                    self.failed(id).await;
                }
                Err(_) => {
                    tracing::error!(publication = %id, "carrying out {id} panicked");
                    self.failed(id).await;
                }
            }
            if turn.given_back {
                return;
            }
        }
        self.give_back(turn).await;
    }

    /// Names what the lane has in hand, or gives it back, by itself.
    async fn move_on(&self, turn: &mut Turn, then: Then) -> Result<(), db::Error> {
        let written = self.journal.write(Record::default().then(self.node, &turn.lane, then)).await?;
        self.has_moved_on(turn, then, written.next_wake);
        Ok(())
    }

    /// The lane's next step is stored.
    pub(super) fn has_moved_on(&self, turn: &mut Turn, then: Then, next_wake: Option<Timestamp>) {
        turn.has_moved_on(then);
        // A lane that was given back may wake earlier than what the dispatcher sleeps for.
        if next_wake.is_some_and(|at| at.as_micros() < self.planned.load(Ordering::Acquire)) {
            self.sooner.notify_one();
        }
    }

    /// A panic or a fault is a crash with a name: it is counted, and the publication is left alone for a while.
    async fn failed(&self, id: PublicationId) {
        let now = self.app.clock.now();
        let stored: Result<(), db::Error> = self
            .app
            .db
            .write(async move |tx| {
                let crashes = store::count_crash(tx, id).await?;
                store::postpone(tx, id, now + after_crashes(crashes.sending + crashes.harmless)).await
            })
            .await;
        if let Err(error) = stored {
            tracing::error!(publication = %id, error = %error, "what happened to {id} could not be stored");
        }
    }

    /// Gives a lane back, however often that has to be tried: a lane that no one gives back is kept by the heartbeat.
    async fn give_back(&self, mut turn: Turn) {
        while let Err(error) = self.move_on(&mut turn, Then::GiveBack).await {
            let channel = turn.lane.channel;
            tracing::error!(%channel, error = %error, "the lane of {channel} could not be given back; trying again");
            if self.app.db.fatal().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Until when no one else can have this turn's lane, as far as this node knows.
    pub(super) fn leased_until(&self, turn: &Turn) -> Timestamp {
        turn.lane.leased_until.max(Timestamp::from_micros(self.renewed_until.load(Ordering::Acquire)))
    }

    /// Keeps this node's lanes and says that it lives.
    async fn heartbeat(self: Arc<Self>, stop: CancellationToken) {
        let pause = self.settings.lease / 3;
        while !stop.is_cancelled() {
            let now = self.app.clock.now();
            let (node, until, name) = (self.node, now + self.settings.lease, self.settings.name.clone());
            let busy = self.places.available_permits() < self.settings.in_flight_max;
            let result: Result<Timestamp, db::Error> = self
                .app
                .db
                .write(async move |tx| {
                    store::node_seen(tx, node, &name, now).await?;
                    if busy {
                        store::renew(tx, node, until).await?;
                    }
                    store::database_time(tx).await
                })
                .await;
            if busy && result.is_ok() {
                self.renewed_until.store(until.as_micros(), Ordering::Release);
            }
            match result {
                Ok(theirs) if self.app.db.dialect().has_its_own_clock() => self.compare_clocks(now, theirs),
                Ok(_) => {}
                Err(error) => tracing::error!(error = %error, "this node's leases could not be renewed"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.app.clock.sleep_until(now + pause) => {}
            }
        }
    }

    /// Due times are the database's: a node whose clock differs by more than two seconds takes nothing.
    fn compare_clocks(&self, ours: Timestamp, theirs: Timestamp) {
        let apart = ours.since(theirs).max(theirs.since(ours));
        let skewed = apart > SKEW_MAX;
        if self.skewed.swap(skewed, Ordering::AcqRel) != skewed {
            if skewed {
                tracing::error!(apart_ms = %apart.as_millis(), "this machine's clock differs from the database's; it publishes nothing");
            } else {
                tracing::info!("this machine's clock agrees with the database's again");
            }
        }
    }
}

/// When the dispatcher has to look again.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// When a lane ends: there is no place for more.
    Full,
    /// At this instant, or when something is announced.
    At(Option<Timestamp>),
}

/// Lanes with what they have to do.
type Taken = Vec<(Turn, Vec<Work>)>;

/// How long a publication is left alone after so many crashes.
fn after_crashes(crashes: u32) -> Duration {
    Duration::from_secs(30) * crashes.clamp(1, 10)
}

/// How far a node's clock may be from the database's.
const SKEW_MAX: Duration = Duration::from_secs(2);

/// Each lane with the first publication it will take in hand; suspects name themselves later, when they run alone.
fn firsts<'a>(lanes: &'a [Lane], works: &[Work]) -> Vec<(&'a Lane, PublicationId)> {
    let mut first: BTreeMap<ChannelId, &Work> = BTreeMap::new();
    for work in works {
        first.entry(work.publication.channel).or_insert(work);
    }
    let named = lanes.iter().filter_map(|lane| {
        let work = first.get(&lane.channel)?;
        (!is_suspect(work)).then_some((lane, work.publication.id))
    });
    named.collect()
}
