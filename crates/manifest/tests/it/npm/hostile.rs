//! Files that nobody should have written, and old ones.

use super::join::{read, told};

#[test]
fn a_lock_of_version_1_is_walked_up_as_node_does() {
    let lock = r#"{ "lockfileVersion": 1, "requires": true, "dependencies": {
"a": { "version": "1.0.0", "requires": { "b": "^1", "c": "^2" }, "dependencies": {
  "b": { "version": "1.5.0", "requires": { "c": "^2" } } } },
"b": { "version": "2.0.0", "dev": true },
"c": { "version": "2.2.0", "optional": true },
"d": { "version": "npm:real@4.0.0", "bundled": true, "resolved": false },
"e": { "version": "git+ssh://git@code.example/e.git#abc", "requires": { "c": "*" } },
"f": { "version": "file:archives/f-1.0.0.tgz" },
"g": { "version": "1.0.0", "requires": { "h": "*" } },
"h": { "version": "1.0.0", "requires": { "g": "*" } }
} }"#;
    let manifest = r#"{ "dependencies": { "a": "^1", "d": "npm:real@*", "e": "*", "f": "*", "g": "1" },
"devDependencies": { "b": "2" } }"#;
    let reading = read(
        "",
        &[("package.json", manifest), ("package-lock.json", lock)],
    );
    assert_eq!(
        told(&reading),
        [
            "a@1.0.0 ^1 Runtime at package.json:1 lock package-lock.json:2",
            "b@1.5.0 ^1 Runtime at package-lock.json:2 lock package-lock.json:3 via a",
            "b@2.0.0 2 Dev at package.json:2 lock package-lock.json:4",
            "c@2.2.0 ^2 Optional at package-lock.json:2 lock package-lock.json:5 via a",
            "g@1.0.0 1 Runtime at package.json:1 lock package-lock.json:9",
            "h@1.0.0 * Runtime at package-lock.json:9 lock package-lock.json:10 via g",
            "real@4.0.0 npm:real@* Runtime at package.json:1 lock package-lock.json:6",
            "left out: e Git package.json:1",
            "left out: f Path package-lock.json:8",
        ]
    );
    let alone = told(&read("", &[("package-lock.json", lock)]));
    // Nobody says who asks for `g` and `h`, which pull in each other: they are there all the same.
    assert!(
        alone.contains(&"b@2.0.0 ? Dev at package-lock.json:4 lock package-lock.json:4".to_owned()),
        "{alone:?}"
    );
    assert!(
        alone.iter().any(|line| line.starts_with("g@1.0.0")),
        "{alone:?}"
    );
}

#[test]
fn what_a_lock_of_version_1_has_for_a_version_is_read_as_npm_does() {
    let lock = r#"{ "lockfileVersion": 1, "dependencies": {
"a": { "version": "https://packages.example/a/-/a-1.0.0.tgz", "integrity": "sha1-x" },
"b": { "version": "", "resolved": "https://packages.example/b/-/b-2.0.0.tgz", "integrity": "sha1-x" },
"c": { "version": "3.0.0", "from": "c@git+https://code.example/c.git" },
"@s/d": { "version": "4.0.0", "from": "@s/d@^4" },
"e": { "version": "https://files.example/e-5.0.0.tgz" },
"f": { "version": "file:f" },
"g": { "version": "file:g-7.0.0.tgz" },
"@s/h": { "version": "https://packages.example/@s%2fh/-/h-8.0.0.tgz" }
} }"#;
    let reading = read("", &[("npm-shrinkwrap.json", lock)]);
    let locked: Vec<&str> = reading.files[0].locked.iter().collect();
    assert_eq!(
        locked,
        [
            "@s/d@4.0.0",
            "@s/h@8.0.0",
            "a@1.0.0",
            "b@2.0.0",
            "c@",
            "e@5.0.0",
            "g@7.0.0"
        ]
    );
    let found: Vec<_> = reading
        .dependencies
        .iter()
        .map(|found| found.package.name())
        .collect();
    assert_eq!(found, ["a", "b", "d", "h"]);
    let sources: Vec<_> = reading
        .left_out
        .iter()
        .map(|left| format!("{} {:?}", left.name, left.source))
        .collect();
    assert_eq!(sources, ["c Git", "e Url", "f Path", "g Path"]);
}

#[test]
fn the_lock_that_npm_keeps_beside_what_it_installed_has_no_root() {
    let lock = r#"{ "lockfileVersion": 3, "packages": {
"node_modules/a": { "version": "1.0.0", "dependencies": { "b": "^1" } },
"node_modules/b": { "version": "1.0.0" },
"node_modules/c": { "version": "1.0.0", "dev": true }
} }"#;
    assert_eq!(
        told(&read("", &[("package-lock.json", lock)])),
        [
            "a@1.0.0 ? Runtime at package-lock.json:2 lock package-lock.json:2",
            "b@1.0.0 ^1 Runtime at package-lock.json:2 lock package-lock.json:3 via a",
            "c@1.0.0 ? Dev at package-lock.json:4 lock package-lock.json:4",
        ]
    );
}

#[test]
fn what_is_no_json_is_a_problem_with_its_line() {
    let deep = format!("{{\n\"packages\": {}", "[{\"a\":".repeat(100_000));
    let nested = format!(
        "{{\"dependencies\":{}{}",
        "{\"a\":{\"version\":\"1.0.0\",\"dependencies\":".repeat(10_000),
        "}".repeat(20_000)
    );
    let deep_folders = format!(
        "{{\"packages\":{{\"{}node_modules/a\":{{\"version\":\"1.0.0\"}}}}}}",
        "node_modules/a/".repeat(10_000)
    );
    for (text, line) in [
        ("", 1),
        ("{\n\"lockfileVersion\": 3,\n\"packages\": {", 3),
        ("<<<<<<< HEAD\n{}", 1),
        (
            "{\"packages\": {\n\"node_modules/a\": { \"version\": 1 }}}",
            2,
        ),
        (deep.as_str(), 2),
        (nested.as_str(), 1),
        (deep_folders.as_str(), 0),
    ] {
        let reading = read("", &[("package-lock.json", text)]);
        let problem = reading
            .problems
            .first()
            .unwrap_or_else(|| panic!("{}", &text[..text.len().min(60)]));
        assert_eq!(problem.line.unwrap_or(0), line, "{problem}");
        assert_eq!(reading.dependencies, []);
    }
}

#[test]
fn odd_parts_of_a_manifest_are_passed_over_as_package_managers_do() {
    let manifest = "\u{feff}{\r\n\"name\": 7, \"version\": null, \"private\": \"yes\", \"workspaces\": \"x\",\r
\"dependencies\": { \"a\": \"^1\", \"b\": 2, \"c\": { \"d\": [] }, \"a\": \"^3\" },\r
\"devDependencies\": [\"x\"], \"peerDependencies\": null,\r
\"optionalDependencies\": { \"e\\u0066\": \"*\" }, \"overrides\": true, \"pnpm\": { \"overrides\": 1 },\r
\"dependencies\": { \"a\": \"^2\", \"a\": \"^4\", \"n\\\"n\": \"1\" }\r\n}";
    assert_eq!(
        told(&read("", &[("package.json", manifest)])),
        [
            "a@- ^4 Runtime at package.json:6",
            "ef@- * Optional at package.json:5",
            "n\"n@- 1 Runtime at package.json:6",
        ]
    );
}

#[test]
fn a_link_to_nowhere_or_to_itself_ends() {
    let lock = r#"{ "lockfileVersion": 3, "packages": {
"": { "dependencies": { "a": "*", "b": "*", "c": "*" } },
"node_modules/a": { "resolved": "../../outside", "link": true },
"node_modules/b": { "resolved": "node_modules/b", "link": true },
"node_modules/c": { "resolved": "", "link": true }
} }"#;
    let reading = read("", &[("package-lock.json", lock)]);
    let names: Vec<_> = told(&reading)
        .iter()
        .map(|line| line[..3].to_owned())
        .collect();
    // The last one is the root itself.
    assert_eq!(names, ["a@-", "b@-"]);
}

#[test]
fn folders_and_texts_of_any_kind_do_no_harm() {
    for text in [
        "[]",
        "1",
        "null",
        "{\"packages\": []}",
        "{\"dependencies\": 3}",
        "\u{0}",
        "{\"workspaces\": {\"packages\": [\"**/**/**\", \"{{{{\"]}}",
    ] {
        for name in [
            "package.json",
            "package-lock.json",
            "npm-shrinkwrap.json",
            "bun.lock",
        ] {
            let reading = read("", &[(name, text)]);
            assert_eq!(reading.dependencies, [], "{name} {text}");
        }
    }
    for text in [
        "{\"packages\": {\"a\": 1}}",
        "{\"packages\": {\"a\": []}}",
        "{\"packages\": {\"a\": [\"a\"]}}",
    ] {
        let reading = read("", &[("bun.lock", text)]);
        assert_eq!(reading.problems[0].line, Some(1), "{text}");
    }
}

#[test]
fn no_cut_and_no_wrong_byte_is_fatal() {
    let lock = r#"{"lockfileVersion":2,"packages":{"":{"workspaces":["a*"],"dependencies":{"b":"^1"}},"a":{"name":"@s/a"},
"node_modules/b":{"version":"1.0.0","dependencies":{"c":"npm:d@1"}},"node_modules/@s/a":{"resolved":"a","link":true}}}"#;
    let bun = r#"{/*x*/"lockfileVersion":1,"workspaces":{"":{"dependencies":{"b":"^1",},},},//y
"packages":{"b":["b@1.0.0","",{"peerDependencies":{"c":"1"}},""],"b/c":["c@1.0.0","",{},""],},}"#;
    let manifest = r#"{"name":"@s/r","workspaces":{"packages":["a/{b,c}*"]},"dependencies":{"b":"$x"},"overrides":{"c@1":{".":"$b"}}}"#;
    for (name, text) in [
        ("package-lock.json", lock),
        ("bun.lock", bun),
        ("package.json", manifest),
    ] {
        for at in 0..text.len() {
            read("", &[(name, &text[..at])]);
            for wrong in ["\"", "\\", "{", "]", ":", ",", "1", "@", "/", "*", "\u{e9}"] {
                let changed = format!("{}{wrong}{}", &text[..at], &text[at + 1..]);
                let reading = read("", &[(name, &changed)]);
                assert!(
                    reading.dependencies.len() + reading.left_out.len() < 10,
                    "{changed}"
                );
            }
        }
    }
}

#[test]
fn overrides_beyond_the_limits_are_said_and_the_rest_counts() {
    let rules: Vec<String> = (0..60)
        .map(|at| format!("\"a@{at}\": \"9.{at}.0\""))
        .collect();
    let manifest = format!(
        "{{ \"dependencies\": {{ \"a\": \"3.0.0\" }},\n\"overrides\": {{ {} }} }}",
        rules.join(", ")
    );
    let reading = read("", &[("package.json", &manifest)]);
    assert_eq!(told(&reading), ["a@- 9.3.0 Runtime at package.json:2"]);
    assert!(
        reading.problems[0]
            .to_string()
            .starts_with("package.json:2: has overrides that are not counted")
    );
}
