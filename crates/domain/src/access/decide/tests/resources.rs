use super::check;

// What a statement is about.
cases! { TABLE:
    "reading is allowed on the repository's ARN";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository <r>"], ["Allow - * *"] => "allowed: repository 1, identity 1";
    "reading cannot be narrowed to packages";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository <p>/npm/*"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "a domain policy allows reading in all its repositories by a wildcard";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        ["Allow 444455556666 ReadFromRepository arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/*"], [],
        ["Allow - * *"] => "allowed: domain 1, identity 1";
    "the ARN of the domain does not stand for its repositories";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        ["Allow 444455556666 ReadFromRepository <d>"], [], ["Allow - * *"]
        => "no allow: domain or repository; near domain 1 (resource)";
    "publishing is allowed on a package's ARN";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm/parity/ui";
        [], ["Allow 444455556666 PublishPackageVersion <p>/npm/parity/ui"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "publishing is not allowed on another package's ARN";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm/parity/ux";
        [], ["Allow 444455556666 PublishPackageVersion <p>/npm/parity/ui"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "a package without a namespace has an empty segment in its ARN";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm//react";
        [], ["Allow 444455556666 PublishPackageVersion <p>/npm//react"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "an ARN without the empty segment names no package";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm//react";
        [], ["Allow 444455556666 PublishPackageVersion <p>/npm/react"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "a wildcard allows publishing every package of the repository";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/maven/com.acme/core";
        [], ["Allow 444455556666 PublishPackageVersion <p>/*"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a wildcard in a name allows publishing what begins so";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm/acme/ui-tokens";
        [], ["Allow 444455556666 PublishPackageVersion <p>/npm/acme/ui-*"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a question mark stands for exactly one character";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm/acme/ui10";
        [], ["Allow 444455556666 PublishPackageVersion <p>/npm/acme/ui?"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "the repository's ARN does not allow publishing into it";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm//react";
        [], ["Allow 444455556666 PublishPackageVersion <r>"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "packages of another repository stay closed";
        "role:444455556666/ci", "PublishPackageVersion", "<p>2/npm//react";
        [], ["Allow 444455556666 PublishPackageVersion <p>/*"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "resources are compared in their case";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm//React";
        [], ["Allow 444455556666 PublishPackageVersion <p>/npm//react"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "an ARN that ends early is completed by wildcards";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository arn:aws:codeartifact:*"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "a wildcard does not cross a colon";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository arn:aws:codeartifact:*:repository/acme/libs"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "all but some packages leaves the others open";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm//react";
        [], ["Allow 444455556666 PublishPackageVersion not:<p>/npm/acme/*"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "all but some packages keeps those closed";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm/acme/ui";
        [], ["Allow 444455556666 PublishPackageVersion not:<p>/npm/acme/*"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource)";
    "actions are compared in any case and with wildcards";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 CODEARTIFACT:read*repositor? *"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "an identity policy on another repository is not enough";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository *"], ["Allow - ReadFromRepository <r>-2"]
        => "no allow: identity; near identity 1 (resource)";
    "a variable that nobody told is told";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm/core/ui";
        [], ["Allow * PublishPackageVersion <p>/npm/${aws:PrincipalTag/team}/*"], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (resource); supposing no aws:PrincipalTag/team in repository 1";
    "a variable in a resource is replaced";
        "role:444455556666/ci", "PublishPackageVersion", "<p>/npm/444455556666/ui";
        [], ["Allow * PublishPackageVersion <p>/npm/${aws:PrincipalAccount}/*"], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
}

#[test]
fn a_statement_reaches_the_resources_that_it_names() {
    check(TABLE);
}
