#![cfg(test)]
//! What the engine promises to the outside: the sample events.

mod events;
