//! The versioned schema: how a file is recognised, created and brought up to date.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::error::{OpenError, is_busy};
use super::transaction::Session;

/// `DnRv` in the file's header: this is a Downriver store.
const APPLICATION_ID: i64 = 0x446e_5276;

/// How every SQLite database begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// One migration for each version of the schema; a store of version n has had the first n. Only ever added to.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// How long a writer waits for another one before it is a transient error.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the change to write-ahead logging is tried while other processes open the same new file.
const JOURNAL_MODE_TRIES_MAX: u32 = 200;
const JOURNAL_MODE_RETRY_AFTER: Duration = Duration::from_millis(10);
/// Prepared statements that are kept; there are fewer different ones.
const STATEMENTS_MAX: usize = 64;

/// Opens or creates a store in a file.
pub(super) fn open(path: &Path) -> Result<Session, OpenError> {
    if !may_be_database(path) {
        return Err(OpenError::NotAStore {
            path: path.to_owned(),
        });
    }
    let mut connection = Connection::open(path).map_err(|error| failed(path, error))?;
    prepare(path, &mut connection, true)?;
    Ok(Session::new(connection))
}

/// Creates a store in memory.
pub(super) fn open_in_memory() -> Result<Session, OpenError> {
    let path = Path::new(":memory:");
    let mut connection = Connection::open_in_memory().map_err(|error| failed(path, error))?;
    prepare(path, &mut connection, false)?;
    Ok(Session::new(connection))
}

/// SQLite takes a file that is shorter than its header for an empty database, and writes over it. A file that cannot be
/// read is left to SQLite to refuse.
fn may_be_database(path: &Path) -> bool {
    let mut start = Vec::with_capacity(MAGIC.len());
    let read =
        File::open(path).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start));
    read.is_err() || start.is_empty() || start == MAGIC
}

fn prepare(path: &Path, connection: &mut Connection, is_file: bool) -> Result<(), OpenError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(|error| failed(path, error))?;
    // Before anything is changed, also not the journal mode: the file may be somebody else's.
    check_snapshot(path, connection)?;
    if is_file {
        use_write_ahead_log(connection).map_err(|error| failed(path, error))?;
    }
    tune(connection).map_err(|error| failed(path, error))?;
    migrate(path, connection)
}

/// What the file's header says, and whether it holds anything.
struct Header {
    application_id: i64,
    version: i64,
    is_empty: bool,
}

fn read_header(connection: &Connection) -> rusqlite::Result<Header> {
    Ok(Header {
        application_id: connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
        version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
        is_empty: connection.query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)",
            (),
            |row| row.get(0),
        )?,
    })
}

/// Checks one state of the file: while it is read, another process may be creating the store.
fn check_snapshot(path: &Path, connection: &mut Connection) -> Result<usize, OpenError> {
    let transaction = connection
        .transaction()
        .map_err(|error| failed(path, error))?;
    check(path, &transaction)
}

/// The version of the store in the file; 0 for an empty file.
fn check(path: &Path, connection: &Connection) -> Result<usize, OpenError> {
    let not_a_store = || OpenError::NotAStore {
        path: path.to_owned(),
    };
    let header = read_header(connection).map_err(|error| failed(path, error))?;
    if header.is_empty && header.application_id == 0 && header.version == 0 {
        return Ok(0);
    }
    if header.application_id != APPLICATION_ID {
        return Err(not_a_store());
    }
    let version = usize::try_from(header.version).map_err(|_| not_a_store())?;
    if version > MIGRATIONS.len() {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: header.version,
            known: newest(),
        });
    }
    Ok(version)
}

/// Where several processes open one new file at the same moment, SQLite reports a lock instead of waiting for it.
fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())) {
            Err(error) if is_busy(&error) && tries < JOURNAL_MODE_TRIES_MAX => {
                std::thread::sleep(JOURNAL_MODE_RETRY_AFTER);
            }
            result => return result,
        }
    }
}

fn tune(connection: &Connection) -> rusqlite::Result<()> {
    // Otherwise a statement whose plan may depend on its values is prepared anew each time it is given others.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A commit survives the death of the process; a power cut may lose the last ones, never the file.
    connection.pragma_update(None, "synchronous", "normal")?;
    // In KiB, negative: a bound, taken as needed.
    connection.pragma_update(None, "cache_size", -262_144)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // In pages of 4 KiB: one checkpoint for some 1,000 commits.
    connection.pragma_update(None, "wal_autocheckpoint", 8192)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
}

/// Applies the missing migrations in one transaction. The version is read within it: another process may be first.
fn migrate(path: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    if check_snapshot(path, connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| failed(path, error))?;
    let version = check(path, &transaction)?;
    apply(&transaction, version).map_err(|error| failed(path, error))?;
    transaction.commit().map_err(|error| failed(path, error))
}

fn apply(connection: &Connection, version: usize) -> rusqlite::Result<()> {
    for migration in &MIGRATIONS[version..] {
        connection.execute_batch(migration)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", newest())
}

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("there are a few migrations")
}

fn failed(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    if is_busy(&error) {
        OpenError::Busy { path }
    } else if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        OpenError::NotAStore { path }
    } else {
        OpenError::Unusable {
            path,
            source: error,
        }
    }
}
