// A hub with notifications, a spoke in another account, and one that lets no role in: what the README shows, synthesised and checked by `npm run synth`.
import { App, Duration, SecretValue, Stack, Validations } from 'aws-cdk-lib';
import { Pipeline } from 'aws-cdk-lib/aws-codepipeline';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import flags from 'aws-cdk-lib/recommended-feature-flags.json';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Downriver, DownriverNotifications, DownriverRequests, DownriverSpoke } from '../lib';

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';
const FINDING = 'AwsSolutions::AwsSolutions-IAM5';
const STACKS = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/downriver/*`;

// As an app that `cdk init` makes.
const app = new App({ context: flags });
const stack = new Stack(app, 'downriver', {
  description: 'Downriver: what uses a package is rebuilt when the package is published',
  env: { account: ACCOUNT, region: REGION },
});

const downriver = new Downriver(stack, 'Downriver', {
  // Where the zips of a release were put; `directory` takes them from this machine.
  functions: { bucket: Bucket.fromBucketName(stack, 'Releases', 'releases-of-the-example'), prefix: 'downriver/0.1.0/functions/' },
  spokeAccounts: ['222222222222'],
  eventStartedAccounts: ['444444444444'],
  shadowMode: true,
  alarmsTopic: Topic.fromTopicArn(stack, 'Alarms', `arn:aws:sns:${REGION}:${ACCOUNT}:alarms`),
  historyRetention: Duration.days(365),
});

for (const name of ['shop-web', 'shop-api']) {
  downriver.addPipeline(Pipeline.fromPipelineArn(stack, name, `arn:aws:codepipeline:${REGION}:${ACCOUNT}:${name}`));
}

// A team that is told in its chat; the secret holds the webhook's URL.
new DownriverNotifications(stack, 'TeamWeb', {
  bus: downriver.bus,
  owner: 'team-web',
  tell: { rebuilt: true },
  email: 'team-web@acme.example',
  webhook: { url: SecretValue.secretsManager('downriver/team-web') },
});

// Whoever is on call, and the pipeline that applies the catalog.
const operator = new Role(stack, 'Operator', { assumedBy: new AccountPrincipal(ACCOUNT) });
downriver.grantOperate(operator);
const catalogPipeline = Role.fromRoleName(stack, 'CatalogPipeline', 'catalog-pipeline');
downriver.grantApplyCatalog(catalogPipeline);

// What Downriver itself has on purpose it says itself; what it grants is the example's to answer for.
for (const grantee of [operator, catalogPipeline]) {
  Validations.of(grantee).acknowledge(
    { id: `${FINDING}[Resource::<Bucket.Arn>/catalogs/*]`, reason: 'Uploads are named by their content; this folder alone.' },
    { id: `${FINDING}[Resource::<Bucket.Arn>/catalogs/*.result.json]`, reason: 'A result lies beside its upload.' },
    { id: `${FINDING}[Resource::${STACKS}]`, reason: 'CloudFormation ends the ARN of a stack with an id of its own.' },
  );
}

// Beside the pipelines of another account; what begins with `hub` are outputs of the stack above.
const spoke = new Stack(app, 'downriver-spoke', {
  description: 'Lets Downriver rebuild what is built here',
  env: { account: '222222222222', region: REGION },
});
new DownriverSpoke(spoke, 'Spoke', {
  hub: {
    startRoleArns: [`arn:aws:iam::${ACCOUNT}:role/downriver-StartFunctionRole-1A2B`, `arn:aws:iam::${ACCOUNT}:role/downriver-SweepFunctionRole-3C4D`],
    readRoleArns: [`arn:aws:iam::${ACCOUNT}:role/downriver-TrackFunctionRole-5E6F`, `arn:aws:iam::${ACCOUNT}:role/downriver-IndexFunctionRole-7A8B`],
    externalId: 'downriver',
  },
  hubBusArn: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/downriver-runs`,
  pipelineTagValue: 'rebuild',
});

// An account that lets no role in: the pipelines that may be asked for are written out.
const requests = new Stack(app, 'downriver-requests', {
  description: 'Lets Downriver ask for what is built here',
  env: { account: '444444444444', region: REGION },
});
new DownriverRequests(requests, 'Requests', {
  hubStartRoleArns: [`arn:aws:iam::${ACCOUNT}:role/downriver-StartFunctionRole-1A2B`, `arn:aws:iam::${ACCOUNT}:role/downriver-SweepFunctionRole-3C4D`],
  hubBusArn: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/downriver-runs`,
  pipelineArns: [`arn:aws:codepipeline:${REGION}:444444444444:shop-admin`],
});

Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
