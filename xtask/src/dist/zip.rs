//! A zip of one program, the same bytes whenever it is made: no time stamps, no owner, one fixed compression.
//!
//! Follows PKWARE's APPNOTE 6.3.3, as far as one small file needs it.

#[cfg(test)]
mod tests;

use std::io::Write as _;

use anyhow::{Context, Result};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END_OF_CENTRAL: u32 = 0x0605_4b50;
const VERSION_NEEDED: u16 = 20;
/// 3 in the upper byte: the attributes are those of Unix.
const VERSION_MADE_BY: u16 = (3 << 8) | VERSION_NEEDED;
const DEFLATED: u16 = 8;
const TIME: u16 = 0;
/// The first day that the format knows: 1 January 1980.
const DATE: u16 = (1 << 5) | 1;
/// A regular file that everybody may read and execute.
const MODE: u32 = 0o100_755 << 16;

/// The archive with the program as its only, executable file.
pub(crate) fn of_program(name: &str, program: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(program).context("failed to compress")?;
    let compressed = encoder.finish().context("failed to compress")?;
    let described = described(name, program, &compressed)?;
    let mut zip = Vec::with_capacity(compressed.len() + 200);
    put_u32(&mut zip, LOCAL_HEADER);
    zip.extend_from_slice(&described);
    zip.extend_from_slice(name.as_bytes());
    zip.extend_from_slice(&compressed);
    let central_at = size(zip.len())?;
    put_u32(&mut zip, CENTRAL_HEADER);
    put_u16(&mut zip, VERSION_MADE_BY);
    zip.extend_from_slice(&described);
    // No comment, the first disk, no internal attributes.
    for zero in [0; 3] {
        put_u16(&mut zip, zero);
    }
    put_u32(&mut zip, MODE);
    put_u32(&mut zip, 0);
    zip.extend_from_slice(name.as_bytes());
    let central_size = size(zip.len())? - central_at;
    put_u32(&mut zip, END_OF_CENTRAL);
    // One disk, one file.
    for number in [0, 0, 1, 1] {
        put_u16(&mut zip, number);
    }
    put_u32(&mut zip, central_size);
    put_u32(&mut zip, central_at);
    put_u16(&mut zip, 0);
    Ok(zip)
}

/// What both headers say of a file, up to the lengths of its name and of no extra field.
fn described(name: &str, program: &[u8], compressed: &[u8]) -> Result<Vec<u8>> {
    let mut crc = Crc::new();
    crc.update(program);
    let mut header = Vec::new();
    for number in [VERSION_NEEDED, 0, DEFLATED, TIME, DATE] {
        put_u16(&mut header, number);
    }
    for number in [crc.sum(), size(compressed.len())?, size(program.len())?] {
        put_u32(&mut header, number);
    }
    put_u16(
        &mut header,
        u16::try_from(name.len()).context("the name is too long for a zip")?,
    );
    put_u16(&mut header, 0);
    Ok(header)
}

fn size(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).context("the program is too large for a zip")
}

fn put_u16(bytes: &mut Vec<u8>, number: u16) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn put_u32(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend_from_slice(&number.to_le_bytes());
}
