/** Sealed versions, and their signed statements. */
import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { CreatedPackage, ReleaseKeys, VersionBody } from '../../../api/schemas/answers.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { jsonOf, problemOf, type Visit } from './visit.ts';

export function describeSeals(visit: () => Visit): void {
  async function sealed(here: Visit): Promise<VersionBody> {
    const releaser = await here.clientWith('release', here.versionId);
    return (await releaser.json<{ version: VersionBody }>('POST', here.path('/seal'), {})).version;
  }

  function announce(here: Visit, filename: string) {
    const terms = { filename, size: 4, sha256: sha256Of('late') };
    return here.admin.call('POST', here.path('/packages'), terms);
  }

  test('a sealed version takes no file, and again stays as it is', async () => {
    const here = visit();
    await here.publish('tool', Buffer.from('tool'), { filename: 'tool.txt' });

    const version = await sealed(here);

    expect(version).toMatchObject({ draft: false, sealedAt: expect.any(String) });
    expect(problemOf(await announce(here, 'late.txt'))).toMatchObject({ code: 'SEALED' });
    expect(await sealed(here)).toEqual(version);
  });

  test('an upload under way keeps a version open, until it is to be given up with its bytes', async () => {
    const here = visit();
    await here.publish('tool', Buffer.from('tool'), { filename: 'tool.txt' });
    const late = jsonOf<CreatedPackage>(await announce(here, 'late.txt'));

    const refused = await here.admin.call('POST', here.path('/seal'), {});
    const wish = { discardUnfinished: true };
    const done = await here.admin.call('POST', here.path('/seal'), wish);

    expect(problemOf(refused)).toMatchObject({ code: 'NOT_UPLOADED' });
    expect(done.status).toBe(200);
    const path = here.path(`/packages/${late.package.packageId}`);
    expect((await here.admin.call('GET', path)).status).toBe(404);
  });

  test('a statement names every file, and one of the release keys has signed it', async () => {
    const here = visit();
    await here.publish('tool', Buffer.from('tool'), { filename: 'tool.txt' });
    await sealed(here);

    const answer = await here.admin.call('GET', here.stable('release.intoto.jsonl'));

    if (!here.target.promises.makesStatements) {
      expect(problemOf(answer)).toMatchObject({ code: 'NOT_SUPPORTED' });
      return;
    }
    const { payload, payloadType, signatures } = JSON.parse(answer.body.toString());
    const bytes = Buffer.from(payload, 'base64');
    const head = `DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `;
    const signed = Buffer.concat([Buffer.from(head), bytes]);
    const { keys } = jsonOf<ReleaseKeys>(await here.anonymously('GET', '/v1/release-keys'));
    const isSigned = keys.some(({ publicKey }) =>
      verify(
        'sha256',
        signed,
        createPublicKey(publicKey),
        Buffer.from(signatures[0].sig, 'base64'),
      ),
    );
    expect(isSigned).toBe(true);
    expect(JSON.parse(bytes.toString()).subject).toEqual([
      { name: 'tool.txt', digest: { sha256: sha256Of('tool') } },
    ]);
  });
}
