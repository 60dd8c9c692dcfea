/** The trust in bundles of Sigstore: certificate authorities, logs, and time stamps. */

import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { ServiceError } from '../../errors.ts';
import { PUBLIC_ROOT } from './public-root.ts';

/** The public instance of Sigstore, as of this release. */
export function publicRoot(): TrustMaterial {
  return toTrustMaterial(TrustedRoot.fromJSON(PUBLIC_ROOT));
}

/**
 * @param text trusted_root.json
 * @throws INVALID_INPUT
 */
export function parseTrustedRoot(text: string): TrustMaterial {
  try {
    const root = TrustedRoot.fromJSON(JSON.parse(text));
    if (root.certificateAuthorities.length > 0) return toTrustMaterial(root);
  } catch (error) {
    throw new ServiceError('INVALID_INPUT', `it is no trusted root of Sigstore: ${String(error)}`, {
      cause: error,
    });
  }
  throw new ServiceError(
    'INVALID_INPUT',
    'it is no trusted root of Sigstore: it names no certificateAuthorities',
  );
}
