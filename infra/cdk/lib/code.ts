import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** The functions, by the names of their code. @internal */
export const FUNCTION_NAMES = ['resolve', 'start', 'track', 'index', 'sweep'] as const;

/** @internal */
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/**
 * A directory with the code of all five functions: `functions` of a release (`<architecture>/<function>.zip`), one architecture's
 * folder in it (`<function>.zip`), or `target/lambda` of cargo-lambda (`<function>/bootstrap`).
 */
export interface CodeInDirectory {
  /** Path of the directory, relative to where synthesis runs. */
  readonly directory: string;
}

/** Zips of a release that somebody put into a bucket, unchanged. */
export interface CodeInBucket {
  /** The bucket, in the region of the stack. */
  readonly bucket: IBucket;
  /**
   * What stands before `<architecture>/<function>.zip` in the keys, such as `downriver/0.1.0/functions/`. Another for each release:
   * code that changes under the same key is not deployed.
   */
  readonly prefix: string;
}

/** Where the functions' code is. */
export type Code = CodeInDirectory | CodeInBucket;

/** The code of one function. @internal */
export function codeOf(code: Code, name: FunctionName, architecture: lambda.Architecture): lambda.Code {
  // Releases and Rust call it by this name, Lambda by another.
  const folder = architecture.name === lambda.Architecture.X86_64.name ? 'x86_64' : 'arm64';
  if ('bucket' in code) {
    return new ZipInBucket(code.bucket, `${code.prefix}${folder}/${name}.zip`);
  }
  const directory = resolve(code.directory);
  const candidates = [join(directory, folder, `${name}.zip`), join(directory, `${name}.zip`)];
  const zip = candidates.find((path) => existsSync(path));
  if (zip) {
    return lambda.Code.fromAsset(zip);
  }
  const built = join(directory, name);
  if (existsSync(join(built, 'bootstrap'))) {
    return lambda.Code.fromAsset(built);
  }
  const tried = [...candidates, join(built, 'bootstrap')].join(', ');
  throw new Error(`Downriver: no code of function ${name}, tried ${tried}; let functions.directory name a release's functions`);
}

/** CDK's own asks for the version of each object; here the prefix tells the release. */
class ZipInBucket extends lambda.Code {
  readonly isInline = false;

  constructor(
    private readonly bucket: IBucket,
    private readonly objectKey: string,
  ) {
    super();
  }

  override bind(): lambda.CodeConfig {
    return { s3Location: { bucketName: this.bucket.bucketName, objectKey: this.objectKey } };
  }
}
