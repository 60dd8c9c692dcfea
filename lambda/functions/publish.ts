/** The function that takes uploads in: it may sign puts and finish uploads. */
// Nearly every request needs it: it is loaded while Lambda starts the function, with all its CPU.
import '../../service/chain/parse-request.ts';
import { publishing } from '../../service/publishing.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openUploads } from '../drivers/open-uploads.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readUploads } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(publishing, functionLog('publish'), async (log) => {
  const settings = readFunctionSettings((reader) => ({
    ...readApi(reader),
    ...readUploads(reader),
  }));
  const uploads = openUploads(settings);
  return { ...openApi(settings, log, uploads.catalog), ...uploads };
});
