use super::{BLOCK_BYTES, Lines};

#[test]
fn a_place_has_one_line_more_than_there_are_breaks_before_it() {
    for period in [1, 7, BLOCK_BYTES - 1, BLOCK_BYTES, 3 * BLOCK_BYTES] {
        for length in [0, 1, BLOCK_BYTES, 5 * BLOCK_BYTES + 3] {
            let text: String = (1..=length)
                .map(|at| if at % period == 0 { '\n' } else { 'a' })
                .collect();
            let lines = Lines::new(&text);
            for offset in 0..=length {
                let breaks = text[..offset].matches('\n').count();
                assert_eq!(
                    lines.at(offset) as usize,
                    breaks + 1,
                    "{period} {length} {offset}"
                );
            }
            assert_eq!(lines.at(length + 1), lines.at(length));
        }
    }
}

#[test]
fn what_stands_elsewhere_has_no_line() {
    let text = "a\nb\nc".to_owned();
    let lines = Lines::new(&text);
    assert_eq!(lines.of(&text[4..]), Some(3));
    assert_eq!(lines.of("b"), None);
}
