/** The problems that an operation may answer with, for the OpenAPI document. */
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import type { ErrorCode } from '../core/errors.ts';
import { CONTRACT, type OperationContract } from './contract.ts';
import { type HttpMethod, type OperationId, ROUTES, type Route } from './routes.ts';
import { problem } from './schemas/answers.ts';
import { ERROR_CODES, statusOf } from './schemas/problems.ts';

/**
 * Problems that depend on stored state. Those that depend on the request alone follow from the
 * route and the contract.
 */
const BY_STATE: Readonly<Record<OperationId, readonly ErrorCode[]>> = {
  createPackage: [
    'ALREADY_EXISTS',
    'UPLOAD_IN_PROGRESS',
    'NOT_UPLOADED',
    'KEY_OCCUPIED',
    'CONFLICT',
    'SEALED',
    'NOT_SUPPORTED',
    'OUT_OF_SPACE',
  ],
  signParts: ['NOT_FOUND', 'CONFLICT', 'NOT_SUPPORTED'],
  getUpload: ['NOT_FOUND'],
  completeUpload: [
    'NOT_FOUND',
    'NOT_UPLOADED',
    'KEY_OCCUPIED',
    'CONFLICT',
    'SEALED',
    'INTEGRITY',
    'NOT_SUPPORTED',
    'OUT_OF_SPACE',
  ],
  abortUpload: ['NOT_FOUND', 'CONFLICT'],
  checkNames: [],
  putVersion: ['CONFLICT', 'NOT_UPLOADED', 'SEALED'],
  sealVersion: ['NOT_FOUND', 'CONFLICT', 'NOT_UPLOADED', 'NOT_SUPPORTED'],
  createLink: ['NOT_FOUND', 'YANKED', 'INTEGRITY', 'CONFLICT'],
  listLinks: [],
  deleteLink: [],
  followLink: ['NOT_FOUND', 'NOT_SUPPORTED'],
  listPublicVersions: [],
  getPublicVersion: ['NOT_FOUND'],
  downloadForPlatform: ['NOT_FOUND', 'CONFLICT', 'NOT_SUPPORTED'],
  yankVersion: ['NOT_FOUND', 'CONFLICT'],
  restoreVersion: ['NOT_FOUND', 'CONFLICT'],
  deleteVersion: ['NOT_FOUND', 'CONFLICT', 'IN_USE', 'RETAINED'],
  getChannelRecord: ['NOT_FOUND'],
  listVersions: [],
  getVersion: ['NOT_FOUND'],
  listPackages: ['NOT_FOUND'],
  getPackage: ['NOT_FOUND'],
  findByDigest: [],
  createLinks: ['NOT_SUPPORTED'],
  downloadPackage: ['NOT_FOUND', 'YANKED', 'INTEGRITY', 'NOT_SUPPORTED'],
  getSums: ['NOT_FOUND', 'NOT_SUPPORTED'],
  getStatement: ['NOT_FOUND', 'NOT_SUPPORTED'],
  getChannelStatement: ['NOT_FOUND', 'NOT_SUPPORTED'],
  getReleaseKeys: ['NOT_SUPPORTED'],
  getChannel: ['NOT_FOUND', 'NOT_SUPPORTED'],
  getChannelSums: ['NOT_FOUND', 'NOT_SUPPORTED'],
  downloadFromChannel: ['NOT_FOUND', 'YANKED', 'INTEGRITY', 'NOT_SUPPORTED'],
  yankPackage: ['NOT_FOUND', 'CONFLICT'],
  restorePackage: ['NOT_FOUND', 'CONFLICT'],
  deletePackage: ['NOT_FOUND', 'CONFLICT', 'IN_USE', 'RETAINED'],
  getTauriUpdate: ['NOT_FOUND', 'CONFLICT', 'INTEGRITY'],
  getSquirrelMacUpdate: ['NOT_FOUND', 'CONFLICT'],
  listChannels: [],
  putRollout: [
    'NOT_FOUND',
    'CONFLICT',
    'INTEGRITY',
    'NOT_SUPPORTED',
    'NOT_SEALED',
    'CHECKS_FAILED',
    'CHECKS_PENDING',
    'OUT_OF_SPACE',
  ],
  completeRollout: ['NOT_FOUND', 'CONFLICT'],
  deleteRollout: ['CONFLICT'],
  putChannel: [
    'NOT_FOUND',
    'CONFLICT',
    'NOT_SEALED',
    'CHECKS_FAILED',
    'CHECKS_PENDING',
    'OUT_OF_SPACE',
  ],
  checkVersion: ['NOT_FOUND', 'OUT_OF_SPACE'],
  getCheck: ['NOT_FOUND'],
  deleteChannel: ['CONFLICT'],
  createToken: ['CONFLICT'],
  listTokens: [],
  deleteToken: ['CONFLICT'],
  getOwnToken: [],
  deleteOwnToken: ['CONFLICT'],
  getIndex: [],
  getReleaseFeed: [],
  createTrustRule: ['CONFLICT'],
  listTrustRules: [],
  listAudit: [],
  listAuditDays: [],
  getStorage: ['NOT_SUPPORTED'],
  deleteTrustRule: [],
  getTrustAudience: [],
  exchangeToken: ['UNAUTHENTICATED', 'INVALID_INPUT', 'CONFLICT'],
  getHealth: [],
  getSecurityContact: ['NOT_FOUND'],
  getReadiness: [],
  getOpenApi: [],
};

const OF_ALL: readonly ErrorCode[] = ['TOO_MANY_REQUESTS', 'INTERNAL', 'UNAVAILABLE'];

/**
 * Statuses that only the download of bytes can have, from conditional requests and ranges
 * (RFC 9110), with the codes that they carry.
 */
const BY_BYTES: Readonly<Record<number, ErrorCode>> = {
  409: 'CONFLICT',
  412: 'CONFLICT',
  416: 'INVALID_INPUT',
};

/** Every status that a problem of the operation may have, in ascending order. */
export function problemStatuses(id: OperationId, method: HttpMethod): readonly number[] {
  const codes = [...byRequest(id), ...BY_STATE[id], ...OF_ALL];
  const byBytes = method === 'GET' && sendsBytes(id) ? Object.keys(BY_BYTES).map(Number) : [];
  return [...new Set([...codes.map(statusOf), ...byBytes])].sort((left, right) => left - right);
}

function sendsBytes(id: OperationId): boolean {
  const { answers }: OperationContract = CONTRACT[id];
  return answers[200] !== undefined && 'otherwise' in answers[200];
}

function byRequest(id: OperationId): readonly ErrorCode[] {
  const { access, methods }: Route = ROUTES[id];
  const contract: OperationContract = CONTRACT[id];
  const authenticated: readonly ErrorCode[] =
    access === 'none' ? [] : ['UNAUTHENTICATED', 'FORBIDDEN'];
  const hasBody = contract.body !== undefined || !methods.includes('GET');
  const body: readonly ErrorCode[] = hasBody ? ['UNSUPPORTED_MEDIA_TYPE', 'TOO_LARGE'] : [];
  return [...authenticated, ...body, ...(access === 'none' ? [] : (['INVALID_INPUT'] as const))];
}

const responses = new Map<number, ZodOpenApiResponseObject>();

/** The response for a status. All operations refer to the same one. */
export function problemResponse(status: number): ZodOpenApiResponseObject {
  const known = responses.get(status);
  if (known !== undefined) return known;
  const codes = ERROR_CODES.filter(
    (code) => statusOf(code) === status || BY_BYTES[status] === code,
  );
  const made: ZodOpenApiResponseObject = {
    id: `Problem${status}`,
    description: `A problem with the code ${codes.join(' or ')}`,
    content: { 'application/problem+json': { schema: problem } },
    ...headersOf(status),
  };
  responses.set(status, made);
  return made;
}

function headersOf(status: number): Pick<ZodOpenApiResponseObject, 'headers'> {
  if (status === 416) {
    return {
      headers: { 'Content-Range': { description: 'bytes */{length}', schema: { type: 'string' } } },
    };
  }
  if (status === 401)
    return { headers: { 'WWW-Authenticate': { schema: { type: 'string', const: 'Bearer' } } } };
  if (status !== 429 && status !== 503) return {};
  return {
    headers: {
      'Retry-After': {
        description: 'seconds to wait before the next try',
        schema: { type: 'integer' },
      },
    },
  };
}
