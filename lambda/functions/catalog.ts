/** The function that tells what there is: it reads records. Paths that no route takes come here too. */
// Nearly every request needs it: it is loaded while Lambda starts the function, with all its CPU.
import '../chain/parse-request.ts';
import { catalogAnswers, Readiness } from '../../core/readiness.ts';
import { getChannel } from '../catalog/get-channel.ts';
import { getChannelSums } from '../catalog/get-channel-sums.ts';
import { getHealth } from '../catalog/get-health.ts';
import { getOpenApi } from '../catalog/get-open-api.ts';
import { getPackage } from '../catalog/get-package.ts';
import { getReadiness } from '../catalog/get-readiness.ts';
import { getSecurityContact } from '../catalog/get-security-contact.ts';
import { getSums } from '../catalog/get-sums.ts';
import { getVersion } from '../catalog/get-version.ts';
import { listPackages } from '../catalog/list-packages.ts';
import { listVersions } from '../catalog/list-versions.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { readFunctionSettings } from '../env.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readTable, readUrlSigningKeySecret } from '../settings/function-settings.ts';
import { readSecurityContact } from '../settings/security-settings.ts';

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
