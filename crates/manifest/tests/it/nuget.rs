//! nuget: real files of the corpus, and cases of our own.

use crate::shared;

#[test]
fn every_lock_of_the_corpus_holds_what_its_own_tool_says() {
    shared::check_ecosystem("nuget");
}
