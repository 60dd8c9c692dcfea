/** The function that tells what there is: it reads records. Paths that no route takes come here too. */
// Nearly every request needs it: it is loaded while Lambda starts the function, with all its CPU.
import '../../service/chain/parse-request.ts';
import { catalogAnswers, Readiness } from '../../core/reading/readiness.ts';
import { readFunctionSettings } from '../../open/settings/env.ts';
import { readSecurityContact } from '../../open/settings/security-settings.ts';
import { getChannel } from '../../service/catalog/get-channel.ts';
import { getChannelSums } from '../../service/catalog/get-channel-sums.ts';
import { getHealth } from '../../service/catalog/get-health.ts';
import { getOpenApi } from '../../service/catalog/get-open-api.ts';
import { getPackage } from '../../service/catalog/get-package.ts';
import { getReadiness } from '../../service/catalog/get-readiness.ts';
import { getSecurityContact } from '../../service/catalog/get-security-contact.ts';
import { getSums } from '../../service/catalog/get-sums.ts';
import { getVersion } from '../../service/catalog/get-version.ts';
import { listPackages } from '../../service/catalog/list-packages.ts';
import { listVersions } from '../../service/catalog/list-versions.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readTable, readUrlSigningKeySecret } from '../settings/function-settings.ts';

const operations = {
  listVersions,
  getVersion,
  listPackages,
  getPackage,
  getSums,
  getChannel,
  getChannelSums,
  getHealth,
  getReadiness,
  getOpenApi,
  getSecurityContact,
};

export const handler = httpFunction(operations, functionLog('catalog'), async (log) => {
  const settings = readFunctionSettings((reader) => ({
    ...readApi(reader),
    table: readTable(reader),
    keySecret: readUrlSigningKeySecret(reader),
    securityContact: readSecurityContact(reader),
  }));
  const { keySecret, securityContact } = settings;
  const api = openApi(settings, log);
  // Its role may not see the bucket, and gets no right to for this: S3 is watched by alarms.
  const readiness = new Readiness([catalogAnswers(api.catalog)], api.clock);
  return {
    ...api,
    cursors: openCursors(keySecret),
    readiness,
    ...(securityContact === undefined ? {} : { securityContact }),
  };
});
