import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Settings } from './props';
import { acceptFromRules, type DownriverQueues } from './queues';
import { keepWhenReplaced } from './store';

/** @internal */
export const EXECUTION = 'CodePipeline Pipeline Execution State Change';

/** @internal */
export const DAY_SECS = 86_400;
/** @internal */
export const RETRIES_MAX = 185;

/** One kind of events, from the default bus to its queue. */
interface Route {
  readonly rule: string;
  readonly description: string;
  readonly target: string;
  readonly pattern: Record<string, unknown>;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  /** The same from another bus. */
  readonly forwarded?: Pick<Route, 'rule' | 'description' | 'pattern'> & { readonly busName: string };
}

/** The rules on the default bus and on `RunsBus`, which their queues accept, and the archive. @internal */
export function makeRules(scope: Construct, runsBus: events.CfnEventBus, queues: DownriverQueues, settings: Settings): void {
  const packageVersions = {
    source: ['aws.codeartifact'],
    'detail-type': ['CodeArtifact Package Version State Change'],
    // Other accounts may put events on the bus; only this account's are meant.
    account: [Aws.ACCOUNT_ID],
    detail: { domainOwner: settings.domainOwners },
  };
  const executions = {
    source: ['aws.codepipeline'],
    'detail-type': [EXECUTION],
    account: [Aws.ACCOUNT_ID],
  };
  route(scope, settings.extraEventSources, {
    rule: 'PackageVersionRule',
    description: 'Package versions that appear, change or go, to the queue of changes',
    target: 'Changes',
    pattern: packageVersions,
    queue: queues.changes,
    deadLetterQueue: queues.changesDeadLetter,
  });
  route(scope, settings.extraEventSources, {
    rule: 'PipelineExecutionRule',
    description: "Pipeline executions' state changes, to the queue of runs",
    target: 'Runs',
    pattern: executions,
    queue: queues.runs,
    deadLetterQueue: queues.runsDeadLetter,
    forwarded: {
      rule: 'ForwardedExecutionRule',
      description: 'The same as PipelineExecutionRule, of other accounts and Regions',
      busName: runsBus.ref,
      pattern: { ...executions, account: [Aws.ACCOUNT_ID, ...otherAccounts(settings)] },
    },
  });
  if (settings.archiveEvents) {
    makeArchive(scope, packageVersions, settings.historyRetentionDays);
  }
}

/** Runs `sweep` every five minutes. @internal */
export function makeSchedule(scope: Construct, sweep: IFunction, deadLetterQueue: IQueue): void {
  const group = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/default`;
  const role = new iam.Role(scope, 'SweepScheduleRole', {
    description: 'Lets the schedule invoke sweep',
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group } },
    }),
    inlinePolicies: {
      schedule: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({ sid: 'Invoke', actions: ['lambda:InvokeFunction'], resources: [sweep.functionArn] }),
          new iam.PolicyStatement({ sid: 'Failures', actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
        ],
      }),
    },
  });
  new scheduler.CfnSchedule(scope, 'SweepSchedule', {
    description: 'Re-reads the truth; an event only makes things sooner',
    scheduleExpression: 'rate(5 minutes)',
    flexibleTimeWindow: { mode: 'OFF' },
    state: 'ENABLED',
    target: {
      arn: sweep.functionArn,
      roleArn: role.roleArn,
      deadLetterConfig: { arn: deadLetterQueue.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: 300, maximumRetryAttempts: 3 },
    },
  });
}

/**
 * Takes what is forwarded: pipelines' events of other accounts, and of this one's other Regions. Apart from the default bus, whose other
 * rules would match them too, and from the bus of decisions. Nobody but AWS can put events of an `aws.` source. @internal
 */
export function makeRunsBus(scope: Construct, settings: Settings): events.CfnEventBus {
  const accounts = otherAccounts(settings);
  const name = `${Aws.STACK_NAME}-runs`;
  const statement = {
    Sid: 'FromOtherAccounts',
    Effect: 'Allow',
    Principal: { AWS: accounts },
    Action: 'events:PutEvents',
    Resource: `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/${name}`,
    Condition: {
      'ForAllValues:StringEquals': { 'events:source': 'aws.codepipeline' },
      StringEquals: { 'events:detail-type': EXECUTION },
    },
  };
  const policy = { Version: '2012-10-17', Statement: [statement] };
  return new events.CfnEventBus(scope, 'RunsBus', { name, policy: accounts.length > 0 ? policy : undefined });
}

function otherAccounts({ spokes, eventStartedAccounts }: Settings): string[] {
  return [...spokes.accounts, ...eventStartedAccounts];
}

function route(scope: Construct, extraSources: string[], route: Route): void {
  const arns = [makeRule(scope, route.rule, route).attrArn];
  if (route.forwarded) {
    const { busName, ...other } = route.forwarded;
    arns.push(makeRule(scope, other.rule, { ...route, ...other }, busName).attrArn);
  }
  if (extraSources.length > 0) {
    const description = `The same as ${route.rule}, from the extra sources`;
    const pattern = { ...route.pattern, source: extraSources };
    arns.push(makeRule(scope, `Extra${route.rule}`, { ...route, description, pattern }).attrArn);
  }
  acceptFromRules([route.queue, route.deadLetterQueue], arns);
}

// The construct of the higher level chooses the target's id and the queue's policy by itself.
function makeRule(scope: Construct, id: string, route: Route, eventBusName?: string): events.CfnRule {
  return new events.CfnRule(scope, id, {
    description: route.description,
    state: 'ENABLED',
    eventBusName,
    eventPattern: route.pattern,
    targets: [
      {
        id: route.target,
        arn: route.queue.queueArn,
        deadLetterConfig: { arn: route.deadLetterQueue.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: DAY_SECS, maximumRetryAttempts: RETRIES_MAX },
      },
    ],
  });
}

function makeArchive(scope: Construct, eventPattern: Record<string, unknown>, retentionDays: number): void {
  const archive = new events.CfnArchive(scope, 'Archive', {
    description: "CodeArtifact's events, as PackageVersionRule takes them",
    sourceArn: `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/default`,
    retentionDays,
    eventPattern,
  });
  keepWhenReplaced(archive, RemovalPolicy.DESTROY);
}
