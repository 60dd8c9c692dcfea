/** `npm run sam`: writes what `sam local start-api` takes into .sam/: a template, the bundle of its function, and a file of variables. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE } from '../lib/bundles/bundle-options.ts';
import { SAM_FUNCTION, samEnvironment, samTemplate } from '../lib/sam/sam-template.ts';

const ROOT = join(import.meta.dirname, '..');
const [folder = join(ROOT, '.sam')] = process.argv.slice(2);

const secret = (bytes: number) => randomBytes(bytes).toString('base64url');
const adminToken = `stw_${randomBytes(8).toString('hex')}_${secret(32)}`;

await mkdir(join(folder, SAM_FUNCTION.folder), { recursive: true });
const { banner, mainFields, ...options } = BUNDLE;
await build({
  ...options,
  mainFields: [...mainFields],
  entryPoints: [join(ROOT, 'local', 'sam-function.ts')],
  outfile: join(folder, SAM_FUNCTION.folder, SAM_FUNCTION.file),
  bundle: true,
  platform: 'node',
  banner: { js: banner },
  absWorkingDir: ROOT,
  logLevel: 'error',
});
const write = (name: string, content: object, mode: number) =>
  writeFile(join(folder, name), `${JSON.stringify(content, null, 2)}\n`, { mode });
await write('template.json', samTemplate(), 0o644);
// Token and key open this machine's `sam local` only, but others have no need to read them.
await write('env.json', samEnvironment({ adminToken, urlSigningKey: secret(32) }), 0o600);

console.log(`written to ${folder}; now:

  sam local start-api --template ${join(folder, 'template.json')} --env-vars ${join(folder, 'env.json')} --warm-containers LAZY

The admin token, until you run this again: ${adminToken}`);
