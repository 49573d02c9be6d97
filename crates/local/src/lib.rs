//! The ports of Downriver embedded in one process: the store on SQLite, and what is simulated beside it.

mod simulator;
pub mod sqlite;
pub mod story;
pub mod world;
