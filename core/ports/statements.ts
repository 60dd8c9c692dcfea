/** The ports of what a sealed version says of itself: where statements are kept, and who signs them. */
import type { VersionId } from '../names.ts';

/** Keeps one statement for each version, beside the packages. */
export interface Statements {
  /** Undefined where none was made yet. */
  read(versionId: VersionId): Promise<string | undefined>;
  /** Keeps `text`, unless there is one: a statement never changes. @returns the one that is kept */
  keep(versionId: VersionId, text: string): Promise<string>;
}

/** A key that signs statements, or signed them once. */
export interface ReleaseKey {
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER), 64 lower-case hex digits. */
  readonly keyId: string;
  /** PEM */
  readonly publicKey: string;
  readonly createdAt: string;
  /** Whether new statements are signed with it. */
  readonly signs: boolean;
}

export interface ReleaseSigner {
  /** The one that signs first, then the earlier ones. */
  keys(): Promise<readonly ReleaseKey[]>;
  /** ECDSA over P-256 and SHA-256, in DER. */
  sign(bytes: Uint8Array): Promise<{ readonly keyId: string; readonly signature: Uint8Array }>;
}

/** Reads statements of a fallback store too, and takes them over. */
export function withFallback(own: Statements, fallback: Statements): Statements {
  return {
    read: async (versionId) => {
      const kept = await own.read(versionId);
      if (kept !== undefined) return kept;
      const earlier = await fallback.read(versionId);
      return earlier === undefined ? undefined : own.keep(versionId, earlier);
    },
    keep: (versionId, text) => own.keep(versionId, text),
  };
}
