/** Every route of the service, written once: API Gateway routes, the local server and the OpenAPI document are made from this list. */
import type { Scope } from '../core/records.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

/** One Lambda function and one IAM role each (docs/architecture.md): which one serves the route. */
export type Privilege = 'publish' | 'download' | 'catalog' | 'admin';

/** `public`: scope read, or nobody's where downloads are public; `none`: no token at all. */
export type Access = Scope | 'public' | 'none';

export interface Route {
  readonly methods: readonly HttpMethod[];
  /** Each segment is literal or one whole variable: API Gateway HTTP APIs take nothing else. */
  readonly path: `/${string}`;
  readonly privilege: Privilege;
  readonly access: Access;
  readonly summary: string;
}

export const ROUTES = {
  createPackage: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages',
    privilege: 'publish',
    access: 'publish',
    summary: 'Announce a package and receive the requests that upload it',
  },
  signParts: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/parts',
    privilege: 'publish',
    access: 'publish',
    summary: 'Sign (or renew) the requests of up to 100 parts',
  },
  getUpload: {
    methods: ['GET'],
    path: '/v1/versions/{versionId}/packages/{packageId}/upload',
    privilege: 'publish',
    access: 'publish',
    summary: 'Ask what of an upload has arrived',
  },
  completeUpload: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/complete',
    privilege: 'publish',
    access: 'publish',
    summary: 'Prove the bytes and publish the package',
  },
  abortUpload: {
    methods: ['DELETE'],
    path: '/v1/versions/{versionId}/packages/{packageId}/upload',
    privilege: 'publish',
    access: 'publish',
    summary: 'Give an upload up and free its name',
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
  downloadPackage: {
    methods: ['GET', 'HEAD'],
    path: '/packages/{versionId}/{file}',
    privilege: 'download',
    access: 'public',
    summary: 'The stable link of a package',
  },
  getSums: {
    methods: ['GET', 'HEAD'],
    path: '/packages/{versionId}/SHA256SUMS',
    privilege: 'catalog',
    access: 'public',
    summary: 'The checksums of a version, as sha256sum -c takes them',
  },
  getChannel: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}',
    privilege: 'catalog',
    access: 'public',
    summary: 'What a channel points at: polled by updaters',
  },
  getChannelSums: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}/SHA256SUMS',
    privilege: 'catalog',
    access: 'public',
    summary: "The checksums of a channel's version, as sha256sum -c takes them",
  },
  downloadFromChannel: {
    methods: ['GET', 'HEAD'],
    path: '/channels/{channel}/{file}',
    privilege: 'download',
    access: 'public',
    summary: "The stable link of a package of a channel's version",
  },
  yankPackage: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/yank',
    privilege: 'admin',
    access: 'admin',
    summary: 'Stop handing out a package',
  },
  restorePackage: {
    methods: ['POST'],
    path: '/v1/versions/{versionId}/packages/{packageId}/restore',
    privilege: 'admin',
    access: 'admin',
    summary: 'Hand out a yanked package again',
  },
  deletePackage: {
    methods: ['DELETE'],
    path: '/v1/versions/{versionId}/packages/{packageId}',
    privilege: 'admin',
    access: 'admin',
    summary: 'Remove the bytes of a package; its name stays taken',
  },
  listChannels: {
    methods: ['GET'],
    path: '/v1/channels',
    privilege: 'admin',
    access: 'admin',
    summary: 'List channels',
  },
  putChannel: {
    methods: ['PUT'],
    path: '/v1/channels/{channel}',
    privilege: 'admin',
    access: 'admin',
    summary: 'Point a channel at a version',
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
    access: 'admin',
    summary: 'Make a token; its secret is shown this once',
  },
  listTokens: {
    methods: ['GET'],
    path: '/v1/tokens',
    privilege: 'admin',
    access: 'admin',
    summary: 'List tokens, without secrets',
  },
  deleteToken: {
    methods: ['DELETE'],
    path: '/v1/tokens/{tokenId}',
    privilege: 'admin',
    access: 'admin',
    summary: 'Revoke a token, and those that it made',
  },
  getHealth: {
    methods: ['GET'],
    path: '/healthz',
    privilege: 'catalog',
    access: 'none',
    summary: 'Whether the service answers, and which release it is',
  },
  getSecurityContact: {
    methods: ['GET', 'HEAD'],
    path: '/.well-known/security.txt',
    privilege: 'catalog',
    access: 'none',
    summary:
      'Where to report a security problem of this service (RFC 9116), where its operator says so',
  },
  getReadiness: {
    methods: ['GET'],
    path: '/readyz',
    privilege: 'catalog',
    access: 'none',
    summary: 'Whether store and catalog answer',
  },
  getOpenApi: {
    methods: ['GET'],
    path: '/openapi.json',
    privilege: 'catalog',
    access: 'none',
    summary: 'This contract as OpenAPI 3.1',
  },
} as const satisfies Record<string, Route>;

export type OperationId = keyof typeof ROUTES;
