//! A failing day as people read it: who is there, what they did, what went wrong, and how to see it again.

use std::fmt::Write as _;

use downriver_domain::{Dependency, Policy};

use super::inputs::Input;
use super::organisation::{Access, Change, Member, Mode};
use super::shrink::Shrunk;
use super::{Plan, Profile, REGISTERED_AT};

/// Characters of one line of the trace.
const LINE_MAX: usize = 240;

impl Shrunk {
    /// The whole story; its last lines say how to repeat it.
    pub fn story(&self) -> String {
        let plan = &self.found.plan;
        let violation = &self.found.failure.violation;
        let mut story = format!(
            "seed {}: {} does not hold\n  {}\n",
            plan.day.seed,
            violation.invariant,
            cut(&violation.text, 4 * LINE_MAX)
        );
        let (applications, inputs) = self.before;
        let _ = writeln!(
            story,
            "\nThe organisation ({} of {applications} applications, found in {} tries)",
            plan.applications(),
            self.tries
        );
        for member in plan.organisation.members.values() {
            write_member(&mut story, member);
        }
        for (target, budget) in &plan.organisation.topology.budgets {
            let _ = writeln!(story, "  {target} has room for {budget}");
        }
        let _ = writeln!(
            story,
            "\nWhat people did ({} of {inputs} things)",
            plan.inputs.len()
        );
        for (at, input) in &plan.inputs {
            let secs = at.secs_since(REGISTERED_AT);
            let _ = writeln!(story, "  {secs:>6} s  {}", shown(input));
        }
        let _ = writeln!(story, "\nWhat may go wrong\n  {}", faults(plan));
        story.push_str("\nThe end of the trace\n");
        for line in &self.found.failure.trace {
            let _ = writeln!(story, "  {}", cut(line, LINE_MAX));
        }
        let _ = write!(story, "\nTo repeat\n  {}\n", self.how_to_repeat());
        story
    }

    fn how_to_repeat(&self) -> String {
        let day = &self.found.plan.day;
        let planted = day
            .bug
            .map_or_else(String::new, |bug| format!(" --plant {}", bug.name()));
        format!(
            "cargo xtask simulate --seed {}{planted} [--trace]",
            day.seed
        )
    }
}

fn write_member(story: &mut String, member: &Member) {
    let application = &member.application;
    let _ = write!(story, "  {}", application.id);
    if !member.is_registered {
        story.push_str(" (not in the catalog yet)");
    }
    let products: Vec<String> = application
        .products
        .iter()
        .map(ToString::to_string)
        .collect();
    if !products.is_empty() {
        let _ = write!(story, " publishes {}", products.join(", "));
    }
    let quirks = quirks(member);
    if !quirks.is_empty() {
        let _ = write!(story, "; {}", quirks.join(", "));
    }
    story.push('\n');
    for dependency in &member.dependencies {
        let _ = writeln!(story, "    depends on {}", asked(dependency));
    }
}

fn asked(dependency: &Dependency) -> String {
    let locked = if dependency.is_locked { ", locked" } else { "" };
    format!(
        "{} {} ({:?}{locked})",
        dependency.package, dependency.requirement, dependency.scope
    )
}

/// What is unlike the defaults.
fn quirks(member: &Member) -> Vec<String> {
    let application = &member.application;
    let mut quirks = Vec::new();
    match member.access {
        Access::Granted => {}
        Access::Missing => quirks.push("its pipeline does not exist".to_owned()),
        Access::ListingDenied => quirks.push("its executions may not be listed".to_owned()),
    }
    if member.mode == Mode::Superseded {
        quirks.push("executions are superseded".to_owned());
    }
    if application.policy != Policy::default() {
        quirks.push(differences(&application.policy));
    }
    quirks
}

/// The fields of a policy that are not the default, as the code names them.
fn differences(policy: &Policy) -> String {
    let (policy, plain) = (format!("{policy:#?}"), format!("{:#?}", Policy::default()));
    let mut different = Vec::new();
    for line in policy.lines() {
        if line.contains(':') && !plain.lines().any(|known| known == line) {
            different.push(line.trim().trim_end_matches(',').to_owned());
        }
    }
    different.join(", ")
}

fn shown(input: &Input) -> String {
    match input {
        Input::Publish(package_version, repository) => {
            format!("publish {package_version} in {}", repository.name)
        }
        Input::Promote(package, repository) => {
            format!("copy the newest {package} to {}", repository.name)
        }
        Input::Restatus(package, status, _) => format!("make a version of {package} {status:?}"),
        Input::Republish(package, _) => format!("publish a deleted version of {package} again"),
        Input::Push(application) => format!("push to {application}"),
        Input::Rule(application) => format!("an old rule starts {application}"),
        Input::RollBack(application) => format!("roll {application} back"),
        Input::Command(command) => format!("{command:?}"),
        Input::Catalog(change) => match change {
            Change::Add(id) => format!("the catalog: {id} comes in"),
            Change::Remove(id) => format!("the catalog: {id} goes"),
            Change::Dependencies(id, dependencies) => {
                let asked: Vec<String> = dependencies.iter().map(asked).collect();
                format!("the catalog: {id} depends on {}", asked.join("; "))
            }
            Change::Policy(id, policy) => {
                format!("the catalog: policy of {id}: {}", differences(policy))
            }
            Change::Pipeline(id, pipeline) => format!(
                "the catalog: the pipeline of {id} is {} in {}",
                pipeline.name, pipeline.target
            ),
        },
    }
}

fn faults(plan: &Plan) -> String {
    let odds = &plan.odds;
    let mut faults = Vec::new();
    for (name, of_thousand) in odds.named() {
        if of_thousand > 0 {
            faults.push(format!("{name} {of_thousand}\u{2030}"));
        }
    }
    if odds.skew_millis > 0 {
        faults.push(format!("clocks {} ms off", odds.skew_millis));
    }
    if odds.listing_lag_secs > 0 {
        faults.push(format!("listings {} s behind", odds.listing_lag_secs));
    }
    if odds.token_secs == 0 {
        faults.push("tokens forgotten".to_owned());
    }
    if odds.are_executions_failing && plan.day.profile == Profile::Everything {
        faults.push("executions fail".to_owned());
    }
    faults.push(format!("{} functions at once", odds.functions_max));
    faults.push(format!("pages of {}", odds.page_max));
    if let Some(bug) = plan.day.bug {
        faults.push(format!("planted: {}", bug.what()));
    }
    faults.join(", ")
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut shown: String = text.chars().take(max).collect();
    shown.push('…');
    shown
}
