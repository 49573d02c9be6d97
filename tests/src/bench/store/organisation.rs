//! A made-up organisation: applications, packages by popularity, producers, and packages set aside to be asked about.
//!
//! Made one application at a time, so that what is made takes no memory of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{
    AccountId, Application, ApplicationId, Built, Dependency, Evidence, PackagePattern, Pipeline,
    Policy, Repository, RepositoryId, Scope, Target, Timestamp, Topology, Versioning,
};
use downriver_engine::ports::Registration;

use super::random::{Random, Zipf};

pub(super) const DEPENDENCIES: usize = 500;
const PACKAGES: usize = 20_000;
/// One application in so many publishes a package.
const PRODUCER_EVERY: usize = 20;
const TEAMS: usize = 50;
const ACCOUNT: &str = "111122223333";

/// Packages outside the popularity order, each with a known number of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// Of every application.
    All,
    /// The `n`th with a hundred dependents, no application in two of them.
    Hundred(usize),
    /// The `n`th with one dependent, each another application.
    One(usize),
}

pub(super) struct Organisation {
    applications: usize,
    zipf: Zipf,
    /// By rank in the popularity order.
    packages: Vec<PackageId>,
    /// Of the ranks that are products, the application.
    producer_of: BTreeMap<usize, usize>,
}

impl Organisation {
    pub(super) fn new(applications: usize) -> Self {
        let mut random = Random::seeded(1);
        let mut producer_of = BTreeMap::new();
        for application in (0..applications).step_by(PRODUCER_EVERY) {
            let mut rank = random.below(PACKAGES);
            while producer_of.contains_key(&rank) {
                rank = random.below(PACKAGES);
            }
            producer_of.insert(rank, application);
        }
        Self {
            applications,
            zipf: Zipf::new(PACKAGES),
            packages: (0..PACKAGES)
                .map(|rank| package(rank, &format!("p{rank}")))
                .collect(),
            producer_of,
        }
    }

    pub(super) fn probe(probe: Probe) -> PackageId {
        let name = match probe {
            Probe::All => "probe-all".to_owned(),
            Probe::Hundred(number) => format!("probe-hundred-{number}"),
            Probe::One(number) => format!("probe-one-{number}"),
        };
        package(0, &name)
    }

    pub(super) fn at_rank(&self, rank: usize) -> &PackageId {
        &self.packages[rank]
    }

    pub(super) fn topology(&self) -> Topology {
        let shared = Repository::default();
        let team = Repository {
            upstreams: vec![repository("shared")],
            ..Repository::default()
        };
        let teams = (0..TEAMS).map(|number| (team_repository(number), team.clone()));
        let products = self.producer_of.iter();
        let upriver = self.producer_of.values().map(|application| {
            let ranks = self.ranks_of(*application);
            (application_id(*application), self.upriver(&ranks))
        });
        Topology {
            revision: 1,
            domain_owners: BTreeSet::from([id(ACCOUNT)]),
            repositories: std::iter::once((repository("shared"), shared))
                .chain(teams)
                .collect(),
            internal: vec![PackagePattern {
                format: Format::Npm,
                namespace: Some("acme".to_owned()),
                name: "*".to_owned(),
            }],
            producers: products
                .map(|(rank, application)| {
                    (
                        self.packages[*rank].clone(),
                        BTreeSet::from([application_id(*application)]),
                    )
                })
                .collect(),
            upriver: upriver.collect(),
            ..Topology::default()
        }
    }

    pub(super) fn registrations(&self) -> impl Iterator<Item = Registration> {
        (0..self.applications).map(|number| self.registration(number))
    }

    fn registration(&self, number: usize) -> Registration {
        let ranks = self.ranks_of(number);
        let mut random = Random::seeded(seed_of(number) ^ 1);
        let mut dependencies: Vec<Dependency> = probes_of(number)
            .into_iter()
            .map(|probe| direct(Self::probe(probe)))
            .collect();
        for rank in &ranks {
            dependencies.push(self.dependency(*rank, &mut random));
        }
        let products = self.products_of(number);
        let application = Application {
            id: application_id(number),
            owner: id(&format!("team-{}", number % TEAMS)),
            pipeline: Pipeline {
                target: target(number),
                name: id(&format!("pipeline-{number}")),
            },
            repositories: vec![team_repository(number % TEAMS)],
            products,
            publishes_to: Some(repository("shared")),
            versioning: Versioning::Build,
            policy: Policy::default(),
            source_folder: String::new(),
            build_role: None,
            is_declared: false,
            registered_at: Timestamp::from_unix_millis(0),
            upriver: self.upriver(&ranks),
            ring: 0,
        };
        Registration {
            application,
            dependencies,
        }
    }

    /// The packages that an application draws, none twice. A producer depends on products of earlier ones only.
    fn ranks_of(&self, number: usize) -> BTreeSet<usize> {
        let mut random = Random::seeded(seed_of(number));
        let is_producer = number.is_multiple_of(PRODUCER_EVERY);
        let wanted = DEPENDENCIES - probes_of(number).len();
        let mut ranks = BTreeSet::new();
        while ranks.len() < wanted {
            let rank = self.zipf.draw(&mut random);
            let producer = self.producer_of.get(&rank);
            if producer.is_none_or(|producer| !is_producer || *producer < number) {
                ranks.insert(rank);
            }
        }
        ranks
    }

    fn products_of(&self, number: usize) -> BTreeSet<PackageId> {
        if !number.is_multiple_of(PRODUCER_EVERY) {
            return BTreeSet::new();
        }
        let own = self
            .producer_of
            .iter()
            .filter(|(_, producer)| **producer == number);
        own.map(|(rank, _)| self.packages[*rank].clone()).collect()
    }

    fn upriver(&self, ranks: &BTreeSet<usize>) -> BTreeSet<ApplicationId> {
        let producers = ranks.iter().filter_map(|rank| self.producer_of.get(rank));
        producers
            .map(|producer| application_id(*producer))
            .collect()
    }

    /// A tenth is direct; of the rest each package comes in by one of three ways.
    fn dependency(&self, rank: usize, random: &mut Random) -> Dependency {
        const REQUIREMENTS: &[&str] = &["^1.0.0", "~1.2.0", ">=1.1.0 <2.0.0", "^1.2.0"];
        let is_direct = random.below(10) == 0;
        let way = random.below(3);
        let (path, requirement) = if is_direct {
            (Vec::new(), random.pick(REQUIREMENTS))
        } else {
            // Whoever pulls it in says which versions.
            let through = self.packages[(rank * 7 + way) % 200].clone();
            (
                vec![through],
                REQUIREMENTS[(rank + way) % REQUIREMENTS.len()],
            )
        };
        Dependency {
            requirement: requirement.to_owned(),
            is_locked: random.below(5) == 0,
            is_direct: path.is_empty(),
            path,
            evidence: Evidence {
                file: "package-lock.json".into(),
                line: u32::try_from(random.below(20_000)).ok(),
            },
            ..direct(self.packages[rank].clone())
        }
    }
}

pub(super) fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: id::<AccountId>(ACCOUNT),
        domain: id("acme"),
        name: id(name),
    }
}

fn direct(package: PackageId) -> Dependency {
    Dependency {
        package,
        requirement: "^1.2.0".to_owned(),
        is_requirement_assumed: false,
        built: Built::Proven("1.2.0".to_owned()),
        built_as_of: None,
        built_revision: None,
        is_locked: false,
        is_direct: true,
        path: Vec::new(),
        scope: Scope::Runtime,
        evidence: Evidence {
            file: "package.json".into(),
            line: Some(12),
        },
        lock: None,
    }
}

/// Which of the packages set aside this application depends on.
fn probes_of(number: usize) -> [Probe; 3] {
    [Probe::All, Probe::Hundred(number / 100), Probe::One(number)]
}

const fn seed_of(number: usize) -> u64 {
    (number as u64 + 1) << 8
}

fn application_id(number: usize) -> ApplicationId {
    id(&format!("application-{number:05}"))
}

fn team_repository(team: usize) -> RepositoryId {
    repository(&format!("team-{team}"))
}

fn target(number: usize) -> Target {
    Target {
        account: id(&format!("2000000000{:02}", number % TEAMS)),
        region: id("eu-west-1"),
    }
}

/// Packages of odd rank are ours by name.
fn package(rank: usize, name: &str) -> PackageId {
    let scope = if rank.is_multiple_of(2) {
        "acme"
    } else {
        "other"
    };
    PackageId::new(Format::Npm, Some(scope), name).expect("the name is plain")
}

fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("what is made up here is valid")
}
