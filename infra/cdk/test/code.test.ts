import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { deployed, FUNCTIONS, propertiesOf, temporaryFolder } from './support';

function release(...folders: string[]): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, ...folders), { recursive: true });
  for (const name of FUNCTIONS) {
    writeFileSync(join(folder, ...folders, `${name}.zip`), `${name} ${folders.join()}`);
  }
  return folder;
}

function keyOf(of: ReturnType<typeof deployed>, id: string): string {
  return propertiesOf(of, id)['Code'].S3Key;
}

test('a release has zips for each architecture', () => {
  const directory = release('arm64');
  const keys = ['ResolveFunction', 'SweepFunction'].map((id) => keyOf(deployed({ functions: { directory } }), id));
  assert.notEqual(keys[0], keys[1]);
  assert.ok(keys.every((key) => key.endsWith('.zip')));
  const other = () => deployed({ functions: { directory }, architecture: Architecture.X86_64 });
  assert.throws(other, /no code of function resolve, tried .*x86_64.*resolve\.zip.*bootstrap/);
});

test("one architecture's folder of a release will do", () => {
  assert.match(keyOf(deployed({ functions: { directory: release() } }), 'IndexFunction'), /^[0-9a-f]{64}\.zip$/);
});

test('zips are taken from a bucket by architecture and function', () => {
  const of = deployed((stack) => ({
    functions: { bucket: Bucket.fromBucketName(stack, 'Releases', 'releases'), prefix: '0.1.0/' },
    architecture: Architecture.X86_64,
  }));
  assert.deepEqual(propertiesOf(of, 'TrackFunction')['Code'], { S3Bucket: 'releases', S3Key: '0.1.0/x86_64/track.zip' });
});
