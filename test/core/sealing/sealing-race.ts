/** One race for a version: seals, creates, completions, events and sweeps, in the order of a seed. */
import { type PackageId, parseExt, parsePackageId } from '../../../core/names.ts';
import { type Catalog, everyPackage } from '../../../core/ports/catalog.ts';
import type { ReleaseSigner } from '../../../core/ports/statements.ts';
import type { UploadDeps } from '../../../core/publishing/deps.ts';
import { verifyUpload } from '../../../core/publishing/verify-upload.ts';
import { PUBLISHED, type VersionChange, type VersionRecord } from '../../../core/records.ts';
import { keepStatement } from '../../../core/sealing/keep-statement.ts';
import { sealVersion } from '../../../core/sealing/seal-version.ts';
import { abortUpload } from '../../../core/uploads/abort-upload.ts';
import { bytesArrived } from '../../../core/uploads/bytes-arrived.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { createUpload } from '../../../core/uploads/create-upload.ts';
import { sweep } from '../../../core/uploads/sweep.ts';
import { MemoryStatements } from '../../../storage/memory/memory-statements.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { publisher, ref, singleRequest, World } from '../world.ts';
import { randomOf, Turns } from './turns.ts';

const { versionId } = ref;
const releaser = { tokenId: 'releaser', scopes: ['release'] } as const;

export interface RaceReport {
  /** What was published at the moment of the seal; undefined if there was none. */
  readonly atSeal: readonly string[] | undefined;
  /** What is published after everything was tried again that may publish. */
  readonly atEnd: readonly string[];
  readonly version: VersionRecord | undefined;
  readonly crashes: number;
  /** The names in its statement, once the seal was asked for again. */
  readonly stated: readonly string[] | undefined;
  /** Whether a new file could be published a minute later. */
  readonly isOpen: boolean;
}

/** What is wrong with the end of a race. */
export function faultsOf({
  atSeal,
  atEnd,
  stated,
  version,
  crashes,
  isOpen,
}: RaceReport): readonly string[] {
  const faults: string[] = [];
  const isSealed = version?.sealedAt !== undefined;
  if (isSealed !== (atSeal !== undefined)) faults.push('sealed without a moment of the seal');
  if (atSeal !== undefined && atSeal.join() !== atEnd.join())
    faults.push(`sealed with ${atSeal}, now ${atEnd}`);
  if (stated?.join() !== atSeal?.join()) faults.push(`sealed with ${atSeal}, stated ${stated}`);
  if (isSealed === isOpen) faults.push(isOpen ? 'sealed and open' : 'neither sealed nor open');
  if (!isSealed && crashes === 0 && version?.sealing !== undefined)
    faults.push('left in the middle of a seal');
  return faults;
}

/** @param catalog empty */
export async function sealingRace(
  seed: number,
  catalog: Catalog,
  withCrashes: boolean,
): Promise<RaceReport> {
  const random = randomOf(seed);
  const world = new World();
  const watched = new WatchedCatalog(catalog);
  const deps: UploadDeps = { ...world.deps, catalog: watched.catalog };
  await publish(world, deps, 'base');
  const isQuiet = random(2) === 0;
  for (const id of isQuiet ? [] : ['late', 'other', 'lost'])
    await send(world, deps, id, id !== 'lost');
  // The sweep finishes what was sent before, and nothing is expired yet.
  world.pass(random(2) * 1000);

  const turns = new Turns();
  const act = (work: (own: UploadDeps) => Promise<unknown>) =>
    turns.run((gate) => work({ ...deps, catalog: gate(deps.catalog), store: gate(deps.store) }));
  const statements = new MemoryStatements();
  const seal = async (own: UploadDeps) => {
    const discardUnfinished = random(2) === 0;
    const sealed = await sealVersion(own, releaser, versionId, { discardUnfinished });
    await keepStatement({ ...own, statements, releaseSigner: SIGNER }, sealed);
  };
  // Two publishers of one file: the second one gets the upload that the first has just entered.
  const create = (own: UploadDeps) => publish(world, own, `new-${random(2)}`);
  const acts: readonly ((own: UploadDeps) => Promise<unknown>)[] = [
    seal,
    create,
    create,
    (own) => completeUpload(own, refOf('late')),
    (own) => bytesArrived(own, `packages/${versionId}/late.zip`),
    (own) => bytesArrived(own, `packages/${versionId}/other.zip`),
    (own) => sweep(own, 0),
    (own) => abortUpload(own, refOf('lost')),
    (own) => verifyUpload(own, refOf('other')),
  ];
  for (const one of [seal, create, create]) act(one);
  for (let count = random(6); count > 0; count -= 1) act(acts[random(acts.length)] ?? seal);
  const crashes = await turns.play(random, withCrashes ? 12 : 0);

  const version = await catalog.getVersion(versionId);
  world.pass(61);
  await tryEverything(world, deps);
  const isOpen = await publish(world, deps, 'afterwards').then(
    () => true,
    () => false,
  );
  const atEnd = await watched.published();
  if (version?.sealedAt !== undefined) await seal(deps);
  const stated = namesIn(statements.kept.get(versionId));
  return { atSeal: watched.atSeal, atEnd, stated, version, crashes, isOpen };
}

/** Signs nothing: what is raced for is what a statement names. */
const SIGNER: ReleaseSigner = {
  keys: async () => [],
  sign: async () => ({ keyId: 'none', signature: new Uint8Array() }),
};

function namesIn(statement: string | undefined): readonly string[] | undefined {
  if (statement === undefined) return undefined;
  const content = Buffer.from(JSON.parse(statement).payload, 'base64').toString();
  const { subject } = JSON.parse(content) as { subject: readonly { readonly name: string }[] };
  return subject.map(({ name }) => name.replace('.zip', ''));
}

/** Whatever may still publish something. */
async function tryEverything(world: World, deps: UploadDeps): Promise<void> {
  for (const id of ['late', 'other', 'lost', 'new-0', 'new-1']) {
    await bytesArrived(deps, `packages/${versionId}/${id}.zip`).catch(() => undefined);
    await completeUpload(deps, refOf(id)).catch(() => undefined);
  }
  await world.verifyAll();
  await sweep(deps, 0);
}

async function send(world: World, deps: UploadDeps, id: string, isSent: boolean): Promise<void> {
  const created = await createUpload(deps, publisher, versionId, {
    packageId: parsePackageId(id),
    ext: parseExt('zip'),
    size: id.length,
    sha256: sha256Of(id),
    metadata: {},
    partChecksums: false,
  });
  if (isSent && created.upload !== undefined) await world.send(singleRequest(created), id);
}

async function publish(world: World, deps: UploadDeps, id: string): Promise<void> {
  await send(world, deps, id, true);
  await completeUpload(deps, refOf(id));
}

function refOf(id: string): { versionId: typeof versionId; packageId: PackageId } {
  return { versionId, packageId: parsePackageId(id) };
}

/** Notes what was published when the version was sealed, and lists packages one by one. */
class WatchedCatalog {
  atSeal: readonly string[] | undefined;
  readonly catalog: Catalog;
  readonly #own: Catalog;

  constructor(own: Catalog) {
    this.#own = own;
    const changeVersion: Catalog['changeVersion'] = async (id, expected, change) => {
      const changed = await own.changeVersion(id, expected, change);
      if (changed !== undefined && isSeal(change)) this.atSeal = await this.published();
      return changed;
    };
    const listPackages: Catalog['listPackages'] = (id, states, page) =>
      own.listPackages(id, states, { ...page, limit: 1 });
    this.catalog = new Proxy(own, {
      get: (target, name) => {
        if (name === 'changeVersion') return changeVersion;
        if (name === 'listPackages') return listPackages;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  async published(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { packageId } of everyPackage(this.#own, versionId, PUBLISHED))
      names.push(packageId);
    return names;
  }
}

function isSeal({ sealedAt }: VersionChange): boolean {
  return sealedAt !== undefined;
}
