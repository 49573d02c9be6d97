//! The fuzzer itself, for a moment: every parser takes some hundred changed samples. `cargo xtask fuzz` goes on for longer.

use std::process::Command;

#[test]
fn no_parser_panics_hangs_or_exhausts_the_memory() {
    let output = Command::new(env!("CARGO_BIN_EXE_fuzz"))
        .args(["--executions", "200", "--secs", "600", "--seed", "7"])
        .args(["--folder", env!("CARGO_TARGET_TMPDIR")])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains(" 0 failures"), "{out}");
}
