#![cfg(test)]
//! Scenario tests: every story of `events/stories` is replayed and held against what it expects.

mod stories;
