/**
 * The function that signs links to the bucket: its role allows gets only. This is the hot path, so
 * its bundle holds no S3 client.
 */
import { downloads } from '../../service/downloads.ts';
import { updates } from '../../service/updates.ts';
import { filesByLink } from '../drivers/files-by-link.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openLinks } from '../drivers/open-links.ts';
import { countingLinks } from '../metrics/measured.ts';
import { functionLog } from '../runtime/function-log.ts';
import { functionMetrics } from '../runtime/function-metrics.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readBucket, readTable } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(
  { ...downloads, ...updates },
  functionLog('download'),
  async (log) => {
    const settings = readFunctionSettings((reader) => ({
      ...readApi(reader),
      table: readTable(reader),
      bucket: readBucket(reader),
    }));
    const api = openApi(settings, log);
    const links = openLinks(settings.bucket, api.clock);
    const store = countingLinks(links, functionMetrics());
    const smallFiles = filesByLink({ store: links, limits: api.limits });
    return { ...api, store, smallFiles, presignedUrls: true };
  },
);
