/** What the log says, and what it never says. */
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import { describeError } from '../../service/host/describe-error.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House } from './house.ts';

let house: House;
let admin: string;

beforeEach(async () => {
  house = new House();
  admin = await house.token(['admin']);
});

const tokenIdOf = (token: string) => token.split('_')[1];

test('a request is one line, with who, what, how long and how much', async () => {
  const answer = await house.call('listVersions', { token: admin, query: { limit: '5' } });

  expect(house.log()).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      operation: 'listVersions',
      requestId: 'request-1',
      address: expect.any(String),
      method: 'GET',
      path: '/v1/versions',
      status: 200,
      ms: expect.any(Number),
      tokenId: tokenIdOf(admin),
      bytes: answer.text.length,
    },
  ]);
});

test('a refusal says its code, and not its words', async () => {
  await house.call('getVersion', { token: admin, path: { versionId: 'nothing-there' } });

  expect(house.log()).toMatchObject([{ status: 404, code: 'NOT_FOUND', level: 30 }]);
});

test('a token where an id belongs is not logged, and a long path is cut', async () => {
  const path = `/v1/tokens/${admin}`;
  await house.invoke(house.handlers.deleteToken, {
    method: 'DELETE',
    route: path,
    path: { tokenId: admin },
    token: admin,
  });
  await house.call('getVersion', { token: admin, path: { versionId: 'x'.repeat(10_000) } });

  expect(house.log()[0]).toMatchObject({
    status: 400,
    path: `/v1/tokens/stw_${tokenIdOf(admin)}_[hidden]`,
  });
  expect(String(house.log()[1]?.['path']).length).toBeLessThan(420);
});

describe('faults', () => {
  test('lose the queries of all URLs in their messages, in time linear in their length', () => {
    const slashes = '/'.repeat(500_000);
    const error = new Error(`GET https://h/a?x=1 and /b?c?d "/e?f" why? ${slashes} ${slashes}?g`);

    // Quadratic time would be minutes.
    const { message } = runInNewContext(
      'describe()',
      { describe: () => describeError(error) },
      { timeout: 4000 },
    );

    expect(
      message ===
        `GET https://h/a?[hidden] and /b?[hidden] "/e?[hidden]" why? ${slashes} ${slashes}?[hidden]`,
    ).toBe(true);
  });

  test('in the service are 500: the reason is in the log with its causes, and nowhere else', async () => {
    const cause = Object.assign(
      new Error(`GET https://s3.example.com/key?X-Amz-Signature=geheim`),
      {
        code: 'ECONNRESET',
      },
    );
    house.catalog.getVersion = async () => {
      throw Object.assign(new Error(`lost ${admin}`, { cause }), {
        headers: { authorization: admin },
      });
    };
    const answer = await house.call('getVersion', { token: admin, path: { versionId: '1' } });

    expect([answer.status, answer.json.code]).toEqual([500, 'INTERNAL']);
    expect(answer.text).not.toContain('lost');
    expect(house.log()).toMatchObject([
      {
        level: 50,
        status: 500,
        err: {
          type: 'Error',
          message: `lost stw_${tokenIdOf(admin)}_[hidden]`,
          cause: { code: 'ECONNRESET', message: 'GET https://s3.example.com/key?[hidden]' },
        },
      },
    ]);
    expect(house.lines.join()).not.toContain('geheim');
  });

  test('of others are 503 with Retry-After', async () => {
    house.catalog.getToken = async () => {
      throw new ServiceError('UNAVAILABLE', 'catalog is locked');
    };
    const answer = await house.call('listVersions', { token: await house.token(['read']) });

    expect([answer.status, answer.headers['retry-after'], answer.text.includes('locked')]).toEqual([
      503,
      '5',
      false,
    ]);
    expect(house.log()).toMatchObject([
      { status: 503, code: 'UNAVAILABLE', err: { message: 'catalog is locked' } },
    ]);
  });

  test('that are no errors are described too, and endless causes end', () => {
    const loop = new Error('loop');
    loop.cause = loop;

    expect(describeError('text')).toEqual({ type: 'string', message: 'text' });
    expect(JSON.stringify(describeError(loop)).match(/"message"/g)).toHaveLength(6);
  });
});

test('every change is an audit line: who did what to which', async () => {
  const path = { versionId: '1.0.0', packageId: 'tool' };
  const body = { packageId: 'tool', ext: 'zip', size: 1, sha256: sha256Of('x') };
  const channel = { channel: 'stable' };
  const call = (...[id, rest]: Parameters<House['call']>) =>
    house.call(id, { token: admin, ...rest });
  await call('createPackage', { path: { versionId: '1.0.0' }, body });
  await call('createPackage', { path: { versionId: '1.0.0' }, body });
  await call('abortUpload', { path });
  const created = await call('createPackage', { path: { versionId: '1.0.0' }, body });
  await call('completeUpload', { path });
  await house.send(created.json.upload.request, Buffer.from('x'));
  await call('completeUpload', { path });
  await call('yankPackage', { path });
  await call('restorePackage', { path });
  await call('putChannel', { path: channel, body: { versionId: '1.0.0' } });
  await call('deleteChannel', { path: channel });
  await call('deletePackage', { path });
  const { tokenId } = (await call('createToken', { body: { name: 'x', scopes: ['read'] } })).json;
  await call('deleteToken', { path: { tokenId } });

  const audit = house.log().filter((line) => line['audit'] === true);
  const common = {
    level: 30,
    time: expect.any(Number),
    audit: true,
    who: tokenIdOf(admin),
    requestId: 'request-1',
  };
  expect(audit).toEqual([
    { ...common, action: 'createPackage', ...path },
    { ...common, action: 'abortUpload', ...path },
    { ...common, action: 'createPackage', ...path },
    { ...common, action: 'completeUpload', ...path, state: 'available' },
    { ...common, action: 'yankPackage', ...path },
    { ...common, action: 'restorePackage', ...path },
    { ...common, action: 'putChannel', ...channel, versionId: '1.0.0' },
    { ...common, action: 'deleteChannel', ...channel },
    { ...common, action: 'deletePackage', ...path },
    { ...common, action: 'createToken', tokenId },
    { ...common, action: 'deleteToken', tokenId },
  ]);
});
