/** The operations that answer update clients from records: whether there is an update, and where. */
import type { SquirrelMacUpdate, TauriUpdate } from '../api/schemas/answers.ts';
import type { ChannelName } from '../core/names.ts';
import type { ChannelRecord } from '../core/records.ts';
import { forSquirrelMac, forTauri, signatureOf } from '../core/updates/choose-file.ts';
import { findUpdate, type Update } from '../core/updates/find-update.ts';
import { readSignature } from '../core/updates/read-signature.ts';
import { parseVersionNumber } from '../core/updates/version-numbers.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { unlessKnown } from './answers/conditional.ts';
import { pinnedLink } from './answers/package-urls.ts';
import { operation } from './chain/operation.ts';
import { openChannel, type PublicRequest } from './chain/public-access.ts';
import type { HandlerResult } from './host/handler.ts';
import type { DownloadServices } from './host/services.ts';

interface UpdateRequest extends PublicRequest {
  readonly path: { readonly channel: ChannelName };
}

export const updates = {
  /** GET /updates/{channel}/tauri/{target}/{arch}/{currentVersion}: for the updater plugin of Tauri. */
  getTauriUpdate: operation('getTauriUpdate', async (request, services: DownloadServices) => {
    const { caller, headers, path, query } = request;
    const { target, arch } = path;
    const channel = await openForUpdate(services, request);
    const choose = forTauri({ target, arch, bundleType: query.bundle_type });
    const current = parseVersionNumber(path.currentVersion);
    const update = await findUpdate(services.catalog, caller, channel, current, choose);
    const signed = update && signatureOf(update.records, update.record);
    if (update === undefined || signed === undefined) return upToDate();
    const answer: TauriUpdate = {
      version: update.number,
      url: pinnedLink(services.publicUrl, channel.channel, update.record),
      signature: await readSignature(services.smallFiles, signed),
      ...aboutUpdate(update),
    };
    return unlessKnown(headers, 'application/json', JSON.stringify(answer));
  }),

  /** GET /updates/{channel}/squirrel-mac/{arch}/{currentVersion}: for Squirrel.Mac, the autoUpdater of Electron. */
  getSquirrelMacUpdate: operation(
    'getSquirrelMacUpdate',
    async (request, services: DownloadServices) => {
      const { caller, headers, path } = request;
      const channel = await openForUpdate(services, request);
      const choose = forSquirrelMac(path.arch);
      const current = parseVersionNumber(path.currentVersion);
      const update = await findUpdate(services.catalog, caller, channel, current, choose);
      if (update === undefined) return upToDate();
      const answer: SquirrelMacUpdate = {
        url: pinnedLink(services.publicUrl, channel.channel, update.record),
        name: update.number,
        ...aboutUpdate(update),
      };
      return unlessKnown(headers, 'application/json', JSON.stringify(answer));
    },
  ),
};

/** What a client may install does not depend on `?at=`. */
function openForUpdate(
  { catalog }: DownloadServices,
  { caller, lacksToken, path }: UpdateRequest,
): Promise<ChannelRecord> {
  return openChannel(catalog, { caller, lacksToken, query: {} }, path.channel);
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
