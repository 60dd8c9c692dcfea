/**
 * Reads small files by the links that the function signs anyway: it needs no right to the bucket, and
 * its bundle no S3 client.
 */
import { ServiceError } from '../../core/errors.ts';
import type { SmallFiles } from '../../core/ports/small-files.ts';
import { type LinkDeps, signLink } from '../../core/reading/links.ts';
import type { PackageRecord } from '../../core/records.ts';

/** The client of a function waits at most 29 s. */
const TIMEOUT_MS = 10_000;

/** @param send @default fetch */
export function filesByLink(
  deps: Pick<LinkDeps, 'store' | 'limits'>,
  send: typeof fetch = fetch,
): SmallFiles {
  return { read: (record) => readByLink(deps, record, send) };
}

async function readByLink(
  deps: Pick<LinkDeps, 'store' | 'limits'>,
  record: PackageRecord,
  send: typeof fetch,
): Promise<Buffer> {
  const { url } = await signLink(deps, record);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await send(url, { redirect: 'error', signal });
    if (answer.status === 200) return Buffer.from(await answer.arrayBuffer());
    throw new Error(`status ${answer.status}`);
  } catch (cause) {
    throw new ServiceError('UNAVAILABLE', `${record.key} could not be read`, { cause });
  }
}
