//! Package URLs of our types, both ways. Placeholder until the real mapping lands.

use crate::{InvalidName, PackageId, PackageVersionId};

pub(crate) fn format_package(package: &PackageId) -> String {
    format!("pkg:{}/{}", package.format(), package.name())
}

pub(crate) fn format_package_version(package_version: &PackageVersionId) -> String {
    format!(
        "{}@{}",
        package_version.package(),
        package_version.version()
    )
}

pub(crate) fn parse_package(text: &str) -> Result<PackageId, InvalidName> {
    Err(InvalidName(text.to_owned()))
}

pub(crate) fn parse_package_version(text: &str) -> Result<PackageVersionId, InvalidName> {
    Err(InvalidName(text.to_owned()))
}
