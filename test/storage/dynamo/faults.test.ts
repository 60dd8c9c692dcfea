/** DynamoCatalog when DynamoDB throttles, loses answers, leaves out keys or refuses requests. */
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import { parsePackageId } from '../../../core/names.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { dynamoClient } from '../../../storage/dynamo/dynamo-client.ts';
import { translateDynamoError } from '../../../storage/dynamo/errors.ts';
import {
  at,
  channelRecord,
  expectedOf,
  fill,
  packageRecord,
  tokenRecord,
  V1,
} from '../catalog-contract/records.ts';
import { DynamoServer } from './harness.ts';
import { answerLost, DynamoWire, notSent, onlyFirst, refusal, throttled } from './wire.ts';

let server: DynamoServer;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

describe('faults of DynamoCatalog', () => {
  const record = packageRecord('a');
  let tableName: string;
  let catalog: DynamoCatalog;
  let wire: DynamoWire;
  let pauses: number[];

  beforeEach(async () => {
    // The SDK's back-off is a random share of a growing time. Here it is none, so that no test
    // waits.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    tableName = await server.newTable();
    const client = server.client();
    wire = new DynamoWire(client);
    pauses = [];
    catalog = new DynamoCatalog({
      client,
      tableName,
      pause: async (milliseconds) => void pauses.push(milliseconds),
    });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await catalog.close();
  });

  function failing(code: string, text = '') {
    return expect.objectContaining({ code, message: expect.stringContaining(text) });
  }

  describe('the event of a change', () => {
    const noted = async () =>
      (await catalog.listAudit({}, { limit: 9 })).items.map(({ action }) => action);

    test('is written first: a function that ends before it makes no change', async () => {
      wire.spoil('PutItem', throttled, 5);

      await expect(catalog.putChannel(channelRecord('stable', '1.0.0'))).rejects.toEqual(
        failing('TOO_MANY_REQUESTS'),
      );

      expect(await catalog.getChannel(channelRecord('stable', '1.0.0').channel)).toBeUndefined();
    });

    test('stays when a function ends before the change, and it is unknown whether it was made', async () => {
      await catalog.createPackage(record);
      wire.spoil('UpdateItem', throttled, 5);

      await expect(
        catalog.changePackage(record, expectedOf(record), { state: 'available' }),
      ).rejects.toEqual(failing('TOO_MANY_REQUESTS'));

      expect(await noted()).toEqual(['publishPackage']);
    });

    test('is there once when the answer to the change was lost', async () => {
      await catalog.createPackage(record);
      wire.spoil('UpdateItem', answerLost);

      await catalog.changePackage(record, expectedOf(record), { state: 'available' });

      expect(await noted()).toEqual(['publishPackage']);
    });
  });

  describe('throttling', () => {
    test('is waited out', async () => {
      wire.spoil('PutItem', throttled, 3);
      wire.spoil('GetItem', throttled, 2);

      expect(await catalog.createPackage(record)).toBe(true);
      expect(await catalog.getPackage(record)).toStrictEqual(record);

      expect(wire.take()).toEqual({ PutItem: 8, GetItem: 3 });
    });

    test('that does not end is TOO_MANY_REQUESTS', async () => {
      wire.spoil('GetItem', throttled, 5);
      wire.spoil('Query', throttled, 5);
      wire.spoil('UpdateItem', throttled, 5);

      await expect(catalog.getPackage(record)).rejects.toEqual(
        failing('TOO_MANY_REQUESTS', tableName),
      );
      await expect(catalog.listVersions({ limit: 1 })).rejects.toEqual(
        failing('TOO_MANY_REQUESTS'),
      );
      await expect(catalog.changePackage(record, expectedOf(record), {})).rejects.toEqual(
        failing('TOO_MANY_REQUESTS'),
      );
    });
  });

  describe('keys that a batch leaves out', () => {
    const ids = Array.from({ length: 10 }, (_, index) => parsePackageId(`p${index}`));
    const records = ids.map((id) => packageRecord(id));

    test('are asked for again, in as many rounds as it takes', async () => {
      await fill(catalog, records);
      wire.take();
      for (const count of [3, 0, 0, 1, 2]) wire.spoil('BatchGetItem', onlyFirst(count));

      expect(await catalog.getPackages(V1, [...ids, parsePackageId('none')])).toStrictEqual([
        ...records,
        undefined,
      ]);

      expect(wire.take()).toEqual({ BatchGetItem: 6 });
      expect(pauses).toEqual([25, 50, 100, 25, 25]);
    });

    test('are given up after several rounds without a record', async () => {
      await fill(catalog, records);
      wire.spoil('BatchGetItem', onlyFirst(0), 6);

      await expect(catalog.getPackages(V1, ids)).rejects.toEqual(
        failing('TOO_MANY_REQUESTS', '10 records'),
      );
    });
  });

  describe('an answer that is lost', () => {
    test('of a creation: the catalog recognizes the record that it wrote', async () => {
      await catalog.createPackage(packageRecord('first'));
      wire.spoil('PutItem', answerLost);

      expect(await catalog.createPackage(record)).toBe(true);

      expect(await catalog.getPackage(record)).toStrictEqual(record);
      expect(await catalog.createPackage(record)).toBe(false);
    });

    test('of a creation that failed: the name stays with its owner', async () => {
      await catalog.createPackage(record);
      wire.spoil('PutItem', notSent);

      expect(await catalog.createPackage(record)).toBe(false);
    });

    test('of a change: the record comes back as written', async () => {
      await catalog.createPackage(record);
      wire.spoil('UpdateItem', answerLost);

      const written = await catalog.changePackage(record, expectedOf(record), {
        state: 'available',
        publishedAt: at(1),
      });

      expect(written).toStrictEqual({ ...record, state: 'available', publishedAt: at(1) });
    });

    test('of a change that another one was faster than: nothing was changed', async () => {
      await catalog.createPackage(record);
      await catalog.changePackage(record, expectedOf(record), { state: 'verifying' });
      wire.spoil('UpdateItem', notSent);

      expect(
        await catalog.changePackage(record, expectedOf(record), { state: 'available' }),
      ).toBeUndefined();
    });

    test('of a removal: it is gone', async () => {
      await catalog.createPackage(record);
      wire.spoil('DeleteItem', answerLost);

      expect(await catalog.removePackage(record, expectedOf(record))).toBe(true);
    });

    test('of a channel and of a token: both are as written', async () => {
      wire.spoil('PutItem', answerLost);
      expect(await catalog.putChannel(channelRecord('stable', '1'), null)).toBe(true);
      // Its tokenId, and the record.
      wire.spoil('PutItem', answerLost, 2);
      expect(await catalog.createToken(tokenRecord('token000'))).toBe(true);
    });
  });

  describe('a crash between the two writes of a creation', () => {
    const refused = refusal(400, 'AccessDeniedException');

    test('leaves a version without packages, which the next upload uses', async () => {
      wire.spoil('PutItem', async (request, send) => {
        wire.spoil('PutItem', refused);
        return send(request);
      });
      await expect(catalog.createPackage(record)).rejects.toEqual(failing('UNAVAILABLE'));
      expect(await catalog.getPackage(record)).toBeUndefined();
      expect(await catalog.getVersion(V1)).toStrictEqual({ versionId: V1, createdAt: at(0) });

      expect(await catalog.createPackage(packageRecord('b', { createdAt: at(9) }))).toBe(true);

      expect(await catalog.getVersion(V1)).toStrictEqual({ versionId: V1, createdAt: at(0) });
    });

    test('never leaves a package without its version, and the version is written again', async () => {
      wire.spoil('PutItem', refused);
      await expect(catalog.createPackage(record)).rejects.toEqual(failing('UNAVAILABLE'));
      expect(await catalog.getPackage(record)).toBeUndefined();

      expect(await catalog.createPackage(record)).toBe(true);

      expect(await catalog.getVersion(V1)).toStrictEqual({ versionId: V1, createdAt: at(0) });
    });
  });

  describe('refusals', () => {
    test.each([
      ['AccessDeniedException', 400, 'UNAVAILABLE', "refuses the service's credentials"],
      ['ExpiredTokenException', 400, 'UNAVAILABLE', "refuses the service's credentials"],
      ['UnrecognizedClientException', 400, 'UNAVAILABLE', "refuses the service's credentials"],
      ['ResourceNotFoundException', 400, 'UNAVAILABLE', 'TABLE_NAME'],
      ['ValidationException', 400, 'INTERNAL', 'keys and indexes'],
      ['SomethingNewException', 400, 'INTERNAL', "refuses the service's request"],
      ['InternalServerError', 500, 'UNAVAILABLE', "can't be reached, or fails"],
    ])('%s is translated', async (name, status, code, text) => {
      wire.spoil('GetItem', refusal(status, name), 5);

      await expect(catalog.getPackage(record)).rejects.toEqual(failing(code, text));
    });

    test('a missing table is named', async () => {
      const client = server.client();
      const lost = new DynamoCatalog({ client, tableName: 'elsewhere' });

      await expect(lost.getPackage(record)).rejects.toEqual(
        failing('UNAVAILABLE', 'table elsewhere is not there'),
      );
      await lost.close();
    });

    test("a server that can't be reached is UNAVAILABLE", async () => {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      // Nothing listens on port 1 of this machine.
      const client = dynamoClient({
        region: 'eu-central-1',
        endpoint: 'http://127.0.0.1:1',
        credentials,
      });
      const unreachable = new DynamoCatalog({ client, tableName });

      await expect(unreachable.getPackage(record)).rejects.toEqual(
        failing('UNAVAILABLE', 'ECONNREFUSED'),
      );
      await unreachable.close();
    });

    test("an error that is not DynamoDB's is returned unchanged", () => {
      for (const error of [new TypeError('ours'), new ServiceError('NOT_FOUND', 'ours'), 'text']) {
        expect(translateDynamoError(error, 'table')).toBe(error);
      }
    });
  });
});
