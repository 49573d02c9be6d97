use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Edge};
use downriver_engine::ports::{EdgeCursor, EdgePage, StoreError};

use super::super::item::{self, Item, permanent};
use super::super::keys;
use super::super::table::{Query, Range, Table};
use super::{Head, READ_TRIES_MAX, StoredEdges};

/// An edge item with what its key says.
struct Found {
    is_producer: bool,
    application: ApplicationId,
    item: Item,
}

/// Whether an item's edges are in force.
enum Standing {
    Settled,
    /// The edges of this generation.
    Of(u64),
    /// Another registration of the application, or another role of it.
    Over,
}

pub(in crate::store) async fn load_dependents(
    table: &Table,
    package: &PackageId,
    after: Option<&EdgeCursor>,
    limit: usize,
) -> Result<EdgePage, StoreError> {
    let limit = limit.max(1);
    for tried in 0..READ_TRIES_MAX {
        if tried > 0 {
            table.back_off(tried).await;
        }
        if let Some(edges) = try_load(table, package, after, limit).await? {
            return Ok(cut(edges, limit));
        }
    }
    Err(changing(package))
}

/// More than `limit` edges if there are as many; `None` if some were replaced while they were read.
async fn try_load(
    table: &Table,
    package: &PackageId,
    after: Option<&EdgeCursor>,
    limit: usize,
) -> Result<Option<Vec<Edge>>, StoreError> {
    let mut edges = Vec::new();
    let mut range = after.map_or(Range::All, |cursor| {
        Range::From(keys::edge_sk(!cursor.is_consumer, &cursor.application))
    });
    loop {
        // The application of the cursor, and one beyond the page.
        let wanted = limit.saturating_add(2);
        let query = Query::new(keys::edges_of(package), range);
        let items = table.query(&query, wanted).await?;
        let is_last = items.len() < wanted;
        let found = items
            .into_iter()
            .map(Found::of)
            .collect::<Result<Vec<_>, _>>()?;
        let Some(last) = found.last().map(Found::sk) else {
            return Ok(Some(edges));
        };
        for (found, standing) in standings(table, package, found).await? {
            let stored = match standing {
                Standing::Over => continue,
                Standing::Settled => StoredEdges::settled(&found.item)?,
                Standing::Of(generation) => StoredEdges::of_generation(&found.item, generation)?,
            };
            let Some(stored) = stored else {
                return Ok(None);
            };
            let of_item = stored.edges(&found.application, found.is_producer)?;
            edges.extend(of_item.into_iter().filter(|edge| is_after(edge, after)));
        }
        if is_last || edges.len() > limit {
            return Ok(Some(edges));
        }
        range = Range::After(last);
    }
}

/// How many applications depend on a package.
pub(in crate::store) async fn count_dependents(
    table: &Table,
    package: &PackageId,
) -> Result<u64, StoreError> {
    let query = Query {
        // What tells which items are in force, and not the edges.
        projection: Some("sk, g, ng"),
        ..Query::new(keys::edges_of(package), Range::All)
    };
    let items = table.query(&query, usize::MAX).await?;
    let found = items
        .into_iter()
        .map(Found::of)
        .collect::<Result<Vec<_>, _>>()?;
    let standings = standings(table, package, found).await?;
    let in_force = standings
        .iter()
        .filter(|(_, standing)| !matches!(standing, Standing::Over));
    Ok(u64::try_from(in_force.count()).unwrap_or(u64::MAX))
}

/// Looks at the heads of those applications that have an open mark, or appear in both roles.
async fn standings(
    table: &Table,
    package: &PackageId,
    found: Vec<Found>,
) -> Result<Vec<(Found, Standing)>, StoreError> {
    let mut seen = BTreeSet::new();
    let mut doubtful = BTreeSet::new();
    for found in &found {
        let is_twice = !seen.insert(&found.application);
        if is_twice || found.item.contains_key("ng") {
            doubtful.insert(found.application.clone());
        }
    }
    let heads = load_heads(table, &doubtful).await?;
    let standings = found.into_iter().map(|found| {
        let standing = match heads.get(&found.application) {
            None => Standing::Settled,
            Some(head) if head.is_producer != found.is_producer => Standing::Over,
            Some(head) => head.since(package).map_or(Standing::Over, Standing::Of),
        };
        (found, standing)
    });
    Ok(standings.collect())
}

async fn load_heads(
    table: &Table,
    applications: &BTreeSet<ApplicationId>,
) -> Result<BTreeMap<ApplicationId, Head>, StoreError> {
    if applications.is_empty() {
        return Ok(BTreeMap::new());
    }
    let items = table
        .get_all(applications.iter().map(keys::edges_head).collect())
        .await?;
    let heads = applications.iter().map(|application| {
        let head = Head::of(items.get(&keys::edges_head(application)))?;
        Ok((application.clone(), head))
    });
    heads.collect()
}

impl Found {
    fn of(item: Item) -> Result<Self, StoreError> {
        let sk = item::text(&item, "sk")?;
        let (is_producer, application) = keys::parse_edge_sk(sk)
            .ok_or_else(|| permanent(format!("`{}` is no key of an edge", sk.escape_debug())))?;
        Ok(Self {
            is_producer,
            application,
            item,
        })
    }

    fn sk(&self) -> String {
        keys::edge_sk(self.is_producer, &self.application)
    }
}

fn is_after(edge: &Edge, after: Option<&EdgeCursor>) -> bool {
    after.is_none_or(|cursor| {
        (!edge.is_producer, &edge.application, edge.instance)
            > (cursor.is_consumer, &cursor.application, cursor.instance)
    })
}

/// Makes a page of at most `limit` edges, which ends with an application unless that alone exceeds the limit.
fn cut(mut edges: Vec<Edge>, limit: usize) -> EdgePage {
    if edges.len() <= limit {
        return EdgePage { edges, next: None };
    }
    let beyond = &edges[limit].application;
    let whole = edges[..limit]
        .iter()
        .take_while(|edge| edge.application != *beyond)
        .count();
    edges.truncate(if whole == 0 { limit } else { whole });
    let next = edges.last().map(|edge| EdgeCursor {
        is_consumer: !edge.is_producer,
        application: edge.application.clone(),
        instance: edge.instance,
    });
    EdgePage { edges, next }
}

fn changing(package: &PackageId) -> StoreError {
    StoreError::Transient(format!(
        "dependents of `{package}` were replaced each time they were read"
    ))
}
