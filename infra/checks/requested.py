"""Accounts that let no role in: who may ask for an execution there, and which rule starts what; held against what the code sends."""

import json
import re

import model
from findings import Finding
from model import ROOT, as_list
from patterns import matches, pattern_of
from queues import DEAD_LETTERS_KEPT_SECS
from surface import check_parameters_of

README = model.INFRA / "requests" / "README.md"
MESSAGES = ROOT / "crates" / "engine" / "src" / "wire" / "messages"
PORTS = ROOT / "crates" / "engine" / "src" / "ports" / "outside.rs"
PENDING = ROOT / "crates" / "engine" / "src" / "start" / "pending.rs"

START = "codepipeline:StartPipelineExecution"
VARIABLES = {"InputPathsMap": {"variables": "$.detail.variables"}, "InputTemplate": '{"variables": <variables>}'}
# For the event of an execution that was started at the last moment to come back.
ANSWER_SECS = 300


def _constant(path, name):
    return re.search(rf'const {name}: [^=]+ = "?([^";]+)"?;', path.read_text(encoding="utf-8"))[1]


def _bus():
    return _constant(PORTS, "REQUESTS_BUS")


def _sent():
    """Source and detail-type of what the code puts."""
    return _constant(MESSAGES / "notice.rs", "NOTICE_SOURCE"), _constant(MESSAGES / "request.rs", "REQUEST_DETAIL_TYPE")


# ------------------------------------------------------------------------------------------------------ the deployment's side


def check_access(stack):
    """Events on the bus of the code's name, in the named accounts, and only for functions that start."""
    accounts = [account for account in stack.parameters["EventStartedAccounts"].split(",") if account]
    policies = stack.of_type("AWS::IAM::Policy")
    if ("RequestAccess" in policies) != bool(accounts):
        yield Finding("RequestAccess", "does not follow the parameter EventStartedAccounts", "give it the condition HasEventStarted")
    if not accounts or "RequestAccess" not in policies:
        return
    bus = f"arn:aws:events:*:*:event-bus/{_bus()}"
    condition = {"StringEquals": {"aws:ResourceAccount": accounts}}
    wanted = [{"Sid": "Requests", "Effect": "Allow", "Action": "events:PutEvents", "Resource": bus, "Condition": condition}]
    if policies["RequestAccess"]["PolicyDocument"]["Statement"] != wanted:
        yield Finding("RequestAccess", "allows other events than those on the bus in the accounts", f"allow events:PutEvents on {bus} in EventStartedAccounts alone")
    if policies["RequestAccess"]["Roles"] != ["{StartFunctionRole}", "{SweepFunctionRole}"]:
        yield Finding("RequestAccess", "is for others than those who start", "give it to StartFunctionRole and SweepFunctionRole")


# ---------------------------------------------------------------------------------------------------------- the other account


def check_bus(stack):
    """The roles of the deployment that start, and nobody else of another account, put what the code sends; on the bus that it knows."""
    bus = stack.of_type("AWS::Events::EventBus")["RequestsBus"]
    if bus["Name"] != _bus():
        yield Finding("RequestsBus", f"is called {bus['Name']}, and the code asks on {_bus()}", "let the two agree")
    source, detail_type = _sent()
    hub = stack.parameters["HubStartRoleArns"]
    wanted = {
        "Sid": "FromHub",
        "Effect": "Allow",
        "Principal": {"AWS": hub.split(",")},
        "Action": "events:PutEvents",
        "Resource": f"arn:aws:events:{model.REGION}:{stack.account}:event-bus/{bus['Name']}",
        "Condition": {"ForAllValues:StringEquals": {"events:source": source}, "StringEquals": {"events:detail-type": detail_type}},
    }
    if bus.get("Policy", {}).get("Statement", []) != ([wanted] if hub else []):
        yield Finding("RequestsBus", "takes other events than requests of HubStartRoleArns", "let its policy allow exactly these")


def check_rules(stack):
    """Each request of the code starts its pipeline, by one rule, with its variables if it has any; and nobody else's does."""
    rules = {name: rule for name, rule in stack.of_type("AWS::Events::Rule").items() if name != "ForwardRule"}
    arns = _pipelines(stack)
    if len(rules) != 2 * len(arns):
        yield Finding("RequestsBus", f"has {len(rules)} rules for {len(arns)} pipelines", "give each pipeline one for requests with variables and one for those without")
    for name, rule in rules.items():
        if rule.get("EventBusName") != "{RequestsBus}":
            yield Finding(name, "does not listen on RequestsBus", "set its EventBusName")
    for arn in arns:
        for line in (MESSAGES / "samples" / "request.1.jsonl").read_text(encoding="utf-8").splitlines():
            yield from _started(stack, rules, arn, json.loads(line))


def _started(stack, rules, arn, detail):
    source, detail_type = _sent()
    detail = {**detail, "pipeline": arn.split(":")[5]}
    event = {"source": source, "detail-type": detail_type, "account": model.HUB, "detail": detail}
    shown = "with variables" if detail["variables"] else "without variables"
    matching = [name for name in rules if matches(pattern_of(stack, name), event)]
    if len(matching) != 1:
        yield Finding("RequestsBus", f"{len(matching)} rules match a request for {arn} {shown}", "let exactly one match")
    for name in matching:
        (target,) = rules[name]["Targets"]
        if (target["Arn"], target.get("RoleArn")) != (arn, "{StartRole.Arn}"):
            yield Finding(name, f"starts something else than {arn}, or without StartRole", "let the pipeline be its only target")
        if target.get("InputTransformer") != (VARIABLES if detail["variables"] else None):
            yield Finding(name, f"passes on other variables than those of a request {shown}", "CodePipeline takes `variables`, and no empty list of them")
        if pattern_of(stack, name).get("account") != [model.HUB]:
            yield Finding(name, "matches what this account puts itself", "pin `account` to that of HubStartRoleArns")
        yield from _given_up(name, target)


def _given_up(name, target):
    """A request that the engine does not wait for any more starts nothing."""
    wait_secs = int(_constant(PENDING, "REQUEST_MARGIN_SECS"))
    if target["RetryPolicy"]["MaximumEventAgeInSeconds"] > wait_secs - ANSWER_SECS:
        yield Finding(name, f"may start the pipeline when it is not waited for any more, after {wait_secs} s", f"set MaximumEventAgeInSeconds to at most {wait_secs - ANSWER_SECS}")


def check_role(stack):
    """EventBridge, for rules of this bus, starts the named pipelines and does nothing else."""
    roles = stack.of_type("AWS::IAM::Role")
    if ("StartRole" in roles) != bool(_pipelines(stack)):
        yield Finding("StartRole", "does not follow the parameters", "give it the condition HasRules")
    if "StartRole" not in roles:
        return
    role = roles["StartRole"]
    allowed = [statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]
    wanted = [{"Sid": "Start", "Effect": "Allow", "Action": START, "Resource": _pipelines(stack)}]
    if allowed != wanted or role.get("ManagedPolicyArns"):
        yield Finding("StartRole", "allows more than starting the pipelines of PipelineArns", "allow nothing else")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    own = {"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": _rules_arn(stack)}}
    if trust["Principal"] != {"Service": "events.amazonaws.com"} or trust.get("Condition") != own:
        yield Finding("StartRole", "is trusted by others than EventBridge for this bus's rules", "trust events.amazonaws.com with aws:SourceAccount and aws:SourceArn")


def check_dead_letters(stack):
    """What could not be started is kept, and nobody but the bus's rules puts anything there."""
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        for target in rule["Targets"] if name != "ForwardRule" else []:
            if target.get("DeadLetterConfig", {}).get("Arn") != "{DeadLetterQueue.Arn}":
                yield Finding(name, "drops what it cannot start", "set DeadLetterConfig to DeadLetterQueue")
    queue = stack.of_type("AWS::SQS::Queue")["DeadLetterQueue"]
    if queue.get("MessageRetentionPeriod", 0) < DEAD_LETTERS_KEPT_SECS or not queue.get("SqsManagedSseEnabled"):
        yield Finding("DeadLetterQueue", "is not encrypted, or does not keep messages for 14 days", "set SqsManagedSseEnabled and MessageRetentionPeriod")
    (policy,) = stack.of_type("AWS::SQS::QueuePolicy").values()
    sending = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    wanted = {
        "Sid": "FromRules",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "{DeadLetterQueue.Arn}",
        "Condition": {"ArnLike": {"aws:SourceArn": _rules_arn(stack)}},
    }
    if sending != [wanted]:
        yield Finding("DeadLetterQueuePolicy", "lets others send than the rules of RequestsBus", "allow exactly these")


def check_parameters(stack):
    yield from check_parameters_of(stack, README)


def _rules_arn(stack):
    return f"arn:aws:events:{model.REGION}:{stack.account}:rule/{_bus()}/*"


def _pipelines(stack):
    """Those that can be asked for: nobody asks where no deployment is named."""
    given = stack.parameters["PipelineArns"] if stack.parameters["HubStartRoleArns"] else ""
    return [arn for arn in as_list(given.split(",")) if arn]
