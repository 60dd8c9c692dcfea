/**
 * The code of a function: in the package a bundle that was built with it, in a checkout one that is
 * bundled from the sources when CDK synthesises.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { BUNDLES, entryOf, ROOT } from './bundle-options.ts';

/** @param name file in lambda/functions without its ending */
export function functionCode(name: string): Code {
  return existsSync(BUNDLES) ? Code.fromAsset(join(BUNDLES, name)) : fromSources(name);
}

/** Whether there is a function of that name. */
export function isFunction(name: string): boolean {
  return existsSync(BUNDLES) ? existsSync(join(BUNDLES, name)) : existsSync(entryOf(name));
}

/** CDK skips it where it only lists stacks, and tests skip it too. */
function fromSources(name: string): Code {
  return Code.fromAsset(ROOT, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: the local bundler does not fail, it throws.
      image: DockerImage.fromRegistry('none'),
      // CDK takes bundles of the same folder and command for the same.
      command: [name],
      local: {
        tryBundle(folder) {
          const program = join(ROOT, 'tools', 'bundle-function.ts');
          execFileSync(process.execPath, [program, name, folder], { stdio: 'inherit' });
          return true;
        },
      },
    },
  });
}
