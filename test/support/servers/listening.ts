/** What starting any server for tests takes: a free port, and the moment from which it answers. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A port of 127.0.0.1 that was free a moment ago, for servers that can't be told to take any. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null)
    throw new Error('a server that listens has a port');
  return address.port;
}

const PATIENCE_MS = 60_000;

/** Comes back when `port` takes connections. @throws where the process ends before that, with what it wrote, or a minute has passed */
export async function untilAnswering(child: ChildProcess, port: number): Promise<void> {
  const written: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await answers(port))) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null)
      throw new Error(`the server ended with ${child.exitCode}: ${written.join('')}`);
    if (Date.now() > deadline)
      throw new Error(`nothing answers on port ${port}: ${written.join('')}`);
    // A server that is not up yet tells nobody when it will be.
    await delay(20);
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
