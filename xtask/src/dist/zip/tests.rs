use std::fs;
use std::process::Command;

use super::*;

#[test]
fn another_program_reads_the_archive_and_its_mode() {
    let program = b"#!/bin/sh\necho started\n".repeat(1000);
    let zip = of_program("bootstrap", &program).expect("it is small");
    assert!(zip.len() < program.len());
    let path = std::env::temp_dir().join(format!("downriver-{}.zip", std::process::id()));
    fs::write(&path, &zip).expect("a folder for temporary files is there");
    let script = "import sys, zipfile\n\
                  z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; (i,) = z.infolist()\n\
                  print(i.filename, i.file_size, oct(i.external_attr >> 16), i.date_time)";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .output()
        .expect("python3 is there");
    fs::remove_file(&path).expect("the file is there");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        shown, "bootstrap 23000 0o100755 (1980, 1, 1, 0, 0, 0)\n",
        "{output:?}"
    );
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let zip = || of_program("bootstrap", b"the same").expect("it is small");
    assert_eq!(zip(), zip());
    assert_ne!(
        zip(),
        of_program("bootstrap", b"another").expect("it is small")
    );
}
