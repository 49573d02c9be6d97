"""Every check of notifications must be able to fail: each case breaks a copy of the template in one way."""

import copy
import json
import unittest

import model
import notices

SOURCE = model.read(model.NOTIFICATIONS)
TOLD_UNSAFELY = {"InputPathsMap": {"text": "$.detail.text"}, "InputTemplate": '{"text": "<text>"}'}
P = "Properties"


def _set(name, *path, to):
    def change(template):
        place = template["Resources"][name]
        for step in path[:-1]:
            place = place[step]
        if to is None:
            del place[path[-1]]
        else:
            place[path[-1]] = to

    return change


def _secret_shown(template):
    del template["Parameters"]["WebhookUrl"]["NoEcho"]


def _pattern(rule, *path, to):
    return _set(rule, P, "EventPattern", *path, to=to)


# The webhook's target, below the condition that there is one.
WEBHOOK = (P, "Targets", 1, "Fn::If", 1)
BROKEN = {
    "a kind less": (_pattern("NeedsAPersonRule", "detail-type", to=["Downriver Rebuild Stuck"]), "no rule tells it"),
    "told twice": (_pattern("RebuiltRule", "detail", "outcome", to=["Succeeded", "Delivered", "Failed"]), "tells it, and"),
    "every owner": (_pattern("RebuiltRule", "detail", "owner", to=None), "does not tell by owner"),
    "another source": (_pattern("WeeklySummaryRule", "source", to=["downriver", "x"]), "does not listen to the deployment's bus"),
    "the default bus": (_set("RebuiltRule", P, "EventBusName", to="default"), "does not listen to the deployment's bus"),
    "always on": (_set("RebuiltRule", P, "State", to="ENABLED"), "it is ENABLED while TellRebuilt says DISABLED"),
    "an unsafe text in the chat": (_set("NeedsAPersonRule", *WEBHOOK, "InputTransformer", to=TOLD_UNSAFELY), "is not valid JSON"),
    "an unsafe text on the topic": (
        _set("NeedsAPersonRule", P, "Targets", 0, "InputTransformer", to={**TOLD_UNSAFELY, "InputTemplate": '"<text>"'}),
        "is not valid JSON",
    ),
    "another line": (
        _set("RebuiltRule", *WEBHOOK, "InputTransformer", "InputTemplate", to='{"text": "Downriver: <message>"}'),
        "was told",
    ),
    "another body": (_set("RebuiltRule", *WEBHOOK, "InputTransformer", "InputTemplate", to='{"content": "<message>"}'), "it gets None"),
    "no dead letters": (_set("RebuiltRule", *WEBHOOK, "DeadLetterConfig", to=None), "is lost"),
    "tried for longer": (_set("RebuiltRule", P, "Targets", 0, "RetryPolicy", to={}), "is lost"),
    "everybody publishes": (_set("TopicPolicy", P, "PolicyDocument", "Statement", 1, "Condition", to=None), "others than the rules"),
    "a rule cannot send": (
        _set("DeadLetterQueuePolicy", P, "PolicyDocument", "Statement", 1, "Condition", "ArnEquals", "aws:SourceArn", to=[]),
        "not all of them",
    ),
    "called too fast": (_set("Webhook", P, "InvocationRateLimitPerSecond", to=10), "faster than a chat takes"),
    "a role for more": (
        _set("WebhookRole", P, "Policies", 0, "PolicyDocument", "Statement", 0, "Resource", to="*"),
        "may do more than call the webhook",
    ),
    "a secret shown": (_secret_shown, "this secret is shown"),
}


class Notices(unittest.TestCase):
    def test_the_template_passes(self):
        self.assertEqual(notices.contract(SOURCE), [])

    def test_every_check_can_fail(self):
        for name, (change, words) in BROKEN.items():
            with self.subTest(name):
                template = copy.deepcopy(SOURCE)
                change(template)
                found = [finding.line("template") for finding in notices.contract(template)]
                self.assertTrue(any(words in line for line in found), found or "nothing was found")

    def test_every_kind_of_the_schema_is_decided_upon(self):
        schema = json.loads(notices.SCHEMA.read_text(encoding="utf-8"))
        kinds = {kind for kind, _ in (*notices.TOLD, *notices.NOT_TOLD)}
        self.assertEqual(kinds, set(schema["properties"]["detail-type"]["enum"]))
        outcomes = {outcome for _, outcome in (*notices.TOLD, *notices.NOT_TOLD) if outcome}
        self.assertEqual(outcomes, set(schema["$defs"]["detail"]["properties"]["outcome"]["enum"]))

    def test_a_sample_holds_what_breaks_a_template(self):
        texts = [notice["detail"]["text"] for notice in notices.notices()]
        for hostile in ('"', "\n", "\\", "<message>", "<!channel>", "\x7f"):
            self.assertTrue(any(hostile in text for text in texts), hostile)

    def test_values_are_put_in_as_they_are(self):
        event = {"detail": {"text": 'a "b"', "number": 1}}
        paths = {"text": "$.detail.text", "number": "$.detail.number", "none": "$.detail.none"}
        for template, expected in (
            ('"<text>"', '"a "b""'),
            ('{"a": <text>}', '{"a": "a "b""}'),
            ('{"a": <number>, "b": "<none>"}', '{"a": 1, "b": ""}'),
        ):
            transformer = {"InputPathsMap": paths, "InputTemplate": template}
            self.assertEqual(notices.rendered(transformer, event), expected)


if __name__ == "__main__":
    unittest.main()
