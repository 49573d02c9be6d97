#!/usr/bin/env python3
"""Checks the SAM template, and without an argument that of notifications: `python infra/checks/check.py [TEMPLATE]`, with the Python of an environment that has
cfn-lint and aws-sam-cli. One line for each finding: file, resource, what is wrong, remedy. Exit code 1 if there is any.
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
)


def contract(source, rules=RULES):
    """What is wrong with a template, in the order of the rules, each thing once."""
    found = []
    for stack in model.stacks(source):
        for rule in rules:
            found.extend(finding for finding in rule(stack) if finding not in found)
    return found


def linted(path, is_sam=True):
    """What cfn-lint and `sam validate --lint` say."""
    tools = Path(sys.executable).parent
    lint = ("cfn-lint", [tools / "cfn-lint", "--format", "parseable", "--regions", model.REGION, "--", path])
    validate = ("sam validate", [tools / "sam", "validate", "--lint", "--region", model.REGION, "--template-file", path])
    runs = (lint, validate) if is_sam else (lint,)
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": model.REGION}
    for name, command in runs:
        ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment, check=False)
        if ran.returncode != 0:
            lines = [line.strip() for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
            yield Finding(name, " / ".join(lines[:20]) or "failed", "mend what it names")


def main(arguments):
    path = Path(arguments[0]) if arguments else model.TEMPLATE
    found = contract(model.read(path)) + list(linted(path))
    is_fine = told(path, found, f"cfn-lint, sam validate and {len(RULES)} checks of the contract pass")
    if not arguments:
        path = model.NOTIFICATIONS
        found = notices.contract(model.read(path)) + list(linted(path, is_sam=False))
        is_fine &= told(path, found, f"cfn-lint and {len(notices.RULES)} checks of notifications pass")
    return 0 if is_fine else 1


def told(path, found, passed):
    """Whether nothing was found; prints what was."""
    shown = os.path.relpath(path, model.ROOT) if path.is_relative_to(model.ROOT) else str(path)
    for finding in found:
        print(finding.line(shown))
    if not found:
        print(f"{shown}: {passed}")
    return not found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
