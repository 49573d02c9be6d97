use super::*;

#[test]
fn every_file_has_a_line_that_sha256sum_reads() {
    let folder = std::env::temp_dir().join(format!("downriver-checksums-{}", std::process::id()));
    fs::create_dir_all(folder.join("functions")).expect("a folder for temporary files is there");
    for (name, text) in [
        ("functions/a.zip", "abc"),
        ("INSTALL.txt", ""),
        (FILE, "of before"),
    ] {
        fs::write(folder.join(name), text).expect("the folder can be written");
    }
    let sums = of_folder(&folder).expect("the folder can be read");
    fs::remove_dir_all(&folder).expect("the folder is there");
    let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  INSTALL.txt\n\
                    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  functions/a.zip\n";
    assert_eq!(sums, expected);
}
