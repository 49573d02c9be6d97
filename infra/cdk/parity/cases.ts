// The cases in which the construct is held against the SAM template: one for each value of each parameter, one with all of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { DownriverProps, DownriverRequestsProps, DownriverSpokeProps, Endpoints, LogLevel } from '../lib';

type Props = Omit<DownriverProps, 'functions'>;

/** Values of the SAM template's parameters; what is left out has its default. */
export type Parameters = Record<string, string>;

/** Where the checks take templates to be deployed. */
const REGION = 'eu-central-1';

const SWITCHED = readSwitched('switched.json');
const SWITCHED_SPOKE = readSwitched('switched-spoke.json');

/** What a parameter of the SAM template is in the construct. */
const PROPS: Record<string, (value: string, scope: Construct) => Props> = {
  DomainOwners: (value) => ({ domainOwners: value.split(',') }),
  PipelineArns: (value) => ({ pipelineArns: value.split(',') }),
  ArtifactBucketArns: (value) => ({ artifactBucketArns: value.split(',') }),
  ArtifactKeyArns: (value) => ({ artifactKeyArns: value.split(',') }),
  SpokeAccounts: (value) => ({ spokeAccounts: value.split(',') }),
  SpokeRoleName: (value) => ({ spokeRoleName: value }),
  SpokeExternalId: (value) => ({ spokeExternalId: value }),
  EventStartedAccounts: (value) => ({ eventStartedAccounts: value.split(',') }),
  ShadowMode: (value) => ({ shadowMode: value === 'true' }),
  UnlistHaltedVersions: (value) => ({ unlistHaltedVersions: value === 'true' }),
  AlarmsTopicArn: (value, scope) => ({ alarmsTopic: Topic.fromTopicArn(scope, 'Topic', value) }),
  LogLevel: (value) => ({ logLevel: value as LogLevel }),
  LogRetentionDays: (value) => ({ logRetention: Number(value) as RetentionDays }),
  HistoryRetentionDays: (value) => ({ historyRetention: Duration.days(Number(value)) }),
  ArchiveEvents: (value) => ({ archiveEvents: value === 'true' }),
  DeletionProtection: (value) => ({ deletionProtection: value === 'true' }),
  ReserveConcurrency: (value) => ({ reserveConcurrency: value === 'true' }),
  RestoredTableName: (value) => ({ restoredTableName: value }),
  Architecture: (value) => ({ architecture: value === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64 }),
  ExtraEventSources: (value) => ({ extraEventSources: value.split(',') }),
  ServiceEndpoint: (value) => endpoint({ service: value }),
  CodePipelineEndpoint: (value) => endpoint({ codePipeline: value }),
  StsEndpoint: (value) => endpoint({ sts: value }),
  CodeArtifactEndpoint: (value) => endpoint({ codeArtifact: value }),
  EventBridgeEndpoint: (value) => endpoint({ eventBridge: value }),
};

/** Other values than the defaults, by the parameter. */
export function readSwitched(file: string): Record<string, string[]> {
  return JSON.parse(readFileSync(join(__dirname, '..', '..', 'parity', file), 'utf8')) as Record<string, string[]>;
}

/** The parameters of each case, by the case's name. */
export function cases(): Record<string, Parameters> {
  return casesOf(SWITCHED);
}

/** The same of spokes: each value beside what a role needs. */
export function spokeCases(): Record<string, Parameters> {
  const needed = ['RoleRegion', 'HubStartRoleArns', 'HubReadRoleArns', 'HubExternalId', 'PipelineArns'];
  const base = Object.fromEntries(needed.map((parameter) => [parameter, SWITCHED_SPOKE[parameter]?.[0] ?? '']));
  const { PipelineArns, ...unnamed } = base;
  return { ...casesOf(SWITCHED_SPOKE, base), named: { ...base }, tagged: { ...unnamed, PipelineTagValue: 'acme' } };
}

/** The same of accounts that let no role in: each value beside what rules need. */
export function requestsCases(): Record<string, Parameters> {
  const switched = readSwitched('switched-requests.json');
  const base = Object.fromEntries(['HubStartRoleArns', 'PipelineArns'].map((parameter) => [parameter, switched[parameter]?.[0] ?? '']));
  return { ...casesOf(switched, base), nobody: { PipelineArns: base['PipelineArns'] ?? '' } };
}

export function requestsPropsOf({ HubStartRoleArns, HubBusArn, PipelineArns }: Parameters): DownriverRequestsProps {
  return { hubStartRoleArns: HubStartRoleArns?.split(','), hubBusArn: HubBusArn, pipelineArns: PipelineArns?.split(',') };
}

/** A case with all defaults, one with every other value, and one for each of these alone, beside `base`. */
export function casesOf(switched: Record<string, string[]>, base: Parameters = {}): Record<string, Parameters> {
  const all: Record<string, Parameters> = { default: {}, switched: {} };
  for (const [parameter, values] of Object.entries(switched)) {
    all['switched'] = { ...all['switched'], [parameter]: values[0] ?? '' };
    values.forEach((value, index) => {
      all[`${parameter}-${index}`] = { ...base, [parameter]: value };
    });
  }
  return all;
}

export function propsOf(parameters: Parameters, scope: Construct): Props {
  const given = Object.entries(parameters).map(([parameter, value]) => {
    const prop = PROPS[parameter];
    if (!prop) {
      throw new Error(`the parameter ${parameter} is no prop; add it to the construct and to PROPS of parity/cases.ts`);
    }
    return prop(value, scope);
  });
  const endpoints = Object.assign({}, ...given.map((props) => props.endpoints)) as Endpoints;
  return { ...Object.assign({}, ...given), endpoints } as Props;
}

export function spokePropsOf(parameters: Parameters): DownriverSpokeProps {
  const unknown = Object.keys(parameters).filter((parameter) => !(parameter in SWITCHED_SPOKE));
  if (unknown.length > 0) {
    throw new Error(`the parameters ${unknown.join(', ')} are no props; add them to the construct and to parity/cases.ts`);
  }
  const list = (parameter: string) => parameters[parameter]?.split(',');
  const hub = {
    startRoleArns: list('HubStartRoleArns') ?? [],
    readRoleArns: list('HubReadRoleArns') ?? [],
    externalId: parameters['HubExternalId'] ?? '',
  };
  return {
    hub: parameters['RoleRegion'] === REGION ? hub : undefined,
    hubBusArn: parameters['HubBusArn'],
    roleName: parameters['RoleName'],
    pipelineArns: list('PipelineArns'),
    pipelineTagValue: parameters['PipelineTagValue'],
    artifactBucketArns: list('ArtifactBucketArns'),
    artifactKeyArns: list('ArtifactKeyArns'),
  };
}

function endpoint(endpoints: Endpoints): Props {
  return { endpoints };
}
