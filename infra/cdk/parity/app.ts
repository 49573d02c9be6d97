// Synthesises the constructs for the parity check, one stack a case: `node dist/parity/app.js FOLDER`. The notifications' stand in
// a folder of their own in it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Downriver, DownriverNotifications } from '../lib';
import { nameLikeTheTemplate } from '../lib/names';
import { cases, type Parameters, propsOf } from './cases';
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

const outdir = resolve(process.argv[2] ?? 'cdk.out/parity');
rmSync(outdir, { recursive: true, force: true });
const functions = { directory: standIns(join(outdir, 'functions')) };
// With the notes that `cdk deploy` has written, but for those that say how CDK is used.
const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:enable-path-metadata': true } });
const all = cases();

for (const [name, parameters] of Object.entries(all)) {
  const stack = new Stack(app, name);
  new Downriver(stack, 'Downriver', { functions, ...propsOf(parameters, stack) });
}

// As new apps of CDK are made: these flags change what constructs of the higher level write.
const flagged = new Stack(app, 'flags');
for (const [flag, value] of Object.entries(flags)) {
  flagged.node.setContext(flag, value);
}
new Downriver(flagged, 'Downriver', { functions });

app.synth();
writeFileSync(join(outdir, 'cases.json'), JSON.stringify({ ...all, flags: {} }, undefined, 2));

const notifications = new App({
  outdir: join(outdir, 'notifications'),
  analyticsReporting: false,
  context: { 'aws:cdk:enable-path-metadata': true },
});
const notified: Record<string, Parameters> = { ...notifiedCases(), flags: {} };
for (const [name, parameters] of Object.entries(notified)) {
  const stack = new Stack(notifications, name);
  if (name === 'flags') {
    Object.entries(flags).forEach(([flag, value]) => stack.node.setContext(flag, value));
  }
  const bus = EventBus.fromEventBusName(stack, 'Bus', parameters['BusName'] ?? 'downriver');
  // Several may stand in one stack, so they do not name themselves like the template.
  nameLikeTheTemplate(new DownriverNotifications(stack, 'Notifications', { bus, ...notificationsOf(parameters, stack) }));
}
notifications.synth();
writeFileSync(join(outdir, 'notifications', 'cases.json'), JSON.stringify(notified, undefined, 2));
