"""What is kept: encrypted, recoverable, not deleted by mistake, and gone when its time is over."""

from findings import Finding

KEYS = {"": ("pk", "sk"), "due": ("due_pk", "due_sk"), "waiting": ("waiting_pk", "waiting_sk"), "busy": ("busy_pk", "busy_sk")}
EXPIRY = "expires_at"


def check_tables(stack):
    for name, table in stack.of_type("AWS::DynamoDB::Table").items():
        # DynamoDB encrypts always; a key of this account would need permissions that the roles do not have.
        if table.get("SSESpecification") != {"SSEEnabled": False}:
            yield Finding(name, "does not say that AWS's own key encrypts it", "set SSESpecification to SSEEnabled: false")
        if table.get("PointInTimeRecoverySpecification") != {"PointInTimeRecoveryEnabled": True}:
            yield Finding(name, "cannot be restored to a point in time", "enable point-in-time recovery")
        if table.get("TimeToLiveSpecification") != {"AttributeName": EXPIRY, "Enabled": True}:
            yield Finding(name, "history is never deleted", f"enable time to live on `{EXPIRY}`")
        if table.get("DeletionProtectionEnabled") is not (stack.parameters["DeletionProtection"] == "true"):
            yield Finding(
                name,
                "its deletion protection does not follow the parameter",
                "set DeletionProtectionEnabled to !If [IsProtected, true, false]",
            )
        if stack.resources[name].get("UpdateReplacePolicy") != "Retain":
            yield Finding(name, "is deleted when an update replaces it", "set UpdateReplacePolicy to Retain")
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            yield Finding(name, "throttles above a provisioned capacity", "set BillingMode to PAY_PER_REQUEST")
        yield from _check_keys(name, table)


def _check_keys(name, table):
    found = {"": table["KeySchema"]}
    for index in table.get("GlobalSecondaryIndexes", []):
        found[index["IndexName"]] = index["KeySchema"]
        if index["Projection"] != {"ProjectionType": "KEYS_ONLY"}:
            yield Finding(name, f"index {index['IndexName']} copies whole records", "project KEYS_ONLY")
    keys = {index: tuple(key["AttributeName"] for key in schema) for index, schema in found.items()}
    if keys != KEYS:
        yield Finding(name, f"its keys are {keys}", f"the store reads {KEYS}")


def check_buckets(stack):
    for name, bucket in stack.of_type("AWS::S3::Bucket").items():
        rules = bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        if not any("ServerSideEncryptionByDefault" in rule for rule in rules):
            yield Finding(name, "does not say how it is encrypted", "set BucketEncryption")
        if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield Finding(name, "loses what is overwritten", "enable versioning")
        blocks = bucket.get("PublicAccessBlockConfiguration", {})
        if len(blocks) != 4 or not all(blocks.values()):
            yield Finding(name, "could be made public", "block public access in all four ways")
        if not bucket.get("LifecycleConfiguration", {}).get("Rules"):
            yield Finding(name, "keeps uploads for ever", "set LifecycleConfiguration")
        policies = [
            statement
            for policy in stack.of_type("AWS::S3::BucketPolicy").values()
            if policy["Bucket"] == f"{{{name}}}"
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        if not any(statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for statement in policies):
            yield Finding(name, "can be used without TLS", "deny s3:* where aws:SecureTransport is false")


def check_queue_encryption(stack):
    for name, queue in stack.of_type("AWS::SQS::Queue").items():
        if queue.get("SqsManagedSseEnabled") is not True:
            yield Finding(name, "is not encrypted", "set SqsManagedSseEnabled to true")


def check_log_groups(stack):
    for name, group in stack.of_type("AWS::Logs::LogGroup").items():
        if group.get("RetentionInDays") != stack.parameters["LogRetentionDays"]:
            yield Finding(name, "its lines are not deleted when the parameter says", "set RetentionInDays to !Ref LogRetentionDays")
