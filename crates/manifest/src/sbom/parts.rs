//! What both formats come down to before the graph is made.

use downriver_domain::Scope;

use super::json::Text;
use crate::limits::{EDGES_MAX, NODES_MAX};
use crate::texts::Texts;

/// An SBOM in pieces, as it is written: nothing is resolved yet.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    /// As people name it: `CycloneDX 1.6`.
    pub(super) format: String,
    /// What the SBOM is about, by its references; and its own parts. None of them is a dependency.
    pub(super) subjects: Vec<Component<'a>>,
    pub(super) components: Vec<Component<'a>>,
    /// Those who depend on something.
    pub(super) dependents: Vec<Text<'a>>,
    pub(super) links: Vec<Link<'a>>,
}

/// A component (or, in SPDX, a package).
#[derive(Debug, Default)]
pub(super) struct Component<'a> {
    /// By which the graph names it.
    pub(super) reference: Option<Text<'a>>,
    pub(super) purl: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) version: Option<Text<'a>>,
    /// `CycloneDX`: `library`, `file`, …
    pub(super) kind: Option<Text<'a>>,
    /// `CycloneDX`: `required`, `optional`, `excluded`.
    pub(super) scope: Option<Text<'a>>,
    /// Those that are understood, in order.
    pub(super) properties: Vec<Property<'a>>,
}

/// A named value; `CycloneDX` has a list of them wherever tools want to say more.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct Property<'a> {
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) value: Option<Text<'a>>,
}

/// One of `dependents` depends on something.
#[derive(Debug)]
pub(super) struct Link<'a> {
    /// Which of `dependents`.
    pub(super) from: u32,
    pub(super) to: Text<'a>,
    /// `None`: as the component itself says.
    pub(super) scope: Option<Scope>,
}

impl<'a> Parts<'a> {
    /// Another who depends on something.
    pub(super) fn dependent(&mut self, reference: Text<'a>) -> Result<u32, String> {
        if self.dependents.len() >= EDGES_MAX {
            return Err(too_many_links());
        }
        self.dependents.push(reference);
        u32::try_from(self.dependents.len() - 1).map_err(|_| too_many_links())
    }

    pub(super) fn link(&mut self, link: Link<'a>) -> Result<(), String> {
        if self.links.len() >= EDGES_MAX {
            return Err(too_many_links());
        }
        self.links.push(link);
        Ok(())
    }

    /// The package URLs of the components, as they are written.
    pub(super) fn package_urls(&self) -> Texts {
        self.components
            .iter()
            .filter_map(|component| component.purl.as_deref())
            .collect()
    }
}

/// Adds an empty component and returns its index.
pub(super) fn add_component(components: &mut Vec<Component<'_>>) -> Result<usize, String> {
    if components.len() >= NODES_MAX {
        return Err(format!("more than {NODES_MAX} components"));
    }
    components.push(Component::default());
    Ok(components.len() - 1)
}

fn too_many_links() -> String {
    format!("more than {EDGES_MAX} dependencies between components")
}
