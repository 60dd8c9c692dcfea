/** The operations of trusted publishing: its rules, and the exchange of tokens. */
import { presentTrustRule } from '../api/present.ts';
import { isServiceError } from '../core/errors.ts';
import { exchangeToken } from '../core/trust/exchange.ts';
import { createTrustRule, deleteTrustRule, listTrustRules } from '../core/trust/rules.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { answerPage, json, noContent } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { AdminServices, ExchangeServices } from './host/services.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export const trustRules = {
  /** POST /v1/trust: trusts the tokens of an issuer that carry these claims. */
  createTrustRule: operation('createTrustRule', async (request, services: AdminServices) => {
    const rule = await createTrustRule(services, request.caller, request.body);
    request.audit('createTrustRule', { ruleId: rule.ruleId });
    return json(201, presentTrustRule(rule));
  }),

  /** GET /v1/trust: lists the rules. */
  listTrustRules: operation('listTrustRules', async ({ caller, query }, services: AdminServices) =>
    answerPage(
      services,
      `trust ${caller.versions ?? '*'}`,
      query,
      (page) => listTrustRules(services, caller, page),
      presentTrustRule,
    ),
  ),

  /** DELETE /v1/trust/{ruleId}: removes a rule, and revokes the tokens that it made. */
  deleteTrustRule: operation('deleteTrustRule', async (request, services: AdminServices) => {
    const { caller, path } = request;
    const revoked = await deleteTrustRule(services, caller, path.ruleId);
    request.audit('deleteTrustRule', path);
    for (const tokenId of revoked) request.audit('deleteToken', { tokenId });
    return noContent();
  }),
};

export const exchange = {
  /** GET /v1/trust/audience: the audience that a token to exchange must have. */
  getTrustAudience: operation('getTrustAudience', async (_, services: ExchangeServices) =>
    json(200, { audience: services.publicUrl }),
  ),

  /** POST /v1/tokens/exchange: a token of a job for one of this service. */
  exchangeToken: operation(
    'exchangeToken',
    async (request, services: ExchangeServices) => {
      const { token: idToken, subject_token: subject = '' } = request.body;
      const done = await exchangeToken(services, idToken ?? subject, services.publicUrl).catch(
        (error: unknown) => {
          if (!isServiceError(error, 'UNAUTHENTICATED')) throw error;
          throw services.authenticator.countRefusal(error, request.address);
        },
      );
      const { tokenId, expiresAt, scopes, versions, createdAt, origin } = done.record;
      request.audit('exchangeToken', {
        ...{ tokenId, ruleId: done.ruleId },
        ...withoutUndefined({ origin }),
      });
      const seconds = (Date.parse(expiresAt) - Date.parse(createdAt)) / 1000;
      const answer = {
        ...{ token: done.token, tokenId, expiresAt, scopes: [...scopes] },
        ...withoutUndefined({ versions }),
        access_token: done.token,
        issued_token_type: ACCESS_TOKEN,
        token_type: 'Bearer',
        expires_in: Math.floor(seconds),
      };
      return json(200, answer, { 'cache-control': 'no-store' });
    },
    { takesForm: true },
  ),
};
