//! What follows from the outcome of a call, pure: the engine's whole policy of retrying, waiting and asking.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Budget, Budgets, Failure, FailureKind, Finding, Outcome, ProofClass, Sent, publish::LOOK_SCHEDULE};

use super::state::Event;

/// Posts that are later than this are not sent silently.
pub const LATE_AFTER: Duration = Duration::from_secs(60 * 60);
/// A platform may ask us to wait so long; past that a person is told (F-09).
pub const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Straight transient failures of one channel until its breaker opens.
pub const FAILURES_MAX: u32 = 5;
/// How long an open breaker stays open before a read tries the channel again.
pub const BREAKER_OPEN: Duration = Duration::from_secs(5 * 60);
/// A platform may work on a part so long before a person is asked.
pub const PROCESSING_MAX: Duration = Duration::from_secs(60 * 60);
/// How often a request in doubt is sent again under the same id before a person is asked.
pub const REPEATS_MAX: u32 = 10;
/// The rest of a thread that has begun may be tried so long before a person is asked, whether it can't be prepared or isn't
/// taken. Its first part is late after an hour, but a thread that breaks off in the middle is worse than one that continues late.
pub const STALLED_AFTER: Duration = Duration::from_secs(6 * 60 * 60);
/// How long is waited, at first, after a platform has said that there were too many calls, but not until when. Each refusal
/// that follows doubles it, …
const UNSAID_WAIT: Duration = Duration::from_secs(60);
/// … up to this.
const UNSAID_WAIT_MAX: Duration = Duration::from_secs(60 * 60);
/// How long nothing is tried after a refresh that did not help.
const AFTER_REFRESH: Duration = Duration::from_secs(30);
/// How long an own part made before may be unknown to the platform where the next one answers it: its copies lag behind.
pub const PARENT_SETTLES: Duration = Duration::from_secs(10 * 60);
/// A look that fails is made again after at least so long …
const LOOK_PAUSE_MIN: Duration = Duration::from_secs(30);
/// … and at most so long.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(15 * 60);
/// How often a post whose outcome is unknown is looked up while its channel's login is dead.
pub const LOOK_WITHOUT_LOGIN: Duration = Duration::from_secs(60 * 60);

/// What to store and do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What happened to the publication.
    pub event: Event,
    /// What became of the attempt; `None` leaves it open.
    pub attempt: Option<&'static str>,
    /// When to come back, for states that move by themselves.
    pub wake_at: Timestamp,
    /// A word for the reason (a failure kind, or one of ours).
    pub reason: Option<&'static str>,
    /// For people.
    pub detail: Option<Text>,
    /// Where the part is now, if it is.
    pub sent: Option<Sent>,
    /// What proves it.
    pub proof: Option<Text>,
    /// Nothing more is sent on this channel before this instant.
    pub sends_from: Option<Timestamp>,
    /// Nothing more is sent through this app, on whatever channel, before this instant.
    pub app_sends_from: Option<Timestamp>,
    /// Nothing more is looked up on this channel before this instant.
    pub reads_from: Option<Timestamp>,
    /// What the call has shown about the grant.
    pub grant: Grant,
    /// Counts towards the channel's breaker.
    pub transient: bool,
    /// What must still be so when it is stored.
    pub only_while: Option<OnlyWhile>,
}

/// What a call has shown about the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Nothing.
    Fine,
    /// The access token has expired: refresh before the next try.
    Refresh,
    /// It is gone: the person must reconnect.
    Dead,
}

/// What must still be so when a verdict is stored: otherwise a fix has looked at the publication before it
/// waited, and no one would wake it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnlyWhile {
    /// The channel is paused.
    Paused,
    /// The channel has no login.
    LoggedOut,
}

/// What the policy looks at.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// Now.
    pub now: Timestamp,
    /// How the request in question can be proven.
    pub proof: ProofClass,
    /// When the first attempt that may have been applied was armed.
    pub armed_at: Timestamp,
    /// When the present attempt's call had to end.
    pub deadline: Timestamp,
    /// How long a call may take.
    pub timeout: Duration,
    /// Whether the attempt repeats one that is still in doubt: then nothing but an acceptance ends the doubt.
    pub repeats: bool,
    /// Attempts armed for this part.
    pub tries: u32,
    /// How often the part was armed again after doubt.
    pub doubts: u32,
    /// Looks without an answer so far.
    pub looks: u32,
    /// A number below 1,000,000 for jitter.
    pub jitter: u64,
    /// Whether it may be sent at all: not what a process died with too often.
    pub may_send: bool,
    /// When the part before this one was stored as live.
    pub parent_live_at: Option<Timestamp>,
    /// For the rest of a thread that has begun: since when it is due. A person who says "send" makes it due anew.
    pub rest_due_at: Option<Timestamp>,
}

impl Verdict {
    fn new(event: Event, wake_at: Timestamp) -> Self {
        Self {
            event,
            attempt: None,
            wake_at,
            reason: None,
            detail: None,
            sent: None,
            proof: None,
            sends_from: None,
            app_sends_from: None,
            reads_from: None,
            grant: Grant::Fine,
            transient: false,
            only_while: None,
        }
    }

    /// It waits until someone fixes something.
    pub(super) fn blocked(now: Timestamp, reason: &'static str, detail: Text) -> Self {
        Self::new(Event::Blocked, now).because(reason, detail)
    }

    /// It waits for the end of a pause.
    pub(super) fn paused(now: Timestamp, why: Text) -> Self {
        let only_while = Some(OnlyWhile::Paused);
        Self { only_while, ..Self::blocked(now, "paused", say!("The channel is paused: {why}")) }
    }

    /// It is refused before anything was sent.
    pub(super) fn refused(now: Timestamp, detail: Text) -> Self {
        Self::new(Event::Refused, now).because("content_refused", detail)
    }

    /// Its time has passed.
    pub(super) fn too_late(now: Timestamp, detail: Text) -> Self {
        Self::new(Event::TooLate, now).because("missed", detail)
    }

    /// Reads cannot decide, or must not be tried again.
    pub(super) fn ask(now: Timestamp, detail: Text) -> Self {
        Self::new(Event::AskAPerson, now).because("needs_eyes", detail)
    }

    /// A read has shown that it may be sent again, but not now: the channel's limit on sending is used up.
    pub(super) fn held(until: Timestamp) -> Self {
        let detail = say!("It isn't there. Fanfare sends the same request again when the platform accepts more.");
        Self::new(Event::LookFailed, until).because("rate_limited", detail)
    }

    /// With what the platform's answer says of the calls that are left: whatever came of this one, the next waits where the
    /// window is used up.
    pub(super) fn within(mut self, budgets: &Budgets, now: Timestamp) -> Self {
        let used_up = |budget: Option<Budget>| {
            let ends = budget.filter(|budget| budget.remaining == 0)?.reset_at.min(now + WAIT_MAX);
            Some(ends).filter(|ends| *ends > now)
        };
        self.app_sends_from = used_up(budgets.app);
        self.sends_from = self.sends_from.max(used_up(budgets.account)).max(self.app_sends_from);
        self
    }

    /// Whether the lane's turn ends with it: a limit was met, or a look failed, and what is to be sent by now comes before
    /// the next one.
    pub(super) fn ends_turn(&self) -> bool {
        self.sends_from.is_some() || self.reads_from.is_some() || self.event == Event::LookFailed
    }

    /// What would be tried once more is left to a person instead, where that is the rest of a thread and has been tried for too
    /// long. At least one try follows whatever held it up, such as a pause.
    fn unless_stalled(self, situation: &Situation) -> Self {
        let since = situation.rest_due_at.map(|due| situation.parent_live_at.map_or(due, |live| live.max(due)));
        let is_stalled = since.is_some_and(|since| situation.now > since + STALLED_AFTER);
        if self.event != Event::NoEffect || self.grant != Grant::Fine || !is_stalled {
            return self;
        }
        let why = self.detail.clone().unwrap_or_else(|| Text::verbatim(""));
        let detail = say!(
            "Fanfare couldn't publish the next part within {hours} hours and has stopped trying. Publish the rest again, or leave it. The last reason: {why}",
            hours = STALLED_AFTER.as_secs() / 3_600
        );
        Self { event: Event::Blocked, ..self.because("stalled", detail) }
    }

    fn attempt(mut self, outcome: &'static str) -> Self {
        self.attempt = Some(outcome);
        self
    }

    fn because(mut self, reason: &'static str, detail: impl Into<Text>) -> Self {
        self.reason = Some(reason);
        self.detail = Some(detail.into());
        self
    }

    fn at(mut self, sent: Sent, proof: impl Into<Text>) -> Self {
        self.sent = Some(sent);
        self.proof = Some(proof.into());
        self
    }
}

/// After `send`.
pub fn after_send(result: Result<Sent, Failure>, situation: &Situation) -> Verdict {
    let now = situation.now;
    let failure = match result {
        Ok(sent) if sent.processing => {
            let wake = now + Duration::from_secs(5);
            return Verdict::new(Event::AcceptedForProcessing, wake).at(sent, say!("the platform's answer"));
        }
        Ok(sent) => {
            return Verdict::new(Event::Accepted, now).attempt("accepted").at(sent, say!("the platform's answer"));
        }
        Err(failure) => failure,
    };
    match failure.outcome.clone() {
        Outcome::Proof(sent) => Verdict::new(Event::Accepted, now)
            .attempt("accepted")
            .at(*sent, say!("a duplicate answer that names the post")),
        _ if situation.repeats => still_in_doubt(failure, situation),
        Outcome::NotSent | Outcome::Throttled => {
            no_effect(failure, situation).attempt("no_effect").unless_stalled(situation)
        }
        Outcome::Rejected => rejected(failure, situation).unless_stalled(situation),
        Outcome::Unknown => match restricted_until(&failure, now) {
            None => doubt(situation, Some(failure.detail)),
            Some(until) => {
                let verdict = doubt(situation, None).because(failure.kind.as_str(), failure.detail);
                Verdict { sends_from: Some(until), ..verdict }
            }
        },
    }
}

/// A repeat that was not accepted says nothing about the attempt before it.
fn still_in_doubt(failure: Failure, situation: &Situation) -> Verdict {
    let now = situation.now;
    let grant = grant_of(failure.kind);
    let asked = failure.retry_at.filter(|at| *at > now && *at < now + WAIT_MAX);
    let wake = match grant {
        Grant::Refresh => now + AFTER_REFRESH,
        Grant::Dead => now + LOOK_WITHOUT_LOGIN,
        Grant::Fine => asked.unwrap_or_else(|| now + backoff(situation.doubts, situation.jitter)),
    };
    let mut verdict = Verdict::new(Event::Doubt, wake).because(failure.kind.as_str(), failure.detail);
    verdict.grant = grant;
    verdict.sends_from = (failure.kind == FailureKind::RateLimited).then_some(wake);
    verdict
}

/// Until when nothing is sent on the channel, because the platform has restricted the account.
fn restricted_until(failure: &Failure, now: Timestamp) -> Option<Timestamp> {
    failure
        .retry_at
        .filter(|at| failure.kind == FailureKind::AccountBlocked && *at > now)
        .map(|at| at.min(now + WAIT_MAX))
}

fn grant_of(kind: FailureKind) -> Grant {
    match kind {
        FailureKind::TokenExpired => Grant::Refresh,
        FailureKind::ReconnectNeeded => Grant::Dead,
        _ => Grant::Fine,
    }
}

/// An attempt has no outcome: its call was cut off.
pub fn doubt(situation: &Situation, detail: Option<Text>) -> Verdict {
    let wake = match situation.proof {
        // A record key is for ever and atomic: do not keep the post waiting.
        ProofClass::ClientId { repeat_for_s: None } => situation.now + Duration::from_secs(1),
        ProofClass::Person => situation.now,
        // Elsewhere the request may still be at work over there, and a repeat beside it could be taken for another post.
        _ => situation.deadline.max(situation.now) + LOOK_SCHEDULE[0],
    };
    let detail = detail.unwrap_or_else(|| say!("Fanfare stopped before the platform's answer was stored"));
    Verdict::new(Event::Doubt, wake).because("answer_lost", detail)
}

/// Before anything was sent: `check` or `prepare` failed.
pub fn after_prepare(failure: Failure, situation: &Situation) -> Verdict {
    let verdict = match failure.outcome {
        // Nothing was sent, so there is nothing to be in doubt about.
        Outcome::Rejected if failure.kind == FailureKind::Duplicate => Verdict::refused(situation.now, failure.detail),
        Outcome::Rejected => Verdict { attempt: None, ..rejected(failure, situation) },
        // Preparing has no visible effect, so even a lost answer may be tried again.
        _ => no_effect(failure, situation),
    };
    verdict.unless_stalled(situation)
}

fn no_effect(failure: Failure, situation: &Situation) -> Verdict {
    let now = situation.now;
    let throttled = failure.kind == FailureKind::RateLimited;
    let asked = failure.retry_at.filter(|at| *at > now);
    let pause: fn(u32, u64) -> Duration = if throttled { unsaid_wait } else { backoff };
    let wake = asked.unwrap_or_else(|| now + pause(situation.tries, situation.jitter));
    if wake > now + WAIT_MAX {
        return Verdict::new(Event::Blocked, wake).because(
            "quota_used_up",
            say!("The platform asks to wait until {wake}, longer than a day. {detail}", detail = failure.detail),
        );
    }
    let mut verdict = Verdict::new(Event::NoEffect, wake).because(failure.kind.as_str(), failure.detail.clone());
    verdict.sends_from = throttled.then_some(wake);
    verdict.transient = !throttled && failure.kind != FailureKind::MediaNotReady;
    verdict
}

fn rejected(failure: Failure, situation: &Situation) -> Verdict {
    use FailureKind as K;
    let now = situation.now;
    let reason = failure.kind.as_str();
    let verdict = |event, wake| Verdict::new(event, wake).attempt("rejected").because(reason, failure.detail.clone());
    match failure.kind {
        // An earlier attempt in doubt and now "duplicate": the earlier one did it. Find it.
        K::Duplicate if situation.doubts > 0 => {
            let wake = now + LOOK_SCHEDULE[0];
            Verdict::new(Event::Doubt, wake).because("duplicate", failure.detail)
        }
        K::TokenExpired => Verdict { grant: Grant::Refresh, ..verdict(Event::NoEffect, now + AFTER_REFRESH) },
        K::ReconnectNeeded => Verdict { grant: Grant::Dead, ..verdict(Event::Blocked, now) },
        K::AccountBlocked => Verdict { sends_from: restricted_until(&failure, now), ..verdict(Event::Blocked, now) },
        K::ScopeMissing | K::QuotaUsedUp | K::AppMisconfigured | K::AddressRefused => verdict(Event::Blocked, now),
        K::RemoteNotFound if situation.parent_live_at.is_some_and(|at| now < at + PARENT_SETTLES) => {
            let why = say!(
                "The platform doesn't find the previous part yet, which is only a moment old. Fanfare tries this part again."
            );
            verdict(Event::NoEffect, now + backoff(situation.tries, situation.jitter)).because(reason, why)
        }
        K::MediaNotReady if situation.tries < 10 => verdict(Event::NoEffect, now + Duration::from_secs(5)),
        K::RateLimited | K::Unavailable | K::BadAnswer => {
            Verdict { attempt: Some("rejected"), ..no_effect(failure, situation) }
        }
        K::ContentRefused | K::MediaRefused | K::MediaNotReady | K::Duplicate | K::RemoteNotFound | K::InputInvalid => {
            verdict(Event::Refused, now)
        }
    }
}

/// After `look_up` of a part whose outcome is unknown, or that the platform still works on.
pub fn after_look(result: Result<Finding, Failure>, situation: &Situation, processing: bool) -> Verdict {
    let now = situation.now;
    match result {
        Ok(Finding::Published { sent, .. }) if sent.processing && processing => still_processing(situation),
        Ok(Finding::Published { sent, .. }) if sent.processing => {
            Verdict::new(Event::AcceptedForProcessing, now + Duration::from_secs(5)).at(sent, say!("its own state"))
        }
        Ok(Finding::Published { sent, proof }) => {
            Verdict::new(Event::Confirmed, now).attempt("confirmed").at(sent, proof)
        }
        Ok(Finding::Processing) => still_processing(situation),
        Ok(Finding::Refused(why)) => {
            Verdict::new(Event::Refused, now).attempt("rejected").because("content_refused", why)
        }
        Ok(Finding::Absent { .. }) if processing => still_processing(situation),
        Ok(Finding::Absent { certain }) => absent(certain, situation),
        Ok(Finding::Ambiguous(found)) => Verdict::ask(
            now,
            say!(
                "{found} posts on the channel could be this one. Check them and say which one it is.",
                found = found.len()
            ),
        ),
        Err(failure) => look_failed(failure, situation),
    }
}

fn still_processing(situation: &Situation) -> Verdict {
    if situation.now > situation.armed_at + PROCESSING_MAX {
        return Verdict::ask(
            situation.now,
            say!("The platform has been processing it for more than an hour. Check whether it is live."),
        );
    }
    let pause = Duration::from_secs(5 * (1 << situation.looks.min(4)));
    Verdict::new(Event::Looked, situation.now + pause)
        .because("processing", say!("The platform is still processing it."))
}

fn absent(certain: bool, situation: &Situation) -> Verdict {
    let now = situation.now;
    if situation.may_send
        && let ProofClass::ClientId { repeat_for_s } = situation.proof
    {
        // Even a sure look may be earlier than the request that is still on its way: the same id is safer than a new one.
        if situation.doubts < REPEATS_MAX && repeats(repeat_for_s, situation) {
            return Verdict::new(Event::Repeat, now);
        }
    }
    if certain && now >= situation.deadline + LOOK_SCHEDULE[0] {
        return Verdict::new(Event::AbsenceProven, now).attempt("absent");
    }
    match situation.proof {
        ProofClass::Person => {
            Verdict::ask(now, say!("The platform gives no way to find out. Check whether it is live."))
        }
        _ => match LOOK_SCHEDULE.get(situation.looks as usize + 1) {
            Some(after) => Verdict::new(Event::Looked, (situation.deadline + *after).max(now + Duration::from_secs(1)))
                .because("answer_lost", say!("It isn't visible yet. Fanfare checks again.")),
            // The whole schedule has passed without a trace. Once that is taken as proof; a second time a person decides.
            None if situation.doubts == 0 => Verdict::new(Event::AbsenceProven, now).attempt("absent"),
            None => Verdict::ask(
                now,
                say!("No answer came, more than once, and the post isn't visible. Check whether it is live."),
            ),
        },
    }
}

/// After a request in doubt, whose files the platform has lost meanwhile, could not be prepared anew. `certain` is what the
/// look before it said of the absence.
pub fn after_preparing_again(failure: Failure, certain: bool, situation: &Situation) -> Verdict {
    if failure.outcome == Outcome::Rejected && grant_of(failure.kind) == Grant::Fine {
        // It can't be sent again, so reads alone decide what became of it.
        return absent(certain, &Situation { may_send: false, ..*situation });
    }
    // Nothing is known that was not known before. A limit on preparing is one on sending.
    let mut verdict = look_failed(failure, situation);
    verdict.sends_from = verdict.reads_from.take();
    verdict
}

fn repeats(repeat_for_s: Option<u32>, situation: &Situation) -> bool {
    repeat_for_s.is_none_or(|seconds| {
        situation.now + situation.timeout < situation.armed_at + Duration::from_secs(u64::from(seconds))
    })
}

fn look_failed(failure: Failure, situation: &Situation) -> Verdict {
    let now = situation.now;
    let grant = grant_of(failure.kind);
    let wake = match grant {
        Grant::Refresh => now + AFTER_REFRESH,
        Grant::Dead => now + LOOK_WITHOUT_LOGIN,
        Grant::Fine => {
            // An account that is restricted can still be read.
            let asked = failure.retry_at.filter(|at| restricted_until(&failure, now).is_none() && *at > now);
            asked.filter(|at| *at < now + WAIT_MAX).unwrap_or_else(|| now + look_pause(situation))
        }
    };
    if now > situation.deadline + WAIT_MAX {
        return Verdict::ask(now, say!("It could not be checked for a day: {detail}", detail = failure.detail));
    }
    // A look that saw nothing because it failed is no look: the count stays, only the time moves. It says nothing of whether
    // the channel can publish, so it holds no one else up; only what limits reads limits those of the whole account.
    let mut verdict = Verdict::new(Event::LookFailed, wake).because(failure.kind.as_str(), failure.detail);
    verdict.grant = grant;
    verdict.reads_from = (failure.kind == FailureKind::RateLimited).then_some(wake);
    verdict
}

/// A quarter of the time that it has been looked for already, so that a look is late by little, measured by how long it has
/// been waited for.
fn look_pause(situation: &Situation) -> Duration {
    let waited = situation.now.since(situation.deadline);
    jittered((waited / 4).clamp(LOOK_PAUSE_MIN, LOOK_PAUSE_MAX), situation.jitter)
}

/// 15 s, doubled with each try, at most 15 minutes.
fn backoff(tries: u32, jitter: u64) -> Duration {
    jittered(Duration::from_secs((15u64 << tries.min(6)).min(15 * 60)), jitter)
}

/// From a minute on, doubled with each try; at most an hour.
fn unsaid_wait(tries: u32, jitter: u64) -> Duration {
    let least = UNSAID_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(6));
    jittered(least * 2, jitter).min(UNSAID_WAIT_MAX)
}

/// Between half of it and all of it.
fn jittered(most: Duration, jitter: u64) -> Duration {
    most / 2
        + Duration::from_micros(u64::try_from(most.as_micros()).unwrap_or(0) / 2 * (jitter % 1_000_000) / 1_000_000)
}
