// The package carries the repository's licence, which npm only takes from beside package.json.
const { copyFileSync } = require('node:fs');
const { join } = require('node:path');

copyFileSync(join(__dirname, '..', '..', '..', 'LICENSE'), join(__dirname, '..', 'LICENSE'));
