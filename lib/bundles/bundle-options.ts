/** How a function is bundled: what CDK's bundler, the cold benchmark and the test of bundle sizes share. Knows no CDK. */
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Everything is in the bundle, the SDK too: what Lambda brings along is older, is found by a slower look-up, and holds every client. */
export const BUNDLE = {
  format: 'esm',
  target: 'node24',
  /** ES modules first: of those esbuild leaves out what is not used. */
  mainFields: ['module', 'main'],
  minify: true,
  /** Beside the bundle and not named in it: Node would read them at every start. */
  sourcemap: 'external',
  /** What is CommonJS still asks for modules of Node by `require`, which an ES module does not have. */
  banner:
    "import{createRequire as requireOfBundle}from'node:module';const require=requireOfBundle(import.meta.url);",
  /** The chain that looks for credentials on disk, in containers and by single sign-on is of no use in Lambda; nor are event streams. */
  alias: {
    '@aws-sdk/credential-provider-node': join(
      ROOT,
      'lambda',
      'runtime',
      'environment-credentials.ts',
    ),
    '@smithy/core/event-streams': join(ROOT, 'lambda', 'runtime', 'no-event-streams.ts'),
  },
} as const;

/** Where the source of a function lies. @param name file in lambda/functions without its ending */
export function entryOf(name: string): string {
  return join(ROOT, 'lambda', 'functions', `${name}.ts`);
}
