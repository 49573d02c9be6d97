//! `downriver index --upload`, in a build: what was read, as an SBOM in the deployment's bucket.

use downriver_aws::deployment::{Access, upload, upload_key};
use downriver_domain::{ApplicationId, PipelineExecutionId};
use downriver_manifest::write_cyclonedx;

use crate::arguments::{Arguments, IndexOptions};
use crate::commands::index::{read_all, show};
use crate::desk::deployed::patiently;
use crate::exit::{Exit, refuse};
use crate::terminal::Terminal;

const NAME: &str = "downriver.cdx.json";
const APPLICATION_VARIABLE: &str = "DOWNRIVER_APPLICATION";
const EXECUTION_VARIABLE: &str = "DOWNRIVER_EXECUTION";

/// What the upload is about.
struct About {
    application: ApplicationId,
    execution: Option<PipelineExecutionId>,
}

/// Reads the folder, shows it and uploads it to this bucket.
pub(super) async fn index(
    arguments: &Arguments,
    options: &IndexOptions,
    bucket: &str,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let about = about(options)?;
    let mut read = read_all(options, terminal)?;
    let [one] = read.as_mut_slice() else {
        return Err(refuse("--upload is about one application: give one folder"));
    };
    let id = about.application.to_string();
    let execution = about.execution.as_ref();
    let sbom = write_cyclonedx(
        &one.reading,
        &id,
        execution.map(PipelineExecutionId::as_str),
    );
    let key = upload_key(&about.application, execution, NAME);
    let access = Access {
        region: arguments.global.region.clone(),
        profile: arguments.global.profile.clone(),
    };
    let location = format!("s3://{bucket}/{key}");
    let written = Box::pin(upload(&access, bucket, &key, sbom.into_bytes()));
    patiently(terminal, &format!("uploading {location}"), written).await?;
    one.application = Some(id);
    let exit = show(&read, options, terminal)?;
    terminal.remark(&format!("uploaded to {location}"));
    Ok(exit)
}

fn about(options: &IndexOptions) -> anyhow::Result<About> {
    let application = match &options.application {
        Some(application) => application.clone(),
        None => named(APPLICATION_VARIABLE)?.ok_or_else(|| {
            refuse(format!(
                "whose build is this? Name the application with --application ID or in {APPLICATION_VARIABLE}"
            ))
        })?,
    };
    let execution = match &options.execution {
        Some(execution) => Some(execution.clone()),
        None => named(EXECUTION_VARIABLE)?,
    };
    Ok(About {
        application,
        execution,
    })
}

/// The identifier that a variable holds; none if it is not set.
fn named<T: std::str::FromStr>(variable: &str) -> anyhow::Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    let Some(value) = std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
    else {
        return Ok(None);
    };
    let read = value
        .parse()
        .map_err(|error: T::Err| refuse(format!("{variable} is `{value}`: {error}")))?;
    Ok(Some(read))
}
