/** The operations about the service itself: its health, its API document, its security contact. */
import { ServiceError } from '../core/errors.ts';
import { RELEASE } from '../core/release.ts';
import { SECURITY_TXT_PATH, securityTxt } from '../core/security-txt.ts';
import { unlessKnown } from './answers/conditional.ts';
import { json } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { CatalogServices } from './host/services.ts';

/** Made at the first request, because it would slow down every start. */
let document: Promise<string> | undefined;

export const about = {
  /** GET /healthz: whether the service answers, and its release. */
  getHealth: operation('getHealth', async () => json(200, { status: 'ok', version: RELEASE })),

  /**
   * GET /readyz: whether store and catalog answer. On a host that may not read the store, only the
   * catalog is asked.
   */
  getReadiness: operation('getReadiness', async (_, { readiness }: CatalogServices) => {
    await readiness.check();
    return json(200, { status: 'ok' }, { 'cache-control': 'no-store' });
  }),

  /** GET /openapi.json: the OpenAPI document of this service. */
  getOpenApi: operation('getOpenApi', async (request) => {
    document ??= makeDocument();
    return unlessKnown(request.headers, 'application/json', await document);
  }),

  /** GET /.well-known/security.txt: where to report a security problem (RFC 9116). */
  getSecurityContact: operation(
    'getSecurityContact',
    async (request, services: CatalogServices) => {
      const { clock, publicUrl, securityContact } = services;
      if (securityContact === undefined) {
        throw new ServiceError('NOT_FOUND', `there is nothing under ${SECURITY_TXT_PATH}`);
      }
      const text = securityTxt(securityContact, publicUrl, clock());
      return unlessKnown(request.headers, 'text/plain; charset=utf-8', text);
    },
  ),
};

async function makeDocument(): Promise<string> {
  const { openApiDocument } = await import('../api/openapi.ts');
  return JSON.stringify(openApiDocument(RELEASE));
}
