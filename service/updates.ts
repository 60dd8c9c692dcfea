/** The operations that answer update clients from records: whether there is an update, and where. */
import type { SquirrelMacUpdate, TauriUpdate } from '../api/schemas/answers.ts';
import type { ChannelName } from '../core/names.ts';
import { forSquirrelMac, forTauri, signatureOf } from '../core/updates/choose-file.ts';
import { findUpdate, type Update } from '../core/updates/find-update.ts';
import { readSignature } from '../core/updates/read-signature.ts';
import { parseVersionNumber } from '../core/updates/version-numbers.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { unlessKnown } from './answers/conditional.ts';
import { pinnedLink } from './answers/package-urls.ts';
import { forOneClient } from './answers/rollout.ts';
import { operation } from './chain/operation.ts';
import { type ClientRequest, type OpenedChannel, openForClient } from './chain/public-access.ts';
import type { HandlerResult } from './host/handler.ts';
import type { DownloadServices } from './host/services.ts';

interface UpdateRequest extends Omit<ClientRequest, 'query'> {
  readonly query: Readonly<Record<string, unknown>>;
  readonly path: { readonly channel: ChannelName };
}

export const updates = {
  /** GET /updates/{channel}/tauri/{target}/{arch}/{currentVersion}: for the updater plugin of Tauri. */
  getTauriUpdate: operation('getTauriUpdate', async (request, services: DownloadServices) => {
    const { caller, headers, path, query } = request;
    const { target, arch } = path;
    const opened = await openForUpdate(services, request);
    const { channel } = opened;
    const choose = forTauri({ target, arch, bundleType: query.bundle_type });
    const current = parseVersionNumber(path.currentVersion);
    const update = await findUpdate(services.catalog, caller, opened, current, choose);
    const signed = update && signatureOf(update.records, update.record);
    if (update === undefined || signed === undefined)
      return forOneClient(services, request, opened, upToDate());
    const answer: TauriUpdate = {
      version: update.number,
      url: pinnedLink(services.publicUrl, channel.channel, update.record),
      signature: await readSignature(services.smallFiles, signed),
      ...aboutUpdate(update),
    };
    const known = unlessKnown(headers, 'application/json', JSON.stringify(answer));
    return forOneClient(services, request, opened, known);
  }),

  /** GET /updates/{channel}/squirrel-mac/{arch}/{currentVersion}: for Squirrel.Mac, the autoUpdater of Electron. */
  getSquirrelMacUpdate: operation(
    'getSquirrelMacUpdate',
    async (request, services: DownloadServices) => {
      const { caller, headers, path } = request;
      const opened = await openForUpdate(services, request);
      const { channel } = opened;
      const choose = forSquirrelMac(path.arch);
      const current = parseVersionNumber(path.currentVersion);
      const update = await findUpdate(services.catalog, caller, opened, current, choose);
      if (update === undefined) return forOneClient(services, request, opened, upToDate());
      const answer: SquirrelMacUpdate = {
        url: pinnedLink(services.publicUrl, channel.channel, update.record),
        name: update.number,
        ...aboutUpdate(update),
      };
      const known = unlessKnown(headers, 'application/json', JSON.stringify(answer));
      return forOneClient(services, request, opened, known);
    },
  ),
};

/** What a client may install does not depend on `?at=`. */
function openForUpdate(
  { catalog }: DownloadServices,
  { caller, lacksToken, headers, path, query }: UpdateRequest,
): Promise<OpenedChannel> {
  const request = { caller, lacksToken, headers, query: { ...query, at: undefined } };
  return openForClient(catalog, request, path.channel);
}

function aboutUpdate({ version, record }: Update): {
  readonly notes?: string;
  readonly pub_date: string;
} {
  const published = record.publishedAt ?? version.createdAt;
  return {
    ...withoutUndefined({ notes: version.notes }),
    // The formats of dates that Squirrel.Mac knows have no fractions of seconds.
    pub_date: published.replace(/\.\d+Z$/, 'Z'),
  };
}

function upToDate(): HandlerResult {
  return { statusCode: 204, headers: { 'cache-control': 'no-cache', vary: 'authorization' } };
}
