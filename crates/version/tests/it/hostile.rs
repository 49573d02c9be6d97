//! Texts written to hurt: whatever the bytes, an answer comes, and it comes soon.
#![expect(
    clippy::disallowed_methods,
    reason = "the crate has no clock, but its tests ask how long an answer takes"
)]

use std::time::{Duration, Instant};

use downriver_version::{
    DependencySpecifier, Format, PackageId, PackageVersionId, Requirement, Version, highest_of,
    next_release_after, parse_purl,
};
use proptest::prelude::*;

use crate::properties::settings;

/// Far more than any of these texts takes, also unoptimised and on a busy machine; a quadratic reader takes minutes.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const MEGABYTE: usize = 1024 * 1024;
const ALTERNATIVES: usize = 10_000;
/// As long a version and a requirement as are looked at.
const VERSION_LEN: usize = 1024;
const REQUIREMENT_LEN: usize = 64 * 1024;

/// Pieces that are repeated to make a text: what opens, nests, repeats or backtracks in some format.
const PIECES: &[&str] = &[
    "1",
    "9",
    "0",
    "a",
    "1.",
    ".",
    "-",
    "+",
    "*",
    "x",
    "^",
    "~",
    "~>",
    "<",
    ">=1,",
    "!=1,",
    "==1.*,",
    "===",
    "(",
    ")",
    "[",
    "]",
    "[1,2),",
    "(,1],",
    "1 || ",
    "||",
    "|",
    ",",
    " ",
    "\t",
    "\n",
    "1 - 2 ",
    "1..<2",
    "1.0-a.",
    "1-alpha.",
    "a1",
    "1a",
    "!",
    "1!",
    "é",
    "\u{0}",
    "\u{202e}",
    "🦀",
    "%",
    "%41",
    "@",
    "/",
    "?a=b&",
    "#",
    "npm:",
    "latest",
    "*.",
    "'a' == 'a' and ",
    "((",
];

/// Asks everything that can be asked of a text in one format.
fn ask_everything(format: Format, text: &str) {
    let started = Instant::now();
    let requirement = Requirement::parse(format, text);
    let version = Version::parse(format, text);
    let small = ["1.0.0", "1.2.3-a.1", "10"].map(|small| Version::parse(format, small));
    let candidates: Vec<Version> = small.into_iter().chain([version]).flatten().collect();
    if let Ok(requirement) = &requirement {
        let _ = (
            requirement.kind(),
            requirement.alias(),
            requirement.selects(&candidates),
        );
        for candidate in &candidates {
            let _ = (
                requirement.admits(candidate),
                requirement.admits_with_prereleases(candidate),
            );
        }
    }
    for (a, b) in candidates.iter().zip(candidates.iter().rev()) {
        let _ = (a.compare(b), a.is_prerelease());
    }
    let _ = (
        highest_of(format, &[text, "1.0.0"]),
        next_release_after(format, &[text, "1.0.0"]),
    );
    let package = PackageId::new(format, Some(text), text);
    let _ = package.and_then(|package| PackageVersionId::new(package, text));
    let taken = started.elapsed();
    let beginning: String = text.chars().take(40).collect();
    assert!(
        taken < ANSWER_WITHIN,
        "{format}: {taken:?} for {} bytes of {beginning:?}",
        text.len()
    );
}

fn repeated(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

#[test]
fn a_text_of_any_length_is_answered_soon() {
    for format in Format::ALL {
        for piece in PIECES {
            for bytes in [VERSION_LEN, REQUIREMENT_LEN] {
                ask_everything(format, &repeated(piece, bytes));
                ask_everything(format, &format!("1.0{}", repeated(piece, bytes - 3)));
            }
        }
    }
}

#[test]
fn a_megabyte_is_answered_soon() {
    for format in Format::ALL {
        for piece in ["1.", "1 || ", "(", "🦀"] {
            ask_everything(format, &repeated(piece, MEGABYTE));
        }
    }
}

#[test]
fn ten_thousand_alternatives_are_answered_soon() {
    for format in Format::ALL {
        for alternative in ["1 || ", "1||", "1,", "[1],", "!=1,", ">0,", "1, "] {
            let text = alternative.repeat(ALTERNATIVES);
            ask_everything(format, &text);
            ask_everything(format, text.trim_end_matches([',', ' ', '|']));
        }
    }
}

#[test]
fn ten_thousand_candidates_are_chosen_from_soon() {
    for format in Format::ALL {
        let candidates: Vec<Version> = (0..ALTERNATIVES)
            .filter_map(|number| {
                Version::parse(format, &format!("1.{}.{}", number % 100, number / 100)).ok()
            })
            .collect();
        assert_eq!(candidates.len(), ALTERNATIVES, "{format}");
        let started = Instant::now();
        for requirement in ["1.50.3", "*", "[1.0,2.0)", "^1", ">=1", "~> 1.2"] {
            if let Ok(requirement) = Requirement::parse(format, requirement) {
                let _ = requirement.selects(&candidates);
            }
        }
        let taken = started.elapsed();
        assert!(taken < ANSWER_WITHIN, "{format}: {taken:?}");
    }
}

#[test]
fn a_long_package_url_or_dependency_specifier_is_answered_soon() {
    for piece in PIECES {
        for bytes in [REQUIREMENT_LEN, 2 * REQUIREMENT_LEN] {
            let text = repeated(piece, bytes);
            let started = Instant::now();
            for text in [
                text.clone(),
                format!("pkg:npm/{text}"),
                format!("pkg:npm/a?{text}"),
                format!("a ; {text}"),
            ] {
                let _ = (
                    parse_purl(&text),
                    text.parse::<PackageId>(),
                    text.parse::<PackageVersionId>(),
                );
                let _ = DependencySpecifier::parse(&text);
            }
            let taken = started.elapsed();
            assert!(
                taken < ANSWER_WITHIN,
                "{taken:?} for {bytes} bytes of `{}`",
                piece.escape_debug()
            );
        }
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let text = String::from_utf8_lossy(&bytes);
        for format in Format::ALL {
            ask_everything(format, &text);
        }
        let _ = (parse_purl(&text), DependencySpecifier::parse(&text));
    }

    #[test]
    fn no_mixture_of_pieces_panics(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12)) {
        let text = pieces.concat();
        for format in Format::ALL {
            ask_everything(format, &text);
        }
        let _ = (parse_purl(&text), DependencySpecifier::parse(&text));
    }
}
