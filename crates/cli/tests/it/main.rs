#![cfg(test)]
//! The command as its users run it: arguments, output, exit codes, and what survives a kill.

mod interrupted;
mod operators;
mod questions;
mod refused;
mod replays;
mod scene;
mod versions;
