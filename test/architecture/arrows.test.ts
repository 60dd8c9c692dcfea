/** Every import follows an arrow of docs/architecture.md, and the test is shown to notice one that does not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { circlesIn, importsOf, ROOMS, violationsIn, violationsOf } from './arrows.ts';

const root = join(import.meta.dirname, '..', '..');

function sourcesOf(rooms: readonly string[]): readonly string[] {
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => join(root, room, file)),
  );
}

const rooms = Object.keys(ROOMS).filter((room) => !room.includes('/'));

describe('the arrows between rooms', () => {
  test('every import of every room is allowed', () => {
    const files = sourcesOf(rooms);

    expect(files.length).toBeGreaterThan(50);
    expect(violationsIn(root, files)).toEqual([]);
  });

  test('no folders import each other in a circle', () => {
    expect(circlesIn(root, sourcesOf(rooms))).toEqual([]);
  });

  test('docs/architecture.md draws every room', () => {
    const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');

    expect(rooms.filter((room) => !page.includes(`${room}/`))).toEqual([]);
  });

  test('every file opens with a sentence on what lives there', () => {
    const silent = sourcesOf(rooms).filter((file) => {
      const text = readFileSync(file, 'utf8').replace(/^#!.*\n/, '');
      return !text.startsWith('/**');
    });

    expect(silent).toEqual([]);
  });
});

describe('the test of the arrows', () => {
  test.each([
    ['core/x.ts', "import { S3Client } from '@aws-sdk/client-s3';"],
    ['core/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['core/x.ts', "import { presentPackage } from '../api/present.ts';"],
    ['core/x.ts', 'export const home = process.env.HOME;'],
    ['core/uploads/x.ts', "export { DiskStore } from '../../storage/disk/disk-store.ts';"],
    ['api/x.ts', "import { createUpload } from '../core/uploads/create-upload.ts';"],
    ['storage/x.ts', "import { ROUTES } from '../api/routes.ts';"],
    ['service/x.ts', "import { DiskStore } from '../storage/disk/disk-store.ts';"],
    ['service/x.ts', "const disk = await import('../storage/disk/disk-store.ts');"],
    ['service/x.ts', "import { compose } from '../local/compose.ts';"],
    ['lambda/upkeep/x.ts', "import { handler } from '../functions/publish.ts';"],
    ['local/x.ts', "import middy from '@middy/core';"],
    ['client/x.ts', "import { createHash } from 'node:crypto';"],
    ['client/x.ts', "import { ServiceError } from '../core/errors.ts';"],
    ['web/console/x.tsx', "import { TOKEN } from '../../core/access/tokens.ts'; <p />;"],
    ['cli/x.ts', "import { http } from '../service/chain/http.ts';"],
    ['attic/x.ts', ''],
  ])('finds what is forbidden in %s: %s', (file, source) => {
    expect(violationsOf(file, source)).toHaveLength(1);
  });

  test.each([
    ['api/x.ts', "import type { PackageRecord } from '../core/records.ts';"],
    ['api/schemas/x.ts', "import { VERSION_ID } from '../../core/names.ts';"],
    ['local/compose.ts', "import { DiskStore } from '../storage/disk/disk-store.ts';"],
    [
      'lambda/functions/x.ts',
      "import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';",
    ],
    ['lambda/functions/x.ts', "import { services } from './y.ts';"],
    ['local/x.ts', "import { http } from '../service/chain/http.ts';"],
    ['lambda/x.ts', "import type { APIGatewayProxyEventV2 } from 'aws-lambda';"],
  ])('lets pass what is allowed in %s: %s', (file, source) => {
    expect(violationsOf(file, source)).toEqual([]);
  });

  test('reads imports of every form', () => {
    const source = [
      "import a from 'a';",
      "import type { B } from 'b';",
      "export * from 'c';",
      "export { d } from 'd';",
      "const e = await import('e');",
    ].join('\n');

    expect(importsOf(source).map((one) => one.specifier)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
