/**
 * The schemas of what each operation takes and answers. The chain of the handlers, the OpenAPI
 * document and the tests use them.
 */
import type { ZodMiniType } from 'zod/mini';
import type { OperationId } from './routes.ts';
import * as answers from './schemas/answers.ts';
import * as requests from './schemas/requests.ts';

/** An answer that is not JSON. */
interface OtherAnswer {
  readonly description: string;
  /** @default nothing is sent */
  readonly contentType?: string;
}

/** JSON for programs, and a page for those who ask for HTML by name. */
interface NegotiatedAnswer {
  readonly json: ZodMiniType;
  readonly page: OtherAnswer & { readonly contentType: string };
}

/** A JSON answer, another one, or either of them, depending on the `Accept` header. */
export type ResponseContract =
  | ZodMiniType
  | OtherAnswer
  | { readonly json: ZodMiniType; readonly otherwise: OtherAnswer }
  | NegotiatedAnswer;

export interface OperationContract {
  readonly path: ZodMiniType;
  readonly query: ZodMiniType;
  /** @default the operation takes no body */
  readonly body?: ZodMiniType;
  /** The successful answers by status. Any operation may also answer with a problem. */
  readonly answers: Readonly<Record<number, ResponseContract>>;
}

const nothing = { description: 'done' } as const;
const bytes = {
  description: 'the bytes, if the service sends them itself (PRESIGNED_URLS=false)',
  contentType: '*/*',
} as const;
const unchanged = { description: 'not modified' } as const;
const upToDate = { description: 'there is no update' } as const;
const sums = {
  description: 'one line per package: SHA-256, two spaces, name',
  contentType: 'text/plain',
} as const;
const statement = {
  description: 'one line of JSON: a DSSE envelope with an in-toto statement about every file',
  contentType: 'application/jsonl',
} as const;
/** What browsers get, who ask for it by name. */
const page = { description: 'a page for people', contentType: 'text/html' } as const;
const stableLink = {
  200: { json: answers.linkBody, otherwise: bytes },
  206: bytes,
  302: { description: 'a redirect to a signed link' },
  304: unchanged,
} as const;

export const CONTRACT = {
  createPackage: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.createPackageBody,
    answers: { 200: answers.createdPackage, 201: answers.createdPackage },
  },
  signParts: {
    path: requests.packagePath,
    query: requests.noQuery,
    body: requests.signPartsBody,
    answers: { 200: answers.signedParts },
  },
  getUpload: {
    path: requests.packagePath,
    query: requests.noQuery,
    answers: { 200: answers.uploadStatus },
  },
  completeUpload: {
    path: requests.packagePath,
    query: requests.noQuery,
    body: requests.completeUploadBody,
    answers: { 200: answers.packageAnswer, 202: answers.packageAnswer },
  },
  abortUpload: { path: requests.packagePath, query: requests.noQuery, answers: { 204: nothing } },
  checkNames: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.checkNamesBody,
    answers: { 200: answers.checkedNames },
  },
  putVersion: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.putVersionBody,
    answers: { 200: answers.versionBody },
  },
  sealVersion: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.sealVersionBody,
    answers: { 200: answers.versionAnswer },
  },
  createLink: {
    path: requests.noPath,
    query: requests.noQuery,
    body: requests.createLinkBody,
    answers: { 201: answers.createdLink },
  },
  listLinks: {
    path: requests.noPath,
    query: requests.pageQuery,
    answers: { 200: answers.linkPage },
  },
  deleteLink: { path: requests.linkPath, query: requests.noQuery, answers: { 204: nothing } },
  followLink: { path: requests.linkIdPath, query: requests.anyQuery, answers: stableLink },
  listVersions: {
    path: requests.noPath,
    query: requests.pageQuery,
    answers: { 200: answers.versionPage },
  },
  getVersion: {
    path: requests.versionPath,
    query: requests.noQuery,
    answers: { 200: answers.versionBody },
  },
  listPackages: {
    path: requests.versionPath,
    query: requests.pageQuery,
    answers: { 200: answers.packagePage },
  },
  getPackage: {
    path: requests.packagePath,
    query: requests.noQuery,
    answers: { 200: answers.packageBody },
  },
  findByDigest: {
    path: requests.digestPath,
    query: requests.pageQuery,
    answers: { 200: answers.digestPage },
  },
  createLinks: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.createLinksBody,
    answers: { 200: answers.linksAnswer },
  },
  downloadPackage: { path: requests.filePath, query: requests.anyQuery, answers: stableLink },
  getSums: {
    path: requests.versionPath,
    query: requests.anyQuery,
    answers: { 200: sums, 304: unchanged },
  },
  listPublicVersions: {
    path: requests.noPath,
    query: requests.publicPageQuery,
    answers: { 200: { json: answers.publicVersions, page }, 304: unchanged },
  },
  getPublicVersion: {
    path: requests.versionPath,
    query: requests.publicPageQuery,
    answers: { 200: { json: answers.publicVersion, page }, 304: unchanged },
  },
  getStatement: {
    path: requests.versionPath,
    query: requests.anyQuery,
    answers: { 200: statement, 304: unchanged },
  },
  getChannelStatement: {
    path: requests.channelPath,
    query: requests.channelQuery,
    answers: { 200: statement, 304: unchanged },
  },
  getReleaseKeys: {
    path: requests.noPath,
    query: requests.anyQuery,
    answers: { 200: answers.releaseKeys },
  },
  downloadForPlatform: {
    path: requests.platformPath,
    query: requests.platformQuery,
    answers: { 302: { description: 'Location is the stable link of the file' } },
  },
  getChannel: {
    path: requests.channelPath,
    query: requests.channelQuery,
    answers: { 200: { json: answers.channelAnswer, page }, 304: unchanged },
  },
  getChannelSums: {
    path: requests.channelPath,
    query: requests.channelQuery,
    answers: { 200: sums, 304: unchanged },
  },
  downloadFromChannel: {
    path: requests.channelFilePath,
    query: requests.channelQuery,
    answers: stableLink,
  },
  getTauriUpdate: {
    path: requests.tauriPath,
    query: requests.tauriQuery,
    answers: { 200: answers.tauriUpdate, 204: upToDate, 304: unchanged },
  },
  getSquirrelMacUpdate: {
    path: requests.squirrelMacPath,
    query: requests.anyQuery,
    answers: { 200: answers.squirrelMacUpdate, 204: upToDate, 304: unchanged },
  },
  yankPackage: {
    path: requests.packagePath,
    query: requests.noQuery,
    body: requests.yankBody,
    answers: { 200: answers.yankedPackage },
  },
  restorePackage: {
    path: requests.packagePath,
    query: requests.noQuery,
    body: requests.emptyBody,
    answers: { 200: answers.packageAnswer },
  },
  deletePackage: {
    path: requests.packagePath,
    query: requests.deleteQuery,
    answers: { 200: answers.packageAnswer },
  },
  yankVersion: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.yankBody,
    answers: { 200: answers.yankedVersion, 202: answers.yankedVersion },
  },
  restoreVersion: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.emptyBody,
    answers: { 200: answers.versionProgress, 202: answers.versionProgress },
  },
  deleteVersion: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.deleteVersionBody,
    answers: { 200: answers.versionProgress, 202: answers.versionProgress },
  },
  getChannelRecord: {
    path: requests.channelPath,
    query: requests.noQuery,
    answers: { 200: answers.channelRecord },
  },
  listChannels: {
    path: requests.noPath,
    query: requests.pageQuery,
    answers: { 200: answers.channelPage },
  },
  putChannel: {
    path: requests.channelPath,
    query: requests.noQuery,
    body: requests.putChannelBody,
    answers: { 200: answers.movedChannel },
  },
  checkVersion: {
    path: requests.versionPath,
    query: requests.noQuery,
    body: requests.checkVersionBody,
    answers: { 200: answers.checkRun, 202: answers.checkRun },
  },
  getCheck: {
    path: requests.checkPath,
    query: requests.noQuery,
    answers: { 200: answers.checkRun },
  },
  putRollout: {
    path: requests.channelPath,
    query: requests.noQuery,
    body: requests.putRolloutBody,
    answers: { 200: answers.channelBody },
  },
  completeRollout: {
    path: requests.channelPath,
    query: requests.noQuery,
    body: requests.emptyBody,
    answers: { 200: answers.channelBody },
  },
  deleteRollout: { path: requests.channelPath, query: requests.noQuery, answers: { 204: nothing } },
  deleteChannel: { path: requests.channelPath, query: requests.noQuery, answers: { 204: nothing } },
  createToken: {
    path: requests.noPath,
    query: requests.noQuery,
    body: requests.createTokenBody,
    answers: { 201: answers.createdToken },
  },
  listTokens: {
    path: requests.noPath,
    query: requests.pageQuery,
    answers: { 200: answers.tokenPage },
  },
  deleteToken: { path: requests.tokenPath, query: requests.revokeQuery, answers: { 204: nothing } },
  getOwnToken: {
    path: requests.noPath,
    query: requests.noQuery,
    answers: { 200: answers.ownToken },
  },
  deleteOwnToken: { path: requests.noPath, query: requests.noQuery, answers: { 204: nothing } },
  getIndex: {
    path: requests.noPath,
    query: requests.anyQuery,
    answers: { 200: { json: answers.publicIndex, page }, 304: unchanged },
  },
  getReleaseFeed: {
    path: requests.noPath,
    query: requests.anyQuery,
    answers: {
      200: { description: 'the feed (RFC 4287)', contentType: 'application/atom+xml' },
      304: unchanged,
    },
  },
  createTrustRule: {
    path: requests.noPath,
    query: requests.noQuery,
    body: requests.createTrustRuleBody,
    answers: { 201: answers.trustRule },
  },
  getStorage: {
    path: requests.noPath,
    query: requests.noQuery,
    answers: { 200: answers.storageState },
  },
  listTrustRules: {
    path: requests.noPath,
    query: requests.pageQuery,
    answers: { 200: answers.trustRulePage },
  },
  deleteTrustRule: {
    path: requests.trustRulePath,
    query: requests.noQuery,
    answers: { 204: nothing },
  },
  listAudit: {
    path: requests.noPath,
    query: requests.auditQuery,
    answers: { 200: answers.auditPage },
  },
  listAuditDays: {
    path: requests.noPath,
    query: requests.pageQuery,
    answers: { 200: answers.auditDayPage },
  },
  getTrustAudience: {
    path: requests.noPath,
    query: requests.anyQuery,
    answers: { 200: answers.trustAudience },
  },
  exchangeToken: {
    path: requests.noPath,
    query: requests.noQuery,
    body: requests.exchangeTokenBody,
    answers: { 200: answers.exchangedToken },
  },
  getHealth: { path: requests.noPath, query: requests.anyQuery, answers: { 200: answers.health } },
  getSecurityContact: {
    path: requests.noPath,
    query: requests.anyQuery,
    answers: {
      200: { description: 'the security.txt', contentType: 'text/plain' },
      304: unchanged,
    },
  },
  getReadiness: {
    path: requests.noPath,
    query: requests.anyQuery,
    answers: { 200: answers.readiness },
  },
  getOpenApi: {
    path: requests.noPath,
    query: requests.anyQuery,
    answers: {
      200: { description: 'the OpenAPI 3.1 document', contentType: 'application/json' },
      304: unchanged,
    },
  },
} as const satisfies Record<OperationId, OperationContract>;
