/** The function for releasing: it lists channels and moves them. It has no right to the bucket. */
// Nearly every request needs this module. Imported here, it loads while Lambda starts the function,
// when the function has a full CPU.
import '../../service/chain/parse-request.ts';
import { releasing } from '../../service/releasing.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readTable, readUrlSigningKeySecret } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(releasing, functionLog('release'), async (log) => {
  const settings = readFunctionSettings((reader) => ({
    ...readApi(reader),
    table: readTable(reader),
    keySecret: readUrlSigningKeySecret(reader),
  }));
  return { ...openApi(settings, log), cursors: openCursors(settings.keySecret) };
});
