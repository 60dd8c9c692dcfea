/** Announcements reach the bus in the form of EventBridge, all of them or with an error. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Announcement } from '../../../core/reading/announcements.ts';
import { EventBus } from '../../../storage/events/event-bus.ts';

interface Put {
  readonly Entries: readonly { readonly Detail: string }[];
}

let server: Server;
let puts: Put[];
let answer: object;
let bus: EventBus;
beforeEach(async () => {
  puts = [];
  answer = { FailedEntryCount: 0, Entries: [] };
  server = createServer(async (request, response) => {
    expect(request.headers['x-amz-target']).toBe('AWSEvents.PutEvents');
    puts.push(JSON.parse(await text(request)));
    response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  bus = new EventBus({
    busName: 'releases',
    region: 'eu-central-1',
    timeoutMs: 60_000,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function announcement(packageId: string): Announcement {
  return { type: 'Package Available', detail: { packageId } };
}

test('an announcement is an event of the source stowage', async () => {
  await bus.send([announcement('linux')]);

  expect(puts).toEqual([
    {
      Entries: [
        {
          EventBusName: 'releases',
          Source: 'stowage',
          DetailType: 'Package Available',
          Detail: '{"packageId":"linux"}',
        },
      ],
    },
  ]);
});

test('many are sent ten at a time, in their order', async () => {
  const many = Array.from({ length: 23 }, (_, index) => announcement(`p${index}`));

  await bus.send(many);

  expect(puts.map(({ Entries }) => Entries.length)).toEqual([10, 10, 3]);
  expect(puts.flatMap(({ Entries }) => Entries.map(({ Detail }) => JSON.parse(Detail)))).toEqual(
    many.map(({ detail }) => detail),
  );
});

test('one that the bus does not take is an error, although the request succeeded', async () => {
  answer = {
    FailedEntryCount: 1,
    Entries: [{ EventId: '1' }, { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }],
  };

  await expect(bus.send([announcement('a'), announcement('b')])).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('did not take 1 of 2 events (aws: ThrottlingException'),
  });
});
