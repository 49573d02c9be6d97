"""Every check of the spoke's template must be able to fail: each case breaks a copy of it in one way and names what must be found."""

import copy
import unittest

import check
import model
import patterns
import spokes

SOURCE = model.read(model.SPOKE)
EVERYBODY = {"AWS": "*"}


def _set(name, path, value):
    """A breaking change: sets what stands at `path` below a resource's properties; None takes it out."""

    def change(template):
        *folders, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        place = template["Resources"][name]["Properties"]
        for folder in folders:
            place = place[folder]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


def _statement(sid, key, value):
    """Sets a part of a statement that stands only where a parameter has a value."""

    def change(template):
        (policy,) = template["Resources"]["SpokeRole"]["Properties"]["Policies"]
        for choice in policy["PolicyDocument"]["Statement"]:
            _, given, _ = choice["Fn::If"]
            if given["Sid"] == sid:
                given[key] = value

    return change


def _always(name):
    def change(template):
        del template["Resources"][name]["Condition"]

    return change


def _parameter(name, key, value):
    def change(template):
        template["Parameters"][name][key] = value

    return change


ANY_SESSION = {"StringEquals": {"sts:ExternalId": {"Ref": "HubExternalId"}}}
ROOT = {"AWS": "arn:aws:iam::555566667777:root"}
TRUST = "AssumeRolePolicyDocument/Statement"

# The check, the resource that it must name, a piece of what it must say, the breaking change.
CASES = [
    (patterns.check_null, "ForwardRule", "CloudFormation refuses", _set("ForwardRule", "EventPattern/detail", {"state": [None]})),
    (patterns.check_pinned, "ForwardRule", "other accounts", _set("ForwardRule", "EventPattern/account", None)),
    (spokes.check_trust, "SpokeRole", "trusts others", _set("SpokeRole", f"{TRUST}/0/Principal", EVERYBODY)),
    (spokes.check_trust, "SpokeRole", "trusts others", _set("SpokeRole", f"{TRUST}/1/Principal", ROOT)),
    (spokes.check_trust, "SpokeRole", "trusts others", _set("SpokeRole", f"{TRUST}/0/Condition", {})),
    (spokes.check_trust, "SpokeRole", "trusts others", _set("SpokeRole", f"{TRUST}/1/Condition", ANY_SESSION)),
    (spokes.check_trust, "SpokeRole", "knows its name", _set("SpokeRole", "RoleName", "another")),
    (spokes.check_reading_sessions, "SpokeRole", "in sessions for reading", _statement("StartNamed", "Condition", {})),
    (spokes.check_reading_sessions, "SpokeRole", "in sessions for reading", _statement("StartTagged", "Condition", {"StringEquals": {"aws:ResourceTag/downriver": "acme"}})),
    (spokes.check_actions, "SpokeRole", "allows codepipeline:PutJobSuccessResult", _statement("StartNamed", "Action", ["codepipeline:StartPipelineExecution", "codepipeline:PutJobSuccessResult"])),
    (spokes.check_actions, "SpokeRole", "does not allow s3:ListBucket", _statement("SourceBuckets", "Action", "s3:GetObject")),
    (spokes.check_resources, "SpokeRole", "`ReadNamed` is about", _statement("ReadNamed", "Resource", "*")),
    (spokes.check_resources, "SpokeRole", "`ReadTagged` is about", _statement("ReadTagged", "Condition", {})),
    (spokes.check_resources, "SpokeRole", "`Keys` is about", _statement("Keys", "Resource", "*")),
    (spokes.check_one_role, "SpokeRole", "follow the parameter RoleRegion", lambda template: template["Conditions"].update(HasRole={"Fn::Not": [{"Fn::Equals": [{"Ref": "RoleRegion"}, "none"]}]})),
    (spokes.check_forwarding, "ForwardRule", "follow the parameter HubBusArn", _always("ForwardRule")),
    (spokes.check_forwarding, "ForwardRule", "without ForwardRole", _set("ForwardRule", "Targets/0/RoleArn", None)),
    (spokes.check_forwarding, "ForwardRole", "more than PutEvents", _set("ForwardRole", "Policies/0/PolicyDocument/Statement/0/Resource", "*")),
    (spokes.check_forwarding, "ForwardRole", "others than EventBridge", _set("ForwardRole", f"{TRUST}/0/Condition", {})),
    (spokes.check_forwarding, "ForwardRule", "does not forward events/codepipeline.stopped.json", _set("ForwardRule", "EventPattern/detail", {"state": ["SUCCEEDED"]})),
    (spokes.check_forwarding, "ForwardRule", "forwards events/codepipeline.ignored-stage.json", _set("ForwardRule", "EventPattern/detail-type", None)),
    (spokes.check_wildcards, "SpokeRole", "allows `codepipeline:*`", _statement("ReadNamed", "Action", "codepipeline:*")),
    (spokes.check_wildcards, "SpokeRole", "nothing has it", _statement("ReadTagged", "Resource", {"Ref": "PipelineArns"})),
    (spokes.check_parameters, "RoleName", "infra/spoke/README.md says `downriver-spoke`", _parameter("RoleName", "Default", "spoke")),
    (spokes.check_parameters, "RoleName", "what this parameter is for", _parameter("RoleName", "Description", "")),
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
        self.assertEqual(set(check.SPOKE_RULES), {rule for rule, *_ in CASES})


if __name__ == "__main__":
    unittest.main()
