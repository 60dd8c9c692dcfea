/** `npm run openapi` - writes openapi.json, which is committed; a test holds it equal to the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from '../api/openapi.ts';

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  readonly version: string;
};

writeFileSync(
  new URL('openapi.json', root),
  `${JSON.stringify(openApiDocument(version), null, 2)}\n`,
);
