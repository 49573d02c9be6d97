//! What must come out of every sample, in order of file name.

pub(super) const EXPECTED: &[(&str, &str)] = &[
    (
        "codeartifact.cargo-published",
        "pkg:cargo/acme-schema@1.3.0 in 111122223333/acme/libraries: Created Published, sequence 8, 2026-03-16T10:44:00Z, revision 47EF7D4C, for 111122223333",
    ),
    (
        "codeartifact.extra-keys",
        "pkg:cargo/acme-schema@1.3.3 in 111122223333/acme/libraries: Created Published, sequence 15, 2026-03-17T12:00:00Z, revision DD0102F5, for 111122223333",
    ),
    (
        "codeartifact.floats",
        "pkg:cargo/acme-schema@1.3.2 in 111122223333/acme/libraries: Created Published, sequence 14, 2026-03-17T11:00:00Z, revision 5EE31CE8, for 111122223333",
    ),
    (
        "codeartifact.generic-1-unfinished",
        "pkg:generic/models/churn@2026.3.1 in 111122223333/acme/libraries: Created Unfinished, sequence 2, 2026-03-13T02:00:10Z, revision 226498A2, for 111122223333",
    ),
    (
        "codeartifact.generic-2-published",
        "pkg:generic/models/churn@2026.3.1 in 111122223333/acme/libraries: Updated Published, sequence 3, 2026-03-13T02:04:44Z, revision D663F8FD, for 111122223333",
    ),
    (
        "codeartifact.hostile-bidi-override",
        r"refused: detail.packageName is `ui\u{202e}gpj.exe`: expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing characters, and not `.` or `..`",
    ),
    (
        "codeartifact.hostile-control-characters",
        r"refused: detail.packageVersion is `5.3.1\u{1b}[2J\u{7}`: expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing characters, and not `.` or `..`",
    ),
    (
        "codeartifact.hostile-deep-nesting",
        "refused: the event nests deeper than 64 levels at byte 94",
    ),
    (
        "codeartifact.hostile-detail-array",
        "refused: detail is an array: expected an object",
    ),
    (
        "codeartifact.hostile-duplicate-keys",
        "refused: the key `packageName` stands twice in one object, the second time in line 17",
    ),
    (
        "codeartifact.hostile-huge-sequence",
        "refused: detail.sequenceNumber is `1e300`: expected a whole number of at least 0",
    ),
    (
        "codeartifact.hostile-line-break",
        r"refused: detail.packageName is `ui\nverdict=Picks`: expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing characters, and not `.` or `..`",
    ),
    (
        "codeartifact.hostile-lone-surrogate",
        "refused: the event is not JSON: unexpected end of hex escape at line 16 column 29",
    ),
    (
        "codeartifact.hostile-long-id",
        "refused: id is `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`: expected 1 to 128 visible ASCII characters",
    ),
    (
        "codeartifact.hostile-long-name",
        "refused: detail.packageName is `uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu…`: expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing characters, and not `.` or `..`",
    ),
    (
        "codeartifact.hostile-path-in-name",
        "refused: detail.packageName is `../../third-party/npm/ui`: expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing characters, and not `.` or `..`",
    ),
    (
        "codeartifact.hostile-path-in-namespace",
        "refused: detail.packageNamespace is `..`: expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing characters, and not `.` or `..`",
    ),
    (
        "codeartifact.hostile-path-in-repository",
        "refused: detail.repositoryName is `libraries/../apps`: expected 2 to 100 letters, digits, `.`, `-` or `_`, starting with a letter or digit",
    ),
    (
        "codeartifact.hostile-path-in-resource",
        "refused: resources names `arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libraries/npm/acme/../tokens/ui`, but detail says `pkg:npm/%40acme/ui`: expected both to agree",
    ),
    (
        "codeartifact.hostile-replay-name",
        r"refused: replay-name is `a b\0`: expected 1 to 64 letters, digits, `.`, `-` or `_`",
    ),
    (
        "codeartifact.hostile-truncated",
        "refused: the event is not JSON: EOF while parsing a string at line 18 column 14",
    ),
    (
        "codeartifact.hostile-wrong-types",
        "refused: detail.packageName is an object: expected a string",
    ),
    (
        "codeartifact.hostile-zero-width",
        r"refused: detail.packageNamespace is `ac\u{200b}me`: expected 1 to 255 characters without `#`, `/`, whitespace, control, invisible or direction-changing characters, and not `.` or `..`",
    ),
    (
        "codeartifact.maven-release-1-unfinished",
        "pkg:maven/com.acme/acme-commons@1.8.0 in 111122223333/acme/libraries: Created Unfinished, sequence 30, 2026-03-10T09:00:01Z, revision F673119B, for 111122223333",
    ),
    (
        "codeartifact.maven-release-2-published",
        "pkg:maven/com.acme/acme-commons@1.8.0 in 111122223333/acme/libraries: Updated Published, sequence 33, 2026-03-10T09:00:04Z, revision E5175CA9, for 111122223333",
    ),
    (
        "codeartifact.maven-snapshot-1-build-unfinished",
        "pkg:maven/com.acme/acme-commons@1.9.0-20260311.091500-4 in 111122223333/acme/libraries: Created Unfinished, sequence 35, 2026-03-11T09:15:01Z, revision 4726332C, for 111122223333",
    ),
    (
        "codeartifact.maven-snapshot-2-build-unlisted",
        "pkg:maven/com.acme/acme-commons@1.9.0-20260311.091500-4 in 111122223333/acme/libraries: Updated Unlisted, sequence 36, 2026-03-11T09:15:03Z, revision ABDE7E04, for 111122223333",
    ),
    (
        "codeartifact.maven-snapshot-3-updated",
        "pkg:maven/com.acme/acme-commons@1.9.0-SNAPSHOT in 111122223333/acme/libraries: Updated Published, sequence 37, 2026-03-11T09:15:03Z, revision 2AC9A030, for 111122223333",
    ),
    (
        "codeartifact.npm-archived",
        "pkg:npm/%40acme/ui@4.9.2 in 111122223333/acme/libraries: Updated Archived, sequence 45, 2026-03-06T07:46:00Z, revision 66241FA6, for 111122223333",
    ),
    (
        "codeartifact.npm-deleted",
        "pkg:npm/%40acme/ui@5.0.0 in 111122223333/acme/libraries: Deleted Deleted, sequence 47, 2026-03-06T08:10:33Z, revision 323CA98C, for 111122223333",
    ),
    (
        "codeartifact.npm-deleted-with-state-published",
        "pkg:npm/%40acme/ui@5.0.1 in 111122223333/acme/libraries: Deleted Deleted, sequence 48, 2026-03-06T08:10:34Z, revision 9612D81F, for 111122223333",
    ),
    (
        "codeartifact.npm-deleted-without-state",
        "pkg:npm/%40acme/ui@5.0.2 in 111122223333/acme/libraries: Deleted Deleted, sequence 49, 2026-03-06T08:10:35Z, revision 0E670D31, for 111122223333",
    ),
    (
        "codeartifact.npm-disposed",
        "pkg:npm/%40acme/ui@3.0.0 in 111122223333/acme/libraries: Updated Disposed, sequence 46, 2026-03-06T07:47:00Z, revision 2A5DEE4C, for 111122223333",
    ),
    (
        "codeartifact.npm-ingested-from-public",
        "pkg:npm/left-pad@1.3.1 in 111122223333/acme/third-party: Created Published, sequence 1, 2026-03-04T08:03:30Z, revision 1D22D931, for 111122223333",
    ),
    (
        "codeartifact.npm-ingested-retained-downstream",
        "pkg:npm/left-pad@1.3.1 in 111122223333/acme/apps: Created Published, sequence 1, 2026-03-04T08:03:31Z, revision 1D22D931, for 111122223333",
    ),
    (
        "codeartifact.npm-republished-1-deleted",
        "pkg:npm/%40acme/tokens@2.3.7 in 111122223333/acme/libraries: Deleted Deleted, sequence 22, 2026-03-07T14:00:00Z, revision 6A3BF0F1, for 111122223333",
    ),
    (
        "codeartifact.npm-republished-2-created",
        "pkg:npm/%40acme/tokens@2.3.7 in 111122223333/acme/libraries: Created Published, sequence 23, 2026-03-07T14:06:12Z, revision 79E3904C, for 111122223333",
    ),
    (
        "codeartifact.npm-scoped-administrator-copy",
        "pkg:npm/%40acme/tokens@2.4.0 in 111122223333/acme/libraries: Created Published, sequence 17, 2026-03-02T09:14:07Z, revision 87F4B6A7, for 123456789012",
    ),
    (
        "codeartifact.npm-scoped-promoted",
        "pkg:npm/%40acme/tokens@2.5.0-rc.1 in 111122223333/acme/release: Created Published, sequence 20, 2026-03-03T10:02:45Z, revision 7E3B6B66, for 111122223333",
    ),
    (
        "codeartifact.npm-scoped-published",
        "pkg:npm/%40acme/tokens@2.4.0 in 111122223333/acme/libraries: Created Published, sequence 17, 2026-03-02T09:14:07Z, revision 87F4B6A7, for 111122223333",
    ),
    (
        "codeartifact.npm-scoped-retained-downstream",
        "pkg:npm/%40acme/tokens@2.4.0 in 111122223333/acme/apps: Created Published, sequence 17, 2026-03-02T09:21:40Z, revision 87F4B6A7, for 111122223333",
    ),
    (
        "codeartifact.npm-scoped-staged",
        "pkg:npm/%40acme/tokens@2.5.0-rc.1 in 111122223333/acme/staging: Created Published, sequence 18, 2026-03-02T15:30:11Z, revision 7E3B6B66, for 111122223333",
    ),
    (
        "codeartifact.npm-sequence-1-newer-first",
        "pkg:npm/%40acme/ui@5.2.0 in 111122223333/acme/libraries: Created Published, sequence 41, 2026-03-05T13:20:18Z, revision 49830F95, for 111122223333",
    ),
    (
        "codeartifact.npm-sequence-2-older-second",
        "pkg:npm/%40acme/ui@5.1.9 in 111122223333/acme/libraries: Created Published, sequence 38, 2026-03-05T13:20:16Z, revision AAE66338, for 111122223333",
    ),
    (
        "codeartifact.npm-unlisted",
        "pkg:npm/%40acme/ui@5.1.9 in 111122223333/acme/libraries: Updated Unlisted, sequence 44, 2026-03-06T07:45:00Z, revision 85A0EEA8, for 111122223333",
    ),
    (
        "codeartifact.npm-unscoped-published",
        "pkg:npm/acme-lint@0.8.3 in 111122223333/acme/libraries: Created Published, sequence 4, 2026-03-02T11:40:52Z, revision 7D727D11, for 111122223333",
    ),
    (
        "codeartifact.npm-unscoped-without-namespace-key",
        "pkg:npm/acme-lint@0.8.4 in 111122223333/acme/libraries: Created Published, sequence 6, 2026-03-02T12:05:09Z, revision E9E3A019, for 111122223333",
    ),
    (
        "codeartifact.npm-updated",
        "pkg:npm/%40acme/ui@5.2.0 in 111122223333/acme/libraries: Updated Published, sequence 43, 2026-03-05T16:00:02Z, revision EE9F31F3, for 111122223333",
    ),
    (
        "codeartifact.nuget-unnormalised-name-and-version",
        "pkg:nuget/acme.telemetry@4.2.0 in 111122223333/acme/libraries: Created Published, sequence 12, 2026-03-12T12:00:00Z, revision 89AF0DDB, for 111122223333",
    ),
    (
        "codeartifact.only-what-is-needed",
        "pkg:cargo/acme-schema@1.3.5 in 111122223333/acme/libraries: Created Published, sequence 19, 2026-03-17T13:00:00.25Z, revision none, for 111122223333, without a deduplication id, without an administrator",
    ),
    (
        "codeartifact.pypi-published",
        "pkg:pypi/acme-auth@3.1.0 in 111122223333/acme/libraries: Created Published, sequence 9, 2026-03-09T08:12:55Z, revision 28D1E7C4, for 111122223333",
    ),
    (
        "codeartifact.pypi-unnormalised-name",
        "pkg:pypi/acme-auth@3.1.1 in 111122223333/acme/libraries: Created Published, sequence 11, 2026-03-09T10:30:00Z, revision 033A733D, for 111122223333",
    ),
    (
        "codeartifact.refused-maven-without-namespace",
        "refused: detail.packageName is `ui`: expected what its format allows (the maven package `ui` has no namespace: give its group, as in `pkg:maven/com.acme/ui`)",
    ),
    (
        "codeartifact.refused-negative-sequence",
        "refused: detail.sequenceNumber is `-3`: expected a whole number of at least 0",
    ),
    (
        "codeartifact.refused-other-detail-type",
        "refused: detail-type is `Goshawk Repository State Change`: expected `CodeArtifact Package Version State Change`",
    ),
    (
        "codeartifact.refused-other-domain-owner",
        "refused: detail.domainOwner is `444455556666`: expected a configured domain owner (111122223333)",
    ),
    (
        "codeartifact.refused-other-receiver",
        "refused: account is `444455556666`: expected the domain owner `111122223333` or a configured receiver (123456789012)",
    ),
    (
        "codeartifact.refused-other-source",
        "refused: source is `acme.codeartifact`: expected `aws.codeartifact` or `aws.codepipeline`",
    ),
    (
        "codeartifact.refused-other-time",
        "refused: time is `2026-03-20 10:00`: expected an RFC 3339 time such as `2026-03-02T09:14:07Z`",
    ),
    (
        "codeartifact.refused-resource-contradicts-name",
        "refused: resources names `arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libraries/npm/acme/tokens`, but detail says `pkg:npm/%40acme/ui`: expected both to agree",
    ),
    (
        "codeartifact.refused-resource-contradicts-namespace",
        "refused: resources names `arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libraries/npm//ui`, but detail says `pkg:npm/%40acme/ui`: expected both to agree",
    ),
    (
        "codeartifact.refused-unknown-format",
        "refused: detail.packageFormat is `conda`, which is unknown: expected one of cargo, generic, maven, npm, nuget, pypi, ruby, swift",
    ),
    (
        "codeartifact.refused-unknown-operation",
        "refused: detail.operationType is `Moved`, which is unknown: expected one of Created, Updated, Deleted",
    ),
    (
        "codeartifact.refused-unknown-state",
        "refused: detail.packageVersionState is `Quarantined`, which is unknown: expected one of Published, Unfinished, Unlisted, Archived, Disposed, Deleted",
    ),
    (
        "codeartifact.refused-without-sequence",
        "refused: detail.sequenceNumber is missing: expected a whole number of at least 0",
    ),
    (
        "codeartifact.replayed",
        "pkg:cargo/acme-schema@1.3.1 in 111122223333/acme/libraries: Created Published, sequence 10, 2026-03-17T10:00:00Z, revision BDC5F65F, for 111122223333, replayed by restore-2026-03-18",
    ),
    (
        "codeartifact.ruby-published",
        "pkg:gem/acme_rails@0.9.0 in 111122223333/acme/libraries: Created Published, sequence 5, 2026-03-13T09:33:21Z, revision 3F43C57D, for 111122223333",
    ),
    (
        "codeartifact.swift-unnormalised-scope-and-name",
        "pkg:swift/acme/design@1.2.0 in 111122223333/acme/libraries: Created Published, sequence 7, 2026-03-16T09:08:07Z, revision 30BA129A, for 111122223333",
    ),
    (
        "codeartifact.without-resources",
        "pkg:cargo/acme-schema@1.3.4 in 111122223333/acme/libraries: Created Published, sequence 16, 2026-03-17T13:00:00Z, revision CA3C4E05, for 111122223333",
    ),
    (
        "codepipeline.canceled",
        "checkout in 111122223333/eu-west-1: Canceled 3351840b, 2026-03-03T10:05:00Z, started 2026-03-03T10:00:00.208Z, no trigger",
    ),
    (
        "codepipeline.failed",
        "checkout in 111122223333/eu-west-1: Failed 8b6f7f3d, 2026-03-03T08:09:30Z, started 2026-03-03T08:00:00.208Z, no trigger",
    ),
    (
        "codepipeline.hostile-pipeline-name",
        "refused: detail.pipeline is `web-shop; reboot`: expected 1 to 100 letters, digits, `.`, `@`, `-` or `_`",
    ),
    (
        "codepipeline.hostile-session-name",
        r#"web-shop in 111122223333/eu-west-1: Started 3a762727, 2026-03-21T11:02:00Z, started 2026-03-21T11:02:00.208Z, Other("StartPipelineExecution")"#,
    ),
    (
        "codepipeline.hostile-trigger-type",
        "refused: detail.execution-trigger is a string: expected an object",
    ),
    (
        "codepipeline.ignored-action",
        "ignored: an action's state change: its execution's own event is followed",
    ),
    (
        "codepipeline.ignored-stage",
        "ignored: a stage's state change: its execution's own event is followed",
    ),
    (
        "codepipeline.refused-notification-shape",
        "refused: detail-type is missing: expected a string",
    ),
    (
        "codepipeline.refused-other-detail-type",
        "refused: detail-type is `CodePipeline Pipeline Deleted`: expected `CodePipeline Pipeline Execution State Change`",
    ),
    (
        "codepipeline.refused-other-start-time",
        "refused: detail.start-time is `Fri, 20 Mar 2026 11:04:00 GMT`: expected an RFC 3339 time such as `2026-03-02T09:14:07Z`",
    ),
    (
        "codepipeline.refused-resource-contradicts-account",
        "refused: resources names `arn:aws:codepipeline:eu-west-1:444455556666:web-shop`, but account says `111122223333`: expected both to agree",
    ),
    (
        "codepipeline.refused-unknown-state",
        "refused: detail.state is `InProgress`, which is unknown: expected one of STARTED, SUCCEEDED, FAILED, CANCELED, SUPERSEDED, STOPPING, STOPPED, RESUMED",
    ),
    (
        "codepipeline.resumed",
        "checkout in 111122223333/eu-west-1: Resumed 8b6f7f3d, 2026-03-03T08:20:00Z, started 2026-03-03T08:00:00.208Z, no trigger",
    ),
    (
        "codepipeline.started-by-git",
        r#"ui in 111122223333/eu-west-1: Started 9095bdb8, 2026-03-05T13:10:00Z, started 2026-03-05T13:10:00.208Z, Other("GitLab")"#,
    ),
    (
        "codepipeline.started-by-person-session",
        r#"web-shop in 111122223333/eu-west-1: Started f85236fa, 2026-03-02T16:00:00Z, started 2026-03-02T16:00:00.208Z, Session("ana@acme.example")"#,
    ),
    (
        "codepipeline.started-by-request",
        "web-shop in 444455556666/eu-west-1: Started 7f1c2a94, 2026-03-02T09:30:00Z, started 2026-03-02T09:30:00.208Z, Request",
    ),
    (
        "codepipeline.started-by-role-session",
        r#"web-shop in 111122223333/eu-west-1: Started 4968d0cf, 2026-03-02T09:20:00Z, started 2026-03-02T09:20:00.208Z, Session("web-shop.1.1")"#,
    ),
    (
        "codepipeline.started-by-rollback",
        r#"checkout in 111122223333/eu-west-1: Started 67b39e1a, 2026-03-03T09:00:00Z, started 2026-03-03T09:00:00.208Z, Other("AutomatedRollback")"#,
    ),
    (
        "codepipeline.started-by-rule",
        "checkout in 111122223333/eu-west-1: Started 8b6f7f3d, 2026-03-03T08:00:00Z, started 2026-03-03T08:00:00.208Z, Rule",
    ),
    (
        "codepipeline.started-by-user",
        r#"web-shop in 111122223333/eu-west-1: Started a48c2f57, 2026-03-02T15:00:00Z, started 2026-03-02T15:00:00.208Z, Other("StartPipelineExecution")"#,
    ),
    (
        "codepipeline.started-with-integers",
        r#"checkout in 111122223333/eu-west-1: Started 2a3abd27, 2026-03-03T11:00:00Z, started 2026-03-03T11:00:00.208Z, Session("checkout.2.1")"#,
    ),
    (
        "codepipeline.started-with-offset",
        "checkout in 111122223333/eu-west-1: Started edc9e3b4, 2026-03-03T13:00:00Z, started 2026-03-03T13:00:00.5Z, no trigger",
    ),
    (
        "codepipeline.started-without-start-time",
        "checkout in 111122223333/eu-west-1: Started dec85306, 2026-03-03T12:00:00Z, started unknown, no trigger",
    ),
    (
        "codepipeline.started-without-trigger",
        "checkout in 111122223333/eu-west-1: Started 3351840b, 2026-03-03T10:00:00Z, started 2026-03-03T10:00:00.208Z, no trigger",
    ),
    (
        "codepipeline.stopped",
        "web-shop in 111122223333/eu-west-1: Stopped f85236fa, 2026-03-02T16:05:00Z, started 2026-03-02T16:00:00.208Z, no trigger",
    ),
    (
        "codepipeline.stopping",
        "web-shop in 111122223333/eu-west-1: Stopping f85236fa, 2026-03-02T16:04:00Z, started 2026-03-02T16:00:00.208Z, no trigger",
    ),
    (
        "codepipeline.succeeded",
        "web-shop in 111122223333/eu-west-1: Succeeded 4968d0cf, 2026-03-02T09:31:12Z, started 2026-03-02T09:20:00.208Z, no trigger",
    ),
    (
        "codepipeline.superseded",
        "web-shop in 111122223333/eu-west-1: Superseded a48c2f57, 2026-03-02T15:58:00Z, started 2026-03-02T15:00:00.208Z, no trigger",
    ),
];
