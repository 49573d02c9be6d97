use super::{Principal, PrincipalKind, PrincipalPattern};

#[test]
fn an_arn_reads_and_writes_the_same() {
    let table = [
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/people/ann",
        "arn:aws:iam::111122223333:role/ci",
        "arn:aws-cn:iam::111122223333:role/build/ci",
        "arn:aws:sts::111122223333:assumed-role/ci/build-7",
        "arn:aws:sts::111122223333:federated-user/ann",
    ];
    for text in table {
        assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
    }
}

#[test]
fn an_account_id_is_its_root_user() {
    let principal: Principal = "111122223333".parse().unwrap();
    assert_eq!(principal.kind, PrincipalKind::Root);
    assert_eq!(principal.to_string(), "arn:aws:iam::111122223333:root");
    let named = |text| PrincipalPattern::parse(text).unwrap();
    assert_eq!(
        named("111122223333"),
        named("arn:aws:iam::111122223333:root")
    );
}

#[test]
fn what_names_no_principal_is_refused() {
    let table = [
        "",
        "11112222333",
        "ann",
        "arn:aws:iam::111122223333:group/admins",
        "arn:aws:iam::111122223333:user/*",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:sts::111122223333:assumed-role/ci",
        "arn:aws:iam:eu-west-1:111122223333:role/ci",
        "arn:other:iam::111122223333:role/ci",
    ];
    for text in table {
        let wrong = text.parse::<Principal>().unwrap_err();
        assert!(wrong.to_string().contains(&format!("`{text}`")));
    }
}
