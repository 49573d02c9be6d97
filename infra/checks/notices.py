"""The template of notifications, held against notices as the engine writes them: each is told once, to whom it concerns, and what
a target gets is valid and readable whatever stands in it.

EventBridge puts values into an InputTemplate as they are: a quote in one ends the string around it.
"""

import json
import re

import patterns
from findings import Finding
from model import ROOT, Stack, as_list, name_of, transformed

SAMPLES = ROOT / "crates" / "engine" / "src" / "wire" / "messages" / "samples" / "notice.1.txt"
SCHEMA = ROOT / "events" / "schemas" / "notice.1.json"

# What each rule tells: the detail-type and the outcome of a notice, `None` where it has none.
TOLD = {
    ("Downriver Rebuild Ended", "Failed"): "NeedsAPersonRule",
    ("Downriver Rebuild Ended", "NotPickedUp"): "NeedsAPersonRule",
    ("Downriver Rebuild Stuck", None): "NeedsAPersonRule",
    ("Downriver Rebuild Parked", None): "NeedsAPersonRule",
    ("Downriver Manifest Change Needed", None): "NeedsAPersonRule",
    ("Downriver Version Withdrawn", None): "NeedsAPersonRule",
    ("Downriver Regressed", None): "NeedsAPersonRule",
    ("Downriver Cascade Stopped", None): "NeedsAPersonRule",
    ("Downriver Doctor Finding", None): "NeedsAPersonRule",
    ("Downriver Change Halted", None): "NeedsAPersonRule",
    ("Downriver Approval Needed", None): "NeedsAPersonRule",
    ("Downriver Limit Reached", None): "NeedsAPersonRule",
    ("Downriver Rebuild Ended", "Succeeded"): "RebuiltRule",
    ("Downriver Rebuild Proof", "Delivered"): "RebuiltRule",
    ("Downriver Weekly Summary", None): "WeeklySummaryRule",
}
# What nobody is told, and why.
NOT_TOLD = {
    ("Downriver Rebuild Requested", None): "It is told when it is over.",
    ("Downriver Rebuild Started", None): "It is told when it is over.",
    ("Downriver Rebuild Ended", "Pending"): "Another attempt follows.",
    ("Downriver Rebuild Ended", "Stopped"): "A person did it.",
    ("Downriver Rebuild Proof", "NotPickedUp"): "It is told as an end as well.",
    ("Downriver Rebuild Proof", "Unproven"): "That it succeeded was told, and there is nothing to do.",
}
# The switches of the template, as they stand by default, and what they switch.
SWITCHES = {"NeedsAPersonRule": ("TellNeedsAPerson", "true"), "RebuiltRule": ("TellRebuilt", "false"), "WeeklySummaryRule": ("TellWeeklySummary", "true")}
EVERYTHING = {"WebhookUrl": "https://chat.example/hooks/1", "TellRebuilt": "true"}
OWNER = "team-a"


def notices():
    """Notices as rules get them, those of the engine's own samples and of the outcomes that they do not have."""
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        kind, _, detail = line.partition(": ")
        yield {"source": "downriver", "detail-type": kind, "detail": json.loads(detail)}


def every_kind():
    """One notice for each detail-type and outcome that the schema admits for it."""
    found = {}
    for notice in notices():
        kind = notice["detail-type"]
        outcomes = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["detail"]["properties"]["outcome"]["enum"]
        known = [key for key in (*TOLD, *NOT_TOLD) if key[0] == kind and key[1] in outcomes]
        for key in known or [(kind, notice["detail"].get("outcome"))]:
            detail = {**notice["detail"], **({"outcome": key[1]} if key[1] else {})}
            found.setdefault(key, {**notice, "detail": detail})
    return found


def rendered(transformer, event):
    """What a target gets: each value as it is, without escaping; one that is not there leaves nothing."""
    values = {name: _at(path, event) for name, path in transformer["InputPathsMap"].items()}

    def put(found):
        value = values[found[1]]
        is_quoted = found.string[: found.start()].count('"') % 2 == 1
        return str(value) if is_quoted or not isinstance(value, str) else f'"{value}"'

    return re.sub(r"<([A-Za-z0-9_-]+)>", put, transformer["InputTemplate"])


def _at(path, event):
    value = event
    for step in path.removeprefix("$.").split("."):
        value = value.get(step, "") if isinstance(value, dict) else ""
    return value


def _rules(stack):
    return stack.of_type("AWS::Events::Rule")


def check_kinds(stack):
    """Each kind of notice is told by the rule that is for it and by no other; nothing else is told."""
    for key, notice in every_kind().items():
        telling = [name for name, rule in _rules(stack).items() if patterns.matches(rule["EventPattern"], notice)]
        wanted = [TOLD[key]] if key in TOLD else []
        if key not in TOLD and key not in NOT_TOLD:
            yield Finding(key[0], "nobody decided whether it is told", "add it to TOLD or NOT_TOLD of infra/checks/notices.py")
        elif telling != wanted:
            yield Finding(" ".join(filter(None, key)), f"{telling or 'no rule'} tells it, and {wanted or 'no rule'} should", "mend the patterns")


def check_owners(stack):
    """A stack for one owner tells of no other's applications."""
    for name, rule in _rules(stack).items():
        pattern = rule["EventPattern"]
        own = [notice for notice in notices() if patterns.matches(pattern, notice)]
        other = [{**notice, "detail": {**notice["detail"], "owner": "team-b"}} for notice in own]
        is_limited = bool(stack.parameters["Owner"])
        if any(patterns.matches(pattern, notice) for notice in other) == is_limited:
            yield Finding(name, "it does not tell by owner as the parameter Owner says", "filter on detail.owner if there is one")
        if not own and stack.parameters["Owner"] in ("", OWNER):
            yield Finding(name, "it matches no sample", "mend the pattern")
        if pattern["source"] != ["downriver"] or rule["EventBusName"] != stack.parameters["BusName"]:
            yield Finding(name, "it does not listen to the deployment's bus", "set EventBusName and source")


def check_switches(stack):
    """A rule is on when its parameter says so."""
    for name, (parameter, default) in SWITCHES.items():
        wanted = "ENABLED" if stack.parameters.get(parameter, default) == "true" else "DISABLED"
        state = _rules(stack).get(name, {}).get("State")
        if state != wanted:
            yield Finding(name, f"it is {state} while {parameter} says {wanted}", "let State follow the parameter")


def check_texts(stack):
    """Every target of every rule gets valid JSON that holds the line as it was written."""
    for name, rule in _rules(stack).items():
        for target in rule["Targets"]:
            for notice in notices():
                if not patterns.matches(rule["EventPattern"], notice):
                    continue
                text = rendered(target["InputTransformer"], notice)
                finding = _wrong_with(text, notice["detail"]["message"], target["Id"])
                if finding:
                    yield Finding(f"{name}.{target['Id']}", finding, "put `$.detail.message` alone between quotes")


def _wrong_with(text, message, target):
    try:
        got = json.loads(text)
    except ValueError as error:
        return f"{text!r} is not valid JSON ({error})"
    line = got.get("text") if target == "Webhook" and isinstance(got, dict) else got
    return None if line == message else f"it gets {line!r} where {message!r} was told"


def check_failures(stack):
    """What cannot be delivered is tried for a day, then kept, and only these rules put it there."""
    arns = sorted(f"{{{name}.Arn}}" for name in _rules(stack))
    for name, rule in _rules(stack).items():
        for target in rule["Targets"]:
            dead = target.get("DeadLetterConfig", {}).get("Arn")
            if name_of(dead) != "DeadLetterQueue" or target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds") != 86400:
                yield Finding(f"{name}.{target['Id']}", "what cannot be delivered is lost", "set DeadLetterConfig and RetryPolicy")
    policies = {**stack.of_type("AWS::SQS::QueuePolicy"), **stack.of_type("AWS::SNS::TopicPolicy")}
    for name, policy in policies.items():
        allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
        sources = [sorted(as_list(one.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", []))) for one in allowed]
        if sources != [arns]:
            yield Finding(name, "others than the rules may send, or not all of them", "name every rule in aws:SourceArn")


def check_webhook(stack):
    """The chat is called at the rate that it takes, with a header whose value stays a secret, by a role for it alone."""
    for name, destination in stack.of_type("AWS::Events::ApiDestination").items():
        if destination.get("InvocationRateLimitPerSecond") != 1:
            yield Finding(name, "it is called faster than a chat takes", "set InvocationRateLimitPerSecond to 1")
        for role, properties in stack.of_type("AWS::IAM::Role").items():
            for policy in properties["Policies"]:
                for one in policy["PolicyDocument"]["Statement"]:
                    if (one["Action"], one["Resource"]) != ("events:InvokeApiDestination", f"{{{name}.Arn}}"):
                        yield Finding(role, "it may do more than call the webhook", "take it out")
    for name in ("WebhookUrl", "WebhookHeaderValue"):
        if not stack.template["Parameters"][name].get("NoEcho"):
            yield Finding(name, "this secret is shown to whoever may read the stack", "set NoEcho")


RULES = (check_kinds, check_owners, check_switches, check_texts, check_failures, check_webhook)


def contract(source, rules=RULES):
    """What is wrong with the template, each thing once."""
    template = transformed(source)
    cases = ({}, EVERYTHING, {**EVERYTHING, "Owner": OWNER, "TellNeedsAPerson": "false", "TellWeeklySummary": "false"})
    cases += ({"TopicArn": "arn:aws:sns:eu-central-1:111122223333:team-a", "Owner": OWNER},)
    found = []
    for case in cases:
        stack = Stack(source, template, case)
        for rule in rules:
            found.extend(finding for finding in rule(stack) if finding not in found)
    return found
