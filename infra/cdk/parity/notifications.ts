// The cases in which the construct of notifications is held against its template.
import { SecretValue } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { DownriverNotificationsProps } from '../lib';
import { casesOf, type Parameters, readSwitched } from './cases';

const MADE_HERE = ['TopicKeyArn', 'Email'];

/** `switched` has a topic of its own making; what only a given topic changes is a case alone. */
export function notifiedCases(): Record<string, Parameters> {
  const all = casesOf(readSwitched('switched-notifications.json'));
  const { TopicArn, ...switched } = all['switched'] ?? {};
  const given = Object.fromEntries(Object.entries({ ...switched, TopicArn: TopicArn ?? '' }).filter(([name]) => !MADE_HERE.includes(name)));
  return { ...all, switched, given };
}

export function notificationsOf(parameters: Parameters, scope: Construct): Omit<DownriverNotificationsProps, 'bus'> {
  const { Owner, TopicArn, TopicKeyArn, Email, WebhookUrl, AlarmsTopicArn } = parameters;
  const isOn = (name: string) => (parameters[name] === undefined ? {} : { [name.charAt(4).toLowerCase() + name.slice(5)]: parameters[name] === 'true' });
  const header = {
    name: parameters['WebhookHeaderName'] ?? 'X-Downriver',
    value: SecretValue.unsafePlainText(parameters['WebhookHeaderValue'] ?? 'notice'),
  };
  return {
    ...(Owner && { owner: Owner }),
    tell: { ...isOn('TellNeedsAPerson'), ...isOn('TellRebuilt'), ...isOn('TellWeeklySummary') },
    ...(TopicArn && { topic: Topic.fromTopicArn(scope, 'Topic', TopicArn) }),
    ...(TopicKeyArn && { topicKey: Key.fromKeyArn(scope, 'Key', TopicKeyArn) }),
    ...(Email && { email: Email }),
    ...(WebhookUrl && { webhook: { url: SecretValue.unsafePlainText(WebhookUrl), header } }),
    ...(AlarmsTopicArn && { alarmsTopic: Topic.fromTopicArn(scope, 'Alarms', AlarmsTopicArn) }),
  };
}
