//! What is an identifier and what is not, and that derived ones fit where they are used.

use std::str::FromStr;

use proptest::prelude::*;

use super::{
    AccountId, ApplicationId, AttemptId, ClientRequestToken, DomainName, InvalidIdentifier,
    OrganizationId, OwnerId, PipelineExecutionId, PipelineName, RebuildId, RegionName,
    RepositoryName,
};

#[track_caller]
fn check<T: FromStr<Err = InvalidIdentifier>>(valid: &[&str], invalid: &[&str]) {
    for text in valid {
        assert!(text.parse::<T>().is_ok(), "`{text}` is valid");
    }
    for text in invalid {
        assert!(text.parse::<T>().is_err(), "`{text}` is invalid");
    }
}

#[test]
fn what_users_name() {
    let (fits, too_long) = ("a".repeat(48), "a".repeat(49));
    check::<ApplicationId>(
        &["web", "Web-1_b", "7", &fits],
        &[
            "", &too_long, "-web", "_web", "we.b", "we b", "wéb", "web\n", "a/b", "a:b",
        ],
    );
    check::<OwnerId>(
        &["team-a", "a/b", "someone@acme.example", &"o".repeat(64)],
        &["", "team a", "team#a", &"o".repeat(65), "téam"],
    );
}

#[test]
fn what_aws_names() {
    check::<OrganizationId>(
        &["o-abcdefghij", "o-0123456789abcdefghijklmnopqrstuv"],
        &[
            "",
            "o-",
            "o-abc",
            "o-ABCDEFGHIJ",
            "abcdefghijkl",
            "o-abcdefghij ",
        ],
    );
    check::<AccountId>(
        &["123456789012", "000000000000"],
        &[
            "",
            "12345678901",
            "1234567890123",
            "12345678901a",
            "１２３４",
        ],
    );
    check::<RegionName>(
        &["eu-west-1", "us-gov-east-1", "cn-north-1"],
        &[
            "",
            "eu-west",
            "EU-WEST-1",
            "eu--1",
            "-eu-west-1",
            "eu-west-1-",
            "eu_west_1",
        ],
    );
    check::<PipelineName>(
        &["deploy", "a.b@c-d_e", "-", &"p".repeat(100)],
        &["", &"p".repeat(101), "a b", "a/b", "a:b"],
    );
    check::<DomainName>(
        &["ac", "acme", "a-1", &"d".repeat(50)],
        &[
            "",
            "a",
            "1acme",
            "acme-",
            "-acme",
            "Acme",
            "ac_me",
            "acme_",
            &"d".repeat(51),
        ],
    );
    check::<RepositoryName>(
        &["ab", "1a", "A.b-c_d", &"r".repeat(100)],
        &["", "a", ".ab", "-ab", "_ab", "a/b", "a b", &"r".repeat(101)],
    );
    check::<PipelineExecutionId>(
        &["0f6a1c1e-0000-4000-8000-000000000001", "e"],
        &["", "../1", "a_b", "a.b", &"e".repeat(101)],
    );
}

#[test]
fn what_we_number() {
    check::<RebuildId>(
        &["web.1", "a.10", "7.7"],
        &[
            "", "web", "web.", ".1", "web.x", "we.b.1", "web..1", "web.1.1", "web.+1", "web.１",
        ],
    );
    check::<AttemptId>(
        &["web.1.1", "a-b_c.12.3"],
        &[
            "",
            "web.1",
            "web.1.",
            "web..1",
            "web.1.1.1",
            ".1.1",
            "web.1.x",
        ],
    );
    check::<ClientRequestToken>(
        &["a", "0-9", &"t".repeat(128)],
        &["", "a_b", "a.b", &"t".repeat(129)],
    );
}

#[test]
fn an_attempt_of_the_longest_application_fits_a_role_session_name() {
    let longest: ApplicationId = "a".repeat(48).parse().expect("valid");
    // A rebuild a second for three hundred years, each attempted ten thousand times.
    let attempt = AttemptId::numbered(&RebuildId::numbered(&longest, 9_999_999_999), 9_999);
    assert_eq!(attempt.as_str().len(), 64);
    assert_eq!(attempt.as_str().parse(), Ok(attempt.clone()));
    let is_session_name = |c: char| c.is_ascii_alphanumeric() || "_=,.@-".contains(c);
    assert!(attempt.as_str().chars().all(is_session_name));
}

#[test]
fn the_token_of_an_attempt_is_always_the_same_and_no_other_has_it() {
    let attempt = |number| {
        let application: ApplicationId = "web".parse().expect("valid");
        AttemptId::numbered(&RebuildId::numbered(&application, 3), number)
    };
    let token = ClientRequestToken::of(&attempt(1));
    assert_eq!(token, ClientRequestToken::of(&attempt(1)));
    assert_ne!(token, ClientRequestToken::of(&attempt(2)));
    insta::assert_snapshot!(token, @"ca7f1e2771338cfd9ec190a6b39821b78024fb25d8e430949f5a6e42e9567c4f");
}

#[test]
fn an_error_says_what_was_expected_without_repeating_what_is_hostile() {
    let error = "web\u{202e}\n"
        .parse::<ApplicationId>()
        .expect_err("invalid");
    insta::assert_snapshot!(error, @"`web\\u{202e}\\n` is not an application id: expected 1 to 48 letters, digits, `-` or `_`, starting with a letter or digit");
    let long = "x"
        .repeat(10_000)
        .parse::<AccountId>()
        .expect_err("invalid");
    assert!(long.to_string().len() < 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_numbered_can_be_read_again(application in "[a-z0-9][a-zA-Z0-9_-]{0,47}", number in 0..10_000_000_000_u64, attempt in 0..10_000_u32) {
        let application: ApplicationId = application.parse().expect("valid");
        let rebuild = RebuildId::numbered(&application, number);
        prop_assert_eq!(rebuild.as_str().parse(), Ok(rebuild.clone()));
        let attempt = AttemptId::numbered(&rebuild, attempt);
        prop_assert_eq!(attempt.as_str().parse(), Ok(attempt.clone()));
        let token = ClientRequestToken::of(&attempt);
        prop_assert_eq!(token.as_str().len(), 64);
        prop_assert_eq!(token.as_str().parse(), Ok(token.clone()));
    }

    #[test]
    fn no_text_makes_parsing_panic(text in ".{0,80}") {
        let _ = text.parse::<ApplicationId>();
        let _ = text.parse::<AttemptId>().map_err(|error| error.to_string());
        let _ = text.parse::<RegionName>();
        let _ = text.parse::<DomainName>();
    }
}
