import { Aws, Stack } from 'aws-cdk-lib';
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DownriverFunctions } from './functions';
import type { DownriverQueues } from './queues';

/** A line of a graph, as CloudWatch writes it. */
type Line = readonly unknown[];

interface Graph {
  readonly title: string;
  readonly stat: string;
  readonly lines: readonly Line[];
}

const HEIGHT = 6;
/** Of 24: three in a row. */
const WIDTH = 8;
const IN_A_ROW = 3;

/** Named like the stack. The widgets of the higher level lay their lines out differently. @internal */
export function makeDashboard(scope: Construct, queues: DownriverQueues, functions: DownriverFunctions, table: ITable): void {
  const graphs = [...whatItDoes(), ...whatWaits(queues), ...howItRuns(functions), ...howTheTableIsUsed(table), ...whatWasProven()];
  new CfnDashboard(scope, 'Dashboard', {
    dashboardName: Aws.STACK_NAME,
    dashboardBody: Stack.of(scope).toJsonString({ widgets: laidOut(graphs) }),
  });
}

function whatItDoes(): Graph[] {
  const changes = ['Changes', 'RebuildsRequested', 'Starts', 'Failures'].map((name) => own(name));
  const latency = [
    own('PublishToStartLatency', { stat: 'p50', label: 'half' }),
    own('PublishToStartLatency', { stat: 'p95', label: '95 of 100' }),
  ];
  const needy = [own('StuckRebuilds'), own('ParkedRebuilds'), own('Quarantined', { stat: 'Sum' }), own('ChangesHalted', { stat: 'Sum' })];
  return [
    graph('Changes and rebuilds', 'Sum', changes),
    graph('Verdicts', 'Sum', [searched('Verdicts', 'Verdict')]),
    graph('From publish to start, in milliseconds', 'p95', latency),
    graph('Waits by gate', 'Sum', [searched('WaitsByGate', 'Gate')]),
    graph('Needs a person', 'Maximum', needy),
  ];
}

function whatWaits(queues: DownriverQueues): Graph[] {
  const failed: [string, IQueue][] = [
    ['ChangesDeadLetterQueue', queues.changesDeadLetter],
    ['RunsDeadLetterQueue', queues.runsDeadLetter],
    ['DueDeadLetterQueue', queues.dueDeadLetter],
    ['IndexDeadLetterQueue', queues.indexDeadLetter],
    ['SweepDeadLetterQueue', queues.sweepDeadLetter],
    ['QuarantineQueue', queues.quarantine],
  ];
  const consumed: [string, IQueue][] = [
    ['ChangesQueue', queues.changes],
    ['RunsQueue', queues.runs],
    ['DueQueue', queues.due],
    ['IndexQueue', queues.index],
  ];
  const lines = (metric: string, of: [string, IQueue][]) =>
    of.map(([label, queue]) => ['AWS/SQS', metric, 'QueueName', queue.queueName, { label }]);
  const repaired = ['SweepFindings', 'MissedVersions', 'ResultsAskedAgain'].map((name) => own(name));
  return [
    graph('Dead letters and quarantine', 'Maximum', lines('ApproximateNumberOfMessagesVisible', failed)),
    graph('Messages waiting', 'Maximum', lines('ApproximateNumberOfMessagesVisible', consumed)),
    graph('Age of the oldest message', 'Maximum', lines('ApproximateAgeOfOldestMessage', consumed)),
    graph('What sweep repaired', 'Sum', repaired),
  ];
}

function howItRuns(functions: DownriverFunctions): Graph[] {
  const lines = (metric: string, what = '') =>
    (Object.entries(functions) as [string, IFunction][]).map(([name, { functionName }]) => {
      return ['AWS/Lambda', metric, 'FunctionName', functionName, { label: `${name}${what}` }];
    });
  return [
    graph('Invocations', 'Sum', lines('Invocations')),
    graph('Errors and throttles', 'Sum', [...lines('Errors', ' fails'), ...lines('Throttles', ' throttled')]),
    graph('Duration, 95 of 100', 'p95', lines('Duration')),
  ];
}

function howTheTableIsUsed(table: ITable): Graph[] {
  const line = (metric: string, label: string) => ['AWS/DynamoDB', metric, 'TableName', table.tableName, { label }];
  const used = [line('ConsumedReadCapacityUnits', 'read'), line('ConsumedWriteCapacityUnits', 'write')];
  const throttled = [line('ReadThrottleEvents', 'read'), line('WriteThrottleEvents', 'write')];
  return [graph('Table: capacity used', 'Sum', used), graph('Table: throttled', 'Sum', throttled)];
}

function whatWasProven(): Graph[] {
  return [graph('What rebuilds delivered', 'Sum', [searched('Proofs', 'Outcome')])];
}

function graph(title: string, stat: string, lines: readonly Line[]): Graph {
  return { title, stat, lines };
}

/** A metric that the functions write. */
function own(metric: string, options?: Record<string, string>): Line {
  return ['Downriver', metric, 'Deployment', Aws.STACK_NAME, ...(options ? [options] : [])];
}

/** A metric that the functions write once more by another dimension. */
function searched(metric: string, by: string): Line {
  const search = `{Downriver,Deployment,${by}} MetricName="${metric}" Deployment="${Aws.STACK_NAME}"`;
  return [{ expression: `SEARCH('${search}', 'Sum', 300)`, label: `\${PROP('Dim.${by}')}` }];
}

/** From left to right, row after row. */
function laidOut(graphs: Graph[]): unknown[] {
  return graphs.map(({ title, stat, lines }, index) => {
    const x = (index % IN_A_ROW) * WIDTH;
    const y = Math.floor(index / IN_A_ROW) * HEIGHT;
    const properties = { title, region: Aws.REGION, view: 'timeSeries', stat, period: 300, metrics: lines };
    return { type: 'metric', x, y, width: WIDTH, height: HEIGHT, properties };
  });
}
