//! Both policies as they stand, and what Downriver's own statements in them grant.

use downriver_domain::access::{OwnStatement, PolicyKind, own_statements};
use downriver_engine::access::{LoadedPolicy, load};
use serde::Serialize;
use serde_json::value::RawValue;

use super::change::raw;
use super::{Found, told};
use crate::desk::deployed::patiently;
use crate::exit::Exit;
use crate::render::style::{Page, hang};
use crate::terminal::Terminal;

/// Fields are only added.
#[derive(Serialize)]
struct ShowDocument {
    /// `owner/domain/name`.
    repository: String,
    region: String,
    /// The account that made the repository.
    administrator: String,
    domain_policy: Option<PolicyShown>,
    repository_policy: Option<PolicyShown>,
}

#[derive(Serialize)]
struct PolicyShown {
    revision: String,
    document: Option<Box<RawValue>>,
    /// Downriver's own statements.
    own: Vec<OwnShown>,
}

#[derive(Serialize)]
struct OwnShown {
    /// Counted from 1.
    statement: usize,
    line: usize,
    sid: Option<String>,
    grantees: Vec<String>,
    actions: Vec<String>,
    resources: Vec<String>,
}

pub(super) async fn show(found: &Found, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let place = &found.place;
    let loading = Box::pin(load(found.account.registry(), place, None));
    let loaded = patiently(terminal, "reading policies", loading).await;
    let loaded = loaded.map_err(told)?;
    if terminal.is_json() {
        terminal.print_json(&ShowDocument {
            repository: place.repository.to_string(),
            region: place.region.to_string(),
            administrator: place.administrator.to_string(),
            domain_policy: loaded.domain.as_ref().map(shown),
            repository_policy: loaded.repository.as_ref().map(shown),
        })?;
        return Ok(Exit::Fine);
    }
    let page = terminal.page();
    let mut out = String::new();
    let repository = &place.repository;
    let domain = format!("{}/{}", repository.domain_owner, repository.domain);
    render(
        &mut out,
        page,
        PolicyKind::Domain,
        &domain,
        loaded.domain.as_ref(),
    );
    let name = repository.to_string();
    render(
        &mut out,
        page,
        PolicyKind::Repository,
        &name,
        loaded.repository.as_ref(),
    );
    terminal.print(&out)?;
    Ok(Exit::Fine)
}

fn render(
    out: &mut String,
    page: Page,
    kind: PolicyKind,
    name: &str,
    policy: Option<&LoadedPolicy>,
) {
    let Some(policy) = policy else {
        let title = format!("{name}: no {kind}");
        hang(out, page, "", &page.paint.strong(&title), 0);
        return;
    };
    let title = format!("{name}: {kind}, revision {}", policy.revision);
    hang(out, page, "", &page.paint.strong(&title), 0);
    out.push_str(&policy.document.pretty());
    let own = own_statements(&policy.document);
    if own.is_empty() {
        hang(out, page, "  ", "None of its statements is Downriver's.", 2);
    }
    for own in own {
        hang(out, page, "  ", &own_text(&own), 4);
    }
}

fn own_text(own: &OwnStatement) -> String {
    let actions: Vec<&str> = { own.actions.iter() }
        .map(|action| action.rsplit(':').next().unwrap_or(action))
        .collect();
    format!(
        "{} lets {} do {} on {}",
        own.statement,
        own.grantees.join(", "),
        actions.join(", "),
        own.resources.join(", ")
    )
}

fn shown(policy: &LoadedPolicy) -> PolicyShown {
    PolicyShown {
        revision: policy.revision.clone(),
        document: raw(&policy.document),
        own: { own_statements(&policy.document).into_iter() }
            .map(|own| OwnShown {
                statement: own.statement.index + 1,
                line: own.statement.line,
                sid: own.statement.sid,
                grantees: own.grantees,
                actions: own.actions,
                resources: own.resources,
            })
            .collect(),
    }
}
