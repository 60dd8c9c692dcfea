/** The audit over HTTP: who reads which events, by which filters, and what they say of each request. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { closeAuditDays } from '../../core/audit/days.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { REQUEST_ID } from './events.ts';
import { type HouseWithTokens, openHouse } from './house.ts';

let house: HouseWithTokens['house'];
let admin: string;
let publisher: string;
let reader: string;

beforeEach(async () => {
  ({ house, admin, publisher, reader } = await openHouse());
  house.now = new Date(house.now.getTime() + 1000);
});

const idOf = (token: string) => token.split('_')[1] ?? '';
const read = async (query: Record<string, string> = {}, token = admin) =>
  (await house.call('listAudit', { token, query })).json.items;
const actions = async (query = {}, token = admin) =>
  (await read(query, token)).map(({ action }: { action: string }) => action);

async function work(): Promise<void> {
  const path = { versionId: '1.0.0', packageId: 'tool' };
  await house.push(publisher, '1.0.0', { packageId: 'tool', ext: 'zip' }, 'bytes');
  house.now = new Date(house.now.getTime() + 1000);
  const channel = { path: { channel: 'stable' }, body: { versionId: '1.0.0', skipChecks: true } };
  await house.call('putChannel', { token: admin, ...channel });
  house.now = new Date(house.now.getTime() + 1000);
  await house.call('yankPackage', { token: admin, path, body: { reason: 'wrong' } });
}

describe('GET /v1/audit', () => {
  test('says who changed what by which request, newest first', async () => {
    await work();

    expect(await read({ from: '2026-11-22T12:00:01Z' })).toEqual([
      {
        ...{ at: '2026-11-22T12:00:03.000Z', who: idOf(admin), action: 'yankPackage' },
        ...{ versionId: '1.0.0', packageId: 'tool', requestId: REQUEST_ID },
        detail: { reason: 'wrong' },
      },
      {
        ...{ at: '2026-11-22T12:00:02.000Z', who: idOf(admin), action: 'putChannel' },
        ...{ channel: 'stable', versionId: '1.0.0', requestId: REQUEST_ID },
        detail: { skippedChecks: true },
      },
      {
        ...{ at: '2026-11-22T12:00:01.000Z', who: idOf(publisher), action: 'publishPackage' },
        ...{ versionId: '1.0.0', packageId: 'tool', requestId: REQUEST_ID },
      },
    ]);
  });

  test('is filtered by who, by version and by time, and comes in pages', async () => {
    await work();

    expect(await actions({ who: idOf(publisher) })).toEqual(['publishPackage']);
    expect(await actions({ versionId: '1.0.0' })).toEqual([
      'yankPackage',
      'putChannel',
      'publishPackage',
    ]);
    expect(await actions({ versionId: '2.0.0' })).toEqual([]);
    expect(await actions({ from: '2026-11-22T12:00:02Z', to: '2026-11-22T12:00:03Z' })).toEqual([
      'putChannel',
    ]);
    const first = (await house.call('listAudit', { token: admin, query: { limit: '2' } })).json;
    const rest = await read({ limit: '1000', cursor: first.nextCursor });
    expect([...first.items, ...rest]).toEqual(await read());
    const other = { limit: '2', cursor: first.nextCursor, who: idOf(admin) };
    expect((await house.call('listAudit', { token: admin, query: other })).status).toBe(400);
  });

  test('is for admins, and shows one that is limited to versions only those', async () => {
    await work();
    const limited = await house.token(['admin'], { versions: '2.*' });

    expect((await house.call('listAudit', { token: publisher })).status).toBe(403);
    expect((await house.call('listAudit', { token: reader })).status).toBe(403);
    expect(await read({}, limited)).toEqual([]);
    expect((await house.call('listAuditDays', { token: limited })).status).toBe(403);
  });

  test('has no secret of a token that is made, and says which one', async () => {
    const made = await house.call('createToken', {
      ...{ token: admin, body: { name: 'CI', scopes: ['publish'] } },
    });

    const [event] = await read({ who: idOf(admin) });

    expect(event).toMatchObject({ action: 'createToken', tokenId: made.json.tokenId });
    expect(JSON.stringify(await read())).not.toContain(made.json.token.split('_')[2]);
  });

  test('says of an upload grant who made it, and for which upload', async () => {
    const upload = { versionId: '1.0.0', packageId: 'page' };
    await house.call('createToken', { token: publisher, body: { upload } });

    expect((await read())[0]).toMatchObject({
      ...{ who: idOf(publisher), action: 'createToken' },
      detail: { upload, versions: '1.0.0' },
    });
  });

  test('says of a delete that it was forced', async () => {
    await work();
    const path = { versionId: '1.0.0', packageId: 'tool' };
    await house.call('deletePackage', { token: admin, path, query: { force: 'true' } });

    const [event] = await read({ versionId: '1.0.0' });
    expect(event).toMatchObject({ action: 'deletePackage', detail: { forced: true } });
  });

  test('has the publisher of what the background published', async () => {
    const bytes = Buffer.from('bytes');
    const body = { packageId: 'tool', ext: 'zip', size: 5, sha256: sha256Of(bytes) };
    const path = { versionId: '1.0.0' };
    const created = await house.call('createPackage', { token: publisher, path, body });
    await house.send(created.json.upload.request, bytes);
    house.now = new Date(house.now.getTime() + 3_600_000);
    await sweep(house.services, 0);

    expect((await read({ versionId: '1.0.0' }))[0]).toMatchObject({
      ...{ action: 'publishPackage', who: idOf(publisher), requestId: 'background' },
    });
  });
});

test('GET /v1/audit/days lists the days that ended, newest first', async () => {
  await work();
  house.now = new Date('2026-11-23T12:00:00Z');
  await closeAuditDays(house.services);
  house.now = new Date('2026-11-25T12:00:00Z');
  await closeAuditDays(house.services);

  const { items } = (await house.call('listAuditDays', { token: admin })).json;

  expect(items).toMatchObject([
    { day: '2026-11-24', count: 0 },
    { day: '2026-11-23', count: 0 },
    { day: '2026-11-22', count: 6, previous: '' },
  ]);
});
