#![cfg(test)]
//! Scenario tests: every story of `events/stories` is replayed and held against what it expects; and random days are
//! simulated, with everything that may go wrong in them.

mod fuzz;
mod simulated_aws;
mod simulation;
mod stories;
