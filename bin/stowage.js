#!/usr/bin/env node
/** Starts the CLI: its sources in a checkout, what was compiled of them in an installed package. Must be readable for every Node. */
import { existsSync } from 'node:fs';
import * as module from 'node:module';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `stowage needs Node 24 or newer, this is ${process.version} (in a checkout, npm and npx bring their own).`,
  );
  process.exitCode = 1;
} else {
  // The second start is faster, and needs 25 MB less: what the first one compiled is kept.
  module.enableCompileCache();
  const source = new URL('./stowage.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('../dist/bin/stowage.js', import.meta.url).href);
}
