use super::*;
use crate::tidy::metadata::{Package, Target};

#[test]
fn the_cpu_model_is_the_first_one_listed() {
    let cpuinfo =
        "processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\n\nprocessor\t: 1\nmodel name\t: Other\n";
    assert_eq!(parse_cpu_model(cpuinfo), "Fast CPU @ 3 GHz");
    assert_eq!(parse_cpu_model("processor : 0\n"), "unknown");
}

#[test]
fn memory_is_read_in_kibibytes() {
    assert_eq!(
        parse_memory_kib("MemTotal:        8192 kB\nMemFree: 1 kB\n"),
        Some(8192)
    );
    assert_eq!(parse_memory_kib(""), None);
}

#[test]
fn the_header_names_every_figure_and_says_unknown_for_a_missing_one() {
    let machine = Machine {
        cores: 2,
        cpu: "Fast".into(),
        memory_kib: Some(8192),
        kernel: String::new(),
        rustc: "rustc 1.95.0".into(),
    };
    let header = header(&machine);
    for figure in [
        "cores   2",
        "cpu     Fast",
        "memory  8 MiB",
        "kernel  unknown",
        "rustc   rustc 1.95.0",
    ] {
        assert!(header.contains(figure), "{figure} is missing in:\n{header}");
    }
}

#[test]
fn only_a_binary_of_the_tests_package_counts_as_benchmarks() {
    let workspace = |package: &str, kind: &str| {
        let target = Target {
            name: "bench".into(),
            kind: kind.into(),
            path: "tests/src/bin/bench.rs".into(),
        };
        Workspace {
            packages: vec![Package {
                name: package.into(),
                is_member: true,
                targets: vec![target],
                ..Package::default()
            }],
        }
    };
    assert!(has_benchmarks(&workspace("downriver-tests", "bin")));
    assert!(!has_benchmarks(&workspace("downriver-tests", "test")));
    assert!(!has_benchmarks(&workspace("downriver", "bin")));
}
