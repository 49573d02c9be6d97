//! From values to text for people. Pure: width and colours come in as values, nothing is printed here.

pub(crate) mod dependents;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod plan;
pub(crate) mod reading;
pub(crate) mod refresh;
pub(crate) mod replay;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod summary;
#[cfg(test)]
mod tests;
pub(crate) mod time;
pub(crate) mod timeline;
pub(crate) mod waits;
pub(crate) mod words;
