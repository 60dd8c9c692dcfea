/** MemoryStore keeps the contract, so that tests of the core can rely on it. */
import { randomUUID } from 'node:crypto';
import { sendToMemory } from '../../storage/memory/memory-sender.ts';
import { MemoryStore } from '../../storage/memory/memory-store.ts';
import { UrlSigner } from '../../storage/url-signer.ts';
import { type BlobStoreHarness, collect } from './blob-contract/harness.ts';
import { describeBlobStore } from './blob-store.contract.ts';

async function openMemoryHarness(): Promise<BlobStoreHarness> {
  let now = new Date('2026-11-22T12:00:00.500Z');
  const clock = () => now;
  const signer = new UrlSigner({
    secret: Buffer.alloc(32, 7),
    publicUrl: 'http://memory.test/prefix/',
    clock,
  });
  const store = new MemoryStore({ signer, clock, newId: randomUUID });
  return {
    store,
    minPartSize: 1000,
    async send(request, body, overrides = {}) {
      const bytes = Buffer.from(body ?? '');
      const {
        contentLength = bytes.length,
        method = request.method,
        url = request.url,
      } = overrides;
      if (bytes.length < contentLength) return { status: 0, headers: {}, body: Buffer.alloc(0) };
      const merged = {
        ...request.headers,
        'content-length': String(contentLength),
        ...overrides.headers,
      };
      const headers = Object.entries(merged).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      );
      return sendToMemory(store, signer, {
        method,
        url,
        headers: Object.fromEntries(headers),
        body: bytes,
      });
    },
    async waitUntil(moment) {
      now = moment;
    },
    async close() {
      const left = [...(await collect(store.list())), ...(await collect(store.leftovers()))];
      if (left.length > 0) throw new Error(`left behind: ${left.map(({ key }) => key).join(', ')}`);
    },
  };
}

describeBlobStore('MemoryStore', openMemoryHarness);
