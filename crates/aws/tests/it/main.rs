#![cfg(test)]

mod store;
