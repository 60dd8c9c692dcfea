/** `npm run drawing`: draws the rooms and the stage on AWS from the sources into docs/architecture.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawings, withDrawings } from './page.ts';

const root = join(import.meta.dirname, '..', '..');
const page = join(root, 'docs', 'architecture.md');

writeFileSync(page, withDrawings(readFileSync(page, 'utf8'), drawings(root)));
