//! The three processes of a local stack: ministack, the simulated services, moto; started and waited for.

use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::exports::{ACCOUNT, REGION};
use super::ports::Ports;
use super::processes::{Lifetime, isolate, start};
use super::{LOGS_FOLDER, http};
use crate::logged::tail;
use crate::output::make_folder;
use crate::tools::Tools;

const READY_WAIT_MAX: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const MINISTACK_READY: &str = "/_ministack/ready";
const SIMULATED_READY: &str = "/_simulator/health";
const MOTO_READY: &str = "/moto-api/data.json";

/// One that was started, with how to tell that it is ready.
struct Started {
    name: &'static str,
    process: Child,
    port: u16,
    ready_path: &'static str,
}

/// Starts all three and waits until each answers.
pub(crate) fn start_all(
    tools: &Tools,
    simulated_program: &Path,
    folder: &Path,
    ports: Ports,
    lifetime: Lifetime,
) -> Result<()> {
    let run = |name: &'static str, command: &mut Command, port: u16, ready_path: &'static str| {
        let process = start(command, folder, lifetime, &log_path(folder, name))?;
        anyhow::Ok(Started {
            name,
            process,
            port,
            ready_path,
        })
    };
    let started = [
        run(
            "ministack",
            &mut ministack(tools, folder, ports)?,
            ports.aws,
            MINISTACK_READY,
        )?,
        run(
            "simulated",
            &mut simulated(simulated_program, ports),
            ports.simulated,
            SIMULATED_READY,
        )?,
        run("moto", &mut moto(tools, ports), ports.moto, MOTO_READY)?,
    ];
    let deadline = Instant::now() + READY_WAIT_MAX;
    started
        .into_iter()
        .try_for_each(|started| wait(started, folder, deadline))
}

/// Whether all three answer.
pub(crate) fn are_ready(ports: Ports) -> bool {
    [
        (ports.aws, MINISTACK_READY),
        (ports.simulated, SIMULATED_READY),
        (ports.moto, MOTO_READY),
    ]
    .into_iter()
    .all(|(port, path)| is_ready(port, path))
}

pub(crate) fn log_path(folder: &Path, name: &str) -> std::path::PathBuf {
    folder.join(LOGS_FOLDER).join(format!("{name}.log"))
}

fn wait(mut started: Started, folder: &Path, deadline: Instant) -> Result<()> {
    let name = started.name;
    let log = log_path(folder, name);
    while !is_ready(started.port, started.ready_path) {
        if let Ok(Some(status)) = started.process.try_wait() {
            bail!(
                "failed to start {name}: it ended with {status}; {} ends with\n{}",
                log.display(),
                tail(&log)
            );
        }
        if Instant::now() > deadline {
            bail!(
                "failed to start {name}: it does not answer; {} ends with\n{}",
                log.display(),
                tail(&log)
            );
        }
        sleep(POLL_INTERVAL);
    }
    Ok(())
}

fn is_ready(port: u16, path: &str) -> bool {
    http::get(port, path).is_ok_and(|answer| answer.status == 200)
}

/// Its application, on the address that only this machine reaches, with everything off that would listen elsewhere or outlive it.
fn ministack(tools: &Tools, folder: &Path, ports: Ports) -> Result<Command> {
    // It unpacks the functions there.
    let temporary = folder.join("tmp");
    make_folder(&temporary)?;
    let mut command = tools.command("hypercorn");
    isolate(&mut command);
    command
        .args(["ministack.app:app", "--workers", "0", "--keep-alive", "75"])
        .args(["--bind", &format!("127.0.0.1:{}", ports.aws)])
        .env("GATEWAY_PORT", ports.aws.to_string())
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
        .env("MINISTACK_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", ACCOUNT)
        .env("PERSIST_STATE", "0")
        .env("S3_PERSIST", "0")
        .env("LAMBDA_EXECUTOR", "local")
        .env("LAMBDA_WARM_TTL_SECONDS", "3600")
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("TMPDIR", temporary);
    Ok(command)
}

/// Told by `simulation::connect` where its events go, once there is somebody to take them.
fn simulated(program: &Path, ports: Ports) -> Command {
    let mut command = Command::new(program);
    isolate(&mut command);
    command.args(["--listen", &format!("127.0.0.1:{}", ports.simulated)]);
    command
}

fn moto(tools: &Tools, ports: Ports) -> Command {
    let mut command = tools.command("moto_server");
    isolate(&mut command);
    command
        .args(["--host", "127.0.0.1", "--port", &ports.moto.to_string()])
        .env("MOTO_ACCOUNT_ID", ACCOUNT);
    command
}
