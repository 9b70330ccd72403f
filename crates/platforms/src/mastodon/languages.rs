//! The languages that Mastodon knows a post by.
//!
//! A code that it does not know is no error there: it takes the account's own language instead, in silence. So what
//! will become of a code is told before (mastodon: `LanguagesHelper`).

/// The codes that the server knows, as it writes them: ISO 639-1, some of ISO 639-3, and the kinds of Chinese.
const KNOWN: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv \
    dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu \
    ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd \
    ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sn so sq sr ss st su \
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu \
    ast chr ckb cnr jbo kab ldn lfn sco sma smj szl tok xal zba zgh \
    zh-CN zh-HK zh-TW zh-YUE";

/// Codes that mean one of those.
const MEANT: &[(&str, &str)] = &[
    ("zh-hans", "zh-CN"),
    ("zh-sg", "zh-CN"),
    ("zh-hant", "zh-TW"),
    ("zh-mo", "zh-HK"),
    ("zh-hans-hk", "zh-CN"),
    ("zh-hant-hk", "zh-HK"),
    ("zh-hant-mo", "zh-HK"),
    ("yue", "zh-YUE"),
    ("cmn", "zh"),
    ("fil", "tl"),
    ("iw", "he"),
    ("in", "id"),
    ("ji", "yi"),
];

/// What a code becomes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// The server's own name for it.
    Same(&'static str),
    /// Only a wider language is known there (`pt` for `pt-BR`).
    Wider(&'static str),
    /// Not known there.
    No,
}

/// How the server knows a language, whatever the case and the marks between its parts.
pub(crate) fn of(code: &str) -> Known {
    let code = code.trim().replace('_', "-").to_ascii_lowercase();
    let known = |code: &str| {
        let meant = MEANT.iter().find(|(other, _)| *other == code).map(|(_, meant)| *meant);
        meant.or_else(|| KNOWN.split_ascii_whitespace().find(|known| known.eq_ignore_ascii_case(code)))
    };
    let Some(found) = known(&code) else {
        let mut wider = code.as_str();
        while let Some((start, _)) = wider.rsplit_once('-') {
            wider = start;
            if let Some(found) = known(wider) {
                return Known::Wider(found);
            }
        }
        return Known::No;
    };
    Known::Same(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_sent_as_the_server_writes_it() {
        for (written, sent) in [
            ("nl", Known::Same("nl")),
            ("EN", Known::Same("en")),
            ("kab", Known::Same("kab")),
            ("zh-TW", Known::Same("zh-TW")),
            ("zh_hk", Known::Same("zh-HK")),
            ("zh-Hant", Known::Same("zh-TW")),
            ("yue", Known::Same("zh-YUE")),
            ("zh-Hans-SG", Known::Wider("zh-CN")),
            ("pt-BR", Known::Wider("pt")),
            ("sr-Latn-RS", Known::Wider("sr")),
            ("en-GB", Known::Wider("en")),
            ("tlh", Known::No),
            ("tlh-Latn", Known::No),
            ("", Known::No),
        ] {
            assert_eq!(of(written), sent, "{written}");
        }
    }
}
