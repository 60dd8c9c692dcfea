/** The function that changes what is published: it yanks, restores and deletes, sets channels and makes tokens. */
// Nearly every request needs it: it is loaded while Lambda starts the function, with all its CPU.
import '../../service/chain/parse-request.ts';
import { readFunctionSettings } from '../../open/settings/env.ts';
import { createToken } from '../../service/admin/create-token.ts';
import { deleteChannel } from '../../service/admin/delete-channel.ts';
import { deletePackage } from '../../service/admin/delete-package.ts';
import { deleteToken } from '../../service/admin/delete-token.ts';
import { listChannels } from '../../service/admin/list-channels.ts';
import { listTokens } from '../../service/admin/list-tokens.ts';
import { putChannel } from '../../service/admin/put-channel.ts';
import { restorePackage } from '../../service/admin/restore-package.ts';
import { yankPackage } from '../../service/admin/yank-package.ts';
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

const operations = {
  yankPackage,
  restorePackage,
  deletePackage,
  listChannels,
  putChannel,
  deleteChannel,
  createToken,
  listTokens,
  deleteToken,
};

export const handler = httpFunction(operations, functionLog('admin'), async (log) => {
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
  return { ...api, store: openBucket(settings.bucket, api.clock), cursors, recall };
});
