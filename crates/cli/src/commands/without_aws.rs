//! What a build without AWS support says when it is asked for a deployment.

use crate::arguments::access::AccessCommand;
use crate::arguments::{Arguments, DiscoverOptions, IndexOptions};
use crate::exit::{Exit, refuse};
use crate::terminal::Terminal;

pub(crate) fn run(_: &Arguments, name: &str, _: &mut Terminal) -> anyhow::Result<Exit> {
    Err(refused(&format!("cannot reach deployment {name}")))
}

pub(crate) fn upload_to(
    _: &Arguments,
    _: &IndexOptions,
    bucket: &str,
    _: &mut Terminal,
) -> anyhow::Result<Exit> {
    Err(refused(&format!("cannot upload to {bucket}")))
}

pub(crate) fn discover(
    _: &Arguments,
    _: &DiscoverOptions,
    _: &mut Terminal,
) -> anyhow::Result<Exit> {
    Err(refused("cannot ask an account"))
}

pub(crate) fn access(_: &Arguments, _: &AccessCommand, _: &mut Terminal) -> anyhow::Result<Exit> {
    Err(refused(
        "cannot ask an account; `access check` works without, on policies that --domain-policy and --repository-policy name",
    ))
}

fn refused(what: &str) -> anyhow::Error {
    refuse(format!(
        "{what}: this build of downriver has no AWS support; take the one of the release, or build it with `cargo build --release -p downriver --features aws`"
    ))
}
