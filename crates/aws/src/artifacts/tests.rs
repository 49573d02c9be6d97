mod bucket;
mod places;
mod spokes;
mod stored;

use std::time::Duration;

use downriver_domain::Target;
use downriver_testkit::simulated_aws::client::{Client, Control};
use downriver_testkit::simulated_aws::{ArtifactPlace, NewPipeline, Script, Server as Simulation};

use super::*;
use crate::testing::{Server, simulation};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const PLACE: (&str, &str) = ("acme-artifacts", "web-shop/SourceArti/0a1b2c3");
const PATH: &str = "/acme-artifacts/web-shop/SourceArti/0a1b2c3";
const ARCHIVE: &[u8] = include_bytes!("zip/samples/python.zip");

/// A pipeline whose one execution has succeeded, and what its artifacts are read through.
struct Scene {
    _simulation: Simulation,
    artifacts: S3Artifacts,
    execution: PipelineExecutionId,
    pipeline: Pipeline,
}

/// In the deployment's own account.
fn scene(s3: &Server, source_configuration: &[(&str, &str)]) -> Scene {
    scene_in(ACCOUNT, s3, source_configuration)
}

fn scene_in(account: &str, s3: &Server, source_configuration: &[(&str, &str)]) -> Scene {
    let simulation = simulation();
    let endpoint = simulation.endpoint();
    let control = Control::new(&endpoint);
    let pipeline = NewPipeline {
        source_configuration: source_configuration
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        script: Script {
            source_artifact: Some(ArtifactPlace {
                bucket: PLACE.0.to_owned(),
                key: PLACE.1.to_owned(),
            }),
            ..Script::succeed(0)
        },
        ..NewPipeline::named("web-shop")
    };
    control.create_pipelines(account, REGION, vec![pipeline]);
    let client = Client::new(&endpoint, account, REGION);
    let id = client.start("web-shop", None, &[]).expect("it starts");
    control.wait_for(Duration::from_secs(20), |control| {
        let is_over = control.executions().first()?.status == "Succeeded";
        is_over.then_some(())
    });
    let clients = Clients::read(
        |name| match name {
            "AWS_REGION" => Some("eu-central-1".to_owned()),
            "AWS_ENDPOINT_URL_CODEPIPELINE" | "AWS_ENDPOINT_URL_STS" => Some(endpoint.clone()),
            "AWS_ENDPOINT_URL_S3" => Some(s3.endpoint.clone()),
            _ => None,
        },
        Duration::from_secs(30),
    );
    let clients = clients
        .expect("a Region")
        .with_credentials(ACCOUNT, "secret");
    let own = ACCOUNT.parse().expect("an account");
    let pipelines = CodePipelines::new(clients.clone(), own, None, Some(spokes::spokes()));
    Scene {
        _simulation: simulation,
        pipeline: pipeline_in(account),
        artifacts: S3Artifacts::new(clients, pipelines, Some("acme-downriver".to_owned())),
        execution: id.parse().expect("an id"),
    }
}

impl Scene {
    async fn read(&self) -> Result<SourceRead, ReadError> {
        let choose = |names: &[String]| {
            let wanted = names.iter().filter(|name| name.starts_with("web/package"));
            wanted.cloned().collect()
        };
        self.artifacts
            .load_source(&self.pipeline, &self.execution, &choose)
            .await
    }

    async fn nothing(&self) -> String {
        match self.read().await {
            Ok(SourceRead::Nothing(why)) => why,
            other => panic!("something: {other:?}"),
        }
    }

    async fn denied(&self) -> String {
        match self.read().await {
            Err(ReadError::Denied(why)) => why,
            other => panic!("not denied: {other:?}"),
        }
    }
}

fn pipeline_in(account: &str) -> Pipeline {
    Pipeline {
        target: Target {
            account: account.parse().expect("an account"),
            region: REGION.parse().expect("a Region"),
        },
        name: "web-shop".parse().expect("a name"),
    }
}

#[tokio::test]
async fn the_chosen_files_of_an_executions_source_are_read() {
    let s3 = bucket::with(PATH, ARCHIVE.to_vec());
    let scene = scene(&s3, &[]);
    let Ok(SourceRead::Files(read)) = scene.read().await else {
        panic!("no files");
    };
    assert_eq!(read.location, format!("s3://{}/{}", PLACE.0, PLACE.1));
    let names: Vec<&str> = read.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["web/package-lock.json", "web/package.json"]);
    assert_eq!(read.bytes_total, ARCHIVE.len() as u64);
    assert_eq!(
        read.bytes_read, read.bytes_total,
        "all of it is in the tail"
    );
    let requests = s3.requests();
    assert_eq!(requests.len(), 1);
    let signed = bucket::header(&requests[0], "authorization").expect("a signature");
    assert!(
        signed.contains("/eu-west-1/s3/"),
        "the pipeline's Region: {signed}"
    );
}

#[tokio::test]
async fn what_is_further_away_is_read_of_the_same_content() {
    let mut shifted = vec![0; 400_000];
    shifted.splice(..0, ARCHIVE.iter().copied());
    // The entries lie first, then zeros, then the directory once more: its offsets count from the first byte.
    let end = ARCHIVE.len() - 22;
    let size = u32::from_le_bytes(ARCHIVE[end + 12..end + 16].try_into().expect("four"));
    let directory = end - usize::try_from(size).expect("small");
    let offset = u32::try_from(shifted.len()).expect("small");
    shifted.extend(&ARCHIVE[directory..end + 16]);
    shifted.extend(offset.to_le_bytes());
    shifted.extend([0; 2]);
    let s3 = bucket::with(PATH, shifted.clone());
    let scene = scene(&s3, &[]);
    let Ok(SourceRead::Files(read)) = scene.read().await else {
        panic!("no files");
    };
    assert_eq!(read.files.len(), 2);
    assert_eq!(read.bytes_total, shifted.len() as u64);
    assert!(read.bytes_read < 270_000, "{}", read.bytes_read);
    let requests = s3.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(bucket::header(&requests[1], "if-match"), Some(bucket::ETAG));
}

#[tokio::test]
async fn a_reference_to_a_commit_is_known_by_the_actions_settings() {
    let s3 = bucket::refusing(500, "InternalError", "nobody should ask");
    let scene = scene(&s3, &[("OutputArtifactFormat", "CODEBUILD_CLONE_REF")]);
    assert_eq!(scene.read().await, Ok(SourceRead::CloneReference));
    assert_eq!(s3.requests().len(), 0);
}

#[tokio::test]
async fn a_reference_to_a_commit_is_known_by_its_content() {
    let reference =
        br#"{"ConnectionArn":"arn:aws:x","FullRepositoryId":"acme/web","CommitId":"0a1b"}"#;
    let s3 = bucket::with(PATH, reference.to_vec());
    assert_eq!(scene(&s3, &[]).read().await, Ok(SourceRead::CloneReference));
}

#[tokio::test]
async fn what_is_not_there_any_more_or_no_archive_gives_nothing_and_says_why() {
    let place = format!("s3://{}/{}", PLACE.0, PLACE.1);
    for (s3, expected) in [
        (
            bucket::with("/another", Vec::new()),
            format!(
                "the source artifact {place} is no longer there: the bucket's lifecycle has deleted it"
            ),
        ),
        (
            bucket::with(PATH, Vec::new()),
            format!("the source artifact {place} is empty"),
        ),
        (
            bucket::with(PATH, b"a text".to_vec()),
            format!("the source artifact {place} was not read: it is not a zip archive"),
        ),
        (
            bucket::with(PATH, b"[1, 2]".to_vec()),
            format!("the source artifact {place} was not read: it is not a zip archive"),
        ),
        (
            bucket::refusing(404, "NoSuchBucket", "because"),
            format!("the source artifact {place} is no longer there: its bucket was deleted"),
        ),
        (
            bucket::refusing(403, "InvalidObjectState", "in Glacier"),
            format!("the source artifact {place} has been archived by the bucket's lifecycle"),
        ),
    ] {
        assert_eq!(scene(&s3, &[]).nothing().await, expected);
    }
}

#[tokio::test]
async fn a_refusal_names_the_parameter_that_would_end_it() {
    let s3 = bucket::refusing(
        403,
        "AccessDenied",
        "no identity-based policy allows s3:GetObject",
    );
    let denied = scene(&s3, &[]).denied().await;
    assert!(denied.contains("ArtifactBucketArns"), "{denied}");
    assert!(
        denied.contains("no identity-based policy allows"),
        "{denied}"
    );
    let s3 = bucket::refusing(
        403,
        "AccessDenied",
        "not authorized to perform: kms:Decrypt",
    );
    let denied = scene(&s3, &[]).denied().await;
    assert!(denied.contains("ArtifactKeyArns"), "{denied}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_later() {
    let s3 = bucket::refusing(503, "SlowDown", "because");
    let error = scene(&s3, &[]).read().await;
    assert!(matches!(error, Err(ReadError::Transient(_))), "{error:?}");
    // A pipeline of another account would be ours of the same name.
    let s3 = bucket::with(PATH, ARCHIVE.to_vec());
    let scene = scene(&s3, &[]);
    let mut other = pipeline_in(ACCOUNT);
    other.target.account = "210987654321".parse().expect("an account");
    let choose = |_: &[String]| BTreeSet::new();
    let read = scene
        .artifacts
        .load_source(&other, &scene.execution, &choose);
    let denied = read.await;
    assert!(matches!(denied, Err(ReadError::Denied(_))), "{denied:?}");
}
