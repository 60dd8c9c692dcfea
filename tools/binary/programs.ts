/** Bundles what the executable runs: each program into one text that needs modules of Node alone. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');

/** What `--version` names. */
export interface BuildFacts {
  readonly commit: string;
  /** The digest of package-lock.json. */
  readonly lock: string;
}

export interface BundledProgram {
  readonly text: string;
  /** What is in it, relative to the root. */
  readonly sources: readonly string[];
}

/** By this word, as the last one, the server starts the executable as a worker. */
const WORKER = 'run-as-a-worker';

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  logLevel: 'silent',
  minifySyntax: true,
  minifyWhitespace: true,
  platform: 'node',
  target: 'node24',
  write: false,
  metafile: true,
} as const satisfies BuildOptions;

/** @param consoleFiles the names of the console's files, which are assets `console/NAME` */
export async function bundlePrograms(
  facts: BuildFacts,
  consoleFiles: readonly string[],
): Promise<BundledProgram> {
  const hashing = await bundle('storage/hashing/hash-program.ts', { format: 'esm' });
  const catalog = await bundle('storage/sqlite/safety/catalog-worker.ts', {
    format: 'esm',
    plugins: [ownPlaces({ 'storage/sqlite/safety/catalog-tasks.ts': 'undefined' })],
  });
  const main = await bundle('bin/executable.ts', {
    // The only format in which Node runs the main program of an executable.
    format: 'cjs',
    define: { BUILD: JSON.stringify(facts), WORKER: JSON.stringify(WORKER) },
    plugins: [
      embeddedFiles(consoleFiles),
      ownPlaces({
        'storage/hashing/hashing-thread.ts': programOf(hashing),
        'storage/sqlite/safety/catalog-tasks.ts': programOf(catalog),
        'local/workers/worker-group.ts': JSON.stringify(WORKER),
        // For browsers; there are no such workers in Node.
        'client/hashing/start-worker.ts': 'undefined',
      }),
    ],
  });
  const sources = [main, hashing, catalog].flatMap((one) => one.sources);
  return { text: main.text, sources: [...new Set(sources)] };
}

/** A thread starts from a URL: this one holds the program itself. */
function programOf({ text }: BundledProgram): string {
  const url = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
  return `new URL(${JSON.stringify(url)})`;
}

async function bundle(entry: string, options: BuildOptions): Promise<BundledProgram> {
  const entryPoints = [join(root, entry)];
  const { outputFiles, metafile, warnings } = await build({
    ...COMMON,
    ...options,
    entryPoints,
    write: false,
    metafile: true,
  });
  const [file] = outputFiles;
  if (file === undefined || warnings.length > 0)
    throw new Error(`${entry} can't be bundled: ${warnings.map(({ text }) => text).join('; ')}`);
  return { text: file.text, sources: Object.keys(metafile.inputs) };
}

/** `new URL(a place beside the module, import.meta.url)`. */
const PLACE = /new URL\(\s*(?:`[^`]*`|'[^']*'),\s*import\.meta\.url,?\s*\)/;

/** Modules name programs beside them, and there is nothing beside an executable. */
function ownPlaces(places: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'own-places',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const name = relative(root, path).replaceAll('\\', '/');
        const text = readFileSync(path, 'utf8').replace(/`[^`]*\$\{import\.meta[^}]*\}`/, "''");
        if (name.startsWith('node_modules/') || !text.includes('import.meta.')) return undefined;
        const place = places[name];
        const contents = text.replace(PLACE, () => place ?? 'import.meta.');
        if (place === undefined || contents.includes('import.meta.'))
          throw new Error(`${name} names a file beside it, and an executable has none`);
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** The console's files are inside, too. */
function embeddedFiles(names: readonly string[]): Plugin {
  const contents = `
import { getRawAsset } from 'node:sea';
const read = (name) => Buffer.from(getRawAsset('console/' + name));
export const readBuiltFiles = async () => new Map(${JSON.stringify(names)}.map((name) => [name, read(name)]));`;
  return {
    name: 'embedded-files',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\/local\/console\/built-files\.ts$/ }, () => ({ contents, loader: 'js' }));
    },
  };
}
