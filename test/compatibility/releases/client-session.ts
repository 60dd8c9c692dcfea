/**
 * A program that uses the client of a release, as an application does: `node client-session.ts URL
 * TOKEN CLIENT UPLOAD DOWNLOAD`, the last three being addresses of that release's files. Prints
 * what it found.
 */
const [url = '', token = '', clientFile = '', uploadFile = '', downloadFile = ''] =
  process.argv.slice(2);

// The types are those of this checkout: what an older release does differently shows when this
// runs.
const { StowageClient } = (await import(
  clientFile
)) as typeof import('../../../client/stowage-client.ts');
const { uploadPackage } = (await import(uploadFile)) as typeof import('../../../client/upload.ts');
const { openDownload } = (await import(
  downloadFile
)) as typeof import('../../../client/download.ts');
const { createHash } = await import('node:crypto');

const client = new StowageClient({ url, token });
const bytes = Buffer.alloc(100_000, 'client ');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const source = {
  size: bytes.length,
  slice: (start: number, end: number) => bytes.subarray(start, end),
};

async function push(packageId: string, method: 'single' | 'multipart'): Promise<string> {
  const declaration = {
    packageId,
    ext: 'bin',
    size: bytes.length,
    sha256,
    method,
    partChecksums: method === 'multipart',
  };
  return (await uploadPackage(client, { versionId: '5.0.0', declaration, source })).outcome;
}

async function collect<Item>(list: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'no error',
    (error: { readonly code?: unknown }) => error.code,
  );
}

async function download(range?: {
  readonly start: number;
  readonly etag: string;
}): Promise<Buffer> {
  const link = await client.link('5.0.0', 'whole.bin');
  const response = await openDownload(client, {
    versionId: '5.0.0',
    file: 'whole.bin',
    link,
    ...(range === undefined ? {} : { range }),
  });
  return Buffer.from(await response.arrayBuffer());
}

const health = (await client.health()).status;
const outcomes = [
  await push('whole', 'single'),
  await push('parts', 'multipart'),
  await push('whole', 'single'),
];
const versions = (await collect(client.listVersions())).map(({ versionId }) => versionId);
const packages = (await collect(client.listPackages('5.0.0', { limit: 1 }))).map(
  ({ packageId }) => packageId,
);
const sums = (await client.getSums('5.0.0')).map(({ file }) => file);
const downloaded = (await download()).equals(bytes);
const { etag = '' } = await client.head('5.0.0', 'whole.bin');
const ranged = (await download({ start: 99_990, etag })).equals(bytes.subarray(99_990));
await client.putChannel('client', { versionId: '5.0.0' });
const channel = (await client.getChannel('client')).versionId;
await client.deleteChannel('client');
const yanked = await client.yankPackage('5.0.0', 'whole', { reason: 'a test' });
const first = await codeOf(client.link('5.0.0', 'whole.bin'));
const restored = await client.restorePackage('5.0.0', 'whole');
const deleted = await client.deletePackage('5.0.0', 'parts');
const second = await codeOf(client.link('5.0.0', 'parts.bin'));
const made = await client.createToken({ name: 'client', scopes: ['read'] });
await client.deleteToken(made.tokenId);
const tokens = await collect(client.listTokens());

process.stdout.write(
  JSON.stringify({
    health,
    outcomes,
    versions: versions.filter((versionId) => versionId === '5.0.0'),
    packages,
    sums,
    downloaded,
    ranged,
    channel,
    states: [yanked.state, restored.state, deleted.state],
    refused: [first, second],
    token: !tokens.some(({ tokenId }) => tokenId === made.tokenId),
  }),
);
