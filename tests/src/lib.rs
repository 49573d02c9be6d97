//! Benchmarks, the fuzzer of the parsers, and the made-up files that both read; and under `tests/`, scenario and end-to-end
//! tests.

pub mod bench;
pub mod fuzz;
pub mod lockfiles;
