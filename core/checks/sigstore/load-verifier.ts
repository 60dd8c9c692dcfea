/** Loads what verifies Sigstore bundles when it is first needed. */
import type { BundleVerifier } from '../signatures/bundle-verifier.ts';

/**
 * @param root the text of a trusted_root.json @default that of Sigstore's public instance
 * @throws INVALID_INPUT where the root is none
 */
export async function loadSigstoreVerifier(root?: string): Promise<BundleVerifier> {
  const { SigstoreVerifier } = await import('./sigstore-verifier.ts');
  const { parseTrustedRoot, publicRoot } = await import('./trusted-root.ts');
  return new SigstoreVerifier(root === undefined ? publicRoot() : parseTrustedRoot(root));
}
