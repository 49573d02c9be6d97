//! The ports of Downriver embedded in one process: the store on SQLite, and what is simulated beside it.

pub mod sqlite;
