use super::*;

#[test]
fn panics_are_left_to_unwind_and_the_lock_file_is_kept() {
    for architecture in Architecture::ALL {
        let arguments = build_arguments(architecture);
        for wanted in ["--disable-optimizations", "--locked", "--profile=lambda"] {
            assert!(
                arguments.iter().any(|argument| argument == wanted),
                "{wanted}"
            );
        }
    }
}

#[test]
fn the_profile_of_the_functions_unwinds() {
    let manifest: toml::Table =
        toml::from_str(include_str!("../../../Cargo.toml")).expect("it is TOML");
    let profile = &manifest["profile"][PROFILE];
    assert_eq!(profile["panic"].as_str(), Some("unwind"));
    assert_eq!(profile["strip"].as_bool(), Some(true));
}

#[test]
fn one_call_builds_all_functions_so_that_they_share_their_dependencies() {
    let arguments = build_arguments(Architecture::X86_64).join(" ");
    for function in FUNCTIONS {
        assert!(arguments.contains(&format!("--package=downriver-{function}")));
    }
    assert!(arguments.contains("--target=x86_64-unknown-linux-gnu"));
}

#[test]
fn a_target_that_no_toolchain_has_is_no_obstacle_without_a_remedy() {
    for architecture in Architecture::ALL {
        if let Some(obstacle) = architecture.obstacle().expect("rustc answers") {
            assert!(obstacle.contains("rustup target add"), "{obstacle}");
        }
    }
}
