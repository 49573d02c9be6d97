//! Whatever the files hold, reading ends, and ends in values.

use proptest::prelude::*;

use super::read;

const POM: &str = "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>a</artifactId>
<properties><v>${w}</v><w>1</w></properties><modules><module>m</module></modules>
<dependencyManagement><dependencies><dependency><groupId>${project.groupId}</groupId><artifactId>b</artifactId><version>${v}</version></dependency></dependencies></dependencyManagement>
<dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId></dependency></dependencies></project>";
const SCRIPT: &str = "plugins { id(\"x\") version \"1\" }\nval v = \"1\" /* c */\ndependencies {\n implementation(\"g:a:$v\") { version { strictly(\"1\") } }
 api(platform(libs.b.c)) // d\n testImplementation group: 'g', name: \"n${v}\", version: v + '1'\n kapt '''raw'''\n}\n";
const TREE: &str = "[INFO] g:a:jar:1\n[INFO] +- g:b:jar:1:compile (version selected from constraint [1,2))\n[INFO] |  \\- (g:c:jar:1:test - omitted for duplicate)\n";
const JSON: &str = "{\"groupId\":\"g\",\"artifactId\":\"a\",\"version\":\"1\",\"children\":[{\"groupId\":\"g\",\"artifactId\":\"b\",\"version\":\"1\"}]}";
const DOT: &str = "digraph \"g:a:jar:1\" {\n \"g:a:jar:1\" -> \"g:b:jar:1:compile\" ;\n \"g:b:jar:1:compile\" -> \"g:a:jar:1\" ; }";
const LOCK: &str = "# c\ng:a:1=compileClasspath,testRuntimeClasspath\nempty=x\n";
const CATALOG: &str = "[versions]\nv = { strictly = \"1\" }\n[libraries]\na-b = { module = \"g:a\", version.ref = \"v\" }\n[bundles]\nx = [\"a-b\"]\n[plugins]\np = \"i:1\"\n";
const SETTINGS: &str = "include(':a', ':b:c')\nproject(':a').projectDir = file('x')\npluginManagement { includeBuild('.') }\n";

const SAMPLES: [(&str, &str); 8] = [
    ("pom.xml", POM),
    ("build.gradle.kts", SCRIPT),
    ("dependency-tree.txt", TREE),
    ("dependency-tree.json", JSON),
    ("dependency-tree.dot", DOT),
    ("gradle.lockfile", LOCK),
    ("gradle/libs.versions.toml", CATALOG),
    ("settings.gradle", SETTINGS),
];

#[test]
fn files_that_end_anywhere_are_read_as_far_as_they_go() {
    for (path, content) in SAMPLES {
        for end in (0..content.len()).filter(|end| content.is_char_boundary(*end)) {
            let files: Vec<(&str, &str)> = SAMPLES
                .iter()
                .map(|(other, whole)| {
                    (
                        *other,
                        if *other == path {
                            &content[..end]
                        } else {
                            whole
                        },
                    )
                })
                .collect();
            read("", &files);
        }
    }
}

/// Dependencies and problems of one file. What costs more than its length would not end here.
fn found(path: &str, content: &str) -> usize {
    let reading = read("", &[(path, content)]);
    reading.dependencies.len() + reading.problems.len()
}

#[test]
fn repetition_costs_no_more_than_its_length() {
    let dependency = "<dependency><groupId>g</groupId><artifactId>${a}b</artifactId></dependency>";
    let managed = dependency.repeat(2_000);
    let pom = format!(
        "<project><groupId>g</groupId><artifactId>a</artifactId><properties><a>a</a></properties><dependencyManagement><dependencies>{managed}</dependencies></dependencyManagement><dependencies>{managed}</dependencies></project>"
    );
    assert_eq!(found("pom.xml", &pom), 2);
    found(
        "build.gradle",
        &format!(
            "dependencies {{ implementation(\"{}\") }}",
            "${".repeat(60_000)
        ),
    );
    found(
        "build.gradle",
        &format!(
            "dependencies {{ implementation({} }}",
            "platform(".repeat(50_000)
        ),
    );
    found(
        "build.gradle",
        &format!("dependencies {{ implementation {} }}", "a.".repeat(50_000)),
    );
    found("build.gradle", &"/*".repeat(60_000));
    found("build.gradle", &"x = /".repeat(50_000));
    found("build.gradle", &"\"\\".repeat(60_000));
    found("build.gradle", &"(".repeat(100_000));
    let line = "[INFO] g:a:jar:1\n[INFO] \\- g:b:jar:1:compile\n";
    assert_eq!(found("dependency-tree.txt", &line.repeat(5_000)), 1);
    let lock: Vec<String> = (0..10_000)
        .map(|at| format!("g:a{at}:1=compileClasspath\n"))
        .collect();
    let lock = lock.concat();
    assert_eq!(found("gradle.lockfile", &lock), 10_000);
}

#[test]
fn bundles_that_multiply_are_stopped() {
    let names: Vec<String> = (0..1_000).map(|at| format!("\"l{at}\"")).collect();
    let libraries: Vec<String> = (0..1_000)
        .map(|at| format!("l{at} = \"g:a{at}:1\"\n"))
        .collect();
    let libraries = libraries.concat();
    let catalog = format!(
        "[libraries]\n{libraries}[bundles]\nall = [{}]\n",
        names.join(",")
    );
    let script = format!(
        "dependencies {{\n{}}}\n",
        "implementation(libs.bundles.all)\n".repeat(1_000)
    );
    let files = [
        ("gradle/libs.versions.toml", catalog.as_str()),
        ("build.gradle", script.as_str()),
    ];
    assert_eq!(read("", &files).dependencies.len(), 1_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_mixture_of_what_these_files_are_made_of_is_read_without_panic(
        which in 0..SAMPLES.len(),
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<", ">", "</", "<project>", "<dependency>", "<version>", "${", "}", "a", ":", "::", "\"", "'", "'''", "\"\"\"", "\\", "/", "/*", "*/", "//",
            "(", ")", "[", "]", "{", ",", "=", "+", ".", "\n", "\r\n", "$", "$a", "\0", "é", "\u{feff}", "dependencies", "implementation", "libs.a", "version",
            "g:a:1", "[INFO] ", "+- ", "|  ", "(g:a:jar:1:compile", " - omitted", "digraph", "->", "include", "plugins", "id", "val", "by", "extra", "ext", "set",
        ]), 0..60),
        at in any::<prop::sample::Index>(),
    ) {
        let (path, content) = SAMPLES[which];
        let places: Vec<usize> = content.char_indices().map(|(place, _)| place).collect();
        let (before, after) = content.split_at(places[at.index(places.len())]);
        read("", &[(path, &format!("{before}{}{after}", pieces.concat()))]);
        read("", &[(path, &pieces.concat())]);
    }
}
