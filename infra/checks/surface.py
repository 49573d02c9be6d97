"""What people and the command line see: parameters, outputs, alarms, metrics."""

import json
import re

from findings import Finding
from model import INFRA, ROOT, name_of
from queues import TERMINAL, dead_letter_queues

README = INFRA / "sam" / "README.md"
METRICS = INFRA / "metrics.json"

# What `downriver --deployment NAME` reads.
OUTPUTS = {
    "BucketName",
    "BusName",
    "ChangesDeadLetterQueueUrl",
    "ChangesQueueUrl",
    "DueDeadLetterQueueUrl",
    "DueQueueUrl",
    "IndexDeadLetterQueueUrl",
    "IndexQueueUrl",
    "QuarantineQueueUrl",
    "RunsDeadLetterQueueUrl",
    "RunsQueueUrl",
    "StarterRoleArn",
    "SweepDeadLetterQueueUrl",
    "SweepFunctionName",
    "TableName",
    "Version",
}
# What infra/spoke is deployed with.
TOLD_TO_SPOKES = {"HubBusArn", "HubExternalId", "HubReadRoleArns", "HubStartRoleArns"}


def check_parameters(stack):
    yield from check_parameters_of(stack, README)


def check_parameters_of(stack, file):
    shown = file.relative_to(ROOT)
    readme = file.read_text(encoding="utf-8")
    groups = stack.template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    for name, parameter in stack.template["Parameters"].items():
        if not parameter.get("Description"):
            yield Finding(name, "nothing says what this parameter is for", "give it a Description")
        if "Default" not in parameter:
            yield Finding(name, "this parameter has no default, so an install needs it", "give it a Default")
        if grouped.count(name) != 1:
            yield Finding(name, f"stands {grouped.count(name)} times in the groups of parameters", "put it in one group")
        row = re.search(rf"^\| `{name}` \| `?([^|`]*)`? \|", readme, re.MULTILINE)
        default = str(parameter.get("Default", "")) or "(empty)"
        if not row:
            yield Finding(name, f"does not stand in the table of {shown}", "add a row")
        elif row[1].strip() != default:
            yield Finding(name, f"its default is `{default}`, and {shown} says `{row[1].strip()}`", "mend the row")


def check_outputs(stack):
    for name in sorted(OUTPUTS - set(stack.outputs)):
        yield Finding(name, "this output is missing, and the command line reads it", "add it")
    for name in sorted(set(stack.outputs) - OUTPUTS - TOLD_TO_SPOKES):
        yield Finding(name, "nothing reads this output", "take it out, or add it to OUTPUTS in infra/checks/surface.py")
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    version = re.search(r'^\[workspace\.package\][^[]*?^version = "([^"]+)"', manifest, re.MULTILINE | re.DOTALL)[1]
    found = str(stack.outputs.get("Version", {}).get("Value"))
    if found != version:
        yield Finding("Version", f"says {found}, and the workspace is {version}", f"set its value to {version}")
    for name, output in stack.outputs.items():
        target = name_of(output["Value"])
        if target and target not in stack.resources:
            yield Finding(name, f"names {target}, which does not exist", "name a resource of this stack")


def _watched(stack, metric):
    """The resources on whose metric an alarm stands."""
    return {
        name_of(dimension["Value"])
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric
        for dimension in alarm["Dimensions"]
    }


def check_alarms(stack):
    wanted = []
    dead = dead_letter_queues(stack) | set(TERMINAL)
    for name in stack.of_type("AWS::SQS::Queue"):
        if name in dead:
            wanted.append((name, "ApproximateNumberOfMessagesVisible", "messages in it"))
        else:
            wanted.append((name, "ApproximateAgeOfOldestMessage", "messages that wait for too long"))
    for name in stack.of_type("AWS::Lambda::Function"):
        wanted.append((name, "Errors", "its failures"))
        wanted.append((name, "Throttles", "it being throttled"))
    wanted.append(("SweepFunction", "Invocations", "it not running"))
    for name, metric, what in wanted:
        if name not in _watched(stack, metric):
            yield Finding(name, f"no alarm tells of {what}", f"add an alarm on {metric}")
    if not any(alarm["MetricName"] == "StuckRebuilds" for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()):
        yield Finding("StuckRebuildsAlarm", "no alarm tells of rebuilds that need a person", "add an alarm on StuckRebuilds")
    topic = stack.parameters["AlarmsTopicArn"]
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        if alarm.get("AlarmActions", []) != ([topic] if topic else []):
            yield Finding(name, "does not notify the topic of the parameter", "set AlarmActions to AlarmsTopicArn, if there is one")
        if not alarm.get("AlarmDescription"):
            yield Finding(name, "does not say what is the matter", "give it an AlarmDescription")
        if "TreatMissingData" not in alarm:
            yield Finding(name, "does not say what no data means", "set TreatMissingData")


def check_metrics(stack):
    """Alarms and dashboard use the metrics that the code writes, by the dimensions that it writes them with."""
    known = json.loads(METRICS.read_text(encoding="utf-8"))
    written = {(metric, ((known["dimension"], "downriver"),)) for metric in known["metrics"]}
    written |= {(metric, ((known["dimension"], "downriver"), (by, "*"))) for metric, by in known["metrics_by"].items()}
    for name, namespace, metric, dimensions in _shown(stack):
        if namespace != known["namespace"] or (metric, tuple(dimensions)) not in written:
            yield Finding(name, f"shows {namespace} {metric} by {dimensions}, which the code does not write", "use what infra/metrics.json lists")


def _shown(stack):
    """Who shows it, namespace, metric, dimensions; of a search, `*` for the dimension that is not given."""
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        if not alarm["Namespace"].startswith("AWS/"):
            dimensions = [(dimension["Name"], dimension["Value"]) for dimension in alarm["Dimensions"]]
            yield name, alarm["Namespace"], alarm["MetricName"], dimensions
    for name, dashboard in stack.of_type("AWS::CloudWatch::Dashboard").items():
        for widget in json.loads(dashboard["DashboardBody"])["widgets"]:
            for metric in widget["properties"]["metrics"]:
                if "expression" in metric[0]:
                    yield name, *_searched(metric[0]["expression"])
                elif not metric[0].startswith("AWS/"):
                    namespace, title, *dimensions = [part for part in metric if isinstance(part, str)]
                    yield name, namespace, title, list(zip(dimensions[::2], dimensions[1::2]))


def _searched(expression):
    schema, metric = re.search(r"SEARCH\('\{([^}]*)\} MetricName=\"([^\"]*)\"", expression).groups()
    namespace, *names = schema.split(",")
    given = dict(re.findall(r"(\w+)=\"([^\"]*)\"", expression))
    return namespace, metric, [(name, given.get(name, "*")) for name in names]
