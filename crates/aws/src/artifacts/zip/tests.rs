mod made;

use std::time::Instant;

use super::*;
use made::{Item, Object, Writer};

const MIB: u64 = 1024 * 1024;

async fn open(object: &Object) -> Result<Archive<&Object>, ZipError> {
    Archive::open(object, object.tail(TAIL_BYTES)).await
}

async fn read(object: &Object, names: &[&str]) -> Result<Vec<(String, Vec<u8>)>, ZipError> {
    let names = names.iter().map(ToString::to_string).collect();
    open(object).await?.read(&names).await
}

async fn refusal(object: &Object, names: &[&str]) -> String {
    match read(object, names).await {
        Err(ZipError::Refused(what)) => what,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn archives_of_three_tools_read_the_same() {
    let samples: [(&str, &[u8]); 5] = [
        ("git", include_bytes!("samples/git-archive.zip")),
        ("jar", include_bytes!("samples/jar.zip")),
        ("Python", include_bytes!("samples/python.zip")),
        (
            "Python, stored",
            include_bytes!("samples/python-stored.zip"),
        ),
        (
            "Python, streamed, zip64, a comment with a signature",
            include_bytes!("samples/python-streamed-zip64.zip"),
        ),
    ];
    for (tool, bytes) in samples {
        let object = Object::of(bytes);
        let mut archive = open(&object).await.expect(tool);
        let names = archive.names();
        assert_eq!(
            names,
            [
                "README.md",
                "empty",
                "web/nested/umlaut-ä.txt",
                "web/package-lock.json",
                "web/package.json"
            ],
            "{tool}"
        );
        let files = archive
            .read(&names.into_iter().collect())
            .await
            .expect(tool);
        let contents: Vec<&str> = files
            .iter()
            .map(|(_, content)| std::str::from_utf8(content).expect("text"))
            .collect();
        assert_eq!(contents[..3], ["# Example\n", "", "ä\n"], "{tool}");
        assert_eq!(contents[3].lines().count(), 66, "{tool}");
        assert!(contents[4].contains("@acme/tokens"), "{tool}");
        assert_eq!(object.reads(), [], "{tool}: all of it was in the tail");
    }
}

#[tokio::test]
async fn of_500_megabytes_only_the_directory_and_the_wanted_files_are_read() {
    let lock = vec![b'x'; 300_000];
    let object = Writer::default()
        .with(&Item::stored("README.md", b"# Example"))
        .with_gap(200 * MIB)
        .with(&Item::stored("web/package-lock.json", &lock))
        .with(&Item::deflated("web/package.json", b"{}"))
        .with_gap(300 * MIB)
        .with(&Item::stored("assets/film.mp4", b""))
        .finish(b"");
    assert!(object.size() > 500 * MIB);
    let mut archive = open(&object).await.expect("an archive");
    let names = ["web/package.json", "web/package-lock.json"].map(str::to_owned);
    let began = Instant::now();
    let files = archive.read(&names.into()).await.expect("files");
    assert_eq!(files[0], ("web/package-lock.json".to_owned(), lock));
    assert_eq!(files[1], ("web/package.json".to_owned(), b"{}".to_vec()));
    let traffic = archive.traffic();
    println!(
        "{} of {} bytes in {} requests, {:?}",
        traffic.bytes,
        object.size(),
        traffic.requests,
        began.elapsed()
    );
    assert_eq!(traffic.requests, 2, "the tail, and both files together");
    assert!(traffic.bytes < 600_000, "{traffic:?}");
}

#[tokio::test]
async fn a_directory_longer_than_the_tail_costs_one_request() {
    let mut writer = Writer::default().with(&Item::stored("pom.xml", b"<project/>"));
    for number in 0..5_000 {
        let name = format!("src/main/java/example/deeply/nested/folder/Class{number}.java");
        writer = writer.with(&Item::stored(&name, b"class"));
    }
    let object = writer.with_gap(MIB).finish(b"a comment");
    let mut archive = open(&object).await.expect("an archive");
    assert_eq!(archive.names().len(), 5_001);
    let reads = object.reads();
    assert_eq!(reads.len(), 1, "{reads:?}");
    assert_eq!(reads[0].end, object.size() - TAIL_BYTES, "nothing twice");
    let files = archive.read(&["pom.xml".to_owned()].into()).await;
    assert_eq!(
        files,
        Ok(vec![("pom.xml".to_owned(), b"<project/>".to_vec())])
    );
    assert_eq!(archive.traffic().requests, 3);
}

#[tokio::test]
async fn files_far_apart_are_fetched_apart_and_near_ones_together() {
    let object = Writer::default()
        .with(&Item::stored("a", b"1"))
        .with_gap(100_000)
        .with(&Item::stored("b", b"2"))
        .with_gap(MIB)
        .with(&Item::stored("c", b"3"))
        .with_gap(MIB)
        .finish(b"");
    let files = read(&object, &["a", "b", "c", "d"]).await.expect("files");
    let contents: Vec<&[u8]> = files.iter().map(|(_, content)| &content[..]).collect();
    assert_eq!(contents, [b"1", b"2", b"3"]);
    assert_eq!(object.reads().len(), 2, "{:?}", object.reads());
}

#[tokio::test]
async fn a_long_local_header_costs_one_request_more() {
    let object = Writer::default()
        .with(&Item::deflated("a", &[b'x'; 5_000]).with_local_extra(60_000))
        .with_gap(MIB)
        .finish(b"");
    let files = read(&object, &["a"]).await.expect("files");
    assert_eq!(files[0].1, [b'x'; 5_000]);
    assert_eq!(object.reads().len(), 2, "{:?}", object.reads());
}

#[tokio::test]
async fn an_archive_behind_something_else_is_found() {
    let mut object = Object::of(b"#!/bin/sh\nexec unzip \"$0\"\n");
    object.push_zeros(MIB);
    let whole = Writer::behind(object)
        .with(&Item::stored("go.mod", b"module x"))
        .finish(b"");
    assert_eq!(read(&whole, &["go.mod"]).await.expect("files").len(), 1);
    // The offsets count from the archive's own beginning.
    let inner = Writer::default().with(&Item::stored("go.mod", b"module x"));
    let inner = inner.finish(b"").tail(MIB).bytes;
    let mut shifted = Object::of(b"something");
    shifted.push(&inner);
    let files = read(&shifted, &["go.mod"]).await.expect("files");
    assert_eq!(files[0].1, b"module x");
}

#[tokio::test]
async fn names_that_would_lie_elsewhere_are_left_out() {
    let mut writer = Writer::default().with(&Item::stored("ok/file", b"1"));
    for name in [
        "../up",
        "a/../../up",
        "/etc/passwd",
        "a//b",
        "./a",
        "a\\b",
        "",
        "a\0b",
        "folder/",
    ] {
        writer = writer.with(&Item::stored(name, b"2"));
    }
    writer = writer
        .with(&Item::stored("", b"3").named(b"\xff\xfe"))
        .with(&Item::stored("link", b"/etc/passwd").link());
    let object = writer.finish(b"");
    assert_eq!(
        open(&object).await.expect("an archive").names(),
        ["ok/file"]
    );
}

#[tokio::test]
async fn the_last_of_two_entries_with_one_name_counts() {
    let object = Writer::default()
        .with(&Item::stored("a", b"first"))
        .with(&Item::stored("a", b"second"))
        .finish(b"");
    let files = read(&object, &["a"]).await;
    assert_eq!(files, Ok(vec![("a".to_owned(), b"second".to_vec())]));
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_said() {
    let content = [b'x'; 1_000];
    for (item, expected) in [
        (
            Item::stored("a", &content).encrypted(),
            "holds `a` encrypted with a password: pipelines have no use for that",
        ),
        (
            Item::deflated("a", &content).by_method(12),
            "holds `a` compressed by method 12 (BZIP2); only stored and deflated entries are read",
        ),
        (
            Item::deflated("a", &content).with_checksum(7),
            "holds `a` damaged: Invalid checksum: expected 0x00000007, got 0x3b41c9e6",
        ),
        (
            Item::deflated("a", &content).declaring(10),
            "holds `a` damaged: Invalid size: expected 10, got 11",
        ),
        (
            Item::deflated("a", &content).declaring(2_000),
            "holds `a` damaged: Invalid size: expected 2000, got 1000",
        ),
        (
            Item::deflated("a", b"x").declaring(u32::MAX - 1),
            "holds `a` with 4294967294 bytes; at most 134217728 are read of a file",
        ),
        (
            Item::stored("a", b"not deflated").by_method(8),
            "holds `a` damaged: corrupt deflate stream",
        ),
    ] {
        let object = Writer::default()
            .with(&Item::stored("b", b"fine"))
            .with(&item)
            .finish(b"");
        assert_eq!(refusal(&object, &["a"]).await, expected);
        // It keeps nothing else from being read.
        assert_eq!(read(&object, &["b"]).await.expect("files").len(), 1);
    }
}

#[tokio::test]
async fn many_large_files_together_are_refused_before_any_is_fetched() {
    let mut writer = Writer::default();
    for name in ["a", "b", "c"] {
        writer = writer.with(&Item::deflated(name, b"x").declaring(100 * 1024 * 1024));
    }
    let object = writer.with_gap(MIB).finish(b"");
    assert_eq!(
        refusal(&object, &["a", "b", "c"]).await,
        "holds files that would have to be read of more than 268435456 bytes"
    );
    assert_eq!(object.reads(), []);
}

#[tokio::test]
async fn a_bomb_is_stopped_at_the_size_it_declares() {
    let zeros = vec![0; 64 * 1024 * 1024];
    let bomb = Item::deflated("a", &zeros).declaring(1_000);
    let object = Writer::default().with(&bomb).finish(b"");
    let refused = refusal(&object, &["a"]).await;
    assert!(refused.starts_with("holds `a` damaged: "), "{refused}");
}

#[tokio::test]
async fn what_is_no_archive_is_told_from_a_broken_one() {
    let json = Object::of(b"{\"FullRepositoryId\":\"acme/web\"}");
    assert_eq!(open(&json).await.err(), Some(ZipError::NotZip));
    assert_eq!(open(&Object::default()).await.err(), Some(ZipError::NotZip));
    let whole = include_bytes!("samples/python.zip");
    for length in 0..whole.len() {
        let cut = Object::of(&whole[..length]);
        assert!(open(&cut).await.is_err(), "cut at {length}");
    }
}

#[tokio::test]
async fn no_flipped_byte_panics_or_asks_for_more_than_there_is() {
    let whole: &[u8] = include_bytes!("samples/python-streamed-zip64.zip");
    let names = ["README.md", "web/package-lock.json"];
    let mut failed = 0;
    for place in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.to_vec();
            bytes[place] ^= flip;
            let object = Object::of(&bytes);
            failed += usize::from(read(&object, &names).await.is_err());
        }
    }
    assert!(failed > 100, "{failed} of {}", whole.len() * 3);
}

#[tokio::test]
async fn a_lying_directory_offset_leads_to_an_error() {
    for offset in [0_u32, 1, 40, 1_000_000, u32::MAX - 1, u32::MAX] {
        let object = Writer::default()
            .with(&Item::stored("a", b"1"))
            .with_gap(MIB)
            .finish(b"");
        let mut tail = object.tail(TAIL_BYTES);
        let at = tail.bytes.len() - 6;
        tail.bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
        let archive = Archive::open(&object, tail).await;
        // The directory stands before the end record, where it is found all the same, or nothing is.
        match archive {
            Ok(archive) => assert_eq!(archive.names(), ["a"], "{offset}"),
            Err(error) => assert!(matches!(error, ZipError::Refused(_)), "{error:?}"),
        }
        assert!(object.reads().len() <= MISSES_MAX);
    }
}
