//! From values to text for people. Pure: width and colours come in as values, nothing is printed here.

pub(crate) mod style;
pub(crate) mod time;
