//! Windows, freezes, ages and limits.
