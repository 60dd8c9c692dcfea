/** The function for releasing: it lists channels, checks versions, moves channels, rolls versions out and seals them. */
// Nearly every request needs this module. Imported here, it loads while Lambda starts the function,
// when the function has a full CPU.
import '../../service/chain/parse-request.ts';
import { v7 as uuidv7 } from 'uuid';
import { filesInStores } from '../../core/updates/files-in-stores.ts';
import { releasing } from '../../service/releasing.ts';
import { openBucket } from '../drivers/open-bucket.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { openQueue } from '../drivers/open-queue.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import {
  readApi,
  readBucket,
  readTable,
  readUrlSigningKeySecret,
  readVerificationQueue,
} from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(releasing, functionLog('release'), async (log) => {
  const settings = readFunctionSettings((reader) => ({
    ...readApi(reader),
    table: readTable(reader),
    bucket: readBucket(reader),
    keySecret: readUrlSigningKeySecret(reader),
    queueUrl: readVerificationQueue(reader),
  }));
  const api = openApi(settings, log);
  const store = openBucket(settings.bucket, api.clock);
  const smallFiles = filesInStores({ store });
  const checkQueue = openQueue(settings.queueUrl);
  const cursors = openCursors(settings.keySecret);
  return { ...api, store, newId: uuidv7, smallFiles, checkQueue, cursors };
});
