/** Sends announcements to an event bus of Amazon EventBridge. */

import { ServiceError } from '../../core/errors.ts';
import { EVENTS } from '../../core/layout.ts';
import type { Announcement } from '../../core/reading/announcements.ts';
import type { AwsClientOptions } from '../aws/aws-client.ts';
import { translating } from '../aws/errors.ts';
import { JsonClient } from '../aws/json-client.ts';
import { EVENT_BRIDGE } from '../aws/json-services.ts';

/** What EventBridge takes in one request. */
const MAX_ENTRIES = 10;

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
interface Answer {
  readonly FailedEntryCount?: number;
  readonly Entries?: readonly { readonly ErrorCode?: string; readonly ErrorMessage?: string }[];
}

export interface EventBusOptions extends AwsClientOptions {
  readonly busName: string;
}

export class EventBus {
  readonly #client: JsonClient;
  readonly #busName: string;

  constructor({ busName, ...options }: EventBusOptions) {
    this.#client = new JsonClient(EVENT_BRIDGE, options);
    this.#busName = busName;
  }

  /** @throws UNAVAILABLE unless all were taken; some may have been */
  async send(announcements: readonly Announcement[]): Promise<void> {
    for (let from = 0; from < announcements.length; from += MAX_ENTRIES)
      await this.#sendSome(announcements.slice(from, from + MAX_ENTRIES));
  }

  async #sendSome(announcements: readonly Announcement[]): Promise<void> {
    const what = `event bus ${this.#busName}`;
    const Entries = announcements.map(({ type, detail }) => ({
      EventBusName: this.#busName,
      Source: EVENTS.source,
      DetailType: type,
      Detail: JSON.stringify(detail),
    }));
    const answer = await translating(what, () => this.#client.send('PutEvents', { Entries }));
    const { FailedEntryCount: failed = 0, Entries: answers = [] } = answer as Answer;
    if (failed === 0) return;
    const { ErrorCode, ErrorMessage } = answers.find((one) => one.ErrorCode !== undefined) ?? {};
    throw new ServiceError(
      'UNAVAILABLE',
      `${what} did not take ${failed} of ${Entries.length} events (aws: ${ErrorCode}: ${ErrorMessage})`,
    );
  }
}
