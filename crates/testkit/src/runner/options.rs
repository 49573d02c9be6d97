//! What is asked for.

use crate::simulation::Bug;

pub const USAGE: &str = "usage: simulate [--seeds N] [--from S] [--jobs J] [--plant BUG] | --seed S [--trace] [--plant BUG] | --planted [--seeds N]";
const SEEDS_DEFAULT: u64 = 2_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub seeds: u64,
    pub from: u64,
    pub jobs: u64,
    /// Only this one.
    pub seed: Option<u64>,
    /// The whole trace of the one seed.
    pub is_traced: bool,
    pub bug: Option<Bug>,
    /// Each planted bug in turn.
    pub is_planted: bool,
}

impl Options {
    /// What was wrong, where, and what to do, if these are no options.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut options = Self {
            seeds: SEEDS_DEFAULT,
            from: 0,
            jobs: u64::try_from(cores).unwrap_or(1),
            seed: None,
            is_traced: false,
            bug: None,
            is_planted: false,
        };
        while let Some(name) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                "--seeds" => options.seeds = number(&name, &value()?)?,
                "--from" => options.from = number(&name, &value()?)?,
                "--jobs" => options.jobs = number(&name, &value()?)?.max(1),
                "--seed" => options.seed = Some(number(&name, &value()?)?),
                "--plant" => options.bug = Some(bug(&value()?)?),
                "--trace" => options.is_traced = true,
                "--planted" => options.is_planted = true,
                _ => return Err(format!("there is no option `{name}`")),
            }
        }
        if options.is_traced && options.seed.is_none() {
            return Err("--trace needs the seed of one day: --seed S".to_owned());
        }
        Ok(options)
    }
}

fn number(name: &str, value: &str) -> Result<u64, String> {
    value
        .parse()
        .map_err(|_| format!("{name} needs a number, not `{value}`"))
}

fn bug(name: &str) -> Result<Bug, String> {
    Bug::of_name(name).ok_or_else(|| {
        let known: Vec<&str> = Bug::ALL.into_iter().map(Bug::name).collect();
        format!("there is no bug `{name}`: {}", known.join(", "))
    })
}
