/** How CDK bundles a function: `bundle-options.ts` in its words. */
import { type BundlingOptions, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import { BUNDLE } from './bundle-options.ts';

export const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: BUNDLE.target,
  mainFields: [...BUNDLE.mainFields],
  minify: BUNDLE.minify,
  sourceMap: true,
  sourceMapMode: SourceMapMode.EXTERNAL,
  banner: BUNDLE.banner,
  externalModules: [],
  esbuildArgs: Object.fromEntries(
    Object.entries(BUNDLE.alias).map(([name, path]) => [`--alias:${name}`, path]),
  ),
};
