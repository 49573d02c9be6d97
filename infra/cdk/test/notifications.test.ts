import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretValue, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Downriver, DownriverNotifications, type DownriverNotificationsProps } from '../lib';
import { builtFunctions, newApp, type Resource } from './support';

const WEBHOOK = { url: SecretValue.unsafePlainText('https://chat.example/hooks/1') };

function notified(props: (stack: Stack) => Partial<DownriverNotificationsProps> = () => ({})) {
  const stack = new Stack(newApp(), 'notifications');
  const bus = EventBus.fromEventBusName(stack, 'Bus', 'downriver');
  const notifications = new DownriverNotifications(stack, 'Notifications', { bus, ...props(stack) });
  return { notifications, stack };
}

function resourcesOf(stack: Stack, type: string): Record<string, any>[] {
  const resources = Template.fromStack(stack).toJSON().Resources as Record<string, Resource>;
  return Object.values(resources).filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
}

test('by default a topic is made and told what needs a person, and the weekly summary', () => {
  const { stack } = notified();
  const rules = resourcesOf(stack, 'AWS::Events::Rule');
  assert.deepEqual(rules.map(({ State }) => State), ['ENABLED', 'DISABLED', 'ENABLED']);
  assert.ok(rules.every(({ Targets, EventPattern }) => Targets.length === 1 && EventPattern.detail.owner === undefined));
  assert.equal(resourcesOf(stack, 'AWS::SNS::Topic').length, 1);
  assert.equal(resourcesOf(stack, 'AWS::Events::Connection').length, 0);
});

test('an owner is told of its own applications only', () => {
  const { stack } = notified(() => ({ owner: 'team-a', tell: { rebuilt: true } }));
  const rules = resourcesOf(stack, 'AWS::Events::Rule');
  assert.deepEqual(rules.map(({ EventPattern }) => EventPattern.detail.owner), [['team-a'], ['team-a'], ['team-a']]);
  assert.ok(rules.every(({ State }) => State === 'ENABLED'));
});

test('a webhook is told beside the topic, with a header that webhooks overlook', () => {
  const { stack } = notified(() => ({ webhook: WEBHOOK }));
  const targets = resourcesOf(stack, 'AWS::Events::Rule').map(({ Targets }) => Targets.map(({ Id }: { Id: string }) => Id));
  assert.deepEqual(targets, [['Topic', 'Webhook'], ['Topic', 'Webhook'], ['Topic', 'Webhook']]);
  const [connection] = resourcesOf(stack, 'AWS::Events::Connection');
  assert.deepEqual(connection?.['AuthParameters'].ApiKeyAuthParameters, { ApiKeyName: 'X-Downriver', ApiKeyValue: 'notice' });
});

test('a secret of Secrets Manager is referred to, not written into the template', () => {
  const { stack } = notified(() => ({
    webhook: { url: SecretValue.secretsManager('chat-url'), header: { name: 'Authorization', value: SecretValue.secretsManager('chat-token') } },
  }));
  const [destination] = resourcesOf(stack, 'AWS::Events::ApiDestination');
  assert.match(JSON.stringify(destination?.['InvocationEndpoint']), /resolve:secretsmanager:chat-url/);
  const [connection] = resourcesOf(stack, 'AWS::Events::Connection');
  assert.match(JSON.stringify(connection?.['AuthParameters']), /resolve:secretsmanager:chat-token/);
});

test('a topic of the same app lets the rules publish', () => {
  const { stack } = notified((scope) => ({ topic: new Topic(scope, 'Own') }));
  assert.equal(resourcesOf(stack, 'AWS::SNS::Topic').length, 1);
  const [policy] = resourcesOf(stack, 'AWS::SNS::TopicPolicy');
  assert.equal(policy?.['PolicyDocument'].Statement[0].Principal.Service, 'events.amazonaws.com');
});

test('what is for the topic made here is refused with a given one', () => {
  const topic = (scope: Stack) => Topic.fromTopicArn(scope, 'Given', 'arn:aws:sns:eu-central-1:111122223333:team-a');
  assert.throws(() => notified((scope) => ({ topic: topic(scope), email: 'a@acme.example' })), /email and topicKey are for the topic made here/);
  const key = (scope: Stack) => Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d');
  assert.throws(() => notified((scope) => ({ topic: topic(scope), topicKey: key(scope) })), /email and topicKey/);
});

test('what is no owner is refused', () => {
  for (const owner of ['', 'team a', 'x'.repeat(65), 'team"a']) {
    assert.throws(() => notified(() => ({ owner })), /is none: 1 to 64 letters/, owner);
  }
});

test('several owners stand in the stack of their deployment', () => {
  const stack = new Stack(newApp(), 'hub');
  const { bus } = new Downriver(stack, 'Downriver', { functions: { directory: builtFunctions() } });
  for (const owner of ['team-a', 'team-b']) {
    new DownriverNotifications(stack, owner, { bus, owner, webhook: WEBHOOK });
  }
  const names = resourcesOf(stack, 'AWS::Events::Rule').filter(({ EventPattern }) => EventPattern.source[0] === 'downriver');
  assert.equal(names.length, 6);
});
