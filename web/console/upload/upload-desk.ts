/**
 * What is chosen for upload and what is under way. It outlives the view, so that uploads go on while
 * other views are shown.
 */
import type { VersionBody } from '../../../client/stowage-client.ts';
import { isStowageError } from '../../../client/stowage-error.ts';
import type { FileUpload } from '../../../client/uploader/file-upload.ts';
import type { Uploader } from '../../../client/uploader/uploader.ts';
import { guessPlatform, type Platform } from '../../../core/platforms.ts';
import { Rate } from './rate.ts';

/** A file that is chosen, and not sent yet. */
export interface Chosen {
  readonly id: number;
  readonly file: File;
  readonly filename: string;
  readonly platform: Platform;
  readonly verdict?: string;
  readonly detail?: string;
}

/** `new`: there is no such version; `unknown`: it was not asked for. */
export type Target = VersionBody | 'new' | 'unknown';

export interface Running {
  readonly id: number;
  readonly upload: FileUpload;
  readonly rate: Rate;
}

/** What the service takes in one request. */
const NAMES_AT_ONCE = 500;

export class UploadDesk {
  versionId = '';
  target: Target = 'unknown';
  chosen: readonly Chosen[] = [];
  running: readonly Running[] = [];
  isChecking = false;
  error: unknown;
  /** The uploads belong to a draft that is released when all of them are published. */
  releases = false;
  isReleased = false;
  readonly #uploader: Uploader;
  readonly #listeners = new Set<() => void>();
  #nextId = 1;
  #check = 0;
  #isStarting = false;

  constructor(uploader: Uploader) {
    this.#uploader = uploader;
    uploader.on('change', () => this.#changed());
    uploader.on('progress', (upload) => {
      this.running
        .find((one) => one.upload === upload)
        ?.rate.count(upload.bytes, performance.now());
      this.#changed();
    });
    addEventListener('beforeunload', (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  get isBusy(): boolean {
    return this.running.some(({ upload }) => !upload.hasEnded);
  }

  get isDone(): boolean {
    return this.running.length > 0 && this.running.every(({ upload }) => upload.hasEnded);
  }

  get published(): number {
    return this.running.filter(({ upload }) => upload.state === 'published').length;
  }

  get hasConflicts(): boolean {
    return this.chosen.some(({ verdict }) => verdict === 'taken' || verdict === 'invalid');
  }

  choose(files: readonly File[], versionId?: string): void {
    if (versionId !== undefined) this.versionId = versionId;
    const added = files.map((file) => ({
      id: this.#nextId++,
      file,
      filename: file.name,
      platform: guessPlatform(file.name),
    }));
    this.chosen = [...this.chosen, ...added];
    this.#changed();
  }

  edit(id: number, change: Partial<Pick<Chosen, 'filename' | 'platform'>>): void {
    this.chosen = this.chosen.map((one) => {
      if (one.id !== id) return one;
      const { verdict: _verdict, detail: _detail, ...rest } = one;
      return { ...rest, ...change };
    });
    this.#changed();
  }

  leaveOut(id: number): void {
    this.chosen = this.chosen.filter((one) => one.id !== id);
    this.#changed();
  }

  setVersion(versionId: string): void {
    this.versionId = versionId;
    this.target = 'unknown';
    this.#changed();
  }

  /** Asks what each name would become. While an upload is started, that has been asked already. */
  async check(): Promise<void> {
    if (!this.#isStarting) await this.#checkNames();
  }

  /** @returns whether all of them can be used */
  async #checkNames(): Promise<boolean> {
    const round = ++this.#check;
    const { versionId, chosen } = this;
    if (versionId === '' || chosen.length === 0) return false;
    this.isChecking = true;
    this.error = undefined;
    this.#changed();
    try {
      const [target, verdicts] = await Promise.all([this.#findTarget(), this.#verdicts(chosen)]);
      if (round !== this.#check) return false;
      this.target = target;
      this.chosen = this.chosen.map((one) => ({ ...one, ...verdicts.get(one.id) }));
      return !this.hasConflicts;
    } catch (error) {
      if (round === this.#check) this.error = error;
      return false;
    } finally {
      if (round === this.#check) this.isChecking = false;
      this.#changed();
    }
  }

  /** As `stowage push` does: several files of a new version are a draft until all are there. */
  async start(): Promise<void> {
    if (this.#isStarting) return;
    this.#isStarting = true;
    try {
      if (await this.#checkNames()) await this.#send();
    } finally {
      this.#isStarting = false;
    }
  }

  async #send(): Promise<void> {
    const { versionId, chosen, target } = this;
    const isNew = target === 'new';
    try {
      if (isNew && chosen.length > 1)
        await this.#uploader.client.putVersion(versionId, { draft: true });
    } catch (error) {
      this.error = error;
      this.#changed();
      return;
    }
    this.releases = isNew ? chosen.length > 1 : typeof target === 'object' && target.draft;
    this.isReleased = false;
    this.chosen = [];
    for (const one of chosen) this.#begin(one, versionId);
    this.#changed();
  }

  /** Begins a failed or cancelled upload again. */
  retry({ id, upload }: Running): void {
    const { os, arch, libc, bundle } = upload.package ?? guessPlatform(upload.filename);
    const platform = Object.fromEntries(
      Object.entries({ os, arch, libc, bundle }).filter(([, value]) => value !== undefined),
    );
    this.running = this.running.filter((one) => one.id !== id);
    const file = upload.file as File;
    this.#begin({ id, file, filename: upload.filename, platform }, upload.versionId);
    this.#changed();
  }

  pause(): void {
    this.#uploader.pause();
  }

  resume(): void {
    this.#uploader.resume();
  }

  async cancel(): Promise<void> {
    await this.#uploader.cancel();
  }

  /** Forgets uploads that are over, for the next ones. */
  clear(): void {
    if (this.isBusy) return;
    this.running = [];
    this.versionId = '';
    this.target = 'unknown';
    this.#changed();
  }

  #begin({ id, file, filename, platform }: Chosen, versionId: string): void {
    const { bundle, ...rest } = platform;
    const fields = { ...rest, ...(bundle !== undefined && { bundle }) };
    const upload = this.#uploader.add({ file, versionId, filename, ...fields });
    this.running = [...this.running, { id, upload, rate: new Rate() }];
    upload.done.then(
      () => this.#releaseIfWhole(versionId),
      () => this.#changed(),
    );
  }

  async #releaseIfWhole(versionId: string): Promise<void> {
    const isWhole = this.running.every(({ upload }) => upload.state === 'published');
    if (!isWhole || !this.releases || this.isReleased) return this.#changed();
    try {
      await this.#uploader.client.putVersion(versionId, { draft: false });
      this.isReleased = true;
    } catch (error) {
      this.error = error;
    }
    this.#changed();
  }

  async #findTarget(): Promise<Target> {
    try {
      return await this.#uploader.client.getVersion(this.versionId);
    } catch (error) {
      if (isStowageError(error, 'NOT_FOUND')) return 'new';
      throw error;
    }
  }

  async #verdicts(chosen: readonly Chosen[]) {
    const verdicts = new Map<number, Pick<Chosen, 'verdict' | 'detail'>>();
    for (let start = 0; start < chosen.length; start += NAMES_AT_ONCE) {
      const some = chosen.slice(start, start + NAMES_AT_ONCE);
      const names = some.map(({ filename, file }) => ({ filename, size: Math.max(file.size, 1) }));
      const answers = await this.#uploader.client.checkNames(this.versionId, names);
      for (const [index, one] of some.entries()) {
        const answer = answers[index];
        const isEmpty = one.file.size === 0;
        if (isEmpty) verdicts.set(one.id, { verdict: 'invalid', detail: '0 B' });
        else if (answer !== undefined)
          verdicts.set(one.id, {
            verdict: answer.verdict,
            ...(answer.detail !== undefined && { detail: answer.detail }),
          });
      }
    }
    return verdicts;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
