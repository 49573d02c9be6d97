#![cfg(test)]
//! The command as its users run it: arguments, output, exit codes, and what survives a kill.

mod access;
#[cfg(feature = "aws")]
mod deployment;
#[cfg(feature = "aws")]
mod discovered;
#[cfg(unix)]
mod doctor;
mod gates;
#[cfg(feature = "aws")]
mod granted;
mod index;
mod interrupted;
mod operators;
mod questions;
mod refused;
mod replays;
mod scene;
#[cfg(feature = "aws")]
mod unreachable;
mod versions;
