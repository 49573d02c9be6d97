//! POMs, alone and with their parents, BOMs and modules.

use downriver_domain::Scope;
use downriver_manifest::Source;

use super::{find, list, problems, read, scopes};
use crate::shared;

#[test]
fn the_corpus_resolver_pom_names_its_parent_its_boms_and_its_plugins() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let reading = shared::read_folder(&corpus.join("maven/apache-maven-resolver"));
    let parent = find(&reading, "org.apache.maven/maven-parent");
    assert_eq!(
        (parent.requirement.as_deref(), parent.evidence.line),
        (Some("49"), Some(23))
    );
    assert_eq!(scopes(parent), [Scope::Build]);
    let bom = find(&reading, "org.eclipse.jetty/jetty-bom");
    assert_eq!(
        (bom.requirement.as_deref(), scopes(bom)),
        (Some("12.1.12"), vec![Scope::Build])
    );
    // What is only managed is no dependency of the aggregator.
    assert!(!list(&reading).contains("mockito"), "{}", list(&reading));
    assert_eq!(
        reading.products[0].version.as_deref(),
        Some("2.0.23-SNAPSHOT")
    );
    assert_eq!(
        reading.problems.len(),
        25,
        "one for each module that is not there: {}",
        problems(&reading)
    );
}

#[test]
fn the_corpus_artifact_pom_says_whose_versions_it_lacks() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let reading = shared::read_folder(&corpus.join("maven/apache-maven-artifact"));
    let junit = find(&reading, "org.junit.jupiter/junit-jupiter-api");
    assert_eq!(
        (junit.requirement.as_deref(), scopes(junit)),
        (None, vec![Scope::Test])
    );
    insta::assert_snapshot!(problems(&reading), @"pom.xml:34: no version in the source: `org.junit.jupiter:junit-jupiter-api`, `org.junit.jupiter:junit-jupiter-params`; the parent `org.apache.maven:maven-compat-modules`, not in the source, may tell: upload an SBOM, or keep the output of `mvn dependency:tree` beside the POM");
}

#[test]
fn properties_refer_to_each_other_and_to_the_project() {
    let reading = read("", &[("pom.xml", "<project>
  <parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>7</version><relativePath/></parent>
  <artifactId>checkout</artifactId>
  <version>2.1</version>
  <properties><money.version>${money.major}.4</money.version><money.major> 1 </money.major></properties>
  <dependencies>
    <dependency><groupId>${project.groupId}</groupId><artifactId>money</artifactId><version>${money.version}</version></dependency>
    <dependency><groupId>${project.parent.groupId}</groupId><artifactId>own</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>${groupId}</groupId><artifactId>old</artifactId><version>${parent.version}</version></dependency>
  </dependencies>
</project>")]);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money 1.4 -> - Runtime direct at pom.xml:7
    com.acme/old 7 -> - Runtime direct at pom.xml:9
    com.acme/own 2.1 -> - Runtime direct at pom.xml:8
    com.acme/parent 7 -> - Build direct at pom.xml:2
    ");
}

#[test]
fn a_property_that_is_its_own_value_is_a_problem_and_no_endless_loop() {
    let pom = "<project><groupId>a</groupId><artifactId>b</artifactId>
<properties><x>${y}</x><y>${x}</y><z0>1</z0></properties>
<dependencies><dependency><groupId>com.acme</groupId><artifactId>money</artifactId><version>${x}</version></dependency></dependencies></project>";
    let reading = read("", &[("pom.xml", pom)]);
    assert_eq!(find(&reading, "com.acme/money").requirement, None);
    insta::assert_snapshot!(problems(&reading), @"pom.xml:3: `${x}` is defined by itself: `com.acme:money`; give it a value in <properties>");
}

#[test]
fn properties_that_multiply_are_stopped() {
    let levels: Vec<String> = (1..30)
        .map(|level| {
            let before = format!("${{p{}}}", level - 1).repeat(4);
            format!("<p{level}>{before}</p{level}>")
        })
        .collect();
    let properties = format!("<p0>xxxxxxxxxx</p0>{}", levels.concat());
    let pom = format!("<project><groupId>a</groupId><artifactId>b</artifactId><properties>{properties}</properties>
<dependencies><dependency><groupId>com.acme</groupId><artifactId>money</artifactId><version>${{p29}}</version></dependency></dependencies></project>");
    let reading = read("", &[("pom.xml", &pom)]);
    assert_eq!(find(&reading, "com.acme/money").requirement, None);
    assert!(
        problems(&reading).contains("more often than is followed"),
        "{}",
        problems(&reading)
    );
}

#[test]
fn what_the_command_line_gives_is_named_and_not_guessed() {
    let pom = "<project>
  <groupId>com.acme</groupId><artifactId>checkout</artifactId><version>${revision}</version>
  <dependencies>
    <dependency><groupId>com.acme</groupId><artifactId>money</artifactId><version>${revision}</version></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>tax</artifactId><version>[1.0,</version></dependency>
    <dependency><groupId>${unknown}</groupId><artifactId>who</artifactId><version>1</version></dependency>
  </dependencies>
</project>";
    let reading = read("", &[("pom.xml", pom)]);
    assert_eq!(find(&reading, "com.acme/money").requirement, None);
    assert_eq!(reading.left_out[0].name, "${unknown}:who");
    insta::assert_snapshot!(problems(&reading), @"
    pom.xml:4: `${revision}` has no value in the source: `com.acme:money`; it is given when Maven runs (command line, settings, profile): upload an SBOM, or keep the output of `mvn dependency:tree` beside the POM
    pom.xml:5: `[1.0,` is no version and no range: `com.acme:tax`; `[1.0,` is not a maven version requirement: the range `[1.0,` is not closed by `]` or `)`
    pom.xml:6: `${unknown}` has no value in the source: `${unknown}:who`; it is given when Maven runs (command line, settings, profile): upload an SBOM, or keep the output of `mvn dependency:tree` beside the POM
    ");
}

#[test]
fn a_project_has_what_its_parents_manage_and_the_nearest_counts() {
    let grandparent = "<project>
  <groupId>com.acme</groupId><artifactId>base</artifactId><version>1</version>
  <properties><money>1.0</money></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>com.acme</groupId><artifactId>money</artifactId><version>${money}</version><scope>provided</scope></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>tax</artifactId><version>1.0</version></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>own</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>bom</artifactId><version>3</version><type>pom</type><scope>import</scope></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>2.0.9</version></dependency>
  </dependencies>
</project>";
    let parent = "<project>
  <parent><groupId>com.acme</groupId><artifactId>base</artifactId><version>1</version></parent>
  <artifactId>parent</artifactId>
  <dependencyManagement><dependencies>
    <dependency><groupId>com.acme</groupId><artifactId>tax</artifactId><version>2.0</version></dependency>
  </dependencies></dependencyManagement>
</project>";
    let bom = "<project>
  <groupId>com.acme</groupId><artifactId>bom</artifactId><version>3</version>
  <properties><ship>9.9</ship></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>com.acme</groupId><artifactId>ship</artifactId><version>${ship}</version></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>tax</artifactId><version>0.1</version></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>ship</artifactId><version>8.8</version><type>test-jar</type></dependency>
  </dependencies></dependencyManagement>
</project>";
    let app = "<project>
  <parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>1</version><relativePath>../parent</relativePath></parent>
  <artifactId>app</artifactId><version>5</version>
  <properties><money>1.5</money><ship>0</ship></properties>
  <dependencies>
    <dependency><groupId>com.acme</groupId><artifactId>money</artifactId></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>tax</artifactId></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>own</artifactId></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>ship</artifactId></dependency>
    <dependency><groupId>com.acme</groupId><artifactId>ship</artifactId><type>test-jar</type><scope>test</scope></dependency>
  </dependencies>
</project>";
    let files = [
        ("pom.xml", grandparent),
        ("parent/pom.xml", parent),
        ("bom/pom.xml", bom),
        ("app/pom.xml", app),
    ];
    let reading = read("app", &files);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/bom 3 -> - Build direct at pom.xml:8
    com.acme/money 1.5 -> - Build direct at pom.xml:5
    com.acme/own 5 -> - Runtime direct at pom.xml:7
    com.acme/ship 9.9 -> - Runtime direct at bom/pom.xml:5
    com.acme/ship 8.8 -> - Test direct at bom/pom.xml:7
    com.acme/tax 2.0 -> - Runtime direct at parent/pom.xml:5
    org.slf4j/slf4j-api 2.0.9 -> - Runtime direct at pom.xml:11
    ");
    let paths: Vec<&str> = reading
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(
        paths,
        ["app/pom.xml", "bom/pom.xml", "parent/pom.xml", "pom.xml"]
    );
}

#[test]
fn an_aggregator_includes_its_modules_and_a_module_only_itself() {
    let all = "<project>
  <groupId>com.acme</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>
  <modules><module>a</module><module>b/pom.xml</module><module>../elsewhere</module></modules>
  <profiles><profile><id>extra</id><modules><module>c</module></modules></profile></profiles>
</project>";
    let module = |name: &str, dependencies: &str| {
        format!("<project><parent><groupId>com.acme</groupId><artifactId>all</artifactId><version>1</version></parent>
<artifactId>{name}</artifactId><dependencies>{dependencies}</dependencies></project>")
    };
    let to = |name: &str, version: &str| {
        format!(
            "<dependency><groupId>com.acme</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
        )
    };
    let a = module("a", &(to("money", "1.0") + &to("tax", "1.0")));
    let b = module(
        "b",
        &(to("a", "${project.version}")
            + &to("money", "1.0")
            + &to("tax", "2.0")
            + &to("c", "0.9")),
    );
    let c = module("c", &to("ship", "1.0"));
    let files = [
        ("pom.xml", all),
        ("a/pom.xml", &a),
        ("b/pom.xml", &b),
        ("c/pom.xml", &c),
    ];
    let whole = read("", &files);
    insta::assert_snapshot!(list(&whole), @"
    com.acme/c 0.9 -> - Runtime direct at b/pom.xml:2
    com.acme/money 1.0 -> - Runtime direct at a/pom.xml:2
    com.acme/ship 1.0 -> - Optional direct at c/pom.xml:2
    com.acme/tax 1.0 -> - Runtime direct at a/pom.xml:2
    com.acme/tax 2.0 -> - Runtime direct at b/pom.xml:2
    ");
    insta::assert_snapshot!(problems(&whole), @"pom.xml:3: the module `../elsewhere` is outside of the source");
    insta::assert_snapshot!(list(&read("b", &files)), @"
    com.acme/a 1 -> - Runtime direct at b/pom.xml:2
    com.acme/c 0.9 -> - Runtime direct at b/pom.xml:2
    com.acme/money 1.0 -> - Runtime direct at b/pom.xml:2
    com.acme/tax 2.0 -> - Runtime direct at b/pom.xml:2
    ");
}

#[test]
fn scopes_profiles_plugins_and_extensions_are_told_apart() {
    let pom = "<project>
  <groupId>com.acme</groupId><artifactId>app</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>g</groupId><artifactId>compile</artifactId><version>1</version></dependency>
    <dependency><groupId>g</groupId><artifactId>runtime</artifactId><version>1</version><scope>runtime</scope></dependency>
    <dependency><groupId>g</groupId><artifactId>provided</artifactId><version>1</version><scope>provided</scope></dependency>
    <dependency><groupId>g</groupId><artifactId>test</artifactId><version>1</version><scope>test</scope></dependency>
    <dependency><groupId>g</groupId><artifactId>optional</artifactId><version>[1,2)</version><optional>true</optional>
      <exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions></dependency>
    <dependency><groupId>g</groupId><artifactId>system</artifactId><version>1</version><scope>system</scope><systemPath>/lib/a.jar</systemPath></dependency>
  </dependencies>
  <build>
    <extensions><extension><groupId>g</groupId><artifactId>extension</artifactId><version>1</version></extension></extensions>
    <plugins>
      <plugin><artifactId>maven-jar-plugin</artifactId></plugin>
      <plugin><groupId>g</groupId><artifactId>plugin</artifactId><version>2</version>
        <dependencies><dependency><groupId>g</groupId><artifactId>rules</artifactId><version>3</version></dependency></dependencies></plugin>
    </plugins>
    <pluginManagement><plugins>
      <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.13</version><configuration><annotationProcessorPaths>
        <path><groupId>g</groupId><artifactId>processor</artifactId><version>1</version></path></annotationProcessorPaths></configuration></plugin>
      <plugin><groupId>g</groupId><artifactId>unused</artifactId><version>1</version></plugin>
    </plugins></pluginManagement>
  </build>
  <profiles><profile><id>p</id>
    <properties><v>7</v></properties>
    <dependencies><dependency><groupId>g</groupId><artifactId>profile</artifactId><version>${v}</version></dependency></dependencies>
  </profile></profiles>
</project>";
    let reading = read("", &[("pom.xml", pom)]);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    g/compile 1 -> - Runtime direct at pom.xml:4
    g/extension 1 -> - Build direct at pom.xml:13
    g/optional [1,2) -> - Optional direct at pom.xml:8
    g/plugin 2 -> - Build direct at pom.xml:16
    g/processor 1 -> - Build direct at pom.xml:21
    g/profile 7 -> - Optional direct at pom.xml:27
    g/provided 1 -> - Build direct at pom.xml:6
    g/rules 3 -> - Build direct at pom.xml:17
    g/runtime 1 -> - Runtime direct at pom.xml:5
    g/test 1 -> - Test direct at pom.xml:7
    org.apache.maven.plugins/maven-compiler-plugin 3.13 -> - Build direct at pom.xml:20
    org.apache.maven.plugins/maven-jar-plugin - -> - Build direct at pom.xml:15
    ");
    let left_out = &reading.left_out[0];
    assert_eq!(
        (left_out.name.as_str(), left_out.source),
        ("g:system", Source::Platform)
    );
}

#[test]
fn hostile_and_broken_poms_are_problems_with_file_and_line() {
    let deep = format!(
        "<project>{}{}</project>",
        "<a>".repeat(400),
        "</a>".repeat(400)
    );
    let cases = [
        "<!DOCTYPE project [<!ENTITY a \"b\">]><project/>",
        "<project>\n<artifactId>a</artifactId>\n<dependencies>",
        "<settings/>",
        "<project></project>",
        "",
        deep.as_str(),
    ];
    let mut all = String::new();
    for case in cases {
        let reading = read("", &[("pom.xml", case)]);
        assert!(reading.dependencies.is_empty());
        all += &problems(&reading);
    }
    insta::assert_snapshot!(all, @"
    pom.xml:1: has a document type declaration (DTD), which is not read: take the DOCTYPE out
    pom.xml:1: is not well-formed XML: the root node was opened but never closed
    pom.xml:1: is no POM: its outermost element is <settings>, not <project>
    pom.xml:1: has no <artifactId>
    pom.xml:1: is not well-formed XML: the document does not have a root node
    pom.xml:1: nests elements deeper than 128 levels here
    ");
}

#[test]
fn parents_in_a_circle_and_outside_of_the_source_end() {
    let pom = |name: &str, parent: &str, path: &str| {
        format!("<project><parent><groupId>g</groupId><artifactId>{parent}</artifactId><version>1</version>
<relativePath>{path}</relativePath></parent><artifactId>{name}</artifactId></project>")
    };
    let (a, b) = (pom("a", "b", "../b"), pom("b", "a", "../a"));
    let circle = read("a", &[("a/pom.xml", &a), ("b/pom.xml", &b)]);
    insta::assert_snapshot!(problems(&circle), @"b/pom.xml:1: its parents follow each other in a circle, or are more than can be");
    let outside = read("", &[("pom.xml", &pom("a", "b", "../../etc/pom.xml"))]);
    insta::assert_snapshot!(list(&outside), @"g/b 1 -> - Build direct at pom.xml:1");
}

#[test]
fn latin_1_carriage_returns_and_marks_are_read() {
    let text = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<project>\r\n<groupId>a</groupId><artifactId>b</artifactId>\r\n<dependencies>\r\n<dependency><groupId>com.acme</groupId><artifactId>money</artifactId><version>1<!-- so --></version></dependency>\r\n</dependencies></project>";
    let reading = read("", &[("pom.xml", text)]);
    assert_eq!(find(&reading, "com.acme/money").evidence.line, Some(5));
    assert_eq!(
        find(&reading, "com.acme/money").requirement.as_deref(),
        Some("1")
    );

    let mut latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><project><groupId>a</groupId><artifactId>b</artifactId><name>Caf\xE9</name></project>".to_vec();
    let mut files = downriver_manifest::Files::default();
    files.insert("pom.xml", &latin).unwrap();
    let reading = downriver_manifest::read_application("", &files);
    assert_eq!((reading.products.len(), reading.problems.len()), (1, 0));
    latin.drain(..43);
    let mut files = downriver_manifest::Files::default();
    files.insert("pom.xml", &latin).unwrap();
    assert_eq!(
        downriver_manifest::read_application("", &files)
            .problems
            .len(),
        1
    );
}

#[test]
fn what_every_run_of_maven_gets_counts() {
    let pom = "<project><groupId>com.acme</groupId><artifactId>app</artifactId><version>${revision}</version>
<properties><revision>0</revision></properties>
<dependencies><dependency><groupId>com.acme</groupId><artifactId>money</artifactId><version>${revision}</version></dependency></dependencies></project>";
    let extensions = "<extensions>\n<extension><groupId>g</groupId><artifactId>e</artifactId><version>1</version></extension></extensions>";
    let files = [
        (".mvn/maven.config", "-T 2\n-Drevision=1.4\n-Dquiet"),
        (".mvn/extensions.xml", extensions),
        ("app/pom.xml", pom),
    ];
    let reading = read("app", &files);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money 1.4 -> - Runtime direct at app/pom.xml:3
    g/e 1 -> - Build direct at .mvn/extensions.xml:2
    ");
    assert_eq!(reading.products[0].version.as_deref(), Some("1.4"));
    assert_eq!(reading.files.len(), 3);
    assert_eq!(read("", &files).files.len(), 0, "no project of the folder");
}
