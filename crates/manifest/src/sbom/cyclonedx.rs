//! `CycloneDX` 1.2 to 1.7: components (nested ones too), what the SBOM is about, and the graph.
//!
//! A component's `pedigree`, `evidence` and the like name other components that are not in it: they are passed over.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{Each, Text};
use super::own;
use super::parts::{Component, Link, Parts, Property, add_component};

/// Properties kept of one component: ours are as many as there are packages on the way to it.
const PROPERTIES_MAX: usize = crate::limits::VIA_MAX + 32;

/// `metadata`: what the SBOM is about.
pub(super) struct Metadata<'p, 'a>(pub(super) &'p mut Parts<'a>);
/// An array of components.
pub(super) struct Components<'p, 'a>(pub(super) &'p mut Vec<Component<'a>>);
struct OneComponent<'p, 'a>(&'p mut Vec<Component<'a>>);
/// `dependencies`.
pub(super) struct Dependencies<'p, 'a>(pub(super) &'p mut Parts<'a>);
struct OneDependency<'p, 'a>(&'p mut Parts<'a>);
struct Properties<'p, 'a>(&'p mut Vec<Property<'a>>);

macro_rules! seed {
    ($name:ident) => {
        impl<'de> DeserializeSeed<'de> for $name<'_, 'de> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_any(self)
            }
        }
    };
}
seed!(Metadata);
seed!(Components);
seed!(OneComponent);
seed!(Dependencies);
seed!(OneDependency);

impl<'de> Visitor<'de> for Metadata<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("`metadata`, an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<Text<'de>>()? {
            match &*key {
                "component" => entries.next_value_seed(OneComponent(&mut self.0.subjects))?,
                _ => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Components<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of components")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(OneComponent(self.0))?.is_some() {}
        Ok(())
    }
}

impl<'de> Visitor<'de> for OneComponent<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a component, an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        // Before those inside it, so that components stay in the order in which they are written.
        let index = add_component(self.0).map_err(A::Error::custom)?;
        while let Some(key) = entries.next_key::<Text<'de>>()? {
            let this = &mut self.0[index];
            match &*key {
                "bom-ref" => this.reference = entries.next_value()?,
                "purl" => this.purl = entries.next_value()?,
                "name" => this.name = entries.next_value()?,
                "version" => this.version = entries.next_value()?,
                "type" => this.kind = entries.next_value()?,
                "scope" => this.scope = entries.next_value()?,
                "properties" => entries.next_value_seed(Properties(&mut this.properties))?,
                "components" => entries.next_value_seed(Components(&mut *self.0))?,
                _ => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Properties<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let take = |property: Property<'de>| {
            if own::is_understood(&property.name) && self.0.len() < PROPERTIES_MAX {
                self.0.push(property);
            }
            Ok(())
        };
        Each::new(take).deserialize(deserializer)
    }
}

impl<'de> Visitor<'de> for Dependencies<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("`dependencies`, an array")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(OneDependency(self.0))?.is_some() {}
        Ok(())
    }
}

impl<'de> Visitor<'de> for OneDependency<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object with `ref` and `dependsOn`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        // `ref` need not come first.
        let from = self
            .0
            .dependent(Text::default())
            .map_err(A::Error::custom)?;
        while let Some(key) = entries.next_key::<Text<'de>>()? {
            match &*key {
                "ref" => self.0.dependents[from as usize] = entries.next_value()?,
                "dependsOn" => {
                    let parts = &mut *self.0;
                    let take = |to: Text<'de>| {
                        parts.link(Link {
                            from,
                            to,
                            scope: None,
                        })
                    };
                    entries.next_value_seed(Each::new(take))?;
                }
                _ => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}
