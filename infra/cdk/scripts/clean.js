// Starts with an empty `dist`, marked as built: tools that look at sources skip it.
const { mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const dist = join(__dirname, '..', 'dist');
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
writeFileSync(join(dist, 'CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55\n');
