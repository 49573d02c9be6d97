//! What a function reads from its environment: once, typed, with every problem told at once.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use downriver_domain::AccountId;
use downriver_engine::wire::Sources;
use tracing_subscriber::filter::LevelFilter;

use crate::pipelines::{SPOKES_MAX, Spokes};
use crate::ports::Resources;
use crate::queue::account_of_queue;

const TABLE_NAME: &str = "TABLE_NAME";
const CHANGES_QUEUE_URL: &str = "CHANGES_QUEUE_URL";
const DUE_QUEUE_URL: &str = "DUE_QUEUE_URL";
const INDEX_QUEUE_URL: &str = "INDEX_QUEUE_URL";
const QUARANTINE_QUEUE_URL: &str = "QUARANTINE_QUEUE_URL";
const BUS_NAME: &str = "BUS_NAME";
const BUCKET_NAME: &str = "BUCKET_NAME";
const STARTER_ROLE_ARN: &str = "STARTER_ROLE_ARN";
const SPOKE_ACCOUNTS: &str = "SPOKE_ACCOUNTS";
const SPOKE_EXTERNAL_ID: &str = "SPOKE_EXTERNAL_ID";
const SPOKE_ROLE_ARN: &str = "SPOKE_ROLE_ARN";
const EXTRA_EVENT_SOURCES: &str = "EXTRA_EVENT_SOURCES";
const SHADOW_MODE: &str = "SHADOW_MODE";
const HISTORY_RETENTION_DAYS: &str = "HISTORY_RETENTION_DAYS";
const LOG_LEVEL: &str = "LOG_LEVEL";
const DEPLOYMENT_NAME: &str = "DEPLOYMENT_NAME";

/// What `index` reads.
const INDEX_VARIABLES: &[&str] = &[
    BUCKET_NAME,
    BUS_NAME,
    DEPLOYMENT_NAME,
    DUE_QUEUE_URL,
    HISTORY_RETENTION_DAYS,
    INDEX_QUEUE_URL,
    LOG_LEVEL,
    QUARANTINE_QUEUE_URL,
    SHADOW_MODE,
    SPOKE_ACCOUNTS,
    SPOKE_EXTERNAL_ID,
    SPOKE_ROLE_ARN,
    TABLE_NAME,
];

const HISTORY_RETENTION_DAYS_MAX: u32 = 3_653;

/// The functions of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Resolve,
    Start,
    Track,
    Index,
    Sweep,
}

impl Function {
    pub const ALL: [Self; 5] = [
        Self::Resolve,
        Self::Start,
        Self::Track,
        Self::Index,
        Self::Sweep,
    ];

    /// Its name in file names, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Start => "start",
            Self::Track => "track",
            Self::Index => "index",
            Self::Sweep => "sweep",
        }
    }

    /// Its time-out in the template, in seconds.
    pub const fn time_limit_secs(self) -> u64 {
        match self {
            Self::Start => 30,
            Self::Resolve | Self::Track => 60,
            Self::Sweep => 300,
            Self::Index => 900,
        }
    }

    /// The variables that it reads, besides those that the SDK reads for itself (`AWS_…`).
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Resolve => &[
                BUS_NAME,
                CHANGES_QUEUE_URL,
                DEPLOYMENT_NAME,
                DUE_QUEUE_URL,
                EXTRA_EVENT_SOURCES,
                HISTORY_RETENTION_DAYS,
                LOG_LEVEL,
                QUARANTINE_QUEUE_URL,
                SHADOW_MODE,
                TABLE_NAME,
            ],
            Self::Start => &[
                BUS_NAME,
                DEPLOYMENT_NAME,
                DUE_QUEUE_URL,
                HISTORY_RETENTION_DAYS,
                LOG_LEVEL,
                QUARANTINE_QUEUE_URL,
                SHADOW_MODE,
                SPOKE_ACCOUNTS,
                SPOKE_EXTERNAL_ID,
                SPOKE_ROLE_ARN,
                STARTER_ROLE_ARN,
                TABLE_NAME,
            ],
            Self::Track => &[
                BUS_NAME,
                DEPLOYMENT_NAME,
                DUE_QUEUE_URL,
                EXTRA_EVENT_SOURCES,
                HISTORY_RETENTION_DAYS,
                INDEX_QUEUE_URL,
                LOG_LEVEL,
                QUARANTINE_QUEUE_URL,
                SHADOW_MODE,
                SPOKE_ACCOUNTS,
                SPOKE_EXTERNAL_ID,
                SPOKE_ROLE_ARN,
                TABLE_NAME,
            ],
            Self::Index => INDEX_VARIABLES,
            Self::Sweep => &[
                BUS_NAME,
                DEPLOYMENT_NAME,
                DUE_QUEUE_URL,
                HISTORY_RETENTION_DAYS,
                INDEX_QUEUE_URL,
                LOG_LEVEL,
                SHADOW_MODE,
                SPOKE_ACCOUNTS,
                SPOKE_EXTERNAL_ID,
                SPOKE_ROLE_ARN,
                STARTER_ROLE_ARN,
                TABLE_NAME,
            ],
        }
    }
}

/// What a function was configured with. What it does not read is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub function: Function,
    pub resources: Resources,
    pub quarantine_queue_url: Option<String>,
    /// Which event sources are believed.
    pub sources: Sources,
    pub log_level: LevelFilter,
}

/// A variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub variable: &'static str,
    /// What it holds; never shown for what is not known to be harmless.
    pub found: Option<String>,
    pub expected: &'static str,
}

/// Everything that is wrong with a function's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    pub function: Function,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl std::error::Error for SettingsError {}

impl fmt::Display for SettingsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "failed to read the environment of {}: ",
            self.function.as_str()
        )?;
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                out.write_str("; ")?;
            }
            match &problem.found {
                None => write!(out, "{} is not set", problem.variable)?,
                Some(found) => write!(out, "{} is `{found}`", problem.variable)?,
            }
            write!(out, ": set it to {}", problem.expected)?;
        }
        out.write_str(". The deployment's template sets all of them: deploy it again, or mend what was changed by hand")
    }
}

impl Settings {
    /// Reads the process's environment.
    pub fn from_environment(function: Function) -> Result<Self, SettingsError> {
        Self::read(function, |name| std::env::var(name).ok())
    }

    /// Reads variables wherever they stand.
    pub fn read(
        function: Function,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut reader = Reader {
            function,
            lookup,
            problems: Vec::new(),
        };
        let settings = reader.settings();
        match (settings, reader.problems) {
            (Some(settings), problems) if problems.is_empty() => Ok(settings),
            (_, problems) => Err(SettingsError { function, problems }),
        }
    }
}

/// Reads on after a problem, to tell all of them. What could not be read is `None`, and stands among the problems.
struct Reader<L> {
    function: Function,
    lookup: L,
    problems: Vec<Problem>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn settings(&mut self) -> Option<Settings> {
        let deployment = self.text(DEPLOYMENT_NAME, "the name of the deployment's stack");
        let table_name = self.text(TABLE_NAME, "the name of the deployment's table");
        let due_queue = self.queue(DUE_QUEUE_URL);
        let changes_queue = self.if_read(CHANGES_QUEUE_URL, Self::queue);
        let index_queue = self.if_read(INDEX_QUEUE_URL, Self::queue);
        let quarantine_queue = self.if_read(QUARANTINE_QUEUE_URL, Self::queue);
        let bus_name = self.text(BUS_NAME, "the name of the deployment's event bus");
        let bucket_name = self.if_read(BUCKET_NAME, |reader, name| {
            reader.text(name, "the name of the deployment's bucket")
        });
        let starter_role = self.if_read(STARTER_ROLE_ARN, |reader, name| {
            let expected = "the ARN of the deployment's starter role, arn:…:iam::…:role/…";
            reader.checked(name, expected, |text| text.parse().ok())
        });
        let spokes = self.if_read(SPOKE_ACCOUNTS, Self::spokes);
        let sources = self.if_read(EXTRA_EVENT_SOURCES, |reader, name| {
            Some(reader.sources(name))
        });
        let history_retention_days = self.days(HISTORY_RETENTION_DAYS);
        let is_shadow = self.checked(SHADOW_MODE, "`true` or `false`", |text| text.parse().ok());
        let log_level = self.level(LOG_LEVEL);
        let (due_queue_url, account) = due_queue?;
        Some(Settings {
            function: self.function,
            resources: Resources {
                deployment: deployment?,
                account,
                table_name: table_name?,
                due_queue_url,
                changes_queue_url: changes_queue.map(|(url, _)| url),
                index_queue_url: index_queue.map(|(url, _)| url),
                bucket_name,
                bus_name: bus_name?,
                starter_role,
                spokes,
                history_retention_days: history_retention_days?,
                is_shadow: is_shadow?,
            },
            quarantine_queue_url: quarantine_queue.map(|(url, _)| url),
            sources: sources.unwrap_or_default(),
            log_level: log_level?,
        })
    }

    /// `None` also where a function does not read it, which is no problem.
    fn if_read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        let is_read = self.function.variables().contains(&name);
        is_read.then(|| read(self, name)).flatten()
    }

    /// The value; absent and empty are the same, as a template cannot leave a variable out everywhere.
    fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    fn checked<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = self.value(name);
        let parsed = found.as_deref().and_then(|text| parse(text.trim()));
        if parsed.is_none() {
            self.problems.push(Problem {
                variable: name,
                found: found.map(|text| shown(&text)),
                expected,
            });
        }
        parsed
    }

    fn text(&mut self, name: &'static str, expected: &'static str) -> Option<String> {
        self.checked(name, expected, |text| Some(text.to_owned()))
    }

    /// A queue's URL, and the account it is in: the deployment's own.
    fn queue(&mut self, name: &'static str) -> Option<(String, AccountId)> {
        let expected = "the URL of the deployment's queue, https://…/<account>/<name>";
        self.checked(name, expected, |url| {
            Some((url.to_owned(), account_of_queue(url)?))
        })
    }

    /// Other accounts, of which there may be none.
    fn spokes(&mut self, name: &'static str) -> Option<Spokes> {
        let listed = self.value(name).unwrap_or_default();
        let accounts = if listed.is_empty() {
            Some(BTreeSet::new())
        } else {
            let expected = "account ids of 12 digits, comma separated, at most 100; or to nothing";
            self.checked(name, expected, parse_accounts)
        };
        let role = self.checked(
            SPOKE_ROLE_ARN,
            "the ARN of the role in other accounts, with `*` for the account: arn:…:iam::*:role/…",
            |text| text.parse().ok(),
        );
        let external_id = self.checked(
            SPOKE_EXTERNAL_ID,
            "what that role's trust asks for, 2 to 1224 letters, digits and `_+=,.@:/-`",
            |text| text.parse().ok(),
        );
        Some(Spokes {
            accounts: accounts?,
            role: role?,
            external_id: external_id?,
            reader: format!("downriver@{}", self.function.as_str()),
        })
    }

    fn days(&mut self, name: &'static str) -> Option<u32> {
        self.checked(name, "a number of days, 1 to 3653", |text| {
            let days: u32 = text.parse().ok()?;
            (1..=HISTORY_RETENTION_DAYS_MAX)
                .contains(&days)
                .then_some(days)
        })
    }

    fn level(&mut self, name: &'static str) -> Option<LevelFilter> {
        let expected = "trace, debug, info, warn or error";
        self.checked(name, expected, |text| {
            let is_level = ["trace", "debug", "info", "warn", "error"].contains(&text);
            is_level.then(|| text.parse().ok()).flatten()
        })
    }

    /// May be empty: then only AWS's own events are taken.
    fn sources(&self, name: &'static str) -> Sources {
        let value = self.value(name).unwrap_or_default();
        Sources::with_extra(
            value
                .split(',')
                .map(str::trim)
                .filter(|source| !source.is_empty())
                .map(ToOwned::to_owned),
        )
    }
}

fn parse_accounts(text: &str) -> Option<BTreeSet<AccountId>> {
    let accounts = text.split(',').map(|account| account.trim().parse().ok());
    let accounts: BTreeSet<AccountId> = accounts.collect::<Option<_>>()?;
    (accounts.len() <= SPOKES_MAX).then_some(accounts)
}

/// At most 100 visible characters: what stands in a log should not break it.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for char in text.chars().take(100) {
        if char.is_control() {
            let _ = write!(shown, "{}", char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}
