//! What an MP4 or QuickTime file says about itself in its boxes (ISO/IEC 14496-12), and whether a product
//! takes it.

use std::ops::RangeInclusive;

/// The facts of a film; what the file does not say is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Film {
    /// Whether the index stands before the data, so that it can be played while it is fetched.
    pub index_first: bool,
    /// How long it plays.
    pub seconds: Option<f64>,
    /// Width and height of the picture.
    pub size: Option<(u32, u32)>,
    /// The four letters of the picture's codec.
    pub codec: Option<[u8; 4]>,
    /// Pictures a second.
    pub frame_rate: Option<f64>,
    /// The four letters of the sound's codec, channels and samples a second.
    pub sound: Option<([u8; 4], u16, u32)>,
}

/// What a product demands of a film. What all of them demand is in [`Film::breach`].
#[derive(Debug, Clone)]
pub struct Demands {
    /// How long it plays, in seconds.
    pub seconds: RangeInclusive<f64>,
    /// The greatest width, in pixels.
    pub widest: u32,
    /// Width over height.
    pub ratio: RangeInclusive<f64>,
    /// The most bits a second.
    pub bits: f64,
}

/// The first demand that a film does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// The index stands behind the data.
    IndexLast,
    /// The picture's codec is neither H.264 nor HEVC.
    Codec,
    /// The sound's codec is not AAC.
    Sound,
    /// It plays too long or too short.
    Duration,
    /// It is too wide, or of a shape that is not taken.
    Size,
    /// It has fewer than 23 or more than 60 pictures a second.
    FrameRate,
    /// It has too many bits a second.
    BitRate,
    /// The sound has more than two channels.
    Channels,
    /// The sound has more than 48,000 samples a second.
    SoundRate,
}

impl Film {
    /// What is wrong with a film of so many bytes. What a file does not say about itself is not held against it.
    pub fn breach(&self, bytes: usize, demands: &Demands) -> Option<Breach> {
        let (codecs, sounds) = ([b"avc1", b"avc3", b"hvc1", b"hev1"], [b"mp4a"]);
        let ratio = |(wide, high): (u32, u32)| f64::from(wide) / f64::from(high.max(1));
        let fits = |size: (u32, u32)| size.0 <= demands.widest && demands.ratio.contains(&ratio(size));
        let bits = bytes as f64 * 8.0 / self.seconds.unwrap_or(1.0);
        let wrong = [
            (!self.index_first, Breach::IndexLast),
            (self.codec.is_some_and(|codec| !codecs.contains(&&codec)), Breach::Codec),
            (self.sound.is_some_and(|(codec, ..)| !sounds.contains(&&codec)), Breach::Sound),
            (self.seconds.is_some_and(|seconds| !demands.seconds.contains(&seconds)), Breach::Duration),
            (self.size.is_some_and(|size| !fits(size)), Breach::Size),
            (self.frame_rate.is_some_and(|rate| !(23.0..=60.0).contains(&rate.round())), Breach::FrameRate),
            (bits > demands.bits, Breach::BitRate),
            (self.sound.is_some_and(|(_, channels, _)| !(1..=2).contains(&channels)), Breach::Channels),
            (self.sound.is_some_and(|(.., rate)| rate > 48_000), Breach::SoundRate),
        ];
        wrong.into_iter().find_map(|(is_wrong, breach)| is_wrong.then_some(breach))
    }

    /// Reads the boxes.
    pub fn of(bytes: &[u8]) -> Self {
        let order: Vec<[u8; 4]> = boxes(bytes).map(|(name, _)| name).collect();
        let place = |wanted: &[u8; 4]| order.iter().position(|name| name == wanted);
        let mut film =
            Self { index_first: place(b"moov") < place(b"mdat") || place(b"mdat").is_none(), ..Self::default() };
        let Some(index) = inside(bytes, b"moov") else { return film };
        film.seconds = inside(index, b"mvhd").and_then(|header| length(header, 12, 20));
        for track in boxes(index).filter(|(name, _)| name == b"trak").map(|(_, track)| track) {
            film.add(track);
        }
        film
    }

    fn add(&mut self, track: &[u8]) -> Option<()> {
        let media = inside(track, b"mdia")?;
        let table = inside(inside(media, b"minf")?, b"stbl")?;
        // Version and flags, the number of entries, then the first entry's size.
        let entry = inside(table, b"stsd")?.get(8..)?;
        let codec: [u8; 4] = entry.get(4..8)?.try_into().ok()?;
        match inside(media, b"hdlr")?.get(8..12)? {
            b"vide" => {
                let header = inside(track, b"tkhd")?;
                let side = |from_end: usize| Some(number(header, header.len().checked_sub(from_end)?, 4)? >> 16);
                self.size =
                    side(8).zip(side(4)).and_then(|(wide, high)| Some((wide.try_into().ok()?, high.try_into().ok()?)));
                self.codec = Some(codec);
                let seconds = inside(media, b"mdhd").and_then(|header| length(header, 12, 20));
                self.frame_rate =
                    inside(table, b"stts").and_then(pictures).zip(seconds).map(|(count, seconds)| count / seconds);
            }
            b"soun" => {
                let (channels, rate) = (number(entry, 24, 2)?, number(entry, 32, 4)? >> 16);
                self.sound = Some((codec, channels.try_into().ok()?, rate.try_into().ok()?));
            }
            _ => {}
        }
        Some(())
    }
}

/// The number of samples in a table of how long each plays.
fn pictures(table: &[u8]) -> Option<f64> {
    let entries = usize::try_from(number(table, 4, 4)?).ok()?;
    let counts = table.get(8..)?.chunks_exact(8).take(entries).filter_map(|entry| number(entry, 0, 4));
    Some(counts.sum::<u64>() as f64)
}

/// Length over scale of a header; the two places are those of the scale in its short and long version.
fn length(header: &[u8], short: usize, long: usize) -> Option<f64> {
    let (scale, length) = match header.first()? {
        1 => (number(header, long, 4)?, number(header, long + 4, 8)?),
        _ => (number(header, short, 4)?, number(header, short + 4, 4)?),
    };
    (scale > 0 && length > 0).then(|| length as f64 / scale as f64)
}

fn number(bytes: &[u8], at: usize, wide: usize) -> Option<u64> {
    Some(bytes.get(at..at.checked_add(wide)?)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}

fn inside<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(known, _)| known == name).map(|(_, inside)| inside)
}

/// The boxes in a row, by name. A broken one ends the row.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let name = rest.get(4..8)?.try_into().ok()?;
        let (head, whole) = match number(rest, 0, 4)? {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(number(rest, 8, 8)?).ok()?),
            whole => (8, usize::try_from(whole).ok()?),
        };
        let content = rest.get(head..whole.min(rest.len()))?;
        rest = rest.get(whole..).unwrap_or_default();
        Some((name, content))
    })
}

/// Small films for tests: an index without pictures.
#[cfg(test)]
pub(crate) mod samples {
    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(content.len() + 8).expect("small").to_be_bytes().to_vec();
        bytes.extend(name);
        bytes.extend(content);
        bytes
    }

    /// What a film is like.
    pub(crate) struct Sample {
        pub(crate) seconds: u32,
        pub(crate) size: (u32, u32),
        pub(crate) codec: [u8; 4],
        pub(crate) frames: u32,
        pub(crate) channels: u8,
        pub(crate) index_first: bool,
    }

    impl Default for Sample {
        fn default() -> Self {
            Self { seconds: 5, size: (1080, 1920), codec: *b"avc1", frames: 150, channels: 2, index_first: true }
        }
    }

    impl Sample {
        /// The file.
        pub(crate) fn bytes(&self) -> Vec<u8> {
            let header = |scale: u32, length: u32| {
                let mut bytes = vec![0; 12];
                bytes.extend(scale.to_be_bytes());
                bytes.extend(length.to_be_bytes());
                bytes.extend([0; 80]);
                bytes
            };
            let (mvhd, mdhd) = (
                boxed(b"mvhd", &header(1000, self.seconds * 1000)),
                boxed(b"mdhd", &header(1000, self.seconds * 1000)),
            );
            let mut tkhd = vec![0; 76];
            tkhd.extend((self.size.0 << 16).to_be_bytes());
            tkhd.extend((self.size.1 << 16).to_be_bytes());
            let entry = |codec: &[u8; 4], rest: &[u8]| [&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(codec, rest)].concat();
            let handler = |kind: &[u8; 4]| boxed(b"hdlr", &[&[0; 8][..], kind, &[0; 12]].concat());
            let stts =
                boxed(b"stts", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &self.frames.to_be_bytes(), &[0, 0, 0, 33]].concat());
            let stbl = boxed(b"stbl", &[boxed(b"stsd", &entry(&self.codec, &[0; 70])), stts].concat());
            let picture = boxed(b"mdia", &[mdhd.clone(), handler(b"vide"), boxed(b"minf", &stbl)].concat());
            let sound =
                [&[0; 16][..], &[0, self.channels, 0, 16, 0, 0, 0, 0], &(48_000u32 << 16).to_be_bytes()].concat();
            let stbl = boxed(b"stbl", &boxed(b"stsd", &entry(b"mp4a", &sound)));
            let sound = boxed(b"mdia", &[mdhd, handler(b"soun"), boxed(b"minf", &stbl)].concat());
            let tracks = [boxed(b"trak", &[boxed(b"tkhd", &tkhd), picture].concat()), boxed(b"trak", &sound)].concat();
            let (index, data) = (boxed(b"moov", &[mvhd, tracks].concat()), boxed(b"mdat", &[0; 64]));
            let (first, second) = if self.index_first { (index, data) } else { (data, index) };
            [boxed(b"ftyp", b"isom\0\0\x02\0isommp42"), first, second].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{samples::Sample, *};

    #[test]
    fn a_film_tells_its_length_size_codecs_and_rate() {
        let film = Film::of(&Sample::default().bytes());
        assert_eq!((film.index_first, film.seconds, film.size), (true, Some(5.0), Some((1080, 1920))));
        assert_eq!(
            (film.codec, film.frame_rate, film.sound),
            (Some(*b"avc1"), Some(30.0), Some((*b"mp4a", 2, 48_000)))
        );
        assert!(!Film::of(&Sample { index_first: false, ..Sample::default() }.bytes()).index_first);
    }

    #[test]
    fn broken_films_do_no_harm() {
        let whole = Sample::default().bytes();
        for length in 0..whole.len() {
            let _ = Film::of(&whole[..length]);
        }
    }
}
