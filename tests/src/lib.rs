//! Scenario and end-to-end tests; the code is under `tests/`.
