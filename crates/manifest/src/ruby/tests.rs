//! Lockfiles and Gemfiles in small.

mod manifests;

use downriver_version::PackageId;

use crate::reading::Reading;
use crate::{Files, read_application};

fn read(files: &[(&str, &str)]) -> Reading {
    let mut source = Files::default();
    for (path, text) in files {
        source.insert(path, text.as_bytes()).unwrap();
    }
    read_application("", &source)
}

fn told(reading: &Reading) -> String {
    let mut lines = Vec::new();
    for found in &reading.dependencies {
        let via: Vec<&str> = found.via.iter().map(PackageId::name).collect();
        let lock = found.lock.as_ref().and_then(|lock| lock.line);
        lines.push(format!(
            "{} {} [{}] {} {:?} via {via:?} {}:{} lock {}",
            found.package.name(),
            found.locked.as_deref().unwrap_or("-"),
            found.requirement.as_deref().unwrap_or("-"),
            if found.is_direct {
                "direct"
            } else {
                "transitive"
            },
            found.scopes,
            found.evidence.file,
            found.evidence.line.unwrap_or_default(),
            lock.unwrap_or_default(),
        ));
    }
    for left_out in &reading.left_out {
        lines.push(format!("left out: {} {}", left_out.name, left_out.reason));
    }
    lines.extend(
        reading
            .problems
            .iter()
            .map(|problem| format!("problem: {problem}")),
    );
    lines.join("\n")
}

const GEMFILE: &str = r#"# frozen_string_literal: true
source "https://gems.example"
gemspec

gem "acme-auth", "~> 2.0", ">= 2.0.3", require: false
gem 'nokogiri'
group :development, :test do
  gem "rspec", [">= 3", "< 4"]
  gem "rubocop-acme", git: "https://git.example/rubocop-acme.git"
end
if ENV["EDGE"]
  gem "edge", "1.0"
end
gem "rack", ENV.fetch("RACK", "~> 3.0"), group: :production
gem "tools", path: "../tools"
"#;

const GEMSPEC: &str = r#"Gem::Specification.new do |spec|
  spec.name = "shop"
  spec.version = "1.4.0"
  spec.add_dependency "acme-tokens", "~> 1.0"
  spec.add_development_dependency("rake", ">= 12")
end
"#;

const LOCK: &str = "GIT
  remote: https://git.example/rubocop-acme.git
  revision: 0123456789abcdef
  specs:
    rubocop-acme (0.1.0)
      acme-tokens

PATH
  remote: .
  specs:
    shop (1.4.0)
      acme-tokens (~> 1.0)

PATH
  remote: ../tools
  specs:
    tools (0.0.1)

GEM
  remote: https://gems.example/
  specs:
    acme-auth (2.0.4)
      acme-tokens (>= 1.1, < 3)
      bundler (>= 1)
    acme-tokens (1.2.0)
    nokogiri (1.15.0-arm64-darwin)
      racc (~> 1.4)
    nokogiri (1.15.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.8.1)
    rack (3.0.1)
    rake (13.0.0)
    rspec (3.13.0)

PLATFORMS
  arm64-darwin
  x86_64-linux

DEPENDENCIES
  acme-auth (~> 2.0, >= 2.0.3)
  nokogiri
  rack (~> 3.0)
  rake (>= 12)
  rspec (>= 3, < 4)
  rubocop-acme!
  shop!
  tools!
  windows-only

CHECKSUMS
  acme-auth (2.0.4) sha256=0123

BUNDLED WITH
   2.5.0
";

#[test]
fn the_gemfile_tells_where_and_what_for_and_the_lock_which_version() {
    let reading = read(&[
        ("Gemfile", GEMFILE),
        ("Gemfile.lock", LOCK),
        ("shop.gemspec", GEMSPEC),
    ]);
    insta::assert_snapshot!(told(&reading), @r#"
    acme-auth 2.0.4 [~> 2.0, >= 2.0.3] direct {Runtime} via [] Gemfile:5 lock 22
    acme-tokens 1.2.0 [~> 1.0] direct {Runtime, Dev, Test} via [] shop.gemspec:4 lock 25
    nokogiri 1.15.0 [>= 0] direct {Runtime} via [] Gemfile:6 lock 26
    racc 1.8.1 [~> 1.4] transitive {Runtime} via ["nokogiri"] Gemfile.lock:27 lock 30
    rack 3.0.1 [~> 3.0] direct {Runtime} via [] Gemfile:14 lock 31
    rake 13.0.0 [>= 12] direct {Dev} via [] shop.gemspec:5 lock 32
    rspec 3.13.0 [>= 3, < 4] direct {Dev, Test} via [] Gemfile:8 lock 33
    windows-only - [>= 0] direct {Runtime} via [] Gemfile.lock:48 lock 0
    left out: rubocop-acme comes from git
    left out: tools comes from a file or folder
    "#);
    let product = &reading.products[0];
    assert_eq!(product.package.name(), "shop");
    assert_eq!(product.version.as_deref(), Some("1.4.0"));
    let lock = &reading.files[1];
    assert_eq!(lock.format, "Gemfile.lock");
    assert!(lock.locked.contains("nokogiri@1.15.0-x86_64-linux"));
    assert!(lock.locked.contains("rubocop-acme@0.1.0"));
}

#[test]
fn a_lock_alone_tells_what_is_asked_for() {
    let reading = read(&[("gems.locked", LOCK)]);
    insta::assert_snapshot!(told(&reading), @r#"
    acme-auth 2.0.4 [~> 2.0, >= 2.0.3] direct {Runtime} via [] gems.locked:40 lock 22
    acme-tokens 1.2.0 [~> 1.0] direct {Runtime} via [] gems.locked:12 lock 25
    nokogiri 1.15.0 [>= 0] direct {Runtime} via [] gems.locked:41 lock 26
    racc 1.8.1 [~> 1.4] transitive {Runtime} via ["nokogiri"] gems.locked:27 lock 30
    rack 3.0.1 [~> 3.0] direct {Runtime} via [] gems.locked:42 lock 31
    rake 13.0.0 [>= 12] direct {Runtime} via [] gems.locked:43 lock 32
    rspec 3.13.0 [>= 3, < 4] direct {Runtime} via [] gems.locked:44 lock 33
    windows-only - [>= 0] direct {Runtime} via [] gems.locked:48 lock 0
    left out: rubocop-acme comes from git
    left out: tools comes from a file or folder
    "#);
}

#[test]
fn a_gemfile_alone_tells_no_versions() {
    let reading = read(&[("gems.rb", GEMFILE), ("shop.gemspec", GEMSPEC)]);
    insta::assert_snapshot!(told(&reading), @"
    acme-auth - [~> 2.0, >= 2.0.3] direct {Runtime} via [] gems.rb:5 lock 0
    acme-tokens - [~> 1.0] direct {Runtime} via [] shop.gemspec:4 lock 0
    edge - [1.0] direct {Runtime} via [] gems.rb:12 lock 0
    nokogiri - [>= 0] direct {Runtime} via [] gems.rb:6 lock 0
    rack - [-] direct {Runtime} via [] gems.rb:14 lock 0
    rake - [>= 12] direct {Dev} via [] shop.gemspec:5 lock 0
    rspec - [>= 3, < 4] direct {Dev, Test} via [] gems.rb:8 lock 0
    left out: rubocop-acme comes from git
    left out: tools comes from a file or folder
    ");
}

#[test]
fn a_broken_lock_leaves_what_the_gemfile_tells() {
    let conflict = LOCK.replace(
        "    racc (1.8.1)",
        "<<<<<<< HEAD\n    racc (1.8.1)\n=======\n",
    );
    for lock in [conflict.as_str(), "no lockfile", "\u{0}"] {
        let reading = read(&[
            ("Gemfile", "gem 'acme-auth', '~> 2.0'"),
            ("Gemfile.lock", lock),
        ]);
        assert_eq!(reading.dependencies.len(), 1, "{lock}");
        assert_eq!(reading.problems.len(), 1, "{lock}");
    }
    let reading = read(&[("Gemfile.lock", &conflict)]);
    insta::assert_snapshot!(told(&reading), @"problem: Gemfile.lock:30: has a merge conflict: resolve it in the Gemfile, then let `bundle lock` write this file again");
}

#[test]
fn a_lock_with_line_ends_of_windows_is_the_same() {
    let plain = read(&[("Gemfile.lock", LOCK)]);
    let windows = read(&[("Gemfile.lock", &LOCK.replace('\n', "\r\n"))]);
    assert_eq!(plain.dependencies, windows.dependencies);
    assert_eq!(plain.files, windows.files);
}

#[test]
fn gems_that_need_each_other_are_all_there() {
    let reading = read(&[(
        "Gemfile.lock",
        "GEM\n  specs:\n    a (1.0)\n      b\n    b (1.0)\n      a\n\nDEPENDENCIES\n  a\n",
    )]);
    assert_eq!(reading.dependencies.len(), 2);
}
