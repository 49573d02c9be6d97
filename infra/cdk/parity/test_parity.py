"""The parity check must fail when one side is changed alone: each case changes a copy of either side in one way.

Needs what `npm run parity` writes: `python -B -m unittest discover -s infra/cdk/parity`.
"""

import copy
import sys
import unittest
from pathlib import Path

CDK = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CDK.parent / "checks"))

import model  # noqa: E402
import parity  # noqa: E402

SYNTHESISED = CDK / "cdk.out" / "parity"


def _place(template, name, path):
    place = template["Resources"][name]
    for step in path:
        place = place[step]
    return place


def _set(name, *path, to):
    """Sets what stands at a path of a resource."""

    def change(template):
        _place(template, name, path[:-1])[path[-1]] = to

    return change


def _take(name, *path):
    """Takes out what stands at a path of a resource, or the resource."""

    def change(template):
        if path:
            del _place(template, name, path[:-1])[path[-1]]
        else:
            del template["Resources"][name]

    return change


def _statement(template, policy, sid):
    properties = template["Resources"][policy]["Properties"]
    documents = [given["PolicyDocument"] for given in properties.get("Policies", [properties])]
    return next(one for document in documents for one in document["Statement"] if one.get("Sid") == sid)


def _allow(policy, sid, key, more):
    """Adds to a statement's actions or resources, or replaces its condition."""

    def change(template):
        statement = _statement(template, policy, sid)
        if key == "Condition":
            statement[key] = more
        else:
            given = statement[key]
            statement[key] = [*(given if isinstance(given, list) else [given]), more]

    return change


def _trust(role, service):
    def change(template):
        trust = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        trust.append({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})

    return change


def _output(name, value):
    def change(template):
        if value is None:
            del template["Outputs"][name]
        else:
            template["Outputs"][name] = {"Value": value}

    return change


def _dashboard(template):
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    parts = body.get("Fn::Join", [None, None])[1] if "Fn::Join" in body else body["Fn::Sub"]
    for number, part in enumerate(parts):
        if isinstance(part, str) and "Changes and rebuilds" in part:
            parts[number] = part.replace("Changes and rebuilds", "Rebuilds")
            return
    raise AssertionError("the title is not in the body")


def _swapped_code(template):
    resolve, track = (template["Resources"][name]["Properties"] for name in ("ResolveFunction", "TrackFunction"))
    resolve["Code"], track["Code"] = track["Code"], resolve["Code"]


def _extra_queue(template):
    template["Resources"]["SpareQueue"] = {"Type": "AWS::SQS::Queue", "Properties": {}}


# What is changed, and the words that the finding must have.
P = "Properties"
CHANGES = {
    "a function's time-out": (_set("StartFunction", P, "Timeout", to=31), "StartFunction: Properties.Timeout"),
    "a function's memory": (_set("IndexFunction", P, "MemorySize", to=512), "IndexFunction: Properties.MemorySize"),
    "a variable of the environment": (_set("TrackFunction", P, "Environment", "Variables", "LOG_LEVEL", to="x"), "Variables.LOG_LEVEL"),
    "a variable more": (_set("TrackFunction", P, "Environment", "Variables", "MORE", to="x"), "Variables.MORE"),
    "the code of another function": (_swapped_code, "the code of"),
    "a function that waits for less": (_take("StartFunction", "DependsOn"), "Waits for.StarterAccess"),
    "a queue's visibility": (_set("RunsQueue", P, "VisibilityTimeout", to=30), "RunsQueue: Properties.VisibilityTimeout"),
    "a queue without dead letters": (_take("DueQueue", P, "RedrivePolicy"), "DueQueue: Properties.RedrivePolicy"),
    "a queue more": (_extra_queue, "SpareQueue"),
    "a queue without a policy": (_take("IndexQueuePolicy"), "IndexQueuePolicy"),
    "a batch size": (_set("ResolveFunctionChanges", P, "BatchSize", to=10), "ResolveFunctionChanges: Properties.BatchSize"),
    "failures of messages not reported": (_take("IndexFunctionIndex", P, "FunctionResponseTypes"), "FunctionResponseTypes"),
    "an action more": (_allow("SweepFunctionRole", "Records", "Action", "dynamodb:Scan"), "Allow dynamodb:Scan on {Table.Arn}"),
    "a resource more": (_allow("StartFunctionRole", "Send", "Resource", {"Fn::GetAtt": ["RunsQueue", "Arn"]}), "sqs:SendMessage on {RunsQueue.Arn}"),
    "a condition less": (_allow("ResolveFunctionRole", "Packages", "Condition", {}), "codeartifact:ListPackageVersions on"),
    "a wider rule on a queue": (_allow("ChangesQueuePolicy", "FromRules", "Condition", {}), "sqs:SendMessage on {ChangesQueue.Arn}"),
    "a role trusted by more": (_trust("StarterRole", "ec2.amazonaws.com"), "Service:ec2.amazonaws.com"),
    "a rule's pattern": (_set("PackageVersionRule", P, "EventPattern", "source", to=["x"]), "PackageVersionRule: Properties.EventPattern.source"),
    "a rule that is off": (_set("PipelineExecutionRule", P, "State", to="DISABLED"), "PipelineExecutionRule: Properties.State"),
    "a rarer schedule": (_set("SweepSchedule", P, "ScheduleExpression", to="rate(1 hour)"), "SweepSchedule: Properties.ScheduleExpression"),
    "an alarm's threshold": (_set("ChangesAgeAlarm", P, "Threshold", to=9), "ChangesAgeAlarm: Properties.Threshold"),
    "an alarm less": (_take("QuarantineAlarm"), "QuarantineAlarm"),
    "a title on the dashboard": (_dashboard, "DashboardBody.widgets[0].properties.title"),
    "a table without recovery": (_take("Table", P, "PointInTimeRecoverySpecification"), "Table: Properties.PointInTimeRecoverySpecification"),
    "an index of the table": (_set("Table", P, "GlobalSecondaryIndexes", 0, "Projection", to={"ProjectionType": "ALL"}), "GlobalSecondaryIndexes.due.Projection"),
    "a table lost when replaced": (_set("Table", "UpdateReplacePolicy", to="Delete"), "Table: UpdateReplacePolicy"),
    "a bucket that expires sooner": (_set("Bucket", P, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays", to=1), "ExpirationInDays"),
    "logs kept for ever": (_take("SweepFunctionLogGroup", P, "RetentionInDays"), "SweepFunctionLogGroup: Properties.RetentionInDays"),
    "an archive of another length": (_set("Archive", P, "RetentionDays", to=1), "Archive: Properties.RetentionDays"),
    "an output's value": (_output("TableName", "x"), "TableName: Value"),
    "an output less": (_output("Version", None), "Version: Value"),
}


class Parity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (SYNTHESISED / "cases.json").is_file():
            raise AssertionError(f"{SYNTHESISED} is missing: run `npm test && npm run parity` in infra/cdk")
        cls.template = model.transformed(model.read())
        cls.cases = parity.read(SYNTHESISED)
        cls.few = {name: cls.cases[name] for name in ("default", "switched")}
        cls.known = {finding.line(parity.SHOWN) for finding in parity.compare(cls.template, cls.few)}

    def findings(self, template=None, cases=None):
        found = parity.compare(template or self.template, cases or self.cases)
        return [finding.line(parity.SHOWN) for finding in found]

    def changed(self, change, case="default"):
        """The findings when one case of the construct is changed, beside those that two cases alone give."""
        parameters, template, code = self.cases[case]
        template = copy.deepcopy(template)
        change(template)
        return [line for line in self.findings(cases={**self.few, case: (parameters, template, code)}) if line not in self.known]

    def test_both_sides_say_the_same(self):
        self.assertEqual(self.findings(), [])

    def test_a_change_of_the_construct_alone_is_found_and_names_both_sides(self):
        for name, (change, words) in CHANGES.items():
            with self.subTest(name):
                found = self.changed(change)
                self.assertTrue(any(words in line for line in found), found)
                for line in found:
                    self.assertIn("the template has", line)
                    self.assertIn("the CDK construct has", line)

    def test_a_change_of_the_template_alone_is_found_and_names_both_sides(self):
        for name, (change, words) in CHANGES.items():
            with self.subTest(name):
                template = copy.deepcopy(self.template)
                change(template)
                found = [line for line in self.findings(template, self.few) if line not in self.known]
                self.assertTrue(any(words in line for line in found), found)
                for line in found:
                    self.assertIn("the template has", line)
                    self.assertIn("the CDK construct has", line)

    def test_another_default_of_a_parameter_is_found(self):
        for name, value in (("LogRetentionDays", 7), ("ShadowMode", "true"), ("Architecture", "x86_64"), ("DomainOwners", "444455556666")):
            with self.subTest(name):
                template = copy.deepcopy(self.template)
                template["Parameters"][name]["Default"] = value
                self.assertTrue(any("(case `default`)" in line for line in self.findings(template)))

    def test_a_prop_that_does_nothing_is_found(self):
        parameters, _, code = self.cases["ReserveConcurrency-0"]
        cases = {**self.cases, "ReserveConcurrency-0": (parameters, self.cases["default"][1], code)}
        self.assertTrue(any("ReservedConcurrentExecutions" in line for line in self.findings(cases=cases)))

    def test_a_parameter_that_is_no_prop_is_found(self):
        template = copy.deepcopy(self.template)
        template["Parameters"]["Another"] = {"Type": "String", "Default": ""}
        self.assertTrue(any("Another" in line and "switched.json" in line for line in self.findings(template)))

    def test_a_parameter_of_the_construct_is_found(self):
        def change(template):
            template["Parameters"]["Another"] = {"Type": "String"}

        self.assertTrue(any("Another.Type" in line for line in self.changed(change)))

    def test_what_the_command_line_is_told_is_compared(self):
        self.assertTrue(any("ShadowMode" in line for line in self.changed(_output("ShadowMode", "true"))))
        self.assertTrue(any("HistoryRetentionDays" in line for line in self.changed(_output("HistoryRetentionDays", "1"))))
        self.assertTrue(any("ExtraEventSources" in line for line in self.changed(_output("ExtraEventSources", None), "switched")))

    def test_a_difference_that_no_longer_is_one_is_found(self):
        cases = copy.deepcopy(self.cases)
        for _, template, _ in cases.values():
            del template["Rules"]
        self.assertTrue(any("CheckBootstrapVersion" in line and "INHERENT" in line for line in self.findings(cases=cases)))


# What is changed on either side of a spoke, and the words that the finding must have.
SPOKE_CHANGES = {
    "who is trusted": (_trust("SpokeRole", "ec2.amazonaws.com"), "ec2.amazonaws.com"),
    "where events go": (_set("ForwardRule", P, "Targets", 0, "Id", to="x"), "Targets[0].Id"),
    "what is forwarded": (_set("ForwardRule", P, "EventPattern", "account", to=["1"]), "EventPattern.account"),
    "who forwards": (_trust("ForwardRole", "ec2.amazonaws.com"), "ec2.amazonaws.com"),
    "how long sessions last": (_set("SpokeRole", P, "MaxSessionDuration", to=7200), "MaxSessionDuration"),
}


class Spokes(unittest.TestCase):
    changes = SPOKE_CHANGES
    pair = parity.SPOKE

    def setUp(self):
        self.template = model.read(self.pair.template)
        self.cases = parity.read(SYNTHESISED / self.pair.folder)

    def findings(self, template, cases):
        return [finding.line("other account") for finding in parity.compare(template, cases, self.pair)]

    def test_both_say_the_same(self):
        self.assertEqual(self.findings(self.template, self.cases), [])

    def test_a_change_of_one_side_alone_is_found(self):
        for name, (change, words) in self.changes.items():
            with self.subTest(name):
                template, cases = copy.deepcopy(self.template), copy.deepcopy(self.cases)
                change(template)
                change(cases["switched"][1])
                self.assertTrue(any(words in line for line in self.findings(template, self.cases)))
                self.assertTrue(any(words in line for line in self.findings(self.template, cases)))


# The same of an account that lets no role in.
SHOP = "VariablesRulearnawscodepipelineeucentral1111122223333shop"
REQUESTS_CHANGES = {
    "who may ask": (_set("RequestsBus", P, "Name", to="x"), "Properties.Name"),
    "what is forwarded": (_set("ForwardRule", P, "EventPattern", "account", to=["1"]), "EventPattern.account"),
    "who starts": (_trust("StartRole", "ec2.amazonaws.com"), "ec2.amazonaws.com"),
    "how long what failed is kept": (_set("DeadLetterQueue", P, "MessageRetentionPeriod", to=60), "MessageRetentionPeriod"),
}


class Requests(Spokes):
    changes = REQUESTS_CHANGES
    pair = parity.REQUESTS

    def test_a_rule_that_is_repeated_is_compared(self):
        cases = copy.deepcopy(self.cases)
        _set(SHOP, P, "Targets", 0, "InputTransformer", "InputTemplate", to="{}")(cases["switched"][1])
        self.assertTrue(any("InputTemplate" in line for line in self.findings(self.template, cases)))


if __name__ == "__main__":
    unittest.main()
