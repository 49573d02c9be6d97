//! Projects, what they share, and their locks, as the application sees them.

use crate::files::Files;
use crate::reading::{FoundDependency, Reading, read_application};

fn read(folder: &str, contents: &[(&str, &str)]) -> Reading {
    let mut files = Files::default();
    for (path, text) in contents {
        files.insert(path, text.as_bytes()).unwrap();
    }
    read_application(folder, &files)
}

fn told(reading: &Reading) -> String {
    let lines: Vec<String> = reading.dependencies.iter().map(line).collect();
    lines.join("\n")
}

fn line(found: &FoundDependency) -> String {
    let via: Vec<&str> = found
        .via
        .iter()
        .map(downriver_version::PackageId::name)
        .collect();
    let lock = found
        .lock
        .as_ref()
        .map(|lock| format!("{}:{}", lock.file, lock.line.unwrap_or(0)));
    format!(
        "{} {} -> {} {:?} via {via:?} {}:{} {}.",
        found.package.name(),
        found.requirement.as_deref().unwrap_or("?"),
        found.locked.as_deref().unwrap_or("?"),
        found.scopes,
        found.evidence.file,
        found.evidence.line.unwrap_or(0),
        lock.unwrap_or_default()
    )
}

fn problems(reading: &Reading) -> String {
    let told: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    told.join("\n")
}

const PROJECT: &str = r#"<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFrameworks>net8.0;net10.0</TargetFrameworks>
    <MoneyVersion>[2.0,3.0)</MoneyVersion>
  </PropertyGroup>
  <ItemGroup Condition="'$(TargetFramework)' == 'net8.0'">
    <PackageReference Include="Acme.Old" Version="1.0" />
  </ItemGroup>
  <ItemGroup>
    <PackageReference Include="Acme.Money" Version="$(MoneyVersion)" />
    <PackageReference Include="Acme.Log;Acme.Trace">
      <Version>3.*</Version>
    </PackageReference>
    <PackageReference Include="Acme.Central" />
    <PackageReference Include="Acme.Own" VersionOverride="9.0.0" />
    <PackageReference Include="Acme.Analyzers" Version="4.0.0" PrivateAssets="all" />
    <PackageReference Include="Acme.Generator" Version="5.0.0">
      <IncludeAssets>build; analyzers</IncludeAssets>
    </PackageReference>
    <PackageReference Include="Gone" Version="1.0.0" />
    <PackageReference Remove="gone" />
    <PackageReference Update="Acme.Trace" Version="4.1.0" />
    <PackageReference Include="Unset" Version="$(Nowhere)" />
  </ItemGroup>
</Project>
"#;
const PACKAGES: &str = r#"<Project>
  <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
  <ItemGroup>
    <PackageVersion Include="Acme.Central" Version="7.0.0" />
    <PackageVersion Include="Acme.Own" Version="8.0.0" />
    <PackageVersion Include="Acme.Unused" Version="1.0.0" />
    <GlobalPackageReference Include="Acme.Style" Version="1.1.0" />
  </ItemGroup>
</Project>
"#;

#[test]
fn a_project_asks_for_what_its_items_come_down_to() {
    let reading = read(
        "src/App",
        &[
            ("src/App/App.csproj", PROJECT),
            ("Directory.Packages.props", PACKAGES),
        ],
    );
    insta::assert_snapshot!(told(&reading), @r#"
    acme.analyzers 4.0.0 -> ? {Build} via [] src/App/App.csproj:16 .
    acme.central 7.0.0 -> ? {Runtime} via [] Directory.Packages.props:4 .
    acme.generator 5.0.0 -> ? {Build} via [] src/App/App.csproj:17 .
    acme.log 3.* -> ? {Runtime} via [] src/App/App.csproj:11 .
    acme.money [2.0,3.0) -> ? {Runtime} via [] src/App/App.csproj:10 .
    acme.old 1.0 -> ? {Runtime} via [] src/App/App.csproj:7 .
    acme.own 9.0.0 -> ? {Runtime} via [] src/App/App.csproj:15 .
    acme.style 1.1.0 -> ? {Build} via [] Directory.Packages.props:7 .
    acme.trace 4.1.0 -> ? {Runtime} via [] src/App/App.csproj:22 .
    unset ? -> ? {Runtime} via [] src/App/App.csproj:23 .
    "#);
    insta::assert_snapshot!(problems(&reading), @"src/App/App.csproj:23: says `$(Nowhere)`, which nothing in the source sets to a value");
    assert_eq!(reading.products[0].package.name(), "app");
    let files: Vec<(&str, &str, usize)> = reading
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.format.as_str(), file.declared))
        .collect();
    assert_eq!(
        files,
        [
            ("Directory.Packages.props", "Directory.Packages.props", 4),
            ("src/App/App.csproj", "csproj", 9),
        ]
    );
}

#[test]
fn only_the_nearest_shared_file_counts_unless_it_imports_the_next() {
    let project = r#"<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="A" Version="$(AVersion)" /></ItemGroup></Project>"#;
    let outer = "<Project><PropertyGroup><AVersion>1.0.0</AVersion></PropertyGroup></Project>";
    let import = r#"<Project>
<Import Project="$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))" />
<Import Project="$(MSBuildThisFileDirectory)..\Eng\Versions.props" />
<Import Project="$(MSBuildExtensionsPath)\anything.props" />
</Project>"#;
    let versions = "<Project><ItemGroup><PackageReference Include=\"B\" Version=\"2.0.0\" /></ItemGroup></Project>";
    let alone = "<Project><PropertyGroup /></Project>";
    let with = |nearest| {
        read(
            "src/app",
            &[
                ("src/app/app.csproj", project),
                ("src/Directory.Build.props", nearest),
                ("Directory.Build.props", outer),
                ("eng/Versions.props", versions),
            ],
        )
    };
    insta::assert_snapshot!(told(&with(import)), @r#"
    a 1.0.0 -> ? {Runtime} via [] src/app/app.csproj:1 .
    b 2.0.0 -> ? {Runtime} via [] eng/Versions.props:1 .
    "#);
    insta::assert_snapshot!(problems(&with(import)), @"");
    insta::assert_snapshot!(told(&with(alone)), @"a ? -> ? {Runtime} via [] src/app/app.csproj:1 .");
}

const APP: &str = r#"<Project Sdk="Microsoft.NET.Sdk.Web">
  <ItemGroup>
    <PackageReference Include="Acme.Log" Version="1.2" />
    <ProjectReference Include="..\lib\Lib.csproj" />
  </ItemGroup>
</Project>
"#;
const LIB: &str = r#"<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><Version>1.4.0</Version></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Acme.Money" Version="2.0.0" />
    <PackageReference Include="Acme.Analyzers" Version="4.0.0" PrivateAssets="all" />
  </ItemGroup>
</Project>
"#;
const TESTS: &str = r#"<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup>
    <PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.0.0" />
    <ProjectReference Include="../app/App.csproj" />
  </ItemGroup>
</Project>
"#;
const SOLUTION: &str = "Microsoft Visual Studio Solution File, Format Version 12.00\r\nProject(\"{9A19103F-16F7-4668-BE54-9A1E7A4F7556}\") = \"App\", \"app\\App.csproj\", \"{1}\"\r\nEndProject\r\nProject(\"{2150E333-8FDC-42A3-9474-1A3956D46DE8}\") = \"docs\", \"docs\", \"{2}\"\r\nEndProject\r\nProject(\"{9A19103F-16F7-4668-BE54-9A1E7A4F7556}\") = \"Tests\", \"Tests\\Tests.csproj\", \"{3}\"\r\nEndProject\r\n";
const LOCK: &str = r#"{
  "version": 1,
  "dependencies": {
    "net8.0": {
      "Acme.Log": {
        "type": "Direct",
        "requested": "[1.2.0, )",
        "resolved": "1.2.0",
        "dependencies": {
          "Acme.Base": "1.0.0"
        }
      },
      "Implicit.Tasks": {
        "type": "Direct",
        "requested": "[8.0.1, )",
        "resolved": "8.0.1"
      },
      "Acme.Base": {
        "type": "Transitive",
        "resolved": "1.0.0"
      },
      "Acme.Money": {
        "type": "CentralTransitive",
        "requested": "[2.0.0, )",
        "resolved": "2.1.0"
      },
      "lib": {
        "type": "Project",
        "dependencies": {
          "Acme.Money": "[2.0.0, )"
        }
      }
    },
    "net8.0/win-x64": {
      "Acme.Base": {
        "type": "Transitive",
        "resolved": "1.0.0",
        "dependencies": {
          "runtime.win-x64.Native": "4.0.0"
        }
      },
      "runtime.win-x64.Native": {
        "type": "Transitive",
        "resolved": "4.0.0"
      }
    }
  }
}
"#;
const SOURCE: [(&str, &str); 5] = [
    ("Acme.sln", SOLUTION),
    ("app/App.csproj", APP),
    ("app/packages.lock.json", LOCK),
    ("lib/Lib.csproj", LIB),
    ("tests/Tests.csproj", TESTS),
];

#[test]
fn a_lock_is_joined_with_its_project_and_those_on_the_way() {
    let reading = read("app", &SOURCE);
    insta::assert_snapshot!(told(&reading), @r#"
    acme.base 1.0.0 -> 1.0.0 {Runtime} via ["acme.log"] app/packages.lock.json:10 app/packages.lock.json:18.
    acme.log 1.2 -> 1.2.0 {Runtime} via [] app/App.csproj:3 app/packages.lock.json:5.
    acme.money 2.0.0 -> 2.1.0 {Runtime} via ["lib"] lib/Lib.csproj:4 app/packages.lock.json:22.
    implicit.tasks [8.0.1, ) -> 8.0.1 {Runtime} via [] app/packages.lock.json:13 app/packages.lock.json:13.
    runtime.win-x64.native 4.0.0 -> 4.0.0 {Runtime} via ["acme.log", "acme.base"] app/packages.lock.json:39 app/packages.lock.json:42.
    "#);
    assert_eq!(problems(&reading), "");
    assert!(reading.products[0].is_private);
}

#[test]
fn a_solution_is_all_its_projects() {
    let reading = read("", &SOURCE);
    insta::assert_snapshot!(told(&reading), @r#"
    acme.base 1.0.0 -> 1.0.0 {Runtime} via ["acme.log"] app/packages.lock.json:10 app/packages.lock.json:18.
    acme.log 1.2 -> ? {Test} via ["app"] app/App.csproj:3 .
    acme.log 1.2 -> 1.2.0 {Runtime} via [] app/App.csproj:3 app/packages.lock.json:5.
    acme.money 2.0.0 -> ? {Test} via ["app", "lib"] lib/Lib.csproj:4 .
    acme.money 2.0.0 -> 2.1.0 {Runtime} via ["lib"] lib/Lib.csproj:4 app/packages.lock.json:22.
    implicit.tasks [8.0.1, ) -> 8.0.1 {Runtime} via [] app/packages.lock.json:13 app/packages.lock.json:13.
    microsoft.net.test.sdk 18.0.0 -> ? {Test} via [] tests/Tests.csproj:3 .
    runtime.win-x64.native 4.0.0 -> 4.0.0 {Runtime} via ["acme.log", "acme.base"] app/packages.lock.json:39 app/packages.lock.json:42.
    "#);
    assert_eq!(problems(&reading), "");
    assert_eq!(reading.products.len(), 2);
}

#[test]
fn a_solution_in_xml_lists_the_same() {
    let solution = "<Solution><Folder Name=\"/src/\"><Project Path=\"lib/Lib.csproj\" /></Folder><Project Path=\"gone/Gone.csproj\" /></Solution>";
    let reading = read("", &[("a.slnx", solution), ("lib/Lib.csproj", LIB)]);
    insta::assert_snapshot!(told(&reading), @r#"
    acme.analyzers 4.0.0 -> ? {Build} via [] lib/Lib.csproj:5 .
    acme.money 2.0.0 -> ? {Runtime} via [] lib/Lib.csproj:4 .
    "#);
    insta::assert_snapshot!(problems(&reading), @"a.slnx: lists `gone/Gone.csproj`, which the source does not hold");
    let product = &reading.products[0];
    assert_eq!(
        (product.version.as_deref(), product.is_private),
        (Some("1.4.0"), false)
    );
}

#[test]
fn without_a_lock_projects_on_the_way_are_followed_by_their_files() {
    let files: Vec<_> = SOURCE
        .into_iter()
        .filter(|(path, _)| !path.contains("lock"))
        .collect();
    insta::assert_snapshot!(told(&read("app", &files)), @r#"
    acme.log 1.2 -> ? {Runtime} via [] app/App.csproj:3 .
    acme.money 2.0.0 -> ? {Runtime} via ["lib"] lib/Lib.csproj:4 .
    "#);
}

#[test]
fn a_lock_alone_is_read_without_complaint() {
    let reading = read("", &[("packages.lock.json", LOCK)]);
    insta::assert_snapshot!(told(&reading), @r#"
    acme.base 1.0.0 -> 1.0.0 {Runtime} via ["acme.log"] packages.lock.json:10 packages.lock.json:18.
    acme.log [1.2.0, ) -> 1.2.0 {Runtime} via [] packages.lock.json:5 packages.lock.json:5.
    acme.money [2.0.0, ) -> 2.1.0 {Runtime} via ["lib"] packages.lock.json:30 packages.lock.json:22.
    implicit.tasks [8.0.1, ) -> 8.0.1 {Runtime} via [] packages.lock.json:13 packages.lock.json:13.
    runtime.win-x64.native 4.0.0 -> 4.0.0 {Runtime} via ["acme.log", "acme.base"] packages.lock.json:39 packages.lock.json:42.
    "#);
    assert_eq!(problems(&reading), "");
    assert_eq!(reading.files[0].locked.len(), 5);
}

#[test]
fn a_broken_lock_leaves_what_the_project_asks_for() {
    let reading = read(
        "app",
        &[
            ("app/App.csproj", APP),
            ("app/packages.lock.json", "{\n\"version\": 1,\n"),
        ],
    );
    insta::assert_snapshot!(told(&reading), @"acme.log 1.2 -> ? {Runtime} via [] app/App.csproj:3 .");
    insta::assert_snapshot!(problems(&reading), @r#"
    app/App.csproj:4: refers to `..\lib\Lib.csproj`, which the source does not hold
    app/packages.lock.json:3: is not the JSON that this file should be: EOF while parsing a value
    "#);
}

const ASSETS: &str = r#"{"version":3,"targets":{"net8.0":{"Acme.Log/1.2.0":{"type":"package","dependencies":{"Acme.Base":"1.0.0"}},"Acme.Base/1.0.0":{"type":"package"},"Style/2.0.0":{"type":"package"},"Lib/1.0.0":{"type":"project","dependencies":{"Acme.Base":"1.0.0"}}}},"libraries":{"Acme.Log/1.2.0":{"type":"package"},"Acme.Base/1.0.0":{"type":"package"},"Style/2.0.0":{"type":"package"},"Lib/1.0.0":{"type":"project"}},"project":{"frameworks":{"net8.0":{"dependencies":{"Acme.Log":{"target":"Package","version":"[1.2.0, )"},"Style":{"suppressParent":"All","target":"Package","version":"[2.0.0, )"}}}}}}"#;

#[test]
fn assets_tell_what_is_asked_for_and_what_it_brings() {
    let reading = read("", &[("obj/project.assets.json", ASSETS)]);
    insta::assert_snapshot!(told(&reading), @r#"
    acme.base 1.0.0 -> 1.0.0 {Runtime} via ["acme.log"] obj/project.assets.json:1 obj/project.assets.json:1.
    acme.log [1.2.0, ) -> 1.2.0 {Runtime} via [] obj/project.assets.json:1 obj/project.assets.json:1.
    style [2.0.0, ) -> 2.0.0 {Build} via [] obj/project.assets.json:1 obj/project.assets.json:1.
    "#);
    assert_eq!(problems(&reading), "");
}

#[test]
fn packages_config_is_a_flat_list() {
    let config = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<packages>\r\n  <package id=\"Acme.Mvc\" version=\"4.0.20710.0\" targetFramework=\"net48\" />\r\n  <package id=\"Style\" version=\"1.0\" developmentDependency=\"true\" allowedVersions=\"[1,2)\" />\r\n  <package id=\"NoVersion\" />\r\n</packages>\r\n";
    let project = r#"<Project ToolsVersion="12.0" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <Import Project="$(MSBuildBinPath)\Microsoft.CSharp.targets" />
  <ItemGroup><None Include="packages.config" /></ItemGroup>
</Project>"#;
    let reading = read(
        "web",
        &[("web/packages.config", config), ("web/Web.csproj", project)],
    );
    insta::assert_snapshot!(told(&reading), @r#"
    acme.mvc [4.0.20710.0] -> 4.0.20710 {Runtime} via [] web/packages.config:3 web/packages.config:3.
    style [1,2) -> 1.0.0 {Build} via [] web/packages.config:4 web/packages.config:4.
    "#);
    insta::assert_snapshot!(problems(&reading), @"web/packages.config:5: lists a package without `id` or `version`");
    let files = reading.files.iter();
    let locked: Vec<&str> = files.flat_map(|file| file.locked.iter()).collect();
    assert_eq!(locked, ["acme.mvc@4.0.20710", "style@1.0.0"]);
}

#[test]
fn files_may_import_each_other_and_properties_may_name_themselves() {
    let project = r#"<Project Sdk="x"><Import Project="a.props" /><ItemGroup><PackageReference Include="A" Version="$(V)" /></ItemGroup></Project>"#;
    let doubling = "<V>$(V)$(V)</V>".repeat(100);
    let a = format!(
        "<Project><PropertyGroup><V>1</V>{doubling}</PropertyGroup><Import Project=\"b.props\" /></Project>"
    );
    let b = "<Project><Import Project=\"a.props\" /><Import Project=\"../../outside.props\" /></Project>";
    let reading = read(
        "p",
        &[("p/p.csproj", project), ("p/a.props", &a), ("p/b.props", b)],
    );
    assert_eq!(reading.dependencies.len(), 1);
    assert_eq!(reading.dependencies[0].requirement, None);
    assert_eq!(reading.problems.len(), 2, "{}", problems(&reading));
}

#[test]
fn hostile_xml_is_refused() {
    let bomb = "<!DOCTYPE p [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Project>&b;</Project>";
    let deep = format!("<Project>{}", "<Choose>".repeat(50_000));
    let closed = format!(
        "<Project>{}{}</Project>",
        "<Choose>".repeat(1_000),
        "</Choose>".repeat(1_000)
    );
    for text in [bomb, &deep, &closed, "<Solution/>", "", "<Project>"] {
        let reading = read("", &[("a.csproj", text)]);
        assert_eq!(reading.problems.len(), 1, "{text:.40}");
    }
}

#[test]
fn numbers_where_text_belongs_are_a_problem() {
    let lock = "{\"version\": 1, \"dependencies\": {\"net8.0\": {\"A\": {\"type\": \"Direct\", \"resolved\": 1}}}}";
    let reading = read("", &[("packages.lock.json", lock)]);
    insta::assert_snapshot!(problems(&reading), @"packages.lock.json:1: is not the JSON that this file should be: invalid type: integer `1`, expected a string");
}

#[test]
fn what_stands_under_a_condition_in_a_shared_file_makes_no_project_a_test() {
    let shared = r#"<Project>
  <PropertyGroup Condition="$(MSBuildProjectName.EndsWith('Tests'))"><IsTestProject>true</IsTestProject></PropertyGroup>
  <ItemGroup Condition="$(MSBuildProjectName.EndsWith('Tests'))">
    <PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.0.0" />
  </ItemGroup>
</Project>"#;
    let with = |project: &str, is_locked: bool| {
        let lock = format!("{}/packages.lock.json", crate::files::folder_of(project));
        let mut files = vec![
            ("Directory.Build.props", shared),
            (project, APP),
            ("lib/Lib.csproj", LIB),
        ];
        if is_locked {
            files.push((&lock, LOCK));
        }
        told(&read(crate::files::folder_of(project), &files))
    };
    insta::assert_snapshot!(with("app/App.csproj", false), @r#"
    acme.log 1.2 -> ? {Runtime} via [] app/App.csproj:3 .
    acme.money 2.0.0 -> ? {Runtime} via ["lib"] lib/Lib.csproj:4 .
    microsoft.net.test.sdk 18.0.0 -> ? {Runtime} via [] Directory.Build.props:4 .
    "#);
    insta::assert_snapshot!(with("app/App.csproj", true), @r#"
    acme.base 1.0.0 -> 1.0.0 {Runtime} via ["acme.log"] app/packages.lock.json:10 app/packages.lock.json:18.
    acme.log 1.2 -> 1.2.0 {Runtime} via [] app/App.csproj:3 app/packages.lock.json:5.
    acme.money 2.0.0 -> 2.1.0 {Runtime} via ["lib"] lib/Lib.csproj:4 app/packages.lock.json:22.
    implicit.tasks [8.0.1, ) -> 8.0.1 {Runtime} via [] app/packages.lock.json:13 app/packages.lock.json:13.
    runtime.win-x64.native 4.0.0 -> 4.0.0 {Runtime} via ["acme.log", "acme.base"] app/packages.lock.json:39 app/packages.lock.json:42.
    "#);
    insta::assert_snapshot!(with("tests/App.Tests.csproj", false), @r#"
    acme.log 1.2 -> ? {Test} via [] tests/App.Tests.csproj:3 .
    acme.money 2.0.0 -> ? {Test} via ["lib"] lib/Lib.csproj:4 .
    microsoft.net.test.sdk 18.0.0 -> ? {Test} via [] Directory.Build.props:4 .
    "#);
}

#[test]
fn central_versions_pin_what_others_pull_in() {
    let central = r#"<Project>
  <PropertyGroup><CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled></PropertyGroup>
  <ItemGroup><PackageVersion Include="Acme.Money" Version="[2.1.0]" /></ItemGroup>
</Project>"#;
    let mut files = SOURCE.to_vec();
    files.push(("Directory.Packages.props", central));
    let reading = read("app", &files);
    let money = reading
        .dependencies
        .iter()
        .find(|found| found.package.name() == "acme.money");
    assert_eq!(
        line(money.unwrap()),
        "acme.money [2.1.0] -> 2.1.0 {Runtime} via [\"lib\"] Directory.Packages.props:3 app/packages.lock.json:22."
    );
}
