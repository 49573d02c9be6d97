//! The address of a CodeArtifact repository.

use downriver_version::Format;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint<'a> {
    pub(super) format: Format,
    pub(super) domain: &'a str,
    pub(super) domain_owner: &'a str,
    pub(super) region: &'a str,
    pub(super) repository: &'a str,
}

/// Of the partitions, and of those that answer on IPv6 too.
const ENDINGS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".on.aws"];

/// Reads `https://<domain>-<owner>.d.codeartifact.<region>.amazonaws.com/<format>/<repository>/…`; `None` for any other
/// address. What stands before an `@` (a token) is passed over.
pub(super) fn parse(address: &str) -> Option<Endpoint<'_>> {
    let (scheme, rest) = address.trim().split_once("://")?;
    if !matches!(scheme, "https" | "http" | "sparse+https") {
        return None;
    }
    let (authority, path) = rest.split_once('/')?;
    let host = authority.rsplit('@').next()?;
    let host = host.strip_suffix(":443").unwrap_or(host);
    let host = ENDINGS
        .into_iter()
        .find_map(|ending| host.strip_suffix(ending))?;
    let (name, region) = host.split_once(".codeartifact.")?;
    let name = name.strip_suffix(".d").unwrap_or(name);
    let (domain, domain_owner) = name.rsplit_once('-')?;
    let mut parts = path.split('/');
    let format = parts.next()?.parse().ok()?;
    let repository = parts.next()?.split(['?', '#']).next()?;
    let is_endpoint = is_domain(domain)
        && domain_owner.len() == 12
        && domain_owner.bytes().all(|byte| byte.is_ascii_digit())
        && is_region(region)
        && is_repository(repository);
    is_endpoint.then_some(Endpoint {
        format,
        domain,
        domain_owner,
        region,
        repository,
    })
}

/// CodeArtifact's `[a-z][a-z0-9\-]{0,48}[a-z0-9]`.
fn is_domain(text: &str) -> bool {
    (2..=50).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(is_lower_or_hyphen)
}

fn is_region(text: &str) -> bool {
    (3..=32).contains(&text.len()) && text.bytes().all(is_lower_or_hyphen)
}

/// CodeArtifact's `[A-Za-z0-9][A-Za-z0-9._\-]{1,99}`.
fn is_repository(text: &str) -> bool {
    (2..=100).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

const fn is_lower_or_hyphen(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}
