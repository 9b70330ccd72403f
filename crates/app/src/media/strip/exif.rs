//! The only EXIF value that an image needs: its orientation (tag 0x0112, EXIF 2.32 §4.6.4).

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// The orientation in a TIFF block, 1 to 8; 1 (upright) if there is none or the block is odd.
pub(in crate::media) fn orientation(tiff: &[u8]) -> u8 {
    read(tiff).filter(|value| (1..=8).contains(value)).map_or(1, |value| value as u8)
}

fn read(tiff: &[u8]) -> Option<u16> {
    let big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let number16 = |at| if big { super::be16(tiff, at) } else { super::le16(tiff, at) };
    let number32 = |at| if big { super::be32(tiff, at) } else { super::le32(tiff, at) };
    let directory = usize::try_from(number32(4)?).ok()?;
    let count = usize::from(number16(directory)?);
    (0..count)
        .map(|index| directory + 2 + index * 12)
        .find(|at| number16(*at) == Some(ORIENTATION) && number16(*at + 2) == Some(SHORT))
        .and_then(|at| number16(at + 8))
}

/// A TIFF block with nothing but an orientation.
pub(in crate::media) fn only_orientation(value: u8) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01".to_vec();
    block.extend_from_slice(&ORIENTATION.to_be_bytes());
    block.extend_from_slice(&SHORT.to_be_bytes());
    block.extend_from_slice(&1u32.to_be_bytes());
    block.extend_from_slice(&[0, value, 0, 0]);
    block.extend_from_slice(&[0; 4]); // no further directory
    block
}
