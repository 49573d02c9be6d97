//! A random organisation: applications in layers, what they depend on and publish, where they resolve from and run.

mod changes;
mod packages;
mod policies;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{
    Application, ApplicationId, Built, Dependency, OnLocked, Origin, PackagePattern, Pipeline,
    Repository, RepositoryId, Target, Topology, Versioning,
};
use downriver_engine::ports::Registration;
use downriver_engine::register::Catalog;

use super::random::Random;
use super::{Profile, REGISTERED_AT};
use crate::builders::{ACCOUNT, application, dependency, id, package, repository, target};

pub(super) use changes::Change;
pub(super) use packages::{Line, first_version};

/// Where everything of our own is published first.
const SHARED: &str = "shared";
/// Applications in the largest organisation.
const LARGE_MAX: u64 = 300;
/// Versions wait here to be promoted.
const STAGING: &str = "staging";
/// Has an external connection.
const PUBLIC: &str = "public";
const FORMATS: [Format; 7] = [
    Format::Npm,
    Format::Maven,
    Format::Cargo,
    Format::Pypi,
    Format::Nuget,
    Format::Ruby,
    Format::Generic,
];

/// How a pipeline treats executions that overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Superseded,
    Parallel,
}

/// What a start of this pipeline comes to, whatever is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    Missing,
    /// Starting is allowed, listing executions is not.
    ListingDenied,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) application: Application,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) mode: Mode,
    pub(super) access: Access,
    /// Its build uploads what it built.
    pub(super) is_indexed: bool,
    /// What it depends on depends on what it publishes, or did before the catalog changed.
    pub(super) is_in_cycle: bool,
    /// The catalog has it; others come in, or come back, in the middle of the day.
    pub(super) is_registered: bool,
    /// The repositories that its build sees.
    pub(super) sees: BTreeSet<RepositoryId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Organisation {
    pub(super) topology: Topology,
    pub(super) members: BTreeMap<ApplicationId, Member>,
    /// Packages that nobody in the catalog publishes: what is published of them is a root change.
    pub(super) roots: Vec<PackageId>,
    pub(super) targets: Vec<Target>,
    /// Packages with how their versions are numbered.
    pub(super) lines: BTreeMap<PackageId, Line>,
}

impl Organisation {
    pub(super) fn random(random: &mut Random, profile: Profile) -> Self {
        let size = match random.below(200) {
            0..2 => random.between(100, LARGE_MAX),
            2..16 => random.between(16, 40),
            _ => random.between(4, 11),
        };
        let mut organisation = Self::with_repositories(random, profile);
        let roots = random.between(2, 4);
        for number in 0..roots {
            let format = random.pick(&FORMATS);
            // What comes in from outside while an execution runs counts as built by it (DESIGN 3): that depends on the order.
            let is_external =
                profile == Profile::Everything && format == Format::Npm && random.chance(12);
            let package = name(format, &format!("root-{number}"), is_external);
            organisation.roots.push(package);
        }
        let producers = random.between(1, (size / 2).max(1));
        let products = organisation.choose_products(random, producers);
        for (number, product) in products.iter().enumerate() {
            let known = organisation.within_reach(random, &products, number);
            organisation.add(random, profile, number, Some(product), &known);
        }
        let first_consumer = products.len();
        let known: Vec<PackageId> = organisation.all_packages(&products);
        for number in first_consumer..usize::try_from(size).unwrap_or(first_consumer) {
            organisation.add(random, profile, number, None, &known);
        }
        if profile != Profile::SameEnd && random.chance(25) {
            let target = random.pick(&organisation.targets);
            organisation.topology.event_started.insert(target);
        }
        organisation.mark_cycles();
        for package in organisation.all_packages(&products) {
            organisation.lines.insert(package, Line::new());
        }
        if profile == Profile::Everything {
            organisation.hold_back(random);
        }
        organisation
    }

    /// Some applications are not in the catalog yet.
    fn hold_back(&mut self, random: &mut Random) {
        for member in self.members.values_mut() {
            member.is_registered = !random.chance(4);
        }
    }

    pub(super) fn catalog(&self) -> Catalog {
        let entry = |member: &Member| Registration {
            application: member.application.clone(),
            dependencies: member.dependencies.clone(),
        };
        Catalog {
            topology: self.topology.clone(),
            applications: self.registered().map(entry).collect(),
            undeclared: BTreeSet::new(),
            folders: BTreeMap::new(),
        }
    }

    /// Whether the executions of an application may be listed.
    pub(super) fn is_listed(&self, application: &ApplicationId) -> bool {
        let member = &self.members[application];
        member.access != Access::ListingDenied
            && !self.is_event_started(&member.application.pipeline)
    }

    pub(super) fn is_event_started(&self, pipeline: &Pipeline) -> bool {
        self.topology.event_started.contains(&pipeline.target)
    }

    pub(super) fn registered(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.is_registered)
    }

    /// The origin that CodeArtifact gives to what is published of a package.
    pub(super) fn origin(&self, package: &PackageId) -> Origin {
        if self.topology.is_internal(package) {
            Origin::Internal
        } else {
            Origin::External
        }
    }

    /// Every package, those that a producer publishes included.
    pub(super) fn packages(&self) -> impl Iterator<Item = &PackageId> {
        self.lines.keys()
    }

    /// Whether an application is reached by itself over its dependencies, followed or not.
    fn is_in_cycle(&self, application: &ApplicationId) -> bool {
        let mut producers: BTreeMap<&PackageId, Vec<&ApplicationId>> = BTreeMap::new();
        for member in self.members.values() {
            for product in &member.application.products {
                let of = producers.entry(product).or_default();
                of.push(&member.application.id);
            }
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![application];
        while let Some(next) = open.pop() {
            let dependencies = &self.members[next].dependencies;
            for producer in dependencies
                .iter()
                .filter_map(|dependency| producers.get(&dependency.package))
                .flatten()
            {
                if *producer == application {
                    return true;
                }
                if seen.insert(*producer) {
                    open.push(producer);
                }
            }
        }
        false
    }

    fn with_repositories(random: &mut Random, profile: Profile) -> Self {
        let of = |upstreams: &[&str]| Repository {
            upstreams: upstreams.iter().map(|name| repository(name)).collect(),
            external_connections: Vec::new(),
        };
        let public = Repository {
            external_connections: vec!["public:npmjs".to_owned()],
            ..Repository::default()
        };
        let repositories: BTreeMap<RepositoryId, Repository> = [
            (SHARED, of(&[PUBLIC])),
            (STAGING, of(&[])),
            (PUBLIC, public),
            ("team-a", of(&[SHARED])),
            ("team-b", of(&[SHARED])),
        ]
        .into_iter()
        .map(|(name, known)| (repository(name), known))
        .collect();
        let targets: Vec<Target> = ["eu-west-1", "us-east-1", "ap-south-1"]
            .into_iter()
            .take(usize::try_from(random.between(1, 3)).unwrap_or(1))
            .map(target)
            .collect();
        let budgets = targets.iter().map(|target| {
            let budget = u32::try_from(random.between(1, 3)).unwrap_or(1);
            (target.clone(), budget)
        });
        let internal = FORMATS.into_iter().map(|format| PackagePattern {
            format,
            namespace: package_namespace(format).map(str::to_owned),
            name: "*".to_owned(),
        });
        let topology = Topology {
            domain_owners: BTreeSet::from([id(ACCOUNT)]),
            repositories,
            budgets: budgets.collect(),
            internal: internal.collect(),
            rollout: policies::rollout(random, profile),
            ..Topology::default()
        };
        Self {
            topology,
            members: BTreeMap::new(),
            roots: Vec::new(),
            targets,
            lines: BTreeMap::new(),
        }
    }

    fn choose_products(&self, random: &mut Random, producers: u64) -> Vec<Vec<PackageId>> {
        let mut formats: Vec<Format> = self.roots.iter().map(PackageId::format).collect();
        formats.push(random.pick(&FORMATS));
        (0..producers)
            .map(|number| {
                let count = if random.chance(20) { 2 } else { 1 };
                let format = random.pick(&formats);
                (0..count)
                    .map(|which| name(format, &format!("product-{number}-{which}"), false))
                    .collect()
            })
            .collect()
    }

    /// Roots and the products of earlier layers; seldom those of a later one, which may close a cycle.
    fn within_reach(
        &self,
        random: &mut Random,
        products: &[Vec<PackageId>],
        number: usize,
    ) -> Vec<PackageId> {
        let mut known = self.roots.clone();
        for earlier in &products[..number] {
            known.extend(earlier.iter().cloned());
        }
        if random.chance(15) && number + 1 < products.len() {
            let later: Vec<PackageId> = random.pick(&products[number + 1..]);
            known.extend(later.iter().cloned());
            // Chosen with more weight, so that cycles close.
            known.extend(later.iter().cloned());
        }
        known
    }

    fn all_packages(&self, products: &[Vec<PackageId>]) -> Vec<PackageId> {
        let mut all = self.roots.clone();
        all.extend(products.iter().flatten().cloned());
        all
    }

    fn add(
        &mut self,
        random: &mut Random,
        profile: Profile,
        number: usize,
        products: Option<&Vec<PackageId>>,
        known: &[PackageId],
    ) {
        let name = format!("app-{number:02}");
        let resolves_from = random.pick(&["team-a", "team-a", "team-b", SHARED]);
        let mut application = Application {
            pipeline: Pipeline {
                target: random.pick(&self.targets),
                name: id(&name),
            },
            repositories: vec![repository(resolves_from)],
            products: products.into_iter().flatten().cloned().collect(),
            publishes_to: Some(repository(SHARED)),
            versioning: if random.chance(12) {
                Versioning::Source
            } else {
                Versioning::Build
            },
            policy: policies::random(random, profile),
            registered_at: REGISTERED_AT,
            ..application(&name)
        };
        if random.chance(20) {
            application.repositories.push(repository(STAGING));
        }
        let has_lockfile = random.chance(30);
        let mut dependencies = Vec::new();
        for _ in 0..random.between(1, 4) {
            let package = random.pick(known);
            if !application.products.contains(&package) {
                dependencies.push(depend(random, &package, known, has_lockfile));
            }
        }
        // Instances are numbered in the order in which the store keeps them.
        dependencies.sort_by(|a, b| a.package.cmp(&b.package));
        let is_quiet = profile == Profile::SameEnd;
        let access = match random.below(100) {
            0..3 if !is_quiet => Access::Missing,
            3..7 if !is_quiet => Access::ListingDenied,
            _ => Access::Granted,
        };
        let member = Member {
            is_registered: true,
            sees: self.topology.visible_from(&application.repositories),
            mode: random.pick(&[Mode::Superseded, Mode::Superseded, Mode::Parallel]),
            access,
            is_indexed: random.chance(70),
            is_in_cycle: false,
            dependencies,
            application,
        };
        self.members.insert(member.application.id.clone(), member);
    }

    fn mark_cycles(&mut self) {
        let producers = self
            .members
            .values()
            .filter(|member| member.application.is_producer());
        let ids: Vec<ApplicationId> = producers
            .map(|member| &member.application.id)
            .filter(|id| self.is_in_cycle(id))
            .cloned()
            .collect();
        for id in ids {
            if let Some(member) = self.members.get_mut(&id) {
                member.is_in_cycle = true;
            }
        }
    }
}

impl Member {
    /// Whether a build takes what its lockfile says.
    pub(super) fn is_held_by_lock(&self, dependency: &Dependency) -> bool {
        dependency.is_locked && self.application.policy.on_locked != OnLocked::Rebuild
    }
}

fn depend(
    random: &mut Random,
    package: &PackageId,
    known: &[PackageId],
    is_locked: bool,
) -> Dependency {
    let requirement = packages::requirement(random, package.format());
    let first = first_version(package).to_owned();
    let built = match random.below(10) {
        0 => Built::Unknown,
        1..4 => Built::Proven(first),
        _ => Built::Assumed(first),
    };
    let path = if random.chance(15) {
        vec![random.pick(known)]
    } else {
        Vec::new()
    };
    Dependency {
        built,
        is_locked,
        is_direct: path.is_empty(),
        path,
        scope: policies::scope(random),
        ..dependency(&package.to_string(), requirement)
    }
}

fn name(format: Format, name: &str, is_external: bool) -> PackageId {
    let namespace = if is_external {
        None
    } else {
        package_namespace(format)
    };
    let prefix = match namespace {
        Some("acme") => "%40acme/".to_owned(),
        Some(other) => format!("{other}/"),
        None => String::new(),
    };
    package(&format!("pkg:{}/{prefix}{name}", purl_type(format)))
}

const fn package_namespace(format: Format) -> Option<&'static str> {
    match format {
        Format::Npm => Some("acme"),
        Format::Maven => Some("com.acme"),
        Format::Generic => Some("tools"),
        _ => None,
    }
}

const fn purl_type(format: Format) -> &'static str {
    match format {
        Format::Npm => "npm",
        Format::Maven => "maven",
        Format::Cargo => "cargo",
        Format::Pypi => "pypi",
        Format::Nuget => "nuget",
        Format::Ruby => "gem",
        Format::Swift => "swift",
        Format::Generic => "generic",
    }
}
