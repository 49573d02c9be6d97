//! What of a folder is read.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Place, list, read_place};

fn scene(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = std::env::temp_dir().join(format!("downriver-source-{}-{name}", std::process::id()));
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::canonicalize(root).unwrap()
}

#[test]
fn the_source_begins_at_the_repository() {
    let root = scene(
        "repository",
        &[(".git/HEAD", ""), ("apps/web/package.json", "{}")],
    );
    let place = Place::find(&root.join("apps/web"), None).unwrap();
    assert_eq!(
        place,
        Place {
            root: root.clone(),
            folder: "apps/web".to_owned()
        }
    );
    let place = Place::find(&root.join("apps/web"), Some(&root.join("apps"))).unwrap();
    assert_eq!(place.folder, "web");
    let outside = Place::find(&root, Some(&root.join("apps"))).unwrap_err();
    assert!(
        outside
            .to_string()
            .contains("does not lie in the source's root"),
        "{outside}"
    );
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn what_a_build_or_a_package_manager_made_is_not_read() {
    let files = [
        ("package.json", "{}"),
        ("node_modules/a/package.json", "{}"),
        ("src/deep/package.json", "{}"),
        ("target/package.json", "{}"),
    ];
    let root = scene("skipped", &files);
    let mut paths = Vec::new();
    list(&Place::find(&root, Some(&root)).unwrap(), &mut paths).unwrap();
    paths.sort();
    assert_eq!(paths, ["package.json", "src/deep/package.json"]);
    // An application's own folder is entered whatever it is called.
    let place = Place::find(&root.join("target"), Some(&root)).unwrap();
    let mut paths = Vec::new();
    list(&place, &mut paths).unwrap();
    assert!(paths.contains(&"target/package.json".to_owned()));
    fs::remove_dir_all(root).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let root = scene("links", &[("a/package.json", "{\"name\": \"secret\"}")]);
    std::os::unix::fs::symlink("/", root.join("a/everything")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.join("a/requirements.txt")).unwrap();
    let place = Place::find(Path::new(&root.join("a")), Some(&root.join("a"))).unwrap();
    let reading = read_place(&place).unwrap();
    assert!(
        reading
            .reading
            .files
            .iter()
            .all(|file| file.path == "package.json")
    );
    fs::remove_dir_all(root).unwrap();
}
