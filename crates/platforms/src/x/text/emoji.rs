//! Where an emoji begins and ends. X counts each whole one, however many code points it is made of, as two characters.
//!
//! X draws emoji by a fixed list and counts what is not on it by its parts. So does this: a joined sequence is one
//! emoji only if its shape is one of those below. A sequence younger than they are counts by its parts: more than X
//! may count, never less, so a text that fits here fits there.

use icu_properties::{
    CodePointSetData,
    props::{Emoji, EmojiModifierBase},
};

const JOINER: char = '\u{200D}';
const AS_EMOJI: char = '\u{FE0F}';
const AS_TEXT: char = '\u{FE0E}';
const KEYCAP: char = '\u{20E3}';
const HEART: char = '❤';

/// The regions that have a flag, two letters each (ISO 3166-1 and the exceptional reservations with a flag).
const FLAGS: &str = "ACADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCN\
    COCPCRCUCVCWCXCYCZDEDGDJDKDMDODZEAECEEEGEHERESETEUFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIC\
    IDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMX\
    MYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTA\
    TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUNUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// The parts of the United Kingdom that have a flag, as their tag letters.
const TAGGED: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// What a man, a woman or a person can be joined with to show a trade, an aid or hair.
const TRADES: &str = "⚕⚖✈🌾🍳🍼🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦼🦽🦰🦱🦲🦳";

/// What can be joined with the sign for woman or man.
const GENDERED: &str =
    "⛹🏃🏄🏊🏋🏌👮👯👰👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤵🤷🤸🤹🤼🤽🤾🦸🦹🧍🧎🧏🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟";

/// Pairs that are one emoji and follow no rule.
const PAIRS: [(char, char); 13] = [
    ('👁', '🗨'),
    ('🏳', '🌈'),
    ('🏳', '⚧'),
    ('🏴', '☠'),
    ('🐕', '🦺'),
    ('🐈', '⬛'),
    ('🐻', '❄'),
    ('😮', '💨'),
    ('😵', '💫'),
    ('😶', '🌫'),
    (HEART, '🔥'),
    (HEART, '🩹'),
    ('🧑', '🎄'),
];

/// How many code points the emoji at the beginning has; 0 if there is none.
pub fn length_at(chars: &[char]) -> usize {
    let Some(&first) = chars.first() else { return 0 };
    match first {
        '#' | '*' | '0'..='9' => keycap(chars),
        '\u{1F1E6}'..='\u{1F1FF}' => flag(chars),
        // These four are letters unless they are asked to be pictures.
        '\u{A9}' | '\u{AE}' | '\u{2122}' | '\u{265F}' => {
            if chars.get(1) == Some(&AS_EMOJI) {
                2
            } else {
                0
            }
        }
        _ if !is_emoji(first) => 0,
        '🏴' if tagged(chars) > 0 => tagged(chars),
        _ => joined(chars),
    }
}

fn is_emoji(c: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(c)
}

fn is_skin(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

fn keycap(chars: &[char]) -> usize {
    let at = 1 + usize::from(chars.get(1) == Some(&AS_EMOJI));
    if chars.get(at) == Some(&KEYCAP) { at + 1 } else { 0 }
}

/// Two regional letters that have a flag; a lone letter is an emoji of its own.
fn flag(chars: &[char]) -> usize {
    let letter =
        |c: char| char::from_u32(u32::from(c).checked_sub(0x1F1E6)? + u32::from('A')).filter(char::is_ascii_uppercase);
    let pair: Option<String> = chars.iter().take(2).map(|c| letter(*c)).collect();
    let known = |pair: &String| pair.len() == 2 && FLAGS.as_bytes().chunks(2).any(|flag| flag == pair.as_bytes());
    if pair.as_ref().is_some_and(known) { 2 } else { 1 }
}

/// A black flag with tag letters and the end tag.
fn tagged(chars: &[char]) -> usize {
    let is_tag = |c: &&char| matches!(**c, '\u{E0020}'..='\u{E007E}');
    let tags: String =
        chars[1..].iter().take_while(is_tag).filter_map(|c| char::from_u32(u32::from(*c) - 0xE0000)).collect();
    let ends = chars.get(1 + tags.len()) == Some(&'\u{E007F}');
    if ends && TAGGED.contains(&tags.as_str()) { tags.len() + 2 } else { 0 }
}

/// One picture with its skin tone or variation, and what is joined to it as far as the whole has a known shape.
fn joined(chars: &[char]) -> usize {
    let mut pictures = Vec::new();
    let mut at = picture(chars, &mut pictures);
    if at == 0 {
        return 0;
    }
    let mut end = at;
    while chars.get(at) == Some(&JOINER) {
        let next = picture(&chars[at + 1..], &mut pictures);
        if next == 0 || pictures.len() > 4 {
            break;
        }
        at += 1 + next;
        if is_known(&pictures) {
            end = at;
        }
    }
    end
}

/// The length of one picture: base, skin tone, variation. 0 if it is none or is asked to be text.
fn picture(chars: &[char], pictures: &mut Vec<char>) -> usize {
    let Some(base) = chars.first().filter(|c| is_emoji(**c) && !c.is_ascii()) else { return 0 };
    let takes_skin = CodePointSetData::new::<EmojiModifierBase>().contains(*base);
    let (skinned, length) = match chars.get(1) {
        Some(&AS_TEXT) => return 0,
        Some(&c) if is_skin(c) && takes_skin => (true, 2),
        Some(&AS_EMOJI) => (false, 2),
        _ => (false, 1),
    };
    pictures.push(*base);
    length + usize::from(skinned && chars.get(2) == Some(&AS_EMOJI))
}

fn is_known(pictures: &[char]) -> bool {
    let adult = |c: char| matches!(c, '👨' | '👩' | '🧑');
    let grown = |c: char| matches!(c, '👨' | '👩');
    let child = |c: char| matches!(c, '👦' | '👧');
    match *pictures {
        [a, b] if PAIRS.contains(&(a, b)) => true,
        ['🫱', '🫲'] => true,
        [a, '♀' | '♂'] => GENDERED.contains(a),
        [a, b] => adult(a) && TRADES.contains(b) || grown(a) && child(b),
        [a, HEART, b] | [a, '🤝', b] => adult(a) && adult(b),
        [a, b, c] => grown(a) && (grown(b) || child(b)) && child(c),
        [a, HEART, '💋', b] => adult(a) && adult(b),
        [a, b, c, d] => grown(a) && grown(b) && child(c) && child(d),
        _ => false,
    }
}
