/** The doctor with settings that are wrong: each kind is named, nothing else is tried, and nothing is left. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { DoctorReport } from '../../core/doctor/report.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { runDoctor, settingsFor } from './doctor-run.ts';
import { CONSOLE } from './measure.ts';

type Env = Readonly<Record<string, string>>;

/** @param hasRegion whether that server refuses signatures for another region */
export function describeWrongSettings(server: () => S3Server, hasRegion: boolean): void {
  const port = () => new URL(server().endpoint).port;
  const cases: readonly (readonly [
    what: string,
    wrong: () => Env,
    promise: string,
    advice: RegExp,
  ])[] = [
    [
      'a bucket that is not there',
      () => ({ S3_BUCKET: 'no-such-bucket' }),
      BUCKET,
      /does not exist: check S3_BUCKET/,
    ],
    [
      'a key that is not known',
      () => ({ S3_ACCESS_KEY: 'unknown' }),
      BUCKET,
      /does not know the key: check S3_ACCESS_KEY/,
    ],
    [
      'a secret that is wrong',
      () => ({ S3_SECRET_KEY: 'wrong' }),
      BUCKET,
      /another signature: check S3_SECRET_KEY/,
    ],
    [
      'a port where nothing listens',
      () => ({ S3_ENDPOINT: 'http://127.0.0.1:1' }),
      BUCKET,
      /can not be reached: check S3_ENDPOINT/,
    ],
    [
      'https where plain http is spoken',
      () => ({ S3_ENDPOINT: `https://127.0.0.1:${port()}` }),
      BUCKET,
      /not speak TLS: set S3_ENDPOINT/,
    ],
    [
      'a bucket in a host name that is none',
      () => ({ S3_ENDPOINT: 'http://stowage.invalid', S3_ADDRESSING: 'virtual' }),
      BUCKET,
      /there is no host measured.stowage.invalid: check S3_ENDPOINT, or set S3_ADDRESSING to path/,
    ],
    [
      'a bucket in a host name, where the store has it in the path',
      () => ({
        S3_ENDPOINT: `http://store.test:${port()}`,
        S3_ADDRESSING: 'virtual',
        ...preload('wildcard-names.ts'),
      }),
      BUCKET,
      /S3_ADDRESSING/,
    ],
    [
      'a clock that is wrong',
      () => preload('clock-ahead.ts'),
      'clocks-agree',
      /\d{4} seconds ahead of the store's/,
    ],
    [
      'a public endpoint where nothing listens',
      () => ({ S3_PUBLIC_ENDPOINT: 'http://127.0.0.1:1' }),
      'signed-requests-arrive',
      /127.0.0.1:1 says: no answer/,
    ],
  ];

  describe('with wrong settings', () => {
    test.each(cases)('names %s', async (_what, wrong, promise, advice) => {
      await expectAdvice({ ...settingsFor(server(), 'measured'), ...wrong() }, promise, advice);
    });

    test(
      hasRegion ? 'names another region' : 'has nothing against another region, like the store',
      async () => {
        const env = { ...settingsFor(server(), 'measured'), S3_REGION: 'eu-central-1' };

        if (hasRegion) await expectAdvice(env, BUCKET, /S3_REGION/);
        else expect(await runDoctor(env)).toMatchObject({ code: 0 });
      },
    );

    test('names an origin that may not send, and needs it only where it is asked for', async () => {
      const settings = settingsFor(server(), 'measured');
      const stranger = await reportedBy({
        ...settings,
        CORS_ORIGINS: `${CONSOLE},https://stranger.example`,
      });
      const withoutOrigins = await reportedBy(settings);

      expect(stranger).toMatchObject({ code: 1, cors: { verdict: 'not kept', needed: true } });
      expect(stranger.cors?.seen).toMatch(/^https:\/\/stranger\.example: /);
      expect(withoutOrigins).toMatchObject({
        code: 0,
        cors: { verdict: 'not tried', needed: false },
      });
    });
  });
}

const BUCKET = 'bucket-answers';

function preload(file: string): Env {
  return { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'preloads', file)}` };
}

/** The one promise is not kept, trials that build on it are not run, and the text report agrees. */
async function expectAdvice(env: Env, promise: string, advice: RegExp): Promise<void> {
  const asJson = await runDoctor(env, ['--json']);
  const { healthy, findings } = JSON.parse(asJson.stdout) as DoctorReport;
  const broken = findings.filter(({ verdict }) => verdict === 'not kept');

  expect({ code: asJson.code, healthy, broken: broken.map(({ id }) => id) }).toEqual({
    code: 1,
    healthy: false,
    broken: [promise],
  });
  expect(`${broken[0]?.seen}: ${broken[0]?.otherwise}`).toMatch(advice);
  expect(findings.at(-1)?.verdict).toBe('not tried');
}

async function reportedBy(env: Env) {
  const { code, stdout } = await runDoctor(env, ['--json']);
  const { findings } = JSON.parse(stdout) as DoctorReport;
  return { code, cors: findings.find(({ id }) => id === 'cors') };
}
