/**
 * Every route of the service. API Gateway's routes, the local server and the OpenAPI document are
 * made from this list.
 */
import type { Scope } from '../core/records.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

/** Names the Lambda function, with its own IAM role, that serves a route (docs/architecture.md). */
export type Privilege = 'publish' | 'download' | 'catalog' | 'release' | 'exchange' | 'admin';

/** `public`: scope read, or no token if downloads are public. `none`: no token at all. */
export type Access = Scope | 'public' | 'none';

export interface Route {
  readonly methods: readonly HttpMethod[];
  /** Each segment is a literal or one whole variable, as API Gateway HTTP APIs require. */
  readonly path: `/${string}`;
  readonly privilege: Privilege;
  readonly access: Access;
  /** Whether an upload grant is enough, for the package that it names. @default false */
  readonly grants?: true;
  readonly summary: string;
}

export const ROUTES = {
  createPackage: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages',
    privilege: 'publish',
    access: 'publish',
    grants: true,
    summary: 'Create a package and get the signed requests that upload it',
  },
  signParts: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/parts',
    privilege: 'publish',
    access: 'publish',
    grants: true,
    summary: 'Sign the requests of up to 100 parts, or sign them again',
  },
  getUpload: {
    methods: ['GET'],
    path: '/v1/versions/{versionId}/packages/{packageId}/upload',
    privilege: 'publish',
    access: 'publish',
    grants: true,
    summary: 'Read the state of an upload and the parts that have arrived',
  },
  completeUpload: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/complete',
    privilege: 'publish',
    access: 'publish',
    grants: true,
    summary: 'Complete an upload: prove its bytes and publish the package',
  },
  abortUpload: {
    methods: ['DELETE'],
    path: '/v1/versions/{versionId}/packages/{packageId}/upload',
    privilege: 'publish',
    access: 'publish',
    grants: true,
    summary: 'Abort an upload and free its name',
  },
  checkNames: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/names',
    privilege: 'publish',
    access: 'publish',
    summary: 'Check whether up to 500 files could be published; changes nothing',
  },
  putVersion: {
    methods: ['PUT'],
    path: '/v1/versions/{versionId}',
    privilege: 'publish',
    access: 'publish',
    summary: 'Create a version, describe it, or release a draft',
  },
  sealVersion: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/seal',
    privilege: 'release',
    access: 'release',
    summary: 'Seal a version: from then on no file can be added to it',
  },
  listVersions: {
    methods: ['GET'],
    path: '/v1/versions',
    privilege: 'catalog',
    access: 'read',
    summary: 'List versions, newest first',
  },
  getVersion: {
    methods: ['GET'],
    path: '/v1/versions/{versionId}',
    privilege: 'catalog',
    access: 'read',
    summary: 'Read one version',
  },
  listPackages: {
    methods: ['GET'],
    path: '/v1/versions/{versionId}/packages',
    privilege: 'catalog',
    access: 'read',
    summary: 'List the packages of a version',
  },
  getPackage: {
    methods: ['GET'],
    path: '/v1/versions/{versionId}/packages/{packageId}',
    privilege: 'catalog',
    access: 'read',
    summary: 'Read one package',
  },
  createLinks: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/links',
    privilege: 'download',
    access: 'read',
    summary: 'Sign links to up to 100 packages',
  },
  createLink: {
    methods: ['POST'],
    path: '/v1/links',
    privilege: 'publish',
    access: 'publish',
    summary: 'Make a link to one file for people, which expires',
  },
  listLinks: {
    methods: ['GET'],
    path: '/v1/links',
    privilege: 'publish',
    access: 'publish',
    summary: 'List the links for people, without their secrets',
  },
  deleteLink: {
    methods: ['DELETE'],
    path: '/v1/links/{linkId}',
    privilege: 'publish',
    access: 'publish',
    summary: 'End a link for people',
  },
  followLink: {
    methods: ['GET', 'HEAD'],
    path: '/links/{linkId}',
    privilege: 'download',
    access: 'none',
    summary: 'A link for people: redirects like a stable link',
  },
  downloadPackage: {
    methods: ['GET', 'HEAD'],
    path: '/packages/{versionId}/{file}',
    privilege: 'download',
    access: 'public',
    summary: 'Download a package by its stable link',
  },
  getSums: {
    methods: ['GET', 'HEAD'],
    path: '/packages/{versionId}/SHA256SUMS',
    privilege: 'catalog',
    access: 'public',
    summary: 'Read the checksums of a version, in the format of sha256sum -c',
  },
  getStatement: {
    methods: ['GET', 'HEAD'],
    path: '/packages/{versionId}/release.intoto.jsonl',
    privilege: 'catalog',
    access: 'public',
    summary: 'Read the signed statement of a sealed version: one DSSE envelope',
  },
  listPublicVersions: {
    methods: ['GET', 'HEAD'],
    path: '/packages',
    privilege: 'catalog',
    access: 'public',
    summary: 'The released versions, newest first',
  },
  getPublicVersion: {
    methods: ['GET', 'HEAD'],
    path: '/packages/{versionId}',
    privilege: 'catalog',
    access: 'public',
    summary: 'A released version and its files',
  },
  getChannel: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}',
    privilege: 'catalog',
    access: 'public',
    summary: 'Read the version that a channel points at, with its packages',
  },
  getChannelSums: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}/SHA256SUMS',
    privilege: 'catalog',
    access: 'public',
    summary: "Read the checksums of a channel's version, in the format of sha256sum -c",
  },
  getChannelStatement: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}/release.intoto.jsonl',
    privilege: 'catalog',
    access: 'public',
    summary: "Read the signed statement of a channel's version",
  },
  downloadForPlatform: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}/for/{os}/{arch}',
    privilege: 'catalog',
    access: 'public',
    summary: 'Redirects to the file of a channel for one platform',
  },
  downloadFromChannel: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}/{file}',
    privilege: 'download',
    access: 'public',
    summary: "Download a package of a channel's version by its stable link",
  },
  getTauriUpdate: {
    methods: ['GET', 'HEAD'],
    path: '/updates/{channel}/tauri/{target}/{arch}/{currentVersion}',
    privilege: 'download',
    access: 'public',
    summary: 'Read the update of a Tauri app, if there is one',
  },
  getSquirrelMacUpdate: {
    methods: ['GET', 'HEAD'],
    path: '/updates/{channel}/squirrel-mac/{arch}/{currentVersion}',
    privilege: 'download',
    access: 'public',
    summary: 'Read the update of an app that uses Squirrel.Mac, if there is one',
  },
  yankPackage: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/yank',
    privilege: 'admin',
    access: 'admin',
    summary: 'Yank a package: stop its downloads',
  },
  restorePackage: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/restore',
    privilege: 'admin',
    access: 'admin',
    summary: 'Restore a yanked package: allow its downloads again',
  },
  deletePackage: {
    methods: ['DELETE'],
    path: '/v1/versions/{versionId}/packages/{packageId}',
    privilege: 'admin',
    access: 'admin',
    summary: 'Delete the bytes of a package; its name stays reserved',
  },
  yankVersion: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/yank',
    privilege: 'admin',
    access: 'admin',
    summary: 'Stop downloads of every package of a version',
  },
  restoreVersion: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/restore',
    privilege: 'admin',
    access: 'admin',
    summary: 'Allow downloads of every yanked package of a version again',
  },
  deleteVersion: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/delete',
    privilege: 'admin',
    access: 'admin',
    summary: 'Delete the bytes of every published package of a version; their names stay reserved',
  },
  getChannelRecord: {
    methods: ['GET'],
    path: '/v1/channels/{channel}',
    privilege: 'release',
    access: 'release',
    summary: 'Read a channel with its history',
  },
  listChannels: {
    methods: ['GET'],
    path: '/v1/channels',
    privilege: 'release',
    access: 'release',
    summary: 'List channels',
  },
  putChannel: {
    methods: ['PUT'],
    path: '/v1/channels/{channel}',
    privilege: 'release',
    access: 'release',
    summary: 'Point a channel at a version',
  },
  putRollout: {
    methods: ['PUT'],
    path: '/v1/channels/{channel}/rollout',
    privilege: 'release',
    access: 'release',
    summary: 'Give a version to a share of the clients of a channel, or change the share',
  },
  completeRollout: {
    methods: ['POST'],
    path: '/v1/channels/{channel}/rollout/complete',
    privilege: 'release',
    access: 'release',
    summary: 'Point a channel at the version of its rollout, which ends with that',
  },
  deleteRollout: {
    methods: ['DELETE'],
    path: '/v1/channels/{channel}/rollout',
    privilege: 'release',
    access: 'release',
    summary: "End a rollout: all clients get the channel's version",
  },
  checkVersion: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/checks',
    privilege: 'release',
    access: 'release',
    summary: 'Check the feeds, lists of digests and signatures of a version',
  },
  getCheck: {
    methods: ['GET'],
    path: '/v1/versions/{versionId}/checks/{checkId}',
    privilege: 'release',
    access: 'release',
    summary: 'Read what checks of a version have found',
  },
  deleteChannel: {
    methods: ['DELETE'],
    path: '/v1/channels/{channel}',
    privilege: 'admin',
    access: 'admin',
    summary: 'Remove a channel',
  },
  createToken: {
    methods: ['POST'],
    path: '/v1/tokens',
    privilege: 'admin',
    access: 'publish',
    summary:
      'Make a token (scope admin), or a grant for one upload (scope publish); only this answer shows its secret',
  },
  listTokens: {
    methods: ['GET'],
    path: '/v1/tokens',
    privilege: 'admin',
    access: 'admin',
    summary: 'List tokens, without their secrets',
  },
  deleteToken: {
    methods: ['DELETE'],
    path: '/v1/tokens/{tokenId}',
    privilege: 'admin',
    access: 'admin',
    summary: 'Revoke a token, and the tokens that it made unless keepChildren is true',
  },
  getOwnToken: {
    methods: ['GET'],
    path: '/v1/tokens/self',
    privilege: 'admin',
    access: 'read',
    summary: 'Read what the token of this request may do',
  },
  deleteOwnToken: {
    methods: ['DELETE'],
    path: '/v1/tokens/self',
    privilege: 'admin',
    access: 'read',
    summary: 'Revoke the token of this request, and the tokens that it made',
  },
  getIndex: {
    methods: ['GET', 'HEAD'],
    path: '/',
    privilege: 'catalog',
    access: 'public',
    summary: 'The channels and the newest versions that the caller may see',
  },
  getReleaseFeed: {
    methods: ['GET', 'HEAD'],
    path: '/releases.atom',
    privilege: 'catalog',
    access: 'public',
    summary: 'The newest versions as an Atom feed',
  },
  createTrustRule: {
    methods: ['POST'],
    path: '/v1/trust',
    privilege: 'admin',
    access: 'admin',
    summary: 'Trust the tokens of another issuer that carry these claims',
  },
  listTrustRules: {
    methods: ['GET'],
    path: '/v1/trust',
    privilege: 'admin',
    access: 'admin',
    summary: 'List the rules of trusted publishing',
  },
  deleteTrustRule: {
    methods: ['DELETE'],
    path: '/v1/trust/{ruleId}',
    privilege: 'admin',
    access: 'admin',
    summary: 'Remove a rule, and revoke the tokens that were made by it',
  },
  getStorage: {
    methods: ['GET'],
    path: '/v1/storage',
    privilege: 'admin',
    access: 'admin',
    summary: 'Read how many packages and bytes are stored, and the room that is left',
  },
  getTrustAudience: {
    methods: ['GET'],
    path: '/v1/trust/audience',
    privilege: 'exchange',
    access: 'none',
    summary: 'Read the audience that a token must have to be exchanged',
  },
  exchangeToken: {
    methods: ['POST'],
    path: '/v1/tokens/exchange',
    privilege: 'exchange',
    access: 'none',
    summary:
      'Exchange the token of a CI job for one of this service (RFC 8693, as a form or as JSON)',
  },
  getReleaseKeys: {
    methods: ['GET'],
    path: '/v1/release-keys',
    privilege: 'catalog',
    access: 'none',
    summary: 'Read the public keys of statements, the one that signs first',
  },
  getHealth: {
    methods: ['GET'],
    path: '/healthz',
    privilege: 'catalog',
    access: 'none',
    summary: 'Check that the service answers, and read its release',
  },
  getSecurityContact: {
    methods: ['GET', 'HEAD'],
    path: '/.well-known/security.txt',
    privilege: 'catalog',
    access: 'none',
    summary:
      'Read where to report a security problem (RFC 9116), if the operator has set a contact',
  },
  getReadiness: {
    methods: ['GET'],
    path: '/readyz',
    privilege: 'catalog',
    access: 'none',
    summary: 'Check that the store and the catalog answer',
  },
  getOpenApi: {
    methods: ['GET'],
    path: '/openapi.json',
    privilege: 'catalog',
    access: 'none',
    summary: 'Read this OpenAPI 3.1 document',
  },
} as const satisfies Record<string, Route>;

export type OperationId = keyof typeof ROUTES;
