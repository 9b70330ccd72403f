//! Checks whether the last scan of a JPEG is complete, for files without an end mark: some cameras omit it, and a file
//! that was cut off looks the same until its pixels are counted.
//!
//! Codes are read and counted, nothing is decoded (ITU-T T.81 §F.2.2). A progressive image counts as whole if all of its
//! scans have begun: what the last one lacks is the finest detail only.

use super::{be16, jpeg::Segment};

const DHT: u8 = 0xc4;
const DRI: u8 = 0xdd;
const SOS: u8 = 0xda;
const SEQUENTIAL: [u8; 2] = [0xc0, 0xc1];
const PROGRESSIVE: u8 = 0xc2;

/// Whether nothing of the picture is missing.
pub(super) fn is_whole(segments: &[Segment<'_>]) -> bool {
    check(segments).unwrap_or(false)
}

fn check(segments: &[Segment<'_>]) -> Option<bool> {
    let frame = segments.iter().find(|segment| segment.is_frame())?;
    let scans = || segments.iter().filter(|segment| segment.marker == SOS).map(|segment| segment.contents);
    if frame.marker == PROGRESSIVE {
        return Some(has_all_scans(frame.contents, &scans().collect::<Vec<_>>()));
    }
    if !SEQUENTIAL.contains(&frame.marker) {
        return None;
    }
    let components = usize::from(*frame.contents.get(5)?);
    let scanned: usize = scans().map(|scan| usize::from(scan.first().copied().unwrap_or(0))).sum();
    Some(scanned >= components && Scan::last(frame.contents, segments)?.reaches_its_end().is_some())
}

/// Whether each component has had its last bit, for its mean and for its detail.
fn has_all_scans(frame: &[u8], scans: &[&[u8]]) -> bool {
    let components = frame.get(6..).unwrap_or_default().chunks_exact(3).map(|component| component[0]);
    components.into_iter().all(|id| {
        let reached = |detail: bool| {
            scans.iter().any(|scan| {
                let count = usize::from(scan.first().copied().unwrap_or(0));
                let of_it = scan.get(1..1 + 2 * count).unwrap_or_default().chunks_exact(2).any(|pair| pair[0] == id);
                let Some([from, to, bits]) = scan.get(1 + 2 * count..4 + 2 * count) else { return false };
                of_it && bits & 0x0f == 0 && if detail { *to == 63 } else { *from == 0 }
            })
        };
        reached(false) && reached(true)
    })
}

/// Codes by their length: how many there are of each, and what they stand for (§C.2).
#[derive(Clone, Default)]
struct Codes {
    counts: [u16; 16],
    values: Vec<u8>,
}

/// One scan, ready to be read.
struct Scan<'a> {
    units: usize,
    restart: usize,
    /// For each block of a unit: the codes of its mean and of its detail.
    blocks: Vec<(Codes, Codes)>,
    bits: Bits<'a>,
}

impl<'a> Scan<'a> {
    fn last(frame: &[u8], segments: &[Segment<'a>]) -> Option<Self> {
        let mut tables = vec![Codes::default(); 8];
        let mut restart = 0;
        for segment in segments {
            match segment.marker {
                DHT => read_tables(segment.contents, &mut tables)?,
                DRI => restart = usize::from(be16(segment.contents, 0)?),
                _ => {}
            }
        }
        let scan = segments.last().filter(|segment| segment.marker == SOS)?;
        let (height, width) = (usize::from(be16(frame, 1)?), usize::from(be16(frame, 3)?));
        let components: Vec<&[u8]> = frame.get(6..)?.chunks_exact(3).collect();
        let sampling = |component: &[u8]| (usize::from(component[1] >> 4), usize::from(component[1] & 0x0f));
        let most_wide = components.iter().map(|component| sampling(component).0).max()?;
        let most_high = components.iter().map(|component| sampling(component).1).max()?;
        let count = usize::from(*scan.contents.first()?);
        let mut blocks = Vec::new();
        let mut units = 0;
        for pair in scan.contents.get(1..1 + 2 * count)?.chunks_exact(2) {
            let component = components.iter().find(|component| component[0] == pair[0])?;
            let (wide, high) = sampling(component);
            let codes = |table: u8, class: usize| tables.get(class * 4 + usize::from(table & 0x03)).cloned();
            let codes = (codes(pair[1] >> 4, 0)?, codes(pair[1], 1)?);
            let across = |size: usize, own: usize, most: usize| Some((size * own).div_ceil(most.checked_mul(8)?));
            if count == 1 {
                units = across(width, wide, most_wide)? * across(height, high, most_high)?;
                blocks.push(codes);
            } else {
                units = across(width, 1, most_wide)? * across(height, 1, most_high)?;
                blocks.extend(std::iter::repeat_n(codes, wide * high));
            }
        }
        let coded = scan.whole.get(4 + scan.contents.len()..)?;
        Some(Self { units, restart, blocks, bits: Bits { coded, at: 0, byte: 0, left: 0 } })
    }

    fn reaches_its_end(mut self) -> Option<()> {
        for unit in 0..self.units {
            if self.restart > 0 && unit > 0 && unit.is_multiple_of(self.restart) {
                self.bits.restart()?;
            }
            for (mean, detail) in &self.blocks {
                let size = self.bits.value(mean)?;
                self.bits.skip(size)?;
                let mut place = 1;
                while place < 64 {
                    let code = self.bits.value(detail)?;
                    match (code >> 4, code & 0x0f) {
                        (15, 0) => place += 16,
                        (_, 0) => break,
                        (zeros, size) => {
                            self.bits.skip(size)?;
                            place += usize::from(zeros) + 1;
                        }
                    }
                }
            }
        }
        Some(())
    }
}

fn read_tables(mut contents: &[u8], tables: &mut [Codes]) -> Option<()> {
    while let Some((name, rest)) = contents.split_first() {
        let lengths = rest.get(..16)?;
        let counts = std::array::from_fn(|at| u16::from(lengths[at]));
        let total: usize = lengths.iter().map(|count| usize::from(*count)).sum();
        let values = rest.get(16..16 + total)?.to_vec();
        *tables.get_mut(usize::from(name >> 4 & 1) * 4 + usize::from(name & 0x03))? = Codes { counts, values };
        contents = &rest[16 + total..];
    }
    Some(())
}

/// The coded data, bit by bit; `None` when it is used up.
struct Bits<'a> {
    coded: &'a [u8],
    at: usize,
    byte: u8,
    left: u8,
}

impl Bits<'_> {
    fn next(&mut self) -> Option<u16> {
        if self.left == 0 {
            self.byte = *self.coded.get(self.at)?;
            self.at += 1;
            if self.byte == 0xff {
                // A stuffed zero follows; a marker ends the data.
                (*self.coded.get(self.at)? == 0).then_some(())?;
                self.at += 1;
            }
            self.left = 8;
        }
        self.left -= 1;
        Some(u16::from(self.byte >> self.left & 1))
    }

    fn skip(&mut self, count: u8) -> Option<()> {
        for _ in 0..count {
            self.next()?;
        }
        Some(())
    }

    fn value(&mut self, codes: &Codes) -> Option<u8> {
        let (mut code, mut first, mut index) = (0u32, 0u32, 0u32);
        for count in codes.counts {
            code |= u32::from(self.next()?);
            let count = u32::from(count);
            if code < first + count {
                return codes.values.get((index + code - first) as usize).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }

    fn restart(&mut self) -> Option<()> {
        self.left = 0;
        matches!(self.coded.get(self.at..self.at + 2)?, [0xff, 0xd0..=0xd7]).then_some(())?;
        self.at += 2;
        Some(())
    }
}
