//! The real program under random `kill -9`, with a mixed load on every network that has a twin: all kinds of posts that its
//! channels take, each at least once on each network, edits and deletions of what is live, and networks that refuse to be read for a while. `cargo xtask crash`
//! runs it at any length; a short run is one of the tests.
//!
//! It is a test, and not a program of its own, because it needs what the other crash tests have: an installation beside a
//! sandbox that outlives its processes, and a database that is gone afterwards. The sandbox's ledger is the truth, and
//! what Fanfare says of itself is compared with it ([`reckoning`]). The seed decides what is posted where and when, which of
//! it is changed, when processes die and when networks refuse; what a process was doing when it died is the machine's affair.

mod load;
mod reckoning;

use std::time::Duration;

use base::{Clock as _, Random as _, SystemClock, Timestamp, random::SeededRandom};
use futures::future::join_all;
use sandbox::{Fault, Network, Rule, When};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    real_pds::say,
    support::{Engine, Place, Process, free_port, settings},
};

/// The variable in which `cargo xtask crash` says what it wants.
const ASKED: &str = "FANFARE_TEST_CRASH";
/// How often a network refuses to be read, on average, and for how long.
const REFUSES_EVERY: Duration = Duration::from_secs(8);
const REFUSES_FOR: Duration = Duration::from_secs(5);
/// Processes go on dying for so long after the last post was due.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
struct Storm {
    engine: Engine,
    /// How many publications, if that is more than one of each kind on each network.
    publishes: usize,
    /// How many of them are due per second, on average.
    per_second: u64,
    /// How long a process lives, on average.
    mean: Duration,
    seed: u64,
    /// How long is waited for outcomes when the deaths are over.
    patience: Duration,
    /// Whether all outcomes are known by then: a network that does not know requests by an id of ours is asked for half an
    /// hour before what was not found is sent again.
    to_the_end: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_01_random_crashes_under_a_mixed_load_neither_lose_nor_double_a_post_nor_ask_in_vain() {
    let storms = match asked() {
        Some(storm) => vec![storm],
        None => Engine::all().into_iter().map(Storm::short).collect(),
    };
    join_all(storms.into_iter().map(Storm::run)).await;
}

#[expect(clippy::disallowed_methods, reason = "a test has no settings; the variable says how long the storm is")]
fn asked() -> Option<Storm> {
    let asked: Value = serde_json::from_str(&std::env::var(ASKED).ok()?).unwrap();
    let number = |name: &str| asked[name].as_u64().unwrap();
    Some(Storm {
        engine: if asked["db"] == "postgres" { Engine::Postgres } else { Engine::Sqlite },
        publishes: usize::try_from(number("publishes")).unwrap(),
        per_second: 3,
        mean: Duration::from_millis(number("mean_ms")),
        seed: number("seed"),
        patience: Duration::from_secs(75 * 60),
        to_the_end: true,
    })
}

/// What the processes of an installation went through.
#[derive(Default)]
struct Lives {
    kills: usize,
    /// How long each start took until the process listened.
    starts: Vec<Duration>,
}

/// A time in which a network could not be read.
struct Refusal {
    network: Network,
    from: Timestamp,
    to: Timestamp,
}

impl Storm {
    fn short(engine: Engine) -> Self {
        // Where a network prepares a post first, it takes ten seconds and more until it is out.
        let (mean, patience) = (Duration::from_millis(2_000), Duration::from_secs(30));
        Self { engine, publishes: 0, per_second: 5, mean, seed: 9, patience, to_the_end: false }
    }

    /// Chance for one purpose, so that one does not move the others.
    fn chance(&self, purpose: u64) -> SeededRandom {
        SeededRandom::new(self.seed.wrapping_mul(1_000).wrapping_add(purpose))
    }

    async fn run(self) {
        let with_limits = |sandbox: &sandbox::Running, port| settings(sandbox, port) + "[limits]\nkey_per_minute = 0\n";
        let (place, process) = Place::without_channels(self.engine, with_limits).await;
        for network in Network::ALL.iter().copied() {
            place.sandbox.turn(network, |knobs| {
                (knobs.latency_ms, knobs.jitter_ms) = (30, 150);
                knobs.rate_limits.insert("*".to_owned(), 1_000_000);
            });
        }
        place.enter_apps().await;
        for (platform, account) in place.accounts() {
            place.connect_as(&account, platform, None).await;
        }
        let quotables = load::quotables(&place).await;
        for network in Network::ALL.iter().copied() {
            place.sandbox.turn(network, |knobs| knobs.own = network.about().rough_day());
        }
        let wanted = (self.publishes, self.per_second);
        let load = load::Load::make(&place, &quotables, wanted, &self.chance(0)).await;
        assert!(process.stop().await.success());

        let over = Instant::now() + load.last_due().since(SystemClock.now()) + AFTERWARDS;
        // Two nodes work on a shared database, and die independently of each other.
        let nodes = if self.engine == Engine::Postgres { 2 } else { 1 };
        let storm = join_all((0..nodes).map(|node| self.torment(&place, node, over)));
        let (lives, changes, refusals) =
            tokio::join!(storm, load.change(&place, over), refuse(&place, self.chance(1), over));
        let (lives, processes): (Vec<Lives>, Vec<Process>) = lives.into_iter().unzip();
        let ended = load.settle(&place, Instant::now() + self.patience).await;
        let reckoned = reckoning::Reckoning::of(&place, &load, &ended, &changes, &refusals).await;
        say(&format!("{self:?}\n{}", reckoned.report(&load, &lives)));
        assert_eq!(reckoned.faults(self.to_the_end), 0, "{self:?}: the lines above say what went wrong");
        for process in processes {
            assert!(process.stop().await.success());
        }
    }

    /// Starts a node, and kills it and starts it again until the storm is over; gives the one that lives on.
    async fn torment(&self, place: &Place, node: u64, over: Instant) -> (Lives, Process) {
        let chance = self.chance(10 + node);
        let (name, address) = (format!("node-{node}"), format!("127.0.0.1:{}", free_port()));
        let second = [("FANFARE_NODE", &*name), ("FANFARE_LISTEN", &*address)];
        let mut lives = Lives::default();
        loop {
            let mut process = place.start(if node == 0 { &[] } else { &second });
            let begun = Instant::now();
            let dies_at = Some(begun + exponential(&chance, self.mean)).filter(|at| *at < over);
            let listens = process.hears("listens on");
            let started = match dies_at {
                None => Ok(listens.await),
                Some(at) => tokio::time::timeout_at(at, listens).await,
            };
            if started.is_ok() {
                lives.starts.push(begun.elapsed());
            }
            let Some(dies_at) = dies_at else { return (lives, process) };
            tokio::time::sleep_until(dies_at).await;
            process.kill().await;
            lives.kills += 1;
        }
    }
}

/// Now and then a network refuses to be read, as where an app's reads are used up. What is to be sent leaves all the same.
async fn refuse(place: &Place, chance: SeededRandom, over: Instant) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    loop {
        tokio::time::sleep_until(over.min(Instant::now() + exponential(&chance, REFUSES_EVERY))).await;
        if Instant::now() >= over {
            return refusals;
        }
        let network = Network::ALL[chance.below(Network::ALL.len() as u64) as usize];
        let headers = [("retry-after".to_owned(), REFUSES_FOR.as_secs().to_string())].into();
        let fault = Fault::Status { status: 429, when: When::Before, body: None, headers };
        let rule = Rule { times: u32::MAX, ..Rule::once("read", fault) };
        place.sandbox.turn(network, |knobs| knobs.faults.push(rule));
        let from = SystemClock.now();
        tokio::time::sleep(REFUSES_FOR).await;
        place.sandbox.turn(network, |knobs| knobs.faults.clear());
        refusals.push(Refusal { network, from, to: SystemClock.now() });
    }
}

/// How long something takes that happens at any time with the same chance.
fn exponential(chance: &SeededRandom, mean: Duration) -> Duration {
    let uniform = (chance.below(1 << 53) + 1) as f64 / (1u64 << 53) as f64;
    mean.mul_f64(-uniform.ln())
}
