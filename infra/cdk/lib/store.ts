import { Aws, CfnDeletionPolicy, type CfnResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import type { Settings } from './props';

/** Sparse, by keys only. @internal */
export const TABLE_INDEXES = ['due', 'waiting', 'busy'] as const;

/** What people upload stands under it. @internal */
export const UPLOADS = 'catalogs/';

/** What builds tell of what they built stands under it, by application and execution. @internal */
export const SBOMS = 'sbom/';

/** The stack's own table, in use or not. @internal */
export function makeTable(scope: Construct, settings: Settings): dynamodb.Table {
  const table = new dynamodb.Table(scope, 'Table', {
    partitionKey: text('pk'),
    sortKey: text('sk'),
    timeToLiveAttribute: 'expires_at',
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    // The key that AWS owns; any other would stand in an account.
    encryption: dynamodb.TableEncryption.DEFAULT,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: settings.deletionProtection,
  });
  for (const indexName of TABLE_INDEXES) {
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: text(`${indexName}_pk`),
      sortKey: text(`${indexName}_sk`),
      projectionType: dynamodb.ProjectionType.KEYS_ONLY,
    });
  }
  keepWhenReplaced(table, settings.removalPolicy);
  return table;
}

/** The table in use: the stack's own, or the restored one. @internal */
export function tableInUse(scope: Construct, own: dynamodb.Table, settings: Settings): dynamodb.ITable {
  const tableName = settings.restoredTableName;
  if (tableName === undefined) {
    return own;
  }
  return dynamodb.Table.fromTableAttributes(scope, 'RestoredTable', { tableName, globalIndexes: [...TABLE_INDEXES] });
}

/** Catalogs, and what builds tell of what they built. @internal */
export function makeBucket(scope: Construct): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Bucket', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    versioned: true,
    // A bucket with objects in it cannot be deleted anyway.
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: Object.entries({ uploads: UPLOADS, sboms: SBOMS }).map(([id, prefix]) => ({
      id,
      prefix,
      expiration: Duration.days(90),
      noncurrentVersionExpiration: Duration.days(30),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    })),
  });
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'OnlyWithTls',
      effect: iam.Effect.DENY,
      principals: [new iam.StarPrincipal()],
      actions: ['s3:*'],
      resources: [bucket.bucketArn, bucket.arnForObjects('*')],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  );
  return bucket;
}

/** What is decided is told here, as events of source `downriver`. @internal */
export function makeBus(scope: Construct): events.EventBus {
  return new events.EventBus(scope, 'Bus', { eventBusName: Aws.STACK_NAME });
}

/** The old one stays when CloudFormation replaces it, whatever becomes of it when it leaves the stack. @internal */
export function keepWhenReplaced(construct: IConstruct, removalPolicy: RemovalPolicy): void {
  const { cfnOptions } = (construct.node.defaultChild ?? construct) as CfnResource;
  const isKept = removalPolicy === RemovalPolicy.RETAIN;
  cfnOptions.deletionPolicy = isKept ? CfnDeletionPolicy.RETAIN : CfnDeletionPolicy.DELETE;
  cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}

function text(name: string): dynamodb.Attribute {
  return { name, type: dynamodb.AttributeType.STRING };
}
