use super::*;

#[test]
fn a_new_pipeline_does_not_start_and_events_go_to_the_hub() {
    let ports = Ports {
        aws: 4566,
        simulated: 4567,
        moto: 4568,
    };
    let runs = "http://127.0.0.1:4566/123456789012/runs";
    let told = settings(ports, runs, Registry::Told);
    assert_eq!(told["is_registry_told"], true);
    let settings = settings(ports, runs, Registry::Filled);
    assert_eq!(settings["is_registry_told"], false);
    assert_eq!(settings["starts_on_create"], false);
    assert_eq!(settings["bus"]["endpoint"], "http://127.0.0.1:4566");
    assert_eq!(
        settings["bus"]["relay_queue_url"],
        "http://127.0.0.1:4566/123456789012/runs"
    );
    assert_eq!(settings["bus"]["hub_account"], ACCOUNT);
}
