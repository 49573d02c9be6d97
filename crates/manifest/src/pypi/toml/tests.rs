//! Reading in pieces gives what reading as a whole gives.

use serde::Deserialize;

use super::{Text, pieces, read_pieces, read_pieces_within};
use crate::lines::Lines;

#[derive(Deserialize, Debug)]
struct Piece<'a> {
    #[serde(borrow, default)]
    package: Vec<Package<'a>>,
}

#[derive(Deserialize, Debug)]
struct Package<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    about: Option<Text<'a>>,
}

fn names(text: &str) -> Vec<String> {
    read_pieces::<Piece<'_>>("lock", text, "package")
        .unwrap()
        .into_iter()
        .flat_map(|piece| piece.package)
        .map(|package| package.name.0.into_owned())
        .collect()
}

#[test]
fn a_piece_is_a_package_with_its_own_tables() {
    let text = "version = 1\n[[package]]\nname = 'a'\n[package.extras]\nx = []\n[[package.wheels]]\n[[package]]\nname = 'b'\n[metadata]\n";
    assert_eq!(
        pieces(text, "package"),
        [
            "version = 1\n",
            "[[package]]\nname = 'a'\n[package.extras]\nx = []\n[[package.wheels]]\n",
            "[[package]]\nname = 'b'\n",
            "[metadata]\n",
        ]
    );
    assert_eq!(names(text), ["a", "b"]);
}

#[test]
fn a_text_that_looks_like_a_header_is_read_all_the_same() {
    let text = "[[package]]\nname = 'a'\nabout = '''\n[[package]]\nname = 'no'\n'''\n[[package]]\nname = 'b'\n";
    let read = read_pieces::<Piece<'_>>("lock", text, "package").unwrap();
    assert_eq!(names(text), ["a", "b"]);
    let about = read[0].package[0].about.as_ref().unwrap();
    assert_eq!(about.0, "[[package]]\nname = 'no'\n");
}

#[test]
fn windows_line_ends_cut_alike() {
    assert_eq!(
        names("[[package]]\r\nname = 'a'\r\n[[package]]\r\nname = 'b'\r\n"),
        ["a", "b"]
    );
}

#[test]
fn texts_borrow_so_that_they_tell_their_line() {
    let text = "[[package]]\nname = 'a'\n\n[[package]]\nname = \"b\\u0062\"\n";
    let lines = Lines::new(text);
    let read = read_pieces::<Piece<'_>>("lock", text, "package").unwrap();
    let of = |at: usize| lines.of(&read[at].package[0].name.0);
    assert_eq!(of(0), Some(2));
    assert_eq!(of(1), None, "an escape is no part of the file");
}

#[test]
fn an_error_tells_its_line_in_the_whole_file() {
    let text = "[[package]]\nname = 'a'\n[[package]]\nname = 3\n";
    let problem = read_pieces::<Piece<'_>>("lock", text, "package").unwrap_err();
    assert_eq!(problem.line, Some(4));
    insta::assert_snapshot!(problem, @"lock:4: is not valid here: invalid type: integer `3`, expected a text");
    let cut_short =
        read_pieces::<Piece<'_>>("lock", "[[package]]\nname = 'a", "package").unwrap_err();
    assert_eq!(cut_short.line, Some(2));
}

#[test]
fn nesting_without_end_is_refused() {
    let text = format!("[[package]]\nname = 'a'\nwheels = {}", "[".repeat(10_000));
    assert!(read_pieces::<Piece<'_>>("lock", &text, "package").is_err());
}

#[test]
fn a_long_table_of_hashes_comes_apart_between_its_keys() {
    let mut text = "[[package]]\nname = 'a'\n[metadata.files]\n".to_owned();
    let keys = (0..5_000)
        .map(|package| format!("p{package} = [\n    {{file = 'p.whl', hash = 'sha256:aa'}},\n]\n"));
    text.extend(keys);
    let found = pieces(&text, "package");
    assert!(found.len() > 3, "{}", found.len());
    assert_eq!(found.concat(), text);
    assert!(found.iter().all(|piece| piece.len() < 70_000));
    assert_eq!(names(&text), ["a"]);
    assert!(read_pieces::<Piece<'_>>("lock", &text[..text.len() - 2], "package").is_err());
}

#[test]
fn a_long_file_tells_the_line_of_the_piece_that_is_wrong() {
    let text = "[[package]]\nname = 'a'\n[[package]]\nname = 'b'\n[[package]]\nname = 3\n";
    let problem = read_pieces_within::<Piece<'_>>("lock", text, "package", 30).unwrap_err();
    assert_eq!(problem.line, Some(6));
}

#[test]
fn a_piece_that_is_too_long_is_refused() {
    let text = format!(
        "[[package]]\nname = 'a'\n[other]\na = '{}'",
        "a".repeat(100)
    );
    let problem = read_pieces_within::<Piece<'_>>("lock", &text, "package", 60).unwrap_err();
    assert!(
        problem.text.ends_with("in one piece: at most 60 are read"),
        "{problem}"
    );
    assert!(read_pieces_within::<Piece<'_>>("lock", &text, "package", 200).is_ok());
}
