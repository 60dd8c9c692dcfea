/**
 * Sends what a store asks of its bucket without the SDK, whose client takes longer to load than a
 * function with all the rest: docs/decisions/0047.
 */
import { hash } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';
import { ServiceError } from '../../../core/errors.ts';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import type { ReceivingAgents } from '../../http/receiving-agents.ts';
import { canonicalQuery, encodePath } from '../../sigv4/canonical.ts';
import { HeaderSigner } from '../../sigv4/header-signer.ts';
import { bucketAddress } from '../bucket/bucket-address.ts';
import type { S3Operation, S3Operations, S3Requests } from '../bucket/s3-requests.ts';
import type { BucketAddress, S3Settings } from '../bucket/s3-settings.ts';
import { Connections, textOf } from '../sending/connections.ts';
import { retryPassing, StoreRefusal } from '../sending/store-refusal.ts';
import { type Answered, type Asked, OPERATIONS } from './operations.ts';

/** After the first try, as the SDK's standard mode does. */
const RETRIES = 2;
/** S3 may answer 200 before it has joined the parts, and write the error into the body. */
const LATE_ERROR = /^\s*(?:<\?xml[^>]*>\s*)?<Error>/;

export class SignedS3Client implements S3Requests {
  readonly #address: BucketAddress;
  readonly #signer: HeaderSigner;
  readonly #connections: Connections;
  readonly #credentials: S3Settings['credentials'];

  constructor(settings: S3Settings, agents: ReceivingAgents) {
    this.#address = bucketAddress(settings, settings.endpoint);
    this.#signer = new HeaderSigner(this.#address.signingRegion, 's3');
    const { protocol } = this.#address;
    this.#connections = new Connections(
      protocol,
      protocol === 'https:' ? agents.https : agents.http,
    );
    this.#credentials = settings.credentials;
  }

  async request<Name extends S3Operation>(
    operation: Name,
    input: S3Operations[Name][0],
  ): Promise<S3Operations[Name][1]> {
    const { ask, read } = OPERATIONS[operation];
    const asked = ask(input);
    const answer = await retryPassing(() => this.#send(asked, operation === 'GetObject'), RETRIES);
    return read(answer);
  }

  async credentials(): Promise<AwsCredentialIdentity> {
    const given = this.#credentials;
    if (given === undefined)
      throw new ServiceError('UNAVAILABLE', 'requests can not be signed: no credentials are given');
    return typeof given === 'function' ? given() : given;
  }

  /** Repeatable. */
  destroy(): void {
    this.#connections.close();
  }

  async #send(asked: Asked, isStream: boolean): Promise<Answered> {
    const { method, key, body = '' } = asked;
    const query = texts(asked.query);
    const { protocol, host, path: root } = this.#address;
    const path = key === undefined ? root || '/' : `${root}/${encodePath(key)}`;
    const sha256 = hash('sha256', body);
    const headers = { ...texts(asked.headers), 'x-amz-content-sha256': sha256 };
    const signed = this.#signer.sign(
      { method, host, path, query, headers, sha256 },
      await this.credentials(),
      new Date(),
    );
    const search = canonicalQuery(query);
    const url = `${protocol}//${host}${path}${search === '' ? '' : `?${search}`}`;
    const stream = await this.#connections.open(
      { method, url, headers: signed.headers },
      Buffer.from(body),
    );
    const { statusCode: status = 0 } = stream;
    if (status < 300 && isStream) return { headers: stream.headers, text: '', stream };
    const text = await textOf(stream);
    if (status >= 300) throw new StoreRefusal(status, text);
    if (LATE_ERROR.test(text)) throw new StoreRefusal(503, text);
    return { headers: stream.headers, text, stream };
  }
}

/** For settings with credentials. */
export function signedS3(settings: S3Settings, agents: ReceivingAgents): SignedS3Client {
  return new SignedS3Client(settings, agents);
}

function texts(values: Asked['query'] = {}): Record<string, string> {
  const known = Object.entries(withoutUndefined(values));
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}
