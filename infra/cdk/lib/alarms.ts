import { Aws, Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DownriverFunctions } from './functions';
import type { DownriverQueues } from './queues';

interface Watched {
  readonly description: string;
  readonly metric: cloudwatch.Metric;
  readonly periods: number;
  readonly threshold: number;
  readonly isTooLittle?: boolean;
}

/** Each says in its description what is the matter. @internal */
export function makeAlarms(scope: Construct, queues: DownriverQueues, functions: DownriverFunctions, topic?: ITopic): cloudwatch.Alarm[] {
  const watched: Record<string, Watched> = { ...failedMessages(queues), ...waitingMessages(queues) };
  for (const [name, of] of Object.entries(functions) as [string, IFunction][]) {
    Object.assign(watched, ofFunction(name, of));
  }
  watched['SweepNotRunningAlarm'] = {
    description: 'sweep has not run for 15 minutes: lost timers and events are not repaired',
    metric: metricOfFunction(functions.sweep, 'Invocations', Duration.minutes(15)),
    periods: 1,
    threshold: 1,
    isTooLittle: true,
  };
  watched['StuckRebuildsAlarm'] = {
    description: 'Rebuilds are stuck and need a person; `downriver status` names them',
    metric: new cloudwatch.Metric({
      namespace: 'Downriver',
      metricName: 'StuckRebuilds',
      dimensionsMap: { Deployment: Aws.STACK_NAME },
      statistic: 'Maximum',
      period: Duration.minutes(5),
    }),
    periods: 1,
    threshold: 1,
  };
  return Object.entries(watched).map(([id, of]) => makeAlarm(scope, id, of, topic));
}

function failedMessages(queues: DownriverQueues): Record<string, Watched> {
  const back = '`downriver redrive` sends them back';
  const failed = (queue: string) => `Messages of ${queue} failed five times or could not be delivered; ${back}`;
  const there = (queue: IQueue, description: string) => ({
    description,
    metric: metricOfQueue(queue, 'ApproximateNumberOfMessagesVisible'),
    periods: 1,
    threshold: 1,
  });
  return {
    ChangesDeadLetterAlarm: there(queues.changesDeadLetter, failed('ChangesQueue')),
    RunsDeadLetterAlarm: there(queues.runsDeadLetter, failed('RunsQueue')),
    DueDeadLetterAlarm: there(queues.dueDeadLetter, failed('DueQueue')),
    IndexDeadLetterAlarm: there(queues.indexDeadLetter, failed('IndexQueue')),
    SweepDeadLetterAlarm: there(queues.sweepDeadLetter, 'Sweeps failed or could not be invoked; see the log of sweep'),
    QuarantineAlarm: there(queues.quarantine, `Messages that cannot be understood; each says why, and ${back}`),
  };
}

function waitingMessages(queues: DownriverQueues): Record<string, Watched> {
  const waiting = (name: string, queue: IQueue, secs: number, remark = '') => ({
    description: `The oldest message of ${name} has waited for ${secs} s or longer${remark}`,
    metric: metricOfQueue(queue, 'ApproximateAgeOfOldestMessage'),
    periods: 5,
    threshold: secs,
  });
  return {
    ChangesAgeAlarm: waiting('ChangesQueue', queues.changes, 900),
    RunsAgeAlarm: waiting('RunsQueue', queues.runs, 900),
    DueAgeAlarm: waiting('DueQueue', queues.due, 1800, '; timers wait up to 900 s by themselves'),
    IndexAgeAlarm: waiting('IndexQueue', queues.index, 3600),
  };
}

function ofFunction(name: string, watched: IFunction): Record<string, Watched> {
  const title = name[0]?.toUpperCase() + name.slice(1);
  const each = 'in each of the last three periods of five minutes';
  const over = (metricName: string, description: string) => ({
    description,
    metric: metricOfFunction(watched, metricName, Duration.minutes(5)),
    periods: 3,
    threshold: 1,
  });
  return {
    [`${title}ErrorsAlarm`]: over('Errors', `${name} has failed ${each}`),
    [`${title}ThrottlesAlarm`]: over('Throttles', `${name} was throttled ${each}`),
  };
}

/** @internal */
export function metricOfQueue(queue: IQueue, metricName: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName: queue.queueName },
    statistic: 'Maximum',
    period: Duration.minutes(1),
  });
}

function metricOfFunction(watched: IFunction, metricName: string, period: Duration): cloudwatch.Metric {
  const dimensionsMap = { FunctionName: watched.functionName };
  return new cloudwatch.Metric({ namespace: 'AWS/Lambda', metricName, dimensionsMap, statistic: 'Sum', period });
}

/** @internal */
export function makeAlarm(scope: Construct, id: string, watched: Watched, topic?: ITopic): cloudwatch.Alarm {
  const { ComparisonOperator: Compared, TreatMissingData } = cloudwatch;
  const alarm = new cloudwatch.Alarm(scope, id, {
    alarmDescription: watched.description,
    metric: watched.metric,
    evaluationPeriods: watched.periods,
    datapointsToAlarm: watched.periods,
    threshold: watched.threshold,
    comparisonOperator: watched.isTooLittle ? Compared.LESS_THAN_THRESHOLD : Compared.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: watched.isTooLittle ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  if (topic) {
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
  return alarm;
}
