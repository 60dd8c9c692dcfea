/** The function for administration: it yanks, restores and deletes, removes channels, makes tokens. */
// Nearly every request needs this module. Imported here, it loads while Lambda starts the function,
// when the function has a full CPU.
import '../../service/chain/parse-request.ts';
import { filesInStores } from '../../core/updates/files-in-stores.ts';
import { administration } from '../../service/administration.ts';
import { audit } from '../../service/audit.ts';
import { tokens } from '../../service/tokens.ts';
import { trustRules } from '../../service/trust.ts';
import { openBucket } from '../drivers/open-bucket.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { openRecall } from '../drivers/open-recall.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import {
  readApi,
  readBucket,
  readDistribution,
  readTable,
  readUrlSigningKeySecret,
} from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(
  { ...administration, ...audit, ...tokens, ...trustRules },
  functionLog('admin'),
  async (log) => {
    const settings = readFunctionSettings((reader) => ({
      ...readApi(reader),
      table: readTable(reader),
      bucket: readBucket(reader),
      distributionId: readDistribution(reader),
      keySecret: readUrlSigningKeySecret(reader),
    }));
    const api = openApi(settings, log);
    const cursors = openCursors(settings.keySecret);
    const recall = openRecall(settings.bucket, settings.distributionId);
    const store = openBucket(settings.bucket, api.clock);
    return { ...api, store, smallFiles: filesInStores({ store }), cursors, recall };
  },
);
