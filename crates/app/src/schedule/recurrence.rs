//! When a post recurs, pure: a rule and a zone in, occurrences out. Each occurrence is a publication of its own.

use base::{Problem, Text, Timestamp, say};
use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::times;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Each n-th day.
    Day,
    /// Each n-th week, on the given weekdays.
    Week,
    /// Each n-th month, on the day of the first occurrence; months without that day are left out.
    Month,
}

/// A rule by which a post recurs. It always ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// The unit.
    pub every: Every,
    /// Each so many units, 1 to 99.
    #[serde(default = "one")]
    pub interval: u32,
    /// For `week`: 0 is Monday. Empty means the weekday of the first occurrence.
    #[serde(default)]
    pub weekdays: Vec<u8>,
    /// The last local date (`2030-12-31`), included.
    #[serde(default)]
    pub until: Option<String>,
    /// The number of occurrences, 1 to 500.
    #[serde(default)]
    pub count: Option<u32>,
}

fn one() -> u32 {
    1
}

/// The most occurrences a rule may have.
pub const OCCURRENCES_MAX: u32 = 500;

/// A checked rule with its first local time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    first: DateTime,
    repeat: Repeat,
    until: Option<Date>,
}

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The local time of the rule, which names the occurrence, also where a gap moves its instant.
    pub local: DateTime,
    /// The instant.
    pub at: Timestamp,
}

impl Rule {
    /// Checks a rule. It must have an end, so that no forgotten post is published forever.
    pub fn new(first: DateTime, repeat: Repeat) -> Result<Self, Problem> {
        let wrong = |pointer: &str, detail: Text| Err(Problem::field(format!("/repeat/{pointer}"), detail));
        if !(1..=99).contains(&repeat.interval) {
            return wrong("interval", say!("must be 1 to 99"));
        }
        if repeat.weekdays.iter().any(|day| *day > 6) {
            return wrong("weekdays", say!("must be 0 (Monday) to 6 (Sunday)"));
        }
        if repeat.every != Every::Week && !repeat.weekdays.is_empty() {
            return wrong("weekdays", say!("go with `every: week` only"));
        }
        let until = match repeat.until.as_deref().map(str::parse::<Date>) {
            Some(Err(_)) => return wrong("until", say!("must be a date such as 2030-12-31")),
            Some(Ok(date)) if date < first.date() => return wrong("until", say!("is before the first occurrence")),
            Some(Ok(date)) => Some(date),
            None => None,
        };
        match repeat.count {
            Some(0) | Some(501..) => wrong("count", say!("must be 1 to 500")),
            None if until.is_none() => wrong("until", say!("a repeating post needs an end: give `until` or `count`")),
            _ => Ok(Self { first, repeat, until }),
        }
    }

    /// All occurrences in order.
    pub fn occurrences<'a>(&'a self, zone: &'a TimeZone) -> impl Iterator<Item = Occurrence> + 'a {
        let count = self.repeat.count.unwrap_or(OCCURRENCES_MAX).min(OCCURRENCES_MAX) as usize;
        self.dates()
            .take_while(|date| self.until.is_none_or(|until| *date <= until))
            .take(count)
            .map(|date| date.to_datetime(self.time()))
            .map(|local| Occurrence { local, at: times::resolve(local, zone) })
    }

    fn time(&self) -> Time {
        self.first.time()
    }

    fn dates(&self) -> Box<dyn Iterator<Item = Date> + '_> {
        let (first, interval) = (self.first.date(), i64::from(self.repeat.interval));
        match self.repeat.every {
            Every::Day => Box::new((0..).map_while(move |n: i64| first.checked_add((n * interval).days()).ok())),
            Every::Week => Box::new(self.weeks(first, interval)),
            Every::Month => Box::new(
                (0..12 * 200)
                    .map_while(move |n: i64| first.checked_add((n * interval).months()).ok())
                    // Adding months clamps to the month's last day: those months do not have the day, so leave them out.
                    .filter(move |date| date.day() == first.day()),
            ),
        }
    }

    fn weeks(&self, first: Date, interval: i64) -> impl Iterator<Item = Date> + '_ {
        let mut weekdays: Vec<i64> = self.repeat.weekdays.iter().map(|day| i64::from(*day)).collect();
        if weekdays.is_empty() {
            weekdays.push(i64::from(first.weekday().to_monday_zero_offset()));
        }
        weekdays.sort_unstable();
        weekdays.dedup();
        let monday = first.checked_sub(i64::from(first.weekday().since(Weekday::Monday)).days()).unwrap_or(first);
        (0..)
            .map_while(move |week: i64| monday.checked_add((week * interval * 7).days()).ok())
            .flat_map(move |monday| {
                weekdays.clone().into_iter().filter_map(move |day| monday.checked_add(day.days()).ok())
            })
            .skip_while(move |date| *date < first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(first: &str, every: Every, interval: u32, weekdays: &[u8], count: u32) -> Rule {
        let repeat = Repeat { every, interval, weekdays: weekdays.to_vec(), until: None, count: Some(count) };
        Rule::new(first.parse().expect("local"), repeat).expect("valid")
    }

    fn locals(rule: &Rule, zone: &str) -> Vec<String> {
        rule.occurrences(&times::zone(zone).expect("zone")).map(|o| o.local.to_string()).collect()
    }

    #[test]
    fn weeks_months_and_their_ends() {
        let weekly = rule("2030-01-02T09:30", Every::Week, 2, &[0, 2], 4); // a Wednesday
        let expected = ["2030-01-02T09:30:00", "2030-01-14T09:30:00", "2030-01-16T09:30:00", "2030-01-28T09:30:00"];
        assert_eq!(locals(&weekly, "Europe/Amsterdam"), expected);
        let monthly = rule("2030-01-31T09:30", Every::Month, 1, &[], 3);
        let expected = ["2030-01-31T09:30:00", "2030-03-31T09:30:00", "2030-05-31T09:30:00"];
        assert_eq!(locals(&monthly, "Europe/Amsterdam"), expected);
    }

    #[test]
    fn a_rule_without_an_end_is_refused() {
        let repeat = Repeat { every: Every::Day, interval: 1, weekdays: vec![], until: None, count: None };
        let said = Rule::new("2030-01-01T09:00".parse().expect("local"), repeat).expect_err("no end");
        assert!(said.detail.english().contains("needs an end"), "{}", said.detail);
    }

    #[test]
    fn r_24_a_daily_post_at_half_past_two_is_published_once_on_the_day_of_the_gap() {
        let daily = rule("2026-03-28T02:30", Every::Day, 1, &[], 3);
        let zone = times::zone("Europe/Amsterdam").expect("zone");
        let ats: Vec<String> = daily.occurrences(&zone).map(|o| o.at.to_string()).collect();
        assert_eq!(ats, ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    }

    proptest! {
        #[test]
        fn r_08_occurrences_are_unique_ordered_and_never_bunched(
            days in 0i64..7300, minute in 0i64..1440, interval in 1u32..5, every in 0u8..3, zone_index in 0usize..500,
        ) {
            let names: Vec<_> = jiff::tz::db().available().collect();
            let name = names[zone_index % names.len()].as_str();
            let Ok(zone) = times::zone(name) else { return Ok(()) };
            let first = "2020-01-01T00:00".parse::<DateTime>().expect("local")
                .checked_add(days.days().minutes(minute)).expect("in range");
            let every = [Every::Day, Every::Week, Every::Month][every as usize];
            let repeat = Repeat { every, interval, weekdays: vec![], until: None, count: Some(40) };
            let rule = Rule::new(first, repeat).expect("valid");
            let all: Vec<_> = rule.occurrences(&zone).collect();
            prop_assert!(!all.is_empty() && all.len() <= 40);
            for pair in all.windows(2) {
                prop_assert!(pair[0].local < pair[1].local);
                prop_assert!(pair[0].at < pair[1].at, "{:?} in {name}", pair);
            }
        }
    }
}
