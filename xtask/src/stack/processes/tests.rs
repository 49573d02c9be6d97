use super::*;

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("downriver-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for temporary files is there");
    folder
}

/// Waits until so many of the folder's processes are found: one that was just started has no readable environment until it runs its own program.
fn wait_for(count: usize, folder: &Path) {
    while ids(folder).expect("processes can be listed").len() < count {
        sleep(POLL_INTERVAL);
    }
}

/// A shell that starts a process of its own and is deaf to the first signal.
fn start_family(folder: &Path) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' TERM; sleep 600 & sleep 600; sleep 600"]);
    start(&mut command, folder, Lifetime::Lasting, &folder.join("log")).expect("sh is there")
}

#[test]
fn a_mark_must_be_the_whole_variable() {
    let environment = b"PATH=/bin\0DOWNRIVER_LOCAL_STACK=/a/target/local-stack\0";
    assert!(has_mark(
        environment,
        "DOWNRIVER_LOCAL_STACK=/a/target/local-stack"
    ));
    assert!(!has_mark(
        environment,
        "DOWNRIVER_LOCAL_STACK=/a/target/local"
    ));
    assert!(!has_mark(b"", "DOWNRIVER_LOCAL_STACK=/a"));
}

#[test]
fn what_a_process_started_itself_ends_with_it() {
    let folder = folder("family");
    let mut parent = start_family(&folder);
    wait_for(2, &folder);
    assert!(stop_within(&folder, POLL_INTERVAL).expect("they can be ended") >= 2);
    assert!(!parent.wait().expect("it is our child").success());
    assert_eq!(
        ids(&folder).expect("processes can be listed"),
        Vec::<i32>::new()
    );
    fs::remove_dir_all(&folder).expect("the folder is there");
}

#[test]
fn nothing_to_end_is_fine_and_another_stack_is_left_alone() {
    let (ours, other) = (folder("ours"), folder("other"));
    let mut stranger = start(
        Command::new("sleep").arg("600"),
        &other,
        Lifetime::WithThisProgram,
        &other.join("log"),
    )
    .expect("sleep is there");
    wait_for(1, &other);
    assert_eq!(stop_all(&ours).expect("processes can be listed"), 0);
    assert_eq!(stranger.try_wait().expect("it is our child"), None);
    assert_eq!(stop_all(&other).expect("it can be ended"), 1);
    stranger.wait().expect("it is our child");
    for folder in [ours, other] {
        fs::remove_dir_all(&folder).expect("the folder is there");
    }
}

#[test]
fn only_what_was_set_for_a_command_and_what_is_harmless_reaches_it() {
    let mut command = Command::new("env");
    command
        .env("SAM_CLI_TELEMETRY", "0")
        .env("PATH", "/tools:/bin:/usr/bin");
    isolate(&mut command);
    let output = command.output().expect("env is there");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        shown
            .lines()
            .any(|line| line == "PATH=/tools:/bin:/usr/bin"),
        "{shown}"
    );
    assert!(
        shown.lines().any(|line| line == "SAM_CLI_TELEMETRY=0"),
        "{shown}"
    );
    // cargo sets it for every test.
    assert!(
        std::env::var_os("CARGO_MANIFEST_DIR").is_some() && !shown.contains("CARGO_MANIFEST_DIR"),
        "{shown}"
    );
}
