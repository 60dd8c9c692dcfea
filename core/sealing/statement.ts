/**
 * The text of a statement: an in-toto Statement about every file of a version, in a DSSE envelope.
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
import { publicNameOf } from '../naming/filenames.ts';
import type { ReleaseSigner } from '../ports/statements.ts';
import { digestOf, type PackageRecord, type VersionRecord } from '../records.ts';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** https://github.com/in-toto/attestation/blob/main/spec/predicates/release.md */
const PREDICATE_TYPE = 'https://in-toto.io/attestation/release/v0.1';

/** @returns one line of JSON: the envelope */
export async function signStatement(
  signer: Pick<ReleaseSigner, 'sign'>,
  version: VersionRecord,
  records: readonly PackageRecord[],
): Promise<string> {
  const payload = Buffer.from(JSON.stringify(statementOf(version, records)));
  const { keyId, signature } = await signer.sign(preAuthEncoding(PAYLOAD_TYPE, payload));
  const envelope = {
    payloadType: PAYLOAD_TYPE,
    payload: payload.toString('base64'),
    signatures: [{ keyid: keyId, sig: Buffer.from(signature).toString('base64') }],
  };
  return `${JSON.stringify(envelope)}\n`;
}

function statementOf(version: VersionRecord, records: readonly PackageRecord[]): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: records.map((record) => ({
      name: publicNameOf(record),
      digest: { sha256: digestOf(record) },
    })),
    predicateType: PREDICATE_TYPE,
    predicate: { releaseId: version.versionId, sealedAt: version.sealedAt },
  };
}

/** What a DSSE signature is over. */
function preAuthEncoding(payloadType: string, payload: Buffer): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
}
