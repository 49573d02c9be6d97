import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Every queue of a deployment. */
export interface DownriverQueues {
  /** CodeArtifact's events, and pages of dependents still to be judged. */
  readonly changes: sqs.Queue;
  /** Pipeline executions' state changes. */
  readonly runs: sqs.Queue;
  /** Timers: delayed messages that name a slot to be looked at. */
  readonly due: sqs.Queue;
  /** Catalogs, dependencies, and what an execution built. */
  readonly index: sqs.Queue;
  /** Messages that cannot be understood, unchanged, with the reason. */
  readonly quarantine: sqs.Queue;
  /** What failed on its way to `changes` or in its consumer. */
  readonly changesDeadLetter: sqs.Queue;
  /** What failed on its way to `runs` or in its consumer. */
  readonly runsDeadLetter: sqs.Queue;
  /** What failed in the consumer of `due`. */
  readonly dueDeadLetter: sqs.Queue;
  /** What failed in the consumer of `index`. */
  readonly indexDeadLetter: sqs.Queue;
  /** Sweeps that could not be invoked, and those that failed. */
  readonly sweepDeadLetter: sqs.Queue;
}

const DELIVERIES_MAX = 5;
// Events may have 1 MiB, and lists of dependencies do.
const MESSAGE_BYTES_MAX = 1_048_576;
const RETENTION = Duration.days(4);
const RETENTION_OF_FAILED = Duration.days(14);

/** @internal */
export function makeQueues(scope: Construct): DownriverQueues {
  const changesDeadLetter = terminal(scope, 'ChangesDeadLetterQueue');
  const runsDeadLetter = terminal(scope, 'RunsDeadLetterQueue');
  const dueDeadLetter = terminal(scope, 'DueDeadLetterQueue');
  const indexDeadLetter = terminal(scope, 'IndexDeadLetterQueue');
  // Visible again after 6 times the consumer's time-out and its batch window.
  return {
    changes: consumed(scope, 'ChangesQueue', Duration.seconds(372), changesDeadLetter),
    runs: consumed(scope, 'RunsQueue', Duration.seconds(360), runsDeadLetter),
    due: consumed(scope, 'DueQueue', Duration.seconds(180), dueDeadLetter),
    index: consumed(scope, 'IndexQueue', Duration.seconds(5400), indexDeadLetter),
    quarantine: terminal(scope, 'QuarantineQueue'),
    changesDeadLetter,
    runsDeadLetter,
    dueDeadLetter,
    indexDeadLetter,
    sweepDeadLetter: terminal(scope, 'SweepDeadLetterQueue'),
  };
}

/** Lets these rules, and no others, send to the queues. @internal */
export function acceptFromRules(queues: sqs.Queue[], ruleArns: string[]): void {
  for (const queue of queues) {
    queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'FromRules',
        principals: [new iam.ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': ruleArns } },
      }),
    );
  }
}

function consumed(scope: Construct, id: string, visibilityTimeout: Duration, queue: sqs.Queue): sqs.Queue {
  const deadLetterQueue = { queue, maxReceiveCount: DELIVERIES_MAX };
  return make(scope, id, { visibilityTimeout, retentionPeriod: RETENTION, deadLetterQueue });
}

/** A queue where messages end. @internal */
export function terminal(scope: Construct, id: string): sqs.Queue {
  return make(scope, id, { retentionPeriod: RETENTION_OF_FAILED });
}

function make(scope: Construct, id: string, props: sqs.QueueProps): sqs.Queue {
  const queue = new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    maxMessageSizeBytes: MESSAGE_BYTES_MAX,
    ...props,
  });
  queue.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'OnlyWithTls',
      effect: iam.Effect.DENY,
      principals: [new iam.StarPrincipal()],
      actions: ['sqs:*'],
      resources: [queue.queueArn],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  );
  return queue;
}
