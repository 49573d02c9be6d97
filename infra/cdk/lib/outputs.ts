import { CfnOutput } from 'aws-cdk-lib';
import type { Downriver } from './downriver';
import type { DownriverFunctions } from './functions';
import type { Settings } from './props';
import { VERSION } from './version';

/** What `downriver --deployment NAME` reads of the stack. @internal */
export function makeOutputs(of: Downriver, settings: Settings): void {
  const { queues } = of;
  const dead = (queue: string) => `Holds what failed on its way to ${queue} or in its consumer`;
  const outputs: Record<string, [description: string, value: string]> = {
    Version: ['The version of Downriver that this template deploys', VERSION],
    TableName: ["The table in use: the stack's own, or the restored one", of.table.tableName],
    ChangesQueueUrl: ["Takes CodeArtifact's events, and pages", queues.changes.queueUrl],
    RunsQueueUrl: ["Takes CodePipeline's events", queues.runs.queueUrl],
    DueQueueUrl: ['Takes timers', queues.due.queueUrl],
    IndexQueueUrl: ['Takes catalogs, dependencies and what was built', queues.index.queueUrl],
    QuarantineQueueUrl: ['Holds what cannot be understood', queues.quarantine.queueUrl],
    ChangesDeadLetterQueueUrl: [dead('ChangesQueue'), queues.changesDeadLetter.queueUrl],
    RunsDeadLetterQueueUrl: [dead('RunsQueue'), queues.runsDeadLetter.queueUrl],
    DueDeadLetterQueueUrl: [dead('DueQueue'), queues.dueDeadLetter.queueUrl],
    IndexDeadLetterQueueUrl: [dead('IndexQueue'), queues.indexDeadLetter.queueUrl],
    SweepDeadLetterQueueUrl: ['Holds sweeps that failed or could not be invoked', queues.sweepDeadLetter.queueUrl],
    BusName: ['Carries what is decided', of.bus.eventBusName],
    BucketName: ['Takes uploads', of.bucket.bucketName],
    SweepFunctionName: ['Can be invoked by hand for a sweep at once', of.functions.sweep.functionName],
    HubStartRoleArns: ['Parameter of infra/spoke and infra/requests: who starts pipelines in other accounts', roleArns(of, 'start', 'sweep')],
    HubReadRoleArns: ['Parameter of infra/spoke: who only reads them', roleArns(of, 'track', 'index')],
    HubExternalId: ["Parameter of infra/spoke: what the role's trust asks for", settings.spokes.externalId],
    HubBusArn: ["Parameter of infra/spoke and infra/requests: takes pipelines' events of other accounts and Regions", of.runsBus.attrArn],
    StarterRoleArn: ['Starts pipelines', of.starterRole.roleArn],
    // The SAM template has parameters of these names, which its stack tells by itself.
    ShadowMode: ['Whether nothing is started', String(settings.shadowMode)],
    HistoryRetentionDays: ['Days for which decisions stay in the history', String(settings.historyRetentionDays)],
  };
  if (settings.extraEventSources.length > 0) {
    const sources = settings.extraEventSources.join(',');
    outputs['ExtraEventSources'] = ["Event sources taken for CodeArtifact's and CodePipeline's", sources];
  }
  if (settings.spokes.accounts.length > 0) {
    outputs['SpokeAccounts'] = ['Other accounts whose pipelines are started and read', settings.spokes.accounts.join(',')];
  }
  for (const [id, [description, value]] of Object.entries(outputs)) {
    new CfnOutput(of, id, { description, value });
  }
}

function roleArns({ functions }: Downriver, ...names: (keyof DownriverFunctions)[]): string {
  return names.map((name) => functions[name].role?.roleArn).join(',');
}
