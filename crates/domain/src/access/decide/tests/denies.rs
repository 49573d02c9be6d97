use super::check;

cases! { TABLE:
    "a deny in the domain policy wins over an allow in the repository policy";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        ["Deny 444455556666 ReadFromRepository *"], ["Allow 444455556666 ReadFromRepository *"], ["Allow - * *"]
        => "denied: domain 1";
    "a deny in the repository policy wins over an allow in the domain policy";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        ["Allow * ReadFromRepository *"], ["Deny * ReadFromRepository *"], ["Allow - * *"] => "denied: repository 1";
    "a deny in an identity policy wins over every resource policy";
        "role:111122223333/ci", "ReadFromRepository", "<r>";
        [], ["Allow arn:aws:iam::111122223333:role/ci ReadFromRepository *"], ["Deny - ReadFromRepository *"]
        => "denied: identity 1";
    "a deny wins wherever it stands in the document";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Allow 444455556666 ReadFromRepository *", "Deny 444455556666 Read* *"], ["Allow - * *"]
        => "denied: repository 2";
    "a deny of the account denies its users and roles";
        "session:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Deny 444455556666 * *", "Allow * * *"], ["Allow - * *"] => "denied: repository 1";
    "a deny keeps out the root user of the domain owner, too";
        "111122223333", "ReadFromRepository", "<r>";
        [], ["Deny 111122223333 ReadFromRepository *"], [] => "denied: repository 1";
    "a deny for others does not hit";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Deny 777788889999 * *", "Allow * * *"], ["Allow - * *"] => "allowed: repository 2, identity 1";
    "every statement that denies is named";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        ["Deny * Read* *"], ["Allow * * *", "Deny * * <r>"], ["Deny - *:*Repository *"]
        => "denied: domain 1, repository 2, identity 1";
    "a deny of all but some actions hits the others";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [], ["Deny * not:GetRepositoryEndpoint,Describe* *", "Allow * * *"], ["Allow - * *"] => "denied: repository 1";
    "a deny of all but some actions leaves those";
        "role:444455556666/ci", "DescribeRepository", "<r>";
        [], ["Deny * not:GetRepositoryEndpoint,Describe* *", "Allow * * *"], ["Allow - * *"]
        => "allowed: repository 2, identity 1";
}

#[test]
fn an_explicit_deny_in_any_policy_that_counts_wins() {
    check(TABLE);
}
