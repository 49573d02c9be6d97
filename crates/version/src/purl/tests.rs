use super::{Purl, parse_purl};

#[test]
fn package_urls_are_read_into_decoded_parts() {
    let purl = parse_purl("pkg:npm/%40babel/core@7.0.0?b=1%2F2&A=x#/src/./../lib/").unwrap();
    assert_eq!(purl.package_type(), "npm");
    assert_eq!(purl.namespace(), Some("@babel"));
    assert_eq!(purl.name(), "core");
    assert_eq!(purl.version(), Some("7.0.0"));
    assert_eq!(
        purl.qualifiers()
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>(),
        ["a=x", "b=1/2"]
    );
    assert_eq!(purl.subpath(), Some("src/lib"));
}

#[test]
fn every_spelling_of_a_package_url_has_one_normal_form() {
    for (text, normal) in [
        (
            "pkg:npm/@babel/core#/googleapis/api/",
            "pkg:npm/%40babel/core#googleapis/api",
        ),
        (
            "pkg://maven/org.apache.commons/io",
            "pkg:maven/org.apache.commons/io",
        ),
        (
            "PKG:Maven/a/b@1?type=pom&repositorY_url=x/y&empty=",
            "pkg:maven/a/b@1?repository_url=x%2Fy&type=pom",
        ),
        ("pkg:pypi/Django_Package@1.0", "pkg:pypi/django-package@1.0"),
        (
            "pkg:nuget/EnterpriseLibrary.Common@6.0.1304",
            "pkg:nuget/EnterpriseLibrary.Common@6.0.1304",
        ),
        (
            "pkg:swift/github.com/RxSwiftCommunity/RxFlow@2.12.4",
            "pkg:swift/github.com/RxSwiftCommunity/RxFlow@2.12.4",
        ),
        (
            "pkg:golang/google.golang.org/genproto@a/",
            "pkg:golang/google.golang.org/genproto@a",
        ),
        ("pkg:cargo/a@1.0.0+b%20c", "pkg:cargo/a@1.0.0%2Bb%20c"),
    ] {
        assert_eq!(parse_purl(text).unwrap().to_string(), normal);
        assert_eq!(parse_purl(normal).unwrap().to_string(), normal);
    }
}

#[test]
fn what_the_specification_refuses_is_an_error() {
    for text in [
        "",
        "npm/a",
        "pkg:npm",
        "pkg:npm/",
        "pkg:npm/@1",
        "EnterpriseLibrary.Common@6.0",
        "pkg:n&g?inx/nginx@0.8.9",
        "pkg:npm/a?in%20production=true",
        "pkg:gem/jruby-launcher@1.1.2?Platform=java",
        "pkg:swift/Alamofire@5.4.3",
        "pkg:swift/github.com/Alamofire/@5.4.3",
        "pkg:maven/io@1",
        "pkg:cargo/a/b",
        "pkg:npm/a%2",
        "pkg:npm/%ff",
        "pkg:npm/a%2Fb/c",
        "pkg:npm/a?k=1&K=2",
        "pkg:3npm/a",
    ] {
        assert!(parse_purl(text).is_err(), "{text}");
    }
}

#[test]
fn a_package_url_is_built_from_parts() {
    let purl = Purl::new("maven", Some("groovy"), "groovy")
        .unwrap()
        .with_version("1.0");
    let purl = purl
        .with_qualifier("Repository_url", "https://maven.example.com")
        .unwrap();
    assert_eq!(
        purl.to_string(),
        "pkg:maven/groovy/groovy@1.0?repository_url=https:%2F%2Fmaven.example.com"
    );
    let without = purl
        .with_qualifier("repository_url", "")
        .unwrap()
        .with_version("")
        .with_subpath("/a/../b");
    assert_eq!(without.to_string(), "pkg:maven/groovy/groovy#a/b");
    assert!(without.with_qualifier("1x", "y").is_err());
    assert!(Purl::new("maven", None, "").is_err());
}
