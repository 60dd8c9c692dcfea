/**
 * The last part of `npm run build`: bundles the compiled CLI into dist/program. A command then
 * loads a handful of files, and starts faster than from one file for each module.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { licencesOf } from './release/third-party.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const target = join(dist, 'program');

/** Packages that every command loads. The others stay beside the bundle, and load when needed. */
const BUNDLED: ReadonlySet<string> = new Set(['commander', 'env-paths', 'p-retry']);
/** What they reach is in one file, which every command loads. */
const SHARED = ['cli/run.js', 'cli/commands/ls.js'].map((file) => join(dist, file));

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
const sharedModules: Plugin = {
  name: 'shared-modules',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) =>
      kind === 'dynamic-import' ? { path: join(resolveDir, path), namespace: 'later' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => {
      const shared = SHARED.map((file) => `import ${JSON.stringify(file)};`).join('');
      return { contents: `${shared}export * from ${JSON.stringify(path)};`, resolveDir: root };
    });
  },
};

/** A module that names a file beside it (the program of a worker) still means the compiled one. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const text = path.includes('node_modules') ? '' : readFileSync(path, 'utf8');
      if (!text.includes('import.meta.')) return undefined;
      if (/import\.meta\.(?!url\b)/.test(text))
        throw new Error(`${path} uses more of import.meta than its url, which a bundle changes`);
      const place = relative(target, path).replaceAll('\\', '/');
      const url = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', url) };
    });
  },
};

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

/** @returns the files that are in the bundle, relative to the root */
async function bundle(name: string, plugins: Plugin[]): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [join(dist, 'bin', `${name}.js`)],
    outdir: target,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node22.13',
    minifyWhitespace: true,
    minifySyntax: true,
    external: Object.keys(dependencies).filter((one) => !BUNDLED.has(one)),
    plugins,
    absWorkingDir: root,
    metafile: true,
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs);
}

const sources = [
  // It decides where compiled code is kept, so it runs before all else is loaded.
  ...(await bundle('compile-cache', [nodeModules])),
  ...(await bundle('stowage', [nodeModules, sharedModules, ownPlaces])),
];
mkdirSync(target, { recursive: true });
writeFileSync(join(target, 'THIRD-PARTY-LICENSES.md'), licencesOf(root, sources));
for (const bundled of ['bin', 'cli']) rmSync(join(dist, bundled), { recursive: true });
