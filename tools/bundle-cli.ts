/**
 * Bundles the CLI: a command then loads a handful of files, and starts faster than from one file for
 * each module.
 */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/** Packages that every command loads. The others stay beside the bundle, and load when needed. */
const BUNDLED: ReadonlySet<string> = new Set([
  'commander',
  'env-paths',
  'is-network-error',
  'p-retry',
]);
/** What they reach is in one file, which every command loads. */
const SHARED = ['cli/run', 'cli/commands/ls'];

export interface ProgramModules {
  /** The folder that has `bin` and `cli`. */
  readonly folder: string;
  /** Sources, or what the compiler made of them. */
  readonly extension: 'ts' | 'js';
}

/** An ES import of a module of Node reads all its exports, and some of them load other modules. */
const nodeModules: Plugin = {
  name: 'modules-of-node',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?[a-z]/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path)
        ? { path: path.replace(/^(node:)?/, 'node:'), namespace: 'node', sideEffects: false }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * esbuild makes a file for each set of modules that the same entries reach, so a command would load
 * dozens. If everything that is imported later reaches the shared modules, those are one set.
 */
function sharedModules({ folder, extension }: ProgramModules): Plugin {
  const shared = SHARED.map((name) => join(folder, `${name}.${extension}`))
    .map((file) => `import ${JSON.stringify(file)};`)
    .join('');
  return {
    name: 'shared-modules',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) =>
        kind === 'dynamic-import'
          ? { path: join(resolveDir, path), namespace: 'later' }
          : undefined,
      );
      onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => ({
        contents: `${shared}export * from ${JSON.stringify(path)};`,
        resolveDir: folder,
      }));
    },
  };
}

/** A module that names a file beside it (the program of a worker) still means the one it came with. */
function ownPlaces({ extension }: ProgramModules, target: string): Plugin {
  return {
    name: 'own-places',
    setup: ({ onLoad }) => {
      onLoad({ filter: new RegExp(`\\.${extension}$`) }, ({ path }) => {
        const text = path.includes('node_modules') ? '' : readFileSync(path, 'utf8');
        if (!text.includes('import.meta.')) return undefined;
        if (/import\.meta\.(?!url\b)/.test(text))
          throw new Error(`${path} uses more of import.meta than its url, which a bundle changes`);
        const place = relative(target, path).replaceAll('\\', '/');
        const url = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
        return { contents: text.replaceAll('import.meta.url', url), loader: extension };
      });
    },
  };
}

/**
 * @param target the folder that gets `stowage.js`, `compile-cache.js` and what they share
 * @returns the files that are in the bundle
 */
export async function bundleProgram(
  modules: ProgramModules,
  target: string,
): Promise<readonly string[]> {
  return [
    // It decides where compiled code is kept, so it runs before all else is loaded.
    ...(await bundle('compile-cache', modules, target, [nodeModules])),
    ...(await bundle('stowage', modules, target, [
      nodeModules,
      sharedModules(modules),
      ownPlaces(modules, target),
    ])),
  ];
}

async function bundle(
  name: string,
  { folder, extension }: ProgramModules,
  target: string,
  plugins: Plugin[],
): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [join(folder, 'bin', `${name}.${extension}`)],
    outdir: target,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node22.13',
    minifyWhitespace: true,
    minifySyntax: true,
    external: packagesBeside(),
    plugins,
    absWorkingDir: ROOT,
    metafile: true,
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs);
}

function packagesBeside(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return Object.keys(dependencies).filter((one) => !BUNDLED.has(one));
}
