//! pypi: real files of the corpus, and cases of our own.

use downriver_manifest::{Files, Reading, read_application};

#[test]
fn every_file_of_the_corpus_is_read_to_its_expected_list() {
    crate::shared::check_ecosystem("pypi");
}

fn read(folder: &str, contents: &[(&str, &str)]) -> Reading {
    let mut files = Files::default();
    for (path, text) in contents {
        files.insert(path, text.as_bytes()).unwrap();
    }
    read_application(folder, &files)
}

/// One line for each dependency, and for what was left out and went wrong.
fn told(folder: &str, contents: &[(&str, &str)]) -> String {
    let reading = read(folder, contents);
    let mut lines: Vec<String> = Vec::new();
    for found in &reading.dependencies {
        let place = |evidence: &downriver_domain::Evidence| {
            format!("{}:{}", evidence.file, evidence.line.unwrap_or_default())
        };
        let via: Vec<&str> = found
            .via
            .iter()
            .map(downriver_version::PackageId::name)
            .collect();
        let way = match (found.is_direct, &*via) {
            (true, _) => "direct".to_owned(),
            (false, []) => "from somewhere".to_owned(),
            (false, via) => format!("via {}", via.join(" > ")),
        };
        lines.push(format!(
            "{} `{}` {} {way} {:?} {} {}",
            found.package.name(),
            found.requirement.as_deref().unwrap_or("?"),
            found.locked.as_deref().unwrap_or("-"),
            found.scopes,
            place(&found.evidence),
            found.lock.as_ref().map(place).unwrap_or_default()
        ));
    }
    lines = lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.extend(
        reading
            .left_out
            .iter()
            .map(|left_out| format!("left out: {} {:?}", left_out.name, left_out.source)),
    );
    lines.extend(
        reading
            .problems
            .iter()
            .map(|problem| format!("problem: {problem}")),
    );
    lines.join("\n")
}

const UV_LOCK: &str = r#"version = 1
revision = 2

[manifest]
members = ["acme-app", "acme-lib", "acme-root"]

[[package]]
name = "acme-root"
version = "0"
source = { virtual = "." }
dependencies = [{ name = "rich" }]

[package.metadata]
requires-dist = [{ name = "rich", specifier = ">=13" }]

[[package]]
name = "acme-app"
version = "0.1"
source = { editable = "services/app" }
dependencies = [{ name = "acme-lib", extra = ["fast"] }, { name = "requests" }]

[[package]]
name = "acme-lib"
version = "0.1"
source = { editable = "libs/lib" }
dependencies = [{ name = "attrs" }]

[package.optional-dependencies]
fast = [{ name = "orjson" }]
slow = [{ name = "simplejson" }]

[[package]]
name = "attrs"
version = "25.1"
source = { registry = "https://pypi.example/simple" }

[[package]]
name = "orjson"
version = "3.10"
source = { registry = "https://pypi.example/simple" }

[[package]]
name = "requests"
version = "2.32"
source = { registry = "https://pypi.example/simple" }
dependencies = [{ name = "urllib3" }]

[[package]]
name = "rich"
version = "13.9"
source = { registry = "https://pypi.example/simple" }

[[package]]
name = "simplejson"
version = "3.19"
source = { registry = "https://pypi.example/simple" }

[[package]]
name = "urllib3"
version = "2.3"
source = { registry = "https://pypi.example/simple" }
"#;

const UV_APP: &str = r#"[project]
name = "acme-app"
version = "0.1"
dependencies = ["acme-lib[fast]", "requests>=2.30"]
[tool.uv.sources]
acme-lib = { workspace = true }
"#;

#[test]
fn a_member_of_uvs_workspace_has_what_its_own_package_reaches() {
    insta::assert_snapshot!(told("services/app", &[("uv.lock", UV_LOCK), ("services/app/pyproject.toml", UV_APP)]), @"
    attrs `?` 25.1 via acme-lib {Runtime} uv.lock:26 uv.lock:33
    orjson `?` 3.10 via acme-lib {Runtime} uv.lock:29 uv.lock:38
    requests `>=2.30` 2.32 direct {Runtime} services/app/pyproject.toml:4 uv.lock:43
    urllib3 `?` 2.3 via requests {Runtime} uv.lock:46 uv.lock:59
    ");
}

#[test]
fn the_root_of_uvs_workspace_has_what_all_members_reach() {
    insta::assert_snapshot!(told("", &[("uv.lock", UV_LOCK), ("services/app/pyproject.toml", UV_APP)]), @"
    attrs `?` 25.1 via acme-lib {Runtime} uv.lock:26 uv.lock:33
    orjson `?` 3.10 via acme-lib {Runtime} uv.lock:29 uv.lock:38
    requests `>=2.30` 2.32 direct {Runtime} services/app/pyproject.toml:4 uv.lock:43
    rich `>=13` 13.9 direct {Runtime} uv.lock:14 uv.lock:49
    urllib3 `?` 2.3 via requests {Runtime} uv.lock:46 uv.lock:59
    ");
}

#[test]
fn a_lockfile_of_a_workspace_that_the_folder_is_not_in_is_nothing_to_it() {
    let project = "[project]\nname = 'other'\ndependencies = ['requests>=1']\n";
    insta::assert_snapshot!(told("other", &[("uv.lock", UV_LOCK), ("other/pyproject.toml", project)]), @"requests `>=1` - direct {Runtime} other/pyproject.toml:3");
    assert_eq!(told("empty", &[("uv.lock", UV_LOCK)]), "");
}

#[test]
fn what_only_the_build_knows_the_lockfile_tells() {
    let root = "[project]\nname = 'acme-root'\ndynamic = ['version', 'dependencies']\n[build-system]\nrequires = ['hatchling']\n";
    let files = [
        ("uv.lock", UV_LOCK),
        ("pyproject.toml", root),
        ("services/app/pyproject.toml", UV_APP),
    ];
    let told = told("", &files);
    assert!(
        told.contains("rich `>=13` 13.9 direct {Runtime} uv.lock:14 uv.lock:49"),
        "{told}"
    );
    let fixed = root.replace("dynamic = ['version', 'dependencies']", "dependencies = []");
    let files = [
        ("uv.lock", UV_LOCK),
        ("pyproject.toml", fixed.as_str()),
        ("services/app/pyproject.toml", UV_APP),
    ];
    assert!(!self::told("", &files).contains("rich"));
}

#[test]
fn a_workspace_without_a_lockfile_has_what_its_members_declare() {
    let root = "[project]\nname = 'root'\ndependencies = ['rich>=13']\n[tool.uv.workspace]\nmembers = ['packages/*']\nexclude = ['packages/old']\n";
    let member = "[project]\nname = 'a'\ndependencies = ['attrs<26', 'rich>=13']\n";
    let files = [
        ("pyproject.toml", root),
        ("packages/a/pyproject.toml", member),
        ("packages/old/pyproject.toml", member),
        ("elsewhere/pyproject.toml", member),
    ];
    insta::assert_snapshot!(told("", &files), @"
    attrs `<26` - direct {Runtime} packages/a/pyproject.toml:3
    rich `>=13` - direct {Runtime} pyproject.toml:3
    ");
}

#[test]
fn a_compiled_file_is_the_lock_of_what_it_was_compiled_from() {
    let files = [
        ("requirements.in", "flask>=3\n-r more.in\n"),
        ("more.in", "boto3\n"),
        (
            "requirements.txt",
            "# This file is autogenerated by pip-compile with Python 3.12\nboto3==1.34.0\n    # via -r more.in\nclick==8.1.7\n    # via flask\nflask==3.0.0\n    # via -r requirements.in\n",
        ),
        ("requirements-dev.in", "-c requirements.txt\nblack\n"),
        (
            "requirements-dev.txt",
            "# This file is autogenerated by pip-compile with Python 3.12\nblack==24.1.0\n    # via -r requirements-dev.in\nclick==8.1.7\n    # via\n    #   -c requirements.txt\n    #   black\n",
        ),
    ];
    insta::assert_snapshot!(told("", &files), @"
    black `` 24.1.0 direct {Dev} requirements-dev.in:2 requirements-dev.txt:2
    boto3 `` 1.34.0 direct {Runtime} more.in:1 requirements.txt:2
    click `?` 8.1.7 via flask {Runtime, Dev} requirements.txt:4 requirements.txt:4
    flask `>=3` 3.0.0 direct {Runtime} requirements.in:1 requirements.txt:6
    ");
}

#[test]
fn a_compiled_file_is_the_lock_of_the_manifest() {
    let files = [
        (
            "pyproject.toml",
            "[project]\nname = 'acme-app'\ndependencies = ['flask>=3']\n[project.optional-dependencies]\ndev = ['black']\n",
        ),
        (
            "requirements.txt",
            "# This file was autogenerated by uv via the following command:\n#    uv pip compile pyproject.toml -o requirements.txt\nclick==8.1.7\n    # via flask\nflask==3.0.0\n    # via acme-app (pyproject.toml)\n",
        ),
    ];
    insta::assert_snapshot!(told("", &files), @"
    black `` - direct {Optional} pyproject.toml:5
    click `?` 8.1.7 via flask {Runtime} requirements.txt:3 requirements.txt:3
    flask `>=3` 3.0.0 direct {Runtime} pyproject.toml:3 requirements.txt:5
    ");
}

#[test]
fn written_files_are_told_by_what_they_are_called() {
    let files = [
        (
            "requirements.txt",
            "-c constraints.txt\nflask==3.0.0\nrequests>=2\n",
        ),
        ("constraints.txt", "requests==2.31.0\nunused==1.0\n"),
        ("dev-requirements.txt", "-r requirements.txt\nruff\n"),
        ("requirements/test.txt", "pytest<9\n"),
        ("docs/requirements.txt", "sphinx\n"),
        ("robots.txt", "User-agent: *\n"),
        ("MANIFEST.in", "include README.md\n"),
    ];
    insta::assert_snapshot!(told("", &files), @"
    flask `==3.0.0` 3.0.0 direct {Runtime, Dev} requirements.txt:2 requirements.txt:2
    pytest `<9` - direct {Test} requirements/test.txt:1
    requests `>=2` 2.31.0 direct {Runtime, Dev} requirements.txt:3 constraints.txt:1
    ruff `` - direct {Dev} dev-requirements.txt:2
    ");
}

#[test]
fn includes_end_and_stay_inside_the_source() {
    let files = [
        (
            "app/requirements.txt",
            "-r ../shared/base.txt\n-r requirements.txt\n-r ../../outside.txt\n-r /etc/passwd\n-r missing.txt\nflask\n",
        ),
        ("shared/base.txt", "-r ../app/requirements.txt\nattrs\n"),
    ];
    insta::assert_snapshot!(told("app", &files), @"
    attrs `` - direct {Runtime} shared/base.txt:2
    flask `` - direct {Runtime} app/requirements.txt:6
    problem: app/requirements.txt:3: includes `../../outside.txt`, which is no file of this source
    problem: app/requirements.txt:4: includes `/etc/passwd`, which is no file of this source
    problem: app/requirements.txt:5: includes `missing.txt`, which is no file of this source
    ");
}

#[test]
fn files_that_include_without_end_are_stopped() {
    let contents: Vec<(String, String)> = (0..200)
        .map(|level| {
            (
                format!("r{level}-requirements.txt"),
                format!("-r r{}-requirements.txt\na{level}\n", level + 1),
            )
        })
        .collect();
    let contents: Vec<(&str, &str)> = contents
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let reading = read("", &contents);
    assert!(
        reading
            .problems
            .iter()
            .any(|problem| problem.text.contains("more than 32 deep"))
    );
    assert_eq!(reading.dependencies.len(), 200);
}

#[test]
fn poetrys_lock_is_joined_with_its_manifest() {
    let files = [
        (
            "pyproject.toml",
            "[tool.poetry]\nname = 'acme'\n[tool.poetry.dependencies]\npython = '^3.9'\nrequests = {version = '^2.28', extras = ['socks']}\ncore = {git = 'https://git.example/core.git'}\n[tool.poetry.group.dev.dependencies]\nblack = '*'\nmissing = '^1'\n",
        ),
        (
            "poetry.lock",
            "[[package]]\nname = 'requests'\nversion = '2.31'\n[package.dependencies]\nidna = '>=2.5,<4'\nPySocks = {version = '>=1.5', optional = true}\nchardet = {version = '>=3', optional = true}\n[package.extras]\nsocks = ['PySocks (>=1.5)']\nuse-chardet = ['chardet (>=3)']\n[[package]]\nname = 'idna'\nversion = '3.6'\n[[package]]\nname = 'pysocks'\nversion = '1.7'\n[[package]]\nname = 'core'\nversion = '0.1'\n[package.dependencies]\nattrs = '*'\n[package.source]\ntype = 'git'\nurl = 'https://git.example/core.git'\n[[package]]\nname = 'attrs'\nversion = '23'\n[[package]]\nname = 'black'\nversion = '24'\ngroups = ['dev']\n[[package]]\nname = 'leftover'\nversion = '1'\ngroups = ['test']\n[metadata]\nlock-version = '2.1'\n",
        ),
    ];
    insta::assert_snapshot!(told("", &files), @"
    attrs `` 23 via core {Runtime} poetry.lock:21 poetry.lock:26
    black `` 24 direct {Dev} pyproject.toml:8 poetry.lock:29
    idna `>=2.5,<4` 3.6 via requests {Runtime} poetry.lock:5 poetry.lock:12
    leftover `?` 1 from somewhere {Test} poetry.lock:33 poetry.lock:33
    missing `>=1,<2` - direct {Dev} pyproject.toml:9
    pysocks `>=1.5` 1.7 via requests {Runtime} poetry.lock:6 poetry.lock:15
    requests `>=2.28,<3.0` 2.31 direct {Runtime} pyproject.toml:5 poetry.lock:2
    left out: core Git
    ");
}

#[test]
fn pipenvs_lock_is_joined_with_its_manifest() {
    let files = [
        (
            "Pipfile",
            "[packages]\nflask = '*'\n[dev-packages]\npytest = '<9'\n",
        ),
        (
            "Pipfile.lock",
            "{\"_meta\": {\"pipfile-spec\": 6},\n\"default\": {\"flask\": {\"version\": \"==3.0\"},\n\"click\": {\"version\": \"==8.1\"}},\n\"develop\": {\"pytest\": {\"version\": \"==8.0\"}}}\n",
        ),
    ];
    insta::assert_snapshot!(told("", &files), @"
    click `?` 8.1 from somewhere {Runtime} Pipfile.lock:3 Pipfile.lock:3
    flask `` 3.0 direct {Runtime} Pipfile:2 Pipfile.lock:2
    pytest `<9` 8.0 direct {Dev} Pipfile:4 Pipfile.lock:4
    ");
}

#[test]
fn the_standards_lock_is_joined_with_what_it_was_compiled_from() {
    let files = [
        ("ci/requirements.in", "codespell<3\n"),
        (
            "ci/pylock.toml",
            "#    uv pip compile -o ci/pylock.toml ci/requirements.in\nlock-version = '1.0'\n[[packages]]\nname = 'codespell'\nversion = '2.4.1'\n[[packages]]\nname = 'pyyaml'\nversion = '6.0'\n",
        ),
        (
            "ci/pylock.dev.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'ruff'\nversion = '0.9'\n",
        ),
    ];
    insta::assert_snapshot!(told("ci", &files), @"
    codespell `<3` 2.4.1 direct {Runtime} ci/requirements.in:1 ci/pylock.toml:4
    pyyaml `?` 6.0 from somewhere {Runtime} ci/pylock.toml:7 ci/pylock.toml:7
    ruff `?` 0.9 from somewhere {Dev} ci/pylock.dev.toml:3 ci/pylock.dev.toml:3
    ");
}

#[test]
fn of_several_lockfiles_the_tools_own_counts() {
    let files = [
        (
            "pyproject.toml",
            "[project]\nname = 'a'\ndependencies = ['attrs>=20']\n",
        ),
        (
            "pdm.lock",
            "[[package]]\nname = 'attrs'\nversion = '25.1'\n[metadata]\nlock_version = '4.5'\n",
        ),
        (
            "requirements.txt",
            "attrs==24.2 \\\n  --hash=sha256:aa\nextra-tool==1.0\n",
        ),
    ];
    insta::assert_snapshot!(told("", &files), @"
    attrs `>=20` 25.1 direct {Runtime} pyproject.toml:3 pdm.lock:2
    extra-tool `?` 1.0 from somewhere {Runtime} requirements.txt:3 requirements.txt:3
    ");
    assert_eq!(read("", &files).files.len(), 3);
}

#[test]
fn a_broken_lockfile_leaves_what_the_manifest_says() {
    let manifest = (
        "pyproject.toml",
        "[project]\nname = 'a'\ndependencies = ['attrs>=20']\n",
    );
    for name in ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"] {
        let reading = read(
            "",
            &[
                manifest,
                (name, "version = 1\n[[package]]\nname = \"cut sh"),
            ],
        );
        assert_eq!(reading.dependencies.len(), 1, "{name}");
        assert_eq!(reading.dependencies[0].locked, None, "{name}");
        assert_eq!(reading.problems.len(), 1, "{name}: {:?}", reading.problems);
        assert_eq!(reading.problems[0].line, Some(3), "{name}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_requirement() {
    assert_eq!(
        told("", &[("requirements.txt", "\u{feff}flask==3.0.0\r\n")]),
        "flask `==3.0.0` 3.0.0 direct {Runtime} requirements.txt:1 requirements.txt:1"
    );
}

#[test]
fn text_that_is_not_utf8_is_a_problem_with_its_line() {
    let mut files = Files::default();
    files
        .insert("requirements.txt", b"flask\n\xff\xfeb\n")
        .unwrap();
    files.insert("pyproject.toml", b"[project]\n\xc3(").unwrap();
    files.insert("uv.lock", b"version = 1\n\xff").unwrap();
    let reading = read_application("", &files);
    let told: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told.iter()
            .all(|problem| problem.contains(":2: is not UTF-8 text here")),
        "{told:?}"
    );
}
