import { Aws, Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import type { IPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Code } from './code';

/** The least severe lines that are logged. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Where services are that are not AWS's own: emulators. */
export interface Endpoints {
  /** Of every service that has none of its own here. @default AWS's own */
  readonly service?: string;
  /** Of CodePipeline. @default that of `service` */
  readonly codePipeline?: string;
  /** Of STS. @default that of `service` */
  readonly sts?: string;
  /** Of CodeArtifact. @default that of `service` */
  readonly codeArtifact?: string;
  /** Of EventBridge. @default that of `service` */
  readonly eventBridge?: string;
}

/** What a deployment is made with. Only `functions` is needed. */
export interface DownriverProps {
  /** Where the functions' code is: a directory (of a release, or of cargo-lambda), or a bucket with a release's zips. */
  readonly functions: Code;

  /** The processor architecture that the functions were built for. @default Architecture.ARM_64 */
  readonly architecture?: Architecture;

  /**
   * Account ids that own the CodeArtifact domains whose events are taken and whose packages are read.
   * @default the account of the stack
   */
  readonly domainOwners?: string[];

  /**
   * ARNs of the pipelines that may be started and read, `*` allowed in each part.
   * @default those of `pipelines` and `addPipeline`; if there are none, every pipeline of the account of the stack
   */
  readonly pipelineArns?: string[];

  /** Pipelines that may be started and read, beside those of `pipelineArns`. @default none */
  readonly pipelines?: IPipeline[];

  /**
   * ARNs of the buckets that hold the pipelines' artifacts, `*` allowed in each: what was built is read from the source artifact.
   * @default the buckets that CodePipeline makes (`codepipeline-*`)
   */
  readonly artifactBucketArns?: string[];

  /**
   * ARNs of the KMS keys that the artifacts are encrypted with.
   * @default none but those that AWS manages, for which nothing needs to be allowed
   */
  readonly artifactKeyArns?: string[];

  /**
   * Account ids, at most 100, in which pipelines are started and read besides the account of the stack. `DownriverSpoke`, or
   * infra/spoke, is deployed in each of them.
   * @default none
   */
  readonly spokeAccounts?: string[];

  /** Name of the role that is made in each of these accounts. @default 'downriver-spoke' */
  readonly spokeRoleName?: string;

  /** What that role's trust asks for: tells this deployment from others. @default the name of the stack */
  readonly spokeExternalId?: string;

  /**
   * Account ids, at most 100, none of `spokeAccounts`, that let no role in: an event asks them to start a pipeline. `DownriverRequests`, or
   * infra/requests, is deployed in each of them.
   * @default none
   */
  readonly eventStartedAccounts?: string[];

  /** Everything is decided, recorded and explained; nothing is started. @default false */
  readonly shadowMode?: boolean;

  /**
   * Lets the functions set package versions of the domain owners `Unlisted`, which they do to halted ones where the catalog says
   * `[rollout] unlist = true`. Off, that is written in the history and does not happen.
   * @default false
   */
  readonly unlistHaltedVersions?: boolean;

  /** What alarms notify. @default alarms exist and notify nobody */
  readonly alarmsTopic?: ITopic;

  /** The least severe lines that the functions log. @default 'info' */
  readonly logLevel?: LogLevel;

  /** For how long the functions' logs are kept. @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;

  /** For how long decisions stay in the history, and events in the archive: 1 to 3653 days. @default 400 days */
  readonly historyRetention?: Duration;

  /** Keeps CodeArtifact's events in an archive of the default bus, for replays. @default true */
  readonly archiveEvents?: boolean;

  /** The table cannot be deleted, nor the stack with it, until this is switched off. @default true */
  readonly deletionProtection?: boolean;

  /**
   * What becomes of the table when it leaves the stack. When it is replaced, the old one always stays.
   * @default RemovalPolicy.DESTROY, guarded by `deletionProtection`
   */
  readonly removalPolicy?: RemovalPolicy.DESTROY | RemovalPolicy.RETAIN;

  /**
   * Reserves one concurrent execution for `sweep`, which so never overlaps itself. Off for accounts whose limit leaves nothing
   * to reserve (100 must stay unreserved).
   * @default true
   */
  readonly reserveConcurrency?: boolean;

  /** Name of a table that was restored from a backup, used in place of the stack's own. @default the stack's own table */
  readonly restoredTableName?: string;

  /**
   * Event sources taken for CodeArtifact's and CodePipeline's. Whoever may put events on the default bus can send as them: for
   * emulators and test benches only.
   * @default none
   */
  readonly extraEventSources?: string[];

  /** Endpoints of emulators. @default AWS's own */
  readonly endpoints?: Endpoints;
}

/** Other accounts, and how they are reached. @internal */
export interface SpokeSettings {
  readonly accounts: string[];
  readonly roleName: string;
  readonly externalId: string;
}

/** The props with every default in its place. @internal */
export interface Settings {
  readonly architecture: Architecture;
  readonly domainOwners: string[];
  readonly artifactBucketArns: string[];
  readonly artifactKeyArns: string[];
  readonly spokes: SpokeSettings;
  readonly eventStartedAccounts: string[];
  readonly shadowMode: boolean;
  readonly unlistHaltedVersions: boolean;
  readonly alarmsTopic?: ITopic;
  readonly logLevel: LogLevel;
  readonly logRetention: RetentionDays;
  readonly historyRetentionDays: number;
  readonly archiveEvents: boolean;
  readonly deletionProtection: boolean;
  readonly removalPolicy: RemovalPolicy;
  readonly reserveConcurrency: boolean;
  readonly restoredTableName?: string;
  readonly extraEventSources: string[];
  readonly endpoints: Endpoints;
}

/** @internal */
export const SPOKE_ROLE_NAME = 'downriver-spoke';

const HISTORY_RETENTION_DAYS_MAX = 3653;
/** @internal */
export const ACCOUNT = /^[0-9]{12}$/;
/** @internal */
export const PIPELINE = /^arn:[^:,]+:codepipeline:[^:,]+:[^:,]+:[^:,]+$/;
/** @internal */
export const BUCKET = /^arn:[^:,]+:s3:::[a-z0-9.*-]+$/;
/** @internal */
export const KEY = /^arn:[^:,]+:kms:[^:,]+:[0-9]{12}:key\/[A-Za-z0-9*-]+$/;
/** @internal */
export const ROLE_NAME = /^[A-Za-z0-9_+=,.@-]{1,64}$/;
/** @internal */
export const EXTERNAL_ID = /^[A-Za-z0-9_+=,.@:/-]{2,1224}$/;
// More fit neither into a role's policies nor into a rule's pattern.
const SPOKES_MAX = 100;
const SOURCE = /^[A-Za-z0-9._-]+$/;
const TABLE = /^[a-zA-Z0-9_.-]{3,255}$/;
const ENDPOINT = /^https?:\/\/.+$/;

/** Refuses what cannot be deployed, naming the prop and the remedy. @internal */
export function settingsOf(props: DownriverProps, ownAccount: string): Settings {
  check('domainOwners', props.domainOwners, ACCOUNT, 'give account ids of 12 digits');
  check('pipelineArns', props.pipelineArns, PIPELINE, 'give ARNs of pipelines, or leave it out for all of the account');
  check('artifactBucketArns', props.artifactBucketArns, BUCKET, 'give ARNs of buckets');
  check('artifactKeyArns', props.artifactKeyArns, KEY, 'give ARNs of KMS keys');
  check('spokeAccounts', props.spokeAccounts, ACCOUNT, 'give account ids of 12 digits');
  check('spokeRoleName', listed(props.spokeRoleName), ROLE_NAME, 'give the name of a role, without a path');
  check('spokeExternalId', listed(props.spokeExternalId), EXTERNAL_ID, 'give 2 to 1224 letters, digits and _+=,.@:/-');
  check('eventStartedAccounts', props.eventStartedAccounts, ACCOUNT, 'give account ids of 12 digits');
  for (const prop of ['spokeAccounts', 'eventStartedAccounts'] as const) {
    const count = props[prop]?.length ?? 0;
    if (count > SPOKES_MAX) {
      throw new Error(`Downriver: ${prop} has ${count} accounts; give at most ${SPOKES_MAX}`);
    }
  }
  const both = props.eventStartedAccounts?.find((account) => props.spokeAccounts?.includes(account));
  if (both) {
    throw new Error(`Downriver: ${both} is in spokeAccounts and eventStartedAccounts; give it in spokeAccounts alone if it lets a role in`);
  }
  check('extraEventSources', props.extraEventSources, SOURCE, 'give names of event sources');
  check('restoredTableName', listed(props.restoredTableName), TABLE, 'give the name of a table');
  for (const [service, address] of Object.entries(props.endpoints ?? {})) {
    check(`endpoints.${service}`, listed(address), ENDPOINT, 'give an address that begins with http:// or https://');
  }
  return {
    architecture: props.architecture ?? Architecture.ARM_64,
    domainOwners: props.domainOwners?.length ? props.domainOwners : [ownAccount],
    artifactBucketArns: props.artifactBucketArns?.length ? props.artifactBucketArns : [ownArtifactBuckets()],
    artifactKeyArns: props.artifactKeyArns ?? [],
    spokes: {
      accounts: props.spokeAccounts ?? [],
      roleName: props.spokeRoleName ?? SPOKE_ROLE_NAME,
      externalId: props.spokeExternalId ?? Aws.STACK_NAME,
    },
    eventStartedAccounts: props.eventStartedAccounts ?? [],
    shadowMode: props.shadowMode ?? false,
    unlistHaltedVersions: props.unlistHaltedVersions ?? false,
    alarmsTopic: props.alarmsTopic,
    logLevel: props.logLevel ?? 'info',
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    historyRetentionDays: historyRetentionDays(props.historyRetention ?? Duration.days(400)),
    archiveEvents: props.archiveEvents ?? true,
    deletionProtection: props.deletionProtection ?? true,
    removalPolicy: props.removalPolicy ?? RemovalPolicy.DESTROY,
    reserveConcurrency: props.reserveConcurrency ?? true,
    restoredTableName: props.restoredTableName,
    extraEventSources: props.extraEventSources ?? [],
    endpoints: props.endpoints ?? {},
  };
}

/** Those that CodePipeline makes in its console. */
function ownArtifactBuckets(): string {
  return `arn:${Aws.PARTITION}:s3:::codepipeline-*`;
}

/** @internal */
export function listed(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}

/** @internal */
export function check(prop: string, values: string[] | undefined, pattern: RegExp, remedy: string): void {
  if (Token.isUnresolved(values)) {
    throw new Error(`Downriver: ${prop} is a list that only a deployment knows; ${remedy}, each as a value of its own`);
  }
  for (const value of values ?? []) {
    if (!Token.isUnresolved(value) && !pattern.test(value)) {
      throw new Error(`Downriver: ${prop} has "${value}"; ${remedy}`);
    }
  }
}

function historyRetentionDays(retention: Duration): number {
  const days = retention.toDays({ integral: false });
  if (!Number.isInteger(days) || days < 1 || days > HISTORY_RETENTION_DAYS_MAX) {
    throw new Error(`Downriver: historyRetention is ${days} days; give whole days, 1 to ${HISTORY_RETENTION_DAYS_MAX}`);
  }
  return days;
}
