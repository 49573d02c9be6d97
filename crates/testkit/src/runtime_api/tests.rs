use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::{Answer, Endpoint, Function};

#[test]
fn an_endpoint_answers_and_keeps_what_it_was_asked() {
    let endpoint = Endpoint::start(|asked| (200, format!("{} was asked", asked.operation)))
        .expect("a free port");
    let host = endpoint.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).expect("it listens");
    // Two requests over one connection, the second in chunks.
    let text = "POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nContent-Length: 2\r\n\r\n{}\
                PUT /bucket/key HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    stream.write_all(text.as_bytes()).expect("it reads");
    stream
        .shutdown(std::net::Shutdown::Write)
        .expect("it is open");
    let mut answered = String::new();
    stream.read_to_string(&mut answered).expect("it answers");
    assert!(answered.contains("AmazonSQS.SendMessage was asked"));
    let asked: Vec<(String, String)> = endpoint
        .asked()
        .into_iter()
        .map(|asked| (asked.operation, asked.body))
        .collect();
    let expected = [("AmazonSQS.SendMessage", "{}"), ("PUT /bucket/key", "abc")];
    let expected = expected.map(|(operation, body)| (operation.to_owned(), body.to_owned()));
    assert_eq!(asked, expected);
}

#[test]
fn a_relay_gives_the_answer_of_the_other_and_keeps_the_question() {
    let other = Endpoint::start(|asked| (404, format!("no {}", asked.body))).expect("a free port");
    let relay = Endpoint::before(other.url()).expect("a free port");
    let host = relay.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).expect("it listens");
    let text = "POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nkey";
    stream.write_all(text.as_bytes()).expect("it reads");
    stream
        .shutdown(std::net::Shutdown::Write)
        .expect("it is open");
    let mut answered = String::new();
    stream.read_to_string(&mut answered).expect("it answers");
    assert!(answered.starts_with("HTTP/1.1 404 "), "{answered}");
    assert!(answered.ends_with("no key"), "{answered}");
    assert_eq!(relay.asked(), other.asked());
    assert_eq!(relay.asked()[0].operation, "POST /a?b");
}

#[test]
fn a_program_that_asks_for_nothing_gives_no_answer_and_tells_why_it_ended() {
    let program = Path::new("/bin/cat");
    let mut function = Function::start(program, &[]).expect("it can be started");
    let answer = function.invoke("{}", Duration::from_millis(10));
    assert_eq!(answer, Answer::None);
    let (code, told) = function.wait().expect("it ended");
    assert_eq!((code, told.as_str()), (Some(0), ""));
}
