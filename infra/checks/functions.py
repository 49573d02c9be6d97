"""The functions: what the code expects of them, and each on its own."""

import json

from findings import Finding
from model import INFRA, name_of

ENVIRONMENT = INFRA / "environment.json"

# Read by the SDKs, and only set where a parameter names an endpoint.
ENDPOINTS = {
    "resolve": {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_CODEARTIFACT"},
    "start": {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_CODEARTIFACT", "AWS_ENDPOINT_URL_CODEPIPELINE", "AWS_ENDPOINT_URL_STS"},
    "track": {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_CODEARTIFACT", "AWS_ENDPOINT_URL_CODEPIPELINE", "AWS_ENDPOINT_URL_STS"},
    "index": {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_CODEARTIFACT", "AWS_ENDPOINT_URL_CODEPIPELINE", "AWS_ENDPOINT_URL_STS"},
    "sweep": {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_CODEARTIFACT", "AWS_ENDPOINT_URL_CODEPIPELINE", "AWS_ENDPOINT_URL_STS"},
}


def code_of(name):
    """`resolve` of `ResolveFunction`."""
    return name.removesuffix("Function").lower()


def check_environment(stack):
    expected = json.loads(ENVIRONMENT.read_text(encoding="utf-8"))
    functions = stack.of_type("AWS::Lambda::Function")
    for missing in sorted(set(expected) - {code_of(name) for name in functions}):
        yield Finding(f"{missing.capitalize()}Function", "does not exist, and the code has it", "add it, or take it out of infra/environment.json")
    for name, function in functions.items():
        code = code_of(name)
        found = set(function.get("Environment", {}).get("Variables", {}))
        wanted = set(expected.get(code, []))
        if stack.parameters["ServiceEndpoint"]:
            wanted |= ENDPOINTS.get(code, set())
        for variable in sorted(wanted - found):
            yield Finding(name, f"lacks {variable}, which its code reads", "set it, or take it out of infra/environment.json and the code")
        for variable in sorted(found - wanted):
            yield Finding(name, f"sets {variable}, which its code does not read", "take it out, or add it to infra/environment.json and the code")


def check_isolation(stack):
    """Every function has a role and a log group of its own."""
    groups = stack.of_type("AWS::Logs::LogGroup")
    roles = stack.of_type("AWS::IAM::Role")
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        role = name_of(function.get("Role"))
        if role != f"{name}Role" or role not in roles:
            yield Finding(name, f"runs as {role}", f"give it a role of its own, {name}Role")
        else:
            trust = roles[role]["AssumeRolePolicyDocument"]["Statement"]
            if [statement["Principal"] for statement in trust] != [{"Service": "lambda.amazonaws.com"}]:
                yield Finding(role, "is trusted by others than Lambda", "trust lambda.amazonaws.com alone")
        logging = function.get("LoggingConfig", {})
        if logging.get("LogGroup") != f"{{{name}LogGroup}}" or f"{name}LogGroup" not in groups:
            yield Finding(name, "has no log group of its own, so nothing limits how long its logs are kept", f"log to {name}LogGroup")
        if logging.get("LogFormat") != "JSON":
            yield Finding(name, "logs lines that are not JSON", "set LoggingConfig's LogFormat to JSON")
        if logging.get("ApplicationLogLevel") in ("WARN", "ERROR", "FATAL"):
            yield Finding(
                name,
                f"Lambda drops its lines below {logging['ApplicationLogLevel']}, metrics included",
                "set ApplicationLogLevel to INFO or lower",
            )


def check_runtime(stack):
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        if function.get("Runtime") != "provided.al2023" or function.get("Handler") != "bootstrap":
            yield Finding(name, "does not run a `bootstrap` on provided.al2023", "set Runtime and Handler")
        if function.get("Architectures") != [stack.parameters["Architecture"]]:
            yield Finding(name, "does not follow the parameter Architecture", "set Architectures to [!Ref Architecture]")
        if function.get("TracingConfig") != {"Mode": "Active"}:
            yield Finding(name, "is not traced", "set Tracing to Active")
        folder = str(function.get("Code", {}).get("S3Key", ""))
        if folder.strip("/").split("/")[-3:] != ["target", "lambda", code_of(name)]:
            yield Finding(name, f"its code is taken from {folder}", f"set CodeUri to ../../target/lambda/{code_of(name)}/")
    reserved = stack.of_type("AWS::Lambda::Function")["SweepFunction"].get("ReservedConcurrentExecutions")
    wanted = 1 if stack.parameters["ReserveConcurrency"] == "true" else None
    if reserved != wanted:
        yield Finding("SweepFunction", f"reserves {reserved} executions", "reserve 1 unless ReserveConcurrency is false: sweeps must not overlap")
