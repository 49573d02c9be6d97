import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, type Grant, type IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import type { Downriver } from '../lib';
import { deployed, granted, listed, type Statement } from './support';

type Granting = (downriver: Downriver, grantee: IGrantable) => Grant;

const FIND = 'cloudformation:DescribeStacks';
const READ = [FIND, 'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const APPLY = [FIND, 's3:GetObject', 's3:ListBucket', 's3:PutObject', 'sqs:SendMessage'];
const REDRIVE = [
  FIND,
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
];
const WRITE = ['dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'events:PutEvents'];

const GRANTS: [string, Granting, string[]][] = [
  ['grantRead', (downriver, grantee) => downriver.grantRead(grantee), READ],
  ['grantReport', (downriver, grantee) => downriver.grantReport(grantee), [FIND, 'sqs:SendMessage']],
  ['grantUpload', (downriver, grantee) => downriver.grantUpload(grantee, 'web'), [FIND, 's3:PutObject']],
  ['grantSend', (downriver, grantee) => downriver.grantSend(grantee), [FIND, 'sqs:SendMessage']],
  ['grantSweep', (downriver, grantee) => downriver.grantSweep(grantee), [FIND, 'lambda:InvokeFunction']],
  ['grantApplyCatalog', (downriver, grantee) => downriver.grantApplyCatalog(grantee), APPLY],
  ['grantRedrive', (downriver, grantee) => downriver.grantRedrive(grantee), REDRIVE],
  [
    'grantOperate',
    (downriver, grantee) => downriver.grantOperate(grantee),
    [...READ, ...APPLY, ...REDRIVE, ...WRITE, 'lambda:InvokeFunction'],
  ],
];

function allowedBy(granting: Granting, props = {}): Statement[] {
  const { stack, downriver } = deployed(props);
  const role = new Role(stack, 'Person', { assumedBy: new AccountRootPrincipal() });
  granting(downriver, role).assertSuccess();
  return granted(stack, 'Person');
}

function on(statements: Statement[], action: string): string[] {
  const found = statements.filter((statement) => listed(statement.Action).includes(action));
  return found.flatMap(({ Resource }) => listed(Resource).map((resource) => JSON.stringify(resource))).sort();
}

for (const [name, granting, wanted] of GRANTS) {
  test(`${name} allows what its commands call, and nothing else`, () => {
    const actions = allowedBy(granting).flatMap(({ Action }) => listed(Action).map(String));
    assert.deepEqual([...new Set(actions)].sort(), [...new Set(wanted)].sort());
  });

  test(`${name} allows nothing on every resource, and no action by a wildcard`, () => {
    for (const { Action, Resource, Effect } of allowedBy(granting)) {
      assert.equal(Effect, 'Allow');
      assert.ok(listed(Action).every((action) => !String(action).includes('*')));
      assert.ok(listed(Resource).every((resource) => resource !== '*'));
    }
  });
}

test('nobody who is granted something may start pipelines, or open sessions of the role that does', () => {
  const text = JSON.stringify(GRANTS.map(([, granting]) => allowedBy(granting)));
  assert.ok(!text.includes('codepipeline') && !text.includes('sts:'));
});

test('reading reaches the table with its indexes, and writes nowhere', () => {
  const statements = allowedBy((downriver, grantee) => downriver.grantRead(grantee));
  assert.equal(on(statements, 'dynamodb:GetItem').length, 1);
  assert.deepEqual(on(statements, 'dynamodb:Query').filter((arn) => arn.includes('/index/')).length, 3);
});

test('catalogs are written and results read in their folder alone', () => {
  const statements = allowedBy((downriver, grantee) => downriver.grantApplyCatalog(grantee));
  assert.ok(on(statements, 's3:PutObject').every((arn) => arn.includes('/catalogs/*')));
  assert.ok(on(statements, 's3:GetObject').every((arn) => arn.includes('/catalogs/*.result.json')));
  assert.deepEqual(on(statements, 'sqs:SendMessage'), ['{"Fn::GetAtt":["IndexQueue","Arn"]}']);
});

test('what was built is uploaded to the folder of its application alone', () => {
  const statements = allowedBy((downriver, grantee) => downriver.grantUpload(grantee, 'web'));
  assert.ok(on(statements, 's3:PutObject').every((arn) => arn.includes('/sbom/web/*')));
  for (const application of ['*', 'web/*', '', 'a?']) {
    assert.throws(() => allowedBy((downriver, grantee) => downriver.grantUpload(grantee, application)), /id of an application/);
  }
});

test('redriving takes from queues of failed messages only', () => {
  const statements = allowedBy((downriver, grantee) => downriver.grantRedrive(grantee));
  const taken = on(statements, 'sqs:DeleteMessage');
  assert.equal(taken.length, 6);
  assert.ok(taken.every((arn) => arn.includes('DeadLetterQueue') || arn.includes('QuarantineQueue')));
  assert.equal(on(statements, 'sqs:SendMessage').length, 4);
});

test('the default bus takes events of the extra sources only', () => {
  const send: Granting = (downriver, grantee) => downriver.grantSend(grantee);
  const statements = allowedBy(send, { extraEventSources: ['emulated'] });
  const put = statements.find(({ Action }) => Action === 'events:PutEvents');
  assert.deepEqual(put?.Condition, { StringEquals: { 'events:source': ['emulated'] } });
  assert.match(JSON.stringify(put?.Resource), /event-bus\/default/);
});

test('a restored table is what is granted', () => {
  const statements = allowedBy((downriver, grantee) => downriver.grantRead(grantee), { restoredTableName: 'restored' });
  assert.match(on(statements, 'dynamodb:GetItem').join(), /table\/restored/);
});

test('somebody of another stack is granted the same', () => {
  const { stack, downriver } = deployed();
  const other = new Stack(stack.node.root as never, 'people');
  downriver.grantRead(new Role(other, 'Person', { assumedBy: new AccountRootPrincipal() }));
  const [first] = granted(other, 'Person');
  assert.match(JSON.stringify(first?.Resource), /stack\/hub\/\*/);
});
