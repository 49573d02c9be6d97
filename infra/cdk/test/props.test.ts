import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Pipeline } from 'aws-cdk-lib/aws-codepipeline';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { DownriverProps } from '../lib';
import { deployed, propertiesOf, type Resource, templateOf } from './support';

const SHOP = 'arn:aws:codepipeline:eu-central-1:111122223333:shop';

function ofType(resources: Record<string, Resource>, type: string): Resource[] {
  return Object.values(resources).filter((resource) => resource.Type === type);
}

function startable(of: ReturnType<typeof deployed>): unknown {
  return propertiesOf(of, 'StarterRole')['Policies'][0].PolicyDocument.Statement[0].Resource;
}

test('by default the table is protected and kept for what it holds', () => {
  const { Resources } = templateOf(deployed());
  const table = Resources['Table'] as Resource;
  assert.equal(table.Properties['DeletionProtectionEnabled'], true);
  assert.equal(table['DeletionPolicy'], 'Delete');
  assert.equal(table['UpdateReplacePolicy'], 'Retain');
  assert.equal(Resources['Bucket']?.['DeletionPolicy'], 'Retain');
});

test('by default alarms exist and notify nobody', () => {
  const alarms = ofType(templateOf(deployed()).Resources, 'AWS::CloudWatch::Alarm');
  assert.equal(alarms.length, 22);
  assert.ok(alarms.every(({ Properties }) => Properties['AlarmActions'] === undefined && Properties['AlarmDescription']));
});

test('every alarm notifies the topic when it rings and when it ends', () => {
  const of = deployed((stack) => ({ alarmsTopic: Topic.fromTopicArn(stack, 'T', 'arn:aws:sns:eu-central-1:111122223333:t') }));
  const alarms = ofType(templateOf(of).Resources, 'AWS::CloudWatch::Alarm');
  for (const { Properties } of alarms) {
    assert.deepEqual(Properties['AlarmActions'], ['arn:aws:sns:eu-central-1:111122223333:t']);
    assert.deepEqual(Properties['OKActions'], Properties['AlarmActions']);
  }
  assert.equal(of.downriver.alarms.length, alarms.length);
});

test('the table can be kept when it leaves the stack', () => {
  const of = deployed({ removalPolicy: RemovalPolicy.RETAIN, deletionProtection: false });
  assert.equal(templateOf(of).Resources['Table']?.['DeletionPolicy'], 'Retain');
  assert.equal(propertiesOf(of, 'Table')['DeletionProtectionEnabled'], false);
});

test('functions are told about shadow mode, retention and the level of their logs', () => {
  const of = deployed({
    shadowMode: true,
    historyRetention: Duration.days(30),
    logRetention: RetentionDays.ONE_WEEK,
    logLevel: 'warn',
    architecture: Architecture.X86_64,
  });
  const { Environment, LoggingConfig, Architectures } = propertiesOf(of, 'ResolveFunction');
  assert.equal(Environment.Variables.SHADOW_MODE, 'true');
  assert.equal(Environment.Variables.HISTORY_RETENTION_DAYS, '30');
  assert.equal(Environment.Variables.LOG_LEVEL, 'warn');
  assert.equal(LoggingConfig.ApplicationLogLevel, 'INFO');
  assert.deepEqual(Architectures, ['x86_64']);
  assert.equal(propertiesOf(of, 'Archive')['RetentionDays'], 30);
  assert.equal(propertiesOf(of, 'ResolveFunctionLogGroup')['RetentionInDays'], 7);
});

test('endpoints reach the functions that use the service, and no others', () => {
  const of = deployed({ endpoints: { service: 'http://all.example', sts: 'http://sts.example', eventBridge: 'http://events.example' } });
  const variables = (id: string) => propertiesOf(of, id)['Environment'].Variables;
  assert.equal(variables('StartFunction').AWS_ENDPOINT_URL_STS, 'http://sts.example');
  assert.equal(variables('ResolveFunction').AWS_ENDPOINT_URL_STS, undefined);
  assert.equal(variables('TrackFunction').AWS_ENDPOINT_URL, 'http://all.example');
  assert.equal(variables('ResolveFunction').AWS_ENDPOINT_URL_EVENTBRIDGE, 'http://events.example');
  const plain = propertiesOf(deployed(), 'StartFunction')['Environment'].Variables;
  assert.deepEqual(Object.keys(plain).filter((name) => name.startsWith('AWS_')), []);
});

test('extra event sources get rules of their own, which the queues accept', () => {
  const of = deployed({ extraEventSources: ['emulated'] });
  assert.deepEqual(propertiesOf(of, 'ExtraPackageVersionRule')['EventPattern'].source, ['emulated']);
  const accepted = propertiesOf(of, 'ChangesQueuePolicy')['PolicyDocument'].Statement[1].Condition.ArnEquals['aws:SourceArn'];
  assert.equal(accepted.length, 2);
  assert.equal(templateOf(deployed()).Resources['ExtraPackageVersionRule'], undefined);
});

test('without an archive there is none, and without reserved concurrency nothing is reserved', () => {
  const of = deployed({ archiveEvents: false, reserveConcurrency: false });
  assert.equal(templateOf(of).Resources['Archive'], undefined);
  assert.equal(propertiesOf(of, 'SweepFunction')['ReservedConcurrentExecutions'], undefined);
  assert.equal(propertiesOf(deployed(), 'SweepFunction')['ReservedConcurrentExecutions'], 1);
});

test('a restored table is used in place of the own one, which stays', () => {
  const of = deployed({ restoredTableName: 'restored' });
  assert.equal(propertiesOf(of, 'SweepFunction')['Environment'].Variables.TABLE_NAME, 'restored');
  assert.equal(templateOf(of).Outputs['TableName'].Value, 'restored');
  assert.ok(propertiesOf(of, 'Table'));
  assert.equal(of.downriver.table.tableName, 'restored');
  assert.notEqual(of.downriver.ownTable, of.downriver.table);
});

test('every pipeline of the account may be started until one is named', () => {
  assert.match(JSON.stringify(startable(deployed())), /:codepipeline:\*:/);
  const of = deployed();
  of.downriver.addPipeline(Pipeline.fromPipelineArn(of.stack, 'Shop', SHOP));
  assert.deepEqual(startable(of), [SHOP]);
});

test('pipelines are named by ARNs, by constructs, and later', () => {
  const of = deployed((stack) => ({
    pipelineArns: [`${SHOP}-*`],
    pipelines: [Pipeline.fromPipelineArn(stack, 'Web', `${SHOP}2`)],
  }));
  of.downriver.addPipeline(Pipeline.fromPipelineArn(of.stack, 'Shop', SHOP));
  assert.deepEqual(startable(of), [`${SHOP}-*`, `${SHOP}2`, SHOP]);
});

test('other accounts are told to those functions that start or read pipelines', () => {
  const of = deployed({ spokeAccounts: ['222222222222', '333333333333'] });
  for (const id of ['StartFunction', 'TrackFunction', 'IndexFunction', 'SweepFunction']) {
    assert.equal(propertiesOf(of, id)['Environment'].Variables.SPOKE_ACCOUNTS, '222222222222,333333333333');
  }
  assert.equal(propertiesOf(of, 'ResolveFunction')['Environment'].Variables.SPOKE_ACCOUNTS, undefined);
  assert.equal(propertiesOf(of, 'SpokeAccess')['Roles'].length, 4);
  assert.equal(templateOf(deployed()).Resources['SpokeAccess'], undefined);
  assert.equal(propertiesOf(deployed(), 'RunsBus')['Policy'], undefined);
});

test('only who starts may ask accounts that let no role in, and what they forward is taken', () => {
  const of = deployed({ eventStartedAccounts: ['444444444444'] });
  assert.equal(propertiesOf(of, 'RequestAccess')['Roles'].length, 2);
  assert.equal(templateOf(of).Resources['SpokeAccess'], undefined);
  assert.deepEqual(propertiesOf(of, 'RunsBus')['Policy'].Statement[0].Principal.AWS, ['444444444444']);
  assert.equal(propertiesOf(of, 'ForwardedExecutionRule')['EventPattern'].account[1], '444444444444');
  assert.equal(propertiesOf(of, 'StartFunction')['Environment'].Variables.SPOKE_ACCOUNTS, '');
});

test('versions are set Unlisted only where that is allowed, and by those who find that a change is halted', () => {
  const of = deployed({ unlistHaltedVersions: true, domainOwners: ['555555555555'] });
  const { Roles, PolicyDocument } = propertiesOf(of, 'UnlistAccess');
  assert.equal(Roles.length, 4);
  assert.equal(PolicyDocument.Statement[0].Action, 'codeartifact:UpdatePackageVersionsStatus');
  assert.deepEqual(PolicyDocument.Statement[0].Condition.StringEquals['aws:ResourceAccount'], ['555555555555']);
  assert.doesNotMatch(JSON.stringify(templateOf(deployed())), /UpdatePackageVersionsStatus/);
});

const REFUSED: [Partial<DownriverProps>, RegExp][] = [
  [{ domainOwners: ['12345'] }, /domainOwners has "12345"; give account ids/],
  [{ pipelineArns: ['*'] }, /pipelineArns has "\*"; .*leave it out/],
  [{ pipelineArns: ['arn:aws:s3:::bucket'] }, /pipelineArns/],
  [{ spokeAccounts: ['hub'] }, /spokeAccounts has "hub"; give account ids/],
  [{ eventStartedAccounts: ['hub'] }, /eventStartedAccounts has "hub"; give account ids/],
  [{ spokeAccounts: ['222222222222'], eventStartedAccounts: ['222222222222'] }, /222222222222 is in spokeAccounts and eventStartedAccounts/],
  [{ spokeAccounts: Array.from({ length: 101 }, () => '222222222222') }, /spokeAccounts has 101 accounts; give at most 100/],
  [{ spokeRoleName: 'path/role' }, /spokeRoleName has "path\/role"/],
  [{ spokeExternalId: 'a' }, /spokeExternalId has "a"/],
  [{ extraEventSources: ['a b'] }, /extraEventSources has "a b"/],
  [{ restoredTableName: 'a' }, /restoredTableName has "a"/],
  [{ endpoints: { sts: 'sts.example' } }, /endpoints\.sts has "sts\.example"; .*http/],
  [{ historyRetention: Duration.days(4000) }, /historyRetention is 4000 days; .*3653/],
  [{ historyRetention: Duration.hours(36) }, /historyRetention is 1\.5 days/],
  [{ historyRetention: Duration.days(0) }, /historyRetention is 0 days/],
];

test('what cannot be deployed is refused by its name, with a remedy', () => {
  for (const [props, told] of REFUSED) {
    assert.throws(() => deployed(props), told);
  }
});
