//! `mvn dependency:tree`, alone and joined with POMs.

use super::{list, problems, read};

const POM: &str = "<project>
  <groupId>com.acme</groupId>
  <artifactId>checkout</artifactId>
  <version>1.0-SNAPSHOT</version>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>2.0.9</version></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>com.acme</groupId><artifactId>money</artifactId><version>[1.4,2)</version></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency>
  </dependencies>
</project>";

const TREE: &str = "[INFO] Scanning for projects...
[INFO]
[INFO] --- maven-dependency-plugin:2.8:tree (default-cli) @ checkout ---
[INFO] com.acme:checkout:jar:1.0-SNAPSHOT
[INFO] +- com.acme:money:jar:1.4.7:compile (version selected from constraint [1.4,2))
[INFO] |  +- org.slf4j:slf4j-api:jar:2.0.9:compile
[INFO] |  \\- io.netty:netty-transport-native-epoll:jar:linux-x86_64:4.1.100.Final:compile
[INFO] \\- junit:junit:jar:4.13.2:test
[INFO]    \\- org.hamcrest:hamcrest-core:jar:1.3:test
[INFO] ------------------------------------------------------------------------
[INFO] BUILD SUCCESS
";

#[test]
fn the_requirement_is_the_poms_and_the_version_the_trees() {
    let reading = read("", &[("pom.xml", POM), ("dependency-tree.txt", TREE)]);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money [1.4,2) -> 1.4.7 Runtime direct at pom.xml:9 locked at dependency-tree.txt:5
    io.netty/netty-transport-native-epoll - -> 4.1.100.Final Runtime via pkg:maven/com.acme/money at dependency-tree.txt:7 locked at dependency-tree.txt:7
    junit/junit 4.13.2 -> 4.13.2 Test direct at pom.xml:10 locked at dependency-tree.txt:8
    org.hamcrest/hamcrest-core - -> 1.3 Test via pkg:maven/junit/junit at dependency-tree.txt:9 locked at dependency-tree.txt:9
    org.slf4j/slf4j-api 2.0.9 -> 2.0.9 Runtime via pkg:maven/com.acme/money at pom.xml:6 locked at dependency-tree.txt:6
    ");
    assert_eq!(reading.files.len(), 2);
}

#[test]
fn a_tree_alone_tells_everything_but_the_requirements() {
    let reading = read("", &[("mvn-dependency-tree.txt", TREE)]);
    assert_eq!(problems(&reading), "");
    insta::assert_snapshot!(list(&reading), @"
    com.acme/money [1.4,2) -> 1.4.7 Runtime direct at mvn-dependency-tree.txt:5 locked at mvn-dependency-tree.txt:5
    io.netty/netty-transport-native-epoll - -> 4.1.100.Final Runtime via pkg:maven/com.acme/money at mvn-dependency-tree.txt:7 locked at mvn-dependency-tree.txt:7
    junit/junit - -> 4.13.2 Test direct at mvn-dependency-tree.txt:8 locked at mvn-dependency-tree.txt:8
    org.hamcrest/hamcrest-core - -> 1.3 Test via pkg:maven/junit/junit at mvn-dependency-tree.txt:9 locked at mvn-dependency-tree.txt:9
    org.slf4j/slf4j-api - -> 2.0.9 Runtime via pkg:maven/com.acme/money at mvn-dependency-tree.txt:6 locked at mvn-dependency-tree.txt:6
    ");
}

#[test]
fn a_tree_of_verbose_output_leaves_out_what_is_omitted() {
    let tree = "com.acme:checkout:jar:1.0
+- com.acme:money:jar:1.4.7:compile
|  +- (org.slf4j:slf4j-api:jar:1.7.0:compile - version managed from 1.6.1; omitted for conflict with 2.0.9)
|  +- (com.acme:core:jar:3.0:compile - omitted for duplicate)
|  \\- (com.acme:checkout:jar:1.0:compile - omitted for cycle)
+- com.acme:core:jar:3.0:compile (scope not updated to compile)
|  \\- org.slf4j:slf4j-api:jar:2.0.9:runtime
\\- com.acme:legacy:jar:0.1:system (optional)
";
    let reading = read("", &[("dependency-tree.txt", tree)]);
    insta::assert_snapshot!(list(&reading), @"
    com.acme/core - -> 3.0 Runtime direct at dependency-tree.txt:6 locked at dependency-tree.txt:6
    com.acme/money - -> 1.4.7 Runtime direct at dependency-tree.txt:2 locked at dependency-tree.txt:2
    org.slf4j/slf4j-api - -> 2.0.9 Runtime via pkg:maven/com.acme/core at dependency-tree.txt:7 locked at dependency-tree.txt:7
    ");
    let locked: Vec<&str> = reading.files[0].locked.iter().collect();
    assert_eq!(
        locked,
        [
            "com.acme:core@3.0",
            "com.acme:money@1.4.7",
            "org.slf4j:slf4j-api@2.0.9"
        ]
    );
    assert_eq!(
        reading.left_out.len(),
        1,
        "what the system provides: {:?}",
        reading.left_out
    );
}

#[test]
fn trees_of_a_reactor_belong_to_their_modules() {
    let module = |name: &str, dependency: &str| {
        format!(
            "<project><parent><groupId>com.acme</groupId><artifactId>all</artifactId><version>1</version></parent>
<artifactId>{name}</artifactId><dependencies><dependency><groupId>com.acme</groupId><artifactId>{dependency}</artifactId>
<version>1</version></dependency></dependencies></project>"
        )
    };
    let all = "<project><groupId>com.acme</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>
<modules><module>core</module><module>app</module></modules></project>";
    let tree = "[INFO] com.acme:all:pom:1
[INFO]
[INFO] com.acme:core:jar:1
[INFO] \\- com.acme:money:jar:1:compile
[INFO]
[INFO] com.acme:app:jar:1
[INFO] \\- com.acme:core:jar:1:compile
[INFO]    \\- com.acme:money:jar:1:compile
";
    let files = [
        ("pom.xml", all),
        ("core/pom.xml", &module("core", "money")),
        ("app/pom.xml", &module("app", "core")),
        ("dependency-tree.txt", tree),
    ];
    let whole = read("", &files);
    assert_eq!(problems(&whole), "");
    insta::assert_snapshot!(list(&whole), @"com.acme/money 1 -> 1 Runtime direct at core/pom.xml:2 locked at dependency-tree.txt:4");
    // A pipeline of its own builds the module alone, with its sibling from the repository.
    insta::assert_snapshot!(list(&read("app", &files)), @"
    com.acme/core 1 -> 1 Runtime direct at app/pom.xml:2 locked at dependency-tree.txt:7
    com.acme/money - -> 1 Runtime via pkg:maven/com.acme/core at dependency-tree.txt:8 locked at dependency-tree.txt:8
    ");
}

#[test]
fn json_and_dot_say_the_same_as_text() {
    let json = r#"{
  "groupId": "com.acme", "artifactId": "checkout", "version": "1.0", "type": "jar", "scope": "", "classifier": "", "optional": "false",
  "children": [
    {
      "groupId": "com.acme",
      "artifactId": "money",
      "version": "1.4.7", "type": "jar", "scope": "compile", "classifier": "", "optional": "false",
      "children": [
        { "groupId": "org.slf4j",
          "artifactId": "slf4j-api", "version": "2.0.9", "type": "jar", "scope": "compile", "classifier": "", "optional": "false" }
      ]
    }
  ]
}"#;
    let dot = "digraph \"com.acme:checkout:jar:1.0\" {
 \"com.acme:checkout:jar:1.0\" -> \"com.acme:money:jar:1.4.7:compile\" ;
 \"com.acme:money:jar:1.4.7:compile\" -> \"org.slf4j:slf4j-api:jar:2.0.9:compile\" ;
 }";
    insta::assert_snapshot!(list(&read("", &[("dependency-tree.json", json)])), @"
    com.acme/money - -> 1.4.7 Runtime direct at dependency-tree.json:6 locked at dependency-tree.json:6
    org.slf4j/slf4j-api - -> 2.0.9 Runtime via pkg:maven/com.acme/money at dependency-tree.json:10 locked at dependency-tree.json:10
    ");
    insta::assert_snapshot!(list(&read("", &[("dependency-tree.dot", dot)])), @"
    com.acme/money - -> 1.4.7 Runtime direct at dependency-tree.dot:2 locked at dependency-tree.dot:2
    org.slf4j/slf4j-api - -> 2.0.9 Runtime via pkg:maven/com.acme/money at dependency-tree.dot:3 locked at dependency-tree.dot:3
    ");
}

#[test]
fn a_tree_of_another_project_is_named_and_not_taken() {
    let tree = "com.acme:other:jar:1.0\n\\- com.acme:money:jar:1:compile\n";
    let reading = read("", &[("pom.xml", POM), ("dependency-tree.txt", tree)]);
    assert!(
        problems(&reading).contains("tells of `com.acme:other`"),
        "{}",
        problems(&reading)
    );
    assert!(reading.dependencies.iter().all(|one| one.locked.is_none()));
}
