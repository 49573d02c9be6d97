import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of Downriver that this package deploys: the package's own. */
export const VERSION: string = read();

function read(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
