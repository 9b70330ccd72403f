//! What an answer means (R-32): each documented refusal is a row of the network's table, and the first row that fits
//! decides. What no row names is in doubt: it may have been applied.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Budgets, Failure, FailureKind as Kind, Outcome, Reply, Transport};
use serde_json::Value;

/// How a network answers, and what its answers mean. `A` names what was asked: the same status means different things
/// to a visible write and to a read.
pub(crate) struct Judge<A: 'static> {
    /// Where an answer says what is wrong.
    pub shape: Shape,
    /// The documented refusals; the first that fits decides.
    pub rows: &'static [Row<A>],
    /// What may be repeated without harm: its lost answer leaves nothing in doubt.
    pub harmless: &'static [A],
    /// Which statuses say that the server is in trouble, so that nothing is known.
    pub trouble: fn(u16) -> bool,
    /// How long to wait.
    pub waits: Waits,
    /// The sentence for what is in doubt.
    pub doubt: fn(A, Doubt) -> Text,
    /// The status of a refusal inside an answer of success, for networks that refuse so.
    pub inside: Option<fn(&Said) -> u16>,
}

/// Why something is in doubt.
pub(crate) enum Doubt {
    /// The server is in trouble; the status.
    Down(u16),
    /// An answer that the network does not document; the status.
    Foreign(u16),
    /// An answer of success that is not what it should be; the status, and what is missing or wrong.
    Odd(u16, Text),
    /// No whole answer came; why.
    Lost(Text),
}

impl Doubt {
    /// What is known where an answer leaves something in doubt; `at` is the network, as people know it.
    pub(crate) fn told(self, at: &str) -> Text {
        let at = at.to_owned();
        match self {
            Self::Down(status) => say!("{at} answered {status}: something is wrong there"),
            Self::Foreign(status) => {
                say!("{at} answered {status} in a form that it doesn't document; a proxy may be in between")
            }
            Self::Odd(status, what) => say!("{at} answered {status}, but without {what}"),
            Self::Lost(why) => why,
        }
    }
}

/// Where an answer says what is wrong.
pub(crate) struct Shape {
    /// JSON pointers to an object or a list of objects; `""` is the whole answer.
    pub at: &'static [&'static str],
    /// Fields that hold a name (`invalid_grant`). Of an address, the last segment counts.
    pub names: &'static [&'static str],
    /// Fields that hold a number.
    pub numbers: &'static [&'static str],
    /// Fields that hold words for people.
    pub words: &'static [&'static str],
    /// Whether plain text, or nothing, is the network's own answer too. Otherwise only JSON is; the rest may come from
    /// whatever stands in front of it.
    pub plain: bool,
    /// Whether the challenge header (`WWW-Authenticate`) counts as words.
    pub challenge: bool,
}

/// What an answer says.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Whether these are the network's own words.
    pub own: bool,
    /// Names, the most telling first.
    pub names: Vec<String>,
    /// Numbers.
    pub numbers: Vec<i64>,
    /// Fields that are `true`.
    pub flags: Vec<String>,
    /// Words, in small letters.
    pub words: String,
    /// The first words, as written.
    pub verbatim: String,
    /// The status that is named in it.
    pub status: Option<u16>,
}

/// A documented refusal.
pub(crate) struct Row<A: 'static> {
    asked: &'static [A],
    status: &'static [u16],
    sign: Sign,
    foreign: bool,
    verdict: Verdict,
    kind: Kind,
    detail: Detail,
    wait: Option<Duration>,
}

/// How a row is recognised.
#[derive(Clone, Copy)]
pub(crate) enum Sign {
    /// By what was asked and by the status alone.
    Any,
    /// By one of these names.
    Name(&'static [&'static str]),
    /// By one of these numbers.
    Number(&'static [i64]),
    /// By words: one of these, in small letters.
    Words(&'static [&'static str]),
    /// By something else.
    Is(fn(&Said) -> bool),
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Rejected,
    Throttled,
    InDoubt,
}

enum Detail {
    Fixed(Text),
    Of(fn(&Said) -> Text),
    /// That of the doubt: the server is in trouble.
    Trouble,
}

impl<A> Row<A> {
    /// A final refusal; one for too many calls only holds for now.
    pub(crate) const fn new(status: &'static [u16], sign: Sign, kind: Kind, detail: Text) -> Self {
        Self::with(status, sign, kind, Detail::Fixed(detail))
    }

    /// The same, with the network's own words in the sentence.
    pub(crate) const fn saying(status: &'static [u16], sign: Sign, kind: Kind, detail: fn(&Said) -> Text) -> Self {
        Self::with(status, sign, kind, Detail::Of(detail))
    }

    /// The network says that it is in trouble itself.
    pub(crate) const fn trouble(sign: Sign) -> Self {
        let mut row = Self::with(&[], sign, Kind::Unavailable, Detail::Trouble);
        row.verdict = Verdict::InDoubt;
        row
    }

    const fn with(status: &'static [u16], sign: Sign, kind: Kind, detail: Detail) -> Self {
        let verdict = if matches!(kind, Kind::RateLimited) { Verdict::Throttled } else { Verdict::Rejected };
        Self { asked: &[], status, sign, foreign: false, verdict, kind, detail, wait: None }
    }

    /// Only for these calls.
    pub(crate) const fn of(mut self, asked: &'static [A]) -> Self {
        self.asked = asked;
        self
    }

    /// From any sender, also a page of a proxy.
    pub(crate) const fn by_anyone(mut self) -> Self {
        self.foreign = true;
        self
    }

    /// Refused for now, documented to have had no effect; tried again after this.
    pub(crate) const fn for_now(mut self, wait: Option<Duration>) -> Self {
        self.verdict = Verdict::Throttled;
        self.wait = wait;
        self
    }

    /// The account is to send nothing for so long.
    pub(crate) const fn pausing(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// It may have been applied.
    pub(crate) const fn in_doubt(mut self) -> Self {
        self.verdict = Verdict::InDoubt;
        self
    }
}

/// How long to wait after a refusal that holds only for now.
pub(crate) struct Waits {
    /// Where the headers say it, the most telling first.
    pub told: &'static [Told],
    /// If they do not. Zero leaves it to the engine, which waits a minute and then each time twice as long.
    pub unsaid: Duration,
    /// The shortest that is believed.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
    /// Whether an instant that has passed means the shortest wait; otherwise it says nothing, for clocks differ.
    pub past_is_now: bool,
}

/// What says when: a header, unless it says otherwise.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    /// `Retry-After`: seconds, or a date.
    RetryAfter,
    /// `Retry-After`, where only seconds are believed.
    RetryAfterSeconds,
    /// Seconds from now, at this JSON pointer in the answer.
    InBody(&'static str),
    /// Seconds since 1970.
    Second(&'static str),
    /// RFC 3339.
    Instant(&'static str),
    /// All that is known of budgets ([`Budgets`]), if one is used up.
    Budgets,
    /// Seconds since 1970, if the other header says that nothing is left.
    UsedUp {
        /// Calls left.
        remaining: &'static str,
        /// When there are new ones.
        reset: &'static str,
    },
}

impl<A: Copy + PartialEq> Judge<A> {
    /// The failure that an answer without success is, or one of success with a refusal inside.
    pub(crate) fn refused(&self, asked: A, reply: &Reply, now: Timestamp) -> Failure {
        let said = self.shape.read(reply);
        let status = match self.inside {
            Some(inside) if reply.is_success() => inside(&said),
            _ => reply.status,
        };
        let row = self.rows.iter().find(|row| row.fits(asked, status, (self.trouble)(status), &said));
        let failure = match row {
            Some(row) => self.by(row, asked, status, &said, reply, now),
            None => {
                let down = (self.trouble)(status);
                let (kind, doubt) = if down {
                    (Kind::Unavailable, Doubt::Down(status))
                } else {
                    (Kind::BadAnswer, Doubt::Foreign(status))
                };
                let failure = Failure::new(self.outcome_in_doubt(asked), kind, (self.doubt)(asked, doubt));
                failure.not_before(Some(reply).filter(|_| down).and_then(|reply| self.waits.retry_after(reply, now)))
            }
        };
        failure.answered(reply.status, said.code())
    }

    fn by(&self, row: &Row<A>, asked: A, status: u16, said: &Said, reply: &Reply, now: Timestamp) -> Failure {
        let outcome = match row.verdict {
            Verdict::Rejected => Outcome::Rejected,
            Verdict::Throttled => Outcome::Throttled,
            Verdict::InDoubt => self.outcome_in_doubt(asked),
        };
        let told = || match row.verdict {
            Verdict::Throttled => self.waits.until(reply, now),
            Verdict::InDoubt => self.waits.retry_after(reply, now),
            Verdict::Rejected => None,
        };
        let retry_at = row.wait.map(|wait| now + wait).or_else(told);
        let detail = match &row.detail {
            Detail::Fixed(text) => text.clone(),
            Detail::Of(write) => write(said),
            Detail::Trouble => (self.doubt)(asked, Doubt::Down(status)),
        };
        Failure::new(outcome, row.kind, detail).not_before(retry_at)
    }

    /// An answer of success that does not say what it must.
    pub(crate) fn odd(&self, asked: A, reply: &Reply, what: Text, now: Timestamp) -> Failure {
        let refuses = || self.shape.read(reply);
        if self.inside.is_some() && reply.is_success() && refuses().is_refusal() {
            return self.refused(asked, reply, now);
        }
        let detail = (self.doubt)(asked, Doubt::Odd(reply.status, what));
        Failure::new(self.outcome_in_doubt(asked), Kind::BadAnswer, detail).answered(reply.status, None)
    }

    /// No whole answer came.
    pub(crate) fn lost(&self, asked: A, error: Transport) -> Failure {
        let failure = Failure::from(error);
        match failure.outcome {
            Outcome::Unknown => {
                let detail = (self.doubt)(asked, Doubt::Lost(failure.detail));
                Failure::new(self.outcome_in_doubt(asked), failure.kind, detail)
            }
            _ => failure,
        }
    }

    /// Whether a call may be repeated without harm.
    pub(crate) fn is_harmless(&self, asked: A) -> bool {
        self.harmless.contains(&asked)
    }

    fn outcome_in_doubt(&self, asked: A) -> Outcome {
        if self.is_harmless(asked) { Outcome::NotSent } else { Outcome::Unknown }
    }
}

impl<A: PartialEq> Row<A> {
    /// How it is recognised.
    #[cfg(test)]
    pub(crate) fn sign(&self) -> Sign {
        self.sign
    }

    fn fits(&self, asked: A, status: u16, is_trouble: bool, said: &Said) -> bool {
        // A row that names no status is not for a server in trouble, whatever it says.
        let status_fits = if self.status.is_empty() { !is_trouble } else { self.status.contains(&status) };
        status_fits
            && (self.asked.is_empty() || self.asked.contains(&asked))
            && (said.own || self.foreign)
            && self.sign.shows(said)
    }
}

impl Sign {
    /// Whether an answer shows it.
    pub(crate) fn shows(self, said: &Said) -> bool {
        match self {
            Self::Any => true,
            Self::Name(names) => said.names.iter().any(|name| names.contains(&name.as_str())),
            Self::Number(numbers) => said.numbers.iter().any(|number| numbers.contains(number)),
            Self::Words(words) => words.iter().any(|part| said.words.contains(part)),
            Self::Is(judge) => judge(said),
        }
    }
}

impl Shape {
    /// What this answer says.
    pub(crate) fn read(&self, reply: &Reply) -> Said {
        let mut said = Said::default();
        let challenge = reply.header("www-authenticate").filter(|_| self.challenge).unwrap_or_default().to_lowercase();
        match reply.json::<Value>() {
            Ok(body @ Value::Object(_)) => {
                for place in self.at.iter().filter_map(|at| body.pointer(at)) {
                    match place {
                        Value::Array(list) => list.iter().for_each(|one| self.add(one, &mut said)),
                        one => self.add(one, &mut said),
                    }
                }
                said.own = true;
            }
            _ if self.plain => {
                let text = String::from_utf8_lossy(&reply.body[..reply.body.len().min(4096)]).to_lowercase();
                let is_page = reply.header("content-type").is_some_and(|kind| kind.to_lowercase().contains("html"))
                    || text.trim_start().starts_with('<');
                said.own = !is_page;
                if !is_page {
                    said.words = text;
                }
            }
            _ => {}
        }
        said.words.push_str(&challenge);
        said
    }

    fn add(&self, error: &Value, said: &mut Said) {
        let text = |name: &&str| error.get(*name).and_then(Value::as_str);
        let name = |text: &str| text.rsplit('/').next().map(str::to_owned);
        said.names.extend(self.names.iter().filter_map(text).filter_map(name).filter(|name| !name.is_empty()));
        said.numbers.extend(self.numbers.iter().filter_map(|name| error.get(*name)?.as_i64()));
        let flags = error.as_object().into_iter().flatten().filter(|(_, value)| **value == Value::Bool(true));
        said.flags.extend(flags.map(|(name, _)| name.clone()));
        for words in self.words.iter().filter_map(text) {
            if said.verbatim.is_empty() {
                words.clone_into(&mut said.verbatim);
            }
            said.words.push_str(&words.to_lowercase());
            said.words.push('\n');
        }
        let status = error.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        said.status = said.status.or(status);
    }
}

impl Said {
    fn is_refusal(&self) -> bool {
        !self.names.is_empty() || !self.numbers.is_empty() || !self.words.trim().is_empty()
    }

    /// The network's own name or number for it. Sentences are not names.
    fn code(&self) -> Option<String> {
        let is_name = |name: &&String| {
            name.len() <= 64 && *name != "about:blank" && !name.contains(|c: char| c.is_whitespace() || c.is_control())
        };
        self.names.iter().find(is_name).cloned().or_else(|| self.numbers.first().map(i64::to_string))
    }
}

impl Waits {
    fn until(&self, reply: &Reply, now: Timestamp) -> Option<Timestamp> {
        let mut told = self.told.iter().filter_map(|told| told.at(reply, now));
        let unsaid = || Some(now + self.unsaid).filter(|at| *at > now);
        let at = told.find(|at| self.past_is_now || *at > now).or_else(unsaid)?;
        Some(at.clamp(now + self.min, now + self.max))
    }

    fn retry_after(&self, reply: &Reply, now: Timestamp) -> Option<Timestamp> {
        let at = Told::RetryAfter.at(reply, now).filter(|at| *at > now)?;
        Some(at.clamp(now + self.min, now + self.max))
    }
}

impl Told {
    fn at(self, reply: &Reply, now: Timestamp) -> Option<Timestamp> {
        let headers = &reply.headers;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let number = |name: &str| text(name)?.parse::<i64>().ok();
        let after = || Some(now + Duration::from_secs(u64::try_from(number("retry-after")?).unwrap_or(0).min(FAR_S)));
        match self {
            Self::RetryAfterSeconds => after(),
            Self::InBody(pointer) => {
                let seconds = reply.json::<Value>().ok()?.pointer(pointer)?.as_f64()?;
                Some(now + Duration::try_from_secs_f64(seconds.min(FAR_S as f64)).ok()?)
            }
            Self::RetryAfter => after().or_else(|| {
                let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
                Some(Timestamp::from_jiff(parser.parse_timestamp(text("retry-after")?).ok()?))
            }),
            Self::Second(name) => number(name).map(Timestamp::from_seconds),
            Self::Instant(name) => Timestamp::parse(text(name)?).ok(),
            Self::Budgets => {
                let told = Budgets::read(headers, now);
                let used_up = told.account.into_iter().chain(told.app).filter(|budget| budget.remaining == 0);
                used_up.map(|budget| budget.reset_at).max()
            }
            Self::UsedUp { remaining, reset } => {
                number(remaining).filter(|left| *left == 0).and_then(|_| number(reset)).map(Timestamp::from_seconds)
            }
        }
    }
}

/// Further off than this is not told apart, in seconds: a century.
const FAR_S: u64 = 100 * 365 * 24 * 60 * 60;

/// The server failed, or gave up: 408 and everything from 500 on.
pub(crate) fn is_trouble(status: u16) -> bool {
    status >= 500 || status == 408
}

#[cfg(test)]
mod tests {
    use base::say;
    use http::HeaderMap;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Asked {
        Write,
        Read,
    }

    static JUDGE: Judge<Asked> = Judge {
        shape: Shape {
            at: &["/error", "/errors"],
            names: &["type"],
            numbers: &["code", "error_subcode"],
            words: &["message"],
            plain: false,
            challenge: false,
        },
        rows: &[
            Row::new(&[429], Sign::Any, Kind::RateLimited, say!("too many")).by_anyone(),
            Row::new(&[400], Sign::Number(&[2_207_052]), Kind::MediaRefused, say!("unreachable file")),
            Row::new(&[400], Sign::Number(&[24]), Kind::MediaNotReady, say!("not ready"))
                .of(&[Asked::Write])
                .for_now(Some(Duration::from_secs(30))),
            Row::new(&[400], Sign::Number(&[368]), Kind::AccountBlocked, say!("restricted"))
                .pausing(Duration::from_secs(3 * 3_600)),
            Row::new(&[500], Sign::Number(&[10]), Kind::Unavailable, say!("perhaps published")).in_doubt(),
            Row::trouble(Sign::Words(&["try later"])),
            Row::saying(&[], Sign::Name(&["OAuthException"]), Kind::ReconnectNeeded, |said| {
                Text::verbatim(said.verbatim.clone())
            }),
        ],
        harmless: &[Asked::Read],
        trouble: is_trouble,
        waits: Waits {
            told: &[Told::RetryAfter],
            unsaid: Duration::from_secs(60),
            min: Duration::from_secs(1),
            max: Duration::from_secs(3_600),
            past_is_now: false,
        },
        doubt: |_, doubt| match doubt {
            Doubt::Down(_) => "down".into(),
            Doubt::Foreign(_) => "foreign".into(),
            Doubt::Odd(_, what) => what,
            Doubt::Lost(why) => why,
        },
        inside: Some(|said| said.status.unwrap_or(400)),
    };

    const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: body.to_owned().into() }
    }

    fn judged(asked: Asked, status: u16, body: &str) -> (Outcome, Kind, String) {
        let failure = JUDGE.refused(asked, &reply(status, body), NOW);
        (failure.outcome, failure.kind, failure.detail.english())
    }

    #[test]
    fn r_32_the_first_row_that_fits_decides_and_what_no_row_names_is_in_doubt() {
        use Asked::{Read, Write};
        let error = |code: i64, sub: i64| {
            format!(r#"{{"error":{{"code":{code},"error_subcode":{sub},"type":"OAuthException","message":"No"}}}}"#)
        };
        let is = |got: (Outcome, Kind, String), outcome, kind, detail: &str| {
            assert_eq!(got, (outcome, kind, detail.to_owned()));
        };
        is(judged(Write, 400, &error(1, 2_207_052)), Outcome::Rejected, Kind::MediaRefused, "unreachable file");
        is(judged(Write, 400, &error(24, 0)), Outcome::Throttled, Kind::MediaNotReady, "not ready");
        is(judged(Read, 400, &error(24, 0)), Outcome::Rejected, Kind::ReconnectNeeded, "No");
        is(judged(Write, 500, &error(10, 0)), Outcome::Unknown, Kind::Unavailable, "perhaps published");
        is(judged(Read, 500, &error(10, 0)), Outcome::NotSent, Kind::Unavailable, "perhaps published");
        is(judged(Write, 500, &error(190, 0)), Outcome::Unknown, Kind::Unavailable, "down");
        is(judged(Write, 403, r#"{"errors":[{"message":"Try LATER"}]}"#), Outcome::Unknown, Kind::Unavailable, "down");
        is(judged(Write, 418, "{}"), Outcome::Unknown, Kind::BadAnswer, "foreign");
        is(judged(Write, 400, "<html>190</html>"), Outcome::Unknown, Kind::BadAnswer, "foreign");
        is(judged(Write, 429, "<html>"), Outcome::Throttled, Kind::RateLimited, "too many");
        is(judged(Write, 200, &error(1, 2_207_052)), Outcome::Rejected, Kind::MediaRefused, "unreachable file");
    }

    #[test]
    fn r_34_a_wait_comes_from_the_row_or_the_headers_within_bounds() {
        let waits = |headers: &[(&'static str, &str)], body: &str, status| {
            let mut reply = reply(status, body);
            for (name, value) in headers {
                reply.headers.insert(*name, value.parse().expect("a header"));
            }
            JUDGE.refused(Asked::Write, &reply, NOW).retry_at.map(|at| at.since(NOW).as_secs())
        };
        assert_eq!(waits(&[], "", 429), Some(60));
        assert_eq!(waits(&[("retry-after", "90")], "", 429), Some(90));
        assert_eq!(waits(&[("retry-after", "0")], "", 429), Some(60), "clocks differ");
        assert_eq!(waits(&[("retry-after", "86400")], "", 429), Some(3_600));
        assert_eq!(waits(&[("retry-after", "90")], r#"{"error":{"code":24}}"#, 400), Some(30), "the row's own");
        assert_eq!(
            waits(&[("retry-after", "90")], r#"{"error":{"code":368}}"#, 400),
            Some(10_800),
            "the account is to rest"
        );
        assert_eq!(waits(&[("retry-after", "90")], "", 503), Some(90));
        assert_eq!(waits(&[("retry-after", "90")], r#"{"error":{"code":2207052}}"#, 400), None);
    }

    #[test]
    fn r_32_a_success_that_refuses_is_a_refusal_and_an_empty_one_is_in_doubt() {
        let odd = |body| JUDGE.odd(Asked::Write, &reply(200, body), "no id".into(), NOW);
        assert_eq!(odd(r#"{"error":{"type":"OAuthException"}}"#).kind, Kind::ReconnectNeeded);
        assert_eq!((odd("{}").outcome, odd("{}").kind), (Outcome::Unknown, Kind::BadAnswer));
        let harmless = JUDGE.odd(Asked::Read, &reply(200, ""), "no list".into(), NOW);
        assert_eq!(harmless.outcome, Outcome::NotSent);
        assert_eq!(JUDGE.lost(Asked::Write, Transport::Lost("reset".into())).outcome, Outcome::Unknown);
        assert_eq!(JUDGE.lost(Asked::Write, Transport::NotSent("DNS".into())).outcome, Outcome::NotSent);
    }
}
