//! One test for each class of problem, as people read it; the example catalog; the schema.

mod conversion;
mod problems;
mod spreading;

use super::*;

const DEFAULTS: &str = r#"
[defaults]
account = "123456789012"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["apps"]
[repositories.apps]
"#;

fn no_files(file: &str) -> Result<String, String> {
    Err(format!("no such file: {file}"))
}

/// Parses `text` after a blank line and the usual defaults, which together take nine lines.
fn parse(text: &str) -> Result<Catalog, Vec<CatalogProblem>> {
    parse_catalog(
        "downriver.toml",
        &format!("{DEFAULTS}{text}"),
        None,
        &no_files,
    )
}

fn parsed(text: &str) -> Catalog {
    parse(text).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

fn lines(problems: &[CatalogProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn problems_of(text: &str) -> String {
    lines(&parse(text).expect_err("a problem was expected"))
}

/// Without the usual defaults.
fn problems_of_whole(text: &str) -> String {
    lines(
        &parse_catalog("downriver.toml", text, None, &no_files)
            .expect_err("a problem was expected"),
    )
}
