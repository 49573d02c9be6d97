//! How domain values stand in the simulator's rows: as the text they display and parse as.

use std::fmt;
use std::str::FromStr;

use downriver_domain::version::{Format, PackageId, PackageVersionId};
use downriver_domain::{RepositoryId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A domain value as one JSON string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<T>(pub(crate) T);

/// Values that have a text form which reads back.
pub(crate) trait TextForm: Sized {
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Option<Self>;
}

macro_rules! displayed {
    ($($name:ty),+ $(,)?) => {
        $(impl TextForm for $name {
            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Option<Self> {
                <$name>::from_str(text).ok()
            }
        })+
    };
}

displayed!(
    downriver_domain::ApplicationId,
    downriver_domain::AttemptId,
    downriver_domain::ClientRequestToken,
    downriver_domain::OwnerId,
    downriver_domain::PipelineExecutionId,
);

impl TextForm for RepositoryId {
    fn to_text(&self) -> String {
        self.to_string()
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (owner, domain, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            domain_owner: owner.parse().ok()?,
            domain: domain.parse().ok()?,
            name: name.parse().ok()?,
        })
    }
}

/// `format/namespace/name`, as in CodeArtifact's ARNs: neither part can hold a `/`.
impl TextForm for PackageId {
    fn to_text(&self) -> String {
        let namespace = self.namespace().unwrap_or("");
        format!("{}/{namespace}/{}", self.format(), self.name())
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (format, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
        let namespace = Some(namespace).filter(|text| !text.is_empty());
        Self::new(Format::from_str(format).ok()?, namespace, name).ok()
    }
}

impl TextForm for PackageVersionId {
    fn to_text(&self) -> String {
        format!("{}#{}", self.package().to_text(), self.version())
    }

    fn from_text(text: &str) -> Option<Self> {
        let (package, version) = text.split_once('#')?;
        Self::new(PackageId::from_text(package)?, version).ok()
    }
}

impl TextForm for Timestamp {
    fn to_text(&self) -> String {
        self.unix_millis().to_string()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::from_unix_millis)
    }
}

impl<T: TextForm> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_text())
    }
}

impl<'de, T: TextForm> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::from_text(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` does not read back")))
    }
}

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
