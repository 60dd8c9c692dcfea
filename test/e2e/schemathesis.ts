/**
 * Lets schemathesis ask a served service all that openapi.json allows, and much that it does not.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemathesisProgram } from '../../tools/servers/schemathesis.ts';
import { PlainClient } from '../support/plain-client.ts';
import { cleanEnvironment, ServerProcess } from '../support/server-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Left out: the check that every request is accepted that fits the schema. A schema can't say that
 * the service must have made a cursor, that an expiry must be in the future, or that only some
 * uploads have parts.
 */
const EXCLUDED = 'positive_data_acceptance';

export interface SchemathesisReport {
  readonly code: number;
  /** Requests that were made up and sent. */
  readonly requests: number;
  /** What it says of each answer that is none of the contract. */
  readonly output: string;
}

export interface SchemathesisOptions {
  /** Made up for each operation and phase, at most. */
  readonly examples: number;
  /** @default the same requests in each run */
  readonly seed?: number;
  /** Of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function runSchemathesis({
  examples,
  seed,
  settings = {},
}: SchemathesisOptions): Promise<SchemathesisReport> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-schemathesis-'));
  // One of the settings: what is made up may revoke every token of the catalog.
  const token = `stw_schemathesis_${randomBytes(32).toString('base64url')}`;
  const chance =
    seed === undefined
      ? ['--generation-deterministic']
      : ['--seed', String(seed), '--generation-database', 'none'];
  const server = await ServerProcess.start(join(folder, 'storage'), {
    ADMIN_TOKEN: token,
    ...settings,
  });
  try {
    const publisher = new PlainClient(server.url, token);
    // The names that the contract gives as examples.
    await publisher.push('1.4.0', 'linux-x64', Buffer.from('a package'), 'single');
    await publisher.json('PUT', '/v1/channels/stable', { versionId: '1.4.0' });
    return await schemathesis(folder, [
      ...[
        'run',
        join(ROOT, 'openapi.json'),
        '--url',
        server.url,
        '--header',
        `Authorization: Bearer ${token}`,
      ],
      ...chance,
      ...[
        '--max-examples',
        String(examples),
        '--exclude-checks',
        EXCLUDED,
        '--warnings',
        'off',
        '--no-color',
      ],
      // Links to the bytes are not followed: what they answer is not part of the contract.
      ...['--max-redirects', '0'],
    ]);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function schemathesis(cwd: string, words: readonly string[]): Promise<SchemathesisReport> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: cleanEnvironment(), maxBuffer: 256 * 1024 * 1024 };
    execFile(schemathesisProgram(), words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      const requests = Number(/(\d+) generated/.exec(stdout)?.[1] ?? 0);
      if (typeof code === 'number') resolve({ code, requests, output: stdout + stderr });
      else reject(error);
    });
  });
}
