//! What AWS says of an account: pipelines, their tags, what their last executions were built from, repositories.
//!
//! What one pipeline does not tell is a remark, and keeps nothing else from being found.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use downriver_aws::deployment::{Account, DeploymentError};
use downriver_domain::catalog::matches_glob;
use downriver_domain::{OwnerId, PipelineName, Repository, RepositoryId, Target, Timestamp};
use downriver_engine::ports::{
    Artifacts as _, DeclaredPipeline, ExecutionStatus, Pipelines as _, ReadError, Registry as _,
    SourceRead,
};
use downriver_manifest::wanted;

use super::source::{SourceFacts, read_source};
use crate::arguments::DiscoverOptions;
use crate::desk::deployed::patiently;
use crate::exit::refuse;
use crate::terminal::Terminal;

/// Executions among which the newest success is looked for.
const EXECUTIONS_MAX: usize = 50;
/// Repositories that are described: as many as a domain has.
const REPOSITORIES_MAX: usize = 1_000;
/// Tags that name an owner where no option says which.
const OWNER_TAGS: [&str; 2] = ["owner", "team"];
/// What a pipeline declares if its builds can be told what to refresh.
const VARIABLES: [&str; 2] = ["DOWNRIVER_REBUILD", "DOWNRIVER_CHANGES"];

/// Which pipelines are wanted.
#[derive(Debug)]
pub(super) struct Wish {
    names: Vec<String>,
    /// Keys, with the value where one is wanted.
    tags: Vec<(String, Option<String>)>,
    owner_tag: Option<String>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) target: Target,
    /// Of all pipelines, wanted or not.
    pub(super) names: BTreeSet<PipelineName>,
    pub(super) pipelines: Vec<AskedPipeline>,
    /// Those that sources name and their upstreams; none where AWS did not tell more than the name.
    pub(super) repositories: BTreeMap<RepositoryId, Option<Repository>>,
    pub(super) remarks: Vec<String>,
}

#[derive(Debug)]
pub(super) struct AskedPipeline {
    pub(super) name: PipelineName,
    pub(super) owner: Option<OwnerId>,
    pub(super) has_variables: bool,
    /// None where there was nothing to read.
    pub(super) source: Option<SourceFacts>,
}

impl Wish {
    pub(super) fn of(options: &DiscoverOptions) -> anyhow::Result<Self> {
        let tags = options.tags.iter().map(|tag| match tag.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (tag.clone(), None),
        });
        let tags: Vec<_> = tags.collect();
        if tags.iter().any(|(key, _)| key.is_empty()) {
            return Err(refuse("--tag is KEY or KEY=VALUE: the key is missing"));
        }
        Ok(Self {
            names: options.names.clone(),
            tags,
            owner_tag: options.owner_tag.clone(),
        })
    }

    fn takes_name(&self, name: &PipelineName) -> bool {
        let mut names = self.names.iter();
        self.names.is_empty() || names.any(|pattern| matches_glob(pattern, name.as_str()))
    }

    fn takes_tags(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tags.iter().all(|(key, value)| {
            let found = tags.get(key);
            found.is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
        })
    }

    fn owner<'t>(&self, tags: &'t BTreeMap<String, String>) -> Option<&'t str> {
        if let Some(key) = &self.owner_tag {
            return tags.get(key).map(String::as_str);
        }
        OWNER_TAGS.iter().find_map(|wanted| {
            let mut tags = tags.iter();
            let found = tags.find(|(key, _)| key.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_str())
        })
    }
}

pub(super) async fn ask(
    account: &Account,
    wish: &Wish,
    terminal: &mut Terminal,
) -> anyhow::Result<Asked> {
    let listing = account.list_pipelines();
    let names = patiently(terminal, "listing pipelines", listing).await?;
    let mut asking = Asking {
        account,
        wish,
        are_tags_denied: false,
        remarks: Vec::new(),
    };
    let wanted: Vec<&PipelineName> = names.iter().filter(|name| wish.takes_name(name)).collect();
    let mut pipelines = Vec::new();
    for (number, name) in wanted.iter().enumerate() {
        let what = format!("pipeline {} of {}: {name}", number + 1, wanted.len());
        let work = Box::pin(asking.ask_pipeline(name));
        pipelines.extend(patiently(terminal, &what, work).await?);
    }
    let named = pipelines.iter().filter_map(|it| it.source.as_ref());
    let named: BTreeSet<RepositoryId> = named
        .flat_map(|source| source.repositories.iter().cloned())
        .collect();
    let work = Box::pin(asking.describe(named));
    let repositories = patiently(terminal, "asking for repositories", work).await;
    Ok(Asked {
        target: account.target().clone(),
        names: names.into_iter().collect(),
        pipelines,
        repositories,
        remarks: asking.remarks,
    })
}

struct Asking<'a> {
    account: &'a Account,
    wish: &'a Wish,
    are_tags_denied: bool,
    remarks: Vec<String>,
}

impl Asking<'_> {
    /// None if its tags are others than those wanted, or it cannot be read.
    async fn ask_pipeline(
        &mut self,
        name: &PipelineName,
    ) -> Result<Option<AskedPipeline>, DeploymentError> {
        let tags = self.load_tags(name).await?;
        if !self.wish.takes_tags(&tags) {
            return Ok(None);
        }
        let declared = match self.account.describe_pipeline(name).await {
            Ok(Some(declared)) => declared,
            // Deleted since it was listed.
            Ok(None) => return Ok(None),
            Err(error @ DeploymentError::Denied { .. }) => {
                self.remark(name, &format!("left as it is: {error}"));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let owner = self.wish.owner(&tags);
        let parsed = owner.and_then(|owner| owner.trim().parse().ok());
        if let (Some(owner), None) = (owner, &parsed) {
            let owner = owner.escape_debug();
            self.remark(
                name,
                &format!("its tag names `{owner}`, which no owner can be called"),
            );
        }
        Ok(Some(AskedPipeline {
            owner: parsed,
            has_variables: declared.is_v2 && has_all(&declared),
            source: self.load_source(name, &declared).await,
            name: name.clone(),
        }))
    }

    /// None are no error if they are only to tell the owner.
    async fn load_tags(
        &mut self,
        name: &PipelineName,
    ) -> Result<BTreeMap<String, String>, DeploymentError> {
        if self.are_tags_denied {
            return Ok(BTreeMap::new());
        }
        match self.account.load_tags(name).await {
            Err(error @ DeploymentError::Denied { .. }) if self.wish.tags.is_empty() => {
                self.are_tags_denied = true;
                self.remarks.push(format!("owners are not known: {error}"));
                Ok(BTreeMap::new())
            }
            loaded => loaded,
        }
    }

    async fn load_source(
        &mut self,
        name: &PipelineName,
        declared: &DeclaredPipeline,
    ) -> Option<SourceFacts> {
        match self.try_load_source(name).await {
            Ok(Some(SourceRead::Files(source))) => {
                let (facts, remarks) = read_source(&source.files, &self.account.target().region);
                for remark in remarks {
                    self.remark(name, &remark);
                }
                return Some(facts);
            }
            Ok(Some(SourceRead::CloneReference)) => self.remark(name, CLONE_REFERENCE),
            Ok(None) if declared.is_clone_reference => self.remark(name, CLONE_REFERENCE),
            Ok(None) => self.remark(
                name,
                &format!(
                    "none of its last {EXECUTIONS_MAX} executions succeeded, so there is no source to read"
                ),
            ),
            Ok(Some(SourceRead::Nothing(why))) => self.remark(name, &why),
            Err(error) => self.remark(name, &format!("its source was not read: {error}")),
        }
        None
    }

    /// None if no execution that built something succeeded.
    async fn try_load_source(&self, name: &PipelineName) -> Result<Option<SourceRead>, ReadError> {
        let pipeline = self.account.pipeline(name);
        let pipelines = self.account.pipelines();
        let executions = pipelines
            .list_executions(&pipeline, Timestamp::default(), EXECUTIONS_MAX)
            .await?;
        let newest = executions.iter().find(|execution| {
            // A return to an earlier execution has no source of its own.
            execution.status == ExecutionStatus::Succeeded && execution.rollback_target.is_none()
        });
        let Some(newest) = newest else {
            return Ok(None);
        };
        let choose = |paths: &[String]| {
            let wanted = wanted(paths.iter().map(String::as_str), "");
            wanted.into_iter().map(str::to_owned).collect()
        };
        let artifacts = self.account.artifacts();
        let read = Box::pin(artifacts.load_source(&pipeline, &newest.id, &choose));
        read.await.map(Some)
    }

    /// These repositories and all that are upstream of them.
    async fn describe(
        &mut self,
        named: BTreeSet<RepositoryId>,
    ) -> BTreeMap<RepositoryId, Option<Repository>> {
        let mut repositories = BTreeMap::new();
        let mut next: VecDeque<RepositoryId> = named.into_iter().collect();
        while let Some(id) = next.pop_front() {
            if repositories.contains_key(&id) {
                continue;
            }
            if repositories.len() == REPOSITORIES_MAX {
                self.remarks.push(format!(
                    "only {REPOSITORIES_MAX} repositories were asked for: those upstream of the others are missing"
                ));
                break;
            }
            let described = match self.account.registry().describe_repository(&id).await {
                Ok(described) => Some(described),
                Err(error) => {
                    self.remarks.push(format!(
                        "repository {id}: its upstreams are not known (codeartifact:DescribeRepository): {error}"
                    ));
                    None
                }
            };
            next.extend(described.iter().flat_map(|it| it.upstreams.iter().cloned()));
            repositories.insert(id, described);
        }
        repositories
    }

    fn remark(&mut self, name: &PipelineName, text: &str) {
        self.remarks.push(format!("{name}: {text}"));
    }
}

const CLONE_REFERENCE: &str = "its source artifact names a commit and holds no files (CODEBUILD_CLONE_REF): let the build upload what it used, `downriver index --upload`";

fn has_all(declared: &DeclaredPipeline) -> bool {
    let has = |wanted: &&str| {
        declared
            .variables
            .iter()
            .any(|variable| variable.name == *wanted)
    };
    VARIABLES.iter().all(has)
}
