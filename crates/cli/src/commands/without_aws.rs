//! What a build without AWS support says when it is asked for a deployment.

use crate::arguments::Arguments;
use crate::exit::{Exit, refuse};
use crate::terminal::Terminal;

pub(crate) fn run(_: &Arguments, name: &str, _: &mut Terminal) -> anyhow::Result<Exit> {
    Err(refuse(format!(
        "cannot reach deployment {name}: this build of downriver has no AWS support; take the one of the release, or build it with `cargo build --release -p downriver --features aws`"
    )))
}
