import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DownriverSpoke, type DownriverSpokeProps } from '../lib';
import { listed, newApp, type Resource, type Statement } from './support';

const HUB = {
  startRoleArns: ['arn:aws:iam::555566667777:role/hub-start', 'arn:aws:iam::555566667777:role/hub-sweep'],
  readRoleArns: ['arn:aws:iam::555566667777:role/hub-track', 'arn:aws:iam::555566667777:role/hub-index'],
  externalId: 'acme',
};
const BUS = 'arn:aws:events:eu-central-1:555566667777:event-bus/downriver-runs';
const SHOP = 'arn:aws:codepipeline:eu-central-1:222222222222:shop';

function resourcesOf(props: DownriverSpokeProps): Record<string, Resource> {
  const stack = new Stack(newApp(), 'spoke');
  new DownriverSpoke(stack, 'Spoke', props);
  return (Template.fromStack(stack).toJSON().Resources ?? {}) as Record<string, Resource>;
}

function statements(props: DownriverSpokeProps): Statement[] {
  return resourcesOf(props)['SpokeRole']?.Properties['Policies'][0].PolicyDocument.Statement as Statement[];
}

test('one stack of an account makes the role, and every Region forwards', () => {
  const first = resourcesOf({ hub: HUB, hubBusArn: BUS, pipelineArns: [SHOP] });
  assert.deepEqual(Object.keys(first).sort(), ['ForwardRole', 'ForwardRule', 'SpokeRole']);
  assert.deepEqual(Object.keys(resourcesOf({ hubBusArn: BUS })).sort(), ['ForwardRole', 'ForwardRule']);
});

test('the role trusts the roles of the hub with its external id, and those that read in sessions for reading alone', () => {
  const trust = resourcesOf({ hub: HUB, pipelineArns: [SHOP] })['SpokeRole']?.Properties['AssumeRolePolicyDocument'].Statement;
  const principals = trust.map((one: { Principal: { AWS: string[] } }) => one.Principal.AWS);
  assert.deepEqual(principals, [HUB.startRoleArns, HUB.readRoleArns]);
  for (const { Condition } of trust) {
    assert.equal(Condition.StringEquals['sts:ExternalId'], 'acme');
  }
  assert.deepEqual(trust[1].Condition.StringLike, { 'sts:RoleSessionName': 'downriver@*' });
});

test('nothing is started in a session for reading', () => {
  const all = statements({ hub: HUB, pipelineArns: [SHOP], pipelineTagValue: 'rebuild' });
  const starting = all.filter(({ Action }) => listed(Action).includes('codepipeline:StartPipelineExecution'));
  assert.equal(starting.length, 2);
  for (const { Condition } of starting) {
    assert.deepEqual((Condition as Record<string, unknown>)['StringNotLike'], { 'aws:userid': '*:downriver@*' });
  }
});

test('without buckets no artifact can be read, and with them nothing else', () => {
  const actions = (props: Partial<DownriverSpokeProps>) => {
    return statements({ hub: HUB, pipelineArns: [SHOP], ...props }).flatMap(({ Action }) => listed(Action).map(String));
  };
  assert.ok(actions({}).every((action) => action.startsWith('codepipeline:')));
  const read = actions({ artifactBucketArns: ['arn:aws:s3:::acme-artifacts'] });
  assert.deepEqual(read.filter((action) => !action.startsWith('codepipeline:')), ['s3:GetObject', 's3:ListBucket']);
});

const REFUSED: [DownriverSpokeProps, RegExp][] = [
  [{ hub: { ...HUB, startRoleArns: ['arn:aws:iam::555566667777:root'] }, pipelineArns: [SHOP] }, /hub\.startRoleArns has .*HubStartRoleArns/],
  [{ hub: { ...HUB, startRoleArns: [HUB.startRoleArns.join(',')] }, pipelineArns: [SHOP] }, /each as a value of its own/],
  [{ hub: { ...HUB, readRoleArns: [] }, pipelineArns: [SHOP] }, /no readRoleArns; .*give both/],
  [{ hub: { ...HUB, externalId: '' }, pipelineArns: [SHOP] }, /hub\.externalId has ""/],
  [{ hub: HUB }, /nothing may be started.*pipelineArns or pipelineTagValue/],
  [{ hubBusArn: 'downriver-runs' }, /hubBusArn has "downriver-runs"; give the output HubBusArn/],
  [{ hub: HUB, pipelineArns: ['*'] }, /pipelineArns has "\*"/],
];

test('a spoke that could not work is refused by the name of its prop, with a remedy', () => {
  for (const [props, told] of REFUSED) {
    assert.throws(() => resourcesOf(props), told);
  }
});
