//! How much is read of anything. What exceeds a limit is refused with a message that names it.

/// Bytes of one file.
pub const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Bytes of all files of one application.
pub const FILES_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Files read for one application.
pub const FILES_MAX: usize = 5_000;
/// Levels of nesting in JSON, YAML, TOML and XML.
pub const DEPTH_MAX: usize = 128;
/// Packages in one lockfile or SBOM.
pub const NODES_MAX: usize = 500_000;
/// Edges between them.
pub const EDGES_MAX: usize = 5_000_000;
/// Packages on the way to a dependency: the innermost of a longer way are left out.
pub const VIA_MAX: usize = 100;
/// Packages on the ways of all dependencies together: beyond it only the outermost of each is kept. Otherwise a lock that
/// is one long chain would take a hundred times its own size.
pub const VIAS_MAX: usize = 1_000_000;
/// Folders between the root of a source and a file.
pub const FOLDERS_MAX: usize = 64;
/// Files that include each other (`-r`, parent, workspace), one after the other.
pub const INCLUDES_MAX: usize = 32;
/// Problems kept of one reading.
pub const PROBLEMS_MAX: usize = 1_000;
