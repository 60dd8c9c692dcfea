/**
 * A DiskStore in a temporary folder with its gateway, for tests. Closing it fails if files are
 * left.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createGateway,
  type GatewayAccess,
  type GatewayOptions,
} from '../../local/gateway/gateway.ts';
import { DiskStore, type DiskStoreOptions } from '../../storage/disk/disk-store.ts';
import { UrlSigner } from '../../storage/url-signer.ts';
import type { BlobStoreHarness } from './blob-contract/harness.ts';
import { sendPlainly } from './plain-client.ts';

export interface DiskHarness extends BlobStoreHarness {
  readonly store: DiskStore;
  readonly signer: UrlSigner;
  readonly root: string;
  /** The URL of the server. */
  readonly origin: string;
  /** A second store on the same folder, as another process would open it. */
  reopen(options?: Partial<DiskStoreOptions>): Promise<DiskStore>;
  /** Waits until the access log has `count` lines, and returns it. */
  accessLog(count: number): Promise<readonly GatewayAccess[]>;
  /** Resolves once all requests so far were answered or given up. */
  idle(): Promise<void>;
}

export async function openDiskHarness(
  storeOptions: Partial<DiskStoreOptions> = {},
  gatewayOptions: Partial<GatewayOptions> = {},
): Promise<DiskHarness> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-disk-'));
  const server = createServer({ requestTimeout: 0 });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let now = new Date('2026-11-22T12:00:00.500Z');
  const clock = () => now;
  const signer = new UrlSigner({ secret: Buffer.alloc(32, 7), publicUrl: origin, clock });
  const reopen = (options: Partial<DiskStoreOptions> = {}) =>
    DiskStore.open({ root, signer, clock, newId: randomUUID, ...storeOptions, ...options });
  const store = await reopen();
  const accesses: GatewayAccess[] = [];
  const logged = new EventEmitter();
  const onAccess = (access: GatewayAccess) => {
    accesses.push(access);
    logged.emit('line');
  };
  const gateway = createGateway({ store, signer, onAccess, ...gatewayOptions });
  const running = new Set<Promise<void>>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const exchange = gateway(request, response).finally(() => running.delete(exchange));
    running.add(exchange);
  };
  server.on('request', handle).on('checkContinue', handle);
  const idle = async () => {
    while (running.size > 0) await Promise.all(running);
  };
  return {
    store,
    signer,
    root,
    origin,
    async accessLog(count) {
      while (accesses.length < count) await once(logged, 'line');
      return accesses;
    },
    minPartSize: 100_000,
    send: sendPlainly,
    reopen,
    idle,
    async waitUntil(moment) {
      now = moment;
    },
    async close() {
      await idle();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await idle();
      await store.close();
      const left = await filesUnder(root);
      await rm(root, { recursive: true });
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
  };
}

const OWN_FOLDERS = [
  'packages',
  '.stowage',
  '.stowage/work',
  '.stowage/uploads',
  '.stowage/arrived',
];

/** All files in the folder, without the folders that a store always has. */
export async function filesUnder(root: string): Promise<readonly string[]> {
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => !OWN_FOLDERS.includes(name)).sort();
}
