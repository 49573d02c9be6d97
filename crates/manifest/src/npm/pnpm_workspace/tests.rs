//! What holds for a whole workspace.

use super::parse;

const TEXT: &str = "packages:
  - 'packages/*'
  - '!**/test/**'
catalog:
  react: ^18.2.0
  one: 1.10
catalogs:
  legacy:
    react: ^16.0.0
overrides:
  left-pad: 1.3.0
  'debug@^3>ms': 2.1.2
onlyBuiltDependencies:
  - esbuild
";

#[test]
fn members_catalogs_and_overrides_are_read_with_their_lines() {
    let settings = parse("pnpm-workspace.yaml", TEXT, &[]).unwrap();
    assert_eq!(settings.packages, ["packages/*", "!**/test/**"]);
    let catalogs: Vec<_> = settings
        .catalogs
        .iter()
        .map(|line| {
            (
                &*line.catalog,
                &*line.name,
                &*line.requirement,
                line.evidence.line,
            )
        })
        .collect();
    assert_eq!(
        catalogs,
        [
            ("default", "react", "^18.2.0", Some(5)),
            ("default", "one", "1.10", Some(6)),
            ("legacy", "react", "^16.0.0", Some(9)),
        ]
    );
    let overrides: Vec<_> = settings
        .overrides
        .iter()
        .map(|rule| {
            (
                &*rule.target.name,
                rule.within.len(),
                &*rule.requirement,
                rule.evidence.line,
            )
        })
        .collect();
    assert_eq!(
        overrides,
        [
            ("left-pad", 0, "1.3.0", Some(11)),
            ("ms", 1, "2.1.2", Some(12))
        ]
    );
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "# nothing\n", "packages:\ncatalog:\n"] {
        let settings = parse("pnpm-workspace.yaml", text, &[]).unwrap();
        assert!(
            settings.packages.is_empty() && settings.catalogs.is_empty(),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_no_settings_file_is_a_problem_with_its_line() {
    let problem = parse("pnpm-workspace.yaml", "packages:\n  - [a\n", &[]).unwrap_err();
    assert_eq!(problem.file, "pnpm-workspace.yaml");
    assert!(problem.line.is_some(), "{problem}");
}
