use downriver_domain::{ApplicationId, Dependency, Edge};
use downriver_engine::ports::StoreError;
use downriver_engine::wire::stored::{decode_dependency, encode_dependency};

use super::super::item::{self, Item, pack_whole, undecoded};

/// The edges of one application to one package as an item holds them: a line of stored JSON for each instance.
///
/// Attributes are short, as there are millions: `e` the edges, `g` the generation that they stand from, `w` the write;
/// `ne` and `ng` the edges that replace them and their generation, of an open mark (`ne` is absent where none do).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct StoredEdges {
    pub(in crate::store) lines: String,
    /// The write that the item stands from.
    pub(in crate::store) write: String,
    pub(in crate::store) is_marked: bool,
    /// Which of the item's attributes holds these lines.
    pub(in crate::store) attribute: &'static str,
}

impl StoredEdges {
    /// What an item holds of a generation; `None` if nothing.
    pub(in crate::store) fn of_generation(
        item: &Item,
        generation: u64,
    ) -> Result<Option<Self>, StoreError> {
        let marked = item::number_if_any(item, "ng")?;
        if marked == Some(generation) {
            return Self::read(item, "ne");
        }
        if item::number_if_any(item, "g")? == Some(generation) {
            return Self::read(item, "e");
        }
        Ok(None)
    }

    /// What an item without an open mark holds.
    pub(in crate::store) fn settled(item: &Item) -> Result<Option<Self>, StoreError> {
        Self::read(item, "e")
    }

    fn read(item: &Item, attribute: &'static str) -> Result<Option<Self>, StoreError> {
        let Some(lines) = item::body(item, attribute)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            lines,
            write: item::text(item, "w")?.to_owned(),
            is_marked: item.contains_key("ng"),
            attribute,
        }))
    }

    pub(in crate::store) fn decode(&self) -> Result<Vec<Dependency>, StoreError> {
        let lines = self.lines.lines();
        lines
            .map(|line| decode_dependency(line).map_err(|error| undecoded(&error)))
            .collect()
    }

    pub(in crate::store) fn edges(
        &self,
        application: &ApplicationId,
        is_producer: bool,
    ) -> Result<Vec<Edge>, StoreError> {
        let edges = self.decode()?.into_iter().zip(0..);
        Ok(edges
            .map(|(dependency, instance)| Edge {
                application: application.clone(),
                instance,
                is_producer,
                dependency,
            })
            .collect())
    }
}

pub(in crate::store) fn encode<'a>(
    dependencies: impl IntoIterator<Item = &'a Dependency>,
) -> String {
    let lines: Vec<String> = dependencies.into_iter().map(encode_dependency).collect();
    lines.join("\n")
}

pub(in crate::store) fn pack_lines(
    application: &ApplicationId,
    lines: &str,
) -> Result<aws_sdk_dynamodb::types::AttributeValue, StoreError> {
    pack_whole(
        &format!("the dependency of `{application}` on one package"),
        lines,
    )
}
