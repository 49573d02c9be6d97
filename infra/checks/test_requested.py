"""Every check of the requests' template must be able to fail: each case breaks a copy of it in one way and names what must be found."""

import copy
import unittest

import check
import model
import patterns
import requested
import spokes

SOURCE = model.read(model.REQUESTS)
PLAIN, VARIABLES = "PlainRule&{PipelineArn}", "VariablesRule&{PipelineArn}"
SHOP = "PlainRulearnawscodepipelineeucentral1111122223333shop"
SHOP_WITH_VARIABLES = SHOP.replace("Plain", "Variables")
EVERYBODY = {"AWS": "*"}
TRUST = "AssumeRolePolicyDocument/Statement"


def _set(name, path, value):
    """A breaking change: sets what stands at `path` below a resource's properties; None takes it out."""

    def change(template):
        *folders, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        resources = template["Resources"]
        place = (resources[name] if name in resources else resources["Fn::ForEach::Pipelines"][2][name])["Properties"]
        for folder in folders:
            place = place[folder]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


def _policy(key, value):
    """Sets a part of the bus's policy, which stands only where a deployment is named."""

    def change(template):
        _, given, _ = template["Resources"]["RequestsBus"]["Properties"]["Policy"]["Fn::If"]
        given["Statement"][0][key] = value

    return change


def _always(name):
    def change(template):
        del template["Resources"][name]["Condition"]

    return change


def _parameter(name, key, value):
    def change(template):
        template["Parameters"][name][key] = value

    return change


def _without(name):
    def change(template):
        del template["Resources"]["Fn::ForEach::Pipelines"][2][name]

    return change


# The check, the resource that it must name, a piece of what it must say, the breaking change.
CASES = [
    (patterns.check_null, "ForwardRule", "CloudFormation refuses", _set("ForwardRule", "EventPattern/detail", {"state": [None]})),
    (requested.check_bus, "RequestsBus", "is called requests", _set("RequestsBus", "Name", "requests")),
    (requested.check_bus, "RequestsBus", "takes other events", _policy("Principal", EVERYBODY)),
    (requested.check_bus, "RequestsBus", "takes other events", _policy("Condition", {})),
    (requested.check_bus, "RequestsBus", "takes other events", _policy("Action", "events:*")),
    (requested.check_rules, "RequestsBus", "has 2 rules for 2 pipelines", _without(PLAIN)),
    (requested.check_rules, "RequestsBus", "0 rules match a request", _set(PLAIN, "EventPattern/source", ["acme"])),
    (requested.check_rules, "RequestsBus", "2 rules match a request", _set(PLAIN, "EventPattern/detail/has_variables", [True, False])),
    (requested.check_rules, "RequestsBus", "0 rules match a request", _set(VARIABLES, "EventPattern/detail/pipeline", ["web-shop"])),
    (requested.check_rules, SHOP, "does not listen", _set(PLAIN, "EventBusName", None)),
    (requested.check_rules, SHOP, "something else", _set(PLAIN, "Targets/0/RoleArn", None)),
    (requested.check_rules, SHOP_WITH_VARIABLES, "other variables", _set(VARIABLES, "Targets/0/InputTransformer", None)),
    (requested.check_rules, SHOP, "other variables", _set(PLAIN, "Targets/0/InputTransformer", requested.VARIABLES)),
    (requested.check_rules, SHOP, "puts itself", _set(PLAIN, "EventPattern/account", None)),
    (requested.check_rules, SHOP, "not waited for any more", _set(PLAIN, "Targets/0/RetryPolicy/MaximumEventAgeInSeconds", 86400)),
    (requested.check_role, "StartRole", "follow the parameters", _always("StartRole")),
    (requested.check_role, "StartRole", "allows more", _set("StartRole", "Policies/0/PolicyDocument/Statement/0/Resource", "*")),
    (requested.check_role, "StartRole", "allows more", _set("StartRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"])),
    (requested.check_role, "StartRole", "trusted by others", _set("StartRole", f"{TRUST}/0/Principal", EVERYBODY)),
    (requested.check_role, "StartRole", "trusted by others", _set("StartRole", f"{TRUST}/0/Condition", {})),
    (requested.check_dead_letters, SHOP, "drops", _set(PLAIN, "Targets/0/DeadLetterConfig", None)),
    (requested.check_dead_letters, "DeadLetterQueue", "14 days", _set("DeadLetterQueue", "MessageRetentionPeriod", 345600)),
    (requested.check_dead_letters, "DeadLetterQueuePolicy", "lets others send", _set("DeadLetterQueuePolicy", "PolicyDocument/Statement/1/Condition", {})),
    (spokes.check_forwarding, "ForwardRule", "follow the parameter HubBusArn", _always("ForwardRule")),
    (spokes.check_forwarding, "ForwardRole", "more than PutEvents", _set("ForwardRole", "Policies/0/PolicyDocument/Statement/0/Resource", "*")),
    (spokes.check_forwarding, "ForwardRule", "does not forward events/codepipeline.started-by-request.json", _set("ForwardRule", "EventPattern/detail", {"state": ["SUCCEEDED"]})),
    (requested.check_parameters, "HubBusArn", "what this parameter is for", _parameter("HubBusArn", "Description", "")),
    (requested.check_parameters, "PipelineArns", "infra/requests/README.md says `(empty)`", _parameter("PipelineArns", "Default", "web")),
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
        self.assertEqual(set(check.REQUESTS_RULES), {rule for rule, *_ in CASES})


if __name__ == "__main__":
    unittest.main()
