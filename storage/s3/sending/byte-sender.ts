/**
 * Sends bytes from this process to the bucket. Each request is signed over the SHA-256 of its
 * bytes. A PUT through the SDK would cost much more time: docs/decisions/0017.
 */
import type { Clock } from '../../../core/clock.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { S3Bucket } from '../bucket/s3-bucket.ts';
import { RequestSigner } from '../signing/request-signer.ts';
import { Connections, type S3Response } from './connections.ts';
import { retryPassing, StoreRefusal } from './store-refusal.ts';

/** A PUT; all headers are signed. */
export interface Sending {
  readonly key: PackageKey;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** 64 lower-case hex digits: a store that gets other bytes refuses them. */
  readonly sha256: string;
}

/** After the first try. If a store refuses one request in ten, one file in 100,000 fails. */
const RETRIES = 4;

export class ByteSender {
  readonly #signer: RequestSigner;
  readonly #connections: Connections;

  constructor(bucket: S3Bucket, clock: Clock) {
    this.#signer = new RequestSigner(bucket, clock, bucket.ownAddress);
    this.#connections = new Connections(bucket.ownAddress.protocol);
  }

  /**
   * @returns the headers of the response, names in lower case.
   * @throws StoreRefusal, ConnectionFault
   */
  put({ key, query, headers, bytes, sha256 }: Sending): Promise<S3Response['headers']> {
    const send = async () => {
      // Each try gets its own signature, because signatures expire.
      const signed = await this.#signer.inHeaders({ method: 'PUT', key, query, headers }, sha256);
      const { status, headers: answered, body } = await this.#connections.send(signed, bytes);
      if (status >= 300) throw new StoreRefusal(status, body);
      return answered;
    };
    return retryPassing(send, RETRIES);
  }

  close(): void {
    this.#connections.close();
  }
}
