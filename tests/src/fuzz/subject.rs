//! What is fuzzed: a format, by what name its files are read, and the samples that are changed.

use std::path::Path;

use crate::fuzz::mutate::mutate;
use crate::fuzz::random::Random;
use crate::fuzz::run::read;
use crate::lockfiles::GENERATORS;

/// Packages of the made-up samples: small ones are changed faster, and in more places.
const PACKAGES: [usize; 3] = [1, 3, 12];
/// Larger files of the corpus would make few executions.
const CORPUS_BYTES_MAX: u64 = 60_000;

/// One format.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) format: String,
    /// The path under which an input is read.
    pub(super) file: String,
    /// The made-up ones first.
    samples: Vec<Vec<u8>>,
}

impl Subject {
    /// The number of a made-up sample of which nothing is read: fuzzing it would prove nothing.
    pub(super) fn unread(&self) -> Option<usize> {
        (0..PACKAGES.len()).find(|number| {
            let reading = read(&self.file, &self.samples[*number]);
            reading
                .is_ok_and(|reading| reading.dependencies.is_empty() && reading.left_out.is_empty())
        })
    }

    /// The `number`th input that follows from this seed.
    pub(super) fn input(&self, seed: u64, number: u64) -> Vec<u8> {
        let mut random = Random::new(seed, number);
        let sample = random.below(self.samples.len());
        let other = random.below(self.samples.len());
        mutate(&mut random, &self.samples[sample], &self.samples[other])
    }
}

/// Every format, with its samples in the same order on every machine that has the corpus.
pub(super) fn subjects() -> Vec<Subject> {
    let corpus = corpus();
    GENERATORS
        .iter()
        .map(|generator| {
            let made_up = PACKAGES.map(|count| (generator.generate)(count).into_bytes());
            let name = generator.file.rsplit('/').next().unwrap_or(generator.file);
            let real = corpus
                .iter()
                .filter(|(file, _)| file == name)
                .map(|(_, bytes)| bytes.clone());
            Subject {
                format: generator.format.to_owned(),
                file: generator.file.to_owned(),
                samples: made_up.into_iter().chain(real).collect(),
            }
        })
        .collect()
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/lockfiles");
    let mut open = vec![root];
    let mut paths = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let size = entry.metadata().map_or(u64::MAX, |metadata| metadata.len());
            if path.is_dir() {
                open.push(path);
            } else if size <= CORPUS_BYTES_MAX {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, std::fs::read(path).ok()?))
    };
    paths.iter().filter_map(read).collect()
}
