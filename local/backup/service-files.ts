/** The small files of a service that belong into a backup: its keys and tokens. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ServiceError } from '../../core/errors.ts';
import type { BackupPart } from '../../storage/sqlite/safety/backup-file.ts';
import type { CatalogPlace } from '../catalog/stopped-server.ts';
import { writePrivateFile } from '../start/private-file.ts';

/** What a start makes again, what is under way, and copies of the catalog. */
const NOT_KEPT = ['work', 'arrived', 'uploads', 'backups', 'server.json', 'scrub.json'];
/** Locks, the catalog's own files if they are here, what was set aside, and unfinished writes. */
const NOT_KEPT_NAMES =
  /^lock\.db|^catalog\.db|\.lock$|\.reserve$|\.set-aside-|\.draft-|\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Keys are small. A large file is none, and would be kept in memory. */
const MAX_BYTES = 1024 * 1024;

/** All others in the folder of the service: keys of later releases, too. */
export function readServiceFiles({ path, paths }: CatalogPlace): readonly BackupPart[] {
  return namesIn(paths.folder)
    .filter((name) => isKept(name) && !resolve(paths.folder, name).startsWith(resolve(path)))
    .map((name) => ({ name, content: readFileSync(join(paths.folder, name)) }));
}

function isKept(name: string): boolean {
  const [first = name] = name.split('/');
  return !NOT_KEPT.includes(first) && !NOT_KEPT_NAMES.test(name);
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll(sep, '/'))
    .filter((name) => {
      const look = statSync(join(folder, name), { throwIfNoEntry: false });
      return look?.isFile() === true && look.size <= MAX_BYTES;
    })
    .sort();
}

/** @throws INTERNAL if a name leads out of the folder */
export async function writeServiceFiles(
  { paths }: CatalogPlace,
  parts: readonly BackupPart[],
): Promise<void> {
  for (const { name, content } of parts) {
    const target = resolve(paths.folder, name);
    if (relative(paths.folder, target) !== name.replaceAll('/', sep) || !isKept(name))
      throw new ServiceError(
        'INTERNAL',
        `the backup holds ${JSON.stringify(name)}, no file of a service`,
      );
    if (!existsSync(dirname(target))) {
      mkdirSync(dirname(target), { recursive: true });
      chmodSync(dirname(target), 0o700);
    }
    await writePrivateFile(target, content);
  }
}
