//! The keys of `downriver.toml` as they are written: what serde reads and the JSON Schema describes. Their doc comments
//! are what an editor shows. Nothing here knows a domain type; the other modules convert.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::{
    ACCOUNTS_MAX, APPLICATIONS_MAX, DEPENDENCIES_MAX, FREEZES_MAX, OWNERS_MAX, PATTERNS_MAX,
    PRODUCTS_MAX, REPOSITORIES_MAX, REPOSITORIES_SEEN_MAX, RINGS_MAX, TAGS_MAX, TARGETS_MAX,
    UPSTREAMS_MAX, VIA_MAX, WINDOWS_MAX,
};

/// The catalog of Downriver: which applications there are, what they depend on and how they want to be rebuilt.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Catalog of Downriver")]
pub(super) struct CatalogKeys {
    /// Accounts that own CodeArtifact domains; events of other owners are refused. Default: the owners of `repositories`.
    #[schemars(length(min = 1, max = ACCOUNTS_MAX))]
    pub(super) domain_owners: Option<Vec<At<String>>>,
    /// Accounts, besides the domain owners, whose copies of CodeArtifact's events are accepted. Default: none.
    #[schemars(length(min = 1, max = ACCOUNTS_MAX))]
    pub(super) accounts: Option<Vec<At<String>>>,
    /// Packages that are yours whatever their origin says: `pkg:npm/%40acme/*`. What applications produce is anyway.
    #[schemars(length(max = PATTERNS_MAX))]
    #[serde(default)]
    pub(super) internal: Vec<At<String>>,
    /// Packages whose versions are published again with other contents; Maven's `-SNAPSHOT` is known without this.
    #[schemars(length(max = PATTERNS_MAX))]
    #[serde(default)]
    pub(super) mutable: Vec<At<String>>,
    /// Packages whose changes are urgent: they wait for no quiet period, age, window or freeze, and have places of the
    /// budgets to themselves.
    #[schemars(length(max = PATTERNS_MAX))]
    #[serde(default)]
    pub(super) urgent: Vec<At<String>>,
    /// Decide and explain everything, start nothing. Default: false.
    pub(super) shadow: Option<bool>,
    /// Spans in which nothing starts but what is urgent.
    #[schemars(length(max = FREEZES_MAX))]
    #[serde(default)]
    pub(super) freezes: Vec<At<FreezeKeys>>,
    /// How a change spreads: ring after ring. Without it every change goes to everybody at once, and nothing halts it.
    pub(super) rollout: Option<RolloutKeys>,
    /// How far a change may go without a person's approval.
    pub(super) limits: Option<LimitsKeys>,
    /// What applications take over unless they say otherwise.
    pub(super) defaults: Option<DefaultsKeys>,
    /// Policy per team. Where there is any owner here, an application must name one of them.
    #[schemars(extend("maxProperties" = OWNERS_MAX))]
    #[serde(default)]
    pub(super) owners: BTreeMap<At<String>, OwnerKeys>,
    /// CodeArtifact repositories: `name` in the default domain, or `owner/domain/name`.
    #[schemars(extend("maxProperties" = REPOSITORIES_MAX))]
    #[serde(default)]
    pub(super) repositories: BTreeMap<At<String>, RepositoryKeys>,
    /// Where pipelines live, `account/region`. The target of `defaults` needs no entry.
    #[schemars(extend("maxProperties" = TARGETS_MAX))]
    #[serde(default)]
    pub(super) targets: BTreeMap<At<String>, TargetKeys>,
    /// Applications by id: 1 to 48 letters, digits, `-` or `_`.
    #[schemars(extend("maxProperties" = APPLICATIONS_MAX))]
    #[serde(default)]
    pub(super) applications: BTreeMap<At<String>, ApplicationKeys>,
}

/// A CodeArtifact repository.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RepositoryKeys {
    /// Its direct upstream repositories, in the order in which CodeArtifact asks them.
    #[schemars(length(max = UPSTREAMS_MAX))]
    #[serde(default)]
    pub(super) upstreams: Vec<At<String>>,
    /// The public repository it is connected to, for example `public:npmjs`; CodeArtifact allows one.
    pub(super) external_connection: Option<At<String>>,
}

/// An account and Region that pipelines live in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetKeys {
    /// Downriver's executions in flight there at most. Default: 20.
    #[schemars(range(min = 1, max = 10_000))]
    pub(super) budget: Option<u32>,
    /// Places of the budget that are kept for urgent rebuilds; one at least is left for the others. Default: a tenth.
    #[schemars(range(max = 9_999))]
    pub(super) urgent: Option<At<u32>>,
    /// How its pipelines are started. Default: role.
    pub(super) start: Option<StartKey>,
}

/// How the pipelines of a target are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StartKey {
    /// In a role of that account, which also reads what ran.
    Role,
    /// By an event on the bus `downriver-requests` of that account, for which it has a rule: no role is assumed there.
    Event,
}

/// A span in which nothing starts but what is urgent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FreezeKeys {
    /// When it begins: `2026-12-20T00:00:00Z`.
    #[schemars(required)]
    pub(super) from: Option<At<InstantKey>>,
    /// When it is over.
    #[schemars(required)]
    pub(super) until: Option<At<InstantKey>>,
    /// What people are told.
    #[schemars(required)]
    pub(super) reason: Option<At<String>>,
}

/// How a change spreads.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RolloutKeys {
    /// Who goes first, second, …; everybody else goes after the last. Default: one ring with everybody.
    #[schemars(length(max = RINGS_MAX))]
    #[serde(default)]
    pub(super) rings: Vec<At<RingKeys>>,
    /// The share of a ring that must be delivered before the next goes, 1% to 100%. Default: 100%.
    pub(super) pass: Option<At<PercentKey>>,
    /// The share of the ended rebuilds of a ring whose failure halts the change, 1% to 100%. Default: 20%.
    pub(super) halt: Option<At<PercentKey>>,
    /// Within a ring one goes, then two, five, ten, … as they succeed. Default: true.
    pub(super) ramp: Option<bool>,
    /// A halted version is set `Unlisted` in its repository. Default: false.
    pub(super) unlist: Option<bool>,
}

/// Who is in a ring: by `tags` or by `share`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RingKeys {
    /// Applications with any of these tags.
    #[schemars(length(min = 1, max = TAGS_MAX))]
    pub(super) tags: Option<Vec<At<String>>>,
    /// A share of those whom nothing else places, 1% to 100%: fewest dependents first, then the quickest pipelines.
    pub(super) share: Option<At<PercentKey>>,
}

/// How far a change may go without a person's approval.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsKeys {
    /// A change that reaches more applications waits for an approval. Default: any number.
    #[schemars(range(min = 1, max = APPLICATIONS_MAX))]
    pub(super) applications: Option<u32>,
    /// A change that comes after more rebuilds in a row waits for an approval. Default: any number.
    #[schemars(range(min = 1, max = 100))]
    pub(super) depth: Option<u32>,
}

/// When an application may be rebuilt.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowKeys {
    /// When it opens, as in cron: minute, hour, day of month, month, day of week. `0 9 * * MON-FRI`.
    #[schemars(required)]
    pub(super) schedule: Option<At<String>>,
    /// The time zone of the schedule, a name of the IANA database: `Europe/Berlin`.
    #[schemars(required)]
    pub(super) timezone: Option<At<String>>,
    /// How long it stays open, 5m to 7d.
    #[schemars(required)]
    pub(super) duration: Option<At<DurationKey>>,
}

/// Which dependencies of an application trigger at all.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FollowKey {
    /// Direct and transitive ones.
    All,
    /// Only those that its own manifest names.
    Direct,
    /// None: it is only listed.
    None,
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ScopeKey {
    Runtime,
    Dev,
    Test,
    Build,
    Optional,
    Peer,
}

/// What the build does about its committed lockfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnLockedKey {
    /// It runs `downriver refresh`, which reads the variables `DOWNRIVER_REBUILD` and `DOWNRIVER_CHANGES`.
    Refresh,
    /// It updates its lockfile by itself.
    Rebuild,
    /// It keeps its lockfile: only tell the owner.
    Notify,
    /// It keeps its lockfile, and nobody wants to know.
    Ignore,
}

/// What happens where a withdrawn version moves an application to an older one.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RollbackKey {
    /// Tell the owner.
    Notify,
    /// Rebuild.
    Auto,
}

/// How a producer numbers what it publishes.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum VersioningKey {
    /// Each execution publishes a new version.
    Build,
    /// The version stands in the source: a plain rebuild would publish it again and fail.
    Source,
}

/// A whole number with its unit: `90s`, `15m`, `2h` or `3d`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Duration", extend("pattern" = "^[0-9]+[smhd]$"))]
pub(super) struct DurationKey(pub(super) String);

/// A whole share: `20%`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Percent", extend("pattern" = "^[0-9]+%$"))]
pub(super) struct PercentKey(pub(super) String);

/// An instant as RFC 3339 writes it: `2026-12-20T00:00:00Z`. TOML's own date-time may stand without quotes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Instant", extend("format" = "date-time"))]
pub(super) struct InstantKey(pub(super) String);

/// Declares tables that hold policy keys besides their own. A nested table would read worse in the file, and serde's
/// `flatten` loses the positions.
macro_rules! with_policy {
    ($($(#[$table_meta:meta])* $table:ident { $($(#[$key_meta:meta])* $key:ident: $kind:ty,)* })+) => {$(
        $(#[$table_meta])*
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $table {
            $($(#[$key_meta])* pub(super) $key: $kind,)*
            /// The ARN of the role that builds run as: `downriver doctor` checks that it may read the repositories.
            pub(super) build_role: Option<At<String>>,
            /// Which dependencies trigger a rebuild. Default: all.
            pub(super) follow: Option<FollowKey>,
            /// The scopes of dependencies that trigger. Default: all but dev and test.
            #[schemars(length(min = 1, max = 6))]
            pub(super) scopes: Option<Vec<ScopeKey>>,
            /// The pipeline declares the variables `DOWNRIVER_REBUILD` and `DOWNRIVER_CHANGES` (type V2). Default: false.
            pub(super) variables: Option<At<bool>>,
            /// What the build does about its lockfile. Default: refresh with `variables`, else notify.
            pub(super) on_locked: Option<At<OnLockedKey>>,
            /// Whether a withdrawal may rebuild to an older version. Default: notify.
            pub(super) rollback: Option<RollbackKey>,
            /// Versions from public repositories trigger too. Default: false.
            pub(super) third_party: Option<bool>,
            /// Rebuild it although its versions stand in the source. Default: false.
            pub(super) rebuild_source: Option<bool>,
            /// Decide and explain everything, start nothing. Default: false.
            pub(super) shadow: Option<bool>,
            /// How long no change must come before a rebuild starts, up to 1h. Default: 60s.
            pub(super) quiet_period: Option<At<DurationKey>>,
            /// After this long the quiet period is over whatever comes, up to 1d. Default: 15m.
            pub(super) max_wait: Option<At<DurationKey>>,
            /// How long to wait for producers upriver, 1m to 7d. Default: 2h.
            pub(super) max_block: Option<At<DurationKey>>,
            /// An execution running longer is parked, 1m to 30d. Default: 8h.
            pub(super) max_run: Option<At<DurationKey>>,
            /// How long after an execution its publications may appear, up to 1h. Default: 3m.
            pub(super) publish_grace: Option<At<DurationKey>>,
            /// How often a failed execution is tried again. Default: 1.
            #[schemars(range(max = 10))]
            pub(super) retries: Option<u32>,
            /// How long to wait before that, up to 1d. Default: 10m.
            pub(super) retry_after: Option<At<DurationKey>>,
            /// When it may be rebuilt; an empty list: always. Default: always.
            #[schemars(length(max = WINDOWS_MAX))]
            pub(super) windows: Option<At<Vec<At<WindowKeys>>>>,
            /// How long a third-party version must have been known before it is taken, up to 90d. Default: 3d.
            pub(super) minimum_age: Option<At<DurationKey>>,
            /// Rebuilds that start within 24 hours at most. Default: any number.
            #[schemars(range(min = 1, max = 100))]
            pub(super) max_rebuilds_per_day: Option<u32>,
            /// The ring of `rollout` that it is in, counted from 0. Default: as the rules of `rollout` say.
            #[schemars(range(max = RINGS_MAX))]
            pub(super) ring: Option<At<u32>>,
            /// What the rules of `rollout` know it by.
            #[schemars(length(min = 1, max = TAGS_MAX))]
            pub(super) tags: Option<Vec<At<String>>>,
        }

        impl $table {
            pub(super) fn policy(&self) -> PolicyKeys {
                PolicyKeys {
                    build_role: self.build_role.clone(),
                    follow: self.follow,
                    scopes: self.scopes.clone(),
                    variables: self.variables.clone(),
                    on_locked: self.on_locked.clone(),
                    rollback: self.rollback,
                    third_party: self.third_party,
                    rebuild_source: self.rebuild_source,
                    shadow: self.shadow,
                    quiet_period: self.quiet_period.clone(),
                    max_wait: self.max_wait.clone(),
                    max_block: self.max_block.clone(),
                    max_run: self.max_run.clone(),
                    publish_grace: self.publish_grace.clone(),
                    retries: self.retries,
                    retry_after: self.retry_after.clone(),
                    windows: self.windows.clone(),
                    minimum_age: self.minimum_age.clone(),
                    max_rebuilds_per_day: self.max_rebuilds_per_day,
                    tags: self.tags.clone(),
                    ring: self.ring.as_ref().map(|ring| *ring.get()),
                }
            }
        }
    )+};
}

/// The policy keys of one table.
#[derive(Debug, Clone, Default)]
pub(super) struct PolicyKeys {
    pub(super) build_role: Option<At<String>>,
    pub(super) follow: Option<FollowKey>,
    pub(super) scopes: Option<Vec<ScopeKey>>,
    pub(super) variables: Option<At<bool>>,
    pub(super) on_locked: Option<At<OnLockedKey>>,
    pub(super) rollback: Option<RollbackKey>,
    pub(super) third_party: Option<bool>,
    pub(super) rebuild_source: Option<bool>,
    pub(super) shadow: Option<bool>,
    pub(super) quiet_period: Option<At<DurationKey>>,
    pub(super) max_wait: Option<At<DurationKey>>,
    pub(super) max_block: Option<At<DurationKey>>,
    pub(super) max_run: Option<At<DurationKey>>,
    pub(super) publish_grace: Option<At<DurationKey>>,
    pub(super) retries: Option<u32>,
    pub(super) retry_after: Option<At<DurationKey>>,
    pub(super) windows: Option<At<Vec<At<WindowKeys>>>>,
    pub(super) minimum_age: Option<At<DurationKey>>,
    pub(super) max_rebuilds_per_day: Option<u32>,
    pub(super) tags: Option<Vec<At<String>>>,
    pub(super) ring: Option<u32>,
}

with_policy! {
    /// What applications take over unless they or their owner say otherwise.
    DefaultsKeys {
        /// The account that pipelines live in.
        account: Option<At<String>>,
        /// The Region that pipelines live in.
        region: Option<At<String>>,
        /// The CodeArtifact domain of repositories named without one.
        domain: Option<At<String>>,
        /// The account that owns that domain.
        domain_owner: Option<At<String>>,
        /// The repositories that builds resolve from.
        #[schemars(length(min = 1, max = REPOSITORIES_SEEN_MAX))]
        repositories: Option<Vec<At<String>>>,
    }
    /// A team.
    OwnerKeys {
        /// The pipelines that its applications may name, `*` for any run of characters. Default: any.
        #[schemars(length(min = 1, max = PATTERNS_MAX))]
        pipelines: Option<Vec<String>>,
    }
    /// An application: one pipeline that is to be rebuilt.
    ApplicationKeys {
        /// The team it belongs to.
        #[schemars(required)]
        owner: Option<At<String>>,
        /// Its CodePipeline. Default: the application's id.
        pipeline: Option<At<String>>,
        /// The account its pipeline lives in. Default: that of `defaults`.
        account: Option<At<String>>,
        /// The Region its pipeline lives in. Default: that of `defaults`.
        region: Option<At<String>>,
        /// The repositories its build resolves from, the one it pulls through first. Default: those of `defaults`.
        #[schemars(length(min = 1, max = REPOSITORIES_SEEN_MAX))]
        repositories: Option<Vec<At<String>>>,
        /// The packages it publishes, as package URLs without a version.
        #[schemars(length(max = PRODUCTS_MAX))]
        #[serde(default)]
        products: Vec<At<String>>,
        /// Where its products appear first. Default: the first of `repositories`.
        publishes_to: Option<At<String>>,
        /// How it numbers its products. Default: build.
        versioning: Option<At<VersioningKey>>,
        /// What it depends on. Two entries for one package are two instances of it. With neither this nor
        /// `dependencies_file`, what was sent for it stays.
        #[schemars(length(max = DEPENDENCIES_MAX))]
        dependencies: Option<Vec<At<DependencyKeys>>>,
        /// A file, relative to this one, with more `dependencies`.
        dependencies_file: Option<At<String>>,
        /// The folder of its source that holds its manifests and lockfiles, from the source's root. Default: the root.
        source_folder: Option<At<String>>,
        /// A folder, relative to this file, with the application's manifests and lockfiles: a store on this machine reads
        /// its dependencies from there. In a deployment they are read from what its executions build.
        folder: Option<At<String>>,
    }
}

/// A file with the dependencies of an application.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DependenciesFileKeys {
    #[schemars(length(max = DEPENDENCIES_MAX))]
    #[serde(default)]
    pub(super) dependencies: Vec<At<DependencyKeys>>,
}

/// One instance of a package in an application.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DependencyKeys {
    /// The package URL without a version: `pkg:npm/%40acme/tokens`.
    #[schemars(required)]
    pub(super) package: Option<At<String>>,
    /// The requirement in the syntax of whoever pulls it in: `^2.3.0`.
    #[schemars(required)]
    pub(super) requirement: Option<At<String>>,
    /// The version that the last successful execution was built with, as read from its lockfile or SBOM.
    pub(super) built: Option<At<String>>,
    /// The same where nobody read it: a version to start from.
    pub(super) assumed: Option<At<String>>,
    /// A committed lockfile holds the built version. Default: false.
    #[serde(default)]
    pub(super) locked: bool,
    /// What it is for. Default: runtime.
    pub(super) scope: Option<ScopeKey>,
    /// The packages that pull it in, outermost first. Default: none, it is a direct dependency.
    #[schemars(length(max = VIA_MAX))]
    #[serde(default)]
    pub(super) via: Vec<At<String>>,
    /// The file it was read from, with a line if you like: `package-lock.json:120`. Default: this entry.
    pub(super) evidence: Option<At<String>>,
}
