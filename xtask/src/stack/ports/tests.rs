use super::*;

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let ports = Ports::any().expect("there are free ports");
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.simulated)).expect("it was free");
    let first = ports.simulated - 1;
    let error = Ports::in_a_row(Some(first)).expect_err("its second port is taken");
    assert!(error.to_string().contains("`--port`"), "{error}");
}

#[test]
fn three_different_ports_are_found_without_asking() {
    let ports = Ports::any().expect("there are free ports");
    assert!(
        ports.aws != ports.simulated && ports.simulated != ports.moto && ports.aws != ports.moto
    );
    let ports = Ports::in_a_row(None).expect("there are free ports");
    assert_eq!(
        [ports.aws + 1, ports.aws + 2],
        [ports.simulated, ports.moto]
    );
}

#[test]
fn the_last_port_of_all_is_too_late() {
    assert!(Ports::in_a_row(Some(u16::MAX - 1)).is_err());
}
