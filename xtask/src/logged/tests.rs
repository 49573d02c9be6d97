use super::*;

#[test]
fn the_last_lines_are_all_of_a_short_text_and_the_end_of_a_long_one() {
    assert_eq!(last_lines("a\nb\n", 3), "a\nb");
    assert_eq!(last_lines("a\nb\nc\nd\n", 3), "b\nc\nd");
    assert_eq!(last_lines("", 3), "");
}

#[test]
fn a_command_is_shown_as_a_person_would_type_it() {
    let mut command = Command::new("/somewhere/deep/bin/sam");
    command.args(["deploy", "--stack-name", "downriver"]);
    assert_eq!(
        shown_command(&command),
        "`sam deploy --stack-name downriver`"
    );
}

#[test]
fn a_failed_command_says_what_it_said() {
    let log = std::env::temp_dir().join(format!("downriver-logged-{}", std::process::id()));
    let mut command = Command::new("sh");
    command.args(["-c", "echo the disk is full >&2; exit 3"]);
    let error = run_logged(&mut command, &log).expect_err("the command fails");
    fs::remove_file(&log).expect("the file is there");
    let message = error.to_string();
    assert!(message.contains("exit status: 3"), "{message}");
    assert!(message.ends_with("the disk is full"), "{message}");
}
