//! The next free queue slot, pure.

use std::collections::BTreeSet;

use base::Timestamp;
use jiff::{ToSpan as _, civil::Weekday, tz::TimeZone};

use super::times;

/// A weekly time on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// 0 is Monday.
    pub weekday: u8,
    /// Minutes since midnight, local time.
    pub minute: u16,
}

/// A free place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The instant.
    pub at: Timestamp,
    /// As the clock on the wall shows it.
    pub local: jiff::civil::DateTime,
}

/// How far ahead a free place is looked for.
pub const HORIZON_DAYS: i32 = 366;

/// The first slot after `now` that nothing is scheduled at; `None` if there are no slots or a year of them is full.
pub fn next_free(slots: &[Slot], zone: &TimeZone, now: Timestamp, taken: &BTreeSet<Timestamp>) -> Option<Place> {
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    (0..HORIZON_DAYS).find_map(|ahead| {
        let day = today.checked_add(ahead.days()).ok()?;
        let mut minutes: Vec<u16> =
            slots.iter().filter(|slot| weekday(slot.weekday) == day.weekday()).map(|slot| slot.minute).collect();
        minutes.sort_unstable();
        minutes.into_iter().find_map(|minute| {
            let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
            let local = day.at(hour, minute, 0, 0);
            let at = times::resolve(local, zone);
            (at > now && !taken.contains(&at)).then_some(Place { at, local })
        })
    })
}

fn weekday(from_monday: u8) -> Weekday {
    Weekday::from_monday_zero_offset(i8::try_from(from_monday % 7).unwrap_or(0)).unwrap_or(Weekday::Monday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        times::zone("Europe/Amsterdam").expect("zone")
    }

    fn now() -> Timestamp {
        Timestamp::parse("2030-01-01T09:00:00Z").expect("valid") // a Tuesday, 10:00 local
    }

    #[test]
    fn the_first_free_slot_is_found_and_a_taken_one_is_passed_over() {
        let slots = [Slot { weekday: 1, minute: 11 * 60 }, Slot { weekday: 3, minute: 9 * 60 + 30 }];
        let first = next_free(&slots, &zone(), now(), &BTreeSet::new()).expect("free");
        assert_eq!(first.at.to_string(), "2030-01-01T10:00:00Z");
        let second = next_free(&slots, &zone(), now(), &BTreeSet::from([first.at])).expect("free");
        assert_eq!(second.local.to_string(), "2030-01-03T09:30:00");
    }

    #[test]
    fn a_slot_that_has_passed_today_is_next_week_s() {
        let slots = [Slot { weekday: 1, minute: 10 * 60 }];
        let place = next_free(&slots, &zone(), now(), &BTreeSet::new()).expect("free");
        assert_eq!(place.local.to_string(), "2030-01-08T10:00:00");
    }

    #[test]
    fn without_slots_there_is_no_place() {
        assert_eq!(next_free(&[], &zone(), now(), &BTreeSet::new()), None);
    }
}
