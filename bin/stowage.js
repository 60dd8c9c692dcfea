#!/usr/bin/env node
/**
 * Starts the CLI: from its sources in a checkout, or compiled in an installed package. Its syntax
 * must work in every version of Node.
 */
import { existsSync, readFileSync, writeSync } from 'node:fs';

const isCheckout = existsSync(new URL('./stowage.ts', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
// Node 22.13 and 23.4 are the first that have SQLite. Sources need a Node that runs TypeScript.
const isTooOld =
  major < (isCheckout ? 24 : 22) || (major === 22 && minor < 13) || (major === 23 && minor < 4);
if (isTooOld) {
  console.error(
    isCheckout
      ? `in a checkout, stowage needs Node 24 or newer, this is ${process.version}; start it with npm or npx, which use the Node among the development dependencies`
      : `stowage needs Node 22.13 or newer (of Node 23: 23.4), this is ${process.version}; install a newer Node from https://nodejs.org`,
  );
  process.exitCode = 1;
} else if (!printedVersion()) {
  boundYoungGeneration();
  const load = (name) =>
    import(
      new URL(isCheckout ? `./${name}.ts` : `../dist/program/${name}.js`, import.meta.url).href
    );
  // The compiled code is kept, so the second start is faster and needs 25 MB less memory.
  const { keepCompiledCode } = await load('compile-cache');
  keepCompiledCode();
  await load('stowage');
}

/**
 * The version is printed without loading the program. If it cannot be written, the program does it,
 * and reports why.
 */
function printedVersion() {
  const [flag, ...others] = process.argv.slice(2);
  if ((flag !== '--version' && flag !== '-V') || others.length > 0) return false;
  try {
    const { version } = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    );
    writeSync(1, `${version}\n`);
    return true;
  } catch {
    return false;
  }
}

/**
 * Under load, V8 lets the memory for new objects grow to 3 x 32 MiB, too much for a server with a
 * limit of 200 MiB. Half of that is as fast, but it can be set only when Node starts. So the
 * process replaces itself by a new one, unless the user chose a size. Node before 22.15 can't do
 * that: there, the server works, but needs more memory under load.
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
