//! The one plain sentence that every verdict carries.

use downriver_version::RequirementKind;

use super::assess::{Assessment, Need, Subject};
use super::judge::JudgedChange;
use super::{Direction, Stranding, Unaffected, Verdict};
use crate::dependency::{Built, Scope};
use crate::inventory::VersionStatus;
use crate::slot::HeldReason;

/// `verdict` is the need's, or that of the version which takes the place of a withdrawn one.
pub(super) fn of_need(assessment: &Assessment<'_>, need: &Need<'_>, verdict: &Verdict) -> String {
    let requirement = &assessment.edge.dependency.requirement;
    let wanted = need
        .version
        .map_or("nothing", |version| version.text.as_str());
    let built = built(assessment);
    let shown = need.instead.as_ref().filter(|instead| *instead == verdict);
    match shown.unwrap_or(&need.verdict) {
        Verdict::Picks if assessment.built.version() == Some(wanted) => {
            format!(
                "`{requirement}` names a mutable version; {wanted} has new contents since the last build"
            )
        }
        Verdict::Picks => format!("`{requirement}` selects {wanted}; {built}"),
        Verdict::Locked => {
            format!(
                "`{requirement}` admits {wanted}, the committed lockfile holds {}",
                held(assessment)
            )
        }
        Verdict::MovesOff(direction) => {
            let direction = match direction {
                Direction::Newer => "newer",
                Direction::Older => "older",
            };
            format!(
                "{built}, which was withdrawn; `{requirement}` now selects the {direction} {wanted}"
            )
        }
        Verdict::Stranded(Stranding::Unlisted) => {
            format!(
                "{built}, which is unlisted now; it still installs, but only because {} holds it",
                holder(assessment)
            )
        }
        Verdict::Stranded(Stranding::Gone) => match need.version {
            Some(version) => format!(
                "{built}, which was withdrawn; {} holds it, so the next build fails until it moves to {}",
                holder(assessment),
                version.text
            ),
            None if assessment.edge.dependency.is_locked => {
                format!(
                    "{built}, which was withdrawn; the committed lockfile holds it, so the next build fails"
                )
            }
            None => format!(
                "{built}, which was withdrawn, and `{requirement}` admits nothing else that is visible"
            ),
        },
        Verdict::Excluded | Verdict::Unaffected(_) => String::new(),
    }
}

pub(super) fn of_judgement(
    subject: Subject<'_>,
    assessment: &Assessment<'_>,
    verdict: &Verdict,
    change: JudgedChange<'_>,
) -> String {
    match (verdict, &assessment.need) {
        (Verdict::Unaffected(why), _) => of_unaffected(subject, assessment, *why, change),
        (Verdict::Excluded, _) => format!(
            "`{}` does not admit {}; {}",
            assessment.edge.dependency.requirement,
            change.package_version.version(),
            if assessment.edge.dependency.is_direct {
                "the manifest must change first"
            } else {
                "whoever pulls it in must change first"
            }
        ),
        (verdict, Some(need)) => of_need(assessment, need, verdict),
        (_, None) => String::new(),
    }
}

pub(super) fn of_unaffected_alone(why: Unaffected, change: JudgedChange<'_>) -> String {
    match why {
        Unaffected::NotADependency => {
            format!("does not depend on {}", change.package_version.package())
        }
        _ => format!(
            "repository {} is not one it resolves from, nor upstream of one",
            change.repository.name
        ),
    }
}

fn of_unaffected(
    subject: Subject<'_>,
    assessment: &Assessment<'_>,
    why: Unaffected,
    change: JudgedChange<'_>,
) -> String {
    let version = change.package_version.version();
    let requirement = &assessment.edge.dependency.requirement;
    let wanted = assessment
        .wanted
        .map_or("nothing", |wanted| wanted.text.as_str());
    match why {
        Unaffected::BuiltAlready if is_withdrawn_somewhere(subject, change) => {
            format!(
                "{}; another repository that it sees still offers {version}",
                built(assessment)
            )
        }
        Unaffected::BuiltAlready | Unaffected::NewerBuiltAlready => built(assessment),
        Unaffected::NotVisible => format!("{version} is not in any repository that it sees"),
        Unaffected::PrereleaseNotSelected => {
            format!("{version} is a pre-release, which `{requirement}` does not select")
        }
        Unaffected::SelectsAnother => {
            format!("`{requirement}` admits {version}, but a plain build selects {wanted}")
        }
        Unaffected::SoftPinned => {
            format!(
                "`{requirement}` is a soft pin: a plain build keeps {requirement}; {version} would be a manifest change"
            )
        }
        Unaffected::ScopeLeftOut => {
            format!(
                "only a {} dependency, which its policy leaves out",
                scope(assessment.edge.dependency.scope)
            )
        }
        Unaffected::FollowLeftOut => "its policy does not follow this dependency".to_owned(),
        Unaffected::ThirdParty => {
            format!("{version} comes from a public registry, which its policy does not follow")
        }
        Unaffected::PublishedBeforeRegistration => {
            format!(
                "what it was built with is not known, and {version} was there before it was registered"
            )
        }
        Unaffected::NotADependency => of_unaffected_alone(why, change),
        Unaffected::AlreadyAttempted => attempted(subject, assessment, version),
        Unaffected::PassedInCascade => passed(assessment),
        Unaffected::NotFromRegistry => elsewhere(assessment),
        Unaffected::NotPublished => format!("{version} is not published"),
        Unaffected::WithdrawnNotBuilt => format!("{version} was withdrawn; {}", built(assessment)),
    }
}

fn attempted(subject: Subject<'_>, assessment: &Assessment<'_>, version: &str) -> String {
    let held = subject.slot.held.get(&assessment.edge.dependency.package);
    match held.map(|held| held.reason) {
        Some(HeldReason::NotPickedUp) => {
            format!("a rebuild for {version} did not pick it up; it is not attempted again")
        }
        Some(HeldReason::RolledBack) => {
            format!("{version} was rolled back; held until `retry` or a newer version")
        }
        Some(HeldReason::Stopped) => format!(
            "a person stopped the rebuild for {version}; held until `retry` or a newer version"
        ),
        Some(HeldReason::WouldStart) => {
            format!("shadow mode: a rebuild for {version} was recorded already")
        }
        Some(HeldReason::Failed) | None => {
            format!(
                "the rebuild for {version} failed; held until `retry`, a newer version, or a success"
            )
        }
    }
}

fn passed(assessment: &Assessment<'_>) -> String {
    let cascade = assessment.wanted.map(|wanted| &wanted.cascade);
    let is_overlapped = cascade.is_some_and(|cascade| cascade.is_overlapped);
    let doubt = if is_overlapped {
        "; a person's execution overlapped ours, so look whether it brought more than that"
    } else {
        ""
    };
    format!(
        "this change descends from its own rebuild: it passed here already in this cascade{doubt}"
    )
}

fn elsewhere(assessment: &Assessment<'_>) -> String {
    let requirement = &assessment.edge.dependency.requirement;
    match assessment
        .requirement
        .as_ref()
        .map(downriver_version::Requirement::kind)
    {
        Some(RequirementKind::Tag(tag)) => {
            format!("follows the tag `{tag}`, whose moves no event reports")
        }
        Some(RequirementKind::NotFromRegistry(what)) => {
            format!("`{requirement}` is resolved from {what}, not from a registry")
        }
        _ => format!("its requirement `{requirement}` cannot be read"),
    }
}

fn built(assessment: &Assessment<'_>) -> String {
    match &assessment.built {
        Built::Proven(version) => format!("built with {version}"),
        Built::Assumed(version) => format!("built with {version} (assumed)"),
        Built::Unknown => "what it was built with is not known".to_owned(),
    }
}

fn held<'a>(assessment: &'a Assessment<'_>) -> &'a str {
    assessment.built.version().unwrap_or("another version")
}

fn holder(assessment: &Assessment<'_>) -> String {
    if assessment.edge.dependency.is_locked {
        "the committed lockfile".to_owned()
    } else {
        format!(
            "the requirement `{}`",
            assessment.edge.dependency.requirement
        )
    }
}

fn is_withdrawn_somewhere(subject: Subject<'_>, change: JudgedChange<'_>) -> bool {
    subject
        .view
        .get(change.package_version.version())
        .is_some_and(|seen| {
            seen.status == VersionStatus::Published
                && seen.withdrawn_from.contains(change.repository)
        })
}

const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Runtime => "runtime",
        Scope::Dev => "dev",
        Scope::Test => "test",
        Scope::Build => "build",
        Scope::Optional => "optional",
        Scope::Peer => "peer",
    }
}
