#![cfg(test)]
//! The embedded adapters, as their callers see them.

mod engine;
mod sqlite;
