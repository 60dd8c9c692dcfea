/** GET /v1/channels - lists the channels that point at versions the caller may see. */
import { presentChannel } from '../../api/present.ts';
import { listChannels as list } from '../../core/reading/channels.ts';
import { answerPage } from '../answers/paging.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const listChannels = operation('listChannels', async ({ caller, query }, services: AdminServices) =>
  answerPage(
    services,
    `channels ${caller.versions ?? '*'}`,
    query,
    (page) => list(services, caller, page),
    presentChannel,
  ),
);
