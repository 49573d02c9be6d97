//! What one question to the version crate costs: parsed beforehand, as the engine asks, and with parsing.

mod sample;

use anyhow::{Context, Result};
use downriver_version::{Format, Requirement, Version};

use super::Setting;
use super::measure::{memory_peak_bytes, nanos_per_call};
use super::report::{Measurement, Unit};
use sample::Sample;

/// Measures every format on its built-in sample, and on the corpus where there is one.
pub(super) fn run(setting: &Setting) -> Result<Vec<Measurement>> {
    let mut measurements = Vec::new();
    for format in Format::ALL {
        measurements.extend(measure(&format.to_string(), &Sample::built_in(format))?);
    }
    if !setting.is_quick {
        for format in Format::ALL {
            if let Some(sample) = Sample::of_corpus(format)? {
                measurements.extend(measure(&format!("{format}, corpus"), &sample)?);
            }
        }
    }
    measurements.extend(
        memory_peak_bytes().map(|bytes| Measurement::new("peak memory", Unit::Bytes, vec![bytes])),
    );
    Ok(measurements)
}

fn measure(name: &str, sample: &Sample) -> Result<Vec<Measurement>> {
    let parsed =
        parse_all(sample).with_context(|| format!("failed to parse the sample of {name}"))?;
    let nanos =
        |what: &str, values| Measurement::new(format!("{name}: {what}"), Unit::Nanos, values);
    let questions = sample.admits.len();
    let pairs = sample.pairs.len();
    let mut measurements = Vec::new();
    if questions > 0 {
        measurements.push(nanos(
            "admits",
            nanos_per_call(questions, || {
                parsed
                    .admits
                    .iter()
                    .filter(|(requirement, version)| requirement.admits(version))
                    .count()
            }),
        ));
        measurements.push(nanos(
            "admits, with parsing",
            nanos_per_call(questions, || {
                sample
                    .admits
                    .iter()
                    .filter(|(requirement, version)| admits(sample.format, requirement, version))
                    .count()
            }),
        ));
    }
    if pairs > 0 {
        measurements.push(nanos(
            "compare",
            nanos_per_call(pairs, || {
                parsed
                    .pairs
                    .iter()
                    .filter_map(|(a, b)| a.compare(b))
                    .filter(|order| order.is_lt())
                    .count()
            }),
        ));
        measurements.push(nanos(
            "compare, with parsing",
            nanos_per_call(pairs, || {
                sample
                    .pairs
                    .iter()
                    .filter(|(a, b)| is_less(sample.format, a, b))
                    .count()
            }),
        ));
    }
    Ok(measurements)
}

struct Parsed {
    admits: Vec<(Requirement, Version)>,
    pairs: Vec<(Version, Version)>,
}

fn parse_all(sample: &Sample) -> Result<Parsed> {
    let mut parsed = Parsed {
        admits: Vec::new(),
        pairs: Vec::new(),
    };
    for (requirement, version) in &sample.admits {
        parsed.admits.push((
            Requirement::parse(sample.format, requirement)?,
            Version::parse(sample.format, version)?,
        ));
    }
    for (a, b) in &sample.pairs {
        parsed.pairs.push((
            Version::parse(sample.format, a)?,
            Version::parse(sample.format, b)?,
        ));
    }
    Ok(parsed)
}

fn admits(format: Format, requirement: &str, version: &str) -> bool {
    let requirement = Requirement::parse(format, requirement);
    let version = Version::parse(format, version);
    matches!((requirement, version), (Ok(requirement), Ok(version)) if requirement.admits(&version))
}

fn is_less(format: Format, a: &str, b: &str) -> bool {
    let parsed = (Version::parse(format, a), Version::parse(format, b));
    matches!(parsed, (Ok(a), Ok(b)) if a.compare(&b).is_some_and(std::cmp::Ordering::is_lt))
}
