/**
 * Stands in for the AWS SDK's event-stream codec in the bundles: the SDK imports it only for operations that stream
 * events (such as S3 Select), of which there is none here. Leaving it out saves 14 KB in every function.
 */
export function eventStreamSerdeProvider(): never {
  throw new Error('operations that stream events are left out of the bundles (lib/constructs/bundle.ts)');
}

/** Where the SDK looks for the codec's class. */
export class EventStreamSerde {
  constructor() {
    eventStreamSerdeProvider();
  }
}

/** A client's configuration, which needs no codec that is never used. */
export function resolveEventStreamSerdeConfig<Config>(config: Config): Config {
  return config;
}
