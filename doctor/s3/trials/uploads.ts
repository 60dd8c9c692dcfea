/** Tests that a signed upload stores exactly what it was signed for, in both forms of signing. */
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept, type TrialResult } from '../../../core/doctor/report.ts';
import type { S3Integrity } from '../../../storage/s3/bucket/s3-settings.ts';
import { look } from '../../../storage/s3/bucket/stored-object.ts';
import { type Bench, GOOD, OTHER, termsFor } from '../bench/bench.ts';
import { type Changes, refusalOf } from '../bench/send.ts';
import { REPLACED } from './overwriting.ts';
import { REACHED } from './reach.ts';

const FORMS = {
  checksum: {
    group: 'Uploads signed in their URL (S3_INTEGRITY=checksum)',
    need: 'with checksum',
    otherwise: 'set S3_INTEGRITY=payload where that form is kept',
  },
  payload: {
    group: 'Uploads signed over their payload (S3_INTEGRITY=payload)',
    need: 'with payload',
    otherwise: 'set S3_INTEGRITY=checksum where that form is kept',
  },
} as const;

/** Changes of a signed request, each of which must be refused. */
const BROKEN: readonly (readonly [
  id: string,
  promise: string,
  body: Buffer,
  headers: Changes['headers'],
])[] = [
  ['longer', 'more bytes than announced are refused', Buffer.concat([GOOD, GOOD]), {}],
  ['shorter', 'fewer bytes than announced are refused', GOOD.subarray(1), {}],
  ['sha256', 'other bytes of the same length are refused', OTHER, {}],
  ['type', 'another content type is refused', GOOD, { 'content-type': 'text/html' }],
  [
    'disposition',
    'another content disposition is refused',
    GOOD,
    { 'content-disposition': 'inline' },
  ],
  ['cache-control', 'another cache control is refused', GOOD, { 'cache-control': 'public' }],
  [
    'condition',
    'a request without its If-None-Match is refused',
    GOOD,
    { 'if-none-match': undefined },
  ],
];

export const UPLOADS: readonly Trial<Bench>[] = [...trialsOf('checksum'), ...trialsOf('payload')];

function trialsOf(form: S3Integrity): readonly Trial<Bench>[] {
  const good = `upload-${form}`;
  const trial = (
    id: string,
    promise: string,
    attempt: (bench: Bench) => Promise<TrialResult>,
    after = good,
  ): Trial<Bench> => ({ ...FORMS[form], id, promise, after, attempt });
  return [
    trial(
      good,
      'the announced bytes are taken, with all that was announced',
      (bench) => takes(bench, form),
      REACHED,
    ),
    ...BROKEN.map(([id, promise, body, headers]) =>
      trial(`${good}-${id}`, promise, (bench) =>
        refuses(bench, form, body, { ...(headers && { headers }) }),
      ),
    ),
    trial(`${good}-other-key`, 'the request is good for its own key alone', (bench) =>
      refusesOtherKey(bench, form),
    ),
    trial(`${good}-expired`, 'an expired request is refused', (bench) =>
      refusesExpired(bench, form),
    ),
    {
      ...trial(`${good}-overwrite`, 'nothing is overwritten', (bench) =>
        keepsWhatIsThere(bench, form),
      ),
      otherwise: REPLACED,
    },
  ];
}

async function takes(bench: Bench, form: S3Integrity): Promise<TrialResult> {
  const key = bench.newKey();
  const { said, status } = await bench.send(await bench.signUpload(form, key, GOOD), GOOD);
  if (status !== 200) return notKept(said);
  const stored = await look(bench.bucket, key);
  const { contentType, contentDisposition, cacheControl, attemptId, size } = termsFor(GOOD);
  const announced = { contentType, contentDisposition, cacheControl, attemptId, size };
  const { storedHeaders, ...info } = stored?.info ?? {};
  const found: Readonly<Record<string, unknown>> = { ...storedHeaders, ...info };
  const wrong = Object.entries(announced).filter(([name, value]) => found[name] !== value);
  if (wrong.length === 0) return kept(said);
  return notKept(
    wrong.map(([name, value]) => `${name}: announced ${value}, stored ${found[name]}`).join('; '),
  );
}

async function refuses(
  bench: Bench,
  form: S3Integrity,
  body: Buffer,
  changes: Changes,
): Promise<TrialResult> {
  const key = bench.newKey();
  const refusal = refusalOf(
    await bench.send(await bench.signUpload(form, key, GOOD), body, changes),
  );
  if (refusal.verdict !== 'kept' || (await look(bench.bucket, key)) === undefined) return refusal;
  return notKept(`answered ${refusal.seen}, but stored it`);
}

async function refusesOtherKey(bench: Bench, form: S3Integrity): Promise<TrialResult> {
  const [signed, other] = [bench.newKey(), bench.newKey()];
  const request = await bench.signUpload(form, signed, GOOD);
  const url = request.url.replace(
    signed.slice(signed.lastIndexOf('/')),
    other.slice(other.lastIndexOf('/')),
  );
  return refusalOf(await bench.send(request, GOOD, { url }));
}

async function refusesExpired(bench: Bench, form: S3Integrity): Promise<TrialResult> {
  const request = await bench.signUploadLongAgo(form, bench.newKey(), GOOD);
  return refusalOf(await bench.send(request, GOOD));
}

async function keepsWhatIsThere(bench: Bench, form: S3Integrity): Promise<TrialResult> {
  const key = bench.newKey();
  await bench.send(await bench.signUpload(form, key, GOOD), GOOD);
  const { said } = await bench.send(await bench.signUpload(form, key, OTHER), OTHER);
  const stored = await bench.read(key);
  return stored.equals(GOOD)
    ? kept(said)
    : notKept(`answered ${said}, and the bytes are others now`);
}
