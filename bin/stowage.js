#!/usr/bin/env node
/**
 * Starts the CLI: from its sources in a checkout, or compiled in an installed package. Its syntax
 * must work in every version of Node.
 */
import { existsSync } from 'node:fs';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `stowage needs Node 24 or newer, this is ${process.version} (in a checkout, npm and npx bring their own).`,
  );
  process.exitCode = 1;
} else {
  boundYoungGeneration();
  const isCheckout = existsSync(new URL('./stowage.ts', import.meta.url));
  const load = (name) =>
    import(new URL(isCheckout ? `./${name}.ts` : `../dist/bin/${name}.js`, import.meta.url).href);
  // The compiled code is kept, so the second start is faster and needs 25 MB less memory.
  const { keepCompiledCode } = await load('compile-cache');
  keepCompiledCode();
  await load('stowage');
}

/**
 * Under load, V8 lets the memory for new objects grow to 3 x 32 MiB, too much for a server with a
 * limit of 200 MiB. Half of that is as fast, but it can be set only when Node starts. So the
 * process replaces itself by a new one, unless the user chose a size.
 */
function boundYoungGeneration() {
  const chosen = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) =>
    text.includes('semi-space-size'),
  );
  if (process.argv[2] !== 'serve' || chosen || process.platform === 'win32') return;
  const flags = ['--max-semi-space-size=16', ...process.execArgv];
  try {
    process.execve?.(
      process.execPath,
      [process.execPath, ...flags, ...process.argv.slice(1)],
      process.env,
    );
  } catch {
    // If Node may not start another program, this process continues.
  }
}
