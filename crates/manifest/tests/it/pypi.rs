//! pypi: real files of the corpus, and cases of our own.
