/** Stands in for `@smithy/core/event-streams` in the bundles: no operation of ours sends or takes event streams, and what is left out here had most of the SDK's core kept whole. */

/** The names are the SDK's: clients of S3 ask for them when they are made. */
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
