//! Which repositories settings name.

use super::endpoint;
use super::{count_other_registries, registries};
use crate::Files;

/// An endpoint of the domain `acme`.
fn address(path: &str) -> String {
    format!("https://acme-111122223333.d.codeartifact.eu-west-1.amazonaws.com/{path}/")
}

fn files<'a>(contents: &'a [(&str, String)]) -> Files<'a> {
    let mut files = Files::default();
    for (path, text) in contents {
        files.insert(path, text.as_bytes()).unwrap();
    }
    files
}

fn told(folder: &str, contents: &[(&str, String)]) -> String {
    let files = files(contents);
    let mut lines: Vec<String> = registries(folder, &files)
        .into_iter()
        .map(|it| {
            format!(
                "{} {}/{} of {} in {} scope {} {}:{}",
                it.format,
                it.domain,
                it.repository,
                it.domain_owner,
                it.region,
                it.scope.as_deref().unwrap_or("-"),
                it.evidence.file,
                it.evidence.line.unwrap_or_default(),
            )
        })
        .collect();
    lines.push(format!(
        "others: {}",
        count_other_registries(folder, &files)
    ));
    lines.join("\n")
}

#[test]
fn npm_s_settings_name_a_registry_for_all_and_for_scopes() {
    let npm = address("npm/release");
    let shared = address("npm/shared");
    let host = npm.trim_start_matches("https:");
    let contents = [
        (
            "shop/.npmrc",
            format!(
                "; ours\nregistry={npm}\n@acme:registry = \"{shared}\"\n{host}:_authToken=${{TOKEN}}\n//other=1\n"
            ),
        ),
        (
            ".npmrc",
            format!("registry=https://registry.example/\n@acme:registry={shared}\n"),
        ),
        (
            "shop/.yarnrc",
            format!("# yarn\nregistry \"{npm}\"\n\"@tools:registry\" \"{shared}\"\n"),
        ),
        (
            "shop/.yarnrc.yml",
            format!(
                "nodeLinker: node-modules\nnpmRegistryServer: \"{npm}\"\nnpmScopes:\n  kit:\n    npmRegistryServer: {shared}\n    npmAlwaysAuth: true\n"
            ),
        ),
        (
            "shop/bunfig.toml",
            format!(
                "[install]\nregistry = {{ url = \"{npm}\", token = \"$TOKEN\" }}\n[install.scopes]\nbun = \"{shared}\"\n\"@two\" = {{ url = \"{shared}\" }}\n"
            ),
        ),
        ("other/.npmrc", format!("registry={shared}\n")),
    ];
    insta::assert_snapshot!(told("shop", &contents), @"
    npm acme/release of 111122223333 in eu-west-1 scope - shop/.npmrc:2
    npm acme/shared of 111122223333 in eu-west-1 scope @acme shop/.npmrc:3
    npm acme/shared of 111122223333 in eu-west-1 scope @tools shop/.yarnrc:3
    npm acme/shared of 111122223333 in eu-west-1 scope @kit shop/.yarnrc.yml:5
    npm acme/shared of 111122223333 in eu-west-1 scope @two shop/bunfig.toml:5
    npm acme/shared of 111122223333 in eu-west-1 scope @bun shop/bunfig.toml:4
    others: 1
    ");
}

#[test]
fn python_s_settings_name_indexes_and_no_credentials_are_kept() {
    let token = address("pypi/python").replace("https://", "https://aws:secret-token@") + "simple/";
    let contents = [
        (
            "pip.conf",
            format!(
                "[global]\nindex-url = {token}\nextra-index-url =\n    https://pypi.example/simple\n    {}\ntimeout = 3\n",
                address("pypi/extra")
            ),
        ),
        (
            "pyproject.toml",
            format!(
                "[project.urls]\nurl = \"{0}\"\n[[tool.uv.index]]\nname = \"x\"\nurl = \"{0}\"\npublish-url = \"{1}\"\n[tool.uv.sources]\nx = {{ url = \"{1}\" }}\n[[tool.poetry.source]]\nname = \"p\"\nurl = \"{2}\"\n",
                address("pypi/uv"),
                address("pypi/no"),
                address("pypi/poetry")
            ),
        ),
        (
            "requirements.txt",
            format!(
                "--index-url {token}\n--extra-index-url={}\nrequests\n",
                address("pypi/required")
            ),
        ),
        (
            "Pipfile",
            format!(
                "[[source]]\nurl = \"{}\"\nverify_ssl = true\n",
                address("pypi/pipenv")
            ),
        ),
    ];
    let told = told("", &contents);
    assert!(!told.contains("secret"));
    insta::assert_snapshot!(told, @"
    pypi acme/pipenv of 111122223333 in eu-west-1 scope - Pipfile:2
    pypi acme/python of 111122223333 in eu-west-1 scope - pip.conf:2
    pypi acme/extra of 111122223333 in eu-west-1 scope - pip.conf:5
    pypi acme/poetry of 111122223333 in eu-west-1 scope - pyproject.toml:11
    pypi acme/uv of 111122223333 in eu-west-1 scope - pyproject.toml:5
    pypi acme/required of 111122223333 in eu-west-1 scope - requirements.txt:2
    others: 1
    ");
}

#[test]
fn build_tools_settings_name_where_from_and_not_where_to() {
    let contents = [
        (
            "settings.xml",
            format!(
                "<settings><profiles><profile><repositories><repository><id>x</id>\n<url>{}</url></repository></repositories></profile></profiles><mirrors><mirror><url>{}</url></mirror></mirrors></settings>",
                address("maven/java"),
                address("maven/mirror")
            ),
        ),
        (
            "pom.xml",
            format!(
                "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><url>{0}</url><distributionManagement><repository><url>{0}</url></repository></distributionManagement><repositories><repository><url>\n{1}\n</url></repository></repositories></project>",
                address("maven/no"),
                address("maven/pom")
            ),
        ),
        (
            "build.gradle",
            format!(
                "repositories {{\n  mavenCentral()\n  maven {{\n    url '{}'\n    credentials {{ username \"aws\" }}\n  }}\n  // maven {{ url '{2}' }}\n  maven {{ url = uri(\"{1}\") }}\n}}\npublishing {{\n  repositories {{ maven {{ url '{2}' }} }}\n}}\n",
                address("maven/gradle"),
                address("maven/kotlin"),
                address("maven/no")
            ),
        ),
        (
            "NuGet.Config",
            format!(
                "<configuration><packageSources><clear />\n<add key=\"a\" value=\"{}v3/index.json\" /><add key=\"n\" value=\"https://nuget.example/v3/index.json\" /></packageSources><packageSourceCredentials><a><add key=\"Username\" value=\"aws\" /></a></packageSourceCredentials></configuration>",
                address("nuget/net")
            ),
        ),
    ];
    insta::assert_snapshot!(told("", &contents), @"
    nuget acme/net of 111122223333 in eu-west-1 scope - NuGet.Config:2
    maven acme/gradle of 111122223333 in eu-west-1 scope - build.gradle:4
    maven acme/kotlin of 111122223333 in eu-west-1 scope - build.gradle:8
    maven acme/pom of 111122223333 in eu-west-1 scope - pom.xml:1
    maven acme/java of 111122223333 in eu-west-1 scope - settings.xml:2
    maven acme/mirror of 111122223333 in eu-west-1 scope - settings.xml:2
    others: 1
    ");
}

#[test]
fn the_settings_of_cargo_bundler_and_swift_name_registries() {
    let contents = [
        (
            ".cargo/config.toml",
            format!(
                "[registries.acme]\nindex = \"sparse+{}\"\ncredential-provider = \"cargo:token\"\n[source.crates-io]\nreplace-with = \"acme\"\n",
                address("cargo/rust")
            ),
        ),
        (
            "Gemfile",
            format!(
                "source \"https://gems.example\"\nsource '{}' do\n  gem 'a'\nend\n",
                address("ruby/gems")
            ),
        ),
        (
            ".bundle/config",
            format!(
                "---\nBUNDLE_MIRROR__HTTPS://GEMS__EXAMPLE/: \"{}\"\nBUNDLE_HTTPS://X/: \"aws:token\"\n",
                address("ruby/mirror")
            ),
        ),
        (
            ".swiftpm/configuration/registries.json",
            format!(
                "{{\"registries\": {{\"[default]\": {{\"url\": \"{0}\"}},\n\"acme\": {{\"url\": \"{0}\"}}}}, \"version\": 1}}",
                address("swift/apps")
            ),
        ),
    ];
    insta::assert_snapshot!(told("", &contents), @"
    ruby acme/mirror of 111122223333 in eu-west-1 scope - .bundle/config:2
    cargo acme/rust of 111122223333 in eu-west-1 scope - .cargo/config.toml:2
    swift acme/apps of 111122223333 in eu-west-1 scope - .swiftpm/configuration/registries.json:1
    swift acme/apps of 111122223333 in eu-west-1 scope acme .swiftpm/configuration/registries.json:2
    ruby acme/gems of 111122223333 in eu-west-1 scope - Gemfile:2
    others: 1
    ");
}

#[test]
fn only_addresses_of_codeartifact_are_its_endpoints() {
    let good = address("npm/release");
    for (text, is_endpoint) in [
        (good.clone(), true),
        (good.replace(".amazonaws.com", ".amazonaws.com.cn"), true),
        (good.replace(".amazonaws.com", ".on.aws"), true),
        (good.replace("https://", "https://user:p@ss@"), true),
        (good.replace("/release/", "/release?x"), true),
        (good.replace("https", "ftp"), false),
        (good.replace("111122223333", "1111"), false),
        (
            good.replace(".amazonaws.com", ".amazonaws.com.example"),
            false,
        ),
        (good.replace("acme-", "-"), false),
        (good.replace("/npm/", "/conda/"), false),
        (good.replace("/release/", "/"), false),
        (good.replace("/release/", "/r ; rm/"), false),
        (format!("https://x.example/?{good}"), false),
        ("${REGISTRY}".to_owned(), false),
    ] {
        assert_eq!(endpoint::parse(&text).is_some(), is_endpoint, "{text}");
    }
}

#[test]
fn broken_settings_name_nothing() {
    for name in [
        ".npmrc",
        ".yarnrc",
        ".yarnrc.yml",
        "bunfig.toml",
        "pip.conf",
        "pyproject.toml",
        "settings.xml",
        "pom.xml",
        "build.gradle",
        "nuget.config",
        ".cargo/config.toml",
        ".bundle/config",
        "Gemfile",
        ".swiftpm/configuration/registries.json",
    ] {
        for text in [
            "",
            "\u{0}",
            "{",
            "<",
            "= = =",
            "[[",
            "\"",
            "@:registry=",
            "a: &a [*a]",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>",
        ] {
            let contents = [(name, text.to_owned())];
            assert_eq!(registries("", &files(&contents)), [], "{name}: {text}");
        }
    }
}
