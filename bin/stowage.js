#!/usr/bin/env node
/** Starts the CLI: its sources in a checkout, what was compiled of them in an installed package. Must be readable for every Node. */
import { existsSync } from 'node:fs';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `stowage needs Node 24 or newer, this is ${process.version} (in a checkout, npm and npx bring their own).`,
  );
  process.exitCode = 1;
} else {
  const isCheckout = existsSync(new URL('./stowage.ts', import.meta.url));
  const load = (name) => import(new URL(isCheckout ? `./${name}.ts` : `../dist/bin/${name}.js`, import.meta.url).href);
  // The second start is faster, and needs 25 MB less: what the first one compiled is kept.
  const { keepCompiledCode } = await load('compile-cache');
  keepCompiledCode();
  await load('stowage');
}
