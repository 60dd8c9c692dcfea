/** The function that takes uploads in: it may sign puts and finish uploads. */
import { v7 as uuidv7 } from 'uuid';
import { openBucket } from '../drivers/open-bucket.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openQueue } from '../drivers/open-queue.ts';
import { readFunctionSettings } from '../env.ts';
import { abortUpload } from '../publish/abort-upload.ts';
import { completeUpload } from '../publish/complete-upload.ts';
import { createPackage } from '../publish/create-package.ts';
import { getUpload } from '../publish/get-upload.ts';
import { signParts } from '../publish/sign-parts.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readBucket, readTable, readVerificationQueue } from '../settings/function-settings.ts';

const operations = { createPackage, signParts, getUpload, completeUpload, abortUpload };

export const handler = httpFunction(operations, functionLog('publish'), async (log) => {
  const settings = readFunctionSettings((reader) => ({
    ...readApi(reader),
    table: readTable(reader),
    bucket: readBucket(reader),
    queueUrl: readVerificationQueue(reader),
  }));
  const api = openApi(settings, log);
  const store = openBucket(settings.bucket, api.clock);
  return { ...api, store, newId: uuidv7, verification: openQueue(settings.queueUrl) };
});
