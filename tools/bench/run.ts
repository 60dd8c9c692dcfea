/** `npm run bench [-- NAME...]`, the names being those below: every figure beside its yardstick, taken in one run. */
import { benchBusyLinks } from './busy-links.ts';
import { benchCatalogSize } from './catalog-size.ts';
import { benchChecks } from './checks.ts';
import { benchCold } from './cold.ts';
import { benchCommands } from './commands.ts';
import { benchDownloads } from './downloads.ts';
import { benchLinks } from './links.ts';
import { canPin, leaveCoreZero } from './measure/processes.ts';
import { printTable } from './measure/table.ts';
import { benchMemory } from './memory.ts';
import { benchMigrate } from './migrate/migrate.ts';
import { benchPageUpload } from './page-upload.ts';
import { benchRestore } from './restore/restore.ts';
import { benchRollouts } from './rollouts.ts';
import { benchS3Links } from './s3/links.ts';
import { benchS3Push } from './s3/push.ts';
import { benchSigning } from './s3/signing.ts';
import { benchStart } from './start.ts';
import { benchUploads } from './uploads.ts';
import { benchWorkers } from './workers.ts';

const BENCHES = {
  start: benchStart,
  commands: benchCommands,
  signing: benchSigning,
  links: benchLinks,
  'busy-links': benchBusyLinks,
  workers: benchWorkers,
  rollouts: benchRollouts,
  checks: benchChecks,
  's3-links': benchS3Links,
  uploads: benchUploads,
  'page-upload': benchPageUpload,
  's3-push': benchS3Push,
  downloads: benchDownloads,
  memory: benchMemory,
  migrate: benchMigrate,
  catalog: benchCatalogSize,
  restore: benchRestore,
  cold: benchCold,
} as const;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(
    `no benchmark is called ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`,
  );
  process.exit(2);
}
console.log(
  canPin
    ? 'servers run on core 0, load on core 1'
    : 'this platform cannot pin processes: figures are rougher',
);
leaveCoreZero();
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench();
}
printTable();
