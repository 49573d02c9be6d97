use std::cmp::Ordering;

use proptest::prelude::*;

use crate::{
    DependencySpecifier, Format, Marker, MarkerEnvironment, Requirement, RequirementKind, Version,
};

fn version(text: &str) -> Version {
    Version::parse(Format::Pypi, text).unwrap()
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Pypi, text).unwrap()
}

fn selected(text: &str, candidates: &[&str]) -> Option<String> {
    let candidates: Vec<Version> = candidates.iter().copied().map(version).collect();
    requirement(text)
        .selects(&candidates)
        .map(|version| version.as_str().to_owned())
}

fn marker(text: &str) -> Marker {
    DependencySpecifier::parse(&format!("package; {text}"))
        .unwrap()
        .marker()
        .unwrap()
        .clone()
}

#[test]
fn versions_are_in_the_order_of_pep_440() {
    let ascending = [
        "garbage",
        "0",
        "1.0.dev456",
        "1.0a1.dev1",
        "1.0a1",
        "1.0a2.post1",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0rc1.dev456",
        "1.0rc1",
        "1.0",
        "1.0+abc.5",
        "1.0+abc.7",
        "1.0+5",
        "1.0+12345678901234567890123",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.1",
        "1.1.dev1",
        "1.10",
        "1!0.1",
    ];
    for (position, left) in ascending.iter().enumerate() {
        for right in &ascending[position + 1..] {
            assert_eq!(
                version(left).compare(&version(right)),
                Some(Ordering::Less),
                "{left} {right}"
            );
        }
    }
}

#[test]
fn spellings_of_one_version_are_equal() {
    for (left, right) in [
        ("1.0", " v1.0.0\n"),
        ("1.0a1", "1.0-ALPHA_1"),
        ("1.0rc0", "1.0.preview"),
        ("1.0.post1", "1.0-1"),
        ("1.0.post0", "1.0rev"),
        ("1.0.dev0", "1.0_dev"),
        ("1.0a0", "1.0a-"),
        ("1.0+a.1", "1.0+A-01"),
        ("0!1", "01"),
    ] {
        assert_eq!(
            version(left).compare(&version(right)),
            Some(Ordering::Equal),
            "{left} {right}"
        );
    }
}

#[test]
fn specifiers_contain_what_pep_440_says() {
    for (text, inside, outside) in [
        ("", "1.0a1 foobar 2", ""),
        ("==1.0", "1 1.0.0 1.0+x", "1.0.post1 1.0a1 1.0.1"),
        ("==1.0+x", "1.0+X", "1.0 1.0+y"),
        ("!=1.0", "1.1 1.0.dev1", "1.0+x foobar"),
        ("==1.2.*", "1.2 1.2.9+x 1.2.dev1 1.2.post1", "1 1.20 1!1.2"),
        ("!=1.2.*", "1.3 1 1!1.2", "1.2a1"),
        ("~=2.2.0", "2.2.1 2.2.post1", "2.2.0rc1 2.3.dev0 2.1"),
        ("~=1.4.5a4", "1.4.5a4 1.4.9", "1.4.5a3 1.5"),
        (">1.0", "1.0.1 1.1.dev1", "1.0 1.0+x 1.0.post1"),
        (">1.0.post1", "1.0.post2.dev0", "1.0.post1+x 1.0.post1"),
        (">1.0.dev1", "1.0.dev2 1.0 1.0.post1", "1.0.dev1+x"),
        ("<1.0", "0.9 0.9.post1", "1.0.dev0 1.0a1 1.0"),
        ("<1.0rc1", "1.0b2 1.0.dev0", "1.0rc1"),
        ("<1.0.post1", "1.0 1.0a1", "1.0.post1.dev0"),
        ("<=1.0", "1.0+x 1.0", "1.0.post1"),
        (">=1.0,,<2 ,", "1.5 1.0+x", "2.dev0 0.9"),
        ("===1.01", "1.01", "1.1"),
        ("=== FooBar", "foobar", "foo"),
    ] {
        let requirement = requirement(text);
        for inside in inside.split(' ').filter(|inside| !inside.is_empty()) {
            assert!(
                requirement.admits_with_prereleases(&version(inside)),
                "`{text}` {inside}"
            );
        }
        for outside in outside.split(' ').filter(|outside| !outside.is_empty()) {
            assert!(
                !requirement.admits_with_prereleases(&version(outside)),
                "`{text}` {outside}"
            );
        }
    }
}

#[test]
fn what_packaging_refuses_is_refused() {
    for text in [
        "1.0",
        "=1.0",
        "^1",
        "*",
        ">=1.0.*",
        ">1.0+x",
        "~=1",
        "==1.0a1.*",
        "==1.*.*",
        "== 1.0 0",
        "=== a b",
        "<",
    ] {
        assert!(Requirement::parse(Format::Pypi, text).is_err(), "{text}");
    }
}

#[test]
fn a_url_or_path_is_not_from_the_registry() {
    for (text, location) in [
        (
            "name @ https://example.org/name.whl",
            "https://example.org/name.whl",
        ),
        ("name[a]@file:///x ; os_name == 'nt'", "file:///x"),
        (
            "git+ssh://git@example.org/name",
            "git+ssh://git@example.org/name",
        ),
        (
            "https://user:word@example.org/x",
            "https://user:word@example.org/x",
        ),
        (" ./name ", "./name"),
    ] {
        assert_eq!(
            requirement(text).kind(),
            RequirementKind::NotFromRegistry(location.to_owned()),
            "{text}"
        );
        assert!(!requirement(text).admits(&version("1")));
    }
}

#[test]
fn a_clause_for_one_version_makes_an_exact_requirement() {
    for (text, kind) in [
        ("==1.0", RequirementKind::Exact),
        ("===x", RequirementKind::Exact),
        (">=1,==1.5", RequirementKind::Exact),
        ("==1.*", RequirementKind::Range),
        ("", RequirementKind::Range),
    ] {
        assert_eq!(requirement(text).kind(), kind, "{text}");
    }
}

#[test]
fn prereleases_are_selected_only_if_named_or_alone() {
    for (text, candidates, expected) in [
        (">=1", &["1.0", "2.0b1", "1.5"][..], Some("1.5")),
        (">=2.0a1", &["1.0", "2.0b1"], Some("2.0b1")),
        (">=1", &["0.9", "1.5a1", "1.5a2"], Some("1.5a2")),
        ("!=2.0a1", &["1.0", "2.0b1"], Some("1.0")),
        ("", &["nonsense", "1.0.dev1"], Some("1.0.dev1")),
        ("", &["nonsense"], None),
        (">=3", &["1.0"], None),
    ] {
        assert_eq!(selected(text, candidates).as_deref(), expected, "{text}");
    }
    assert!(!requirement(">=1").admits(&version("2.0b1")));
    assert!(requirement(">=2.0a1").admits(&version("2.0b1")));
}

#[test]
fn a_dependency_specifier_comes_apart() {
    let dependency = DependencySpecifier::parse(
        " Foo.Bar [ b ,a ] ( > 2.2 , <3 ) ; (python_version>='3.3')and(os.name=='x' or extra == 'A_b') ",
    )
    .unwrap();
    assert_eq!(dependency.name(), "Foo.Bar");
    assert_eq!(dependency.extras().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(dependency.specifiers(), "<3,>2.2");
    assert_eq!(dependency.requirement_text(), "<3,>2.2");
    assert_eq!(
        dependency.to_string(),
        r#"Foo.Bar[a,b]<3,>2.2; python_version >= "3.3" and (os_name == "x" or extra == "a-b")"#
    );
}

#[test]
fn a_dependency_specifier_may_name_a_url() {
    let dependency =
        DependencySpecifier::parse("a @ ssh://u:..%20..@h/p ; sys_platform == 'win32'").unwrap();
    assert_eq!(dependency.url(), Some("ssh://u:..%20..@h/p"));
    assert_eq!(dependency.requirement_text(), "ssh://u:..%20..@h/p");
    assert_eq!(
        dependency.to_string(),
        r#"a @ ssh://u:..%20..@h/p ; sys_platform == "win32""#
    );
    let hidden = DependencySpecifier::parse("a @ file:///x;os_name=='nt'").unwrap();
    assert!(hidden.marker().is_none());
}

#[test]
fn odd_dependency_specifiers_are_read_or_refused_as_packaging_does() {
    for text in [
        "a",
        "a()",
        "a[]",
        "a (===x)",
        "a===x,y=z",
        "a>=1,",
        "a_",
        "a\t>=\n1",
    ] {
        assert_eq!(
            DependencySpecifier::parse(text).is_ok(),
            text != "a===x,y=z",
            "{text}"
        );
    }
    for text in [
        "",
        "-a",
        "a-",
        "a 1",
        "a >=1 <2",
        "a (>=1",
        "a[b",
        "a[b,]",
        "a[b c]",
        "a @",
        "a;",
        "a\n",
        "a ; x == '1'",
        "a; os_name == 'x",
        "a; os_name 'x'",
        "a; os_name == 'x' or",
        "a; (os_name == 'x'",
        "a; os_name == 'x\\'",
    ] {
        assert!(DependencySpecifier::parse(text).is_err(), "{text}");
    }
}

#[test]
fn markers_are_judged_against_the_declared_environment() {
    let environment = MarkerEnvironment::new()
        .with("python_version", "3.11")
        .with("sys_platform", "linux");
    for (text, expected) in [
        ("python_version < '3.12'", Some(true)),
        ("'3.2' > python_version", Some(false)),
        ("python_version in '2.7 3.11'", Some(true)),
        ("python_version ~= '3.9'", Some(true)),
        ("python_version == '3.*'", Some(true)),
        ("python_version === '3.11,'", Some(false)),
        ("sys_platform < 'm'", Some(false)),
        ("sys_platform not in 'win32'", Some(true)),
        ("sys_platform ~= 'linux'", None),
        ("os_name == 'posix'", None),
        ("os_name == 'posix' or sys_platform == 'linux'", Some(true)),
        (
            "os_name == 'posix' and sys_platform == 'win32'",
            Some(false),
        ),
        ("os_name == 'posix' and (sys_platform == 'linux')", None),
        ("extra == 'test'", Some(false)),
    ] {
        assert_eq!(marker(text).evaluate(&environment), expected, "{text}");
    }
    let environment = environment.with_extra("Test_A").with_extra("docs");
    for text in [
        "extra == 'test-a'",
        "extra != 'test-a'",
        "'TEST.A' in extras",
        "extra == 'docs' and python_version > '3'",
    ] {
        assert_eq!(marker(text).evaluate(&environment), Some(true), "{text}");
    }
}

#[test]
fn deep_and_long_input_is_refused_or_read_in_passing() {
    let deep = format!(
        "a; {}os_name == 'x'{}",
        "(".repeat(30_000),
        ")".repeat(30_000)
    );
    assert!(
        DependencySpecifier::parse(&deep)
            .unwrap_err()
            .reason
            .contains("nested parentheses")
    );
    assert!(DependencySpecifier::parse(&"a".repeat(1 << 20)).is_err());
    assert!(requirement(&vec![">=1"; 10_000].join(",")).admits(&version("2")));
    assert!(Requirement::parse(Format::Pypi, &format!("=={}", "1".repeat(60_000))).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<Vec<u8>>(), marker in "[(')a-z<=>!~ .0-9]{0,40}") {
        let text = String::from_utf8_lossy(&text);
        let version = version(&text);
        if let Ok(requirement) = Requirement::parse(Format::Pypi, &text) {
            requirement.selects(&[version]);
        }
        let _ = DependencySpecifier::parse(&text);
        let _ = DependencySpecifier::parse(&format!("a;{marker}"));
    }

    #[test]
    fn order_is_total(texts in proptest::array::uniform3("(1!)?[0-2](\\.[0-2]){0,2}(a[01])?(\\.post[01])?(\\.dev[01])?(\\+[a1])?|x")) {
        let [a, b, c] = texts.map(|text| version(&text));
        let compare = |left: &Version, right: &Version| left.compare(right).unwrap();
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }

    #[test]
    fn a_marker_reads_back_as_it_displays(names in proptest::collection::vec("(os_name|extra) (==|in) '[a-z]{0,3}' (and|or) ", 1..6), split in 0..6_usize) {
        let mut text = names.concat();
        text.push_str(if split % 2 == 0 { "(os_name == 'x' or os_name == 'y')" } else { "((extra == 'x'))" });
        let first = marker(&text);
        prop_assert_eq!(&marker(&first.to_string()), &first);
    }
}
