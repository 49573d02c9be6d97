import { Aws, CfnOutput, Duration, Validations } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DAY_SECS, EXECUTION, RETRIES_MAX } from './events';
import { nameLikeTheTemplate } from './ids';
import { allow, READ_EXECUTIONS, sources } from './permissions';
import { BUCKET, check, EXTERNAL_ID, KEY, listed, PIPELINE, ROLE_NAME, SPOKE_ROLE_NAME } from './props';

/** What a deployment tells in its outputs of the same names. */
export interface Hub {
  /** Of `start` and `sweep`: `HubStartRoleArns`. */
  readonly startRoleArns: string[];
  /** Of `track` and `index`: `HubReadRoleArns`. */
  readonly readRoleArns: string[];
  /** What it names itself by: `HubExternalId`. */
  readonly externalId: string;
}

/** What a spoke is made with. */
export interface DownriverSpokeProps {
  /**
   * Whom the role trusts, in the one stack of an account that makes it: roles belong to all Regions.
   * @default no role, only events
   */
  readonly hub?: Hub;

  /**
   * ARN of the bus that the events of this account's executions are forwarded to: `HubBusArn`.
   * @default none are, and what became of an execution is found within five minutes
   */
  readonly hubBusArn?: string;

  /** Name of the role, the same as the deployment's `spokeRoleName`. @default 'downriver-spoke' */
  readonly roleName?: string;

  /** ARNs of the pipelines that may be started and read, `*` allowed in each part. @default those with the tag alone */
  readonly pipelineArns?: string[];

  /** Pipelines whose tag `downriver` has this value may be started and read, too. @default those of `pipelineArns` alone */
  readonly pipelineTagValue?: string;

  /** ARNs of the buckets that hold the pipelines' artifacts, `*` allowed in each. @default none is read */
  readonly artifactBucketArns?: string[];

  /** ARNs of the KMS keys that the artifacts are encrypted with. @default none but those that AWS manages */
  readonly artifactKeyArns?: string[];
}

/** @internal */
export const ROLE = /^arn:[^:,*]+:iam::[0-9]{12}:role\/[^:,*]+$/;
/** @internal */
export const BUS = /^arn:[^:,*]+:events:[^:,*]+:[0-9]{12}:event-bus\/[^:,*]+$/;
const TAG_VALUE = /^[A-Za-z0-9_.:/=+@-]{1,256}$/;
/** How sessions are named in which nothing is started. */
const READING = 'downriver@*';

/**
 * Lets a deployment in another account start and read pipelines of this account, and tells it of their executions: the same resources, under
 * the same logical ids, as the template in infra/spoke makes.
 */
export class DownriverSpoke extends Construct {
  /** What the deployment opens sessions of, where this stack makes it. */
  readonly role?: iam.Role;

  constructor(scope: Construct, id: string, props: DownriverSpokeProps) {
    super(scope, id);
    checkProps(props);
    if (props.hub) {
      this.role = makeRole(this, props.hub, props);
      new CfnOutput(this, 'SpokeRoleArn', { description: 'What Downriver opens sessions of', value: this.role.roleArn });
    }
    if (props.hubBusArn) {
      makeForwarding(this, props.hubBusArn);
    }
    nameLikeTheTemplate(this);
  }
}

function checkProps(props: DownriverSpokeProps): void {
  const { hub } = props;
  check('hub.startRoleArns', hub?.startRoleArns, ROLE, 'give ARNs of roles: the output HubStartRoleArns, each as a value of its own');
  check('hub.readRoleArns', hub?.readRoleArns, ROLE, 'give ARNs of roles: the output HubReadRoleArns, each as a value of its own');
  check('hub.externalId', listed(hub?.externalId), EXTERNAL_ID, 'give the output HubExternalId');
  check('hubBusArn', listed(props.hubBusArn), BUS, 'give the output HubBusArn');
  check('roleName', listed(props.roleName), ROLE_NAME, 'give the name of a role, without a path');
  check('pipelineArns', props.pipelineArns, PIPELINE, 'give ARNs of pipelines');
  check('pipelineTagValue', listed(props.pipelineTagValue), TAG_VALUE, 'give the value of a tag');
  check('artifactBucketArns', props.artifactBucketArns, BUCKET, 'give ARNs of buckets');
  check('artifactKeyArns', props.artifactKeyArns, KEY, 'give ARNs of KMS keys');
  if (hub && (hub.startRoleArns.length === 0 || hub.readRoleArns.length === 0)) {
    throw new Error('Downriver: hub has no startRoleArns or no readRoleArns; the role trusts these alone, give both');
  }
  if (hub && !props.pipelineArns?.length && !props.pipelineTagValue) {
    throw new Error('Downriver: nothing may be started in this spoke; give pipelineArns or pipelineTagValue');
  }
}

// `start` and `sweep` may do all of it, in sessions named after attempts. `track` and `index` may only be in sessions whose names begin
// with `downriver@`, which no attempt's does, and no such session starts anything.
function makeRole(scope: Construct, hub: Hub, props: DownriverSpokeProps): iam.Role {
  const withId = { 'sts:ExternalId': hub.externalId };
  const role = new iam.Role(scope, 'SpokeRole', {
    roleName: props.roleName ?? SPOKE_ROLE_NAME,
    description: "Lets Downriver start and read this account's pipelines; its sessions are named after what they are for",
    maxSessionDuration: Duration.hours(1),
    // Replaced below, in which each statement has a name.
    assumedBy: new iam.ArnPrincipal(hub.startRoleArns[0] as string),
  });
  const trust = new iam.PolicyDocument({
    statements: [
      trusted('Start', hub.startRoleArns, { StringEquals: withId }),
      trusted('Read', hub.readRoleArns, { StringEquals: withId, StringLike: { 'sts:RoleSessionName': READING } }),
    ],
  });
  const cfnRole = role.node.defaultChild as iam.CfnRole;
  cfnRole.assumeRolePolicyDocument = trust;
  cfnRole.policies = [{ policyName: 'spoke', policyDocument: new iam.PolicyDocument({ statements: allowed(props) }) }];
  if (props.pipelineTagValue) {
    Validations.of(role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:codepipeline:*:<AWS::AccountId>:*]',
      reason: 'Which pipelines have the tag is not known at deployment; aws:ResourceTag limits it to them.',
    });
  }
  return role;
}

function trusted(sid: string, arns: string[], conditions: Record<string, Record<string, string>>): iam.PolicyStatement {
  const principals = arns.map((arn) => new iam.ArnPrincipal(arn));
  return new iam.PolicyStatement({ sid, principals, actions: ['sts:AssumeRole'], conditions });
}

function allowed(props: DownriverSpokeProps): iam.PolicyStatement[] {
  const { pipelineArns = [], pipelineTagValue, artifactBucketArns = [], artifactKeyArns = [] } = props;
  const every = [`arn:${Aws.PARTITION}:codepipeline:*:${Aws.ACCOUNT_ID}:*`];
  const tagged = { StringEquals: { 'aws:ResourceTag/downriver': pipelineTagValue } };
  return [
    ...(pipelineArns.length > 0 ? onPipelines('Named', pipelineArns, {}) : []),
    ...(pipelineTagValue ? onPipelines('Tagged', every, tagged) : []),
    ...sources(artifactBucketArns, artifactKeyArns),
  ];
}

function onPipelines(which: string, arns: string[], conditions: Record<string, unknown>): iam.PolicyStatement[] {
  const start = allow(`Start${which}`, ['codepipeline:StartPipelineExecution'], arns);
  start.addConditions({ StringNotLike: { 'aws:userid': `*:${READING}` }, ...conditions });
  const read = allow(`Read${which}`, READ_EXECUTIONS, arns);
  read.addConditions(conditions);
  return [start, read];
}

/**
 * One hop, which is all that EventBridge allows. No dead-letter queue: nobody watches it here, and of what a role can read the deployment's
 * `sweep` finds what an event did not tell. @internal
 */
export function makeForwarding(scope: Construct, busArn: string): void {
  const role = new iam.Role(scope, 'ForwardRole', {
    description: "Lets the rule forward events to Downriver's bus",
    assumedBy: new iam.ServicePrincipal('events.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        // The rule, which has no name yet, needs the role first.
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/*` },
      },
    }),
    inlinePolicies: { forward: new iam.PolicyDocument({ statements: [allow('Forward', ['events:PutEvents'], [busArn])] }) },
  });
  new events.CfnRule(scope, 'ForwardRule', {
    description: "This account's pipeline executions' state changes, to Downriver",
    state: 'ENABLED',
    eventPattern: { source: ['aws.codepipeline'], 'detail-type': [EXECUTION], account: [Aws.ACCOUNT_ID] },
    targets: [
      {
        id: 'Hub',
        arn: busArn,
        roleArn: role.roleArn,
        retryPolicy: { maximumEventAgeInSeconds: DAY_SECS, maximumRetryAttempts: RETRIES_MAX },
      },
    ],
  });
}
