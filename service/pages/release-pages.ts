/** What each page shows: reads the records, and gives the templates of web/pages/ what they need. */
import type { Problem } from '../../api/schemas/problems.ts';
import type { VersionId } from '../../core/names.ts';
import { encodeName, publicNameOf } from '../../core/naming/filenames.ts';
import { findForVisitor, platformOf } from '../../core/reading/for-visitor.ts';
import { getVersion, listVersions } from '../../core/reading/listing.ts';
import {
  type ChannelRecord,
  digestOf,
  type PackageRecord,
  PUBLISHED,
  type VersionRecord,
} from '../../core/records.ts';
import { renderIndexPage, renderVersionsPage } from '../../web/pages/list-pages.ts';
import { type Site, siteAt } from '../../web/pages/page.ts';
import { renderProblemPage } from '../../web/pages/problem-page.ts';
import type { ShownFile } from '../../web/pages/shown-file.ts';
import {
  renderChannelPage,
  renderVersionPage,
  type ShownChannel,
  type ShownVersion,
} from '../../web/pages/version-page.ts';
import { type PageQuery, pageOf } from '../answers/json.ts';
import { linkInChannel, stableLink, versionUrl } from '../answers/package-urls.ts';
import type { Headers, OperationCall } from '../chain/call.ts';
import type { OperationRequest } from '../chain/operation.ts';
import { openChannel, requireToken } from '../chain/public-access.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { CatalogServices } from '../host/services.ts';
import { answerHtml, htmlProblem } from './html-answer.ts';
import { readIndex } from './read-index.ts';
import { VISITOR_HEADERS, visitorOf } from './visitor.ts';

/** A page of this many files stays small, and quick to look through. */
const MOST_FILES = 50;
const MOST_VERSIONS = 100;
/** How many files of a version are searched for the visitor's computer. */
const MOST_SEARCHED = 1000;

export async function indexPage(
  request: OperationRequest<'getIndex'>,
  services: CatalogServices,
): Promise<HandlerResult> {
  const { channels, versions, needsToken } = await readIndex(services, request);
  const shown = {
    channels: channels.map(({ channel, versionId, updatedAt }) => ({
      ...{ channel, versionId, updatedAt },
      path: `/channels/${channel}`,
    })),
    versions: versions.map(listed),
    needsToken,
  };
  return answerHtml(request.headers, renderIndexPage(siteAt(services.publicUrl), shown));
}

export async function versionsPage(
  request: OperationRequest<'listPublicVersions'>,
  services: CatalogServices,
): Promise<HandlerResult> {
  requireToken(request);
  const { caller, headers, query } = request;
  const list = `page of versions ${caller?.versions ?? '*'}`;
  const page = await pageOf(services, list, bounded(query, MOST_VERSIONS));
  const { items, next } = await listVersions(services.catalog, caller, page, false);
  return answerPart(services, headers, list, next, (site, nextCursor) =>
    renderVersionsPage(site, items.map(listed), {
      isContinued: query.cursor !== undefined,
      nextCursor,
    }),
  );
}

export async function versionPage(
  request: OperationRequest<'getPublicVersion'>,
  services: CatalogServices,
): Promise<HandlerResult> {
  requireToken(request);
  const { headers, path, query } = request;
  const version = await getVersion(services.catalog, path.versionId, false);
  const { list, records, next } = await readFiles(services, version, query);
  return answerPart(services, headers, list, next, (site, nextCursor) => {
    const own = versionUrl('', version.versionId);
    const hrefOf = (record: PackageRecord) => stableLink(site.base, record);
    return renderVersionPage(site, {
      ...shownVersion(version, records, hrefOf),
      ...{ path: own, sumsPath: `${own}/SHA256SUMS` },
      needsToken: !services.publicDownloads,
      isContinued: query.cursor !== undefined,
      nextCursor,
    });
  });
}

export async function channelPage(
  request: OperationRequest<'getChannel'>,
  services: CatalogServices,
): Promise<HandlerResult> {
  const { headers, lacksToken } = request;
  const { at, cursor } = request.query;
  const channel = await openChannel(services.catalog, request, request.path.channel);
  const version = await getVersion(services.catalog, channel.versionId, false);
  const query = { limit: MOST_FILES, cursor: typeof cursor === 'string' ? cursor : undefined };
  const { list, records, next } = await readFiles(services, version, query);
  const visitor = visitorOf(headers);
  // Later pages have no button.
  const searched =
    cursor === undefined && next !== undefined
      ? await firstFiles(services, version.versionId)
      : records;
  const found = findForVisitor(searched, visitor);
  const render = (site: Site, nextCursor: string | undefined) => {
    const hrefOf = (record: PackageRecord) => linkInChannel(site.base, channel, record, at);
    return renderChannelPage(
      site,
      {
        ...shownVersion(version, records, hrefOf),
        ...pathsOf(channel, at),
        needsToken: !services.publicDownloads && channel.public !== true,
        isContinued: query.cursor !== undefined,
        nextCursor,
      },
      {
        channel: channel.channel,
        updatedAt: channel.updatedAt,
        versionPath: lacksToken ? undefined : versionUrl('', version.versionId),
        button: found && shownFile(found, hrefOf),
        os: visitor.os,
      } satisfies ShownChannel,
    );
  };
  return answerPart(services, headers, list, next, render, VISITOR_HEADERS);
}

export async function problemPage(
  problem: { readonly body: Problem; readonly headers: Readonly<Record<string, string>> },
  call: OperationCall,
  services: CatalogServices,
): Promise<HandlerResult> {
  const { status, title, detail, instance } = problem.body;
  const { 'www-authenticate': challenge, ...headers } = problem.headers;
  const html = renderProblemPage(siteAt(services.publicUrl), {
    ...{ status, title, detail },
    requestId: instance,
  });
  // Browsers know one of the schemes, and some look at the first challenge alone.
  const asked = challenge === undefined ? {} : { 'www-authenticate': BASIC };
  return htmlProblem(call.headers, status, { ...headers, ...asked }, html);
}

const BASIC = 'Basic realm="stowage", charset="UTF-8"';

/** A part of a list, and the way to the next. The ETag is of the position, as a cursor is new each time. */
async function answerPart(
  { cursors, publicUrl }: CatalogServices,
  headers: Headers,
  list: string,
  next: string | undefined,
  render: (site: Site, nextCursor: string | undefined) => string,
  varying: readonly string[] = [],
): Promise<HandlerResult> {
  const nextCursor = next === undefined ? undefined : await cursors.seal(list, next);
  const html = render(siteAt(publicUrl), nextCursor);
  const tagged = nextCursor === undefined ? html : html.replaceAll(nextCursor, next ?? '');
  return answerHtml(headers, html, { tagged, varying });
}

function bounded({ limit, cursor }: PageQuery, most: number): PageQuery {
  return { limit: Math.min(limit, most), cursor };
}

/** A part of a version's files, those that are yanked too. */
async function readFiles(
  services: CatalogServices,
  { versionId }: VersionRecord,
  query: PageQuery,
): Promise<{
  readonly list: string;
  readonly records: readonly PackageRecord[];
  readonly next: string | undefined;
}> {
  const list = `page of packages ${versionId}`;
  const page = await pageOf(services, list, bounded(query, MOST_FILES));
  const { items, next } = await services.catalog.listPackages(versionId, PUBLISHED, page);
  return { list, records: items, next };
}

async function firstFiles(
  { catalog }: CatalogServices,
  versionId: VersionId,
): Promise<readonly PackageRecord[]> {
  return (await catalog.listPackages(versionId, ['available'], { limit: MOST_SEARCHED })).items;
}

function listed({ versionId, createdAt }: VersionRecord) {
  return { versionId, createdAt, path: versionUrl('', versionId) };
}

function shownVersion(
  { versionId, createdAt, notes, minVersion }: VersionRecord,
  records: readonly PackageRecord[],
  hrefOf: (record: PackageRecord) => string,
): Pick<ShownVersion, 'versionId' | 'createdAt' | 'notes' | 'minVersion' | 'files'> {
  const files = records.map((record) => shownFile(record, hrefOf));
  return { versionId, createdAt, notes, minVersion, files };
}

function pathsOf(
  { channel }: ChannelRecord,
  at: VersionId | undefined,
): Pick<ShownVersion, 'path' | 'sumsPath'> {
  const own = `/channels/${channel}`;
  const query = at === undefined ? '' : `?at=${encodeName(at)}`;
  return { path: `${own}${query}`, sumsPath: `${own}/SHA256SUMS${query}` };
}

function shownFile(record: PackageRecord, hrefOf: (record: PackageRecord) => string): ShownFile {
  const { size } = record;
  return {
    ...{ filename: publicNameOf(record), size, sha256: digestOf(record), href: hrefOf(record) },
    ...platformOf(record),
    refused: refusalOf(record),
  };
}

function refusalOf({ state, yankReason, damage }: PackageRecord): string | undefined {
  if (state === 'yanked') return yankReason === undefined ? 'Yanked' : `Yanked: ${yankReason}`;
  return damage === undefined ? undefined : 'Damaged: ask the operator to restore it';
}
