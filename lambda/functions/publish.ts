/** The function for publishing: it signs uploads and finishes them. */
// Nearly every request needs this module. Imported here, it loads while Lambda starts the function,
// when the function has a full CPU.
import '../../service/chain/parse-request.ts';
import { publishing } from '../../service/publishing.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { openUploads } from '../drivers/open-uploads.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readUploads, readUrlSigningKeySecret } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(publishing, functionLog('publish'), async (log) => {
  const settings = readFunctionSettings((reader) => ({
    ...readApi(reader),
    ...readUploads(reader),
    keySecret: readUrlSigningKeySecret(reader),
  }));
  const uploads = openUploads(settings);
  const cursors = openCursors(settings.keySecret);
  return { ...openApi(settings, log, uploads.catalog), ...uploads, cursors };
});
