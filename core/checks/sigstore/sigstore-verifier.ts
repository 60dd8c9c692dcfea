/** Verifies Sigstore bundles offline: certificate, time, transparency log, signature. Knows no policy. */
import { createHash, createVerify } from 'node:crypto';
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
  const { timestamps } = entity;
  return {
    ...entity,
    signature: signatureOf(bundle, entity.signature, hashed),
    // Only the promise of a log signs the time that its entry names.
    timestamps: timestamps.filter(
      (one) => one.$case !== 'transparency-log' || one.tlogEntry.inclusionPromise !== undefined,
    ),
  };
}

type Signature = SignedEntity['signature'];

function signatureOf(
  { content }: Bundle,
  given: Signature,
  hashed: ReturnType<typeof createVerify>,
): Signature {
  const common = {
    signature: given.signature,
    compareSignature: (other: Buffer) => given.compareSignature(other),
  };
  if (content.$case === 'messageSignature')
    return {
      ...common,
      compareDigest: (digest) => given.compareDigest(digest),
      verifySignature: (key) => hashed.verify(key, given.signature),
    };
  const { payloadType, payload } = content.dsseEnvelope;
  // Rekor 2 logs the digest of all that is signed, earlier ones that of the payload.
  const signed = createHash('sha256').update(preAuthEncoding(payloadType, payload)).digest();
  return {
    ...common,
    compareDigest: (digest) => given.compareDigest(digest) || signed.equals(digest),
    verifySignature: (key) => given.verifySignature(key),
  };
}

/** What an envelope signs: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function preAuthEncoding(payloadType: string, payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
