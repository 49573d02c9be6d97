mod calls;
mod conformance;
mod delivering;
mod faults;
mod modes;
mod people;
mod play;
mod reports;
