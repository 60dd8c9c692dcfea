/** `npm run e2e:stack`, run as an operator runs it against an account: what it prints, and that nothing of it is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListMultipartUploadsCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { PACKAGES_FOLDER, TABLE } from '../../../core/layout.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { cleanEnvironment } from '../../support/server-process.ts';
import type { AwsEmulator } from '../../support/servers/aws-emulator/aws-emulator.ts';
import { letKeysAge } from '../keyring.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export function describeVerification(
  emulator: () => AwsEmulator,
  deployed: () => DeployedStack,
  stackName: string,
): void {
  const start = (...words: readonly string[]): ChildProcess => {
    const { environment, reachingHosts } = emulator();
    return spawn(process.execPath, ['tools/e2e-stack.ts', ...words], {
      cwd: ROOT,
      env: cleanEnvironment({ ...environment, ...reachingHosts }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };

  test('it verifies the stack over HTTP, says what it skipped and why, and leaves nothing', async () => {
    // The spare must have been trusted for an hour.
    await letKeysAge(deployed(), 3600);
    // The key of tokenIds is made with the first token of a stack, and stays.
    const { dynamo: client } = deployed();
    const tableName = deployed().output('TableName');
    await new DynamoCatalog({ client, tableName }).newTokenId();
    const before = await keptBy(deployed());

    const { code, stdout, stderr } = await ended(start(stackName));

    expect({ code, failed: linesWith(stdout, 'FAILED') }).toEqual({ code: 0, failed: [] });
    expect(linesWith(stdout, ' verified ').length).toBeGreaterThan(70);
    expect(linesWith(stdout, ' skipped  ')).toEqual([
      expect.stringMatching(/cold starts are reported.* the functions log no reports/),
      expect.stringMatching(/whose event were lost.* it would switch off the events/),
    ]);
    expect(linesWith(stdout, 'a rotation of the keys')).toEqual([
      expect.stringMatching(/verified .* done: promote/),
    ]);
    expect(stdout).toMatch(/Costs at most \d+ cents/);
    expect(stderr).toMatch(/removed: \d+ tokens, \d+ records, \d+ versions of objects/);
    expect(await keptBy(deployed())).toEqual(before);
  });

  test('a run that is stopped removes what it made', async () => {
    const before = await keptBy(deployed());
    const child = start(stackName);
    const made = new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.includes('a completion again answers the same')) resolve();
      });
    });
    const running = ended(child);

    await Promise.race([made, running]);
    child.kill('SIGINT');
    const { code, stdout } = await running;

    expect(code).toBe(130);
    expect(linesWith(stdout, ' verified ')).not.toEqual([]);
    expect(await keptBy(deployed())).toEqual(before);
  });

  test('what a run left that was killed is removed by --clean', async () => {
    const before = await keptBy(deployed());
    const child = start(stackName);
    const token = new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.includes('versions 1.0+e2e-')) resolve();
      });
    });
    const running = ended(child);
    await Promise.race([token, running]);
    child.kill('SIGKILL');
    await running;
    const left = await keptBy(deployed());

    const { code } = await ended(start(stackName, '--clean'));

    expect(left.items).toBeGreaterThan(before.items);
    expect(code).toBe(0);
    expect(await keptBy(deployed())).toEqual(before);
  });

  test('a name that is no stack is said so, and a word too many is misuse', async () => {
    const [nowhere, misuse] = await Promise.all([
      ended(start('Nowhere')),
      ended(start('one', 'two')),
    ]);

    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringMatching(/no stack Nowhere/)]);
    expect([misuse.code, misuse.stderr]).toEqual([2, expect.stringMatching(/e2e:stack -- STACK/)]);
  });
}

function linesWith(output: string, what: string): readonly string[] {
  return output.split('\n').filter((line) => line.includes(what));
}

async function ended(child: ChildProcess) {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the program has no output');
  const [[code], out, err] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(stdout),
    text(stderr),
  ]);
  return { code, stdout: out, stderr: err };
}

/** Numbers of items, of versions of objects and of uploads under way. */
async function keptBy(stack: DeployedStack) {
  const [Bucket, TableName] = [stack.output('BucketName'), stack.output('TableName')];
  const { Count: items = 0 } = await stack.dynamo.send(
    new ScanCommand({
      TableName,
      Select: 'COUNT',
      // What a run did stays in the audit.
      FilterExpression: 'NOT #pk IN (:audit, :days)',
      ExpressionAttributeNames: { '#pk': TABLE.key.partition },
      ExpressionAttributeValues: {
        ':audit': { S: TABLE.partition.audit },
        ':days': { S: TABLE.partition.auditDays },
      },
    }),
  );
  const { Versions = [], DeleteMarkers = [] } = await stack.s3.send(
    // Beside packages, a rotation of the keys writes the file that a new key is tried with.
    new ListObjectVersionsCommand({ Bucket, Prefix: `${PACKAGES_FOLDER}/` }),
  );
  const { Uploads = [] } = await stack.s3.send(new ListMultipartUploadsCommand({ Bucket }));
  return { items, objects: Versions.length + DeleteMarkers.length, uploads: Uploads.length };
}
