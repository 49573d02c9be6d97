import { Aws, CfnOutput, type SecretValue, Validations } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { makeAlarm, metricOfQueue } from './alarms';
import { acceptFromRules, terminal } from './queues';

/** Of what is told; each as it is by default. */
export interface Told {
  /** What only a person can mend: stuck, failed, parked, halted, beyond a limit, held by a manifest, withdrawn. @default true */
  readonly needsAPerson?: boolean;
  /** What was rebuilt, and what was proven to be delivered. @default false */
  readonly rebuilt?: boolean;
  /** Once a week how much was rebuilt, and how much was avoided. @default true */
  readonly weeklySummary?: boolean;
}

/** A chat that takes `{"text": "…"}` by POST: Slack, Mattermost, … */
export interface Webhook {
  /** Where it is; for many chats this is the secret. It stands in the template unless it is a reference to a secret. */
  readonly url: SecretValue;
  /** A header that is sent along. @default X-Downriver: notice, which webhooks overlook */
  readonly header?: { readonly name: string; readonly value: SecretValue };
}

/** Whom a deployment tells what. Only `bus` is needed. */
export interface DownriverNotificationsProps {
  /** The deployment's bus. */
  readonly bus: events.IEventBus;
  /** The owner, as the catalog writes it, of whose applications is told. @default everybody's */
  readonly owner?: string;
  /** @default what needs a person, and the weekly summary */
  readonly tell?: Told;
  /** The topic that is told. The policy of one that is only referred to must let events.amazonaws.com publish. @default a new one */
  readonly topic?: sns.ITopic;
  /** Encrypts the new topic; its policy must let events.amazonaws.com use it. @default not encrypted with a key */
  readonly topicKey?: IKey;
  /** An address that the new topic sends to, once its owner has confirmed it. @default none */
  readonly email?: string;
  /** @default none */
  readonly webhook?: Webhook;
  /** Is told when notices could not be delivered. @default the alarm has no action */
  readonly alarmsTopic?: sns.ITopic;
}

interface Rule {
  readonly description: string;
  readonly isOn: boolean;
  readonly detailTypes: string[];
  readonly outcomes?: unknown[];
}

interface WebhookTarget {
  readonly arn: string;
  readonly roleArn: string;
}

const DAY_SECS = 86_400;
const RETRIES_MAX = 185;
/** Slack takes no more. */
const CALLS_PER_SECOND = 1;
const OWNER = /^[A-Za-z0-9_.@/-]{1,64}$/;
/** One line without a quote, a backslash or a control character: EventBridge does not escape what it puts into a template. */
const MESSAGE = { message: '$.detail.message' };

/** What a deployment tells on its bus, to SNS and to a chat: the same as `infra/notifications/template.yaml`. */
export class DownriverNotifications extends Construct {
  /** The topic that is told. */
  readonly topic: sns.ITopic;
  /** Holds what could not be delivered. */
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: DownriverNotificationsProps) {
    super(scope, id);
    check(props);
    const topic = props.topic ?? makeTopic(this, props);
    this.topic = topic;
    this.deadLetterQueue = terminal(this, 'DeadLetterQueue');
    const webhook = props.webhook && makeWebhook(this, props.webhook, props.bus);
    const arns = Object.entries(rules(props.tell ?? {})).map(([name, rule]) => {
      const targets = targetsOf(topic, this.deadLetterQueue, webhook);
      return makeRule(this, name, rule, props, targets).attrArn;
    });
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'FromRules',
        principals: [new iam.ServicePrincipal('events.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { ArnEquals: { 'aws:SourceArn': arns } },
      }),
    );
    acceptFromRules([this.deadLetterQueue], arns);
    makeAlarm(this, 'UndeliveredAlarm', {
      description: "Notices could not be delivered for a day: is the webhook or the topic's policy still right?",
      metric: metricOfQueue(this.deadLetterQueue, 'ApproximateNumberOfMessagesVisible'),
      periods: 1,
      threshold: 1,
    }, props.alarmsTopic);
    new CfnOutput(this, 'TopicArn', { description: 'The topic that is told', value: topic.topicArn });
    new CfnOutput(this, 'DeadLetterQueueUrl', {
      description: 'Holds what could not be delivered',
      value: this.deadLetterQueue.queueUrl,
    });
    Validations.of(this.deadLetterQueue).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue of the rules, which cdk-nag does not look at.',
    });
  }
}

function check(props: DownriverNotificationsProps): void {
  if (props.owner !== undefined && !OWNER.test(props.owner)) {
    throw new Error(`DownriverNotifications: owner \`${props.owner}\` is none: 1 to 64 letters, digits, -, _, ., @ or /; leave it out for everybody`);
  }
  if (props.topic && (props.email ?? props.topicKey)) {
    throw new Error('DownriverNotifications: email and topicKey are for the topic made here: subscribe to and encrypt your own topic yourself');
  }
}

function rules(tell: Told): Record<string, Rule> {
  const of = (...names: string[]) => names.map((name) => `Downriver ${name}`);
  return {
    NeedsAPersonRule: {
      description: 'What only a person can mend',
      isOn: tell.needsAPerson ?? true,
      detailTypes: of(
        'Rebuild Ended',
        'Rebuild Stuck',
        'Rebuild Parked',
        'Manifest Change Needed',
        'Version Withdrawn',
        'Regressed',
        'Cascade Stopped',
        'Doctor Finding',
        'Change Halted',
        'Approval Needed',
        'Limit Reached',
      ),
      // Only an end has one.
      outcomes: [{ exists: false }, 'Failed', 'NotPickedUp'],
    },
    RebuiltRule: {
      description: 'What was rebuilt',
      isOn: tell.rebuilt ?? false,
      detailTypes: of('Rebuild Ended', 'Rebuild Proof'),
      outcomes: ['Succeeded', 'Delivered'],
    },
    WeeklySummaryRule: {
      description: 'How much was rebuilt in a week, and how much was avoided',
      isOn: tell.weeklySummary ?? true,
      detailTypes: of('Weekly Summary'),
    },
  };
}

function makeRule(
  scope: Construct,
  id: string,
  rule: Rule,
  { bus, owner }: DownriverNotificationsProps,
  targets: events.CfnRule.TargetProperty[],
): events.CfnRule {
  return new events.CfnRule(scope, id, {
    description: rule.description,
    eventBusName: bus.eventBusName,
    state: rule.isOn ? 'ENABLED' : 'DISABLED',
    eventPattern: {
      source: ['downriver'],
      'detail-type': rule.detailTypes,
      detail: { version: ['1'], ...(owner && { owner: [owner] }), ...(rule.outcomes && { outcome: rule.outcomes }) },
    },
    targets,
  });
}

function targetsOf(topic: sns.ITopic, deadLetterQueue: Queue, webhook?: WebhookTarget): events.CfnRule.TargetProperty[] {
  const failing = {
    deadLetterConfig: { arn: deadLetterQueue.queueArn },
    retryPolicy: { maximumEventAgeInSeconds: DAY_SECS, maximumRetryAttempts: RETRIES_MAX },
  };
  const line = { inputPathsMap: MESSAGE, inputTemplate: '"<message>"' };
  const text = { inputPathsMap: MESSAGE, inputTemplate: '{"text": "<message>"}' };
  return [
    { id: 'Topic', arn: topic.topicArn, inputTransformer: line, ...failing },
    ...(webhook ? [{ id: 'Webhook', ...webhook, inputTransformer: text, ...failing }] : []),
  ];
}

function makeTopic(scope: Construct, { topicKey, email }: DownriverNotificationsProps): sns.Topic {
  const topic = new sns.Topic(scope, 'Topic', { displayName: 'Downriver', ...(topicKey && { masterKey: topicKey }) });
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'OnlyWithTls',
      effect: iam.Effect.DENY,
      principals: [new iam.StarPrincipal()],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  );
  if (email !== undefined) {
    new sns.CfnSubscription(scope, 'EmailSubscription', { topicArn: topic.topicArn, protocol: 'email', endpoint: email });
  }
  return topic;
}

function makeWebhook(scope: Construct, { url, header }: Webhook, bus: events.IEventBus): WebhookTarget {
  const connection = new events.CfnConnection(scope, 'Connection', {
    description: "What is sent along to the chat's webhook",
    authorizationType: 'API_KEY',
    authParameters: {
      apiKeyAuthParameters: {
        apiKeyName: header?.name ?? 'X-Downriver',
        // EventBridge keeps it in a secret of its own.
        apiKeyValue: header?.value.unsafeUnwrap() ?? 'notice',
      },
    },
  });
  const destination = new events.CfnApiDestination(scope, 'Webhook', {
    description: 'The chat that Downriver tells',
    connectionArn: connection.attrArn,
    invocationEndpoint: url.unsafeUnwrap(),
    httpMethod: 'POST',
    invocationRateLimitPerSecond: CALLS_PER_SECOND,
  });
  const role = new iam.Role(scope, 'WebhookRole', {
    description: 'Lets the rules call the webhook',
    assumedBy: new iam.ServicePrincipal('events.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/${bus.eventBusName}/*` },
      },
    }),
    inlinePolicies: {
      webhook: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({ sid: 'Call', actions: ['events:InvokeApiDestination'], resources: [destination.attrArn] }),
        ],
      }),
    },
  });
  return { arn: destination.attrArn, roleArn: role.roleArn };
}
