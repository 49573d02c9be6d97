"""Event patterns, held against the sample events: what the code accepts must reach it."""

import json

from findings import Finding
from model import ACCOUNT, ROOT, Stack

EVENTS = ROOT / "events"
# Kinds of samples that the code does not take; see events/README.md.
NOT_TAKEN = ("refused-", "hostile-", "ignored-")
# Samples that must not even reach the queue.
NOT_MATCHED = (
    "codeartifact.refused-other-detail-type",
    "codeartifact.refused-other-domain-owner",
    "codeartifact.refused-other-receiver",
    "codeartifact.refused-other-source",
    "codepipeline.ignored-action",
    "codepipeline.ignored-stage",
    "codepipeline.refused-other-detail-type",
)
# Held against SpokeAccounts in spokes.py.
OF_OTHER_ACCOUNTS = "ForwardedExecutionRule"
RULES = {"codeartifact": "PackageVersionRule", "codepipeline": "PipelineExecutionRule"}


def matches(pattern, event):
    """EventBridge's matching, as far as the patterns here use it: nested keys, lists of exact values and of `exists`."""
    event = event if isinstance(event, dict) else {}
    for key, wanted in pattern.items():
        if isinstance(wanted, dict):
            if not matches(wanted, event.get(key)):
                return False
        elif not any(_is_one(key, value, event) for value in wanted):
            return False
    return True


def _is_one(key, value, event):
    if isinstance(value, dict) and set(value) == {"exists"}:
        return (key in event) == value["exists"]
    if isinstance(value, (dict, list)):
        raise ValueError(f"`{key}` uses an operator that infra/checks/patterns.py does not know")
    return key in event and event[key] == value


# A copy for an account that does not own the domain: only a stack that names the owner takes it.
OF_ANOTHER_OWNER = "codeartifact.npm-scoped-administrator-copy"


def samples():
    """Name, source, event; the account and the domain owners of the stack that it comes to; whether it is to be taken."""
    for path in sorted(EVENTS.glob("*.json")):
        source, case = path.stem.split(".", 1)
        if path.stem in NOT_MATCHED:
            yield path.stem, source, _read(path), ACCOUNT, "", False
        elif not case.startswith(NOT_TAKEN):
            event = _read(path)
            yield path.stem, source, event, event["account"], event["detail"].get("domainOwner", ""), True
        if path.stem == OF_ANOTHER_OWNER:
            event = _read(path)
            yield path.stem, source, event, event["account"], "", False


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def pattern_of(stack, rule):
    pattern = stack.of_type("AWS::Events::Rule")[rule]["EventPattern"]
    return json.loads(pattern) if isinstance(pattern, str) else pattern


def check_samples(stack):
    """Each sample, as in a stack of the account it was sent to, with its domain's owner configured or not."""
    patterns = {}
    for name, source, event, account, owners, is_taken in samples():
        key = (account, owners, source)
        if key not in patterns:
            given = Stack(stack.source, stack.template, {"DomainOwners": owners}, account)
            patterns[key] = pattern_of(given, RULES[source])
        if matches(patterns[key], event) != is_taken:
            what = "does not match" if is_taken else "matches"
            meant = "is for" if is_taken else "is not for"
            whose = f"a stack of {account} with the domain owners `{owners}`"
            yield Finding(RULES[source], f"{what} events/{name}.json, which {meant} {whose}", "mend its EventPattern")


def check_pinned(stack):
    """Other accounts may put events on a bus; only this account's are meant."""
    for name in stack.of_type("AWS::Events::Rule"):
        if name != OF_OTHER_ACCOUNTS and pattern_of(stack, name).get("account") != [stack.account]:
            yield Finding(name, "matches events of other accounts", "pin `account` to AWS::AccountId")


def check_null(stack):
    """CloudFormation refuses null in a pattern that is written as an object."""
    for kind in ("AWS::Events::Rule", "AWS::Events::Archive"):
        for name, properties in stack.of_type(kind).items():
            pattern = properties.get("EventPattern")
            if not isinstance(pattern, str) and _has_null(pattern):
                yield Finding(name, "has null in a pattern that is an object, which CloudFormation refuses", "write the pattern as a JSON string")


def _has_null(value):
    if isinstance(value, dict):
        return any(_has_null(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_null(item) for item in value)
    return value is None


def check_extra_rules(stack):
    """With extra sources the same rules exist for them, and without none does."""
    sources = stack.parameters["ExtraEventSources"]
    rules = stack.of_type("AWS::Events::Rule")
    for rule in RULES.values():
        extra = f"Extra{rule}"
        if not sources:
            if extra in rules:
                yield Finding(extra, "exists without extra sources", "give it the condition HasExtraEventSources")
            continue
        if extra not in rules:
            yield Finding(extra, "does not exist, and there are extra sources", "add it")
            continue
        expected = {**pattern_of(stack, rule), "source": sources.split(",")}
        if pattern_of(stack, extra) != expected or _targets(rules[extra]) != _targets(rules[rule]):
            yield Finding(extra, f"differs from {rule} in more than its sources", f"let it be {rule} for ExtraEventSources")


def _targets(rule):
    return [{key: value for key, value in target.items() if key != "Id"} for target in rule["Targets"]]


def check_archive(stack):
    archives = stack.of_type("AWS::Events::Archive")
    if (len(archives) == 1) != (stack.parameters["ArchiveEvents"] == "true"):
        yield Finding("Archive", "does not follow the parameter ArchiveEvents", "give it the condition HasArchive")
    for name, archive in archives.items():
        if archive["EventPattern"] != pattern_of(stack, "PackageVersionRule"):
            yield Finding(name, "keeps other events than PackageVersionRule takes", "give it the same pattern")
