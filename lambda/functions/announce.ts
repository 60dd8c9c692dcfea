/**
 * The function that reports to an event bus what changed in the catalog, from the stream of its table.
 * The stream has every change once, so nothing is lost if a function ends between its write and
 * its answer.
 */
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import { announcementsOf, type RecordChange } from '../../core/reading/announcements.ts';
import type { Log } from '../../service/host/log.ts';
import { readChange, type StreamRecord } from '../../storage/dynamo/stream-changes.ts';
import { EventBus } from '../../storage/events/event-bus.ts';
import { openCatalog } from '../drivers/open-catalog.ts';
import { signedRequests } from '../drivers/signed-requests.ts';
import { upkeepFunction } from '../runtime/upkeep-function.ts';
import { readAnnouncing } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

function open() {
  const { table, publicUrl, busName } = readFunctionSettings(readAnnouncing);
  const bus = new EventBus({ busName, ...signedRequests('EVENTBRIDGE') });
  return { catalog: openCatalog(table), publicUrl, bus };
}

/** In the order of the stream. After a failure, Lambda comes again with that record and the rest. */
export const handler = upkeepFunction(
  'announce',
  open,
  async (event, { deps, log }): Promise<DynamoDBBatchResponse> => {
    const { Records: records = [] } = event as { readonly Records?: readonly DynamoDBRecord[] };
    for (const record of records) {
      const itemIdentifier = record.dynamodb?.SequenceNumber ?? '';
      const change = readable(record as StreamRecord, log);
      if (change === undefined) continue;
      try {
        const announcements = await announcementsOf(deps, change);
        await deps.bus.send(announcements);
        for (const { type, detail } of announcements) log.info({ type, ...detail }, 'announced');
      } catch (error) {
        log.error({ err: error, itemIdentifier }, 'not announced, to be tried again');
        return { batchItemFailures: [{ itemIdentifier }] };
      }
    }
    return { batchItemFailures: [] };
  },
);

/** A record that can't be read stays so: trying again would only hold up those behind it. */
function readable(record: StreamRecord, log: Log): RecordChange | undefined {
  try {
    return readChange(record);
  } catch (error) {
    log.error({ err: error }, 'ignored: this record is damaged');
    return undefined;
  }
}
