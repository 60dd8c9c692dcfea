/** The console as a distribution serves it: the service has another origin than the page. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { consoleFileHeaders, consolePolicy, pageOfService } from '../../core/console.ts';
import { buildConsole, CHROMIUM, Desk } from './browser.ts';

const BUILT = join(import.meta.dirname, '..', '..', 'web', 'console', 'built');
const PORT = 48_999;
const HOST = `http://127.0.0.1:${PORT}`;

if (CHROMIUM === undefined) {
  test.skip('Chromium is not installed: npm run servers -- Chromium', () => {});
}

const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;

describeInBrowser('a console of another origin', () => {
  let desk: Desk;
  let page: Page;
  let host: Server;
  beforeAll(async () => {
    buildConsole();
    desk = await Desk.open({ CORS_ORIGINS: HOST });
    page = await desk.page();
    host = createServer((request, response) => {
      const name = request.url?.split('/').at(-1) || 'index.html';
      const text = readFileSync(join(BUILT, name), 'utf8');
      response.setHeader('content-type', consoleFileHeaders(name).contentType);
      // Wider than the page's own, as the headers of a distribution are.
      response.setHeader('content-security-policy', consolePolicy(['http://127.0.0.1:*']));
      response.end(
        name === 'index.html' ? pageOfService(text, desk.server.url, desk.server.url) : text,
      );
    });
    await once(host.listen(PORT, '127.0.0.1'), 'listening');
    await page.goto(`${HOST}/console/`);
    await page.getByLabel('Token').fill(desk.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  });
  afterAll(async () => {
    await desk?.close();
    host?.close();
  });

  test('signs in and uploads', async () => {
    await page.getByRole('link', { name: 'Upload' }).click();
    await page
      .getByLabel('Choose files')
      .setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.getByLabel('Version to upload to').fill('1.0.0');
    await page.getByRole('button', { name: /^Upload \d/ }).click();

    await page.getByText(/ published in /).waitFor();
    expect(new URL(page.url()).origin).toBe(HOST);
  });

  test('sends nothing to a service that its page does not name, though its host would allow it', async () => {
    const refused = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) =>
            resolve(`${event.effectiveDirective} ${event.blockedURI}`),
          );
          fetch('http://127.0.0.1:9/').catch(() => undefined);
        }),
    );

    expect(refused).toMatch(/^connect-src http:\/\/127\.0\.0\.1:9\b/);
  });
});
