use super::{BASE, Case, check};

const IN: &str = "allowed: repository 1, identity 1";

/// A condition on an allow in the repository policy, and what is known of the request: does the allow apply?
macro_rules! conditions {
    ($name:ident: $($rule:literal; $condition:literal, $context:expr => $decision:expr;)*) => {
        pub(super) const $name: &[Case] = &[$(Case {
            rule: $rule,
            who: "session:444455556666/ci",
            repository: &[concat!("Allow * ReadFromRepository * ", $condition)],
            identity: &["Allow - * *"],
            context: &$context,
            decision: $decision,
            ..BASE
        },)*];
    };
}

macro_rules! out {
    ($key:literal) => {
        concat!(
            "no allow: domain or repository; near repository 1 (",
            $key,
            ")"
        )
    };
}

// Each operator of IAM, with a value that fits or one that does not.
conditions! { OPERATORS:
    "an organization's condition lets its accounts in";
        r#"{"StringEquals":{"aws:PrincipalOrgID":["o-abcdefghij"]}}"#, ["aws:PrincipalOrgID=o-abcdefghij"] => IN;
    "an organization's condition keeps others out";
        r#"{"StringEquals":{"aws:PrincipalOrgID":["o-abcdefghij"]}}"#, ["aws:PrincipalOrgID=o-jihgfedcba"]
        => out!("aws:PrincipalOrgID");
    "StringEquals compares in its case";
        r#"{"StringEquals":{"k:team":["web","Core"]}}"#, ["k:team=core"] => out!("k:team");
    "StringEquals needs one of its values";
        r#"{"StringEquals":{"k:team":["web","core"]}}"#, ["k:team=core"] => IN;
    "names of keys are compared in any case";
        r#"{"StringEquals":{"K:Team":"core"}}"#, ["k:tEAM=core"] => IN;
    "StringNotEquals needs none of its values";
        r#"{"StringNotEquals":{"k:team":["web","core"]}}"#, ["k:team=core"] => out!("k:team");
    "StringEqualsIgnoreCase compares in any case";
        r#"{"StringEqualsIgnoreCase":{"k:team":"CORE"}}"#, ["k:team=core"] => IN;
    "StringNotEqualsIgnoreCase is its opposite";
        r#"{"StringNotEqualsIgnoreCase":{"k:team":"CORE"}}"#, ["k:team=core"] => out!("k:team");
    "StringEquals takes an asterisk as it is";
        r#"{"StringEquals":{"k:team":"co*"}}"#, ["k:team=core"] => out!("k:team");
    "StringLike has wildcards";
        r#"{"StringLike":{"k:team":"c?r*"}}"#, ["k:team=core"] => IN;
    "StringNotLike is its opposite";
        r#"{"StringNotLike":{"k:team":"c?r*"}}"#, ["k:team=core"] => out!("k:team");
    "the ARN of a session's role is compared, not the session's";
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/c*"}}"#, [] => IN;
    "ArnEquals has wildcards, too";
        r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}}"#, [] => IN;
    "ARNs are compared field by field";
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam:*:role/ci"}}"#, [] => out!("aws:PrincipalArn");
    "ArnNotEquals is its opposite";
        r#"{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/ci"}}"#, []
        => out!("aws:PrincipalArn");
    "ArnNotLike holds for others";
        r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:user/*"}}"#, [] => IN;
    "Bool compares true and false; requests come over TLS";
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#, [] => IN;
    "Bool takes JSON's own words";
        r#"{"Bool":{"aws:MultiFactorAuthPresent":true}}"#, ["aws:MultiFactorAuthPresent=false"]
        => out!("aws:MultiFactorAuthPresent");
    "Null true needs the key to be absent";
        r#"{"Null":{"aws:TokenIssueTime":"true"}}"#, ["aws:TokenIssueTime=2026-01-01T00:00:00Z"]
        => out!("aws:TokenIssueTime");
    "Null false needs the key to be there";
        r#"{"Null":{"aws:TokenIssueTime":"false"}}"#, ["aws:TokenIssueTime=2026-01-01T00:00:00Z"] => IN;
    "IpAddress takes ranges";
        r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}"#, ["aws:SourceIp=203.0.113.77"] => IN;
    "IpAddress takes IPv6";
        r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}"#, ["aws:SourceIp=2001:db8:1::1"] => IN;
    "an address without a prefix is one address";
        r#"{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}"#, ["aws:SourceIp=203.0.113.8"] => out!("aws:SourceIp");
    "NotIpAddress is its opposite";
        r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, ["aws:SourceIp=198.51.100.1"] => IN;
    "numbers are compared as numbers";
        r#"{"NumericLessThanEquals":{"k:count":"10"}}"#, ["k:count=9"] => IN;
    "NumericNotEquals is negated";
        r#"{"NumericNotEquals":{"k:count":10}}"#, ["k:count=10.0"] => out!("k:count");
    "dates are compared as instants";
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-03-01T12:00:00+02:00"}}"#,
        ["aws:CurrentTime=2026-03-01T10:00:01Z"] => IN;
    "a date may be given in seconds since 1970";
        r#"{"DateLessThan":{"aws:CurrentTime":"1772359200"}}"#, ["aws:CurrentTime=2026-03-01T10:00:00Z"]
        => out!("aws:CurrentTime");
    "BinaryEquals compares encoded bytes";
        r#"{"BinaryEquals":{"k:bytes":"QmluYXJ5"}}"#, ["k:bytes=QmluYXJ5"] => IN;
    "ForAllValues needs every value of the request";
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#, ["aws:TagKeys=a|c"] => out!("aws:TagKeys");
    "ForAllValues holds for no values at all";
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#, ["aws:TagKeys="] => IN;
    "ForAnyValue needs one value of the request";
        r#"{"ForAnyValue:StringLike":{"aws:TagKeys":["b*"]}}"#, ["aws:TagKeys=a|bc"] => IN;
    "ForAnyValue does not hold for no values";
        r#"{"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}}"#, ["aws:TagKeys="] => out!("aws:TagKeys");
    "ForAnyValue negated needs one value that is not listed";
        r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}}"#, ["aws:TagKeys=a|b"] => IN;
    "ForAllValues negated needs that none is listed";
        r#"{"ForAllValues:StringNotEquals":{"aws:TagKeys":["a"]}}"#, ["aws:TagKeys=a|b"] => out!("aws:TagKeys");
    "all operators and keys have to hold";
        r#"{"StringEquals":{"k:team":"core"},"Bool":{"k:on":"true"}}"#, ["k:team=core", "k:on=false"] => out!("k:on");
    "a key that is certainly absent does not match";
        r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, ["aws:SourceIp="] => out!("aws:SourceIp");
    "a negated operator matches a key that is absent";
        r#"{"StringNotEquals":{"k:team":"core"}}"#, ["k:team="] => IN;
    "IfExists holds for a key that is absent";
        r#"{"StringEqualsIfExists":{"k:team":"core"}}"#, ["k:team="] => IN;
    "IfExists compares a key that is there";
        r#"{"StringEqualsIfExists":{"k:team":"core"}}"#, ["k:team=web"] => out!("k:team");
    "a variable is replaced by the request's value";
        r#"{"StringEquals":{"k:team":"${aws:PrincipalAccount}"}}"#, ["k:team=444455556666"] => IN;
    "a variable's value is compared as it is";
        r#"{"StringLike":{"k:team":"${k:pattern}"}}"#, ["k:team=core", "k:pattern=c*"] => out!("k:team");
    "a variable without a value matches nothing";
        r#"{"StringEquals":{"k:team":"${k:other}"}}"#, ["k:team=core", "k:other="] => out!("k:team");
    "a variable without a value makes a negated operator hold";
        r#"{"StringNotEquals":{"k:team":"${k:other}"}}"#, ["k:team=core", "k:other="] => IN;
    "a variable may have a default";
        r#"{"StringEquals":{"k:team":"${k:other, 'core'}"}}"#, ["k:team=core", "k:other="] => IN;
}

// What nobody told counts as absent, and the decision says where it rests on that.
cases! { ABSENT_KEYS:
    "an allow that needs an untold key does not apply, and that is told";
        "role:444455556666/ci", "ReadFromRepository", "<r>"; [],
        [r#"Allow * Read* * {"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#], ["Allow - * *"]
        => "no allow: domain or repository; near repository 1 (aws:SourceIp); supposing no aws:SourceIp in repository 1";
    "a deny that a told key would bring is told";
        "role:444455556666/ci", "ReadFromRepository", "<r>"; [],
        ["Allow * Read* *", r#"Deny * * * {"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#], ["Allow - * *"]
        => "allowed: repository 1, identity 1; supposing no aws:SourceVpce in repository 2";
    "a negated deny applies to an untold organization, and that is told";
        "role:444455556666/ci", "ReadFromRepository", "<r>"; [],
        ["Allow * Read* *", r#"Deny * * * {"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#], ["Allow - * *"]
        => "denied: repository 2; supposing no aws:PrincipalOrgID in repository 2";
    "what another statement allows anyway rests on nothing";
        "role:444455556666/ci", "ReadFromRepository", "<r>"; [],
        ["Allow * Read* *", r#"Allow * Read* * {"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#], ["Allow - * *"]
        => "allowed: repository 1, identity 1";
    "what fails at a known key rests on no untold one";
        "role:444455556666/ci", "ReadFromRepository", "<r>"; [],
        [r#"Allow * Read* * {"StringEquals":{"k:team":"core","aws:PrincipalAccount":"777788889999"}}"#],
        ["Allow - * *"] => "no allow: domain or repository; near repository 1 (aws:PrincipalAccount)";
    "two allows that rest on the same supposition are both told";
        "role:444455556666/ci", "ReadFromRepository", "<r>";
        [r#"Allow * Read* * {"Null":{"aws:SourceVpce":"true"}}"#],
        [r#"Allow * Read* * {"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#], ["Allow - * *"]
        => "allowed: domain 1, repository 1, identity 1; supposing no aws:SourceVpce in domain 1; supposing no aws:SourceVpce in repository 1";
}

#[test]
fn each_operator_follows_iam() {
    check(OPERATORS);
}

#[test]
fn a_decision_tells_the_absent_keys_that_it_rests_on() {
    check(ABSENT_KEYS);
}
