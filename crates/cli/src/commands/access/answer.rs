//! What a check came to, for people and for programs.

use downriver_domain::access::{
    Effect, Principal, PrincipalKind, PrincipalPattern, Reach, RepositoryPlace,
};
use downriver_domain::version::PackageId;
use downriver_engine::access::{Answer, Checked, Named, NamedAccess, answer_of};

use super::document::{
    CheckDocument, NamedDocument, NeedDocument, ReachDocument, SomebodyDocument, answer_name,
};
use crate::exit::Exit;
use crate::render::style::{Page, counted, hang};
use crate::terminal::Terminal;

/// What was asked.
pub(super) struct Asked<'a> {
    pub(super) place: &'a RepositoryPlace,
    pub(super) principal: &'a Principal,
    /// The package to publish; none for reading.
    pub(super) package: Option<&'a PackageId>,
    pub(super) is_identity_supposed: bool,
}

/// The exit code tells scripts whether it is allowed.
pub(super) fn report(
    asked: &Asked<'_>,
    checked: &[Checked],
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let answer = answer_of(checked);
    let is_allowed = match answer {
        Answer::Allowed => true,
        Answer::UpToIdentity => asked.is_identity_supposed,
        Answer::Denied => false,
    };
    if terminal.is_json() {
        terminal.print_json(&CheckDocument {
            repository: asked.place.repository.to_string(),
            region: asked.place.region.as_str(),
            principal: asked.principal.to_string(),
            purpose: if asked.package.is_some() {
                "publish"
            } else {
                "read"
            },
            package: asked.package.map(ToString::to_string),
            answer: answer_name(answer),
            identity_supposed: asked.is_identity_supposed,
            needs: checked.iter().map(NeedDocument::from).collect(),
        })?;
    } else {
        let page = terminal.page();
        terminal.print(&text(asked, checked, answer, page))?;
    }
    Ok(if is_allowed {
        Exit::Fine
    } else {
        Exit::NotAllowed
    })
}

fn text(asked: &Asked<'_>, checked: &[Checked], answer: Answer, page: Page) -> String {
    let mut out = String::new();
    let what = match asked.package {
        Some(package) => format!("publish {package} to"),
        None => "read from".to_owned(),
    };
    let question = format!("may {what} {}?", asked.place.repository);
    hang(
        &mut out,
        page,
        "",
        &page.paint.strong(&asked.principal.to_string()),
        0,
    );
    hang(&mut out, page, "", &question, 0);
    for one in checked {
        let action = one.need.action.to_string();
        let mut sentences = one.decision.sentences(&one.request).into_iter();
        let first = sentences.next().unwrap_or_default();
        let head = format!("{} ", mark(one.answer(), page));
        hang(&mut out, page, &head, &format!("{action}: {first}"), 2);
        for sentence in sentences {
            hang(&mut out, page, "  - ", &sentence, 4);
        }
        if !one.so_far.is_empty() {
            let statements: Vec<String> = one.so_far.iter().map(ToString::to_string).collect();
            let text = format!(
                "the resource policies allow it by {}",
                statements.join(" and ")
            );
            hang(&mut out, page, "  - ", &text, 4);
        }
        if !one.decision.is_allowed() {
            hang(
                &mut out,
                page,
                "  - ",
                &format!("it takes this since {}", one.need.why),
                4,
            );
        }
    }
    let missing = { checked.iter() }
        .filter(|one| !one.decision.is_allowed())
        .count();
    let of = counted(checked.len(), "permission", "permissions");
    let last = match answer {
        Answer::Allowed => "allowed".to_owned(),
        Answer::UpToIdentity if asked.is_identity_supposed => {
            format!("allowed, supposing that identity policies allow {missing} of {of}")
        }
        Answer::UpToIdentity => format!(
            "allowed only if identity policies, which were not read, allow {missing} of {of}: give them with --identity-policy FILE, or --suppose-identity"
        ),
        Answer::Denied => format!("not allowed: {missing} of {of} {} missing", be(missing)),
    };
    hang(
        &mut out,
        page,
        &format!("{} ", mark(answer, page)),
        &last,
        2,
    );
    if asked.principal.kind == PrincipalKind::Root {
        let note = format!(
            "this is the account {} as a whole (its root user); its roles and users need an identity policy besides",
            asked.principal.account
        );
        hang(&mut out, page, "  ", &page.paint.faint(&note), 2);
    }
    out
}

const fn be(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn mark(answer: Answer, page: Page) -> String {
    match answer {
        Answer::Allowed => page.paint.good("✓"),
        Answer::UpToIdentity => page.paint.warn("?"),
        Answer::Denied => page.paint.bad("✗"),
    }
}

/// Everyone who is named. There is no question that could be answered by no.
pub(super) fn report_named(
    place: &RepositoryPlace,
    named: &[NamedAccess],
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if terminal.is_json() {
        terminal.print_json(&NamedDocument {
            repository: place.repository.to_string(),
            region: place.region.as_str(),
            named: named.iter().map(somebody).collect(),
        })?;
        return Ok(Exit::Fine);
    }
    let page = terminal.page();
    let mut out = String::new();
    if named.is_empty() {
        let text = format!(
            "The policies of {} and its domain name nobody: only the accounts of the owner and of the administrator get in, by identity policies.",
            place.repository
        );
        hang(&mut out, page, "", &text, 0);
    }
    for access in named {
        render_named(&mut out, access, page);
    }
    terminal.print(&out)?;
    Ok(Exit::Fine)
}

fn render_named(out: &mut String, access: &NamedAccess, page: Page) {
    let (kind, name) = named_as(&access.who);
    let title = match kind {
        "everyone" => "everyone".to_owned(),
        "principal" | "other" => name,
        kind => format!("{kind} {name}"),
    };
    hang(out, page, "", &page.paint.strong(&title), 0);
    if access.read.is_empty() {
        hang(out, page, "  ", "cannot ask for packages", 2);
        return;
    }
    let answer = answer_of(&access.read);
    let read = match answer {
        Answer::Allowed => "read: allowed".to_owned(),
        Answer::UpToIdentity => "read: as far as identity policies allow it".to_owned(),
        Answer::Denied => {
            let denied = access
                .read
                .iter()
                .filter(|one| one.answer() == Answer::Denied);
            let actions: Vec<&str> = denied.map(|one| one.need.action.name()).collect();
            format!("read: not allowed, for want of {}", actions.join(", "))
        }
    };
    hang(out, page, &format!("  {} ", mark(answer, page)), &read, 4);
    for reach in &access.publish {
        let sign = match reach.effect {
            Effect::Allow => page.paint.good("✓"),
            Effect::Deny => page.paint.bad("✗"),
        };
        hang(out, page, &format!("  {sign} "), &publish_text(reach), 4);
    }
    if access.publish.is_empty() {
        let text = "publish: nothing";
        hang(
            out,
            page,
            &format!("  {} ", mark(Answer::Denied, page)),
            text,
            4,
        );
    }
}

fn publish_text(reach: &Reach) -> String {
    let verb = match reach.effect {
        Effect::Allow => "publish",
        Effect::Deny => "publish: denied",
    };
    let condition = if reach.is_conditional {
        ", under its conditions"
    } else {
        ""
    };
    format!(
        "{verb} {} by {}{condition}",
        reach.resources.join(", "),
        reach.statement
    )
}

fn somebody(access: &NamedAccess) -> SomebodyDocument {
    let (kind, name) = named_as(&access.who);
    SomebodyDocument {
        kind,
        name,
        read: (!access.read.is_empty()).then(|| answer_name(answer_of(&access.read))),
        needs: access.read.iter().map(NeedDocument::from).collect(),
        publish: access.publish.iter().map(ReachDocument::from).collect(),
    }
}

fn named_as(who: &Named) -> (&'static str, String) {
    match who {
        Named::Organization(organization) => ("organization", organization.clone()),
        Named::Principal(pattern) => {
            let kind = match pattern {
                PrincipalPattern::Everyone => "everyone",
                PrincipalPattern::Account(_) => "account",
                PrincipalPattern::One(_) => "principal",
                PrincipalPattern::Other { .. } => "other",
            };
            (kind, pattern.to_string())
        }
    }
}
