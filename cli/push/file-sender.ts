/** Sends slices of a local file with `node:http`, each piece from the buffer that it was read into: `fetch` copies, 64 KiB at a time. */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SendBytes } from '../../client/send-bytes.ts';
import { unreachable } from '../../client/transport.ts';
import type { FileSlice, LocalFile } from './local-file.ts';

/** Without a byte on the connection; as long as `fetch` waits. */
const IDLE_MS = 300_000;

/** Reads no faster than the network takes; counts the bytes on their way, and follows no redirect. */
export function fileSender(file: LocalFile): SendBytes<FileSlice> {
  return async ({ url, method, headers }, slice, { signal, onSent }) => {
    const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
    const sending = send(url, {
      method,
      // A body of unknown length would be sent in chunks; the length is signed, so it is told.
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
      // What was not sent whole is of no use any more, nor is the connection.
      if (!sending.writableFinished) sending.destroy();
    }
  };
}

/** The whole answer. Its failure is heard by whoever waits for it, and by nobody where reading the file failed before. */
function answerTo(
  sending: ClientRequest,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Response> {
  // Whatever comes after the first fault, or after the answer, changes nothing any more.
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
  // Statuses between 300 and 399 come back as they are: a signed request is for one address.
  const body = await beginningOf(incoming);
  const known = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  return new Response(statusCode === 204 || statusCode === 304 ? null : body, {
    status: statusCode,
    headers: Object.fromEntries(known) as Record<string, string>,
  });
}

/** What a storage says of a refusal is short; one that goes on talking is not listened to. */
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

/** Stops where the answer comes before all is sent. @throws what the answer throws, or reading */
async function sendBody(
  sending: ClientRequest,
  pieces: AsyncIterable<Buffer>,
  answer: Promise<Response>,
  onSent: (bytes: number) => void,
): Promise<void> {
  let sent = 0;
  for await (const piece of pieces) {
    const taken = new Promise<'taken'>((resolve) => {
      // Once it is called, the buffer may be read into again. A connection that breaks is told by the answer.
      sending.write(piece, () => resolve('taken'));
    });
    if ((await Promise.race([taken, answer])) !== 'taken') return;
    sent += piece.length;
    onSent(sent);
  }
  sending.end();
}
