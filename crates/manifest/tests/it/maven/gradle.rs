//! Gradle: lockfiles, catalogs and scripts.

use super::{find, list, problems, read};

const LOCK: &str = "# This is a Gradle generated file for dependency locking.
com.acme:money:1.4.7=compileClasspath,runtimeClasspath,testCompileClasspath,testRuntimeClasspath
com.acme:processor:2.0=annotationProcessor
junit:junit:4.13.2=testCompileClasspath,testRuntimeClasspath
org.slf4j:slf4j-api:2.0.9=runtimeClasspath,testRuntimeClasspath
empty=developmentOnly
";

#[test]
fn a_lockfile_alone_asks_for_everything_it_holds() {
    let reading = read("", &[("gradle.lockfile", LOCK)]);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money - -> 1.4.7 Runtime direct at gradle.lockfile:2 locked at gradle.lockfile:2
    com.acme/processor - -> 2.0 Build direct at gradle.lockfile:3 locked at gradle.lockfile:3
    junit/junit - -> 4.13.2 Test direct at gradle.lockfile:4 locked at gradle.lockfile:4
    org.slf4j/slf4j-api - -> 2.0.9 Runtime direct at gradle.lockfile:5 locked at gradle.lockfile:5
    ");
}

#[test]
fn a_lockfile_has_the_versions_and_the_script_the_requirements() {
    let script = "plugins { id 'java' }
dependencies {
    implementation 'com.acme:money:[1.4,2['
    annotationProcessor \"com.acme:processor:2.+\"
    testImplementation libs.junit
    constraints { implementation 'org.slf4j:slf4j-api:2.0.9' }
    implementation 'com.acme:not-locked:1.0'
}
";
    let catalog =
        "[libraries]\njunit = { module = \"junit:junit\", version = { strictly = \"4.13.2\" } }\n";
    let files = [
        ("gradle.lockfile", LOCK),
        ("build.gradle", script),
        ("gradle/libs.versions.toml", catalog),
    ];
    let reading = read("", &files);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money [1.4,2[ -> 1.4.7 Runtime direct at build.gradle:3 locked at gradle.lockfile:2
    com.acme/not-locked 1.0 -> - Runtime direct at build.gradle:7
    com.acme/processor 2.+ -> 2.0 Build direct at build.gradle:4 locked at gradle.lockfile:3
    junit/junit 4.13.2 -> 4.13.2 Test direct at gradle/libs.versions.toml:2 locked at gradle.lockfile:4
    org.slf4j/slf4j-api 2.0.9 -> 2.0.9 Runtime via  at build.gradle:6 locked at gradle.lockfile:5
    ");
}

#[test]
fn older_locks_have_a_file_for_each_configuration() {
    let compile = "com.acme:money:1.4.7\norg.slf4j:slf4j-api:2.0.9\n";
    let test = "com.acme:money:1.4.7\njunit:junit:4.13.2\n";
    let reading = read(
        "app",
        &[
            (
                "app/gradle/dependency-locks/compileClasspath.lockfile",
                compile,
            ),
            (
                "app/gradle/dependency-locks/testRuntimeClasspath.lockfile",
                test,
            ),
            (
                "app/buildscript-gradle.lockfile",
                "com.acme:plugin:1=classpath\nempty=\n",
            ),
        ],
    );
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money - -> 1.4.7 Runtime+Test direct at app/gradle/dependency-locks/compileClasspath.lockfile:1 locked at app/gradle/dependency-locks/compileClasspath.lockfile:1
    com.acme/plugin - -> 1 Build direct at app/buildscript-gradle.lockfile:1 locked at app/buildscript-gradle.lockfile:1
    junit/junit - -> 4.13.2 Test direct at app/gradle/dependency-locks/testRuntimeClasspath.lockfile:2 locked at app/gradle/dependency-locks/testRuntimeClasspath.lockfile:2
    org.slf4j/slf4j-api - -> 2.0.9 Runtime direct at app/gradle/dependency-locks/compileClasspath.lockfile:2 locked at app/gradle/dependency-locks/compileClasspath.lockfile:2
    ");
    assert_eq!(reading.files.len(), 3);
}

#[test]
fn every_way_to_write_a_dependency_in_groovy_is_read() {
    let script = r#"
buildscript {
    ext.kotlinVersion = '1.9.24'
    dependencies { classpath "org.jetbrains.kotlin:kotlin-gradle-plugin:$kotlinVersion" }
}
plugins {
    id 'java-library'
    id "com.acme.release" version "3.1" apply false
}
ext { taxVersion = "2.${minor}"; set('shipVersion', "7.0") }
def moneyVersion = '1.4'
// implementation 'com.acme:comment:1'
/* api 'com.acme:block-comment:1' */
dependencies {
    api 'com.acme:string:1.0', "com.acme:second:2.0:tests@jar"
    implementation group: 'com.acme', name: 'map', version: '1.1'
    implementation([group: 'com.acme', name: 'list-one', version: '1'], [group: 'com.acme', name: 'list-two', version: '2'])
    compileOnly("com.acme:money:${moneyVersion}") { exclude group: 'com.acme', module: 'other' }
    runtimeOnly "com.acme:ship:$shipVersion"
    testImplementation('com.acme:rich') {
        version { strictly '[1.7, 1.8['; prefer '1.7.25' }
        because 'it says "quotes" and // slashes'
    }
    implementation platform('com.acme:bom:5')
    implementation 'com.acme:of-bom'
    implementation 'com.acme:strict:1.5!!'
    implementation project(':core'), files('lib/a.jar'), fileTree(dir: 'lib', include: '*.jar')
    implementation "com.acme:tax:$taxVersion"
    implementation deps.unknown
    ['a', 'b'].each { implementation "com.acme:$it:1" }
    if (project.hasProperty('x')) {
        implementation 'com.acme:conditional:1'
    }
    def pattern = ~/quote ' in pattern/
    kapt 'com.acme:after-pattern:1'
}
repositories { maven { url 'https://repo.example/a:b:c' } }
"#;
    let reading = read("", &[("build.gradle", script)]);
    insta::assert_snapshot!(list(&reading), @"
    com.acme/after-pattern 1 -> - Build direct at build.gradle:35
    com.acme/bom 5 -> - Build direct at build.gradle:24
    com.acme/conditional 1 -> - Runtime direct at build.gradle:32
    com.acme/list-one 1 -> - Runtime direct at build.gradle:17
    com.acme/list-two 2 -> - Runtime direct at build.gradle:17
    com.acme/map 1.1 -> - Runtime direct at build.gradle:16
    com.acme/money 1.4 -> - Build direct at build.gradle:18
    com.acme/of-bom - -> - Runtime direct at build.gradle:25
    com.acme/rich [1.7, 1.8[ -> - Test direct at build.gradle:20
    com.acme/second 2.0 -> - Runtime direct at build.gradle:15
    com.acme/ship 7.0 -> - Runtime direct at build.gradle:19
    com.acme/strict 1.5 -> - Runtime direct at build.gradle:26
    com.acme/string 1.0 -> - Runtime direct at build.gradle:15
    com.acme/tax - -> - Runtime direct at build.gradle:28
    com.acme.release/com.acme.release.gradle.plugin 3.1 -> - Build direct at build.gradle:8
    org.jetbrains.kotlin/kotlin-gradle-plugin 1.9.24 -> - Build direct at build.gradle:4
    ");
    insta::assert_snapshot!(problems(&reading), @r#"
    build.gradle:25: no version in the script: `com.acme:of-bom`; a platform or a plugin may bring it: commit a gradle.lockfile, or upload an SBOM
    build.gradle:28: the version is put together when Gradle runs, `"com.acme:tax:$taxVersion"`: `com.acme:tax`; commit a gradle.lockfile, or upload an SBOM
    build.gradle:29: asks for what only Gradle can tell: `deps.unknown`, `"com.acme:$it:1"`; commit a gradle.lockfile, or upload an SBOM
    "#);
}

const KOTLIN_SCRIPT: &str = r#"
plugins {
    `java-library`
    kotlin("jvm") version "1.9.24"
    alias(libs.plugins.release)
    id("com.acme.other") version libs.versions.other.get()
}
val moneyVersion: String by project
val shipVersion by extra("7.0")
val taxVersion = "2.1"
dependencies {
    implementation(libs.money.core)
    api(libs.bundles.pricing)
    implementation(platform(libs.bom))
    implementation(enforcedPlatform("com.acme:strict-bom:1"))
    implementation(group = "com.acme", name = "named", version = "1.1")
    "developmentOnly"("com.acme:quoted:1.0")
    add("ksp", "com.acme:added:1.0")
    implementation(kotlin("stdlib"))
    implementation("com.acme:ship:$shipVersion")
    runtimeOnly("com.acme:tax:" + taxVersion)
    testImplementation(testFixtures("com.acme:fixtures:1"))
    implementation("com.acme:money:$moneyVersion")
    implementation(projects.coreLib)
    implementation(libs.missing)
    implementation("com.acme:of-catalog:${libs.versions.other.get()}")
}
kotlin { sourceSets {
    val commonTest by getting { dependencies { implementation("com.acme:multi-test:1") } }
    commonMain.dependencies { implementation("com.acme:multi-main:1") }
} }
"#;

const KOTLIN_CATALOG: &str = r#"
[versions]
other = "4.2"
rich = { strictly = "[1,2[", prefer = "1.5" }
[libraries]
money-core = { module = "com.acme:money-core", version.ref = "rich" }
tax_api = "com.acme:tax-api:3.0"
ship = { group = "com.acme", name = "ship-api", version.ref = "other" }
bom = { module = "com.acme:bom", version = "9" }
broken = { module = "com.acme:broken", version.ref = "nowhere" }
[bundles]
pricing = ["tax_api", "ship"]
[plugins]
release = { id = "com.acme.release", version.ref = "other" }
"#;

#[test]
fn every_way_to_write_a_dependency_in_kotlin_is_read() {
    let reading = read(
        "",
        &[
            ("build.gradle.kts", KOTLIN_SCRIPT),
            ("gradle/libs.versions.toml", KOTLIN_CATALOG),
        ],
    );
    insta::assert_snapshot!(list(&reading), @"
    com.acme/added 1.0 -> - Build direct at build.gradle.kts:18
    com.acme/bom 9 -> - Build direct at gradle/libs.versions.toml:9
    com.acme/fixtures 1 -> - Test direct at build.gradle.kts:22
    com.acme/money - -> - Runtime direct at build.gradle.kts:23
    com.acme/money-core [1,2[ -> - Runtime direct at gradle/libs.versions.toml:6
    com.acme/multi-main 1 -> - Runtime direct at build.gradle.kts:30
    com.acme/multi-test 1 -> - Test direct at build.gradle.kts:29
    com.acme/named 1.1 -> - Runtime direct at build.gradle.kts:16
    com.acme/of-catalog 4.2 -> - Runtime direct at build.gradle.kts:26
    com.acme/quoted 1.0 -> - Dev direct at build.gradle.kts:17
    com.acme/ship 7.0 -> - Runtime direct at build.gradle.kts:20
    com.acme/ship-api 4.2 -> - Runtime direct at gradle/libs.versions.toml:8
    com.acme/strict-bom 1 -> - Build direct at build.gradle.kts:15
    com.acme/tax 2.1 -> - Runtime direct at build.gradle.kts:21
    com.acme/tax-api 3.0 -> - Runtime direct at gradle/libs.versions.toml:7
    com.acme.other/com.acme.other.gradle.plugin 4.2 -> - Build direct at build.gradle.kts:6
    com.acme.release/com.acme.release.gradle.plugin 4.2 -> - Build direct at gradle/libs.versions.toml:14
    org.jetbrains.kotlin/kotlin-stdlib - -> - Runtime direct at build.gradle.kts:19
    org.jetbrains.kotlin.jvm/org.jetbrains.kotlin.jvm.gradle.plugin 1.9.24 -> - Build direct at build.gradle.kts:4
    ");
    insta::assert_snapshot!(problems(&reading), @r#"
    build.gradle.kts:19: no version in the script: `org.jetbrains.kotlin:kotlin-stdlib`; a platform or a plugin may bring it: commit a gradle.lockfile, or upload an SBOM
    build.gradle.kts:23: the version is put together when Gradle runs, `"com.acme:money:$moneyVersion"`: `com.acme:money`; commit a gradle.lockfile, or upload an SBOM
    build.gradle.kts:25: asks for what only Gradle can tell: `libs.missing`; commit a gradle.lockfile, or upload an SBOM
    gradle/libs.versions.toml:10: the library `broken` refers to the version `nowhere`, which [versions] does not have
    "#);
}

#[test]
fn a_build_of_several_projects_is_read_from_its_root_and_from_one_of_them() {
    let files = [
        ("settings.gradle", "rootProject.name = 'shop'\ninclude ':app', ':lib:core',\n  'unused'\nproject(':unused').projectDir = file('elsewhere/unused')\n"),
        ("build.gradle", "subprojects { group = 'com.acme'; dependencies { testImplementation 'junit:junit:4.13.2' } }
project(':app') { dependencies { implementation 'com.acme:of-root:1' } }
dependencies { implementation 'com.acme:root-only:1' }
"),
        ("gradle.properties", "moneyVersion=1.4\n"),
        ("app/build.gradle", "plugins { id 'maven-publish' }\nversion = '3'\ndependencies {\n  implementation project(':lib:core')\n  implementation \"com.acme:money:$moneyVersion\"\n}\n"),
        ("lib/core/build.gradle.kts", "dependencies { implementation(\"com.acme:tax:2\")\n testImplementation(\"com.acme:never:1\") }\n"),
        ("elsewhere/unused/build.gradle", "dependencies { implementation 'com.acme:unused:1' }\n"),
        ("stranger/build.gradle", "dependencies { implementation 'com.acme:stranger:1' }\n"),
    ];
    insta::assert_snapshot!(list(&read("", &files)), @"
    com.acme/money 1.4 -> - Runtime direct at app/build.gradle:5
    com.acme/never 1 -> - Test direct at lib/core/build.gradle.kts:2
    com.acme/of-root 1 -> - Runtime direct at build.gradle:2
    com.acme/root-only 1 -> - Runtime direct at build.gradle:3
    com.acme/tax 2 -> - Runtime direct at lib/core/build.gradle.kts:1
    com.acme/unused 1 -> - Runtime direct at elsewhere/unused/build.gradle:1
    junit/junit 4.13.2 -> - Test direct at build.gradle:1
    ");
    let app = read("app", &files);
    insta::assert_snapshot!(list(&app), @"
    com.acme/money 1.4 -> - Runtime direct at app/build.gradle:5
    com.acme/of-root 1 -> - Runtime direct at build.gradle:2
    com.acme/tax 2 -> - Runtime direct at lib/core/build.gradle.kts:1
    junit/junit 4.13.2 -> - Test direct at build.gradle:1
    ");
    let product = &app.products[0];
    assert_eq!(product.package.to_string(), "pkg:maven/com.acme/app");
    assert_eq!(
        (product.version.as_deref(), product.is_private),
        (Some("3"), false)
    );
    let paths: Vec<&str> = app.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "app/build.gradle",
            "build.gradle",
            "lib/core/build.gradle.kts",
            "settings.gradle"
        ]
    );
    insta::assert_snapshot!(list(&read("stranger", &files)), @"com.acme/stranger 1 -> - Runtime direct at stranger/build.gradle:1");
}

#[test]
fn a_catalog_without_a_script_counts_whole() {
    let catalog = "[versions]\nmoney = \"1\"\n[libraries]\nmoney = { module = \"com.acme:money\", version.ref = \"money\" }\n[plugins]\nx = \"com.acme.x:2\"\n";
    let reading = read("", &[("libs.versions.toml", catalog)]);
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money 1 -> - Runtime direct at libs.versions.toml:4
    com.acme.x/com.acme.x.gradle.plugin 2 -> - Build direct at libs.versions.toml:6
    ");
    assert_eq!(reading.files[0].declared, 2);
}

#[test]
fn broken_and_hostile_files_are_problems_and_keep_the_rest() {
    let lock =
        "com.acme:money:1=a\nnonsense\n:::=x\ncom.acme::1=x\r\ncom.acme:tax:2=runtimeClasspath";
    let reading = read("", &[("gradle.lockfile", lock)]);
    assert_eq!(reading.dependencies.len(), 2);
    insta::assert_snapshot!(problems(&reading), @"
    gradle.lockfile:2: `nonsense` is no locked version: expected `group:artifact:version=configurations`
    gradle.lockfile:3: `:::=x` is no locked version: expected `group:artifact:version=configurations`
    gradle.lockfile:4: `com.acme::1=x` is no locked version: expected `group:artifact:version=configurations`
    ");

    let deep = format!("dependencies {}", "{".repeat(100_000));
    insta::assert_snapshot!(problems(&read("", &[("build.gradle", &deep)])), @"build.gradle:1: nests blocks deeper than 128 levels here");
    let catalog = "[libraries\nmoney = 1";
    insta::assert_snapshot!(problems(&read("", &[("gradle/libs.versions.toml", catalog)])), @"gradle/libs.versions.toml:1: is not valid TOML: unclosed table, expected `]`");

    let cut = "dependencies {\n implementation 'com.acme:money:1'\n implementation \"com.acme:tax:";
    assert_eq!(
        find(&read("", &[("build.gradle", cut)]), "com.acme/money")
            .evidence
            .line,
        Some(2)
    );
    let outside = "include '../../x'\nincludeFlat 'y'\nproject(':z').projectDir = file('/etc')\n";
    assert_eq!(read("", &[("settings.gradle", outside)]).dependencies, []);
}
