/** The function that tells what there is: it reads records. Paths that no route takes come here too. */
// Nearly every request needs it: it is loaded while Lambda starts the function, with all its CPU.
import '../../service/chain/parse-request.ts';
import { catalogAnswers, Readiness } from '../../core/reading/readiness.ts';
import { readSecurityContact } from '../../open/settings/security-settings.ts';
import { about } from '../../service/about.ts';
import { catalog } from '../../service/catalog.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readTable, readUrlSigningKeySecret } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(
  { ...catalog, ...about },
  functionLog('catalog'),
  async (log) => {
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
  },
);
