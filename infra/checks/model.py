"""The template as CloudFormation gets it: read, transformed by SAM's own translator, and resolved for given parameters.

References that only a deployment can answer stay as text: `{Table}` for a Ref, `{Table.Arn}` for a GetAtt.
"""

import copy
import logging
import os
import re
from pathlib import Path

# The translator asks for a region while it works; it calls nothing.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.public.translator import ManagedPolicyLoader  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

INFRA = Path(__file__).resolve().parent.parent
ROOT = INFRA.parent
TEMPLATE = INFRA / "sam" / "template.yaml"
SPOKE = INFRA / "spoke" / "template.yaml"
REQUESTS = INFRA / "requests" / "template.yaml"
NOTIFICATIONS = INFRA / "notifications" / "template.yaml"

# It warns of metrics about itself that nobody collects.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

ACCOUNT = "111122223333"
REGION = "eu-central-1"
NO_VALUE = object()

# Every switch the other way round than by default.
SWITCHED = {
    "DomainOwners": f"{ACCOUNT},444455556666",
    "PipelineArns": f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:shop,arn:aws:codepipeline:{REGION}:{ACCOUNT}:web",
    "ArtifactBucketArns": "arn:aws:s3:::acme-artifacts,arn:aws:s3:::web-artifacts",
    "ArtifactKeyArns": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d",
    "SpokeAccounts": "222222222222,333333333333",
    "SpokeRoleName": "acme-spoke",
    "SpokeExternalId": "acme",
    "EventStartedAccounts": "666677778888",
    "ShadowMode": "true",
    "UnlistHaltedVersions": "true",
    "AlarmsTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
    "LogLevel": "warn",
    "ArchiveEvents": "false",
    "DeletionProtection": "false",
    "ReserveConcurrency": "false",
    "RestoredTableName": "restored",
    "Architecture": "x86_64",
    "ExtraEventSources": "emulated.codeartifact,emulated.codepipeline",
    "ServiceEndpoint": "http://service.example",
    "CodePipelineEndpoint": "http://codepipeline.example",
    "StsEndpoint": "http://sts.example",
    "CodeArtifactEndpoint": "http://codeartifact.example",
    "EventBridgeEndpoint": "http://eventbridge.example",
}

# A spoke with everything; its deployment is in another account.
HUB = "555566667777"
WHOLE_SPOKE = {
    "HubStartRoleArns": f"arn:aws:iam::{HUB}:role/hub-start,arn:aws:iam::{HUB}:role/hub-sweep",
    "HubReadRoleArns": f"arn:aws:iam::{HUB}:role/hub-track,arn:aws:iam::{HUB}:role/hub-index",
    "HubExternalId": "acme",
    "HubBusArn": f"arn:aws:events:{REGION}:{HUB}:event-bus/downriver-runs",
    "RoleRegion": REGION,
    "RoleName": "acme-spoke",
    "PipelineArns": f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:shop,arn:aws:codepipeline:{REGION}:{ACCOUNT}:web",
    "PipelineTagValue": "acme",
    "ArtifactBucketArns": "arn:aws:s3:::acme-artifacts,arn:aws:s3:::web-artifacts",
    "ArtifactKeyArns": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d",
}

# An account that lets no role in, with everything.
WHOLE_REQUESTS = {name: WHOLE_SPOKE[name] for name in ("HubStartRoleArns", "HubBusArn", "PipelineArns")}


class _NoManagedPolicies(ManagedPolicyLoader):
    """Roles are written by hand here, so no managed policy is ever looked up."""

    def __init__(self):
        super().__init__(None)

    def load(self):
        return {}


def read(path=TEMPLATE):
    """The template as it is written, with `Fn::` in place of YAML's tags."""
    return yaml_parse(Path(path).read_text(encoding="utf-8"))


def transformed(source):
    """What SAM makes of it, if it is for SAM."""
    source = copy.deepcopy(source)
    if not is_sam(source):
        return source
    for resource in source["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            # As after packaging: the translator takes no folders.
            properties["CodeUri"] = "s3://packaged/" + str(properties.get("CodeUri", ""))
    return transform(source, {}, _NoManagedPolicies())


def is_sam(source):
    return "AWS::Serverless-2016-10-31" in as_list(source.get("Transform"))


class Stack:
    """A transformed template under one set of parameters."""

    def __init__(self, source, template, parameters=None, account=ACCOUNT):
        self.source = source
        self.template = template
        self.account = account
        self.parameters = {
            name: str(given.get("Default", "")) for name, given in template["Parameters"].items()
        }
        self.parameters.update(parameters or {})
        self._conditions = {}
        self.resources = self._existing(self._repeated(template["Resources"]))
        self.outputs = self._existing(template.get("Outputs", {}))

    def _existing(self, section):
        return {
            name: self.resolve({key: value for key, value in given.items() if key != "Condition"})
            for name, given in section.items()
            if "Condition" not in given or self.condition(given["Condition"])
        }

    def _repeated(self, section):
        """What stands there, with `Fn::ForEach` once for each item: by the item's letters and digits."""
        found = {}
        for name, given in section.items():
            if not name.startswith("Fn::ForEach::"):
                found[name] = given
                continue
            variable, items, repeated = given
            for item in self.resolve(items):
                plain = re.sub("[^A-Za-z0-9]", "", item)
                for key, resource in repeated.items():
                    found[key.replace(f"&{{{variable}}}", plain)] = _replaced(resource, variable, item)
        return found

    def of_type(self, kind):
        """Logical id and properties of each resource of this type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def condition(self, name):
        if name not in self._conditions:
            self._conditions[name] = self._holds(self.template["Conditions"][name])
        return self._conditions[name]

    def resolve(self, value):
        if isinstance(value, list):
            found = [self.resolve(item) for item in value]
            return [item for item in found if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, argument), = value.items()
            if key == "Ref":
                return self._ref(argument)
            if key == "Fn::GetAtt":
                name = argument if isinstance(argument, str) else ".".join(argument)
                return f"{{{name}}}"
            if key.startswith("Fn::"):
                return self._function(key, argument)
        found = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not NO_VALUE}

    def _ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        known = {
            "AWS::AccountId": self.account,
            "AWS::Region": REGION,
            "AWS::Partition": "aws",
            "AWS::StackName": "downriver",
            **self.parameters,
        }
        if self.template["Parameters"].get(name, {}).get("Type") == "CommaDelimitedList":
            return known[name].split(",")
        return known.get(name, f"{{{name}}}")

    def _function(self, key, argument):
        if key == "Fn::If":
            name, then, otherwise = argument
            return self.resolve(then if self.condition(name) else otherwise)
        if key == "Fn::Sub":
            text, given = (argument, {}) if isinstance(argument, str) else argument
            given = {name: self.resolve(value) for name, value in given.items()}
            text = re.sub(
                r"\$\{([^!}][^}]*)\}",
                lambda found: str(given.get(found[1], self._ref(found[1]))),
                text,
            )
            return text.replace("${!", "${")
        if key == "Fn::Split":
            return self.resolve(argument[1]).split(argument[0])
        if key == "Fn::Select":
            return self.resolve(argument[1])[int(argument[0])]
        if key == "Fn::Join":
            return argument[0].join(self.resolve(argument[1]))
        if key == "Fn::FindInMap":
            name, first, second = (self.resolve(part) for part in argument)
            return self.template["Mappings"][name][first][second]
        raise ValueError(f"the checks cannot resolve {key} yet: teach `infra/checks/model.py`, or do without it")

    def _holds(self, expression):
        (key, argument), = expression.items()
        if key == "Fn::Equals":
            return self.resolve(argument[0]) == self.resolve(argument[1])
        if key == "Fn::Not":
            return not self._holds(argument[0])
        if key == "Fn::And":
            return all(self._holds(one) for one in argument)
        if key == "Fn::Or":
            return any(self._holds(one) for one in argument)
        if key == "Condition":
            return self.condition(argument)
        raise ValueError(f"the checks cannot evaluate {key} yet: teach `infra/checks/model.py`, or do without it")


def stacks(source):
    """The stack as it is by default, and with every switch the other way round."""
    template = transformed(source)
    return [Stack(source, template), Stack(source, template, SWITCHED)]


def spoke_stacks(source):
    """A spoke as it is by default; with everything; in another Region than the role's; and with less than everything."""
    whole = WHOLE_SPOKE
    less = {**whole, "PipelineTagValue": "", "ArtifactBucketArns": "", "ArtifactKeyArns": "", "HubBusArn": ""}
    for parameters in ({}, whole, {**whole, "RoleRegion": "eu-west-1"}, less, {**whole, "PipelineArns": ""}):
        yield Stack(source, source, parameters)


def requests_stacks(source):
    """An account that lets no role in: by default; with everything; with one pipeline; without any; without a bus to forward to."""
    whole = WHOLE_REQUESTS
    one = {**whole, "PipelineArns": whole["PipelineArns"].split(",")[0]}
    for parameters in ({}, whole, one, {**whole, "PipelineArns": ""}, {**whole, "HubBusArn": ""}):
        yield Stack(source, source, parameters)


def _replaced(value, variable, item):
    if isinstance(value, dict):
        return item if value == {"Ref": variable} else {key: _replaced(one, variable, item) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, variable, item) for one in value]
    return value


def name_of(reference):
    """`Table` of `{Table}`, `{Table.Arn}` and `{Table.Arn}/index/due`."""
    found = re.match(r"\{([A-Za-z0-9]+)", reference) if isinstance(reference, str) else None
    return found[1] if found else None


def as_list(value):
    return value if isinstance(value, list) else [value]
