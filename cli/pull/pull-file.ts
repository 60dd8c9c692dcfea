/**
 * Pulls one file: continues an earlier run, verifies the bytes, and then gives the file its name.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openDownload } from '../../client/download.ts';
import { isTransient, retry } from '../../client/retry.ts';
import { isStowageError, StowageError } from '../../client/stowage-error.ts';
import type { Session } from '../command/cli.ts';
import { failure } from '../output/fault.ts';
import { type Progress, progressOf } from '../output/progress.ts';
import { isThere, requireFree } from './existing-file.ts';
import { PartFile } from './part-file.ts';
import { PartLock } from './part-lock.ts';
import { labelOf, linkOf, lockPath, type PullItem, partPath, placeOf } from './plan-pull.ts';

export type PullOutcome = 'pulled' | 'resumed' | 'already-there';

/** @param options.force replace another file of that name. @throws Fault, StowageError */
export async function pullFile(
  session: Session,
  item: PullItem,
  options: { readonly force: boolean },
): Promise<PullOutcome> {
  const progress = progressOf(session.output, item.file, item.link.size);
  const isDone = async () => {
    if (await isThere(session, item, progress)) return true;
    if (!options.force) await requireFree(item.path);
    return false;
  };
  try {
    if (await isDone()) return 'already-there';
    await mkdir(dirname(item.path), { recursive: true });
    return await whileLocked(item, async (part) => {
      // Another pull may have finished since the first check.
      if (await isDone()) return 'already-there';
      return new Pull(session, item, part, options.force, progress).run();
    });
  } finally {
    progress.end();
  }
}

/** Where the bytes are written, and whether a later run may continue there. */
interface PartPlace {
  readonly path: string;
  readonly isKept: boolean;
}

/** @throws Fault PULL_IN_PROGRESS if another process writes this file */
async function whileLocked<Result>(
  item: PullItem,
  work: (place: PartPlace) => Promise<Result>,
): Promise<Result> {
  const lock = await PartLock.acquire(lockPath(item));
  if (lock === 'held') {
    const { path } = item;
    throw failure('PULL_IN_PROGRESS', `another pull is writing ${labelOf(item)} to ${path}`, {
      hint: 'wait until it has ended and run the same command again, or pull into another folder with --out',
    });
  }
  // If files cannot be locked, each run writes to its own file, and leaves nothing to continue.
  if (lock === 'unsupported')
    return work({ path: partPath(item, randomBytes(4).toString('hex')), isKept: false });
  try {
    return await work({ path: partPath(item), isKept: true });
  } finally {
    await lock.release();
  }
}

class Pull {
  readonly #session: Session;
  readonly #item: PullItem;
  readonly #place: PartPlace;
  readonly #force: boolean;
  readonly #progress: Progress;
  #link: PullItem['link'];
  /** ETag of the bytes so far; requested if an earlier run fetched them. */
  #etag: string | undefined;

  constructor(
    session: Session,
    item: PullItem,
    place: PartPlace,
    force: boolean,
    progress: Progress,
  ) {
    this.#session = session;
    this.#item = item;
    this.#place = place;
    this.#force = force;
    this.#progress = progress;
    this.#link = item.link;
  }

  async run(): Promise<PullOutcome> {
    const { path, link } = this.#item;
    const part = await PartFile.open(this.#place.path, link.size, (bytes) => {
      this.#session.signal.throwIfAborted();
      this.#progress.show('hashing', bytes);
    });
    try {
      const foundBytes = part.size;
      await this.#fetchRest(part);
      const isResumed = foundBytes > 0;
      // The bytes of an earlier run may belong to another file of the same name.
      if (isResumed && part.sha256() !== link.sha256) {
        await part.clear();
        await this.#fetchRest(part);
      }
      await this.#requireProven(part);
      await part.publish(path, this.#force);
      return isResumed ? 'resumed' : 'pulled';
    } finally {
      await part.close();
      if (!this.#place.isKept) await rm(this.#place.path, { force: true });
    }
  }

  /** Deletes wrong bytes, so that the next run starts again. */
  async #requireProven(part: PartFile): Promise<void> {
    const { link } = this.#item;
    const sha256 = part.sha256();
    if (part.size === link.size && sha256 === link.sha256 && (await part.isWhole())) return;
    await part.remove();
    throw failure(
      'INTEGRITY',
      `what came for ${labelOf(this.#item)} is not what was published: sha256 must be ${link.sha256}, got ${sha256}`,
      {
        hint: 'nothing was kept; pull again; if it happens again, inform the operator of the service: stowage verify finds damage',
      },
    );
  }

  /** A connection that made progress before it broke is always retried. */
  async #fetchRest(part: PartFile): Promise<void> {
    const { client, signal } = this.#session;
    while (part.size < this.#link.size) {
      const before = part.size;
      try {
        const policy = client.transport.retry;
        await retry(() => this.#fetchOnce(part), {
          policy,
          signal,
          shouldRetry: isWorthAnotherTry,
        });
      } catch (error) {
        if (!isTransient(error) || part.size <= before) throw error;
      }
    }
  }

  async #fetchOnce(part: PartFile): Promise<void> {
    const { client, signal } = this.#session;
    const { file } = this.#item;
    await this.#renewLink();
    const range = part.size === 0 ? undefined : { start: part.size, etag: await this.#knownEtag() };
    let response: Response;
    try {
      response = await openDownload(client, {
        ...placeOf(this.#item),
        file,
        link: this.#link,
        range,
        signal,
      });
    } catch (error) {
      if (isStowageError(error, 'STORAGE_REFUSED')) await this.#takeRefusal(part, error);
      throw error;
    }
    this.#requireWhole(response);
    // 200 for a range: the bytes have changed, or the storage does not support ranges.
    if (range !== undefined && !continues(response, part.size)) await part.clear();
    if (response.status === 206 && part.size === 0) {
      await response.body?.cancel();
      throw new StowageError('UNREACHABLE', 'the storage sent another range than requested');
    }
    this.#etag = response.headers.get('etag') ?? undefined;
    await this.#take(part, response);
  }

  async #take(part: PartFile, response: Response): Promise<void> {
    const { signal } = this.#session;
    const { size } = this.#link;
    try {
      for await (const chunk of response.body ?? []) {
        if (part.size + chunk.length > size) {
          throw failure(
            'INTEGRITY',
            `more came for ${this.#item.file} than the ${size} bytes that were published`,
          );
        }
        await part.append(chunk);
        this.#progress.show('fetching', part.size);
      }
    } catch (error) {
      // A TypeError comes from the network. Errors of the disk are others, and have an errno.
      if (signal.aborted || !(error instanceof TypeError)) throw error;
      throw new StowageError(
        'UNREACHABLE',
        `the connection broke after ${part.size} of ${size} bytes`,
        {
          cause: error,
        },
      );
    }
    if (part.size < size) {
      throw new StowageError(
        'UNREACHABLE',
        `the connection ended after ${part.size} of ${size} bytes`,
      );
    }
  }

  /**
   * @throws Fault if the storage says that it has fewer bytes than were published; a retry would
   * not help
   */
  #requireWhole({ status, headers }: Response): void {
    const length = status === 200 ? headers.get('content-length') : undefined;
    const total = length ?? /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
    if (total === undefined || Number(total) >= this.#link.size) return;
    const { file } = this.#item;
    throw failure(
      'INTEGRITY',
      `the storage has ${total} bytes of ${file}, and ${this.#link.size} were published: the stored file was replaced`,
      { hint: 'inform the operator of the service: stowage verify finds all such files' },
    );
  }

  /** 403: the link has expired. 416: the part file is not the beginning of the stored file. */
  async #takeRefusal(part: PartFile, { status }: StowageError): Promise<void> {
    if (status === 403) this.#link = { ...this.#link, expiresAt: new Date(0).toISOString() };
    if (status === 416) await part.clear();
  }

  /** @throws StowageError NOT_FOUND, YANKED if it can no longer be downloaded */
  async #renewLink(): Promise<void> {
    if (Date.parse(this.#link.expiresAt) > Date.now() + MARGIN_MS) return;
    this.#link = await linkOf(this.#session, this.#item);
  }

  async #knownEtag(): Promise<string> {
    const { client, signal } = this.#session;
    const { file } = this.#item;
    const place = placeOf(this.#item);
    const head = () =>
      place.channel === undefined
        ? client.head(place.versionId, file, { signal })
        : client.headInChannel(place.channel, file, { signal });
    this.#etag ??= (await head()).etag;
    // This is never an ETag, so the whole file is sent.
    return this.#etag ?? '""';
  }
}

const MARGIN_MS = 5000;

/** Transient errors, and also an expired link or a range that does not fit. */
function isWorthAnotherTry(error: unknown): boolean {
  return (
    isTransient(error) ||
    (isStowageError(error, 'STORAGE_REFUSED') && (error.status === 403 || error.status === 416))
  );
}

function continues(response: Response, start: number): boolean {
  return (
    response.status === 206 &&
    response.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true
  );
}
