//! Little text, the notation of a post's commentary: what is written plain, what is a hashtag, what is a mention. A character of
//! the notation that stands for itself and is not escaped ends the text, without a word: the rest is lost.

use serde::{Deserialize, Serialize};

const RESERVED: &str = r"\|{}@[]()<>#*_~";

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// As it is.
    Plain(String),
    /// A hashtag, without its sign.
    Tag(String),
    /// A person or an organisation by name.
    Mention {
        /// What is shown.
        name: String,
        /// Whom it means.
        urn: String,
    },
}

/// Reads a commentary.
pub fn read(raw: &str) -> Vec<Piece> {
    let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), raw);
    while let Some(next) = rest.chars().next() {
        if let Some((piece, length)) = notation(rest) {
            if !plain.is_empty() {
                pieces.push(Piece::Plain(std::mem::take(&mut plain)));
            }
            pieces.push(piece);
            rest = &rest[length..];
        } else if let Some(escaped) = escaped(rest) {
            plain.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
        } else if RESERVED.contains(next) {
            break;
        } else {
            plain.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    pieces
}

/// The character behind a backslash, if it is one of the notation.
fn escaped(text: &str) -> Option<char> {
    text.strip_prefix('\\')?.chars().next().filter(|next| RESERVED.contains(*next))
}

/// A hashtag or mention at the beginning, and how many bytes it has.
fn notation(text: &str) -> Option<(Piece, usize)> {
    if let Some(inside) = text.strip_prefix(r"{hashtag|\#|") {
        let end = inside.find('}')?;
        return Some((Piece::Tag(inside[..end].to_owned()), r"{hashtag|\#|".len() + end + 1));
    }
    if let Some(behind) = text.strip_prefix('#') {
        let end = behind.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(behind.len());
        return (end > 0).then(|| (Piece::Tag(behind[..end].to_owned()), end + 1));
    }
    let inside = text.strip_prefix("@[")?;
    let middle = inside.find("](urn:li:")?;
    let urn = &inside[middle + 2..];
    let end = urn.find(')')?;
    let name = read(&inside[..middle]).iter().map(shown).collect();
    Some((Piece::Mention { name, urn: urn[..end].to_owned() }, 2 + middle + 2 + end + 1))
}

/// What people see of a piece.
pub fn shown(piece: &Piece) -> String {
    match piece {
        Piece::Plain(text) => text.clone(),
        Piece::Tag(tag) => format!("#{tag}"),
        Piece::Mention { name, .. } => name.clone(),
    }
}

/// What people see of a text.
pub fn plain(pieces: &[Piece]) -> String {
    pieces.iter().map(shown).collect()
}

/// How the API gives a text back: hashtags in their long form, everything else escaped.
pub fn given(pieces: &[Piece]) -> String {
    let escape = |text: &str| -> String {
        text.chars().map(|one| if RESERVED.contains(one) { format!("\\{one}") } else { one.to_string() }).collect()
    };
    let give = |piece: &Piece| match piece {
        Piece::Plain(text) => escape(text),
        Piece::Tag(tag) => format!(r"{{hashtag|\#|{tag}}}"),
        Piece::Mention { name, urn } => format!("@[{}]({urn})", escape(name)),
    };
    pieces.iter().map(give).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_text_has_tags_mentions_and_escapes_and_ends_at_what_is_not_escaped() {
        let seen = |raw: &str| plain(&read(raw));
        assert_eq!(seen(r"Bread \(warm\) \_ 1 \* 2 \\ \#"), r"Bread (warm) _ 1 * 2 \ #");
        assert_eq!(seen("Bread (warm)"), "Bread ");
        assert_eq!(seen(r"a\b"), "a");
        let pieces = read(r"Hi @[Harbour \(Bakery\)](urn:li:organization:7) #news {hashtag|\#|quay}!");
        assert_eq!(plain(&pieces), "Hi Harbour (Bakery) #news #quay!");
        let expected = r"Hi @[Harbour \(Bakery\)](urn:li:organization:7) {hashtag|\#|news} {hashtag|\#|quay}!";
        assert_eq!(given(&pieces), expected);
        assert_eq!(read(expected), pieces);
    }
}
