/**
 * `npm run build:binary [-- --out FOLDER PLATFORM...]`: makes one executable for each platform, which
 * runs on machines without Node: `release/stowage-linux-x64` and `release/stowage-linux-arm64`.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFacts } from './binary/commit.ts';
import { sealProgram, writeExecutable } from './binary/executable.ts';
import { isPlatform, officialNode, PLATFORMS } from './binary/official-node.ts';
import { bundlePrograms } from './binary/programs.ts';
import { licencesOf } from './release/third-party.ts';

const root = join(import.meta.dirname, '..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: join(root, 'release') } },
});
const unknown = positionals.filter((name) => !isPlatform(name));
if (unknown.length > 0) {
  console.error(`no platform is called ${unknown.join(', ')}; there are ${PLATFORMS.join(', ')}`);
  process.exitCode = 2;
} else {
  const wanted = PLATFORMS.filter((one) => positionals.length === 0 || positionals.includes(one));
  await buildAll(wanted, resolve(values.out));
}

async function buildAll(platforms: typeof PLATFORMS, out: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'stowage-console-'));
  try {
    execFileSync(process.execPath, [join(root, 'tools', 'build-console.ts'), scratch]);
    const names = readdirSync(scratch).sort();
    const { text, sources } = await bundlePrograms(buildFacts(root), names);
    const assets = Object.fromEntries(
      names.map((name) => [`console/${name}`, join(scratch, name)]),
    );
    const sealed = sealProgram({ program: text, assets });
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'THIRD-PARTY-LICENSES.md'), licencesOf(root, sources));
    for (const platform of platforms) {
      const path = join(out, `stowage-${platform}`);
      const { program, licence } = officialNode(platform);
      await writeExecutable(program, sealed, path);
      copyFileSync(licence, join(out, 'NODE-LICENSE'));
      console.log(`${path}: ${Math.round(statSync(path).size / 1e6)} MB`);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
