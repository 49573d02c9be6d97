import { Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { REQUESTS_BUS } from './permissions';
import type { Settings } from './props';

/** A finding of cdk-nag's AwsSolutions pack that is so on purpose. */
interface Acknowledged {
  /** Ids of constructs, as in the template. */
  readonly of: readonly string[];
  readonly finding: string;
  readonly reason: string;
}

const FUNCTION_ROLES = ['ResolveFunctionRole', 'StartFunctionRole', 'TrackFunctionRole', 'IndexFunctionRole', 'SweepFunctionRole'];
const EVERY_PIPELINE = 'arn:<AWS::Partition>:codepipeline:*:<AWS::AccountId>:*';

// Each wildcard stands with the same reason in infra/checks/wildcards.json.
const ACKNOWLEDGED: readonly Acknowledged[] = [
  {
    of: FUNCTION_ROLES,
    finding: 'IAM5[Resource::*]',
    reason: "X-Ray's write actions take no resource.",
  },
  {
    of: ['ResolveFunctionRole'],
    finding: 'IAM5[Resource::arn:<AWS::Partition>:codeartifact:<AWS::Region>:*:package/*]',
    reason:
      'Which packages a domain holds is not known before their events come; aws:ResourceAccount limits it to the domain owners.',
  },
  ...['package', 'domain', 'repository'].map((kind) => ({
    of: kind === 'package' ? ['IndexFunctionRole', 'SweepFunctionRole'] : ['IndexFunctionRole'],
    finding: `IAM5[Resource::arn:<AWS::Partition>:codeartifact:<AWS::Region>:*:${kind}/*]`,
    reason:
      'Which packages and repositories a domain holds is not known at deployment; aws:ResourceAccount limits it to the domain owners.',
  })),
  {
    of: ['StartFunctionRole', 'TrackFunctionRole', 'IndexFunctionRole', 'SweepFunctionRole'],
    finding: `IAM5[Resource::${EVERY_PIPELINE}]`,
    reason: 'The default of pipelineArns: every pipeline of this account, in whichever region the catalog names it; read only.',
  },
  {
    of: ['StarterRole'],
    finding: `IAM5[Resource::${EVERY_PIPELINE}]`,
    reason:
      'The default of pipelineArns: which pipelines the catalog will name is not known at deployment; pipelineArns narrows it.',
  },
  {
    of: ['IndexFunctionRole'],
    finding: 'IAM5[Resource::<Bucket.Arn>/catalogs/*]',
    reason: 'Uploads are named by those who upload them; this folder alone.',
  },
  {
    of: ['IndexFunctionRole'],
    finding: 'IAM5[Resource::<Bucket.Arn>/catalogs/*.result.json]',
    reason: 'A result lies beside its upload, with this ending alone.',
  },
  {
    of: ['IndexFunctionRole'],
    finding: 'IAM5[Resource::<Bucket.Arn>/sbom/*]',
    reason: 'Builds name what they upload by application and execution, and a report that came early is kept there; this folder alone.',
  },
  {
    of: ['IndexFunctionRole'],
    finding: 'IAM5[Resource::arn:<AWS::Partition>:s3:::codepipeline-*]',
    reason:
      'The default of artifactBucketArns: the buckets that CodePipeline makes; without it a deleted artifact looks like a refused one.',
  },
  {
    of: ['IndexFunctionRole'],
    finding: 'IAM5[Resource::arn:<AWS::Partition>:s3:::codepipeline-*/*]',
    reason: 'The default of artifactBucketArns: the buckets that CodePipeline makes; read only.',
  },
  {
    of: ['QuarantineQueue'],
    finding: 'SQS3',
    reason: 'Nothing consumes it but people with `downriver redrive`: it is where messages end, and an alarm stands on it.',
  },
  {
    of: ['SweepDeadLetterQueue'],
    finding: 'SQS3',
    reason: 'It is the dead-letter queue of a schedule and of asynchronous invocations, which cdk-nag does not look at.',
  },
  {
    of: ['Bucket'],
    finding: 'S1',
    reason: 'Catalogs are uploaded and read by few, whom CloudTrail tells; access logs would need a second bucket.',
  },
];

/** Says to cdk-nag, where it is used, what is so on purpose, and why. @internal */
export function acknowledge(scope: Construct, settings: Settings): void {
  const { spokes: { accounts, roleName }, eventStartedAccounts, unlistHaltedVersions } = settings;
  const spokes: Acknowledged = {
    of: ['SpokeAccess'],
    finding: `IAM5[Resource::arn:<AWS::Partition>:iam::*:role/${roleName}]`,
    reason: 'The role has the same name in every spoke; aws:ResourceAccount limits it to spokeAccounts.',
  };
  const requests: Acknowledged = {
    of: ['RequestAccess'],
    finding: `IAM5[Resource::arn:<AWS::Partition>:events:*:*:event-bus/${REQUESTS_BUS}]`,
    reason: 'The bus has the same name in every account and Region; aws:ResourceAccount limits it to eventStartedAccounts.',
  };
  const unlist: Acknowledged = {
    of: ['UnlistAccess'],
    finding: 'IAM5[Resource::arn:<AWS::Partition>:codeartifact:<AWS::Region>:*:package/*]',
    reason: 'Which package is halted is not known at deployment; aws:ResourceAccount limits it to the domain owners.',
  };
  const others = [
    ...(accounts.length > 0 ? [spokes] : []),
    ...(eventStartedAccounts.length > 0 ? [requests] : []),
    ...(unlistHaltedVersions ? [unlist] : []),
  ];
  for (const { of, finding, reason } of [...ACKNOWLEDGED, ...others]) {
    for (const id of of) {
      Validations.of(scope.node.findChild(id)).acknowledge({ id: `AwsSolutions::AwsSolutions-${finding}`, reason });
    }
  }
}
