/**
 * `npm run screenshots [-- FOLDER]`: writes pictures of every view of the console, in light, in dark and
 * 360 pixels wide, of a service with some versions. Needs Chromium.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { createUploader } from '../../client/public/client.ts';
import { guessPlatform } from '../../core/platforms.ts';
import { buildConsole, Desk } from './browser.ts';

const folder = resolve(process.argv[2] ?? 'screenshots');

const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1100, height: 700 } },
  dark: { colorScheme: 'dark', viewport: { width: 1100, height: 700 } },
  small: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
} as const;

const FILES = [
  'Editor-2.1.0-arm64-mac.dmg',
  'Editor-2.1.0-x64.msi',
  'editor_2.1.0_amd64.deb',
  'editor-2.1.0-linux-x64.tar.gz',
  'editor-2.1.0-linux-x64.tar.gz.minisig',
];

async function fill(desk: Desk): Promise<void> {
  const uploader = createUploader({ url: desk.server.url, getToken: () => desk.token });
  const { client } = uploader;
  for (const [index, versionId] of ['1.9.0', '2.0.0', '2.1.0'].entries()) {
    const files = FILES.map((name) => name.replace('2.1.0', versionId));
    const uploads = files.map((name, place) => {
      const file = new File([new Uint8Array((index + 2) * (place + 3) * 500_000)], name);
      return uploader.add({ file, versionId, ...guessPlatform(name) }).done;
    });
    await Promise.all(uploads);
  }
  const feed =
    'version: 2.1.0\nfiles:\n  - url: Editor-2.1.0-x64.exe\n    sha512: AAAA\n    size: 3\n';
  await uploader.add({ file: new File([feed], 'latest.yml'), versionId: '2.1.0' }).done;
  await client.putVersion('2.2.0-rc.1', { draft: true });
  for (const versionId of ['1.9.0', '2.0.0']) await client.putChannel('stable', { versionId });
  await client.putChannel('beta', {
    versionId: '1.9.0',
    public: true,
    policy: { preferExts: ['msi'] },
  });
  await client.putRollout('beta', { versionId: '2.0.0', percent: 25 });
  await client.createToken({ name: 'release pipeline', scopes: ['publish'], versions: '2.*' });
}

async function takeAll(desk: Desk, look: keyof typeof LOOKS): Promise<void> {
  const page = await desk.page();
  const { colorScheme, viewport } = LOOKS[look];
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.setViewportSize(viewport);
  const take = (view: string) => page.screenshot({ path: join(folder, `${view}-${look}.png`) });
  await page.goto(`${desk.server.url}/console/`);
  await take('sign-in');
  await page.getByLabel('Token').fill(desk.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: '2.1.0' }).waitFor();
  await take('versions');
  await page.getByRole('link', { name: '2.1.0' }).click();
  await page
    .getByRole('button', { name: /^Details: Editor/ })
    .first()
    .click();
  await page.getByRole('dialog').waitFor();
  await take('details');
  await page.keyboard.press('Escape');
  await take('version');
  await page.getByRole('button', { name: 'Run the checks' }).click();
  await page.getByText('The checks found').waitFor();
  await take('checks');
  await page.keyboard.press('Escape');
  await takeUpload(page, take);
  await page.getByRole('link', { name: 'Channels' }).click();
  await page.getByRole('button', { name: 'Move stable' }).click();
  await page.getByLabel('Version to point at').selectOption('2.1.0');
  await page.getByText('files stay the same').waitFor();
  await page.getByText('The checks found').waitFor();
  await take('move-channel');
  await page.keyboard.press('Escape');
  for (const dialog of ['Rollout', 'Policy']) {
    await page.getByRole('button', { name: `${dialog} of beta` }).click();
    await page.getByRole('dialog').locator('input').first().waitFor();
    await take(dialog.toLowerCase());
    await page.keyboard.press('Escape');
  }
  await take('channels');
  await page.getByRole('link', { name: 'Tokens' }).click();
  await page.getByRole('row', { name: 'release pipeline' }).waitFor();
  await take('tokens');
  await page.getByRole('link', { name: 'Status' }).click();
  await page.getByText('Release of Stowage').waitFor();
  await page.getByRole('button', { name: 'Add them up' }).click();
  await page.getByRole('link', { name: '2.0.0' }).waitFor();
  await take('status');
  await page.keyboard.press('Control+k');
  await page.getByRole('option').first().waitFor();
  await take('commands');
  await page.context().close();
}

async function takeUpload(page: Page, take: (view: string) => Promise<unknown>): Promise<void> {
  await page.getByRole('link', { name: 'Upload' }).click();
  const files = FILES.slice(0, 2).map((name, index) => ({
    name: name.replace('2.1.0', '2.2.0'),
    mimeType: 'application/octet-stream',
    buffer: Buffer.alloc((index + 1) * 9_000_000),
  }));
  await page.getByLabel('Choose files').setInputFiles(files);
  await page.getByLabel('Version to upload to').fill('2.2.0');
  await page.getByText('Free', { exact: true }).first().waitFor();
  await take('upload');
  for (const name of files.map((file) => file.name))
    await page.getByRole('button', { name: `Leave out ${name}` }).click();
}

buildConsole();
mkdirSync(folder, { recursive: true });
const desk = await Desk.open();
try {
  await fill(desk);
  for (const look of Object.keys(LOOKS) as (keyof typeof LOOKS)[]) await takeAll(desk, look);
} finally {
  await desk.close();
}
console.log(`the pictures are in ${folder}`);
