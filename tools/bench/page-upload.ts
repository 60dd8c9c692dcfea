/** Uploads of one file by a page in Chromium (`createUploader`), beside `stowage push` of the same file, in turns. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { findBinary } from '../servers/binaries.ts';
import { leaveCoreZero, temporaryFolder, useAllCores } from './measure/processes.ts';
import { runToEnd } from './measure/run-to-end.ts';
import { type BenchServer, startStowage } from './measure/stowage-server.ts';
import { report, reportRatio } from './measure/table.ts';

const MIB = 1024 * 1024;
const SIZE = 512 * MIB;
const RUNS = 4;
const GOAL = 0.6;
const WHAT = 'upload of 512 MiB by a page, beside `stowage push`';
const root = join(import.meta.dirname, '..', '..');

const PAGE = '<!doctype html><input type="file"><script type="module" src="page.js"></script>';
/** Resolves to seconds: from the file to the published package. */
const PROGRAM = `
  import { createUploader } from './client/public/client.ts';
  globalThis.upload = async (url, token, versionId) => {
    const [file] = document.querySelector('input').files;
    const startWorker = () => new Worker(new URL('./hash-worker.js', import.meta.url));
    const uploader = createUploader({ url, getToken: () => token, startWorker });
    const began = performance.now();
    await uploader.add({ file, versionId }).done;
    return (performance.now() - began) / 1000;
  };
`;

export async function benchPageUpload(): Promise<void> {
  const executablePath = findBinary('chromium', process.env['STOWAGE_CHROMIUM']);
  if (executablePath === undefined) {
    report({ what: WHAT, figure: 'Chromium is not installed', goal: '-', met: undefined });
    return;
  }
  useAllCores();
  const folder = temporaryFolder();
  const file = join(folder.path, 'large.bin');
  writeFileSync(file, randomBytes(SIZE));
  const site = await serveSite();
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const server = await startStowage({ CORS_ORIGINS: origin });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(origin);
    await page.locator('input').setInputFiles(file);
    await compare(server, page, file);
  } finally {
    await browser.close();
    await server.stop();
    site.close();
    folder.remove();
    leaveCoreZero();
  }
}

async function compare(server: BenchServer, page: Page, file: string): Promise<void> {
  const best = { page: Number.POSITIVE_INFINITY, command: Number.POSITIVE_INFINITY };
  for (let run = 0; run < RUNS; run++) {
    const push = ['push', '--version', `command-${run}`, file];
    const { seconds } = await runToEnd(
      [process.execPath, join(root, 'bin', 'stowage.js'), ...push],
      {
        cwd: root,
        env: { STOWAGE_URL: server.url, STOWAGE_TOKEN: server.token },
      },
    );
    best.command = Math.min(best.command, seconds);
    const call = `upload(${JSON.stringify([server.url, server.token, `page-${run}`]).slice(1, -1)})`;
    best.page = Math.min(best.page, await page.evaluate<number>(call));
  }
  const speed = (seconds: number) => `${Math.round(SIZE / MIB / seconds)} MiB/s`;
  const detail = `${speed(best.page)} and ${speed(best.command)}, the best of ${RUNS} each`;
  reportRatio(WHAT, best.command / best.page, GOAL, detail);
}

async function serveSite(): Promise<Server> {
  const bundle = async (options: object) => {
    const { outputFiles = [] } = await build({
      ...{ bundle: true, format: 'esm', write: false, absWorkingDir: root, ...options },
    });
    return outputFiles[0]?.text ?? '';
  };
  const files: Readonly<Record<string, string>> = {
    '/': PAGE,
    '/page.js': await bundle({ stdin: { contents: PROGRAM, resolveDir: root, loader: 'ts' } }),
    '/hash-worker.js': await bundle({ entryPoints: ['client/hashing/hash-worker.ts'] }),
  };
  const site = createServer(({ url = '' }, response) => {
    const type = url === '/' ? 'text/html' : 'text/javascript';
    response.writeHead(files[url] === undefined ? 404 : 200, { 'content-type': type });
    response.end(files[url]);
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  return site;
}
