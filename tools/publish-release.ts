/**
 * `npm run release -- --key FILE`: builds the executables of this commit, lists what is in them, and
 * publishes them with Stowage itself: push, seal, verify-release. STOWAGE_URL and STOWAGE_TOKEN (or
 * what else `stowage push` takes) say where; the token needs scope release.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFacts } from './binary/commit.ts';
import { sbomOfExecutable } from './release/executable-sbom.ts';

const root = join(import.meta.dirname, '..');
/** `sha256sum -c` reads it. The service makes a list of this name by itself. */
const SUMS = 'SHA256SUMS';

const { values } = parseArgs({
  options: {
    /** The public keys of the service, from a place that you trust. */
    key: { type: 'string' },
    out: { type: 'string', default: join(root, 'release') },
    /** For tries: also builds what is not committed. */
    'allow-changes': { type: 'boolean', default: false },
  },
});

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
};
const { commit } = buildFacts(root);
if (values.key === undefined) {
  stop('name the file with the public keys of the service: --key FILE');
} else if (!/^[0-9a-f]{40}$/.test(commit) && !values['allow-changes']) {
  stop(`a release is built from a commit, and this is ${commit}; commit or stash what is changed`);
} else {
  publish(resolve(values.out), resolve(values.key));
}

function stop(why: string): void {
  console.error(why);
  process.exitCode = 2;
}

function publish(folder: string, key: string): void {
  rmSync(folder, { recursive: true, force: true });
  execFileSync(process.execPath, [join(root, 'tools', 'build-binary.ts'), '--out', folder], {
    stdio: 'inherit',
  });
  writeFileSync(
    join(folder, 'sbom.cdx.json'),
    `${JSON.stringify(sbomOfExecutable(root), null, 2)}\n`,
  );
  const names = readdirSync(folder).sort();
  writeFileSync(join(folder, SUMS), names.map((name) => sumLine(folder, name)).join(''));

  const stowage = (...words: readonly string[]) =>
    execFileSync(join(folder, `stowage-linux-${process.arch}`), words, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  console.log(stowage('push', ...names, '--version', version, '--metadata', `commit=${commit}`));
  console.log(stowage('seal', version));
  const words = ['verify-release', version, '--key', key, '--dir', folder, '--json'];
  const { verified } = JSON.parse(stowage(...words)) as { readonly verified: readonly string[] };
  const missing = names.filter((name) => !verified.includes(name));
  if (missing.length > 0)
    throw new Error(`the statement of ${version} does not name ${missing.join(', ')}`);
  console.log(`${version} of ${commit}: ${names.length} files are published, sealed and verified`);
}

function sumLine(folder: string, name: string): string {
  const hash = createHash('sha256').update(readFileSync(join(folder, name)));
  return `${hash.digest('hex')}  ${name}\n`;
}
