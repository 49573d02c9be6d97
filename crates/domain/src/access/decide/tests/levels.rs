use super::check;

// Which policies count for an action.
cases! { TABLE:
    "ListDomains is about the account: the identity policy alone decides";
        "role:444455556666/ci", "ListDomains", "*"; [], [], ["Allow - * *"] => "allowed: identity 1";
    "no resource policy counts for ListRepositories, not even a deny";
        "role:444455556666/ci", "ListRepositories", "*";
        ["Deny * * *"], ["Deny * * *"], ["Allow - * *"] => "allowed: identity 1";
    "an account's own action without an identity policy is denied";
        "role:444455556666/ci", "ListRepositories", "*"; ["Allow * * *"], [], [] => "no allow: identity";
    "the token of STS is allowed by identity policies alone";
        "role:444455556666/ci", "sts:GetServiceBearerToken", "*";
        ["Allow * sts:GetServiceBearerToken *"], [], [] => "no allow: identity";
    "the token of STS is asked for on behalf of CodeArtifact";
        "role:444455556666/ci", "sts:GetServiceBearerToken", "*"; [], [],
        [r#"Allow - sts:GetServiceBearerToken * {"StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"}}"#]
        => "allowed: identity 1";
    "a domain's action is allowed by the domain policy";
        "role:444455556666/ci", "GetAuthorizationToken", "<d>";
        ["Allow 444455556666 GetAuthorizationToken *"], [], ["Allow - * *"] => "allowed: domain 1, identity 1";
    "no repository policy counts for a domain's action";
        "role:444455556666/ci", "DescribeDomain", "<d>";
        [], ["Allow * * *"], ["Allow - * *"] => "no allow: domain";
    "a repository policy cannot deny a domain's action";
        "role:444455556666/ci", "ListRepositoriesInDomain", "<d>";
        ["Allow * ListRepositoriesInDomain *"], ["Deny * * *"], ["Allow - * *"] => "allowed: domain 1, identity 1";
    "CreateRepository is granted on the domain";
        "role:444455556666/ci", "CreateRepository", "<d>";
        ["Allow 444455556666 CreateRepository *"], [], ["Allow - * *"] => "allowed: domain 1, identity 1";
    "a repository that is to be created has no administrator yet";
        "role:222233334444/ci", "CreateRepository", "<r>"; [], [], ["Allow - * *"] => "no allow: domain";
    "a package group is the domain's: its policy alone counts";
        "role:444455556666/ci", "DescribePackageGroup", "<g>/npm/*";
        ["Allow 444455556666 DescribePackageGroup *"], ["Deny * * *"], ["Allow - * *"]
        => "allowed: domain 1, identity 1";
    "a tag on the domain is the domain policy's affair";
        "role:444455556666/ci", "TagResource", "<d>";
        [], ["Allow 444455556666 TagResource *"], ["Allow - * *"] => "no allow: domain";
    "a tag on the repository is both policies' affair";
        "role:444455556666/ci", "TagResource", "<r>";
        [], ["Allow 444455556666 TagResource *"], ["Allow - * *"] => "allowed: repository 1, identity 1";
    "both policies count for a repository's action";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        ["Allow 444455556666 Read* *"], ["Allow 444455556666 ReadFromRepository *"], ["Allow - * *"]
        => "allowed: domain 1, repository 1, identity 1";
    "both policies count for a package's action";
        "role:444455556666/ci", "DescribePackageVersion", "<p>/npm//react";
        ["Allow 444455556666 Describe* *"], ["Deny 444455556666 DescribePackageVersion *"], ["Allow - * *"]
        => "denied: repository 1";
    "PutDomainPermissionsPolicy ignores the policy that it replaces, so that the owner is not locked out";
        "role:111122223333/admin", "PutDomainPermissionsPolicy", "<d>";
        ["Deny * * *"], [], ["Allow - * *"] => "allowed: identity 1";
    "PutDomainPermissionsPolicy cannot be given to another account";
        "role:444455556666/admin", "PutDomainPermissionsPolicy", "<d>";
        ["Allow 444455556666 * *"], [], ["Allow - * *"] => "no allow: no policy counts";
    "PutRepositoryPermissionsPolicy ignores the repository policy";
        "role:222233334444/admin", "PutRepositoryPermissionsPolicy", "<r>";
        [], ["Deny * * *"], ["Allow - * *"] => "allowed: identity 1";
    "a repository policy cannot give PutRepositoryPermissionsPolicy to another account";
        "role:444455556666/admin", "PutRepositoryPermissionsPolicy", "<r>";
        [], ["Allow 444455556666 * *"], ["Allow - * *"] => "no allow: domain";
    "the domain policy counts for PutRepositoryPermissionsPolicy";
        "role:222233334444/admin", "PutRepositoryPermissionsPolicy", "<r>";
        ["Deny * PutRepositoryPermissionsPolicy *"], [], ["Allow - * *"] => "denied: domain 1";
    "deleting a policy does not ignore it";
        "role:111122223333/admin", "DeleteDomainPermissionsPolicy", "<d>";
        ["Deny * * *"], [], ["Allow - * *"] => "denied: domain 1";
    "reading a repository's policy does not ignore it";
        "role:222233334444/admin", "GetRepositoryPermissionsPolicy", "<r>";
        [], ["Deny 222233334444 GetRepositoryPermissionsPolicy *"], ["Allow - * *"] => "denied: repository 1";
}

#[test]
fn the_level_of_an_action_says_which_policies_count() {
    check(TABLE);
}
