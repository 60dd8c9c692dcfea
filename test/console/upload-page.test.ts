/** The examples of pages that upload, in a real browser, from another origin than the service. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { itemsOf } from '../../client/pages.ts';
import { StowageClient } from '../../client/public/client.ts';
import { CHROMIUM } from './browser.ts';
import { ExamplePage } from './example-page.ts';

const root = join(import.meta.dirname, '..', '..');
const MIB = 1024 * 1024;

test('the documentation shows the server of the example', () => {
  const server = readFileSync(join(root, 'examples', 'browser-upload', 'server.js'), 'utf8');
  const docs = readFileSync(join(root, 'docs', 'browser-uploads.md'), 'utf8');

  expect(docs).toContain(`\`\`\`js\n${server}\`\`\`\n`);
});

if (CHROMIUM === undefined) {
  test.skip('Chromium is not installed: npm run servers -- Chromium', () => {});
}

const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function published(example: ExamplePage) {
  const { server, token } = example.desk;
  const client = new StowageClient({ url: server.url, token });
  const packages = await itemsOf(client.listPackages('1.0.0'));
  const tokens = await itemsOf(client.listTokens());
  return { packages, tokens };
}

/** What a browser sends as tokens. */
function tokensOf(page: Page): ReadonlySet<string> {
  const sent = new Set<string>();
  page.on('request', (request) => {
    const authorization = request.headers()['authorization'];
    if (authorization !== undefined) sent.add(authorization.replace(/^Bearer stw_(\w+?)_.*/, '$1'));
  });
  return sent;
}

describeInBrowser('a page of another origin', () => {
  let allowed: ExamplePage;
  let refusing: ExamplePage;
  beforeAll(async () => {
    allowed = await ExamplePage.open('browser-upload');
    refusing = await ExamplePage.open('browser-upload', false);
  });
  afterAll(() => Promise.all([allowed?.close(), refusing?.close()]));

  async function open(example: ExamplePage): Promise<Page> {
    const page = await example.desk.page();
    await page.goto(example.url);
    return page;
  }

  test('uploads a file in parts with a grant, hashed by the worker', async () => {
    const page = await open(allowed);
    const path = join(allowed.folder, 'tool.bin');
    const bytes = randomBytes(40 * MIB);
    await writeFile(path, bytes);
    const workers: string[] = [];
    page.on('worker', (worker) => workers.push(worker.url()));
    const sent = tokensOf(page);

    await page.getByLabel('Files').setInputFiles(path);
    await page.getByText('tool.bin: published, 100 %').waitFor();

    const { packages, tokens } = await published(allowed);
    expect(packages).toMatchObject([{ packageId: 'tool-bin', sha256: sha256Of(bytes) }]);
    expect(workers).toEqual([`${allowed.origin}/hash-worker.js`]);
    const grants = tokens.filter(({ upload }) => upload !== undefined);
    expect(grants).toMatchObject([{ upload: { packageId: 'tool-bin', size: 40 * MIB } }]);
    expect([...sent]).toEqual(grants.map(({ tokenId }) => tokenId));
  });

  test('learns at once that the service refuses it, and what to do', async () => {
    const page = await open(refusing);
    let requests = 0;
    page.on('request', (request) => {
      if (request.url().startsWith(refusing.desk.server.url)) requests += 1;
    });

    await page
      .getByLabel('Files')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
    await page.getByText(`add it to CORS_ORIGINS of the service`).waitFor();

    expect(await page.getByRole('listitem').textContent()).toContain('a.txt: CORS_REFUSED');
    expect(requests).toBeLessThanOrEqual(4);
  });
});

describeInBrowser("a page with Uppy's Dashboard", () => {
  let example: ExamplePage;
  beforeAll(async () => {
    example = await ExamplePage.open('uppy-upload');
  });
  afterAll(() => example?.close());

  test('uploads files with a grant each', async () => {
    const page = await example.desk.page();
    await page.goto(example.url);
    const files = ['one.bin', 'two.bin'].map((name) => ({
      name,
      mimeType: 'application/x-tool',
      buffer: randomBytes(3 * MIB),
    }));
    const sent = tokensOf(page);

    await page.locator('.uppy-Dashboard-input').first().setInputFiles(files);
    await page.getByRole('button', { name: 'Upload 2 files' }).click();
    await page.getByText('Complete', { exact: true }).waitFor();

    const { packages } = await published(example);
    const shown = await page.locator('#published').textContent();
    for (const { name, buffer } of files) {
      expect(shown).toContain(`/packages/1.0.0/${name}, SHA-256 ${sha256Of(buffer)}`);
      expect(packages.find(({ filename }) => filename === name)?.state).toBe('available');
    }
    expect(sent.size).toBe(2);
  });
});
