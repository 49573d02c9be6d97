#!/usr/bin/env python3
"""Holds the CDK constructs against the templates: `python infra/checks/parity.py FOLDER`, with the folder that `npm run parity`
wrote in infra/cdk, and the Python of an environment that has aws-sam-cli. One line for each finding; exit code 1 if there is any.

Both are resolved with the same parameters, case by case, and compared setting by setting and permission by permission.
"""

import copy
import json
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

# Nothing is left beside the sources.
sys.dont_write_bytecode = True

import model  # noqa: E402
from findings import Finding  # noqa: E402

REMEDY = "change both, or name the difference with its reason in INHERENT of infra/checks/parity.py"
NOTHING = "nothing"

# In the construct's stack these tell the command line what a SAM stack tells by its parameters: the values are compared.
TOLD_AS_OUTPUTS = ("ShadowMode", "HistoryRetentionDays", "ExtraEventSources", "SpokeAccounts")


class Pair(NamedTuple):
    """A template, and the construct that makes the same."""

    shown: str
    template: Path
    # Of what `npm run parity` wrote, relative to its folder.
    folder: str
    told_as_outputs: tuple
    inherent: tuple
    switched: str


class Difference(NamedTuple):
    """What only one side has, by nature."""

    side: str
    kind: str
    path: str
    reason: str


# Logical ids are the same on both sides, and where code lies is compared by what it is the code of: nothing of either stands here.
INHERENT = (
    Difference("SAM", "AWS::Lambda::*", "Properties.Tags.*", "SAM's translator marks what it made (lambda:createdBy)."),
    Difference("CDK", "*", "Metadata.*", "CDK notes the paths of constructs and assets, for its own tools."),
    Difference("CDK", "Parameters", "BootstrapVersion.*", "CDK's deployments ask which version its bootstrap stack has."),
    Difference("CDK", "Rules", "CheckBootstrapVersion.*", "They refuse one that is too old."),
)


HUB = Pair(
    "infra/sam/template.yaml and infra/cdk", model.TEMPLATE, ".", TOLD_AS_OUTPUTS, INHERENT, "infra/cdk/parity/switched.json"
)
SPOKE = Pair(
    "infra/spoke/template.yaml and infra/cdk",
    model.SPOKE,
    "spoke",
    (),
    # It has no functions.
    INHERENT[1:],
    "infra/cdk/parity/switched-spoke.json",
)
REQUESTS = Pair(
    "infra/requests/template.yaml and infra/cdk",
    model.REQUESTS,
    "requests",
    (),
    INHERENT[1:],
    "infra/cdk/parity/switched-requests.json",
)
NOTIFICATIONS = Pair(
    "infra/notifications/template.yaml and infra/cdk",
    model.NOTIFICATIONS,
    "notifications",
    (),
    INHERENT[1:]
    + (Difference("SAM", "*", "Metadata.checkov.*", "Why a finding of checkov is so on purpose; CDK is checked by cdk-nag."),),
    "infra/cdk/parity/switched-notifications.json",
)
SHOWN = HUB.shown


def read(folder):
    """The construct's templates, by the case; each with what its assets are the code of."""
    folder = Path(folder)
    cases = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    found = {}
    for name, parameters in cases.items():
        template = json.loads((folder / f"{name}.template.json").read_text(encoding="utf-8"))
        assets = json.loads((folder / f"{name}.assets.json").read_text(encoding="utf-8"))["files"]
        found[name] = (parameters, template, _code(folder, assets))
    return found


def _code(folder, assets):
    """What stands in each function's zip, by its key: the stand-in of `npm run parity` says its name."""
    code = {}
    for key, asset in assets.items():
        bootstrap = folder / asset["source"]["path"] / "bootstrap"
        if bootstrap.is_file():
            code[f"{key}.zip"] = bootstrap.read_text(encoding="utf-8")
    return code


def compare(template, cases, pair=HUB):
    """What differs between the transformed SAM template and the construct's templates, each thing once."""
    found, used = {}, set()
    for case, (parameters, synthesised, code) in cases.items():
        sam = _described(template, parameters, _code_of_sam)
        cdk = _described(synthesised, {}, lambda given: code.get(given.get("S3Key"), "unknown code"))
        for name in pair.told_as_outputs:
            told = parameters.get(name, str(template["Parameters"][name]["Default"]))
            sam.update({("Output", name, "Value"): told} if told else {})
            cdk.pop(("Output", name, "Description"), None)
        # The construct has props where the template has parameters, mappings and conditions.
        for section in sorted(set(synthesised) - {"Resources", "Outputs"}):
            cdk.update({(section, section, path): value for path, value in _leaves(synthesised[section])})
        for key in sorted(set(sam) | set(cdk)):
            left, right = sam.get(key, NOTHING), cdk.get(key, NOTHING)
            if left == right:
                continue
            number = _excused(key, left, right, pair.inherent)
            if number is None:
                found.setdefault((key, left, right), case)
            else:
                used.add(number)
    for (key, left, right), case in found.items():
        _, name, path = key
        what = f"{path}: the template has {left}, the CDK construct has {right} (case `{case}`)"
        yield Finding(name, what, REMEDY)
    for number, difference in enumerate(pair.inherent):
        if number not in used:
            yield Finding(difference.kind, f"`{difference.path}` of {difference.side} is named as inherent, and does not differ", "take it out of INHERENT")
    yield from _uncovered(template, cases, pair)


def _uncovered(template, cases, pair):
    """Every parameter is compared with its default, and with another value alone and among all others."""
    if "default" not in cases:
        yield Finding("default", "no case has all defaults", "add it to infra/cdk/parity/cases.ts")
    for name, parameter in template["Parameters"].items():
        values = [parameters[name] for parameters, _, _ in cases.values() if name in parameters]
        if len(values) < 2 or str(parameter["Default"]) in values:
            yield Finding(name, "this parameter of the template is not compared with another value than its default", f"add one to {pair.switched}")


def _excused(key, left, right, inherent):
    kind, name, path = key
    side = "SAM" if right == NOTHING else "CDK" if left == NOTHING else None
    for number, difference in enumerate(inherent):
        if side == difference.side and fnmatchcase(kind, difference.kind) and fnmatchcase(path, difference.path):
            return number
    return None


def _code_of_sam(given):
    return str(given.get("S3Key", "")).strip("/").split("/")[-1]


def _described(template, parameters, code_of):
    """Everything that a template says, resolved: each setting and permission by its kind, name and path."""
    template = {"Parameters": {}, "Conditions": {}, "Mappings": {}, "Resources": {}, **template}
    resources = {name: copy.copy(resource) for name, resource in template["Resources"].items()}
    for name, resource in resources.items():
        if not name.startswith("Fn::") and resource["Type"] == "AWS::Lambda::Function":
            code = f"the code of {code_of(resource['Properties'].get('Code', {}))}"
            resource["Properties"] = {**resource["Properties"], "Code": code}
    stack = model.Stack(None, {**template, "Resources": resources}, parameters)
    found = {}
    for name, resource in stack.resources.items():
        properties = _canonical(resource["Type"], resource.get("Properties", {}))
        said = {
            "Type": resource["Type"],
            "Properties": properties,
            # CloudFormation's own default.
            "DeletionPolicy": resource.get("DeletionPolicy", "Delete"),
            "UpdateReplacePolicy": resource.get("UpdateReplacePolicy", "Delete"),
            "Metadata": resource.get("Metadata", {}),
            # What is referred to stands first anyway.
            "Waits for": dict.fromkeys(_waits_for(name, resource, stack), "yes"),
        }
        found.update({(resource["Type"], name, path): value for path, value in _leaves(said)})
    for name, output in stack.outputs.items():
        found.update({("Output", name, path): value for path, value in _leaves(output)})
    return found


def _waits_for(name, resource, stack):
    explicit = set(model.as_list(resource.get("DependsOn", [])))
    text = json.dumps(resource.get("Properties", {}))
    referred = {other for other in stack.resources if f"{{{other}}}" in text or f"{{{other}." in text}
    return sorted((explicit | referred) - {name})


def _canonical(kind, properties):
    """The same form for what means the same: permissions one by one, JSON as what it says, sets in one order."""
    properties = dict(properties)
    for key in ("AssumeRolePolicyDocument", "PolicyDocument"):
        if key in properties:
            properties[key] = _permissions(properties[key])
    if "Policies" in properties:
        properties["Policies"] = {policy["PolicyName"]: _permissions(policy["PolicyDocument"]) for policy in properties["Policies"]}
    if kind == "AWS::CloudWatch::Dashboard":
        properties["DashboardBody"] = json.loads(properties["DashboardBody"])
    if kind == "AWS::DynamoDB::Table":
        for key, by in (("AttributeDefinitions", "AttributeName"), ("GlobalSecondaryIndexes", "IndexName")):
            properties[key] = {item[by]: item for item in properties.get(key, [])}
    if "Tags" in properties:
        properties["Tags"] = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
    return properties


def _permissions(document):
    """Each action on each resource for each principal, with its conditions: how they are grouped does not matter."""
    found = {}
    for statement in document["Statement"]:
        condition = _condition(statement.get("Condition", {}))
        for who in _principals(statement):
            for verb in ("Action", "NotAction"):
                for action in model.as_list(statement.get(verb, [])):
                    for where in ("Resource", "NotResource"):
                        for resource in model.as_list(statement.get(where, [] if where == "NotResource" else "itself")):
                            negated = ("all but " if verb == "NotAction" else "", "all but " if where == "NotResource" else "")
                            found[f"{statement['Effect']} {who}{negated[0]}{action} on {negated[1]}{resource}{condition}"] = "yes"
    return found


def _principals(statement):
    for key in ("Principal", "NotPrincipal"):
        if key in statement:
            given = statement[key] if isinstance(statement[key], dict) else {"": statement[key]}
            negation = "all but " if key == "NotPrincipal" else ""
            return [f"{negation}{kind}:{who} " for kind, names in given.items() for who in model.as_list(names)]
    return [""]


def _condition(condition):
    texts = [
        f"{operator} {key} {sorted(str(value) for value in model.as_list(values))}"
        for operator, keys in sorted(condition.items())
        for key, values in sorted(keys.items())
    ]
    return f" if {' and '.join(texts)}" if texts else ""


def _leaves(value, path=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    elif isinstance(value, bool):
        yield path, str(value).lower()
    else:
        yield path, str(value)


def main(arguments):
    if len(arguments) != 1:
        print("usage: python infra/checks/parity.py FOLDER, which `npm run parity` wrote in infra/cdk")
        return 2
    is_fine = True
    for pair in (HUB, SPOKE, REQUESTS, NOTIFICATIONS):
        cases = read(Path(arguments[0]) / pair.folder)
        found = list(compare(model.transformed(model.read(pair.template)), cases, pair))
        for finding in found:
            print(finding.line(pair.shown))
        if found:
            is_fine = False
            continue
        settings = len(_described(cases["switched"][1], {}, lambda _: ""))
        print(f"{pair.shown} say the same: {len(cases)} cases of up to about {settings} settings and permissions each")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
