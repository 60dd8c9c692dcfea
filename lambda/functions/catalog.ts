/** The function that reads records. It also answers requests that match no route. */
// Nearly every request needs this module. Imported here, it loads while Lambda starts the function,
// when the function has a full CPU.
import '../../service/chain/parse-request.ts';
import { catalogAnswers, Readiness } from '../../core/reading/readiness.ts';
import { readSecurityContact } from '../../open/settings/security-settings.ts';
import { about } from '../../service/about.ts';
import { catalog } from '../../service/catalog.ts';
import { front } from '../../service/front.ts';
import { problemPage } from '../../service/pages/with-page.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { openCursors } from '../drivers/open-cursors.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readTable, readUrlSigningKeySecret } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(
  { ...catalog, ...front, ...about },
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
    // The catalog only: this role has no right to the bucket, and readiness is no reason to add one.
    const readiness = new Readiness([catalogAnswers(api.catalog)], api.clock);
    return {
      ...api,
      cursors: openCursors(keySecret),
      readiness,
      ...(securityContact === undefined ? {} : { securityContact }),
    };
  },
  problemPage,
);
