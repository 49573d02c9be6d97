import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Downriver } from './downriver';
import { indexArns, READ_RECORDS, WRITE_RECORDS } from './permissions';
import { SBOMS, TABLE_INDEXES, UPLOADS } from './store';

/** Nothing that would mean more than one application in an ARN. */
const APPLICATION = /^[A-Za-z0-9._-]+$/;

/** Actions that are allowed together. @internal */
export interface Permission {
  readonly actions: string[];
  readonly resourceArns: string[];
  readonly conditions?: Record<string, Record<string, unknown>>;
}

/** @internal */
export function grant(grantee: iam.IGrantable, permissions: Permission[]): iam.Grant {
  const grants = permissions.map((permission) => iam.Grant.addToPrincipal({ grantee, ...permission }));
  return grants.reduce((all, next) => all.combine(next));
}

/** Finding the deployment by its name, with which every command begins. @internal */
export function findIt(of: Downriver): Permission {
  const stack = Stack.of(of);
  const arn = stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stack.stackName}/*` });
  return { actions: ['cloudformation:DescribeStacks'], resourceArns: [arn] };
}

/** @internal */
export function readRecords({ table }: Downriver): Permission[] {
  return [
    { actions: READ_RECORDS, resourceArns: [table.tableArn] },
    { actions: ['dynamodb:Query'], resourceArns: indexArns(table, TABLE_INDEXES) },
  ];
}

/** Decisions of people, and what makes the functions look at them and tells others of them. @internal */
export function decide({ table, queues, bus }: Downriver): Permission[] {
  return [
    { actions: WRITE_RECORDS, resourceArns: [table.tableArn] },
    sendTo(queues.due),
    { actions: ['events:PutEvents'], resourceArns: [bus.eventBusArn] },
  ];
}

/** @internal */
export function applyCatalogs({ bucket, queues }: Downriver): Permission[] {
  return [
    { actions: ['s3:PutObject'], resourceArns: [bucket.arnForObjects(`${UPLOADS}*`)] },
    { actions: ['s3:GetObject'], resourceArns: [bucket.arnForObjects(`${UPLOADS}*.result.json`)] },
    // Without it S3 answers "denied" for a result that is not there yet.
    { actions: ['s3:ListBucket'], resourceArns: [bucket.bucketArn] },
    sendTo(queues.index),
  ];
}

/** @internal */
export function uploadBuilt({ bucket }: Downriver, application: string): Permission {
  if (!APPLICATION.test(application)) {
    throw new Error(`Downriver: "${application}" is no id of an application; give it as the catalog does`);
  }
  return { actions: ['s3:PutObject'], resourceArns: [bucket.arnForObjects(`${SBOMS}${application}/*`)] };
}

/** @internal */
export function sendEvents(of: Downriver, extraEventSources: string[]): Permission[] {
  const { changes, runs, due, index } = of.queues;
  const queues = sendTo(changes, runs, due, index);
  if (extraEventSources.length === 0) {
    return [queues];
  }
  const bus = Stack.of(of).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });
  const conditions = { StringEquals: { 'events:source': extraEventSources } };
  return [queues, { actions: ['events:PutEvents'], resourceArns: [bus], conditions }];
}

/** @internal */
export function redriveFailed({ queues }: Downriver): Permission[] {
  const actions = ['sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'];
  const { changesDeadLetter, runsDeadLetter, dueDeadLetter, indexDeadLetter, sweepDeadLetter, quarantine } = queues;
  const failed = [changesDeadLetter, runsDeadLetter, dueDeadLetter, indexDeadLetter, sweepDeadLetter, quarantine];
  return [
    { actions, resourceArns: failed.map((queue) => queue.queueArn) },
    sendTo(queues.changes, queues.runs, queues.due, queues.index),
  ];
}

/** @internal */
export function sendTo(...queues: IQueue[]): Permission {
  return { actions: ['sqs:SendMessage'], resourceArns: queues.map((queue) => queue.queueArn) };
}
