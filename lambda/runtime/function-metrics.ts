/** The business metrics of a function on AWS, written into its log. */
import { ENV } from '../../open/settings/env.ts';
import { metricsWriter, type WriteMetrics } from '../metrics/write-metrics.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

/** Writes nothing where METRICS_SERVICE is not set. */
export function functionMetrics(): WriteMetrics {
  const service = readFunctionSettings((reader) =>
    reader.text(ENV.metricsService, (text) => text, 'any text'),
  );
  return metricsWriter({
    service,
    clock: () => new Date(),
    write: (line) => void process.stdout.write(line),
  });
}
