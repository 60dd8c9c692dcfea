/**
 * GET /.well-known/security.txt - where to report a security problem of this service (RFC 9116).
 */
import { ServiceError } from '../../core/errors.ts';
import { SECURITY_TXT_PATH, securityTxt } from '../../core/security-txt.ts';
import { unlessKnown } from '../answers/conditional.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const getSecurityContact = operation('getSecurityContact', async ({ headers }, services: CatalogServices) => {
  const { clock, publicUrl, securityContact } = services;
  if (securityContact === undefined) {
    throw new ServiceError('NOT_FOUND', `there is nothing under ${SECURITY_TXT_PATH}`);
  }
  const text = securityTxt(securityContact, publicUrl, clock());
  return unlessKnown(headers, 'text/plain; charset=utf-8', text);
});
