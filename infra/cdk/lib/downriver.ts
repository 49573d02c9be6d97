import { Aws, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IPipeline } from 'aws-cdk-lib/aws-codepipeline';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged';
import { makeAlarms } from './alarms';
import { makeDashboard } from './dashboard';
import { makeRules, makeRunsBus, makeSchedule } from './events';
import { type DownriverFunctions, makeFunctions } from './functions';
import {
  applyCatalogs,
  decide,
  findIt,
  grant,
  readRecords,
  redriveFailed,
  sendEvents,
  sendTo,
  uploadBuilt,
} from './grants';
import { nameLikeTheTemplate } from './ids';
import { makeOutputs } from './outputs';
import { Pipelines } from './permissions';
import { type DownriverProps, type Settings, settingsOf } from './props';
import { type DownriverQueues, makeQueues } from './queues';
import { makeBucket, makeBus, makeTable, tableInUse } from './store';

/**
 * A deployment of Downriver: the same resources, under the same logical ids, as the SAM template makes.
 *
 * At most one stands in a stack: `downriver --deployment NAME` finds it by the stack's name, after which its bus, dashboard and log
 * groups are named, too.
 */
export class Downriver extends Construct {
  /** The table in use: the stack's own, or the restored one. */
  readonly table: dynamodb.ITable;
  /** The stack's own table, in use or not. */
  readonly ownTable: dynamodb.Table;
  /** Carries what is decided, as events of source `downriver`. */
  readonly bus: events.EventBus;
  /** Takes pipelines' events of other accounts and Regions, which spokes forward. */
  readonly runsBus: events.CfnEventBus;
  /** Takes uploads. */
  readonly bucket: s3.Bucket;
  readonly queues: DownriverQueues;
  readonly functions: DownriverFunctions;
  /** Starts pipelines, in sessions that only the functions `start` and `sweep` open. */
  readonly starterRole: iam.Role;
  readonly alarms: cloudwatch.Alarm[];

  private readonly settings: Settings;
  private readonly pipelines: Pipelines;

  constructor(scope: Construct, id: string, props: DownriverProps) {
    super(scope, id);
    this.refuseSecond();
    this.settings = settingsOf(props, Aws.ACCOUNT_ID);
    this.pipelines = new Pipelines(props.pipelineArns ?? [], props.pipelines ?? []);
    this.ownTable = makeTable(this, this.settings);
    this.table = tableInUse(this, this.ownTable, this.settings);
    this.bucket = makeBucket(this);
    this.bus = makeBus(this);
    this.queues = makeQueues(this);
    this.runsBus = makeRunsBus(this, this.settings);
    makeRules(this, this.runsBus, this.queues, this.settings);
    const { functions, starterRole } = makeFunctions({
      scope: this,
      settings: this.settings,
      code: props.functions,
      table: this.table,
      bucket: this.bucket,
      bus: this.bus,
      queues: this.queues,
      pipelines: this.pipelines,
    });
    this.functions = functions;
    this.starterRole = starterRole;
    makeSchedule(this, functions.sweep, this.queues.sweepDeadLetter);
    this.alarms = makeAlarms(this, this.queues, functions, this.settings.alarmsTopic);
    makeDashboard(this, this.queues, functions, this.table);
    makeOutputs(this, this.settings);
    nameLikeTheTemplate(this);
    acknowledge(this, this.settings);
  }

  /** Lets the pipeline be started and read. With the first one, no longer every pipeline of the account may be. */
  addPipeline(pipeline: IPipeline): void {
    this.pipelines.add(pipeline);
  }

  /** `status`, `history`, `explain`, `plan`, `dependents`, `versions`: everything that changes nothing. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return grant(grantee, [findIt(this), ...readRecords(this)]);
  }

  /** Every command of the command line: `pause`, `resume`, `freeze`, `approve`, `retry`, `cancel`, and all that the other grants allow. */
  grantOperate(grantee: iam.IGrantable): iam.Grant {
    return grant(grantee, [
      findIt(this),
      ...readRecords(this),
      ...decide(this),
      ...applyCatalogs(this),
      ...sendEvents(this, this.settings.extraEventSources),
      ...redriveFailed(this),
      this.sweeping(),
    ]);
  }

  /** `catalog apply`: for the pipeline of the catalog. */
  grantApplyCatalog(grantee: iam.IGrantable): iam.Grant {
    return grant(grantee, [findIt(this), ...applyCatalogs(this)]);
  }

  /** Telling what was built and what depends on what, through the index queue: for pipelines of applications. */
  grantReport(grantee: iam.IGrantable): iam.Grant {
    return grant(grantee, [findIt(this), sendTo(this.queues.index)]);
  }

  /** Uploading what was built, below the application's own folder: for the build of one application. */
  grantUpload(grantee: iam.IGrantable, application: string): iam.Grant {
    return grant(grantee, [findIt(this), uploadBuilt(this, application)]);
  }

  /** `send`: feeding events into the deployment as if AWS had sent them. */
  grantSend(grantee: iam.IGrantable): iam.Grant {
    return grant(grantee, [findIt(this), ...sendEvents(this, this.settings.extraEventSources)]);
  }

  /** `redrive`: looking at dead letters and quarantined messages, and sending them back. */
  grantRedrive(grantee: iam.IGrantable): iam.Grant {
    return grant(grantee, [findIt(this), ...redriveFailed(this)]);
  }

  /** Invoking `sweep` at once. */
  grantSweep(grantee: iam.IGrantable): iam.Grant {
    return grant(grantee, [findIt(this), this.sweeping()]);
  }

  private sweeping() {
    return { actions: ['lambda:InvokeFunction'], resourceArns: [this.functions.sweep.functionArn] };
  }

  private refuseSecond(): void {
    const stack = Stack.of(this);
    const others = stack.node.findAll().filter((other) => other instanceof Downriver && Stack.of(other) === stack);
    if (others.length > 1) {
      throw new Error(`Downriver: stack ${stack.stackName} has one already; a deployment is found by its stack, so give each its own`);
    }
  }
}
