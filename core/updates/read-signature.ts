/** Reads the signature of a file as a feed of Tauri contains it. */
import { hash } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import { publicNameOf } from '../naming/filenames.ts';
import type { SmallFiles } from '../ports/small-files.ts';
import { digestOf, type PackageRecord } from '../records.ts';

/** `tauri signer` writes about 400 bytes. */
const MOST_BYTES = 8192;
/** Signatures that one process remembers: those that clients ask for are few, and never change. */
const REMEMBERED = 1000;
const MINISIGN = 'untrusted comment:';

const remembered = new WeakMap<SmallFiles, Map<string, string>>();

/**
 * @param record the file with the signature, as `tauri signer` or `minisign` wrote it
 * @returns base64 of what minisign writes, on one line
 * @throws CONFLICT where it is no such signature, INTEGRITY where other bytes are stored; UNAVAILABLE
 */
export async function readSignature(files: SmallFiles, record: PackageRecord): Promise<string> {
  const known = remembered.get(files) ?? new Map<string, string>();
  remembered.set(files, known);
  const id = `${record.key} ${digestOf(record)}`;
  const before = known.get(id);
  if (before !== undefined) return before;
  const found = signatureIn(record, await readAll(files, record));
  if (known.size >= REMEMBERED) known.clear();
  known.set(id, found);
  return found;
}

async function readAll(files: SmallFiles, record: PackageRecord): Promise<string> {
  const { size, key } = record;
  if (size > MOST_BYTES) throw noSignature(record, `it has ${size} bytes`);
  const bytes = await files.read(record);
  if (hash('sha256', bytes) === digestOf(record)) return bytes.toString('utf8').trim();
  throw new ServiceError('INTEGRITY', `the stored bytes of ${key} do not match its record`);
}

function signatureIn(record: PackageRecord, text: string): string {
  if (text.startsWith(MINISIGN)) return Buffer.from(`${text}\n`).toString('base64');
  const inner = Buffer.from(text, 'base64').toString('utf8');
  if (inner.startsWith(MINISIGN) && !/\s/.test(text)) return text;
  throw noSignature(record, 'its content is another');
}

function noSignature(record: PackageRecord, why: string): ServiceError {
  return new ServiceError(
    'CONFLICT',
    `${publicNameOf(record)} of version ${record.versionId} is no signature of tauri signer or minisign: ${why}`,
  );
}
