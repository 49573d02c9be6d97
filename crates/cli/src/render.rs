//! From values to text for people. Pure: width and colours come in as values, nothing is printed here.

pub(crate) mod plan;
pub(crate) mod replay;
pub(crate) mod style;
pub(crate) mod time;
pub(crate) mod timeline;
pub(crate) mod words;
