//! What would be rebuilt, in waves, and what the version means for everybody who depends on its package.

use downriver_domain::RepositoryId;
use downriver_engine::query::{Plan, Planned};

use super::style::{Page, columns, counted, hang, put};
use super::timeline::{Detail, verdicts};
use super::words::{listed, package, package_version, repository};

/// `known`: where the version is already.
pub(crate) fn plan(page: Page, plan: &Plan, known: Option<&RepositoryId>) -> String {
    let paint = page.paint;
    let name = package_version(&plan.package_version);
    let place = plan.repository.as_ref().map(repository);
    let place = place.map_or_else(String::new, |place| format!(" in {place}"));
    let mut out = format!(
        "{} {}\n",
        paint.strong(&format!("If {name} were published{place} now")),
        paint.faint("(this changes nothing)")
    );
    if let Some(known) = known {
        let text = format!("it is known already, in {known}; judged as if it came again");
        hang(&mut out, page, &format!("{} ", paint.warn("!")), &text, 2);
    }
    if plan.verdicts.is_empty() {
        let package = package(plan.package_version.package());
        put(
            &mut out,
            format_args!("\nNobody depends on {package}: nothing would be rebuilt.\n"),
        );
        return out;
    }
    out.push('\n');
    if plan.waves.is_empty() {
        out.push_str("Nothing would be rebuilt.\n");
    }
    for (number, wave) in plan.waves.iter().enumerate() {
        let label = paint.strong(&format!("wave {}", number + 1));
        let what = counted(wave.len(), "rebuild", "rebuilds");
        let rest = if number == 0 {
            ""
        } else {
            ", after those before that reach it"
        };
        put(
            &mut out,
            format_args!("{label}  {}\n", paint.faint(&format!("{what}{rest}"))),
        );
        let widest = wave
            .iter()
            .map(|planned| planned.application.as_str().len());
        let widest = widest.max().unwrap_or_default();
        for planned in wave {
            rebuild(&mut out, page, planned, widest);
        }
    }
    let count = counted(
        plan.verdicts.len(),
        "application depends",
        "applications depend",
    );
    let package = package(plan.package_version.package());
    put(&mut out, format_args!("\n{count} on {package}:\n"));
    out.push_str(&verdicts(page, &plan.verdicts, Detail::LONG));
    out
}

fn rebuild(out: &mut String, page: Page, planned: &Planned, widest: usize) {
    let asks = planned.asks.iter().map(|(wanted, ask)| {
        let from = ask.from.as_deref().unwrap_or("?");
        let lock = if ask.needs_refresh {
            " (lockfile refresh)"
        } else {
            ""
        };
        format!("{} {from} → {}{lock}", package(wanted), ask.version)
    });
    let asks: Vec<String> = asks.collect();
    let mut text = listed(&asks, 8);
    if planned.is_shadow {
        text.push_str("; in shadow mode, so nothing starts");
    }
    if !planned.products.is_empty() {
        let products: Vec<String> = planned.products.iter().map(package).collect();
        put(
            &mut text,
            format_args!("; publishes {}", listed(&products, 4)),
        );
    }
    let name = planned.application.as_str();
    let gap = " ".repeat(widest - name.len());
    let head = format!("  {}{gap}  ", page.paint.name(name));
    let indent = columns(&head).min(page.width / 2);
    hang(out, page, &head, &text, indent);
}
