//! Which repository is meant: what the options say, then the catalog's `[defaults]`, then the caller's account.

use downriver_domain::access::RepositoryPlace;
use downriver_domain::{AccountId, DomainName, RegionName, RepositoryId, RepositoryName};
use downriver_engine::wire::catalog::{Defaults, parse_defaults};

use crate::arguments::GlobalOptions;
use crate::arguments::access::RepositoryOptions;
use crate::exit::refuse;
use crate::setup::{find_catalog, read_text};

/// The Region of AWS's own tools.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The repository that is meant, as far as it can be told without asking anybody.
#[derive(Debug)]
pub(crate) struct Wanted {
    owner: Option<AccountId>,
    domain: DomainName,
    name: RepositoryName,
    pub(crate) administrator: Option<AccountId>,
    region: Option<RegionName>,
}

impl Wanted {
    pub(crate) fn of(options: &RepositoryOptions, global: &GlobalOptions) -> anyhow::Result<Self> {
        let given = options.repository.as_deref().map(parse_repository);
        let given = given.transpose()?;
        // A catalog that is not needed may be as wrong as it likes.
        let is_whole = matches!(given, Some(Given::Whole(_)))
            || (given.is_some() && options.domain.is_some() && options.domain_owner.is_some());
        let defaults = if is_whole && global.catalog.is_none() && !options_need_region(global) {
            Defaults::default()
        } else {
            load_defaults(global)?
        };
        let (owner, domain, name) = match given {
            Some(Given::Whole(id)) => {
                check_same("--domain", options.domain.as_ref(), &id.domain)?;
                check_same(
                    "--domain-owner",
                    options.domain_owner.as_ref(),
                    &id.domain_owner,
                )?;
                (Some(id.domain_owner), id.domain, id.name)
            }
            Some(Given::Name(name)) => {
                let domain = options.domain.clone().or(defaults.domain);
                let domain = domain.ok_or_else(|| {
                    refuse("which domain? Give --domain NAME, --repository OWNER/DOMAIN/NAME, or `domain` in the catalog's [defaults]")
                })?;
                let owner = options.domain_owner.clone().or(defaults.domain_owner);
                (owner, domain, name)
            }
            None => {
                let id = default_repository(options, &defaults)?;
                (Some(id.domain_owner), id.domain, id.name)
            }
        };
        Ok(Self {
            owner,
            domain,
            name,
            administrator: options.administrator.clone(),
            region: defaults.region,
        })
    }

    /// For policies in files: what ARNs in them have to say.
    pub(crate) fn region_of_files(&self, global: &GlobalOptions) -> anyhow::Result<RegionName> {
        let variable = || {
            let mut values = REGION_VARIABLES.iter();
            values.find_map(|name| std::env::var(name).ok())
        };
        if let Some(text) = global.region.clone().or_else(variable) {
            return text.parse().map_err(|error| refuse(format!("{error}")));
        }
        self.region.clone().ok_or_else(|| {
            refuse("in which Region is the domain? Give --region REGION, set AWS_REGION, or `region` in the catalog's [defaults]: the ARNs in policies name it")
        })
    }

    /// Where `account` is the caller's own, if one was asked. The administrator is the domain's owner where nobody said.
    pub(crate) fn place(
        &self,
        account: Option<&AccountId>,
        region: RegionName,
    ) -> anyhow::Result<RepositoryPlace> {
        let owner = self.owner.as_ref().or(account).ok_or_else(|| {
            refuse("which account owns the domain? Give --domain-owner ACCOUNT or --repository OWNER/DOMAIN/NAME")
        })?;
        Ok(RepositoryPlace {
            region,
            administrator: self.administrator.clone().unwrap_or_else(|| owner.clone()),
            repository: RepositoryId {
                domain_owner: owner.clone(),
                domain: self.domain.clone(),
                name: self.name.clone(),
            },
        })
    }
}

enum Given {
    Whole(RepositoryId),
    Name(RepositoryName),
}

fn parse_repository(text: &str) -> anyhow::Result<Given> {
    let wrong = |reason: String| refuse(format!("--repository {text}: {reason}"));
    let parts: Vec<&str> = text.split('/').collect();
    match *parts.as_slice() {
        [name] => {
            let name = name.parse::<RepositoryName>();
            name.map(Given::Name)
                .map_err(|error| wrong(error.to_string()))
        }
        [owner, domain, name] => Ok(Given::Whole(RepositoryId {
            domain_owner: owner
                .parse::<AccountId>()
                .map_err(|error| wrong(error.to_string()))?,
            domain: domain
                .parse::<DomainName>()
                .map_err(|error| wrong(error.to_string()))?,
            name: name
                .parse::<RepositoryName>()
                .map_err(|error| wrong(error.to_string()))?,
        })),
        _ => Err(wrong("expected a name, or OWNER/DOMAIN/NAME".to_owned())),
    }
}

fn check_same<T: PartialEq + std::fmt::Display>(
    option: &str,
    given: Option<&T>,
    other: &T,
) -> anyhow::Result<()> {
    match given {
        Some(given) if given != other => Err(refuse(format!(
            "{option} {given} and --repository contradict each other: leave one of them out"
        ))),
        _ => Ok(()),
    }
}

/// The only repository that builds resolve from by default.
fn default_repository(
    options: &RepositoryOptions,
    defaults: &Defaults,
) -> anyhow::Result<RepositoryId> {
    let is_meant = |id: &&RepositoryId| {
        options
            .domain
            .as_ref()
            .is_none_or(|domain| *domain == id.domain)
            && { options.domain_owner.as_ref() }.is_none_or(|owner| *owner == id.domain_owner)
    };
    let found: Vec<&RepositoryId> = defaults.repositories.iter().filter(is_meant).collect();
    match *found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(refuse(
            "which repository? Give --repository NAME or OWNER/DOMAIN/NAME, or one of `repositories` in the catalog's [defaults]",
        )),
        _ => {
            let names: Vec<&str> = found.iter().map(|id| id.name.as_str()).collect();
            Err(refuse(format!(
                "which repository? The catalog's [defaults] name {}: give --repository NAME",
                names.join(", ")
            )))
        }
    }
}

/// The Region of files may have to come from the catalog.
fn options_need_region(global: &GlobalOptions) -> bool {
    global.region.is_none()
        && REGION_VARIABLES
            .iter()
            .all(|name| std::env::var(name).is_err())
}

/// Nothing where there is no catalog.
fn load_defaults(global: &GlobalOptions) -> anyhow::Result<Defaults> {
    let path = match find_catalog(global) {
        Ok(path) => path,
        Err(error) if global.catalog.is_some() => return Err(error),
        Err(_) => return Ok(Defaults::default()),
    };
    let name = path.display().to_string();
    let text = read_text(&path)
        .map_err(|reason| refuse(format!("failed to read the catalog {name}: {reason}")))?;
    parse_defaults(&name, &text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        refuse(format!(
            "{name} cannot be read for its [defaults]:\n{}",
            lines.join("\n")
        ))
    })
}
