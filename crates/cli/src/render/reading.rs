//! What was read of a folder.

use downriver_manifest::{FoundDependency, Reading};

use super::style::{Page, counted, hang, put, table};
use super::words::package;
use crate::document::{evidence_text, scope_name};

/// Left-out ones that are shown without `--verbose`.
const LEFT_OUT_SHOWN: usize = 5;

pub(crate) fn reading(page: Page, folder: &str, reading: &Reading, is_verbose: bool) -> String {
    let paint = page.paint;
    let mut out = format!("{}\n", paint.strong(folder));
    files(&mut out, page, reading);
    dependencies(&mut out, page, reading, is_verbose);
    left_out(&mut out, page, reading, is_verbose);
    for product in reading
        .products
        .iter()
        .filter(|product| !product.is_private)
    {
        let version = product
            .version
            .as_deref()
            .map(|version| format!(" {version}"));
        let text = format!(
            "{}{} ({})",
            package(&product.package),
            version.unwrap_or_default(),
            evidence_text(&product.evidence)
        );
        hang(&mut out, page, "  may publish ", &text, 14);
    }
    for problem in &reading.problems {
        let word = if problem.is_gap {
            paint.warn("not told:")
        } else {
            paint.bad("problem:")
        };
        let head = format!("  {word} ");
        hang(&mut out, page, &head, &problem.to_string(), 11);
    }
    out
}

fn files(out: &mut String, page: Page, reading: &Reading) {
    let rows: Vec<[String; 4]> = reading
        .files
        .iter()
        .map(|file| {
            let count = |count: usize| {
                if count == 0 {
                    String::new()
                } else {
                    count.to_string()
                }
            };
            [
                file.path.clone(),
                file.format.clone(),
                count(file.declared),
                count(file.locked.len()),
            ]
        })
        .collect();
    table(out, page, &["file", "format", "declares", "locks"], &rows);
}

fn dependencies(out: &mut String, page: Page, reading: &Reading, is_verbose: bool) {
    let found = &reading.dependencies;
    let direct = found.iter().filter(|found| found.is_direct).count();
    let count = counted(found.len(), "dependency", "dependencies");
    let unlocked = found.iter().filter(|found| found.locked.is_none()).count();
    put(
        out,
        format_args!(
            "\n{count}: {direct} direct, {} transitive",
            found.len() - direct
        ),
    );
    if unlocked > 0 {
        put(out, format_args!("; {unlocked} not locked"));
    }
    out.push('\n');
    let shown: Vec<[String; 6]> = found
        .iter()
        .filter(|found| is_verbose || found.is_direct)
        .map(row)
        .collect();
    if !shown.is_empty() {
        let header = [
            "package",
            "requirement",
            "locked",
            "scope",
            "read from",
            "through",
        ];
        table(out, page, &header, &shown);
    }
    if !is_verbose && direct < found.len() {
        let text = format!("  ({} more with --verbose)\n", found.len() - direct);
        out.push_str(&page.paint.faint(&text));
    }
}

fn row(found: &FoundDependency) -> [String; 6] {
    let scopes: Vec<&str> = found.scopes.iter().map(scope_name).collect();
    let mut places = vec![evidence_text(&found.evidence)];
    places.extend(found.lock.as_ref().map(evidence_text));
    places.dedup();
    let via: Vec<String> = found.via.iter().map(package).collect();
    [
        package(&found.package),
        found
            .requirement
            .clone()
            .unwrap_or_else(|| "not told".to_owned()),
        found.locked.as_deref().unwrap_or_default().to_owned(),
        scopes.join(", "),
        places.join(", "),
        via.join(" > "),
    ]
}

fn left_out(out: &mut String, page: Page, reading: &Reading, is_verbose: bool) {
    let all = &reading.left_out;
    if all.is_empty() {
        return;
    }
    let count = counted(all.len(), "more comes", "more come");
    put(out, format_args!("\n{count} from no registry:\n"));
    let shown = if is_verbose {
        all.len()
    } else {
        LEFT_OUT_SHOWN
    };
    for one in all.iter().take(shown) {
        let version = one.version.as_deref().map(|version| format!(" {version}"));
        let text = format!(
            "{}{}: {} ({})",
            one.name,
            version.unwrap_or_default(),
            one.reason,
            evidence_text(&one.evidence)
        );
        hang(out, page, "  ", &text, 4);
    }
    if all.len() > shown {
        put(out, format_args!("  and {} more\n", all.len() - shown));
    }
}
