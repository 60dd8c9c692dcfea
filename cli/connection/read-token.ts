/** Reads a token from stdin: asks for it on a terminal, without echo. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { misuse } from '../output/fault.ts';

export interface Asking {
  /** Where the question is written. */
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

const MOST_CHARACTERS = 4096;

/** @throws Fault (misuse) if nothing came; the reason of the signal */
export async function readToken({ stderr, signal }: Asking): Promise<string> {
  const given = process.stdin.isTTY ? await ask(stderr, signal) : await text(process.stdin);
  const token = given.trim();
  if (token !== '' && token.length <= MOST_CHARACTERS) return token;
  throw misuse(
    token === '' ? 'no token came on stdin' : 'what came on stdin is no token: it is too long',
    'pipe it in, such as: stowage login URL < token-file',
  );
}

/** The terminal shows nothing of what is typed or pasted: the line editor writes nowhere. */
async function ask(stderr: Writable, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  stderr.write('Token (it is not shown): ');
  // The line editor takes Ctrl-C for itself.
  prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new AbortController();
  prompt.once('close', () => closed.abort());
  try {
    return await prompt.question('', { signal: AbortSignal.any([signal, closed.signal]) });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (closed.signal.aborted) return '';
    throw error;
  } finally {
    prompt.close();
    stderr.write('\n');
  }
}
