/** What an operator does with the command line, who has AWS credentials and the name of the stack, and nothing else. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Ran, runCli } from '../../cli/house.ts';
import type { AwsEmulator } from '../../support/servers/aws-emulator/aws-emulator.ts';

/** @param emulator where the stack is deployed */
export function describeOperator(emulator: () => AwsEmulator, stackName: string): void {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-operator-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const stowage = (
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ran> => {
    const { environment, reachingHosts } = emulator();
    return runCli([...words, '--stack', stackName], {
      cwd: folder,
      env: { ...environment, ...reachingHosts, ...env },
    });
  };

  test('from the name of a stack to a first download', async () => {
    await writeFile(join(folder, 'hello.txt'), 'hello, world');

    const token = await stowage(['token', 'create', '--name', 'first', '--scope', 'admin']);
    const env = { STOWAGE_TOKEN: token.stdout.trim() };
    const pushed = await stowage(['push', 'hello.txt', '--version', '1.0-operator'], env);
    const listed = await stowage(['ls', '1.0-operator', '--json'], env);
    const pulled = await stowage(['pull', '1.0-operator', '--out', 'copy'], env);

    expect(
      [token, pushed, listed, pulled].map(({ code, stderr }) => (code === 0 ? code : stderr)),
    ).toEqual([0, 0, 0, 0]);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      items: [{ packageId: 'hello', state: 'available', size: 12 }],
    });
    expect(await readFile(join(folder, 'copy', 'hello.txt'), 'utf8')).toBe('hello, world');
  });

  test('the keys of the CDN are shown, and never a private one', async () => {
    const shown = await stowage(['cdn-keys', 'show', '--json']);

    expect(JSON.parse(shown.stdout)).toMatchObject({
      keys: expect.arrayContaining([expect.objectContaining({ state: 'signing' })]),
    });
    expect(shown.stdout + shown.stderr).not.toMatch(/PRIVATE/);
  });

  test('a name that is no stack is said so', async () => {
    const { environment, reachingHosts } = emulator();
    const env = { ...environment, ...reachingHosts };

    const { code, stderr } = await runCli(['ls', '--stack', 'Nowhere'], { cwd: folder, env });

    expect(code).not.toBe(0);
    expect(stderr).toMatch(/no stack Nowhere/);
  });
}
