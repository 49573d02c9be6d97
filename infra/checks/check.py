#!/usr/bin/env python3
"""Checks the templates: `python infra/checks/check.py [TEMPLATE]…`, with the Python of an environment that has cfn-lint and
aws-sam-cli. One line for each finding: file, resource, what is wrong, remedy. Exit code 1 if there is any.
"""

import os
import subprocess
import sys
from pathlib import Path

# Nothing is left beside the sources.
sys.dont_write_bytecode = True

import functions  # noqa: E402
import model  # noqa: E402
import notices  # noqa: E402
import patterns  # noqa: E402
import permissions  # noqa: E402
import queues  # noqa: E402
import requested  # noqa: E402
import spokes  # noqa: E402
import stores  # noqa: E402
import surface  # noqa: E402
from findings import Finding  # noqa: E402

RULES = (
    queues.check_visibility,
    queues.check_batch_failures,
    queues.check_dead_letters,
    queues.check_targets,
    queues.check_queue_policies,
    stores.check_tables,
    stores.check_buckets,
    stores.check_queue_encryption,
    stores.check_log_groups,
    functions.check_environment,
    functions.check_isolation,
    functions.check_runtime,
    permissions.check_wildcards,
    permissions.check_calls,
    permissions.check_adapters,
    permissions.check_settings_are_allowed,
    permissions.check_starter,
    permissions.check_unlisting,
    permissions.check_schedules,
    permissions.check_table_in_use,
    patterns.check_null,
    patterns.check_pinned,
    patterns.check_samples,
    patterns.check_extra_rules,
    patterns.check_archive,
    surface.check_parameters,
    surface.check_outputs,
    surface.check_alarms,
    surface.check_metrics,
    spokes.check_access,
    spokes.check_bus,
    spokes.check_told,
    requested.check_access,
)
SPOKE_RULES = (
    patterns.check_null,
    patterns.check_pinned,
    spokes.check_trust,
    spokes.check_reading_sessions,
    spokes.check_actions,
    spokes.check_resources,
    spokes.check_one_role,
    spokes.check_forwarding,
    spokes.check_wildcards,
    spokes.check_parameters,
)


REQUESTS_RULES = (
    patterns.check_null,
    requested.check_bus,
    requested.check_rules,
    requested.check_role,
    requested.check_dead_letters,
    spokes.check_forwarding,
    requested.check_parameters,
)


def contract(source, rules=None):
    """What is wrong with a template, in the order of the rules, each thing once."""
    found = []
    for stack in _stacks_of(source):
        for rule in rules or rules_of(source):
            found.extend(finding for finding in rule(stack) if finding not in found)
    return found


def _stacks_of(source):
    if is_of_requests(source):
        return model.requests_stacks(source)
    return model.spoke_stacks(source) if is_spoke(source) else model.stacks(source)


def is_of_requests(source):
    return "RequestsBus" in source["Resources"]


def is_spoke(source):
    return "RoleRegion" in source.get("Parameters", {})


def is_of_notifications(source):
    return "WebhookUrl" in source.get("Parameters", {})


def rules_of(source):
    if is_of_notifications(source):
        return notices.RULES
    if is_of_requests(source):
        return REQUESTS_RULES
    return SPOKE_RULES if is_spoke(source) else RULES


def linted(path, is_sam=True):
    """What cfn-lint says, and of a SAM template `sam validate --lint`."""
    tools = Path(sys.executable).parent
    runs = [("cfn-lint", [tools / "cfn-lint", "--format", "parseable", "--regions", model.REGION, "--", path])]
    if is_sam:
        runs.append(("sam validate", [tools / "sam", "validate", "--lint", "--region", model.REGION, "--template-file", path]))
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": model.REGION}
    for name, command in runs:
        ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment, check=False)
        if ran.returncode != 0:
            lines = [line.strip() for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
            yield Finding(name, " / ".join(lines[:20]) or "failed", "mend what it names")


def main(arguments):
    paths = [Path(argument) for argument in arguments] or [model.TEMPLATE, model.SPOKE, model.REQUESTS, model.NOTIFICATIONS]
    return max(_checked(path) for path in paths)


def _checked(path):
    shown = os.path.relpath(path, model.ROOT) if path.is_relative_to(model.ROOT) else str(path)
    source = model.read(path)
    is_sam = model.is_sam(source)
    of_contract = notices.contract(source) if is_of_notifications(source) else contract(source)
    found = of_contract + list(linted(path, is_sam))
    for finding in found:
        print(finding.line(shown))
    if found:
        return 1
    linters = "cfn-lint, sam validate" if is_sam else "cfn-lint"
    print(f"{shown}: {linters} and {len(rules_of(source))} checks of the contract pass")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
