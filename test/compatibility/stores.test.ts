/** The doctor against real servers: which promises each keeps, and that docs/compatibility.md agrees. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { empty } from '../storage/s3/harness.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { readByHand } from './by-hand.ts';
import { reportOf, settingsFor } from './doctor-run.ts';
import { describeInterruptions } from './interrupted.ts';
import { type Column, measure, servers } from './measure.ts';
import { pageOf } from './page.ts';
import { describeWrongSettings } from './wrong-settings.ts';

const BOTH_CHECKSUM_FORMS = [
  'upload-checksum-sha256',
  'checksum-of-put',
  'sha256-in-head',
  'part-checksum',
];
const RGW = [
  ...BOTH_CHECKSUM_FORMS,
  'joining-overwrites-nothing',
  'race-of-completions',
  'multipart-etag',
  'delete-if-match',
  'part-checksums-listed',
];
/** What each does not keep; all else is kept. */
const NOT_KEPT: Readonly<Record<string, readonly string[]>> = {
  versitygw: ['versions', 'lifecycle', 'multipart-uploads'],
  'versitygw, with versions': ['lifecycle', 'multipart-uploads'],
  'Ceph RGW': [...RGW, 'versions'],
  'Ceph RGW, with versions': [
    ...RGW,
    'upload-checksum-overwrite',
    'upload-payload-overwrite',
    'race-of-uploads',
  ],
};
const HEALTHY = ['versitygw', 'versitygw, with versions', 'Ceph RGW'];

const measured: Column[] = [];

describe.each(Object.entries(servers()))('the doctor on %s', (name, start) => {
  if (start === undefined) {
    test.skip(`${name} is not installed: it is not examined`, () => {});
    return;
  }
  let server: S3Server;
  let columns: readonly Column[];

  beforeAll(async () => {
    server = await start();
    columns = await measure(server);
    measured.push(...columns);
  });

  afterAll(() => server.stop());

  test('finds what it keeps, and calls it healthy where nothing is missing that is needed', () => {
    for (const { heading, report } of columns) {
      const notKept = report.findings
        .filter(({ verdict }) => verdict !== 'kept')
        .map(({ id }) => id);
      expect({ heading, notKept: notKept.sort(), healthy: report.healthy }).toEqual({
        heading,
        notKept: [...(NOT_KEPT[heading] ?? [])].sort(),
        healthy: HEALTHY.includes(heading),
      });
    }
  });

  test('leaves nothing behind', async () => {
    const { endpoint, region, credentials } = server;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });

    for (const bucket of ['measured', 'measured-versions'])
      expect(await empty(client, bucket)).toEqual([]);
    client.destroy();
  });

  test('needs checksums where uploads are to be bound by them', async () => {
    const report = await reportOf({ ...settingsFor(server, 'measured'), S3_INTEGRITY: 'checksum' });

    const broken = report.findings
      .filter(({ needed, verdict }) => needed && verdict === 'not kept')
      .map(({ id }) => id);
    expect(broken).toEqual(name === 'versitygw' ? [] : ['upload-checksum-sha256', 'part-checksum']);
  });

  describeWrongSettings(() => server, name === 'versitygw');
  describeInterruptions(() => server);
});

const missing = Object.entries(servers()).flatMap(([name, start]) =>
  start === undefined ? [name] : [],
);
const onPage = missing.length === 0 ? test : test.skip;
onPage(
  `docs/compatibility.md says what was found${missing.length === 0 ? '' : `: needs ${missing.join(', ')}`}`,
  () => {
    const page = readFileSync(
      join(import.meta.dirname, '..', '..', 'docs', 'compatibility.md'),
      'utf8',
    );

    expect(page).toBe(pageOf(measured, readByHand()));
  },
);
