//! Which ports of 127.0.0.1 a stack listens on.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result, bail};

/// The emulators' usual port, and how far apart the places are where a free one is looked for.
const USUAL_PORT: u16 = 4566;
const PLACES: u16 = 20;
const PLACE_DISTANCE: u16 = 10;

/// One port for each process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    /// ministack: everything that the deployment consists of.
    pub(crate) aws: u16,
    /// The simulated CodePipeline, STS and CodeArtifact.
    pub(crate) simulated: u16,
    pub(crate) moto: u16,
}

impl Ports {
    /// Three in a row from the one that was asked for, or from the first usual place where three are free.
    pub(crate) fn in_a_row(asked: Option<u16>) -> Result<Self> {
        if let Some(first) = asked {
            let ports = Self::from_first(first).with_context(|| {
                format!("failed to use port {first}: two more are needed after it")
            })?;
            if let Some(taken) = ports.all().into_iter().find(|port| !is_free(*port)) {
                bail!(
                    "failed to use port {taken} of 127.0.0.1: something else listens there; name another with `--port`"
                );
            }
            return Ok(ports);
        }
        (0..PLACES)
            .filter_map(|place| Self::from_first(USUAL_PORT + place * PLACE_DISTANCE))
            .find(|ports| ports.all().into_iter().all(is_free))
            .context("failed to find three free ports in a row; name the first with `--port`")
    }

    /// Any that are free now.
    pub(crate) fn any() -> Result<Self> {
        let listen =
            || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("failed to find a free port");
        // All are held until the last is known, so that they differ.
        let held = [listen()?, listen()?, listen()?];
        let port = |index: usize| -> Result<u16> {
            Ok(held[index]
                .local_addr()
                .context("failed to find a free port")?
                .port())
        };
        Ok(Self {
            aws: port(0)?,
            simulated: port(1)?,
            moto: port(2)?,
        })
    }

    fn from_first(first: u16) -> Option<Self> {
        Some(Self {
            aws: first,
            simulated: first.checked_add(1)?,
            moto: first.checked_add(2)?,
        })
    }

    fn all(self) -> [u16; 3] {
        [self.aws, self.simulated, self.moto]
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} and {}", self.aws, self.simulated, self.moto)
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
