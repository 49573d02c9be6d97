import { Aws, Lazy } from 'aws-cdk-lib';
import type { IPipeline } from 'aws-cdk-lib/aws-codepipeline';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { SpokeSettings } from './props';
import type { TABLE_INDEXES } from './store';

/** @internal */
export type TableIndex = (typeof TABLE_INDEXES)[number];

/** What the store's adapter calls on the table. @internal */
export const READ_RECORDS = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];

/** @internal */
export const WRITE_RECORDS = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
];

/** @internal */
export const LIST_EXECUTIONS = 'codepipeline:ListPipelineExecutions';

/** What tells what became of an execution, and where it failed. @internal */
export const READ_EXECUTIONS = [LIST_EXECUTIONS, 'codepipeline:ListActionExecutions', 'codepipeline:GetPipeline'];

/** The pipelines that may be started and read; more may come until synthesis. @internal */
export class Pipelines {
  /** What a policy names: resolved at synthesis. */
  readonly arns: string[];
  private readonly given: string[];

  constructor(arns: string[], pipelines: IPipeline[]) {
    this.given = [...arns, ...pipelines.map((pipeline) => pipeline.pipelineArn)];
    const everyOfAccount = `arn:${Aws.PARTITION}:codepipeline:*:${Aws.ACCOUNT_ID}:*`;
    this.arns = Lazy.list({ produce: () => (this.given.length > 0 ? this.given : [everyOfAccount]) });
  }

  add(pipeline: IPipeline): void {
    this.given.push(pipeline.pipelineArn);
  }
}

/** @internal */
export function allow(sid: string, actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources });
}

/** @internal */
export function send(...queues: IQueue[]): iam.PolicyStatement {
  const arns = queues.map((queue) => queue.queueArn);
  return allow('Send', ['sqs:SendMessage'], arns);
}

/** @internal */
export function indexArns(table: ITable, indexes: readonly TableIndex[]): string[] {
  return indexes.map((index) => `${table.tableArn}/index/${index}`);
}

/** X-Ray's write actions take no resource. @internal */
export function traces(): iam.PolicyStatement {
  return allow('Traces', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']);
}

/** What of CodeArtifact is read and set: the domain owners are named, not what their domains hold. @internal */
export function registry(sid: string, actions: string[], resource: string, domainOwners: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid,
    actions: actions.map((action) => `codeartifact:${action}`),
    resources: [`arn:${Aws.PARTITION}:codeartifact:${Aws.REGION}:*:${resource}/*`],
    conditions: { StringEquals: { 'aws:ResourceAccount': domainOwners } },
  });
}

/** Which packages a domain holds is not known before their events come. @internal */
export function packages(domainOwners: string[]): iam.PolicyStatement {
  return registry('Packages', ['ListPackageVersions', 'DescribePackageVersion'], 'package', domainOwners);
}

/** Taking halted versions out of what builds select. @internal */
export function unlist(domainOwners: string[]): iam.PolicyStatement {
  return registry('Unlist', ['UpdatePackageVersionsStatus'], 'package', domainOwners);
}

/** Sessions of the role in other accounts: its own trust says who may do what. @internal */
export function spokeSessions({ accounts, roleName }: SpokeSettings): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'Spokes',
    actions: ['sts:AssumeRole'],
    // As in the SAM template, in which no list of ARNs can be made of a list of accounts.
    resources: [`arn:${Aws.PARTITION}:iam::*:role/${roleName}`],
    conditions: { StringEquals: { 'aws:ResourceAccount': accounts } },
  });
}

/** The bus of accounts that let no role in; its name is what the code asks on. @internal */
export const REQUESTS_BUS = 'downriver-requests';

/** Events that ask for executions: the bus's own policy says who may. @internal */
export function requests(accounts: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'Requests',
    actions: ['events:PutEvents'],
    // As in the SAM template, in which no list of ARNs can be made of a list of accounts.
    resources: [`arn:${Aws.PARTITION}:events:*:*:event-bus/${REQUESTS_BUS}`],
    conditions: { StringEquals: { 'aws:ResourceAccount': accounts } },
  });
}

/** What executions were built from. @internal */
export function sources(bucketArns: string[], keyArns: string[]): iam.PolicyStatement[] {
  const objects = bucketArns.map((arn) => `${arn}/*`);
  const decrypt = new iam.PolicyStatement({
    sid: 'Keys',
    actions: ['kms:Decrypt'],
    resources: keyArns,
    conditions: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } },
  });
  // So that an artifact that was deleted is told from one that may not be read.
  const list = allow('SourceBuckets', ['s3:ListBucket'], bucketArns);
  return [
    ...(bucketArns.length > 0 ? [allow('Sources', ['s3:GetObject'], objects), list] : []),
    ...(keyArns.length > 0 ? [decrypt] : []),
  ];
}
