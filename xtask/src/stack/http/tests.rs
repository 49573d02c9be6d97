use super::*;

#[test]
fn a_request_names_its_length_and_closes_the_connection() {
    let text = rendered(
        4566,
        "POST",
        "/x",
        &[("Content-Type", "application/json")],
        "{}",
    );
    let expected = "POST /x HTTP/1.0\r\nHost: 127.0.0.1:4566\r\nConnection: close\r\nContent-Length: 2\r\n\
                    Content-Type: application/json\r\n\r\n{}";
    assert_eq!(text, expected);
}

#[test]
fn an_answer_is_its_status_and_what_follows_the_headers() {
    let answer =
        parse_answer("HTTP/1.1 503 Service Unavailable\r\nserver: x\r\n\r\nnot\r\n\r\nyet");
    let expected = Answer {
        status: 503,
        body: "not\r\n\r\nyet".to_owned(),
    };
    assert_eq!(answer.expect("it is an answer"), expected);
}

#[test]
fn what_is_no_answer_is_refused() {
    for text in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "SSH-2.0 200\r\n\r\n",
        "HTTP/1.1 fine\r\n\r\n",
    ] {
        assert!(parse_answer(text).is_err(), "{text:?}");
    }
}
