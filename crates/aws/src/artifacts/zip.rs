//! A zip archive read by ranges: its directory from the end of the object, then the wanted entries and nothing else.
//!
//! The format is `rawzip`'s matter, which reads from [`sparse::Sparse`]; what it misses there is fetched and the step tried
//! again. Every size is bounded, as declared and as it really is. Must not know where the bytes come from.

mod sparse;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::Range;

use downriver_manifest::limits::{FILE_BYTES_MAX, FILES_MAX};
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive,
    ZipArchiveEntryWayfinder, ZipFileHeaderRecord, ZipLocator,
};

use crate::objects::{ObjectError, Tail};
use sparse::Sparse;

/// Read from an object's end at first: the end record with the longest comment, and the whole directory of most archives.
pub(super) const TAIL_BYTES: u64 = 256 * 1024;
/// A directory that is larger is not read: about 500,000 files.
const DIRECTORY_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// All entries of one reading together, unpacked.
const ENTRIES_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The end record is looked for in so many bytes: itself and the longest comment.
const END_BYTES_MAX: u64 = 22 + 65_535;
/// Entries with no more than this between them are fetched together: a request takes longer than such a gap.
const GAP_BYTES_MAX: u64 = 256 * 1024;
/// No more is fetched together, unless one entry is larger.
const GROUP_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// What a local header is taken to have beside its fixed part and its name; one with more costs a request more.
const LOCAL_EXTRA_BYTES: u64 = 256;
const LOCAL_HEADER_BYTES: u64 = 30;
/// Where something is missing, at least so much is fetched.
const MISSED_BYTES_MIN: u64 = 64 * 1024;
/// Fetches of what was missed in one step. A step that needs more has something that leads it around.
const MISSES_MAX: usize = 8;

/// Bytes of one object, by ranges.
pub(super) trait RangeRead: Sync {
    /// The bytes of a range that is not empty and lies within the object.
    fn read(&self, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, ObjectError>> + Send;
}

/// What was fetched so far, the tail included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) requests: usize,
    pub(super) bytes: u64,
}

/// Why an archive gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ZipError {
    #[error("it is not a zip archive")]
    NotZip,
    /// Completes "it is a zip archive that …".
    #[error("it is a zip archive that {0}")]
    Refused(String),
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// An archive whose directory was read.
#[derive(Debug)]
pub(super) struct Archive<R> {
    ranges: R,
    zip: ZipArchive<Sparse>,
    entries: BTreeMap<String, Entry>,
    traffic: Traffic,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    way: ZipArchiveEntryWayfinder,
    header_offset: u64,
    method: CompressionMethod,
    is_encrypted: bool,
}

impl<R: RangeRead> Archive<R> {
    /// Reads the directory.
    pub(super) async fn open(ranges: R, tail: Tail) -> Result<Self, ZipError> {
        let mut traffic = Traffic {
            requests: 1,
            bytes: tail.bytes.len() as u64,
        };
        let mut sparse = Sparse::new(tail.size);
        sparse.insert(tail.size - tail.bytes.len() as u64, tail.bytes);
        let mut zip = locate(&ranges, sparse, &mut traffic).await?;
        let directory = zip.directory_offset()..zip.eocd_offset();
        let size = directory.end.saturating_sub(directory.start);
        if size > DIRECTORY_BYTES_MAX {
            return Err(refused(format!(
                "has a directory of {size} bytes; at most {DIRECTORY_BYTES_MAX} are read"
            )));
        }
        fetch(&ranges, zip.get_mut(), directory, &mut traffic).await?;
        let entries = read_directory(&zip)?;
        // The directory is in `entries` now.
        zip.get_mut().truncate(1);
        Ok(Self {
            ranges,
            zip,
            entries,
            traffic,
        })
    }

    /// The files' paths, in order: without folders, links, and names that lie outside the archive or are no UTF-8.
    pub(super) fn names(&self) -> Vec<String> {
        self.entries.keys().cloned().collect()
    }

    pub(super) const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The files of these names that the archive has, in order of name.
    pub(super) async fn read(
        &mut self,
        names: &BTreeSet<String>,
    ) -> Result<Vec<(String, Vec<u8>)>, ZipError> {
        let wanted = self.entries.iter();
        let wanted = wanted.filter(|(name, _)| names.contains(*name));
        let mut wanted: Vec<(String, Entry)> =
            wanted.map(|(name, entry)| (name.clone(), *entry)).collect();
        check(&wanted)?;
        wanted.sort_by_key(|(_, entry)| entry.header_offset);
        let mut files = Vec::with_capacity(wanted.len());
        for group in group(&wanted, self.zip.directory_offset()) {
            let kept = self.zip.get_ref().count();
            fetch(
                &self.ranges,
                self.zip.get_mut(),
                group.bytes,
                &mut self.traffic,
            )
            .await?;
            for (name, entry) in group.entries {
                files.push((name.clone(), self.read_entry(name, *entry).await?));
            }
            self.zip.get_mut().truncate(kept);
        }
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(files)
    }

    /// Mostly all of it was fetched; an unusually long local header shows only now.
    async fn read_entry(&mut self, name: &str, entry: Entry) -> Result<Vec<u8>, ZipError> {
        for _ in 0..MISSES_MAX {
            let unpacked = unpack(&self.zip, name, entry);
            let Some(missed) = self.zip.get_ref().take_missed() else {
                return unpacked;
            };
            let missed = enlarged(missed);
            fetch(&self.ranges, self.zip.get_mut(), missed, &mut self.traffic).await?;
        }
        Err(refused(format!(
            "holds `{name}` in another place than its directory says"
        )))
    }
}

/// Finds the end record, and with it the directory. A signature of it in a comment is passed over.
async fn locate<R: RangeRead>(
    ranges: &R,
    mut sparse: Sparse,
    traffic: &mut Traffic,
) -> Result<ZipArchive<Sparse>, ZipError> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut end = sparse.size();
    let space_start = end.saturating_sub(END_BYTES_MAX);
    let tail_start = sparse.without_known(0..end).end;
    let mut first_error = None;
    for _ in 0..MISSES_MAX {
        let locator = ZipLocator::new().max_search_space(end - space_start);
        let located = locator.locate_in_reader(&sparse, &mut buffer, end);
        let located = located.map(|_| ()).map_err(|(_, error)| error);
        // Also where it was found: without this part it was only guessed where the directory is.
        if let Some(missed) = sparse.take_missed() {
            fetch(ranges, &mut sparse, to_tail(missed, tail_start), traffic).await?;
            continue;
        }
        let Err(error) = located else {
            let zip = locator.locate_in_reader(sparse, &mut buffer, end);
            return zip.map_err(|(_, error)| refused(format!("cannot be read: {error}")));
        };
        let at = error.eocd_offset();
        if !matches!(error.kind(), ErrorKind::MissingEndOfCentralDirectory) {
            first_error.get_or_insert(error);
        }
        match at.filter(|at| *at > space_start) {
            Some(at) => end = at,
            None => break,
        }
    }
    Err(match first_error {
        Some(error) => refused(format!("cannot be read: {error}")),
        None => ZipError::NotZip,
    })
}

/// What is missed there is most likely the directory, which goes on to the tail.
fn to_tail(missed: Range<u64>, tail_start: u64) -> Range<u64> {
    let distance = tail_start.saturating_sub(missed.start);
    if (1..=DIRECTORY_BYTES_MAX).contains(&distance) {
        missed.start..tail_start
    } else {
        enlarged(missed)
    }
}

const fn enlarged(missed: Range<u64>) -> Range<u64> {
    let least = missed.start.saturating_add(MISSED_BYTES_MIN);
    let end = if missed.end > least {
        missed.end
    } else {
        least
    };
    missed.start..end
}

/// Fetches what is not there yet of a range, as far as the object goes.
async fn fetch<R: RangeRead>(
    ranges: &R,
    sparse: &mut Sparse,
    range: Range<u64>,
    traffic: &mut Traffic,
) -> Result<(), ZipError> {
    let range = sparse.without_known(range.start..range.end.min(sparse.size()));
    if range.is_empty() {
        return Ok(());
    }
    let bytes = ranges.read(range.clone()).await?;
    traffic.requests += 1;
    traffic.bytes += bytes.len() as u64;
    if bytes.len() as u64 != range.end - range.start {
        return Err(ZipError::Object(ObjectError::Transient(format!(
            "{} bytes came of the {} that were asked for",
            bytes.len(),
            range.end - range.start
        ))));
    }
    sparse.insert(range.start, bytes);
    Ok(())
}

/// Of entries with the same name the last one counts, as it is the one that stays when the archive is unpacked.
fn read_directory(zip: &ZipArchive<Sparse>) -> Result<BTreeMap<String, Entry>, ZipError> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut records = zip.entries(&mut buffer);
    let mut entries = BTreeMap::new();
    loop {
        let record = records
            .next_entry()
            .map_err(|error| refused(format!("has a broken directory: {error}")))?;
        let Some(record) = record else {
            return Ok(entries);
        };
        if let Some(name) = file_name(&record) {
            let entry = Entry {
                way: record.wayfinder(),
                header_offset: record.local_header_offset(),
                method: record.compression_method(),
                is_encrypted: record.flags().is_encrypted(),
            };
            entries.insert(name.to_owned(), entry);
        }
    }
}

/// A file's path within the archive; none for what is no file, or would lie elsewhere once it is unpacked.
fn file_name<'a>(record: &'a ZipFileHeaderRecord<'_>) -> Option<&'a str> {
    let raw = record.file_path();
    if record.is_dir() || record.mode().is_symlink() {
        return None;
    }
    // The record's own bytes live longer than this view of them.
    let name = std::str::from_utf8(raw.as_bytes()).ok()?;
    let is_inside = !name.contains(['\\', '\0'])
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    is_inside.then_some(name)
}

/// Before anything is fetched: nothing that cannot be read, nothing that declares too much.
fn check(wanted: &[(String, Entry)]) -> Result<(), ZipError> {
    if wanted.len() > FILES_MAX {
        return Err(refused(format!(
            "has {} files that would have to be read; at most {FILES_MAX} are",
            wanted.len()
        )));
    }
    let mut sum = 0_u64;
    for (name, entry) in wanted {
        if entry.is_encrypted {
            return Err(refused(format!(
                "holds `{name}` encrypted with a password: pipelines have no use for that"
            )));
        }
        if ![CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(&entry.method) {
            return Err(refused(format!(
                "holds `{name}` compressed by method {}; only stored and deflated entries are read",
                entry.method
            )));
        }
        let size = entry.way.uncompressed_size_hint();
        let largest = size.max(entry.way.compressed_size_hint());
        if largest > FILE_BYTES_MAX as u64 {
            return Err(refused(format!(
                "holds `{name}` with {largest} bytes; at most {FILE_BYTES_MAX} are read of a file"
            )));
        }
        sum += largest;
        if sum > ENTRIES_BYTES_MAX {
            return Err(refused(format!(
                "holds files that would have to be read of more than {ENTRIES_BYTES_MAX} bytes"
            )));
        }
    }
    Ok(())
}

/// Entries that lie near each other, and the bytes that hold them.
struct Group<'a> {
    bytes: Range<u64>,
    entries: &'a [(String, Entry)],
}

/// `wanted` is in order of place.
fn group(wanted: &[(String, Entry)], directory_offset: u64) -> Vec<Group<'_>> {
    let mut groups: Vec<(Range<u64>, Range<usize>)> = Vec::new();
    for (index, (name, entry)) in wanted.iter().enumerate() {
        let header = LOCAL_HEADER_BYTES + name.len() as u64 + LOCAL_EXTRA_BYTES;
        let size = entry.way.compressed_size_hint().saturating_add(header);
        let start = entry.header_offset;
        let end = start.saturating_add(size).min(directory_offset.max(start));
        match groups.last_mut() {
            Some((bytes, entries))
                if start <= bytes.end.saturating_add(GAP_BYTES_MAX)
                    && end.max(bytes.end) - bytes.start <= GROUP_BYTES_MAX =>
            {
                bytes.end = bytes.end.max(end);
                entries.end = index + 1;
            }
            _ => groups.push((start..end, index..index + 1)),
        }
    }
    let groups = groups.into_iter();
    groups
        .map(|(bytes, entries)| Group {
            bytes,
            entries: &wanted[entries],
        })
        .collect()
}

/// One entry's content, of the size and checksum that the directory says.
fn unpack(zip: &ZipArchive<Sparse>, name: &str, entry: Entry) -> Result<Vec<u8>, ZipError> {
    let broken = |what: String| refused(format!("holds `{name}` damaged: {what}"));
    let found = zip
        .get_entry(entry.way)
        .map_err(|error| broken(error.to_string()))?;
    let packed = found.reader();
    let unpacked: Box<dyn Read + '_> = if entry.method == CompressionMethod::STORE {
        Box::new(packed)
    } else {
        Box::new(DeflateDecoder::new(packed))
    };
    let declared = entry.way.uncompressed_size_hint();
    let mut content = Vec::with_capacity(usize::try_from(declared).unwrap_or_default());
    // With one byte more than is declared, so that what goes on is seen.
    found
        .verifying_reader(unpacked)
        .take(declared + 1)
        .read_to_end(&mut content)
        .map_err(|error| broken(error.to_string()))?;
    Ok(content)
}

const fn refused(what: String) -> ZipError {
    ZipError::Refused(what)
}
