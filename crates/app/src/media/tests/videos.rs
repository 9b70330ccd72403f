//! S-64, P-015: a video is stored without places, names and times; its length and its offsets stay.

use std::io::Cursor;

use proptest::prelude::*;

use super::corpus::{CANARY, PICTURES, Video, atom, has_canary, video};
use crate::media::{FileType, Refused, probe, strip::mp4};

fn clean(file: &[u8]) -> Result<Vec<u8>, Refused> {
    let edits = mp4::edits(&mut Cursor::new(file), file.len() as u64)?;
    let mut out = file.to_vec();
    out.truncate(edits.length as usize);
    edits.apply(0, &mut out);
    Ok(out)
}

fn probed(file: &[u8]) -> Result<probe::Probe, Refused> {
    probe::video(&mut Cursor::new(file), file.len() as u64, FileType::Mp4)
}

#[test]
fn p_015_nothing_of_places_devices_and_times_is_left_in_a_video() {
    for index_first in [true, false] {
        for brand in [b"isom", b"qt  "] {
            let file = video(brand, &Video { index_first, ..Video::default() });
            assert!(has_canary(&file));
            let clean = clean(&file).expect("it is a video");
            assert!(!has_canary(&clean));
            for name in [&b"\xa9xyz"[..], b"udta", b"uuid", b"meta", b"mebx", b"CAMR", b"\xc1\xc1\xc1\xc1", b"\xc2\xc2"]
            {
                assert!(!clean.windows(name.len()).any(|window| window == name), "{name:?}");
            }
            let kept = clean.windows(PICTURES.len()).filter(|window| *window == PICTURES).count();
            assert_eq!(kept, 2, "the pictures stay");
            assert!(clean.len() < file.len(), "what follows the last box is cut off");
            assert_eq!(self::clean(&clean).expect("it is a video"), clean, "a second time changes nothing");
        }
    }
}

#[test]
fn s_64_what_stays_of_a_video_stays_where_it_was() {
    let file = video(b"isom", &Video::default());
    let clean = clean(&file).expect("it is a video");
    let place = |bytes: &[u8]| bytes.windows(PICTURES.len()).position(|window| window == PICTURES);
    assert_eq!(place(&clean), place(&file));
    let (before, after) = (probed(&file).expect("a video"), probed(&clean).expect("a video"));
    assert_eq!(probe::Probe { size_bytes: 0, ..before }, probe::Probe { size_bytes: 0, ..after });
}

#[test]
fn a_video_is_changed_piece_by_piece_as_it_streams() {
    let file = video(b"isom", &Video { index_first: false, ..Video::default() });
    let whole = clean(&file).expect("it is a video");
    let edits = mp4::edits(&mut Cursor::new(&file), file.len() as u64).expect("it is a video");
    for size in [1, 3, 7, 64, 1000] {
        let mut out = Vec::new();
        for piece in file[..edits.length as usize].chunks(size) {
            let mut piece = piece.to_vec();
            edits.apply(out.len() as u64, &mut piece);
            out.extend(piece);
        }
        assert_eq!(out, whole, "in pieces of {size}");
    }
}

#[test]
fn a_video_says_its_size_length_and_codec() {
    let found = probed(&video(b"isom", &Video::default())).expect("a video");
    assert_eq!((found.width, found.height, found.duration_ms), (1280, 720, Some(12_000)));
    assert_eq!((found.video_codec.as_deref(), found.audio_codec), (Some("h264"), None));
    let found = probed(&video(b"isom", &Video { on_its_side: true, ..Video::default() })).expect("a video");
    assert_eq!((found.width, found.height), (720, 1280), "as it is shown");
}

#[test]
fn s_62_a_video_beyond_the_limits_is_refused() {
    for like in [
        Video { width: 20_000, ..Video::default() },
        Video { width: 16_000, height: 16_000, ..Video::default() },
        Video { seconds: 4 * 3600 + 1, ..Video::default() },
    ] {
        assert_eq!(probed(&video(b"isom", &like)).expect_err("too large").rule, "S-62");
    }
    let head = atom(b"ftyp", b"isom\0\0\x02\0");
    let tracks = atom(b"moov", &atom(b"trak", b"").repeat(17));
    assert_eq!(probed(&[head, tracks].concat()).expect_err("too many").rule, "S-62");
}

#[test]
fn s_65_a_video_that_points_elsewhere_is_refused() {
    let said = clean(&video(b"isom", &Video { external: true, ..Video::default() })).expect_err("refused");
    assert!(said.detail.contains("another file"), "{said}");
}

#[test]
fn s_64_what_is_no_video_is_refused() {
    let good = video(b"isom", &Video::default());
    let head = atom(b"ftyp", b"isom\0\0\x02\0");
    for (why, file) in [
        ("nothing", vec![]),
        ("no start", good[20..].to_vec()),
        ("no index", [head.clone(), atom(b"mdat", CANARY)].concat()),
        ("two indexes", [head.clone(), atom(b"moov", b""), atom(b"moov", b"")].concat()),
        ("no picture", [head.clone(), atom(b"moov", &atom(b"mvhd", &[0; 100]))].concat()),
        ("a packed index", [head.clone(), atom(b"moov", &atom(b"cmov", b"x"))].concat()),
        ("a cut index", [head, vec![0, 0, 1, 0], b"moov".to_vec(), vec![0; 20]].concat()),
    ] {
        assert!(clean(&file).is_err() || probed(&file).is_err(), "{why}");
    }
}

#[test]
fn p_015_the_fragments_of_a_video_are_cleaned_too() {
    let part = [atom(b"tfhd", &[0; 8]), atom(b"trun", &[0; 8]), atom(b"uuid", CANARY), atom(b"udta", CANARY)].concat();
    let fragment = atom(b"moof", &[atom(b"mfhd", &[0; 8]), atom(b"traf", &part), atom(b"meta", CANARY)].concat());
    let fragment = [fragment, atom(b"emsg", CANARY), atom(b"mdat", PICTURES)].concat();
    let of = |data_track| {
        let start = clean(&video(b"isom", &Video { data_track, index_first: false, ..Video::default() }));
        let start = start.expect("it is a video");
        video_with(&start, &fragment)
    };
    // The samples between the pictures belong to no track any more and are pictures as far as anyone can tell.
    let file = of(false);
    let cleaned = clean(&file).expect("it is a video");
    let (at, end) = (file.len() - fragment.len(), cleaned.len());
    assert!(has_canary(&file[at..]) && !has_canary(&cleaned[at..end]));
    assert!(cleaned.ends_with(PICTURES), "the last fragment is whole");
    let camera = video(b"isom", &Video { index_first: false, ..Video::default() });
    let end = camera.len() - CANARY.len();
    let said = clean(&video_with(&camera[..end], &fragment)).expect_err("a data track in fragments");
    assert!(said.detail.contains("fragments"), "{said}");
}

fn video_with(start: &[u8], fragment: &[u8]) -> Vec<u8> {
    [start, fragment].concat()
}

#[test]
fn s_62_a_table_that_claims_too_much_is_refused() {
    let mut file = video(b"isom", &Video::default());
    let sizes: Vec<usize> = (0..file.len() - 4).filter(|at| &file[*at..at + 4] == b"stsz").collect();
    let last = sizes[sizes.len() - 1];
    file[last + 12..last + 16].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(clean(&file).expect_err("refused").rule, "S-62");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn s_62_no_damage_makes_the_reader_panic(at in 0usize..4000, to in any::<u32>(), cut in 0usize..4000) {
        let mut file = video(b"isom", &Video { index_first: at % 2 == 0, ..Video::default() });
        let place = at % (file.len() - 4);
        file[place..place + 4].copy_from_slice(&to.to_be_bytes());
        file.truncate(file.len() - cut % file.len() * usize::from(cut % 3 == 0));
        let _ = probed(&file);
        if let Ok(clean) = clean(&file) {
            prop_assert!(clean.len() <= file.len());
        }
    }
}
