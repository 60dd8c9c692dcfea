/** From the start of the process to the first answer. */
import { call, startStowage } from './measure/stowage-server.ts';
import { reportBelow } from './measure/table.ts';

const RUNS = 5;

export async function benchStart(): Promise<void> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    const server = await startStowage();
    const answer = await call(`${server.url}/healthz`, 'GET', {});
    seconds.push((performance.now() - began) / 1000);
    if (answer.status !== 200) throw new Error(`healthz answered ${answer.status}`);
    await server.stop();
  }
  seconds.sort((a, b) => a - b);
  const [best = 0] = seconds;
  const median = seconds[Math.floor(RUNS / 2)] ?? 0;
  reportBelow(
    'start of the process to the first answer',
    median,
    0.7,
    's',
    `median of ${RUNS}, best ${best.toFixed(2)}`,
  );
}
