"""Other accounts: what the deployment may do there, and what it is told by them; both sides of each, and that they agree."""

import functools
import re

import model
import permissions
from findings import Finding
from model import ROOT, as_list
from patterns import matches, pattern_of, samples
from surface import TOLD_TO_SPOKES, check_parameters_of

README = model.INFRA / "spoke" / "README.md"
SETTINGS = ROOT / "crates" / "aws" / "src" / "lambda" / "settings.rs"

START = "codepipeline:StartPipelineExecution"
DETAIL_TYPE = "CodePipeline Pipeline Execution State Change"
# How the sessions are named in which nothing may be started.
READING = "downriver@*"
NOT_READING = {"StringNotLike": {"aws:userid": f"*:{READING}"}}


# ------------------------------------------------------------------------------------------------------ the deployment's side


def check_access(stack):
    """Sessions of the spokes' roles, in the named accounts, and only for functions that start or read."""
    accounts = _accounts(stack)
    policies = stack.of_type("AWS::IAM::Policy")
    if ("SpokeAccess" in policies) != bool(accounts):
        yield Finding("SpokeAccess", "does not follow the parameter SpokeAccounts", "give it the condition HasSpokes")
    if not accounts or "SpokeAccess" not in policies:
        return
    role = f"arn:aws:iam::*:role/{stack.parameters['SpokeRoleName']}"
    wanted = [{"Sid": "Spokes", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role, "Condition": {"StringEquals": {"aws:ResourceAccount": accounts}}}]
    if policies["SpokeAccess"]["PolicyDocument"]["Statement"] != wanted:
        yield Finding("SpokeAccess", "allows other sessions than those of the role in the accounts", f"allow sts:AssumeRole on {role} in SpokeAccounts alone")


def check_bus(stack):
    """The bus takes CodePipeline's own events of the named accounts, and the rule on it the same and its own account's."""
    accounts = _accounts(stack) + _accounts(stack, "EventStartedAccounts")
    bus = stack.of_type("AWS::Events::EventBus")["RunsBus"]
    arn = f"arn:aws:events:{model.REGION}:{stack.account}:event-bus/{bus['Name']}"
    allowed = {
        "Sid": "FromOtherAccounts",
        "Effect": "Allow",
        "Principal": {"AWS": accounts},
        "Action": "events:PutEvents",
        "Resource": arn,
        "Condition": {"ForAllValues:StringEquals": {"events:source": "aws.codepipeline"}, "StringEquals": {"events:detail-type": DETAIL_TYPE}},
    }
    if bus.get("Policy", {}).get("Statement", []) != ([allowed] if accounts else []):
        yield Finding("RunsBus", "takes other events than those of pipelines in SpokeAccounts and EventStartedAccounts", "let its policy allow exactly these")
    rule = stack.of_type("AWS::Events::Rule")["ForwardedExecutionRule"]
    if rule.get("EventBusName") != "{RunsBus}":
        yield Finding("ForwardedExecutionRule", "does not listen on RunsBus", "set its EventBusName")
    wanted = {**pattern_of(stack, "PipelineExecutionRule"), "account": [stack.account, *accounts]}
    if pattern_of(stack, "ForwardedExecutionRule") != wanted:
        yield Finding("ForwardedExecutionRule", "matches other events than PipelineExecutionRule, of this account, SpokeAccounts and EventStartedAccounts", "let the two agree")


def check_told(stack):
    """What infra/spoke asks for under the name of the deployment is an output of the deployment, and role and id are one."""
    spoke = model.read(model.SPOKE)["Parameters"]
    for name in sorted(TOLD_TO_SPOKES ^ {name for name in spoke if name.startswith("Hub")}):
        yield Finding(name, "is no parameter of infra/spoke and output of the deployment at once", "let the two agree, and TOLD_TO_SPOKES in infra/checks/surface.py")
    told = {name: stack.outputs.get(name, {}).get("Value") for name in TOLD_TO_SPOKES}
    wanted = {
        "HubStartRoleArns": "{StartFunctionRole.Arn},{SweepFunctionRole.Arn}",
        "HubReadRoleArns": "{TrackFunctionRole.Arn},{IndexFunctionRole.Arn}",
        "HubBusArn": "{RunsBus.Arn}",
        "HubExternalId": stack.parameters["SpokeExternalId"] or "downriver",
    }
    for name in sorted(TOLD_TO_SPOKES):
        if told[name] != wanted[name]:
            yield Finding(name, f"tells {told[name]}, and infra/spoke needs {wanted[name]}", "mend the output")
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        environment = function["Environment"]["Variables"]
        if environment.get("SPOKE_EXTERNAL_ID", wanted["HubExternalId"]) != wanted["HubExternalId"]:
            yield Finding(name, "names itself by another external id than the deployment tells", "let SPOKE_EXTERNAL_ID be what HubExternalId tells")
    if spoke["RoleName"]["Default"] != stack.template["Parameters"]["SpokeRoleName"]["Default"]:
        yield Finding("SpokeRoleName", "has another default than RoleName of infra/spoke", "let the two agree")


# ----------------------------------------------------------------------------------------------------------- the spoke's side


def check_trust(stack):
    """Nobody but the four roles, with the external id; those that read only in sessions that are named so."""
    for role in _roles(stack):
        external_id = {"sts:ExternalId": stack.parameters["HubExternalId"]}
        wanted = [
            _trust("Start", stack.parameters["HubStartRoleArns"], {"StringEquals": external_id}),
            _trust("Read", stack.parameters["HubReadRoleArns"], {"StringEquals": external_id, "StringLike": {"sts:RoleSessionName": READING}}),
        ]
        if role["AssumeRolePolicyDocument"]["Statement"] != wanted:
            yield Finding("SpokeRole", "trusts others, or otherwise, than the deployment's roles with its external id", "trust exactly HubStartRoleArns and HubReadRoleArns")
        if role.get("RoleName") != stack.parameters["RoleName"]:
            yield Finding("SpokeRole", "is not found by the deployment, which knows its name", "name it RoleName")


def check_reading_sessions(stack):
    """What is started is never started in a session for reading; and the code names such sessions as the role knows them."""
    for policy, _, statement in permissions.statements(stack):
        condition = statement.get("Condition", {})
        if START in as_list(statement["Action"]) and not NOT_READING.items() <= condition.items():
            yield Finding(policy, f"statement `{statement.get('Sid')}` starts pipelines in sessions for reading", "give it the condition on aws:userid")
    named = re.findall(r'reader: format!\("([^{"]*)\{\}"', SETTINGS.read_text(encoding="utf-8"))
    if [f"{name}*" for name in named] != [READING]:
        yield Finding("SpokeRole", f"knows sessions for reading as {READING}, and the code names them {named}", "let the two agree")


def check_actions(stack):
    """Starting and reading executions, and what parameters add; nothing else."""
    wanted = set()
    if _roles(stack):
        wanted |= {START} | permissions.READ_EXECUTIONS
        wanted |= {"s3:GetObject", "s3:ListBucket"} if stack.parameters["ArtifactBucketArns"] else set()
        wanted |= {"kms:Decrypt"} if stack.parameters["ArtifactKeyArns"] else set()
    found = {
        action
        for policy, _, statement in permissions.statements(stack)
        if policy == "SpokeRole"
        for action in as_list(statement["Action"])
    }
    for action in sorted(found ^ wanted):
        yield Finding("SpokeRole", f"{'allows' if action in found else 'does not allow'} {action}", "allow what the deployment calls, and nothing else")


def check_resources(stack):
    """Pipelines, buckets and keys are those that parameters name, or pipelines that have the tag."""
    given = stack.parameters
    tagged = {"aws:ResourceTag/downriver": given["PipelineTagValue"]}
    named = {"codepipeline": given["PipelineArns"], "s3": given["ArtifactBucketArns"], "kms": given["ArtifactKeyArns"]}
    for policy, _, statement in permissions.statements(stack):
        if policy != "SpokeRole":
            continue
        service = as_list(statement["Action"])[0].split(":")[0]
        allowed = {arn.removesuffix("/*") for arn in as_list(statement["Resource"])}
        is_tagged = given["PipelineTagValue"] and tagged.items() <= statement.get("Condition", {}).get("StringEquals", {}).items()
        if not is_tagged and allowed != set(named[service].split(",")):
            yield Finding(policy, f"statement `{statement['Sid']}` is about {sorted(allowed)}", "let parameters name them, or the tag")


def check_one_role(stack):
    """A role belongs to every Region: only the stack in the Region that is named makes it."""
    is_here = stack.parameters["RoleRegion"] == model.REGION
    if bool(_roles(stack)) != is_here:
        yield Finding("SpokeRole", "does not follow the parameter RoleRegion", "give it the condition HasRole")


def check_forwarding(stack):
    """Events of this account's executions, and no others, go to the deployment's bus, and nothing else may be sent there."""
    bus = stack.parameters["HubBusArn"]
    rules = stack.of_type("AWS::Events::Rule")
    if ("ForwardRule" in rules) != bool(bus):
        yield Finding("ForwardRule", "does not follow the parameter HubBusArn", "give it the condition HasBus")
    if not bus or "ForwardRule" not in rules:
        return
    targets = [(target["Arn"], target.get("RoleArn")) for target in rules["ForwardRule"]["Targets"]]
    if targets != [(bus, "{ForwardRole.Arn}")]:
        yield Finding("ForwardRule", "forwards to something else than HubBusArn, or without ForwardRole", "let the bus be its only target")
    sent = [(as_list(one["Action"]), as_list(one["Resource"])) for policy, _, one in permissions.statements(stack) if policy == "ForwardRole"]
    if sent != [(["events:PutEvents"], [bus])]:
        yield Finding("ForwardRole", "allows more than PutEvents on HubBusArn", "allow nothing else")
    (trust,) = stack.of_type("AWS::IAM::Role")["ForwardRole"]["AssumeRolePolicyDocument"]["Statement"]
    own = {"StringEquals": {"aws:SourceAccount": stack.account}}
    if trust["Principal"] != {"Service": "events.amazonaws.com"} or not own.items() <= trust.get("Condition", {}).items():
        yield Finding("ForwardRole", "is trusted by others than EventBridge for this account's rules", "trust events.amazonaws.com with aws:SourceAccount")
    yield from _forwarded(stack, "EventStartedAccounts" if "RequestsBus" in stack.resources else "SpokeAccounts")


def _forwarded(stack, parameter):
    """Each sample is forwarded from its account, and the deployment's rule takes it then; of no other account."""
    for name, source, event, account, _, is_taken in samples():
        if source != "codepipeline":
            continue
        there = model.Stack(stack.source, stack.template, stack.parameters, account)
        is_forwarded = matches(pattern_of(there, "ForwardRule"), event)
        if is_forwarded != is_taken:
            yield Finding("ForwardRule", f"{'forwards' if is_forwarded else 'does not forward'} events/{name}.json", "mend its EventPattern")
        for accounts, is_named in ((account, True), ("999988887777", False)):
            if matches(_taken_by_hub(parameter, accounts), event) != (is_named and is_taken):
                yield Finding("ForwardRule", f"events/{name}.json comes to another end in the deployment with {parameter} {accounts}", "mend ForwardedExecutionRule")


@functools.cache
def _taken_by_hub(parameter, accounts):
    """What the deployment with these other accounts takes from its bus."""
    hub = model.Stack(None, model.transformed(model.read()), {parameter: accounts}, model.HUB)
    return pattern_of(hub, "ForwardedExecutionRule")


def check_wildcards(stack):
    yield from permissions.check_wildcards_of(stack, "spoke")


def check_parameters(stack):
    yield from check_parameters_of(stack, README)


def _accounts(stack, parameter="SpokeAccounts"):
    return [account for account in stack.parameters[parameter].split(",") if account]


def _roles(stack):
    return [role for name, role in stack.of_type("AWS::IAM::Role").items() if name == "SpokeRole"]


def _trust(sid, arns, condition):
    return {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": arns.split(",")}, "Action": "sts:AssumeRole", "Condition": condition}
