//! What is written out in Ruby, and what is not.

use proptest::prelude::*;

use super::{read, told};
use crate::ruby::manifest::parse;

fn gems(text: &str) -> String {
    let manifest = parse(text);
    let lines: Vec<String> = manifest
        .gems
        .iter()
        .map(|gem| {
            let requirement = gem.requirement.as_deref().unwrap_or("?");
            format!(
                "{}: {} [{requirement}] {:?} {:?}",
                gem.line, gem.name, gem.source, gem.scopes
            )
        })
        .collect();
    lines.join("\n")
}

#[test]
fn groups_and_sources_hold_inside_their_blocks() {
    let text = r#"
group :test do
  gem "a"
  platforms :mri, :windows do
    gem "b"
  end
  if RUBY_VERSION >= "3"
    gem "c", "~> 1" if ENV["C"]
  else
    [1].each { |x| puts x }
  end
end
gem "d", :group => [:development, :test]
gem "e", groups: %i[dev production]
group :docs, optional: true do
  gem "f"
end
git "https://git.example/repo.git" do
  gem "g"
end
path "engines" do gem "h" end
gem "i", github: "acme/i"
group(:development) { gem "j" }
gem "k"
source "https://other.example" do
  gem "l"
end
"#;
    insta::assert_snapshot!(gems(text), @"
    3: a [>= 0] Registry {Test}
    5: b [>= 0] Registry {Test}
    8: c [~> 1] Registry {Test}
    13: d [>= 0] Registry {Dev, Test}
    14: e [>= 0] Registry {Runtime, Dev}
    16: f [>= 0] Registry {Optional}
    19: g [>= 0] Git {Runtime}
    21: h [>= 0] Path {Runtime}
    22: i [>= 0] Git {Runtime}
    23: j [>= 0] Registry {Dev}
    24: k [>= 0] Registry {Runtime}
    26: l [>= 0] Registry {Runtime}
    ");
}

#[test]
fn requirements_are_known_only_where_they_are_written_out() {
    let text = r#"
gem "a", "~> 1.0", ">= 1.0.1"
gem("b", ">= 1",
    "< 2")
gem "c", VERSION
gem "d", "~> #{MAJOR}.0"
gem "e", (RUBY_VERSION > "3" ? "~> 2" : "~> 1")
gem "f", "~> 1.0".freeze
gem name, "1.0"
gem %q<g>, ["~> 1"]
gem "h", **OPTIONS
gem "it's", "1"
gem 'quo\'te'
gem "i",
  "~> 3",
  require: false
gem "j", '>= 0.5' # gem "no"
=begin
gem "no"
=end
note = <<~TEXT
  gem "no"
TEXT
pattern = /["]/
gem "k"
__END__
gem "no"
"#;
    insta::assert_snapshot!(gems(text), @"
    2: a [~> 1.0, >= 1.0.1] Registry {Runtime}
    3: b [>= 1, < 2] Registry {Runtime}
    5: c [?] Registry {Runtime}
    6: d [?] Registry {Runtime}
    7: e [?] Registry {Runtime}
    8: f [~> 1.0] Registry {Runtime}
    10: g [~> 1] Registry {Runtime}
    11: h [?] Registry {Runtime}
    12: it's [1] Registry {Runtime}
    13: quo'te [>= 0] Registry {Runtime}
    14: i [~> 3] Registry {Runtime}
    17: j [>= 0.5] Registry {Runtime}
    25: k [>= 0] Registry {Runtime}
    ");
}

#[test]
fn another_gemfile_that_is_taken_in_counts() {
    let reading = read(&[
        (
            "Gemfile",
            "eval_gemfile 'gemfiles/shared.rb'\ngem 'a'\ngemspec path: 'core'\n",
        ),
        (
            "gemfiles/shared.rb",
            "gem 'b'\neval_gemfile '../Gemfile'\neval_gemfile '../../outside'\n",
        ),
        (
            "core/core.gemspec",
            "Gem::Specification.new { |s|\n s.name = 'core'\n s.version = Core::VERSION\n s.add_dependency 'c', '~> 1'\n}",
        ),
    ]);
    insta::assert_snapshot!(told(&reading), @"
    a - [>= 0] direct {Runtime} via [] Gemfile:2 lock 0
    b - [>= 0] direct {Runtime} via [] gemfiles/shared.rb:1 lock 0
    c - [~> 1] direct {Runtime} via [] core/core.gemspec:4 lock 0
    ");
    assert_eq!(reading.files.len(), 3);
    assert_eq!(reading.products[0].version, None);
}

proptest! {
    #[test]
    fn no_text_is_too_much(text in "(gem|group|do|end|if|%w\\[|<<~A|\"|'|\\\\|#\\{|:|\\(|\\{|\\}|=begin|[a-zé ,\\n])*") {
        let manifest = parse(&text);
        prop_assert!(manifest.gems.len() <= text.len());
    }
}

#[test]
fn what_never_ends_is_read_in_one_pass() {
    for part in [
        "%w[",
        "\\'",
        "'\\",
        "<<~A\n",
        "\"",
        "=begin\n",
        "gem 'a',\n",
        "group :a do\n",
        "(",
    ] {
        let text = part.repeat(300_000 / part.len());
        parse(&text);
    }
}
