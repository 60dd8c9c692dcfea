/** Bundles functions with the same options as CDK, and reports what is in each. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE, entryOf } from '../../lib/bundles/bundle-options.ts';

export interface Bundle {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Sources in it, relative to the root, with slashes. */
  readonly sources: readonly string[];
  /** Modules of Node that are loaded with it, not later. */
  readonly builtins: readonly string[];
}

const ROOT = join(import.meta.dirname, '..', '..');

export function functionNames(): readonly string[] {
  const files = readdirSync(join(ROOT, 'lambda', 'functions'));
  return files.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length));
}

/**
 * @param folder where the bundle is written
 * @param file without its ending. @default the name of the function
 */
export async function bundle(name: string, folder: string, file = name): Promise<Bundle> {
  const path = join(folder, `${file}.mjs`);
  const { banner, mainFields, ...options } = BUNDLE;
  const { metafile } = await build({
    ...options,
    mainFields: [...mainFields],
    entryPoints: [entryOf(name)],
    outfile: path,
    bundle: true,
    platform: 'node',
    banner: { js: banner },
    metafile: true,
    absWorkingDir: ROOT,
    logLevel: 'error',
  });
  const code = Object.values(metafile.outputs).find((output) => output.entryPoint !== undefined);
  if (code === undefined) throw new Error(`esbuild made no bundle of ${name}`);
  const sources = Object.entries(code.inputs).filter(([, input]) => input.bytesInOutput > 0);
  const builtins = code.imports
    .filter(({ kind }) => kind === 'import-statement')
    .map((one) => one.path);
  return {
    name,
    path,
    bytes: code.bytes,
    sources: sources.map(([source]) => source),
    builtins: [...new Set(builtins)],
  };
}
