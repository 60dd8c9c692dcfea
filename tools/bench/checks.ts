/**
 * Checks: a version with 1,000 files, and a feed of electron-updater that names all of them, beside
 * reading and hashing the same bytes in this process.
 */
import { hash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CheckRunBody } from '../../api/schemas/answers.ts';
import { temporaryFolder } from './measure/processes.ts';
import { type BenchServer, call, publish, startStowage } from './measure/stowage-server.ts';
import { reportBelow } from './measure/table.ts';

const FILES = 1000;
const BYTES = 100 * 1024;
const VERSION = '1.4.0';
/** Beside the reading of the bytes. */
const GOAL_SECONDS = 2;

export async function benchChecks(): Promise<void> {
  const server = await startStowage();
  const copies = temporaryFolder();
  try {
    const entries: string[] = [];
    const digests: string[] = [];
    mkdirSync(copies.path, { recursive: true });
    for (let file = 0; file < FILES; file++) {
      const name = `tool-${file}.zip`;
      const bytes = randomBytes(BYTES);
      writeFileSync(join(copies.path, name), bytes);
      await publish(server, `tool-${file}`, bytes, VERSION, name);
      const sha512 = hash('sha512', bytes, 'base64');
      digests.push(sha512);
      entries.push(`  - url: ${name}\n    sha512: ${sha512}\n    size: ${BYTES}\n`);
    }
    const feed = `version: ${VERSION}\nfiles:\n${entries.join('')}path: tool-0.zip\nsha512: ${digests[0]}\n`;
    await publish(server, 'latest', Buffer.from(feed), VERSION, 'latest.yml');

    const read = secondsOf(() => {
      for (let file = 0; file < FILES; file++)
        hash('sha512', readFileSync(join(copies.path, `tool-${file}.zip`)));
    });
    const began = performance.now();
    const passed = await checked(server);
    const first = (performance.now() - began) / 1000;
    const again = performance.now();
    await checked(server);
    const second = (performance.now() - again) / 1000;
    reportBelow(
      `checks of ${FILES} files that one feed names, beside reading them`,
      Math.max(0, first - read),
      GOAL_SECONDS,
      's',
      `${first.toFixed(2)} s, reading ${read.toFixed(2)} s, ${passed} results; again ${second.toFixed(2)} s`,
    );
  } finally {
    copies.remove();
    await server.stop();
  }
}

function secondsOf(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

/** @returns how many results there are, all passed */
async function checked(server: BenchServer): Promise<number> {
  const headers = { ...server.headers, 'content-type': 'application/json' };
  const url = `${server.url}/v1/versions/${VERSION}/checks`;
  let run: CheckRunBody = JSON.parse((await call(url, 'POST', headers, '{}')).text);
  while (run.state === 'running') {
    // The server has one core: a client that asks all the time would take half of it.
    await setTimeout(50);
    run = JSON.parse((await call(`${url}/${run.checkId}`, 'GET', server.headers)).text);
  }
  if (run.state !== 'done' || run.passed !== true)
    throw new Error(`the checks ended with ${JSON.stringify(run).slice(0, 500)}`);
  return run.checks.length;
}
