/** `npm run build:action`: bundles the GitHub Action into action/built, which belongs into the commit. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTION_FOLDER, bundleAction } from './bundle-action.ts';

rmSync(ACTION_FOLDER, { recursive: true, force: true });
mkdirSync(ACTION_FOLDER, { recursive: true });
for (const [name, text] of Object.entries(await bundleAction()))
  writeFileSync(join(ACTION_FOLDER, name), text);
