/** The files of a version as checks see them: records from the API, bytes over links, each file read as rarely as possible. */
import { createHash } from 'node:crypto';
import { openDownload } from '../../client/download.ts';
import { retry } from '../../client/retry.ts';
import type { PackageBody } from '../../client/stowage-client.ts';
import { StowageError } from '../../client/stowage-error.ts';
import type {
  FurtherDigest,
  VersionFile,
  VersionFiles,
} from '../../core/checks/files/version-files.ts';
import { humanSize } from '../../core/human-size.ts';
import type { Session } from '../command/cli.ts';

const FURTHER: readonly FurtherDigest[] = ['sha512', 'sha1', 'blake2b512'];

/** What is worth a line, because it takes a while. */
const LARGE_BYTES = 16 * 1024 * 1024;

export class RemoteFiles implements VersionFiles {
  readonly versionId: string;
  readonly files: ReadonlyMap<string, VersionFile>;
  readonly #session: Session;
  /** What a channel remembers beside this version, the newest first; fetched when it is needed. */
  readonly #earlier: readonly string[];
  #fetched: Promise<readonly ReadonlyMap<string, VersionFile>[]> | undefined;
  readonly #digests = new Map<VersionFile, Promise<ReadonlyMap<FurtherDigest, string>>>();

  private constructor(
    session: Session,
    versionId: string,
    files: ReadonlyMap<string, VersionFile>,
    earlier: readonly string[],
  ) {
    this.#session = session;
    this.versionId = versionId;
    this.files = files;
    this.#earlier = earlier;
  }

  /** @param earlier versions whose files the channel still serves, the newest first */
  static async open(
    session: Session,
    versionId: string,
    earlier: readonly string[],
  ): Promise<RemoteFiles> {
    return new RemoteFiles(session, versionId, await listFiles(session, versionId), earlier);
  }

  async remembered(filename: string): Promise<VersionFile | undefined> {
    this.#fetched ??= Promise.all(this.#earlier.map((one) => listFiles(this.#session, one)));
    return (await this.#fetched).find((files) => files.has(filename))?.get(filename);
  }

  async read(file: VersionFile): Promise<Buffer> {
    return await this.#retried(async () => {
      const pieces: Uint8Array[] = [];
      await this.#eachPiece(file, (piece) => pieces.push(piece));
      return Buffer.concat(pieces);
    });
  }

  /** Not tried again: who looks has seen some of the bytes. */
  async eachPiece(file: VersionFile, look: (piece: Uint8Array) => void): Promise<void> {
    await this.#eachPiece(file, look);
  }

  async digest(file: VersionFile, algorithm: FurtherDigest): Promise<string> {
    const known = this.#digests.get(file) ?? this.#hash(file);
    this.#digests.set(file, known);
    const digest = (await known).get(algorithm);
    if (digest === undefined) throw new Error(`${algorithm} was not computed`);
    return digest;
  }

  #hash(file: VersionFile): Promise<ReadonlyMap<FurtherDigest, string>> {
    if (file.size > LARGE_BYTES)
      this.#session.output.note(`reading ${file.filename} (${humanSize(file.size)})`);
    return this.#retried(async () => {
      const hashes = FURTHER.map((name) => [name, createHash(name)] as const);
      await this.#eachPiece(file, (piece) => {
        for (const [, hash] of hashes) hash.update(piece);
      });
      return new Map(hashes.map(([name, hash]) => [name, hash.digest('hex')]));
    });
  }

  /** Passes on all bytes of a file. @throws StowageError INTEGRITY if they are not those of the record */
  async #eachPiece(file: VersionFile, use: (piece: Uint8Array) => void): Promise<void> {
    const { client, signal } = this.#session;
    const { versionId, filename } = file;
    const link = await client.link(versionId, filename, { signal });
    const { body } = await openDownload(client, { versionId, file: filename, link, signal });
    const sha256 = createHash('sha256');
    let size = 0;
    try {
      for await (const piece of body ?? []) {
        size += piece.length;
        // No more than was announced is ever kept.
        if (size > file.size) break;
        sha256.update(piece);
        use(piece);
      }
    } catch (error) {
      // What breaks a connection is a TypeError of fetch.
      if (signal.aborted || !(error instanceof TypeError)) throw error;
      throw new StowageError(
        'UNREACHABLE',
        `the connection broke after ${size} of ${file.size} bytes of ${filename}`,
        { cause: error },
      );
    }
    if (size === file.size && sha256.digest('hex') === file.sha256) return;
    throw new StowageError(
      'INTEGRITY',
      `${versionId}/${filename} arrived with other bytes than its record has`,
    );
  }

  #retried<Result>(work: () => Promise<Result>): Promise<Result> {
    const { client, signal } = this.#session;
    return retry(work, { policy: client.transport.retry, signal });
  }
}

async function listFiles(
  { client, signal }: Session,
  versionId: string,
): Promise<ReadonlyMap<string, VersionFile>> {
  const files = new Map<string, VersionFile>();
  for await (const record of client.listPackages(versionId, { limit: 1000, signal })) {
    const file = fileOf(record);
    if (file !== undefined) files.set(file.filename, file);
  }
  return files;
}

/** Undefined for uploads that are not published, and for what was deleted. */
function fileOf(record: PackageBody): VersionFile | undefined {
  const { versionId, filename, size, sha256, state } = record;
  if (sha256 === undefined || (state !== 'available' && state !== 'yanked')) return undefined;
  return { versionId, filename, size, sha256, state };
}
