//! A change of policies: planned and shown, or put and shown.

use downriver_domain::access::{
    Covered, Grantee, Hindrance, PolicyChange, PolicyDocument, PolicyKind,
};
use downriver_engine::access::{Applied, Edit, Wish, apply, edits, load, plan};
use serde::Serialize;
use serde_json::value::RawValue;

use super::diff::{painted, unified};
use super::{Found, told};
use crate::desk::deployed::patiently;
use crate::exit::Exit;
use crate::render::style::{Page, counted, hang};
use crate::terminal::Terminal;

/// Fields are only added.
#[derive(Serialize)]
struct ChangeDocument {
    /// `owner/domain/name`.
    repository: String,
    region: String,
    /// The policies are others than before, or would be.
    changed: bool,
    /// They were put.
    applied: bool,
    edits: Vec<EditDocument>,
    /// What the identity policies of the grantees have to allow besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_policy: Option<Box<RawValue>>,
    covered: Vec<CoveredDocument>,
    hindrances: Vec<HindranceDocument>,
    /// Who keeps signing in to the domain, since something else may still use it.
    token_kept: Vec<String>,
    conflicts: usize,
}

#[derive(Serialize)]
struct EditDocument {
    policy: &'static str,
    before: Option<Box<RawValue>>,
    /// None: it is deleted.
    after: Option<Box<RawValue>>,
    diff: String,
}

#[derive(Serialize)]
struct CoveredDocument {
    grantee: String,
    actions: Vec<String>,
    resource: String,
    /// None where the grantee's account needs no resource policy.
    by: Vec<String>,
}

#[derive(Serialize)]
struct HindranceDocument {
    grantee: String,
    statement: String,
    actions: Vec<String>,
    conditional: bool,
}

pub(super) async fn change(
    found: &Found,
    wish: &Wish,
    is_applied: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let (registry, place) = (found.account.registry(), &found.place);
    let done = if is_applied {
        let applying = Box::pin(apply(registry, wish, place));
        let applied = patiently(terminal, "changing policies", applying).await;
        applied.map_err(told)?
    } else {
        let loading = Box::pin(load(registry, place, Some(wish)));
        let loaded = patiently(terminal, "reading policies", loading).await;
        let loaded = loaded.map_err(told)?;
        let change = plan(wish, place, &loaded).map_err(|error| told(error.into()))?;
        Applied {
            edits: edits(wish, &loaded, &change),
            change,
            conflicts: 0,
        }
    };
    if terminal.is_json() {
        terminal.print_json(&document(found, wish, &done, is_applied))?;
    } else {
        let page = terminal.page();
        terminal.print(&text(wish, &done, is_applied, page))?;
    }
    Ok(Exit::Fine)
}

fn text(wish: &Wish, done: &Applied, is_applied: bool, page: Page) -> String {
    let mut out = String::new();
    for edit in &done.edits {
        out.push_str(&painted(&unified(edit), page.paint));
        out.push('\n');
    }
    let change = &done.change;
    for covered in &change.covered {
        let grantee = name_of(&covered.grantee);
        let by = by(covered);
        let verb = match wish {
            Wish::Grant(..) => "has already",
            _ => "still has",
        };
        let text = format!(
            "{grantee} {verb} {} on {}{by}",
            actions(covered),
            covered.resource
        );
        hang(&mut out, page, "= ", &text, 2);
    }
    for hindrance in &change.hindrances {
        let mark = page.paint.warn("!");
        hang(
            &mut out,
            page,
            &format!("{mark} "),
            &hindrance_text(hindrance),
            2,
        );
    }
    for grantee in &change.token_kept {
        let text = format!(
            "{} keeps the token of the domain: another grant of Downriver's needs it, or could not be read",
            name_of(grantee)
        );
        hang(&mut out, page, "= ", &text, 2);
    }
    if let Some(identity) = identity(wish, change) {
        let text =
            "Each grantee's own account has to allow the same by an identity policy, such as:";
        hang(&mut out, page, "", text, 0);
        out.push_str(&identity.pretty());
    }
    let good = page.paint.good("✓");
    hang(
        &mut out,
        page,
        &format!("{good} "),
        &last_line(done, is_applied),
        2,
    );
    out
}

fn last_line(done: &Applied, is_applied: bool) -> String {
    if done.edits.is_empty() {
        return "nothing to change".to_owned();
    }
    let edits: Vec<String> = done.edits.iter().map(ToString::to_string).collect();
    let edits = edits.join(", ");
    if !is_applied {
        return format!("{edits}, once you give --apply; nothing was written");
    }
    match done.conflicts {
        0 => edits,
        conflicts => format!(
            "{edits}; somebody else's edits came in between {}, and stand",
            counted(conflicts, "time", "times")
        ),
    }
}

/// Only a grant asks for something of the grantees' accounts.
const fn identity<'a>(wish: &Wish, change: &'a PolicyChange) -> Option<&'a PolicyDocument> {
    match wish {
        Wish::Grant(..) => Some(&change.identity),
        _ => None,
    }
}

fn name_of(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Account(account) => account.to_string(),
        Grantee::Principal(principal) => principal.to_string(),
        Grantee::Organization(organization) => organization.to_string(),
    }
}

fn actions(covered: &Covered) -> String {
    let names: Vec<&str> = covered.actions.iter().map(|action| action.name()).collect();
    names.join(", ")
}

fn by(covered: &Covered) -> String {
    if covered.by.is_empty() {
        return ", as far as identity policies of its account say: it needs no resource policy"
            .to_owned();
    }
    let by: Vec<String> = covered.by.iter().map(ToString::to_string).collect();
    format!(" by {}", by.join(" and "))
}

fn hindrance_text(hindrance: &Hindrance) -> String {
    let actions: Vec<&str> = { hindrance.actions.iter() }
        .map(|action| action.name())
        .collect();
    let condition = if hindrance.is_conditional {
        ", depending on the request"
    } else {
        ""
    };
    format!(
        "{} denies {} to {}{condition}: a grant does not help against it",
        hindrance.statement,
        actions.join(", "),
        name_of(&hindrance.grantee)
    )
}

fn document(found: &Found, wish: &Wish, done: &Applied, is_applied: bool) -> ChangeDocument {
    let change = &done.change;
    ChangeDocument {
        repository: found.place.repository.to_string(),
        region: found.place.region.to_string(),
        changed: !done.edits.is_empty(),
        applied: is_applied,
        edits: done.edits.iter().map(edit_document).collect(),
        identity_policy: identity(wish, change).and_then(raw),
        covered: { change.covered.iter() }
            .map(|covered| CoveredDocument {
                grantee: name_of(&covered.grantee),
                actions: covered.actions.iter().map(ToString::to_string).collect(),
                resource: covered.resource.clone(),
                by: covered.by.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        hindrances: { change.hindrances.iter() }
            .map(|hindrance| HindranceDocument {
                grantee: name_of(&hindrance.grantee),
                statement: hindrance.statement.to_string(),
                actions: hindrance.actions.iter().map(ToString::to_string).collect(),
                conditional: hindrance.is_conditional,
            })
            .collect(),
        token_kept: change.token_kept.iter().map(name_of).collect(),
        conflicts: done.conflicts,
    }
}

fn edit_document(edit: &Edit) -> EditDocument {
    EditDocument {
        policy: match edit.policy {
            PolicyKind::Domain => "domain",
            PolicyKind::Repository => "repository",
            PolicyKind::Identity => "identity",
        },
        before: edit.before.as_ref().and_then(raw),
        after: edit.after.as_ref().and_then(raw),
        diff: unified(edit),
    }
}

/// The document as the JSON that it is.
pub(super) fn raw(document: &PolicyDocument) -> Option<Box<RawValue>> {
    serde_json::from_str(&document.pretty()).ok()
}
