import { Aws, CfnOutput, Token, Validations } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RETRIES_MAX } from './events';
import { nameLikeTheTemplate } from './ids';
import { allow, REQUESTS_BUS } from './permissions';
import { check, listed } from './props';
import { terminal } from './queues';
import { BUS, makeForwarding, ROLE } from './spoke';

/** What an account that lets no role in is prepared with. */
export interface DownriverRequestsProps {
  /** Who may ask, the output `HubStartRoleArns`: each as a value of its own. @default nobody */
  readonly hubStartRoleArns?: string[];

  /**
   * ARN of the bus that the events of this account's executions are forwarded to: `HubBusArn`.
   * @default none are, and nothing that runs is found
   */
  readonly hubBusArn?: string;

  /** ARNs of the pipelines of this account and Region that may be asked for. @default none */
  readonly pipelineArns?: string[];
}

const DETAIL_TYPE = 'Downriver Rebuild Requested';
const PIPELINE = /^arn:[^:,*]+:codepipeline:[^:,*]+:[0-9]{12}:[A-Za-z0-9.@_-]+$/;
/** For so long EventBridge tries to start a pipeline: then nobody waits for the execution any more. */
const DELIVERY_SECS = 600;

/**
 * Lets a deployment in another account ask for executions of pipelines of this account, which lets no role in, and tells it of them: the same
 * resources, under the same logical ids, as the template in infra/requests makes.
 */
export class DownriverRequests extends Construct {
  /** What the deployment puts its requests on. */
  readonly bus: events.CfnEventBus;

  /** Requests that no pipeline could be started for. */
  readonly deadLetterQueue: sqs.Queue;

  constructor(scope: Construct, id: string, props: DownriverRequestsProps) {
    super(scope, id);
    const { hubStartRoleArns = [], hubBusArn, pipelineArns = [] } = props;
    check('hubStartRoleArns', props.hubStartRoleArns, ROLE, 'give ARNs of roles: the output HubStartRoleArns, each as a value of its own');
    check('hubBusArn', listed(hubBusArn), BUS, 'give the output HubBusArn');
    check('pipelineArns', props.pipelineArns, PIPELINE, 'give ARNs of pipelines of this account and Region, without `*`');
    if (pipelineArns.some((arn) => Token.isUnresolved(arn))) {
      throw new Error('Downriver: pipelineArns has an ARN that only a deployment knows; write it out, since the ids of the rules are made of it');
    }
    this.bus = makeBus(this, hubStartRoleArns);
    this.deadLetterQueue = makeDeadLetterQueue(this);
    const [hub] = hubStartRoleArns;
    if (hub && pipelineArns.length > 0) {
      this.makeRules(hub, pipelineArns);
    }
    if (hubBusArn) {
      makeForwarding(this, hubBusArn);
    }
    const description = 'Holds requests that no pipeline could be started for';
    new CfnOutput(this, 'DeadLetterQueueUrl', { description, value: this.deadLetterQueue.queueUrl });
    nameLikeTheTemplate(this);
  }

  // CodePipeline takes no empty list of variables, and a target always passes its input on: so a pipeline has two rules, of which each request
  // matches one. `account` is the sender's, written by EventBridge: nobody of this account asks in the deployment's name.
  private makeRules(hub: string, pipelineArns: string[]): void {
    const role = makeStartRole(this, pipelineArns);
    const inputTransformer = { inputPathsMap: { variables: '$.detail.variables' }, inputTemplate: '{"variables": <variables>}' };
    for (const arn of pipelineArns) {
      const id = arn.replace(/[^A-Za-z0-9]/g, '');
      for (const hasVariables of [false, true]) {
        new events.CfnRule(this, `${hasVariables ? 'Variables' : 'Plain'}Rule${id}`, {
          description: `Starts the pipeline when Downriver asks for it with${hasVariables ? '' : 'out'} variables`,
          state: 'ENABLED',
          eventBusName: this.bus.ref,
          eventPattern: {
            source: ['downriver'],
            'detail-type': [DETAIL_TYPE],
            account: [hub.split(':')[4]],
            detail: { pipeline: [arn.split(':')[5]], has_variables: [hasVariables] },
          },
          targets: [
            {
              id: 'Pipeline',
              arn,
              roleArn: role.roleArn,
              inputTransformer: hasVariables ? inputTransformer : undefined,
              deadLetterConfig: { arn: this.deadLetterQueue.queueArn },
              retryPolicy: { maximumEventAgeInSeconds: DELIVERY_SECS, maximumRetryAttempts: RETRIES_MAX },
            },
          ],
        });
      }
    }
  }
}

function makeBus(scope: Construct, hubStartRoleArns: string[]): events.CfnEventBus {
  const statement = {
    Sid: 'FromHub',
    Effect: 'Allow',
    Principal: { AWS: hubStartRoleArns },
    Action: 'events:PutEvents',
    Resource: `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/${REQUESTS_BUS}`,
    Condition: {
      'ForAllValues:StringEquals': { 'events:source': 'downriver' },
      StringEquals: { 'events:detail-type': DETAIL_TYPE },
    },
  };
  const policy = { Version: '2012-10-17', Statement: [statement] };
  return new events.CfnEventBus(scope, 'RequestsBus', { name: REQUESTS_BUS, policy: hubStartRoleArns.length > 0 ? policy : undefined });
}

function makeStartRole(scope: Construct, pipelineArns: string[]): iam.Role {
  return new iam.Role(scope, 'StartRole', {
    description: `Lets the rules of ${REQUESTS_BUS} start these pipelines`,
    assumedBy: new iam.ServicePrincipal('events.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, ArnLike: { 'aws:SourceArn': rules() } },
    }),
    inlinePolicies: {
      start: new iam.PolicyDocument({ statements: [allow('Start', ['codepipeline:StartPipelineExecution'], pipelineArns)] }),
    },
  });
}

function makeDeadLetterQueue(scope: Construct): sqs.Queue {
  const queue = terminal(scope, 'DeadLetterQueue');
  queue.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'FromRules',
      principals: [new iam.ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnLike: { 'aws:SourceArn': rules() } },
    }),
  );
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions::AwsSolutions-SQS3',
    reason: 'It is the dead-letter queue of rules, which cdk-nag does not look at.',
  });
  return queue;
}

function rules(): string {
  return `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/${REQUESTS_BUS}/*`;
}
