/** A real browser and a real server, for the tests of the console. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBinary } from '../../tools/servers/binaries.ts';
import { ServerProcess } from '../support/server-process.ts';

const root = join(import.meta.dirname, '..', '..');

/** Undefined where no Chromium is installed. */
export const CHROMIUM = findBinary('chromium', process.env['STOWAGE_CHROMIUM']);

/** Without them, Chromium asks hosts of its own, which the tests have no use for. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function buildConsole(): void {
  execFileSync(process.execPath, [join(root, 'tools', 'build-console.ts')]);
}

export class Desk {
  readonly server: ServerProcess;
  readonly browser: Browser;
  readonly #folder: string;

  private constructor(server: ServerProcess, browser: Browser, folder: string) {
    this.server = server;
    this.browser = browser;
    this.#folder = folder;
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<Desk> {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-console-'));
    const server = await ServerProcess.start(folder, env);
    const browser = await chromium.launch({
      ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
      args: QUIET,
    });
    return new Desk(server, browser, folder);
  }

  get token(): string {
    return this.server.adminToken;
  }

  /** A page with storage of its own. */
  async page(): Promise<Page> {
    const context = await this.browser.newContext({
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    // Only a page that hangs takes this long: no test may fail because the machine is slow.
    context.setDefaultTimeout(300_000);
    return context.newPage();
  }

  /** A page that has signed in. */
  async signedIn(path = '#/versions', token = this.token): Promise<Page> {
    const page = await this.page();
    await page.goto(`${this.server.url}/console/${path}`);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
