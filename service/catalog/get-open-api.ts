/** GET /openapi.json - this contract; made when it is first asked for, so that no start pays for it. */
import { RELEASE } from '../../core/release.ts';
import { unlessKnown } from '../answers/conditional.ts';
import { operation } from '../chain/operation.ts';

let document: Promise<string> | undefined;

export const getOpenApi = operation('getOpenApi', async (request) => {
  document ??= makeDocument();
  return unlessKnown(request.headers, 'application/json', await document);
});

async function makeDocument(): Promise<string> {
  const { openApiDocument } = await import('../../api/openapi.ts');
  return JSON.stringify(openApiDocument(RELEASE));
}
