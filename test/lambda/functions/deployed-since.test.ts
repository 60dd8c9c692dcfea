/** Since when a stage has been deployed, as CloudFormation answers it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { handler } from '../../../lambda/functions/deployed-since.ts';

/** What CloudFormation receives when it asks this. */
async function answerTo(question: object): Promise<{ readonly PhysicalResourceId: string }> {
  let text = '';
  const server = createServer((request, response) => {
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await handler({
    ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`,
    StackId: 'arn:stack',
    RequestId: 'request-1',
    LogicalResourceId: 'Since',
    ...question,
  } as CloudFormationCustomResourceEvent);
  server.close();
  return JSON.parse(text);
}

test('is the second in which the stage was deployed first, which no later deployment changes', async () => {
  const before = Math.floor(Date.now() / 1000);
  const { PhysicalResourceId, ...first } = await answerTo({ RequestType: 'Create' });

  expect(first).toEqual({
    Status: 'SUCCESS',
    StackId: 'arn:stack',
    RequestId: 'request-1',
    LogicalResourceId: 'Since',
  });
  expect(PhysicalResourceId).toMatch(/^\d+$/);
  expect(Number(PhysicalResourceId)).toBeGreaterThanOrEqual(before);
  for (const RequestType of ['Update', 'Delete']) {
    const later = await answerTo({ RequestType, PhysicalResourceId: '1764000000' });
    expect(later).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: '1764000000' });
  }
});
