"""Who may do what: nothing that the function's code does not call, on nothing but this stack's resources."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

from findings import Finding
from functions import code_of
from model import REGION, ROOT, as_list, name_of

WILDCARDS = Path(__file__).with_name("wildcards.json")
ADAPTERS = ROOT / "crates" / "aws" / "src"

# To tell where an execution failed its actions and the pipeline's stages are read, too; start reads no failures.
READ_EXECUTIONS = {
    "codepipeline:GetPipeline",
    "codepipeline:ListActionExecutions",
    "codepipeline:ListPipelineExecutions",
}
RECORDS = {
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
}
EVERY = {"events:PutEvents", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "xray:PutTelemetryRecords", "xray:PutTraceSegments"} | RECORDS
CONSUME = {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}

# What each function's use cases reach through the ports, as the engine has them.
CALLS = {
    "resolve": EVERY | CONSUME | {"codeartifact:DescribePackageVersion", "codeartifact:ListPackageVersions"},
    "start": EVERY | CONSUME | {"codepipeline:ListPipelineExecutions", "dynamodb:DescribeTable", "sts:AssumeRole"},
    "track": EVERY | CONSUME | READ_EXECUTIONS,
    "index": EVERY
    | CONSUME
    | READ_EXECUTIONS
    | {
        "codeartifact:DescribeRepository",
        "codeartifact:ListPackageVersionDependencies",
        "codeartifact:ListRepositoriesInDomain",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    },
    "sweep": EVERY
    | READ_EXECUTIONS
    | {
        "codeartifact:DescribePackageVersion",
        "codeartifact:ListPackageVersions",
        "codepipeline:GetPipelineState",
        "dynamodb:DescribeTable",
        "sts:AssumeRole",
    },
}
# Where a parameter names keys.
DECRYPT = {"index": {"kms:Decrypt"}}
# Where a parameter names other accounts.
READ_SPOKES = {"track": {"sts:AssumeRole"}, "index": {"sts:AssumeRole"}}
# Who finds that a change is halted, where a parameter lets them do something about it.
UNLIST = {name: {"codeartifact:UpdatePackageVersionsStatus"} for name in ("start", "track", "index", "sweep")}

# What somebody else calls for the function, or what another action needs beside it.
NOT_CALLED_BY_NAME = {
    "dynamodb:ConditionCheckItem": "a part of TransactWriteItems",
    "kms:Decrypt": "S3 decrypts for who reads",
    "logs:CreateLogStream": "Lambda writes the log",
    "logs:PutLogEvents": "Lambda writes the log",
    "s3:ListBucket": "the permission of ListObjectsV2",
    "sqs:DeleteMessage": "Lambda polls the queue",
    "sqs:GetQueueAttributes": "Lambda polls the queue",
    "sqs:ReceiveMessage": "Lambda polls the queue",
    "xray:PutTelemetryRecords": "Lambda traces the function",
    "xray:PutTraceSegments": "Lambda traces the function",
}


def statements(stack):
    """Logical id of the role or policy, the role it is for, statement."""
    for name, role in stack.of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, name, statement
        for arn in role.get("ManagedPolicyArns", []):
            yield name, name, {"Sid": arn, "Effect": "Allow", "Action": "*", "Resource": "*"}
    for name, policy in stack.of_type("AWS::IAM::Policy").items():
        for role in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, name_of(role), statement


def check_wildcards(stack):
    yield from check_wildcards_of(stack, "sam")


def check_wildcards_of(stack, template):
    """Each wildcard of the template is excused with a reason, and what is excused is there."""
    allowed = [{"template": "sam", **entry} for entry in json.loads(WILDCARDS.read_text(encoding="utf-8"))]
    allowed = [entry for entry in allowed if entry["template"] == template]
    used = set()
    for policy, _, statement in statements(stack):
        sid = statement.get("Sid", "")
        if statement["Effect"] == "Allow" and ("NotAction" in statement or "NotResource" in statement):
            yield Finding(policy, f"statement `{sid}` allows all but something", "name what is allowed")
        for pattern in as_list(statement.get("Action", [])) + as_list(statement.get("Resource", [])):
            if "*" not in pattern or _is_of_log_group(pattern) or _is_of_named_bucket(pattern, stack):
                continue
            entries = [
                number
                for number, entry in enumerate(allowed)
                if fnmatchcase(policy, entry["policy"]) and (sid, pattern) == (entry["statement"], entry["pattern"])
            ]
            used.update(entries)
            if not entries:
                yield Finding(
                    policy,
                    f"statement `{sid}` allows `{pattern}`",
                    "name what is needed, or add it to infra/checks/wildcards.json with the reason",
                )
    is_default = stack.parameters["PipelineArns"] == "*"
    for number, entry in enumerate(allowed):
        # Some stand there by default, others only where a parameter has a value.
        is_with = "with" in entry and stack.parameters[entry["with"]] and entry["policy"] in stack.resources
        if is_with or ("with" not in entry and is_default):
            if number not in used or not entry["reason"]:
                yield Finding(
                    entry["policy"],
                    f"`{entry['pattern']}` is excused in infra/checks/wildcards.json, and nothing has it",
                    "take the entry out",
                )


def _is_of_named_bucket(pattern, stack):
    """The objects of a bucket that whoever deploys has named."""
    return pattern.endswith("/*") and pattern[:-2] in stack.parameters["ArtifactBucketArns"].split(",")


def _is_of_log_group(pattern):
    return pattern.startswith("{") and pattern.endswith("LogGroup.Arn}")


def check_calls(stack):
    """The actions of each function's role are those that its code calls."""
    allowed = {name: set() for name in stack.of_type("AWS::Lambda::Function")}
    for _, role, statement in statements(stack):
        if role and role.removesuffix("Role") in allowed:
            allowed[role.removesuffix("Role")].update(as_list(statement["Action"]))
    for name, actions in allowed.items():
        wanted = CALLS.get(code_of(name), set())
        if stack.parameters["ArtifactKeyArns"]:
            wanted = wanted | DECRYPT.get(code_of(name), set())
        if stack.parameters["SpokeAccounts"]:
            wanted = wanted | READ_SPOKES.get(code_of(name), set())
        if stack.parameters["UnlistHaltedVersions"] == "true":
            wanted = wanted | UNLIST.get(code_of(name), set())
        for action in sorted(actions - wanted):
            yield Finding(f"{name}Role", f"allows {action}, which its code does not call", "take it out, or add it to CALLS in infra/checks/permissions.py")
        for action in sorted(wanted - actions):
            yield Finding(f"{name}Role", f"does not allow {action}, which its code calls", "allow it, or take it out of CALLS in infra/checks/permissions.py")


def check_adapters(stack):
    """What is allowed is called by an adapter: permissions do not outlive the code that needed them."""
    files = [path for path in sorted(ADAPTERS.rglob("*.rs")) if path.stem != "tests"]
    called = set(re.findall(r"\.([a-z0-9_]+)\(\)", "\n".join(path.read_text(encoding="utf-8") for path in files)))
    for policy, _, statement in statements(stack):
        for action in as_list(statement["Action"]):
            operation = re.sub(r"(?<!^)(?=[A-Z])", "_", action.split(":")[-1]).lower()
            is_ours = policy in ("StarterRole", "StarterAccess", "SpokeAccess", "RequestAccess", "UnlistAccess") or policy.endswith("FunctionRole")
            # The actions of SQS are those of single messages, also for calls of batches.
            is_called = operation in called or f"{operation}_batch" in called
            if is_ours and action not in NOT_CALLED_BY_NAME and not is_called:
                yield Finding(policy, f"allows {action}, and no adapter in crates/aws calls {operation}", "take it out")


def check_settings_are_allowed(stack):
    """A function may send to, tell and read exactly what its environment names; and its consumer's queue is its own."""
    functions = stack.of_type("AWS::Lambda::Function")
    reached = {name: {} for name in functions}
    for _, role, statement in statements(stack):
        name = role.removesuffix("Role") if role else None
        if name not in reached:
            continue
        for action in as_list(statement["Action"]):
            # What stands outside the stack is named by parameters, and not by settings; but for other accounts' roles and buses.
            targets = {name_of(resource) for resource in as_list(statement["Resource"])}
            if action.startswith("s3:"):
                targets.discard(None)
            if action in ("sts:AssumeRole", "events:PutEvents"):
                targets = {name_of(resource) or resource for resource in as_list(statement["Resource"])}
            reached[name].setdefault(action, set()).update(targets)
    for name, function in functions.items():
        environment = function["Environment"]["Variables"]
        queues = {name_of(value) for key, value in environment.items() if key.endswith("_QUEUE_URL")}
        queues |= _failure_queues(stack, name)
        wanted = {
            "sqs:SendMessage": queues,
            "events:PutEvents": {name_of(environment.get("BUS_NAME")), _requests_bus(stack, name)} - {None},
            "s3:GetObject": {name_of(environment.get("BUCKET_NAME"))} - {None},
            "sts:AssumeRole": {name_of(environment.get("STARTER_ROLE_ARN")), _spoke_role(stack, environment)} - {None},
            "sqs:ReceiveMessage": {
                name_of(mapping["EventSourceArn"])
                for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
                if name_of(mapping["FunctionName"]) == name
            },
        }
        for action, targets in wanted.items():
            found = reached[name].get(action, set())
            if found != targets:
                yield Finding(
                    f"{name}Role",
                    f"allows {action} on {_listed(found)}; its settings name {_listed(targets)}",
                    "let the two agree",
                )


def _spoke_role(stack, environment):
    return environment.get("SPOKE_ROLE_ARN") if stack.parameters["SpokeAccounts"] else None


def _requests_bus(stack, function):
    """Only who starts asks; which account's bus it is, the catalog says."""
    asks = stack.parameters["EventStartedAccounts"] and function in ("StartFunction", "SweepFunction")
    return "arn:aws:events:*:*:event-bus/downriver-requests" if asks else None


def _failure_queues(stack, function):
    return {
        name_of(config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"))
        for config in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
        if name_of(config["FunctionName"]) == function
    } - {None}


def check_starter(stack):
    """Pipelines are started in sessions of StarterRole only, which only those assume whose code starts."""
    for policy, role, statement in statements(stack):
        if "codepipeline:StartPipelineExecution" in as_list(statement["Action"]) and role != "StarterRole":
            yield Finding(policy, "starts pipelines by itself, so that a lost start cannot be found by its session", "let StarterRole alone start")
    trust = stack.of_type("AWS::IAM::Role")["StarterRole"]["AssumeRolePolicyDocument"]["Statement"]
    trusted = {name_of(arn) for statement in trust for arn in as_list(statement["Principal"].get("AWS", "*"))}
    if trusted != {"StartFunctionRole", "SweepFunctionRole"}:
        yield Finding("StarterRole", f"is trusted by {_listed(trusted)}", "trust StartFunctionRole and SweepFunctionRole alone")


def check_unlisting(stack):
    """Versions are taken out of selection only where the parameter says so, only in the domains that are listened to."""
    is_wanted = stack.parameters["UnlistHaltedVersions"] == "true"
    policies = stack.of_type("AWS::IAM::Policy")
    if ("UnlistAccess" in policies) != is_wanted:
        yield Finding("UnlistAccess", "does not follow the parameter UnlistHaltedVersions", "give it the condition UnlistsHaltedVersions")
    owners = stack.parameters["DomainOwners"].split(",") if stack.parameters["DomainOwners"] else [stack.account]
    for policy, _, statement in statements(stack):
        if "codeartifact:UpdatePackageVersionsStatus" not in as_list(statement["Action"]):
            continue
        wanted = {
            "Sid": "Unlist",
            "Effect": "Allow",
            "Action": "codeartifact:UpdatePackageVersionsStatus",
            "Resource": f"arn:aws:codeartifact:{REGION}:*:package/*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": owners}},
        }
        if policy != "UnlistAccess" or statement != wanted:
            yield Finding(policy, "sets statuses elsewhere, or does more than that", "let UnlistAccess alone allow it, on packages of the domain owners")


def check_schedules(stack):
    """A schedule's role invokes its target and sends to its dead-letter queue, and does nothing else."""
    for name, schedule in stack.of_type("AWS::Scheduler::Schedule").items():
        target = schedule["Target"]
        role = name_of(target["RoleArn"])
        wanted = {
            ("lambda:InvokeFunction", target["Arn"]),
            ("sqs:SendMessage", target.get("DeadLetterConfig", {}).get("Arn")),
        }
        found = {
            (action, resource)
            for _, of, statement in statements(stack)
            if of == role
            for action in as_list(statement["Action"])
            for resource in as_list(statement["Resource"])
        }
        if found != wanted:
            yield Finding(role, f"allows {_listed(found)}; {name} needs {_listed(wanted)}", "let the two agree")


def check_table_in_use(stack):
    """Records are read and written in the table that TABLE_NAME names, restored or not."""
    restored = stack.parameters["RestoredTableName"]
    wanted = f":table/{restored}" if restored else "{Table.Arn}"
    for policy, _, statement in statements(stack):
        if not any(action.startswith("dynamodb:") for action in as_list(statement["Action"])):
            continue
        for resource in as_list(statement["Resource"]):
            if not resource.split("/index/")[0].endswith(wanted):
                yield Finding(policy, f"statement `{statement.get('Sid')}` is about {resource}", f"make it about the table in use (`{wanted}`)")


def _listed(names):
    return ", ".join(sorted(str(name) for name in names)) or "nothing"
