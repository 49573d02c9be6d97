//! `downriver catalog discover`: what an account's pipelines tell, brought into the catalog.
//!
//! Asks AWS (`ask`), reads sources (`source`), puts what was found into the form of a catalog (`compose`), and merges that
//! with what people wrote (`merge`). Nothing is written that `catalog check` would not accept.

mod ask;
mod compose;
mod files;
mod known;
mod merge;
mod report;
mod source;

use downriver_aws::deployment::{Access, Account};

use crate::arguments::{DiscoverOptions, GlobalOptions};
use crate::desk::deployed::patiently;
use crate::exit::Exit;
use crate::terminal::Terminal;
use ask::Wish;
use compose::compose;
use files::Documents;
use merge::{Difference, merge};

pub(super) async fn discover(
    global: &GlobalOptions,
    options: &DiscoverOptions,
    access: &Access,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    // What is wrong on this machine is told before anybody is asked.
    let wish = Wish::of(options)?;
    let mut documents = Documents::load(global, options)?;
    let finding = Box::pin(Account::find(access));
    let account = patiently(terminal, "asking whose credentials these are", finding).await?;
    let asked = Box::pin(ask::ask(&account, &wish, terminal)).await?;
    let composed = compose(&asked, &documents.catalog, &documents.before);
    let differences = merge(&mut documents.catalog, &documents.before, &composed.found);
    let mut remarks = asked.remarks;
    remarks.extend(composed.remarks);
    let is_changed = differences.iter().any(Difference::is_change);
    let written = documents.check(is_changed, &composed.found)?;
    if !options.dry_run {
        written.write()?;
    }
    report::report(
        &report::Discovery {
            file: &documents.name(),
            target: account.target(),
            pipelines: asked.pipelines.len(),
            is_dry_run: options.dry_run,
            differences: &differences,
            remarks: &remarks,
        },
        terminal,
    )
}
