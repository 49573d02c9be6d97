"""Every check must be able to fail: each case breaks a copy of the template in one way and names what must be found."""

import copy
import json
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import check
import functions
import model
import patterns
import permissions
import queues
import requested
import spokes
import stores
import surface

SOURCE = model.read()


def _resource(template, name):
    return template["Resources"][name]["Properties"]


def _set(name, path, value):
    """A breaking change: sets what stands at `path` below a resource's properties; None takes it out."""

    def change(template):
        *folders, last = path.split("/")
        place = _resource(template, name)
        for folder in folders:
            place = place[int(folder) if isinstance(place, list) else folder]
        last = int(last) if isinstance(place, list) else last
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


def _statement(role, sid):
    def found(template):
        statements = _resource(template, role)["Policies"][0]["PolicyDocument"]["Statement"]
        return next(statement for statement in statements if statement["Sid"] == sid)

    return found


def _allow(role, sid, key, value):
    def change(template):
        _statement(role, sid)(template)[key] = value

    return change


def _take_out(name):
    def change(template):
        del template["Resources"][name]

    return change


def _take_out_statement(policy, number):
    return _set(policy, f"PolicyDocument/Statement/{number}", None)


def _parameter(name, key, value):
    def change(template):
        if value is None:
            del template["Parameters"][name][key]
        else:
            template["Parameters"][name][key] = value

    return change


def _output(name, value):
    def change(template):
        if value is None:
            del template["Outputs"][name]
        else:
            template["Outputs"][name] = value

    return change


def _dashboard(old, new):
    def change(template):
        body = _resource(template, "Dashboard")["DashboardBody"]["Fn::Sub"]
        body[0] = body[0].replace(old, new)

    return change


def _bus_policy(key, value):
    def change(template):
        _resource(template, "RunsBus")["Policy"]["Fn::If"][1]["Statement"][0][key] = value

    return change


def _of_resource(name, key, value):
    def change(template):
        template["Resources"][name][key] = value

    return change


def _without_group(template):
    template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].pop()


NO_DEAD_LETTER_ROLE = {"Fn::GetAtt": ["StartFunctionRole", "Arn"]}

# The check, the resource that it must name, a piece of what it must say, the breaking change.
CASES = [
    (queues.check_visibility, "ChangesQueue", "361 s", _set("ChangesQueue", "VisibilityTimeout", 361)),
    (queues.check_visibility, "IndexQueue", "30 s", _set("IndexQueue", "VisibilityTimeout", None)),
    (queues.check_batch_failures, "TrackFunctionRuns", "whole batch", _set("TrackFunction", "Events/Runs/Properties/FunctionResponseTypes", None)),
    (queues.check_dead_letters, "DueQueue", "no dead-letter queue", _set("DueQueue", "RedrivePolicy", None)),
    (queues.check_dead_letters, "DueQueue", "after 4 deliveries", _set("DueQueue", "RedrivePolicy/maxReceiveCount", 4)),
    (queues.check_dead_letters, "QuarantineQueue", "fortnight", _set("QuarantineQueue", "MessageRetentionPeriod", 86400)),
    (queues.check_dead_letters, "RunsDeadLetterQueue", "fortnight", _set("RunsDeadLetterQueue", "MessageRetentionPeriod", None)),
    (queues.check_targets, "PackageVersionRule", "dropped", _set("PackageVersionRule", "Targets/0/DeadLetterConfig", None)),
    (queues.check_targets, "ExtraPipelineExecutionRule", "dropped", _set("ExtraPipelineExecutionRule", "Targets/0/DeadLetterConfig", None)),
    (queues.check_targets, "PipelineExecutionRule", "how long", _set("PipelineExecutionRule", "Targets/0/RetryPolicy", None)),
    (queues.check_targets, "SweepSchedule", "dropped", _set("SweepSchedule", "Target/DeadLetterConfig", None)),
    (queues.check_targets, "SweepFunction", "asynchronously", _set("SweepFunction", "EventInvokeConfig/DestinationConfig", None)),
    (queues.check_queue_policies, "IndexQueue", "without TLS", _take_out("IndexQueuePolicy")),
    (queues.check_queue_policies, "RunsQueue", "everybody", _set("RunsQueuePolicy", "PolicyDocument/Statement/1/Condition", {})),
    (queues.check_queue_policies, "ChangesQueue", "from nothing", _take_out_statement("ChangesQueuePolicy", 1)),
    (stores.check_tables, "Table", "AWS's own key", _set("Table", "SSESpecification", {"SSEEnabled": True})),
    (stores.check_tables, "Table", "point in time", _set("Table", "PointInTimeRecoverySpecification", None)),
    (stores.check_tables, "Table", "never deleted", _set("Table", "TimeToLiveSpecification/AttributeName", "ttl")),
    (stores.check_tables, "Table", "follow the parameter", _set("Table", "DeletionProtectionEnabled", True)),
    (stores.check_tables, "Table", "follow the parameter", _set("Table", "DeletionProtectionEnabled", "false")),
    (stores.check_tables, "Table", "update replaces", _of_resource("Table", "UpdateReplacePolicy", "Delete")),
    (stores.check_tables, "Table", "provisioned", _set("Table", "BillingMode", "PROVISIONED")),
    (stores.check_tables, "Table", "its keys are", _set("Table", "GlobalSecondaryIndexes/2", None)),
    (stores.check_tables, "Table", "whole records", _set("Table", "GlobalSecondaryIndexes/0/Projection/ProjectionType", "ALL")),
    (stores.check_buckets, "Bucket", "encrypted", _set("Bucket", "BucketEncryption", None)),
    (stores.check_buckets, "Bucket", "overwritten", _set("Bucket", "VersioningConfiguration", None)),
    (stores.check_buckets, "Bucket", "public", _set("Bucket", "PublicAccessBlockConfiguration/BlockPublicAcls", False)),
    (stores.check_buckets, "Bucket", "for ever", _set("Bucket", "LifecycleConfiguration", None)),
    (stores.check_buckets, "Bucket", "without TLS", _take_out("BucketPolicy")),
    (stores.check_queue_encryption, "DueQueue", "not encrypted", _set("DueQueue", "SqsManagedSseEnabled", None)),
    (stores.check_log_groups, "SweepFunctionLogGroup", "not deleted", _set("SweepFunctionLogGroup", "RetentionInDays", None)),
    (functions.check_environment, "StartFunction", "lacks STARTER_ROLE_ARN", _set("StartFunction", "Environment/Variables/STARTER_ROLE_ARN", None)),
    (functions.check_environment, "TrackFunction", "sets BUCKET_NAME", _set("TrackFunction", "Environment/Variables/BUCKET_NAME", "b")),
    (functions.check_environment, "ResolveFunction", "sets AWS_ENDPOINT_URL,", _set("ResolveFunction", "Environment/Variables/AWS_ENDPOINT_URL", {"Ref": "ServiceEndpoint"})),
    (functions.check_environment, "SweepFunction", "lacks AWS_ENDPOINT_URL_STS", _set("SweepFunction", "Environment/Variables/AWS_ENDPOINT_URL_STS", None)),
    (functions.check_isolation, "TrackFunction", "runs as StartFunctionRole", _set("TrackFunction", "Role", NO_DEAD_LETTER_ROLE)),
    (functions.check_isolation, "IndexFunctionRole", "others than Lambda", _set("IndexFunctionRole", "AssumeRolePolicyDocument/Statement/0/Principal", {"AWS": "*"})),
    (functions.check_isolation, "StartFunction", "log group of its own", _set("StartFunction", "LoggingConfig/LogGroup", {"Ref": "TrackFunctionLogGroup"})),
    (functions.check_isolation, "StartFunction", "not JSON", _set("StartFunction", "LoggingConfig/LogFormat", "Text")),
    (functions.check_isolation, "StartFunction", "metrics included", _set("StartFunction", "LoggingConfig/ApplicationLogLevel", "WARN")),
    (functions.check_runtime, "ResolveFunction", "provided.al2023", _set("ResolveFunction", "Runtime", "provided.al2")),
    (functions.check_runtime, "ResolveFunction", "Architecture", _set("ResolveFunction", "Architectures", ["arm64"])),
    (functions.check_runtime, "ResolveFunction", "not traced", _set("ResolveFunction", "Tracing", "PassThrough")),
    (functions.check_runtime, "ResolveFunction", "code is taken from", _set("ResolveFunction", "CodeUri", "../../target/lambda/start/")),
    (functions.check_runtime, "SweepFunction", "reserves", _set("SweepFunction", "ReservedConcurrentExecutions", 5)),
    (permissions.check_wildcards, "TrackFunctionRole", "allows `dynamodb:*`", _allow("TrackFunctionRole", "Records", "Action", "dynamodb:*")),
    (permissions.check_wildcards, "ResolveFunctionRole", "allows `*`", _allow("ResolveFunctionRole", "Send", "Resource", "*")),
    (permissions.check_wildcards, "StarterRole", "allows `arn:aws:codepipeline:*:*:*`", _allow("StarterRole", "Start", "Resource", "arn:aws:codepipeline:*:*:*")),
    (permissions.check_wildcards, "IndexFunctionRole", "nothing has it", _allow("IndexFunctionRole", "Results", "Resource", {"Fn::GetAtt": ["Bucket", "Arn"]})),
    (permissions.check_wildcards, "SweepFunctionRole", "allows `*`", _set("SweepFunctionRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"])),
    (permissions.check_wildcards, "StartFunctionRole", "all but something", _allow("StartFunctionRole", "Tell", "NotAction", "events:PutRule")),
    (permissions.check_calls, "TrackFunctionRole", "codepipeline:StopPipelineExecution", _allow("TrackFunctionRole", "Executions", "Action", ["codepipeline:StopPipelineExecution"])),
    (permissions.check_calls, "ResolveFunctionRole", "does not allow codeartifact:DescribePackageVersion", _allow("ResolveFunctionRole", "Packages", "Action", "codeartifact:ListPackageVersions")),
    (permissions.check_adapters, "IndexFunctionRole", "no adapter in crates/aws calls scan", _allow("IndexFunctionRole", "Indexes", "Action", "dynamodb:Scan")),
    (permissions.check_settings_are_allowed, "TrackFunctionRole", "sqs:SendMessage on ChangesQueue", _allow("TrackFunctionRole", "Send", "Resource", {"Fn::GetAtt": ["ChangesQueue", "Arn"]})),
    (permissions.check_settings_are_allowed, "SweepFunctionRole", "sts:AssumeRole on nothing", _set("StarterAccess", "Roles", [{"Ref": "StartFunctionRole"}])),
    (permissions.check_settings_are_allowed, "IndexFunctionRole", "sts:AssumeRole on nothing", _set("SpokeAccess", "Roles", [{"Ref": "StartFunctionRole"}])),
    (permissions.check_settings_are_allowed, "ResolveFunctionRole", "role/acme-spoke", _set("SpokeAccess", "Roles", [{"Ref": "ResolveFunctionRole"}])),
    (permissions.check_settings_are_allowed, "StartFunctionRole", "sqs:ReceiveMessage on RunsQueue", _allow("StartFunctionRole", "Consume", "Resource", {"Fn::GetAtt": ["RunsQueue", "Arn"]})),
    (permissions.check_starter, "SweepFunctionRole", "by itself", _allow("SweepFunctionRole", "Executions", "Action", "codepipeline:StartPipelineExecution")),
    (permissions.check_starter, "StarterRole", "trusted by", _set("StarterRole", "AssumeRolePolicyDocument/Statement/0/Principal", {"AWS": {"Fn::GetAtt": ["TrackFunctionRole", "Arn"]}})),
    (permissions.check_unlisting, "UnlistAccess", "follow the parameter", lambda template: template["Resources"]["UnlistAccess"].pop("Condition")),
    (permissions.check_unlisting, "UnlistAccess", "elsewhere", _set("UnlistAccess", "PolicyDocument/Statement/0/Condition", {})),
    (permissions.check_unlisting, "SweepFunctionRole", "elsewhere", _allow("SweepFunctionRole", "Packages", "Action", "codeartifact:UpdatePackageVersionsStatus")),
    (permissions.check_calls, "TrackFunctionRole", "does not allow codeartifact:UpdatePackageVersionsStatus", _set("UnlistAccess", "Roles", [{"Ref": "SweepFunctionRole"}])),
    (permissions.check_schedules, "SweepScheduleRole", "TrackFunction.Arn", _allow("SweepScheduleRole", "Invoke", "Resource", {"Fn::GetAtt": ["TrackFunction", "Arn"]})),
    (permissions.check_table_in_use, "IndexFunctionRole", "is about {Table.Arn}", _allow("IndexFunctionRole", "Records", "Resource", {"Fn::GetAtt": ["Table", "Arn"]})),
    (patterns.check_null, "PackageVersionRule", "CloudFormation refuses", _set("PackageVersionRule", "EventPattern/detail/packageNamespace", [None])),
    (patterns.check_pinned, "PipelineExecutionRule", "other accounts", _set("PipelineExecutionRule", "EventPattern/account", None)),
    (patterns.check_samples, "PackageVersionRule", "does not match events/codeartifact.npm-deleted.json", _set("PackageVersionRule", "EventPattern/detail/operationType", ["Created", "Updated"])),
    (patterns.check_samples, "PackageVersionRule", "matches events/codeartifact.npm-scoped-administrator-copy.json", _set("PackageVersionRule", "EventPattern/detail", None)),
    (patterns.check_samples, "PipelineExecutionRule", "does not match events/codepipeline.stopped.json", _set("PipelineExecutionRule", "EventPattern/detail", {"state": ["SUCCEEDED", "FAILED"]})),
    (patterns.check_extra_rules, "ExtraPackageVersionRule", "more than its sources", _set("ExtraPackageVersionRule", "EventPattern/detail", None)),
    (patterns.check_extra_rules, "ExtraPipelineExecutionRule", "does not exist", _take_out("ExtraPipelineExecutionRule")),
    (patterns.check_extra_rules, "ExtraPackageVersionRule", "without extra sources", lambda template: template["Resources"]["ExtraPackageVersionRule"].pop("Condition")),
    (patterns.check_archive, "Archive", "follow the parameter", lambda template: template["Resources"]["Archive"].pop("Condition")),
    (patterns.check_archive, "Archive", "other events", _set("Archive", "EventPattern/detail", None)),
    (surface.check_parameters, "LogLevel", "what this parameter is for", _parameter("LogLevel", "Description", None)),
    (surface.check_parameters, "StsEndpoint", "no default", _parameter("StsEndpoint", "Default", None)),
    (surface.check_parameters, "LogLevel", "README.md says `info`", _parameter("LogLevel", "Default", "debug")),
    (surface.check_parameters, "StsEndpoint", "0 times", _without_group),
    (surface.check_outputs, "BusName", "missing", _output("BusName", None)),
    (surface.check_outputs, "HubAccount", "nothing reads", _output("HubAccount", {"Value": "x"})),
    (surface.check_outputs, "Version", "says 0.0.0", _output("Version", {"Value": "0.0.0"})),
    (surface.check_outputs, "TableName", "names Tabel", _output("TableName", {"Value": "{Tabel}"})),
    (surface.check_alarms, "QuarantineQueue", "messages in it", _take_out("QuarantineAlarm")),
    (surface.check_alarms, "DueQueue", "wait for too long", _take_out("DueAgeAlarm")),
    (surface.check_alarms, "TrackFunction", "its failures", _take_out("TrackErrorsAlarm")),
    (surface.check_alarms, "TrackFunction", "being throttled", _take_out("TrackThrottlesAlarm")),
    (surface.check_alarms, "SweepFunction", "not running", _take_out("SweepNotRunningAlarm")),
    (surface.check_alarms, "StuckRebuildsAlarm", "need a person", _take_out("StuckRebuildsAlarm")),
    (surface.check_alarms, "DueAgeAlarm", "notify", _set("DueAgeAlarm", "AlarmActions", None)),
    (surface.check_alarms, "DueAgeAlarm", "the matter", _set("DueAgeAlarm", "AlarmDescription", None)),
    (surface.check_alarms, "DueAgeAlarm", "no data", _set("DueAgeAlarm", "TreatMissingData", None)),
    (surface.check_metrics, "StuckRebuildsAlarm", "does not write", _set("StuckRebuildsAlarm", "MetricName", "StuckSlots")),
    (surface.check_metrics, "Dashboard", "does not write", _dashboard('"Starts"', '"Begins"')),
    (spokes.check_access, "SpokeAccess", "other sessions", _set("SpokeAccess", "PolicyDocument/Statement/0/Condition", {})),
    (spokes.check_access, "SpokeAccess", "other sessions", _set("SpokeAccess", "PolicyDocument/Statement/0/Resource", "*")),
    (spokes.check_access, "SpokeAccess", "follow the parameter", lambda template: template["Resources"]["SpokeAccess"].pop("Condition")),
    (spokes.check_bus, "RunsBus", "other events", _bus_policy("Condition", {})),
    (spokes.check_bus, "RunsBus", "other events", _bus_policy("Principal", "*")),
    (spokes.check_bus, "ForwardedExecutionRule", "RunsBus", _set("ForwardedExecutionRule", "EventBusName", None)),
    (spokes.check_bus, "ForwardedExecutionRule", "of this account, SpokeAccounts and EventStartedAccounts", _set("ForwardedExecutionRule", "EventPattern/account", None)),
    (spokes.check_bus, "ForwardedExecutionRule", "matches other events", _set("ForwardedExecutionRule", "EventPattern/detail", {"state": ["FAILED"]})),
    (requested.check_access, "RequestAccess", "other events", _set("RequestAccess", "PolicyDocument/Statement/0/Condition", {})),
    (requested.check_access, "RequestAccess", "other events", _set("RequestAccess", "PolicyDocument/Statement/0/Resource", "*")),
    (requested.check_access, "RequestAccess", "than those who start", _set("RequestAccess", "Roles", [{"Ref": "StartFunctionRole"}])),
    (requested.check_access, "RequestAccess", "follow the parameter", lambda template: template["Resources"]["RequestAccess"].pop("Condition")),
    (permissions.check_settings_are_allowed, "TrackFunctionRole", "event-bus/downriver-requests", _set("RequestAccess", "Roles", [{"Ref": "TrackFunctionRole"}])),
    (spokes.check_told, "HubReadRoleArns", "infra/spoke needs", _output("HubReadRoleArns", {"Value": {"Fn::GetAtt": ["TrackFunctionRole", "Arn"]}})),
    (spokes.check_told, "TrackFunction", "another external id", _set("TrackFunction", "Environment/Variables/SPOKE_EXTERNAL_ID", "other")),
    (spokes.check_told, "SpokeRoleName", "another default", _parameter("SpokeRoleName", "Default", "spoke")),
    (surface.check_metrics, "Dashboard", "WaitsByGate by", _dashboard("Deployment,Gate", "Deployment,Application")),
]


class Contract(unittest.TestCase):
    def test_the_template_keeps_the_contract(self):
        self.assertEqual([finding.line("template") for finding in check.contract(SOURCE)], [])

    def test_each_breaking_change_is_found_by_its_check(self):
        for rule, resource, what, change in CASES:
            with self.subTest(rule=rule.__name__, resource=resource, what=what):
                broken = copy.deepcopy(SOURCE)
                change(broken)
                found = check.contract(broken, [rule])
                self.assertTrue(
                    any(finding.resource == resource and what in finding.what and finding.remedy for finding in found),
                    f"found {[finding.line('template') for finding in found]}",
                )

    def test_each_check_has_a_breaking_change(self):
        self.assertEqual(set(check.RULES), {rule for rule, *_ in CASES})

    def test_a_function_that_the_code_has_and_the_template_lacks_is_found(self):
        with self._changed(functions, "ENVIRONMENT", lambda names: names.update(prune=["TABLE_NAME"])):
            found = check.contract(SOURCE, [functions.check_environment])
        self.assertEqual([finding.resource for finding in found], ["PruneFunction"])

    def test_a_metric_that_the_code_no_longer_writes_is_found(self):
        with self._changed(surface, "METRICS", lambda metrics: metrics["metrics"].remove("Starts")):
            found = check.contract(SOURCE, [surface.check_metrics])
        self.assertEqual({finding.resource for finding in found}, {"Dashboard"})

    def _changed(self, module, name, change):
        content = json.loads(getattr(module, name).read_text(encoding="utf-8"))
        change(content)
        file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "changed.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return patch.object(module, name, file)


class Matching(unittest.TestCase):
    def test_an_event_without_the_key_does_not_match(self):
        self.assertFalse(patterns.matches({"source": ["a"]}, {}))
        self.assertFalse(patterns.matches({"detail": {"state": ["a"]}}, {"detail": None}))

    def test_null_in_the_event_is_no_string(self):
        self.assertFalse(patterns.matches({"namespace": [""]}, {"namespace": None}))
        self.assertTrue(patterns.matches({"namespace": [None]}, {"namespace": None}))

    def test_an_operator_that_is_not_known_is_no_match_but_an_error(self):
        with self.assertRaises(ValueError):
            patterns.matches({"source": [{"prefix": "aws."}]}, {"source": "aws.codeartifact"})


class Suppressions(unittest.TestCase):
    def test_whatever_checkov_is_told_to_overlook_has_a_reason(self):
        found = []
        for template in sorted(model.INFRA.glob("*/template.yaml")):
            for line in template.read_text(encoding="utf-8").splitlines():
                if "checkov:skip" in line:
                    found.append(line)
                    self.assertRegex(line, r"^ +# checkov:skip=CKV_AWS_[0-9]+:.{20,}$", template)
        self.assertGreater(len(found), 30)


class CommandLine(unittest.TestCase):
    def test_a_clean_template_ends_with_0_and_a_broken_one_with_1_and_a_line_for_each_tool(self):
        text = model.TEMPLATE.read_text(encoding="utf-8")
        broken = text.replace("BillingMode: PAY_PER_REQUEST", "BillingMode: PAY_PER_DREAM", 1)
        self.assertNotEqual(text, broken)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(broken)
            file.flush()
            tools = {finding.resource for finding in check.linted(Path(file.name))}
            self.assertEqual(tools, {"cfn-lint", "sam validate"})
            self.assertEqual(check.main([file.name]), 1)
        self.assertEqual(check.main([]), 0)


if __name__ == "__main__":
    unittest.main()
