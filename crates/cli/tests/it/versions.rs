//! `downriver versions` against facts that the ecosystems' own tools state, through its standard input.
//!
//! The corpus is not part of the tree: it is looked for in `shared/vectors` beside the workspace, and a plain line says
//! where it was missed.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::{Map, Value, json};

/// Every format that may have a file of a kind.
const FORMATS: [&str; 8] = [
    "cargo", "generic", "maven", "npm", "nuget", "pypi", "ruby", "swift",
];

#[test]
fn what_is_admitted_agrees_with_the_tools() {
    check_all("admits", "admits", "admits");
}

#[test]
fn how_versions_compare_agrees_with_the_tools() {
    check_all("order", "compare", "cmp");
}

/// NuGet's answers are normalised; the listed text that comes back is compared with them as a version.
#[test]
fn what_is_selected_agrees_with_the_tools() {
    let Some(folder) = corpus() else { return };
    let lines = read(&folder.join("nuget-select.jsonl"));
    let answers = ask("select", lines.iter().map(|line| without(line, "selected")));
    let mut pairs = Vec::new();
    for (line, answer) in lines.iter().zip(&answers) {
        let (expected, found) = (&line["selected"], &answer["selected"]);
        assert_eq!(expected.is_null(), found.is_null(), "{answer}");
        if let Some(found) = found.as_str() {
            let versions = line["versions"].as_array().unwrap();
            assert!(versions.contains(&found.into()), "{answer}");
            pairs.push(json!({"format": "nuget", "a": expected, "b": found}));
        }
    }
    for answer in ask("compare", pairs.into_iter()) {
        assert_eq!(answer["cmp"], 0, "{answer}");
    }
}

/// Whether a text is a requirement shows in whether there is an error. npm takes what is no range for a tag, which no
/// answer to this question tells apart, so its lines are left to the tests of the library.
#[test]
fn what_is_a_requirement_agrees_with_the_tools() {
    let Some(folder) = corpus() else { return };
    for format in ["cargo", "maven", "nuget"] {
        let mut lines = read(&folder.join(format!("{format}-parse.jsonl")));
        lines.retain(|line| {
            line["options"]["scheme"] != "maven-artifact" && line["nonstring"] != true
        });
        let questions = lines.iter().map(|line| {
            json!({"format": format, "requirement": line["requirement"], "version": "1.0.0"})
        });
        for (line, answer) in lines.iter().zip(ask("admits", questions)) {
            assert_eq!(line["valid"], answer.get("error").is_none(), "{answer}");
        }
    }
}

/// Whether a text is a version shows in whether it compares with itself.
#[test]
fn what_is_a_version_agrees_with_the_tools() {
    let Some(folder) = corpus() else { return };
    for format in ["npm", "nuget"] {
        let mut lines = read(&folder.join(format!("{format}-valid.jsonl")));
        lines.retain(|line| line["nonstring"] != true);
        let questions = lines
            .iter()
            .map(|line| json!({"format": format, "a": line["version"], "b": line["version"]}));
        for (line, answer) in lines.iter().zip(ask("compare", questions)) {
            let is_valid = line["valid"]
                .as_bool()
                .unwrap_or(line["normalized"].is_string());
            assert_eq!(is_valid, answer["cmp"] == 0, "{line} {answer}");
        }
    }
}

#[test]
fn package_urls_agree_with_the_specification() {
    let Some(folder) = corpus() else { return };
    let mut lines = read(&folder.join("purl.jsonl"));
    // Its required cases want this text to fail, a recommended one wants it to be read.
    lines.retain(|line| {
        line["test_group"] != "recommended"
            || line["input"] != "pkg:gem/jruby-launcher@1.1.2?Platform=java"
    });
    let answers = ask(
        "purl",
        lines.iter().map(|line| json!({"input": line["input"]})),
    );
    let rebuilt = ask(
        "purl",
        answers.iter().map(|answer| without(answer, "input")),
    );
    for ((line, answer), rebuilt) in lines.iter().zip(&answers).zip(&rebuilt) {
        if line["expected_failure"] == true {
            assert!(answer["error"].is_string(), "{line} {answer}");
            continue;
        }
        let expected = &line["expected_output"];
        match line["test_type"].as_str().unwrap() {
            "build" => assert_eq!(answer["purl"], *expected, "{line}"),
            "validate" => assert_eq!(rebuilt["purl"], *expected, "{line}"),
            _ => {
                let parts: Map<String, Value> = expected
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(|part| (part.clone(), answer[part].clone()))
                    .collect();
                assert_eq!(Value::from(parts), *expected, "{line}");
            }
        }
    }
}

#[test]
fn every_line_gets_one_answer_in_order_also_a_broken_one() {
    let input = b"{\"format\":\"npm\",\"a\":\"1.0.0\",\"b\":\"2.0.0\",\"n\":1}\r\n\nnonsense\n\xff\n{\"format\":\"npm\",\"a\":\"2.0.0\",\"b\":\"1.0.0\",\"n\":5}";
    let output = run(&["versions", "compare", "--stdin"], input.to_vec());
    assert_eq!(output.status.code(), Some(0));
    let lines = parse(&output.stdout);
    assert_eq!(lines.len(), 5);
    assert_eq!(
        (&lines[0]["n"], &lines[0]["cmp"]),
        (&1.into(), &(-1).into())
    );
    for number in [2, 3, 4] {
        let error = lines[number - 1]["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("line {number}: ")), "{error}");
    }
    assert_eq!((&lines[4]["n"], &lines[4]["cmp"]), (&5.into(), &1.into()));
}

#[test]
fn people_get_a_table() {
    let output = run(
        &[
            "versions", "admits", "npm", "^1.2", "1.9.0", "1.10.0", "2.0.0", "x",
        ],
        Vec::new(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text.lines().take(4).collect::<Vec<_>>(),
        [
            "npm `^1.2`: a range",
            "1.9.0   yes",
            "1.10.0  yes",
            "2.0.0   no"
        ]
    );
    assert!(text.contains("x       no   not a npm version"), "{text}");
    let output = run(
        &["versions", "select", "nuget", "1.0", "0.9", "1.5", "1.2"],
        Vec::new(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("1.2  selected\n"), "{text}");
    let output = run(
        &["versions", "compare", "ruby", "1.0", "1.0.0", "1.1"],
        Vec::new(),
    );
    assert_eq!(output.stdout, b"1.0 = 1.0.0\n1.0 < 1.1\n");
}

#[test]
fn prereleases_are_let_in_on_request() {
    let ask = |more: &[&str]| {
        let plain = [
            "--format",
            "json",
            "versions",
            "admits",
            "npm",
            "^1.0.0",
            "1.1.0-rc.1",
        ];
        parse(&run(&[&plain[..], more].concat(), Vec::new()).stdout)[0]["admits"].clone()
    };
    assert_eq!(
        (ask(&[]), ask(&["--prereleases"])),
        (false.into(), true.into())
    );
}

#[test]
fn an_invalid_requirement_says_how_to_write_one() {
    for (format, requirement) in [
        ("maven", "[1.0,"),
        ("cargo", "x.y"),
        ("pypi", "^1.2"),
        ("ruby", "~~ 1"),
    ] {
        let output = run(
            &["versions", "admits", format, requirement, "1.0"],
            Vec::new(),
        );
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("write it like `"), "{text}");
        assert_eq!(output.stdout, b"");
    }
    let output = run(&["versions", "admits", "conda", "1", "1.0"], Vec::new());
    assert_eq!(output.status.code(), Some(2));
}

fn check_all(file: &str, command: &str, key: &str) {
    let Some(folder) = corpus() else { return };
    let mut lines = Vec::new();
    for format in FORMATS {
        let path = folder.join(format!("{format}-{file}.jsonl"));
        if path.is_file() {
            lines.extend(read(&path));
        }
    }
    let answers = ask(command, lines.iter().map(|line| without(line, key)));
    let differences: Vec<String> = lines
        .iter()
        .zip(&answers)
        .filter(|(line, answer)| line[key] != answer[key])
        .map(|(line, answer)| format!("  expected {line}\n  found    {answer}"))
        .collect();
    println!(
        "{file}: {} of {} lines agree",
        lines.len() - differences.len(),
        lines.len()
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The folder of the corpus; prints a line and returns `None` where there is none.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no corpus in {}", folder.display());
    None
}

fn read(path: &Path) -> Vec<Value> {
    parse(&fs::read(path).unwrap())
}

fn parse(lines: &[u8]) -> Vec<Value> {
    lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn without(line: &Value, key: &str) -> Value {
    let mut line = line.clone();
    line.as_object_mut().unwrap().remove(key);
    line
}

fn ask(command: &str, questions: impl ExactSizeIterator<Item = Value>) -> Vec<Value> {
    let count = questions.len();
    let input: Vec<String> = questions.map(|question| format!("{question}\n")).collect();
    let output = run(
        &["versions", command, "--stdin"],
        input.concat().into_bytes(),
    );
    assert_eq!(output.status.code(), Some(0));
    let answers = parse(&output.stdout);
    assert_eq!(answers.len(), count);
    answers
}

fn run(arguments: &[&str], input: Vec<u8>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_downriver"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let writer = thread::spawn(move || pipe.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}
