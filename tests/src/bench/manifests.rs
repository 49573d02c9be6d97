//! What reading lockfiles, manifests and SBOMs costs: throughput, and memory against the size of the file.
//!
//! One case writes a large file of every format; each format is then read in a process of its own, so that its peak memory
//! is its own. The peak counts everything: the file, what the parser holds, and the dependencies that come out.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use downriver_manifest::{Files, Reading, read_application};

use super::Setting;
use super::measure::{as_float, memory_peak_bytes};
use super::report::{Measurement, Unit};
use crate::lockfiles::{GENERATORS, Generator};

pub(super) const NAME: &str = "manifests";
/// How large the files are that are made up.
const FILE_BYTES: usize = 20_000_000;
const FILE_BYTES_QUICK: usize = 1_000_000;
/// Lockfiles of this many packages are large enough.
const PACKAGES_MAX: usize = 90_000;
const PACKAGES_OF_MANIFEST_MAX: usize = 10_000;
const RUNS: usize = 5;
const AIMED_AT: [&str; 3] = ["package-lock.json v3", "Cargo.lock", "CycloneDX"];
const BYTES_PER_SECOND_MIN: f64 = 100e6;
/// By the size of the file.
const MEMORY_MAX: f64 = 4.0;
/// Files of the corpus below this are no measure of throughput.
const CORPUS_BYTES_MIN: usize = 50_000;

/// Writes a file of each format into the folder, for the cases after this one.
pub(super) fn write(setting: &Setting) -> Result<Vec<Measurement>> {
    let wanted = if setting.is_quick {
        FILE_BYTES_QUICK
    } else {
        FILE_BYTES
    };
    for (number, generator) in GENERATORS.iter().enumerate() {
        const SAMPLE: usize = 500;
        let bytes_each = (generator.generate)(SAMPLE).len() / SAMPLE;
        let count = wanted / bytes_each.max(1);
        let most = if generator.is_manifest {
            PACKAGES_OF_MANIFEST_MAX
        } else {
            PACKAGES_MAX
        };
        let text = (generator.generate)(count.min(most));
        let path = path_of(&setting.folder, number, generator);
        fs::create_dir_all(path.parent().context("a file stands in a folder")?)?;
        fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(Vec::new())
}

fn path_of(folder: &Path, number: usize, generator: &Generator) -> PathBuf {
    folder.join(number.to_string()).join(generator.file)
}

/// Reads the file of the `number`th format.
pub(super) fn read(setting: &Setting, number: usize) -> Result<Vec<Measurement>> {
    let generator = &GENERATORS[number];
    let before = memory_peak_bytes();
    let path = path_of(&setting.folder, number, generator);
    let bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let reading = read_one(generator.file, &bytes)?;
    ensure!(
        reading.problems.iter().all(|problem| problem.is_gap),
        "{} was not read whole: {:?}",
        generator.format,
        reading.problems
    );
    let found = reading.dependencies.len() + reading.left_out.len();
    ensure!(found > 0, "nothing was found in the {}", generator.format);
    drop(reading);
    let peak = memory_peak_bytes();
    // The aims of these three; the others are measured for comparison.
    let has_aim = AIMED_AT.contains(&generator.format);
    let mut speed = throughput(generator.format, generator.file, &bytes)?;
    if has_aim {
        speed = speed.with_target(BYTES_PER_SECOND_MIN);
    }
    let mut measurements = vec![speed];
    if let (Some(before), Some(peak)) = (before, peak) {
        let times = (peak - before) / as_float(bytes.len());
        let name = format!("{}: peak memory by size of the file", generator.format);
        let memory = Measurement::new(name, Unit::Ratio, vec![times]);
        measurements.push(if has_aim {
            memory.with_target(MEMORY_MAX)
        } else {
            memory
        });
    }
    Ok(measurements)
}

/// Reads every larger file of the shared corpus, where there is one.
pub(super) fn read_corpus(_: &Setting) -> Result<Vec<Measurement>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/lockfiles");
    let mut measurements = Vec::new();
    for path in files_below(&corpus) {
        let bytes = fs::read(&path)?;
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if bytes.len() < CORPUS_BYTES_MIN || name.ends_with(".expected.json") {
            continue;
        }
        let shown = path
            .strip_prefix(&corpus)
            .unwrap_or(&path)
            .display()
            .to_string();
        if read_one(name, &bytes)?.files.is_empty() {
            continue;
        }
        measurements.push(throughput(&shown, name, &bytes)?);
    }
    Ok(measurements)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read_one(file: &str, bytes: &[u8]) -> Result<Reading> {
    let mut files = Files::default();
    files.insert(file, bytes)?;
    // A lockfile is found from its own folder, and from the one above (Gradle's catalog).
    let folder = downriver_manifest::folder_of(file);
    let folder = if folder == "gradle" { "" } else { folder };
    Ok(read_application(folder, &files))
}

fn throughput(name: &str, file: &str, bytes: &[u8]) -> Result<Measurement> {
    let mut values = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        std::hint::black_box(read_one(file, bytes)?);
        values.push(as_float(bytes.len()) / started.elapsed().as_secs_f64());
    }
    Ok(Measurement::new(name, Unit::BytesPerSecond, values))
}
