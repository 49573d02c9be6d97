// The cases in which the construct is held against the SAM template: one for each value of each parameter, one with all of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { DownriverProps, Endpoints, LogLevel } from '../lib';

type Props = Omit<DownriverProps, 'functions'>;

/** Values of the SAM template's parameters; what is left out has its default. */
export type Parameters = Record<string, string>;

const SWITCHED = readSwitched('switched.json');

/** What a parameter of the SAM template is in the construct. */
const PROPS: Record<string, (value: string, scope: Construct) => Props> = {
  DomainOwners: (value) => ({ domainOwners: value.split(',') }),
  PipelineArns: (value) => ({ pipelineArns: value.split(',') }),
  ArtifactBucketArns: (value) => ({ artifactBucketArns: value.split(',') }),
  ArtifactKeyArns: (value) => ({ artifactKeyArns: value.split(',') }),
  ShadowMode: (value) => ({ shadowMode: value === 'true' }),
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
};

/** Other values than the defaults, by the parameter. */
export function readSwitched(file: string): Record<string, string[]> {
  return JSON.parse(readFileSync(join(__dirname, '..', '..', 'parity', file), 'utf8')) as Record<string, string[]>;
}

/** The parameters of each case, by the case's name. */
export function cases(switched = SWITCHED): Record<string, Parameters> {
  const all: Record<string, Parameters> = { default: {}, switched: {} };
  for (const [parameter, values] of Object.entries(switched)) {
    all['switched'] = { ...all['switched'], [parameter]: values[0] ?? '' };
    values.forEach((value, index) => {
      all[`${parameter}-${index}`] = { [parameter]: value };
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

function endpoint(endpoints: Endpoints): Props {
  return { endpoints };
}
