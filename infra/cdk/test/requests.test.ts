import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aws, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DownriverRequests, type DownriverRequestsProps } from '../lib';
import { newApp, type Resource } from './support';

const HUB = ['arn:aws:iam::555566667777:role/hub-start', 'arn:aws:iam::555566667777:role/hub-sweep'];
const BUS = 'arn:aws:events:eu-central-1:555566667777:event-bus/downriver-runs';
const SHOP = 'arn:aws:codepipeline:eu-central-1:222222222222:shop';
const API = 'arn:aws:codepipeline:eu-central-1:222222222222:shop.api';

function resourcesOf(props: DownriverRequestsProps): Record<string, Resource> {
  const stack = new Stack(newApp(), 'requests');
  new DownriverRequests(stack, 'Requests', props);
  return (Template.fromStack(stack).toJSON().Resources ?? {}) as Record<string, Resource>;
}

test('a pipeline has one rule for requests with variables and one for those without', () => {
  const all = resourcesOf({ hubStartRoleArns: HUB, hubBusArn: BUS, pipelineArns: [SHOP, API] });
  const rules = Object.entries(all).filter(([name, { Type }]) => Type === 'AWS::Events::Rule' && name !== 'ForwardRule');
  const started = rules.map(([, { Properties }]) => {
    const { account, detail } = Properties['EventPattern'];
    const [target] = Properties['Targets'];
    return [account, detail.pipeline, detail.has_variables, target.Arn, target.InputTransformer?.InputTemplate];
  });
  const template = '{"variables": <variables>}';
  assert.deepEqual(started, [
    [['555566667777'], ['shop'], [false], SHOP, undefined],
    [['555566667777'], ['shop'], [true], SHOP, template],
    [['555566667777'], ['shop.api'], [false], API, undefined],
    [['555566667777'], ['shop.api'], [true], API, template],
  ]);
});

test('where nobody may ask, nothing is started and no role stands about', () => {
  const names = (props: DownriverRequestsProps) => Object.keys(resourcesOf(props)).sort();
  const always = ['DeadLetterQueue', 'DeadLetterQueuePolicy', 'RequestsBus'];
  assert.deepEqual(names({ pipelineArns: [SHOP] }), always);
  assert.deepEqual(names({ hubStartRoleArns: HUB }), always);
  assert.equal(resourcesOf({})['RequestsBus']?.Properties['Policy'], undefined);
});

const REFUSED: [DownriverRequestsProps, RegExp][] = [
  [{ hubStartRoleArns: ['arn:aws:iam::555566667777:root'] }, /hubStartRoleArns has .*HubStartRoleArns/],
  [{ hubStartRoleArns: [HUB.join(',')] }, /each as a value of its own/],
  [{ hubBusArn: 'downriver-runs' }, /hubBusArn has "downriver-runs"; give the output HubBusArn/],
  [{ pipelineArns: ['arn:aws:codepipeline:eu-central-1:222222222222:web-*'] }, /pipelineArns has .*without `\*`/],
  [{ pipelineArns: [`arn:aws:codepipeline:eu-central-1:${Aws.ACCOUNT_ID}:shop`] }, /pipelineArns has an ARN that only a deployment knows; write it out/],
];

test('what could not work is refused by the name of its prop, with a remedy', () => {
  for (const [props, told] of REFUSED) {
    assert.throws(() => resourcesOf(props), told);
  }
});
