//! Wires the function: everything is built once, before the first event.

use downriver_aws::lambda::{Deployed, Function};
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let deployed = Deployed::from_environment(Function::Start)?;
    run(service_fn(|event| {
        downriver_start::handle(&deployed, event)
    }))
    .await
}
