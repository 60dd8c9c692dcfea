/** Verifies the signature of a statement, and reads what it says. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Session } from '../command/cli.ts';
import { failure, misuse } from '../output/fault.ts';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const PEM = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** The SHA-256 of every file of a sealed version, by its filename. */
export type SealedFiles = ReadonlyMap<string, string>;

/**
 * @param keyFile public keys in PEM. @default those of the service, which then is trusted
 * @throws Fault INTEGRITY if no key has signed it, or it is about another version
 */
export async function sealedFiles(
  { client, signal }: Pick<Session, 'client' | 'signal'>,
  versionId: string,
  keyFile: string | undefined,
): Promise<SealedFiles> {
  const text = await client.getStatement(versionId, { signal });
  const keys =
    keyFile === undefined
      ? (await client.getReleaseKeys({ signal })).map(({ publicKey }) => publicKey)
      : pemsIn(keyFile);
  return readStatement(text, keys.map(toKey), versionId);
}

/** @throws Fault INTEGRITY */
function readStatement(text: string, keys: readonly KeyObject[], versionId: string): SealedFiles {
  const { payloadType, payload, signatures } = parse<Envelope>(text);
  const bytes = Buffer.from(String(payload), 'base64');
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${bytes.length} `;
  const signed = Buffer.concat([Buffer.from(head), bytes]);
  const isSigned = signatures?.some(({ sig }) =>
    keys.some((key) => verify('sha256', signed, key, Buffer.from(String(sig), 'base64'))),
  );
  if (payloadType !== PAYLOAD_TYPE || isSigned !== true)
    throw wrong(versionId, `none of ${keys.length} keys has signed it`);
  const { subject, predicate } = parse<Content>(bytes.toString());
  if (predicate?.releaseId !== versionId)
    throw wrong(versionId, `it is about version ${predicate?.releaseId}`);
  return new Map((subject ?? []).map(({ name, digest }) => [name, digest.sha256]));
}

interface Envelope {
  readonly payloadType?: string;
  readonly payload?: string;
  readonly signatures?: readonly { readonly sig?: string }[];
}

interface Content {
  readonly subject?: readonly {
    readonly name: string;
    readonly digest: { readonly sha256: string };
  }[];
  readonly predicate?: { readonly releaseId?: string };
}

function parse<Shape>(text: string): Partial<Shape> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function wrong(versionId: string, what: string) {
  return failure('INTEGRITY', `the statement of version ${versionId} can't be trusted: ${what}`, {
    hint: 'is it the key of this service? Its operator has it from: stowage release-keys show',
  });
}

/** @throws Fault */
function pemsIn(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw misuse(`--key ${file} can't be read: ${String(error)}`);
  }
  const found = text.match(PEM) ?? [];
  if (found.length === 0)
    throw misuse(`--key ${file} holds no public key in PEM (-----BEGIN PUBLIC KEY-----)`);
  return found;
}

function toKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw failure('INVALID_INPUT', 'a public key of the statement is broken', { cause });
  }
}
