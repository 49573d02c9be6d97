import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { Downriver, VERSION } from '../lib';
import { builtFunctions, deployed, listed, newApp, type Statement, templateOf } from './support';

const ROOT = join(__dirname, '..', '..', '..', '..');

interface Excused {
  readonly policy: string;
  readonly statement: string;
  readonly reason: string;
}

function statementsOf(of: ReturnType<typeof templateOf>): [string, Statement][] {
  return Object.entries(of.Resources).flatMap(([id, { Properties }]) => {
    const documents = [...(Properties['Policies'] ?? []), Properties].map((policy) => policy.PolicyDocument);
    const isOfIdentity = of.Resources[id]?.Type.startsWith('AWS::IAM::');
    return documents.filter((document) => document && isOfIdentity).flatMap(({ Statement }) => Statement.map((one: Statement) => [id, one]));
  });
}

test('logical ids are those of the SAM template', () => {
  const ids = new Set(Object.keys(templateOf(deployed({ spokeAccounts: ['222222222222'], eventStartedAccounts: ['444444444444'], unlistHaltedVersions: true })).Resources));
  const text = readFileSync(join(ROOT, 'infra', 'sam', 'template.yaml'), 'utf8');
  const body = text.slice(text.indexOf('\nResources:'), text.indexOf('\nOutputs:'));
  const written = [...body.matchAll(/^ {2}([A-Z][A-Za-z]+):$/gm)].map((match) => match[1] as string);
  const missing = written.filter((id) => !ids.has(id) && !id.startsWith('Extra'));
  assert.deepEqual(missing, []);
  assert.ok(written.length > 50);
});

test('nothing is allowed by a wildcard that the SAM template does not excuse', () => {
  const excused = JSON.parse(readFileSync(join(ROOT, 'infra', 'checks', 'wildcards.json'), 'utf8')) as Excused[];
  const isExcused = (id: string, sid: string | undefined) =>
    excused.some(({ policy, statement, reason }) => {
      return statement === sid && reason && (policy === id || (policy.startsWith('*') && id.endsWith(policy.slice(1))));
    });
  const wild = statementsOf(templateOf(deployed())).filter(([, { Action, Resource }]) => {
    return listed(Action).some((action) => String(action).includes('*')) || JSON.stringify(Resource).includes('*');
  });
  assert.deepEqual(wild.filter(([id, { Sid }]) => !isExcused(id, Sid)), []);
  assert.ok(wild.length >= 10);
});

test('only tracing is allowed on every resource', () => {
  const all = statementsOf(templateOf(deployed())).filter(([, { Resource }]) => listed(Resource).includes('*'));
  assert.deepEqual([...new Set(all.map(([, { Sid }]) => Sid))], ['Traces']);
});

test('the version told is that of the workspace and of the package', () => {
  const manifest = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8');
  assert.equal(VERSION, /\[workspace\.package\][^[]*?\nversion = "([^"]+)"/.exec(manifest)?.[1]);
  assert.equal(templateOf(deployed()).Outputs['Version'].Value, VERSION);
});

test('the stack tells the command line what a SAM stack tells by its parameters', () => {
  const { Outputs } = templateOf(deployed({ shadowMode: true, extraEventSources: ['a.b', 'c'] }));
  assert.equal(Outputs['ShadowMode'].Value, 'true');
  assert.equal(Outputs['HistoryRetentionDays'].Value, '400');
  assert.equal(Outputs['ExtraEventSources'].Value, 'a.b,c');
  assert.equal(templateOf(deployed()).Outputs['ExtraEventSources'], undefined);
});

test('two deployments stand in two stacks of one app', () => {
  const app = newApp();
  const functions = { directory: builtFunctions() };
  const stacks = ['one', 'two'].map((name) => new Stack(app, name));
  const two = stacks.map((stack) => ({ stack, downriver: new Downriver(stack, 'Downriver', { functions }) }));
  const [one, other] = two.map((each) => templateOf(each));
  assert.deepEqual(one, other);
});

test('a second deployment in one stack is refused', () => {
  const { stack } = deployed();
  const again = () => new Downriver(stack, 'Again', { functions: { directory: builtFunctions() } });
  assert.throws(again, /stack hub has one already.*each its own/);
});

test('other resources of the stack keep their own ids', () => {
  const of = deployed();
  new Table(of.stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } });
  const tables = Object.entries(templateOf(of).Resources).filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table');
  assert.equal(tables.length, 2);
});

test('the deployment may stand below another construct', () => {
  const stack = new Stack(newApp(), 'hub');
  const downriver = new Downriver(new Construct(stack, 'Tools'), 'Anything', { functions: { directory: builtFunctions() } });
  assert.deepEqual(templateOf({ stack, downriver }), templateOf(deployed()));
});
