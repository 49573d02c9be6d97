//! Maven and Gradle.

use std::fmt::Write as _;

use super::version;

fn artifact(n: usize) -> String {
    format!("part-{n}")
}

pub(super) fn pom(count: usize) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>com.acme</groupId>\n  <artifactId>app</artifactId>\n  <version>1.0</version>\n  <properties>\n    <part.version>2.1</part.version>\n  </properties>\n  <dependencyManagement>\n    <dependencies>\n      <dependency>\n        <groupId>com.acme</groupId>\n        <artifactId>part-1</artifactId>\n        <version>${part.version}</version>\n      </dependency>\n    </dependencies>\n  </dependencyManagement>\n  <dependencies>\n".to_owned();
    for n in 0..count {
        write!(out, "    <dependency>\n      <groupId>com.acme</groupId>\n      <artifactId>{}</artifactId>\n", artifact(n))
            .expect("a string takes everything");
        if n != 1 {
            writeln!(out, "      <version>[{},9)</version>", version(n))
                .expect("a string takes everything");
        }
        out.push_str("      <scope>compile</scope>\n    </dependency>\n");
    }
    out + "  </dependencies>\n</project>\n"
}

pub(super) fn tree(count: usize) -> String {
    let mut out = "[INFO] com.acme:app:jar:1.0\n".to_owned();
    for n in 0..count {
        let lead = if n + 1 == count { "\\-" } else { "+-" };
        writeln!(
            out,
            "[INFO] {lead} com.acme:{}:jar:{}:compile",
            artifact(n),
            version(n)
        )
        .expect("a string takes everything");
        let bar = if n + 1 == count { " " } else { "|" };
        writeln!(
            out,
            "[INFO] {bar}  \\- com.acme:deep-{n}:jar:{}:runtime",
            version(n + 1)
        )
        .expect("a string takes everything");
    }
    out
}

pub(super) fn gradle_lock(count: usize) -> String {
    let mut out = "# This is a Gradle generated file for dependency locking.\n# Manual edits can break the build and are not advised.\n# This file is expected to be part of source control.\n".to_owned();
    for n in 0..count {
        writeln!(
            out,
            "com.acme:{}:{}=compileClasspath,runtimeClasspath",
            artifact(n),
            version(n)
        )
        .expect("a string takes everything");
    }
    out + "empty=annotationProcessor\n"
}

pub(super) fn gradle_catalog(count: usize) -> String {
    let mut out = "[versions]\nacme = \"2.1\"\nrich = { strictly = \"[1,2)\", prefer = \"1.4\" }\n\n[libraries]\n".to_owned();
    for n in 0..count {
        writeln!(
            out,
            "{0} = {{ module = \"com.acme:{0}\", version.ref = \"acme\" }}",
            artifact(n)
        )
        .expect("a string takes everything");
    }
    out + "\n[bundles]\nall = [\"part-0\"]\n\n[plugins]\nacme = { id = \"com.acme.build\", version = \"1.0\" }\n"
}

pub(super) fn gradle_build(count: usize) -> String {
    let mut out = "plugins {\n    id 'java'\n}\n\ndependencies {\n    implementation platform('com.acme:bom:1.0')\n    implementation libs.part.one\n".to_owned();
    for n in 0..count {
        writeln!(
            out,
            "    implementation 'com.acme:{}:{}' // a part",
            artifact(n),
            version(n)
        )
        .expect("a string takes everything");
    }
    out + "    testImplementation group: 'org.example', name: 'junit', version: '5.+'\n}\n"
}
