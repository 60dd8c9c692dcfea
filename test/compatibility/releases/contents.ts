/** What the fixture of a release holds, in names and bytes that its maker and its tests share. */
import { sha256Of } from '../../fixtures/sha256-of.ts';

const MIB = 1024 * 1024;

/** Bytes that look like no other file's and pack into next to nothing. */
function bytes(size: number, word: string): Buffer {
  return Buffer.alloc(size, `${word} `);
}

/** One request of JSON that announces a file. */
export function declare(packageId: string, content: Buffer, more: object = {}): object {
  return { packageId, ext: 'bin', size: content.length, sha256: sha256Of(content), ...more };
}

export const CONTENTS = {
  hello: Buffer.from('hello, stowage\n'),
  image: bytes(16 * MIB + 7, 'image'),
  yanked: bytes(1000, 'yanked'),
  deleted: bytes(1001, 'deleted'),
  moved: bytes(1002, 'moved'),
  /** Announced, and nothing sent. */
  announced: bytes(1003, 'announced'),
  /** Sent, and not completed. */
  arrived: bytes(1004, 'arrived'),
  /** Two parts, of which the second has been sent, as the CLI sends it. */
  resumed: bytes(16 * MIB + 5, 'resumed'),
  /** One part, which has been sent without a checksum of its own. */
  plain: bytes(1005, 'plain'),
  /** Declared, while other bytes of this length were sent. */
  rejected: bytes(1006, 'rejected'),
} as const;
export const REJECTED_BYTES = bytes(1006, 'falsified');

/** A fixture's own, in its file `secrets.json`: they open nothing but the fixture. */
export interface FixtureSecrets {
  /** Where it is a setting: with a table. */
  readonly urlSigningKey?: string;
  readonly tokens: Readonly<
    Record<'admin' | 'publisher' | 'reader' | 'expired' | 'revoked', string>
  >;
}
