/**
 * How a function is bundled: the options that the build, deployments from a checkout, the cold
 * benchmark and the test of bundle sizes share. Knows no CDK.
 */
import { join } from 'node:path';

/** Of the checkout; in the package the folder of compiled files. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** One folder for each function, in the package only (`npm run build`). */
export const BUNDLES = join(ROOT, 'functions');

/** The bundle includes everything that a function imports, and no client of the SDK: docs/decisions/0047. */
export const BUNDLE = {
  format: 'esm',
  target: 'node24',
  /** ES modules first: esbuild can leave out their unused parts. */
  mainFields: ['module', 'main'],
  minify: true,
  /** Beside the bundle, which does not name them: otherwise Node would read them at every start. */
  sourcemap: 'external',
  /** The sources would be four fifths of it. */
  sourcesContent: false,
  /** CommonJS packages call `require` for Node's modules; an ES module has no `require`. */
  banner:
    "import{createRequire as requireOfBundle}from'node:module';const require=requireOfBundle(import.meta.url);",
  /** An ES import of a module of Node reads every export of it. */
  alias: { 'node:crypto': join(ROOT, 'lambda', 'runtime', 'node-crypto.ts') },
} as const;

/** The path of a function's source. @param name file in lambda/functions without its ending */
export function entryOf(name: string): string {
  return join(ROOT, 'lambda', 'functions', `${name}.ts`);
}
