//! Who reads the answer at hand: their language and their time zone.

use jiff::tz::TimeZone;

/// The languages that Fanfare speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English; what is said to no one in particular, too.
    #[default]
    English,
    /// Dutch.
    Dutch,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Language] = &[Language::English, Language::Dutch];

    /// As in `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Dutch => "nl",
        }
    }

    /// The best of ours for an `Accept-Language`: the highest quality counts, then the order. English if none is wanted.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0, Self::English);
        for wanted in header.split(',') {
            let (tag, rest) = wanted.split_once(';').unwrap_or((wanted, ""));
            let quality = rest
                .split(';')
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(Some(1.0), |q| q.trim().parse().ok());
            let quality = quality.filter(|quality: &f32| (0.0..=1.0).contains(quality)).unwrap_or(0.0);
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let found = Self::ALL.iter().find(|ours| primary.eq_ignore_ascii_case(ours.tag()));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
            let thousandths = (quality * 1000.0) as u32;
            if let Some(found) = found.filter(|_| thousandths > best.0) {
                best = (thousandths, *found);
            }
        }
        best.1
    }
}

/// Who reads.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// In which language.
    pub language: Language,
    /// In which zone times are said; `None`: in UTC, and it is said so.
    pub zone: Option<TimeZone>,
}

impl Reader {
    /// By what a request says: `Accept-Language`, and `Time-Zone` with an IANA name.
    pub fn of(accept_language: Option<&str>, time_zone: Option<&str>) -> Self {
        Self {
            language: accept_language.map_or(Language::English, Language::accepted),
            zone: time_zone.and_then(|name| TimeZone::get(name).ok()),
        }
    }
}

tokio::task_local! {
    static READER: Reader;
}

/// Does `work` for this reader: texts that are serialized in it are said in their language.
pub async fn read_by<F: Future>(reader: Reader, work: F) -> F::Output {
    READER.scope(reader, work).await
}

/// Who reads what is made now; English and UTC if no one does.
pub fn reader() -> Reader {
    READER.try_with(Clone::clone).unwrap_or_default()
}
