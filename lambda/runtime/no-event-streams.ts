/**
 * Replaces `@smithy/core/event-streams` in the bundles: no operation uses event streams, and the
 * original keeps esbuild from leaving out most of the SDK's core.
 */

/** S3 clients of the SDK import these names. */
export function eventStreamSerdeProvider(): undefined {
  return undefined;
}

export function resolveEventStreamSerdeConfig<Config>(config: Config): Config {
  return config;
}

export class EventStreamSerde {
  constructor() {
    throw new Error('event streams are not in this bundle: lib/bundles/bundle-options.ts');
  }
}
