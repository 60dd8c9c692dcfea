/** Makes one executable of a program and the Node that runs it: https://nodejs.org/api/single-executable-applications.html */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'postject';
import { NODE_RELEASE } from './official-node.ts';

/** Node looks for this name in itself. */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export interface Executable {
  readonly program: string;
  /** Files that the program reads by name. */
  readonly assets: Readonly<Record<string, string>>;
}

/**
 * What is put into Node. It is the same for every platform, because it holds no code that V8
 * compiled, and for the same reason it has the same bytes each time.
 * @throws where this process has another release of Node than the one that will run it
 */
export function sealProgram({ program, assets }: Executable): Buffer {
  if (process.versions.node !== NODE_RELEASE)
    throw new Error(`needs Node ${NODE_RELEASE}, this is ${process.versions.node}; run npm ci`);
  const folder = mkdtempSync(join(tmpdir(), 'stowage-binary-'));
  try {
    // Node keeps the path of the main program, so it must be the same in every build.
    writeFileSync(join(folder, 'stowage.cjs'), program);
    const config = {
      main: 'stowage.cjs',
      output: 'blob',
      disableExperimentalSEAWarning: true,
      useCodeCache: false,
      useSnapshot: false,
      // V8 else lets the memory for new objects grow to 3 x 32 MiB (bin/stowage.js).
      execArgv: ['--max-semi-space-size=16'],
      execArgvExtension: 'env',
      assets,
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    execFileSync(process.execPath, ['--experimental-sea-config', 'config.json'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return readFileSync(join(folder, 'blob'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param node the program of that release for the platform where the executable runs */
export async function writeExecutable(node: string, sealed: Buffer, path: string): Promise<void> {
  const draft = `${path}.draft`;
  writeFileSync(draft, readFileSync(node));
  await inject(draft, RESOURCE, sealed, { sentinelFuse: FUSE });
  chmodSync(draft, 0o755);
  renameSync(draft, path);
}
