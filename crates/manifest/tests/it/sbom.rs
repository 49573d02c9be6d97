//! sbom: real files of the corpus.

use crate::shared;

#[test]
fn every_sbom_of_the_corpus_is_read_to_its_list() {
    shared::check_ecosystem("sbom");
}

#[test]
fn an_sbom_of_the_corpus_is_written_and_read_back() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let mut checked = 0;
    for case in std::fs::read_dir(corpus.join("sbom")).unwrap() {
        let reading = shared::read_folder(&case.unwrap().path());
        assert_eq!(reading.problems, []);
        let written = downriver_manifest::write_cyclonedx(&reading, "shop", None);
        let back = downriver_manifest::read_sbom("written.json", written.as_bytes()).unwrap();
        assert_eq!(back.dependencies, reading.dependencies);
        checked += 1;
    }
    assert!(checked > 0);
}
