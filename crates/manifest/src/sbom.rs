//! SBOMs: `CycloneDX` and SPDX as JSON, read and (`CycloneDX`) written.
//!
//! What an SBOM tells is what was put together, not what was asked for: package URLs, versions, who depends on whom. The
//! requirement is known only from an SBOM of our own, which carries it in properties. Both formats are read in one pass,
//! piece by piece, into the same parts ([`parts`]), which become the graph ([`assemble`]).

mod assemble;
mod cyclonedx;
mod document;
pub(crate) mod json;
mod own;
mod parts;
mod spdx;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use downriver_version::Format;

use crate::files::{Files, folder_of};
use crate::kind::{FileKind, recognise};
use crate::reading::{FileSummary, Problem, Reading};
use crate::text::decode;

pub use write::write_cyclonedx;

/// Reads the SBOMs of the folder itself. Each counts for the formats that nothing before it told of: where a lockfile or a
/// manifest is read, it knows more, and of two SBOMs in different formats the second says the same again.
pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let found = files
        .below(folder)
        .filter(|(path, _)| folder_of(path) == folder && recognise(path) == Some(FileKind::Sbom));
    for (path, bytes) in found {
        if !is_sbom(bytes) {
            continue;
        }
        let mut told = Reading::default();
        if let Err(problem) = read_file(path, bytes, &mut told) {
            reading.problem(problem);
            continue;
        }
        let known: BTreeSet<Format> = reading
            .dependencies
            .iter()
            .map(|found| found.package.format())
            .collect();
        let news = told
            .dependencies
            .into_iter()
            .filter(|found| !known.contains(&found.package.format()));
        reading.dependencies.extend(news);
        if known.is_empty() {
            reading.left_out.extend(told.left_out);
        }
        reading.files.extend(told.files);
        for problem in told.problems {
            reading.problem(problem);
        }
    }
}

/// Reads one SBOM by its content.
pub(crate) fn read_file(path: &str, bytes: &[u8], reading: &mut Reading) -> Result<(), Problem> {
    let text = decode(path, bytes)?;
    if text.trim_start().starts_with('<') {
        let text = "is XML: SBOMs are read as JSON only; let the tool that made it write CycloneDX or SPDX JSON";
        return Err(Problem::new(path, Some(1), text));
    }
    let parts = document::parse(path, &text)?;
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: parts.format.clone(),
        locked: parts.package_urls(),
        declared: 0,
    });
    assemble::assemble(path, &text, parts, reading)
}

/// Many a `.json` has `bom` in its name. What is no SBOM is no problem either.
fn is_sbom(bytes: &[u8]) -> bool {
    [&b"\"bomFormat\""[..], b"\"spdxVersion\""]
        .into_iter()
        .any(|key| memchr::memmem::find(bytes, key).is_some())
}
