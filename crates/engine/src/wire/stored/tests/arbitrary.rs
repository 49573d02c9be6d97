//! Slots with anything in them.

use downriver_domain::slot::{
    Build, Delivered, Failure, Gate, Held, HeldReason, Joined, PauseScope, Pending, Rebuild,
    Running, SeenExecution, Slot, SlotState, StartedBy, Starting, Stuck, Tail, Wait, WaitOn,
    Waited, Wanted,
};
use downriver_domain::version::{Format, PackageId, PackageVersionId};
use downriver_domain::{
    ApplicationId, AttemptId, Cascade, ClientRequestToken, Pipeline, PipelineExecutionId,
    RebuildId, RepositoryId, Target, Timestamp,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

pub(super) fn slot() -> impl Strategy<Value = Slot> {
    let counters = (application(), any::<u64>(), any::<u64>());
    let changes = (
        btree_map(package(), joined(), 0..3),
        btree_map(package(), held(), 0..3),
        of(failure()),
    );
    let past = (vec(build(), 0..3), vec(seen_execution(), 0..3), of(tail()));
    let rest = (
        of(timestamp()),
        of(cascade()),
        any::<bool>(),
        of(timestamp()),
        vec(timestamp(), 0..3),
    );
    (counters, state(), changes, past, rest).prop_map(
        |(
            (application, revision, rebuilds_requested),
            state,
            (joined, held, failure),
            (builds, executions, tail),
            (index_awaited_until, last_cascade, is_uncompared, wake_at, starts),
        )| Slot {
            application,
            revision,
            rebuilds_requested,
            state,
            joined,
            builds,
            held,
            failure,
            executions,
            tail,
            index_awaited_until,
            last_cascade,
            starts,
            is_uncompared,
            wake_at,
        },
    )
}

pub(super) fn package() -> impl Strategy<Value = PackageId> {
    let namespace = of("[a-z][a-z0-9.-]{0,6}");
    let name = "[a-zA-Z0-9][a-zA-Z0-9._%+~-]{0,9}";
    (select(Format::ALL.to_vec()), namespace, name).prop_filter_map(
        "a name that its format allows",
        |(format, namespace, name)| PackageId::new(format, namespace.as_deref(), &name).ok(),
    )
}

pub(super) fn package_version() -> impl Strategy<Value = PackageVersionId> {
    (package(), "[0-9]{1,2}(\\.[0-9]{1,2}){0,3}(-[a-z@%+]{1,5})?")
        .prop_filter_map("a version that its format allows", |(package, version)| {
            PackageVersionId::new(package, &version).ok()
        })
}

fn state() -> impl Strategy<Value = SlotState> {
    prop_oneof![
        Just(SlotState::Idle),
        pending().prop_map(SlotState::Pending),
        starting().prop_map(SlotState::Starting),
        running().prop_map(SlotState::Running),
        running().prop_map(SlotState::Parked),
        (rebuild(), ".*", timestamp()).prop_map(|(rebuild, reason, since)| SlotState::Stuck(
            Stuck {
                rebuild,
                reason,
                since
            }
        )),
    ]
}

fn pending() -> impl Strategy<Value = Pending> {
    (rebuild(), of(timestamp()), any::<u32>(), vec(wait(), 0..3)).prop_map(
        |(rebuild, not_before, backoffs, waits)| Pending {
            rebuild,
            not_before,
            backoffs,
            waits,
        },
    )
}

fn starting() -> impl Strategy<Value = Starting> {
    let times = (timestamp(), timestamp());
    let flags = (any::<bool>(), any::<bool>());
    (rebuild(), attempt(), pipeline(), times, flags).prop_map(
        |(rebuild, attempt, pipeline, (started_at, deadline), (is_block_waived, is_by_event))| {
            Starting {
                rebuild,
                token: ClientRequestToken::of(&attempt),
                attempt,
                pipeline,
                started_at,
                deadline,
                is_block_waived,
                is_by_event,
            }
        },
    )
}

fn running() -> impl Strategy<Value = Running> {
    let call = (attempt(), pipeline(), execution(), timestamp());
    let rest = (
        of(of(execution())),
        any::<bool>(),
        btree_set(package(), 0..3),
    );
    (rebuild(), call, rest).prop_map(
        |(
            rebuild,
            (attempt, pipeline, execution, started_at),
            (following, holds_budget, published),
        )| {
            Running {
                rebuild,
                attempt,
                pipeline,
                execution,
                started_at,
                following,
                holds_budget,
                published,
            }
        },
    )
}

fn rebuild() -> impl Strategy<Value = Rebuild> {
    let times = (timestamp(), timestamp(), of(timestamp()), of(timestamp()));
    let counts = (any::<u32>(), any::<u32>(), any::<bool>(), any::<bool>());
    let lists = (
        btree_map(package(), wanted(), 0..3),
        vec(waited(), 0..3),
        rebuild_id(),
    );
    (lists, times, counts).prop_map(
        |(
            (packages, waited, id),
            (requested_at, last_change_at, upriver_held_since, first_started_at),
            (attempts, failures, is_canceled_once, is_expedited),
        )| Rebuild {
            id,
            packages,
            requested_at,
            last_change_at,
            attempts,
            failures,
            is_canceled_once,
            upriver_held_since,
            waited,
            first_started_at,
            is_expedited,
        },
    )
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let texts = (".*", of(".*"), of(".*"), ".*");
    let flags = (any::<bool>(), any::<bool>());
    (texts, flags, repository(), timestamp(), cascade()).prop_map(
        |(
            (version, revision, from, reason),
            (needs_refresh, is_third_party),
            repository,
            seen_at,
            cascade,
        )| Wanted {
            version,
            revision,
            from,
            needs_refresh,
            is_third_party,
            repository,
            seen_at,
            cascade,
            reason,
        },
    )
}

fn wait() -> impl Strategy<Value = Wait> {
    (gate(), timestamp(), of(timestamp()), wait_on()).prop_map(|(gate, since, until, on)| Wait {
        gate,
        since,
        until,
        on,
    })
}

fn waited() -> impl Strategy<Value = Waited> {
    (gate(), wait_on(), timestamp(), timestamp()).prop_map(|(gate, on, since, until)| Waited {
        gate,
        on,
        since,
        until,
    })
}

fn wait_on() -> impl Strategy<Value = WaitOn> {
    prop_oneof![
        Just(WaitOn::Time),
        execution().prop_map(WaitOn::Execution),
        vec(application(), 0..3).prop_map(WaitOn::Producers),
        target().prop_map(WaitOn::Target),
        Just(WaitOn::Pause(PauseScope::System)),
        application().prop_map(|id| WaitOn::Pause(PauseScope::Application(id))),
        package().prop_map(|package| WaitOn::Pause(PauseScope::Package(package))),
    ]
}

fn gate() -> impl Strategy<Value = Gate> {
    select(super::values::GATES.to_vec())
}

fn joined() -> impl Strategy<Value = Joined> {
    (".*", repository(), timestamp(), any::<bool>()).prop_map(
        |(version, repository, seen_at, is_news)| Joined {
            version,
            repository,
            seen_at,
            is_news,
        },
    )
}

fn held() -> impl Strategy<Value = Held> {
    let reason = select(vec![HeldReason::Failed, HeldReason::WouldStart]);
    (".*", reason, timestamp()).prop_map(|(version, reason, since)| Held {
        version,
        reason,
        since,
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    let texts = (".*", of(".*"), of(".*"));
    (rebuild(), of(execution()), texts, timestamp()).prop_map(
        |(rebuild, execution, (reason, url, excuse), at)| Failure {
            rebuild,
            execution,
            reason,
            url,
            excuse,
            at,
        },
    )
}

fn build() -> impl Strategy<Value = Build> {
    let delivered =
        (package(), of(".*"), ".*", any::<bool>()).prop_map(|(package, from, to, is_refreshed)| {
            Delivered {
                package,
                from,
                to,
                is_refreshed,
            }
        });
    let times = (timestamp(), timestamp());
    (
        execution(),
        of(rebuild_id()),
        any::<bool>(),
        times,
        vec(delivered, 0..3),
    )
        .prop_map(
            |(execution, rebuild, is_proven, (started_at, ended_at), delivered)| Build {
                execution,
                rebuild,
                is_proven,
                started_at,
                ended_at,
                delivered,
            },
        )
}

fn seen_execution() -> impl Strategy<Value = SeenExecution> {
    let started_by = prop_oneof![
        attempt().prop_map(StartedBy::Downriver),
        Just(StartedBy::Rule),
        Just(StartedBy::Person),
    ];
    let times = (timestamp(), of(timestamp()));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (execution(), started_by, times, flags, cascade()).prop_map(
        |(
            execution,
            started_by,
            (started_at, ended_at),
            (is_superseded, is_failed, is_rollback),
            cascade,
        )| {
            SeenExecution {
                execution,
                started_by,
                started_at,
                ended_at,
                is_superseded,
                is_failed,
                is_rollback,
                cascade,
            }
        },
    )
}

fn tail() -> impl Strategy<Value = Tail> {
    (
        execution(),
        timestamp(),
        timestamp(),
        btree_set(package(), 0..3),
    )
        .prop_map(|(execution, ended_at, until, awaited)| Tail {
            execution,
            ended_at,
            until,
            awaited,
        })
}

fn cascade() -> impl Strategy<Value = Cascade> {
    let applications = btree_set(application(), 0..3);
    let roots = btree_set(package_version(), 0..3);
    (
        roots,
        applications,
        any::<bool>(),
        any::<bool>(),
        any::<u32>(),
    )
        .prop_map(
            |(roots, applications, is_overlapped, is_urgent, depth)| Cascade {
                roots,
                applications,
                is_overlapped,
                is_urgent,
                depth,
            },
        )
}

fn application() -> impl Strategy<Value = ApplicationId> {
    "[a-zA-Z0-9][a-zA-Z0-9_-]{0,9}".prop_map(|text| text.parse().unwrap())
}

fn rebuild_id() -> impl Strategy<Value = RebuildId> {
    (application(), any::<u64>())
        .prop_map(|(application, number)| RebuildId::numbered(&application, number))
}

fn attempt() -> impl Strategy<Value = AttemptId> {
    (rebuild_id(), any::<u32>()).prop_map(|(rebuild, number)| AttemptId::numbered(&rebuild, number))
}

fn execution() -> impl Strategy<Value = PipelineExecutionId> {
    "[a-z0-9-]{1,9}".prop_map(|text| text.parse().unwrap())
}

fn target() -> impl Strategy<Value = Target> {
    ("[0-9]{12}", "[a-z]{2}-[a-z]{4}-[1-9]").prop_map(|(account, region)| Target {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
    })
}

fn pipeline() -> impl Strategy<Value = Pipeline> {
    (target(), "[a-zA-Z0-9.@_-]{1,9}").prop_map(|(target, name)| Pipeline {
        target,
        name: name.parse().unwrap(),
    })
}

fn repository() -> impl Strategy<Value = RepositoryId> {
    ("[0-9]{12}", "[a-z][a-z0-9]{1,5}", "[a-z][a-z0-9._-]{1,5}").prop_map(
        |(domain_owner, domain, name)| RepositoryId {
            domain_owner: domain_owner.parse().unwrap(),
            domain: domain.parse().unwrap(),
            name: name.parse().unwrap(),
        },
    )
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_unix_millis)
}
