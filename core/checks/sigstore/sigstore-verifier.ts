/** Verifies Sigstore bundles offline: certificate, time, transparency log, signature. Knows no policy. */
import { createVerify } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { type SignedEntity, type TrustMaterial, toSignedEntity, Verifier } from '@sigstore/verify';
import type { BundleVerifier, EachPiece, SignedBundle } from '../signatures/bundle-verifier.ts';

const STATEMENT_TYPE = 'application/vnd.in-toto+json';
/** Real bundles have one or two of each; the verifier compares each with each. */
const ENTRIES_MAX = 16;

export class SigstoreVerifier implements BundleVerifier {
  readonly #verifier: Verifier;

  constructor(root: TrustMaterial) {
    this.#verifier = new Verifier(root);
  }

  async verify(text: string, eachPiece: EachPiece): Promise<SignedBundle | string> {
    const bundle = parse(text);
    if (typeof bundle === 'string') return bundle;
    const fault = faultIn(bundle);
    if (fault !== undefined) return fault;
    // Outside of the catch below: that a file can't be read is no fault of the bundle.
    const hashed = createVerify('sha256');
    if (bundle.content.$case === 'messageSignature')
      await eachPiece((piece) => void hashed.update(piece));
    try {
      const signer = this.#verifier.verify(entityOf(bundle, hashed));
      const identity = signer.identity?.subjectAlternativeName;
      const issuer = signer.identity?.extensions?.issuer;
      if (identity === undefined || issuer === undefined)
        return 'has a certificate that names no identity and issuer';
      const { content } = bundle;
      return content.$case === 'dsseEnvelope'
        ? { issuer, identity, statement: content.dsseEnvelope.payload.toString('utf8') }
        : { issuer, identity };
    } catch (error) {
      // Whatever is thrown here, the bundle could not be verified.
      return `is not signed as it must be: ${reasonOf(error)}`;
    }
  }
}

function parse(text: string): Bundle | string {
  try {
    return bundleFromJSON(JSON.parse(text));
  } catch (error) {
    return `is no Sigstore bundle: ${reasonOf(error)}`;
  }
}

function faultIn({ content, verificationMaterial }: Bundle): string | undefined {
  if (verificationMaterial.content.$case === 'publicKey')
    return 'is signed by a key and has no certificate, so no one proved who signed it';
  const { tlogEntries, timestampVerificationData } = verificationMaterial;
  const times = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tlogEntries.length > ENTRIES_MAX || times.length > ENTRIES_MAX)
    return `has more than ${ENTRIES_MAX} log entries or timestamps`;
  if (content.$case !== 'dsseEnvelope') return undefined;
  const { payloadType, signatures } = content.dsseEnvelope;
  if (payloadType !== STATEMENT_TYPE)
    return `signs a payload of the type ${JSON.stringify(payloadType)}, expected ${STATEMENT_TYPE}`;
  return signatures.length === 1 ? undefined : `has ${signatures.length} signatures, expected 1`;
}

/** @param hashed what the bytes of the file were passed to, where they are signed */
function entityOf(bundle: Bundle, hashed: ReturnType<typeof createVerify>): SignedEntity {
  const entity = toSignedEntity(bundle);
  const { signature, timestamps } = entity;
  return {
    ...entity,
    // Only the promise of a log signs the time that its entry names.
    timestamps: timestamps.filter(
      (one) => one.$case !== 'transparency-log' || one.tlogEntry.inclusionPromise !== undefined,
    ),
    ...(bundle.content.$case === 'messageSignature' && {
      signature: {
        signature: signature.signature,
        compareSignature: (other: Buffer) => signature.compareSignature(other),
        compareDigest: (digest: Buffer) => signature.compareDigest(digest),
        verifySignature: (key) => hashed.verify(key, signature.signature),
      },
    }),
  };
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
