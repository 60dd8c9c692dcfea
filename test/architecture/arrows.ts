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
    never: [
      ...CLOUD,
      '@middy/',
      'zod',
      'pino',
      'node:fs',
      'node:http',
      'node:net',
      'node:sqlite',
      'node:process',
    ],
  },
  // The rules for names are pure patterns that must not be written twice: docs/decisions/0002.
  api: {
    from: [
      'core/names.ts',
      'core/naming/filenames.ts',
      'core/platforms.ts',
      'core/without-undefined.ts',
    ],
    typesFrom: ['core'],
    never: [...CLOUD, '@middy/', 'pino', 'node:'],
  },
  storage: {
    from: ['core'],
    never: ['@middy/', 'aws-cdk-lib', 'constructs', 'pino', 'commander'],
  },
  // Tests what a store promises, through the drivers that the service uses, and checks what is
  // deployed: docs/decisions/0009 and 0041.
  doctor: { from: ['storage', 'core'], never: ['@middy/', 'aws-cdk-lib', 'constructs', 'pino'] },
  open: { from: ['storage', 'core'], never: ['@middy/', '@aws-sdk/', 'aws-cdk-lib', 'constructs'] },
  // The pages that the service renders: docs/decisions/0046.
  'web/pages': {
    from: ['core/human-size.ts', 'core/platforms.ts'],
    never: [...CLOUD, '@middy/', 'pino', 'zod', 'node:'],
  },
  service: {
    from: ['web/pages', 'api', 'core'],
    never: ['aws-cdk-lib', 'constructs', '@aws-sdk/', 'node:http', 'node:fs', 'node:sqlite'],
  },
  lambda: {
    from: ['service', 'open', 'api', 'core'],
    never: ['aws-cdk-lib', 'constructs', '@aws-sdk/', 'node:http', 'node:sqlite'],
  },
  // Opens one driver per file, so that a function bundles only the drivers that it uses.
  'lambda/drivers': {
    from: ['lambda', 'open', 'service', 'core', 'storage'],
    never: ['aws-cdk-lib', 'constructs', '@middy/', '@aws-sdk/'],
  },
  // One entry point per function on AWS: each composes what its privilege needs.
  'lambda/functions': {
    from: ['lambda', 'lambda/drivers', 'service', 'open', 'api', 'core', 'storage'],
    never: ['aws-cdk-lib', 'constructs', '@middy/'],
  },
  local: {
    from: ['service', 'open', 'doctor', 'api', 'storage', 'core'],
    never: ['@middy/', '@aws-sdk/', 'aws-cdk-lib', 'constructs'],
  },
  client: { from: ['api'], never: [...CLOUD, '@middy/', 'pino', 'node:'] },
  // The console: a page in browsers, built into static files.
  web: {
    from: ['client', 'core/platforms.ts'],
    never: [...CLOUD, '@middy/', 'pino', 'node:', 'zod'],
  },
  cli: {
    from: ['client', 'local', 'open', 'doctor', 'storage', 'core'],
    never: ['@middy/', 'aws-cdk-lib', 'constructs', '@aws-sdk/'],
  },
  // Constructs know the routes they serve and the names the functions read, not how a function works.
  lib: {
    from: [
      'api/routes.ts',
      'core/layout.ts',
      'core/console.ts',
      'open/settings/env.ts',
      'lambda/metrics/metric-names.ts',
    ],
    never: ['@aws-sdk/', '@smithy/', '@middy/', 'pino', 'zod'],
  },
  // The GitHub Action: commands of the CLI within a step.
  action: {
    from: ['cli', 'client', 'core'],
    never: [...CLOUD, '@middy/', 'pino', 'zod', 'node:http'],
  },
  bin: { from: ['cli'], never: ['@middy/', '@aws-sdk/', 'aws-cdk-lib', 'constructs'] },
  // The executable starts itself as a worker of a server: docs/decisions/0066.
  'bin/executable.ts': {
    from: ['cli', 'core/release.ts', 'local/worker-program.ts'],
    never: ['@middy/', '@aws-sdk/', 'aws-cdk-lib', 'constructs'],
  },
  'bin/app.ts': { from: ['lib'], never: ['@middy/', '@aws-sdk/', '@smithy/', 'pino', 'zod'] },
  // Programs for developers; nothing of the product imports them.
  tools: { from: ['api', 'lib', 'storage', 'core', 'test/support'], never: [] },
};

/** Type-only packages that any room may name. */
const TYPE_PACKAGES = ['aws-lambda'];

/** Every import, export-from and dynamic import of a TypeScript source. @param tsx whether it holds JSX */
export function importsOf(source: string, tsx = false): readonly Import[] {
  const found: Import[] = [];
  for (const item of parseSync(source, { syntax: 'typescript', tsx }).body) {
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
  if (room === undefined)
    return [`${file}: no room is called ${top}; docs/architecture.md lists them`];
  const wrong = importsOf(source, file.endsWith('.tsx')).flatMap((one) => {
    const forbidden = one.specifier.startsWith('.')
      ? forbiddenFile(file, top, room, one)
      : forbiddenPackage(room, one);
    return forbidden === undefined ? [] : [`${file}: may not import ${forbidden}`];
  });
  const mayReadEnvironment =
    ['action', 'bin', 'cli', 'tools'].includes(top) || file === 'open/settings/environment.ts';
  const readsEnvironment = /\bprocess\.env\b/.test(source) && !mayReadEnvironment;
  return readsEnvironment ? [...wrong, `${file}: may not read process.env`] : wrong;
}

function forbiddenFile(file: string, top: string, room: Room, one: Import): string | undefined {
  const target = posix.join(dirname(file), one.specifier);
  const within = (place: string) => target === place || target.startsWith(`${place}/`);
  const entrance = [target, dirname(target)].find(
    (place) => place !== top && ROOMS[place] !== undefined,
  );
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

/**
 * Folders that import each other in a circle, directly or through others.
 * @param files absolute paths
 * @returns one line per circle, naming its folders
 */
export function circlesIn(root: string, files: readonly string[]): readonly string[] {
  const arrows = new Map<string, Set<string>>();
  for (const file of files) {
    const from = dirname(relative(root, file).replaceAll('\\', '/'));
    for (const { specifier } of importsOf(readFileSync(file, 'utf8'), file.endsWith('.tsx'))) {
      if (!specifier.startsWith('.')) continue;
      const to = dirname(posix.join(from, specifier));
      if (to !== from) arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
    }
  }
  const reach = new Map(
    [...arrows.keys()].map((folder) => [folder, reachableFrom(arrows, folder)]),
  );
  const circles = [...reach].flatMap(([folder, reached]) =>
    reached.has(folder)
      ? [
          [...reached]
            .filter((other) => reach.get(other)?.has(folder))
            .sort()
            .join(' <-> '),
        ]
      : [],
  );
  return [...new Set(circles)];
}

function reachableFrom(
  arrows: ReadonlyMap<string, ReadonlySet<string>>,
  start: string,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...(arrows.get(start) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(arrows.get(next) ?? []));
  }
  return reached;
}
