// Every test in one process: loading CDK takes longer than any of them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

for (const name of readdirSync(__dirname)) {
  if (name.endsWith('.test.js')) {
    require(join(__dirname, name));
  }
}
