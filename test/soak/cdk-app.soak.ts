/** Apps of somebody else that install the packed package, synthesise it, and deploy it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { describeCdkApps } from '../package/cdk-app.ts';
import { installPackage } from '../package/install-package.ts';

let folder: string;
let home: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-cdk-app-'));
  ({ home } = await installPackage(folder));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describeCdkApps(() => home);
