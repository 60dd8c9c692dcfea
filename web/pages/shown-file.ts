/** What a page knows of a file. */
import type { Arch, Os } from '../../core/platforms.ts';

/** A file as pages show it. */
export interface ShownFile {
  readonly filename: string;
  readonly size: number;
  readonly sha256: string;
  /** Where a browser gets it: a path, or a whole URL. */
  readonly href: string;
  readonly os?: Os | undefined;
  readonly arch?: Arch | undefined;
  readonly libc?: string | undefined;
  readonly bundle?: string | undefined;
  /** Why it can not be downloaded now, for people. */
  readonly refused?: string | undefined;
}

/** A file with what belongs to it. */
export interface FileWithCompanions {
  readonly file: ShownFile;
  readonly companions: readonly ShownFile[];
}
