use super::*;
use crate::ports::Notice;

const DEPLOYMENT: &str = "downriver-production";

#[test]
fn notices_of_version_1_are_written_so() {
    let lines: Vec<String> = values::notices()
        .iter()
        .map(|notice| {
            let encoded = encode_notice(notice, DEPLOYMENT);
            format!("{}: {}", encoded.detail_type, encoded.detail)
        })
        .collect();
    let samples: Vec<&str> = include_str!("../samples/notice.1.txt").lines().collect();
    assert_eq!(lines, samples);
}

#[test]
fn a_text_that_is_too_long_is_cut() {
    let notice = Notice {
        text: "ü".repeat(NOTICE_TEXT_CHARS_MAX + 1),
        ..values::notices().remove(0)
    };
    let encoded = encode_notice(&notice, DEPLOYMENT);
    assert!(encoded.detail.ends_with("üü…\"}"), "{}", encoded.detail);
    assert_eq!(encoded.detail.matches('ü').count(), NOTICE_TEXT_CHARS_MAX);
}
