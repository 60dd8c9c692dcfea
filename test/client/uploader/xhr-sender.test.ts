/** The sender by XMLHttpRequest, with one that a test plays. Browsers run it in test/console. */
import { describe, expect, test } from '@jest/globals';
import { StowageClient } from '../../../client/public/client.ts';
import { type Xhr, xhrSender } from '../../../client/uploader/xhr-sender.ts';

const REQUEST = {
  method: 'PUT',
  url: 'http://store.test/a?signature=x',
  headers: { 'content-type': 'text/plain' },
  expiresAt: '2030-01-01T00:00:00Z',
} as const;
const BYTES = new Uint8Array([1, 2, 3]);

class PlayedXhr implements Xhr {
  readonly upload: Xhr['upload'] = { onprogress: null };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  status = 0;
  responseText = '';
  responseURL = '';
  readonly calls: unknown[] = [];
  readonly #play: (xhr: PlayedXhr) => void;

  constructor(play: (xhr: PlayedXhr) => void) {
    this.#play = play;
  }

  open(...args: readonly string[]) {
    this.calls.push(['open', ...args]);
  }
  setRequestHeader(...args: readonly string[]) {
    this.calls.push(['header', ...args]);
  }
  getAllResponseHeaders() {
    return 'etag: "1"\r\nretry-after: 7\r\n';
  }
  send(body: unknown) {
    this.calls.push(['send', body]);
    this.#play(this);
  }
  abort() {
    this.onabort?.();
  }
}

function sendWith(play: (xhr: PlayedXhr) => void, signal?: AbortSignal) {
  const sent: number[] = [];
  const { transport } = new StowageClient({ url: 'http://service.test' });
  const xhr = new PlayedXhr(play);
  const send = xhrSender(transport, () => xhr);
  const answer = send(REQUEST, BYTES, { signal, onSent: (bytes) => sent.push(bytes) });
  return { answer, sent, xhr };
}

describe('bytes that a browser sends', () => {
  test('are sent as signed, reported, and answered', async () => {
    const { answer, sent, xhr } = sendWith((played) => {
      played.upload.onprogress?.({ loaded: 2 });
      Object.assign(played, { status: 503, responseText: 'busy', responseURL: REQUEST.url });
      played.onload?.();
    });

    const response = await answer;

    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
      503,
      '7',
      'busy',
    ]);
    expect(sent).toEqual([2]);
    expect(xhr.calls).toEqual([
      ['open', 'PUT', REQUEST.url],
      ['header', 'content-type', 'text/plain'],
      ['send', BYTES],
    ]);
  });

  test('are lost with UNREACHABLE', async () => {
    const { answer } = sendWith((played) => played.onerror?.());

    await expect(answer).rejects.toMatchObject({
      code: 'UNREACHABLE',
      origin: 'http://store.test',
    });
  });

  test('are no longer sent after an abort, which is the error', async () => {
    const stop = new AbortController();
    const { answer } = sendWith(() => stop.abort(new Error('enough')), stop.signal);

    await expect(answer).rejects.toThrow('enough');
  });

  test('are for one address: a redirect is refused', async () => {
    const { answer } = sendWith((played) => {
      Object.assign(played, { status: 200, responseURL: 'http://other.test/' });
      played.onload?.();
    });

    await expect(answer).rejects.toMatchObject({ code: 'UNSAFE_REQUEST' });
  });
});
