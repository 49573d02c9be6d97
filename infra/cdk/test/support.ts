import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Downriver, type DownriverProps } from '../lib';

export const FUNCTIONS = ['resolve', 'start', 'track', 'index', 'sweep'];

export type Statement = { Sid?: string; Effect: string; Action: unknown; Resource: unknown; Condition?: unknown };
export type Resource = { Type: string; Properties: Record<string, any>; [key: string]: any };

/** An empty folder until the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'downriver-cdk-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Its assembly does not outlive the process. */
export function newApp(): App {
  return new App({ outdir: temporaryFolder() });
}

/** A folder as cargo-lambda leaves it. */
export function builtFunctions(): string {
  const folder = temporaryFolder();
  for (const name of FUNCTIONS) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'bootstrap'), name);
  }
  return folder;
}

// Deployments of many apps, each with a folder of its own, in one process.
process.setMaxListeners(0);
const BUILT = builtFunctions();

export interface Deployed {
  readonly stack: Stack;
  readonly downriver: Downriver;
}

/** A stack of its own app with a deployment; synthesised by `templateOf`. */
export function deployed(props: Partial<DownriverProps> | ((stack: Stack) => Partial<DownriverProps>) = {}): Deployed {
  const stack = new Stack(newApp(), 'hub');
  const given = typeof props === 'function' ? props(stack) : props;
  return { stack, downriver: new Downriver(stack, 'Downriver', { functions: { directory: BUILT }, ...given }) };
}

export function templateOf({ stack }: Deployed): { Resources: Record<string, Resource>; Outputs: Record<string, any> } {
  return Template.fromStack(stack).toJSON() as ReturnType<typeof templateOf>;
}

/** The properties of a resource. */
export function propertiesOf(of: Deployed, id: string): Record<string, any> {
  const resource = templateOf(of).Resources[id];
  if (!resource) {
    throw new Error(`${id} is not in the template`);
  }
  return resource.Properties;
}

/** What the policy beside the role `id` of a stack allows. */
export function granted(stack: Stack, id: string): Statement[] {
  const resources = Template.fromStack(stack).toJSON().Resources as Record<string, Resource>;
  const policies = Object.entries(resources).filter(([name, { Type }]) => Type === 'AWS::IAM::Policy' && name.startsWith(id));
  return policies.flatMap(([, policy]) => policy.Properties['PolicyDocument'].Statement as Statement[]);
}

export function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
