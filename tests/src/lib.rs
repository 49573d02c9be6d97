//! Benchmarks, the fuzzer of the parsers, and the made-up files that both read; what the local stack's CodeArtifact holds; and under `tests/`, scenario and end-to-end
//! tests.

pub mod bench;
pub mod fuzz;
pub mod lockfiles;
pub mod registry;
