/** Files in parts: sent, resumed, joined, read back. */
import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { SignedPartBody, UploadStatus } from '../../../api/schemas/answers.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import {
  aProblem,
  declaration,
  jsonOf,
  MIB,
  multipartOf,
  PART_BYTES,
  problemOf,
  type Visit,
} from './visit.ts';

/** Two parts: 16 MiB and 1 MiB. */
const LARGE = randomBytes(PART_BYTES + MIB);

export function describeMultipart(visit: () => Visit): void {
  test('a file in parts becomes available once it was joined and read back', async () => {
    const here = visit();
    const { parts } = multipartOf(
      (await here.create('large', LARGE, { method: 'multipart' })).upload,
    );

    const sent = await Promise.all(parts.map((part) => sendPart(here, part, LARGE)));
    const completed = await here.complete('large');

    expect(sent).toEqual([200, 200]);
    expect([200, 202]).toContain(completed.status);
    await here.untilState('large', 'available');
    expect((await here.target.send(await here.link('large.bin'))).body.equals(LARGE)).toBe(true);
  });

  test('an upload goes on after one of its parts, with what is missing', async () => {
    const here = visit();
    const { parts } = multipartOf(
      (await here.create('large', LARGE, { method: 'multipart' })).upload,
    );
    for (const part of parts.filter(({ partNumber }) => partNumber === 1))
      await sendPart(here, part, LARGE);

    const early = await here.complete('large');
    const status = await here.admin.json<UploadStatus>('GET', here.path('/packages/large/upload'));
    const renewed = await here.admin.json<{ parts: readonly SignedPartBody[] }>(
      'POST',
      here.path('/packages/large/parts'),
      { partNumbers: [2] },
    );
    for (const part of renewed.parts) await sendPart(here, part, LARGE);
    await here.admin.complete(here.versionId, 'large');

    expect(problemOf(early)).toEqual(aProblem(409, 'NOT_UPLOADED'));
    expect(status).toMatchObject({
      method: 'multipart',
      partCount: 2,
      parts: [{ partNumber: 1, size: PART_BYTES }],
    });
    expect((await here.package('large')).state).toBe('available');
  });

  test('parts that declare their SHA-256 are bound to it', async () => {
    const here = visit();
    const declared = { method: 'multipart', partChecksums: true };
    const { parts: none } = multipartOf((await here.create('large', LARGE, declared)).upload);
    const pieces = [LARGE.subarray(0, PART_BYTES), LARGE.subarray(PART_BYTES)];
    const { parts } = await here.admin.json<{ parts: readonly SignedPartBody[] }>(
      'POST',
      here.path('/packages/large/parts'),
      { partNumbers: [1, 2], sha256s: pieces.map(sha256Of) },
    );

    if (here.target.promises.refusesOtherBytes) {
      const refused = await Promise.all(parts.map((part) => sendPart(here, part, flipped(LARGE))));
      expect(refused.every((status) => status >= 400)).toBe(true);
    }
    expect(await Promise.all(parts.map((part) => sendPart(here, part, LARGE)))).toEqual([200, 200]);
    await here.admin.complete(here.versionId, 'large');

    expect(none).toEqual([]);
    expect((await here.package('large')).state).toBe('available');
  });

  test('a file whose SHA-256 is given at the end is available with it', async () => {
    const here = visit();
    const declared = { method: 'multipart', partChecksums: true, sha256: undefined };
    if (!here.target.promises.listsPartDigests) {
      const body = declaration('large', LARGE, declared);
      const refused = await here.admin.call('POST', here.path('/packages'), body);
      expect(problemOf(refused)).toEqual(aProblem(501, 'NOT_SUPPORTED'));
      return;
    }
    const pieces = [LARGE.subarray(0, PART_BYTES), LARGE.subarray(PART_BYTES)].map(sha256Of);
    const created = await here.create('large', LARGE, declared);
    const { parts } = await here.admin.json<{ parts: readonly SignedPartBody[] }>(
      'POST',
      here.path('/packages/large/parts'),
      { partNumbers: [1, 2], sha256s: pieces },
    );
    for (const part of parts) expect(await sendPart(here, part, LARGE)).toBe(200);

    const listed = await here.admin.json('GET', here.path('/packages/large/upload'));
    const complete = (sha256: string) =>
      here.admin.call('POST', here.path('/packages/large/complete'), {
        sha256,
        partsSha256: sha256Of(Buffer.from(pieces.join(''), 'hex')),
      });
    const completed = await complete(sha256Of(LARGE));
    await here.untilState('large', 'available');
    const other = await complete(sha256Of('other bytes'));

    expect(created.package).not.toHaveProperty('sha256');
    expect(listed).toMatchObject({
      parts: pieces.map((sha256, index) => ({ partNumber: index + 1, sha256 })),
    });
    expect([200, 202]).toContain(completed.status);
    expect(problemOf(other)).toEqual(aProblem(409, 'CONFLICT'));
    expect((await here.package('large')).sha256).toBe(sha256Of(LARGE));
  });

  test('parts that are not the declared file are rejected, and the name takes the next upload', async () => {
    const here = visit();
    const { parts } = multipartOf(
      (await here.create('large', LARGE, { method: 'multipart' })).upload,
    );
    await Promise.all(parts.map((part) => sendPart(here, part, flipped(LARGE))));

    await here.complete('large');
    await here.untilState('large', 'rejected');

    expect(problemOf(await here.complete('large'))).toEqual(aProblem(422, 'INTEGRITY'));
    expect((await here.admin.call('GET', here.stable('large.bin'))).status).toBe(404);
    const { package: again } = await here.create('large', LARGE, { method: 'multipart' });
    expect(again.state).toBe('pending');
    await here.admin.push(here.versionId, 'large', LARGE, 'multipart');
    expect((await here.package('large')).state).toBe('available');
  });

  test('an upload in parts that is given up leaves nothing to resume', async () => {
    const here = visit();
    const { parts } = multipartOf(
      (await here.create('large', LARGE, { method: 'multipart' })).upload,
    );
    for (const part of parts.slice(0, 1)) await sendPart(here, part, LARGE);

    const aborted = await here.admin.call('DELETE', here.path('/packages/large/upload'));

    expect(aborted.status).toBe(204);
    expect(problemOf(await here.admin.call('GET', here.path('/packages/large/upload')))).toEqual(
      aProblem(404, 'NOT_FOUND'),
    );
    for (const part of parts.slice(1))
      expect(await sendPart(here, part, LARGE)).toBeGreaterThanOrEqual(400);
  });

  test('a part number that the plan does not have is refused', async () => {
    const here = visit();
    await here.create('large', LARGE, { method: 'multipart' });

    const answer = await here.admin.call('POST', here.path('/packages/large/parts'), {
      partNumbers: [3],
    });

    expect([answer.status, jsonOf(answer)]).toEqual([
      400,
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    ]);
  });
}

/** @returns the status */
async function sendPart(
  here: Visit,
  { partNumber, size, request }: SignedPartBody,
  whole: Buffer,
): Promise<number> {
  const start = (partNumber - 1) * PART_BYTES;
  return (await here.sendSigned(request, whole.subarray(start, start + size))).status;
}

/** The same length, another byte in each part. */
function flipped(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  for (const at of [0, PART_BYTES]) other.writeUInt8(other.readUInt8(at) ^ 1, at);
  return other;
}
