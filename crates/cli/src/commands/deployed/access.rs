//! `downriver access` on the account of the caller's credentials.

mod change;
mod diff;
mod show;

use downriver_aws::deployment::{Access, Account};
use downriver_domain::access::{GrantKind, Grantee, PolicyKind, PublishScope, RepositoryPlace};
use downriver_engine::access::{AccessError, Wish, load};
use downriver_engine::ports::{Policies as _, ReadError};

use crate::arguments::GlobalOptions;
use crate::arguments::access::{
    AccessCommand, DeleteOptions, GrantOptions, PolicyName, Purpose, RepositoryOptions,
};
use crate::commands::access::locate::Wanted;
use crate::commands::access::{Prepared, ResourcePolicies};
use crate::desk::deployed::patiently;
use crate::exit::{Exit, refuse, remote, unknown};
use crate::terminal::Terminal;

pub(super) async fn access(
    global: &GlobalOptions,
    command: &AccessCommand,
    access: &Access,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    // What is wrong on this machine is told before anybody is asked.
    match command {
        AccessCommand::Check(options) => {
            let prepared = Prepared::of(options)?;
            let found = find(global, &options.repository, access, terminal).await?;
            let loading = load(found.account.registry(), &found.place, None);
            let loaded = patiently(terminal, "reading policies", loading).await;
            let loaded = loaded.map_err(told)?;
            let policies = ResourcePolicies {
                domain: loaded.domain.map(|own| own.document),
                repository: loaded.repository.map(|own| own.document),
            };
            prepared.report(&found.place, &policies, terminal)
        }
        AccessCommand::Grant(options) => {
            let (kind, grantees) = grant_of(options)?;
            let wish = Wish::Grant(kind, grantees);
            let found = find(global, &options.repository, access, terminal).await?;
            change::change(&found, &wish, options.apply, terminal).await
        }
        AccessCommand::Revoke(options) => {
            let (kind, grantees) = grant_of(options)?;
            let wish = Wish::Revoke(kind, grantees);
            let found = find(global, &options.repository, access, terminal).await?;
            change::change(&found, &wish, options.apply, terminal).await
        }
        AccessCommand::Show(options) => {
            let found = find(global, &options.repository, access, terminal).await?;
            show::show(&found, terminal).await
        }
        AccessCommand::Delete(options) => {
            let wish = deletion(options)?;
            let found = find(global, &options.repository, access, terminal).await?;
            change::change(&found, &wish, options.apply, terminal).await
        }
    }
}

/// The repository that is meant, and whoever asks.
struct Found {
    account: Account,
    place: RepositoryPlace,
}

async fn find(
    global: &GlobalOptions,
    options: &RepositoryOptions,
    access: &Access,
    terminal: &mut Terminal,
) -> anyhow::Result<Found> {
    let wanted = Wanted::of(options, global)?;
    let finding = Box::pin(Account::find(access));
    let account = patiently(terminal, "asking whose credentials these are", finding).await?;
    let target = account.target();
    let mut place = wanted.place(Some(&target.account), target.region.clone())?;
    if wanted.administrator.is_none() {
        let asking = account.registry().load_administrator(&place.repository);
        let asked = patiently(terminal, "asking for the repository", asking).await;
        place.administrator = asked.map_err(|error| match error {
            ReadError::NotFound => unknown(format!(
                "there is no repository {} in {}: check the name, the domain's owner, and --region",
                place.repository, place.region
            )),
            ReadError::Denied(text) => remote(format!(
                "AWS denied codeartifact:DescribeRepository on {}: {text}; say with --administrator ACCOUNT who made the repository, or ask for that permission",
                place.repository
            )),
            ReadError::Transient(text) => remote(format!(
                "AWS did not answer to codeartifact:DescribeRepository: {text}"
            )),
        })?;
    }
    Ok(Found { account, place })
}

fn grant_of(options: &GrantOptions) -> anyhow::Result<(GrantKind, Vec<Grantee>)> {
    let kind = match options.purpose {
        Purpose::Read if !options.packages.is_empty() => {
            return Err(refuse(
                "reading is allowed for a repository as a whole: leave --package out",
            ));
        }
        Purpose::Read => GrantKind::Read,
        Purpose::Publish if options.packages.is_empty() => {
            GrantKind::Publish(PublishScope::Repository)
        }
        Purpose::Publish => GrantKind::Publish(PublishScope::Packages(options.packages.clone())),
    };
    let mut grantees = Vec::new();
    let principals = options.grantees.iter().cloned().map(Grantee::from);
    let organizations = options.organizations.iter().cloned();
    for grantee in principals.chain(organizations.map(Grantee::Organization)) {
        if !grantees.contains(&grantee) {
            grantees.push(grantee);
        }
    }
    Ok((kind, grantees))
}

fn deletion(options: &DeleteOptions) -> anyhow::Result<Wish> {
    let Some(policy) = options.all else {
        return Ok(Wish::Delete);
    };
    if options.apply && !options.yes {
        return Err(refuse(
            "--all deletes what others put into the policy, too: look at it without --apply, then give --yes besides",
        ));
    }
    Ok(Wish::DeleteWhole(match policy {
        PolicyName::Domain => PolicyKind::Domain,
        PolicyName::Repository => PolicyKind::Repository,
    }))
}

/// What AWS did not do has another exit code than what is refused here.
fn told(error: AccessError) -> anyhow::Error {
    match error {
        AccessError::Refused(error) => refuse(format!("{error}; nothing was written")),
        AccessError::Unreadable(_) => refuse(format!(
            "{error}; nothing is changed in a policy that is not understood: mend it first"
        )),
        AccessError::Read { .. } | AccessError::Write { .. } => remote(format!(
            "{error}; `docs/cli.md` lists the permissions that it takes"
        )),
        AccessError::Contended { .. } => remote(format!("{error}; try again later")),
    }
}
