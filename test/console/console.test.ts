/** The console in a real browser, against a real server. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { itemsOf } from '../../client/pages.ts';
import { createUploader, StowageClient } from '../../client/public/client.ts';
import { VECTORS } from '../service/pages/vectors.ts';
import { buildConsole, CHROMIUM, Desk } from './browser.ts';

const root = join(import.meta.dirname, '..', '..');
const BUILT = join(root, 'web', 'console', 'built');
const MIB = 1024 * 1024;

beforeAll(() => buildConsole());

test('its JavaScript is at most 90 KB gzipped, without the worker', () => {
  const files = readdirSync(BUILT).filter(
    (name) => name.endsWith('.js') && !name.startsWith('hash-worker'),
  );
  const sizes = files.map((name) => gzipSync(readFileSync(join(BUILT, name))).length);

  expect(files.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(90_000);
});

if (CHROMIUM === undefined) {
  test.skip('Chromium is not installed: npm run servers -- Chromium', () => {});
}

const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;

describeInBrowser('in a browser', () => {
  let desk: Desk;
  let client: StowageClient;
  const pages: Page[] = [];
  beforeAll(async () => {
    desk = await Desk.open();
    client = new StowageClient({ url: desk.server.url, token: desk.token });
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
  });
  afterAll(() => desk?.close());

  async function signedIn(path?: string, token?: string): Promise<Page> {
    const page = await desk.signedIn(path, token);
    pages.push(page);
    return page;
  }

  type Named = readonly [name: string, bytes: Buffer];

  async function choose(page: Page, versionId: string, ...named: readonly Named[]) {
    await page.getByRole('link', { name: 'Upload' }).click();
    await page
      .getByLabel('Choose files')
      .setInputFiles(
        named.map(([name, buffer]) => ({ name, mimeType: 'application/octet-stream', buffer })),
      );
    await page.getByLabel('Version to upload to').fill(versionId);
  }

  async function upload(page: Page, versionId: string, ...named: readonly Named[]) {
    await choose(page, versionId, ...named);
    await page.getByRole('button', { name: /^Upload \d/ }).click();
    await page.getByText(/ published in /).waitFor();
  }

  /** Publishes by the API what a test only looks at. */
  async function publish(versionId: string, ...named: readonly Named[]): Promise<void> {
    const uploader = createUploader({ url: desk.server.url, getToken: () => desk.token });
    await Promise.all(
      named.map(([name, bytes]) => {
        const file = new File([new Uint8Array(bytes)], name);
        return uploader.add({ file, versionId }).done;
      }),
    );
  }

  /** A closed dialog has no role, but stays in the page for a moment. */
  async function closeDialog(page: Page): Promise<void> {
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
  }

  /** What a button has put into the clipboard, which is written after the click has ended. */
  async function copied(page: Page): Promise<string> {
    await page.getByText('Copied', { exact: true }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  }

  /** Waits for a view: its title is set after it is drawn, together with the focus. */
  async function viewOf(page: Page, name: string): Promise<void> {
    await page.waitForFunction((title) => document.title === title, `${name} - Stowage`);
  }

  const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

  test('a wrong token is refused with what to do', async () => {
    const page = await desk.page();
    pages.push(page);
    await page.goto(`${desk.server.url}/console/`);

    await page.getByLabel('Token').fill(`stw_unknown1_${'A'.repeat(43)}`);
    await page.getByRole('button', { name: 'Sign in' }).click();

    expect(await page.getByRole('alert').textContent()).toContain('Sign in with another one.');
  });

  test('files are uploaded as a draft, published, and are the same bytes', async () => {
    const page = await signedIn();
    const bytes = randomBytes(20 * MIB);

    await upload(page, '1.0.0', ['app-linux-arm64.tar.gz', bytes], ['note.txt', Buffer.from('x')]);

    const [app, note] = await itemsOf(client.listPackages('1.0.0'));
    expect(app).toMatchObject({
      filename: 'app-linux-arm64.tar.gz',
      state: 'available',
      os: 'linux',
      arch: 'arm64',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(note).toMatchObject({ filename: 'note.txt', state: 'available' });
    expect(await client.getVersion('1.0.0')).toMatchObject({ draft: false });
  });

  test('a conflict is shown before the first byte, and nothing is sent', async () => {
    await publish('conflict', ['tool.txt', Buffer.from('first')]);
    const page = await signedIn();
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PUT') sent.push(request.url());
    });

    await choose(page, 'conflict', ['tool.txt', Buffer.from('other bytes')]);
    await page.getByText('Some names cannot be used.').waitFor();

    expect(await page.getByRole('button', { name: 'Upload 1 file' }).isDisabled()).toBe(true);
    expect(sent).toEqual([]);
    await page.getByLabel('Filename').fill('tool-2.txt');
    await page.getByRole('button', { name: 'Upload 1 file' }).click();
    await page.getByText('1 file is published in conflict.').waitFor();
  });

  test('files that are dropped anywhere are chosen for upload', async () => {
    const page = await signedIn();

    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['hello'], 'dropped-windows-x64.zip'));
      for (const type of ['dragover', 'drop'])
        document.body.dispatchEvent(
          new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
        );
    });

    await page.getByLabel('Filename').waitFor();
    expect(await page.getByLabel('Filename').inputValue()).toBe('dropped-windows-x64.zip');
    expect(await page.getByLabel('System').inputValue()).toBe('windows');
  });

  test('an upload is paused and resumed, and a cut connection is waited for', async () => {
    const page = await signedIn();
    let isAway = true;
    await page.route('**/blobs/**', (route) => (isAway ? route.abort() : route.continue()));

    await choose(page, 'paused', ['big.bin', randomBytes(MIB)]);
    await page.getByRole('button', { name: 'Upload 1 file' }).click();
    await page.getByText('No connection, waiting for it').waitFor();
    await page.getByRole('button', { name: 'Pause big.bin' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    isAway = false;
    await page.getByRole('button', { name: 'Resume big.bin' }).click();

    await page.getByText('1 file is published in paused.').waitFor();
  });

  test('an upload goes on after the page was closed, with the missing parts alone', async () => {
    const bytes = randomBytes(33 * MIB);
    const folder = await mkdtemp(join(tmpdir(), 'stowage-console-file-'));
    const path = join(folder, 'big.bin');
    await writeFile(path, bytes);
    const begin = async (page: Page) => {
      await page.getByRole('link', { name: 'Upload' }).click();
      await page.getByLabel('Choose files').setInputFiles(path);
      await page.getByLabel('Version to upload to').fill('closed');
      await page.getByRole('button', { name: 'Upload 1 file' }).click();
    };
    const first = await signedIn();
    const stored = Promise.withResolvers<void>();
    let puts = 0;
    // All but the first part are never answered.
    await first.route('**/blobs/**', (route) => {
      puts += 1;
      return puts === 1 ? route.continue() : undefined;
    });
    first.on('response', (answer) => {
      if (answer.request().method() === 'PUT' && answer.ok()) stored.resolve();
    });
    await begin(first);
    await stored.promise;
    await first.close({ runBeforeUnload: false });
    const second = await signedIn();
    const sent: number[] = [];
    second.on('request', (request) => {
      if (request.method() === 'PUT') sent.push(1);
    });

    await begin(second);
    await second.getByText('1 file is published in closed.').waitFor();
    await rm(folder, { recursive: true });

    expect(sent).toHaveLength(2);
    const [published] = await itemsOf(client.listPackages('closed'));
    expect(published?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('a file is yanked with a reason, restored, and deleted by typing its name', async () => {
    await publish('life', ['tool.txt', Buffer.from('x')]);
    const page = await signedIn('#/versions/life');

    await page.getByRole('button', { name: 'Yank: tool.txt' }).click();
    await page.getByLabel('Reason').fill('it crashes');
    await page.getByRole('button', { name: 'Yank', exact: true }).click();
    await page.getByText('Yanked: it crashes').waitFor();
    const yanked = await client.getPackage('life', 'tool');
    await page.getByRole('button', { name: 'Restore: tool.txt' }).click();
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await row(page, 'tool.txt').getByText('Available').waitFor();
    const restored = await client.getPackage('life', 'tool');
    await page.getByRole('button', { name: 'Delete: tool.txt' }).click();
    const confirm = page.getByRole('button', { name: 'Delete', exact: true });
    const isReady = await confirm.isEnabled();
    await page.getByLabel('Type tool.txt to confirm').fill('tool.txt');
    await confirm.click();
    await row(page, 'tool.txt').getByText('Deleted').waitFor();

    expect(yanked).toMatchObject({ state: 'yanked', yankReason: 'it crashes' });
    expect(restored).toMatchObject({ state: 'available' });
    expect(isReady).toBe(false);
    await expect(client.getPackage('life', 'tool')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a link for a customer downloads the file without a token', async () => {
    await publish('linked', ['tool.txt', Buffer.from('for you')]);
    const page = await signedIn('#/versions/linked');

    await page.getByRole('button', { name: 'Link for a customer: tool.txt' }).click();
    await page.getByRole('button', { name: 'Make the link' }).click();
    await page.getByRole('button', { name: 'Copy: Link' }).click();
    const link = await copied(page);

    expect(await (await fetch(link)).text()).toBe('for you');
  });

  test('a verified upload becomes available without a reload', async () => {
    await client.createPackage('live', {
      filename: 'late.txt',
      size: 1,
      sha256: createHash('sha256').update('x').digest('hex'),
      metadata: {},
      partChecksums: false,
    });
    const page = await signedIn('#/versions/live');
    await row(page, 'late.txt').getByText('Uploading').waitFor();

    await publish('live', ['late.txt', Buffer.from('x')]);

    await row(page, 'late.txt').getByText('Available').waitFor();
  });

  test('a channel is created, moved with a preview, and moved back', async () => {
    await publish('c1', ['a.txt', Buffer.from('1')], ['same.txt', Buffer.from('s')]);
    await publish('c2', ['b.txt', Buffer.from('2')], ['same.txt', Buffer.from('s')]);
    const page = await signedIn('#/channels');

    await page.getByRole('button', { name: 'New channel' }).click();
    await page.getByLabel('Name of the channel').fill('stable');
    await page.getByLabel('Version to point at').selectOption('c1');
    await page.getByRole('button', { name: 'Point stable at c1' }).click();
    await page.getByRole('button', { name: 'Move stable' }).click();
    await page.getByLabel('Version to point at').selectOption('c2');
    const preview = page.getByRole('status', { name: 'What changes' });
    await preview.getByText('1 file stays the same').waitFor();
    const changes = await preview.textContent();
    await page.getByRole('button', { name: 'Point stable at c2' }).click();
    await row(page, 'stable').getByText('c2').waitFor();
    const moved = await client.getChannel('stable');
    await page.getByRole('button', { name: 'History of stable' }).click();
    await page.getByRole('button', { name: 'Go back to c1' }).click();
    await page.getByRole('button', { name: 'Point stable at c1' }).click();
    await row(page, 'stable').getByText('c1').waitFor();

    expect(changes).toContain('Newb.txtGonea.txt');
    expect(moved.versionId).toBe('c2');
    expect((await client.getChannel('stable')).versionId).toBe('c1');
  });

  /** A version whose feed names a file that it does not have. */
  async function publishBroken(versionId: string): Promise<void> {
    const feed =
      'version: 1.0.0\nfiles:\n  - url: Missing-1.0.0.exe\n    sha512: AAAA\n    size: 3\n';
    await publish(versionId, ['latest.yml', Buffer.from(feed)]);
  }

  test('checks of a version show file, line and what to do; a seal asks for its name', async () => {
    await publishBroken('broken');
    await publish('whole', ['a.txt', Buffer.from('1')]);
    const page = await signedIn('#/versions/broken');

    await page.getByRole('button', { name: 'Run the checks' }).click();
    await page.getByText('The checks found 1 mistake.').waitFor();
    const finding = await row(page, 'latest.yml, line').textContent();
    await closeDialog(page);
    await page.evaluate(() => {
      location.hash = '#/versions/whole';
    });
    await viewOf(page, 'whole');
    await page.getByRole('button', { name: 'Seal' }).click();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Seal', exact: true });
    const isReady = await confirm.isEnabled();
    await page.getByLabel('Type whole to confirm').fill('whole');
    await confirm.click();
    await page.getByText(/^sealed .*: no file can be added$/).waitFor();

    expect(finding).toMatch(/latest\.yml, line 3Failedelectron.*Missing-1\.0\.0\.exe/);
    expect(isReady).toBe(false);
    expect((await client.getVersion('whole')).sealedAt).toBeDefined();
    expect(await page.getByRole('button', { name: 'Seal' }).count()).toBe(0);
  });

  test('a move shows what checks find, waits for those in the background, and an admin may skip them', async () => {
    await publishBroken('m2');
    await publish('m1', ['a.txt', Buffer.from('1')]);
    await publish('m3', ['a.txt', Buffer.from('3')]);
    await client.putChannel('moving', { versionId: 'm1' });
    const page = await signedIn('#/channels');
    const problem = {
      code: 'CHECKS_PENDING',
      detail: 'wait',
      instance: '1',
      checkId: 'c'.repeat(32),
    };
    const done = Promise.withResolvers<void>();
    let puts = 0;
    await page.route('**/v1/channels/moving', (route) => {
      puts += 1;
      if (route.request().method() !== 'PUT' || puts > 1) return route.continue();
      const contentType = 'application/problem+json';
      return route.fulfill({ status: 409, contentType, body: JSON.stringify(problem) });
    });
    await page.route(`**/checks/${problem.checkId}`, async (route) => {
      await done.promise;
      await route.fulfill({ json: { ...problem, versionId: 'm3', state: 'done', checks: [] } });
    });

    await page.getByRole('button', { name: 'Move moving' }).click();
    await page.getByLabel('Version to point at').selectOption('m3');
    await page.getByRole('button', { name: 'Point moving at m3' }).click();
    await page.getByText('Large files are being read').waitFor();
    done.resolve();
    await row(page, 'moving').getByText('m3').waitFor();
    const waited = await client.getChannel('moving');
    await page.getByRole('button', { name: 'Move moving' }).click();
    await page.getByLabel('Version to point at').selectOption('m2');
    await row(page, 'latest.yml, line').waitFor();
    await page.getByRole('button', { name: 'Point moving at m2' }).click();
    await page.getByRole('alert').getByText('would break updates').waitFor();
    const refused = await client.getChannel('moving');
    await page.getByLabel('although the checks failed').check();
    await page.getByRole('button', { name: 'Point moving at m2' }).click();
    await row(page, 'moving').getByText('m2').waitFor();

    expect([waited.versionId, refused.versionId]).toEqual(['m3', 'm3']);
    expect((await client.getChannel('moving')).versionId).toBe('m2');
  });

  test('a rollout is started, changed, paused, resumed, completed and aborted', async () => {
    await publish('o1', ['a.txt', Buffer.from('1')]);
    await publish('o2', ['b.txt', Buffer.from('2')]);
    await client.putChannel('rolled', { versionId: 'o1' });
    const page = await signedIn('#/channels');
    const open = () => page.getByRole('button', { name: 'Rollout of rolled' }).click();
    const start = async (versionId: string) => {
      await open();
      await page.getByLabel('Version to roll out').selectOption(versionId);
      await page.getByRole('button', { name: 'Start the rollout' }).click();
      await row(page, 'rolled').getByText(`${versionId} for 5% of the clients`).waitFor();
    };
    const choose = async (act: RegExp, button: string) => {
      await open();
      await page.getByRole('radio', { name: act }).check();
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.locator('dialog').waitFor({ state: 'detached' });
    };

    await start('o2');
    await open();
    await page.getByLabel('Share of the clients').fill('25');
    await page.getByRole('button', { name: 'Set the share' }).click();
    await row(page, 'rolled').getByText('o2 for 25% of the clients').waitFor();
    await choose(/^Pause/, 'Pause');
    await row(page, 'rolled').getByText('o2 for 25% of the clients, paused').waitFor();
    const paused = await client.getChannelRecord('rolled');
    await choose(/^Resume/, 'Resume');
    await page.getByText('paused').waitFor({ state: 'detached' });
    await choose(/^Complete/, 'Complete');
    await row(page, 'rolled').getByRole('link', { name: 'o2' }).waitFor();
    await start('o1');
    await choose(/^Abort/, 'Abort');
    await page.getByText('of the clients').waitFor({ state: 'detached' });
    const ended = await client.getChannelRecord('rolled');

    expect(paused.rollout).toMatchObject({ versionId: 'o2', percent: 25, paused: true });
    expect(ended).toMatchObject({ versionId: 'o2' });
    expect(ended.rollout).toBeUndefined();
  });

  test('the policy of a channel is changed by an admin, keeps its other parts, and is read by others', async () => {
    await publish('p1', ['a.txt', Buffer.from('1')]);
    await client.putChannel('asking', { versionId: 'p1', policy: { preferExts: ['msi'] } });
    const { token } = await client.createToken({ name: 'mover', scopes: ['release'] });
    const page = await signedIn('#/channels');

    await page.getByRole('button', { name: 'Policy of asking' }).click();
    await page.getByLabel('Checks that stop the channel').selectOption('everything that is wrong');
    await page.getByRole('button', { name: 'Save the policy' }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    const other = await signedIn('#/channels', token);
    await other.getByRole('button', { name: 'Policy of asking' }).click();
    await other.getByText('preferExts').waitFor();

    expect((await client.getChannelRecord('asking')).policy).toEqual({
      feeds: true,
      preferExts: ['msi'],
    });
    expect(await other.getByRole('button', { name: 'Save the policy' }).count()).toBe(0);
  });

  test('a token is created, shown once, and revoked', async () => {
    await client.grantUpload({ versionId: '1.0.0', packageId: 'granted' });
    const page = await signedIn('#/tokens');
    const grant = page.getByRole('row', { name: 'upload of granted to 1.0.0' });
    await grant.getByText('one upload', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name', { exact: true }).fill('of a test');
    await page.getByLabel('May').selectOption('publish');
    await page.getByLabel('Versions', { exact: true }).fill('2.*');
    await page.getByRole('button', { name: 'Create the token' }).click();
    await page.getByRole('button', { name: 'Copy: Token' }).click();
    const secret = await copied(page);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    const made = await itemsOf(client.listTokens());
    const isShown = (await page.content()).includes(secret);
    await page.getByRole('button', { name: 'Revoke of a test' }).click();
    await page.getByRole('button', { name: 'Revoke', exact: true }).click();
    await row(page, 'of a test').waitFor({ state: 'detached' });

    expect(made.find(({ name }) => name === 'of a test')).toMatchObject({
      scopes: ['publish'],
      versions: '2.*',
    });
    expect(isShown).toBe(false);
    const revoked = new StowageClient({ url: desk.server.url, token: secret });
    await expect(itemsOf(revoked.listVersions())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('a token sees who it is and what it may do: one of scope release moves channels, and no more', async () => {
    await publish('r1', ['a.txt', Buffer.from('1')]);
    await client.putChannel('beta', { versionId: 'r1' });
    const { token } = await client.createToken({
      name: 'of the release team',
      scopes: ['release'],
      versions: 'r*',
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const page = await signedIn('#/channels', token);

    await row(page, 'beta').waitFor();
    const own = await page.getByText('Signed in as of the release team').textContent();
    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('link', { name: 'r1' }).click();
    await page.getByRole('button', { name: 'Details: a.txt' }).waitFor();

    expect(own).toMatch(/may release, versions r\*, expires /);
    expect(await page.getByRole('link', { name: 'Channels' }).count()).toBe(1);
    expect(await page.getByRole('link', { name: 'Tokens' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Yank: a.txt' }).count()).toBe(0);
  });

  test('a service of an earlier release does not know who the token is: everything is offered', async () => {
    const page = await desk.page();
    pages.push(page);
    await page.route('**/v1/tokens/self', (route) =>
      route.fulfill({
        status: 405,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'METHOD_NOT_ALLOWED', detail: 'no', instance: '1' }),
      }),
    );
    await page.goto(`${desk.server.url}/console/`);
    await page.getByLabel('Token').fill(desk.token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByRole('link', { name: 'Tokens' }).waitFor();
    expect(await page.getByText('Signed in as').count()).toBe(0);
  });

  test('the status shows what is stored, and is whole where the service can not sum it', async () => {
    const summed = await signedIn('#/status');
    await publish('summed', ['a.txt', Buffer.alloc(1000)], ['b.txt', Buffer.alloc(500)]);
    await summed.getByText('Free space', { exact: true }).waitFor();
    await summed.getByRole('button', { name: 'Add them up' }).click();
    await row(summed, 'summed').waitFor();
    const sum = await row(summed, 'summed').textContent();
    const page = await desk.page();
    pages.push(page);
    await page.route('**/v1/storage', (route) =>
      route.fulfill({
        status: 501,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'NOT_SUPPORTED', detail: 'no sum', instance: '1' }),
      }),
    );
    await page.goto(`${desk.server.url}/console/#/status`);
    await page.getByLabel('Token').fill(desk.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('dl').waitFor();

    expect(sum).toBe('summed21.5 kB');
    expect(await summed.getByText('Packages', { exact: true }).count()).toBe(1);
    expect(await page.getByText('Packages', { exact: true }).count()).toBe(0);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('the token is sent in a header alone, and is nowhere in the page', async () => {
    const page = await desk.page();
    pages.push(page);
    const seen: string[] = [];
    const cookies: (string | undefined)[] = [];
    page.on('request', (request) => {
      seen.push(request.url(), request.postData() ?? '');
      cookies.push(request.headers()['cookie']);
    });
    page.on('console', (message) => seen.push(message.text()));
    await page.goto(`${desk.server.url}/console/`);
    await page.getByLabel('Token').fill(desk.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();

    seen.push(
      await page.content(),
      await page.evaluate(() => JSON.stringify({ ...sessionStorage })),
    );

    expect(seen.join('\n')).not.toContain(desk.token);
    expect(cookies.filter((cookie) => cookie !== undefined)).toEqual([]);
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  test('a tab that may keep the token stays signed in after a reload, and forgets it at sign-out', async () => {
    const page = await desk.page();
    pages.push(page);
    await page.goto(`${desk.server.url}/console/`);
    await page.getByLabel('Token').fill(desk.token);
    await page.getByLabel('Keep me signed in').check();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();

    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.reload();

    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test('a script that gets into the page does not run', async () => {
    const page = await signedIn();

    const outcome = await page.evaluate(async () => {
      const blocked = new Promise<string>((resolve) => {
        addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {
          once: true,
        });
      });
      const script = document.createElement('script');
      let sink = 'open';
      try {
        script.textContent = 'document.title = "attacked"';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="alert(1)">');
      } catch {
        sink = 'closed';
      }
      return { sink, directive: await blocked, title: document.title };
    });

    expect(outcome).toEqual({
      sink: 'closed',
      directive: expect.stringMatching(/^(?:require-trusted-types-for|script-src-elem)$/),
      title: expect.not.stringContaining('attacked'),
    });
  });

  test('names, notes and reasons with markup are shown as text', async () => {
    const markup = '<img src=x onerror=document.title=1><script>document.title=2</script>';
    await publish('xss', ["a'onmouseover=alert(1) b.txt", Buffer.from('x')]);
    const [file] = await itemsOf(client.listPackages('xss'));
    await client.putVersion('xss', { notes: markup });
    await client.yankPackage('xss', file?.packageId ?? '', { reason: markup });
    await client.createToken({ name: markup, scopes: ['read'] });
    const page = await signedIn('#/versions/xss');
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => dialogs.push(dialog.message()));

    await page.getByText('Notes').click();
    await page.getByText(`Yanked: ${markup}`).waitFor();
    const inVersion = await page.locator('img, main script').count();
    await page.getByRole('link', { name: 'Tokens' }).click();
    await viewOf(page, 'Tokens');
    await page.getByText(markup).waitFor();

    expect([inVersion, await page.locator('img, main script').count(), dialogs]).toEqual([
      0,
      0,
      [],
    ]);
    expect(await page.title()).toBe('Tokens - Stowage');
  });

  test('no vector of the corpus runs, whichever text of the service holds it', async () => {
    const page = await signedIn('#/status');
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const when = new Date(0).toISOString();
    const answer = (pattern: RegExp, body: object) =>
      page.route(pattern, (route) => route.fulfill({ json: body }));
    await answer(/\/v1\/versions\?/, {
      items: VECTORS.map((versionId) => ({ versionId, createdAt: when, draft: false })),
    });
    await answer(/\/v1\/versions\/v$/, {
      versionId: 'v',
      createdAt: when,
      draft: true,
      notes: VECTORS.join('\n'),
    });
    await answer(/\/v1\/versions\/v\/packages\?/, {
      items: VECTORS.slice(0, 100).map((text, index) => ({
        ...{ versionId: text, packageId: `p${index}`, ext: text, key: text, filename: text },
        ...{ state: index === 0 ? 'available' : 'yanked', yankReason: text, contentType: text },
        ...{ url: text, os: text, arch: text, libc: text, bundle: text, sha256: text, size: 1 },
        ...{ metadata: { [text]: text }, createdAt: when, createdBy: text },
      })),
    });
    await answer(/\/v1\/channels$/, {
      items: VECTORS.map((text) => ({
        ...{ channel: text, versionId: text, updatedAt: when, public: false },
      })),
    });
    await answer(/\/v1\/tokens$/, {
      items: VECTORS.map((text, index) => ({
        ...{ tokenId: `token${index}`, name: text, scopes: [text], versions: text },
        ...{ createdAt: when, createdBy: text },
      })),
    });
    const foreign: string[] = [];
    const look = async (view: string) => {
      const found = await page.evaluate(() => {
        const own = 'img, iframe, object, embed, svg, math, video, audio, style, base, form form';
        const markup = [...document.querySelectorAll(`body :is(${own}, script)`)];
        const handlers = [...document.querySelectorAll('*')].filter((element) =>
          element.getAttributeNames().some((name) => name.startsWith('on') || name === 'style'),
        );
        const links = [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].filter(
          (link) => !link.getAttribute('href')?.startsWith('#/'),
        );
        return [...markup, ...handlers, ...links].map(({ outerHTML }) => outerHTML);
      });
      foreign.push(...found.map((html) => `${view}: ${html}`));
    };

    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('row').nth(50).waitFor();
    await look('versions');
    await page.evaluate(() => {
      location.hash = '#/versions/v';
    });
    await page.getByText('Notes').click();
    await page.getByRole('row').nth(50).waitFor();
    await look('version');
    await page
      .getByRole('button', { name: /^Details/ })
      .first()
      .click();
    await page.getByRole('dialog').waitFor();
    await look('details');
    await closeDialog(page);
    await page.getByRole('button', { name: /^Yank/ }).first().click();
    await page.getByRole('dialog').waitFor();
    await look('yank');
    await closeDialog(page);
    await page.getByRole('link', { name: 'Channels' }).click();
    await viewOf(page, 'Channels');
    await page.getByRole('row').nth(50).waitFor();
    await look('channels');
    await page.getByRole('link', { name: 'Tokens' }).click();
    await viewOf(page, 'Tokens');
    await page.getByRole('row').nth(50).waitFor();
    await look('tokens');

    expect(VECTORS.length).toBeGreaterThanOrEqual(200);
    expect(foreign).toEqual([]);
    expect(dialogs).toEqual([]);
    expect(await page.title()).toBe('Tokens - Stowage');
  });

  test('of 10,000 versions the first are shown, more on demand, and the search finds the last', async () => {
    const page = await signedIn('#/status');
    const all = Array.from({ length: 10_000 }, (_, index) => ({
      versionId: `build-${String(10_000 - index).padStart(5, '0')}`,
      createdAt: new Date(0).toISOString(),
      draft: false,
    }));
    let requests = 0;
    await page.route(/\/v1\/versions(\?|$)/, (route) => {
      requests += 1;
      const start = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
      const end = start + 500;
      const nextCursor = end < all.length ? { nextCursor: String(end) } : {};
      return route.fulfill({ json: { items: all.slice(start, end), ...nextCursor } });
    });

    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('link', { name: 'build-09901' }).waitFor();
    const first = [requests, await page.getByRole('row').count()];
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('link', { name: 'build-09801' }).waitFor();
    await page.getByLabel('Search versions').fill('BUILD-00017');
    await page.getByRole('link', { name: 'build-00017' }).waitFor();

    expect(first).toEqual([1, 101]);
    expect(requests).toBe(20);
  });

  test('of 10,000 files of a version the first are shown, and the search finds the last', async () => {
    const page = await signedIn('#/status');
    const when = new Date(0).toISOString();
    const version = { versionId: 'wide', createdAt: when, draft: false };
    const file = (index: number) => ({
      ...{ ...version, packageId: `f${index}`, filename: `file-${index}.bin`, ext: 'bin' },
      ...{ size: 1, state: 'available', contentType: 'a/b', metadata: {}, createdBy: 'ci' },
    });
    let requests = 0;
    await page.route('**/v1/versions/wide', (route) => route.fulfill({ json: version }));
    await page.route('**/v1/versions/wide/packages?*', (route) => {
      requests += 1;
      const start = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
      const items = Array.from({ length: 200 }, (_, index) => file(start + index));
      const next = start + 200 < 10_000 ? { nextCursor: String(start + 200) } : {};
      return route.fulfill({ json: { items, ...next } });
    });

    await page.evaluate(() => {
      location.hash = '#/versions/wide';
    });
    await row(page, 'file-99.bin').waitFor();
    const first = [requests, await page.getByRole('row').count()];
    await page.getByLabel('Search files').fill('file-9999.bin');
    await row(page, 'file-9999.bin').waitFor();

    expect(first).toEqual([1, 101]);
    expect(requests).toBe(50);
  });

  test('each view says what is so and what to do: of an empty service, one that does not answer, one that fails, and with a token that has expired', async () => {
    const page = await desk.page();
    pages.push(page);
    await page.clock.install();
    await page.goto(`${desk.server.url}/console/#/upload`);
    await page.getByLabel('Token').fill(desk.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    let answer: 'empty' | 'none' | 500 | 401 = 'empty';
    await page.route(/\/(v1|healthz|readyz)/, (route) => {
      if (answer === 'none') return;
      if (answer === 'empty')
        return route.fulfill({ json: { items: [], version: '1', versionId: 'v', draft: true } });
      const code = answer === 500 ? 'INTERNAL' : 'UNAUTHENTICATED';
      return route.fulfill({
        status: answer,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code, detail: 'of the test', instance: '7' }),
      });
    });
    const views = ['versions', 'versions/v', 'channels', 'tokens', 'status'];
    const visit = async (view: string) => {
      await page.evaluate((to) => {
        location.hash = to;
      }, `#/${view}`);
    };
    const main = page.locator('main');
    const alert = main.getByRole('alert');
    const open = async (view: string) => {
      await visit('upload');
      await main.getByText('Upload files').waitFor();
      await visit(view);
    };

    const empty = ['There are no versions yet.', 'no files', 'no channels yet', 'Nothing found'];
    for (const [place, text] of empty.entries()) {
      await open(views[place] ?? '');
      await main.getByText(text).first().waitFor();
    }
    answer = 'none';
    for (const view of views) {
      await open(view);
      await main.getByText('Loading').first().waitFor();
      await page.clock.fastForward(11_000);
      await main.getByText('has not answered yet').first().waitFor();
    }
    answer = 500;
    for (const view of views) {
      await open(view);
      await alert.getByText('The service has failed. Try again').first().waitFor();
      await alert.getByText('Request id: 7').first().waitFor();
    }
    answer = 401;
    for (const view of views) {
      await open(view);
      await alert.getByText('Sign in with another one.').first().waitFor();
    }
    await visit('upload');
    await page
      .getByLabel('Choose files')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('1') });
    await page.getByLabel('Version to upload to').fill('v');

    await alert.getByText('Sign in with another one.').first().waitFor();
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(1);
  });

  test('another language is chosen, and stays after a reload', async () => {
    const page = await signedIn();

    await page.getByLabel('Language').selectOption('Deutsch');
    await page.getByRole('button', { name: 'Abmelden' }).waitFor();
    await page.reload();

    await page.getByRole('button', { name: 'Anmelden' }).waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe('de');
  });

  test('a service that fails and one that is gone say so, and what to do', async () => {
    const page = await signedIn('#/tokens');
    let isGone = false;
    await page.route('**/v1/versions*', (route) =>
      isGone ? route.abort() : route.fulfill({ status: 500, body: '{}' }),
    );

    const problem = page.getByRole('alert');
    const again = page.getByRole('button', { name: 'Try again' });
    await page.getByRole('link', { name: 'Versions' }).click();
    await problem.waitFor();
    isGone = true;
    await again.click();
    await problem.getByText('The service does not answer. Check your connection').waitFor();
    await page.unroute('**/v1/versions*');
    await again.click();
    await problem.waitFor({ state: 'detached' });

    expect(await page.getByLabel('Search versions').isVisible()).toBe(true);
  });

  test('Ctrl+K opens any view or version by a few letters, and the arrows and Enter choose', async () => {
    await publish('palette-1', ['a.txt', Buffer.from('1')]);
    const page = await signedIn('#/status');
    const chosen = () =>
      page.getByRole('dialog').getByRole('option', { selected: true }).textContent();

    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Open version palette-1' }).waitFor();
    await page.keyboard.type('go');
    await page.keyboard.press('ArrowDown');
    const second = await chosen();
    const isNamed = await page
      .getByRole('combobox', { name: 'Type a view' })
      .evaluate(
        (input) =>
          document.getElementById(input.getAttribute('aria-activedescendant') ?? '')?.textContent,
      );
    await page.keyboard.press('Enter');
    await viewOf(page, 'Upload');
    await page.getByRole('button', { name: 'Commands' }).click();
    await page.keyboard.type('lette-1');
    await page.getByRole('option', { name: 'Open version palette-1', selected: true }).waitFor();
    await page.keyboard.press('Enter');
    await viewOf(page, 'palette-1');

    expect([second, isNamed]).toEqual(['Go to Upload', 'Go to Upload']);
  });

  test('the last changes are shown where the service keeps them, and not offered where it does not', async () => {
    const page = await desk.page();
    pages.push(page);
    let keeps = false;
    const change = {
      at: new Date(0).toISOString(),
      who: 'ci',
      action: 'channel.move',
      requestId: '1',
    };
    await page.route('**/v1/audit?*', (route) =>
      keeps
        ? route.fulfill({ json: { items: [{ ...change, channel: 'stable', versionId: '1.0.0' }] } })
        : route.fulfill({
            status: 501,
            contentType: 'application/problem+json',
            body: JSON.stringify({ code: 'NOT_SUPPORTED', detail: 'no', instance: '1' }),
          }),
    );
    const signIn = async () => {
      const answer = page.waitForResponse('**/v1/audit?*');
      await page.goto(`${desk.server.url}/console/`);
      await page.getByLabel('Token').fill(desk.token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await answer;
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
    };

    await signIn();
    await page.getByRole('link', { name: 'Status' }).waitFor();
    const offered = await page.getByRole('link', { name: 'Changes' }).count();
    keeps = true;
    await signIn();
    await page.getByRole('link', { name: 'Changes' }).click();

    await row(page, 'channel.move').getByText('stable → 1.0.0').waitFor();
    expect(offered).toBe(0);
  });

  test('the keyboard alone uploads a file and moves a channel', async () => {
    await publish('k1', ['a.txt', Buffer.from('1')]);
    await client.putChannel('keys', { versionId: 'k1' });
    const page = await signedIn();
    /** Presses Tab until the element with this name has the focus. */
    const tabTo = async (name: RegExp) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          const label = (element as HTMLInputElement | null)?.labels?.[0]?.textContent;
          return element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '';
        });
        if (name.test(focused)) return;
      }
      throw new Error(`Tab does not reach ${name}`);
    };

    await tabTo(/^Upload$/);
    await page.keyboard.press('Enter');
    await viewOf(page, 'Upload');
    const chooser = page.waitForEvent('filechooser');
    await tabTo(/^Choose files/);
    await page.keyboard.press('Enter');
    const file = { name: 'b.txt', mimeType: 'text/plain', buffer: Buffer.from('2') };
    await (await chooser).setFiles(file);
    await tabTo(/^Version to upload to/);
    await page.keyboard.type('k2');
    await page.getByText('Free', { exact: true }).waitFor();
    await tabTo(/^Upload 1 file/);
    await page.keyboard.press('Enter');
    await page.getByText('1 file is published in k2.').waitFor();
    await page.keyboard.press('Shift+Tab');
    await tabTo(/^Channels$/);
    await page.keyboard.press('Enter');
    await viewOf(page, 'Channels');
    await row(page, 'keys').waitFor();
    await tabTo(/^Move keys$/);
    await page.keyboard.press('Enter');
    // A key chooses among the options that are there.
    await page.getByRole('option', { name: 'k2' }).waitFor({ state: 'attached' });
    await tabTo(/^Version to point at/);
    await page.keyboard.type('k2');
    await page.getByText('What changes').waitFor();
    await tabTo(/^Point keys at k2$/);
    await page.keyboard.press('Enter');
    await row(page, 'keys').getByText('k2').waitFor();

    expect((await client.getChannel('keys')).versionId).toBe('k2');
  });

  describe.each([
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['360 px wide', { viewport: { width: 360, height: 740 } }],
  ] as const)('%s', (_, look) => {
    test('axe finds nothing to complain about in any view', async () => {
      await publish('axe', ['app-linux-x64.tar.gz', Buffer.from('1')]);
      await publishBroken('axe-broken');
      await client.putChannel('axe', { versionId: 'axe' });
      const page = await signedIn();
      // Colours are measured, so nothing may fade in.
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce', ...schemeOf(look) });
      if ('viewport' in look) await page.setViewportSize(look.viewport);
      const found: string[] = [];
      const examine = async (view: string) => {
        // A script of the test, so the policy of the page does not apply to it.
        const results = await page.evaluate<AxeResults>(`${axe.source}; axe.run()`);
        for (const { id, nodes } of results.violations)
          found.push(`${view}: ${id} ${nodes.map(({ html }) => html).join(' ')}`);
        const isTooWide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        if (isTooWide) found.push(`${view}: wider than the window`);
      };

      await page.getByRole('link', { name: 'axe', exact: true }).waitFor();
      await examine('versions');
      await page.getByRole('link', { name: 'axe', exact: true }).click();
      await page.getByRole('button', { name: /^Details/ }).waitFor();
      await examine('version');
      await page.getByRole('button', { name: 'Run the checks' }).click();
      await page.getByText('There is nothing to check').waitFor();
      await examine('checks');
      await closeDialog(page);
      await page.getByRole('button', { name: 'Seal' }).click();
      await page.getByRole('dialog').waitFor();
      await examine('seal');
      await closeDialog(page);
      for (const action of ['Details', 'Link for a customer', 'Yank', 'Delete']) {
        await page.getByRole('button', { name: `${action}: app-linux-x64.tar.gz` }).click();
        await page.getByRole('dialog').waitFor();
        await examine(action);
        await closeDialog(page);
      }
      await choose(page, 'axe', ['other.txt', Buffer.from('2')]);
      await page.getByText('Free', { exact: true }).waitFor();
      await examine('upload');
      await page.getByRole('link', { name: 'Channels' }).click();
      await row(page, 'axe').waitFor();
      await examine('channels');
      await page.getByRole('button', { name: 'Move axe' }).click();
      await page.getByRole('dialog').waitFor();
      await page.getByLabel('Version to point at').selectOption('axe-broken');
      await row(page, 'latest.yml, line').waitFor();
      await examine('move');
      await closeDialog(page);
      for (const name of ['Rollout of axe', 'Policy of axe']) {
        await page.getByRole('button', { name }).click();
        await page.getByRole('dialog').locator('input').first().waitFor();
        await examine(name);
        await closeDialog(page);
      }
      await page.getByRole('link', { name: 'Tokens' }).click();
      await page.getByRole('row').first().waitFor();
      await examine('tokens');
      await page.getByRole('button', { name: 'New token' }).click();
      await page.getByRole('dialog').waitFor();
      await examine('new token');
      await closeDialog(page);
      await page.getByRole('link', { name: 'Status' }).click();
      await page.getByText('Release of Stowage').waitFor();
      await page.getByRole('button', { name: 'Add them up' }).click();
      await row(page, 'axe-broken').waitFor();
      await examine('status');
      await page.keyboard.press('Control+k');
      await page.getByRole('option').first().waitFor();
      await examine('commands');
      await closeDialog(page);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await examine('sign in');

      expect(found).toEqual([]);
    });
  });
});

function schemeOf(look: object): { readonly colorScheme?: 'dark' } {
  return 'colorScheme' in look ? { colorScheme: 'dark' } : {};
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
