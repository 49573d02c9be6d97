//! What `doctor` found, for people.

use downriver_domain::Timestamp;
use downriver_engine::doctor::{Diagnosis, Finding, Severity, Unread};
use downriver_engine::ports::Heard;

use super::style::{Page, counted, hang, put};
use super::time::{date_and_clock, span};

const INDENT: usize = 4;

/// By severity, the gravest first; then what could not be read; last, one line that counts.
pub(crate) fn diagnosis(
    page: Page,
    diagnosis: &Diagnosis,
    heard: &[Heard],
    now: Timestamp,
) -> String {
    let mut out = String::new();
    for severity in Severity::ALL {
        let mut findings = diagnosis.findings.iter();
        let of = |finding: &&Finding| finding.severity == severity;
        if findings.clone().any(|finding| of(&finding)) {
            out.push_str(&heading(page, severity));
            out.push('\n');
            findings
                .by_ref()
                .filter(of)
                .for_each(|one| finding(&mut out, page, one));
            out.push('\n');
        }
    }
    if !diagnosis.unread.is_empty() {
        put(
            &mut out,
            format_args!("{}\n", page.paint.warn("Not checked")),
        );
        for one in &diagnosis.unread {
            unread(&mut out, page, one);
        }
        out.push('\n');
    }
    for heard in heard {
        put(
            &mut out,
            format_args!(
                "Last event of domain {} of {}: {} ({} ago)\n",
                heard.domain,
                heard.domain_owner,
                date_and_clock(heard.at),
                span(now.secs_since(heard.at))
            ),
        );
    }
    out.push_str(&count(diagnosis));
    out
}

fn heading(page: Page, severity: Severity) -> String {
    match severity {
        Severity::Error => page.paint.bad("Errors"),
        Severity::Warning => page.paint.warn("Warnings"),
        Severity::Advice => page.paint.strong("Advice"),
    }
}

fn finding(out: &mut String, page: Page, finding: &Finding) {
    let about = match &finding.application {
        Some(id) => id.to_string(),
        None => finding.subject.name(),
    };
    let about = page.paint.name(&about);
    put(
        out,
        format_args!("  {}  {about}\n", page.paint.strong(finding.check.as_str())),
    );
    let indent = " ".repeat(INDENT);
    hang(out, page, &indent, &finding.evidence, INDENT);
    let head = format!("{indent}{} ", page.paint.faint("mend:"));
    hang(out, page, &head, &finding.mend, INDENT + "mend: ".len());
}

fn unread(out: &mut String, page: Page, unread: &Unread) {
    let checks: Vec<&str> = unread.checks.iter().map(|check| check.as_str()).collect();
    let more = match unread.count {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let text = format!(
        "{}: {} for {}{more}; left out: {}",
        unread.action,
        unread.why,
        unread.what,
        checks.join(", ")
    );
    hang(out, page, "  ", &text, INDENT);
}

fn count(diagnosis: &Diagnosis) -> String {
    let applications = counted(diagnosis.applications, "application", "applications");
    let of = |severity, one, many| match diagnosis.count(severity) {
        0 => None,
        count => Some(counted(count, one, many)),
    };
    let found: Vec<String> = [
        of(Severity::Error, "error", "errors"),
        of(Severity::Warning, "warning", "warnings"),
        of(Severity::Advice, "piece of advice", "pieces of advice"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let found = if found.is_empty() {
        "nothing to mend".to_owned()
    } else {
        found.join(", ")
    };
    let not_read = match diagnosis.unread.len() {
        0 => String::new(),
        count => format!("; {} missing", counted(count, "answer", "answers")),
    };
    format!("{applications} examined: {found}{not_read}.\n")
}
