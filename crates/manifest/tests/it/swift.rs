//! swift: real files of the corpus.

use crate::shared;

#[test]
fn every_lockfile_of_the_corpus_is_read_to_its_list() {
    shared::check_ecosystem("swift");
}
