use super::check;

// Whose principal asks, and which allows it then takes.
cases! { TABLE:
    "the domain owner's principal needs nothing but an identity policy";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], [], ["Allow - ReadFromRepository *"] => "allowed: identity 1";
    "a repository policy that names it is enough for the domain owner's principal";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::111122223333:role/ci ReadFromRepository *"], [] => "allowed: repository 1";
    "a domain policy that names it is enough for the domain owner's principal";
        "user:111122223333/ann", "ReadFromRepository", "<r>";
        ["Allow arn:aws:iam::111122223333:user/ann ReadFromRepository *"], [], [] => "allowed: domain 1";
    "a policy that names everyone is enough for the domain owner's principal";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], ["Allow * ReadFromRepository *"], [] => "allowed: repository 1";
    "naming the own account only delegates to its identity policies";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], ["Allow 111122223333 ReadFromRepository *"], []
        => "no allow: identity or domain or repository; near repository 1 (delegates)";
    "an account named and an identity policy that allows go together";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], ["Allow 111122223333 ReadFromRepository *"], ["Allow - ReadFromRepository *"]
        => "allowed: repository 1, identity 1";
    "without any allow even the domain owner's principal is denied";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], [], [] => "no allow: identity or domain or repository";
    "the root user of the domain owner needs no policy";
        "111122223333", "ReadFromRepository", "<r>"; [], [], [] => "allowed: root user";
    "the repository administrator's principal needs nothing but an identity policy";
        "role:222233334444/ci", "ReadFromRepository", "<r>";
        [], [], ["Allow - ReadFromRepository *"] => "allowed: identity 1";
    "a resource policy alone is not enough for the repository administrator's principal";
        "role:222233334444/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::222233334444:role/ci ReadFromRepository *"], [] => "no allow: identity";
    "the repository administrator may publish by its identity policy";
        "user:222233334444/ann", "PublishPackageVersion", "<p>/npm//react";
        [], [], ["Allow - PublishPackageVersion *"] => "allowed: identity 1";
    "to the domain the repository administrator is another account";
        "role:222233334444/ci", "GetAuthorizationToken", "<d>";
        [], [], ["Allow - GetAuthorizationToken *"] => "no allow: domain";
    "the root user of the repository administrator needs no policy for its repository";
        "222233334444", "DescribeRepository", "<r>"; [], [], [] => "allowed: root user";
    "another account needs a resource policy besides its identity policy";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], [], ["Allow - ReadFromRepository *"] => "no allow: domain or repository";
    "another account needs an identity policy besides the resource policy";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::444455556666:role/ci ReadFromRepository *"], [] => "no allow: identity";
    "another account with both is allowed";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository *"], ["Allow - ReadFromRepository *"]
        => "allowed: repository 1, identity 1";
    "another account with neither is told both";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], [], [] => "no allow: domain or repository and identity";
    "one allow in the domain policy is enough, the repository policy need not repeat it";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        ["Allow 444455556666 ReadFromRepository *"], ["Allow 444455556666 DescribeRepository *"],
        ["Allow - ReadFromRepository *"] => "allowed: domain 1, identity 1";
    "the root user of another account needs the resource policy only";
        "444455556666", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository *"], [] => "allowed: repository 1, root user";
    "the root user of another account is nobody without a resource policy";
        "444455556666", "ReadFromRepository", "<r>"; [], [], [] => "no allow: domain or repository";
    "identity policies that were not read count as no allow, and that is told";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository *"], ["?"] => "no allow: identity?";
    "a resource policy that names the owner's role does not wait for unread identity policies";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::111122223333:role/ci ReadFromRepository *"], ["?"] => "allowed: repository 1";
}

#[test]
fn each_account_needs_the_allows_that_the_guide_says() {
    check(TABLE);
}
