"""Queues and what is attached to them: nothing that fails is lost, nothing is delivered while it is still worked on."""

from findings import Finding
from model import as_list, name_of

RECEIVES_MIN = 5
DEAD_LETTERS_KEPT_SECS = 14 * 24 * 3600

# Where messages end. A person takes them out again.
TERMINAL = {"QuarantineQueue": "holds what cannot be understood; `downriver redrive` empties it"}


def dead_letter_queues(stack):
    """The queues that something names as its dead-letter queue."""
    found = {
        name_of(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in stack.of_type("AWS::SQS::Queue").values()
        if "deadLetterTargetArn" in queue.get("RedrivePolicy", {})
    }
    for target in _targets(stack):
        found.add(name_of(target[2].get("DeadLetterConfig", {}).get("Arn")))
    return found - {None}


def _targets(stack):
    """Rules' and schedules' targets: logical id, type, target."""
    for kind in ("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
        for name, properties in stack.of_type(kind).items():
            targets = properties.get("Targets") or [properties["Target"]]
            for target in targets:
                yield name, kind, target


def check_visibility(stack):
    """SQS delivers again what is not deleted in time; Lambda asks for six times the function's time-out."""
    functions = stack.of_type("AWS::Lambda::Function")
    queues = stack.of_type("AWS::SQS::Queue")
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        queue = name_of(mapping["EventSourceArn"])
        function = name_of(mapping["FunctionName"])
        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
        needed = 6 * functions[function]["Timeout"] + window
        found = queues[queue].get("VisibilityTimeout", 30)
        if found < needed:
            yield Finding(
                queue,
                f"messages are delivered again after {found} s, while {function} may still work on them",
                f"set VisibilityTimeout to at least {needed}: 6 time-outs and the batch window",
            )


def check_batch_failures(stack):
    for name, mapping in stack.of_type("AWS::Lambda::EventSourceMapping").items():
        if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
            yield Finding(
                name,
                "one failed message makes the whole batch be delivered again",
                "add ReportBatchItemFailures to FunctionResponseTypes",
            )


def check_dead_letters(stack):
    dead = dead_letter_queues(stack)
    queues = stack.of_type("AWS::SQS::Queue")
    for name, queue in queues.items():
        policy = queue.get("RedrivePolicy")
        if name in dead or name in TERMINAL:
            if queue.get("MessageRetentionPeriod", 0) < DEAD_LETTERS_KEPT_SECS:
                yield Finding(
                    name,
                    "what lies here for a person is deleted before a fortnight is over",
                    f"set MessageRetentionPeriod to {DEAD_LETTERS_KEPT_SECS}",
                )
            continue
        if not policy or name_of(policy.get("deadLetterTargetArn")) not in queues:
            yield Finding(name, "has no dead-letter queue", "give it a RedrivePolicy with a queue of this stack")
            continue
        if policy.get("maxReceiveCount", 0) < RECEIVES_MIN:
            yield Finding(
                name,
                f"gives a message up after {policy.get('maxReceiveCount', 0)} deliveries",
                f"set maxReceiveCount to at least {RECEIVES_MIN}: a throttled function uses deliveries up, too",
            )


def check_targets(stack):
    queues = stack.of_type("AWS::SQS::Queue")
    for name, _, target in _targets(stack):
        if name_of(target.get("DeadLetterConfig", {}).get("Arn")) not in queues:
            yield Finding(
                name,
                "an event that cannot be delivered is dropped",
                "give its target a DeadLetterConfig with a queue of this stack",
            )
        if "RetryPolicy" not in target:
            yield Finding(name, "does not say how long a delivery is tried", "give its target a RetryPolicy")
    configured = {
        name_of(config["FunctionName"]): config
        for config in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    }
    for name, kind, target in _targets(stack):
        if kind != "AWS::Scheduler::Schedule":
            continue
        function = name_of(target["Arn"])
        failure = configured.get(function, {}).get("DestinationConfig", {}).get("OnFailure", {})
        if name_of(failure.get("Destination")) not in queues:
            yield Finding(
                function,
                f"{name} invokes it asynchronously, and what fails then is dropped",
                "give it an EventInvokeConfig with a queue as its destination on failure",
            )


def check_queue_policies(stack):
    """Only TLS, and EventBridge only for the rules that have the queue as target or dead-letter queue."""
    statements = {}
    for policy in stack.of_type("AWS::SQS::QueuePolicy").values():
        for queue in policy["Queues"]:
            statements.setdefault(name_of(queue), []).extend(policy["PolicyDocument"]["Statement"])
    wanted = {name: set() for name in stack.of_type("AWS::SQS::Queue")}
    for rule, kind, target in _targets(stack):
        for arn in (target["Arn"], target.get("DeadLetterConfig", {}).get("Arn")):
            if kind == "AWS::Events::Rule" and name_of(arn) in wanted:
                wanted[name_of(arn)].add(f"{{{rule}.Arn}}")
    for name, rules in wanted.items():
        found = statements.get(name, [])
        if not any(_denies_plain_text(statement) for statement in found):
            yield Finding(name, "can be used without TLS", "deny sqs:* where aws:SecureTransport is false")
        allowed = set()
        for statement in found:
            if statement["Effect"] == "Allow":
                condition = statement.get("Condition", {}).get("ArnEquals", {})
                allowed.update(as_list(condition.get("aws:SourceArn", "everybody")))
        if allowed != rules:
            yield Finding(
                name,
                f"takes messages from {_listed(allowed)}, and is a target of {_listed(rules)}",
                "let its policy allow exactly the rules that send to it, by aws:SourceArn",
            )


def _denies_plain_text(statement):
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    )


def _listed(names):
    return ", ".join(sorted(names)) or "nothing"
