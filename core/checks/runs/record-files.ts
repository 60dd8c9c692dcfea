/** The files of a version as checks see them in the service: records from the catalog, bytes from the store. */
import { createHash } from 'node:crypto';
import type { FurtherDigests } from '../../checked.ts';
import { ServiceError } from '../../errors.ts';
import type { VersionId } from '../../names.ts';
import { publicNameOf } from '../../naming/filenames.ts';
import { type BlobStore, eachPiece } from '../../ports/blob-store.ts';
import { type Catalog, everyPackage } from '../../ports/catalog.ts';
import { type Stores, storeOf } from '../../ports/stores.ts';
import { digestOf, EVER_PUBLISHED, type PackageRecord, PUBLISHED } from '../../records.ts';
import type { FurtherDigest, VersionFile, VersionFiles } from '../files/version-files.ts';

export interface RecordFilesDeps extends Stores<Pick<BlobStore, 'name' | 'get'>> {
  readonly catalog: Pick<Catalog, 'listPackages'>;
  /** Called before a file is read; may throw. @default everything may be read */
  readonly beforeReading?: (bytes: number) => void;
  /** Notes the digests of a file, so that it need not be read again. @default they are forgotten */
  readonly keepDigests?: (record: PackageRecord, digests: FurtherDigests) => Promise<void>;
  /** Asked before a file is hashed. @default every file is */
  readonly mayHash?: (bytes: number) => boolean;
}

/** For more names than this, the names of the versions are kept that they were looked for in. */
const LOOKUPS_MAX = 1500;
/** No file has this name. */
const ALL_NAMES = '';

export class RecordFiles implements VersionFiles {
  readonly versionId: VersionId;
  readonly files: ReadonlyMap<string, VersionFile>;
  readonly #deps: RecordFilesDeps;
  readonly #records: Map<VersionFile, PackageRecord>;
  readonly #earlier: readonly VersionId[];
  readonly #lookups = new Map<string, string>();
  readonly #digests = new Map<VersionFile, Promise<FurtherDigests>>();
  #earlierFiles: Promise<readonly ReadonlyMap<string, PackageRecord>[]> | undefined;

  private constructor(
    deps: RecordFilesDeps,
    versionId: VersionId,
    earlier: readonly VersionId[],
    records: ReadonlyMap<string, PackageRecord>,
  ) {
    this.#deps = deps;
    this.versionId = versionId;
    this.#earlier = earlier;
    this.files = new Map([...records].map(([name, record]) => [name, fileOf(name, record)]));
    this.#records = new Map();
    for (const [name, file] of this.files) {
      const record = records.get(name);
      if (record !== undefined) this.#records.set(file, record);
    }
  }

  /** @param earlier versions whose files the channel still serves, the newest first */
  static async open(
    deps: RecordFilesDeps,
    versionId: VersionId,
    earlier: readonly VersionId[],
  ): Promise<RecordFiles> {
    return new RecordFiles(deps, versionId, earlier, await filesOf(deps, versionId, PUBLISHED));
  }

  async remembered(filename: string): Promise<VersionFile | undefined> {
    const record = await this.#findEarlier(filename);
    this.#lookups.set(filename, foundIn(record));
    // A deleted file hides older ones of its name: the channel serves none of them.
    if (record === undefined || record.state === 'deleted') return undefined;
    const file = fileOf(filename, record);
    this.#records.set(file, record);
    return file;
  }

  /** What was found in earlier versions, as `isAsBefore` compares it; undefined if nothing was looked for there. */
  get lookups(): Readonly<Record<string, string>> | undefined {
    if (this.#lookups.size === 0) return undefined;
    return this.#lookups.size > LOOKUPS_MAX
      ? { [ALL_NAMES]: this.#earlier.join() }
      : Object.fromEntries(this.#lookups);
  }

  /** Whether earlier versions still have what was found in them then. */
  async isAsBefore(lookups: Readonly<Record<string, string>> = {}): Promise<boolean> {
    for (const [name, found] of Object.entries(lookups)) {
      const now =
        name === ALL_NAMES ? this.#earlier.join() : foundIn(await this.#findEarlier(name));
      if (now !== found) return false;
    }
    return true;
  }

  async read(file: VersionFile): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    // The store may use the memory of a piece again.
    await this.eachPiece(file, (piece) => pieces.push(Uint8Array.from(piece)));
    return Buffer.concat(pieces);
  }

  async digest(file: VersionFile, algorithm: FurtherDigest): Promise<string | undefined> {
    const before = this.#digests.get(file);
    const mustRead = before === undefined && this.#recordOf(file).digests === undefined;
    if (mustRead && this.#deps.mayHash?.(file.size) === false) return undefined;
    const known = before ?? this.#hash(file);
    this.#digests.set(file, known);
    return (await known)[algorithm];
  }

  async #hash(file: VersionFile): Promise<FurtherDigests> {
    const record = this.#recordOf(file);
    if (record.digests !== undefined) return record.digests;
    const [sha512, sha1, blake2b512] = [
      createHash('sha512'),
      createHash('sha1'),
      createHash('blake2b512'),
    ];
    await this.eachPiece(file, (piece) => {
      for (const one of [sha512, sha1, blake2b512]) one.update(piece);
    });
    const digests = {
      sha512: sha512.digest('hex'),
      sha1: sha1.digest('hex'),
      blake2b512: blake2b512.digest('hex'),
    };
    await this.#deps.keepDigests?.(record, digests);
    return digests;
  }

  /** @throws INTEGRITY where other bytes are stored than the record says */
  async eachPiece(file: VersionFile, look: (piece: Uint8Array) => void): Promise<void> {
    const record = this.#recordOf(file);
    this.#deps.beforeReading?.(file.size);
    const sha256 = createHash('sha256');
    const options = record.blob === undefined ? {} : { version: record.blob };
    const body = await storeOf(this.#deps, record).get(record.key, options);
    await eachPiece(body, (piece) => {
      sha256.update(piece);
      look(piece);
    });
    if (sha256.digest('hex') === file.sha256) return;
    throw new ServiceError(
      'INTEGRITY',
      `the stored bytes of ${file.versionId}/${file.filename} are not those that were published`,
    );
  }

  #recordOf(file: VersionFile): PackageRecord {
    const record = this.#records.get(file);
    if (record !== undefined) return record;
    throw new ServiceError('INTERNAL', `${file.filename} is not listed`);
  }

  async #findEarlier(filename: string): Promise<PackageRecord | undefined> {
    this.#earlierFiles ??= Promise.all(
      this.#earlier.map((one) => filesOf(this.#deps, one, EVER_PUBLISHED)),
    );
    return (await this.#earlierFiles).find((files) => files.has(filename))?.get(filename);
  }
}

/** What once was published keeps its bytes, so its version and state say it all. */
function foundIn(record: PackageRecord | undefined): string {
  return record === undefined ? '' : `${record.versionId} ${record.state}`;
}

async function filesOf(
  { catalog }: RecordFilesDeps,
  versionId: VersionId,
  states: typeof PUBLISHED,
): Promise<ReadonlyMap<string, PackageRecord>> {
  const files = new Map<string, PackageRecord>();
  for await (const record of everyPackage(catalog, versionId, states))
    files.set(publicNameOf(record), record);
  return files;
}

function fileOf(filename: string, record: PackageRecord): VersionFile {
  const { versionId, size, state } = record;
  return { versionId, filename, size, sha256: digestOf(record), state };
}
