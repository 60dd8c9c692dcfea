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
  boundYoungGeneration();
  const isCheckout = existsSync(new URL('./stowage.ts', import.meta.url));
  const load = (name) =>
    import(new URL(isCheckout ? `./${name}.ts` : `../dist/bin/${name}.js`, import.meta.url).href);
  // The second start is faster, and needs 25 MB less: what the first one compiled is kept.
  const { keepCompiledCode } = await load('compile-cache');
  keepCompiledCode();
  await load('stowage');
}

/**
 * Under load, V8 lets the memory for new objects grow to 3 x 32 MiB, more than a server of 200 MiB has
 * room for. Half of it is as fast, but only a start of Node can set it: the process starts again as
 * itself, unless a size was chosen.
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
    // Where Node may start no other program, it goes on as it is.
  }
}
