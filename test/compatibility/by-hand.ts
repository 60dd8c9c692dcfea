/** Stores measured by hand with `npm run matrix -- --endpoint`: which promises each keeps, and since when. */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { TrialVerdict } from '../../core/doctor/report.ts';
import { empty } from '../storage/s3/harness.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { measure } from './measure.ts';

const FILE = join(import.meta.dirname, 'by-hand.json');

export interface HandColumn {
  readonly heading: string;
  /** `2026-11-28` */
  readonly date: string;
  /** Verdicts by the id of the promise. */
  readonly verdicts: Readonly<Record<string, TrialVerdict>>;
}

export function readByHand(): readonly HandColumn[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as readonly HandColumn[];
}

const USAGE =
  'npm run matrix -- --endpoint URL --name NAME [--region REGION], with S3_ACCESS_KEY and S3_SECRET_KEY of a key that may make buckets';

/** Measures the store that the words name, if they name one, and writes its columns into the place of earlier ones. */
export async function measureByHand(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: { endpoint: { type: 'string' }, name: { type: 'string' }, region: { type: 'string' } },
  });
  const { endpoint, name, region = 'us-east-1' } = values;
  if (endpoint === undefined) return;
  const { S3_ACCESS_KEY: accessKeyId, S3_SECRET_KEY: secretAccessKey } = env;
  if (name === undefined || !accessKeyId || !secretAccessKey) throw new Error(USAGE);
  const credentials = { accessKeyId, secretAccessKey };
  const server: S3Server = { name, endpoint, region, credentials, stop: async () => undefined };
  const buckets = `measured-${randomUUID()}`.slice(0, 24);
  try {
    const columns = await measure(server, buckets);
    const date = new Date().toISOString().slice(0, 10);
    const found = columns.map(({ heading, report }) => {
      const verdicts = Object.fromEntries(report.findings.map(({ id, verdict }) => [id, verdict]));
      return { heading, date, verdicts };
    });
    const others = readByHand().filter(
      ({ heading }) => !found.some((one) => one.heading === heading),
    );
    writeFileSync(FILE, `${JSON.stringify([...others, ...found], undefined, 2)}\n`);
  } finally {
    await removeBuckets(server, [buckets, `${buckets}-versions`]);
  }
}

async function removeBuckets(
  { endpoint, region, credentials }: S3Server,
  names: readonly string[],
): Promise<void> {
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  for (const Bucket of names) {
    try {
      await empty(client, Bucket);
      await client.send(new DeleteBucketCommand({ Bucket }));
    } catch (error) {
      process.stderr.write(`bucket ${Bucket} could not be removed: ${error}\n`);
    }
  }
  client.destroy();
}
