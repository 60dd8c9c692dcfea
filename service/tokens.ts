/** The operations on tokens: make, list and revoke them, and what a token may ask about itself. */
import { presentOwnToken, presentToken } from '../api/present.ts';
import { createGrant } from '../core/access/grants/upload-grants.ts';
import { revokeToken } from '../core/access/revoke-token.ts';
import { createToken, listTokens } from '../core/access/tokens.ts';
import { ServiceError } from '../core/errors.ts';
import type { TokenRecord } from '../core/records.ts';
import { answerPage, json, noContent } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { AdminServices } from './host/services.ts';

export const tokens = {
  /** POST /v1/tokens: makes a token or an upload grant. No later answer shows its secret. */
  createToken: operation(
    'createToken',
    async (request, services: AdminServices) => {
      const { caller, body } = request;
      const { upload, name = '', scopes = [], versions, expiresAt } = body;
      const { record, token } = await (upload === undefined
        ? createToken(services, caller, { name, scopes, versions, expiresAt })
        : createGrant(services, caller, { name: body.name, upload, expiresAt }));
      request.audit('createToken', { tokenId: record.tokenId, ...grantedTo(record) });
      return json(201, { ...presentToken(record), token });
    },
    { scopeFor: (body) => (isForUpload(body) ? 'publish' : 'admin') },
  ),

  /** GET /v1/tokens: lists tokens without their secrets. */
  listTokens: operation('listTokens', async ({ caller, query }, services: AdminServices) => {
    const uses = await services.catalog.tokenUses?.read();
    return answerPage(
      services,
      `tokens ${caller.versions ?? '*'}`,
      query,
      (page) => listTokens(services, caller, page),
      (record) => presentToken(record, uses),
    );
  }),

  /**
   * DELETE /v1/tokens/{tokenId}: revokes a token, and those that it made unless the caller keeps
   * them. It takes effect in this process at once, elsewhere within a minute.
   */
  deleteToken: operation('deleteToken', async (request, services: AdminServices) => {
    const { caller, path, query } = request;
    const revoked = await revokeToken(services, caller, path.tokenId, query);
    for (const tokenId of revoked) request.audit('deleteToken', { tokenId });
    return noContent();
  }),

  /** GET /v1/tokens/self: what the token of the request may do. */
  getOwnToken: operation('getOwnToken', async ({ caller }, services: AdminServices) => {
    const record = await services.authenticator.recordOf(caller.tokenId);
    if (record === undefined) throw new ServiceError('UNAUTHENTICATED', 'this token was revoked');
    return json(200, presentOwnToken(record), { 'cache-control': 'no-store' });
  }),

  /** DELETE /v1/tokens/self: revokes the token of the request, and those that it made. */
  deleteOwnToken: operation('deleteOwnToken', async (request, services: AdminServices) => {
    const { caller } = request;
    const revoked = await revokeToken(services, caller, caller.tokenId, { keepChildren: false });
    for (const tokenId of revoked) request.audit('deleteToken', { tokenId });
    return noContent();
  }),
};

/** Asked before the body is parsed: who may not make the token learns that first. */
function isForUpload(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'upload' in body;
}

function grantedTo({ upload }: TokenRecord): { versionId?: string; packageId?: string } {
  return upload === undefined ? {} : { versionId: upload.versionId, packageId: upload.packageId };
}
