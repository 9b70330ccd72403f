//! Typed ids: an id shows the kind of its object, and ids sort by creation time. What one piece of work makes in the same
//! millisecond (a post's publications, say) sorts in the order of its making.
//!
//! The text form is that of TypeID: a prefix, `_`, and a UUID of version 7 in 26 letters of
//! Crockford's base 32 (`post_01h455vb4pex5vsknk084sn02q`).

use std::{cell::Cell, fmt, hash::Hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Serialize, de};
use uuid::Uuid;

use crate::{Random, Timestamp};

/// What an [`Id`] is the id of.
pub trait Kind: Copy + Ord + Hash + Send + Sync + 'static {
    /// The text before the underscore.
    const PREFIX: &'static str;
    /// The name of the schema in the API document.
    const SCHEMA: &'static str;
}

/// The id of one thing of kind `K`. In the database and on the wire it is text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K: Kind>(Uuid, PhantomData<K>);

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $id:ident $prefix:literal;)*) => {
        /// The kinds of thing that have ids.
        pub mod kinds {
            $($(#[$doc])* #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)] pub struct $kind;
            impl super::Kind for $kind {
                const PREFIX: &'static str = $prefix;
                const SCHEMA: &'static str = stringify!($id);
            })*
        }
        $($(#[$doc])* pub type $id = Id<kinds::$kind>;)*
    };
}

kinds! {
    /// An organization, which owns workspaces.
    Organization OrganizationId "org";
    /// A workspace.
    Workspace WorkspaceId "ws";
    /// A person who can sign in.
    Person PersonId "person";
    /// A signed-in browser or command line.
    Session SessionId "session";
    /// An API key.
    ApiKey ApiKeyId "key";
    /// The tokens and scopes behind channels.
    Grant GrantId "grant";
    /// One connected account or page.
    Channel ChannelId "channel";
    /// An unfinished attempt to connect a channel.
    Connection ConnectionId "connection";
    /// A weekly time on a channel that posts fill.
    QueueSlot QueueSlotId "slot";
    /// A post.
    Post PostId "post";
    /// A post's form for one channel.
    Variant VariantId "variant";
    /// A rule by which a post recurs.
    Series SeriesId "series";
    /// One variant published to one channel.
    Publication PublicationId "pub";
    /// One try at one part of a publication.
    Attempt AttemptId "attempt";
    /// An uploaded file.
    Media MediaId "media";
    /// A file derived from a media asset for a platform.
    Rendition RenditionId "rendition";
    /// An upload that has not ended yet.
    Upload UploadId "upload";
    /// An entry of the audit log.
    AuditEvent AuditEventId "audit";
    /// A process that carries out publications.
    Node NodeId "node";
    /// A data encryption key.
    DataKey DataKeyId "dek";
    /// A pending invitation.
    Invitation InvitationId "invitation";
}

thread_local! {
    /// The millisecond of the last id that this thread made, and the id's 74 bits behind it.
    static LAST: Cell<(u64, u128)> = const { Cell::new((0, 0)) };
}

/// The first id of a millisecond takes one of so many places: half of 74 bits' worth, so that as many are left to count up.
const FIRST: u128 = 1 << 73;
/// The most that one id is above the last of the same millisecond.
const STEP: u128 = 1 << 32;

impl<K: Kind> Id<K> {
    /// Creates an id; later ids sort later: to the millisecond, and one thread's always.
    pub fn new(now: Timestamp, random: &dyn Random) -> Self {
        let millis = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
        let drawn = u128::from_le_bytes(crate::random::bytes(random));
        let tail = match LAST.get() {
            // RFC 9562 §6.2, method 2: above the last by a random number.
            (at, last) if at == millis => last + 1 + drawn % STEP,
            _ => drawn % FIRST,
        };
        LAST.set((millis, tail));
        let (high, low) = ((tail >> 62) & 0xfff, tail & ((1 << 62) - 1));
        let (version, variant) = (7 << 76, 0b10 << 62);
        let bits = (u128::from(millis) << 80) | version | (high << 64) | variant | low;
        Self(Uuid::from_u128(bits), PhantomData)
    }

    /// The 16 bytes of the UUID.
    pub fn to_bytes(self) -> [u8; 16] {
        *self.0.as_bytes()
    }

    /// From the 16 bytes of the UUID.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes), PhantomData)
    }

    /// The UUID inside.
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }

    /// When the id was made, to the millisecond.
    pub fn made_at(&self) -> Timestamp {
        let bytes = self.0.as_bytes();
        let millis = bytes[..6].iter().fold(0i64, |sum, byte| (sum << 8) | i64::from(*byte));
        Timestamp::from_micros(millis * 1_000)
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.as_u128();
        let mut text = [0u8; 26];
        for (place, letter) in text.iter_mut().enumerate() {
            let shift = 5 * (25 - place);
            *letter = ALPHABET[((bits >> shift) & 31) as usize];
        }
        write!(f, "{}_{}", K::PREFIX, std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that begins with `{expected}_` and has 26 letters or digits after it")]
pub struct NotAnId {
    expected: &'static str,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = NotAnId { expected: K::PREFIX };
        let letters = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(wrong.clone())?;
        if letters.len() != 26 || letters.as_bytes()[0] > b'7' {
            return Err(wrong);
        }
        let mut bits = 0u128;
        for letter in letters.bytes() {
            let value = ALPHABET.iter().position(|known| *known == letter).ok_or(wrong.clone())?;
            bits = (bits << 5) | value as u128;
        }
        Ok(Self(Uuid::from_u128(bits), PhantomData))
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<K: Kind> utoipa::PartialSchema for Id<K> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", K::PREFIX)))
            .examples([serde_json::json!(format!("{}_01h455vb4pex5vsknk084sn02q", K::PREFIX))])
            .into()
    }
}

impl<K: Kind> utoipa::ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed(K::SCHEMA)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn an_id_reads_back_as_itself_and_knows_when_it_was_made() {
        let now = Timestamp::from_micros(1_893_488_400_123_456);
        let id = PostId::new(now, &OsRandom);
        assert_eq!(id.to_string().parse::<PostId>(), Ok(id));
        assert_eq!(id.made_at().as_micros(), 1_893_488_400_123_000);
        assert!(id.to_string().starts_with("post_"));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = PostId::new(Timestamp::from_micros(1), &OsRandom).to_string();
        assert!(id.parse::<ChannelId>().is_err());
        assert!("post_".parse::<PostId>().is_err());
        assert!("post_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<PostId>().is_err(), "more than 128 bits");
        assert!("post_01h455vb4pex5vsknk084sn02u".parse::<PostId>().is_err(), "u is not in the alphabet");
    }

    #[test]
    fn later_ids_sort_later() {
        let early = PostId::new(Timestamp::from_micros(1_000_000), &OsRandom);
        let late = PostId::new(Timestamp::from_micros(1_001_000), &OsRandom);
        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_of_their_making() {
        for at in [1_000_000, 5_000_000, 2_000_000] {
            let made: Vec<_> =
                (0..1_000).map(|n| PostId::new(Timestamp::from_micros(at + n % 1_000), &OsRandom)).collect();
            assert!(made.is_sorted_by(|one, next| one < next), "at {at}");
            assert!(made.iter().all(|id| id.made_at() == Timestamp::from_micros(at)));
            assert!(made.iter().all(|id| id.as_uuid().get_version_num() == 7), "a UUID of version 7");
            assert!(made.iter().all(|id| id.as_uuid().get_variant() == uuid::Variant::RFC4122));
        }
    }
}
