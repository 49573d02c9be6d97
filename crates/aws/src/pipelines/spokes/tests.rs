use super::*;

fn spokes(role: &str) -> Spokes {
    Spokes {
        accounts: ["222222222222", "333333333333"]
            .map(|account| account.parse().expect("an account"))
            .into(),
        role: role.parse().expect("a role"),
        external_id: "downriver".parse().expect("an external id"),
        reader: "downriver@track".to_owned(),
    }
}

#[test]
fn every_named_account_has_a_role_of_the_same_name_and_no_other_has_one() {
    let spokes = spokes("arn:aws-cn:iam::*:role/tools/downriver-spoke");
    let role = |account: &str| spokes.role_in(&account.parse().expect("an account"));
    assert_eq!(
        role("333333333333").as_deref(),
        Some("arn:aws-cn:iam::333333333333:role/tools/downriver-spoke")
    );
    assert_eq!(role("444444444444"), None);
}

#[test]
fn a_role_of_one_account_or_of_none_is_refused() {
    for text in [
        "",
        "downriver-spoke",
        "arn:aws:iam::222222222222:role/downriver-spoke",
        "arn:aws:iam::*:role/",
        "arn:aws:iam::*:user/ana",
        "arn:aws:sts::*:role/downriver-spoke",
    ] {
        assert_eq!(text.parse::<SpokeRole>(), Err(InvalidSpokeRole), "{text}");
    }
}

#[test]
fn an_external_id_is_what_sts_takes() {
    for text in ["ab", "downriver:prod/eu-1", &"x".repeat(1224)] {
        let external_id: ExternalId = text.parse().expect("an external id");
        assert_eq!(external_id.as_str(), text);
    }
    for text in ["", "a", "two words", "a\nb", "ü2", &"x".repeat(1225)] {
        assert_eq!(
            text.parse::<ExternalId>(),
            Err(InvalidExternalId),
            "{text:?}"
        );
    }
}
