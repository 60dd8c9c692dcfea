/**
 * The function that exchanges tokens of CI jobs. It is the only one that asks other hosts, and its
 * role makes tokens and nothing else.
 */
// Nearly every request needs this module. Imported here, it loads while Lambda starts the function,
// when the function has a full CPU.
import '../../service/chain/parse-request.ts';
import { exchange } from '../../service/trust.ts';
import { OidcIssuers } from '../../storage/oidc/oidc-issuers.ts';
import { openApi } from '../drivers/open-catalog.ts';
import { functionLog } from '../runtime/function-log.ts';
import { httpFunction } from '../runtime/http-function.ts';
import { readApi, readTable } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

export const handler = httpFunction(exchange, functionLog('exchange'), async (log) => {
  const settings = readFunctionSettings((reader) => ({
    ...readApi(reader),
    table: readTable(reader),
  }));
  const api = openApi(settings, log);
  return { ...api, idTokens: new OidcIssuers({ clock: api.clock, allowPrivate: false }) };
});
