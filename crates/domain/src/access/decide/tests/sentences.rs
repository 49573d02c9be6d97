use super::{ALL_SENTENCES, decide_case, request};

#[test]
fn every_decision_explains_itself() {
    let mut text = String::new();
    for case in ALL_SENTENCES {
        let decision = decide_case(case);
        for sentence in decision.sentences(&request(case)) {
            text.push_str(&sentence);
            text.push('\n');
        }
        text.push('\n');
    }
    insta::assert_snapshot!(text, @r#"
    allowed by statement 1 (line 4) of the repository policy and statement 1 (line 4) of identity policy 1

    explicitly denied by statement 1 (line 4) of the domain policy

    implicitly denied: no statement of the domain policy or the repository policy allows `codeartifact:ReadFromRepository` on `arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs` to `arn:aws:iam::444455556666:role/ci`; and no identity policy of `arn:aws:iam::444455556666:role/ci` in account 444455556666 allows `codeartifact:ReadFromRepository` on `arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs` (its identity policies were not read)
    statement 1 (line 4) of the repository policy allows the action to others
    statement 2 (line 18) of the repository policy allows the action on other resources

    implicitly denied: no identity policy of `arn:aws:iam::111122223333:role/ci` in account 111122223333 allows `codeartifact:ReadFromRepository` on `arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs`, and no statement of the domain policy or the repository policy does so by name
    statement 1 (line 4) of the repository policy names the account, which lets its identity policies allow it but does not itself

    implicitly denied: no resource policy counts for `codeartifact:PutDomainPermissionsPolicy`, so that another account cannot be given it

    implicitly denied: no statement of the domain policy or the repository policy allows `codeartifact:ReadFromRepository` on `arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs` to `arn:aws:iam::444455556666:root`
    statement 1 (line 4) of the repository policy would allow it, but its condition `IpAddress` on `aws:SourceIp` does not hold
    this supposes that the request has no `aws:SourceIp`, of which nothing was said: statement 1 (line 4) of the repository policy depends on it

    allowed by the full access that the root user has in its account
    "#);
}
