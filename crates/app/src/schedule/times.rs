//! From what a person chose to an instant, pure: local time and zone in, UTC out.

use base::{Code, Problem, Timestamp, say};
use jiff::{
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

/// The zone of this IANA name.
pub fn zone(name: &str) -> Result<TimeZone, Problem> {
    TimeZone::get(name).map_err(|_| {
        Problem::new(
            Code::UnknownZone,
            say!("`{name}` is not a known time zone; use an IANA name such as Europe/Amsterdam or America/New_York"),
        )
    })
}

/// A local date and time, to the minute or second (`2030-01-31T09:30`).
pub fn local(text: &str) -> Result<DateTime, Problem> {
    let wrong = || {
        Problem::field("/schedule/local", say!("`{text}` is not a local date and time; write it like 2030-01-31T09:30"))
    };
    // An offset or a `Z` would say something else than the zone does: refuse rather than guess.
    if text.ends_with(['Z', 'z']) || text.len() > 19 || !text.contains('T') {
        return Err(wrong());
    }
    text.parse::<DateTime>().map_err(|_| wrong())
}

/// The instant of a local time. In a gap it is the first valid instant after it; in a fold the first of the two.
pub fn resolve(local: DateTime, zone: &TimeZone) -> Timestamp {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let instant = match ambiguous.offset() {
        // The last instant before the gap plus nothing: local time read with the offset *before* the gap lies
        // after the transition by as much as `local` lies inside the gap; step back to the transition itself.
        AmbiguousOffset::Gap { before, .. } => before
            .to_timestamp(local)
            .ok()
            .and_then(|inside| zone.preceding(inside + jiff::SignedDuration::from_nanos(1)).next())
            .map(|transition| transition.timestamp()),
        _ => ambiguous.earlier().ok(),
    };
    Timestamp::from_jiff(instant.unwrap_or(jiff::Timestamp::MAX))
}

/// The instant of a local time that a person chose for one post: a time that does not exist is theirs to correct.
pub fn resolve_exactly(local: DateTime, zone_name: &str) -> Result<Timestamp, Problem> {
    let zone = zone(zone_name)?;
    let at = resolve(local, &zone);
    if let AmbiguousOffset::Gap { .. } = zone.to_ambiguous_timestamp(local).offset() {
        let first = at.to_jiff().to_zoned(zone.clone()).datetime();
        return Err(Problem::new(
            Code::TimeGap,
            say!(
                "{local} does not exist in {zone_name}: clocks are set forward then. The first valid time is {first}."
            ),
        )
        .with("first_valid", first.to_string()));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(local_text: &str, zone_name: &str) -> String {
        resolve(local(local_text).expect("local"), &zone(zone_name).expect("zone")).to_string()
    }

    #[test]
    fn r_24_a_gap_gives_the_first_valid_instant_and_a_fold_the_first_of_two() {
        assert_eq!(at("2026-03-29T02:30", "Europe/Amsterdam"), "2026-03-29T01:00:00Z");
        assert_eq!(at("2026-10-25T02:30", "Europe/Amsterdam"), "2026-10-25T00:30:00Z");
        assert_eq!(at("2026-07-01T12:00", "Europe/Amsterdam"), "2026-07-01T10:00:00Z");
        // Samoa left out a whole day.
        assert_eq!(at("2011-12-30T12:00", "Pacific/Apia"), "2011-12-30T10:00:00Z");
    }

    #[test]
    fn r_24_every_zone_and_every_transition_from_2020_to_2040_resolves_to_a_valid_instant_in_order() {
        let begin: jiff::Timestamp = "2020-01-01T00:00:00Z".parse().expect("valid");
        let end: jiff::Timestamp = "2041-01-01T00:00:00Z".parse().expect("valid");
        let (mut zones, mut transitions) = (0, 0);
        for name in jiff::tz::db().available() {
            let Ok(zone) = zone(name.as_str()) else { continue };
            zones += 1;
            for transition in zone.following(begin).take_while(|t| t.timestamp() < end) {
                transitions += 1;
                let around = transition.timestamp();
                let mut last = None;
                for minutes in (-180i64..=180).step_by(15) {
                    let shown = (around + jiff::SignedDuration::from_mins(minutes)).to_zoned(zone.clone()).datetime();
                    let instant = resolve(shown, &zone);
                    let back = instant.to_jiff().to_zoned(zone.clone()).datetime();
                    assert_eq!(back, shown, "a time that the clock has shown is kept ({name})");
                    last = last.max(Some(instant));
                }
                // What the clock never shows is moved to the transition itself, never before it.
                if let AmbiguousOffset::Gap { before, .. } = zone
                    .to_ambiguous_timestamp(
                        transition
                            .offset()
                            .to_datetime(around)
                            .checked_sub(jiff::Span::new().seconds(1))
                            .expect("in range"),
                    )
                    .offset()
                {
                    let inside = before.to_datetime(around);
                    assert_eq!(resolve(inside, &zone), Timestamp::from_jiff(around), "{name}");
                }
            }
        }
        assert!(zones > 300 && transitions > 1_000, "{zones} zones, {transitions} transitions");
    }

    #[test]
    fn a_time_in_the_gap_and_an_unknown_zone_are_explained() {
        let gap = resolve_exactly(local("2026-03-29T02:30").expect("local"), "Europe/Amsterdam").expect_err("gap");
        assert_eq!(gap.code, Code::TimeGap);
        assert!(gap.detail.english().contains("2026-03-29T03:00:00"), "{}", gap.detail);
        let unknown = zone("Europe/Atlantis").expect_err("unknown");
        assert!(unknown.detail.english().contains("Europe/Amsterdam"), "{}", unknown.detail);
        assert!(local("2026-03-29T02:30Z").is_err() && local("soon").is_err() && local("2026-03-29").is_err());
    }
}
