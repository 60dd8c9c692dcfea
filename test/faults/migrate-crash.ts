/**
 * One crash of a migration: it is killed during a seeded request to the bucket and started again. Then
 * everything is in the bucket, and nothing was sent twice.
 */
import type { ChildProcess } from 'node:child_process';
import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { MigrationHouse } from '../cli/migrate/migration-house.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { randomFrom } from './crash.ts';

const MIB = 1024 * 1024;
const SMALL_FILES = 60;
/** Parts of one file on their way at once, as core/migrate/copy/copy-in-parts.ts has it. */
const PARTS_IN_FLIGHT = 4;

export interface MigrationCrash {
  readonly wasKilled: boolean;
  readonly resumed: number | null;
  /** Objects that the store had taken before the kill, and that were sent again. */
  readonly sentTwice: readonly string[];
  /** How many more parts were sent again than can have been on their way. */
  readonly partsTooMany: number;
  /** Parts left in the bucket for good. docs/migration.md says why an upload without parts may be left. */
  readonly partsLeft: number;
  /** What a third run says, that reads everything back. */
  readonly proven: unknown;
}

export async function crashMigration(seed: number, server: S3Server): Promise<MigrationCrash> {
  const random = randomFrom(seed);
  const proxy = await FaultProxy.start(server.endpoint);
  const house = await MigrationHouse.open(server);
  try {
    await house.write(treeOf(seed, random));
    const killAt = 1 + Math.floor(random() * (SMALL_FILES + 4));
    const way = { env: { S3_ENDPOINT: proxy.endpoint } };
    const words = ['--from', './tree', '--to', house.url];
    const before = watch(proxy, killAt);
    const killed = await house.migrateAsJson(words, { ...way, started: before.kills });
    const after = watch(proxy, Number.POSITIVE_INFINITY);
    const resumed = await house.migrateAsJson(words, way);

    const again = after.arrived.filter((url) => before.answered.has(url));
    const isPart = (url: string) => url.includes('partNumber=');
    const proven = await house.migrateAsJson([...words, '--verify', 'full']);
    return {
      wasKilled: killed.code === null,
      resumed: resumed.code,
      sentTwice: again.filter((url) => !isPart(url)),
      partsTooMany: Math.max(0, again.filter(isPart).length - PARTS_IN_FLIGHT),
      partsLeft: await partsIn(house),
      proven: proven.lines,
    };
  } finally {
    await proxy.stop();
    await house.close();
  }
}

/** What `crashMigration` says where nothing is lost. */
export const nothingLost = {
  wasKilled: true,
  resumed: 0,
  sentTwice: [],
  partsTooMany: 0,
  partsLeft: 0,
  proven: [{ outcomes: { there: { files: SMALL_FILES + 1 } }, failed: 0, sentBytes: 0 }],
} as const;

/** Many small files, and one of four to six parts somewhere among them. */
function treeOf(seed: number, random: () => number): Readonly<Record<string, Buffer>> {
  const size = 50 * MIB + Math.floor(random() * 40 * MIB);
  const large = `tree/packages/1.${Math.floor(random() * 3)}.0/large.bin`;
  const files = Array.from({ length: SMALL_FILES }, (_, index) => [
    `tree/packages/1.${index % 3}.0/small-${index}.bin`,
    Buffer.alloc(1 + Math.floor(random() * 20_000), `seed ${seed} file ${index}`),
  ]);
  return Object.fromEntries([...files, [large, Buffer.alloc(size, `seed ${seed} large`)]]);
}

/** Follows the PUTs from here on, and kills the migration when number `killAt` arrives. */
function watch(proxy: FaultProxy, killAt: number) {
  const arrived: string[] = [];
  const answered = new Set<string>();
  let child: ChildProcess | undefined;
  proxy.mend();
  proxy.spoil({ method: 'PUT' }, ({ incoming: { url = '' }, outgoing, pass }) => {
    arrived.push(url);
    if (arrived.length === killAt) child?.kill('SIGKILL');
    outgoing.once('finish', () => outgoing.statusCode === 200 && answered.add(url));
    pass();
  });
  const kills = (started: ChildProcess) => {
    child = started;
  };
  return { arrived, answered, kills };
}

async function partsIn({ client, bucket }: MigrationHouse): Promise<number> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  const parts = Uploads.map(({ Key, UploadId }) =>
    client.send(new ListPartsCommand({ Bucket: bucket, Key, UploadId })),
  );
  return (await Promise.all(parts)).reduce((count, { Parts = [] }) => count + Parts.length, 0);
}
