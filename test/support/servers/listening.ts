/** Starting any server for tests: finds a free port, and waits until the server answers. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A port of 127.0.0.1 that was free a moment ago, for servers that can't choose one themselves. */
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

/**
 * Waits until `port` takes connections.
 * @throws if the process ends before that, with what it wrote, or after a minute
 */
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
    // Nothing signals that a server is up, so it is tried again.
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
