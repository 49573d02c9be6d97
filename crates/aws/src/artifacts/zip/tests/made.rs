//! Archives made byte by byte, so that any field can lie; runs of zeros take no memory.

use std::io::Write as _;
use std::ops::Range;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::RangeRead;
use crate::objects::{ObjectError, Tail};

/// An object of which only some parts are other than zeros. It notes what is read of it.
#[derive(Debug, Default)]
pub(super) struct Object {
    size: u64,
    parts: Vec<(u64, Vec<u8>)>,
    reads: Mutex<Vec<Range<u64>>>,
}

/// One entry, and what is wrong with it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    name: Vec<u8>,
    packed: Vec<u8>,
    size: u32,
    checksum: u32,
    method: u16,
    flags: u16,
    /// Of the local header alone, as some tools write it.
    local_extra: usize,
    attributes: u32,
}

/// Writes an archive.
#[derive(Debug, Default)]
pub(super) struct Writer {
    object: Object,
    directory: Vec<u8>,
    count: u16,
}

impl Object {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut object = Self::default();
        object.push(bytes);
        object
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.parts.push((self.size, bytes.to_vec()));
        self.size += bytes.len() as u64;
    }

    pub(super) const fn push_zeros(&mut self, count: u64) {
        self.size += count;
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn reads(&self) -> Vec<Range<u64>> {
        self.reads.lock().expect("no panic").clone()
    }

    pub(super) fn tail(&self, length: u64) -> Tail {
        let start = self.size.saturating_sub(length);
        Tail {
            bytes: self.bytes(start..self.size),
            size: self.size,
            etag: None,
        }
    }

    fn bytes(&self, range: Range<u64>) -> Vec<u8> {
        let length = usize::try_from(range.end - range.start).expect("it fits");
        let mut found = vec![0; length];
        for (from, bytes) in &self.parts {
            let to = from + bytes.len() as u64;
            let (start, end) = (range.start.max(*from), range.end.min(to));
            if start < end {
                let at = |place: u64, base: u64| usize::try_from(place - base).expect("it fits");
                found[at(start, range.start)..at(end, range.start)]
                    .copy_from_slice(&bytes[at(start, *from)..at(end, *from)]);
            }
        }
        found
    }
}

impl RangeRead for &Object {
    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ObjectError> {
        assert!(
            range.start < range.end && range.end <= self.size,
            "{range:?}"
        );
        self.reads.lock().expect("no panic").push(range.clone());
        Ok(self.bytes(range))
    }
}

impl Item {
    pub(super) fn stored(name: &str, content: &[u8]) -> Self {
        let mut checksum = flate2::Crc::new();
        checksum.update(content);
        Self {
            name: name.as_bytes().to_vec(),
            packed: content.to_vec(),
            size: u32::try_from(content.len()).expect("small"),
            checksum: checksum.sum(),
            method: 0,
            flags: 0x800,
            local_extra: 0,
            attributes: 0,
        }
    }

    pub(super) fn deflated(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).expect("in memory");
        Self {
            packed: encoder.finish().expect("in memory"),
            method: 8,
            ..Self::stored(name, content)
        }
    }

    pub(super) fn named(mut self, name: &[u8]) -> Self {
        self.name = name.to_vec();
        self
    }

    pub(super) const fn declaring(mut self, size: u32) -> Self {
        self.size = size;
        self
    }

    pub(super) const fn with_checksum(mut self, checksum: u32) -> Self {
        self.checksum = checksum;
        self
    }

    pub(super) const fn by_method(mut self, method: u16) -> Self {
        self.method = method;
        self
    }

    pub(super) const fn encrypted(mut self) -> Self {
        self.flags |= 1;
        self
    }

    pub(super) const fn with_local_extra(mut self, bytes: usize) -> Self {
        self.local_extra = bytes;
        self
    }

    pub(super) const fn link(mut self) -> Self {
        self.attributes = 0o120_777 << 16;
        self
    }

    /// From the flags to the length of the name: the same in both headers.
    fn common(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(self.checksum.to_le_bytes());
        let packed = u32::try_from(self.packed.len()).expect("small");
        bytes.extend(packed.to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        let name = u16::try_from(self.name.len()).expect("short");
        bytes.extend(name.to_le_bytes());
        bytes
    }
}

impl Writer {
    /// Starts behind what is in `object` already.
    pub(super) fn behind(object: Object) -> Self {
        Self {
            object,
            ..Self::default()
        }
    }

    #[must_use]
    pub(super) fn with(mut self, item: &Item) -> Self {
        let offset = u32::try_from(self.object.size).expect("below 4 GiB");
        let mut header = b"PK\x03\x04\x14\x00".to_vec();
        header.extend(item.common());
        header.extend(
            u16::try_from(item.local_extra)
                .expect("short")
                .to_le_bytes(),
        );
        header.extend(&item.name);
        header.resize(header.len() + item.local_extra, 0);
        self.object.push(&header);
        self.object.push(&item.packed);
        self.directory.extend(b"PK\x01\x02\x14\x03\x14\x00");
        self.directory.extend(item.common());
        self.directory.extend([0; 8]);
        self.directory.extend(item.attributes.to_le_bytes());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(&item.name);
        self.count += 1;
        self
    }

    /// Bytes that belong to no entry: as large files between those that are wanted.
    #[must_use]
    pub(super) const fn with_gap(mut self, bytes: u64) -> Self {
        self.object.push_zeros(bytes);
        self
    }

    pub(super) fn finish(self, comment: &[u8]) -> Object {
        let Self {
            mut object,
            directory,
            count,
        } = self;
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        let size = u32::try_from(directory.len()).expect("small");
        end.extend(size.to_le_bytes());
        let offset = u32::try_from(object.size).expect("below 4 GiB");
        end.extend(offset.to_le_bytes());
        let length = u16::try_from(comment.len()).expect("short");
        end.extend(length.to_le_bytes());
        end.extend(comment);
        object.push(&directory);
        object.push(&end);
        object
    }
}
