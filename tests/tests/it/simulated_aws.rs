//! The simulated services as a process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use downriver_testkit::simulated_aws::client::{Client, Control};
use downriver_testkit::simulated_aws::{Fault, FaultKind, NewPipeline, Operation};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";

/// Ends with the test, however that ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        self.0.kill().unwrap_or(());
    }
}

#[test]
fn the_process_says_where_it_is_and_ends_well_though_a_call_is_held() {
    let child = Command::new(env!("CARGO_BIN_EXE_simulated-services"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let mut line = String::new();
    let out = process.0.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let endpoint = line.trim().rsplit(' ').next().unwrap();
    let control = Control::new(endpoint);
    control.create_pipelines(ACCOUNT, REGION, vec![NewPipeline::named("web-shop")]);
    control.add_fault(&Fault {
        operation: Operation::StartPipelineExecution,
        of: None,
        fault: FaultKind::Hold,
        times: 1,
        after: 0,
    });
    let client = Client::new(endpoint, ACCOUNT, REGION);
    let held = std::thread::spawn(move || client.start("web-shop", None, &[]));
    let look = |control: &Control| control.holds().first().copied();
    control.wait_for(std::time::Duration::from_secs(20), look);
    let pid = process.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(process.0.wait().unwrap().success());
    held.join().unwrap().unwrap_err();
}
