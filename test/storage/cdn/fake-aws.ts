/**
 * Secrets Manager and CloudFront as far as the CDN's keys need them, over HTTP: what their
 * documentation promises, and faults by script.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AwsClientOptions } from '../../../storage/aws/aws-client.ts';
import type { AwsOptions } from '../../../storage/aws/client-options.ts';
import {
  type Answer,
  type FakeGroup,
  failed,
  groupXml,
  listed,
  type Page,
  send,
  textOf,
  textsOf,
} from './fake-answers.ts';

interface FakeKey {
  readonly name: string;
  readonly pem: string;
}

/** How a request fails: with that status and code, or by a connection that breaks. */
export type Fault = { readonly status: number; readonly code: string } | 'cut';

export interface Call {
  readonly method: string;
  /** Path without the version of the API, or the target of Secrets Manager. */
  readonly path: string;
  readonly body: string;
  readonly ifMatch: string | undefined;
}

export class FakeAws {
  /** Of the keyring. */
  readonly versions = new Map<string, string>();
  current: string | undefined;
  readonly publicKeys = new Map<string, FakeKey>();
  readonly groups = new Map<string, FakeGroup>();
  /** Paths, once for each reference. */
  readonly invalidations: string[] = [];
  readonly #references = new Set<string>();
  /** Every request, as `METHOD path`. */
  readonly seen: string[] = [];
  /** Asked before each request; undefined: it is served. */
  fault: (call: Call) => Fault | undefined = () => undefined;
  readonly #server: Server;
  #ids = 0;

  private constructor() {
    this.#server = createServer(
      (request, response) => void this.#serve(request).then((answer) => send(response, answer)),
    );
  }

  static async listen(): Promise<FakeAws> {
    const fake = new FakeAws();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get options(): AwsOptions & AwsClientOptions {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return { region: 'us-east-1', endpoint: this.url, credentials, timeoutMs: 2000 };
  }

  /** The keyring's text; set, as a person would. */
  get text(): string {
    return this.versions.get(this.current ?? '') ?? '';
  }

  set text(text: string) {
    this.current = `by-hand-${++this.#ids}`;
    this.versions.set(this.current, text);
  }

  async #serve(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const target = request.headers['x-amz-target'];
    const call: Call = {
      method: request.method ?? '',
      path:
        typeof target === 'string' ? target : (request.url ?? '').replace(/^\/\d{4}-\d\d-\d\d/, ''),
      body: Buffer.concat(chunks).toString(),
      ifMatch: request.headers['if-match'],
    };
    this.seen.push(`${call.method} ${call.path.split('?')[0]}`);
    const fault = this.fault(call);
    if (fault === 'cut') request.socket.destroy();
    const isJson = typeof target === 'string';
    const failure =
      fault === undefined || fault === 'cut' ? undefined : failed(fault.status, fault.code);
    return { ...(failure ?? (isJson ? this.#secrets(call) : this.#cloudFront(call))), isJson };
  }

  #secrets({ path, body }: Call): Answer {
    if (path.endsWith('.GetSecretValue')) {
      if (this.current === undefined) return failed(400, 'ResourceNotFoundException');
      return {
        status: 200,
        body: JSON.stringify({ SecretString: this.text, VersionId: this.current }),
      };
    }
    const input = JSON.parse(body) as {
      readonly SecretString: string;
      readonly ClientRequestToken: string;
    };
    const { SecretString: text, ClientRequestToken: version } = input;
    if (!/^[a-zA-Z0-9-]{32,64}$/.test(version)) return failed(400, 'ValidationException');
    const there = this.versions.get(version);
    if (there !== undefined && there !== text) return failed(400, 'ResourceExistsException');
    this.versions.set(version, text);
    if (there === undefined) this.current = version;
    return { status: 200, body: JSON.stringify({ VersionId: version }) };
  }

  #cloudFront(call: Call): Answer {
    const [, kind = '', id = ''] = (call.path.split('?')[0] ?? '').split('/');
    if (kind === 'public-key')
      return id === '' ? this.#publicKeys(call) : this.#publicKey(call, id);
    if (kind === 'key-group') return id === '' ? this.#keyGroups(call) : this.#keyGroup(call, id);
    if (kind !== 'distribution') return failed(404, 'NoSuchResource');
    if (id !== 'DIST') return failed(404, 'NoSuchDistribution');
    const reference = textOf(call.body, 'CallerReference');
    if (!this.#references.has(reference)) this.invalidations.push(...textsOf(call.body, 'Path'));
    this.#references.add(reference);
    return { status: 201, body: '<Invalidation><Id>I1</Id></Invalidation>' };
  }

  #publicKeys({ method, body, path }: Call): Answer {
    if (method === 'GET') {
      return listed(
        'PublicKeyList',
        pageOf(
          [...this.publicKeys],
          path,
          ([keyId, { name, pem }]) =>
            `<PublicKeySummary><Id>${keyId}</Id><Name>${name}</Name><EncodedKey>${pem}</EncodedKey></PublicKeySummary>`,
        ),
      );
    }
    const key = { name: textOf(body, 'Name'), pem: textOf(body, 'EncodedKey') };
    const isTaken = [...this.publicKeys.values()].some(({ name }) => name === key.name);
    if (isTaken) return failed(409, 'PublicKeyAlreadyExists');
    const keyId = `K${++this.#ids}`;
    this.publicKeys.set(keyId, key);
    return { status: 201, body: `<PublicKey><Id>${keyId}</Id></PublicKey>`, etag: 'E1' };
  }

  #publicKey({ method, ifMatch }: Call, id: string): Answer {
    if (!this.publicKeys.has(id)) return failed(404, 'NoSuchPublicKey');
    if (method === 'GET')
      return { status: 200, body: `<PublicKey><Id>${id}</Id></PublicKey>`, etag: 'E1' };
    if (ifMatch !== 'E1') return failed(412, 'PreconditionFailed');
    if ([...this.groups.values()].some(({ keyIds }) => keyIds.includes(id)))
      return failed(409, 'PublicKeyInUse');
    this.publicKeys.delete(id);
    return { status: 204, body: '' };
  }

  #keyGroups({ method, body, path }: Call): Answer {
    if (method === 'GET') {
      return listed(
        'KeyGroupList',
        pageOf(
          [...this.groups],
          path,
          ([groupId, group]) => `<KeyGroupSummary>${groupXml(groupId, group)}</KeyGroupSummary>`,
        ),
      );
    }
    const keyIds = keyIdsIn(body);
    if (keyIds.some((keyId) => !this.publicKeys.has(keyId))) return failed(400, 'InvalidArgument');
    const name = textOf(body, 'Name');
    if ([...this.groups.values()].some((group) => group.name === name))
      return failed(409, 'KeyGroupAlreadyExists');
    const groupId = `G${++this.#ids}`;
    this.groups.set(groupId, { name, keyIds, etag: 1 });
    return { status: 201, body: `<KeyGroup><Id>${groupId}</Id></KeyGroup>`, etag: '1' };
  }

  #keyGroup({ method, body, ifMatch }: Call, id: string): Answer {
    const group = this.groups.get(id);
    if (group === undefined) return failed(404, 'NoSuchResource');
    if (method !== 'GET' && ifMatch !== String(group.etag))
      return failed(412, 'PreconditionFailed');
    if (method === 'DELETE') {
      this.groups.delete(id);
      return { status: 204, body: '' };
    }
    const keyIds = keyIdsIn(body);
    if (keyIds.some((keyId) => !this.publicKeys.has(keyId))) return failed(400, 'InvalidArgument');
    if (method === 'PUT') Object.assign(group, { keyIds, etag: group.etag + 1 });
    return { status: 200, body: groupXml(id, group), etag: String(group.etag) };
  }
}

/** Two per page, so that every list has several pages. */
function pageOf<Item>(items: readonly Item[], path: string, xml: (item: Item) => string): Page {
  const from = Number(/[?&]Marker=(\d+)/.exec(path)?.[1] ?? 0);
  const next = from + 2 < items.length ? from + 2 : undefined;
  return {
    items: items
      .slice(from, from + 2)
      .map(xml)
      .join(''),
    next,
  };
}

function keyIdsIn(body: string): readonly string[] {
  return [...body.matchAll(/<PublicKey>([^<]*)<\/PublicKey>/g)].map(([, keyId = '']) => keyId);
}
