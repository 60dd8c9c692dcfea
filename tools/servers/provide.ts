/** Installs what is missing, all at once: one waits for the network while another one compiles. */
import type { Installable } from './installable.ts';

/** @returns whether all of them are there in the end; `say` gets a line for each */
export async function provide(
  servers: readonly Installable[],
  say: (line: string) => void,
): Promise<boolean> {
  const there = await Promise.all(servers.map((server) => provideOne(server, say)));
  return there.every(Boolean);
}

async function provideOne(server: Installable, say: (line: string) => void): Promise<boolean> {
  const { name, takes } = server;
  if (server.isThere()) {
    say(`${name}: is there`);
    return true;
  }
  say(`${name}: installing`);
  const began = performance.now();
  try {
    await server.install();
  } catch (error) {
    // The others may still be had.
    say(`${name}: ${error instanceof Error ? error.message.trim() : error}`);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  if (server.isThere()) {
    say(`${name}: installed in ${seconds} s`);
    return true;
  }
  say(`${name}: could not be installed, its tests will be skipped; it takes ${takes}`);
  return false;
}
