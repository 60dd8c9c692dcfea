/** Sends bytes with `fetch` and counts them on their way, which Node can and browsers can't. */
import type { SendBytes } from '../../client/send-bytes.ts';
import type { Transport } from '../../client/transport.ts';

/** Reads no faster than the network takes. */
export function streamSender(transport: Transport): SendBytes {
  return async (request, bytes, { signal, onSent }) => {
    const blob = bytes instanceof Blob ? bytes : new Blob([bytes]);
    let sent = 0;
    let unreadable: unknown;
    const reader = blob.stream().getReader();
    const body = new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          sent += value.length;
          controller.enqueue(value);
          onSent(sent);
        } catch (error) {
          // The file was changed or is gone: that is no fault of the network, and trying again is of no use.
          unreadable = error;
          controller.error(error);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
    // Node's fetch would send a stream in chunks of unknown number; the length is signed, so it is told.
    const headers = { ...request.headers, 'content-length': String(blob.size) };
    try {
      return await transport.raw(request.url, {
        method: request.method,
        headers,
        body,
        duplex: 'half',
        redirect: 'error',
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw unreadable ?? error;
    }
  };
}
