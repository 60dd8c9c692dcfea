/** What bundles of Sigstore are trusted by on this server: the root of this release, or a file of the operator. */
import { readFile } from 'node:fs/promises';
import type { BundleVerifier } from '../../core/checks/signatures/bundle-verifier.ts';
import { loadSigstoreVerifier } from '../../core/checks/sigstore/load-verifier.ts';
import { ServiceError } from '../../core/errors.ts';

/**
 * @param path SIGSTORE_TRUSTED_ROOT @default the root of this release, read when it is needed
 * @throws INVALID_INPUT where the file can't be read, or is no trusted root
 */
export async function readSigstoreRoot(
  path: string | undefined,
): Promise<() => Promise<BundleVerifier>> {
  if (path === undefined) return () => loadSigstoreVerifier();
  const verifier = await read(path).catch((error: unknown) => {
    throw new ServiceError(
      'INVALID_INPUT',
      `SIGSTORE_TRUSTED_ROOT names ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  });
  return async () => verifier;
}

async function read(path: string): Promise<BundleVerifier> {
  return await loadSigstoreVerifier(await readFile(path, 'utf8'));
}
