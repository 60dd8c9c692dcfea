/** CPU time of short commands, as the package has them and from the sources, beside an empty program. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './measure/processes.ts';
import { type BenchServer, startStowage } from './measure/stowage-server.ts';
import { report } from './measure/table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const RUNS = 15;
const EMPTY = ['-e', '0'];

interface Measurement {
  readonly what: string;
  /** Of Node. */
  readonly args: readonly string[];
  /** Times the empty program. */
  readonly goal?: number;
}

export async function benchCommands(): Promise<void> {
  const folder = temporaryFolder();
  const server = await startStowage();
  try {
    const packed = packedLauncher(folder.path);
    const sources = join(ROOT, 'bin', 'stowage.js');
    compare(server, folder.path, [
      { what: '`stowage --version`', args: [packed, '--version'], goal: 1.6 },
      { what: '`stowage ls`', args: [packed, 'ls'], goal: 3 },
      { what: '`stowage --version` from the sources', args: [sources, '--version'] },
      { what: '`stowage ls` from the sources', args: [sources, 'ls'] },
    ]);
  } finally {
    await server.stop();
    folder.remove();
  }
}

/** The launcher as it is in the package: beside it are no sources. */
function packedLauncher(folder: string): string {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
  const launcher = join(folder, 'bin', 'stowage.js');
  mkdirSync(join(folder, 'bin'));
  copyFileSync(join(ROOT, 'bin', 'stowage.js'), launcher);
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'dist'), join(folder, 'dist'));
  return launcher;
}

/** All take turns, so that what else the machine does hits them alike. */
function compare(server: BenchServer, cwd: string, measured: readonly Measurement[]): void {
  const env = {
    ...process.env,
    STOWAGE_URL: server.url,
    STOWAGE_TOKEN: server.token,
    XDG_CACHE_HOME: join(cwd, 'cache'),
  };
  const all = [EMPTY, ...measured.map(({ args }) => args)];
  // The first two runs fill the compile cache.
  const rounds = Array.from({ length: RUNS + 2 }, () => all.map((args) => cpuMs(args, cwd, env)));
  const [empty = 0, ...medians] = all.map((_, index) =>
    median(rounds.slice(2).map((round) => round[index] ?? 0)),
  );
  for (const [index, { what, goal }] of measured.entries()) {
    const taken = medians[index] ?? 0;
    const times = taken / empty;
    report({
      what: `${what}, CPU time in times of \`node -e 0\``,
      figure: `${times.toFixed(2)} (${taken.toFixed(0)} of ${empty.toFixed(0)} ms)`,
      goal: goal === undefined ? '' : `<= ${goal}`,
      met: goal === undefined ? undefined : times <= goal,
    });
  }
}

/** User and system time of one process of Node, as the shell that waits for it counts them. */
function cpuMs(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): number {
  const script = '"$@" >/dev/null || exit; times';
  const shell = ['-c', script, 'bash', process.execPath, ...args];
  const printed = execFileSync('bash', shell, { cwd, env, encoding: 'utf8' });
  const children = printed.trim().split('\n').at(-1) ?? '';
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
