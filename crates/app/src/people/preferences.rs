//! How the Studio writes days and hours for a person: by their language, or as they chose.

use db::{Error, Row};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The day a week starts on in the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// As in the person's language and region.
    ByLanguage,
    /// On Monday.
    Monday,
    /// On Saturday.
    Saturday,
    /// On Sunday.
    Sunday,
}

/// How a time of day is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockFace {
    /// As in the person's language and region.
    ByLanguage,
    /// `3:30 PM`.
    TwelveHours,
    /// `15:30`.
    TwentyFourHours,
}

impl WeekStart {
    const ALL: [(Self, &str); 4] = [
        (Self::ByLanguage, "by_language"),
        (Self::Monday, "monday"),
        (Self::Saturday, "saturday"),
        (Self::Sunday, "sunday"),
    ];

    pub(super) fn as_str(self) -> &'static str {
        word_of(&Self::ALL, self)
    }

    pub(super) fn from_row(row: &Row) -> Result<Self, Error> {
        read(&Self::ALL, row, "week_starts_on")
    }
}

impl ClockFace {
    const ALL: [(Self, &str); 3] = [
        (Self::ByLanguage, "by_language"),
        (Self::TwelveHours, "twelve_hours"),
        (Self::TwentyFourHours, "twenty_four_hours"),
    ];

    pub(super) fn as_str(self) -> &'static str {
        word_of(&Self::ALL, self)
    }

    pub(super) fn from_row(row: &Row) -> Result<Self, Error> {
        read(&Self::ALL, row, "clock")
    }
}

fn word_of<T: Copy + PartialEq>(all: &[(T, &'static str)], one: T) -> &'static str {
    all.iter().find(|(known, _)| *known == one).map_or("by_language", |(_, word)| word)
}

fn read<T: Copy>(all: &[(T, &'static str)], row: &Row, column: &str) -> Result<T, Error> {
    let text = row.text(column)?;
    let found = all.iter().find(|(_, word)| *word == text).map(|(known, _)| *known);
    found.ok_or_else(|| Error::Misuse(format!("`{text}` is no value of `{column}`")))
}
