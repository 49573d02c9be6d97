//! `downriver access`: who may read or publish what. `check` alone works on files; the other commands, and `check` without
//! files, ask an account (`deployed::access`).

mod answer;
mod document;
pub(crate) mod locate;

use std::path::Path;

use downriver_domain::access::{
    Policies, PolicyDocument, PolicyKind, RepositoryPlace, RequestContext,
};
use downriver_engine::access::{Question, check, named};

use crate::arguments::GlobalOptions;
use crate::arguments::access::{CheckOptions, Purpose};
use crate::exit::{Exit, refuse};
use crate::setup::read_text;
use crate::terminal::Terminal;
use locate::Wanted;

/// The resource policies that a check is under.
#[derive(Debug, Default)]
pub(crate) struct ResourcePolicies {
    pub(crate) domain: Option<PolicyDocument>,
    pub(crate) repository: Option<PolicyDocument>,
}

/// What stands on the command line of a check, read: nobody is asked before it is right.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    options: &'a CheckOptions,
    identity: Option<Vec<PolicyDocument>>,
    context: RequestContext,
}

/// Checks under the policies of files.
pub(crate) fn check_files(
    global: &GlobalOptions,
    options: &CheckOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let prepared = Prepared::of(options)?;
    let wanted = Wanted::of(&options.repository, global)?;
    let region = wanted.region_of_files(global)?;
    let place = wanted.place(None, region)?;
    let read = |kind, file: &Option<std::path::PathBuf>| {
        { file.as_deref() }
            .map(|file| read_policy(kind, file))
            .transpose()
    };
    let policies = ResourcePolicies {
        domain: read(PolicyKind::Domain, &options.domain_policy)?,
        repository: read(PolicyKind::Repository, &options.repository_policy)?,
    };
    for (policy, option) in [
        (&policies.domain, "--domain-policy"),
        (&policies.repository, "--repository-policy"),
    ] {
        if policy.is_none() {
            terminal.remark(&format!("no {option} is given: it counts as none"));
        }
    }
    prepared.report(&place, &policies, terminal)
}

impl<'a> Prepared<'a> {
    pub(crate) fn of(options: &'a CheckOptions) -> anyhow::Result<Self> {
        match (options.purpose, &options.package) {
            (Some(Purpose::Publish), None) => {
                return Err(refuse(
                    "publishing is allowed package by package: name one, as in `access check publish PRINCIPAL pkg:npm/%40acme/tokens`",
                ));
            }
            (Some(Purpose::Read), Some(_)) => {
                return Err(refuse(
                    "reading is allowed for a repository as a whole: leave the package out",
                ));
            }
            _ => {}
        }
        let mut identity = Vec::new();
        for file in &options.identity_policies {
            identity.push(read_policy(PolicyKind::Identity, file)?);
        }
        Ok(Self {
            options,
            identity: Some(identity).filter(|all| !all.is_empty()),
            context: context_of(&options.context)?,
        })
    }

    /// Decides, and says so.
    pub(crate) fn report(
        &self,
        place: &RepositoryPlace,
        policies: &ResourcePolicies,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Exit> {
        let policies = Policies {
            domain: policies.domain.as_ref(),
            repository: policies.repository.as_ref(),
            identity: self.identity.as_deref(),
        };
        let Some(principal) = &self.options.principal else {
            let named = named(place, &self.context, &policies);
            return answer::report_named(place, &named, terminal);
        };
        let question = Question {
            place,
            principal,
            context: &self.context,
        };
        let package = self.options.package.as_ref();
        let checked = check(&question, package, &policies);
        let asked = answer::Asked {
            place,
            principal,
            package,
            is_identity_supposed: self.options.suppose_identity,
        };
        answer::report(&asked, &checked, terminal)
    }
}

fn read_policy(kind: PolicyKind, file: &Path) -> anyhow::Result<PolicyDocument> {
    let text = read_text(file)
        .map_err(|reason| refuse(format!("failed to read {}: {reason}", file.display())))?;
    PolicyDocument::parse(kind, &text)
        .map_err(|error| refuse(format!("{}: {error}", file.display())))
}

/// Several values of one key are given one by one.
fn context_of(given: &[String]) -> anyhow::Result<RequestContext> {
    let mut keys: Vec<(String, Vec<String>)> = Vec::new();
    for text in given {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text.as_str(), None),
        };
        if key.is_empty() || !key.contains(':') || key.contains(char::is_whitespace) {
            return Err(refuse(format!(
                "--context {text}: expected a condition key with its prefix, as in aws:SourceVpce=vpce-1"
            )));
        }
        match keys
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(key))
        {
            Some((_, values)) => values.extend(value),
            None => keys.push((key.to_owned(), value.into_iter().collect())),
        }
    }
    let empty = RequestContext::default();
    Ok(keys
        .into_iter()
        .fold(empty, |context, (key, values)| context.with(&key, values)))
}
