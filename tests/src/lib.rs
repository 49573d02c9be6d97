//! Benchmarks; and under `tests/`, scenario and end-to-end tests.

pub mod bench;
