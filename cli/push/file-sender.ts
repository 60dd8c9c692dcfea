/**
 * Sends slices of a local file with `node:http`, each piece from the buffer that it was read into.
 * `fetch` would copy them, 64 KiB at a time.
 */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SendBytes } from '../../client/send-bytes.ts';
import { unreachable } from '../../client/transport.ts';
import type { FileSlice, LocalFile } from './local-file.ts';

/** How long the connection may be silent; the same as for `fetch`. */
const IDLE_MS = 300_000;

/** Reads no faster than the network sends; counts the sent bytes, and follows no redirect. */
export function fileSender(file: LocalFile): SendBytes<FileSlice> {
  return async ({ url, method, headers }, slice, { signal, onSent }) => {
    const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
    const sending = send(url, {
      method,
      // Without a length, the body would be sent in chunks. The length is signed, so it is set.
      headers: { ...headers, 'content-length': String(slice.size) },
      ...(signal === undefined ? {} : { signal }),
    });
    sending.setTimeout(IDLE_MS, () =>
      sending.destroy(new Error(`no byte in ${IDLE_MS / 1000} seconds`)),
    );
    const answer = answerTo(sending, url, signal);
    try {
      await sendBody(sending, file.readSlice(slice), answer, onSent);
      return await answer;
    } finally {
      // After an incomplete request, the connection cannot be used again.
      if (!sending.writableFinished) sending.destroy();
    }
  };
}

/**
 * The whole answer. If reading the file fails first, no one waits for it, and its error is ignored.
 */
function answerTo(
  sending: ClientRequest,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Response> {
  // Errors after the first one, or after the answer, are ignored.
  sending.on('error', () => undefined);
  const answer = readAnswer(sending).catch((error) => {
    throw unreachable(error, url, signal);
  });
  answer.catch(() => undefined);
  return answer;
}

async function readAnswer(sending: ClientRequest): Promise<Response> {
  const [incoming] = (await once(sending, 'response')) as [IncomingMessage];
  const { statusCode = 0, headers } = incoming;
  // Redirects are returned, not followed: a signed request is valid for one address only.
  const body = await beginningOf(incoming);
  const known = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  return new Response(statusCode === 204 || statusCode === 304 ? null : body, {
    status: statusCode,
    headers: Object.fromEntries(known) as Record<string, string>,
  });
}

/** The text of a refusal is short, so a longer answer is cut. */
const ANSWER_BYTES = 64 * 1024;

async function beginningOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size >= ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).toString('utf8', 0, ANSWER_BYTES);
}

/**
 * Stops if the answer arrives before all bytes are sent.
 * @throws the error of the answer, or of reading
 */
async function sendBody(
  sending: ClientRequest,
  pieces: AsyncIterable<Buffer>,
  answer: Promise<Response>,
  onSent: (bytes: number) => void,
): Promise<void> {
  let sent = 0;
  for await (const piece of pieces) {
    const taken = new Promise<'taken'>((resolve) => {
      // After this callback, the buffer may be filled again. `answer` reports a broken connection.
      sending.write(piece, () => resolve('taken'));
    });
    if ((await Promise.race([taken, answer])) !== 'taken') return;
    sent += piece.length;
    onSent(sent);
  }
  sending.end();
}
