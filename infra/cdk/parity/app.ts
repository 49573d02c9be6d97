// Synthesises the constructs for the parity check, one stack a case: `node dist/parity/app.js FOLDER`. Those of other accounts and of
// notifications stand in folders of their own in it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Downriver, DownriverNotifications, DownriverRequests, DownriverSpoke } from '../lib';
import { nameLikeTheTemplate } from '../lib/ids';
import { cases, type Parameters, propsOf, requestsCases, requestsPropsOf, spokeCases, spokePropsOf } from './cases';
import { notificationsOf, notifiedCases } from './notifications';

const FUNCTIONS = ['resolve', 'start', 'track', 'index', 'sweep'];

/** Folders as cargo-lambda leaves them; each function says in place of its code which it is. */
function standIns(folder: string): string {
  for (const name of FUNCTIONS) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'bootstrap'), name);
  }
  return folder;
}

/** One stack a case, and one more as new apps of CDK are made: their flags change what constructs of the higher level write. */
function synthesise(outdir: string, all: Record<string, Parameters>, flagged: Parameters, make: (stack: Stack, parameters: Parameters) => void): void {
  // With the notes that `cdk deploy` has written, but for those that say how CDK is used.
  const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:enable-path-metadata': true } });
  for (const [name, parameters] of Object.entries({ ...all, flags: flagged })) {
    const stack = new Stack(app, name);
    for (const [flag, value] of Object.entries(name === 'flags' ? flags : {})) {
      stack.node.setContext(flag, value);
    }
    make(stack, parameters);
  }
  app.synth();
  writeFileSync(join(outdir, 'cases.json'), JSON.stringify({ ...all, flags: flagged }, undefined, 2));
}

const outdir = resolve(process.argv[2] ?? 'cdk.out/parity');
rmSync(outdir, { recursive: true, force: true });
const functions = { directory: standIns(join(outdir, 'functions')) };
synthesise(outdir, cases(), {}, (stack, parameters) => {
  new Downriver(stack, 'Downriver', { functions, ...propsOf(parameters, stack) });
});
const spokes = spokeCases();
synthesise(join(outdir, 'spoke'), spokes, spokes['switched'] ?? {}, (stack, parameters) => {
  new DownriverSpoke(stack, 'Spoke', spokePropsOf(parameters));
});
synthesise(join(outdir, 'requests'), requestsCases(), requestsCases()['switched'] ?? {}, (stack, parameters) => {
  new DownriverRequests(stack, 'Requests', requestsPropsOf(parameters));
});
synthesise(join(outdir, 'notifications'), notifiedCases(), {}, (stack, parameters) => {
  const bus = EventBus.fromEventBusName(stack, 'Bus', parameters['BusName'] ?? 'downriver');
  // Several may stand in one stack, so they do not name themselves like the template.
  nameLikeTheTemplate(new DownriverNotifications(stack, 'Notifications', { bus, ...notificationsOf(parameters, stack) }));
});
