//! Sources of other accounts, which are read in the session in which their pipelines are.

use super::*;
use crate::pipelines::Spokes;

const SPOKE: &str = "222222222222";

pub(super) fn spokes() -> Spokes {
    Spokes {
        accounts: [SPOKE.parse().expect("an account")].into(),
        role: "arn:aws:iam::*:role/downriver-spoke"
            .parse()
            .expect("a role"),
        external_id: "downriver".parse().expect("an external id"),
        reader: "downriver@index".to_owned(),
    }
}

/// The access key that a request was signed with.
fn signer(s3: &Server) -> String {
    let request = s3.requests().remove(0);
    let signed = bucket::header(&request, "authorization").expect("a signature");
    let (_, rest) = signed.split_once("Credential=").expect("a scope");
    rest.split('/').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_source_of_another_account_is_read_with_the_credentials_of_its_session() {
    let s3 = bucket::with(PATH, ARCHIVE.to_vec());
    let scene = scene_in(SPOKE, &s3, &[]);
    let read = scene.read().await;
    assert!(matches!(read, Ok(SourceRead::Files(_))), "{read:?}");
    let key = signer(&s3);
    assert!(key.starts_with("ASIA"), "{key}");
    let s3 = bucket::with(PATH, ARCHIVE.to_vec());
    let read = scene_in(ACCOUNT, &s3, &[]).read().await;
    assert!(matches!(read, Ok(SourceRead::Files(_))), "{read:?}");
    assert_eq!(signer(&s3), ACCOUNT);
}

#[tokio::test]
async fn a_refusal_in_another_account_names_the_parameter_of_its_template() {
    for (message, parameter) in [
        ("no policy allows s3:GetObject", "ArtifactBucketArns"),
        ("not authorized to perform kms:Decrypt", "ArtifactKeyArns"),
    ] {
        let s3 = bucket::refusing(403, "AccessDenied", message);
        let denied = scene_in(SPOKE, &s3, &[]).denied().await;
        let remedy = format!("the parameter {parameter} of infra/spoke in account {SPOKE}");
        assert!(denied.ends_with(&remedy), "{denied}");
    }
}
