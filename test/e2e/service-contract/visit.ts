/** One test's visit to a service: a version of its own, and the steps that most tests take. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  CreatedPackage,
  PackageBody,
  RequestBody,
  UploadBody,
} from '../../../api/schemas/answers.ts';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { type Answer, PlainClient, type SendOptions } from '../../support/plain-client.ts';
import type { ServiceTarget } from '../service-target.ts';

export const MIB = 1024 * 1024;
/** The smallest part that the service plans. */
export const PART_BYTES = 16 * MIB;

const NEXT_LOOK_MS = 50;

export interface MadeToken {
  readonly tokenId: string;
  readonly token: string;
}

export type Scope = 'read' | 'publish' | 'release' | 'admin';

export class Visit {
  readonly target: ServiceTarget;
  /** Unlike that of any other test. */
  readonly versionId: string;
  readonly admin: PlainClient;

  constructor(target: ServiceTarget) {
    this.target = target;
    this.versionId = `${target.versionPrefix ?? '1.0+'}${randomUUID()}`;
    this.admin = new PlainClient(target.url, target.adminToken, target.send);
  }

  /** `/v1/versions/{versionId}`, with what follows it. */
  path(rest = ''): string {
    return `/v1/versions/${encodeURIComponent(this.versionId)}${rest}`;
  }

  /** The stable link of a file of this version. */
  stable(file: string): string {
    return `/packages/${encodeURIComponent(this.versionId)}/${file}`;
  }

  /** A client with a token of its own. @param versions the pattern that limits it */
  async clientWith(scope: Scope, versions?: string): Promise<PlainClient> {
    const limit = versions === undefined ? {} : { versions };
    const made = await this.makeToken(this.admin, {
      name: `${scope} of ${this.versionId}`,
      scopes: [scope],
      ...limit,
    });
    return new PlainClient(this.target.url, made.token, this.target.send);
  }

  /** @param maker a client with a token that may make others */
  makeToken(maker: PlainClient, wanted: object): Promise<MadeToken> {
    const { tokensExpireAt: expiresAt } = this.target;
    return maker.json('POST', '/v1/tokens', { ...wanted, ...withoutUndefined({ expiresAt }) });
  }

  /** As somebody without a token. */
  anonymously(
    method: string,
    path: string,
    options: Omit<SendOptions, 'method'> = {},
  ): Promise<Answer> {
    return this.target.send(this.target.url + path, { method, ...options });
  }

  /** As the admin, with headers. */
  asking(path: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Answer> {
    const authorization = `Bearer ${this.target.adminToken}`;
    return this.target.send(this.target.url + path, {
      method,
      headers: { authorization, ...headers },
    });
  }

  create(packageId: string, bytes: Buffer, more: object = {}): Promise<CreatedPackage> {
    return this.admin.json('POST', this.path('/packages'), declaration(packageId, bytes, more));
  }

  /** Announces a package that is sent in one request. @returns that request */
  async announce(packageId: string, bytes: Buffer, more: object = {}): Promise<RequestBody> {
    return requestOf((await this.create(packageId, bytes, { method: 'single', ...more })).upload);
  }

  /** Sends a signed request exactly as it was issued. */
  sendSigned({ url, method, headers }: RequestBody, body?: Buffer): Promise<Answer> {
    return this.target.send(url, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  complete(packageId: string): Promise<Answer> {
    return this.admin.call('POST', this.path(`/packages/${packageId}/complete`));
  }

  async publish(packageId: string, bytes: Buffer, more: object = {}): Promise<PackageBody> {
    const sent = await this.sendSigned(await this.announce(packageId, bytes, more), bytes);
    if (sent.status !== 200) throw new Error(`the upload answered ${sent.status}: ${sent.body}`);
    await this.admin.complete(this.versionId, packageId);
    return this.package(packageId);
  }

  package(packageId: string): Promise<PackageBody> {
    return this.admin.json('GET', this.path(`/packages/${packageId}`));
  }

  /** The link behind a stable link. */
  async link(file: string): Promise<string> {
    const answer = await this.admin.call('GET', this.stable(file));
    if (answer.status !== 302)
      throw new Error(`the stable link answered ${answer.status}: ${answer.body}`);
    return String(answer.headers['location']);
  }

  /**
   * Waits until the package is in that state. HTTP sends no notice, so it asks again and again.
   * @param between what to do before each further look
   */
  async untilState(
    packageId: string,
    state: PackageBody['state'],
    between?: () => Promise<void>,
  ): Promise<void> {
    while ((await this.package(packageId)).state !== state) {
      await between?.();
      await delay(NEXT_LOOK_MS);
    }
  }
}

/**
 * Asks until the answer is as it will be: lists may lag, and a CDN takes time to forget.
 * @returns that answer
 */
export async function until<Answered>(
  ask: () => Promise<Answered>,
  isSettled: (answer: Answered) => boolean,
): Promise<Answered> {
  for (;;) {
    const answer = await ask();
    if (isSettled(answer)) return answer;
    await delay(NEXT_LOOK_MS);
  }
}

export function declaration(packageId: string, bytes: Buffer, more: object = {}): object {
  return { packageId, ext: 'bin', size: bytes.length, sha256: sha256Of(bytes), ...more };
}

function requestOf(upload: UploadBody | undefined): RequestBody {
  if (upload?.method !== 'single')
    throw new Error(`expected an upload in one request, got ${JSON.stringify(upload)}`);
  return upload.request;
}

export type MultipartUpload = UploadBody & { readonly method: 'multipart' };

export function multipartOf(upload: UploadBody | undefined): MultipartUpload {
  if (upload?.method !== 'multipart')
    throw new Error(`expected an upload in parts, got ${JSON.stringify(upload)}`);
  return upload;
}

export function jsonOf<Body>(answer: Answer): Body {
  return JSON.parse(answer.body.toString()) as Body;
}

/** Status and code of a problem, and whether it is one by its type. */
export function problemOf(answer: Answer): {
  readonly status: number;
  readonly code: string;
  readonly type: string;
} {
  const { code } = jsonOf<{ code: string }>(answer);
  return { status: answer.status, code, type: String(answer.headers['content-type']) };
}

export function aProblem(status: number, code: string): ReturnType<typeof problemOf> {
  return { status, code, type: 'application/problem+json' };
}
