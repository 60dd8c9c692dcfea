/** Which room may import which: the table of docs/architecture.md, and the check of one file against it. */
import { readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { type ModuleItem, parseSync } from '@swc/core';

/** An import as a file states it. */
export interface Import {
  readonly specifier: string;
  /** `import type`: gone at run time. */
  readonly typeOnly: boolean;
}

interface Room {
  /** Rooms, folders or files that may be imported, beside the room itself. */
  readonly from: readonly string[];
  /** Rooms of which types may be imported. */
  readonly typesFrom?: readonly string[];
  /** Packages and node: modules that may not be imported; a prefix is enough. */
  readonly never: readonly string[];
}

const CLOUD = ['@aws-sdk/', '@smithy/', 'aws-cdk-lib', 'constructs', 'aws-lambda'];

/** docs/architecture.md draws this. What is not listed is forbidden. */
export const ROOMS: Readonly<Record<string, Room>> = {
  core: {
    from: [],
    never: [...CLOUD, '@middy/', 'zod', 'pino', 'node:fs', 'node:http', 'node:net', 'node:sqlite', 'node:process'],
  },
  // The rules of names are pure patterns that must not be written twice: docs/decisions/0002.
  api: { from: ['core/names.ts'], typesFrom: ['core'], never: [...CLOUD, '@middy/', 'pino', 'node:'] },
  storage: { from: ['core'], never: ['@middy/', 'aws-cdk-lib', 'constructs', 'pino', 'commander'] },
  lambda: { from: ['api', 'core'], never: ['aws-cdk-lib', 'constructs', '@aws-sdk/', 'node:http', 'node:sqlite'] },
  // What opens drivers, one file each: the functions on AWS take those that they need.
  'lambda/drivers': {
    from: ['lambda', 'core', 'storage'],
    never: ['aws-cdk-lib', 'constructs', '@middy/', '@aws-sdk/'],
  },
  'lambda/compose.ts': {
    from: ['lambda', 'lambda/drivers', 'api', 'core', 'storage'],
    never: ['aws-cdk-lib', 'constructs', '@middy/'],
  },
  // One entrance a function on AWS: each composes what its privilege needs, so that its bundle holds nothing else.
  'lambda/functions': {
    from: ['lambda', 'lambda/drivers', 'api', 'core', 'storage'],
    never: ['aws-cdk-lib', 'constructs', '@middy/'],
  },
  local: { from: ['lambda', 'api', 'storage', 'core'], never: ['@middy/', '@aws-sdk/', 'aws-cdk-lib', 'constructs'] },
  client: { from: ['api'], never: [...CLOUD, '@middy/', 'pino', 'node:'] },
  cli: { from: ['client', 'local', 'storage', 'core'], never: ['@middy/', 'aws-cdk-lib', 'constructs', '@aws-sdk/'] },
  // Constructs know the routes that they serve and the names that the functions read; how a function works is none of their business.
  lib: {
    from: ['api/routes.ts', 'lambda/env.ts', 'lambda/metrics/metric-names.ts'],
    never: ['@aws-sdk/', '@smithy/', '@middy/', 'pino', 'zod'],
  },
  // Programs for developers, which no user runs: they look at the checkout from outside.
  tools: { from: [], never: ['@middy/', '@aws-sdk/', '@smithy/', 'aws-cdk-lib', 'constructs', 'pino', 'zod'] },
  bin: { from: ['cli'], never: ['@middy/', '@aws-sdk/', 'aws-cdk-lib', 'constructs'] },
  'bin/app.ts': { from: ['lib'], never: ['@middy/', '@aws-sdk/', '@smithy/', 'pino', 'zod'] },
  'bin/sam.ts': {
    from: ['lib'],
    never: ['@middy/', '@aws-sdk/', '@smithy/', 'aws-cdk-lib', 'constructs', 'pino', 'zod'],
  },
  'bin/openapi.ts': { from: ['api'], never: ['@middy/', '@aws-sdk/', 'aws-cdk-lib', 'constructs'] },
};

/** Type-only packages that any room may name. */
const TYPE_PACKAGES = ['aws-lambda'];

/** Every import, export-from and dynamic import of a TypeScript source. */
export function importsOf(source: string): readonly Import[] {
  const found: Import[] = [];
  for (const item of parseSync(source, { syntax: 'typescript' }).body) {
    const stated = statedImport(item);
    if (stated !== undefined) found.push(stated);
  }
  for (const [, specifier] of source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    if (specifier !== undefined) found.push({ specifier, typeOnly: false });
  }
  return found;
}

function statedImport(item: ModuleItem): Import | undefined {
  switch (item.type) {
    case 'ImportDeclaration':
      return { specifier: item.source.value, typeOnly: item.typeOnly };
    case 'ExportAllDeclaration':
      return { specifier: item.source.value, typeOnly: false };
    case 'ExportNamedDeclaration':
      return item.source ? { specifier: item.source.value, typeOnly: item.typeOnly } : undefined;
    default:
      return undefined;
  }
}

/** What is wrong with one file, in sentences. @param file relative to the root, with slashes */
export function violationsOf(file: string, source: string): readonly string[] {
  const top = file.split('/')[0] ?? '';
  const room = ROOMS[file] ?? ROOMS[dirname(file)] ?? ROOMS[top];
  if (room === undefined) return [`${file}: no room is called ${top}; docs/architecture.md lists them`];
  const wrong = importsOf(source).flatMap((one) => {
    const forbidden = one.specifier.startsWith('.') ? forbiddenFile(file, top, room, one) : forbiddenPackage(room, one);
    return forbidden === undefined ? [] : [`${file}: may not import ${forbidden}`];
  });
  const readsEnvironment =
    /\bprocess\.env\b/.test(source) && !['bin', 'cli', 'tools'].includes(top) && file !== 'lambda/env.ts';
  return readsEnvironment ? [...wrong, `${file}: may not read process.env`] : wrong;
}

function forbiddenFile(file: string, top: string, room: Room, one: Import): string | undefined {
  const target = posix.join(dirname(file), one.specifier);
  const within = (place: string) => target === place || target.startsWith(`${place}/`);
  const entrance = [target, dirname(target)].find((place) => place !== top && ROOMS[place] !== undefined);
  const isOpen = entrance === undefined || [file, dirname(file), ...room.from].includes(entrance);
  if (within(top) && !isOpen) {
    // What has rights of its own is an entrance: who could import it would have its rights.
    return target;
  }
  if (within(top) || room.from.some(within)) return undefined;
  if (one.typeOnly && room.typesFrom?.some(within)) return undefined;
  return target;
}

function forbiddenPackage(room: Room, one: Import): string | undefined {
  if (one.typeOnly && TYPE_PACKAGES.includes(one.specifier)) return undefined;
  return room.never.some((prefix) => one.specifier.startsWith(prefix)) ? one.specifier : undefined;
}

/** Every violation in a checkout. @param files absolute paths */
export function violationsIn(root: string, files: readonly string[]): readonly string[] {
  return files.flatMap((file) =>
    violationsOf(relative(root, file).replaceAll('\\', '/'), readFileSync(join(file), 'utf8')),
  );
}
