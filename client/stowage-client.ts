/**
 * The typed client of the API: one method per operation. It needs only `fetch`, in a browser or in
 * Node.
 */
import type { OperationId } from '../api/routes.ts';
import type {
  AuditDayBody,
  AuditEventBody,
  ChannelAnswer,
  ChannelBody,
  ChannelRecordBody,
  CheckedNames,
  CheckRunBody,
  CreatedLink,
  CreatedPackage,
  CreatedToken,
  DigestMatch,
  ExchangedToken,
  LinkBody,
  LinksAnswer,
  MovedChannel,
  NamingFeedBody,
  OwnToken,
  PackageBody,
  PeopleLinkBody,
  PublicVersion,
  PublicVersions,
  ReleaseKeys,
  SignedPartBody,
  StorageStateBody,
  TokenBody,
  TrustRuleBody,
  UploadStatus,
  VersionBody,
  YankedPackageBody,
  YankedVersionBody,
} from '../api/schemas/answers.ts';
import type {
  CheckNamesBody,
  CompleteUploadBody,
  CreateLinkBody,
  CreatePackageBody,
  CreateTokenBody,
  CreateTrustRuleBody,
  PutChannelBody,
  PutRolloutBody,
  PutVersionBody,
  SealVersionBody,
  SignPartsBody,
} from '../api/schemas/requests.ts';
import { checkLink } from './check-link.ts';
import { allPages, type Page, type PageOptions } from './pages.ts';
import {
  channelFilePath,
  channelPath,
  filePath,
  packagePath,
  packagesPath,
  rolloutPath,
  segment,
  versionPath,
} from './paths.ts';
import { type Call, Transport, type TransportOptions } from './transport.ts';

/** What the answers hold, for callers that may not import the contract itself. */
export type {
  AuditDayBody,
  AuditEventBody,
  ChannelBody,
  ChannelRecordBody,
  CheckedNames,
  CheckRunBody,
  CreatedLink,
  CreatedToken,
  DigestMatch,
  ExchangedToken,
  LinkBody,
  MovedChannel,
  NamingFeedBody,
  OwnToken,
  PackageBody,
  PeopleLinkBody,
  StorageStateBody,
  TokenBody,
  TrustRuleBody,
  VersionBody,
} from '../api/schemas/answers.ts';
export type { PutChannelBody } from '../api/schemas/requests.ts';

export type StowageClientOptions = TransportOptions;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
export type ListOptions = PageOptions & CallOptions;
export interface AuditOptions extends ListOptions {
  /** Changes from then on, in RFC 3339. */
  readonly from?: string | undefined;
  /** Changes before. */
  readonly to?: string | undefined;
  /** A job or a tokenId. */
  readonly who?: string | undefined;
  readonly versionId?: string | undefined;
}

/** What was yanked, and the feeds of channels that name it. */
export type YankedPackage = PackageBody & { readonly feeds?: readonly NamingFeedBody[] };

export interface DeleteOptions extends CallOptions {
  /** Also what feeds of channels name; services of earlier releases, which always do, refuse the word. @default false */
  readonly force?: boolean | undefined;
}

export interface YankVersionOptions extends CallOptions {
  /** Called where feeds of channels name what was yanked. */
  readonly onFeeds?: ((feeds: readonly NamingFeedBody[]) => void) | undefined;
}

/** The one upload that a grant is for. */
export type UploadTerms = NonNullable<CreateTokenBody['upload']>;
export interface GrantOptions extends CallOptions {
  /** RFC 3339. @default an hour from now, or when the token of the client expires */
  readonly expiresAt?: string;
  /** What lists show. @default which upload it is for */
  readonly name?: string;
}

/** What the headers of the stable link say about a file. */
export interface FileHead {
  readonly etag: string | undefined;
  readonly sha256: string | undefined;
}

export interface Sum {
  readonly sha256: string;
  /** The filename. */
  readonly file: string;
}

type Covered = Exclude<
  OperationId,
  | 'getOpenApi'
  | 'getSecurityContact'
  | 'downloadPackage'
  | 'downloadFromChannel'
  | 'downloadForPlatform'
  | 'followLink'
  | 'getTauriUpdate'
  | 'getSquirrelMacUpdate'
  | 'getHealth'
  | 'getReadiness'
  | 'getIndex'
  | 'getReleaseFeed'
>;

const OWN_TOKEN = '/v1/tokens/self';
const HEALTH_BYTES = 64 * 1024;
/** The limit for all pages of a list together: some 250,000 packages. */
const LIST_BYTES = 128 * 1024 * 1024;

/** Every method throws StowageError, or the reason of its signal. */
export class StowageClient implements Record<Covered, (...args: never[]) => unknown> {
  readonly transport: Transport;

  /** @throws TypeError if `url` is not a valid URL */
  constructor(options: StowageClientOptions) {
    this.transport = new Transport(options);
  }

  /** Where the service is, without a slash at its end. */
  get url(): string {
    return this.transport.url;
  }

  /** Announces a package. The same again renews its upload; without packageId the filename says which package it is. */
  createPackage(
    versionId: string,
    body: CreatePackageBody,
    options?: CallOptions,
  ): Promise<CreatedPackage> {
    const repeatable = body.packageId !== undefined || body.filename !== undefined;
    return this.#json({ method: 'POST', path: packagesPath(versionId), body, repeatable }, options);
  }

  async signParts(
    versionId: string,
    packageId: string,
    body: SignPartsBody,
    options?: CallOptions,
  ): Promise<readonly SignedPartBody[]> {
    const path = `${packagePath(versionId, packageId)}/parts`;
    return (await this.#json<{ parts: SignedPartBody[] }>({ method: 'POST', path, body }, options))
      .parts;
  }

  getUpload(versionId: string, packageId: string, options?: CallOptions): Promise<UploadStatus> {
    return this.#json(
      { method: 'GET', path: `${packagePath(versionId, packageId)}/upload` },
      options,
    );
  }

  /**
   * @param options `digest` is required for an upload that was created without a sha256
   * @returns the package: `available`, or `verifying`; in the latter case, call again later
   */
  completeUpload(
    versionId: string,
    packageId: string,
    options: CallOptions & { readonly digest?: CompleteUploadBody | undefined } = {},
  ): Promise<PackageBody> {
    const { digest: body = {} } = options;
    return this.#package(
      { method: 'POST', path: `${packagePath(versionId, packageId)}/complete`, body },
      options,
    );
  }

  /** Says which of up to 500 files could be published, in the order asked; changes nothing. */
  async checkNames(
    versionId: string,
    names: CheckNamesBody['names'],
    options?: CallOptions,
  ): Promise<CheckedNames['names']> {
    const path = `${versionPath(versionId)}/names`;
    const answer = await this.#json<CheckedNames>(
      { method: 'POST', path, body: { names } },
      options,
    );
    return answer.names;
  }

  /** Creates a version, describes it, makes it a draft, or releases it. */
  putVersion(versionId: string, body: PutVersionBody, options?: CallOptions): Promise<VersionBody> {
    return this.#json({ method: 'PUT', path: versionPath(versionId), body }, options);
  }

  /** From then on no file can be added to the version. Repeatable. */
  async sealVersion(
    versionId: string,
    body: SealVersionBody = {},
    options?: CallOptions,
  ): Promise<VersionBody> {
    const path = `${versionPath(versionId)}/seal`;
    const call = { method: 'POST', path, body } as const;
    return (await this.#json<{ version: VersionBody }>(call, options)).version;
  }

  /** Gives an upload up; the name is free again. */
  async abortUpload(versionId: string, packageId: string, options?: CallOptions): Promise<void> {
    await this.#done(
      { method: 'DELETE', path: `${packagePath(versionId, packageId)}/upload` },
      options,
    );
  }

  /** Every version, newest first; pages are fetched as they are needed. */
  listVersions(options?: ListOptions): AsyncGenerator<VersionBody, void, void> {
    return this.#list('/v1/versions', options);
  }

  getVersion(versionId: string, options?: CallOptions): Promise<VersionBody> {
    return this.#json({ method: 'GET', path: versionPath(versionId) }, options);
  }

  /** Every package of a version, by packageId. */
  listPackages(versionId: string, options?: ListOptions): AsyncGenerator<PackageBody, void, void> {
    return this.#list(packagesPath(versionId), options);
  }

  /** Every package that has these bytes. @param sha256 64 lower-case hex digits */
  findByDigest(sha256: string, options?: ListOptions): AsyncGenerator<DigestMatch, void, void> {
    return this.#list(`/v1/digests/${segment(`sha256:${sha256}`)}`, options);
  }

  getPackage(versionId: string, packageId: string, options?: CallOptions): Promise<PackageBody> {
    return this.#json({ method: 'GET', path: packagePath(versionId, packageId) }, options);
  }

  /** For up to 100 packages, in the order given: a link, or the reason why there is none. */
  async createLinks(
    versionId: string,
    packageIds: readonly string[],
    options?: CallOptions,
  ): Promise<LinksAnswer['items']> {
    const call = {
      method: 'POST',
      path: `${versionPath(versionId)}/links`,
      body: { packageIds },
    } as const;
    return (await this.#json<LinksAnswer>(call, options)).items;
  }

  /** The stable link as JSON, so that no redirect takes the token to the storage. @param file its filename or its alias */
  async link(versionId: string, file: string, options?: CallOptions): Promise<LinkBody> {
    return checkLink(
      await this.#json<LinkBody>({ method: 'GET', path: filePath(versionId, file) }, options),
    );
  }

  /** As `link`, for a file of the versions that a channel remembers. */
  async linkInChannel(channel: string, file: string, options?: CallOptions): Promise<LinkBody> {
    const path = channelFilePath(channel, file);
    return checkLink(await this.#json<LinkBody>({ method: 'GET', path }, options));
  }

  /** @param file its filename or its alias */
  head(versionId: string, file: string, options?: CallOptions): Promise<FileHead> {
    return this.#head(filePath(versionId, file), options);
  }

  /** As `head`, for a file of the versions that a channel remembers. */
  headInChannel(channel: string, file: string, options?: CallOptions): Promise<FileHead> {
    return this.#head(channelFilePath(channel, file), options);
  }

  async #head(path: string, options?: CallOptions): Promise<FileHead> {
    const call = { method: 'HEAD', path, ...options } as const;
    const headers = await this.transport.headers(call);
    return {
      etag: headers.get('etag') ?? undefined,
      sha256: headers.get('x-checksum-sha256') ?? undefined,
    };
  }

  /** The address that people and scripts keep. @param file its filename or its alias */
  stableUrl(versionId: string, file: string): string {
    return `${this.url}${filePath(versionId, file)}`;
  }

  /** The checksums of a version's available packages. */
  getSums(versionId: string, options?: CallOptions): Promise<readonly Sum[]> {
    return this.#sums(filePath(versionId, 'SHA256SUMS'), options);
  }

  /** The version that a channel points at, and its packages. */
  getChannel(channel: string, options?: CallOptions): Promise<ChannelAnswer> {
    return this.#json({ method: 'GET', path: `/channels/${segment(channel)}` }, options);
  }

  /** The checksums of the available packages of the version that a channel points at. */
  getChannelSums(channel: string, options?: CallOptions): Promise<readonly Sum[]> {
    return this.#sums(`/channels/${segment(channel)}/SHA256SUMS`, options);
  }

  /** The signed statement of a sealed version, as text: one DSSE envelope. */
  getStatement(versionId: string, options?: CallOptions): Promise<string> {
    const path = filePath(versionId, 'release.intoto.jsonl');
    return this.transport.text({ method: 'GET', path, ...options });
  }

  /** The same, of the version that a channel points at. */
  getChannelStatement(channel: string, options?: CallOptions): Promise<string> {
    const path = channelFilePath(channel, 'release.intoto.jsonl');
    return this.transport.text({ method: 'GET', path, ...options });
  }

  /** The public keys of statements. Needs no token. */
  async getReleaseKeys(options?: CallOptions): Promise<ReleaseKeys['keys']> {
    const call = { method: 'GET', path: '/v1/release-keys' } as const;
    return (await this.#json<ReleaseKeys>(call, options)).keys;
  }

  async yankPackage(
    versionId: string,
    packageId: string,
    body: { readonly reason?: string | undefined } = {},
    options?: CallOptions,
  ): Promise<YankedPackage> {
    const path = `${packagePath(versionId, packageId)}/yank`;
    const answer = await this.#json<YankedPackageBody>({ method: 'POST', path, body }, options);
    const { package: yanked, feeds } = answer;
    return feeds === undefined ? yanked : { ...yanked, feeds };
  }

  restorePackage(
    versionId: string,
    packageId: string,
    options?: CallOptions,
  ): Promise<PackageBody> {
    return this.#package(
      { method: 'POST', path: `${packagePath(versionId, packageId)}/restore`, body: {} },
      options,
    );
  }

  /** Removes the bytes; the name stays reserved. */
  deletePackage(
    versionId: string,
    packageId: string,
    { force = false, ...options }: DeleteOptions = {},
  ): Promise<PackageBody> {
    const path = `${packagePath(versionId, packageId)}${force ? '?force=true' : ''}`;
    return this.#package({ method: 'DELETE', path }, options);
  }

  /** Yanks every package of a version; asks again until all are. @returns how many were changed */
  yankVersion(
    versionId: string,
    body: { readonly reason?: string | undefined } = {},
    { onFeeds, ...options }: YankVersionOptions = {},
  ): Promise<number> {
    return this.#untilWhole(`${versionPath(versionId)}/yank`, body, options, onFeeds);
  }

  /** Restores every yanked package of a version. @returns how many were changed */
  restoreVersion(versionId: string, options?: CallOptions): Promise<number> {
    return this.#untilWhole(`${versionPath(versionId)}/restore`, {}, options);
  }

  /** Deletes every published package of a version. @returns how many were deleted */
  deleteVersion(
    versionId: string,
    { force = false, ...options }: DeleteOptions = {},
  ): Promise<number> {
    const body = force ? { force } : {};
    return this.#untilWhole(`${versionPath(versionId)}/delete`, body, options);
  }

  /** A channel with its history. */
  getChannelRecord(channel: string, options?: CallOptions): Promise<ChannelRecordBody> {
    return this.#json({ method: 'GET', path: channelPath(channel) }, options);
  }

  /** A link to one file for people. Its URL holds a secret and is in this answer alone. */
  createLink(body: CreateLinkBody, options?: CallOptions): Promise<CreatedLink> {
    return this.#json({ method: 'POST', path: '/v1/links', body, repeatable: false }, options);
  }

  listLinks(options?: ListOptions): AsyncGenerator<PeopleLinkBody, void, void> {
    return this.#list('/v1/links', options);
  }

  async deleteLink(linkId: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: 'DELETE', path: `/v1/links/${segment(linkId)}` }, options);
  }

  /** The released versions, newest first, as everyone with access to downloads sees them. */
  listPublicVersions(
    options?: ListOptions,
  ): AsyncGenerator<PublicVersions['items'][number], void, void> {
    return this.#list('/packages', options);
  }

  /** A released version with the first page of its files. */
  getPublicVersion(versionId: string, options?: CallOptions): Promise<PublicVersion> {
    return this.#json({ method: 'GET', path: `/packages/${segment(versionId)}` }, options);
  }

  /** Every file of a released version; pages are fetched as they are needed. */
  listPublicFiles(
    versionId: string,
    options?: ListOptions,
  ): AsyncGenerator<PublicVersion['packages'][number], void, void> {
    return this.#pages<PublicVersion, PublicVersion['packages'][number]>(
      `/packages/${segment(versionId)}`,
      options,
      ({ packages, nextCursor }) => ({
        items: packages,
        ...(nextCursor === undefined ? {} : { nextCursor }),
      }),
    );
  }

  listChannels(options?: ListOptions): AsyncGenerator<ChannelBody, void, void> {
    return this.#list('/v1/channels', options);
  }

  putChannel(channel: string, body: PutChannelBody, options?: CallOptions): Promise<MovedChannel> {
    // If the answer is lost, a retry with `expected` would be refused though the first call
    // succeeded.
    const repeatable = body.expectedVersionId === undefined;
    return this.#json({ method: 'PUT', path: channelPath(channel), body, repeatable }, options);
  }

  /**
   * Gives a version to a share of a channel's clients, or changes that share. What `seed` and
   * `paused` leave out stays as it is.
   */
  putRollout(channel: string, body: PutRolloutBody, options?: CallOptions): Promise<ChannelBody> {
    return this.#json({ method: 'PUT', path: rolloutPath(channel), body }, options);
  }

  /** Points a channel at the version of its rollout. */
  completeRollout(channel: string, options?: CallOptions): Promise<ChannelBody> {
    const path = `${rolloutPath(channel)}/complete`;
    // If the answer is lost, a retry would find no rollout though the first call succeeded.
    return this.#json({ method: 'POST', path, body: {}, repeatable: false }, options);
  }

  /** Ends a rollout: all clients get the channel's version again. */
  async deleteRollout(channel: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: 'DELETE', path: rolloutPath(channel) }, options);
  }

  /** Checks the feeds, lists of digests and signatures of a version. The answer may be that they run. */
  checkVersion(
    versionId: string,
    body: { readonly channel?: string | undefined } = {},
    options?: CallOptions,
  ): Promise<CheckRunBody> {
    return this.#json({ method: 'POST', path: `${versionPath(versionId)}/checks`, body }, options);
  }

  /** What checks have found, or that they still run. */
  getCheck(versionId: string, checkId: string, options?: CallOptions): Promise<CheckRunBody> {
    const path = `${versionPath(versionId)}/checks/${segment(checkId)}`;
    return this.#json({ method: 'GET', path }, options);
  }

  async deleteChannel(channel: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: 'DELETE', path: channelPath(channel) }, options);
  }

  /** This answer is the only one that contains the secret. */
  createToken(body: CreateTokenBody, options?: CallOptions): Promise<CreatedToken> {
    return this.#json({ method: 'POST', path: '/v1/tokens', body, repeatable: false }, options);
  }

  /**
   * Makes a grant: a token for this one upload, which a server hands to its page. It lives an hour,
   * or until `expiresAt` if that is earlier, and no longer than the token of this client. Name the
   * filename and the size where you know them: what is left out is left to the page.
   */
  grantUpload(
    upload: UploadTerms,
    { signal, ...rest }: GrantOptions = {},
  ): Promise<CreatedToken & { readonly expiresAt: string }> {
    const body = { upload, ...rest };
    return this.#json({ method: 'POST', path: '/v1/tokens', body, repeatable: false }, { signal });
  }

  listTokens(options?: ListOptions): AsyncGenerator<TokenBody, void, void> {
    return this.#list('/v1/tokens', options);
  }

  /** Revokes a token and, unless `keepChildren` is set, the tokens that it made. */
  async deleteToken(
    tokenId: string,
    options?: CallOptions & { readonly keepChildren?: boolean },
  ): Promise<void> {
    const query = options?.keepChildren === true ? { keepChildren: 'true' } : {};
    await this.#done({ method: 'DELETE', path: `/v1/tokens/${segment(tokenId)}`, query }, options);
  }

  /** What the token of this client may do. */
  getOwnToken(options?: CallOptions): Promise<OwnToken> {
    return this.#json({ method: 'GET', path: OWN_TOKEN }, options);
  }

  /** Revokes the token of this client, and the tokens that it made. */
  async deleteOwnToken(options?: CallOptions): Promise<void> {
    await this.#done({ method: 'DELETE', path: OWN_TOKEN }, options);
  }

  /** @throws StowageError NOT_SUPPORTED if the catalog can't sum its records (DynamoDB) */
  getStorage(options?: CallOptions): Promise<StorageStateBody> {
    return this.#json({ method: 'GET', path: '/v1/storage' }, options);
  }

  createTrustRule(body: CreateTrustRuleBody, options?: CallOptions): Promise<TrustRuleBody> {
    return this.#json({ method: 'POST', path: '/v1/trust', body, repeatable: false }, options);
  }

  listTrustRules(options?: ListOptions): AsyncGenerator<TrustRuleBody, void, void> {
    return this.#list('/v1/trust', options);
  }

  /** Also revokes the tokens that were made by the rule. */
  async deleteTrustRule(ruleId: string, options?: CallOptions): Promise<void> {
    await this.#done({ method: 'DELETE', path: `/v1/trust/${segment(ruleId)}` }, options);
  }

  /** What was changed, newest first. */
  listAudit(options?: AuditOptions): AsyncGenerator<AuditEventBody, void, void> {
    const { from, to, who, versionId } = options ?? {};
    return this.#list('/v1/audit', options, { from, to, who, versionId });
  }

  /** The digests of the days, newest first: what was removed or altered no longer fits them. */
  listAuditDays(options?: ListOptions): AsyncGenerator<AuditDayBody, void, void> {
    return this.#list('/v1/audit/days', options);
  }

  /** The audience that the token of a job must have to be exchanged. Needs no token. */
  getTrustAudience(options?: CallOptions): Promise<{ readonly audience: string }> {
    return this.#json({ method: 'GET', path: '/v1/trust/audience' }, options);
  }

  /** Exchanges the token of a job for one of this service, once. Needs no token. */
  exchangeToken(token: string, options?: CallOptions): Promise<ExchangedToken> {
    const body = { token };
    const path = '/v1/tokens/exchange';
    return this.#json({ method: 'POST', path, body, repeatable: false }, options);
  }

  health(options?: CallOptions): Promise<{ readonly status: 'ok'; readonly version: string }> {
    return this.#json({ method: 'GET', path: '/healthz', mostBytes: HEALTH_BYTES }, options);
  }

  async #untilWhole(
    path: string,
    body: object,
    options?: CallOptions,
    onFeeds?: YankVersionOptions['onFeeds'],
  ): Promise<number> {
    let changed = 0;
    for (;;) {
      const progress = await this.#json<YankedVersionBody>({ method: 'POST', path, body }, options);
      changed += progress.changed;
      if (progress.feeds !== undefined) onFeeds?.(progress.feeds);
      if (progress.isWhole) return changed;
    }
  }

  #json<Body>(call: Call, options: CallOptions = {}): Promise<Body> {
    return this.transport.json<Body>({ ...call, ...options });
  }

  async #sums(path: string, options: CallOptions = {}): Promise<readonly Sum[]> {
    const lines = (await this.transport.text({ method: 'GET', path, ...options })).split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        // sha256sum writes a name with a backslash escaped, and a backslash before such a line.
        const isEscaped = line.startsWith('\\');
        const text = isEscaped ? line.slice(1) : line;
        const file = text.slice(66);
        const name = isEscaped ? file.replaceAll('\\\\', '\\') : file;
        return { sha256: text.slice(0, 64), file: name };
      });
  }

  async #package(call: Call, options: CallOptions | undefined): Promise<PackageBody> {
    return (await this.#json<{ package: PackageBody }>(call, options)).package;
  }

  async #done(call: Call, options: CallOptions = {}): Promise<void> {
    await this.transport.headers({ ...call, ...options });
  }

  #list<Item>(
    path: string,
    options: ListOptions = {},
    filters: Call['query'] = {},
  ): AsyncGenerator<Item, void, void> {
    return this.#pages<Page<Item>, Item>(path, options, (page) => page, filters);
  }

  #pages<Body, Item>(
    path: string,
    options: ListOptions = {},
    pageOf: (body: Body) => Page<Item>,
    filters: Call['query'] = {},
  ): AsyncGenerator<Item, void, void> {
    const { signal } = options;
    const budget = { left: LIST_BYTES };
    return allPages(options, async (page) => {
      const query = { ...filters, ...page };
      return pageOf(await this.#json<Body>({ method: 'GET', path, query, budget }, { signal }));
    });
  }
}
