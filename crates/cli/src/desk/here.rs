//! A store on this machine: a file that a replay made, or one in memory with the catalog applied.

use std::collections::VecDeque;
use std::path::Path;

use downriver_domain::Timestamp;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::Ports;
use downriver_engine::register;
use downriver_local::sqlite::SqliteStore;
use downriver_local::world::{clock_of, complete};

use super::Desk;
use super::still::{Still, wall_clock};
use crate::arguments::GlobalOptions;
use crate::exit::refuse;
use crate::report::each_entry;
use crate::setup::{find_catalog, load_catalog_with_folders, open_store};
use crate::terminal::Terminal;

/// A store, and an instant that counts as now.
#[derive(Debug)]
pub(crate) struct LocalDesk {
    store: SqliteStore,
    still: Still,
    /// It is a file, which keeps what is done.
    is_file: bool,
}

impl LocalDesk {
    /// The store that the options name, as far as its replay has come; else one in memory with the catalog applied.
    pub(crate) fn open(options: &GlobalOptions, terminal: &mut Terminal) -> anyhow::Result<Self> {
        if options.store.is_some() {
            return Self::open_file(options);
        }
        let loaded = load_catalog_with_folders(&find_catalog(options)?, None)?;
        loaded.remarks.iter().for_each(|text| terminal.remark(text));
        let now = wall_clock();
        let desk = Self {
            store: SqliteStore::in_memory()?,
            still: Still::at(now),
            is_file: false,
        };
        complete(register::apply(&desk, &loaded.catalog, now.minus_secs(1)))?;
        Ok(desk)
    }

    /// The store file that the options must name.
    pub(crate) fn open_file(options: &GlobalOptions) -> anyhow::Result<Self> {
        let Some(path) = &options.store else {
            return Err(refuse(
                "this changes a store: name its file with --store FILE (`downriver replay PATH --store FILE` makes one), or a deployment with --deployment NAME",
            ));
        };
        if !path.is_file() {
            return Err(refuse(format!(
                "there is no store {}: `downriver replay PATH --store {0}` makes one",
                path.display()
            )));
        }
        Self::over_file(path)
    }

    /// The store file that `index` fills: made with the catalog applied if it is not there. An application is then
    /// registered from the beginning of time, since nothing that a later replay tells came before it.
    pub(crate) fn open_or_make(
        options: &GlobalOptions,
        path: &Path,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Self> {
        if path.is_file() {
            return Self::over_file(path);
        }
        let loaded = load_catalog_with_folders(&find_catalog(options)?, None)?;
        loaded.remarks.iter().for_each(|text| terminal.remark(text));
        let desk = Self::over_file(path)?;
        let beginning = Timestamp::from_unix_millis(0);
        complete(register::apply(&desk, &loaded.catalog, beginning))?;
        Ok(desk)
    }

    fn over_file(path: &Path) -> anyhow::Result<Self> {
        let store = open_store(path)?;
        let now: Timestamp = clock_of(&store)?.unwrap_or_else(wall_clock);
        Ok(Self {
            store,
            still: Still::at(now),
            is_file: true,
        })
    }
}

impl Desk for LocalDesk {
    fn deployment(&self) -> Option<&str> {
        None
    }

    fn has_past(&self) -> bool {
        self.is_file
    }

    async fn newest(&self, limit: usize) -> anyhow::Result<Vec<HistoryEntry>> {
        let mut kept = VecDeque::new();
        each_entry(&self.store, |entry| {
            kept.push_front(entry);
            kept.truncate(limit);
            Ok(())
        })?;
        Ok(kept.into())
    }

    async fn patiently<T>(&self, _: &mut Terminal, work: impl Future<Output = T>) -> T {
        work.await
    }
}

impl Ports for LocalDesk {
    type Store = SqliteStore;
    type Queue = Still;
    type Pipelines = Still;
    type Registry = Still;
    type Artifacts = Still;
    type Bus = Still;
    type Clock = Still;

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    fn queue(&self) -> &Still {
        &self.still
    }

    fn pipelines(&self) -> &Still {
        &self.still
    }

    fn registry(&self) -> &Still {
        &self.still
    }

    fn artifacts(&self) -> &Still {
        &self.still
    }

    fn bus(&self) -> &Still {
        &self.still
    }

    fn clock(&self) -> &Still {
        &self.still
    }
}
