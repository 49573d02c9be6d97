//! `downriver access`: its commands, options and their help.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use downriver_domain::access::Principal;
use downriver_domain::version::PackageId;
use downriver_domain::{AccountId, DomainName, OrganizationId, PackagePattern};
use downriver_engine::wire::catalog::parse_package_pattern;

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Whether somebody may read a repository or publish a package, and which statements decide
    ///
    /// Without PRINCIPAL: everyone whom the policies name, and what they may. With policies in files nobody is asked, and a
    /// policy that is not given counts as none.
    Check(Box<CheckOptions>),
    /// The smallest change of the policies that lets somebody read or publish; --apply puts it
    Grant(GrantOptions),
    /// Take back what was granted; statements of others stay
    Revoke(GrantOptions),
    /// Both policies, and what Downriver's own statements in them grant
    Show(ShowOptions),
    /// Take all of Downriver's own statements out, or delete one policy as a whole
    Delete(DeleteOptions),
}

#[derive(Debug, Args)]
pub(crate) struct RepositoryOptions {
    /// The repository; default: that of the catalog's `[defaults]`, if it names one
    #[arg(long, value_name = "NAME|OWNER/DOMAIN/NAME")]
    pub(crate) repository: Option<String>,
    /// Its domain; default: that of the catalog's `[defaults]`
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: Option<DomainName>,
    /// The account that owns the domain; default: that of the catalog's `[defaults]`, else your own
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) domain_owner: Option<AccountId>,
    /// The account that made the repository; default: as CodeArtifact says, for files the domain's owner
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) administrator: Option<AccountId>,
}

/// What packages are to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// Download packages, and look at what there is
    Read,
    /// Publish versions of packages
    Publish,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// What for
    #[arg(value_enum, value_name = "read|publish", requires = "principal")]
    pub(crate) purpose: Option<Purpose>,
    /// An account id, or the ARN of a user, a role, or a role's session
    pub(crate) principal: Option<Principal>,
    /// The package to publish, as a package URL: `pkg:npm/%40acme/tokens`
    #[arg(value_name = "PURL")]
    pub(crate) package: Option<PackageId>,
    #[command(flatten)]
    pub(crate) repository: RepositoryOptions,
    /// An identity policy of the principal; all of them have to be given, may be repeated
    #[arg(long = "identity-policy", value_name = "FILE", requires = "principal")]
    pub(crate) identity_policies: Vec<PathBuf>,
    /// Suppose that identity policies, which are not read, allow everything
    #[arg(long, conflicts_with = "identity_policies", requires = "principal")]
    pub(crate) suppose_identity: bool,
    /// The domain's policy, from a file; AWS is not asked
    #[arg(long, value_name = "FILE")]
    pub(crate) domain_policy: Option<PathBuf>,
    /// The repository's policy, from a file; AWS is not asked
    #[arg(long, value_name = "FILE")]
    pub(crate) repository_policy: Option<PathBuf>,
    /// A condition key of the request, as in `aws:PrincipalOrgID=o-abcdefghij`; without a value: it certainly has none; may
    /// be repeated
    #[arg(long = "context", value_name = "KEY[=VALUE]")]
    pub(crate) context: Vec<String>,
}

impl CheckOptions {
    /// Nobody is asked for the policies.
    pub(crate) const fn is_of_files(&self) -> bool {
        self.domain_policy.is_some() || self.repository_policy.is_some()
    }
}

#[derive(Debug, Args)]
pub(crate) struct GrantOptions {
    /// What for
    #[arg(value_enum, value_name = "read|publish")]
    pub(crate) purpose: Purpose,
    /// Account ids, or ARNs of users, roles, or roles' sessions
    #[arg(value_name = "GRANTEE", required_unless_present = "organizations")]
    pub(crate) grantees: Vec<Principal>,
    /// Every account of this organization; may be repeated
    #[arg(long = "organization", value_name = "ID")]
    pub(crate) organizations: Vec<OrganizationId>,
    /// Publish only packages of such names, `*` stands for any run of characters: `pkg:npm/%40acme/*`; may be repeated
    #[arg(long = "package", value_name = "PATTERN", value_parser = parse_package_pattern)]
    pub(crate) packages: Vec<PackagePattern>,
    #[command(flatten)]
    pub(crate) repository: RepositoryOptions,
    /// Put the change
    #[arg(long)]
    pub(crate) apply: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    pub(crate) repository: RepositoryOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteOptions {
    #[command(flatten)]
    pub(crate) repository: RepositoryOptions,
    /// Delete this policy as a whole, with what others put into it
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) all: Option<PolicyName>,
    /// Write it
    #[arg(long)]
    pub(crate) apply: bool,
    /// With --all and --apply: it is meant
    #[arg(long, requires = "all")]
    pub(crate) yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyName {
    Domain,
    Repository,
}

impl AccessCommand {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Check(_) => "access check",
            Self::Grant(_) => "access grant",
            Self::Revoke(_) => "access revoke",
            Self::Show(_) => "access show",
            Self::Delete(_) => "access delete",
        }
    }
}
