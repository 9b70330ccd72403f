//! The demo's calendar: four past weeks, four future weeks, and some drafts, by a photographer of a harbour.
//!
//! Three things go wrong: a platform refuses a text that it saw the day before, two answers are lost so that a person must
//! check, and a post misses its time while its channel is paused.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use base::{Clock as _, Timestamp};
use jiff::{ToSpan as _, civil::Date, tz::TimeZone};
use reqwest::Method;
use sandbox::{
    Network,
    knobs::{Fault, Rule, When},
};
use serde_json::{Value, json};

use super::{
    connect_all,
    newcomer::{Newcomer, NewcomerError, local_zone},
    past::{StoryClock, until},
    pictures::{self, DAWN, DUSK, Mood, NIGHT, NOON},
};

/// How far back the calendar goes.
pub(super) const DAYS: i32 = 28;

/// How often channels are reconnected: Bluesky ends sessions of local programs after 14 days.
const LOGIN_DAYS: i32 = 9;

/// With each look at a post the clock moves on by so many milliseconds while something is on its way to a network, …
const WORKING_MS: u64 = 100;
/// … and by so many while the post only waits for a time, as where a network prepares it first; …
const WAITING_MS: u64 = 1_000;
/// … but by no more than this, so that the post is published in its minute.
const WITHIN_MS: u64 = 50_000;
/// What takes longer than this by the machine's clock waits for something, so the story's clock then runs so many times faster.
const SOON: std::time::Duration = std::time::Duration::from_secs(20);
const LATE_FACTOR: u128 = 60;

/// The platform that takes no post without a file.
const WANTS_FILES: &str = "instagram";

type Outcome<T> = Result<T, NewcomerError>;

/// A post of the calendar.
struct Entry {
    /// Days from today; negative is past.
    day: i32,
    /// Local time.
    time: &'static str,
    text: &'static str,
    picture: Option<(Mood, &'static str)>,
    to: To,
    trouble: Trouble,
}

#[derive(Clone, Copy, PartialEq)]
enum To {
    All,
    Only(&'static str),
    But(&'static str),
}

impl To {
    fn takes(self, platform: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(one) => one == platform,
            Self::But(one) => one != platform,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// The answers of two requests in a row are lost, and neither had an effect.
    AnswersLost,
    /// The channel is paused for three hours around its time.
    Paused,
}

const fn entry(day: i32, time: &'static str, text: &'static str, to: To) -> Entry {
    Entry { day, time, text, picture: None, to, trouble: Trouble::None }
}

const fn shown(day: i32, time: &'static str, text: &'static str, mood: Mood, alt: &'static str) -> Entry {
    Entry { day, time, text, picture: Some((mood, alt)), to: To::All, trouble: Trouble::None }
}

#[rustfmt::skip]
const BEHIND: &[Entry] = &[
    entry(-28, "09:00", "I have photographed this harbour for ten years. From today I show one corner of it every few days.", To::All),
    shown(-26, "08:30", "Corner one: the coal quay, ten minutes before the sun.", DAWN, "Dark gabled houses along a quay, a pale sun low over still water"),
    entry(-25, "16:30", "The coal quay has not seen coal since 1961. The name stayed, as names do.", To::But("x")),
    shown(-23, "12:00", "Corner two, at noon, when nobody photographs it.", NOON, "A row of harbour houses under a bright sky, mirrored in green water"),
    entry(-21, "16:30", "Which lens? Mostly one, a 35, older than I am.", To::All),
    entry(-20, "09:00", "The printer called: the first twenty prints are dry.", To::Only("mastodon")),
    shown(-18, "21:10", "Corner three: the lock keeper leaves the light on for the last boat.", NIGHT, "Houses at night with a few lit windows and a moon over black water"),
    entry(-16, "09:00", "Walk with me on Saturday: nine o'clock, the coal quay, two hours, no tripod needed.", To::All),
    entry(-14, "16:30", "Fourteen people, one dog, one heron. Thank you for walking along.", To::All),
    entry(-13, "09:00", "The studio is open today until five. There is coffee.", To::All),
    entry(-12, "08:40", "The studio is open today until five. There is coffee.", To::But("facebook")),
    shown(-10, "17:05", "Corner four, and the sky did the work.", DUSK, "Silhouettes of gabled houses against an orange and violet evening sky"),
    entry(-9, "09:00", "A reader found her grandfather's boat in last week's picture. She is coming to collect a print.", To::All),
    Entry { trouble: Trouble::Paused, ..entry(-7, "10:00", "Our server moves house today, so this may reach you late.", To::Only("mastodon")) },
    entry(-6, "16:30", "Seven prints left of corner three.", To::But("mastodon")),
    shown(-4, "08:35", "Fog, finally. Corner five, or what can be seen of it.", DAWN, "Gabled houses and a low sun in soft morning light over the water"),
    Entry { trouble: Trouble::AnswersLost, ..entry(-3, "09:00", "The quay at night is sold out. Twice.", To::Only("x")) },
    entry(-2, "16:30", "What should corner six be? The shipyard, or the steps where the ferry stopped?", To::All),
    entry(-1, "09:00", "The steps won, by a lot. I will be there at six tomorrow.", To::All),
];

#[rustfmt::skip]
const AHEAD: &[Entry] = &[
    shown(1, "08:30", "Corner six: the steps where the ferry stopped in 1974.", DAWN, "Harbour houses before sunrise, mirrored in quiet water"),
    entry(2, "16:30", "Do you have a story about the ferry? I am collecting them for the small book.", To::All),
    entry(3, "09:00", "Fifty more prints of the quay at night, numbered by hand.", To::All),
    shown(5, "12:00", "The shipyard, corner seven, with the crane that will be gone by spring.", NOON, "Houses and water at noon under a wide bright sky"),
    entry(6, "16:30", "Saturday's walk is full. There is a second one the week after.", To::But("x")),
    entry(8, "09:00", "How I print: paper, ink, patience, in that order.", To::All),
    shown(10, "17:00", "Corner eight, five minutes of red.", DUSK, "Evening sky in orange and violet behind dark gables"),
    entry(12, "09:00", "The small book goes to the binder today.", To::All),
    entry(13, "16:30", "Second walk: nine o'clock, the shipyard gate.", To::All),
    shown(15, "20:45", "Corner nine: somebody always leaves one window lit.", NIGHT, "A night harbour with one window lit and a moon above it"),
    entry(17, "09:00", "The small book is here. Sixty-four pages, a ribbon, no adjectives.", To::All),
    entry(20, "16:30", "Where the book can be had: my studio, the museum, and the kiosk on the ferry quay.", To::All),
    entry(22, "09:00", "Ten corners in ten weeks. This is the last one before the year ends.", To::All),
    entry(26, "10:00", "The studio closes until the sixth. Be well, and look at something twice.", To::All),
];

const DRAFTS: &[&str] = &[
    "An answer to everyone who asks about the camera: ",
    "Five things I learned from photographing one place for ten years. First: the tide is never on time for you.",
    "For the binder: thank them by name, with a picture of the ribbon.",
];

/// Creates the calendar's posts with a clock.
pub(super) struct Month<'a> {
    pub newcomer: &'a Newcomer,
    pub networks: &'a sandbox::Running,
    pub clock: &'a StoryClock,
    pub today: Date,
    channels: Vec<(String, String)>,
}

impl<'a> Month<'a> {
    /// For the connected channels.
    pub async fn of(
        newcomer: &'a Newcomer,
        networks: &'a sandbox::Running,
        clock: &'a StoryClock,
        today: Date,
    ) -> Outcome<Self> {
        let known = newcomer.ask(Method::GET, "/v1/channels", None).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // What takes no posts has no limits for them.
        let publishing = known.as_array().into_iter().flatten().filter(|one| one["limits"].is_object());
        let channels = publishing.map(|one| (text(&one["platform"]), text(&one["id"])));
        Ok(Self { newcomer, networks, clock, today, channels: channels.collect() })
    }

    /// Plays back the past: each post is scheduled the evening before and published at its time, one after the other.
    pub async fn live_through(&self) -> Outcome<()> {
        let mut logins_end = BEHIND.first().map_or(0, |entry| entry.day) + LOGIN_DAYS;
        for (number, entry) in BEHIND.iter().enumerate() {
            let due = self.instant(entry);
            self.clock.move_to(due - std::time::Duration::from_secs(15 * 3600));
            if entry.day >= logins_end {
                connect_all(self.newcomer, self.networks, self.clock, true).await?;
                logins_end = entry.day + LOGIN_DAYS;
            }
            let post = self.plan(entry, number).await?;
            self.trouble_begins(entry).await?;
            self.clock.move_to(due);
            if !self.settled(&post, entry, due).await {
                tracing::warn!(
                    day = entry.day,
                    "a post of the demo's month was not finished; continuing with the next one"
                );
            }
        }
        Ok(())
    }

    /// Creates future posts and drafts.
    pub async fn plan_ahead(&self) -> Outcome<()> {
        for (number, entry) in AHEAD.iter().enumerate() {
            self.plan(entry, BEHIND.len() + number).await?;
        }
        self.plan_thread().await?;
        self.plan_series().await?;
        for text in DRAFTS {
            let body = json!({ "text": text, "channels": self.targets(To::All, false) });
            self.newcomer.ask(Method::POST, "/v1/posts", Some(&body)).await?;
        }
        Ok(())
    }

    async fn plan(&self, entry: &Entry, number: usize) -> Outcome<String> {
        let mut body = json!({
            "text": entry.text, "channels": self.targets(entry.to, entry.picture.is_some()), "schedule": self.at(entry.day, entry.time),
        });
        if let Some((mood, alt)) = entry.picture {
            let seed = u32::try_from(number).unwrap_or_default();
            let picture = pictures::harbour(mood, seed).map_err(|error| NewcomerError(error.to_string()))?;
            let name = format!("corner-{number}.jpg");
            body["media"] = json!([{ "id": self.newcomer.upload(&name, alt, picture).await? }]);
        }
        self.made(&body).await
    }

    async fn plan_thread(&self) -> Outcome<()> {
        let parts = [
            "How one picture is made, in three parts. First I go without the camera, at the hour I want, and stand there.",
            "Then I go again with it, and wait for what was there the first time. It never comes. Something else does.",
            "And then I print it small and hang it in the kitchen. If I still look at it after a week, you see it here.",
        ];
        let parts: Vec<Value> = parts.iter().map(|text| json!({ "text": text })).collect();
        let body = json!({ "parts": parts, "channels": self.targets(To::All, false), "schedule": self.at(4, "19:00") });
        self.made(&body).await.map(drop)
    }

    async fn plan_series(&self) -> Outcome<()> {
        let body = json!({
            "text": "Friday: the studio is open until eight.", "channels": self.targets(To::Only("mastodon"), false),
            "schedule": self.at(self.days_to_friday(), "14:00"), "repeat": { "every": "week", "count": 4 },
        });
        self.made(&body).await.map(drop)
    }

    async fn made(&self, body: &Value) -> Outcome<String> {
        let post = self.newcomer.ask(Method::POST, "/v1/posts", Some(body)).await?;
        Ok(post["id"].as_str().unwrap_or_default().to_owned())
    }

    fn days_to_friday(&self) -> i32 {
        let today = i32::from(self.today.weekday().to_monday_zero_offset());
        1 + (3 - today).rem_euclid(7)
    }

    fn targets(&self, to: To, has_file: bool) -> Vec<Value> {
        let takes = |platform: &str| to.takes(platform) && (has_file || platform != WANTS_FILES);
        let of = self.channels.iter().filter(|(platform, _)| takes(platform));
        of.map(|(_, id)| json!({ "channel": id })).collect()
    }

    fn at(&self, day: i32, time: &str) -> Value {
        json!({ "local": format!("{}T{time}", self.date(day)), "zone": local_zone() })
    }

    fn date(&self, day: i32) -> Date {
        self.today.saturating_add(day.days())
    }

    fn instant(&self, entry: &Entry) -> Timestamp {
        instant(self.date(entry.day), entry.time)
    }

    async fn trouble_begins(&self, entry: &Entry) -> Outcome<()> {
        match entry.trouble {
            Trouble::None => Ok(()),
            Trouble::AnswersLost => {
                let lost = Rule { times: 2, ..Rule::once("publish", Fault::Reset { when: When::Before }) };
                self.networks.sandbox().turn(Network::X, |knobs| knobs.faults.push(lost));
                Ok(())
            }
            Trouble::Paused => {
                let body = json!({ "reason": "The server moves house" });
                self.each_paused(entry, Method::PUT, Some(&body)).await
            }
        }
    }

    async fn each_paused(&self, entry: &Entry, method: Method, body: Option<&Value>) -> Outcome<()> {
        for (_, id) in self.channels.iter().filter(|(platform, _)| entry.to.takes(platform)) {
            self.newcomer.ask(method.clone(), &format!("/v1/channels/{id}/pause"), body).await?;
        }
        Ok(())
    }

    /// Waits until the engine is done with the post, moving the clock when the post waits for a later time.
    async fn settled(&self, post: &str, entry: &Entry, due: Timestamp) -> bool {
        let minutes = |minutes: u64| due + std::time::Duration::from_secs(60 * minutes);
        if entry.trouble == Trouble::Paused {
            self.clock.move_to(minutes(180));
            if self.each_paused(entry, Method::DELETE, None).await.is_err() {
                return false;
            }
        }
        if entry.trouble == Trouble::AnswersLost {
            // Fanfare looks it up, waits, looks it up again, sends once more, and looks it up: this takes an hour and a half.
            for minute in (0..180).step_by(3) {
                self.clock.move_to(minutes(minute));
                tokio::time::sleep(std::time::Duration::from_millis(40)).await;
                if self.rests(post).await {
                    return true;
                }
            }
        }
        let (gone_ms, begun) = (AtomicU64::new(0), Instant::now());
        until(|| async {
            let moving = self.moving(post).await;
            let only_waits = moving.iter().all(|state| state == "scheduled");
            let gone = gone_ms.fetch_add(if only_waits { WAITING_MS } else { WORKING_MS }, Ordering::Relaxed);
            // On a busy machine a call may have failed; what Fanfare does then waits for a later minute.
            let late_ms = begun.elapsed().saturating_sub(SOON).as_millis().saturating_mul(LATE_FACTOR);
            let most = WITHIN_MS.saturating_add(u64::try_from(late_ms).unwrap_or(u64::MAX));
            self.clock.move_to(due + std::time::Duration::from_millis(gone.min(most)));
            moving.is_empty()
        })
        .await
    }

    async fn rests(&self, post: &str) -> bool {
        self.moving(post).await.is_empty()
    }

    /// The states of those publications of a post that move by themselves.
    async fn moving(&self, post: &str) -> Vec<String> {
        let found = self.newcomer.ask(Method::GET, &format!("/v1/posts/{post}"), None).await.unwrap_or_default();
        let Some(all) = found["publications"].as_array() else { return vec!["scheduled".to_owned()] };
        let states = all.iter().map(|one| one["state"].as_str().unwrap_or("scheduled"));
        states
            .filter(|state| ["scheduled", "armed", "processing", "unknown"].contains(state))
            .map(str::to_owned)
            .collect()
    }
}

/// Today in the local zone.
pub(super) fn today(clock: &StoryClock) -> Date {
    clock.now().to_jiff().to_zoned(TimeZone::system()).date()
}

/// When the month starts: early enough to connect the channels before the first post.
pub(super) fn beginning(today: Date) -> Timestamp {
    instant(today.saturating_sub((DAYS + 2).days()), "09:00")
}

fn instant(date: Date, time: &str) -> Timestamp {
    let clock = time.parse::<jiff::civil::Time>().unwrap_or_else(|_| jiff::civil::Time::midnight());
    let zoned = date.to_datetime(clock).to_zoned(TimeZone::system());
    zoned.map_or_else(|_| Timestamp::from_seconds(0), |zoned| Timestamp::from_jiff(zoned.timestamp()))
}
