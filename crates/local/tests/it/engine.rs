//! Use cases of the engine where several stores or moments matter: on the embedded store, with pipelines that keep state.

mod checking;
mod desk;
mod races;
mod reading;
mod registering;
mod requested;
mod restorable;
mod restored;
mod rolling;
mod scheduled;
mod splitting;
mod sweeping;
mod weekly;
