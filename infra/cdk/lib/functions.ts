import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type Code, codeOf, type FunctionName } from './code';
import {
  allow,
  indexArns,
  type Pipelines,
  LIST_EXECUTIONS,
  packages,
  READ_EXECUTIONS,
  READ_RECORDS,
  registry,
  send,
  sources,
  requests,
  spokeSessions,
  type TableIndex,
  traces,
  unlist,
  WRITE_RECORDS,
} from './permissions';
import type { LogLevel, Settings, SpokeSettings } from './props';
import type { DownriverQueues } from './queues';
import { keepWhenReplaced, SBOMS, TABLE_INDEXES, UPLOADS } from './store';

/** Every function of a deployment. */
export interface DownriverFunctions {
  /** From package-version events to verdicts and pending rebuilds. */
  readonly resolve: lambda.Function;
  /** Looks at the slots that are due and starts the rebuilds whose gates are all open. */
  readonly start: lambda.Function;
  /** Follows pipeline executions, Downriver's and other people's. */
  readonly track: lambda.Function;
  /** Applies catalogs, reads what executions built, and the repositories. */
  readonly index: lambda.Function;
  /** Finds and repairs what was lost; reports what is stuck. */
  readonly sweep: lambda.Function;
}

/** What the functions work on. @internal */
export interface Surroundings {
  readonly scope: Construct;
  readonly settings: Settings;
  readonly code: Code;
  readonly table: ITable;
  readonly bucket: IBucket;
  readonly bus: IEventBus;
  readonly queues: DownriverQueues;
  readonly pipelines: Pipelines;
}

interface Consumed {
  /** Of the mapping's id. */
  readonly event: string;
  readonly queue: IQueue;
  readonly batchSize: number;
  readonly windowSecs?: number;
  readonly concurrencyMax: number;
}

/** One function: its sizes, and what it reaches. */
interface Definition {
  readonly description: string;
  readonly timeoutSecs: number;
  readonly memoryMiB: number;
  readonly consumes?: Consumed;
  /** By the name of the environment variable. */
  readonly sendsTo: Record<string, IQueue>;
  /** Where its failures go when nobody waits for it. */
  readonly failuresTo?: IQueue;
  readonly indexes: readonly TableIndex[];
  readonly isTableDescribed?: boolean;
  /** What it may do beside what all may. */
  readonly statements?: iam.PolicyStatement[];
  readonly environment?: Record<string, string>;
  readonly endpoints: Record<string, string | undefined>;
  readonly reserved?: number;
}

const ENDPOINT = 'AWS_ENDPOINT_URL';

// Lambda drops lines below its own level before they reach the log, metrics (which carry no level) included: never above INFO.
const LAMBDA_LOG_LEVELS: Record<LogLevel, lambda.ApplicationLogLevel> = {
  trace: lambda.ApplicationLogLevel.TRACE,
  debug: lambda.ApplicationLogLevel.DEBUG,
  info: lambda.ApplicationLogLevel.INFO,
  warn: lambda.ApplicationLogLevel.INFO,
  error: lambda.ApplicationLogLevel.INFO,
};

/** The functions, and the role in whose sessions two of them start pipelines. @internal */
export function makeFunctions(around: Surroundings): { functions: DownriverFunctions; starterRole: iam.Role } {
  const start = new FunctionParts(around, 'start', 'StartFunction');
  const sweep = new FunctionParts(around, 'sweep', 'SweepFunction');
  const starterRole = makeStarterRole(around, [start.role, sweep.role]);
  // Apart from the two roles, which the trust of StarterRole names.
  const starterAccess = new iam.Policy(around.scope, 'StarterAccess', {
    policyName: 'starter-access',
    roles: [start.role, sweep.role],
    statements: [allow('Sessions', ['sts:AssumeRole'], [starterRole.roleArn])],
  });
  const track = new FunctionParts(around, 'track', 'TrackFunction');
  const index = new FunctionParts(around, 'index', 'IndexFunction');
  const functions = {
    resolve: new FunctionParts(around, 'resolve', 'ResolveFunction').make(resolveDefinition(around)),
    start: start.make(startDefinition(around, starterRole)),
    track: track.make(trackDefinition(around)),
    index: index.make(indexDefinition(around)),
    sweep: sweep.make(sweepDefinition(around, starterRole)),
  };
  if (around.settings.spokes.accounts.length > 0) {
    new iam.Policy(around.scope, 'SpokeAccess', {
      policyName: 'spoke-access',
      roles: [start.role, track.role, index.role, sweep.role],
      statements: [spokeSessions(around.settings.spokes)],
    });
  }
  if (around.settings.eventStartedAccounts.length > 0) {
    new iam.Policy(around.scope, 'RequestAccess', {
      policyName: 'request-access',
      roles: [start.role, sweep.role],
      statements: [requests(around.settings.eventStartedAccounts)],
    });
  }
  if (around.settings.unlistHaltedVersions) {
    // Whoever finds that a change is halted.
    new iam.Policy(around.scope, 'UnlistAccess', {
      policyName: 'unlist-access',
      roles: [start.role, track.role, index.role, sweep.role],
      statements: [unlist(around.settings.domainOwners)],
    });
  }
  for (const starting of [functions.start, functions.sweep]) {
    (starting.node.defaultChild as lambda.CfnFunction).addResourceDependency(starterAccess.node.defaultChild as iam.CfnPolicy);
  }
  return { functions, starterRole };
}

function resolveDefinition({ queues, settings }: Surroundings): Definition {
  return {
    description: 'From package-version events to verdicts and pending rebuilds',
    timeoutSecs: 60,
    memoryMiB: 256,
    consumes: { event: 'Changes', queue: queues.changes, batchSize: 100, windowSecs: 2, concurrencyMax: 10 },
    sendsTo: { CHANGES_QUEUE_URL: queues.changes, DUE_QUEUE_URL: queues.due, QUARANTINE_QUEUE_URL: queues.quarantine },
    indexes: ['waiting'],
    statements: [packages(settings.domainOwners)],
    environment: { EXTRA_EVENT_SOURCES: settings.extraEventSources.join(',') },
    endpoints: { AWS_ENDPOINT_URL_CODEARTIFACT: settings.endpoints.codeArtifact },
  };
}

function startDefinition({ queues, settings, pipelines }: Surroundings, starterRole: iam.IRole): Definition {
  return {
    description: 'Looks at the slots that are due and starts the rebuilds whose gates are all open',
    timeoutSecs: 30,
    memoryMiB: 256,
    consumes: { event: 'Due', queue: queues.due, batchSize: 10, concurrencyMax: 5 },
    sendsTo: { DUE_QUEUE_URL: queues.due, QUARANTINE_QUEUE_URL: queues.quarantine },
    indexes: ['waiting'],
    isTableDescribed: true,
    statements: [allow('Executions', [LIST_EXECUTIONS], pipelines.arns)],
    environment: { STARTER_ROLE_ARN: starterRole.roleArn, ...spokeVariables(settings.spokes) },
    endpoints: {
      AWS_ENDPOINT_URL_CODEARTIFACT: settings.endpoints.codeArtifact,
      AWS_ENDPOINT_URL_CODEPIPELINE: settings.endpoints.codePipeline,
      AWS_ENDPOINT_URL_STS: settings.endpoints.sts,
    },
  };
}

function trackDefinition({ queues, settings, pipelines }: Surroundings): Definition {
  return {
    description: "Follows pipeline executions, Downriver's and other people's",
    timeoutSecs: 60,
    memoryMiB: 256,
    consumes: { event: 'Runs', queue: queues.runs, batchSize: 10, concurrencyMax: 10 },
    sendsTo: { DUE_QUEUE_URL: queues.due, INDEX_QUEUE_URL: queues.index, QUARANTINE_QUEUE_URL: queues.quarantine },
    indexes: ['waiting'],
    statements: [allow('Executions', READ_EXECUTIONS, pipelines.arns)],
    environment: { EXTRA_EVENT_SOURCES: settings.extraEventSources.join(','), ...spokeVariables(settings.spokes) },
    endpoints: {
      AWS_ENDPOINT_URL_CODEARTIFACT: settings.endpoints.codeArtifact,
      AWS_ENDPOINT_URL_CODEPIPELINE: settings.endpoints.codePipeline,
      AWS_ENDPOINT_URL_STS: settings.endpoints.sts,
    },
  };
}

function indexDefinition({ queues, bucket, settings, pipelines }: Surroundings): Definition {
  const { domainOwners, endpoints } = settings;
  const reports = bucket.arnForObjects(`${SBOMS}*`);
  const list = allow('ListUploads', ['s3:ListBucket'], [bucket.bucketArn]);
  list.addCondition('StringLike', { 's3:prefix': `${SBOMS}*` });
  return {
    description: 'Applies catalogs, reads what executions built, and the repositories',
    timeoutSecs: 900,
    // A lockfile of 128 MiB, unpacked, with what is read of it.
    memoryMiB: 2048,
    consumes: { event: 'Index', queue: queues.index, batchSize: 1, concurrencyMax: 2 },
    sendsTo: { DUE_QUEUE_URL: queues.due, INDEX_QUEUE_URL: queues.index, QUARANTINE_QUEUE_URL: queues.quarantine },
    indexes: ['waiting'],
    statements: [
      allow('Uploads', ['s3:GetObject'], [bucket.arnForObjects(`${UPLOADS}*`), reports]),
      allow('Results', ['s3:PutObject'], [bucket.arnForObjects(`${UPLOADS}*.result.json`), reports]),
      list,
      allow('Executions', READ_EXECUTIONS, pipelines.arns),
      ...sources(settings.artifactBucketArns, settings.artifactKeyArns),
      registry('Packages', ['ListPackageVersionDependencies'], 'package', domainOwners),
      registry('Domains', ['ListRepositoriesInDomain'], 'domain', domainOwners),
      registry('Repositories', ['DescribeRepository'], 'repository', domainOwners),
    ],
    environment: { BUCKET_NAME: bucket.bucketName, ...spokeVariables(settings.spokes) },
    endpoints: {
      AWS_ENDPOINT_URL_CODEARTIFACT: endpoints.codeArtifact,
      AWS_ENDPOINT_URL_CODEPIPELINE: endpoints.codePipeline,
      AWS_ENDPOINT_URL_STS: endpoints.sts,
    },
  };
}

function sweepDefinition({ queues, settings, pipelines }: Surroundings, starterRole: iam.IRole): Definition {
  return {
    description: 'Finds and repairs what was lost; reports what is stuck',
    timeoutSecs: 300,
    memoryMiB: 512,
    sendsTo: { DUE_QUEUE_URL: queues.due, INDEX_QUEUE_URL: queues.index },
    failuresTo: queues.sweepDeadLetter,
    indexes: TABLE_INDEXES,
    isTableDescribed: true,
    statements: [
      // Its checks look for transitions that somebody disabled.
      allow('Executions', [...READ_EXECUTIONS, 'codepipeline:GetPipelineState'], pipelines.arns),
      packages(settings.domainOwners),
    ],
    environment: { STARTER_ROLE_ARN: starterRole.roleArn, ...spokeVariables(settings.spokes) },
    endpoints: {
      AWS_ENDPOINT_URL_CODEARTIFACT: settings.endpoints.codeArtifact,
      AWS_ENDPOINT_URL_CODEPIPELINE: settings.endpoints.codePipeline,
      AWS_ENDPOINT_URL_STS: settings.endpoints.sts,
    },
    reserved: settings.reserveConcurrency ? 1 : undefined,
  };
}

/** Other accounts, for the functions that start or read pipelines. */
function spokeVariables({ accounts, roleName, externalId }: SpokeSettings): Record<string, string> {
  return {
    SPOKE_ACCOUNTS: accounts.join(','),
    SPOKE_ROLE_ARN: `arn:${Aws.PARTITION}:iam::*:role/${roleName}`,
    SPOKE_EXTERNAL_ID: externalId,
  };
}

// CodePipeline reports the session's name with the execution, so a start whose answer was lost can be found again.
function makeStarterRole({ scope, pipelines }: Surroundings, roles: iam.IRole[]): iam.Role {
  return new iam.Role(scope, 'StarterRole', {
    description: "Starts pipelines; its sessions are named after Downriver's attempts",
    maxSessionDuration: Duration.hours(1),
    assumedBy: new iam.CompositePrincipal(...roles.map((role) => new iam.ArnPrincipal(role.roleArn))),
    inlinePolicies: {
      starter: new iam.PolicyDocument({
        statements: [allow('Start', ['codepipeline:StartPipelineExecution'], pipelines.arns)],
      }),
    },
  });
}

/** A function with the role and the log group of its own, which stand before it does. */
class FunctionParts {
  readonly role: iam.Role;
  private readonly logGroup: logs.LogGroup;

  constructor(
    private readonly around: Surroundings,
    private readonly name: FunctionName,
    private readonly id: string,
  ) {
    this.logGroup = new logs.LogGroup(around.scope, `${id}LogGroup`, {
      logGroupName: `/downriver/${Aws.STACK_NAME}/${name}`,
      retention: around.settings.logRetention,
    });
    keepWhenReplaced(this.logGroup, RemovalPolicy.DESTROY);
    this.role = new iam.Role(around.scope, `${id}Role`, {
      description: `What ${name} may do`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
  }

  make(definition: Definition): lambda.Function {
    const { scope, settings, code } = this.around;
    this.allow(this.statements(definition));
    const made = new lambda.Function(scope, this.id, {
      description: definition.description,
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      code: codeOf(code, this.name, settings.architecture),
      architecture: settings.architecture,
      role: this.role,
      timeout: Duration.seconds(definition.timeoutSecs),
      memorySize: definition.memoryMiB,
      reservedConcurrentExecutions: definition.reserved,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      applicationLogLevelV2: LAMBDA_LOG_LEVELS[settings.logLevel],
      systemLogLevelV2: lambda.SystemLogLevel.INFO,
      environment: this.environment(definition),
    });
    // The prop would write a second policy for the role.
    (made.node.defaultChild as lambda.CfnFunction).tracingConfig = { mode: 'Active' };
    this.consume(made, definition.consumes);
    const { failuresTo } = definition;
    if (failuresTo) {
      made.configureAsyncInvoke({
        maxEventAge: Duration.minutes(5),
        retryAttempts: 1,
        onFailure: { bind: () => ({ destination: failuresTo.queueArn }) },
      });
    }
    return made;
  }

  /** In the role itself, so that both exist before the function does. */
  private allow(statements: iam.PolicyStatement[]): void {
    const policyDocument = new iam.PolicyDocument({ statements });
    (this.role.node.defaultChild as iam.CfnRole).policies = [{ policyName: this.name, policyDocument }];
  }

  private statements(definition: Definition): iam.PolicyStatement[] {
    const { table, bus } = this.around;
    const { consumes, failuresTo, indexes } = definition;
    const read = definition.isTableDescribed ? [...READ_RECORDS, 'dynamodb:DescribeTable'] : READ_RECORDS;
    const consume = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'];
    return [
      allow('Logs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [this.logGroup.logGroupArn]),
      traces(),
      ...(consumes ? [allow('Consume', consume, [consumes.queue.queueArn])] : []),
      send(...Object.values(definition.sendsTo), ...(failuresTo ? [failuresTo] : [])),
      allow('Tell', ['events:PutEvents'], [bus.eventBusArn]),
      allow('Records', [...read, ...WRITE_RECORDS], [table.tableArn]),
      allow('Indexes', ['dynamodb:Query'], indexArns(table, indexes)),
      ...(definition.statements ?? []),
    ];
  }

  private environment(definition: Definition): Record<string, string> {
    const { table, bus, settings } = this.around;
    const urls = Object.entries(definition.sendsTo).map(([variable, queue]) => [variable, queue.queueUrl]);
    // All of them tell on the bus.
    const endpoints = Object.entries({
      [ENDPOINT]: settings.endpoints.service,
      AWS_ENDPOINT_URL_EVENTBRIDGE: settings.endpoints.eventBridge,
      ...definition.endpoints,
    });
    return {
      TABLE_NAME: table.tableName,
      BUS_NAME: bus.eventBusName,
      SHADOW_MODE: String(settings.shadowMode),
      HISTORY_RETENTION_DAYS: String(settings.historyRetentionDays),
      LOG_LEVEL: settings.logLevel,
      DEPLOYMENT_NAME: Aws.STACK_NAME,
      ...Object.fromEntries(urls),
      ...definition.environment,
      ...Object.fromEntries(endpoints.filter(([, address]) => address !== undefined)),
    };
  }

  private consume(target: lambda.Function, consumed: Consumed | undefined): void {
    if (!consumed) {
      return;
    }
    new lambda.EventSourceMapping(this.around.scope, `${this.id}${consumed.event}`, {
      target,
      eventSourceArn: consumed.queue.queueArn,
      batchSize: consumed.batchSize,
      maxBatchingWindow: Duration.seconds(consumed.windowSecs ?? 0),
      reportBatchItemFailures: true,
      maxConcurrency: consumed.concurrencyMax,
    });
  }
}
